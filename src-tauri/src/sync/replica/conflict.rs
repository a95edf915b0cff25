//! What a person settles: an edit that lost, a code that two records have, an account below its minimum, an entry in
//! quarantine.

use super::log::parse;
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, IncarnationId, Instant, Noun, PersonId, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// What kind of conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Somebody else's value stands where this device wrote another.
    EditLost,
    /// What was edited here had been deleted elsewhere.
    EditedGone,
    /// This device gave two documents the same number, because its store was put back in between, or a copy of it goes on.
    SameNumber,
    /// Two records have the same code.
    SameCode,
    /// An account is below its minimum, because its money was spent in two places: by a copy of a store, or by a device that it was taken from.
    Overdrawn,
    /// Head office keeps an entry whole and has not applied it.
    Quarantined,
}

/// The column that two documents have the same in.
pub(in crate::sync) const NUMBER: &str = "number";

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Its id.
    pub id: Id<Record>,
    /// What kind.
    pub kind: ConflictKind,
    /// The table.
    pub table: String,
    /// The record.
    pub record_id: Id<Record>,
    /// What the record is called.
    pub record_name: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// What was written here.
    pub mine: Value,
    /// When.
    pub mine_at: Option<Instant>,
    /// By whom.
    pub mine_person: Option<PersonId>,
    /// What stands instead.
    pub theirs: Value,
    /// When it was written.
    pub theirs_at: Option<Instant>,
    /// By whom; head office where nobody is named.
    pub theirs_person: Option<PersonId>,
    /// On which device.
    pub theirs_device: Option<DeviceId>,
    /// The other record that has the same code.
    pub other_id: Option<Id<Record>>,
    /// What that one is called.
    pub other_name: Option<String>,
    /// A sentence, where there is more to say.
    pub detail: Option<String>,
    /// Since when.
    pub created_at: Instant,
}

/// An edit that lost.
pub(in crate::sync) struct LostEdit<'a> {
    pub(in crate::sync) table: &'a str,
    pub(in crate::sync) record: Id<Record>,
    pub(in crate::sync) column: &'a str,
    pub(in crate::sync) mine: &'a Value,
    pub(in crate::sync) theirs: &'a Value,
    pub(in crate::sync) theirs_at: Option<Instant>,
    pub(in crate::sync) theirs_device: Option<DeviceId>,
    pub(in crate::sync) theirs_person: Option<PersonId>,
}

/// Notes that an own edit lost. The same loss again is the same conflict.
pub(in crate::sync) fn note(
    unit: &mut Unit,
    book: BookId,
    lost: &LostEdit,
    mine_at: Instant,
    mine_person: Option<PersonId>,
    now: Instant,
) -> Result<()> {
    let id: Id<Record> =
        lost.record.derive(&format!("conflict:{}:{}:{}:{}", lost.table, lost.column, mine_at.0, lost.mine));
    unit.execute(
        "INSERT INTO sync_conflict (book_id, id, table_name, record_id, column_name, mine, mine_at, mine_person_id, theirs,
                                    theirs_at, theirs_device_id, theirs_person_id, created_at)
         VALUES (:book, :id, :table, :record, :column, :mine, :mine_at, :mine_person, :theirs,
                 :theirs_at, :theirs_device, :theirs_person, :now)
         ON CONFLICT (book_id, id) DO NOTHING",
        named_params! {
            ":book": book, ":id": id, ":table": lost.table, ":record": lost.record, ":column": lost.column,
            ":mine": lost.mine.to_string(), ":mine_at": mine_at, ":mine_person": mine_person,
            ":theirs": lost.theirs.to_string(), ":theirs_at": lost.theirs_at, ":theirs_device": lost.theirs_device,
            ":theirs_person": lost.theirs_person, ":now": now,
        },
    )?;
    Ok(())
}

/// How many of this device's last entries about a record are looked through for who wrote a value. An author of an older value
/// is not told: it stood for so long that it was seen.
const AUTHORED_ENTRIES_MAX: usize = 20;

/// Notes a conflict where somebody wrote over a value without having seen it, if it was this device that wrote it.
pub(in crate::sync) fn note_overwritten(unit: &mut Unit, book: BookId, lost: &LostEdit, now: Instant) -> Result<i64> {
    let bodies: Vec<Vec<u8>> = unit.all(
        &format!(
            "SELECT e.body FROM daybook_touch c JOIN daybook_entry e ON e.position = c.position
         WHERE c.record_id = :record AND e.book_id = :book ORDER BY c.position DESC LIMIT {AUTHORED_ENTRIES_MAX}"
        ),
        named_params! { ":record": lost.record, ":book": book },
        |row| row.get(0),
    )?;
    for body in bodies {
        let entry = parse(&body)?;
        let wrote = entry.changes.iter().any(|change| {
            change.key == lost.record
                && change.op == "update"
                && change.new.get(lost.column).is_some_and(|value| value == lost.mine)
        });
        if wrote {
            note(unit, book, lost, entry.at, entry.person, now)?;
            return Ok(1);
        }
    }
    Ok(0)
}

/// How many conflicts of one kind are listed.
const LISTED_MAX: usize = 500;
/// How many records with a code that another one has are listed.
const SAME_CODES_MAX: usize = 200;

/// What of a book waits for a person, as far as the log says, oldest first: edits that lost, numbers and codes given twice, entries
/// in quarantine.
///
/// # Errors
/// What SQLite says.
pub fn conflicts(snapshot: &Snapshot, nouns: &[&Noun], book: BookId) -> Result<Vec<Conflict>> {
    let mut found = snapshot.all(
        &format!(
            "{} WHERE x.book_id = :book AND x.settled_at IS NULL ORDER BY x.created_at, x.id LIMIT {LISTED_MAX}",
            lost_edits(nouns)
        ),
        named_params! { ":book": book },
        read_lost,
    )?;
    for noun in nouns {
        if let (Some(code), Some(name)) = (noun.unique, noun.named_by) {
            found.extend(same_code(snapshot, book, noun.table, code, name)?);
        }
    }
    found.extend(quarantined(snapshot, book)?);
    Ok(found)
}

impl Conflict {
    /// One of which no more is known.
    pub fn bare(
        id: Id<Record>,
        kind: ConflictKind,
        table: &str,
        name: Option<String>,
        mine: Value,
        theirs: Value,
        at: Instant,
    ) -> Conflict {
        Conflict {
            id,
            kind,
            table: table.to_owned(),
            record_id: id,
            record_name: name,
            column: None,
            mine,
            mine_at: None,
            mine_person: None,
            theirs,
            theirs_at: None,
            theirs_person: None,
            theirs_device: None,
            other_id: None,
            other_name: None,
            detail: None,
            created_at: at,
        }
    }
}

/// Selects edits that lost, with what their records are called. The first noun is the book itself, which has no `book_id`.
fn lost_edits(nouns: &[&Noun]) -> String {
    let mut name = String::from("CASE x.table_name");
    for (place, noun) in nouns.iter().enumerate() {
        let Some(column) = noun.named_by else { continue };
        let (table, of_book) = (noun.table, if place == 0 { "" } else { "n.book_id = x.book_id AND " });
        // Writing to a String can't fail.
        let _ =
            write!(name, " WHEN '{table}' THEN (SELECT n.{column} FROM {table} n WHERE {of_book}n.id = x.record_id)");
    }
    format!(
        "SELECT x.id, x.table_name, x.record_id, x.column_name, x.mine, x.mine_at, x.mine_person_id, x.theirs, x.theirs_at,
                x.theirs_person_id, x.theirs_device_id, x.created_at, {name} END AS record_name
         FROM sync_conflict x"
    )
}

fn read_lost(row: &Row<'_>) -> rusqlite::Result<Conflict> {
    let value = |column: &str| -> rusqlite::Result<Value> {
        let text: String = row.get(column)?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    };
    let (column, record_name): (String, Option<String>) = (row.get("column_name")?, row.get("record_name")?);
    let (mine, theirs) = (value("mine")?, value("theirs")?);
    let (kind, detail) = if column == NUMBER {
        (
            ConflictKind::SameNumber,
            Some(
                "This device gave the number twice: its store was put back in between, or a copy of it goes on. Both documents stand.",
            ),
        )
    } else if record_name.is_none() {
        // All that can be edited has a name.
        (ConflictKind::EditedGone, Some("Somebody deleted it before this edit came to head office."))
    } else {
        (ConflictKind::EditLost, None)
    };
    Ok(Conflict {
        id: row.get("id")?,
        kind,
        table: row.get("table_name")?,
        record_id: row.get("record_id")?,
        record_name: record_name
            .or_else(|| mine.as_str().filter(|_| kind == ConflictKind::SameNumber).map(str::to_owned)),
        column: Some(column),
        mine,
        mine_at: row.get("mine_at")?,
        mine_person: row.get("mine_person_id")?,
        theirs,
        theirs_at: row.get("theirs_at")?,
        theirs_person: row.get("theirs_person_id")?,
        theirs_device: row.get("theirs_device_id")?,
        other_id: None,
        other_name: None,
        detail: detail.map(str::to_owned),
        created_at: row.get("created_at")?,
    })
}

fn same_code(snapshot: &Snapshot, book: BookId, table: &str, column: &str, name: &str) -> Result<Vec<Conflict>> {
    // Only in a synced book: in one that is not, the command refuses a code that is taken.
    let sql = format!(
        "SELECT b.id, b.{name}, b.{column}, a.{name} AS first_name, b.created_at, a.id AS first_id
         FROM {table} b
         JOIN {table} a ON a.book_id = b.book_id AND ifnull(a.{column}, '') = b.{column} AND a.id < b.id
                       AND a.archived_at IS NULL
         WHERE b.book_id = :book AND b.{column} IS NOT NULL AND b.archived_at IS NULL
           AND EXISTS (SELECT 1 FROM sync_book s WHERE s.book_id = :book)
         GROUP BY b.id ORDER BY b.id LIMIT {SAME_CODES_MAX}"
    );
    snapshot.all(&sql, named_params! { ":book": book }, |row| {
        let code: String = row.get(2)?;
        let other: String = row.get(3)?;
        let detail = format!("“{other}” has the code {code} as well; give one of them another.");
        Ok(Conflict {
            column: Some(column.to_owned()),
            other_id: Some(row.get(5)?),
            other_name: Some(other),
            detail: Some(detail),
            ..Conflict::bare(
                row.get(0)?,
                ConflictKind::SameCode,
                table,
                row.get(1)?,
                Value::String(code.clone()),
                Value::String(code),
                row.get(4)?,
            )
        })
    })
}

/// An entry in quarantine: incarnation, sequence, reason, detail, since when, bytes.
type Kept = (IncarnationId, i64, Option<String>, Option<String>, Instant, Vec<u8>);

fn quarantined(snapshot: &Snapshot, book: BookId) -> Result<Vec<Conflict>> {
    let rows: Vec<Kept> = snapshot.all(
        &format!(
            "SELECT x.incarnation_id, x.sequence, x.reason, x.detail, x.created_at, e.body
             FROM sync_exception x
             JOIN daybook_entry e ON e.book_id = x.book_id AND e.incarnation_id = x.incarnation_id AND e.sequence = x.sequence
             WHERE x.book_id = :book AND x.state = 'quarantined' ORDER BY x.created_at, x.sequence LIMIT {LISTED_MAX}"
        ),
        named_params! { ":book": book },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    rows.into_iter()
        .map(|(lane, sequence, reason, detail, at, body)| {
            let entry = parse(&body)?;
            let first = entry.changes.first();
            let record = first.map_or_else(|| lane.cast(), |change| change.key);
            let id: Id<Record> = lane.derive(&format!("quarantine:{sequence}"));
            Ok(Conflict {
                id,
                record_id: record,
                detail: detail.or(reason),
                ..Conflict::bare(
                    id,
                    ConflictKind::Quarantined,
                    first.map_or("", |change| change.table.as_str()),
                    Some(entry.command.clone()),
                    Value::from(sequence),
                    Value::Null,
                    at,
                )
            })
        })
        .collect()
}

/// An edit that lost and has not been settled.
///
/// # Errors
/// `not_found`, `already_settled`.
pub fn find_conflict(snapshot: &Snapshot, nouns: &[&Noun], book: BookId, id: Id<Record>) -> Result<Conflict> {
    let found = snapshot.maybe(
        &format!("{} WHERE x.book_id = :book AND x.id = :id", lost_edits(nouns)),
        named_params! { ":book": book, ":id": id },
        read_lost,
    )?;
    let conflict = found.ok_or_else(|| Fault::new(Code::NotFound, "There is no such conflict.").at("conflict_id"))?;
    let settled: Option<Instant> = snapshot.one(
        "SELECT settled_at FROM sync_conflict WHERE book_id = :book AND id = :id",
        named_params! { ":book": book, ":id": id },
        |row| row.get(0),
    )?;
    if settled.is_some() {
        return Err(Fault::new(Code::AlreadySettled, "This was settled already.").at("conflict_id"));
    }
    Ok(conflict)
}

/// Marks a conflict as settled.
///
/// # Errors
/// What SQLite says.
pub fn resolve(unit: &mut Unit, book: BookId, id: Id<Record>, at: Instant) -> Result<()> {
    unit.execute(
        "UPDATE sync_conflict SET settled_at = :at WHERE book_id = :book AND id = :id",
        named_params! { ":book": book, ":id": id, ":at": at },
    )?;
    Ok(())
}
