//! Imports: a table that is taken in, step by step, and what became of each of its rows.

use super::cells::Cells;
use super::kinds::{ImportKind, Importable};
use super::sheet::{Decimal, SheetRow};
use crate::domain::page::{Limit, Page, read_cursor, write_cursor};
use crate::domain::{BatchId, ImportRowId};
use crate::kernel::{Acting, BookId, Code, Currency, Fault, Id, Instant, Result, kind::Record, shown};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How many rows a step takes when nothing is said.
pub const STEP_ROWS_DEFAULT: u32 = 500;
/// How many rows a step takes at most: each makes two changes, and an entry holds a limited number.
pub const STEP_ROWS_MAX: u32 = 1000;

/// Which columns mean what. It is kept with the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// For each field the name of its column.
    pub columns: BTreeMap<String, String>,
    /// The column that a row is recognised by.
    pub reference: Option<String>,
    /// What parts whole from part in numbers.
    pub decimal: Decimal,
    /// What parts the columns of the copy.
    pub delimiter: u8,
    /// All columns of the table.
    pub header: Vec<String>,
}

impl Mapping {
    /// Whether the mapping suits the kind and the table.
    ///
    /// # Errors
    /// `bad_mapping`, with the field.
    pub fn check(&self, kind: &ImportKind) -> Result<()> {
        let fault = |message: String, field: &str| Err(Fault::new(Code::BadMapping, message).at(field));
        for (field, column) in &self.columns {
            if !kind.fields.iter().any(|known| known.name == field) {
                return fault(
                    format!("{} have no field “{}”.", kind.of.name(), shown(field)),
                    &format!("columns.{field}"),
                );
            }
            if !self.header.contains(column) {
                return fault(format!("The table has no column “{}”.", shown(column)), &format!("columns.{field}"));
            }
        }
        if let Some(reference) = self.reference.as_ref().filter(|reference| !self.header.contains(reference)) {
            return fault(format!("The table has no column “{}”.", shown(reference)), "reference");
        }
        match kind.fields.iter().find(|field| field.required && !self.columns.contains_key(field.name)) {
            Some(field) => {
                fault(format!("{} must be mapped to a column.", field.about), &format!("columns.{}", field.name))
            }
            None => Ok(()),
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Rows are left to be taken in.
    Running,
    /// All rows were taken in or refused.
    Done,
    /// It is being taken back.
    Undoing,
    /// It was taken back; what somebody changed meanwhile was kept.
    Undone,
}

impl BatchState {
    const fn name(self) -> &'static str {
        match self {
            BatchState::Running => "running",
            BatchState::Done => "done",
            BatchState::Undoing => "undoing",
            BatchState::Undone => "undone",
        }
    }
}

impl FromSql for BatchState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<BatchState> {
        [BatchState::Running, BatchState::Done, BatchState::Undoing, BatchState::Undone]
            .into_iter()
            .find(|state| value.as_str() == Ok(state.name()))
            .ok_or(FromSqlError::InvalidType)
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// What is imported.
    pub kind: Importable,
    /// How far it is.
    pub state: BatchState,
    /// The file's name.
    pub file_name: String,
    /// How many rows the table has.
    pub total: i64,
    /// How many were looked at.
    pub done: i64,
    /// How many were added.
    pub added: i64,
    /// How many were there already.
    pub known: i64,
    /// How many were refused.
    pub refused: i64,
    /// When it was begun.
    pub created_at: Instant,
    /// Who began it.
    pub person_name: String,
}

/// An import to be begun: its file was copied and looked at.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its id.
    pub id: BatchId,
    /// What is imported.
    pub kind: Importable,
    /// The file's name.
    pub file_name: String,
    /// Which columns mean what.
    pub mapping: Mapping,
    /// How many rows.
    pub total: i64,
    /// Where the first row begins in the copy.
    pub first_row_at: u64,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was added.
    Added,
    /// It was brought in before.
    Known,
    /// It was refused.
    Refused,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Known => "known",
            Outcome::Refused => "refused",
        }
    }
}

/// A row and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowOutcome {
    /// The row, 1 being the first below the header.
    pub row: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// The record that it became or was.
    pub record_id: Option<Id<Record>>,
    /// The column that it was refused for.
    pub column: Option<String>,
    /// The code of the refusal.
    pub code: Option<Code>,
    /// The sentence.
    pub message: Option<String>,
    /// The cells of a refused row.
    pub cells: Option<Vec<String>>,
}

impl RowOutcome {
    fn of(row: i64, outcome: Outcome, record_id: Option<Id<Record>>) -> RowOutcome {
        RowOutcome { row, outcome, record_id, column: None, code: None, message: None, cells: None }
    }
}

/// Begins an import.
///
/// # Errors
/// `bad_mapping`.
pub fn start(unit: &mut Unit, acting: &Acting, new: &NewBatch) -> Result<Batch> {
    new.mapping.check(new.kind.fields_and_verbs())?;
    let mapping = serde_json::to_string(&new.mapping)
        .map_err(|cause| Fault::new(Code::Internal, "The mapping can't be kept.").because(cause))?;
    let state = if new.total == 0 { BatchState::Done } else { BatchState::Running };
    unit.execute(
        "INSERT INTO import_batch (book_id, id, kind, state, file_name, mapping, rows_total, rows_done, rows_added,
                                   rows_known, rows_refused, byte_offset, person_id, created_at)
         VALUES (:book, :id, :kind, :state, :file_name, :mapping, :total, 0, 0, 0, 0, :byte_offset, :person, :at)",
        named_params! {
            ":book": acting.book, ":id": new.id, ":kind": new.kind.name(), ":state": state.name(),
            ":file_name": new.file_name, ":mapping": mapping, ":total": new.total,
            ":byte_offset": i64::try_from(new.first_row_at).unwrap_or(i64::MAX), ":person": acting.person,
            ":at": acting.at,
        },
    )?;
    find(unit, acting.book, new.id).map(|(batch, _, _)| batch)
}

/// Takes in the next rows of an import, each as a nested step: a bad one is refused, the good ones stand.
/// `expected_done` is how far the import was when the rows were read from the copy.
///
/// # Errors
/// `not_found`, `batch_finished`, `batch_undone`, `stale` when another step came between.
pub fn step(
    unit: &mut Unit,
    acting: &Acting,
    currency: Currency,
    id: BatchId,
    expected_done: i64,
    rows: &[SheetRow],
) -> Result<(Batch, Vec<RowOutcome>)> {
    let (batch, mapping, _) = find(unit, acting.book, id)?;
    refuse_finished(&batch)?;
    if batch.done != expected_done {
        return Err(Fault::new(Code::Stale, "Another step of this import came between; go on from where it is now."));
    }
    let kind = batch.kind.fields_and_verbs();
    let plan = Plan { kind, mapping: &mapping, currency, batch: id, fields: places(kind, &mapping) };
    let mut outcomes = Vec::with_capacity(rows.len());
    for (number, row) in (expected_done + 1..).zip(rows) {
        outcomes.push(plan.take(unit, acting, number, row)?);
    }
    let count = |outcome| {
        let rows = outcomes.iter().filter(|row: &&RowOutcome| row.outcome == outcome);
        i64::try_from(rows.count()).unwrap_or(0)
    };
    let done = expected_done + i64::try_from(rows.len()).unwrap_or(0);
    // A copy that ends early ends the import: there is nothing more to take in.
    let state = if done >= batch.total || rows.is_empty() { BatchState::Done } else { BatchState::Running };
    unit.execute(
        "UPDATE import_batch
         SET rows_done = :done, rows_added = rows_added + :added, rows_known = rows_known + :known,
             rows_refused = rows_refused + :refused, byte_offset = ifnull(:byte_offset, byte_offset), state = :state
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":done": done, ":added": count(Outcome::Added), ":known": count(Outcome::Known),
            ":refused": count(Outcome::Refused),
            ":byte_offset": rows.last().map(|row| i64::try_from(row.end_at).unwrap_or(i64::MAX)),
            ":state": state.name(), ":book": acting.book, ":id": id,
        },
    )?;
    Ok((find(unit, acting.book, id)?.0, outcomes))
}

fn refuse_finished(batch: &Batch) -> Result<()> {
    match batch.state {
        BatchState::Running => Ok(()),
        BatchState::Done => Err(Fault::new(Code::BatchFinished, "The import is finished; nothing is left to do.")),
        BatchState::Undoing | BatchState::Undone => Err(Fault::new(Code::BatchUndone, "The import was taken back.")),
    }
}

/// For each field of the kind that is mapped, the place of its column.
fn places(kind: &'static ImportKind, mapping: &Mapping) -> Vec<(&'static str, usize)> {
    kind.fields
        .iter()
        .filter_map(|field| {
            let column = mapping.columns.get(field.name)?;
            Some((field.name, mapping.header.iter().position(|name| name == column)?))
        })
        .collect()
}

/// What taking in a row needs to know besides the row.
struct Plan<'a> {
    kind: &'static ImportKind,
    mapping: &'a Mapping,
    currency: Currency,
    batch: BatchId,
    fields: Vec<(&'static str, usize)>,
}

impl Plan<'_> {
    /// Takes a row in as one nested step; one that is refused for its own sake is written down as refused in another.
    fn take(&self, unit: &mut Unit, acting: &Acting, number: i64, row: &SheetRow) -> Result<RowOutcome> {
        let cell = |place: usize| row.cells.get(place).map_or("", String::as_str);
        let cells = Cells::of(
            self.fields.iter().map(|(field, place)| (*field, cell(*place))),
            self.mapping.decimal,
            self.currency,
        );
        let reference = self.mapping.reference.as_ref().and_then(|name| {
            let place = self.mapping.header.iter().position(|column| column == name)?;
            Some(cell(place).trim()).filter(|reference| !reference.is_empty())
        });
        let fingerprint = fingerprint(self.kind.of.name(), reference, &cells);
        let taken = unit.nested(|step| {
            let known = self.recognise(step, acting, fingerprint, reference.is_some())?;
            let (outcome, record) = match known {
                Some(record) => (Outcome::Known, record),
                None if row.cells.len() > self.mapping.header.len() => {
                    return Err(Fault::new(Code::BadCsv, "The row has more cells than the table has columns."));
                }
                None => {
                    let record = self.batch.derive_nth("record", place_of(number));
                    (self.kind.add)(step, acting, record, &cells)?;
                    (Outcome::Added, record)
                }
            };
            let outcome = RowOutcome::of(number, outcome, Some(record));
            self.write_down(step, acting, fingerprint, &outcome).map(|()| outcome)
        });
        match taken {
            Err(fault) if is_about_the_row(fault.code) => {
                let refused = RowOutcome {
                    column: fault.field.as_ref().and_then(|field| self.mapping.columns.get(field)).cloned(),
                    code: Some(fault.code),
                    message: Some(fault.message),
                    cells: Some(row.cells.clone()),
                    ..RowOutcome::of(number, Outcome::Refused, None)
                };
                unit.nested(|step| self.write_down(step, acting, fingerprint, &refused)).map(|()| refused)
            }
            taken => taken,
        }
    }

    fn write_down(&self, unit: &mut Unit, acting: &Acting, fingerprint: [u8; 16], row: &RowOutcome) -> Result<()> {
        let refusal = match row.outcome {
            Outcome::Refused => Some(
                serde_json::json!({
                    "column": row.column, "code": row.code, "message": row.message, "cells": row.cells,
                })
                .to_string(),
            ),
            Outcome::Added | Outcome::Known => None,
        };
        let id: ImportRowId = self.batch.derive_nth("row", place_of(row.row));
        unit.execute(
            "INSERT INTO import_row (book_id, id, import_batch_id, ordinal, outcome, fingerprint, record_id, refusal)
             VALUES (:book, :id, :batch, :ordinal, :outcome, :fingerprint, :record, :refusal)",
            named_params! {
                ":book": acting.book, ":id": id, ":batch": self.batch, ":ordinal": row.row,
                ":outcome": row.outcome.name(), ":fingerprint": fingerprint, ":record": row.record_id,
                ":refusal": refusal,
            },
        )?;
        Ok(())
    }

    /// A row is recognised by its reference, or else by its content and by how many rows of this table said the same
    /// before: two equal rows of a table are two records, the same table again is none.
    fn recognise(
        &self,
        unit: &Unit,
        acting: &Acting,
        fingerprint: [u8; 16],
        by_reference: bool,
    ) -> Result<Option<Id<Record>>> {
        let same_here: i64 = if by_reference {
            0
        } else {
            unit.one(
                "SELECT count(*) FROM import_row INDEXED BY import_row_fingerprint_idx
                 WHERE book_id = :book AND fingerprint = :fingerprint AND outcome <> 'refused'
                   AND import_batch_id = :batch",
                named_params! { ":book": acting.book, ":fingerprint": fingerprint, ":batch": self.batch },
                |row| row.get(0),
            )?
        };
        if same_here >= EQUAL_ROWS_MAX {
            return Err(Fault::new(
                Code::BadCsv,
                format!("More than {EQUAL_ROWS_MAX} rows say the same; a reference column would tell them apart."),
            ));
        }
        unit.maybe(
            // The partial index serves what says its condition word for word.
            "SELECT record_id FROM import_row INDEXED BY import_row_fingerprint_idx
             WHERE book_id = :book AND fingerprint = :fingerprint AND outcome <> 'refused' AND outcome = 'added'
               AND (:by_reference OR import_batch_id <> :batch)
             ORDER BY id LIMIT 1 OFFSET :same_here",
            named_params! {
                ":book": acting.book, ":fingerprint": fingerprint, ":by_reference": by_reference,
                ":batch": self.batch, ":same_here": same_here,
            },
            |row| row.get(0),
        )
    }
}

/// A table of more rows than this number holds would be some hundred gigabytes long.
fn place_of(row: i64) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// How many rows of one table may say the same: each is told from those before it by counting them.
const EQUAL_ROWS_MAX: i64 = 1_000;

fn fingerprint(kind: &str, reference: Option<&str>, cells: &Cells) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    match reference {
        Some(reference) => {
            hash.update(b"\0reference\0");
            hash.update(reference.as_bytes());
        }
        None => {
            for (field, cell) in cells.content() {
                for part in ["\0", field, "\0", cell] {
                    hash.update(part.as_bytes());
                }
            }
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes
}

/// Whether a fault is the row's own, so that the others go on; a full disk is not.
const fn is_about_the_row(code: Code) -> bool {
    !matches!(code, Code::DiskFull | Code::Io | Code::Damaged | Code::Internal | Code::Busy | Code::OutcomeUnknown)
}

/// What a step of taking back did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The import as it is now; when nothing of it had to be kept it is gone, and this is how it was.
    pub batch: Batch,
    /// How many records were taken out.
    pub removed: i64,
    /// How many were kept, because somebody changed them.
    pub kept: i64,
    /// Whether nothing is left to take back.
    pub finished: bool,
}

/// Takes back what an import added, so many rows at a time, the last first, and frees its rows to be brought in again.
/// What somebody changed since is kept. When nothing had to be kept, the import goes too, and with it, by cascade, what is
/// left of its rows.
///
/// # Errors
/// `not_found`, `batch_undone`.
pub fn undo(unit: &mut Unit, acting: &Acting, id: BatchId, rows_max: u32) -> Result<Undone> {
    let (batch, _, _) = find(unit, acting.book, id)?;
    if batch.state == BatchState::Undone {
        return Err(Fault::new(Code::BatchUndone, "The import was taken back already."));
    }
    let kind = batch.kind.fields_and_verbs();
    let rows: Vec<(ImportRowId, i64, bool, Option<Id<Record>>)> = unit.all(
        "SELECT id, ordinal, outcome = 'added', record_id FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND ordinal <= :upto
         ORDER BY ordinal DESC LIMIT :limit",
        named_params! { ":book": acting.book, ":id": id, ":upto": batch.done, ":limit": i64::from(rows_max) },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let mut freed: Vec<ImportRowId> = Vec::new();
    let (mut removed, mut kept) = (0, 0);
    for (row, _, added, record) in &rows {
        match record.filter(|_| *added) {
            // A record that something refers to can't be taken out: its step fails alone, and it is kept.
            Some(record) => match unit.nested(|step| (kind.remove)(step, acting, record)) {
                Ok(true) => {
                    removed += 1;
                    freed.push(*row);
                }
                Ok(false) => kept += 1,
                Err(fault) if is_about_the_row(fault.code) || fault.code == Code::Internal => kept += 1,
                Err(fault) => return Err(fault),
            },
            None => freed.push(*row),
        }
    }
    let left = rows.last().map_or(0, |(_, ordinal, _, _)| ordinal - 1);
    let finished = left == 0;
    let kept_before: i64 = unit.one(
        "SELECT count(*) FROM (SELECT 1 FROM import_row
                               WHERE book_id = :book AND import_batch_id = :id AND ordinal > :upto LIMIT 1)",
        named_params! { ":book": acting.book, ":id": id, ":upto": batch.done },
        |row| row.get(0),
    )?;
    if finished && kept == 0 && kept_before == 0 {
        unit.execute(
            "DELETE FROM import_batch WHERE book_id = :book AND id = :id",
            named_params! { ":book": acting.book, ":id": id },
        )?;
        let batch = Batch { state: BatchState::Undone, done: 0, added: 0, ..batch };
        return Ok(Undone { batch, removed, kept, finished });
    }
    unit.execute(
        "DELETE FROM import_row
         WHERE book_id = :book AND id IN (SELECT unhex(value, '-') FROM json_each(:freed))",
        named_params! { ":book": acting.book, ":freed": serde_json::json!(freed).to_string() },
    )?;
    let state = if finished { BatchState::Undone } else { BatchState::Undoing };
    unit.execute(
        "UPDATE import_batch SET state = :state, rows_done = :left, rows_added = rows_added - :removed
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":state": state.name(), ":left": left, ":removed": removed, ":book": acting.book, ":id": id,
        },
    )?;
    Ok(Undone { batch: find(unit, acting.book, id)?.0, removed, kept, finished })
}

const SELECT: &str = "\
SELECT b.id, b.kind, b.state, b.file_name, b.mapping, b.rows_total, b.rows_done, b.rows_added, b.rows_known,
       b.rows_refused, b.byte_offset, b.created_at, p.name AS person_name
FROM import_batch b
JOIN person p ON p.book_id = b.book_id AND p.id = b.person_id
WHERE b.book_id = :book";

impl ReadRow for Batch {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Batch> {
        Ok(Batch {
            id: row.get("id")?,
            kind: row.get("kind")?,
            state: row.get("state")?,
            file_name: row.get("file_name")?,
            total: row.get("rows_total")?,
            done: row.get("rows_done")?,
            added: row.get("rows_added")?,
            known: row.get("rows_known")?,
            refused: row.get("rows_refused")?,
            created_at: row.get("created_at")?,
            person_name: row.get("person_name")?,
        })
    }
}

/// An import, its mapping, and where in the copy it is.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: BatchId) -> Result<(Batch, Mapping, u64)> {
    let (batch, mapping, offset) = snapshot
        .maybe(&format!("{SELECT} AND b.id = :id"), named_params! { ":book": book, ":id": id }, |row| {
            Ok((Batch::read_row(row)?, row.get::<_, String>("mapping")?, row.get::<_, i64>("byte_offset")?))
        })?
        .ok_or_else(|| Fault::new(Code::NotFound, "This import is not in the book.").at("batch_id"))?;
    let mapping = serde_json::from_str(&mapping)
        .map_err(|cause| Fault::new(Code::Damaged, "The import's mapping can't be read.").because(cause))?;
    Ok((batch, mapping, u64::try_from(offset).unwrap_or(0)))
}

/// Imports, the newest first.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, book: BookId, cursor: Option<&str>, limit: Limit) -> Result<Page<Batch>> {
    let after: Option<BatchId> = read_cursor(cursor, &"import_list")?;
    let rows = snapshot.all(
        &format!("{SELECT} AND (:after IS NULL OR b.id < :after) ORDER BY b.id DESC LIMIT :limit"),
        named_params! { ":book": book, ":after": after, ":limit": limit.one_more() },
        Batch::read_row,
    )?;
    Ok(Page::cut(rows, limit, |last| write_cursor(&"import_list", &last.id)))
}

/// What is kept of a refused row.
#[derive(Deserialize)]
struct Refusal {
    column: Option<String>,
    code: Option<Code>,
    message: Option<String>,
    cells: Option<Vec<String>>,
}

fn read_refused(row: &Row<'_>) -> Result<RowOutcome> {
    let Refusal { column, code, message, cells } = serde_json::from_str(&row.get::<_, String>("refusal")?)
        .map_err(|cause| Fault::new(Code::Damaged, "A refused row can't be read.").because(cause))?;
    let (outcome, record_id) = (Outcome::Refused, None);
    Ok(RowOutcome { row: row.get("ordinal")?, outcome, record_id, column, code, message, cells })
}

/// Goes through the refused rows of an import, in the order of the table.
///
/// # Errors
/// Those of `each`.
pub fn refused_rows(
    snapshot: &Snapshot,
    book: BookId,
    id: BatchId,
    mut each: impl FnMut(RowOutcome) -> Result<()>,
) -> Result<()> {
    snapshot.each(
        "SELECT ordinal, refusal FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND outcome = 'refused'
         ORDER BY ordinal",
        named_params! { ":book": book, ":id": id },
        |row| {
            each(read_refused(row)?)?;
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// A page of the refused rows of an import, in the order of the table.
///
/// # Errors
/// `not_found`, `bad_cursor`.
pub fn refused_page(
    snapshot: &Snapshot,
    book: BookId,
    id: BatchId,
    cursor: Option<&str>,
    limit: Limit,
) -> Result<Page<RowOutcome>> {
    find(snapshot, book, id)?;
    let list = ("import_rows", id);
    let after: Option<i64> = read_cursor(cursor, &list)?;
    let mut rows = Vec::new();
    snapshot.each(
        "SELECT ordinal, refusal FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND outcome = 'refused' AND ordinal > ifnull(:after, 0)
         ORDER BY ordinal LIMIT :limit",
        named_params! { ":book": book, ":id": id, ":after": after, ":limit": limit.one_more() },
        |row| {
            rows.push(read_refused(row)?);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(Page::cut(rows, limit, |last| write_cursor(&list, &last.row)))
}
