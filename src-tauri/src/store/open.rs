//! Opening a store: whose file it is, who owns it, and how each connection is set up.

use super::fault::fault_of;
use super::{Prepare, READER_PATIENCE, READERS_MAX};
use crate::kernel::{Code, Fault, Result, shown_path};
use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

/// Marks the file as Daybook's: "Dbk1" in the header of every store.
pub const APPLICATION_ID: u32 = 0x4462_6b31;
/// The database's name in the folder.
pub const DATABASE_FILE: &str = "daybook.sqlite";
/// The lock's name in the folder.
pub const LOCK_FILE: &str = "daybook.lock";

/// The oldest SQLite that may open a store: before it, two connections to a database in WAL mode could damage it
/// (<https://sqlite.org/wal.html#walresetbug>).
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const STATEMENTS_CACHED_MAX: usize = 256;
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
/// The log is carried over into the database when it is longer than this (16 MiB).
const WAL_PAGES_MAX: i64 = 4096;
/// How long a connection waits for a lock that a checkpoint or a copy holds.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn assert_sqlite_version() -> Result<()> {
    keep_no_memory_statistics();
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(Fault::new(
            Code::Internal,
            format!("SQLite {} can damage a store; at least 3.51.3 is needed.", rusqlite::version()),
        ));
    }
    Ok(())
}

/// SQLite counts its memory under a lock at every allocation, for numbers that nobody here asks for; without them a
/// transfer takes a tenth less processor time.
fn keep_no_memory_statistics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the call is made once, with the arguments that SQLITE_CONFIG_MEMSTATUS takes. Where SQLite is in use
        // already it changes nothing and says SQLITE_MISUSE, which does no harm.
        unsafe { rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0i32) };
    });
}

/// Looks at the first bytes of the file, and nothing more, so that another program's file stays untouched.
pub(super) fn recognise(database: &Path) -> Result<()> {
    let mut header = Vec::new();
    match File::open(database) {
        Ok(file) => {
            file.take(100)
                .read_to_end(&mut header)
                .map_err(|cause| Fault::new(Code::Io, "The store can't be read.").because(cause))?;
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => {
            return Err(Fault::new(Code::Io, format!("{} can't be opened.", shown_path(database))).because(cause));
        }
    }
    // https://sqlite.org/fileformat.html#the_database_header: 16 bytes of magic, the application id at offset 68.
    let ours = header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    if header.is_empty() || (header.starts_with(b"SQLite format 3\0") && ours) {
        return Ok(());
    }
    Err(Fault::new(Code::NotAStore, format!("{} is not a Daybook store; it was left untouched.", shown_path(database))))
}

/// The lock of a store's owner.
pub(super) struct OwnerLock(File);

impl Drop for OwnerLock {
    /// Closing the file would let go of the lock only once every copy of it is closed, and a process that is being started
    /// by another thread just now holds one for a moment.
    fn drop(&mut self) {
        // Where letting go fails, closing the file still does it.
        let _ = self.0.unlock();
    }
}

/// Takes the lock that makes this process the owner; the operating system lets go of it when the process ends, however
/// it ends.
pub(super) fn lock(directory: &Path) -> Result<OwnerLock> {
    let path = directory.join(LOCK_FILE);
    let failed =
        |cause: std::io::Error| Fault::new(Code::Io, format!("{} can't be written.", path.display())).because(cause);
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Where even the pid can't be read, the message does without it.
            let _ = file.take(20).read_to_string(&mut pid);
            let pid: u32 = pid.trim().parse().unwrap_or(0);
            return Err(Fault::new(
                Code::InUse,
                format!("Another Daybook (process {pid}) works with the store in {}.", directory.display()),
            )
            .with(serde_json::json!({ "process": pid })));
        }
        Err(TryLockError::Error(cause)) => return Err(failed(cause)),
    }
    file.set_len(0).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(OwnerLock(file))
}

/// The one writing connection.
pub(super) fn writing(database: &Path, prepare: Prepare) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(fault_of)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    connection.busy_timeout(LOCK_PATIENCE).map_err(fault_of)?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -{WRITER_CACHE_KIB};
             PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX};"
        ))
        .map_err(fault_of)?;
    assert_pragma(&connection, "journal_mode", "wal")?;
    assert_pragma(&connection, "synchronous", "2")?;
    assert_pragma(&connection, "foreign_keys", "1")?;
    prepare(&connection)?;
    Ok(connection)
}

/// A pragma that SQLite does not know, or may not set here, is passed over in silence; so it is read back.
fn assert_pragma(connection: &Connection, pragma: &str, expected: &str) -> Result<()> {
    let found =
        connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0)).map_err(fault_of)?;
    let found = match found {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    if found == expected {
        return Ok(());
    }
    Err(Fault::new(Code::Internal, format!("SQLite keeps {pragma} at {found}; the store needs {expected}.")))
}

/// The pool of reading connections. Each is tested when it is lent.
pub(super) fn readers(database: &Path) -> Result<Pool<SqliteConnectionManager>> {
    let manager = SqliteConnectionManager::file(database)
        .with_flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .with_init(|connection| {
            connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
            connection.busy_timeout(LOCK_PATIENCE)?;
            connection.execute_batch(&format!(
                "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{READER_CACHE_KIB};"
            ))
        });
    Pool::builder()
        .max_size(READERS_MAX)
        .min_idle(Some(1))
        .test_on_check_out(true)
        .connection_timeout(READER_PATIENCE)
        .error_handler(Box::new(LogErrors))
        .build(manager)
        .map_err(|cause| Fault::new(Code::Io, "The store can't be opened for reading.").because(cause))
}

/// r2d2 would write to `log`, which nobody reads here.
#[derive(Debug)]
struct LogErrors;

impl r2d2::HandleError<rusqlite::Error> for LogErrors {
    fn handle_error(&self, error: rusqlite::Error) {
        tracing::warn!(%error, "a reading connection was given up");
    }
}

/// Reads one snapshot of a database file on a private connection, beside whoever uses it.
///
/// # Errors
/// Those of `ask`, and what SQLite says.
pub fn read_private<T>(database: &Path, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let connection = open_private(database, false)?;
    let transaction = connection.unchecked_transaction().map_err(fault_of)?;
    // Dropping the transaction rolls it back, which for a read only lets the snapshot go.
    ask(&transaction)
}

/// A private connection, outside the pools, for migrating, checking and copying a file.
///
/// # Errors
/// What SQLite says.
pub fn open_private(database: &Path, writable: bool) -> Result<Connection> {
    let access = if writable {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let connection =
        Connection::open_with_flags(database, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault_of)?;
    connection.busy_timeout(LOCK_PATIENCE).map_err(fault_of)?;
    Ok(connection)
}
