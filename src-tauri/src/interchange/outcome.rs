//! What became of a row.

use super::rows::SheetRow;
use crate::kernel::{Code, Id, kind::Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was added.
    Added,
    /// It was brought in before.
    Known,
    /// It was brought in before, and the book says something else; the message says whether that was changed.
    Changed,
    /// It was refused.
    Refused,
    /// It has no text.
    Empty,
}

impl Outcome {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Known => "known",
            Outcome::Changed => "changed",
            Outcome::Refused => "refused",
            Outcome::Empty => "empty",
        }
    }
}

/// A row and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowOutcome {
    /// The row, 1 being the first below the header.
    pub row: i64,
    /// Its number in a spreadsheet, which counts the header and what stands before it.
    pub sheet_row: i64,
    /// The line of the file that it begins in.
    pub line: u64,
    /// How many lines it has: more than one where a cell in quotes has.
    pub lines: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The record that it became or was.
    pub record_id: Option<Id<Record>>,
    /// The column that it was refused for, or the first that says something else than the book.
    pub column: Option<String>,
    /// The code of the remark.
    pub code: Option<Code>,
    /// The sentence.
    pub message: Option<String>,
    /// The cells of a row that was refused or says something else, up to 4 KiB of them; the message says where they were cut. A dry
    /// run tells those of all rows.
    pub cells: Option<Vec<String>>,
    /// What would be stored of it, by field: told by a dry run, of rows that aren't refused.
    pub values: Option<BTreeMap<String, serde_json::Value>>,
}

impl RowOutcome {
    pub(super) fn of(number: i64, row: &SheetRow, outcome: Outcome, record_id: Option<Id<Record>>) -> RowOutcome {
        let SheetRow { line, lines, .. } = *row;
        RowOutcome {
            row: number,
            sheet_row: number,
            line,
            lines,
            outcome,
            record_id,
            column: None,
            code: None,
            message: None,
            cells: None,
            values: None,
        }
    }
}
