//! The command of the overview.

use super::history::{HistoryItem, read_items};
use super::table::{Asker, Command, Nothing, read};
use crate::daybook;
use crate::domain::book::Book;
use crate::domain::overview::{self, Overview};
use crate::kernel::{Result, Zone};
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;

/// What a person wants to see first.
#[derive(Serialize, JsonSchema)]
struct Seen {
    /// The book.
    book: Book,
    #[serde(flatten)]
    overview: Overview,
    /// How many entries were made today.
    entries_today: i64,
    /// What was done last.
    recent: Vec<HistoryItem>,
}

/// How many entries the overview shows.
const RECENT_MAX: i64 = 8;

pub(super) fn commands() -> Vec<Command> {
    vec![read("overview", "Shows what money there is and what happened today.", &[], look)]
}

fn look(snapshot: &Snapshot, asker: &Asker, _: Nothing) -> Result<Seen> {
    let scene = asker.scene(snapshot)?;
    let today = scene.today(asker.at)?;
    let overview = overview::look(snapshot, scene.book.id, scene.device.id, today)?;
    let midnight = Zone::parse(&scene.book.time_zone)?.start_of(today);
    let entries_today = daybook::tally(snapshot, midnight)?.since;
    let recent = read_items(snapshot, &scene, None, None, RECENT_MAX)?;
    Ok(Seen { book: scene.book, overview, entries_today, recent })
}
