//! A closure as a job, for work that no request names.

use super::fault::closed;
use super::job::Job;
use super::reply::Giver;
use super::unit::{Snapshot, Unit};
use crate::kernel::{Code, Fault, Result};

/// What to do, what to do with its value as soon as that is saved, and where the value goes.
pub(super) struct Closure<T, V, S> {
    pub(super) budget: u32,
    pub(super) verb: V,
    pub(super) saved: S,
    pub(super) value: Option<T>,
    pub(super) giver: Giver<Result<T>>,
}

impl<T, V, S> Job for Closure<T, V, S>
where
    T: Send,
    V: FnMut(&mut Unit) -> Result<T> + Send,
    S: FnMut(&T) + Send,
{
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

    fn saved(&mut self) {
        if let Some(value) = &self.value {
            (self.saved)(value);
        }
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let value = self.value;
        self.giver.give(outcome.and_then(|()| value.ok_or_else(closed)));
    }
}
