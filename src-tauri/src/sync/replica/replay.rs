//! The replay of a book's log on this device: what it knows while versions or pages of a snapshot are applied.
//!
//! Not here: what one version does (page, outcome), and rows that have to wait (deferred).

use super::log::parse;
use super::rows::Tables;
use super::state::{self, Lane};
use crate::daybook::{Hash, Image};
use crate::kernel::{BookId, DeviceId, Id, IncarnationId, Instant, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// What one page did.
#[derive(Debug, Clone, Default)]
pub(in crate::sync) struct Taken {
    pub(in crate::sync) versions: i64,
    pub(in crate::sync) tables: BTreeSet<String>,
    /// The book's version after it, and its hash there.
    pub(in crate::sync) version: i64,
    pub(in crate::sync) hash: Hash,
    pub(in crate::sync) conflicts: i64,
}

/// A replay under way, within one unit of work.
pub(in crate::sync) struct Replay<'p> {
    pub(in crate::sync) tables: &'p Tables,
    pub(in crate::sync) book: BookId,
    /// This device.
    pub(in crate::sync) device: DeviceId,
    pub(in crate::sync) lanes: Vec<Lane>,
    pub(in crate::sync) taken: Taken,
    /// Whether anything is deferred.
    pub(in crate::sync) has_deferred: Cell<bool>,
    /// Columns that this Daybook does not know, by table; the column is empty where it is the table.
    passed_over: RefCell<BTreeSet<(String, String)>>,
    pub(in crate::sync) now: Instant,
}

impl<'p> Replay<'p> {
    /// Ready to take in what comes for a book.
    pub(in crate::sync) fn open(
        snapshot: &Snapshot,
        tables: &'p Tables,
        book: BookId,
        now: Instant,
    ) -> Result<Replay<'p>> {
        let lanes = state::lanes(snapshot, book)?;
        let (device, has_deferred) = snapshot.one(
            "SELECT device_id, EXISTS (SELECT 1 FROM sync_deferred WHERE book_id = :book) FROM sync_book WHERE book_id = :book",
            named_params! { ":book": book },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Replay {
            tables,
            book,
            device,
            lanes,
            taken: Taken::default(),
            has_deferred: Cell::new(has_deferred),
            passed_over: RefCell::default(),
            now,
        })
    }

    /// What this Daybook knows of a row; nothing where it does not know the table. The rest is passed over, and noted: it is fetched when an
    /// update knows it.
    pub(in crate::sync) fn known<'i>(&self, table: &str, image: &'i Image) -> Option<Cow<'i, Image>> {
        let mut passed_over = self.passed_over.borrow_mut();
        let Some(known) = self.tables.known(table) else {
            passed_over.insert((table.to_owned(), String::new()));
            return None;
        };
        Some(known.known(image, |column| {
            passed_over.insert((table.to_owned(), column.to_owned()));
        }))
    }

    /// Notes what was passed over, as the last step of a page.
    pub(in crate::sync) fn note_passed_over(&self, unit: &mut Unit) -> Result<()> {
        for (table, column) in self.passed_over.borrow().iter() {
            state::pass_over(unit, self.book, table, column)?;
        }
        Ok(())
    }

    /// What own entries that have not been settled wrote to a record: the columns, each with its newest value.
    pub(in crate::sync) fn pending(&self, snapshot: &Snapshot, table: &str, key: Id<Record>) -> Result<Image> {
        let bodies: Vec<(IncarnationId, i64, Option<String>, Vec<u8>)> = snapshot.all(
            "SELECT e.incarnation_id, e.sequence, x.state, e.body
             FROM daybook_touch c
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
