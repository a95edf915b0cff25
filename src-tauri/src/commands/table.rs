//! The table of commands: the only list of them.

use super::command::{Command, names};
use super::rules::{GENERAL, OPENING};
use super::{
    account, backup, bill, book, customer, demo, expense, history, import, overview, payment, product, receipt, report,
    sale_order, setting, status, sync, tax, transfer, verify,
};
use crate::kernel::{Code, Fault, Result, Right, shown};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// All commands, a noun after the other.
pub fn table() -> &'static [Command] {
    static TABLE: OnceLock<Vec<Command>> = OnceLock::new();
    TABLE.get_or_init(|| {
        [
            book::commands(),
            account::commands(),
            transfer::commands(),
            sale_order::commands(),
            bill::commands(),
            payment::commands(),
            expense::commands(),
            customer::commands(),
            product::commands(),
            tax::commands(),
            receipt::commands(),
            report::commands(),
            history::commands(),
            import::commands(),
            overview::commands(),
            status::commands(),
            setting::commands(),
            verify::commands(),
            backup::commands(),
            sync::commands(),
            demo::commands(),
        ]
        .into_iter()
        .flatten()
        .collect()
    })
}

/// The command of that name.
///
/// # Errors
/// `unknown_command`.
pub fn command(name: &str) -> Result<&'static Command> {
    table().iter().find(|command| command.rules.name == name).ok_or_else(|| {
        let message = format!("There is no command “{}”; `daybook commands` lists them.", shown(name));
        Fault::new(Code::UnknownCommand, message).at("command")
    })
}

/// What the entries of all commands may do, for head office.
pub fn rights() -> Vec<(&'static str, Right)> {
    let of = |command: &'static Command| command.rules.writes.iter().map(|right| (command.rules.name, *right));
    table().iter().flat_map(of).collect()
}

/// The whole table as JSON, with the codes that belong to no command.
pub fn describe() -> Value {
    json!({
        "general_errors": names(GENERAL), "opening_errors": names(OPENING),
        "commands": table().iter().map(Command::describe).collect::<Vec<_>>(),
    })
}
