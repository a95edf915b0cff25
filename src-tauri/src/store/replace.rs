//! Another database in the place of the store's: staged, finished, moved in. The rename at the end is the whole restore: before it
//! nothing is changed, and behind it nothing has to be written.

use super::copy::{copy_database, fold_log};
use super::fault::fault_of;
use super::files::{UNFINISHED, beside, sync_file, sync_folder, unwritable};
use super::migrate::bring_copy_up_to_date;
use super::open::{DATABASE_FILE, is_blank, open_private, recognise};
use super::unit::Unit;
use crate::kernel::{Code, Fault, Result, mutant, shown_path};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the copy of a backup is called until it is the store. Everything in the store's folder that begins so is a restore's own.
const STAGED: &str = "restore.staged";

/// Longer than any backup is written. One that is older is of nobody.
const BACKUP_TAKES_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A copy of a backup, in the store's folder. It is removed when this is dropped, with all that lies beside it.
pub struct Staged {
    folder: PathBuf,
    database: PathBuf,
}

impl Drop for Staged {
    /// Once it was moved into place there is nothing left to remove.
    fn drop(&mut self) {
        clear_staged(&self.folder);
    }
}

/// Removes what a restore left that a power cut ended, also a journal, which would be played into the next copy.
fn clear_staged(folder: &Path) {
    clear(folder, |name, _| name.starts_with(STAGED));
}

/// Removes, as the store's owner, what a power cut left unfinished: of a restore, of a copy before an update, and of backups, as long as
/// nobody can be writing them still.
pub(super) fn clear_unfinished(folder: &Path) {
    let is_copy = |name: &str, beginning: &str| name.starts_with(beginning) && name.ends_with(UNFINISHED);
    clear(folder, |name, _| name.starts_with(STAGED) || is_copy(name, "daybook."));
    clear(&folder.join("backups"), |name, file| {
        let age = file.modified().ok().and_then(|written| written.elapsed().ok());
        is_copy(name, "daybook-") && age.is_some_and(|age| age > BACKUP_TAKES_MAX)
    });
}

fn clear(folder: &Path, which: impl Fn(&str, &Metadata) -> bool) {
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for file in files.flatten() {
        if file.metadata().is_ok_and(|metadata| which(&file.file_name().to_string_lossy(), &metadata))
            && let Err(error) = std::fs::remove_file(file.path())
        {
            tracing::warn!(%error, "what is not finished can't be removed");
        }
    }
}

/// Copies a backup into the store's folder, and brings the copy up to date. The backup stays untouched.
///
/// # Errors
/// `file_unreadable`, `not_a_store`, `too_new`, `damaged`, `migration_failed`, `file_unwritable`, `disk_full`, `io`.
pub fn stage(backup: &Path, folder: &Path) -> Result<Staged> {
    recognise(backup)?;
    if is_blank(backup)? {
        return Err(Fault::new(Code::NotAStore, "The file is empty."));
    }
    clear_staged(folder);
    let staged = Staged { folder: folder.to_owned(), database: folder.join(format!("{STAGED}.sqlite")) };
    copy_database(backup, &staged.database)?;
    bring_copy_up_to_date(&staged.database)?;
    Ok(staged)
}

impl Staged {
    /// Where it lies.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Does a unit of work in it.
    ///
    /// # Errors
    /// Those of `work`; what SQLite says.
    pub fn work<T>(&self, work: impl FnOnce(&mut Unit) -> Result<T>) -> Result<T> {
        let connection = open_private(&self.database, true)?;
        let transaction = connection.unchecked_transaction().map_err(fault_of)?;
        let value = work(&mut Unit::over(&transaction, u32::MAX))?;
        transaction.commit().map_err(fault_of)?;
        Ok(value)
    }

    /// Does the last unit of work in it, and leaves it as one file in the mode that a store is opened in, synced.
    ///
    /// # Errors
    /// Those of `last`; what SQLite says; `file_unwritable`, `disk_full`.
    pub fn finish<T>(&self, last: impl FnOnce(&mut Unit) -> Result<T>) -> Result<T> {
        let connection = open_private(&self.database, true)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(fault_of)?;
        let transaction = connection.unchecked_transaction().map_err(fault_of)?;
        let value = last(&mut Unit::over(&transaction, u32::MAX))?;
        transaction.commit().map_err(fault_of)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(fault_of)?;
        // The log is empty; closing removes it.
        connection.close().map_err(|(_, error)| fault_of(error))?;
        let left = ["-wal", "-journal"].map(|suffix| beside(&self.database, suffix));
        if left.iter().any(|file| std::fs::metadata(file).is_ok_and(|it| it.len() > 0)) {
            return Err(Fault::new(Code::Io, "The copy of the backup can't be finished; nothing was changed."));
        }
        sync_file(&self.database)?;
        Ok(value)
    }

    /// Moves it into the place of the store's database, which keeps `kept` for its name. Nobody may have that open.
    ///
    /// # Errors
    /// `busy`, `file_unwritable`, `disk_full`, `io`: then the old one is in its place. Behind the rename there are none.
    pub fn move_in(&self, kept: &Path) -> Result<()> {
        let database = self.folder.join(DATABASE_FILE);
        fold_log(&database)?;
        self.swap(&database, kept)
    }

    /// As [`Staged::move_in`], over a database that can't be opened, or over none: whatever lies there keeps names that begin with
    /// `kept`. Whether anything did.
    ///
    /// # Errors
    /// As [`Staged::move_in`].
    pub fn move_over_rubble(&self, kept: &Path) -> Result<bool> {
        let database = self.folder.join(DATABASE_FILE);
        let mut is_kept = false;
        for suffix in ["-wal", "-journal"] {
            let rubble = beside(&database, suffix);
            if rubble.exists() {
                std::fs::rename(&rubble, beside(kept, suffix)).map_err(unwritable(&rubble))?;
                is_kept = true;
            }
        }
        if database.exists() {
            self.swap(&database, kept)?;
            return Ok(true);
        }
        std::fs::rename(&self.database, &database).map_err(unwritable(&database))?;
        told(sync_folder(&database));
        Ok(is_kept)
    }

    fn swap(&self, database: &Path, kept: &Path) -> Result<()> {
        // A second name, so that at no moment there is no store.
        match std::fs::hard_link(database, kept) {
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(unwritable(kept)(cause)),
            // A file system that knows no such thing is given a copy.
            Err(_) => {
                let copied = std::fs::copy(database, kept).map_err(unwritable(kept)).and_then(|_| sync_file(kept));
                if let Err(fault) = copied {
                    let _ = std::fs::remove_file(kept); // it is not whole
                    return Err(fault);
                }
            }
        }
        for suffix in ["-wal", "-shm"] {
            // They are empty by now, and gone already where no other program has the store open.
            let _ = std::fs::remove_file(beside(database, suffix));
        }
        // Both before the rename: the old log beside the new database would be the end of both.
        let moved = sync_folder(database).and_then(|()| {
            std::fs::rename(&self.database, database).map_err(|cause| {
                let sentence = format!("The backup can't be moved into the place of {}.", shown_path(database));
                Fault::new(Code::FileUnwritable, sentence).because(cause)
            })
        });
        if let Err(fault) = moved {
            let _ = std::fs::remove_file(kept); // the old one has its own name still
            return Err(fault);
        }
        if !mutant("sync_rename") {
            told(sync_folder(database));
        }
        Ok(())
    }
}

/// The restore stands, whatever the folder's sync says: it may be undone by a power cut alone.
fn told(synced: Result<()>) {
    if let Err(fault) = synced {
        tracing::error!(fault = fault.chain(), "the folder can't be synced after a restore");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn a_file_that_has_the_name_for_the_old_store_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let [backup, kept] = ["backup.sqlite", "kept.sqlite"].map(|name| folder.path().join(name));
        let store = Store::open(folder.path(), |_| Ok(())).unwrap();
        copy_database(&store.database(), &backup).unwrap();
        drop(store);
        let staged = stage(&backup, folder.path()).unwrap();
        staged.finish(|_| Ok(())).unwrap();
        std::fs::write(&kept, "somebody's").unwrap();
        assert_eq!(staged.move_in(&kept).unwrap_err().code, Code::FileUnwritable);
        assert_eq!(std::fs::read(&kept).unwrap(), b"somebody's");
    }
}
