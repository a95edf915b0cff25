//! What was passed over while this Daybook did not know it, fetched after the update that knows it: pages of the tables concerned.
//!
//! The pages are newer than the log is here. The versions in between are replayed over them, and end at the same values.

use super::prefetch::PageSize;
use crate::daybook::{Image, uncaptured};
use crate::kernel::{BookId, Id, Instant, Result};
use crate::store::{Store, Unit};
use crate::sync::line::central::Central;
use crate::sync::replica::deferred;
use crate::sync::replica::replay::Replay;
use crate::sync::replica::rows::{Tables, read_image};
use crate::sync::replica::state::{self, PassedOver, SyncBook};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fetches what was passed over and is known by now; `changed` hears of each table. Whether there was any.
///
/// # Errors
/// Those of the calls and of the store. What was fetched until then stays, and the next call goes on from there.
pub(super) fn catch_up(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    book: &SyncBook,
    now: Instant,
    size: &PageSize,
    changed: &mut dyn FnMut(&str),
) -> Result<bool> {
    let id = book.book;
    let known = known_now(tables, store.read(|snapshot| state::passed_over(snapshot, id))?);
    for (table, (columns, begun)) in &known {
        let mut after = *begun;
        loop {
            let rows = size.timed(|size| central.snapshot_page(id, table, after, size))?;
            let rows =
                rows.into_iter().map(|(key, image)| Ok((key, read_image(&image)?))).collect::<Result<Vec<_>>>()?;
            after = rows.last().map(|(key, _)| *key);
            let (tables, table, columns) = (Arc::clone(tables), table.clone(), columns.clone());
            // What sync itself writes is no entry of this device.
            store.write_many(move |unit| {
                uncaptured(unit, |unit| take_rows(unit, &tables, (id, now), &table, &columns, &rows))?;
                state::keep_fetched(unit, id, &table, &columns, after)
            })?;
            if after.is_none() {
                break;
            }
        }
        changed(table);
    }
    Ok(!known.is_empty())
}

/// The tables with columns that were passed over and are known, and up to which row they have been fetched.
fn known_now(tables: &Tables, passed_over: Vec<PassedOver>) -> BTreeMap<String, (Vec<String>, Option<[u8; 16]>)> {
    let mut known: BTreeMap<String, (Vec<String>, Option<[u8; 16]>)> = BTreeMap::new();
    for (name, column, after) in passed_over {
        let Some(table) = tables.known(&name) else { continue };
        if column.is_empty() || table.column_names().any(|it| it == column) {
            let (columns, from) = known.entry(name).or_insert_with(|| (Vec::new(), after));
            // All columns of a table are fetched together, from where the one stands that has come the least far.
            *from = (*from).min(after);
            columns.push(column);
        }
    }
    known
}

fn take_rows(
    unit: &mut Unit,
    tables: &Tables,
    (book, now): (BookId, Instant),
    table: &str,
    columns: &[String],
    rows: &[([u8; 16], Image)],
) -> Result<()> {
    let mut replay = Replay::open(unit, tables, book, now)?;
    let is_whole = columns.iter().any(String::is_empty);
    for (key, image) in rows {
        let key = Id::from_bytes(*key);
        let Some(image) = replay.known(table, image) else { continue };
        if is_whole {
            deferred::put(&replay, unit, table, key, &image)?;
        }
        let Some(here) = tables.image(unit, table, book, key)? else { continue };
        // Own edits that wait stay, as with any version.
        let pending = replay.pending(unit, table, key)?;
        let mut new = Image::new();
        for column in columns.iter().filter(|column| !column.is_empty() && !pending.contains_key(*column)) {
            let value = image.get(column).unwrap_or(&Value::Null);
            if here.get(column) != Some(value) {
                new.insert(column.clone(), value.clone());
            }
        }
        tables.update(unit, table, book, key, &new)?;
    }
    deferred::retry(&mut replay, unit)?;
    replay.note_passed_over(unit)
}
