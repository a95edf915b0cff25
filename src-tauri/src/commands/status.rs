//! The commands that tell how the store is, and what it has lost.

use super::backup::LAST_BACKUP;
use super::command::{Command, Nothing, Reader, read, write};
use super::rules::ANYONE;
use crate::daybook::{self, Loss, Mark, MarkState, Reason};
use crate::domain::book::{self, Book, Device};
use crate::domain::person::{self, Person, PersonQuery};
use crate::domain::setting::{self, Key};
use crate::kernel::{Acting, Code, IncarnationId, Instant, Result};
use crate::store::{LATEST_DEVICE_MIGRATION, Snapshot, Unit};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

pub(super) fn commands() -> Vec<Command> {
    vec![
        read("status", "Tells how the store is: its book, size, entries, mark and incarnation.", &[], status),
        write(
            "loss_seen",
            "Notes that a person has seen which entries are gone: they are told no more.",
            ANYONE,
            &[],
            loss_seen,
        )
        .by_anybody()
        .touching(&["daybook_incarnation"]),
    ]
}

/// How the store is.
#[derive(Serialize, JsonSchema)]
struct Status {
    /// This Daybook's version.
    version: &'static str,
    /// Where the store is, and how large.
    store: StoreStatus,
    /// The books that this device keeps.
    books: Vec<Book>,
    /// The book that is meant when none is named.
    book: Option<Book>,
    /// This device in it.
    device: Option<Device>,
    /// Who acts.
    person: Option<Person>,
    /// The people of the book who are not archived.
    persons: Vec<Person>,
    /// How many were made in this store.
    entries: EntriesStatus,
    /// Whether the mark beside the store names its newest entry.
    mark: MarkStatus,
    /// The life of the store that entries are made in.
    incarnation: IncarnationStatus,
    /// Entries that are gone, until `loss_seen` says that a person has seen it.
    losses: Vec<Loss>,
    /// When the last backup was made.
    last_backup_at: Option<Instant>,
}

/// Where the store is, and how large.
#[derive(Serialize, JsonSchema)]
struct StoreStatus {
    /// Its folder.
    directory: String,
    /// The database and its log.
    size_bytes: u64,
    /// The newest migration.
    schema_version: i64,
    /// The version of the SQLite that is built in.
    sqlite_version: &'static str,
    /// Whether it was opened beside its owner.
    read_only: bool,
}

/// How many entries there are.
#[derive(Serialize, JsonSchema)]
struct EntriesStatus {
    /// Made since the store began.
    total: i64,
    /// Made today.
    today: i64,
}

/// How the mark stands to the store.
#[derive(Serialize, JsonSchema)]
struct MarkStatus {
    /// Whether it names the newest entry, an older one, or one that the store does not have.
    state: MarkState,
    /// The newest entry's position; 0 before the first.
    position: i64,
    /// Its hash, in hexadecimal.
    hash: Option<String>,
}

/// The life that the store is in.
#[derive(Serialize, JsonSchema)]
struct IncarnationStatus {
    /// Stands in each of its entries.
    id: IncarnationId,
    /// When it began.
    since_at: Instant,
    /// Why it began.
    reason: Reason,
}

fn status(snapshot: &Snapshot, reader: &Reader, _: Nothing) -> Result<Status> {
    let session = match reader.session(snapshot) {
        Ok(session) => Some(session),
        Err(fault) if fault.code == Code::NoBook => None,
        Err(fault) => return Err(fault),
    };
    let day = match &session {
        Some(session) => session.day(reader.at)?,
        None => reader.at..reader.at,
    };
    let tally = daybook::tally(snapshot, &day)?;
    let incarnation = match daybook::current(snapshot)? {
        Some(incarnation) => incarnation,
        None => reader.runner.incarnation(),
    };
    let store = reader.runner.store();
    let marked = Mark::read(store.directory());
    let mark = MarkState::of(snapshot, marked.as_ref(), Some(incarnation.id))?;
    let newest = daybook::newest(snapshot)?;
    let last_backup = setting::get(snapshot, Key::parse(LAST_BACKUP)?)?.value.as_i64().map(Instant);
    let persons = match &session {
        Some(session) => person::list(snapshot, session.book.id, &PersonQuery::default())?.rows,
        None => Vec::new(),
    };
    let (book, device, person) =
        session.map_or((None, None, None), |session| (Some(session.book), Some(session.device), session.person));
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        store: StoreStatus {
            directory: store.directory().to_string_lossy().into_owned(),
            size_bytes: size_of(&store.database()),
            schema_version: LATEST_DEVICE_MIGRATION,
            sqlite_version: rusqlite::version(),
            read_only: !store.is_owner(),
        },
        books: book::list(snapshot)?,
        book,
        device,
        person,
        persons,
        entries: EntriesStatus { total: tally.total, today: tally.within },
        mark: MarkStatus {
            state: mark,
            position: newest.map_or(0, |newest| newest.position),
            hash: newest.map(|newest| daybook::hex(&newest.hash)),
        },
        incarnation: IncarnationStatus { id: incarnation.id, since_at: incarnation.since, reason: incarnation.reason },
        losses: daybook::losses(snapshot, store.directory())?,
        last_backup_at: last_backup,
    })
}

fn size_of(database: &Path) -> u64 {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    // A file that isn't there has no size.
    [database.to_owned(), PathBuf::from(log)]
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|metadata| metadata.len())
        .sum()
}

/// What was seen.
#[derive(Serialize, JsonSchema)]
struct Seen {
    /// How many losses were not seen before.
    losses: usize,
}

fn loss_seen(unit: &mut Unit, acting: &Acting, _: &Nothing) -> Result<Seen> {
    Ok(Seen { losses: daybook::see_losses(unit, acting.at)? })
}
