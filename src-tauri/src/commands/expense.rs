//! The commands of expenses.

use super::command::{Command, read_in, write};
use super::rules::{ANYONE, REVERSING};
use crate::domain::expense;
use crate::kernel::{Code, Right};

/// The tables that an expense is shown from.
const SHOWN: &[&str] = &["payment_expense", "payment_account", "person"];

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "expense_record",
            "Records money that was paid for something, not to a customer.",
            ANYONE,
            &[
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            expense::add,
        )
        .making("expense_id")
        .writes([Right::insert("payment_expense"), Right::insert("ledger_posting")]),
        write("expense_reverse", "Reverses an expense: the money is there again.", ANYONE, REVERSING, expense::reverse)
            .writes([Right::insert("payment_expense"), Right::insert("ledger_posting")]),
        read_in("expense_show", "Shows one expense.", &[], expense::show).rests_on(SHOWN),
        read_in("expense_list", "Lists expenses.", &[Code::BadCursor, Code::BadDate], expense::list).rests_on(SHOWN),
    ]
}
