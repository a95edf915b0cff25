//! Imports: a table that is taken in, step by step, and what became of each of its rows.

use super::kinds::Importable;
use super::mapping::Mapping;
use super::outcome::{Outcome, RowOutcome};
use super::rows::SheetRow;
use super::sheet::From;
use super::taking::Plan;
use crate::domain::page::{Limit, Page, read_cursor, write_cursor};
use crate::domain::record::Removed;
use crate::domain::{BatchId, ImportRowId};
use crate::kernel::{Acting, BookId, Code, Currency, Fault, Id, Instant, Noun, NounKind, Result, kind::Record};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Imports, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "import_batch",
    kind: NounKind::Work,
    named_by: Some("file_name"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// The rows of an import.
pub const ROW: Noun = Noun {
    table: "import_row",
    kind: NounKind::Owned { by: "import_batch" },
    named_by: None,
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// How many rows a step takes when nothing is said.
pub const STEP_ROWS_DEFAULT: u32 = 500;
/// How many rows a step takes at most: each makes two changes, and an entry holds a limited number.
pub const STEP_ROWS_MAX: u32 = 1000;

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
    /// What its steps name it by.
    pub id: BatchId,
    /// What is imported.
    pub kind: Importable,
    /// How far it is.
    pub state: BatchState,
    /// The name of the file that the table came from.
    pub file_name: String,
    /// What its references belong to, where it has some.
    pub source: Option<String>,
    /// How many rows the table has.
    pub total: i64,
    /// How many were looked at: the sum of the five below, until it is taken back.
    pub done: i64,
    /// How many were added.
    pub added: i64,
    /// How many were there already.
    pub known: i64,
    /// How many were there already, and the book says something else.
    pub changed: i64,
    /// How many were refused.
    pub refused: i64,
    /// How many have no text.
    pub empty: i64,
    /// How many lines the file has.
    pub lines: i64,
    /// How many lines were looked at: those before the first row, and those of the rows that were.
    pub lines_done: i64,
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
    pub total: u64,
    /// How many lines the file has.
    pub lines: u64,
    /// Where the first row begins in the copy.
    pub first_row_at: u64,
    /// The line that the first row begins in.
    pub first_row_line: u64,
}

/// Begins an import.
///
/// # Errors
/// `bad_mapping`.
pub fn start(unit: &mut Unit, acting: &Acting, new: &NewBatch) -> Result<Batch> {
    new.mapping.check(new.kind.kind())?;
    let mapping = serde_json::to_string(&new.mapping)
        .map_err(|cause| Fault::new(Code::Internal, "The mapping can't be kept.").because(cause))?;
    let state = if new.total == 0 { BatchState::Done } else { BatchState::Running };
    unit.execute(
        "INSERT INTO import_batch (book_id, id, kind, state, file_name, mapping, rows_total, rows_done, rows_added,
                                   rows_known, rows_changed, rows_refused, rows_empty, lines_total, lines_done,
                                   byte_offset, person_id, created_at)
         VALUES (:book, :id, :kind, :state, :file_name, :mapping, :total, 0, 0, 0, 0, 0, 0, :lines, :lines_done, :byte_offset,
                 :person, :at)",
        named_params! {
            ":book": acting.book, ":id": new.id, ":kind": new.kind.name(), ":state": state.name(),
            ":file_name": new.file_name, ":mapping": mapping, ":total": kept(new.total), ":lines": kept(new.lines),
            ":lines_done": kept(new.first_row_line - 1), ":byte_offset": kept(new.first_row_at), ":person": acting.person,
            ":at": acting.at,
        },
    )?;
    find(unit, acting.book, new.id).map(|found| found.batch)
}

/// A count as SQLite keeps it; no file is as long as the largest.
fn kept(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Takes in the next rows of an import, each as a nested step: a bad one is refused, the good ones stand.
/// `expected_done` is how far the import was when the rows were read from the copy; where it `shows` them, each is told whole.
///
/// # Errors
/// `not_found`, `batch_finished`, `batch_undone`, `stale` when another step came between; `file_unreadable` where rows are
/// left and none was read.
pub fn step(
    unit: &mut Unit,
    acting: &Acting,
    currency: Currency,
    id: BatchId,
    expected_done: i64,
    rows: &[SheetRow],
    shows: bool,
) -> Result<(Batch, Vec<RowOutcome>)> {
    let Found { batch, mapping, .. } = find(unit, acting.book, id)?;
    refuse_finished(&batch)?;
    if batch.done != expected_done {
        return Err(Fault::new(Code::Stale, "Another step of this import came between; go on from where it is now."));
    }
    let Some(last) = rows.last() else {
        return Err(Fault::new(
            Code::FileUnreadable,
            "The copy of the imported file is gone or damaged; take the import back and begin it again.",
        ));
    };
    let plan = Plan::of(unit, acting.book, (batch.id, batch.kind), (&mapping, shows), currency)?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for (number, row) in (expected_done + 1..).zip(rows) {
        let row = mapping.corrected(number, row);
        if row.is_empty() {
            outcomes.push(plan.told(RowOutcome::of(number, &row, Outcome::Empty, None)));
            continue;
        }
        outcomes.push(match unit.nested(|step| plan.take(step, acting, number, &row)) {
            Err(fault) if is_about_the_row(fault.code) => plan.refuse(unit, acting, number, &row, fault)?,
            taken => taken?,
        });
    }
    let count = |outcome| {
        let rows = outcomes.iter().filter(|row: &&RowOutcome| row.outcome == outcome);
        i64::try_from(rows.count()).unwrap_or(0)
    };
    let done = expected_done + i64::try_from(rows.len()).unwrap_or(0);
    let state = if done >= batch.total { BatchState::Done } else { BatchState::Running };
    unit.execute(
        "UPDATE import_batch
         SET rows_done = :done, rows_added = rows_added + :added, rows_known = rows_known + :known,
             rows_changed = rows_changed + :changed, rows_refused = rows_refused + :refused,
             rows_empty = rows_empty + :empty, lines_done = :lines_done, byte_offset = :byte_offset, state = :state
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":done": done, ":added": count(Outcome::Added), ":known": count(Outcome::Known),
            ":changed": count(Outcome::Changed), ":refused": count(Outcome::Refused), ":empty": count(Outcome::Empty),
            ":lines_done": kept(last.line + last.lines - 1), ":byte_offset": kept(last.end_at),
            ":state": state.name(), ":book": acting.book, ":id": id,
        },
    )?;
    Ok((find(unit, acting.book, id)?.batch, outcomes))
}

fn refuse_finished(batch: &Batch) -> Result<()> {
    match batch.state {
        BatchState::Running => Ok(()),
        BatchState::Done => Err(Fault::new(Code::BatchFinished, "The import is finished; nothing is left to do.")),
        BatchState::Undoing | BatchState::Undone => Err(Fault::new(Code::BatchUndone, "The import was taken back.")),
    }
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
    /// How many of them were archived, because other devices may know them.
    pub archived: i64,
    /// How many were kept, because somebody changed them.
    pub kept: i64,
    /// Whether nothing is left to take back.
    pub finished: bool,
}

/// Takes back what an import added, so many rows at a time, the last first, and frees its rows to be brought in again. What it
/// changed of other records stays. What was made before `unsent_since`, or without it all, may be known elsewhere, and is archived.
/// What somebody changed since is kept. When nothing had to be kept or archived, the import goes too, and with it, by cascade, what
/// is left of its rows: nobody else can be going on with it.
///
/// # Errors
/// `not_found`, `batch_undone`.
pub fn undo(
    unit: &mut Unit,
    acting: &Acting,
    id: BatchId,
    rows_max: u32,
    unsent_since: Option<Instant>,
) -> Result<Undone> {
    let batch = find(unit, acting.book, id)?.batch;
    if batch.state == BatchState::Undone {
        return Err(Fault::new(Code::BatchUndone, "The import was taken back already."));
    }
    let kind = batch.kind.kind();
    let rows: Vec<(ImportRowId, i64, bool, Option<Id<Record>>)> = unit.all(
        "SELECT id, ordinal, outcome = 'added', record_id FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND ordinal <= :upto
         ORDER BY ordinal DESC LIMIT :limit",
        named_params! { ":book": acting.book, ":id": id, ":upto": batch.done, ":limit": i64::from(rows_max) },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let mut freed: Vec<ImportRowId> = Vec::new();
    let (mut removed, mut archived, mut kept) = (0, 0, 0);
    for (row, _, added, record) in &rows {
        match record.filter(|_| *added) {
            // A record that something refers to can't be taken out: its step fails alone, and it is kept.
            Some(record) => match unit.nested(|step| (kind.remove)(step, acting, record, unsent_since)) {
                Ok(Some(how)) => {
                    removed += 1;
                    archived += i64::from(how == Removed::Archived);
                    freed.push(*row);
                }
                Ok(None) => kept += 1,
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
    let is_sent = unsent_since.is_none_or(|since| batch.created_at < since);
    if finished && kept == 0 && kept_before == 0 && !is_sent {
        unit.execute(
            "DELETE FROM import_batch WHERE book_id = :book AND id = :id",
            named_params! { ":book": acting.book, ":id": id },
        )?;
        let batch = Batch { state: BatchState::Undone, done: 0, added: 0, ..batch };
        return Ok(Undone { batch, removed, archived, kept, finished });
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
    Ok(Undone { batch: find(unit, acting.book, id)?.batch, removed, archived, kept, finished })
}

const SELECT: &str = "\
SELECT b.id, b.kind, b.state, b.file_name, b.mapping, json_extract(b.mapping, '$.source') AS source, b.rows_total, b.rows_done,
       b.rows_added, b.rows_known, b.rows_changed, b.rows_refused, b.rows_empty, b.lines_total, b.lines_done, b.byte_offset,
       b.created_at, p.name AS person_name
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
            source: row.get("source")?,
            total: row.get("rows_total")?,
            done: row.get("rows_done")?,
            added: row.get("rows_added")?,
            known: row.get("rows_known")?,
            changed: row.get("rows_changed")?,
            refused: row.get("rows_refused")?,
            empty: row.get("rows_empty")?,
            lines: row.get("lines_total")?,
            lines_done: row.get("lines_done")?,
            created_at: row.get("created_at")?,
            person_name: row.get("person_name")?,
        })
    }
}

/// An import as it was found.
pub struct Found {
    /// The import.
    pub batch: Batch,
    /// Which columns mean what.
    pub mapping: Mapping,
    /// Where in the copy it is.
    pub from: From,
}

/// An import, its mapping, and where in the copy it is.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: BatchId) -> Result<Found> {
    let (batch, mapping, offset) = snapshot
        .maybe(&format!("{SELECT} AND b.id = :id"), named_params! { ":book": book, ":id": id }, |row| {
            Ok((Batch::read_row(row)?, row.get::<_, String>("mapping")?, row.get::<_, i64>("byte_offset")?))
        })?
        .ok_or_else(|| Fault::new(Code::NotFound, "This import is not in the book.").at("batch_id"))?;
    let mapping: Mapping = serde_json::from_str(&mapping)
        .map_err(|cause| Fault::new(Code::Damaged, "The import's mapping can't be read.").because(cause))?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let from = From {
        at: count(offset),
        line: count(batch.lines_done) + 1,
        rows_left: count(batch.total - batch.done),
        bytes: mapping.bytes,
    };
    Ok(Found { batch, mapping, from })
}

/// The imports that have rows left, of all books.
///
/// # Errors
/// What SQLite says.
pub fn running(snapshot: &Snapshot) -> Result<Vec<BatchId>> {
    snapshot.all("SELECT id FROM import_batch WHERE state = 'running'", [], |row| row.get(0))
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

/// What is kept to be said of a row.
#[derive(Deserialize)]
struct Remark {
    sheet_row: i64,
    line: u64,
    lines: u64,
    column: Option<String>,
    code: Option<Code>,
    message: Option<String>,
    cells: Option<Vec<String>>,
}

fn read_remarked(row: &Row<'_>) -> Result<RowOutcome> {
    let Remark { sheet_row, line, lines, column, code, message, cells } =
        serde_json::from_str(&row.get::<_, String>("remark")?)
            .map_err(|cause| Fault::new(Code::Damaged, "What is kept of a row can't be read.").because(cause))?;
    let (outcome, record_id) = match row.get::<_, Option<Id<Record>>>("record_id")? {
        None => (Outcome::Refused, None),
        record => (Outcome::Changed, record),
    };
    Ok(RowOutcome {
        row: row.get("ordinal")?,
        sheet_row,
        line,
        lines,
        outcome,
        record_id,
        column,
        code,
        message,
        cells,
        values: None,
    })
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
        "SELECT ordinal, record_id, remark FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND outcome = 'refused'
         ORDER BY ordinal",
        named_params! { ":book": book, ":id": id },
        |row| {
            each(read_remarked(row)?)?;
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// A page of the rows of an import that were refused or say something else than the book, in the order of the table.
///
/// # Errors
/// `not_found`, `bad_cursor`.
pub fn remarked_page(
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
        "SELECT ordinal, record_id, remark FROM import_row
         WHERE book_id = :book AND import_batch_id = :id AND remark IS NOT NULL AND ordinal > ifnull(:after, 0)
         ORDER BY ordinal LIMIT :limit",
        named_params! { ":book": book, ":id": id, ":after": after, ":limit": limit.one_more() },
        |row| {
            rows.push(read_remarked(row)?);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(Page::cut(rows, limit, |last| write_cursor(&list, &last.row)))
}
