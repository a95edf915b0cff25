//! The commands of customers.

use super::command::{Command, read_in, write};
use super::rules::ANYONE;
use crate::domain::customer;
use crate::kernel::{Code, Right};

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "customer_add",
            "Adds a customer.",
            ANYONE,
            &[Code::CodeTaken, Code::BadEmail, Code::IdTaken],
            customer::add,
        )
        .making("customer_id")
        .writes([Right::insert("customer")]),
        write(
            "customer_edit",
            "Changes a customer: what is not given stays, null clears.",
            ANYONE,
            &[Code::Stale, Code::CodeTaken, Code::BadEmail],
            customer::edit,
        )
        .writes([Right::update("customer", customer::EDITED)]),
        write("customer_archive", "Archives a customer, or unarchives it.", ANYONE, &[Code::Stale], customer::archive)
            .writes([Right::update("customer", &["archived_at"])]),
        read_in("customer_list", "Lists customers.", &[Code::BadCursor], customer::list).rests_on(&["customer"]),
        read_in("customer_show", "Shows one customer.", &[], customer::show).rests_on(&["customer"]),
    ]
}
