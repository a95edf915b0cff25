//! Versions applied in order: each page and the version that it leads to are one transaction.
//!
//! Where an own edit waits on a column, what comes in for it is not shown: the own edit's outcome, which comes later in the log,
//! says what stands.

use super::conflict::{self, LostEdit};
use super::log::{Effect, parse};
use super::replay::{Replay, Taken};
use super::rows::{Tables, without_nulls};
use super::state::{self, differs, hash_at};
use super::{deferred, outcome};
use crate::daybook::Image;
use crate::daybook::{Body, Change, Hash, hash_of, version_hash};
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, Instant, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use crate::sync::line::central::Pulled;
use rusqlite::named_params;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(in crate::sync) fn take_page(
    unit: &mut Unit,
    tables: &Tables,
    book: BookId,
    (from, from_hash): (i64, Hash),
    pulled: &[Pulled],
    now: Instant,
) -> Result<Taken> {
    state::expect_at(unit, book, from, &from_hash)?;
    let mut replay = Replay::open(unit, tables, book, now)?;
    if replay.has_deferred.get() || pulled.iter().any(|it| it.body.is_some() || it.effect.is_some()) {
        // Each record of the page is looked up among the own entries.
        crate::daybook::index_all(unit)?;
    }
    let newest = crate::daybook::newest(unit)?.map_or(0, |newest| newest.position);
    // Nothing of a page is looked at before all of it adds up.
    let (mut version, mut hash, mut hashes) = (from, from_hash, Vec::with_capacity(pulled.len()));
    for next in pulled {
        if next.version != version + 1 {
            return Err(differs(format!("Head office sent version {} after {version}.", next.version)));
        }
        let entry_hash = entry_hash(&replay, unit, next)?;
        hash = version_hash(&hash, &entry_hash, &next.outcome, next.effect.as_deref());
        version = next.version;
        if next.book_hash.as_ref().is_some_and(|said| said != &hash) {
            return Err(differs(format!("Version {version} of the book does not add up with its hash.")));
        }
        hashes.push((entry_hash, hash));
    }
    if pulled.last().is_none_or(|last| last.book_hash.is_none()) {
        return Err(differs("Head office sent a page without its hash."));
    }
    for (next, (entry_hash, book_hash)) in pulled.iter().zip(&hashes) {
        take(&mut replay, unit, next)?;
        unit.execute(
            "INSERT INTO sync_version (book_id, version, incarnation_id, sequence, device_id, outcome, effect, body, entry_hash,
                                       book_hash, after_position)
             VALUES (:book, :version, :incarnation, :sequence, :device, :outcome, :effect, :body, :entry_hash,
                     :book_hash, :newest)",
            named_params! {
                ":book": book, ":version": next.version, ":incarnation": next.incarnation, ":sequence": next.sequence,
                ":device": next.device, ":outcome": next.outcome, ":effect": next.effect, ":body": next.body, ":entry_hash": entry_hash,
                ":book_hash": book_hash, ":newest": newest,
            },
        )?;
    }
    deferred::retry(&mut replay, unit)?;
    replay.note_passed_over(unit)?;
    for lane in &replay.lanes {
        state::set_lane(unit, book, lane.incarnation, lane.sent.max(lane.settled), lane.settled)?;
    }
    unit.execute(
        "UPDATE sync_book SET version = :version, book_hash = :hash, central_version = max(central_version, :version)
         WHERE book_id = :book",
        named_params! { ":book": book, ":version": version, ":hash": hash },
    )?;
    replay.taken.version = version;
    replay.taken.hash = hash;
    replay.taken.versions = version - from;
    Ok(replay.taken)
}

/// The hash of a version's entry, of the bytes that came or of the own ones.
fn entry_hash(replay: &Replay, snapshot: &Snapshot, next: &Pulled) -> Result<Hash> {
    match (&next.body, &next.previous, next.incarnation, next.sequence) {
        (Some(body), Some(previous), _, _) => {
            let previous = Hash::try_from(previous.as_slice()).map_err(|_| differs("A hash has 32 bytes."))?;
            Ok(hash_of(&previous, body))
        }
        (None, _, Some(lane), Some(sequence)) => hash_at(snapshot, replay.book, lane, sequence)?
            .ok_or_else(|| differs("Head office speaks of an entry of this device that it does not have.")),
        (Some(_) | None, _, _, _) => Err(differs("Head office sent a version without its entry.")),
    }
}

fn take(replay: &mut Replay, unit: &mut Unit, next: &Pulled) -> Result<()> {
    let effect: Effect = match &next.effect {
        Some(bytes) => serde_json::from_slice(bytes)
            .map_err(|cause| differs("What took effect instead can't be read.").because(cause))?,
        None => Effect::default(),
    };
    match (&next.body, next.incarnation, next.sequence) {
        (Some(body), _, _) => {
            if next.device == Some(replay.device) {
                state::note_copy(unit, replay.book, next.version, replay.now)?;
            }
            if next.outcome == "applied" {
                take_foreign(replay, unit, next, &parse(body)?, &effect)?;
            }
            Ok(())
        }
        (None, Some(lane), Some(sequence)) => {
            outcome::apply_outcome(replay, unit, lane, sequence, &next.outcome, &effect)
        }
        (None, _, _) => Err(differs("Head office sent a version without its entry.")),
    }
}

fn take_foreign(replay: &mut Replay, unit: &mut Unit, next: &Pulled, entry: &Body, effect: &Effect) -> Result<()> {
    let is_device = next.incarnation.is_some();
    let mut records = BTreeSet::new();
    let mut changes: Vec<&Change> = entry.changes.iter().collect();
    if is_device {
        // In the order of head office, whatever the entry's: what it brings about is the same then, and parents come first. What head
        // office itself wrote stands in the order in which it did.
        changes.sort_by_key(|change| {
            let place = replay.tables.iter().position(|table| table.name == change.table).unwrap_or_default();
            match change.op.as_str() {
                "insert" => (0, place),
                "delete" => (2, usize::MAX - place),
                _ => (1, 0),
            }
        });
    }
    for change in changes {
        let Some(given) = replay.known(&change.table, &change.new).map(Cow::into_owned) else { continue };
        records.insert(change.key);
        replay.taken.tables.insert(change.table.clone());
        let deviations = || effect.changes.iter().filter(|it| it.key == change.key && it.table == change.table);
        match change.op.as_str() {
            "insert" => {
                let stands = deviations().find(|it| it.op == "stand");
                let mut image = match stands {
                    Some(stands) => replay.known(&change.table, &stands.new).map(Cow::into_owned).unwrap_or_default(),
                    None => given,
                };
                if !is_device {
                    // Head office may delete a row and insert it again: what own entries that wait did to it stands.
                    image.extend(replay.pending(unit, &change.table, change.key)?);
                    image = without_nulls(image);
                }
                deferred::put(replay, unit, &change.table, change.key, &image)?;
                note_same_number(replay, unit, entry, &change.table, change.key, &image)?;
            }
            "update" if deviations().any(|it| it.op == "gone") => {}
            "update" => {
                let mut new = given;
                for (column, value) in deviations().filter(|it| it.op == "update").flat_map(|it| &it.new) {
                    if new.contains_key(column) {
                        new.insert(column.clone(), value.clone());
                    }
                }
                take_edit(replay, unit, (next.device, entry), change, new)?;
            }
            "delete" if deviations().any(|it| it.op == "stand") => {
                // Others may have referred to it: head office has archived it instead.
                for stands in deviations().filter(|it| it.op == "stand") {
                    let image = replay.known(&change.table, &stands.new).map(Cow::into_owned).unwrap_or_default();
                    deferred::replace_or_defer(replay, unit, &change.table, change.key, Some(&image))?;
                }
            }
            "delete" => {
                records.extend(replay.tables.owned_by(unit, &change.table, replay.book, change.key)?);
                deferred::replace_or_defer(replay, unit, &change.table, change.key, None)?;
            }
            other => {
                return Err(Fault::new(
                    Code::CentralTooNew,
                    format!("A change is called {other}, which this Daybook does not know."),
                ));
            }
        }
    }
    for record in records {
        unit.execute(
            "INSERT INTO sync_change (record_id, version, book_id) VALUES (:record, :version, :book)",
            named_params! { ":record": record, ":version": next.version, ":book": replay.book },
        )?;
    }
    Ok(())
}

/// A store that was put back, and works on before it hears of what it had sent, gives the same numbers again: both papers are out.
fn note_same_number(
    replay: &mut Replay,
    unit: &mut Unit,
    entry: &Body,
    table: &str,
    key: Id<Record>,
    image: &Image,
) -> Result<()> {
    let serial = image.get("serial").and_then(Value::as_i64);
    let series = image.get("series").and_then(Value::as_str);
    let (Some(number), Some(serial), Some(series)) = (image.get("number"), serial, series) else { return Ok(()) };
    if image.get("device_id").and_then(Value::as_str) != Some(replay.device.to_string().as_str()) {
        return Ok(());
    }
    let here: Option<(Id<Record>, Instant)> = unit.maybe(
        &format!(
            "SELECT id, created_at FROM {table}
             WHERE book_id = :book AND device_id = :device AND series = :series AND serial = :serial AND id <> :key
             ORDER BY id LIMIT 1"
        ),
        named_params! {
            ":book": replay.book, ":device": replay.device, ":series": series, ":serial": serial, ":key": key,
        },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((record, at)) = here else { return Ok(()) };
    let twice = LostEdit {
        table,
        record,
        column: conflict::NUMBER,
        mine: number,
        theirs: number,
        theirs_at: Some(entry.at),
        theirs_device: Some(replay.device),
        theirs_person: entry.person,
    };
    conflict::note(unit, replay.book, &twice, at, None, replay.now)?;
    replay.taken.conflicts += 1;
    Ok(())
}

/// An edit of others, on the columns where no own edit waits.
fn take_edit(
    replay: &mut Replay,
    unit: &mut Unit,
    (device, entry): (Option<DeviceId>, &Body),
    change: &Change,
    mut new: Image,
) -> Result<()> {
    let pending = replay.pending(unit, &change.table, change.key)?;
    if !crate::kernel::mutant("base") {
        new.retain(|column, _| !pending.contains_key(column));
    }
    if let Some(before) = replay.tables.image(unit, &change.table, replay.book, change.key)? {
        for (column, theirs) in &new {
            let here = before.get(column).unwrap_or(&Value::Null);
            // Whoever wrote this did not know what stands here: was it this device that wrote it?
            if change.old.contains_key(column) && change.old.get(column) != Some(here) && here != theirs {
                let lost = LostEdit {
                    table: &change.table,
                    record: change.key,
                    column,
                    mine: here,
                    theirs,
                    theirs_at: Some(entry.at),
                    theirs_device: device,
                    theirs_person: entry.person,
                };
                replay.taken.conflicts += conflict::note_overwritten(unit, replay.book, &lost, replay.now)?;
            }
        }
    }
    if !replay.tables.update(unit, &change.table, replay.book, change.key, &new)?
        && let Some(Some(mut owed)) = deferred::deferred(replay, unit, &change.table, change.key)?
    {
        owed.extend(new);
        deferred::defer(replay, unit, &change.table, change.key, Some(&without_nulls(owed)))?;
    }
    Ok(())
}
