//! A round: connect, take in a snapshot where one is under way, send what waits, take in what is new, compare.

use super::ahead::Pace;
use super::central::{Central, HELLO_PATIENCE, Hello};
use super::connect::Address;
use super::link::Link;
use super::replica::Tables;
use super::secrets::Secrets;
use super::state::{self, Stage, SyncBook};
use super::{digest, pull, push, snapshot};
use crate::kernel::{BookId, Clock, Code, DeviceId, Fault, Instant, Result};
use crate::store::{LATEST_DEVICE_MIGRATION, Store};
use rusqlite::named_params;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Every how many milliseconds a round compares the tables by itself, where anything is new and where nothing is: it reads them all.
const CHECK_EVERY_MS: i64 = 10 * 60 * 1000;
const CHECK_AGAIN_EVERY_MS: i64 = 60 * 60 * 1000;

/// How long a kept connection has to say that it still lives.
const KEPT_PATIENCE: Duration = Duration::from_secs(5);

/// How many passwords of a role are kept.
const PASSWORDS_MAX: usize = 4;

/// The connections that stay open between rounds, one a book: making one costs more bytes and more time than a round of a few entries.
pub struct Lines {
    secrets: Secrets,
    paces: BTreeMap<BookId, Arc<Paces>>,
    kept: BTreeMap<BookId, (SyncBook, Central)>,
}

impl Lines {
    /// None yet; these are the passwords to make them with.
    pub fn of(secrets: Secrets) -> Lines {
        Lines { secrets, paces: BTreeMap::new(), kept: BTreeMap::new() }
    }

    /// The book's connection, the kept one where it still answers. Whoever took it puts it back when all went well.
    fn take(&mut self, book: &SyncBook) -> Result<Central> {
        if let Some((kept_for, kept)) = self.kept.remove(&book.book)
            && kept_for.address() == book.address()
        {
            match kept.hello(LATEST_DEVICE_MIGRATION, KEPT_PATIENCE) {
                // It was closed meanwhile, or died without a word.
                Err(fault) if fault.code == Code::Unreachable => {}
                hello => return hello.and_then(|hello| check(&hello)).map(|()| kept),
            }
        }
        let central = connect(&self.secrets, book)?;
        check(&central.hello(LATEST_DEVICE_MIGRATION, HELLO_PATIENCE)?)?;
        Ok(central)
    }

    fn paces(&mut self, book: BookId) -> Arc<Paces> {
        Arc::clone(self.paces.entry(book).or_default())
    }

    fn put_back(&mut self, book: SyncBook, central: Central) {
        self.kept.insert(book.book, (book, central));
    }
}

/// How large a book's batches and pages are on this line.
struct Paces {
    push: Pace,
    pull: Pace,
    snapshot: Pace,
}

impl Default for Paces {
    fn default() -> Paces {
        Paces {
            push: Pace::new(push::BATCH_BYTES_FIRST, push::BATCH_BYTES_MAX),
            pull: Pace::new(pull::PAGE_BYTES_FIRST, pull::PAGE_BYTES_MAX),
            snapshot: Pace::new(snapshot::PAGE_ROWS_FIRST, snapshot::PAGE_ROWS_ALONE),
        }
    }
}

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
pub enum Told {
    /// How far it has come.
    Progress(Progress),
    /// Rows of these tables changed.
    Changed(Vec<String>),
}

/// What a device became a member of.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The book.
    pub book: BookId,
    /// This device in it.
    pub device: DeviceId,
    /// What head office calls it.
    pub device_name: String,
    /// Whether the device brought the book along.
    pub adopted: bool,
}

/// Joins a book by a link: of its own, which head office takes over whole, or one that is there. `own` is the book to bring, this
/// device in it, and the code that it would like to have; the device's id is used in either case.
///
/// # Errors
/// `bad_link`, `unreachable`, `tls`, `refused`, `key_ring_shut`, `central_too_old`, `central_too_new`.
pub fn join(
    store: &Store,
    secrets: &Secrets,
    link: &Link,
    own: Option<BookId>,
    device: DeviceId,
    code: &str,
    now: Instant,
) -> Result<Joined> {
    if link.book.is_none() && own.is_none() {
        return Err(Fault::new(Code::NoBook, "The link is for a new book: set one up first, then join with it."));
    }
    let address = Address::from(link);
    // A join that was cut off may have changed the password already.
    let mut passwords = secrets.read(&address)?;
    passwords.push(link.password.clone());
    let central = connect_with_any(&address, &passwords)?;
    check(&central.hello(LATEST_DEVICE_MIGRATION, HELLO_PATIENCE)?)?;
    let password = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    passwords.insert(0, password.clone());
    secrets.write(&address, &passwords)?;
    central.change_password(&password)?;
    // A call that was cut off may still reach head office after this one, so what was tried before is kept; but for the link's.
    passwords.retain(|tried| *tried != link.password);
    passwords.truncate(PASSWORDS_MAX);
    secrets.write(&address, &passwords)?;
    let member = central.join_book(if link.book.is_none() { own } else { None }, device, code)?;
    let (to, book, device) = (link.clone(), member.book, member.device);
    let stage = if member.adopted { "following" } else { "snapshot" };
    store.write(4, move |unit| {
        let kept: bool = unit.one("SELECT EXISTS (SELECT 1 FROM book WHERE id = :book)", named_params! { ":book": book }, |row| row.get(0))?;
        // A book that is here already needs no snapshot: its log is followed from the beginning.
        let stage = if kept { "following" } else { stage };
        unit.execute(
            "INSERT INTO sync_book (book_id, device_id, host, port, database_name, role_name, authority, stage, book_hash, joined_at)
             VALUES (:book, :device, :host, :port, :database, :role, :authority, :stage, zeroblob(32), :at)
             ON CONFLICT (book_id) DO UPDATE
             SET host = excluded.host, port = excluded.port, database_name = excluded.database_name,
                 role_name = excluded.role_name, authority = excluded.authority, paused = 0, trouble_code = NULL",
            named_params! {
                ":book": book, ":device": device, ":host": to.host, ":port": to.port, ":database": to.database,
                ":role": to.role, ":authority": to.authority, ":stage": stage, ":at": now,
            },
        )
    })?;
    Ok(Joined { book, device, device_name: member.device_name, adopted: member.adopted })
}

/// Connects with the first password that is let in. While one replaces another, the replaced one may be refused after the new one
/// was: so the new one is tried again.
fn connect_with_any(address: &Address, passwords: &[String]) -> Result<Central> {
    let mut refused = None;
    let again = passwords.first().filter(|_| passwords.len() > 1);
    for password in passwords.iter().chain(again) {
        match Central::connect(address, password) {
            Err(fault) if fault.code == Code::Refused => refused = Some(fault),
            connected => return connected,
        }
    }
    Err(refused.unwrap_or_else(|| {
        Fault::new(
            Code::Refused,
            "The password for head office is not on this device; ask for a new link and join again.",
        )
    }))
}

/// Connects for a book that was joined.
pub(super) fn connect(secrets: &Secrets, book: &SyncBook) -> Result<Central> {
    let address = book.address();
    connect_with_any(&address, &secrets.read(&address)?)
}

fn check(hello: &Hello) -> Result<()> {
    if LATEST_DEVICE_MIGRATION > hello.device_schema_max {
        return Err(Fault::new(
            Code::CentralTooOld,
            "Head office has an older Daybook than this device; everything waits here until it is brought up to date.",
        ));
    }
    if LATEST_DEVICE_MIGRATION < hello.device_schema_min {
        return Err(Fault::new(
            Code::CentralTooNew,
            "Head office has a newer Daybook; this device needs an update, and everything waits here until then.",
        ));
    }
    Ok(())
}

/// Makes a round for one book. What is in the way is written down with the book, and is the error.
///
/// # Errors
/// `not_synced`, and what is in the way.
pub fn round(
    store: &Store,
    lines: &mut Lines,
    clock: &Clock,
    tables: &Arc<Tables>,
    book: BookId,
    compare: bool,
    tell: &mut dyn FnMut(Told),
) -> Result<Round> {
    let outcome = read(store, book).and_then(|at| {
        let (central, paces) = (lines.take(&at)?, lines.paces(book));
        let round = attempt(store, (&central, &paces), clock, tables, at.clone(), compare, tell)?;
        lines.put_back(at, central);
        Ok(round)
    });
    let now = clock.now();
    let trouble = outcome.as_ref().err().map(|fault| (fault.code.name().to_owned(), fault.message.clone()));
    if outcome.as_ref().is_err_and(|fault| fault.code == Code::NotSynced) {
        return outcome;
    }
    store.write(4, move |unit| {
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

fn read(store: &Store, book: BookId) -> Result<SyncBook> {
    store
        .read(4, |snapshot| state::find(snapshot, book))?
        .ok_or_else(|| Fault::new(Code::NotSynced, "This book is not synced; join a head office first."))
}

/// Whether nothing of a book's own entries waits.
fn is_settled(store: &Store, book: BookId) -> Result<bool> {
    Ok(store.read(16, |snapshot| state::waiting(snapshot, book))?.entries == 0)
}

fn attempt(
    store: &Store,
    (central, paces): (&Central, &Paces),
    clock: &Clock,
    tables: &Arc<Tables>,
    mut at: SyncBook,
    compare: bool,
    tell: &mut dyn FnMut(Told),
) -> Result<Round> {
    let book = at.book;
    let mut round = Round::default();
    let mut progress = Progress::default();
    if at.stage == Stage::Snapshot {
        snapshot::take(store, central, tables, &at, clock.now(), &paces.snapshot, &mut |rows| {
            progress.rows += rows;
            tell(Told::Progress(progress));
        })?;
        round.rows = progress.rows;
        tell(Told::Changed(tables.iter().map(|table| table.name.clone()).collect()));
        at = read(store, book)?;
    }
    // First of all: nothing is sent to a central that was put back to an older day.
    let head = central.head(book, at.version, &at.book_hash, is_settled(store, book)?)?;
    push::recall(store, central, book)?;
    push::push(store, central, book, &paces.push, &mut |pushed| {
        round.pushed += pushed.entries;
        round.pushed_bytes += pushed.bytes;
        progress.pushed = round.pushed;
        progress.pushed_bytes = round.pushed_bytes;
        progress.to_push = pushed.left;
        tell(Told::Progress(progress));
    })?;
    // Nothing here rests on that: whichever device comes next tries it as well.
    let retried = if head.is_retry_due { central.retry(book) } else { Ok(0) }.unwrap_or_else(|fault| {
        tracing::info!(fault = fault.chain(), %book, "quarantine was not tried again");
        0
    });
    let newest = head.version + round.pushed + retried;
    if newest > at.version {
        pull::pull(store, central, tables, &at, clock.now(), &paces.pull, &mut |taken| {
            round.pulled += taken.versions;
            round.conflicts += taken.conflicts;
            progress.pulled = round.pulled;
            progress.to_pull = (newest - taken.version).max(0);
            tell(Told::Progress(progress));
            if !taken.tables.is_empty() {
                tell(Told::Changed(taken.tables.into_iter().collect()));
            }
        })?;
        at = read(store, book)?;
        // People at head office see what a device has, and not what it had before. All is done by now, should they not.
        if let Err(fault) = central.head(book, at.version, &at.book_hash, is_settled(store, book)?) {
            tracing::info!(fault = fault.chain(), %book, "head office was not told what is here");
        }
    }
    round.version = at.version;
    let now = clock.now();
    let every = if at.checked_version == Some(at.version) { CHECK_AGAIN_EVERY_MS } else { CHECK_EVERY_MS };
    let is_due = at.checked_at.is_none_or(|then| now.0 - then.0 > every);
    if compare || is_due {
        round.agrees = digest::compare(store, central, tables, &at, now)?;
    }
    Ok(round)
}
