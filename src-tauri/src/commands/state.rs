//! What a job that waits for the writer needs of the runner: the mark, the incarnation, the clock, and who listens.
//!
//! Not here: the store. A job that is answered last must not be what closes it.

use super::answer::Changed;
use super::clock::ClockWatch;
use crate::daybook::{Incarnation, Mark, Marked, Sealed};
use crate::kernel::Clock;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

type Listener = Arc<dyn Fn(&Changed) + Send + Sync>;

pub(super) struct State {
    mark: Option<Mark>,
    incarnation: RwLock<Incarnation>,
    pub(super) clock: Clock,
    pub(super) clock_watch: ClockWatch,
    listeners: RwLock<Vec<Listener>>,
    untold: Mutex<Untold>,
}

/// What was saved and is not told yet, in the order of COMMITs.
#[derive(Default)]
struct Untold {
    changes: VecDeque<Changed>,
    /// Whether somebody tells just now; whatever comes meanwhile, that one tells as well.
    is_being_told: bool,
}

impl State {
    pub(super) fn new(mark: Option<Mark>, incarnation: Incarnation, clock: Clock, clock_watch: ClockWatch) -> State {
        State {
            mark,
            incarnation: RwLock::new(incarnation),
            clock,
            clock_watch,
            listeners: RwLock::default(),
            untold: Mutex::default(),
        }
    }

    pub(super) fn incarnation(&self) -> Incarnation {
        self.incarnation.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_incarnation(&self, incarnation: Incarnation) {
        *self.incarnation.write().unwrap_or_else(PoisonError::into_inner) = incarnation;
    }

    pub(super) fn mark_newest(&self, marked: &Marked) {
        if let Some(mark) = &self.mark {
            mark.write(marked);
        }
    }

    /// Another life began, and is saved.
    pub(super) fn begun(&self, incarnation: Incarnation, newest: Option<Sealed>) {
        if let Some(mark) = &self.mark {
            mark.settle(&incarnation.marked(newest));
        }
        self.set_incarnation(incarnation);
    }

    pub(super) fn listen(&self, listener: impl Fn(&Changed) + Send + Sync + 'static) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(listener));
    }

    /// Keeps a change to be told. It is called in the order of COMMITs.
    pub(super) fn will_tell(&self, changed: Changed) {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).changes.push_back(changed);
    }

    /// Tells the listeners what is not told yet, in order. Where somebody does so already, that one goes on with it: a
    /// listener that writes is told of that after it has returned.
    pub(super) fn tell(&self) {
        let mut tells = false;
        loop {
            let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
            if untold.is_being_told && !tells {
                return;
            }
            let next = untold.changes.pop_front();
            tells = next.is_some();
            untold.is_being_told = tells;
            drop(untold);
            let Some(changed) = next else { return };
            // None is called under a lock: it may listen, ask and write itself.
            let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
            for listener in listeners {
                if catch_unwind(AssertUnwindSafe(|| listener(&changed))).is_err() {
                    tracing::error!("a listener panicked");
                }
            }
        }
    }
}
