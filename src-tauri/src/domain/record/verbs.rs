//! What is done alike to all master records: their SQL, built from their fields, always in the same order, so that a statement
//! that was prepared is met again.

use super::{Record, Values};
use crate::domain::page::Shown;
use crate::domain::search::folded;
use crate::kernel::{Acting, BookId, Code, Fault, Id, Instant, Noun, Result, fold, same};
use crate::store::{Snapshot, Unit};
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{named_params, params_from_iter};

/// Adds a record. It is not read back, for imports of many.
///
/// # Errors
/// `code_taken`.
pub(in crate::domain) fn insert<R: Record>(
    unit: &mut Unit,
    acting: &Acting,
    id: &dyn ToSql,
    given: Values,
) -> Result<()> {
    refuse_taken::<R>(unit, acting, id, &given)?;
    let folded = folded(R::NOUN, &|column| text(&given, column));
    let mut values = vec![("book_id", &acting.book as &dyn ToSql), ("id", id), ("created_at", &acting.at)];
    values.extend(given);
    values.extend(with_text(&folded));
    let sql = R::statements().insert.get_or_init(|| {
        let columns: Vec<&str> = values.iter().map(|(column, _)| *column).collect();
        let place = |column: &&str| match R::FIELDS.iter().find(|field| field.name == *column) {
            Some(field) if field.is_presumed => "ifnull(?, 1)",
            Some(_) | None => "?",
        };
        let places = columns.iter().map(place).collect::<Vec<_>>().join(", ");
        format!("INSERT INTO {} ({}) VALUES ({places})", R::NOUN.table, columns.join(", "))
    });
    run(unit, sql, &values)
}

/// Changes what is given; what is searched follows. What says what the record says already changes nothing, its version neither:
/// no entry would tell of it.
///
/// # Errors
/// `code_taken`.
pub(in crate::domain) fn update<R: Record>(unit: &mut Unit, acting: &Acting, before: &R, given: Values) -> Result<()> {
    refuse_taken::<R>(unit, acting, before.id(), &given)?;
    let mut after = before.values();
    let mut changes = false;
    for (column, value) in &mut after {
        if let Some((_, given)) = given.iter().find(|(given, _)| given == column) {
            changes |= given.to_sql().ok() != value.to_sql().ok();
            *value = *given;
        }
    }
    if !changes {
        return Ok(());
    }
    let folded = folded(R::NOUN, &|column| text(&after, column));
    let mut values = given;
    values.extend(with_text(&folded));
    let set: String = values.iter().map(|(column, _)| format!("{column} = ?, ")).collect();
    values.extend([("book_id", &acting.book as &dyn ToSql), ("id", before.id())]);
    let table = R::NOUN.table;
    let sql = format!("UPDATE {table} SET {set}row_version = row_version + 1 WHERE book_id = ? AND id = ?");
    run(unit, &sql, &values)
}

/// Archives a record, or unarchives it; one that is so already stays as it is.
///
/// # Errors
/// What SQLite says.
pub(in crate::domain) fn archive<R: Record>(
    unit: &mut Unit,
    acting: &Acting,
    before: &R,
    archived: bool,
) -> Result<()> {
    let table = R::NOUN.table;
    let sql = format!(
        "UPDATE {table} SET archived_at = :archived_at, row_version = row_version + 1
         WHERE book_id = :book AND id = :id AND (archived_at IS NULL) = :archived"
    );
    let at = archived.then_some(acting.at);
    let id = before.id();
    unit.execute(&sql, named_params! { ":archived_at": at, ":book": acting.book, ":id": id, ":archived": archived })?;
    Ok(())
}

/// What became of a record that was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Deleted,
    /// It is archived: another device may have referred to it already.
    Archived,
}

/// Takes out a record that an import added and nobody touched since; nothing where somebody did. What was made before `unsent_since`
/// may be known elsewhere; without it all may.
///
/// # Errors
/// What SQLite says.
pub fn remove_untouched<R: Record>(
    unit: &mut Unit,
    acting: &Acting,
    id: &dyn ToSql,
    unsent_since: Option<Instant>,
) -> Result<Option<Removed>> {
    let table = R::NOUN.table;
    if let Some(since) = unsent_since {
        let sql = format!(
            "DELETE FROM {table} WHERE book_id = :book AND id = :id AND row_version = 1 AND created_at >= :since"
        );
        if unit.execute(&sql, named_params! { ":book": acting.book, ":id": id, ":since": since })? > 0 {
            return Ok(Some(Removed::Deleted));
        }
    }
    let sql = format!(
        "UPDATE {table} SET archived_at = :at, row_version = 2
         WHERE book_id = :book AND id = :id AND row_version = 1 AND archived_at IS NULL"
    );
    let archived = unit.execute(&sql, named_params! { ":at": acting.at, ":book": acting.book, ":id": id })? > 0;
    Ok(archived.then_some(Removed::Archived))
}

/// One record.
///
/// # Errors
/// `not_found`.
pub(in crate::domain) fn find<R: Record>(snapshot: &Snapshot, book: BookId, id: &dyn ToSql) -> Result<R> {
    maybe(snapshot, book, id)?
        .ok_or_else(|| Fault::new(Code::NotFound, format!("This {} is not in the book.", R::NOUN.table)).at(R::KEY))
}

fn maybe<R: Record>(snapshot: &Snapshot, book: BookId, id: &dyn ToSql) -> Result<Option<R>> {
    let sql = R::statements()
        .find
        .get_or_init(|| format!("SELECT {} FROM {} WHERE t.book_id = :book AND t.id = :id", R::COLUMNS, R::FROM));
    snapshot.maybe(sql, named_params! { ":book": book, ":id": id }, R::read_row)
}

/// The fields in which a record says something else than what is given, and its version; nothing where there is no such
/// record. Of what is given as nothing it may say anything.
///
/// # Errors
/// What SQLite says.
pub fn differing<R: Record>(
    snapshot: &Snapshot,
    book: BookId,
    id: &dyn ToSql,
    given: &Values,
) -> Result<Option<(Vec<&'static str>, i64)>> {
    let Some(record) = maybe::<R>(snapshot, book, id)? else { return Ok(None) };
    let kept = record.values();
    let mut columns = Vec::new();
    for (column, value) in given {
        let (Ok(said), Some((_, kept))) = (value.to_sql(), kept.iter().find(|(name, _)| name == column)) else {
            continue;
        };
        let is_same = kept.to_sql().is_ok_and(|kept| value_of(&kept) == value_of(&said));
        if value_of(&said) != ValueRef::Null && !is_same {
            columns.push(*column);
        }
    }
    Ok(Some((columns, record.row_version())))
}

/// What is bound for a parameter, whoever owns it.
pub fn value_of<'v>(output: &'v ToSqlOutput<'_>) -> ValueRef<'v> {
    match output {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}

/// One record, if it is still as the person saw it.
///
/// # Errors
/// `not_found`, `stale`.
pub(in crate::domain) fn find_seen<R: Record>(
    snapshot: &Snapshot,
    book: BookId,
    id: &dyn ToSql,
    row_version: i64,
) -> Result<R> {
    seen(find(snapshot, book, id)?, row_version)
}

/// The record, if it is still as the person saw it. Else the current one goes along, so that a screen can show both.
///
/// # Errors
/// `stale`.
pub(in crate::domain) fn seen<R: Record>(current: R, row_version: i64) -> Result<R> {
    if current.row_version() == row_version {
        return Ok(current);
    }
    Err(Fault::new(Code::Stale, "This was changed in the meantime; look at it again before you save.")
        .with(serde_json::json!({ "current": current })))
}

/// The version that a record is in.
///
/// # Errors
/// What SQLite says.
pub fn version<K>(snapshot: &Snapshot, noun: &Noun, book: BookId, id: Id<K>) -> Result<Option<i64>> {
    let sql = format!("SELECT row_version FROM {} WHERE book_id = :book AND id = :id", noun.table);
    snapshot.maybe(&sql, named_params! { ":book": book, ":id": id }, |row| row.get(0))
}

/// All records of a book, sorted by a column and then by id: for nouns of which there are few.
///
/// # Errors
/// What SQLite says.
pub(in crate::domain) fn list<R: Record>(
    snapshot: &Snapshot,
    book: BookId,
    shown: Shown,
    sort: &'static str,
) -> Result<Vec<R>> {
    let sql = format!(
        "SELECT {} FROM {} WHERE t.book_id = :book AND {} ORDER BY t.{sort}, t.id",
        R::COLUMNS,
        R::FROM,
        shown.condition("t.archived_at")
    );
    snapshot.all(&sql, named_params! { ":book": book }, R::read_row)
}

/// That a record is archived, and so can't be edited or chosen.
pub(in crate::domain) fn archived<R: Record>() -> Fault {
    Fault::new(Code::Archived, format!("The {} is archived; unarchive it first.", R::NOUN.table))
}

/// A code belongs to one record, even while that is archived.
fn refuse_taken<R: Record>(unit: &Unit, acting: &Acting, id: &dyn ToSql, given: &Values) -> Result<()> {
    let Some((field, word)) = R::FIELDS.iter().find_map(|field| Some((field.name, field.unique?))) else {
        return Ok(());
    };
    let Some(code) = text(given, field) else { return Ok(()) };
    let sql = R::statements().taken.get_or_init(|| {
        let table = R::NOUN.table;
        format!(
            "SELECT name FROM {table} INDEXED BY {table}_{field}_idx
             WHERE book_id = ? AND ifnull({field}, '') = ? AND id <> ?"
        )
    });
    match unit.maybe(sql, (acting.book, &code, id), |row| row.get::<_, String>(0))? {
        Some(name) => Err(Fault::new(Code::CodeTaken, format!("The {word} {code} belongs to “{name}”.")).at(field)),
        None => Ok(()),
    }
}

/// Whether another record of the book that meets a condition has the same name. Those that are found alike are looked at, for what is the same is.
///
/// # Errors
/// What SQLite says.
pub(in crate::domain) fn is_name_taken<R: Record>(
    unit: &Unit,
    book: BookId,
    name: &str,
    id: &dyn ToSql,
    condition: &str,
) -> Result<bool> {
    let table = R::NOUN.table;
    let sql = format!("SELECT name FROM {table} WHERE book_id = ? AND name_fold = ? AND id <> ? AND {condition}");
    let alike = unit.all(&sql, (book, fold(name), id), |row| row.get::<_, String>(0))?;
    Ok(alike.iter().any(|other| same(other) == same(name)))
}

/// What a column holds, where it is text.
fn text(values: &Values, column: &str) -> Option<String> {
    let (_, value) = values.iter().find(|(name, _)| *name == column)?;
    match value.to_sql().ok()? {
        ToSqlOutput::Borrowed(ValueRef::Text(text)) => Some(String::from_utf8_lossy(text).into_owned()),
        ToSqlOutput::Owned(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn with_text<'t>(folded: &'t [(&'static str, String)]) -> impl Iterator<Item = (&'static str, &'t dyn ToSql)> {
    folded.iter().map(|(column, text)| (*column, text as &dyn ToSql))
}

/// Runs a statement whose parameters stand in the order of the values: none is looked up by its name, row by row.
fn run(unit: &mut Unit, sql: &str, values: &[(&str, &dyn ToSql)]) -> Result<()> {
    unit.execute(sql, params_from_iter(values.iter().map(|(_, value)| *value)))?;
    Ok(())
}
