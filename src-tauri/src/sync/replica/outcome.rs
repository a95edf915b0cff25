//! What became of own entries: head office applied them, decided otherwise, keeps them whole, or had them already.

use super::conflict::{self, LostEdit};
use super::deferred;
use super::log::{Deviation, Effect, parse};
use super::replay::Replay;
use crate::daybook::{Body, Image};
use crate::kernel::{Code, Fault, Id, IncarnationId, Instant, Result};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The outcome of an own entry.
pub(in crate::sync) fn apply_outcome(
    replay: &mut Replay,
    unit: &mut Unit,
    lane: IncarnationId,
    sequence: i64,
    outcome: &str,
    effect: &Effect,
) -> Result<()> {
    if let Some(lane) = replay.lanes.iter_mut().find(|it| it.incarnation == lane) {
        lane.settled = lane.settled.max(sequence);
    }
    let key = named_params! { ":book": replay.book, ":lane": lane, ":sequence": sequence };
    unit.execute(
        "DELETE FROM sync_exception WHERE book_id = :book AND incarnation_id = :lane AND sequence = :sequence",
        key,
    )?;
    if outcome != "applied" {
        unit.execute(
            "INSERT INTO sync_exception (book_id, incarnation_id, sequence, state, reason, detail, created_at)
             VALUES (:book, :lane, :sequence, :state, :reason, :detail, :at)",
            named_params! {
                ":book": replay.book, ":lane": lane, ":sequence": sequence, ":state": outcome, ":reason": effect.reason,
                ":detail": effect.detail, ":at": replay.now,
            },
        )?;
        replay.taken.tables.insert("sync_exception".into());
    }
    if outcome == "applied" && replay.has_deferred.get() {
        let own = own_entry(replay, unit, lane, sequence)?;
        deferred::drop_deferred_children(replay, unit, &own)?;
    }
    match outcome {
        "applied" if effect.changes.is_empty() => Ok(()),
        "applied" => deviate(replay, unit, lane, sequence, effect),
        "quarantined" => Ok(()),
        "dismissed" | "superseded" => undo(replay, unit, lane, sequence, effect),
        other => Err(Fault::new(
            Code::CentralTooNew,
            format!("An outcome is called {other}, which this Daybook does not know."),
        )),
    }
}

fn own_entry(replay: &Replay, snapshot: &Snapshot, lane: IncarnationId, sequence: i64) -> Result<Body> {
    let body: Vec<u8> = snapshot.one(
        "SELECT body FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :sequence",
        named_params! { ":book": replay.book, ":lane": lane, ":sequence": sequence },
        |row| row.get(0),
    )?;
    parse(&body)
}

/// Where head office decided otherwise: its values stand, and the person whose edit lost is told.
fn deviate(replay: &mut Replay, unit: &mut Unit, lane: IncarnationId, sequence: i64, effect: &Effect) -> Result<()> {
    let own = own_entry(replay, unit, lane, sequence)?;
    for deviation in &effect.changes {
        replay.taken.tables.insert(deviation.table.clone());
        match deviation.op.as_str() {
            "stand" => {
                let stands = known(replay, deviation);
                deferred::replace_or_defer(replay, unit, &deviation.table, deviation.key, Some(&stands))?;
            }
            "gone" => {
                deferred::replace_or_defer(replay, unit, &deviation.table, deviation.key, None)?;
                note_gone(replay, unit, &own, deviation)?;
            }
            _ => {
                // Own edits that were made later still wait, and stay.
                let pending = replay.pending(unit, &deviation.table, deviation.key)?;
                let mut new = known(replay, deviation);
                new.retain(|column, _| !pending.contains_key(column));
                replay.tables.update(unit, &deviation.table, replay.book, deviation.key, &new)?;
                for (column, theirs) in &deviation.new {
                    let edited = own.changes.iter().filter(|it| it.key == deviation.key && it.table == deviation.table);
                    let Some(mine) = edited.filter_map(|it| it.new.get(column)).next_back() else { continue };
                    if mine == theirs {
                        continue;
                    }
                    let by = deviation.by.get(column);
                    let id = |name: &str| by.and_then(|by| by[name].as_str()).and_then(|text| Id::parse(text).ok());
                    let lost = LostEdit {
                        table: &deviation.table,
                        record: deviation.key,
                        column,
                        mine,
                        theirs,
                        theirs_at: by.and_then(|by| by["at"].as_i64()).map(Instant),
                        theirs_device: id("device"),
                        theirs_person: by.and_then(|by| by["person"].as_str()).and_then(|text| Id::parse(text).ok()),
                    };
                    conflict::note(unit, replay.book, &lost, own.at, own.person, replay.now)?;
                    replay.taken.conflicts += 1;
                }
            }
        }
    }
    Ok(())
}

/// What this Daybook knows of the values that stand.
fn known(replay: &Replay, deviation: &Deviation) -> Image {
    replay.known(&deviation.table, &deviation.new).map(Cow::into_owned).unwrap_or_default()
}

/// An edit of what others had deleted is told to its author: it has no place any more.
fn note_gone(replay: &mut Replay, unit: &mut Unit, own: &Body, gone: &Deviation) -> Result<()> {
    if !replay.tables.find(&gone.table)?.is_versioned {
        return Ok(());
    }
    let edits = own.changes.iter().filter(|it| it.op == "update" && it.key == gone.key && it.table == gone.table);
    for (column, mine) in edits.flat_map(|edit| &edit.new) {
        let lost = LostEdit {
            table: &gone.table,
            record: gone.key,
            column,
            mine,
            theirs: &Value::Null,
            theirs_at: None,
            theirs_device: None,
            theirs_person: None,
        };
        conflict::note(unit, replay.book, &lost, own.at, own.person, replay.now)?;
        replay.taken.conflicts += 1;
    }
    Ok(())
}

/// Takes an own entry back: each of its rows becomes what head office has, or goes.
fn undo(replay: &mut Replay, unit: &mut Unit, lane: IncarnationId, sequence: i64, effect: &Effect) -> Result<()> {
    let own = own_entry(replay, unit, lane, sequence)?;
    let mut seen = BTreeSet::new();
    for change in own.changes.iter().rev() {
        if !seen.insert((change.table.clone(), change.key)) {
            continue;
        }
        replay.taken.tables.insert(change.table.clone());
        let stands = effect.changes.iter().find(|it| it.key == change.key && it.table == change.table);
        let stands = stands.map(|it| known(replay, it));
        deferred::replace_or_defer(replay, unit, &change.table, change.key, stands.as_ref())?;
    }
    Ok(())
}
