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
//!
//! Not here: what an account is, what an entry is, and when to retry.

mod copy;
mod fault;
mod migrate;
mod open;
mod queue;
mod unit;
mod value;
mod writer;

pub use copy::{copy_database, fold_log, is_sound};
pub use fault::fault_of;
pub use migrate::{LATEST_DEVICE_MIGRATION, device_migrations, stage};
pub use open::{APPLICATION_ID, DATABASE_FILE, LOCK_FILE, open_private, read_private};
pub use unit::{Snapshot, Unit};
pub use value::ReadRow;
pub use writer::{GROUP_COMMANDS_MAX, QUEUE_COMMANDS_MAX, Work};

use crate::kernel::{Code, Fault, Result};
use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use writer::Writer;

/// How many read-only connections the pool holds.
pub const READERS_MAX: u32 = 4;
/// How long a read waits for one of them before it is told `busy`.
pub const READER_PATIENCE: Duration = Duration::from_secs(10);
/// How long a write waits to be begun before it is told `busy`.
pub const WRITER_PATIENCE: Duration = Duration::from_secs(30);

/// What the rooms above want done to the writing connection whenever it is opened.
pub type Prepare = fn(&Connection) -> Result<()>;

/// An open store: a pool of readers and, in the process that owns it, the one writer.
pub struct Store {
    directory: PathBuf,
    readers: RwLock<Option<Pool<SqliteConnectionManager>>>,
    writer: Option<Mutex<Writer>>,
    /// Held, not used. It is let go last, after the writer has closed the database.
    _lock: Option<open::OwnerLock>,
}

impl Store {
    /// Opens the store in that folder as its one owner, makes it if there is none, and brings it up to date.
    ///
    /// # Errors
    /// `in_use`, `not_a_store`, `too_new`, `migration_failed`, `damaged`, `disk_full`, `io`.
    pub fn open(directory: &Path, prepare: Prepare) -> Result<Store> {
        open::assert_sqlite_version()?;
        std::fs::create_dir_all(directory).map_err(|cause| {
            Fault::new(Code::Io, format!("The folder {} can't be made.", directory.display())).because(cause)
        })?;
        let database = directory.join(DATABASE_FILE);
        open::recognise(&database)?;
        let lock = open::lock(directory)?;
        migrate::bring_up_to_date(&database)?;
        let writer = Writer::start(database.clone(), prepare)?;
        Ok(Store {
            directory: directory.to_owned(),
            readers: RwLock::new(Some(open::readers(&database)?)),
            writer: Some(Mutex::new(writer)),
            _lock: Some(lock),
        })
    }

    /// Opens the store beside its owner, for reading only.
    ///
    /// # Errors
    /// `not_found` when there is none; `too_new`, and `read_only` when its owner has yet to bring it up to date.
    pub fn open_beside(directory: &Path) -> Result<Store> {
        open::assert_sqlite_version()?;
        let database = directory.join(DATABASE_FILE);
        if !database.exists() {
            return Err(Fault::new(Code::NotFound, format!("There is no store in {}.", directory.display())));
        }
        open::recognise(&database)?;
        migrate::is_up_to_date(&database)?;
        Ok(Store {
            directory: directory.to_owned(),
            readers: RwLock::new(Some(open::readers(&database)?)),
            writer: None,
            _lock: None,
        })
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

    /// Reads one snapshot: from its first row to its last nothing changes. It never waits for the writer.
    ///
    /// # Errors
    /// Those of `ask`; `busy` when every reader is taken for longer than [`READER_PATIENCE`].
    pub fn read<T>(&self, budget: u32, ask: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        let readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        let pool = readers.as_ref().ok_or_else(closed)?;
        let connection = pool
            .get()
            .map_err(|cause| Fault::new(Code::Busy, "Too many reads are under way; try again.").because(cause))?;
        let transaction = connection.unchecked_transaction().map_err(fault_of)?;
        // Dropping the transaction rolls it back, which for a read only lets the snapshot go.
        ask(&Snapshot::over(&transaction, budget))
    }

    /// Hands a piece of work to the writer, which answers it through [`Work::answer`] after its COMMIT.
    /// Returns once the work has a place in the queue.
    ///
    /// # Errors
    /// `read_only` beside an owner; `busy` when the queue stays full for the patience, or the store is just being replaced.
    pub fn submit(&self, work: Box<dyn Work>, patience: Duration) -> Result<()> {
        match &self.writer {
            Some(writer) => {
                // A writer that stands still here is one that could not be started again; see `replace`.
                let door = writer.lock().unwrap_or_else(PoisonError::into_inner).door().ok_or_else(closed)?;
                door.submit(work, patience)
            }
            None => Err(read_only()),
        }
    }

    /// Runs `verb` as a unit of work of its own and returns after its COMMIT.
    /// The verb may be run twice, when a neighbour in its group took the transaction down.
    ///
    /// # Errors
    /// Those of `verb`, and of [`Store::submit`].
    pub fn write<T: Send + 'static>(
        &self,
        budget: u32,
        verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (work, receiver) = writer::closure(budget, verb);
        self.submit(work, WRITER_PATIENCE)?;
        receiver.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// Puts another database file in the place of this one, while nothing reads or writes: `replace` is called with
    /// every connection closed, and whatever it answers, the store is opened again. When the file was replaced, `first`
    /// is done in it before any other work.
    ///
    /// # Errors
    /// Those of `replace`, of opening, and of `first`; `read_only` beside an owner.
    pub fn replace<T: Send + 'static>(
        &self,
        prepare: Prepare,
        replace: impl FnOnce(&Path) -> Result<()>,
        first: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(writer) = &self.writer else { return Err(read_only()) };
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut readers = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        writer.stop();
        // Every reader is back in the pool, for each is lent under the lock that is held here.
        *readers = None;
        let database = self.database();
        let replaced = replace(&database);
        migrate::bring_up_to_date(&database)?;
        *writer = Writer::start(database.clone(), prepare)?;
        *readers = Some(open::readers(&database)?);
        replaced?;
        // Nobody hands work in before the lock on the writer, held here, is let go.
        let (work, receiver) = writer::closure(4, first);
        writer.door().ok_or_else(closed)?.submit(work, WRITER_PATIENCE)?;
        receiver.recv().unwrap_or_else(|_| Err(closed()))
    }
}

fn closed() -> Fault {
    Fault::new(Code::Internal, "The store is closed.")
}

fn read_only() -> Fault {
    Fault::new(Code::ReadOnly, "The store was opened beside its owner, for reading only.")
}
