//! The searched texts packed into blocks, each of some records in the order of their ids.
//!
//! A block is found by the id of its first record and made anew as a whole, from the records themselves. It lags behind: what
//! changes waits in the tail, where triggers note it whoever writes, and is packed together with what lies beside it once
//! [`TAIL_RECORDS_MAX`] wait. A search reads blocks for what is in no tail, and the records of the tail themselves; so it is always
//! right, and a tail that is long makes it slower alone.
//!
//! Not here: what a searched text says.

use super::Terms;
use crate::kernel::{BookId, Id, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// How many records wait to be packed at most, where they are packed by whoever changed them.
pub const TAIL_RECORDS_MAX: i64 = 256;
/// How many records a block holds at most.
const BLOCK_RECORDS_MAX: usize = 256;
/// How many records are packed in one step.
const STEP_RECORDS_MAX: usize = 4096;
/// The bytes of `records` that tell of one: id, archived, end of its text.
const RECORD_BYTES: usize = 21;

/// A record that was found.
pub struct Found<'b> {
    /// Its id.
    pub id: Id<Record>,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Its searched text.
    pub text: &'b str,
}

struct Block<'b> {
    records: &'b [u8],
    texts: &'b str,
}

impl<'b> Block<'b> {
    fn count(&self) -> usize {
        self.records.len() / RECORD_BYTES
    }

    fn end(&self, place: usize) -> usize {
        let mut end = [0; 4];
        end.copy_from_slice(&self.records[place * RECORD_BYTES + 17..][..4]);
        u32::from_le_bytes(end) as usize
    }

    /// A record; nothing where the block is not what was packed.
    fn get(&self, place: usize) -> Option<Found<'b>> {
        let mut id = [0; 16];
        id.copy_from_slice(&self.records[place * RECORD_BYTES..][..16]);
        let begin = if place == 0 { 0 } else { self.end(place - 1) };
        let text = self.texts.get(begin..self.end(place))?;
        Some(Found { id: Id::from_bytes(id), is_archived: self.records[place * RECORD_BYTES + 16] != 0, text })
    }

    /// The record in whose text that byte stands, at that place or behind it.
    fn at(&self, byte: usize, from: usize) -> usize {
        let (mut low, mut high) = (from, self.count());
        while low < high {
            let middle = (low + high) / 2;
            if self.end(middle) <= byte { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// Goes through the records of a book whose text holds the terms, in no order.
///
/// # Errors
/// What SQLite says; those of `each`.
pub fn find(
    snapshot: &Snapshot,
    table: &str,
    book: BookId,
    terms: &Terms,
    mut each: impl FnMut(Found<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut in_tail: HashSet<Id<Record>> = HashSet::new();
    let mut is_over = false;
    let sql = format!(
        "SELECT s.record_id, t.archived_at IS NOT NULL, t.search_text
         FROM search_tail s LEFT JOIN {table} t ON t.book_id = s.book_id AND t.id = s.record_id
         WHERE s.table_name = '{table}' AND s.book_id = :book"
    );
    snapshot.each(&sql, named_params! { ":book": book }, |row| {
        let id: Id<Record> = row.get(0)?;
        in_tail.insert(id);
        let text = row.get_ref(2)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        let Some(text) = text.filter(|text| terms.are_in(text)) else { return Ok(ControlFlow::Continue(())) };
        let flow = each(Found { id, is_archived: row.get(1)?, text })?;
        is_over = flow.is_break();
        Ok(flow)
    })?;
    if is_over {
        return Ok(());
    }
    let probes = terms.probes();
    let finders: Vec<_> = probes.iter().map(|probe| memchr::memmem::Finder::new(probe.as_bytes())).collect();
    let sql = format!("SELECT records, texts FROM search_block WHERE table_name = '{table}' AND book_id = :book");
    let mut seen: Vec<usize> = Vec::new();
    snapshot.each(&sql, named_params! { ":book": book }, |row| {
        let records = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let texts = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let block = Block { records, texts };
        seen.clear();
        for finder in &finders {
            let (mut byte, mut place) = (0, 0);
            while let Some(hit) = texts.as_bytes().get(byte..).and_then(|rest| finder.find(rest)) {
                place = block.at(byte + hit, place);
                let Some(found) = (place < block.count()).then(|| block.get(place)).flatten() else { break };
                byte = block.end(place);
                let is_new = finders.len() == 1 || !seen.contains(&place);
                if is_new && !in_tail.contains(&found.id) && terms.are_in(found.text) {
                    seen.push(place);
                    if each(found)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                place += 1;
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Whether so many records wait in the tail that whoever changed some packs them.
///
/// # Errors
/// What SQLite says.
pub fn is_tail_long(snapshot: &Snapshot) -> Result<bool> {
    let count: i64 = snapshot.one(
        "SELECT count(*) FROM (SELECT 1 FROM search_tail LIMIT :max)",
        named_params! { ":max": TAIL_RECORDS_MAX },
        |row| row.get(0),
    )?;
    Ok(count >= TAIL_RECORDS_MAX)
}

/// Packs the first records of the tail with those that lie beside them; whether there are more.
///
/// # Errors
/// What SQLite says.
pub fn pack_step(unit: &mut Unit) -> Result<bool> {
    let first = unit.maybe(
        "SELECT table_name, book_id, record_id FROM search_tail ORDER BY table_name, book_id, record_id LIMIT 1",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let Some((table, book, first)) = first else { return Ok(false) };
    unit.nested(|step| pack_beside(step, &table, book, first))?;
    Ok(true)
}

/// Makes the block anew that a record belongs to, with all of the tail that belongs there, too.
fn pack_beside(unit: &mut Unit, table: &str, book: BookId, record: Id<Record>) -> Result<()> {
    let place = named_params! { ":table": table, ":book": book, ":record": record };
    let (block, next): (Option<Vec<u8>>, Option<Vec<u8>>) = unit.one(
        "SELECT (SELECT max(first_id) FROM search_block WHERE table_name = :table AND book_id = :book AND first_id <= :record),
                (SELECT min(first_id) FROM search_block WHERE table_name = :table AND book_id = :book AND first_id > :record)",
        place,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Before the first block lies nothing but the tail.
    let from = block.clone().unwrap_or_else(|| record.as_bytes().to_vec());
    // No id is as long.
    let mut to = next.unwrap_or_else(|| vec![0xff; 17]);
    let sql = format!(
        "SELECT id, archived_at IS NOT NULL, search_text FROM {table}
         WHERE book_id = :book AND id >= :from AND id < :to ORDER BY id LIMIT :limit"
    );
    let limit = STEP_RECORDS_MAX as i64;
    let mut rows: Vec<(Id<Record>, bool, String)> =
        unit.all(&sql, named_params! { ":book": book, ":from": from, ":to": to, ":limit": limit }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    if rows.len() == STEP_RECORDS_MAX
        && let Some((last, _, _)) = rows.pop()
    {
        // What the block holds beyond is packed in its turn.
        unit.execute(
            &format!(
                "INSERT INTO search_tail (table_name, book_id, record_id)
                 SELECT '{table}', book_id, id FROM {table} WHERE book_id = :book AND id >= :from AND id < :to
                 ON CONFLICT DO NOTHING"
            ),
            named_params! { ":book": book, ":from": last, ":to": to },
        )?;
        to = last.as_bytes().to_vec();
    }
    unit.execute(
        "DELETE FROM search_block WHERE table_name = :table AND book_id = :book AND first_id = :block",
        named_params! { ":table": table, ":book": book, ":block": block },
    )?;
    for rows in rows.chunks(BLOCK_RECORDS_MAX) {
        let (mut records, mut texts) = (Vec::with_capacity(rows.len() * RECORD_BYTES), String::new());
        for (id, is_archived, text) in rows {
            texts.push_str(text);
            records.extend_from_slice(id.as_bytes());
            records.push(u8::from(*is_archived));
            records.extend_from_slice(&u32::try_from(texts.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        // One by one, each for itself: there are a few of them.
        unit.nested(|step| {
            step.execute(
                "INSERT INTO search_block (table_name, book_id, first_id, records, texts)
                 VALUES (:table, :book, :first, :records, :texts)",
                named_params! { ":table": table, ":book": book, ":first": rows[0].0, ":records": records, ":texts": texts },
            )
        })?;
    }
    unit.execute(
        "DELETE FROM search_tail
         WHERE table_name = :table AND book_id = :book AND record_id >= :from AND record_id < :to",
        named_params! { ":table": table, ":book": book, ":from": from, ":to": to },
    )?;
    Ok(())
}

/// The records of a table by which a search would not find them, or by which it would find what is not there.
pub(super) fn check(snapshot: &Snapshot, table: &str) -> Result<Vec<Id<Record>>> {
    let mut packed = HashMap::new();
    let mut wrong = Vec::new();
    let key = |text: &str, is_archived: bool| (digest(text), is_archived);
    snapshot.each(
        "SELECT book_id, records, texts FROM search_block WHERE table_name = :table",
        named_params! { ":table": table },
        |row| {
            let book: BookId = row.get(0)?;
            let records = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let texts = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let block = Block { records, texts };
            for found in (0..block.count()).filter_map(|place| block.get(place)) {
                if packed.insert((book, found.id), key(found.text, found.is_archived)).is_some() {
                    wrong.push(found.id);
                }
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let tail: HashSet<(BookId, Id<Record>)> = snapshot
        .all(
            "SELECT book_id, record_id FROM search_tail WHERE table_name = :table",
            named_params! { ":table": table },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect();
    let sql = format!("SELECT book_id, id, archived_at IS NOT NULL, search_text FROM {table}");
    snapshot.each(&sql, [], |row| {
        let place = (row.get(0)?, row.get(1)?);
        let text = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        let kept = packed.remove(&place);
        if !tail.contains(&place) && kept != Some(key(text, row.get(2)?)) {
            wrong.push(place.1);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    wrong.extend(packed.into_keys().filter(|place| !tail.contains(place)).map(|(_, id)| id));
    Ok(wrong)
}

fn digest(text: &str) -> u128 {
    use sha2::{Digest, Sha256};
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    u128::from_be_bytes(bytes)
}
