//! The reading connections: a pool whose end is waited for.
//!
//! The pool opens connections on threads of its own, and one that is being opened outlives the pool by a moment. SQLite folds
//! its log into the database when the last connection closes, and a store that gives way to another must not be looked at any
//! more: so whoever closes waits until every connection is closed, also those.

use super::fault::fault_of;
use super::open;
use super::{READER_PATIENCE, READERS_MAX};
use crate::kernel::{Code, Fault, Result};
use r2d2::{ManageConnection, Pool};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, ffi};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The pool. Dropped, it closes every connection before it returns.
pub(super) struct Readers {
    pool: Option<Pool<Opening>>,
    census: Arc<Census>,
}

impl Readers {
    /// Opens the pool. Each connection is tested when it is lent.
    pub(super) fn open(database: &Path) -> Result<Readers> {
        let census = Arc::new(Census::default());
        let manager = Opening { sqlite: open::reading(database)?, census: Arc::clone(&census) };
        let pool = Pool::builder()
            .max_size(READERS_MAX)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(READER_PATIENCE)
            .error_handler(Box::new(LogErrors(Arc::clone(&census))))
            .build(manager)
            .map_err(|cause| Fault::new(Code::Io, "The store can't be opened for reading.").because(cause))?;
        Ok(Readers { pool: Some(pool), census })
    }

    /// Lends a connection to a reader, who sees one snapshot through it.
    pub(super) fn lend<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pool = self.pool.as_ref().ok_or_else(super::closed)?;
        let connection = pool
            .get()
            .map_err(|cause| Fault::new(Code::Busy, "Too many reads are under way; try again.").because(cause))?;
        let transaction = connection.unchecked_transaction().map_err(fault_of)?;
        // Dropping the transaction rolls it back, which for a read only lets the snapshot go.
        read(&transaction)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.census.lock().closing = true;
        drop(self.pool.take());
        let mut state = self.census.lock();
        while state.connections > 0 {
            state = self.census.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// How many connections there are, those that are being opened among them.
#[derive(Debug, Default)]
struct Census {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    connections: usize,
    closing: bool,
}

impl Census {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those that are counted.
struct Counted(Arc<Census>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.lock().connections -= 1;
        self.0.changed.notify_all();
    }
}

/// A connection of the pool. It is closed before it is counted out.
struct Reader {
    connection: Connection,
    _counted: Counted,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

struct Opening {
    sqlite: SqliteConnectionManager,
    census: Arc<Census>,
}

impl ManageConnection for Opening {
    type Connection = Reader;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Reader> {
        let counted = {
            let mut state = self.census.lock();
            if state.closing {
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_MISUSE), None));
            }
            state.connections += 1;
            Counted(Arc::clone(&self.census))
        };
        Ok(Reader { connection: self.sqlite.connect()?, _counted: counted })
    }

    fn is_valid(&self, reader: &mut Reader) -> rusqlite::Result<()> {
        self.sqlite.is_valid(&mut reader.connection)
    }

    fn has_broken(&self, reader: &mut Reader) -> bool {
        self.sqlite.has_broken(&mut reader.connection)
    }
}

/// r2d2 would write to `log`, which nobody reads here.
#[derive(Debug)]
struct LogErrors(Arc<Census>);

impl r2d2::HandleError<rusqlite::Error> for LogErrors {
    fn handle_error(&self, error: rusqlite::Error) {
        if !self.0.lock().closing {
            tracing::warn!(%error, "a reading connection was given up");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DATABASE_FILE, Store, watch_connections};
    use std::time::Duration;

    /// A connection that the pool is about to open when the store is closed is waited for: the log is folded into the database.
    #[test]
    fn a_closed_store_leaves_no_log_behind() {
        watch_connections(|connection| {
            if connection.path().is_some_and(|path| path.contains("slow-to-open")) {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let folder = tempfile::Builder::new().prefix("slow-to-open").tempdir().unwrap();
        let store = Store::open(folder.path(), |_| Ok(())).unwrap();
        store.write(|unit| unit.execute("CREATE TABLE thing (name TEXT)", []).map(drop)).unwrap();
        // Lending the one that is idle makes the pool open another.
        store.read(|snapshot| snapshot.maybe("SELECT 1", [], |row| row.get::<_, i64>(0))).unwrap();
        drop(store);
        let log = folder.path().join(format!("{DATABASE_FILE}-wal"));
        assert!(!log.exists(), "the log is still there");
    }
}
