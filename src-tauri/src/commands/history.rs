//! The command of history.

use super::command::{Command, Reader, read};
use super::nouns::NOUNS;
use crate::daybook::{self, HistoryQuery};
use crate::domain::book::{self, Session};
use crate::domain::page::{Limit, Page, read_cursor, write_cursor};
use crate::domain::person;
use crate::kernel::{BookId, Code, DeviceId, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::Snapshot;
use crate::sync::{self, EntryState};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

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
    /// When it was done.
    at: Instant,
    /// The command's name; `head_office` for what was written there.
    command: String,
    /// Who acted; nobody where head office wrote.
    person_id: Option<PersonId>,
    /// The name of who acted.
    person_name: Option<String>,
    /// On which device; none where head office wrote.
    device_id: Option<DeviceId>,
    /// What stands before the numbers of that device's documents.
    device_code: Option<String>,
    /// The name of the device that it was done on.
    device_name: Option<String>,
    /// Its number in book and incarnation.
    sequence: Option<i64>,
    /// The life of the store it was made in.
    incarnation_id: Option<IncarnationId>,
    /// Its hash, in hexadecimal.
    hash: String,
    /// How far it has come on its way to head office.
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
    /// The table that the row is in.
    table: String,
    /// What was done to it.
    operation: Operation,
    /// The row.
    record_id: Id<Record>,
    /// What the row is called: by the change itself, or else by the row as it is now.
    record_name: Option<String>,
    /// What the row had in each column that changed.
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
    /// The column, as the table has it.
    name: String,
    /// What it held before.
    old: Option<Value>,
    /// What it holds after.
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

fn list(snapshot: &Snapshot, reader: &Reader, query: Query) -> Result<Page<HistoryItem>> {
    let session = reader.session(snapshot)?;
    let before: Option<(i64, i64)> = read_cursor(query.cursor.as_deref(), &query)?;
    let rows = read_items(snapshot, &session, query.record_id, before, query.limit.one_more())?;
    Ok(Page::cut(rows, query.limit, |last| write_cursor(&query, &last.place())))
}

pub(super) fn read_items(
    snapshot: &Snapshot,
    session: &Session,
    record: Option<Id<Record>>,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<HistoryItem>> {
    // A place is an own entry, and the version of others that came after it; 0 for the entry itself.
    let (position, version) = before.unwrap_or((i64::MAX, i64::MAX));
    let book = session.book.id;
    let own_before = if version > 0 { position.saturating_add(1) } else { position };
    let entries = daybook::history(snapshot, &HistoryQuery { book, record, before: Some(own_before), limit })?;
    let others = sync::remote_history(snapshot, book, record, (position, version), limit)?;
    let numbers: Vec<_> = entries.iter().filter_map(|entry| entry.body.incarnation.zip(entry.body.sequence)).collect();
    let states = sync::entry_states(snapshot, book, &numbers)?;
    let people = person::all(snapshot, book)?;
    let name_of = |id: PersonId| people.iter().find(|person| person.id == id).map(|person| person.name.clone());
    let devices = book::devices(snapshot, book)?;
    let device_of = |id: Option<DeviceId>| devices.iter().find(|device| Some(device.id) == id);
    let own = entries.into_iter().zip(states).map(|(entry, state)| {
        let body = entry.body;
        HistoryItem {
            position: entry.position,
            version: None,
            at: body.at,
            command: body.command,
            person_id: body.person,
            person_name: body.person.and_then(name_of),
            device_id: Some(session.device.id),
            device_code: Some(session.device.code.clone()),
            device_name: Some(session.device.name.clone()),
            sequence: body.sequence,
            incarnation_id: body.incarnation,
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
        device_id: other.device,
        device_code: device_of(other.device).map(|device| device.code.clone()),
        device_name: device_of(other.device).map(|device| device.name.clone()),
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
    name_records(snapshot, book, &mut items)?;
    Ok(items)
}

/// Names the rows whose changes don't name them, such as those of an edit: a statement a noun.
fn name_records(snapshot: &Snapshot, book: BookId, items: &mut [HistoryItem]) -> Result<()> {
    for noun in NOUNS {
        let Some(column) = noun.named_by else { continue };
        let table = noun.table;
        let mut unnamed: Vec<&mut Change> = items
            .iter_mut()
            .flat_map(|item| &mut item.changes)
            .filter(|change| change.table == table && change.record_name.is_none())
            .collect();
        if unnamed.is_empty() {
            continue;
        }
        let ids: BTreeSet<Id<Record>> = unnamed.iter().map(|change| change.record_id).collect();
        // The book itself has no `book_id`.
        let of_book = if table == book::NOUN.table { "id" } else { "book_id" };
        let names: HashMap<Id<Record>, String> = snapshot
            .all(
                &format!(
                    "SELECT n.id, n.{column} FROM {table} n
                     WHERE n.{of_book} = :book AND n.id IN (SELECT unhex(value, '-') FROM json_each(:ids))
                       AND n.{column} IS NOT NULL"
                ),
                named_params! { ":book": book, ":ids": serde_json::json!(ids).to_string() },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?
            .into_iter()
            .collect();
        for change in &mut unnamed {
            change.record_name = names.get(&change.record_id).cloned();
        }
    }
    Ok(())
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
        let daybook::Change { old, new, .. } = &change;
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let columns = names
            .into_iter()
            .map(|name| ColumnChange { name: name.clone(), old: old.get(name).cloned(), new: new.get(name).cloned() })
            .collect();
        let named_by = NOUNS.iter().find(|noun| noun.table == change.table).and_then(|noun| noun.named_by);
        let record_name = named_by.and_then(|column| new.get(column).or_else(|| old.get(column)));
        let record_name = record_name.and_then(Value::as_str).map(str::to_owned);
        Change { table: change.table, operation, record_id: change.key, record_name, columns }
    }
}
