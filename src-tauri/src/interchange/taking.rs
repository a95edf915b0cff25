//! How one row is taken in: recognised, added, found to say something else, or refused.
//!
//! A row with a reference is the record whose id follows from book, kind, source and reference, so two devices that import the
//! same table without a connection make the same record. Any other row is known by what it means. Each is looked for in what
//! was imported before, never among records that people typed.

use super::cells::CellsOfRow;
use super::fingerprint::Fingerprint;
use super::kinds::{Draft, ImportKind, Importable, SOURCE_CHARS_MAX};
use super::mapping::Mapping;
use super::outcome::{Outcome, RowOutcome};
use super::rows::SheetRow;
use crate::domain::record::value_of;
use crate::domain::{BatchId, ImportRowId};
use crate::kernel::{Acting, BookId, Code, Currency, Fault, Id, Line, Result, kind::Record, same};
use crate::store::{Snapshot, Unit};
use rusqlite::types::ValueRef;
use rusqlite::{ToSql, named_params, params};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many rows of one table may say the same, and how many of the same name are compared with a row of a table that has other
/// columns: each is told from those before it by counting or comparing them.
const EQUAL_ROWS_MAX: usize = 1_000;
/// References that differ in no more than their last letters lie together, as do the rows of a step where they are counted up: a
/// step then changes few pages.
const NEAR_CHARS: usize = 3;

/// A reference: one line, so that the same one is the same text everywhere.
type Reference = Line<200>;

/// What taking in a row needs to know besides the row.
pub(super) struct Plan<'a> {
    kind: &'static ImportKind,
    mapping: &'a Mapping,
    /// Whether each row is told with its cells, and with what would be stored.
    shows: bool,
    currency: Currency,
    batch: BatchId,
    /// For each field that is mapped, the place of its column.
    fields: Vec<(&'static str, usize)>,
    /// The place of the column that a row is recognised by.
    reference: Option<usize>,
    /// What the references belong to, folded.
    source: String,
    /// Whether another import of this kind had other columns, or references where this one has none.
    others_differ: bool,
}

/// The record that a row is, the fields in which it says something else, and its version.
type Recognised = (Id<Record>, Vec<&'static str>, i64);

/// A row as it would be stored.
struct Read<'r> {
    cells: CellsOfRow<'r>,
    draft: Box<dyn Draft>,
    record: Id<Record>,
    reference: Option<Reference>,
    print: Fingerprint,
}

impl<'a> Plan<'a> {
    /// The plan of an import.
    pub(super) fn of(
        snapshot: &Snapshot,
        book: BookId,
        (batch, kind): (BatchId, Importable),
        (mapping, shows): (&'a Mapping, bool),
        currency: Currency,
    ) -> Result<Plan<'a>> {
        let others_differ = do_others_differ(snapshot, book, (batch, kind), mapping)?;
        let kind = kind.kind();
        let place = |column: &String| mapping.header.iter().position(|name| name == column);
        let fields = kind
            .fields()
            .filter_map(|field| Some((field.name, place(mapping.columns.get(field.name)?)?)))
            .collect::<Vec<_>>();
        let reference = mapping.reference.as_ref().and_then(place);
        let source = same(mapping.source.as_deref().unwrap_or_default());
        Ok(Plan { kind, mapping, shows, currency, batch, source, fields, reference, others_differ })
    }

    fn read<'r>(&self, book: BookId, number: i64, row: &'r SheetRow) -> Result<Read<'r>> {
        let cell = |place: usize| row.cells.get(place).map_or("", String::as_str);
        let cells = CellsOfRow::of(
            self.fields.iter().map(|(field, place)| (*field, cell(*place))),
            self.mapping.decimal,
            self.currency,
        );
        let reference = self.reference.map(|place| cell(place).trim()).filter(|reference| !reference.is_empty());
        let reference = reference.map(Reference::parse).transpose().map_err(|fault| fault.at("reference"))?;
        let record = match &reference {
            Some(reference) => self.derive(book, "record", reference),
            None => self.batch.derive_nth("record", place_of(number)),
        };
        let draft = (self.kind.draft)(record, &cells)?;
        let is_mapped = |field: &str| self.fields.iter().any(|(name, _)| *name == field);
        let print = Fingerprint::of(self.kind, draft.as_ref(), is_mapped, reference.is_some());
        Ok(Read { cells, draft, record, reference, print })
    }

    /// An id that follows from another one, what is imported, and a reference of the source.
    fn derive<K, Other>(&self, from: Id<K>, purpose: &str, reference: &Reference) -> Id<Other> {
        let path = format!("import\0{purpose}\0{}\0{}\0", self.kind.of.name(), self.source);
        let text = reference.as_str();
        let near = text.char_indices().rev().nth(NEAR_CHARS - 1).map_or("", |(end, _)| &text[..end]);
        from.derive_near(&format!("{path}{near}"), &format!("{path}{text}"))
    }

    /// Takes a row in.
    pub(super) fn take(&self, unit: &mut Unit, acting: &Acting, number: i64, row: &SheetRow) -> Result<RowOutcome> {
        if let Some(wrong) = &row.wrong {
            return Err(Fault::new(Code::BadCsv, wrong.message.clone()));
        }
        let read = self.read(acting.book, number, row)?;
        let id = match &read.reference {
            Some(reference) => self.derive(self.batch, "row", reference),
            None => self.batch.derive_nth("row", place_of(number)),
        };
        if let Some(reference) = &read.reference {
            self.refuse_second(unit, acting, id, reference)?;
        }
        let mut outcome = match self.recognise(unit, acting.book, &read)? {
            None => {
                read.draft.add(unit, acting)?;
                RowOutcome::of(number, row, Outcome::Added, Some(read.record))
            }
            Some((record, differing, _)) if differing.is_empty() => {
                RowOutcome::of(number, row, Outcome::Known, Some(record))
            }
            Some((record, differing, version)) => {
                if self.mapping.take_changes {
                    (self.kind.edit)(unit, acting, (record, version), &read.cells, &differing)?;
                }
                self.say_changed(number, row, record, &differing)
            }
        };
        outcome = self.told(outcome);
        if self.shows {
            outcome.cells = Some(row.beginning().0);
            outcome.values = Some(self.values_of(read.draft.as_ref()));
        }
        self.write_down(unit, acting, id, read.print.bytes(), &outcome).map(|()| outcome)
    }

    /// An outcome with what only the plan knows of its row.
    pub(super) fn told(&self, outcome: RowOutcome) -> RowOutcome {
        RowOutcome { sheet_row: self.mapping.sheet_row(outcome.row), ..outcome }
    }

    /// What a draft holds of the fields that are mapped.
    fn values_of(&self, draft: &dyn Draft) -> BTreeMap<String, Value> {
        let is_mapped = |field: &str| self.fields.iter().any(|(name, _)| *name == field);
        let said = |value: &dyn ToSql| match value.to_sql().as_ref().map(value_of) {
            Ok(ValueRef::Integer(number)) => Value::from(number),
            Ok(ValueRef::Text(text)) => Value::from(String::from_utf8_lossy(text)),
            Ok(ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => Value::Null,
        };
        let mapped = draft.values().into_iter().filter(|(field, _)| is_mapped(field));
        mapped.map(|(field, value)| (field.to_owned(), said(value))).collect()
    }

    fn say_changed(&self, number: i64, row: &SheetRow, record: Id<Record>, differing: &[&str]) -> RowOutcome {
        let columns: Vec<String> =
            differing.iter().filter_map(|field| self.mapping.columns.get(*field)).cloned().collect();
        let verb = if self.mapping.take_changes { "Taken over" } else { "The book says something else" };
        RowOutcome {
            column: columns.first().cloned(),
            message: Some(format!("{verb}: {}.", columns.join(", "))),
            cells: Some(row.beginning().0),
            ..RowOutcome::of(number, row, Outcome::Changed, Some(record))
        }
    }

    /// A reference names one row of a table.
    fn refuse_second(&self, unit: &Unit, acting: &Acting, id: ImportRowId, reference: &Reference) -> Result<()> {
        let first: Option<i64> = unit.maybe(
            "SELECT ordinal FROM import_row WHERE book_id = ? AND id = ?",
            params![acting.book, id],
            |row| row.get(0),
        )?;
        match first {
            None => Ok(()),
            Some(first) => Err(Fault::new(
                Code::BadCsv,
                format!("Row {} has the reference “{reference}” already.", self.mapping.sheet_row(first)),
            )
            .at("reference")),
        }
    }

    /// The record that a row is, in which fields that says something else, and its version.
    fn recognise(&self, unit: &Unit, book: BookId, read: &Read) -> Result<Option<Recognised>> {
        let found = |record: Id<Record>| -> Result<Option<Recognised>> {
            let differing = (self.kind.differing)(unit, book, record, read.draft.as_ref())?;
            Ok(differing.map(|(fields, version)| (record, fields, version)))
        };
        if read.reference.is_some()
            && let Some(known) = found(read.record)?
        {
            return Ok(Some(known));
        }
        if read.reference.is_none()
            && let Some(record) = self.equal_row(unit, book, &read.print)?
        {
            return found(record);
        }
        if self.others_differ {
            for record in self.agreeing_rows(unit, book, &read.print)? {
                if let Some(known) = found(record)? {
                    return Ok(Some(known));
                }
            }
        }
        Ok(None)
    }

    /// The record of the row that says the same in the same columns. How many rows of this table said the same before is counted:
    /// two equal rows of a table are two records, the same table again is none.
    fn equal_row(&self, unit: &Unit, book: BookId, print: &Fingerprint) -> Result<Option<Id<Record>>> {
        let same_here: i64 = unit.one(
            "SELECT count(*) FROM import_row INDEXED BY import_row_fingerprint_idx
             WHERE book_id = :book AND fingerprint = :fingerprint AND outcome <> 'refused' AND import_batch_id = :batch",
            named_params! { ":book": book, ":fingerprint": print.bytes(), ":batch": self.batch },
            |row| row.get(0),
        )?;
        if usize::try_from(same_here).is_ok_and(|same| same >= EQUAL_ROWS_MAX) {
            return Err(Fault::new(
                Code::BadCsv,
                format!("More than {EQUAL_ROWS_MAX} rows say the same; a reference column would tell them apart."),
            ));
        }
        unit.maybe(
            // The partial index serves what says its condition word for word.
            "SELECT record_id FROM import_row INDEXED BY import_row_fingerprint_idx
             WHERE book_id = :book AND fingerprint = :fingerprint AND outcome <> 'refused' AND outcome = 'added'
               AND import_batch_id <> :batch
             ORDER BY id LIMIT 1 OFFSET :same_here",
            named_params! {
                ":book": book, ":fingerprint": print.bytes(), ":batch": self.batch, ":same_here": same_here,
            },
            |row| row.get(0),
        )
    }

    /// The records of rows that agree in what both tables have, but for those that other rows of this table are.
    fn agreeing_rows(&self, unit: &Unit, book: BookId, print: &Fingerprint) -> Result<Vec<Id<Record>>> {
        let (from, to) = print.range();
        let rows = unit.all(
            "SELECT fingerprint, record_id, outcome = 'added', import_batch_id = :batch
             FROM import_row INDEXED BY import_row_fingerprint_idx
             WHERE book_id = :book AND fingerprint >= :from AND fingerprint < :to AND outcome <> 'refused'
             ORDER BY id LIMIT :limit",
            named_params! {
                ":book": book, ":from": from, ":to": to, ":batch": self.batch,
                ":limit": i64::try_from(EQUAL_ROWS_MAX + 1).unwrap_or(i64::MAX),
            },
            |row| Ok((Fingerprint::kept(row.get(0)?), row.get(1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?)),
        )?;
        if rows.len() > EQUAL_ROWS_MAX {
            return Err(Fault::new(
                Code::BadCsv,
                format!(
                    "More than {EQUAL_ROWS_MAX} rows of this name were imported, with other columns; map the columns as then."
                ),
            ));
        }
        let taken: BTreeSet<Id<Record>> =
            rows.iter().filter(|(_, _, _, is_here)| *is_here).map(|(_, record, _, _)| *record).collect();
        Ok(rows
            .into_iter()
            .filter(|(other, record, is_added, is_here)| {
                // References that differ name two records, whatever else they say.
                let is_another = print.has_reference() && other.has_reference();
                *is_added && !is_here && !is_another && !taken.contains(record) && print.agrees_with(other)
            })
            .map(|(_, record, _, _)| record)
            .collect())
    }

    /// Writes down, as a nested step, that a row was refused for its own sake.
    pub(super) fn refuse(
        &self,
        unit: &mut Unit,
        acting: &Acting,
        number: i64,
        row: &SheetRow,
        fault: Fault,
    ) -> Result<RowOutcome> {
        let (cells, is_cut) = row.beginning();
        let mut message = fault.message;
        if is_cut {
            message.push_str(" It is too long to be kept whole; correct it in the file that was imported.");
        }
        let in_cell = row.wrong.as_ref().and_then(|wrong| self.mapping.header.get(wrong.cell?));
        let of_field = fault.field.as_deref().and_then(|field| match field {
            "reference" => self.mapping.reference.as_ref(),
            field => self.mapping.columns.get(field),
        });
        let refused = RowOutcome {
            column: in_cell.or(of_field).cloned(),
            code: Some(fault.code),
            message: Some(message),
            cells: Some(cells),
            ..self.told(RowOutcome::of(number, row, Outcome::Refused, None))
        };
        let id = self.batch.derive_nth("row", place_of(number));
        unit.nested(|step| self.write_down(step, acting, id, &[], &refused)).map(|()| refused)
    }

    fn write_down(
        &self,
        unit: &mut Unit,
        acting: &Acting,
        id: ImportRowId,
        fingerprint: &[u8],
        row: &RowOutcome,
    ) -> Result<()> {
        let remark = match row.outcome {
            Outcome::Refused | Outcome::Changed => Some(
                serde_json::json!({
                    "sheet_row": row.sheet_row, "line": row.line, "lines": row.lines, "column": row.column, "code": row.code, "message": row.message,
                    "cells": row.cells,
                })
                .to_string(),
            ),
            Outcome::Added | Outcome::Known | Outcome::Empty => None,
        };
        unit.execute(
            "INSERT INTO import_row (book_id, id, import_batch_id, ordinal, outcome, fingerprint, record_id, remark)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            params![acting.book, id, self.batch, row.row, row.outcome.name(), fingerprint, row.record_id, remark],
        )?;
        Ok(())
    }
}

/// Whether another import of this kind in the book had other columns, or references where this one has none or the other way
/// round: then rows of it may be the same though their fingerprints differ.
fn do_others_differ(
    snapshot: &Snapshot,
    book: BookId,
    (batch, kind): (BatchId, Importable),
    mapping: &Mapping,
) -> Result<bool> {
    let others: Vec<(String, bool)> = snapshot.all(
        "SELECT DISTINCT json_extract(mapping, '$.columns'), json_extract(mapping, '$.reference') IS NOT NULL
         FROM import_batch
         WHERE book_id = :book AND kind = :kind AND id <> :id AND rows_added > 0",
        named_params! { ":book": book, ":kind": kind.name(), ":id": batch },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(others.into_iter().any(|(columns, has_reference)| {
        let columns: BTreeMap<String, String> = serde_json::from_str(&columns).unwrap_or_default();
        has_reference != mapping.reference.is_some() || !columns.keys().eq(mapping.columns.keys())
    }))
}

/// What references belong to: a name of one line.
///
/// # Errors
/// Those of a line, with the field.
pub fn parse_source(source: &str) -> Result<String> {
    let source: Line<SOURCE_CHARS_MAX> = Line::parse(source).map_err(|fault| fault.at("source"))?;
    Ok(source.as_str().to_owned())
}

/// A table of more rows than this number holds would be some hundred gigabytes long.
fn place_of(row: i64) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
