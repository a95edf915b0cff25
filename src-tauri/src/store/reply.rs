//! A reply slot: where a caller waits, asleep, for its answer, or for its turn to lead.

use super::queue::{Caller, Lead};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The two ends of a new slot: one answer is given, one is waited for.
pub(super) fn reply_slot<T>() -> (Giver<T>, Arc<ReplySlot<T>>) {
    let state = State { answer: Answer::Awaited, lead: None, begun: false, left: false, sleeps: false };
    let slot = Arc::new(ReplySlot { state: Mutex::new(state), changed: Condvar::new() });
    (Giver(Arc::clone(&slot)), slot)
}

/// Gives the answer. Dropped without one, it tells whoever waits that none will come.
pub struct Giver<T>(Arc<ReplySlot<T>>);

pub(super) struct ReplySlot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    answer: Answer<T>,
    lead: Option<Lead>,
    /// Whether the job was begun: then its caller stays.
    begun: bool,
    /// Whether the caller has gone.
    left: bool,
    /// Whether it is asleep: to wake nobody is a system call, too.
    sleeps: bool,
}

enum Answer<T> {
    Awaited,
    Given(T),
    Gone,
}

/// What waiting came to.
pub(super) enum Turn<T> {
    /// The answer.
    Answer(T),
    /// The caller is to lead, and then to wait on.
    Lead(Lead),
    /// The job was not begun in time, and now it never will be.
    Late,
    /// No answer will come: its giver is gone.
    Gone,
}

impl<T> ReplySlot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, state: MutexGuard<'_, State<T>>) {
        let sleeps = state.sleeps;
        drop(state);
        if sleeps {
            self.changed.notify_one();
        }
    }

    /// Waits for the answer. Until then the job must be begun, or the caller leaves.
    pub(super) fn wait(&self, until: Instant) -> Turn<T> {
        let mut state = self.lock();
        loop {
            match std::mem::replace(&mut state.answer, Answer::Awaited) {
                Answer::Given(answer) => {
                    state.answer = Answer::Gone;
                    return Turn::Answer(answer);
                }
                Answer::Gone => return Turn::Gone,
                Answer::Awaited => {}
            }
            if let Some(lead) = state.lead.take() {
                return Turn::Lead(lead);
            }
            state.sleeps = true;
            state = if state.begun {
                // It is finished and answered, however long that takes.
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    state.left = true;
                    return Turn::Late;
                }
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            };
            state.sleeps = false;
        }
    }
}

impl<T: Send> Caller for ReplySlot<T> {
    fn offer(&self, lead: Lead) -> Result<(), Lead> {
        let mut state = self.lock();
        if state.left {
            return Err(lead);
        }
        state.lead = Some(lead);
        self.wake(state);
        Ok(())
    }

    fn begin(&self) -> bool {
        let mut state = self.lock();
        state.begun = !state.left;
        state.begun
    }
}

impl<T> Giver<T> {
    /// Gives the answer.
    pub fn give(self, answer: T) {
        let mut state = self.0.lock();
        state.answer = Answer::Given(answer);
        self.0.wake(state);
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(state.answer, Answer::Awaited) {
            state.answer = Answer::Gone;
            self.0.wake(state);
        }
    }
}
