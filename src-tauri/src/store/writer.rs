//! The one writer: a thread that owns the one writing connection.
//!
//! It takes every piece of work that waits, up to [`GROUP_COMMANDS_MAX`], into one `BEGIN IMMEDIATE … COMMIT`, each in
//! a SAVEPOINT of its own; one that comes alone has the transaction for itself. So one fsync pays for many callers (group
//! commit).
//!
//! What must never be:
//! - an answer before the COMMIT, be it a refusal or a replay: it may rest on a sibling that was not saved;
//! - a statement after SQLite ended the transaction by itself: it would be saved alone;
//! - a COMMIT tried again after the disk failed: what the operating system dropped, it reports once.

use super::Prepare;
use super::fault::fault_of;
use super::open;
use super::queue::{NotPut, Queue};
use super::unit::{Snapshot, Unit, run_cached};
use crate::kernel::{Code, Fault, Result, mutant};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many pieces of work share one COMMIT at most.
pub const GROUP_COMMANDS_MAX: usize = 64;
/// How many pieces of work may wait for the writer.
pub const QUEUE_COMMANDS_MAX: usize = 1024;
/// How long the writer waits for callers that it has just answered to come back with their next command, as a share
/// of the last COMMIT: waiting costs less than a COMMIT that serves only the few who were quickest.
const GATHER_SHARE_OF_COMMIT: u32 = 2;
/// The longest such wait.
const GATHER_MAX: Duration = Duration::from_millis(2);

/// A piece of work for the writer. It may be run more than once: whatever it did before was then undone.
pub trait Work: Send {
    /// How many statements it may run (in debug builds).
    fn budget(&self) -> u32;

    /// Does it, and keeps the answer for later. An error undoes what this run did, and nothing else.
    ///
    /// # Errors
    /// Whatever the work is refused for.
    fn run(&mut self, unit: &mut Unit) -> Result<()>;

    /// After a COMMIT of which nobody knows whether it took: looks whether the work stands in the store, and if so
    /// keeps its answer.
    ///
    /// # Errors
    /// When the store can't be read.
    fn look_up(&mut self, snapshot: &Snapshot) -> Result<bool>;

    /// Takes the outcome, after the COMMIT. It must be quick: everybody waits.
    fn answer(self: Box<Self>, outcome: Result<()>);

    /// Whether the caller has gone before the work was begun: then it is not begun.
    fn is_abandoned(&self) -> bool {
        false
    }
}

struct Job {
    work: Box<dyn Work>,
    deadline: Instant,
}

/// The handle of the writer's thread.
pub(super) struct Writer {
    queue: Arc<Queue<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// Where work is handed in.
#[derive(Clone)]
pub(super) struct Door(Arc<Queue<Job>>);

impl Door {
    pub(super) fn submit(&self, work: Box<dyn Work>, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        self.0.put(Job { work, deadline }, deadline).map_err(|error| match error {
            NotPut::Full => busy(),
            NotPut::Closed => replaced(),
        })
    }
}

fn replaced() -> Fault {
    Fault::new(Code::Busy, "The store is closed while another is put in its place; nothing was done. Try again.")
}

fn busy() -> Fault {
    Fault::new(Code::Busy, "Too much is waiting to be saved; nothing was done. Try again.")
}

impl Writer {
    pub(super) fn start(database: PathBuf, prepare: Prepare) -> Result<Writer> {
        let connection = open::writing(&database, prepare)?;
        let queue = Arc::new(Queue::new(QUEUE_COMMANDS_MAX));
        let jobs = Arc::clone(&queue);
        let mut scribe = Scribe {
            database,
            prepare,
            connection: Some(connection),
            jobs,
            commit_took: Duration::ZERO,
            unsettled: false,
        };
        let thread = std::thread::Builder::new()
            .name("daybook-writer".into())
            .spawn(move || scribe.serve())
            .map_err(|cause| Fault::new(Code::Internal, "The writer's thread can't be started.").because(cause))?;
        Ok(Writer { queue, thread: Some(thread) })
    }

    /// Where work is handed in; nowhere once the writer was stopped.
    pub(super) fn door(&self) -> Option<Door> {
        self.thread.as_ref().map(|_| Door(Arc::clone(&self.queue)))
    }

    /// Finishes what waits and closes the connection.
    pub(super) fn stop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the writer's thread holds.
struct Scribe {
    database: PathBuf,
    prepare: Prepare,
    /// None while the disk lets nobody open it.
    connection: Option<Connection>,
    jobs: Arc<Queue<Job>>,
    commit_took: Duration,
    /// Whether a COMMIT failed and nobody knows yet what it left: until then of no command can be said that it is undone.
    unsettled: bool,
}

/// Why a group did not end in a COMMIT.
enum Lost {
    /// SQLite ended the transaction, or control of it failed: nothing was saved, and here is what it said.
    Undone(Fault),
    /// The COMMIT failed: nobody knows yet.
    Unknown(Fault),
}

impl Scribe {
    fn serve(&mut self) {
        let mut came_back = 1;
        loop {
            // Where the last group was of several callers, those are about to come back.
            let patience = (self.commit_took / GATHER_SHARE_OF_COMMIT).min(GATHER_MAX);
            let group = self.jobs.take(GROUP_COMMANDS_MAX, came_back, patience);
            if group.is_empty() {
                break;
            }
            came_back = group.len();
            self.serve_group(group);
        }
        if let Some(connection) = self.connection.take()
            && let Err((_, error)) = connection.close()
        {
            tracing::warn!(%error, "the writing connection did not close cleanly");
        }
    }

    fn serve_group(&mut self, group: Vec<Job>) {
        let now = Instant::now();
        let (late, mut group): (Vec<Job>, Vec<Job>) =
            group.into_iter().partition(|job| job.deadline < now || job.work.is_abandoned());
        for job in late {
            // It was never begun, so this refusal rests on nothing that could be undone.
            answer(job, Err(busy()));
        }
        if group.is_empty() {
            return;
        }
        match self.attempt(&mut group) {
            Ok(outcomes) => {
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    answer(job, outcome);
                }
            }
            Err(Lost::Unknown(fault)) => self.find_out(group, &fault),
            Err(Lost::Undone(fault)) if group.len() == 1 => {
                for job in group {
                    answer(job, Err(again(&fault)));
                }
            }
            Err(Lost::Undone(fault)) => {
                tracing::warn!(fault = fault.chain(), "a group was lost; its commands are run one by one");
                for job in group {
                    let mut alone = vec![job];
                    match self.attempt(&mut alone) {
                        Ok(outcomes) => {
                            for (job, outcome) in alone.into_iter().zip(outcomes) {
                                answer(job, outcome);
                            }
                        }
                        Err(Lost::Unknown(fault)) => self.find_out(alone, &fault),
                        Err(Lost::Undone(fault)) => {
                            for job in alone {
                                answer(job, Err(again(&fault)));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Runs a group in one transaction. The outcomes hold only after it returned them: then the COMMIT has succeeded.
    fn attempt(&mut self, group: &mut [Job]) -> std::result::Result<Vec<Result<()>>, Lost> {
        if self.unsettled {
            self.settle().map_err(Lost::Unknown)?;
        }
        let connection = self.open_connection().map_err(Lost::Undone)?;
        if let Err(error) = run_cached(connection, "BEGIN IMMEDIATE") {
            return Err(Lost::Undone(fault_of(error)));
        }
        // Alone, a command needs no savepoint: the transaction is its own. A savepoint costs a copy of each page changed.
        let alone = group.len() == 1;
        let mut outcomes = Vec::with_capacity(group.len());
        for job in group.iter_mut() {
            match run_one(connection, job, !alone) {
                Ok(outcome) => outcomes.push(outcome),
                Err(fault) => {
                    if !connection.is_autocommit() && run_cached(connection, "ROLLBACK").is_err() {
                        self.connection = None;
                    }
                    return Err(Lost::Undone(fault));
                }
            }
        }
        if alone && outcomes.iter().all(Result::is_err) {
            return match run_cached(connection, "ROLLBACK") {
                Ok(()) => Ok(outcomes),
                Err(error) => {
                    self.connection = None;
                    Err(Lost::Undone(fault_of(error)))
                }
            };
        }
        let started = Instant::now();
        if let Err(error) = run_cached(connection, "COMMIT") {
            let fault = fault_of(error);
            if fault.code != Code::DiskFull {
                return Err(Lost::Unknown(fault));
            }
            // The log had no room for the last of the transaction's pages; without that the others count for nothing.
            if !connection.is_autocommit() && run_cached(connection, "ROLLBACK").is_err() {
                self.connection = None;
            }
            return Err(Lost::Undone(fault));
        }
        self.commit_took = started.elapsed();
        Ok(outcomes)
    }

    /// The COMMIT failed: every request is looked up.
    fn find_out(&mut self, group: Vec<Job>, fault: &Fault) {
        tracing::error!(fault = fault.chain(), commands = group.len(), "COMMIT failed; the store is opened again");
        self.unsettled = true;
        let settled = self.settle();
        for mut job in group {
            let found = match (&settled, &self.connection) {
                (Ok(()), Some(connection)) => job.work.look_up(&Snapshot::over(connection, u32::MAX)),
                (Ok(()) | Err(_), _) => Err(Fault::new(Code::Io, "The store can't be opened.")),
            };
            let outcome = match found {
                Ok(true) => Ok(()),
                Ok(false) => Err(again(fault)),
                Err(cause) => Err(Fault::new(
                    Code::OutcomeUnknown,
                    "The disk failed while saving, so it is not certain that this was saved. \
                     Ask again with the same request id: it is done once.",
                )
                .because(cause)),
            };
            answer(job, outcome);
        }
    }

    /// What reached the disk in a failed COMMIT is known only after the store was closed and opened again, and the log was
    /// carried over into the database by writes whose fsync succeeded.
    fn settle(&mut self) -> Result<()> {
        self.connection = None;
        let settled = self.open_connection().and_then(|connection| {
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
        self.unsettled = settled.is_err();
        if settled.is_err() {
            self.connection = None;
        }
        settled
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
fn run_one(connection: &Connection, job: &mut Job, savepoint: bool) -> std::result::Result<Result<()>, Fault> {
    if savepoint {
        run_cached(connection, "SAVEPOINT command").map_err(fault_of)?;
    }
    let mut unit = Unit::over(connection, job.work.budget());
    let outcome = catch_unwind(AssertUnwindSafe(|| job.work.run(&mut unit))).unwrap_or_else(|panic| {
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

/// Hands an outcome over. Whoever takes it may panic; the others have their answers to come.
fn answer(job: Job, outcome: Result<()>) {
    if catch_unwind(AssertUnwindSafe(|| job.work.answer(outcome))).is_err() {
        tracing::error!("a caller panicked when it was answered");
    }
}

/// The same fault once more: a source can't be copied, so its words are.
fn again(fault: &Fault) -> Fault {
    let mut copy = Fault::new(fault.code, fault.message.clone()).because(fault.chain());
    copy.field.clone_from(&fault.field);
    copy.details.clone_from(&fault.details);
    copy
}

/// A closure as a piece of work, with the channel that its answer arrives by.
pub(super) fn closure<T: Send + 'static>(
    budget: u32,
    verb: impl FnMut(&mut Unit) -> Result<T> + Send + 'static,
) -> (Box<dyn Work>, Receiver<Result<T>>) {
    let (sender, receiver) = sync_channel(1);
    (Box::new(Closure { budget, verb, value: None, sender }), receiver)
}

struct Closure<T, F> {
    budget: u32,
    verb: F,
    value: Option<T>,
    sender: SyncSender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Unit) -> Result<T> + Send> Work for Closure<T, F> {
    fn budget(&self) -> u32 {
        self.budget
    }

    fn run(&mut self, unit: &mut Unit) -> Result<()> {
        self.value = Some((self.verb)(unit)?);
        Ok(())
    }

    fn look_up(&mut self, _: &Snapshot) -> Result<bool> {
        Err(Fault::new(Code::OutcomeUnknown, "Work without a request id can't be looked up."))
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let value = self.value;
        let answer = outcome.and_then(|()| value.ok_or_else(super::closed));
        // A caller that went away has nothing more to hear.
        let _ = self.sender.send(answer);
    }
}
