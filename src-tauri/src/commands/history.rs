//! The command of history.

use super::table::{Asker, Command, read};
use crate::daybook::{self, HistoryQuery};
use crate::domain::book::Scene;
use crate::domain::page::{Limit, Page, read_cursor, write_cursor};
use crate::domain::person;
use crate::kernel::{Code, DeviceId, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::Snapshot;
use crate::sync::{self, EntryState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Whose history.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// One record's; the whole book's when it isn't given.
    #[serde(default)]
    record_id: Option<Id<Record>>,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    limit: Limit,
}

/// What one command did.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HistoryItem {
    /// Its place among all entries of this store; of what others did, the entry that it came after.
    position: i64,
    /// Its place in the book's log, of what others did.
    version: Option<i64>,
    /// When.
    at: Instant,
    /// The command.
    command: String,
    /// Who acted; nobody where head office wrote.
    person_id: Option<PersonId>,
    /// That person's name.
    person_name: Option<String>,
    /// On which device; none where head office wrote.
    device_id: Option<DeviceId>,
    /// What stands before the numbers of that device's documents.
    device_code: Option<String>,
    /// Its name.
    device_name: Option<String>,
    /// Its number in book and incarnation.
    sequence: Option<i64>,
    /// The life of the store it was made in.
    incarnation_id: Option<IncarnationId>,
    /// Its hash, in hexadecimal.
    hash: String,
    /// Where it is.
    state: EntryState,
    /// What changed.
    changes: Vec<Change>,
    /// How many changes there are in all.
    changes_total: usize,
}

/// How many changes of an entry are listed: an import of hundreds is told by its number.
const CHANGES_SHOWN_MAX: usize = 50;

/// A change of one row.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// The table.
    table: String,
    /// What was done to it.
    operation: Operation,
    /// The row.
    record_id: Id<Record>,
    /// The columns.
    columns: Vec<ColumnChange>,
}

/// What was done to a row.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operation {
    /// It was made.
    Insert,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
}

/// A column before and after.
#[derive(Debug, Serialize, JsonSchema)]
struct ColumnChange {
    /// Its name.
    name: String,
    /// Before.
    old: Option<Value>,
    /// After.
    new: Option<Value>,
}

pub(super) fn commands() -> Vec<Command> {
    vec![read(
        "history_list",
        "Lists what was done, newest first: everything, or what touched one record.",
        &[Code::BadCursor],
        list,
    )]
}

fn list(snapshot: &Snapshot, asker: &Asker, query: Query) -> Result<Page<HistoryItem>> {
    let scene = asker.scene(snapshot)?;
    let before: Option<(i64, i64)> = read_cursor(query.cursor.as_deref(), &query)?;
    let rows = read_items(snapshot, &scene, query.record_id, before, query.limit.one_more())?;
    Ok(Page::cut(rows, query.limit, |last| write_cursor(&query, &last.place())))
}

pub(super) fn read_items(
    snapshot: &Snapshot,
    scene: &Scene,
    record: Option<Id<Record>>,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<HistoryItem>> {
    // A place is an own entry, and the version of others that came after it; 0 for the entry itself.
    let (position, version) = before.unwrap_or((i64::MAX, i64::MAX));
    let book = scene.book.id;
    let own_before = if version > 0 { position.saturating_add(1) } else { position };
    let entries = daybook::history(snapshot, &HistoryQuery { book, record, before: Some(own_before), limit })?;
    let others = sync::others(snapshot, book, record, (position, version), limit)?;
    let numbers: Vec<_> = entries.iter().map(|entry| (entry.body.incarnation, entry.body.sequence)).collect();
    let states = sync::entry_states(snapshot, book, &numbers)?;
    let people = person::list(snapshot, book)?;
    let name_of = |id: PersonId| people.iter().find(|person| person.id == id).map(|person| person.name.clone());
    let own = entries.into_iter().zip(states).map(|(entry, state)| {
        let body = entry.body;
        HistoryItem {
            position: entry.position,
            version: None,
            at: body.at,
            command: body.command,
            person_id: Some(body.person),
            person_name: name_of(body.person),
            device_id: Some(scene.device.id),
            device_code: Some(scene.device.code.clone()),
            device_name: Some(scene.device.name.clone()),
            sequence: Some(body.sequence),
            incarnation_id: Some(body.incarnation),
            hash: daybook::hex(&entry.hash),
            state,
            changes_total: body.changes.len(),
            changes: body.changes.into_iter().take(CHANGES_SHOWN_MAX).map(Change::of).collect(),
        }
    });
    let others = others.into_iter().map(|other| HistoryItem {
        position: other.after_position,
        version: Some(other.version),
        at: other.at,
        command: other.command,
        person_id: other.person,
        person_name: other.person.and_then(name_of),
        device_id: other.device.as_ref().map(|device| device.id),
        device_code: other.device.as_ref().and_then(|device| device.code.clone()),
        device_name: other.device.and_then(|device| device.name),
        sequence: other.sequence,
        incarnation_id: other.incarnation,
        hash: daybook::hex(&other.hash),
        state: EntryState::Applied,
        changes_total: other.changes.len(),
        changes: other.changes.into_iter().take(CHANGES_SHOWN_MAX).map(Change::of).collect(),
    });
    let mut items: Vec<HistoryItem> = own.chain(others).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.place()));
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(items)
}

impl HistoryItem {
    fn place(&self) -> (i64, i64) {
        (self.position, self.version.unwrap_or(0))
    }
}

impl Change {
    fn of(change: daybook::Change) -> Change {
        let operation = match change.op.as_str() {
            "insert" => Operation::Insert,
            "delete" => Operation::Delete,
            _ => Operation::Update,
        };
        let (old, new) = (change.old.unwrap_or_default(), change.new.unwrap_or_default());
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let columns = names
            .into_iter()
            .map(|name| ColumnChange { name: name.clone(), old: old.get(name).cloned(), new: new.get(name).cloned() })
            .collect();
        Change { table: change.table, operation, record_id: change.key, columns }
    }
}
