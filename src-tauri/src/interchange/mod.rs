//! What people carry in: tables as CSV, mapped to the nouns of the book.
//!
//! A file is copied into the store's folder as UTF-8, and taken in from there in steps, each a command; so an import can
//! be watched, stopped, and gone on with after a kill. Each row is a nested step: a bad one is refused with row, column,
//! code and sentence, the good ones stand. Each line of the file belongs to one row, and each row has one outcome: added,
//! known, changed, refused or empty. The next kind of import is an [`ImportKind`]: its fields and its verb.
//!
//! Not here: commands.

mod batch;
mod cells;
mod encoding;
mod files;
mod fingerprint;
mod kinds;
mod mapping;
mod outcome;
mod rows;
mod sheet;
mod taking;

pub use batch::{
    Batch, BatchState, Found, NOUN, NewBatch, ROW, STEP_ROWS_DEFAULT, STEP_ROWS_MAX, Undone, find, list, refused_rows,
    remarked_page, running, start, step, undo,
};
pub use cells::{CellsOfRow, Decimal, Marks, parse_decimal};
pub use encoding::EncodingName;
pub use files::{DryFolder, clear_copies, clear_dry_runs, copy_of, remove_file};
pub use kinds::{Draft, ImportKind, Importable, KINDS, Suggestion, suggest, suggest_source};
pub use mapping::{Correction, Mapping};
pub use outcome::{Outcome, RowOutcome};
pub use rows::{SheetRow, Wrong};
pub use sheet::{Delimiter, From, Named, Sheet, inspect, read_rows, take_copy};
pub use taking::parse_source;
