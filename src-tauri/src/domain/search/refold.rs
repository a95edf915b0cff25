//! Stores that were folded by another number are folded anew, step by step; one that was left in the middle goes on there.

use super::folded;
use crate::kernel::{BookId, FOLD_NUMBER, Id, Noun, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::types::{Null, ToSql};
use rusqlite::{named_params, params_from_iter};

/// How many rows one step looks at.
pub const STEP_ROWS: usize = 1000;

/// Whether the texts are those of this Daybook's folds.
///
/// # Errors
/// What SQLite says.
pub fn is_folded(snapshot: &Snapshot) -> Result<bool> {
    snapshot.one(
        "SELECT EXISTS (SELECT 1 FROM search_fold WHERE number = :number AND next_number IS NULL)",
        named_params! { ":number": FOLD_NUMBER },
        |row| row.get(0),
    )
}

/// How far it has come: a table, and the last row of it that was folded.
type Done = (Option<i64>, Option<String>, Option<BookId>, Option<Id<Record>>);

/// Folds some more rows anew; whether there are more. Nothing else may be read by what is folded until there are none.
///
/// # Errors
/// What SQLite says.
pub fn refold_step(unit: &mut Unit, nouns: &[&'static Noun]) -> Result<bool> {
    if is_folded(unit)? {
        return Ok(false);
    }
    let (next, table, book, record): Done =
        unit.one("SELECT next_number, done_table, done_book_id, done_record_id FROM search_fold", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let searched: Vec<&Noun> = nouns.iter().copied().filter(|noun| !noun.searched.is_empty()).collect();
    // What an older or newer Daybook has begun is begun again.
    let table = table.filter(|_| next == Some(FOLD_NUMBER));
    let place = table.as_ref().and_then(|table| searched.iter().position(|noun| noun.table == table)).unwrap_or(0);
    let Some(noun) = searched.get(place) else { return finish(unit) };
    let after = if table.is_some() { book.zip(record) } else { None };
    let last = refold_rows(unit, noun, after)?;
    let (table, last) = match (last, searched.get(place + 1)) {
        (Some(last), _) => (noun.table, Some(last)),
        (None, Some(following)) => (following.table, None),
        (None, None) => return finish(unit),
    };
    let (book, record) = last.unzip();
    unit.execute(
        "UPDATE search_fold
         SET next_number = :next, done_table = :table, done_book_id = :book, done_record_id = :record",
        named_params! { ":next": FOLD_NUMBER, ":table": table, ":book": book, ":record": record },
    )?;
    Ok(true)
}

fn finish(unit: &mut Unit) -> Result<bool> {
    unit.execute(
        "UPDATE search_fold
         SET number = :number, next_number = NULL, done_table = NULL, done_book_id = NULL, done_record_id = NULL",
        named_params! { ":number": FOLD_NUMBER },
    )?;
    Ok(false)
}

/// Folds the rows behind that one; the last of them, if there may be more.
fn refold_rows(
    unit: &mut Unit,
    noun: &Noun,
    after: Option<(BookId, Id<Record>)>,
) -> Result<Option<(BookId, Id<Record>)>> {
    let table = noun.table;
    let kept: Vec<&str> = folded(noun, &|_| None).into_iter().map(|(column, _)| column).collect();
    let behind = if after.is_some() { "(book_id, id) > (?, ?)" } else { "(? IS NULL AND ? IS NULL)" };
    let sql = format!(
        "SELECT book_id, id, {}, {} FROM {table} WHERE {behind} ORDER BY book_id, id LIMIT {STEP_ROWS}",
        noun.searched.join(", "),
        kept.join(", ")
    );
    let place: [&dyn ToSql; 2] = match &after {
        Some((book, id)) => [book, id],
        None => [&Null, &Null],
    };
    let mut last = None;
    let mut count = 0;
    let mut wrong = Vec::new();
    unit.each(&sql, params_from_iter(place), |row| {
        let texts = noun.searched.iter().map(|column| Ok((*column, row.get(*column)?)));
        let texts = texts.collect::<rusqlite::Result<Vec<(&str, Option<String>)>>>()?;
        let made = folded(noun, &|column| texts.iter().find(|(name, _)| *name == column)?.1.clone());
        let row_place: (BookId, Id<Record>) = (row.get("book_id")?, row.get("id")?);
        let mut differs = false;
        for (column, text) in &made {
            differs |= row.get::<_, String>(*column)? != *text;
        }
        if differs {
            wrong.push((row_place, made));
        }
        last = Some(row_place);
        count += 1;
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    let set: Vec<String> = kept.iter().map(|column| format!("{column} = ?")).collect();
    let sql = format!("UPDATE {table} SET {} WHERE book_id = ? AND id = ?", set.join(", "));
    for ((book, id), made) in &wrong {
        let texts = made.iter().map(|(_, text)| text as &dyn ToSql);
        unit.execute(&sql, params_from_iter(texts.chain([book as &dyn ToSql, id])))?;
    }
    Ok(last.filter(|_| count == STEP_ROWS))
}
