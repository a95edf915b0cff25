//! A round: connect, take in a snapshot where one is under way, fetch what was passed over, send what waits, take in what is new, compare.

mod catch_up;
mod connections;
mod digest;
mod fork;
mod join;
mod prefetch;
mod pull;
mod push;
mod shorthand;
mod snapshot;

pub use connections::Connections;
pub use fork::{Fork, find_fork, part};
pub use join::{Joined, join};

use crate::kernel::{BookId, Clock, Code, Fault, Instant, Result, Zone};
use crate::store::Store;
use crate::sync::line::central::Central;
use crate::sync::replica::replay::Taken;
use crate::sync::replica::rows::Tables;
use crate::sync::replica::state::{self, Stage, SyncBook};
use connections::Sizes;
use rusqlite::named_params;
use std::sync::Arc;
use std::time::Duration;

/// Every how many milliseconds a round compares the tables by itself, where anything is new and where nothing is: it reads them all.
const CHECK_EVERY_MS: i64 = 10 * 60 * 1000;
const CHECK_AGAIN_EVERY_MS: i64 = 60 * 60 * 1000;

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Entries sent.
    pub pushed: i64,
    /// Their bytes.
    pub pushed_bytes: i64,
    /// Versions taken in.
    pub pulled: i64,
    /// Rows of a snapshot taken in.
    pub rows: i64,
    /// Conflicts that came up.
    pub conflicts: i64,
    /// The version that the book is at.
    pub version: i64,
    /// Whether all tables agree, where they were compared.
    pub agrees: Option<bool>,
}

/// How far a round has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries sent in this round.
    pub pushed: i64,
    /// Their bytes.
    pub pushed_bytes: i64,
    /// Entries that still wait.
    pub to_push: i64,
    /// Versions taken in.
    pub pulled: i64,
    /// Versions still to be taken in.
    pub to_pull: i64,
    /// Rows of a snapshot taken in.
    pub rows: i64,
}

/// What a round tells while it runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// How far it has come.
    Progress(Progress),
    /// Rows of these tables changed.
    Changed(Vec<String>),
    /// What head office's clock said, and the uptime then.
    OfficeClock(Instant, Duration),
}

/// Makes a round for one book. What is in the way is written down with the book, and is the error.
///
/// # Errors
/// `not_synced`, and what is in the way.
pub fn round(
    store: &Store,
    connections: &mut Connections,
    clock: &Clock,
    tables: &Arc<Tables>,
    book: BookId,
    compare: bool,
    tell: &mut dyn FnMut(Event),
) -> Result<Round> {
    let outcome = read(store, book).and_then(|at| {
        let (mut central, sizes) = (connections.take(&at)?, connections.sizes(book));
        let mut round = attempt(store, (&central, &sizes), clock, tables, at.clone(), compare, tell);
        if round.as_ref().is_err_and(|fault| fault.code == Code::Unreachable) && central.needs_greeting() {
            central = connections.make(&at)?;
            round = attempt(store, (&central, &sizes), clock, tables, at.clone(), compare, tell);
        }
        if let Some((office, since)) = central.clock() {
            tell(Event::OfficeClock(office, since));
        }
        let round = round?;
        connections.put_back(at, central);
        Ok(round)
    });
    let now = clock.machine();
    let outcome = outcome.map_err(|fault| with_the_time(fault, now));
    let trouble = outcome.as_ref().err().map(|fault| (fault.code.name().to_owned(), fault.message.clone()));
    if outcome.as_ref().is_err_and(|fault| fault.code == Code::NotSynced) {
        return outcome;
    }
    store.write(move |unit| {
        state::set_trouble(unit, book, trouble.as_ref().map(|(code, message)| (code.as_str(), message.as_str())), now)?;
        if trouble.is_none() {
            unit.execute(
                "UPDATE sync_book SET synced_at = :at WHERE book_id = :book",
                named_params! { ":book": book, ":at": now },
            )?;
        }
        Ok(())
    })?;
    if let Err(fault) = &outcome {
        tracing::warn!(fault = fault.chain(), %book, "sync is in trouble");
    }
    outcome
}

/// A certificate that isn't good yet, or no longer, may be the clock's fault.
pub(super) fn with_the_time(fault: Fault, now: Instant) -> Fault {
    match (fault.code, Zone::parse("UTC")) {
        (Code::Tls, Ok(utc)) => {
            let message = format!("{} This computer's clock says {} UTC.", fault.message, now.show(&utc));
            Fault { message, ..fault }
        }
        _ => fault,
    }
}

fn read(store: &Store, book: BookId) -> Result<SyncBook> {
    store
        .read(|snapshot| state::find(snapshot, book))?
        .ok_or_else(|| Fault::new(Code::NotSynced, "This book is not synced; join a head office first."))
}

/// Whether nothing of a book's own entries waits.
fn is_settled(store: &Store, book: BookId) -> Result<bool> {
    Ok(store.read_many(|snapshot| state::waiting(snapshot, book))?.entries == 0)
}

fn attempt(
    store: &Store,
    (central, sizes): (&Central, &Sizes),
    clock: &Clock,
    tables: &Arc<Tables>,
    mut at: SyncBook,
    compare: bool,
    tell: &mut dyn FnMut(Event),
) -> Result<Round> {
    let book = at.book;
    let mut round = Round::default();
    let mut progress = Progress::default();
    if at.stage == Stage::Snapshot {
        snapshot::take(store, central, tables, &at, clock.machine(), &sizes.snapshot, &mut |rows| {
            progress.rows += rows;
            tell(Event::Progress(progress));
        })?;
        round.rows = progress.rows;
        tell(Event::Changed(tables.iter().map(|table| table.name.clone()).collect()));
        at = read(store, book)?;
    }
    let caught_up = catch_up::catch_up(store, central, tables, &at, clock.machine(), &sizes.snapshot, &mut |table| {
        tell(Event::Changed(vec![table.to_owned()]));
    })?;
    if push::is_owed(store, book)? {
        // First of all: nothing is asked of a central that was put back to an older day.
        central.head(book, at.version, &at.book_hash, false)?;
        push::recall(store, central, book)?;
    }
    push::push(store, central, tables, &at, clock.machine(), &sizes.push, &mut |pushed| {
        round.pushed += pushed.entries;
        round.pushed_bytes += pushed.bytes;
        count(&mut round, &pushed.taken);
        progress.pushed = round.pushed;
        progress.pushed_bytes = round.pushed_bytes;
        progress.to_push = pushed.left;
        progress.pulled = round.pulled;
        tell(Event::Progress(progress));
        tell_changed(tell, pushed.taken);
    })?;
    if round.pushed > 0 {
        at = read(store, book)?;
    }
    // People at head office see what a device has, and not what it had before. The answer says whether others have written.
    let head = central.head(book, at.version, &at.book_hash, is_settled(store, book)?)?;
    // Nothing here rests on that: whichever device comes next tries it as well.
    let retried = if head.is_retry_due { central.retry(book) } else { Ok(0) }.unwrap_or_else(|fault| {
        tracing::info!(fault = fault.chain(), %book, "quarantine was not tried again");
        0
    });
    let newest = head.version + retried;
    if newest > at.version {
        pull::pull(store, central, tables, (&at, newest), clock.machine(), &sizes.pull, &mut |taken| {
            count(&mut round, &taken);
            progress.pulled = round.pulled;
            progress.to_pull = (newest - taken.version).max(0);
            tell(Event::Progress(progress));
            tell_changed(tell, taken);
        })?;
        at = read(store, book)?;
        // All is done by now, should it not be told.
        if let Err(fault) = central.head(book, at.version, &at.book_hash, is_settled(store, book)?) {
            tracing::info!(fault = fault.chain(), %book, "head office was not told what is here");
        }
    }
    round.version = at.version;
    let now = clock.machine();
    let every = if at.checked_version == Some(at.version) { CHECK_AGAIN_EVERY_MS } else { CHECK_EVERY_MS };
    let is_due = at.checked_at.is_none_or(|then| now.0 - then.0 > every);
    if compare || is_due || caught_up {
        round.agrees = digest::compare(store, central, tables, &at, now)?;
    }
    Ok(round)
}

fn count(round: &mut Round, taken: &Taken) {
    round.pulled += taken.versions;
    round.conflicts += taken.conflicts;
}

fn tell_changed(tell: &mut dyn FnMut(Event), taken: Taken) {
    if !taken.tables.is_empty() {
        tell(Event::Changed(taken.tables.into_iter().collect()));
    }
}
