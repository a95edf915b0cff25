//! What can be asked: the one table of commands, and the desk that runs them.
//!
//! From the table come the window's handler, the command line, the JSON Schemas and the TypeScript types. Input is
//! parsed here into values that are valid once they exist; answers are the rows as they stand after the command.
//!
//! Not here: rules of the business (domain), SQL, and who is listening (app, the faces).

mod account;
mod book;
mod customer;
mod decode;
mod demo;
mod desk;
mod history;
mod import;
mod keep;
mod overview;
mod product;
mod sync;
mod table;
mod tax;
mod transfer;
mod work;

pub use decode::{ENVELOPE_BYTES_MAX, Envelope, decode};
pub use desk::{Answer, Changed, Desk, Reply};
pub use table::{Asker, Command, GENERAL, Kind, OPENING, command, describe, table};

use crate::domain::SYNCED;
use crate::kernel::Result;

/// Sets the writing connection up: what happens to synced tables is captured.
///
/// # Errors
/// What SQLite says.
pub fn prepare(connection: &rusqlite::Connection) -> Result<()> {
    crate::daybook::install(connection, SYNCED)
}
