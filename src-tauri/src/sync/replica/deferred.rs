//! Rows that can't be what head office has as long as own work that waits is in the way, or rows that have not come yet: each is owed, and
//! made up for with the page that settles that work, or brings those rows.

use super::replay::Replay;
use super::rows::{is_in_use, read_image, without_nulls};
use crate::daybook::Body;
use crate::daybook::Image;
use crate::kernel::{Code, Id, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use serde_json::Value;

/// Inserts a row. One whose parent own work took away, or that comes with a later version, is owed; and so is a posting that would make
/// a balance too large here.
pub(in crate::sync) fn put(
    replay: &Replay,
    unit: &mut Unit,
    table: &str,
    key: Id<Record>,
    image: &Image,
) -> Result<()> {
    if deferred(replay, unit, table, key)?.is_some() {
        return replace_or_defer(replay, unit, table, key, Some(image));
    }
    match replay.tables.insert_or_missing(unit, table, replay.book, key, image) {
        Ok(missing) if missing.is_empty() => Ok(()),
        Err(fault) if fault.code != Code::OutOfRange => Err(fault),
        Ok(_) | Err(_) => defer(replay, unit, table, key, Some(image)),
    }
}

/// Makes a row what head office has, or owes it where own work that waits is in the way.
pub(in crate::sync) fn replace_or_defer(
    replay: &Replay,
    unit: &mut Unit,
    table: &str,
    key: Id<Record>,
    image: Option<&Image>,
) -> Result<()> {
    match unit.nested(|step| replace(replay, step, table, key, image)) {
        Err(fault) if is_in_use(&fault) || fault.code == Code::OutOfRange => defer(replay, unit, table, key, image),
        replaced => replaced.and_then(|()| drop_deferred(replay, unit, table, key)),
    }
}

/// What a row is to become as soon as it can: nothing where nothing is owed, `Some(None)` where it is to go.
pub(in crate::sync) fn deferred(
    replay: &Replay,
    snapshot: &Snapshot,
    table: &str,
    key: Id<Record>,
) -> Result<Option<Option<Image>>> {
    if !replay.has_deferred.get() {
        return Ok(None);
    }
    let owed: Option<Option<String>> = snapshot.maybe(
        "SELECT image FROM sync_deferred WHERE book_id = :book AND table_name = :table AND record_id = :key",
        named_params! { ":book": replay.book, ":table": table, ":key": key },
        |row| row.get(0),
    )?;
    owed.map(|image| image.map(|image| read_image(&image)).transpose()).transpose()
}

pub(in crate::sync) fn defer(
    replay: &Replay,
    unit: &mut Unit,
    table: &str,
    key: Id<Record>,
    image: Option<&Image>,
) -> Result<()> {
    replay.has_deferred.set(true);
    let image = image.map(|image| Value::Object(image.clone()).to_string());
    unit.execute(
        "INSERT INTO sync_deferred (book_id, table_name, record_id, image) VALUES (:book, :table, :key, :image)
         ON CONFLICT (book_id, table_name, record_id) DO UPDATE SET image = excluded.image",
        named_params! { ":book": replay.book, ":table": table, ":key": key, ":image": image },
    )?;
    Ok(())
}

fn drop_deferred(replay: &Replay, unit: &mut Unit, table: &str, key: Id<Record>) -> Result<()> {
    if !replay.has_deferred.get() {
        return Ok(());
    }
    unit.execute(
        "DELETE FROM sync_deferred WHERE book_id = :book AND table_name = :table AND record_id = :key",
        named_params! { ":book": replay.book, ":table": table, ":key": key },
    )?;
    Ok(())
}

/// Makes up for what is owed and can be by now: what is in the way of one may be the next.
pub(in crate::sync) fn retry(replay: &mut Replay, unit: &mut Unit) -> Result<()> {
    while replay.has_deferred.get() {
        let owed: Vec<(String, Id<Record>, Option<String>)> = unit.all(
            "SELECT table_name, record_id, image FROM sync_deferred WHERE book_id = :book",
            named_params! { ":book": replay.book },
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let mut paid = 0;
        for (table, key, image) in &owed {
            let image = image.as_deref().map(read_image).transpose()?;
            replace_or_defer(replay, unit, table, *key, image.as_ref())?;
            if deferred(replay, unit, table, *key)?.is_none() {
                replay.taken.tables.insert(table.clone());
                paid += 1;
            }
        }
        if paid == 0 || paid == owed.len() {
            break;
        }
    }
    Ok(())
}

/// What was owed to rows that an own entry took away goes with them, as at head office.
pub(in crate::sync) fn drop_deferred_children(replay: &Replay, unit: &mut Unit, own: &Body) -> Result<()> {
    for gone in own.changes.iter().filter(|change| change.op == "delete") {
        unit.execute(
            "DELETE FROM sync_deferred WHERE book_id = :book AND instr(image, :key) > 0",
            named_params! { ":book": replay.book, ":key": gone.key.to_string() },
        )?;
    }
    Ok(())
}

/// Makes a row what head office has.
fn replace(replay: &Replay, unit: &mut Unit, table: &str, key: Id<Record>, image: Option<&Image>) -> Result<()> {
    let here = replay.tables.image(unit, table, replay.book, key)?.map(without_nulls);
    if here.as_ref() == image {
        return Ok(());
    }
    let is_posted = replay.tables.find(table)?.is_posted;
    match (here, image) {
        (Some(here), Some(image)) if !is_posted => {
            // Own edits that were made later still wait, and stay.
            let pending = replay.pending(unit, table, key)?;
            let mut new = image.clone();
            for column in here.keys().filter(|column| !image.contains_key(*column)) {
                new.insert(column.clone(), Value::Null);
            }
            new.retain(|column, _| !pending.contains_key(column));
            replay.tables.update(unit, table, replay.book, key, &new).map(drop)
        }
        (Some(here), Some(image)) => {
            let renewed = unit.nested(|step| renew(replay, step, table, key, Some(image)));
            match renewed {
                // Other rows hold on to it, as claims do to a credit: then it stays, and says what head office's says.
                Err(fault) if is_in_use(&fault) => undoing(replay, unit, |page, unit| {
                    let mut new = image.clone();
                    for column in here.keys().filter(|column| !image.contains_key(*column)) {
                        new.insert(column.clone(), Value::Null);
                    }
                    page.tables.update(unit, table, page.book, key, &new).map(drop)
                }),
                renewed => renewed,
            }
        }
        (_, image) => renew(replay, unit, table, key, image),
    }
}

/// Takes a posted row away, if it is there, and puts head office's in its place.
fn renew(replay: &Replay, unit: &mut Unit, table: &str, key: Id<Record>, image: Option<&Image>) -> Result<()> {
    undoing(replay, unit, |page, unit| {
        page.tables.delete(unit, table, page.book, key)?;
        if let Some(image) = image {
            page.tables.insert(unit, table, page.book, key, image)?;
        }
        Ok(())
    })
}

/// Does something during which posted rows may go.
fn undoing(replay: &Replay, unit: &mut Unit, act: impl FnOnce(&Replay, &mut Unit) -> Result<()>) -> Result<()> {
    unit.execute("INSERT INTO sync_undoing (book_id) VALUES (:book)", named_params! { ":book": replay.book })?;
    act(replay, unit)?;
    unit.execute("DELETE FROM sync_undoing WHERE book_id = :book", named_params! { ":book": replay.book })?;
    Ok(())
}
