//! What SQLite says, as a fault: a sentence for the person, and SQLite's own words for the log.

use crate::kernel::{Code, Fault};
use rusqlite::{ErrorCode, ffi};

/// The fault that an error of SQLite is.
///
/// A constraint that fails is `internal`: verbs check their rules first and name them better than a constraint can.
pub fn fault_of(error: rusqlite::Error) -> Fault {
    let (code, message) = meaning_of(&error);
    Fault::new(code, message).because(error)
}

/// What an error of SQLite means: the code, and a sentence.
pub(super) fn meaning_of(error: &rusqlite::Error) -> (Code, &'static str) {
    match error.sqlite_error_code() {
        // The log's index is a file that grows; SQLite knows but one reason why it can't.
        Some(ErrorCode::SystemIoFailure) if is(error, ffi::SQLITE_IOERR_SHMSIZE) => {
            (Code::DiskFull, "The disk is full; without some room on it the store can't be opened.")
        }
        Some(ErrorCode::DiskFull) => (Code::DiskFull, "The disk is full; nothing was saved."),
        Some(ErrorCode::SystemIoFailure) => (Code::Io, "Reading or writing the disk failed; nothing was saved."),
        Some(ErrorCode::DatabaseCorrupt) => (Code::Damaged, "The store is damaged; restore the latest backup."),
        Some(ErrorCode::NotADatabase) => (Code::NotAStore, "The file is not a Daybook store."),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Code::Busy, "Another program is using the store; try again.")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            (Code::Io, "The store can't be opened or written; look at the folder's permissions.")
        }
        Some(ErrorCode::ConstraintViolation) if names(error, "ledger_balance_exact_check") => {
            (Code::OutOfRange, "A balance would be larger than can be kept exactly.")
        }
        Some(ErrorCode::ConstraintViolation) if is_taken_key(error) => {
            (Code::IdTaken, "The id given for the new record belongs to another one.")
        }
        Some(_) | None => (Code::Internal, "Daybook made a mistake; nothing was saved. The log says more."),
    }
}

/// Ids are the only keys that faces choose. A key that repeats the id, for others to refer to more than that, is looked at first.
fn is_taken_key(error: &rusqlite::Error) -> bool {
    is(error, ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
        || (is(error, ffi::SQLITE_CONSTRAINT_UNIQUE) && names(error, ".book_id, ") && names(error, ".id, "))
}

fn is(error: &rusqlite::Error, extended_code: i32) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == extended_code)
}

fn names(error: &rusqlite::Error, constraint: &str) -> bool {
    error.to_string().contains(constraint)
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        fault_of(error)
    }
}

/// There is no writer any more.
pub(super) fn closed() -> Fault {
    Fault::new(Code::Internal, "The store is closed.")
}
