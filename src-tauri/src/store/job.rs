//! What the writer is asked to do.

use super::unit::{Snapshot, Unit};
use crate::kernel::{Fault, Result};

/// A unit of work for the writer, and its answer. It may be run more than once: whatever it did before was then undone.
pub trait Job: Send {
    /// How many statements it may run (in debug builds).
    fn budget(&self) -> u32;

    /// Does it, and keeps the answer for later. An error undoes what this run did, and nothing else.
    ///
    /// # Errors
    /// Whatever the job is refused for.
    fn run(&mut self, unit: &mut Unit) -> Result<()>;

    /// After a COMMIT of which nobody knows whether it took: looks whether the job stands in the store, and if so
    /// keeps its answer.
    ///
    /// # Errors
    /// When the store can't be read.
    fn look_up(&mut self, snapshot: &Snapshot) -> Result<bool>;

    /// Its COMMIT took, and nobody has written since: called in the order in which jobs are saved, and quick.
    fn saved(&mut self) {}

    /// Called after [`Job::saved`], of a group from its last job backwards until one answers true: what is to be noted
    /// of the newest alone.
    fn noted_as_newest(&self) -> bool {
        false
    }

    /// Takes the outcome, after the COMMIT, when others may write already. It may ask the store itself.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

/// A job that the writer could not take, given back, and why.
pub type NotTaken = (Box<dyn Job>, Fault);
