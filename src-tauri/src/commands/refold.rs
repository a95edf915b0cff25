//! What a search goes by is made to fit this Daybook before anything is asked: by its folds, and packed.

use crate::daybook::uncaptured;
use crate::domain::search;
use crate::kernel::{Code, Fault, Noun, Result};
use crate::store::{Staged, Store};

/// Folds a store anew where another number folded it, and packs what waits, in units of work of their own: one that is interrupted
/// goes on at the next opening.
pub(super) fn bring_up_to_date(store: &Store, nouns: &'static [&'static Noun]) -> Result<()> {
    if !store.read(search::is_folded)? {
        tracing::info!("what searches go by is made anew");
        while store.write_many(move |unit| uncaptured(unit, |unit| search::refold_step(unit, nouns)))? {}
    }
    pack(store)
}

/// Packs what waits, in steps: for work that changes many records and is no command.
pub(super) fn pack(store: &Store) -> Result<()> {
    if store.read(search::is_tail_long)? {
        while store.write_many(search::pack_step)? {}
    }
    Ok(())
}

/// Folds a backup that is about to be the store.
pub(super) fn bring_staged_up_to_date(staged: &Staged, nouns: &[&'static Noun]) -> Result<()> {
    staged.work(|unit| {
        while search::refold_step(unit, nouns)? {}
        while search::pack_step(unit)? {}
        Ok(())
    })
}

/// Beside an owner nothing may be folded: either it is or it can't be searched.
pub(super) fn refuse_unfolded(store: &Store) -> Result<()> {
    if store.read(search::is_folded)? {
        return Ok(());
    }
    Err(Fault::new(
        Code::ReadOnly,
        "What searches go by is of another Daybook; the store's owner must bring it up to date first.",
    ))
}
