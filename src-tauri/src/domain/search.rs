//! The columns that are searched in place of the text that people typed: they hold it folded.
//!
//! Each noun writes its own when it writes a row; here is only whether they are what they should be.

use crate::kernel::{Id, Result, fold, kind::Record};
use crate::store::Snapshot;
use std::ops::ControlFlow;

/// For each table the text of a row, and what the row keeps of it to be searched.
const SEARCHED: &[(&str, &str)] = &[
    ("payment_account", "SELECT id, name, name_fold FROM payment_account"),
    ("payment_transfer", "SELECT id, number || char(10) || ifnull(memo, ''), search_text FROM payment_transfer"),
    ("tax", "SELECT id, name, name_fold FROM tax"),
    (
        "product",
        "SELECT id, concat_ws(char(10), name, name, sku, category), name_fold || char(10) || search_text FROM product",
    ),
    (
        "customer",
        "SELECT id, concat_ws(char(10), name, name, code, contact, phone, city), name_fold || char(10) || search_text
         FROM customer",
    ),
];

/// How many rows of a table are named.
const NAMED_MAX: usize = 50;

/// Rows that a search would not find by what they say: each with a sentence, its table and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, &'static str, Id<Record>)>> {
    let mut wrong = Vec::new();
    for (table, sql) in SEARCHED {
        let full = wrong.len() + NAMED_MAX;
        snapshot.each(sql, [], |row| {
            let (text, kept): (String, String) = (row.get(1)?, row.get(2)?);
            if fold(&text) != kept {
                let record: Id<Record> = row.get(0)?;
                let message = format!("The row {record} of {table} is searched by another text than it shows.");
                wrong.push((message, *table, record));
            }
            Ok(if wrong.len() < full { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    Ok(wrong)
}
