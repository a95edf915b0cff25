//! The only door to SQLite: one writer, many readers, savepoints, migrations, copies.
//!
//! A store is a folder:
//!
//! | file | what |
//! |---|---|
//! | `daybook.sqlite` (and `-wal`, `-shm`) | the database |
//! | `daybook.lock` | held by the one process that writes; the pid in it is for the message |
//! | `mark` | where the newest entry was, kept outside the database (see the daybook) |
//! | `backups/`, `imports/` | what `backup` and imports keep |
//! | `dry-runs/` | copies of the store, on which imports are tried |
//! | `daybook.before-*.sqlite` | the store that was there before a restore, or before an update of its schema |
//! | `lost-*/` | the store as it was found when entries were lost |
//! | `restore.staged.*`, `*.unfinished` | what is not finished; the next start removes what a power cut left |
//!
//! Not here: what an account is, what an entry is, and when to retry.

mod closure;
mod connection;
mod copy;
mod fault;
mod files;
mod job;
mod migrate;
mod open;
mod queue;
mod readers;
mod replace;
mod reply;
mod unit;
mod value;
mod writer;

pub use copy::{copy_database, is_sound};
pub use fault::fault_of;
pub use files::{copy_aside, create_new, free_name, make_folder, store_unwritable, sync_folder, unwritable, write_new};
pub use job::{Job, NotTaken};
pub use migrate::{DeviceColumn, LATEST_DEVICE_MIGRATION, device_columns, device_migrations};
pub use open::{
    APPLICATION_ID, DATABASE_FILE, LOCK_FILE, OwnerLock, Prepare, READER_PATIENCE, READERS_MAX, is_blank, lock,
    look_into, open_private, read_private, watch_connections,
};
pub use replace::{Staged, stage};
pub use reply::Giver;
pub use unit::{Snapshot, Unit};
pub use value::ReadRow;
pub use writer::{GROUP_COMMANDS_MAX, QUEUE_COMMANDS_MAX};

use crate::kernel::{Code, Fault, Result, shown_path};
use closure::Closure;
use fault::closed;
use readers::Readers;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use writer::{Writer, WriterHandle};

/// How many statements a read, such as that of a reading command, may run (in debug builds), however many rows it reads.
pub const READ_STATEMENTS_MAX: u32 = 16;
/// How many statements a unit of work, or a nested step of it, may run (in debug builds).
pub const WRITE_STATEMENTS_MAX: u32 = 32;

/// How long a write waits to be begun before it is told `busy`.
pub const WRITER_PATIENCE: Duration = Duration::from_secs(30);

/// An open store: a pool of readers and, in the process that owns it, the one writer.
pub struct Store {
    directory: PathBuf,
    prepare: Prepare,
    readers: RwLock<Option<Readers>>,
    writer: Option<Mutex<Writer>>,
    /// It is let go last, after the writer has closed the database.
    lock: Option<open::OwnerLock>,
    is_closed: AtomicBool,
    /// What whoever writes is told where this process doesn't own the store.
    why_read_only: WhyReadOnly,
}

/// Why a store is only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhyReadOnly {
    Owner,
    Folder,
}

impl Store {
    /// Opens the store in that folder as its one owner, makes it if there is none, and brings it up to date.
    ///
    /// # Errors
    /// `in_use`, `not_a_store`, `too_new`, `migration_failed`, `damaged`, `disk_full`, `io`.
    pub fn open(directory: &Path, prepare: Prepare) -> Result<Store> {
        Store::open_after(directory, prepare, || Ok(())).map(|(store, ())| store)
    }

    /// As [`Store::open`]; `look` is called when this process owns the folder, and before anything is written to the store.
    ///
    /// # Errors
    /// Those of `look`, and of [`Store::open`].
    pub fn open_after<T>(directory: &Path, prepare: Prepare, look: impl FnOnce() -> Result<T>) -> Result<(Store, T)> {
        open::assert_sqlite_version()?;
        files::make_folder(directory).map_err(|fault| {
            let sentence = format!("The folder {} can't be made.", shown_path(directory));
            Fault::new(if fault.code == Code::DiskFull { Code::DiskFull } else { Code::Io }, sentence).because(fault)
        })?;
        let database = directory.join(DATABASE_FILE);
        open::recognise(&database)?;
        let lock = open::lock(directory)?;
        let seen = look()?;
        replace::clear_unfinished(directory);
        open::make_empty(&database)?;
        migrate::bring_up_to_date(&database)?;
        let writer = Writer::start(database.clone(), prepare)?;
        let store = Store {
            directory: directory.to_owned(),
            prepare,
            readers: RwLock::new(Some(Readers::open(&database)?)),
            writer: Some(Mutex::new(writer)),
            lock: Some(lock),
            is_closed: AtomicBool::new(false),
            why_read_only: WhyReadOnly::Owner,
        };
        Ok((store, seen))
    }

    /// Opens the store beside its owner, for reading only.
    ///
    /// # Errors
    /// `no_store` when there is none; `too_new`, and `read_only` when its owner has yet to bring it up to date.
    pub fn open_beside(directory: &Path) -> Result<Store> {
        open::assert_sqlite_version()?;
        let database = directory.join(DATABASE_FILE);
        if open::is_blank(&database)? {
            return Err(no_store(directory));
        }
        open::recognise(&database)?;
        migrate::is_up_to_date(&database)?;
        Ok(Store {
            directory: directory.to_owned(),
            prepare: |_| Ok(()),
            readers: RwLock::new(Some(Readers::open(&database)?)),
            writer: None,
            lock: None,
            is_closed: AtomicBool::new(false),
            why_read_only: if open::is_writable(directory)? { WhyReadOnly::Owner } else { WhyReadOnly::Folder },
        })
    }

    /// Whether there is a store in that folder, or what was meant to become one.
    ///
    /// # Errors
    /// `io`, `not_a_store`.
    pub fn is_there(directory: &Path) -> Result<bool> {
        let database = directory.join(DATABASE_FILE);
        open::recognise(&database)?;
        Ok(!open::is_blank(&database)?)
    }

    /// The folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.directory.join(DATABASE_FILE)
    }

    /// Whether this process owns the store and so may write.
    pub fn is_owner(&self) -> bool {
        self.writer.is_some()
    }

    /// What whoever writes here is told, where this process doesn't own the store.
    pub fn why_read_only(&self) -> Fault {
        match self.why_read_only {
            WhyReadOnly::Owner => {
                Fault::new(Code::ReadOnly, "The store was opened beside its owner, for reading only.")
            }
            WhyReadOnly::Folder => open::folder_is_read_only(&self.directory),
        }
    }

    /// Whether another process owns the store, as far as is known.
    pub fn is_beside_owner(&self) -> bool {
        self.writer.is_none() && self.why_read_only == WhyReadOnly::Owner
    }

    /// Reads one snapshot: from its first row to its last nothing changes. It never waits for the writer.
    ///
    /// # Errors
    /// Those of `ask`; `busy` when every reader is taken for longer than [`READER_PATIENCE`].
    pub fn read<T>(&self, ask: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        self.read_within(READ_STATEMENTS_MAX, ask)
    }

    /// As [`Store::read`], with as many statements as it takes: for work of which the store's size decides how much it is.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_many<T>(&self, ask: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        self.read_within(u32::MAX, ask)
    }

    fn read_within<T>(&self, statements_max: u32, ask: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        let mut readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        if readers.is_none() {
            drop(readers);
            self.open_readers()?;
            readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        }
        let readers = readers.as_ref().ok_or_else(closed)?;
        readers.lend(|connection| ask(&Snapshot::over(connection, statements_max)))
    }

    /// Hands a job to the writer, which answers it through [`Job::answer`] after its COMMIT.
    /// Returns once the job has a place in the queue.
    ///
    /// # Errors
    /// `read_only` beside an owner; `busy` when the queue stays full for the patience, or the store is just being replaced.
    /// The job is given back.
    pub fn submit(&self, job: Box<dyn Job>, patience: Duration) -> std::result::Result<(), NotTaken> {
        match self.handle() {
            Ok(handle) => handle.submit(job, patience),
            Err(fault) => Err((job, fault)),
        }
    }

    /// Hands a job in that gives its answer to the giver it is made with, and returns that after its COMMIT. Where nobody
    /// writes just now, the caller does it itself, with all that waits.
    ///
    /// # Errors
    /// Those of the job, and of [`Store::submit`]; `busy` when it was not begun within the patience.
    pub fn perform<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(Giver<Result<T>>) -> Box<dyn Job>,
    ) -> Result<T> {
        self.handle()?.perform(patience, job)
    }

    fn handle(&self) -> Result<WriterHandle> {
        let writer = self.writer.as_ref().ok_or_else(|| self.why_read_only())?;
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = writer.handle() {
            return Ok(handle);
        }
        // One that stands still could not be started again when the store was replaced; the disk may be well by now.
        self.refuse_closed()?;
        *writer = Writer::start(self.database(), self.prepare)?;
        writer.handle().ok_or_else(closed)
    }

    /// Opens the readers where they could not be opened when the store was replaced.
    fn open_readers(&self) -> Result<()> {
        let mut readers = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        self.refuse_closed()?;
        if readers.is_none() {
            *readers = Some(Readers::open(&self.database())?);
        }
        Ok(())
    }

    fn refuse_closed(&self) -> Result<()> {
        if self.is_closed.load(Ordering::Acquire) { Err(closed()) } else { Ok(()) }
    }

    /// Closes the store, whoever still holds it: what waits is done, the log is carried over, and nothing is read or written after it.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        let mut unanswered = Vec::new();
        *self.readers.write().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(writer) = &self.writer {
            unanswered.append(&mut writer.lock().unwrap_or_else(PoisonError::into_inner).stop());
        }
    }

    /// Runs `verb` as a unit of work of its own and returns after its COMMIT.
    /// The verb may be run twice, when a neighbour in its group took the transaction down.
    ///
    /// # Errors
    /// Those of `verb`, and of [`Store::submit`].
    pub fn write<T: Send + 'static>(&self, verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static) -> Result<T> {
        self.perform(WRITER_PATIENCE, closure(WRITE_STATEMENTS_MAX, verb, |_| {}))
    }

    /// As [`Store::write_many`]; and before anybody else writes, `saved` is called with what the verb gave. It must be quick.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_and<T: Send + 'static>(
        &self,
        verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
        saved: impl FnMut(&T) + Send + 'static,
    ) -> Result<T> {
        self.perform(WRITER_PATIENCE, closure(u32::MAX, verb, saved))
    }

    /// As [`Store::write`], with as many statements as it takes: for work of which the rows that come decide how much it is.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_many<T: Send + 'static>(
        &self,
        verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_and(verb, |_| {})
    }

    /// Puts another database in the place of this one, while nothing reads or writes: `replace` is called with every connection
    /// closed. Where it did, `replaced` is called with what it gave, before any other work. The store is opened again in either
    /// case; should that fail, whoever asks next tries again.
    ///
    /// # Errors
    /// Those of `replace`; `read_only` beside an owner; `in_use` when the lock was removed, for another owner may work then.
    pub fn replace<T>(&self, replace: impl FnOnce() -> Result<T>, replaced: impl FnOnce(&T)) -> Result<T> {
        let Some(writer) = &self.writer else { return Err(self.why_read_only()) };
        if self.lock.as_ref().is_some_and(|lock| !lock.is_in_place()) {
            return Err(Fault::new(
                Code::InUse,
                format!(
                    "Somebody removed the lock of the store in {}, so another Daybook may work with it; close all of them first.",
                    shown_path(&self.directory)
                ),
            ));
        }
        // Dropped last: whoever is answered may ask the store, which is locked until then.
        let mut unanswered = Vec::new();
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut readers = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        self.refuse_closed()?;
        unanswered.append(&mut writer.stop());
        // Every reader is back in the pool, for each is lent under the lock that is held here.
        *readers = None;
        let outcome = replace().inspect(replaced);
        let database = self.database();
        let opened = Writer::start(database.clone(), self.prepare)
            .map(|started| *writer = started)
            .and_then(|()| Readers::open(&database).map(|pool| *readers = Some(pool)));
        if let Err(fault) = opened {
            tracing::error!(fault = fault.chain(), "the store can't be opened again yet");
        }
        outcome
    }
}

/// A closure as a job.
fn closure<T: Send + 'static>(
    budget: u32,
    verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
    saved: impl FnMut(&T) + Send + 'static,
) -> impl FnOnce(Giver<Result<T>>) -> Box<dyn Job> {
    move |giver| Box::new(Closure { budget, verb, saved, value: None, giver })
}

/// The fault of whoever asks where nothing is.
pub fn no_store(directory: &Path) -> Fault {
    let sentence = format!(
        "There is no store in {}. `daybook call book_setup` or `daybook join` makes one there, and `daybook call restore` puts a \
         backup there; --store and DAYBOOK_STORE name another folder.",
        shown_path(directory)
    );
    Fault::new(Code::NoStore, sentence).with(serde_json::json!({ "directory": directory }))
}
