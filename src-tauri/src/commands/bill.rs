//! The commands of bills.

use super::command::{Command, Reader, read, read_in, write};
use super::rules::{ANYONE, OWNER};
use crate::domain::bill::{self, Bill, BillQuery, credit, debt};
use crate::domain::page::Page;
use crate::domain::{line, sale};
use crate::kernel::{Code, Result, Right};
use crate::store::Snapshot;

/// The tables that a bill is shown from.
const SHOWN: &[&str] = &["payment_bill", "payment_bill_line", "payment_item", "payment_claim", "payment", "person"];

/// What a credit note with lines writes.
const CREDITING: [Right; 4] = [
    Right::insert("payment_bill"),
    Right::insert("payment_bill_line"),
    Right::insert("payment_allocation"),
    Right::insert("ledger_posting"),
];

pub(super) fn commands() -> Vec<Command> {
    vec![
        read_in(
            "bill_price",
            "Tells what lines come to, with discounts and taxes; nothing is written.",
            &[],
            line::ask,
        )
        .rests_on(&["book", "product", "tax"]),
        write(
            "bill_issue",
            "Issues a bill: what a customer buys, and owes from then on.",
            ANYONE,
            &[Code::CreditLimit, Code::WalkIn, Code::AccountClosed, Code::BadDate, Code::PeriodClosed, Code::IdTaken],
            bill::issue,
        )
        .making("bill_id")
        .writes([
            Right::insert("payment_bill"),
            Right::insert("payment_bill_line"),
            Right::insert("ledger_posting"),
        ]),
        write(
            "bill_void",
            "Voids a bill that was a mistake: a credit note of all of it, by its device.",
            ANYONE,
            &[
                Code::WrongDocument,
                Code::AlreadyReversed,
                Code::Credited,
                Code::NotCustodian,
                Code::AccountClosed,
                Code::BadDate,
                Code::PeriodClosed,
            ],
            credit::void,
        )
        .writes(CREDITING),
        write(
            "bill_credit",
            "Takes goods that came back, or an amount, off a bill; what it doesn't need is credit.",
            ANYONE,
            &[
                Code::WrongDocument,
                Code::AlreadyReversed,
                Code::MoreThanSold,
                Code::AccountClosed,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            credit::credit,
        )
        .making("credit_id")
        .writes(CREDITING),
        write(
            "bill_write_off",
            "Writes off what is open of a bill: the customer won't pay it.",
            OWNER,
            &[
                Code::WrongDocument,
                Code::AlreadyReversed,
                Code::OverClaimed,
                Code::AccountClosed,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            debt::write_off,
        )
        .making("write_off_id")
        .writes([
            Right::insert("payment_bill"),
            Right::insert("payment_allocation"),
            Right::insert("ledger_posting"),
        ]),
        write(
            "debt_open",
            "Enters a bill that was open before the book began, with its own day and number.",
            OWNER,
            &[Code::WalkIn, Code::AccountClosed, Code::BadDate, Code::PeriodClosed, Code::IdTaken],
            debt::open_debt,
        )
        .making("bill_id")
        .writes([Right::insert("payment_bill"), Right::insert("ledger_posting")]),
        write(
            "bill_reverse",
            "Reverses a debt from before the book, or a write-off; a bill is credited instead.",
            OWNER,
            &[Code::WrongDocument, Code::AlreadyReversed, Code::AccountClosed, Code::BadDate, Code::PeriodClosed],
            debt::reverse,
        )
        .writes([
            Right::insert("payment_bill"),
            Right::insert("payment_allocation"),
            Right::insert("ledger_posting"),
        ]),
        write(
            "sale_now",
            "Sells and collects at once: a bill, and the payments that pay it.",
            ANYONE,
            &[
                Code::CreditLimit,
                Code::WalkIn,
                Code::WrongAccountKind,
                Code::OverClaimed,
                Code::DuplicateReference,
                Code::AccountClosed,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            sale::sell,
        )
        .making("bill_id")
        .writes([
            Right::insert("customer"),
            Right::insert("payment_bill"),
            Right::insert("payment_bill_line"),
            Right::insert("payment"),
            Right::insert("payment_allocation"),
            Right::insert("ledger_posting"),
        ]),
        write(
            "sale_undo",
            "Undoes a sale: its bill is voided, and the payments that were made with it are reversed.",
            ANYONE,
            &[
                Code::WrongDocument,
                Code::AlreadyReversed,
                Code::Credited,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::AccountClosed,
                Code::BadDate,
                Code::PeriodClosed,
            ],
            sale::undo,
        )
        .writes([
            Right::insert("payment_bill"),
            Right::insert("payment_bill_line"),
            Right::insert("payment"),
            Right::insert("payment_allocation"),
            Right::insert("ledger_posting"),
        ]),
        read_in("bill_show", "Shows one bill with its lines, its taxes and what pays it.", &[], bill::show)
            .rests_on(SHOWN),
        read(
            "bill_list",
            "Lists bills, debts, credit notes and write-offs, without their lines.",
            &[Code::BadCursor, Code::BadDate],
            list,
        )
        .rests_on(&["payment_bill", "payment_item", "person"]),
    ]
}

fn list(snapshot: &Snapshot, reader: &Reader, query: BillQuery) -> Result<Page<Bill>> {
    let session = reader.session(snapshot)?;
    bill::list(snapshot, &session, session.today(reader.at)?, &query)
}
