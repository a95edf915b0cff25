//! A round: connect, take in a snapshot where one is under way, send what waits, take in what is new, compare.

use super::central::{Address, Central, Hello};
use super::link::Link;
use super::replica::Tables;
use super::secrets::Secrets;
use super::state::{self, Stage, SyncBook};
use super::{digest, pull, push, snapshot};
use crate::kernel::{BookId, Clock, Code, DeviceId, Fault, Instant, Result};
use crate::store::{LATEST_DEVICE_MIGRATION, Store};
use rusqlite::named_params;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Every how many milliseconds a round compares the tables by itself: it reads them all.
const CHECK_EVERY_MS: i64 = 10 * 60 * 1000;

/// How many passwords of a role are kept.
const PASSWORDS_MAX: usize = 4;

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
    /// Whether the device brought the book along.
    pub adopted: bool,
}

/// Joins a book by a link: of its own, which head office takes over whole, or one that is there. `own` is the book to bring, this
/// device in it, and what it is called; the device's id is used in either case.
///
/// # Errors
/// `bad_link`, `unreachable`, `tls`, `refused`, `key_ring_shut`, `central_too_old`, `central_too_new`.
pub fn join(
    store: &Store,
    secrets: &Secrets,
    link: &Link,
    own: Option<BookId>,
    device: DeviceId,
    (code, name): (&str, &str),
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
    check(&central.hello(LATEST_DEVICE_MIGRATION)?)?;
    let password = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    passwords.insert(0, password.clone());
    secrets.write(&address, &passwords)?;
    central.change_password(&password)?;
    // A call that was cut off may still reach head office after this one, so what was tried before is kept; but for the link's.
    passwords.retain(|tried| *tried != link.password);
    passwords.truncate(PASSWORDS_MAX);
    secrets.write(&address, &passwords)?;
    let member = central.join_book(if link.book.is_none() { own } else { None }, device, code, name)?;
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
    Ok(Joined { book, device, adopted: member.adopted })
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
    secrets: &Secrets,
    clock: &Clock,
    tables: &Arc<Tables>,
    book: BookId,
    compare: bool,
    tell: &mut dyn FnMut(Told),
) -> Result<Round> {
    let outcome = attempt(store, secrets, clock, tables, book, compare, tell);
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

fn attempt(
    store: &Store,
    secrets: &Secrets,
    clock: &Clock,
    tables: &Arc<Tables>,
    book: BookId,
    compare: bool,
    tell: &mut dyn FnMut(Told),
) -> Result<Round> {
    let mut at = read(store, book)?;
    let central = connect(secrets, &at)?;
    check(&central.hello(LATEST_DEVICE_MIGRATION)?)?;
    let mut round = Round::default();
    let mut progress = Progress::default();
    while at.stage != Stage::Following {
        progress.rows += snapshot::advance(store, &central, tables, &at, clock.now())?;
        round.rows = progress.rows;
        tell(Told::Progress(progress));
        at = read(store, book)?;
        if at.stage == Stage::Following {
            tell(Told::Changed(tables.iter().map(|table| table.name.clone()).collect()));
        }
    }
    // First of all: nothing is sent to a central that was put back to an older day.
    central.head(book, at.version, &at.book_hash)?;
    while let Some(pushed) = push::push_batch(store, &central, &at)? {
        round.pushed += pushed.entries;
        round.pushed_bytes += pushed.bytes;
        progress.pushed = round.pushed;
        progress.pushed_bytes = round.pushed_bytes;
        progress.to_push = pushed.left;
        tell(Told::Progress(progress));
    }
    let (newest, _) = central.head(book, at.version, &at.book_hash)?;
    let mut changed = BTreeSet::new();
    while let Some(taken) = pull::pull_page(store, &central, tables, &at, clock.now())? {
        round.pulled += taken.versions;
        round.conflicts += taken.conflicts;
        changed.extend(taken.tables);
        progress.pulled = round.pulled;
        progress.to_pull = (newest - taken.version).max(0);
        tell(Told::Progress(progress));
        at = read(store, book)?;
        if !changed.is_empty() {
            tell(Told::Changed(std::mem::take(&mut changed).into_iter().collect()));
        }
    }
    round.version = at.version;
    let now = clock.now();
    let is_due =
        at.checked_at.is_none_or(|then| now.0 - then.0 > CHECK_EVERY_MS) && at.checked_version != Some(at.version);
    if compare || is_due {
        round.agrees = digest::compare(store, &central, tables, &at, now)?;
    }
    Ok(round)
}
