//! Copies of a database in use, page by page, and whether a copy is sound.

use super::fault::fault_of;
use super::files::{give_name, make_unfinished, sync_file, unwritable};
use super::open::open_private;
use crate::kernel::{Code, Fault, Result};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::path::Path;
use std::time::Duration;

/// Copies a database, in use or not, as it is at one moment, into one file: written beside its name under a fresh one, checked,
/// synced, and given its name only then. No file that is there is written over.
///
/// # Errors
/// `file_exists`, `file_unwritable`, `disk_full`, `io`; `damaged` when the copy is not sound.
pub fn copy_database(from: &Path, to: &Path) -> Result<()> {
    let unfinished = make_unfinished(to)?;
    let outcome = copy_to(from, &unfinished, to).and_then(|()| give_name(&unfinished, to));
    if outcome.is_err() {
        // What could not be finished is of no use; where there is none, nothing is to be removed.
        let _ = std::fs::remove_file(&unfinished);
    }
    outcome
}

fn copy_to(from: &Path, unfinished: &Path, to: &Path) -> Result<()> {
    let source = open_private(from, false)?;
    let mut target = open_private(unfinished, true)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(fault_of)?;
        // All pages in one step: they are of one snapshot, and the writer goes on beside it in WAL mode.
        backup.step(-1).map_err(fault_of)?;
    }
    // A copy is one file, without a log beside it.
    target.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(fault_of)?;
    is_sound(&target)?;
    drop(target);
    sync_file(unfinished).map_err(|fault| match fault.source {
        // It has another name than anybody asked for.
        Some(cause) if fault.code == Code::FileUnwritable => unwritable(to)(std::io::Error::other(cause)),
        Some(_) | None => fault,
    })
}

/// How long a reader of another program may hold the log before it can't be carried over.
const FOLD_PATIENCE: Duration = Duration::from_secs(2);

/// Carries a database's log over into its file, so that the file by itself is the whole store.
///
/// # Errors
/// `busy` while another program is in the midst of reading; what SQLite says.
pub(super) fn fold_log(database: &Path) -> Result<()> {
    let connection = open_private(database, true)?;
    connection.busy_timeout(FOLD_PATIENCE).map_err(fault_of)?;
    let held: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(fault_of)?;
    if held {
        return Err(Fault::new(Code::Busy, "Another program is reading the store; try again when it is done."));
    }
    Ok(())
}

/// Whether SQLite finds the database sound: its pages, its rows' types and constraints, its indexes, its foreign keys.
///
/// # Errors
/// `damaged`, with what SQLite found first.
pub fn is_sound(connection: &Connection) -> Result<()> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(fault_of)?;
    if said != "ok" {
        return Err(Fault::new(Code::Damaged, format!("The database is damaged: {said}.")));
    }
    let mut orphans = connection.prepare("PRAGMA foreign_key_check").map_err(fault_of)?;
    if orphans.exists([]).map_err(fault_of)? {
        return Err(Fault::new(Code::Damaged, "A row refers to another that isn't there."));
    }
    Ok(())
}
