//! The commands of taxes.

use super::command::{Command, read_in, write};
use super::rules::OWNER;
use crate::domain::tax;
use crate::kernel::{Code, Right};

pub(super) fn commands() -> Vec<Command> {
    vec![
        write("tax_add", "Adds a tax that products can carry.", OWNER, &[Code::NameTaken, Code::IdTaken], tax::add)
            .making("tax_id")
            .writes([Right::insert("tax")]),
        write(
            "tax_edit",
            "Changes a tax, also for the products that carry it: what is not given stays.",
            OWNER,
            &[Code::Stale, Code::NameTaken],
            tax::edit,
        )
        .writes([Right::update("tax", tax::EDITED)]),
        write(
            "tax_archive",
            "Archives a tax, or unarchives it; products that carry it keep it.",
            OWNER,
            &[Code::Stale],
            tax::archive,
        )
        .writes([Right::update("tax", &["archived_at"])]),
        read_in("tax_list", "Lists taxes, by name.", &[], tax::list).rests_on(&["tax"]),
    ]
}
