//! Entries: how their bytes are made, how they chain, and how they are sealed.

use super::index;
use crate::kernel::{BookId, Code, Fault, Id, IncarnationId, Instant, PersonId, RequestId, Result, kind};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// The version of the bytes' format, `v` in each entry.
pub const FORMAT: u32 = 1;
/// How many changes one entry holds at most; larger work goes in steps, each a command.
pub const ENTRY_CHANGES_MAX: usize = 5_000;

/// A hash of the chain.
pub type Hash = [u8; 32];
/// What stands before the first entry.
pub const CHAIN_START: Hash = [0; 32];

/// What is said of an entry besides its changes.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    /// The book that everything in it belongs to.
    pub book: BookId,
    /// The life of the store it was made in.
    pub incarnation: IncarnationId,
    /// The command that made it.
    pub command: &'a str,
    /// Who acted.
    pub person: PersonId,
    /// The request that asked for it.
    pub request: RequestId,
    /// When the command was accepted.
    pub at: Instant,
    /// The schema it was made under: the newest migration.
    pub schema: i64,
}

/// An entry that was sealed. It stands once its transaction is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Its place among all entries of this store.
    pub position: i64,
    /// Its hash.
    pub hash: Hash,
}

/// An entry as it was sealed.
#[derive(Debug)]
pub struct SealedEntry {
    /// Which.
    pub sealed: Sealed,
    /// Its time.
    pub at: Instant,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The tables that it touched.
    pub tables: BTreeSet<String>,
}

/// The hash of an entry's bytes after the entry before it.
pub fn hash_of(previous: &Hash, body: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(body);
    hash.finalize().into()
}

/// A book's hash after one more version of its log: of the hash before, the entry's, its outcome and what took effect instead.
pub fn version_hash(previous: &Hash, entry: &Hash, outcome: &str, effect: Option<&[u8]>) -> Hash {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(entry);
    hash.update(outcome.as_bytes());
    hash.update(effect.unwrap_or_default());
    hash.finalize().into()
}

struct Captured {
    table: String,
    book: BookId,
    record: Id<kind::Record>,
    /// As the entry holds it; nothing where no column changed that it holds.
    change: Option<String>,
}

/// Seals what this unit of work captured into one entry. A unit that changed nothing seals none.
///
/// # Errors
/// `internal` when it touched another book or more rows than [`ENTRY_CHANGES_MAX`].
pub fn seal(unit: &mut Unit, header: &Header) -> Result<Option<SealedEntry>> {
    let captured = unit.all(
        "SELECT table_name, book_id, record_id, change FROM temp.daybook_captured ORDER BY ordinal",
        [],
        |row| Ok(Captured { table: row.get(0)?, book: row.get(1)?, record: row.get(2)?, change: row.get(3)? }),
    )?;
    if captured.is_empty() {
        return Ok(None);
    }
    unit.execute("DELETE FROM temp.daybook_captured", [])?;
    if captured.len() > ENTRY_CHANGES_MAX {
        return Err(mistake(format!("One command changed {} rows; {ENTRY_CHANGES_MAX} is the most.", captured.len())));
    }
    let mut records = BTreeSet::new();
    let length = captured.iter().filter_map(|change| change.change.as_ref()).map(|change| change.len() + 1).sum();
    let mut changes = String::with_capacity(length);
    for change in &captured {
        if change.book != header.book {
            return Err(mistake(format!("A command of one book changed {} in another.", change.table)));
        }
        if let Some(text) = &change.change {
            if !changes.is_empty() {
                changes.push(',');
            }
            changes.push_str(text);
            records.insert(change.record);
        }
    }
    if records.is_empty() {
        return Ok(None);
    }
    // The last of this chain, and the newest entry of all books: the time of an entry is never before that one's, whatever
    // the machine's clock says.
    let (last, newest) = unit.one(
        "SELECT c.sequence, c.hash, n.position, n.created_at
         FROM (SELECT 1)
         LEFT JOIN (SELECT sequence, hash FROM daybook_entry
                    WHERE book_id = :book AND incarnation_id = :incarnation
                    ORDER BY sequence DESC LIMIT 1) c
         LEFT JOIN (SELECT position, created_at FROM daybook_entry ORDER BY position DESC LIMIT 1) n",
        named_params! { ":book": header.book, ":incarnation": header.incarnation },
        |row| {
            let sequence: Option<i64> = row.get(0)?;
            let position: Option<i64> = row.get(2)?;
            let hash: Option<Hash> = row.get(1)?;
            let at: Option<Instant> = row.get(3)?;
            Ok((sequence.zip(hash), position.zip(at)))
        },
    )?;
    let (sequence, previous) = last.map_or((1, CHAIN_START), |(sequence, hash)| (sequence + 1, hash));
    let (position, at) = newest.map_or((1, header.at), |(position, at)| (position + 1, at.max(header.at)));
    let body = body(header, at, sequence, &changes);
    let hash = hash_of(&previous, body.as_bytes());
    unit.execute(
        "INSERT INTO daybook_entry (position, book_id, incarnation_id, sequence, created_at, hash, body)
         VALUES (:position, :book, :incarnation, :sequence, :at, :hash, :body)",
        named_params! {
            ":position": position, ":book": header.book, ":incarnation": header.incarnation,
            ":sequence": sequence, ":at": at, ":hash": hash, ":body": body.as_bytes(),
        },
    )?;
    index::note(unit, position, header.request, &records)?;
    let tables = captured.into_iter().map(|change| change.table).collect();
    Ok(Some(SealedEntry { sealed: Sealed { position, hash }, at, body: body.into_bytes(), tables }))
}

/// Writes the entries of these lanes that come after one of each, up to another one, once more, at the end, as those of another incarnation: same command,
/// person, request and changes. The ones before stay as they are.
///
/// # Errors
/// What SQLite says; `damaged` for an entry that can't be read.
pub fn write_again(
    unit: &mut Unit,
    book: BookId,
    lanes: &[(IncarnationId, i64, i64)],
    to: IncarnationId,
) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Again<'a> {
        at: Instant,
        #[serde(borrow)]
        changes: &'a RawValue,
        command: &'a str,
        person: PersonId,
        request: RequestId,
        schema: i64,
    }
    let unreadable = |cause: serde_json::Error| Fault::new(Code::Damaged, "An entry can't be read.").because(cause);
    let mut lanes = lanes.iter().copied();
    let Some((mut lane, mut from, mut last)) = lanes.next() else { return Ok(()) };
    let (mut sequence, mut previous) = (0, CHAIN_START);
    let mut position: i64 = unit.one("SELECT ifnull(max(position), 0) FROM daybook_entry", [], |row| row.get(0))?;
    loop {
        let next: Option<(i64, Instant, Vec<u8>)> = unit.maybe(
            "SELECT e.sequence, max(e.created_at, n.created_at), e.body
             FROM daybook_entry e
             CROSS JOIN (SELECT created_at FROM daybook_entry ORDER BY position DESC LIMIT 1) n
             WHERE e.book_id = :book AND e.incarnation_id = :lane AND e.sequence > :from AND e.sequence <= :last
             ORDER BY e.sequence LIMIT 1",
            named_params! { ":book": book, ":lane": lane, ":from": from, ":last": last },
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some((number, stored_at, old)) = next else {
            match lanes.next() {
                Some(following) => (lane, from, last) = following,
                None => return index::index_all(unit),
            }
            continue;
        };
        let text = std::str::from_utf8(&old)
            .map_err(|cause| Fault::new(Code::Damaged, "An entry can't be read.").because(cause))?;
        let again: Again = serde_json::from_str(text).map_err(unreadable)?;
        let header = Header {
            book,
            incarnation: to,
            command: again.command,
            person: again.person,
            request: again.request,
            at: again.at,
            schema: again.schema,
        };
        let changes = again.changes.get();
        let inner = changes.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
        sequence += 1;
        position += 1;
        let body = body(&header, stored_at, sequence, inner);
        let hash = hash_of(&previous, body.as_bytes());
        unit.execute(
            "INSERT INTO daybook_entry (position, book_id, incarnation_id, sequence, created_at, hash, body)
             VALUES (:position, :book, :incarnation, :sequence, :at, :hash, :body)",
            named_params! {
                ":position": position, ":book": book, ":incarnation": to, ":sequence": sequence, ":at": stored_at,
                ":hash": hash, ":body": body.as_bytes(),
            },
        )?;
        let records = serde_json::from_str::<Vec<Keyed>>(changes).map_err(unreadable)?;
        index::note(unit, position, header.request, &records.into_iter().map(|change| change.key).collect())?;
        (from, previous) = (number, hash);
    }
}

#[derive(serde::Deserialize)]
struct Keyed {
    key: Id<kind::Record>,
}

fn mistake(message: String) -> Fault {
    Fault::new(Code::Internal, message)
}

fn body(header: &Header, at: Instant, sequence: i64, changes: &str) -> String {
    let Header { book, incarnation, command, person, request, schema, at: _ } = header;
    // The keys stand in their order, as RFC 8785 wants them. Commands are named in a-z and _, so they need no escape.
    format!(
        "{{\"at\":{},\"book\":\"{book}\",\"changes\":[{changes}],\"command\":\"{command}\",\
         \"incarnation\":\"{incarnation}\",\"person\":\"{person}\",\"request\":\"{request}\",\
         \"schema\":{schema},\"sequence\":{sequence},\"v\":{FORMAT}}}",
        at.0
    )
}

/// A column's value, from SQLite's JSON, as an entry holds it. That escapes just what RFC 8785 does, in the same way; only
/// ids, which arrive as hexadecimal, get their hyphens.
pub(super) fn canonical<'v>(column: &str, value: &'v str) -> Cow<'v, str> {
    if !column.ends_with("_id") {
        return value.into();
    }
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(hex) if hex.len() == 32 && hex.is_ascii() => {
            format!("\"{}-{}-{}-{}-{}\"", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]).into()
        }
        Some(_) | None => value.into(),
    }
}

/// A row's columns in the order of the JSON, their values left as they are written.
pub(super) struct Columns<'a>(pub(super) Vec<(&'a str, &'a RawValue)>);

impl<'a> Columns<'a> {
    pub(super) fn parse(json: &'a str) -> Result<Columns<'a>> {
        serde_json::from_str(json)
            .map_err(|cause| mistake("A captured row is not a JSON object.".into()).because(cause))
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Columns<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Columns<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of columns")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(16);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Columns(pairs))
            }
        }
        from.deserialize_map(Pairs)
    }
}

/// How many entries there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// All entries of this store.
    pub total: i64,
    /// Those whose time lies in the span that was asked for.
    pub within: i64,
}

/// Counts entries. A span has two ends: after an entry of a clock that was ahead, all later ones bear times that are still to come.
///
/// # Errors
/// What SQLite says.
pub fn tally(snapshot: &Snapshot, span: &Range<Instant>) -> Result<Tally> {
    snapshot.one(
        // Positions have no gap, so the newest is the count.
        &format!(
            "SELECT ifnull(max(position), 0), {} - {} FROM daybook_entry",
            first_since(":end"),
            first_since(":start")
        ),
        named_params! { ":start": span.start, ":end": span.end },
        |row| Ok(Tally { total: row.get(0)?, within: row.get(1)? }),
    )
}

/// How many of a book's entries bear a time in that span.
///
/// # Errors
/// What SQLite says.
pub fn tally_of(snapshot: &Snapshot, book: BookId, span: &Range<Instant>) -> Result<i64> {
    snapshot.one(
        &format!(
            "SELECT count(*) FROM daybook_entry NOT INDEXED
             WHERE position >= {} AND position < {} AND book_id = :book",
            first_since(":start"),
            first_since(":end"),
        ),
        named_params! { ":start": span.start, ":end": span.end, ":book": book },
        |row| row.get(0),
    )
}

/// The first position of which the entry was made since then; one past the newest when there is none. Times never go back from one
/// position to the next, so it is found by halving, without an index that every entry would have to pay for.
fn first_since(moment: &str) -> String {
    format!(
        "(
    WITH RECURSIVE halving (low, high) AS (
        SELECT 1, 1 + (SELECT ifnull(max(position), 0) FROM daybook_entry)
        UNION ALL
        SELECT iif(e.created_at < {moment}, e.position + 1, low), iif(e.created_at < {moment}, high, e.position)
        FROM halving JOIN daybook_entry e ON e.position = (low + high) / 2
        WHERE low < high
    )
    SELECT max(low) FROM halving)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_entry_always_gives_the_same_bytes_and_hash() {
        let header = Header {
            book: Id::from_bytes([1; 16]),
            incarnation: Id::from_bytes([3; 16]),
            command: "customer_edit",
            person: Id::from_bytes([4; 16]),
            request: Id::from_bytes([5; 16]),
            at: Instant(1_795_392_000_000),
            schema: 202_611_230_220,
        };
        let changes = concat!(
            r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"city":"Lomé","tax_id":null},"#,
            r#""old":{"city":null,"tax_id":"00112233-4455-6677-8899-aabbccddeeff"},"op":"update","table":"customer"},"#,
            r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"amount_minor":5,"fingerprint":"ab"},"#,
            r#""op":"insert","table":"customer"}"#
        );
        let bytes = body(&header, header.at, 7, changes);
        assert_eq!(
            bytes,
            concat!(
                r#"{"at":1795392000000,"book":"01010101-0101-0101-0101-010101010101","changes":["#,
                r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"city":"Lomé","tax_id":null},"#,
                r#""old":{"city":null,"tax_id":"00112233-4455-6677-8899-aabbccddeeff"},"op":"update","table":"customer"},"#,
                r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"amount_minor":5,"fingerprint":"ab"},"#,
                r#""op":"insert","table":"customer"}],"command":"customer_edit","#,
                r#""incarnation":"03030303-0303-0303-0303-030303030303","#,
                r#""person":"04040404-0404-0404-0404-040404040404","#,
                r#""request":"05050505-0505-0505-0505-050505050505","#,
                r#""schema":202611230220,"sequence":7,"v":1}"#
            )
        );
        assert_eq!(
            crate::kernel::hex(&hash_of(&CHAIN_START, bytes.as_bytes())),
            "54c76a02ba94445243e836387db7baee784aece58bf1480a21a7e02c62e22bbe"
        );
    }
}
