//! Entries that wait, sent batch by batch, in order.

use super::central::Central;
use super::state::{self, Lane, SyncBook};
use crate::daybook::{CHAIN_START, Hash};
use crate::kernel::{BookId, IncarnationId, Result};
use crate::store::{Snapshot, Store};
use rusqlite::named_params;
use std::ops::ControlFlow;

/// How many entries one batch has at most.
pub(super) const BATCH_ENTRIES_MAX: usize = 400;
/// How many bytes one batch has at most, unless it is a single entry.
pub(super) const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What one batch did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pushed {
    pub(super) entries: i64,
    pub(super) bytes: i64,
    /// What still waits after it.
    pub(super) left: i64,
}

/// Sends the next batch; nothing when nothing waits.
///
/// # Errors
/// Those of the call, and of the store.
pub(super) fn push_batch(store: &Store, central: &Central, book: &SyncBook) -> Result<Option<Pushed>> {
    let lanes = store.read(16, |snapshot| state::lanes(snapshot, book.book))?;
    let waiting: i64 = lanes.iter().map(|lane| lane.last - lane.sent).sum();
    let Some(lane) = lanes.into_iter().find(|lane| lane.sent < lane.last) else { return Ok(None) };
    let batch = store.read(8, |snapshot| read_batch(snapshot, book.book, &lane))?;
    let bytes: usize = batch.bodies.iter().map(Vec::len).sum();
    let placed = central.push(book.book, lane.incarnation, lane.sent + 1, &batch.previous, &batch.bodies, waiting)?;
    let sent = placed.iter().map(|placed| placed.sequence).max().unwrap_or(lane.sent);
    let (id, incarnation) = (book.book, lane.incarnation);
    store.write(4, move |unit| {
        // A pull may have settled some meanwhile.
        let settled =
            state::lanes(unit, id)?.iter().find(|it| it.incarnation == incarnation).map_or(0, |it| it.settled);
        state::set_lane(unit, id, incarnation, sent, settled)
    })?;
    let entries = sent - lane.sent;
    Ok(Some(Pushed { entries, bytes: i64::try_from(bytes).unwrap_or(i64::MAX), left: waiting - entries }))
}

struct Batch {
    previous: Hash,
    bodies: Vec<Vec<u8>>,
}

fn read_batch(snapshot: &Snapshot, book: BookId, lane: &Lane) -> Result<Batch> {
    let previous = hash_at(snapshot, book, lane.incarnation, lane.sent)?.unwrap_or(CHAIN_START);
    let (mut bodies, mut bytes) = (Vec::new(), 0);
    snapshot.each(
        "SELECT body FROM daybook_entry
         WHERE book_id = :book AND incarnation_id = :lane AND sequence > :sent
         ORDER BY sequence LIMIT :most",
        named_params! {
            ":book": book, ":lane": lane.incarnation, ":sent": lane.sent,
            ":most": i64::try_from(BATCH_ENTRIES_MAX).unwrap_or(i64::MAX),
        },
        |row| {
            let body: Vec<u8> = row.get(0)?;
            bytes += body.len();
            if bytes > BATCH_BYTES_MAX && !bodies.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            bodies.push(body);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(Batch { previous, bodies })
}

/// The hash of an own entry.
pub(super) fn hash_at(snapshot: &Snapshot, book: BookId, lane: IncarnationId, sequence: i64) -> Result<Option<Hash>> {
    snapshot.maybe(
        "SELECT hash FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :sequence",
        named_params! { ":book": book, ":lane": lane, ":sequence": sequence },
        |row| row.get(0),
    )
}
