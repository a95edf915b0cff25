//! What a person settles: an edit that lost, a code that two records have, an account below its minimum, an entry in
//! quarantine.

use super::pull::parse;
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// What kind of conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Somebody else's value stands where this device wrote another.
    EditLost,
    /// What was edited here had been deleted elsewhere.
    EditedGone,
    /// This device gave two documents the same number, because its store was put back in between.
    SameNumber,
    /// Two records have the same code.
    SameCode,
    /// An account is below its minimum, because a copy of a store spent the same money.
    Overdrawn,
    /// Head office keeps an entry whole and has not applied it.
    Quarantined,
}

/// The column that two documents have the same in.
pub(super) const NUMBER: &str = "number";

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    pub mine_person_name: Option<String>,
    /// What stands instead.
    pub theirs: Value,
    /// When it was written.
    pub theirs_at: Option<Instant>,
    /// By whom; head office where nobody is named.
    pub theirs_person_name: Option<String>,
    /// On which device.
    pub theirs_device_name: Option<String>,
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
pub(super) struct Lost<'a> {
    pub(super) table: &'a str,
    pub(super) record: Id<Record>,
    pub(super) column: &'a str,
    pub(super) mine: &'a Value,
    pub(super) theirs: &'a Value,
    pub(super) theirs_at: Option<Instant>,
    pub(super) theirs_device: Option<DeviceId>,
    pub(super) theirs_person: Option<PersonId>,
}

/// Notes that an own edit lost. The same loss again is the same conflict.
pub(super) fn note(
    unit: &mut Unit,
    book: BookId,
    lost: &Lost,
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

/// Notes a conflict where somebody wrote over a value without having seen it, if it was this device that wrote it.
pub(super) fn note_overwritten(unit: &mut Unit, book: BookId, lost: &Lost, now: Instant) -> Result<i64> {
    let bodies: Vec<Vec<u8>> = unit.all(
        "SELECT e.body FROM daybook_change c JOIN daybook_entry e ON e.position = c.position
         WHERE c.record_id = :record AND e.book_id = :book ORDER BY c.position DESC LIMIT 20",
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

/// Everything in a book that waits for a person, oldest first.
///
/// # Errors
/// What SQLite says.
pub fn conflicts(snapshot: &Snapshot, book: BookId) -> Result<Vec<Conflict>> {
    let mut found = snapshot.all(
        &format!("{LOST} WHERE x.book_id = :book AND x.settled_at IS NULL ORDER BY x.created_at, x.id LIMIT 500"),
        named_params! { ":book": book },
        read_lost,
    )?;
    for (table, column) in [("customer", "code"), ("product", "sku")] {
        found.extend(same_code(snapshot, book, table, column)?);
    }
    found.extend(snapshot.all(
        "SELECT a.id, a.name, l.balance_minor, a.minimum_minor, a.created_at
         FROM payment_account a JOIN ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
         WHERE a.book_id = :book AND l.balance_minor < a.minimum_minor ORDER BY a.id",
        named_params! { ":book": book },
        |row| {
            Ok(Conflict {
                detail: Some("A copy of a store spent the same money. Both payments stand; count the cash, and bring the account back up by a transfer.".into()),
                ..Conflict::bare(
                    row.get(0)?,
                    ConflictKind::Overdrawn,
                    "payment_account",
                    row.get(1)?,
                    Value::from(row.get::<_, i64>(2)?),
                    Value::from(row.get::<_, i64>(3)?),
                    row.get(4)?,
                )
            })
        },
    )?);
    found.extend(quarantined(snapshot, book)?);
    Ok(found)
}

impl Conflict {
    fn bare(
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
            mine_person_name: None,
            theirs,
            theirs_at: None,
            theirs_person_name: None,
            theirs_device_name: None,
            other_id: None,
            other_name: None,
            detail: None,
            created_at: at,
        }
    }
}

const LOST: &str = "\
SELECT x.id, x.table_name, x.record_id, x.column_name, x.mine, x.mine_at, m.name AS mine_person_name, x.theirs, x.theirs_at,
       t.name AS theirs_person_name, d.name AS theirs_device_name, x.created_at,
       coalesce(c.name, p.name, v.name, a.name, b.name, who.name, own.name) AS record_name
FROM sync_conflict x
LEFT JOIN person m ON m.book_id = x.book_id AND m.id = x.mine_person_id
LEFT JOIN person t ON t.book_id = x.book_id AND t.id = x.theirs_person_id
LEFT JOIN device d ON d.book_id = x.book_id AND d.id = x.theirs_device_id
LEFT JOIN customer c ON c.book_id = x.book_id AND c.id = x.record_id
LEFT JOIN product p ON p.book_id = x.book_id AND p.id = x.record_id
LEFT JOIN tax v ON v.book_id = x.book_id AND v.id = x.record_id
LEFT JOIN payment_account a ON a.book_id = x.book_id AND a.id = x.record_id
LEFT JOIN person who ON who.book_id = x.book_id AND who.id = x.record_id
LEFT JOIN device own ON own.book_id = x.book_id AND own.id = x.record_id
LEFT JOIN book b ON b.id = x.record_id";

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
            Some("This device gave the number twice: its store was put back in between. Both documents stand."),
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
        mine_person_name: row.get("mine_person_name")?,
        theirs,
        theirs_at: row.get("theirs_at")?,
        theirs_person_name: row.get("theirs_person_name")?,
        theirs_device_name: row.get("theirs_device_name")?,
        other_id: None,
        other_name: None,
        detail: detail.map(str::to_owned),
        created_at: row.get("created_at")?,
    })
}

fn same_code(snapshot: &Snapshot, book: BookId, table: &str, column: &str) -> Result<Vec<Conflict>> {
    // Only in a synced book: in one that is not, the command refuses a code that is taken.
    let sql = format!(
        "SELECT b.id, b.name, b.{column}, a.name AS first_name, b.created_at, a.id AS first_id
         FROM {table} b JOIN {table} a ON a.book_id = b.book_id AND ifnull(a.{column}, '') = b.{column} AND a.id < b.id AND a.archived_at IS NULL
         WHERE b.book_id = :book AND b.{column} IS NOT NULL AND b.archived_at IS NULL
           AND EXISTS (SELECT 1 FROM sync_book s WHERE s.book_id = :book)
         GROUP BY b.id ORDER BY b.id LIMIT 200"
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
        "SELECT x.incarnation_id, x.sequence, x.reason, x.detail, x.created_at, e.body
         FROM sync_exception x
         JOIN daybook_entry e ON e.book_id = x.book_id AND e.incarnation_id = x.incarnation_id AND e.sequence = x.sequence
         WHERE x.book_id = :book AND x.state = 'quarantined' ORDER BY x.created_at, x.sequence LIMIT 500",
        named_params! { ":book": book },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    rows.into_iter()
        .map(|(lane, sequence, reason, detail, at, body)| {
            let entry: Value = serde_json::from_slice(&body).unwrap_or_default();
            let first = &entry["changes"][0];
            let record = first["key"].as_str().and_then(|text| Id::parse(text).ok()).unwrap_or_else(|| lane.cast());
            let id: Id<Record> = lane.derive(&format!("quarantine:{sequence}"));
            let command = entry["command"].as_str().unwrap_or_default().to_owned();
            Ok(Conflict {
                id,
                record_id: record,
                detail: detail.or(reason),
                ..Conflict::bare(
                    id,
                    ConflictKind::Quarantined,
                    first["table"].as_str().unwrap_or_default(),
                    Some(command),
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
pub fn find_conflict(snapshot: &Snapshot, book: BookId, id: Id<Record>) -> Result<Conflict> {
    let found = snapshot.maybe(
        &format!("{LOST} WHERE x.book_id = :book AND x.id = :id"),
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
pub fn settle(unit: &mut Unit, book: BookId, id: Id<Record>, at: Instant) -> Result<()> {
    unit.execute(
        "UPDATE sync_conflict SET settled_at = :at WHERE book_id = :book AND id = :id",
        named_params! { ":book": book, ":id": id, ":at": at },
    )?;
    Ok(())
}
