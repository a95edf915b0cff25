//! Numbers that a series of documents lacks. A series runs 1, 2, 3 in each device, kind and life of its store; what it lacks was
//! written down once and does not stand, and is listed with the reason.
//!
//! Not here: how a document gets its number. The noun that it is of gives it.

use crate::kernel::{BookId, Noun, Result};
use crate::store::Snapshot;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many numbers are listed.
const GAPS_MAX: usize = 50;

/// A number that no document has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// The table whose documents are numbered so.
    pub table: String,
    /// The number that is lacking.
    pub number: String,
    /// Why no document has it.
    pub reason: GapReason,
    /// The same in a sentence.
    pub message: String,
}

/// Why a number has no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Another device had done the same, and its document stands.
    Known,
    /// A copy of the store had done the same request, and its document stands.
    Superseded,
    /// Head office dismissed the entry.
    Dismissed,
    /// The entry waits at head office.
    Quarantined,
    /// No entry that is here gave the number: it is of a time before this device joined.
    Unknown,
}

impl GapReason {
    fn of_outcome(outcome: &str) -> GapReason {
        match outcome {
            "superseded" => GapReason::Superseded,
            "dismissed" => GapReason::Dismissed,
            "quarantined" => GapReason::Quarantined,
            _ => GapReason::Known,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            GapReason::Known => "another device had done the same, and its document stands",
            GapReason::Superseded => "a copy of the store had done the same, and its document stands",
            GapReason::Dismissed => "head office dismissed its entry",
            GapReason::Quarantined => "its entry waits at head office",
            GapReason::Unknown => "no entry that is here gave it",
        }
    }
}

/// The numbers that each series lacks up to its last one, by table and number; the first of many.
///
/// # Errors
/// What SQLite says.
pub fn gaps(snapshot: &Snapshot, nouns: &[&'static Noun]) -> Result<Vec<Gap>> {
    let mut lacking: Vec<(&'static str, BookId, String)> = Vec::new();
    for noun in nouns.iter().filter(|noun| noun.named_by == Some("number")) {
        for (book, number, before, serial) in holes(snapshot, noun.table)? {
            // `D1-B2-000007`: the series, and the serial in at least six digits.
            let series = number.rsplit_once('-').map_or("", |(series, _)| series);
            let room = GAPS_MAX - lacking.len();
            let serials = (before + 1..serial).take(room);
            lacking.extend(serials.map(|serial| (noun.table, book, format!("{series}-{serial:06}"))));
        }
    }
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    let reasons = reasons(snapshot, &lacking)?;
    let gap = |(table, book, number): (&'static str, BookId, String)| {
        let reason = reasons.get(&(book, number.clone())).copied().unwrap_or(GapReason::Unknown);
        let message = format!("No document has the number {number}: {}.", reason.sentence());
        Gap { table: table.to_owned(), number, reason, message }
    };
    Ok(lacking.into_iter().map(gap).collect())
}

/// Where a series jumps: the book, the number after the jump, and the serials before and after it.
fn holes(snapshot: &Snapshot, table: &str) -> Result<Vec<(BookId, String, i64, i64)>> {
    snapshot.all(
        &format!(
            "SELECT book_id, number, before, serial
             FROM (SELECT book_id, number, serial,
                          lag(serial, 1, 0) OVER (PARTITION BY book_id, device_id, series ORDER BY serial) AS before
                   FROM {table} WHERE serial IS NOT NULL)
             WHERE serial > before + 1
             ORDER BY book_id, number LIMIT {GAPS_MAX}"
        ),
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

/// What became of the entries that gave these numbers, own ones and those of others: the last word on each.
fn reasons(
    snapshot: &Snapshot,
    lacking: &[(&'static str, BookId, String)],
) -> Result<BTreeMap<(BookId, String), GapReason>> {
    let numbers: Vec<&str> = lacking.iter().map(|(_, _, number)| number.as_str()).collect();
    let outcomes: Vec<((BookId, String), GapReason)> = snapshot.all(
        "SELECT w.book_id, w.number, w.outcome
         FROM (SELECT e.book_id, c.value ->> '$.new.number' AS number, ifnull(x.state, 'applied') AS outcome, 0 AS version
               FROM daybook_entry e
               LEFT JOIN sync_exception x
                      ON x.book_id = e.book_id AND x.incarnation_id = e.incarnation_id AND x.sequence = e.sequence
               CROSS JOIN json_each(iif(json_valid(CAST(e.body AS TEXT)), CAST(e.body AS TEXT), '{}'), '$.changes') c
               UNION ALL
               SELECT b.book_id, c.value ->> '$.new.number', v.outcome, v.version
               FROM sync_version b
               CROSS JOIN json_each(iif(json_valid(CAST(b.body AS TEXT)), CAST(b.body AS TEXT), '{}'), '$.changes') c
               -- What left quarantine has a second version, of the same lane and sequence.
               JOIN sync_version v ON v.book_id = b.book_id AND v.incarnation_id = b.incarnation_id AND v.sequence = b.sequence
               WHERE b.body IS NOT NULL) w
         WHERE w.number IN (SELECT value FROM json_each(:numbers))
         ORDER BY w.version",
        named_params! { ":numbers": serde_json::json!(numbers).to_string() },
        |row| Ok(((row.get(0)?, row.get(1)?), GapReason::of_outcome(&row.get::<_, String>(2)?))),
    )?;
    Ok(outcomes.into_iter().collect())
}
