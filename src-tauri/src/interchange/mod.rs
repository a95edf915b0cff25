//! What people carry in: tables as CSV, mapped to the nouns of the book.
//!
//! A file is copied into the store's folder as UTF-8, and taken in from there in steps, each a command; so an import can
//! be watched, stopped, and gone on with after a kill. Each row is a nested step: a bad one is refused with row, column,
//! code and sentence, the good ones stand. The next kind of import is an [`ImportKind`]: its fields and its verb.
//!
//! Not here: commands, and where the copies lie.

mod batch;
mod cells;
mod kinds;
mod sheet;

pub use batch::{
    Batch, BatchState, Mapping, NewBatch, Outcome, RowOutcome, STEP_ROWS_DEFAULT, STEP_ROWS_MAX, Undone, find, list,
    refused_page, refused_rows, start, step, undo,
};
pub use cells::{Cells, parse_decimal};
pub use kinds::{ImportField, ImportKind, Importable, KINDS, Suggestion, suggest};
pub use sheet::{Decimal, Encoding, Sheet, SheetRow, inspect, read_rows, take_copy};
