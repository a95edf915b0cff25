//! Rows that can't be what head office has as long as own work that waits is in the way, or rows that have not come yet: each is owed, and
//! made up for with the page that settles that work, or brings those rows.

use super::pull::{LogEntry, Page, without_nulls};
use super::replica::{Image, is_in_use, read_image};
use crate::kernel::{Code, Id, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use serde_json::Value;

impl Page<'_> {
    /// Inserts a row. One whose parent own work took away, or that comes with a later version, is owed; and so is a posting that would make
    /// a balance too large here.
    pub(super) fn put(&self, unit: &mut Unit, table: &str, key: Id<Record>, image: &Image) -> Result<()> {
        if self.owed(unit, table, key)?.is_some() {
            return self.replace_or_owe(unit, table, key, Some(image));
        }
        match self.tables.insert_or_missing(unit, table, self.book, key, image) {
            Ok(missing) if missing.is_empty() => Ok(()),
            Err(fault) if fault.code != Code::OutOfRange => Err(fault),
            Ok(_) | Err(_) => self.owe(unit, table, key, Some(image)),
        }
    }

    /// Makes a row what head office has, or owes it where own work that waits is in the way.
    pub(super) fn replace_or_owe(
        &self,
        unit: &mut Unit,
        table: &str,
        key: Id<Record>,
        image: Option<&Image>,
    ) -> Result<()> {
        match unit.nested(|step| self.replace(step, table, key, image)) {
            Err(fault) if is_in_use(&fault) || fault.code == Code::OutOfRange => self.owe(unit, table, key, image),
            replaced => replaced.and_then(|()| self.forgive(unit, table, key)),
        }
    }

    /// What a row is to become as soon as it can: nothing where nothing is owed, `Some(None)` where it is to go.
    pub(super) fn owed(&self, snapshot: &Snapshot, table: &str, key: Id<Record>) -> Result<Option<Option<Image>>> {
        if !self.is_owing.get() {
            return Ok(None);
        }
        let owed: Option<Option<String>> = snapshot.maybe(
            "SELECT image FROM sync_owed WHERE book_id = :book AND table_name = :table AND record_id = :key",
            named_params! { ":book": self.book, ":table": table, ":key": key },
            |row| row.get(0),
        )?;
        owed.map(|image| image.map(|image| read_image(&image)).transpose()).transpose()
    }

    pub(super) fn owe(&self, unit: &mut Unit, table: &str, key: Id<Record>, image: Option<&Image>) -> Result<()> {
        self.is_owing.set(true);
        let image = image.map(|image| Value::Object(image.clone()).to_string());
        unit.execute(
            "INSERT INTO sync_owed (book_id, table_name, record_id, image) VALUES (:book, :table, :key, :image)
             ON CONFLICT (book_id, table_name, record_id) DO UPDATE SET image = excluded.image",
            named_params! { ":book": self.book, ":table": table, ":key": key, ":image": image },
        )?;
        Ok(())
    }

    fn forgive(&self, unit: &mut Unit, table: &str, key: Id<Record>) -> Result<()> {
        if !self.is_owing.get() {
            return Ok(());
        }
        unit.execute(
            "DELETE FROM sync_owed WHERE book_id = :book AND table_name = :table AND record_id = :key",
            named_params! { ":book": self.book, ":table": table, ":key": key },
        )?;
        Ok(())
    }

    /// Makes up for what is owed and can be by now: what is in the way of one may be the next.
    pub(super) fn pay(&mut self, unit: &mut Unit) -> Result<()> {
        while self.is_owing.get() {
            let owed: Vec<(String, Id<Record>, Option<String>)> = unit.all(
                "SELECT table_name, record_id, image FROM sync_owed WHERE book_id = :book",
                named_params! { ":book": self.book },
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let mut paid = 0;
            for (table, key, image) in &owed {
                let image = image.as_deref().map(read_image).transpose()?;
                self.replace_or_owe(unit, table, *key, image.as_ref())?;
                if self.owed(unit, table, *key)?.is_none() {
                    self.taken.tables.insert(table.clone());
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
    pub(super) fn forgive_children(&self, unit: &mut Unit, own: &LogEntry) -> Result<()> {
        for gone in own.changes.iter().filter(|change| change.op == "delete") {
            unit.execute(
                "DELETE FROM sync_owed WHERE book_id = :book AND instr(image, :key) > 0",
                named_params! { ":book": self.book, ":key": gone.key.to_string() },
            )?;
        }
        Ok(())
    }

    /// Makes a row what head office has.
    fn replace(&self, unit: &mut Unit, table: &str, key: Id<Record>, image: Option<&Image>) -> Result<()> {
        let here = self.tables.image(unit, table, self.book, key)?.map(without_nulls);
        if here.as_ref() == image {
            return Ok(());
        }
        let is_posted = self.tables.find(table)?.is_posted;
        match (here, image) {
            (Some(here), Some(image)) if !is_posted => {
                // Own edits that were made later still wait, and stay.
                let pending = self.pending(unit, table, key)?;
                let mut new = image.clone();
                for column in here.keys().filter(|column| !image.contains_key(*column)) {
                    new.insert(column.clone(), Value::Null);
                }
                new.retain(|column, _| !pending.contains_key(column));
                self.tables.update(unit, table, self.book, key, &new).map(drop)
            }
            (here, image) => self.undoing(unit, |page, unit| {
                if here.is_some() {
                    page.tables.delete(unit, table, page.book, key)?;
                }
                if let Some(image) = image {
                    page.tables.insert(unit, table, page.book, key, image)?;
                }
                Ok(())
            }),
        }
    }

    /// Does something during which posted rows may go.
    fn undoing(&self, unit: &mut Unit, act: impl FnOnce(&Self, &mut Unit) -> Result<()>) -> Result<()> {
        unit.execute("INSERT INTO sync_undoing (book_id) VALUES (:book)", named_params! { ":book": self.book })?;
        act(self, unit)?;
        unit.execute("DELETE FROM sync_undoing WHERE book_id = :book", named_params! { ":book": self.book })?;
        Ok(())
    }
}
