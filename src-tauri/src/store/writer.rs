//! Who writes: of all that have something to write, one at a time leads, and does it for the others.
//!
//! A caller that waits for its answer and finds the writing connection free takes it, with everything that waits, up to
//! [`GROUP_COMMANDS_MAX`], into one `BEGIN IMMEDIATE … COMMIT`, and hands the connection over; the others follow. Alone, it so
//! writes on its own thread; with many callers one fsync pays for all (group commit). A thread leads only for those who
//! don't wait.
//!
//! A leader serves one group, with its own job in it, and then hands over: nobody works for others for long. It hands over
//! before it answers, so whoever is answered may ask the store.

use super::Prepare;
use super::connection::{Served, WriterConnection};
use super::job::{Job, NotTaken};
use super::queue::{Caller, Lead, NotPut, Queue, Queued};
use super::reply::{Giver, ReplySlot, Turn, reply_slot};
use crate::kernel::{Code, Fault, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many jobs share one COMMIT at most.
pub const GROUP_COMMANDS_MAX: usize = 64;
/// How many jobs may wait for the writer.
pub const QUEUE_COMMANDS_MAX: usize = 1024;
/// How long a leader waits for callers that were just answered to come back with their next command, as a share of the last
/// COMMIT: waiting costs less than a COMMIT that serves only the few who were quickest.
const GATHER_SHARE_OF_COMMIT: u32 = 2;

/// The queue, and the thread that leads for callers who don't wait.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

/// Where jobs are handed in.
#[derive(Clone)]
pub(super) struct WriterHandle(Arc<Queue>);

impl WriterHandle {
    pub(super) fn submit(&self, job: Box<dyn Job>, patience: Duration) -> std::result::Result<(), NotTaken> {
        // Without a caller that waits, nobody is given the lead.
        self.put(Queued { job, deadline: Instant::now() + patience, caller: None }).map(drop)
    }

    /// Hands a job in that gives its answer to the giver, and waits for that, leading meanwhile where it is its turn.
    pub(super) fn perform<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(Giver<Result<T>>) -> Box<dyn Job>,
    ) -> Result<T> {
        let deadline = Instant::now() + patience;
        let (giver, slot): (_, Arc<ReplySlot<Result<T>>>) = reply_slot();
        let caller: Arc<dyn Caller> = Arc::clone(&slot) as _;
        let put = self.put(Queued { job: job(giver), deadline, caller: Some(caller) });
        if let Some(taken) = put.map_err(|(_, fault)| fault)? {
            lead(&self.0, taken);
        }
        loop {
            match slot.wait(deadline) {
                Turn::Answer(answer) => return answer,
                Turn::Lead(offered) => lead(&self.0, offered),
                Turn::Late => return Err(busy()),
                Turn::Gone => return Err(super::closed()),
            }
        }
    }

    fn put(&self, queued: Queued) -> std::result::Result<Option<Lead>, NotTaken> {
        self.0.put(queued).map_err(|not_put| match not_put {
            NotPut::Full(queued) => (queued.job, busy()),
            NotPut::Closed(queued) => (queued.job, replaced()),
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
        let connection = Box::new(WriterConnection::open(database, prepare)?);
        let queue = Arc::new(Queue::new(QUEUE_COMMANDS_MAX, GROUP_COMMANDS_MAX, connection));
        let jobs = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("daybook-writer".into())
            .spawn(move || {
                while let Some(taken) = jobs.await_lead() {
                    lead(&jobs, taken);
                }
            })
            .map_err(|cause| Fault::new(Code::Internal, "The writer's thread can't be started.").because(cause))?;
        Ok(Writer { queue, thread: Some(thread) })
    }

    /// Where jobs are handed in; nowhere once the writer was stopped.
    pub(super) fn handle(&self) -> Option<WriterHandle> {
        self.thread.as_ref().map(|_| WriterHandle(Arc::clone(&self.queue)))
    }

    /// Finishes what waits and closes the connection. The answers to that are given when the value is dropped, for they may
    /// ask the store.
    pub(super) fn stop(&mut self) -> Vec<Unanswered> {
        let mut unanswered = Vec::new();
        if self.thread.take().is_some() {
            self.finish(&mut unanswered);
        }
        unanswered
    }

    fn finish(&self, unanswered: &mut Vec<Unanswered>) {
        self.queue.close();
        loop {
            let (taken, jobs_are_left) = self.queue.await_home();
            if !jobs_are_left {
                return taken.close();
            }
            unanswered.push(serve_group(&self.queue, taken));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.finish(&mut Vec::new());
        // Whoever the thread answers may let go of the store there, and can't wait for itself.
        if thread.thread().id() != std::thread::current().id() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// The lead while it lasts: it is handed over whatever happens.
struct Leading<'q> {
    queue: &'q Queue,
    lead: Option<Lead>,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if let Some(mut lead) = self.lead.take() {
            if std::thread::panicking() {
                lead.reopen_later();
            }
            self.queue.hand_over(lead);
        }
    }
}

/// Leads: serves one group, hands over, and answers.
fn lead(queue: &Queue, taken: Lead) {
    drop(serve_group(queue, taken));
    queue.answered();
}

fn serve_group(queue: &Queue, taken: Lead) -> Unanswered {
    // Where the last group was of several callers, those are about to come back.
    let (came_last, patience) = (taken.came_last, taken.commit_took / GATHER_SHARE_OF_COMMIT);
    let mut leading = Leading { queue, lead: Some(taken) };
    let group = queue.take(came_last, patience);
    let now = Instant::now();
    let (late, begun): (Vec<Queued>, Vec<Queued>) = group
        .into_iter()
        .partition(|queued| queued.deadline < now || queued.caller.as_ref().is_some_and(|caller| !caller.begin()));
    // A late one was never begun, so its refusal rests on nothing that could be undone.
    let mut answers: Vec<Served> = late.into_iter().map(|queued| (queued.job, Err(busy()))).collect();
    let jobs: Vec<Box<dyn Job>> = begun.into_iter().map(|queued| queued.job).collect();
    if let Some(connection) = leading.lead.as_mut().filter(|_| !jobs.is_empty()) {
        answers.append(&mut connection.serve(jobs));
    }
    Unanswered(answers)
}

/// Jobs that were served, and what each is to be answered: when this is dropped.
pub(super) struct Unanswered(Vec<Served>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        for (job, outcome) in self.0.drain(..) {
            // Whoever takes it may panic; the others have their answers to come.
            if catch_unwind(AssertUnwindSafe(|| job.answer(outcome))).is_err() {
                tracing::error!("a caller panicked when it was answered");
            }
        }
    }
}
