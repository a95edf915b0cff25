//! A book as it stands, for a device that is new to it: its tables, page by page, and then the versions since the first
//! page began.
//!
//! Parents are read before their children, and each page goes straight into its table with how far the snapshot has come, so a
//! kill costs one page. The book goes on meanwhile: a row whose parent is younger than the parent's page brings it along.

use super::prefetch::{PageSize, prefetch};
use crate::daybook::Image;
use crate::daybook::{Hash, uncaptured};
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, Instant, Result, kind::Record};
use crate::store::{Store, Unit};
use crate::sync::line::central::Central;
use crate::sync::replica::deferred;
use crate::sync::replica::replay::Replay;
use crate::sync::replica::rows::{Missing, Tables, is_not_null, read_image};
use crate::sync::replica::state::{self, SyncBook};
use rusqlite::named_params;
use std::sync::Arc;

/// How many rows the first page has.
pub(in crate::sync) const PAGE_ROWS_FIRST: usize = 200;
/// How many rows one page has at most on a device that keeps other books: whoever writes in them waits some 0.1 s for each.
const PAGE_ROWS: usize = 4_000;
/// How many rows one page has at most where nobody can be waiting: each index is written once a page, so fewer are faster.
pub(in crate::sync) const PAGE_ROWS_ALONE: usize = 20_000;
/// How often a page is tried again with the parents that it lacked: far more than the tables are deep.
const PARENT_ROUNDS_MAX: u32 = 100;

/// Where a snapshot has come to: the table, by its place, and the last row of it that is here.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    table: usize,
    after: Option<[u8; 16]>,
}

/// A row on its way into its table.
#[derive(Debug, Clone)]
struct Due {
    table: String,
    key: Id<Record>,
    image: Image,
    /// Whether it referred to a row that is gone: it may not be able to be without.
    is_cut: bool,
}

/// Takes in the rest of a book's snapshot; `moved` is told of each page's rows.
///
/// # Errors
/// Those of the calls and of the store. What was taken in until then stays, and the next call goes on from there.
pub(in crate::sync) fn take(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    book: &SyncBook,
    now: Instant,
    size: &PageSize,
    moved: &mut dyn FnMut(i64),
) -> Result<()> {
    let id = book.book;
    let mut at = (book.version, book.book_hash);
    if book.snapshot_version.is_none() {
        let head = central.head(id, 0, &book.book_hash, false)?;
        let (version, hash) = (head.version, head.book_hash);
        at = (version, Hash::try_from(hash.as_slice()).map_err(|_| state::differs("A hash has 32 bytes."))?);
        store.write(move |unit| {
            unit.execute(
                "UPDATE sync_book SET snapshot_version = :version, version = :version, book_hash = :hash,
                                      central_version = :version
                 WHERE book_id = :book",
                named_params! { ":book": id, ":version": version, ":hash": hash },
            )
        })?;
    }
    let begun = book.snapshot_table.as_deref().and_then(|name| tables.iter().position(|table| table.name == name));
    let start = Cursor { table: begun.unwrap_or(0), after: book.snapshot_after };
    let is_alone = store.read(|snapshot| {
        snapshot.one(
            "SELECT NOT EXISTS (SELECT 1 FROM device_book WHERE book_id <> :book)",
            named_params! { ":book": id },
            |row| row.get(0),
        )
    })?;
    let most = if is_alone { PAGE_ROWS_ALONE } else { PAGE_ROWS };
    let fetch = |at: &Cursor| {
        let Some(table) = tables.iter().nth(at.table) else { return Ok(None) };
        let rows = size.timed(|size| central.snapshot_page(id, &table.name, at.after, size.min(most)))?;
        let next = match rows.last() {
            Some((last, _)) => Cursor { after: Some(*last), ..*at },
            None => Cursor { table: at.table + 1, after: None },
        };
        let due = rows.into_iter().map(|(key, image)| {
            Ok(Due { table: table.name.clone(), key: Id::from_bytes(key), image: read_image(&image)?, is_cut: false })
        });
        Ok(Some((due.collect::<Result<Vec<_>>>()?, next)))
    };
    prefetch(start, fetch, |rows, next| {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        fill(store, central, tables, (id, at), (book.device, now), rows, *next)?;
        moved(count);
        Ok(())
    })
}

/// Puts a page into its table, together with how far the snapshot has come. Where a row's parent is not here, which then is younger
/// than the page of its table or stands later in its own, it is asked for, and the row waits for it.
fn fill(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    (book, (version, hash)): (BookId, (i64, Hash)),
    (device, now): (DeviceId, Instant),
    rows: Vec<Due>,
    next: Cursor,
) -> Result<()> {
    let mut due = Arc::new(rows);
    for _ in 0..PARENT_ROUNDS_MAX {
        let (page, tables) = (Arc::clone(&due), Arc::clone(tables));
        let insert = move |unit: &mut Unit| {
            state::expect_at(unit, book, version, &hash)?;
            let mut taking = Replay::open(unit, &tables, book, now)?;
            let left = insert_page(unit, &taking, &page)?;
            taking.note_passed_over(unit)?;
            if left.is_empty() {
                let table = tables.iter().nth(next.table).map(|table| table.name.as_str());
                if table.is_none() {
                    deferred::retry(&mut taking, unit)?;
                }
                keep_cursor(unit, (book, device, now), table, next.after)?;
            }
            Ok(left)
        };
        // What sync itself writes is no entry of this device.
        let left = store.write_many(move |unit| uncaptured(unit, &insert))?;
        if left.is_empty() {
            return Ok(());
        }
        let (mut parents, mut children) = (Vec::new(), Vec::new());
        for (place, missing) in left {
            let mut child = due[place].clone();
            for Missing { column, table, key } in missing {
                match central.snapshot_row(book, &table, key)? {
                    Some(image) => parents.push(Due { image: read_image(&image)?, table, key, is_cut: false }),
                    // It went meanwhile. That this row refers to another since then, or went as well, is in the versions that follow.
                    None => {
                        child.image.remove(&column);
                        child.is_cut = true;
                    }
                }
            }
            children.push(child);
        }
        parents.extend(children);
        due = Arc::new(parents);
    }
    Err(Fault::new(Code::CentralDiffers, "A row of the snapshot refers to rows without end."))
}

/// Inserts rows; answers those that lack a parent, by their places. A posting that has room only after others is owed until they are here.
fn insert_page(unit: &mut Unit, page: &Replay, rows: &[Due]) -> Result<Vec<(usize, Vec<Missing>)>> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    loop {
        let mut left = Vec::new();
        for place in &places {
            let row = &rows[*place];
            let Some(image) = page.known(&row.table, &row.image) else { continue };
            let missing = match page.tables.insert_or_missing(unit, &row.table, page.book, row.key, &image) {
                Err(fault) if row.is_cut && is_not_null(&fault) => continue,
                Err(fault) if fault.code == Code::OutOfRange => {
                    deferred::defer(page, unit, &row.table, row.key, Some(&image))?;
                    continue;
                }
                inserted => inserted?,
            };
            if !missing.is_empty() {
                left.push((*place, missing));
            }
        }
        // A parent may have stood after its child in the page itself.
        if left.is_empty() || left.len() == places.len() {
            return Ok(left);
        }
        places = left.into_iter().map(|(place, _)| place).collect();
    }
}

/// Keeps how far the snapshot has come; after the last table the log is followed.
fn keep_cursor(
    unit: &mut Unit,
    (book, device, now): (BookId, DeviceId, Instant),
    table: Option<&str>,
    after: Option<[u8; 16]>,
) -> Result<()> {
    if table.is_none() {
        unit.execute(
            "INSERT INTO device_book (book_id, device_id, person_id, chosen_at) VALUES (:book, :device, NULL, :at)
             ON CONFLICT (book_id) DO NOTHING",
            named_params! { ":book": book, ":device": device, ":at": now },
        )?;
    }
    unit.execute(
        "UPDATE sync_book SET snapshot_table = :table, snapshot_after = :after,
             stage = CASE WHEN :table IS NULL THEN 'following' ELSE stage END
         WHERE book_id = :book",
        named_params! { ":book": book, ":table": table, ":after": after },
    )?;
    Ok(())
}
