//! How the writing connection is set up: what happens to synced tables is captured.

use super::nouns::SYNCED;
use crate::kernel::Result;

/// Sets the writing connection up.
///
/// # Errors
/// What SQLite says.
pub fn prepare(connection: &rusqlite::Connection) -> Result<()> {
    crate::daybook::install(connection, SYNCED)
}
