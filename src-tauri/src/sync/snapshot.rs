//! A book as it stands, for a device that is new to it: its tables, page by page, and then the versions since the first
//! page began.
//!
//! Children are read before their parents, and put into the tables after them: so whatever a child refers to is there,
//! though the book goes on meanwhile. Rows on their way lie in a table of their own, so a kill costs one page.

use super::central::Central;
use super::replica::{Tables, read_image};
use super::state::{Stage, SyncBook};
use crate::daybook::uncaptured;
use crate::kernel::{Id, Instant, Result, kind::Record};
use crate::store::{Store, Unit};
use rusqlite::named_params;
use std::sync::Arc;

/// How many rows one page has.
const PAGE_ROWS: i32 = 5_000;
/// How many rows are put into their tables in one transaction: everybody waits meanwhile.
const FILL_ROWS: i64 = 2_000;

/// Does the next part of a book's snapshot; answers how many rows it moved.
///
/// # Errors
/// Those of the call and of the store.
pub(super) fn advance(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    book: &SyncBook,
    now: Instant,
) -> Result<i64> {
    match book.stage {
        Stage::Snapshot => take_page(store, central, tables, book),
        Stage::Filling => fill(store, tables, book, now),
        Stage::Following => Ok(0),
    }
}

fn take_page(store: &Store, central: &Central, tables: &Arc<Tables>, book: &SyncBook) -> Result<i64> {
    let id = book.book;
    if book.snapshot_version.is_none() {
        let (version, hash) = central.head(id, 0, &book.book_hash)?;
        store.write(2, move |unit| {
            unit.execute(
                "UPDATE sync_book SET snapshot_version = :version, version = :version, book_hash = :hash, central_version = :version
                 WHERE book_id = :book",
                named_params! { ":book": id, ":version": version, ":hash": hash },
            )
        })?;
        return Ok(0);
    }
    let order: Vec<&str> = tables.iter().rev().map(|table| table.name.as_str()).collect();
    let table = book.snapshot_table.as_deref().unwrap_or(order[0]).to_owned();
    let rows = central.snapshot_page(id, &table, book.snapshot_after, PAGE_ROWS)?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let is_last_page = count < i64::from(PAGE_ROWS);
    let next =
        order.iter().position(|name| *name == table).and_then(|at| order.get(at + 1)).map(|name| (*name).to_owned());
    let rows = Arc::new(rows);
    store.write(u32::MAX, move |unit| {
        for (key, image) in rows.iter() {
            unit.execute(
                "INSERT INTO sync_snapshot_row (book_id, table_name, record_id, image) VALUES (:book, :table, :record, :image)
                 ON CONFLICT (book_id, table_name, record_id) DO UPDATE SET image = excluded.image",
                named_params! { ":book": id, ":table": table, ":record": key, ":image": image },
            )?;
        }
        let (table, after, stage) = match (is_last_page, &next) {
            (false, _) => (Some(table.as_str()), rows.last().map(|(key, _)| *key), "snapshot"),
            (true, Some(next)) => (Some(next.as_str()), None, "snapshot"),
            (true, None) => (None, None, "filling"),
        };
        unit.execute(
            "UPDATE sync_book SET snapshot_table = :table, snapshot_after = :after, stage = :stage WHERE book_id = :book",
            named_params! { ":book": id, ":table": table, ":after": after, ":stage": stage },
        )
    })?;
    Ok(count)
}

fn fill(store: &Store, tables: &Arc<Tables>, book: &SyncBook, now: Instant) -> Result<i64> {
    let (id, device, tables) = (book.book, book.device, Arc::clone(tables));
    let fill = move |unit: &mut Unit| {
        for table in tables.iter() {
            let rows: Vec<([u8; 16], String)> = unit.all(
                "SELECT record_id, image FROM sync_snapshot_row
                 WHERE book_id = :book AND table_name = :table ORDER BY record_id LIMIT :most",
                named_params! { ":book": id, ":table": table.name, ":most": FILL_ROWS },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let Some((last, _)) = rows.last() else { continue };
            for (key, image) in &rows {
                let image = read_image(image)?;
                tables.insert_early(unit, &table.name, id, Id::<Record>::from_bytes(*key), &image)?;
            }
            unit.execute(
                "DELETE FROM sync_snapshot_row WHERE book_id = :book AND table_name = :table AND record_id <= :last",
                named_params! { ":book": id, ":table": table.name, ":last": last },
            )?;
            return Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        }
        unit.execute(
            "INSERT INTO device_book (book_id, device_id, person_id, chosen_at) VALUES (:book, :device, NULL, :at)
             ON CONFLICT (book_id) DO NOTHING",
            named_params! { ":book": id, ":device": device, ":at": now },
        )?;
        unit.execute("UPDATE sync_book SET stage = 'following' WHERE book_id = :book", named_params! { ":book": id })?;
        Ok(0)
    };
    // What sync itself writes is no entry of this device.
    store.write(u32::MAX, move |unit| uncaptured(unit, &fill))
}
