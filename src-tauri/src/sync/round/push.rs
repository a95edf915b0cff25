//! Entries that wait, sent batch by batch, in order; and what became of them, where nobody else wrote in between.

use super::prefetch::{PageSize, prefetch};
use super::shorthand::{Shorthand, shorten};
use crate::daybook::{CHAIN_START, Hash, hash_of, uncaptured};
use crate::kernel::{BookId, Code, Fault, IncarnationId, Instant, Result};
use crate::store::{Snapshot, Store};
use crate::sync::line::central::{Central, Pulled};
use crate::sync::replica::page::take_page;
use crate::sync::replica::replay::Taken;
use crate::sync::replica::rows::Tables;
use crate::sync::replica::state::{self, Lane, SyncBook, hash_at};
use rusqlite::named_params;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;

/// How many entries one batch has at most.
pub(in crate::sync) const BATCH_ENTRIES_MAX: usize = 400;
/// How many bytes one batch has at most, unless it is a single entry; and the first.
pub(in crate::sync) const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
pub(in crate::sync) const BATCH_BYTES_FIRST: usize = 32 * 1024;

/// What one batch did.
#[derive(Debug, Clone, Default)]
pub(in crate::sync) struct Pushed {
    pub(in crate::sync) entries: i64,
    pub(in crate::sync) bytes: i64,
    /// What still waits after it.
    pub(in crate::sync) left: i64,
    /// What became of it, where that is known by now.
    pub(in crate::sync) taken: Taken,
}

/// Whether anything was sent of which it isn't known here what became of it.
///
/// # Errors
/// What SQLite says.
pub(in crate::sync) fn is_owed(store: &Store, book: BookId) -> Result<bool> {
    Ok(store.read_many(|snapshot| state::lanes(snapshot, book))?.iter().any(|lane| lane.sent > lane.settled))
}

/// Asks for what was sent and not settled: a head office that was put back to an older day may have lost it, and then it is sent again.
///
/// # Errors
/// Those of the call, and of the store.
pub(in crate::sync) fn recall(store: &Store, central: &Central, book: BookId) -> Result<()> {
    for lane in store.read_many(|snapshot| state::lanes(snapshot, book))?.iter().filter(|lane| lane.sent > lane.settled)
    {
        let lane = *lane;
        let here = store.read(|snapshot| hash_at(snapshot, book, lane.incarnation, lane.sent))?;
        let there = central.lane_hash(book, lane.incarnation, &[lane.sent])?;
        if here.is_none() || here.as_ref().map(|hash| &hash[..]) != there.first().map(|(_, hash)| &hash[..]) {
            store.write(move |unit| state::forget_sent(unit, book, lane.incarnation))?;
        }
    }
    Ok(())
}

/// Sends what waits, batch by batch; `told` hears of each, once it is written down. While head office works on one, the next is made ready
/// and what became of the one before is written down.
///
/// # Errors
/// Those of the calls, and of the store; `central_rewound` where head office does not have the version that this device has, and then nothing
/// was sent. What was sent and isn't written down is sent again, and answered as before.
pub(in crate::sync) fn push(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    at: &SyncBook,
    now: Instant,
    size: &PageSize,
    told: &mut dyn FnMut(Pushed),
) -> Result<()> {
    let book = at.book;
    let first = make_ready(store, book, size, &Ready::new())?;
    let fetch = |next: &Option<(Batch, Ready)>| {
        let Some((batch, ready)) = next else { return Ok(None) };
        std::thread::scope(|scope| {
            let following = scope.spawn(|| make_ready(store, book, size, ready));
            let placed = send(store, central, at, batch, size);
            let following = following.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok(Some((placed?, following?)))
        })
    };
    let mut stands = Some((at.version, at.book_hash));
    prefetch(first, fetch, |sent, _| {
        let taken = settle(store, tables, book, &mut stands, &sent, now)?;
        let Sent { first, last, bytes, waiting, .. } = sent;
        let entries = last + 1 - first;
        told(Pushed { entries, bytes, left: waiting - entries, taken });
        Ok(())
    })
}

/// The next batch, after what was made `ready` of each lane before.
fn make_ready(store: &Store, book: BookId, size: &PageSize, ready: &Ready) -> Result<Option<(Batch, Ready)>> {
    let read = store.read_many(|snapshot| {
        let mut lanes = state::lanes(snapshot, book)?;
        for lane in &mut lanes {
            lane.sent = lane.sent.max(ready.get(&lane.incarnation).copied().unwrap_or_default());
        }
        let waiting = lanes.iter().map(|lane| (lane.last - lane.sent).max(0)).sum();
        let Some(lane) = lanes.into_iter().find(|lane| lane.sent < lane.last) else { return Ok(None) };
        let previous = hash_at(snapshot, book, lane.incarnation, lane.sent)?.unwrap_or(CHAIN_START);
        Ok(Some((lane, waiting, previous, read_bodies(snapshot, book, &lane, size.size())?)))
    })?;
    let Some((lane, waiting, previous, bodies)) = read else { return Ok(None) };
    let hash = bodies.iter().fold(previous, |hash, body| hash_of(&hash, body));
    let batch = Batch { lane, previous, short: shorten(&bodies), bodies, hash, waiting };
    let mut ready = ready.clone();
    ready.insert(lane.incarnation, batch.last());
    Ok(Some((batch, ready)))
}

fn send(store: &Store, central: &Central, at: &SyncBook, batch: &Batch, size: &PageSize) -> Result<Sent> {
    let (book, lane, first) = (at.book, batch.lane.incarnation, batch.lane.sent + 1);
    // A store that was put back since it was read is not what head office is told of.
    if store.read(|snapshot| hash_at(snapshot, book, lane, batch.last()))? != Some(batch.hash) {
        return Err(Fault::new(Code::Busy, "The store was just restored; the next round goes on."));
    }
    let (sequences, placed) = match &batch.short {
        Some(Shorthand { words, text }) => {
            let (stands, hashes) = ((book, at.version, &at.book_hash), (&batch.previous, &batch.hash));
            let placed = size
                .timed(|usual| central.push_at(stands, (lane, first), hashes, (words, text, usual), batch.waiting))?;
            (placed.iter().filter_map(|it| it.sequence).collect::<Vec<_>>(), placed)
        }
        None => {
            central.head(book, at.version, &at.book_hash, false)?;
            let sequences = size.timed(|usual| {
                central.push(book, lane, first, &batch.previous, (&batch.bodies, usual), batch.waiting)
            })?;
            (sequences, Vec::new())
        }
    };
    let last = sequences.into_iter().max().unwrap_or(batch.lane.sent);
    if last != batch.last() {
        return Err(state::differs(format!("Head office took the entries up to {last} instead of {}.", batch.last())));
    }
    Ok(Sent { lane, first, last, bytes: batch.bytes(), waiting: batch.waiting, placed })
}

/// Writes down what was sent. Where its versions go on from the one that the book `stands` at, nobody else wrote in between, and they are taken
/// in as a page of the log is: by the same hashes. Otherwise it is written down as sent, and pull brings what became of it.
fn settle(
    store: &Store,
    tables: &Arc<Tables>,
    book: BookId,
    stands: &mut Option<(i64, Hash)>,
    sent: &Sent,
    now: Instant,
) -> Result<Taken> {
    let goes_on = |version: i64| sent.placed.iter().zip(version + 1..).all(|(placed, next)| placed.version == next);
    let is_hashed = sent.placed.last().is_some_and(|last| last.book_hash.is_some());
    let Some(from) = stands.filter(|(version, _)| is_hashed && goes_on(*version)) else {
        *stands = None;
        let (lane, sent) = (sent.lane, sent.last);
        store.write(move |unit| {
            // A store that was put back meanwhile may not have these entries any more.
            match state::lanes(unit, book)?.iter().find(|it| it.incarnation == lane && it.last >= sent) {
                Some(kept) => state::set_lane(unit, book, lane, sent, kept.settled),
                None => Ok(()),
            }
        })?;
        return Ok(Taken::default());
    };
    let (tables, placed) = (Arc::clone(tables), sent.placed.clone());
    let taken = store.write_many(move |unit| {
        // What sync itself writes is no entry of this device.
        uncaptured(unit, |unit| take_page(unit, &tables, book, from, &placed, now))
    })?;
    *stands = Some((taken.version, taken.hash));
    Ok(taken)
}

/// A batch that head office has.
struct Sent {
    lane: IncarnationId,
    first: i64,
    last: i64,
    bytes: i64,
    /// How many entries waited before, these among them.
    waiting: i64,
    /// What became of each, where head office said so.
    placed: Vec<Pulled>,
}

/// How far each lane was made ready.
type Ready = BTreeMap<IncarnationId, i64>;

struct Batch {
    /// Where it belongs: after what was sent there before it.
    lane: Lane,
    /// The hash of the entry before it.
    previous: Hash,
    bodies: Vec<Vec<u8>>,
    /// The bodies in shorthand, where they have one.
    short: Option<Shorthand>,
    /// The hash of the last one.
    hash: Hash,
    /// How many entries wait, these among them.
    waiting: i64,
}

impl Batch {
    fn last(&self) -> i64 {
        self.lane.sent + i64::try_from(self.bodies.len()).unwrap_or(i64::MAX)
    }

    fn bytes(&self) -> i64 {
        i64::try_from(self.bodies.iter().map(Vec::len).sum::<usize>()).unwrap_or(i64::MAX)
    }
}

fn read_bodies(snapshot: &Snapshot, book: BookId, lane: &Lane, bytes_max: usize) -> Result<Vec<Vec<u8>>> {
    let (mut bodies, mut bytes) = (Vec::new(), 0);
    snapshot.each(
        "SELECT body FROM daybook_entry
         WHERE book_id = :book AND incarnation_id = :lane AND sequence > :sent AND sequence <= :last
         ORDER BY sequence LIMIT :most",
        named_params! {
            ":book": book, ":lane": lane.incarnation, ":sent": lane.sent, ":last": lane.last,
            ":most": i64::try_from(BATCH_ENTRIES_MAX).unwrap_or(i64::MAX),
        },
        |row| {
            let body: Vec<u8> = row.get(0)?;
            bytes += body.len();
            if bytes > bytes_max && !bodies.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            bodies.push(body);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(bodies)
}
