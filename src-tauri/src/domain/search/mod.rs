//! The columns that are searched in place of the text that people typed: they hold it folded.
//!
//! `name_fold` holds a row's name, `search_text` the columns that its noun says are searched, a line each, and behind them its phone
//! numbers as digits. A verb that writes a row writes them along; for rows that come from elsewhere they are derived here, and here
//! is whether they are what they should be.

mod block;
mod refold;
mod terms;

pub use block::{Found, TAIL_RECORDS_MAX, find, is_tail_long, pack_step};
pub use refold::{STEP_ROWS, is_folded, refold_step};
pub use terms::Terms;

use crate::kernel::{Id, Noun, NounKind, PHONE_MARK, Result, fold, kind::Record, phones};
use crate::store::{Snapshot, Unit};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The folded columns of a noun's row: name and value. `get` gives a column as text.
///
/// A noun that is not searched has none. A master record is sorted by its folded name; where that is all that is searched, it
/// needs no text besides.
pub fn folded(noun: &Noun, get: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let mut columns = Vec::new();
    let is_sorted_by_name = noun.kind == NounKind::Master && !noun.searched.is_empty();
    if is_sorted_by_name {
        columns.push(("name_fold", fold(&noun.named_by.and_then(get).unwrap_or_default())));
    }
    if noun.searched.len() > usize::from(is_sorted_by_name) {
        let said: Vec<String> = noun.searched.iter().filter_map(|column| get(column)).collect();
        let numbers = noun.phone.and_then(get).map(|phone| phones(&phone)).unwrap_or_default();
        columns.push(("search_text", text(&said, &numbers)));
    }
    columns
}

/// A searched text: what a row says, a line each, and its phone numbers between marks.
fn text(said: &[impl AsRef<str>], numbers: &[String]) -> String {
    let mut text = String::new();
    for (place, said) in said.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        text.push_str(&fold(said.as_ref()));
    }
    if !numbers.is_empty() {
        text.push(PHONE_MARK);
    }
    for number in numbers {
        text.push_str(number);
        text.push(PHONE_MARK);
    }
    text
}

/// The folded name in a searched text: its first line, for a name is searched before all else.
pub fn name_of(text: &str) -> &str {
    text.split(['\n', PHONE_MARK]).next().unwrap_or_default()
}

/// The tables whose searched texts are packed: those that grow long and are searched by name. Their triggers fill the tail.
const PACKED: &[&str] = &["customer", "product"];

/// Packs what waits, where these tables were changed and enough of it does.
///
/// # Errors
/// What SQLite says.
pub fn follow(unit: &mut Unit, tables: &BTreeSet<String>) -> Result<()> {
    if PACKED.iter().any(|table| tables.contains(*table)) && unit.nested(|step| is_tail_long(step))? {
        while unit.nested(pack_step)? {}
    }
    Ok(())
}

/// How many rows of a table are named.
const NAMED_MAX: usize = 50;

/// Rows that a search would not find by what they say: each with a sentence, its table and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot, nouns: &[&'static Noun]) -> Result<Vec<(String, &'static str, Id<Record>)>> {
    let mut wrong = Vec::new();
    for noun in nouns.iter().filter(|noun| !noun.searched.is_empty()) {
        let table = noun.table;
        let kept: Vec<&str> = folded(noun, &|_| None).into_iter().map(|(column, _)| column).collect();
        let sql = format!("SELECT id, {}, {} FROM {table}", noun.searched.join(", "), kept.join(", "));
        let full = wrong.len() + NAMED_MAX;
        snapshot.each(&sql, [], |row| {
            let texts = noun.searched.iter().map(|column| Ok((*column, row.get(*column)?)));
            let texts = texts.collect::<rusqlite::Result<Vec<(&str, Option<String>)>>>()?;
            let text_of = |column: &str| texts.iter().find(|(name, _)| *name == column)?.1.clone();
            for (column, text) in folded(noun, &text_of) {
                if row.get::<_, String>(column)? != text {
                    let record: Id<Record> = row.get("id")?;
                    let message = format!("The row {record} of {table} is searched by another text than it shows.");
                    wrong.push((message, table, record));
                    break;
                }
            }
            Ok(if wrong.len() < full { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        if PACKED.contains(&table) {
            for record in block::check(snapshot, table)?.into_iter().take(NAMED_MAX) {
                wrong.push((
                    format!("The row {record} of {table} is packed for searches as it is not."),
                    table,
                    record,
                ));
            }
        }
    }
    Ok(wrong)
}
