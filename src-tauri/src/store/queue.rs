//! The queue in front of the writer: bounded, first in first out, taken by the group.
//!
//! Channels spin for a while before they sleep, which on a small machine is processor time taken from the writer itself;
//! here whoever waits sleeps at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Why nothing was put in.
pub(super) enum NotPut {
    /// It stayed full until the deadline.
    Full,
    /// Nobody takes any more.
    Closed,
}

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    came: Condvar,
    room: Condvar,
    items_max: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(items_max: usize) -> Queue<T> {
        let state = Mutex::new(State { items: VecDeque::new(), closed: false });
        Queue { state, came: Condvar::new(), room: Condvar::new(), items_max }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item in, waiting for room until the deadline.
    pub(super) fn put(&self, item: T, deadline: Instant) -> Result<(), NotPut> {
        let mut state = self.lock();
        while state.items.len() >= self.items_max && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NotPut::Full);
            }
            state = self.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.closed {
            return Err(NotPut::Closed);
        }
        state.items.push_back(item);
        drop(state);
        self.came.notify_one();
        Ok(())
    }

    /// Takes what waits, up to `most`. It waits until there is something, and then, when fewer than `hoped` are there,
    /// for at most `patience` longer. Nothing comes only when the queue is closed and empty.
    pub(super) fn take(&self, most: usize, hoped: usize, patience: Duration) -> Vec<T> {
        let mut state = self.lock();
        while state.items.is_empty() && !state.closed {
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let until = Instant::now() + patience;
        while state.items.len() < hoped.min(most) && !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.came.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = state.items.len().min(most);
        let taken: Vec<T> = state.items.drain(..count).collect();
        drop(state);
        self.room.notify_all();
        taken
    }

    /// Lets nothing more in; what is in it can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_all();
        self.room.notify_all();
    }
}
