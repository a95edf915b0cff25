//! Entries that wait, sent batch by batch, in order.

use super::ahead::Pace;
use super::central::Central;
use super::state::{self, Lane, SyncBook};
use crate::daybook::{CHAIN_START, Hash, hash_of};
use crate::kernel::{BookId, IncarnationId, Result};
use crate::store::{Snapshot, Store};
use rusqlite::named_params;
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

/// Sends the next batch; nothing when nothing waits.
///
/// # Errors
/// Those of the call, and of the store.
pub(super) fn push_batch(store: &Store, central: &Central, book: &SyncBook, pace: &Pace) -> Result<Option<Pushed>> {
    let lanes = store.read(16, |snapshot| state::lanes(snapshot, book.book))?;
    let waiting: i64 = lanes.iter().map(|lane| lane.last - lane.sent).sum();
    let Some(lane) = lanes.into_iter().find(|lane| lane.sent < lane.last) else { return Ok(None) };
    let batch = store.read(8, |snapshot| read_batch(snapshot, book.book, &lane, pace.size()))?;
    let bytes: usize = batch.bodies.iter().map(Vec::len).sum();
    let short = shorthand(&batch.bodies, book.book, lane.incarnation);
    let taken = pace.timed(|_| match &short {
        Some(text) => {
            let last = batch.bodies.iter().fold(batch.previous, |hash, body| hash_of(&hash, body));
            central.push_short(book.book, lane.incarnation, lane.sent + 1, (&batch.previous, &last), text, waiting)
        }
        None => central.push(book.book, lane.incarnation, lane.sent + 1, &batch.previous, &batch.bodies, waiting),
    })?;
    let sent = taken.into_iter().max().unwrap_or(lane.sent);
    let (id, incarnation) = (book.book, lane.incarnation);
    store.write(4, move |unit| {
        // A store that was put back meanwhile may not have these entries any more.
        match state::lanes(unit, id)?.iter().find(|it| it.incarnation == incarnation && it.last >= sent) {
            Some(lane) => state::set_lane(unit, id, incarnation, sent, lane.settled),
            None => Ok(()),
        }
    })?;
    let entries = sent - lane.sent;
    Ok(Some(Pushed { entries, bytes: i64::try_from(bytes).unwrap_or(i64::MAX), left: waiting - entries }))
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

struct Batch {
    previous: Hash,
    bodies: Vec<Vec<u8>>,
}

fn read_batch(snapshot: &Snapshot, book: BookId, lane: &Lane, bytes_max: usize) -> Result<Batch> {
    let previous = hash_at(snapshot, book, lane.incarnation, lane.sent)?.unwrap_or(CHAIN_START);
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
