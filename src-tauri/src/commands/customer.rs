//! The commands of customers.

use super::table::{ANYONE, Asker, Command, read, write};
use crate::domain::CustomerId;
use crate::domain::customer::{self, Customer, CustomerQuery};
use crate::domain::page::Page;
use crate::kernel::{Code, Result};
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which customer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// Which.
    customer_id: CustomerId,
}

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "customer_add",
            "Adds a customer.",
            ANYONE,
            &[Code::CodeTaken, Code::BadEmail, Code::IdTaken],
            customer::add,
        )
        .making("customer_id"),
        write(
            "customer_edit",
            "Changes a customer: what is not given stays, null clears.",
            ANYONE,
            &[Code::Stale, Code::Archived, Code::CodeTaken, Code::BadEmail],
            customer::edit,
        ),
        write(
            "customer_archive",
            "Puts a customer away, or takes it out again.",
            ANYONE,
            &[Code::Stale],
            customer::archive,
        ),
        read("customer_list", "Lists customers.", &[Code::BadCursor], list),
        read("customer_show", "Shows one customer.", &[], show),
    ]
}

fn list(snapshot: &Snapshot, asker: &Asker, query: CustomerQuery) -> Result<Page<Customer>> {
    customer::list(snapshot, asker.scene(snapshot)?.book.id, &query)
}

fn show(snapshot: &Snapshot, asker: &Asker, shown: Shown) -> Result<Customer> {
    customer::find(snapshot, asker.scene(snapshot)?.book.id, shown.customer_id)
}
