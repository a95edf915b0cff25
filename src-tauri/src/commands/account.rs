//! The commands of accounts.

use super::command::{Command, read_in, write};
use super::rules::{OWNER, REVERSING};
use crate::domain::{account, ledger, opening};
use crate::kernel::{Code, Right};

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "account_open",
            "Opens an account, with an opening balance perhaps.",
            OWNER,
            &[
                Code::WrongAccountKind,
                Code::NameTaken,
                Code::InsufficientFunds,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            opening::open,
        )
        .making("account_id")
        .writes([
            Right::insert("payment_account"),
            Right::insert("payment_opening"),
            Right::insert("ledger_posting"),
        ]),
        write(
            "account_edit",
            "Changes an account's name or minimum.",
            OWNER,
            &[
                Code::Stale,
                Code::NameTaken,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::WrongAccountKind,
            ],
            account::edit,
        )
        .writes([Right::update("payment_account", account::EDITED)]),
        write(
            "account_close",
            "Closes an account that holds nothing.",
            OWNER,
            &[Code::Stale, Code::AccountClosed, Code::AccountNotEmpty, Code::NotCustodian, Code::WrongAccountKind],
            account::close,
        )
        .writes([Right::update("payment_account", &["closed_at"])]),
        write(
            "account_hand_over",
            "Gives an account that this device keeps into the custody of another one.",
            OWNER,
            &[Code::Stale, Code::AccountClosed, Code::NotCustodian, Code::WrongAccountKind],
            account::hand_over,
        )
        .writes([Right::update("payment_account", &["custodian_device_id"])]),
        write(
            "opening_add",
            "Enters the opening balance of an account that has none.",
            OWNER,
            &[
                Code::WrongAccountKind,
                Code::AlreadyOpened,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            opening::add,
        )
        .making("opening_id")
        .writes([Right::insert("payment_opening"), Right::insert("ledger_posting")]),
        write(
            "opening_reverse",
            "Reverses an opening balance by one the other way.",
            OWNER,
            REVERSING,
            opening::reverse,
        )
        .writes([Right::insert("payment_opening"), Right::insert("ledger_posting")]),
        read_in(
            "opening_show",
            "Shows one opening balance, with what reverses it or what it reverses.",
            &[],
            opening::show,
        )
        .rests_on(&["payment_opening", "payment_account"]),
        read_in("account_list", "Lists accounts with their balances.", &[Code::BadCursor], account::list).rests_on(&[
            "payment_account",
            "ledger_balance",
            "device",
        ]),
        read_in(
            "account_statement",
            "Lists what an account gained and lost, newest first, with the balance after each line.",
            &[Code::BadCursor, Code::BadDate],
            ledger::statement,
        )
        .rests_on(&[
            "payment_account",
            "ledger_balance",
            "ledger_day",
            "ledger_posting",
            "payment_transfer",
            "payment_opening",
            "payment_bill",
            "payment",
            "payment_expense",
            "device",
        ]),
    ]
}
