//! The commands of taxes.

use super::table::{Asker, Command, OWNER, read, write};
use crate::domain::page::Page;
use crate::domain::tax::{self, Tax};
use crate::kernel::{Code, Result};
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::Deserialize;

/// Taxes are listed whole.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct All {}

pub(super) fn commands() -> Vec<Command> {
    vec![
        write("tax_add", "Adds a tax that products can carry.", OWNER, &[Code::NameTaken, Code::IdTaken], tax::add)
            .making("tax_id"),
        read("tax_list", "Lists all taxes.", &[], list),
    ]
}

fn list(snapshot: &Snapshot, asker: &Asker, _: All) -> Result<Page<Tax>> {
    tax::list(snapshot, asker.scene(snapshot)?.book.id)
}
