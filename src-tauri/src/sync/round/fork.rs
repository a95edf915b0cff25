//! A store that was copied, and of which both went on: the one that comes second finds other entries under its numbers.
//!
//! It goes on as a new incarnation from the last entry that both have. What it did since is written down once more under that
//! incarnation, and sent; what the other did comes in as everybody else's.

use super::connections::connect;
use crate::daybook;
use crate::kernel::{BookId, Code, Fault, IncarnationId, Instant, Result};
use crate::store::{Store, Unit};
use crate::sync::line::central::Central;
use crate::sync::line::secrets::Secrets;
use crate::sync::replica::state::{self, SyncBook, hash_at};
use rusqlite::named_params;
use std::sync::Arc;

/// Where two copies parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fork {
    /// The book.
    pub book: BookId,
    /// The incarnation that both write under.
    pub lane: IncarnationId,
    /// The last entry that both have; 0 for none.
    pub common: i64,
}

/// Finds where this store and central's log of it part; nothing where they don't.
///
/// # Errors
/// Those of the calls and of the store.
pub fn find_fork(store: &Store, secrets: &Secrets, book: BookId) -> Result<Option<Fork>> {
    let at = store
        .read(|snapshot| state::find(snapshot, book))?
        .ok_or_else(|| Fault::new(Code::NotSynced, "This book is not synced; join a head office first."))?;
    let central = connect(secrets, &at, &Arc::default())?;
    for lane in store.read_many(|snapshot| state::lanes(snapshot, book))? {
        let common = last_common(store, &central, &at, lane.incarnation, lane.last)?;
        // Central may simply not have the rest yet; where it has one more, and another one, they part.
        let next = central.lane_hash(book, lane.incarnation, &[common + 1])?;
        if common < lane.last && !next.is_empty() {
            return Ok(Some(Fork { book, lane: lane.incarnation, common }));
        }
    }
    Ok(None)
}

/// The last of a lane's entries that central has just so, by halving.
fn last_common(store: &Store, central: &Central, book: &SyncBook, lane: IncarnationId, last: i64) -> Result<i64> {
    let (mut same, mut other) = (0, last + 1);
    while same + 1 < other {
        let middle = same + (other - same) / 2;
        let here = store.read(|snapshot| hash_at(snapshot, book.book, lane, middle))?;
        let there = central.lane_hash(book.book, lane, &[middle])?;
        if there.first().is_some_and(|(_, hash)| here.is_some_and(|here| here[..] == hash[..])) {
            same = middle;
        } else {
            other = middle;
        }
    }
    Ok(same)
}

/// Goes on as another incarnation: the lane ends at the last common entry, and what was done after it is written down once more. So is what
/// was done in later lanes and not sent yet, which may rest on it.
///
/// # Errors
/// What SQLite says.
pub fn part(unit: &mut Unit, fork: &Fork, fresh: IncarnationId, at: Instant) -> Result<()> {
    let lanes = state::lanes(unit, fork.book)?;
    // A lane that ended before its last entry was written down once more already.
    let again: Vec<(IncarnationId, i64, i64)> = lanes
        .iter()
        .skip_while(|lane| lane.incarnation != fork.lane)
        .map(|lane| (lane, if lane.incarnation == fork.lane { fork.common } else { lane.sent.max(lane.settled) }))
        .filter(|(lane, common)| *common < lane.last)
        .map(|(lane, common)| (lane.incarnation, common, lane.last))
        .collect();
    let mark = Some(daybook::current_life(unit)?.marked(None));
    let reason = daybook::Reason::Replaced;
    daybook::begin(unit, &daybook::Beginning { id: fresh, reason, at, mark, lost: None })?;
    daybook::write_again(unit, fork.book, &again, fresh)?;
    for (lane, common, _) in again {
        unit.execute(
            "INSERT INTO sync_lane (book_id, incarnation_id, sent_sequence, settled_sequence, ends_at)
             VALUES (:book, :lane, :common, 0, :common)
             ON CONFLICT (book_id, incarnation_id) DO UPDATE
             SET ends_at = :common, sent_sequence = :common, settled_sequence = min(settled_sequence, :common)",
            named_params! { ":book": fork.book, ":lane": lane, ":common": common },
        )?;
        unit.execute(
            "INSERT INTO sync_exception (book_id, incarnation_id, sequence, state, reason, detail, created_at)
             SELECT book_id, incarnation_id, sequence, 'superseded', 'copied',
                    'It was written down once more, because a copy of this store used its number.', :at
             FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence > :common
             ON CONFLICT (book_id, incarnation_id, sequence) DO NOTHING",
            named_params! { ":book": fork.book, ":lane": lane, ":common": common, ":at": at },
        )?;
    }
    Ok(())
}
