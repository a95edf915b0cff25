//! The one writing connection, and how a group of jobs is done on it: one transaction, each job in a SAVEPOINT of its own.
//!
//! What must never be:
//! - an answer before the COMMIT, be it a refusal or a replay: it may rest on a sibling that was not saved;
//! - a statement after SQLite ended the transaction by itself: it would be saved alone;
//! - a COMMIT tried again after the disk failed: what the operating system dropped, it reports once.

use super::Prepare;
use super::fault::fault_of;
use super::job::Job;
use super::open;
use super::unit::{Snapshot, Unit, run_cached};
use crate::kernel::{Code, Fault, Result, mutant};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The writing connection, and what is known of it. Whoever holds it writes; see the queue.
pub(super) struct WriterConnection {
    database: PathBuf,
    prepare: Prepare,
    /// None while the disk lets nobody open it.
    connection: Option<Connection>,
    /// How long the last COMMIT took.
    pub(super) commit_took: Duration,
    /// Of how many jobs the last group was.
    pub(super) came_last: usize,
    /// Whether a COMMIT failed and nobody knows yet what it left: until then of no command can be said that it is undone.
    unsettled: bool,
}

/// A job that was served, and what it is answered.
pub(super) type Served = (Box<dyn Job>, Result<()>);

/// Why a group did not end in a COMMIT.
enum GroupLost {
    /// SQLite ended the transaction, or control of it failed: nothing was saved, and here is what it said.
    Undone(Fault),
    /// The COMMIT failed: nobody knows yet.
    Unknown(Fault),
}

impl WriterConnection {
    pub(super) fn open(database: PathBuf, prepare: Prepare) -> Result<WriterConnection> {
        let connection = Some(open::writing(&database, prepare)?);
        let commit_took = Duration::ZERO;
        Ok(WriterConnection { database, prepare, connection, commit_took, came_last: 1, unsettled: false })
    }

    pub(super) fn close(self) {
        if let Some(Err((_, error))) = self.connection.map(Connection::close) {
            tracing::warn!(%error, "the writing connection did not close cleanly");
        }
    }

    /// After a panic nobody knows what is open on it.
    pub(super) fn reopen_later(&mut self) {
        self.connection = None;
    }

    /// Does a group: what was saved stands when this returns, and what each is answered may be told.
    pub(super) fn serve(&mut self, mut group: Vec<Box<dyn Job>>) -> Vec<Served> {
        self.came_last = group.len();
        match self.attempt(&mut group) {
            Ok(outcomes) => group.into_iter().zip(outcomes).collect(),
            Err(GroupLost::Unknown(fault)) => self.find_out(group, &fault),
            Err(GroupLost::Undone(fault)) if group.len() == 1 => {
                group.into_iter().map(|job| (job, Err(again(&fault)))).collect()
            }
            Err(GroupLost::Undone(fault)) => {
                tracing::warn!(fault = fault.chain(), "a group was lost; its commands are run one by one");
                let came = group.len();
                let served = group.into_iter().flat_map(|job| self.serve(vec![job])).collect();
                self.came_last = came;
                served
            }
        }
    }

    /// Runs a group in one transaction. The outcomes hold only after it returned them: then the COMMIT has succeeded.
    fn attempt(&mut self, group: &mut [Box<dyn Job>]) -> std::result::Result<Vec<Result<()>>, GroupLost> {
        if self.unsettled {
            self.recover().map_err(GroupLost::Unknown)?;
        }
        let connection = self.open_connection().map_err(GroupLost::Undone)?;
        if let Err(error) = run_cached(connection, "BEGIN IMMEDIATE") {
            return Err(GroupLost::Undone(fault_of(error)));
        }
        // Alone, a command needs no savepoint: the transaction is its own. A savepoint costs a copy of each page changed.
        let alone = group.len() == 1;
        let mut outcomes = Vec::with_capacity(group.len());
        for job in group.iter_mut() {
            match run_one(connection, job.as_mut(), !alone) {
                Ok(outcome) => outcomes.push(outcome),
                Err(fault) => {
                    if !connection.is_autocommit() && run_cached(connection, "ROLLBACK").is_err() {
                        self.connection = None;
                    }
                    return Err(GroupLost::Undone(fault));
                }
            }
        }
        if alone && outcomes.iter().all(Result::is_err) {
            return match run_cached(connection, "ROLLBACK") {
                Ok(()) => Ok(outcomes),
                Err(error) => {
                    self.connection = None;
                    Err(GroupLost::Undone(fault_of(error)))
                }
            };
        }
        let started = Instant::now();
        if let Err(error) = run_cached(connection, "COMMIT") {
            let fault = fault_of(error);
            if fault.code != Code::DiskFull {
                return Err(GroupLost::Unknown(fault));
            }
            // The log had no room for the last of the transaction's pages; without that the others count for nothing.
            if !connection.is_autocommit() && run_cached(connection, "ROLLBACK").is_err() {
                self.connection = None;
            }
            return Err(GroupLost::Undone(fault));
        }
        self.commit_took = started.elapsed();
        note_saved(group, &outcomes);
        Ok(outcomes)
    }

    /// The COMMIT failed: every request is looked up.
    fn find_out(&mut self, group: Vec<Box<dyn Job>>, fault: &Fault) -> Vec<Served> {
        tracing::error!(fault = fault.chain(), commands = group.len(), "COMMIT failed; the store is opened again");
        self.unsettled = true;
        let recovered = self.recover();
        let outcome_of = |job: &mut Box<dyn Job>| {
            let found = match (&recovered, &self.connection) {
                (Ok(()), Some(connection)) => job.look_up(&Snapshot::over(connection, u32::MAX)),
                (Ok(()) | Err(_), _) => Err(Fault::new(Code::Io, "The store can't be opened.")),
            };
            match found {
                Ok(true) => Ok(()),
                Ok(false) => Err(again(fault)),
                Err(cause) => Err(Fault::new(
                    Code::OutcomeUnknown,
                    "The disk failed while saving, so it is not certain that this was saved. \
                     Ask again with the same request id: it is done once.",
                )
                .because(cause)),
            }
        };
        group
            .into_iter()
            .map(|mut job| {
                let outcome = outcome_of(&mut job);
                (job, outcome)
            })
            .collect()
    }

    /// What reached the disk in a failed COMMIT is known only after the store was closed and opened again, and the log was
    /// carried over into the database by writes whose fsync succeeded.
    fn recover(&mut self) -> Result<()> {
        self.connection = None;
        let recovered = self.open_connection().and_then(|connection| {
            // A reader can hold the log for long, and everybody waits here; there is another way below.
            connection.busy_timeout(Duration::ZERO).map_err(fault_of)?;
            let busy: i64 =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(fault_of)?;
            connection.busy_timeout(open::LOCK_PATIENCE).map_err(fault_of)?;
            if busy == 1 {
                // What the failed COMMIT left at the log's end counts for nothing now, but would count again after a
                // power cut. The next write takes its place, and this is one.
                connection.execute_batch("PRAGMA user_version = 0").map_err(fault_of)?;
            }
            tracing::info!(busy, "the log was carried over");
            Ok(())
        });
        self.unsettled = recovered.is_err();
        if recovered.is_err() {
            self.connection = None;
        }
        recovered
    }

    fn open_connection(&mut self) -> Result<&Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open::writing(&self.database, self.prepare)?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// Runs one command, in a savepoint where it has neighbours. The inner result is the command's own; the outer one fails
/// when the transaction itself is gone.
fn run_one(connection: &Connection, job: &mut dyn Job, savepoint: bool) -> std::result::Result<Result<()>, Fault> {
    if savepoint {
        run_cached(connection, "SAVEPOINT command").map_err(fault_of)?;
    }
    let mut unit = Unit::over(connection, job.budget());
    let outcome = catch_unwind(AssertUnwindSafe(|| job.run(&mut unit))).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Fault::new(Code::Internal, "Daybook made a mistake; nothing was saved. The log says more.").because(said))
    });
    if unit.is_lost() {
        return Err(outcome.err().unwrap_or_else(|| {
            Fault::new(Code::Internal, "The transaction was ended by SQLite; nothing of it was saved.")
        }));
    }
    if savepoint {
        if outcome.is_err() {
            run_cached(connection, "ROLLBACK TO command").map_err(fault_of)?;
        }
        run_cached(connection, "RELEASE command").map_err(fault_of)?;
    }
    if connection.is_autocommit() && !mutant("autocommit") {
        return Err(Fault::new(Code::Internal, "The transaction was ended by SQLite; nothing of it was saved."));
    }
    Ok(outcome)
}

/// Tells the jobs that they are saved, and the newest of them that it is the newest.
fn note_saved(group: &mut [Box<dyn Job>], outcomes: &[Result<()>]) {
    let noted = catch_unwind(AssertUnwindSafe(|| {
        let mut done: Vec<_> = group.iter_mut().zip(outcomes).filter(|(_, outcome)| outcome.is_ok()).collect();
        done.iter_mut().for_each(|(job, _)| job.saved());
        done.iter().rev().any(|(job, _)| job.noted_as_newest())
    }));
    if noted.is_err() {
        tracing::error!("a job panicked when it was told that it is saved");
    }
}

/// A copy of the fault. Sources aren't Clone, so their text is kept instead.
fn again(fault: &Fault) -> Fault {
    let mut copy = Fault::new(fault.code, fault.message.clone()).because(fault.chain());
    copy.field.clone_from(&fault.field);
    copy.details.clone_from(&fault.details);
    copy
}
