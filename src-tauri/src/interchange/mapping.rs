//! Which columns of a table mean what.

use super::cells::Decimal;
use super::kinds::ImportKind;
use super::rows::{SheetRow, Wrong};
use crate::kernel::{Code, Fault, Result, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Which columns mean what. It is kept with the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// For each field the name of its column.
    pub columns: BTreeMap<String, String>,
    /// The column that a row is recognised by.
    pub reference: Option<String>,
    /// What the references belong to; nothing where there are none.
    pub source: Option<String>,
    /// Whether what the book has is changed to what a known row says.
    pub take_changes: bool,
    /// The decimal mark of its numbers.
    pub decimal: Decimal,
    /// The delimiter between the columns of the copy.
    pub delimiter: u8,
    /// How many bytes the copy has.
    pub bytes: u64,
    /// All columns of the table.
    pub header: Vec<String>,
    /// How many rows of a spreadsheet stand before the first, the header among them.
    pub rows_before: u64,
    /// What a person corrected of the table before it was taken in.
    #[serde(default)]
    pub corrections: Vec<Correction>,
}

/// How many cells of a table may be corrected on its way in: a table with more wrong is corrected where it was made.
const CORRECTIONS_MAX: usize = 500;
/// How much text a correction may hold.
const CORRECTION_CHARS_MAX: usize = 1_000;

/// A cell that a person corrected on its way in. The file stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The row, 1 being the first below the header.
    pub row: i64,
    /// The cell's column.
    pub column: String,
    /// What the cell says in the file: where it says something else by then, its row is refused.
    pub was: String,
    /// What is taken in instead.
    pub text: String,
}

impl Mapping {
    /// Whether the mapping suits the kind and the table.
    ///
    /// # Errors
    /// `bad_mapping`, with the field.
    pub fn check(&self, kind: &ImportKind) -> Result<()> {
        let fault = |message: String, field: &str| Err(Fault::new(Code::BadMapping, message).at(field));
        for (field, column) in &self.columns {
            if !kind.fields().any(|known| known.name == field) {
                return fault(
                    format!("{} have no field “{}”.", kind.of.name(), shown(field)),
                    &format!("columns.{field}"),
                );
            }
            if !self.header.contains(column) {
                return fault(format!("The table has no column “{}”.", shown(column)), &format!("columns.{field}"));
            }
        }
        self.check_corrections()?;
        if let Some(reference) = self.reference.as_ref().filter(|reference| !self.header.contains(reference)) {
            return fault(format!("The table has no column “{}”.", shown(reference)), "reference");
        }
        match kind.fields().find(|field| field.is_required && !self.columns.contains_key(field.name)) {
            Some(field) => {
                fault(format!("{} must be mapped to a column.", field.about()), &format!("columns.{}", field.name))
            }
            None => Ok(()),
        }
    }

    fn check_corrections(&self) -> Result<()> {
        let many = self.corrections.len() > CORRECTIONS_MAX;
        let long = |one: &Correction| one.text.chars().count() > CORRECTION_CHARS_MAX;
        if many {
            return Err(Fault::new(
                Code::TooLong,
                format!("More than {CORRECTIONS_MAX} cells are corrected; correct the file itself."),
            )
            .at("corrections"));
        }
        for (place, one) in self.corrections.iter().enumerate() {
            let at = |field: &str| format!("corrections.{place}.{field}");
            if !self.header.contains(&one.column) {
                let message = format!("The table has no column “{}”.", shown(&one.column));
                return Err(Fault::new(Code::BadMapping, message).at(&at("column")));
            }
            if long(one) {
                let message = format!("A corrected cell holds {CORRECTION_CHARS_MAX} characters at most.");
                return Err(Fault::new(Code::TooLong, message).at(&at("text")));
            }
        }
        Ok(())
    }

    /// A row's number in a spreadsheet.
    pub fn sheet_row(&self, number: i64) -> i64 {
        number.saturating_add(i64::try_from(self.rows_before).unwrap_or(i64::MAX))
    }

    /// A row of the table as it was corrected. A cell that says something else than it did when it was corrected stays, and its row
    /// can't be taken in.
    pub fn corrected<'r>(&self, number: i64, row: &'r SheetRow) -> Cow<'r, SheetRow> {
        let mut row = Cow::Borrowed(row);
        for one in self.corrections.iter().filter(|one| one.row == number) {
            let Some(place) = self.header.iter().position(|name| *name == one.column) else { continue };
            let row = row.to_mut();
            if row.cells.len() <= place {
                row.cells.resize(place + 1, String::new());
            }
            if row.cells[place] != one.was {
                row.wrong = Some(Wrong {
                    cell: Some(place),
                    message: "This cell was corrected, and says something else in the file now.".to_owned(),
                });
            } else {
                row.cells[place].clone_from(&one.text);
                row.wrong.take_if(|wrong| wrong.cell == Some(place));
            }
        }
        row
    }
}
