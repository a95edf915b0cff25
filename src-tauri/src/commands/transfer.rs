//! The commands of transfers.

use super::command::{Command, read_in, write};
use super::rules::{ANYONE, REVERSING};
use crate::domain::transfer::{self, NewTransfer, Transfer};
use crate::kernel::{Acting, Code, Result, Right};
use crate::store::Unit;
use schemars::JsonSchema;
use serde::Serialize;

/// A transfer that was made.
#[derive(Serialize, JsonSchema)]
struct Transferred {
    /// As it was made.
    #[serde(flatten)]
    transfer: Transfer,
    /// Why an optional fee was not paid.
    fee_refused: Option<Refused>,
}

/// Why a nested step was refused while the rest stood.
#[derive(Serialize, JsonSchema)]
struct Refused {
    /// The code that the step alone would have been refused with.
    code: Code,
    /// The sentence for the person who asked.
    message: String,
}

/// The tables that a transfer is shown from.
const SHOWN: &[&str] = &["payment_transfer", "payment_account", "ledger_posting", "person"];

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "transfer_funds",
            "Moves money from one account to another, with a fee perhaps; never below the account's minimum, on no day.",
            ANYONE,
            &[
                Code::SameAccount,
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            transfer_funds,
        )
        .making("transfer_id")
        .writes([Right::insert("payment_transfer"), Right::insert("ledger_posting")]),
        write(
            "transfer_reverse",
            "Takes a transfer back by one the other way.",
            ANYONE,
            REVERSING,
            transfer::reverse,
        )
        .writes([Right::insert("payment_transfer"), Right::insert("ledger_posting")]),
        read_in(
            "transfer_show",
            "Shows one transfer with its postings, and the one that it takes back or that takes it back.",
            &[],
            transfer::show,
        )
        .rests_on(SHOWN),
        read_in(
            "transfer_list",
            "Lists transfers with their postings.",
            &[Code::BadCursor, Code::BadDate],
            transfer::list,
        )
        .rests_on(SHOWN),
    ]
}

fn transfer_funds(unit: &mut Unit, acting: &Acting, order: &NewTransfer) -> Result<Transferred> {
    let (transfer, refused) = transfer::transfer_funds(unit, acting, order)?;
    let fee_refused = refused.map(|fault| Refused { code: fault.code, message: fault.message });
    Ok(Transferred { transfer, fee_refused })
}
