//! The commands of reports.

use super::command::{Command, Reader, read, read_in};
use crate::domain::age::{self, AgeQuery, AgeReport};
use crate::domain::report;
use crate::kernel::{Code, Result};
use crate::store::Snapshot;

pub(super) fn commands() -> Vec<Command> {
    vec![
        read(
            "receivable_age",
            "Tells what customers owe by how long it has been due, today or on an earlier day.",
            &[Code::BadCursor, Code::BadDate],
            ages,
        )
        .rests_on(&[
            "customer",
            "ledger_posting",
            "payment_account",
            "payment_item",
            "payment_claim",
            "payment_allocation",
            "payment_bill",
            "payment",
        ]),
        read_in(
            "takings",
            "Tells what customers paid in a period, by day, account or person.",
            &[Code::BadCursor, Code::BadDate],
            report::takings,
        )
        .rests_on(&["payment", "payment_account", "person"]),
        read_in(
            "sales",
            "Tells what was sold in a period, by day, product, customer or person; write-offs apart.",
            &[Code::BadCursor, Code::BadDate],
            report::sales,
        )
        .rests_on(&["payment_bill", "payment_bill_line", "product", "customer", "person"]),
        read_in(
            "tax_report",
            "Tells what of the sales of a period is tax, by code and rate.",
            &[Code::BadDate],
            report::taxes,
        )
        .rests_on(&["payment_bill", "payment_bill_line", "tax"]),
    ]
}

fn ages(snapshot: &Snapshot, reader: &Reader, query: AgeQuery) -> Result<AgeReport> {
    let session = reader.session(snapshot)?;
    age::report(snapshot, &session, session.today(reader.at)?, &query)
}
