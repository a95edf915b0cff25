//! The command that recomputes what the store holds, and names what differs.

use super::command::{Command, Nothing, Task, task};
use super::rules::ANYONE;
use crate::daybook::{self, Finding, Gap, Mark, Report, Rule};
use crate::domain::{AccountId, bill, claim, expense, ledger, opening, payment, receivable, search, transfer};
use crate::kernel::{Id, Noun, Result, kind::Record};
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Instant as Stopwatch;

pub(super) fn commands() -> Vec<Command> {
    vec![
        task(
            "verify",
            "Recomputes the chain, the mark, every row, every balance and every document, and names what differs.",
            ANYONE,
            &[],
            verify,
        )
        .beside_owner(),
    ]
}

/// What was verified.
#[derive(Serialize, JsonSchema)]
struct Verified {
    /// Whether everything holds.
    holds: bool,
    /// How many entries were read.
    entries: i64,
    /// How many rows were compared.
    rows: i64,
    /// How many postings were added up.
    postings: i64,
    /// What does not hold.
    findings: Vec<Found>,
    /// What holds, and which a person should know all the same: accounts that were below their minimum at the end of a day.
    notes: Vec<Note>,
    /// Numbers that no document has, each with the reason: what was written down and does not stand.
    gaps: Vec<Gap>,
    /// How long it took.
    milliseconds: u64,
}

/// An account that was below its minimum.
#[derive(Serialize, JsonSchema)]
struct Note {
    /// A sentence, with the first of the days.
    message: String,
    /// Which account it is that was.
    account_id: AccountId,
}

/// Something that does not hold.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// Which rule.
    code: Rule,
    /// A sentence.
    message: String,
    /// The table, where a row is meant.
    table: Option<String>,
    /// The row.
    record_id: Option<Id<Record>>,
    /// The entry, where one is meant.
    position: Option<i64>,
}

fn verify(task: &Task, _: Nothing) -> Result<Verified> {
    let started = Stopwatch::now();
    let store = task.runner.store();
    // The mark is read first: it may then be behind the store that is verified, never ahead of it.
    let marked = Mark::read(store.directory());
    let mut report = daybook::verify(&store.database(), &task.runner.tables(), marked.as_ref())?;
    let checked = store.read_many(|snapshot| check_books(snapshot, task.runner.nouns, &mut report));
    // What can't be read through is found, not failed at.
    let postings = match checked {
        Err(fault) if daybook::is_of_the_data(&fault) => {
            report.find(fault.into());
            0
        }
        checked => checked?,
    };
    // Of books that can't be read there is nothing to note.
    let notes = store.read_many(ledger::days_below_minimum).unwrap_or_default();
    let notes = notes.into_iter().map(|(message, account_id)| Note { message, account_id }).collect();
    let gaps = store.read_many(|snapshot| daybook::gaps(snapshot, task.runner.nouns)).unwrap_or_default();
    for loss in store.read(|snapshot| daybook::losses(snapshot, store.directory()))? {
        report.find(Finding {
            rule: Rule::EntriesLost,
            message: loss.message,
            table: None,
            record: None,
            position: Some(loss.from_position),
        });
    }
    let found = |finding: Finding| Found {
        code: finding.rule,
        message: finding.message,
        table: finding.table,
        record_id: finding.record,
        position: finding.position,
    };
    Ok(Verified {
        holds: report.findings.is_empty(),
        entries: report.entries,
        rows: report.rows,
        postings,
        findings: report.findings.into_iter().map(found).collect(),
        notes,
        gaps,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// What the domain derives must be what its rows say.
fn check_books(snapshot: &Snapshot, nouns: &[&'static Noun], report: &mut Report) -> Result<i64> {
    let row = |rule, table: &str, message, record| Finding {
        rule,
        message,
        table: Some(table.to_owned()),
        record: Some(record),
        position: None,
    };
    for (message, account) in ledger::check(snapshot)? {
        report.find(row(Rule::BalanceDiffers, "ledger_balance", message, account.cast()));
    }
    for (message, customer) in ledger::check_customers(snapshot)? {
        report.find(row(Rule::BalanceDiffers, "ledger_customer_balance", message, customer.cast()));
    }
    for (message, posting) in ledger::check_parties(snapshot)? {
        report.find(row(Rule::DocumentDiffers, ledger::NOUN.table, message, posting.cast()));
    }
    for (message, transfer) in transfer::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, "payment_transfer", message, transfer.cast()));
    }
    for (message, opening) in opening::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, opening::NOUN.table, message, opening.cast()));
    }
    for (message, bill) in bill::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, bill::NOUN.table, message, bill.cast()));
    }
    for (message, payment) in payment::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, payment::NOUN.table, message, payment.cast()));
    }
    for (message, expense) in expense::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, expense::NOUN.table, message, expense.cast()));
    }
    for (message, record) in claim::check(snapshot)? {
        report.find(row(Rule::BalanceDiffers, "payment_item", message, record));
    }
    for (message, customer) in receivable::check(snapshot)? {
        report.find(row(Rule::BalanceDiffers, "ledger_customer_balance", message, customer.cast()));
    }
    for (message, table, record) in search::check(snapshot, nouns)? {
        report.find(row(Rule::SearchDiffers, table, message, record));
    }
    ledger::count(snapshot)
}
