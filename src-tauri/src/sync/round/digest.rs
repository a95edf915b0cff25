//! Whether the tables here and at head office agree: each side counts and digests its own rows.

use crate::kernel::{Instant, Result};
use crate::store::Store;
use crate::sync::line::central::Central;
use crate::sync::replica::rows::Tables;
use crate::sync::replica::state::{self, SyncBook};
use rusqlite::named_params;
use std::collections::BTreeMap;
use std::panic::resume_unwind;

/// Compares; nothing when there is nothing to compare, because own entries wait or the book has moved on.
///
/// # Errors
/// Those of the call and of the store.
pub(in crate::sync) fn compare(
    store: &Store,
    central: &Central,
    tables: &Tables,
    book: &SyncBook,
    now: Instant,
) -> Result<Option<bool>> {
    let id = book.book;
    let waiting = store.read_many(|snapshot| state::waiting(snapshot, id))?;
    if waiting.entries + waiting.quarantined > 0 {
        // Head office is not asked to read all its tables for nothing.
        return Ok(None);
    }
    // Head office compares what this Daybook knows.
    let columns: BTreeMap<&str, Vec<&str>> =
        tables.iter().map(|table| (table.name.as_str(), table.column_names().collect())).collect();
    let columns = serde_json::json!(columns).to_string();
    let (here, there) = std::thread::scope(|scope| {
        // Each side takes seconds where there are a million rows.
        let there = scope.spawn(|| central.table_digest(id, book.version, &columns));
        let here = store.read_many(|snapshot| {
            let waiting = state::waiting(snapshot, id)?;
            let at = state::find(snapshot, id)?;
            if waiting.entries + waiting.quarantined > 0 || at.is_none_or(|at| at.version != book.version) {
                return Ok(None);
            }
            let digests = tables.iter().map(|table| Ok((table.name.clone(), tables.digest(snapshot, table, id)?)));
            digests.collect::<Result<Vec<_>>>().map(Some)
        });
        (here, there.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let (Some(here), there) = (here?, there?) else { return Ok(None) };
    if there.is_empty() {
        return Ok(None);
    }
    // A table that is not known here may have got rows before this device joined: no entry tells of them.
    let unknown: Vec<String> = there
        .iter()
        .filter(|(name, rows, _)| *rows > 0 && tables.known(name).is_none())
        .map(|(name, _, _)| name.clone())
        .collect();
    let mut finding = None;
    for (table, (rows, digest)) in here {
        match there.iter().find(|(name, _, _)| *name == table) {
            Some((_, its_rows, its_digest)) if (*its_rows, *its_digest) == (rows, digest) => {}
            Some((_, its_rows, _)) if *its_rows == rows => {
                finding = finding.or(Some(format!("A row of {table} is another at head office than here.")));
            }
            Some((_, its_rows, _)) => {
                finding = finding.or(Some(format!("{table} has {its_rows} rows at head office and {rows} here.")));
            }
            None => finding = finding.or(Some(format!("Head office has no table {table}."))),
        }
    }
    let agrees = finding.is_none();
    let version = book.version;
    store.write(move |unit| {
        for table in &unknown {
            state::pass_over(unit, id, table, "")?;
        }
        unit.execute(
            "UPDATE sync_book SET checked_at = :at, checked_version = :version, checked_finding = :finding WHERE book_id = :book",
            named_params! { ":book": id, ":at": now, ":version": version, ":finding": finding },
        )
    })?;
    Ok(Some(agrees))
}
