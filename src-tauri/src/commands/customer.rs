//! The commands of customers.

use super::command::{Command, Reader, read, read_in, write};
use super::rules::ANYONE;
use crate::domain::customer::{self, WhichCustomer};
use crate::domain::debtor;
use crate::domain::receivable::{self, CustomerAccount};
use crate::kernel::{Code, Result, Right};
use crate::store::Snapshot;

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
            &[Code::Stale, Code::CodeTaken, Code::BadEmail, Code::WalkIn],
            customer::edit,
        )
        .writes([Right::update("customer", customer::EDITED)]),
        write(
            "customer_archive",
            "Archives a customer, or unarchives it.",
            ANYONE,
            &[Code::Stale, Code::WalkIn],
            customer::archive,
        )
        .writes([Right::update("customer", &["archived_at"])]),
        read_in("customer_list", "Lists customers.", &[Code::BadCursor], customer::list).rests_on(&["customer"]),
        read_in("customer_show", "Shows one customer.", &[], customer::show).rests_on(&["customer"]),
        read_in(
            "customer_find",
            "Finds customers with what each owes; where nothing is looked for, who owes most comes first.",
            &[],
            debtor::find,
        )
        .rests_on(&["customer", "ledger_customer_balance"]),
        read("customer_account", "Shows what a customer owes, and what of it is open.", &[], account).rests_on(&[
            "customer",
            "ledger_customer_balance",
            "ledger_posting",
            "payment_account",
            "payment_item",
            "payment_bill",
            "payment",
        ]),
        read_in(
            "customer_statement",
            "Lists what a customer bought and paid, with a running balance, newest first.",
            &[Code::BadCursor, Code::BadDate],
            receivable::statement,
        )
        .rests_on(&[
            "customer",
            "ledger_customer_balance",
            "ledger_posting",
            "payment_account",
            "payment_bill",
            "payment",
        ]),
    ]
}

fn account(snapshot: &Snapshot, reader: &Reader, which: WhichCustomer) -> Result<CustomerAccount> {
    let session = reader.session(snapshot)?;
    receivable::account(snapshot, &session, session.today(reader.at)?, &which)
}
