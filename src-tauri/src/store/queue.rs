//! The queue in front of the writing connection: bounded, first in first out, taken by the group. At its head is the
//! connection itself, whenever nobody has it: whoever takes it leads, and must hand it over.
//!
//! Whoever waits sleeps at once: a channel would spin before, and take the processor from whoever does the work.

use super::connection::WriterConnection;
use super::job::Job;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The connection, with the duty to serve a group and to hand it over.
pub(super) type Lead = Box<WriterConnection>;

/// A caller that waits for its answer.
pub(super) trait Caller: Send + Sync {
    /// Offers it the lead. One that has gone gives it back.
    fn offer(&self, lead: Lead) -> Result<(), Lead>;

    /// Its job is about to be begun, and from now on it waits until that is answered; false when it has gone.
    fn begin(&self) -> bool;
}

pub(super) struct Queued {
    pub(super) job: Box<dyn Job>,
    /// A job that was not begun by then is not begun any more.
    pub(super) deadline: Instant,
    /// Where somebody waits who can lead.
    pub(super) caller: Option<Arc<dyn Caller>>,
}

/// What was not put in, and why.
pub(super) enum NotPut {
    /// It stayed full until the deadline.
    Full(Queued),
    /// Nobody takes any more.
    Closed(Queued),
}

pub(super) struct Queue {
    state: Mutex<State>,
    /// For the thread that leads for callers who don't wait: there is a job, and the connection.
    work: Condvar,
    /// For a leader that gathers: all that it hoped for came.
    gathered: Condvar,
    /// For those that have a job to put in.
    room: Condvar,
    /// For whoever closes the queue.
    home: Condvar,
    jobs_max: usize,
    group_max: usize,
}

struct State {
    jobs: VecDeque<Queued>,
    /// The connection, while nobody leads.
    connection: Option<Lead>,
    closed: bool,
    /// For how many jobs a leader waits; 0 when none does.
    hoped_for: usize,
    /// How many leaders are about to answer a group, whose callers will come back.
    answering: usize,
    /// Since when no group is being answered.
    answered_at: Instant,
    /// How many callers wait for room.
    want_room: usize,
}

/// The longest that a leader gathers.
const GATHER_MAX: Duration = Duration::from_millis(2);

impl Queue {
    pub(super) fn new(jobs_max: usize, group_max: usize, connection: Lead) -> Queue {
        let state = State {
            jobs: VecDeque::new(),
            connection: Some(connection),
            closed: false,
            hoped_for: 0,
            answering: 0,
            answered_at: Instant::now(),
            want_room: 0,
        };
        Queue {
            state: Mutex::new(state),
            work: Condvar::new(),
            gathered: Condvar::new(),
            room: Condvar::new(),
            home: Condvar::new(),
            jobs_max,
            group_max,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in, waiting for room until its deadline. A caller that waits for its answer may be given the lead at once.
    pub(super) fn put(&self, queued: Queued) -> Result<Option<Lead>, NotPut> {
        let mut state = self.lock();
        while state.jobs.len() >= self.jobs_max && !state.closed {
            let left = queued.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NotPut::Full(queued));
            }
            state.want_room += 1;
            state = self.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.want_room -= 1;
        }
        if state.closed {
            return Err(NotPut::Closed(queued));
        }
        let may_lead = queued.caller.is_some();
        state.jobs.push_back(queued);
        // A leader's own job is in the group that it takes.
        if may_lead
            && state.jobs.len() <= self.group_max
            && let Some(lead) = state.connection.take()
        {
            return Ok(Some(lead));
        }
        if state.connection.is_some() {
            drop(state);
            self.work.notify_one();
        } else if state.hoped_for > 0 && state.jobs.len() >= state.hoped_for {
            drop(state);
            self.gathered.notify_one();
        }
        Ok(None)
    }

    /// Waits until there is a job and nobody who leads. Nothing when the queue is closed.
    pub(super) fn await_lead(&self) -> Option<Lead> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if !state.jobs.is_empty()
                && let Some(lead) = state.connection.take()
            {
                return Some(lead);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The leader takes its group. When fewer than `hoped_for` are there, it waits for at most `patience` longer than it
    /// takes to answer those who are about to come back.
    pub(super) fn take(&self, hoped_for: usize, patience: Duration) -> Vec<Queued> {
        let mut state = self.lock();
        let hoped_for = hoped_for.min(self.group_max);
        if state.jobs.len() < hoped_for && !patience.is_zero() {
            let began = Instant::now();
            state.hoped_for = hoped_for;
            while state.jobs.len() < hoped_for && !state.closed {
                let until = began + GATHER_MAX;
                let until =
                    if state.answering > 0 { until } else { until.min(state.answered_at.max(began) + patience) };
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                state = self.gathered.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            state.hoped_for = 0;
        }
        let count = state.jobs.len().min(self.group_max);
        let group = state.jobs.drain(..count).collect();
        let wanted = state.want_room > 0;
        drop(state);
        if wanted {
            self.room.notify_all();
        }
        group
    }

    /// The leader hands over: to the first caller of the next group that waits, or else to the thread.
    pub(super) fn hand_over(&self, mut lead: Lead) {
        let mut state = self.lock();
        state.answering += 1;
        for queued in state.jobs.iter().take(self.group_max) {
            let Some(caller) = &queued.caller else { continue };
            match caller.offer(lead) {
                Ok(()) => return,
                Err(given_back) => lead = given_back,
            }
        }
        state.connection = Some(lead);
        let (work, closed) = (!state.jobs.is_empty(), state.closed);
        drop(state);
        if closed {
            self.home.notify_all();
        } else if work {
            self.work.notify_one();
        }
    }

    /// A group was answered.
    pub(super) fn answered(&self) {
        let mut state = self.lock();
        state.answering = state.answering.saturating_sub(1);
        state.answered_at = Instant::now();
        let gathers = state.hoped_for > 0;
        drop(state);
        if gathers {
            self.gathered.notify_one();
        }
    }

    /// Lets nothing more in; what is in it is still served.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.gathered.notify_all();
        self.room.notify_all();
    }

    /// After it was closed: waits until nobody leads, and takes the connection. The second value says whether jobs are left.
    pub(super) fn await_home(&self) -> (Lead, bool) {
        let mut state = self.lock();
        loop {
            if let Some(lead) = state.connection.take() {
                return (lead, !state.jobs.is_empty());
            }
            state = self.home.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
