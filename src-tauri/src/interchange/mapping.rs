//! Which columns of a table mean what.

use super::cells::Decimal;
use super::kinds::ImportKind;
use crate::kernel::{Code, Fault, Result, shown};
use serde::{Deserialize, Serialize};
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
}
