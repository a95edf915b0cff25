//! Versions taken in, page by page, in order: each page and the version that it leads to are one transaction.
//!
//! Where an own edit waits on a column, what comes in for it is not shown: the own edit's outcome, which comes later in the log,
//! says what stands.

use super::ahead::{Pace, ahead};
use super::central::{Central, Pulled};
use super::conflict::{self, Lost};
use super::push::hash_at;
use super::replica::{Image, Tables};
use super::state::{self, Lane, SyncBook, differs};
use crate::daybook::{Hash, hash_of, uncaptured, version_hash};
use crate::kernel::{BookId, Code, DeviceId, Fault, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::{Snapshot, Store, Unit};
use rusqlite::named_params;
use serde::Deserialize;
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many bytes of entries one page has at most, unless it is a single entry; and the first.
pub(super) const PAGE_BYTES_MAX: usize = 1024 * 1024;
pub(super) const PAGE_BYTES_FIRST: usize = 32 * 1024;

/// An entry as it lies in the log: a device's, or one that central made.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LogEntry {
    pub(super) at: Instant,
    pub(super) changes: Vec<LogChange>,
    #[serde(default)]
    pub(super) person: Option<PersonId>,
}

/// A change of one row.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LogChange {
    pub(super) key: Id<Record>,
    #[serde(default)]
    pub(super) new: Image,
    #[serde(default)]
    pub(super) old: Image,
    pub(super) op: String,
    pub(super) table: String,
}

/// What took effect instead.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Effect {
    #[serde(default)]
    pub(super) changes: Vec<Deviation>,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) detail: Option<String>,
}

/// `update`: these columns have other values; `stand`: the row is this one; `gone`: there is no such row.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Deviation {
    pub(super) key: Id<Record>,
    pub(super) op: String,
    pub(super) table: String,
    #[serde(default)]
    pub(super) new: Image,
    #[serde(default)]
    pub(super) by: Image,
}

/// What one page did.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) versions: i64,
    pub(super) tables: BTreeSet<String>,
    pub(super) version: i64,
    pub(super) conflicts: i64,
}

/// Takes in all versions that are there; `told` hears of each page.
///
/// # Errors
/// Those of the calls and of the store; `central_differs` when a page doesn't add up, of which then nothing is taken in. The pages
/// before it stay.
pub(super) fn pull(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    book: &SyncBook,
    now: Instant,
    pace: &Pace,
    told: &mut dyn FnMut(Taken),
) -> Result<()> {
    let id = book.book;
    let lanes = store.read(16, |snapshot| state::lanes(snapshot, id))?;
    let own: Vec<_> = lanes.iter().map(|lane| (lane.incarnation, lane.last)).collect();
    let fetch = |(version, hash): &(i64, Hash)| {
        let page = pace.timed(|bytes| central.pull(id, (*version, hash), bytes, &own))?;
        let Some(last) = page.last() else { return Ok(None) };
        let said = last.book_hash.as_deref().and_then(|hash| Hash::try_from(hash).ok());
        let next = (last.version, said.ok_or_else(|| differs("Head office sent a page without its hash."))?);
        Ok(Some((page, next)))
    };
    let mut from = (book.version, book.book_hash);
    ahead((book.version, book.book_hash), fetch, |page, next| {
        let (tables, start) = (Arc::clone(tables), from);
        let taken = store.write(u32::MAX, move |unit| {
            // What sync itself writes is no entry of this device.
            uncaptured(unit, |unit| take_page(unit, &tables, id, start, &page, now))
        })?;
        from = *next;
        told(taken);
        Ok(())
    })
}

pub(super) struct Page<'p> {
    pub(super) tables: &'p Tables,
    pub(super) book: BookId,
    /// This device.
    device: DeviceId,
    pub(super) lanes: Vec<Lane>,
    pub(super) taken: Taken,
    /// Whether anything is owed.
    pub(super) is_owing: Cell<bool>,
    pub(super) now: Instant,
}

pub(super) fn take_page(
    unit: &mut Unit,
    tables: &Tables,
    book: BookId,
    (from, from_hash): (i64, Hash),
    pulled: &[Pulled],
    now: Instant,
) -> Result<Taken> {
    state::expect_at(unit, book, from, &from_hash)?;
    let mut page = Page::open(unit, tables, book, now)?;
    let newest = crate::daybook::newest(unit)?.map_or(0, |newest| newest.position);
    // Nothing of a page is looked at before all of it adds up.
    let (mut version, mut hash, mut hashes) = (from, from_hash, Vec::with_capacity(pulled.len()));
    for next in pulled {
        if next.version != version + 1 {
            return Err(differs(format!("Head office sent version {} after {version}.", next.version)));
        }
        let entry_hash = page.entry_hash(unit, next)?;
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
        page.take(unit, next)?;
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
    page.pay(unit)?;
    for lane in &page.lanes {
        state::set_lane(unit, book, lane.incarnation, lane.sent.max(lane.settled), lane.settled)?;
    }
    unit.execute(
        "UPDATE sync_book SET version = :version, book_hash = :hash, central_version = max(central_version, :version)
         WHERE book_id = :book",
        named_params! { ":book": book, ":version": version, ":hash": hash },
    )?;
    page.taken.version = version;
    page.taken.versions = version - from;
    Ok(page.taken)
}

impl<'p> Page<'p> {
    /// Ready to take in what comes for a book.
    pub(super) fn open(snapshot: &Snapshot, tables: &'p Tables, book: BookId, now: Instant) -> Result<Page<'p>> {
        let lanes = state::lanes(snapshot, book)?;
        let (device, is_owing) = snapshot.one(
            "SELECT device_id, EXISTS (SELECT 1 FROM sync_owed WHERE book_id = :book) FROM sync_book WHERE book_id = :book",
            named_params! { ":book": book },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Page { tables, book, device, lanes, taken: Taken::default(), is_owing: Cell::new(is_owing), now })
    }

    /// The hash of a version's entry, of the bytes that came or of the own ones.
    fn entry_hash(&self, snapshot: &Snapshot, next: &Pulled) -> Result<Hash> {
        match (&next.body, &next.previous, next.incarnation, next.sequence) {
            (Some(body), Some(previous), _, _) => {
                let previous = Hash::try_from(previous.as_slice()).map_err(|_| differs("A hash has 32 bytes."))?;
                Ok(hash_of(&previous, body))
            }
            (None, _, Some(lane), Some(sequence)) => hash_at(snapshot, self.book, lane, sequence)?
                .ok_or_else(|| differs("Head office speaks of an entry of this device that it does not have.")),
            (Some(_) | None, _, _, _) => Err(differs("Head office sent a version without its entry.")),
        }
    }

    fn take(&mut self, unit: &mut Unit, next: &Pulled) -> Result<()> {
        let effect: Effect = match &next.effect {
            Some(bytes) => serde_json::from_slice(bytes)
                .map_err(|cause| differs("What took effect instead can't be read.").because(cause))?,
            None => Effect::default(),
        };
        match (&next.body, next.incarnation, next.sequence) {
            (Some(body), _, _) => {
                if next.outcome == "applied" {
                    self.take_foreign(unit, next, &parse(body)?, &effect)?;
                }
                Ok(())
            }
            (None, Some(lane), Some(sequence)) => self.settle_own(unit, lane, sequence, &next.outcome, &effect),
            (None, _, _) => Err(differs("Head office sent a version without its entry.")),
        }
    }

    fn take_foreign(&mut self, unit: &mut Unit, next: &Pulled, entry: &LogEntry, effect: &Effect) -> Result<()> {
        let is_device = next.incarnation.is_some();
        let mut records = BTreeSet::new();
        let mut changes: Vec<&LogChange> = entry.changes.iter().collect();
        if is_device {
            // In the order of head office, whatever the entry's: what it brings about is the same then, and parents come first. What head
            // office itself wrote stands in the order in which it did.
            changes.sort_by_key(|change| {
                let place = self.tables.iter().position(|table| table.name == change.table).unwrap_or_default();
                match change.op.as_str() {
                    "insert" => (0, place),
                    "delete" => (2, usize::MAX - place),
                    _ => (1, 0),
                }
            });
        }
        for change in changes {
            records.insert(change.key);
            self.taken.tables.insert(change.table.clone());
            let deviations = || effect.changes.iter().filter(|it| it.key == change.key && it.table == change.table);
            match change.op.as_str() {
                "insert" => {
                    let stands = deviations().find(|it| it.op == "stand");
                    let mut image = stands.map_or(&change.new, |stands| &stands.new).clone();
                    if !is_device {
                        // Head office may delete a row and insert it again: what own entries that wait did to it stands.
                        image.extend(self.pending(unit, &change.table, change.key)?);
                        image = without_nulls(image);
                    }
                    self.put(unit, &change.table, change.key, &image)?;
                    self.note_same_number(unit, entry, &change.table, change.key, &image)?;
                }
                "update" if deviations().any(|it| it.op == "gone") => {}
                "update" => {
                    let mut new = change.new.clone();
                    for (column, value) in deviations().filter(|it| it.op == "update").flat_map(|it| &it.new) {
                        if new.contains_key(column) {
                            new.insert(column.clone(), value.clone());
                        }
                    }
                    self.take_edit(unit, (next.device, entry), change, new)?;
                }
                "delete" => {
                    records.extend(self.tables.owned_by(unit, &change.table, self.book, change.key)?);
                    self.replace_or_owe(unit, &change.table, change.key, None)?;
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
                named_params! { ":record": record, ":version": next.version, ":book": self.book },
            )?;
        }
        Ok(())
    }

    /// A store that was put back, and works on before it hears of what it had sent, gives the same numbers again: both papers are out.
    fn note_same_number(
        &mut self,
        unit: &mut Unit,
        entry: &LogEntry,
        table: &str,
        key: Id<Record>,
        image: &Image,
    ) -> Result<()> {
        let (Some(number), Some(serial)) = (image.get("number"), image.get("serial").and_then(Value::as_i64)) else {
            return Ok(());
        };
        if image.get("device_id").and_then(Value::as_str) != Some(self.device.to_string().as_str()) {
            return Ok(());
        }
        let here: Option<(Id<Record>, Instant)> = unit.maybe(
            &format!(
                "SELECT id, created_at FROM {table}
                 WHERE book_id = :book AND device_id = :device AND serial = :serial AND id <> :key ORDER BY id LIMIT 1"
            ),
            named_params! { ":book": self.book, ":device": self.device, ":serial": serial, ":key": key },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let Some((record, at)) = here else { return Ok(()) };
        let twice = Lost {
            table,
            record,
            column: conflict::NUMBER,
            mine: number,
            theirs: number,
            theirs_at: Some(entry.at),
            theirs_device: Some(self.device),
            theirs_person: entry.person,
        };
        conflict::note(unit, self.book, &twice, at, None, self.now)?;
        self.taken.conflicts += 1;
        Ok(())
    }

    /// An edit of others, on the columns where no own edit waits.
    fn take_edit(
        &mut self,
        unit: &mut Unit,
        (device, entry): (Option<DeviceId>, &LogEntry),
        change: &LogChange,
        mut new: Image,
    ) -> Result<()> {
        let pending = self.pending(unit, &change.table, change.key)?;
        if !crate::kernel::mutant("base") {
            new.retain(|column, _| !pending.contains_key(column));
        }
        if let Some(before) = self.tables.image(unit, &change.table, self.book, change.key)? {
            for (column, theirs) in &new {
                let here = before.get(column).unwrap_or(&Value::Null);
                // Whoever wrote this did not know what stands here: was it this device that wrote it?
                if change.old.contains_key(column) && change.old.get(column) != Some(here) && here != theirs {
                    let lost = Lost {
                        table: &change.table,
                        record: change.key,
                        column,
                        mine: here,
                        theirs,
                        theirs_at: Some(entry.at),
                        theirs_device: device,
                        theirs_person: entry.person,
                    };
                    self.taken.conflicts += conflict::note_overwritten(unit, self.book, &lost, self.now)?;
                }
            }
        }
        if !self.tables.update(unit, &change.table, self.book, change.key, &new)?
            && let Some(Some(mut owed)) = self.owed(unit, &change.table, change.key)?
        {
            owed.extend(new);
            self.owe(unit, &change.table, change.key, Some(&without_nulls(owed)))?;
        }
        Ok(())
    }

    /// What own entries that have not been settled wrote to a record: the columns, each with its newest value.
    pub(super) fn pending(&self, snapshot: &Snapshot, table: &str, key: Id<Record>) -> Result<Image> {
        let bodies: Vec<(IncarnationId, i64, Option<String>, Vec<u8>)> = snapshot.all(
            "SELECT e.incarnation_id, e.sequence, x.state, e.body
             FROM daybook_change c
             JOIN daybook_entry e ON e.position = c.position
             LEFT JOIN sync_exception x
                  ON x.book_id = e.book_id AND x.incarnation_id = e.incarnation_id AND x.sequence = e.sequence
             WHERE c.record_id = :record AND e.book_id = :book
             ORDER BY e.position",
            named_params! { ":record": key, ":book": self.book },
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        let mut columns = Image::new();
        for (incarnation, sequence, state, body) in bodies {
            let settled = self.lanes.iter().find(|lane| lane.incarnation == incarnation).map_or(0, |lane| lane.settled);
            let is_pending = match state.as_deref() {
                Some("quarantined") => true,
                Some(_) => false,
                None => sequence > settled,
            };
            if !is_pending {
                continue;
            }
            for own in parse(&body)?.changes {
                if own.key == key && own.table == table && own.op == "update" {
                    columns.extend(own.new);
                }
            }
        }
        Ok(columns)
    }
}

pub(super) fn without_nulls(mut image: Image) -> Image {
    image.retain(|_, value| !value.is_null());
    image
}

pub(super) fn parse(body: &[u8]) -> Result<LogEntry> {
    serde_json::from_slice(body).map_err(|cause| differs("An entry of the log can't be read.").because(cause))
}
