//! The command of history.

use super::table::{Asker, Command, read};
use crate::daybook::{self, HistoryQuery};
use crate::domain::book::Scene;
use crate::domain::page::{Limit, Page, read_cursor, write_cursor};
use crate::domain::person;
use crate::kernel::{Code, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::Snapshot;
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
    /// Its place among all entries of this store.
    position: i64,
    /// When.
    at: Instant,
    /// The command.
    command: String,
    /// Who acted.
    person_id: PersonId,
    /// That person's name.
    person_name: Option<String>,
    /// On which device.
    device_code: String,
    /// Its number in book and incarnation.
    sequence: i64,
    /// The life of the store it was made in.
    incarnation_id: IncarnationId,
    /// Its hash, in hexadecimal.
    hash: String,
    /// Where it is.
    state: EntryState,
    /// What changed.
    changes: Vec<Change>,
    /// How many changes there are in all.
    changes_total: usize,
}

/// Where an entry is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EntryState {
    /// On this device only.
    Local,
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
    let before: Option<i64> = read_cursor(query.cursor.as_deref(), &query)?;
    let rows = read_items(snapshot, &scene, query.record_id, before, query.limit.one_more())?;
    Ok(Page::cut(rows, query.limit, |last| write_cursor(&query, &last.position)))
}

pub(super) fn read_items(
    snapshot: &Snapshot,
    scene: &Scene,
    record: Option<Id<Record>>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<HistoryItem>> {
    let entries = daybook::history(snapshot, &HistoryQuery { book: scene.book.id, record, before, limit })?;
    let people = person::list(snapshot, scene.book.id)?;
    let items = entries.into_iter().map(|entry| {
        let body = entry.body;
        let person_name = people.iter().find(|person| person.id == body.person).map(|person| person.name.clone());
        HistoryItem {
            position: entry.position,
            at: body.at,
            command: body.command,
            person_id: body.person,
            person_name,
            device_code: scene.device.code.clone(),
            sequence: body.sequence,
            incarnation_id: body.incarnation,
            hash: daybook::hex(&entry.hash),
            state: EntryState::Local,
            changes_total: body.changes.len(),
            changes: body.changes.into_iter().take(CHANGES_SHOWN_MAX).map(Change::of).collect(),
        }
    });
    Ok(items.collect())
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
