//! The commands of transfers.

use super::table::{ANYONE, Asker, Command, read, write};
use crate::domain::TransferId;
use crate::domain::page::Page;
use crate::domain::transfer::{self, NewTransfer, Transfer, TransferQuery};
use crate::kernel::{Acting, Code, Result};
use crate::store::{Snapshot, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A transfer that was made.
#[derive(Serialize, JsonSchema)]
struct Transferred {
    /// The transfer.
    transfer: Transfer,
    /// Why an optional fee was not paid.
    fee_refused: Option<Refused>,
}

/// Why a nested step was refused while the rest stood.
#[derive(Serialize, JsonSchema)]
struct Refused {
    /// The code.
    code: Code,
    /// The sentence.
    message: String,
}

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "transfer_funds",
            "Moves money from one account to another, with a fee perhaps; never below the account's minimum.",
            ANYONE,
            &[
                Code::SameAccount,
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BadDate,
                Code::IdTaken,
            ],
            transfer_funds,
        )
        .making("transfer_id"),
        write(
            "transfer_reverse",
            "Takes a transfer back by one the other way.",
            ANYONE,
            &[Code::AlreadyReversed, Code::AccountClosed, Code::NotCustodian, Code::InsufficientFunds, Code::BadDate],
            transfer::reverse,
        ),
        read(
            "transfer_show",
            "Shows one transfer with its postings, and the one that it takes back or that takes it back.",
            &[],
            show,
        ),
        read("transfer_list", "Lists transfers with their postings.", &[Code::BadCursor, Code::BadDate], list),
    ]
}

fn transfer_funds(unit: &mut Unit, acting: &Acting, order: &NewTransfer) -> Result<Transferred> {
    let (transfer, refused) = transfer::transfer_funds(unit, acting, order)?;
    let fee_refused = refused.map(|fault| Refused { code: fault.code, message: fault.message });
    Ok(Transferred { transfer, fee_refused })
}

fn list(snapshot: &Snapshot, asker: &Asker, query: TransferQuery) -> Result<Page<Transfer>> {
    transfer::list(snapshot, asker.scene(snapshot)?.book.id, &query)
}

/// Which transfer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Which.
    transfer_id: TransferId,
}

/// A transfer and its other half, if there is one.
#[derive(Serialize, JsonSchema)]
struct TransferShown {
    /// The transfer.
    transfer: Transfer,
    /// The transfer that it takes back, or the one that takes it back.
    counterpart: Option<Transfer>,
}

fn show(snapshot: &Snapshot, asker: &Asker, which: Which) -> Result<TransferShown> {
    let book = asker.scene(snapshot)?.book.id;
    let transfer = transfer::find(snapshot, book, which.transfer_id)?;
    let counterpart = match transfer.reverses_id.or(transfer.reversed_by_id) {
        Some(id) => Some(transfer::find(snapshot, book, id)?),
        None => None,
    };
    Ok(TransferShown { transfer, counterpart })
}
