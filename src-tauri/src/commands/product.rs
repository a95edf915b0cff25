//! The commands of products.

use super::command::{Command, read_in, write};
use super::rules::ANYONE;
use crate::domain::product;
use crate::kernel::{Code, Right};

pub(super) fn commands() -> Vec<Command> {
    vec![
        write("product_add", "Adds a product.", ANYONE, &[Code::CodeTaken, Code::IdTaken], product::add)
            .making("product_id")
            .writes([Right::insert("product")]),
        write(
            "product_edit",
            "Changes a product: what is not given stays, null clears.",
            ANYONE,
            &[Code::Stale, Code::CodeTaken],
            product::edit,
        )
        .writes([Right::update("product", product::EDITED)]),
        write("product_archive", "Archives a product, or unarchives it.", ANYONE, &[Code::Stale], product::archive)
            .writes([Right::update("product", &["archived_at"])]),
        read_in("product_list", "Lists products.", &[Code::BadCursor], product::list).rests_on(&["product", "tax"]),
        read_in("product_show", "Shows one product.", &[], product::show).rests_on(&["product", "tax"]),
    ]
}
