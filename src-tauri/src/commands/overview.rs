//! The command of the overview.

use super::command::{Command, Nothing, Reader, read};
use super::history::{HistoryItem, read_items};
use crate::domain::book::Book;
use crate::domain::overview::{self, Overview};
use crate::kernel::Result;
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;

/// What a person wants to see first.
#[derive(Serialize, JsonSchema)]
struct Seen {
    /// The book that all this is of.
    book: Book,
    #[serde(flatten)]
    overview: Overview,
    /// What was done last.
    recent: Vec<HistoryItem>,
}

/// How many entries the overview shows.
const RECENT_MAX: i64 = 8;

pub(super) fn commands() -> Vec<Command> {
    vec![read("overview", "Shows what money there is and what happened today.", &[], look)]
}

fn look(snapshot: &Snapshot, reader: &Reader, _: Nothing) -> Result<Seen> {
    let session = reader.session(snapshot)?;
    let today = session.today(reader.at)?;
    let overview = overview::look(snapshot, &session, today)?;
    let recent = read_items(snapshot, &session, None, None, RECENT_MAX)?;
    Ok(Seen { book: session.book, overview, recent })
}
