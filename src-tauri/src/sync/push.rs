//! Entries that wait, sent batch by batch, in order.

use super::ahead::{Pace, ahead};
use super::central::Central;
use super::state::{self, Lane};
use crate::daybook::{CHAIN_START, Hash, hash_of};
use crate::kernel::{BookId, Code, Fault, IncarnationId, Result};
use crate::store::{Snapshot, Store};
use rusqlite::named_params;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How many entries one batch has at most.
pub(super) const BATCH_ENTRIES_MAX: usize = 400;
/// How many bytes one batch has at most, unless it is a single entry; and the first.
pub(super) const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
pub(super) const BATCH_BYTES_FIRST: usize = 32 * 1024;

/// What one batch did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pushed {
    pub(super) entries: i64,
    pub(super) bytes: i64,
    /// What still waits after it.
    pub(super) left: i64,
}

/// Asks for what was sent and not settled: a head office that was put back to an older day may have lost it, and then it is sent again.
///
/// # Errors
/// Those of the call, and of the store.
pub(super) fn recall(store: &Store, central: &Central, book: BookId) -> Result<()> {
    for lane in store.read(16, |snapshot| state::lanes(snapshot, book))?.iter().filter(|lane| lane.sent > lane.settled)
    {
        let lane = *lane;
        let here = store.read(4, |snapshot| hash_at(snapshot, book, lane.incarnation, lane.sent))?;
        let there = central.lane_hash(book, lane.incarnation, &[lane.sent])?;
        if here.is_none() || here.as_ref().map(|hash| &hash[..]) != there.first().map(|(_, hash)| &hash[..]) {
            store.write(2, move |unit| state::forget_sent(unit, book, lane.incarnation))?;
        }
    }
    Ok(())
}

/// Sends what waits, batch by batch, each written down as sent before the next one goes; `told` hears of each. While head office
/// works on one, the next is made ready.
///
/// # Errors
/// Those of the calls, and of the store. What was sent before stays so.
pub(super) fn push(
    store: &Store,
    central: &Central,
    book: BookId,
    pace: &Pace,
    told: &mut dyn FnMut(Pushed),
) -> Result<()> {
    ahead(
        BTreeMap::new(),
        |ready| make_ready(store, book, pace, ready),
        |batch, _| {
            told(send(store, central, book, &batch, pace)?);
            Ok(())
        },
    )
}

/// The next batch, after what was made `ready` of each lane before.
fn make_ready(store: &Store, book: BookId, pace: &Pace, ready: &Ready) -> Result<Option<(Batch, Ready)>> {
    let read = store.read(16, |snapshot| {
        let mut lanes = state::lanes(snapshot, book)?;
        for lane in &mut lanes {
            lane.sent = lane.sent.max(ready.get(&lane.incarnation).copied().unwrap_or_default());
        }
        let waiting = lanes.iter().map(|lane| (lane.last - lane.sent).max(0)).sum();
        let Some(lane) = lanes.into_iter().find(|lane| lane.sent < lane.last) else { return Ok(None) };
        let previous = hash_at(snapshot, book, lane.incarnation, lane.sent)?.unwrap_or(CHAIN_START);
        Ok(Some((lane, waiting, previous, read_bodies(snapshot, book, &lane, pace.size())?)))
    })?;
    let Some((lane, waiting, previous, bodies)) = read else { return Ok(None) };
    let hash = bodies.iter().fold(previous, |hash, body| hash_of(&hash, body));
    let batch = Batch { lane, previous, short: shorthand(&bodies, book, lane.incarnation), bodies, hash, waiting };
    let mut ready = ready.clone();
    ready.insert(lane.incarnation, batch.last());
    Ok(Some((batch, ready)))
}

fn send(store: &Store, central: &Central, book: BookId, batch: &Batch, pace: &Pace) -> Result<Pushed> {
    let (lane, first) = (batch.lane.incarnation, batch.lane.sent + 1);
    // A store that was put back since it was read is not what head office is told of.
    if store.read(4, |snapshot| hash_at(snapshot, book, lane, batch.last()))? != Some(batch.hash) {
        return Err(Fault::new(Code::Busy, "The store was just restored; the next round goes on."));
    }
    let taken = pace.timed(|_| match &batch.short {
        Some(text) => central.push_short(book, lane, first, (&batch.previous, &batch.hash), text, batch.waiting),
        None => central.push(book, lane, first, &batch.previous, &batch.bodies, batch.waiting),
    })?;
    let sent = taken.into_iter().max().unwrap_or(batch.lane.sent);
    if sent != batch.last() {
        return Err(state::differs(format!("Head office took the entries up to {sent} instead of {}.", batch.last())));
    }
    store.write(4, move |unit| {
        // A store that was put back meanwhile may not have these entries any more.
        match state::lanes(unit, book)?.iter().find(|it| it.incarnation == lane && it.last >= sent) {
            Some(kept) => state::set_lane(unit, book, lane, sent, kept.settled),
            None => Ok(()),
        }
    })?;
    let entries = sent - batch.lane.sent;
    Ok(Pushed { entries, bytes: batch.bytes(), left: batch.waiting - entries })
}

/// What stands for itself in a batch of shorthand, by its code; see the central migration `create_shorthand`. Longer ones first, where one is
/// part of another.
const SHORTHAND: &[(char, &str)] = &[
    ('\u{13}', r#""},"op":"insert","table":"payment_transfer"}],"command":"transfer_funds","incarnation":""#),
    ('\u{b}', r#"},"op":"insert","table":"ledger_posting"},{"key":""#),
    ('\u{3}', r#"","new":{"amount_minor":"#),
    ('\u{4}', r#","business_date":""#),
    ('\u{5}', r#"","created_at":"#),
    ('\u{6}', r#","credit_account_id":""#),
    ('\u{7}', r#"","debit_account_id":""#),
    ('\u{8}', r#"","document_id":""#),
    ('\u{9}', r#"","document_kind":"transfer""#),
    ('\u{a}', r#","memo":""#),
    ('\u{c}', r#","device_id":""#),
    ('\u{d}', r#"","fee_minor":"#),
    ('\u{e}', r#","from_account_id":""#),
    ('\u{f}', r#"","number":""#),
    ('\u{10}', r#"","person_id":""#),
    ('\u{11}', r#","serial":"#),
    ('\u{12}', r#","to_account_id":""#),
    ('\u{14}', r#"","person":""#),
    ('\u{15}', r#"","request":""#),
    ('\u{16}', r#"","schema":"#),
    ('\u{17}', r#","sequence":"#),
    ('\u{18}', r#","v":1}"#),
    ('\u{19}', r#"{"at":"#),
    ('\u{1a}', r#","book":""#),
    ('\u{1b}', r#"","changes":[{"key":""#),
    ('\u{1c}', r#"},"op":"insert","table":""#),
    ('\u{1d}', r#""op":"update","table":""#),
];

/// Entries in shorthand, parted by U+001E; nothing where one of them is no text or holds a control character.
fn shorthand(bodies: &[Vec<u8>], book: BookId, lane: IncarnationId) -> Option<String> {
    let mut text = String::new();
    for (place, body) in bodies.iter().enumerate() {
        let body = std::str::from_utf8(body).ok().filter(|body| !body.bytes().any(|byte| byte < b' '))?;
        if place > 0 {
            text.push('\u{1e}');
        }
        text.push_str(body);
    }
    text = text.replace(&book.to_string(), "\u{1}").replace(&lane.to_string(), "\u{2}");
    for (code, long) in SHORTHAND {
        text = text.replace(long, code.encode_utf8(&mut [0; 4]));
    }
    Some(text)
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
    short: Option<String>,
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

/// The hash of an own entry.
pub(super) fn hash_at(snapshot: &Snapshot, book: BookId, lane: IncarnationId, sequence: i64) -> Result<Option<Hash>> {
    snapshot.maybe(
        "SELECT hash FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :sequence",
        named_params! { ":book": book, ":lane": lane, ":sequence": sequence },
        |row| row.get(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorthand_is_head_offices() {
        let sql = include_str!("../../../migrations/central/V202611240145__create_shorthand.sql");
        for (code, long) in SHORTHAND {
            assert!(sql.contains(&format!("({}, '{long}')", u32::from(*code))), "{long}");
        }
        let (_, list) = sql.split_once("VALUES").unwrap();
        let (list, _) = list.split_once(';').unwrap();
        assert_eq!(list.matches("', '").count() + list.matches(", '").count(), SHORTHAND.len());
    }
}
