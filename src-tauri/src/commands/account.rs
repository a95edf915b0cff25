//! The commands of accounts.

use super::table::{Asker, Command, OWNER, read, write};
use crate::domain::account::{self, Account, AccountQuery};
use crate::domain::ledger::{self, Statement, StatementQuery};
use crate::domain::page::Page;
use crate::kernel::{Code, Result};
use crate::store::Snapshot;

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "account_open",
            "Opens an account, with an opening balance perhaps.",
            OWNER,
            &[Code::WrongAccountKind, Code::NameTaken, Code::InsufficientFunds, Code::BadDate, Code::IdTaken],
            account::open,
        )
        .making("account_id"),
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
        ),
        write(
            "account_close",
            "Closes an account that holds nothing.",
            OWNER,
            &[Code::Stale, Code::AccountClosed, Code::AccountNotEmpty, Code::NotCustodian, Code::WrongAccountKind],
            account::close,
        ),
        write(
            "account_hand_over",
            "Gives an account that this device keeps into the custody of another one.",
            OWNER,
            &[Code::Stale, Code::AccountClosed, Code::NotCustodian, Code::WrongAccountKind],
            account::hand_over,
        ),
        read("account_list", "Lists accounts with their balances.", &[Code::BadCursor], list),
        read(
            "account_statement",
            "Lists what an account gained and lost, newest first, with the balance after each line.",
            &[Code::BadCursor, Code::BadDate],
            statement,
        ),
    ]
}

fn list(snapshot: &Snapshot, asker: &Asker, query: AccountQuery) -> Result<Page<Account>> {
    let scene = asker.scene(snapshot)?;
    account::list(snapshot, scene.book.id, scene.device.id, &query)
}

fn statement(snapshot: &Snapshot, asker: &Asker, query: StatementQuery) -> Result<Statement> {
    let scene = asker.scene(snapshot)?;
    ledger::statement(snapshot, scene.book.id, scene.device.id, &query)
}
