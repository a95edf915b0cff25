//! The unit of work, and the snapshot that it is made of: what a verb and a query are handed.

use super::fault::fault_of;
use crate::kernel::{Code, Fault, Result, mutant};
use rusqlite::{Connection, Params, Row};
use std::cell::{Cell, RefCell};
use std::ops::{ControlFlow, Deref};

/// One state of the store, for reading. Counts its statements.
///
/// In debug builds a command has a budget of statements that does not grow with its rows, so that the N+1 mistake (a
/// statement a row, where one statement would do for all) fails in the first test that meets it.
pub struct Snapshot<'c> {
    connection: &'c Connection,
    budget: Budget,
    lost: Cell<bool>,
}

struct Budget {
    statements_max: u32,
    used: Cell<u32>,
    /// What was run, for the message; kept in debug builds only.
    log: RefCell<Vec<String>>,
}

impl Budget {
    fn new(statements_max: u32) -> Budget {
        Budget { statements_max, used: Cell::new(0), log: RefCell::new(Vec::new()) }
    }

    fn spend(&self, sql: &str) -> Result<()> {
        self.used.set(self.used.get() + 1);
        if !cfg!(debug_assertions) {
            return Ok(());
        }
        let mut log = self.log.borrow_mut();
        log.push(sql.split_whitespace().collect::<Vec<_>>().join(" "));
        if self.used.get() <= self.statements_max {
            return Ok(());
        }
        let most = log.iter().max_by_key(|sql| log.iter().filter(|other| other == sql).count());
        let most = most.map_or("", String::as_str);
        let times = log.iter().filter(|other| *other == most).count();
        Err(Fault::new(
            Code::Internal,
            format!(
                "More than {} statements in one command; one of them {times} times (an N+1 mistake?): {most}",
                self.statements_max
            ),
        ))
    }
}

impl<'c> Snapshot<'c> {
    pub(super) fn over(connection: &'c Connection, budget: u32) -> Snapshot<'c> {
        Snapshot { connection, budget: Budget::new(budget), lost: Cell::new(false) }
    }

    /// All rows of a query, each read by `read`.
    ///
    /// # Errors
    /// What SQLite says; `internal` past the statement budget in debug builds.
    pub fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.step(sql, |connection| connection.prepare_cached(sql)?.query_map(params, read)?.collect())
    }

    /// Whether there is a table of that name, which a store that is half made may lack.
    ///
    /// # Errors
    /// As [`Snapshot::all`].
    pub fn has_table(&self, name: &str) -> Result<bool> {
        self.one("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)", [name], |row| {
            row.get(0)
        })
    }

    /// The first row of a query, if it has one.
    ///
    /// # Errors
    /// As [`Snapshot::all`].
    pub fn maybe<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.step(sql, |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            rows.next()?.map(read).transpose()
        })
    }

    /// The one row of a query that always has one.
    ///
    /// # Errors
    /// As [`Snapshot::all`]; `internal` when there is none.
    pub fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.maybe(sql, params, read)?.ok_or_else(|| fault_of(rusqlite::Error::QueryReturnedNoRows))
    }

    /// Goes through the rows of a query one by one, for results that memory should not hold, until `each` breaks off.
    ///
    /// # Errors
    /// As [`Snapshot::all`], and those of `each`.
    pub fn each(
        &self,
        sql: &str,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.spend(sql)?;
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if each(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// How many statements were run so far.
    pub fn statements(&self) -> u32 {
        self.budget.used.get()
    }

    fn spend(&self, sql: &str) -> Result<()> {
        if self.lost.get() {
            return Err(transaction_lost());
        }
        self.budget.spend(sql)
    }

    fn step<T>(&self, sql: &str, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.spend(sql)?;
        let outcome = run(self.connection);
        // SQLite ends the whole transaction by itself when the disk is full or fails. What was run after that would be
        // saved by itself, outside any unit of work: nothing is run any more, and the writer begins again.
        if self.connection.is_autocommit() && !mutant("autocommit") {
            self.lost.set(true);
        }
        outcome.map_err(fault_of)
    }
}

fn transaction_lost() -> Fault {
    Fault::new(Code::Internal, "The transaction was ended by SQLite; nothing of it was saved.")
}

/// A unit of work: a snapshot that may also write. What it did is kept or undone as a whole.
///
/// A verb gets `&mut Unit` and can't open, commit or roll back anything but its own nested steps:
///
/// ```
/// # use daybook::store::{Store, Unit};
/// # let folder = tempfile::tempdir().unwrap();
/// # let store = Store::open(folder.path(), |_| Ok(())).unwrap();
/// let left = store.write(|unit| {
///     unit.execute("INSERT INTO device_setting (key, value) VALUES ('a', '1')", [])?;
///     let failed = unit.nested(|step| {
///         step.execute("INSERT INTO device_setting (key, value) VALUES ('b', '2')", [])?;
///         step.execute("INSERT INTO device_setting (key, value) VALUES ('b', '3')", []) // the same key again
///     });
///     assert!(failed.is_err());
///     unit.one("SELECT count(*) FROM device_setting", [], |row| row.get::<_, i64>(0))
/// });
/// assert_eq!(left.unwrap(), 1); // the failed step undid itself alone
/// ```
pub struct Unit<'c> {
    snapshot: Snapshot<'c>,
}

impl<'c> Deref for Unit<'c> {
    type Target = Snapshot<'c>;
    fn deref(&self) -> &Snapshot<'c> {
        &self.snapshot
    }
}

impl<'c> Unit<'c> {
    pub(super) fn over(connection: &'c Connection, budget: u32) -> Unit<'c> {
        Unit { snapshot: Snapshot::over(connection, budget) }
    }

    /// Whether SQLite ended the transaction under this unit.
    pub(super) fn is_lost(&self) -> bool {
        self.snapshot.lost.get() || (self.snapshot.connection.is_autocommit() && !mutant("autocommit"))
    }

    /// Runs a statement that changes rows; answers how many.
    ///
    /// # Errors
    /// As [`Snapshot::all`].
    pub fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize> {
        self.snapshot.step(sql, |connection| connection.prepare_cached(sql)?.execute(params))
    }

    /// Runs `step` inside a SAVEPOINT: a step that fails undoes only itself, and the caller decides whether to go on.
    /// Steps nest to any depth. Each has the unit's statement budget for itself, for a caller that takes rows one by
    /// one says so by nesting them.
    ///
    /// # Errors
    /// Those of `step`.
    pub fn nested<T>(&mut self, step: impl FnOnce(&mut Unit) -> Result<T>) -> Result<T> {
        let statements_max = self.snapshot.budget.statements_max;
        self.control("SAVEPOINT step")?;
        let mut inner = Unit::over(self.snapshot.connection, statements_max);
        let outcome = step(&mut inner);
        if inner.is_lost() {
            self.snapshot.lost.set(true);
            return Err(outcome.err().unwrap_or_else(transaction_lost));
        }
        match outcome {
            Ok(value) => {
                self.control("RELEASE step")?;
                Ok(value)
            }
            Err(fault) => {
                self.control("ROLLBACK TO step")?;
                self.control("RELEASE step")?;
                Err(fault)
            }
        }
    }

    /// Transaction control isn't counted: it is the store's own work, not the command's.
    fn control(&self, sql: &str) -> Result<()> {
        if self.is_lost() {
            return Err(transaction_lost());
        }
        run_cached(self.snapshot.connection, sql).map_err(|error| {
            self.snapshot.lost.set(true);
            fault_of(error)
        })
    }
}

/// Runs a statement without parameters and without rows, kept prepared.
pub(super) fn run_cached(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}
