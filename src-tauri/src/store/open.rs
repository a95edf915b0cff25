//! Opening a store: whose file it is, who owns it, and how each connection is set up.

use super::fault::fault_of;
use super::files::{beside, store_unwritable};
use super::unit::Snapshot;
use crate::kernel::{Code, Fault, Result, mutant, shown_path};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
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

/// How many read-only connections the pool holds.
pub const READERS_MAX: u32 = 4;
/// How long a read waits for one of them before it is told `busy`.
pub const READER_PATIENCE: Duration = Duration::from_secs(10);

/// What the rooms above want done to the writing connection whenever it is opened.
pub type Prepare = fn(&Connection) -> Result<()>;

pub(super) fn assert_sqlite_version() -> Result<()> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(Fault::new(
            Code::Internal,
            format!("SQLite {} can damage a store; at least 3.51.3 is needed.", rusqlite::version()),
        ));
    }
    Ok(())
}

/// Looks at the first bytes of the file, and nothing more, so that another program's file stays untouched. One that is not there,
/// or holds nothing, is nobody's.
pub(super) fn recognise(database: &Path) -> Result<()> {
    // Read once: another process may be making it.
    let Some(header) = head_of(database, BLANK_BYTES_MAX + 1)? else { return Ok(()) };
    // https://sqlite.org/fileformat.html#the_database_header: 16 bytes of magic, the application id at offset 68.
    let ours = header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    if (header.starts_with(b"SQLite format 3\0") && ours) || holds_nothing(&header) {
        return Ok(());
    }
    Err(Fault::new(Code::NotAStore, format!("{} is not a Daybook store; it was left untouched.", shown_path(database))))
}

const HEADER_BYTES: u64 = 100;
/// A file system that lengthens a file before it writes can leave a first page of zeros, and no more than that.
const BLANK_BYTES_MAX: u64 = 65_536;

/// Whether there is no database: no file, an empty one, or one of nothing but zeros, which a power cut in its very first write
/// leaves.
///
/// # Errors
/// `file_unreadable`, `io`.
pub fn is_blank(database: &Path) -> Result<bool> {
    Ok(head_of(database, BLANK_BYTES_MAX + 1)?.is_none_or(|head| holds_nothing(&head)))
}

fn holds_nothing(head: &[u8]) -> bool {
    u64::try_from(head.len()).unwrap_or(u64::MAX) <= BLANK_BYTES_MAX && head.iter().all(|byte| *byte == 0)
}

/// The first bytes of a file; nothing where there is none. Only a plain file is opened: a pipe would be waited for.
fn head_of(file: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let unreadable =
        |cause: std::io::Error| Fault::new(Code::Io, format!("{} can't be opened.", shown_path(file))).because(cause);
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Fault::new(Code::Io, format!("{} is not a file.", shown_path(file)))),
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unreadable(cause)),
    }
    let mut head = Vec::new();
    File::open(file).and_then(|file| file.take(bytes_max).read_to_end(&mut head)).map_err(unreadable)?;
    Ok(Some(head))
}

/// Makes a blank database an empty one, which SQLite takes for a new one. A journal beside it would bring its zeros back, and a log
/// holds no more than it.
pub(super) fn make_empty(database: &Path) -> Result<()> {
    if !database.exists() || !is_blank(database)? {
        return Ok(());
    }
    let failed = store_unwritable(database);
    File::options().write(true).open(database).and_then(|file| file.set_len(0)).map_err(&failed)?;
    for suffix in ["-journal", "-wal", "-shm"] {
        match std::fs::remove_file(beside(database, suffix)) {
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(failed(cause)),
        }
    }
    Ok(())
}

/// The lock of a store's owner.
pub struct OwnerLock {
    file: File,
    path: PathBuf,
}

impl OwnerLock {
    /// Lets go of it and removes it, with the folder if nothing else is in that: for who made both and leaves nothing there.
    pub fn remove(self) {
        // Where they can't be removed, an empty folder stays.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.path.parent().map(std::fs::remove_dir);
    }

    /// Whether the lock's name still is that of the file that is locked: where somebody removed it, another process may own the store
    /// as well.
    pub(super) fn is_in_place(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
            let (held, named) = (self.file.metadata().map(identity), std::fs::metadata(&self.path).map(identity));
            matches!((held, named), (Ok(held), Ok(named)) if held == named)
        }
        #[cfg(not(unix))]
        self.path.exists()
    }
}

impl Drop for OwnerLock {
    /// Closing the file would let go of the lock only once every copy of it is closed, and a process that is being started
    /// by another thread just now holds one for a moment.
    fn drop(&mut self) {
        // Where letting go fails, closing the file still does it.
        let _ = self.file.unlock();
    }
}

/// The fault of whoever would write where this user can't.
pub(super) fn folder_is_read_only(directory: &Path) -> Fault {
    let sentence = format!("The folder {} can't be written, so its books can only be read.", shown_path(directory));
    Fault::new(Code::ReadOnly, sentence)
}

/// Takes the lock that makes this process the owner; the operating system lets go of it when the process ends, however
/// it ends.
///
/// # Errors
/// `in_use`; `read_only` where this user can't write; `io`.
pub fn lock(directory: &Path) -> Result<OwnerLock> {
    let path = directory.join(LOCK_FILE);
    // The lock may be there from better days; but no log could be made.
    if !is_writable(directory)? {
        return Err(folder_is_read_only(directory));
    }
    loop {
        let lock = lock_file(directory, path.clone())?;
        // Whoever held it may have removed it together with the folder that it had made; then it is made anew.
        if lock.is_in_place() {
            return Ok(lock);
        }
    }
}

fn lock_file(directory: &Path, path: PathBuf) -> Result<OwnerLock> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(store_unwritable(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Where even the pid can't be read, the message does without it.
            let _ = file.take(20).read_to_string(&mut pid);
            let pid: u32 = pid.trim().parse().unwrap_or(0);
            return Err(Fault::new(
                Code::InUse,
                format!("Another Daybook (process {pid}) works with the store in {}.", shown_path(directory)),
            )
            .with(serde_json::json!({ "process": pid })));
        }
        Err(TryLockError::Error(cause)) => return Err(store_unwritable(&path)(cause)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", std::process::id()));
    written.map_err(store_unwritable(&path))?;
    Ok(OwnerLock { file, path })
}

/// What a test wants done to each connection before anything is prepared on it.
static WATCH: OnceLock<fn(&Connection)> = OnceLock::new();

/// Says what is done first to each connection of every store that is opened from now on, for a test that watches what SQLite is
/// asked to do. Said once.
pub fn watch_connections(watch: fn(&Connection)) {
    // A second watcher would have been told nothing of the connections before it.
    let _ = WATCH.set(watch);
}

fn watched(connection: &Connection) {
    if let Some(watch) = WATCH.get() {
        watch(connection);
    }
}

/// A path that SQLite takes for a file's name and nothing else: `:memory:` and `file:` begin one only where no folder is named.
fn plain(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|cause| Fault::new(Code::Io, format!("{} can't be opened.", shown_path(path))).because(cause))
}

/// The one writing connection.
pub(super) fn writing(database: &Path, prepare: Prepare) -> Result<Connection> {
    #[expect(clippy::disallowed_methods, reason = "the door to SQLite")]
    let connection = Connection::open_with_flags(
        plain(database)?,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(fault_of)?;
    watched(&connection);
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
    if mutant("sync_commit") {
        connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(fault_of)?;
    }
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

/// How a reading connection is opened.
pub(super) fn reading(database: &Path) -> Result<SqliteConnectionManager> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let manager = match immutable(database)? {
        Some(uri) => SqliteConnectionManager::file(uri).with_flags(flags | OpenFlags::SQLITE_OPEN_URI),
        None => SqliteConnectionManager::file(plain(database)?).with_flags(flags),
    };
    Ok(manager.with_init(|connection| {
        watched(connection);
        connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
        connection.busy_timeout(LOCK_PATIENCE)?;
        connection.execute_batch(&format!(
            "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{READER_CACHE_KIB};"
        ))
    }))
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

/// Looks into a database before it is opened as a store, as its owner, and leaves it and its log as they are. A journal is played back.
///
/// # Errors
/// Those of `ask`, and what SQLite says.
pub fn look_into<T>(database: &Path, ask: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
    let connection = open_private(database, true)?;
    // The log is left beside it, not carried over as this closes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fault_of)?;
    let transaction = connection.unchecked_transaction().map_err(fault_of)?;
    // Dropping the transaction rolls it back, which for a read only lets the snapshot go.
    ask(&Snapshot::over(&transaction, u32::MAX))
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
    let (path, access) = match if writable { None } else { immutable(database)? } {
        Some(uri) => (uri, access | OpenFlags::SQLITE_OPEN_URI),
        None => (plain(database)?, access),
    };
    #[expect(clippy::disallowed_methods, reason = "the door to SQLite")]
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault_of)?;
    connection.busy_timeout(LOCK_PATIENCE).map_err(fault_of)?;
    Ok(connection)
}

/// How a database is named that SQLite can read only when it is told that nobody writes it: one in WAL mode without its log, in a
/// folder where the log's index can't be made. Nothing for any other.
fn immutable(database: &Path) -> Result<Option<PathBuf>> {
    // A database in WAL mode says so in the header's bytes 18 and 19. One whose log lies beside it is not whole without that.
    let is_wal = head_of(database, HEADER_BYTES)?.is_some_and(|header| header.get(18) == Some(&2));
    let lies_alone = || ["-wal", "-shm"].iter().all(|suffix| !beside(database, suffix).exists());
    if !is_wal || !lies_alone() || is_writable(database.parent().unwrap_or(Path::new(".")))? {
        return Ok(None);
    }
    // https://sqlite.org/uri.html: what a name may not hold is written as %HH.
    let mut uri = String::from("file:");
    for byte in plain(database)?.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(Some(PathBuf::from(uri + "?immutable=1")))
}

/// Whether this user may make files in the folder. There is no other way to know than to make one.
pub(super) fn is_writable(folder: &Path) -> Result<bool> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(true),
        Err(cause) if matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => Ok(false),
        // A full disk has room for the index, or SQLite says that it hasn't.
        Err(_) => Ok(true),
    }
}
