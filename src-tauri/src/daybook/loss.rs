//! What the mark knows of entries that the store lacks: found before anything is written, kept as it was found, and told until a
//! person has seen it.
//!
//! Not here: how such entries come back. A backup is restored, head office sends them, or people enter them again.

use super::incarnation::{Lost, current, is_late};
use super::{MARK_FILE, Mark, MarkState, Marked, Sealed};
use crate::kernel::{Code, Fault, Instant, Result, shown_path};
use crate::store::{DATABASE_FILE, Snapshot, Unit, copy_aside, is_blank, look_into};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Looks, as the store's owner, at what the mark says and what is there, before anything is written. Where entries are lost, the store is
/// kept as it was found: the disk may give more of it back than SQLite does.
///
/// # Errors
/// `damaged` where the mark names an entry and there is no store: an empty one beside it would hide that. `file_unwritable` and
/// `disk_full` when it can't be kept; those of reading the store.
pub fn look(directory: &Path, now: Instant) -> Result<Option<Lost>> {
    let marked = Mark::read(directory);
    refuse_to_begin_anew(directory)?;
    let database = directory.join(DATABASE_FILE);
    let Some(Marked { newest: Some(named), .. }) = marked else { return Ok(None) };
    let (has_life, is_lost) = look_into(&database, |snapshot| {
        if !snapshot.has_table("daybook_incarnation")? {
            return Ok((false, true));
        }
        let Some(incarnation) = current(snapshot)? else { return Ok((false, true)) };
        if is_late(snapshot, marked.as_ref(), &incarnation)? {
            return Ok((true, false));
        }
        let state = MarkState::of(snapshot, marked.as_ref(), Some(incarnation.id))?;
        Ok((true, matches!(state, MarkState::Ahead | MarkState::Foreign)))
    })?;
    if !has_life {
        return Err(gone(directory, &named));
    }
    if !is_lost {
        return Ok(None);
    }
    let files = [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal"), MARK_FILE.to_owned()];
    let evidence = copy_aside(directory, &files, &format!("lost-{}", now.stamp()))?;
    Ok(Some(Lost { position: named.position, evidence }))
}

/// Refuses a folder in which a store was, and is no more: a mark that names an entry, or a log, and no database.
///
/// # Errors
/// `damaged`.
pub fn refuse_to_begin_anew(directory: &Path) -> Result<()> {
    let database = directory.join(DATABASE_FILE);
    if !is_blank(&database)? {
        return Ok(());
    }
    if let Some(Marked { newest: Some(named), .. }) = Mark::read(directory) {
        return Err(gone(directory, &named));
    }
    let log = directory.join(format!("{DATABASE_FILE}-wal"));
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        let sentence = format!(
            "The database of the books in {} is gone, and only its log is left. {WAY_OUT}",
            shown_path(directory)
        );
        return Err(Fault::new(Code::Damaged, sentence));
    }
    Ok(())
}

const WAY_OUT: &str =
    "Restore the latest backup with `daybook call restore`; what lies there is kept. New books need another folder.";

fn gone(directory: &Path, named: &Sealed) -> Fault {
    let sentence = format!(
        "The books in {} are gone: the mark beside them names entry {}, and there is none. {WAY_OUT}",
        shown_path(directory),
        named.position
    );
    Fault::new(Code::Damaged, sentence).with(serde_json::json!({ "lost_position": named.position }))
}

/// Entries that are gone, until a person has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Loss {
    /// The first entry that is gone.
    pub from_position: i64,
    /// The last one, which the mark names.
    pub to_position: i64,
    /// When it was found.
    pub found_at: Instant,
    /// The folder that keeps the store as it was found.
    pub kept_path: PathBuf,
    /// A sentence.
    pub message: String,
}

/// The losses that nobody has seen yet, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn losses(snapshot: &Snapshot, directory: &Path) -> Result<Vec<Loss>> {
    snapshot.all(
        "SELECT position, lost_position, created_at, evidence FROM daybook_incarnation
         WHERE lost_position IS NOT NULL AND seen_at IS NULL
         ORDER BY ordinal",
        [],
        |row| {
            let (position, to_position): (i64, i64) = (row.get(0)?, row.get(1)?);
            let from_position = to_position.min(position + 1);
            let kept_path = directory.join(row.get::<_, String>(3)?);
            let what = if to_position <= position {
                format!("Entry {to_position} is not the one that was written last")
            } else if from_position == to_position {
                format!("Entry {to_position} is gone")
            } else {
                format!("Entries {from_position} to {to_position} are gone")
            };
            let message = format!(
                "{what}: the disk lost what was written, or an older copy was put in the place of the books. As they were found they are \
                 kept in {}; restore the latest backup, or enter again what is missing.",
                shown_path(&kept_path)
            );
            Ok(Loss { from_position, to_position, found_at: row.get(2)?, kept_path, message })
        },
    )
}

/// Notes that a person has seen the losses; how many.
///
/// # Errors
/// What SQLite says.
pub fn see_losses(unit: &mut Unit, at: Instant) -> Result<usize> {
    unit.execute(
        "UPDATE daybook_incarnation SET seen_at = :at WHERE lost_position IS NOT NULL AND seen_at IS NULL",
        named_params! { ":at": at },
    )
}
