//! Taxes that products can carry.

use super::TaxId;
use super::page::Page;
use crate::kernel::{Acting, BookId, Code, Fault, Instant, Line, Rate, Result, fold};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many taxes a book may have: they are listed whole.
pub const TAXES_MAX: i64 = 200;

/// A tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tax {
    /// Its id.
    pub id: TaxId,
    /// Its name.
    pub name: String,
    /// Parts per million: 75,000 is 7.5 %.
    pub rate_ppm: Rate,
    /// When it was put away.
    pub archived_at: Option<Instant>,
    /// What an edit must name as seen.
    pub row_version: i64,
}

/// A tax to be added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTax {
    /// Its id; made here when it isn't given.
    #[serde(default = "TaxId::fresh")]
    pub tax_id: TaxId,
    /// Its name.
    pub name: Line<60>,
    /// Parts per million: 75,000 is 7.5 %.
    pub rate_ppm: Rate,
}

/// Adds a tax.
///
/// # Errors
/// `name_taken`; `out_of_range` past [`TAXES_MAX`].
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewTax) -> Result<Tax> {
    let (count, taken): (i64, bool) = unit.one(
        "SELECT count(*), ifnull(max(name_fold = :name_fold), 0) FROM tax WHERE book_id = :book",
        named_params! { ":book": acting.book, ":name_fold": fold(new.name.as_str()) },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if taken {
        return Err(Fault::new(Code::NameTaken, "Another tax has this name.").at("name"));
    }
    if count >= TAXES_MAX {
        return Err(Fault::new(Code::OutOfRange, format!("A book has {TAXES_MAX} taxes at most.")));
    }
    unit.execute(
        "INSERT INTO tax (book_id, id, name, rate_ppm, created_at, name_fold)
         VALUES (:book, :id, :name, :rate, :at, :name_fold)",
        named_params! {
            ":book": acting.book, ":id": new.tax_id, ":name": new.name, ":rate": new.rate_ppm, ":at": acting.at,
            ":name_fold": fold(new.name.as_str()),
        },
    )?;
    find(unit, acting.book, new.tax_id)
}

/// One tax.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: TaxId) -> Result<Tax> {
    snapshot
        .maybe(
            "SELECT id, name, rate_ppm, archived_at, row_version FROM tax WHERE book_id = :book AND id = :id",
            named_params! { ":book": book, ":id": id },
            Tax::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This tax is not in the book.").at("tax_id"))
}

/// All taxes, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot, book: BookId) -> Result<Page<Tax>> {
    let rows = snapshot.all(
        "SELECT id, name, rate_ppm, archived_at, row_version FROM tax WHERE book_id = :book ORDER BY name_fold, id",
        named_params! { ":book": book },
        Tax::read_row,
    )?;
    Ok(Page { rows, next_cursor: None })
}

impl ReadRow for Tax {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Tax> {
        Ok(Tax {
            id: row.get("id")?,
            name: row.get("name")?,
            rate_ppm: row.get("rate_ppm")?,
            archived_at: row.get("archived_at")?,
            row_version: row.get("row_version")?,
        })
    }
}
