//! Taxes that products can carry.

use super::TaxId;
use super::book::Session;
use super::page::{Page, Shown};
use super::record::{self, record};
use crate::kernel::{Acting, BookId, Code, Fault, Instant, Line, Rate, Result};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Deserialize;

/// How many taxes a book may have: they are listed whole.
pub const TAXES_MAX: i64 = 200;

/// A tax's name: one line.
pub type TaxName = Line<60>;
/// What papers call a tax.
pub type TaxCode = Line<20>;
/// Why nothing is taxed.
pub type TaxNote = Line<200>;

record! {
    "tax", tax_id: TaxId;
    row Tax "A tax." from "tax t" {
        /// When it was archived.
        archived_at: Option<Instant> = "t.archived_at",
    }
    new NewTax "A tax to be added.";
    edit TaxEdit "A change of a tax. What is not given stays.";
    archive TaxArchive "A tax to be archived, or unarchived.";
    fields {
        /// Its name, which no other tax of the book may have.
        name: required TaxName, searched;
        /// Parts per million: 75,000 is 7.5 %.
        rate_ppm: required Rate;
        /// What papers call it: a letter, or `exempt`.
        code: optional TaxCode;
        /// Why nothing is taxed, where the rate is nothing.
        note: optional TaxNote;
    }
}

/// Adds a tax.
///
/// # Errors
/// `name_taken`; `out_of_range` past [`TAXES_MAX`].
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewTax) -> Result<Tax> {
    refuse_taken_name(unit, acting, &new.name, new.tax_id)?;
    let count: i64 =
        unit.one("SELECT count(*) FROM tax WHERE book_id = :book", named_params! { ":book": acting.book }, |row| {
            row.get(0)
        })?;
    if count >= TAXES_MAX {
        return Err(Fault::new(Code::OutOfRange, format!("A book has {TAXES_MAX} taxes at most.")));
    }
    record::insert::<Tax>(unit, acting, &new.tax_id, new.values())?;
    find(unit, acting.book, new.tax_id)
}

fn refuse_taken_name(unit: &Unit, acting: &Acting, name: &TaxName, id: TaxId) -> Result<()> {
    // An archived tax may come back, and keeps its name.
    if record::is_name_taken::<Tax>(unit, acting.book, name.as_str(), &id, "TRUE")? {
        return Err(Fault::new(Code::NameTaken, "Another tax has this name.").at("name"));
    }
    Ok(())
}

/// Changes a tax. Products that carry it carry it as it is then.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `name_taken`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &TaxEdit) -> Result<Tax> {
    let before: Tax = record::find_seen(unit, acting.book, &edit.tax_id, edit.row_version)?;
    if before.archived_at.is_some() {
        return Err(record::archived::<Tax>());
    }
    if let Some(name) = &edit.name {
        refuse_taken_name(unit, acting, name, before.id)?;
    }
    record::update(unit, acting, &before, edit.changes())?;
    find(unit, acting.book, before.id)
}

/// Archives a tax, or unarchives it. Products that carry it keep it.
///
/// # Errors
/// `not_found`, `stale`.
pub fn archive(unit: &mut Unit, acting: &Acting, order: &TaxArchive) -> Result<Tax> {
    let before: Tax = record::find_seen(unit, acting.book, &order.tax_id, order.row_version)?;
    record::archive(unit, acting, &before, order.archived)?;
    find(unit, acting.book, before.id)
}

/// One tax.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: TaxId) -> Result<Tax> {
    record::find(snapshot, book, &id)
}

/// One tax that a product may be given.
///
/// # Errors
/// `not_found`, `archived`.
pub(super) fn find_in_use(snapshot: &Snapshot, book: BookId, id: TaxId) -> Result<Tax> {
    let tax = find(snapshot, book, id)?;
    if tax.archived_at.is_some() {
        return Err(record::archived::<Tax>().at(<Tax as record::Record>::KEY));
    }
    Ok(tax)
}

/// Which taxes a list shows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxQuery {
    /// Whether archived ones are shown.
    #[serde(default)]
    pub archived: Shown,
}

/// Taxes, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot, session: &Session, query: &TaxQuery) -> Result<Page<Tax>> {
    Ok(Page::whole(record::list(snapshot, session.book.id, query.archived, "name_fold")?))
}
