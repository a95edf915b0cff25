//! The commands that look after the store: status, settings, verify, backup, restore.

use super::decode::Envelope;
use super::desk::{Changed, Desk};
use super::table::{ANYONE, Asker, Command, Nothing, OWNER, read, task, write};
use crate::daybook::{self, Finding, Mark, MarkState, Reason, Report, Rule, Sealed};
use crate::domain::book::{self, Book, Device};
use crate::domain::person::{self, Person};
use crate::domain::setting::{self, Key, Setting};
use crate::domain::{SYNCED, ledger, search, transfer};
use crate::kernel::{Acting, Code, Fault, Id, IncarnationId, Instant, Result, Zone, kind::Record, shown_path};
use crate::store::{self, LATEST_DEVICE_MIGRATION, Snapshot, Unit, copy_database};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

pub(super) fn commands() -> Vec<Command> {
    vec![
        read("status", "Tells how the store is: its book, size, entries, mark and incarnation.", &[], status),
        read("setting_get", "Reads one of this device's settings.", &[], setting_get),
        write("setting_set", "Sets one of this device's settings; null clears it.", ANYONE, &[], setting_set)
            .by_anybody()
            .touching(&["device_setting"]),
        task(
            "verify",
            "Recomputes the chain, the mark, every row, every balance and every document, and names what differs.",
            ANYONE,
            &[],
            verify,
        ),
        task(
            "backup",
            "Copies the store into one file while it is in use, and verifies the copy.",
            ANYONE,
            &[Code::FileExists, Code::FileUnwritable],
            backup,
        )
        .touching(&["device_setting"]),
        task(
            "restore",
            "Puts a verified backup in the place of the store; the old store is kept beside it.",
            OWNER,
            &[Code::NotABackup, Code::FileUnreadable, Code::TooNew],
            restore,
        ),
    ]
}

/// How the store is.
#[derive(Serialize, JsonSchema)]
struct Status {
    /// This Daybook's version.
    version: &'static str,
    /// The store.
    store: StoreStatus,
    /// The books that this device keeps.
    books: Vec<Book>,
    /// The book that is meant when none is named.
    book: Option<Book>,
    /// This device in it.
    device: Option<Device>,
    /// Who acts.
    person: Option<Person>,
    /// All people of the book.
    persons: Vec<Person>,
    /// The entries.
    entries: EntriesStatus,
    /// The mark.
    mark: MarkStatus,
    /// The incarnation.
    incarnation: IncarnationStatus,
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
    /// SQLite's version.
    sqlite_version: &'static str,
    /// Whether it was opened beside its owner.
    read_only: bool,
}

/// How many entries there are.
#[derive(Serialize, JsonSchema)]
struct EntriesStatus {
    /// All.
    total: i64,
    /// Made today.
    today: i64,
    /// Not sent to a central database: all of them, while there is none.
    unsent: i64,
    /// When the oldest of those was made.
    oldest_unsent_at: Option<Instant>,
}

/// How the mark stands to the store.
#[derive(Serialize, JsonSchema)]
struct MarkStatus {
    /// How.
    state: MarkState,
    /// The newest entry's position; 0 before the first.
    position: i64,
    /// Its hash, in hexadecimal.
    hash: Option<String>,
}

/// The life that the store is in.
#[derive(Serialize, JsonSchema)]
struct IncarnationStatus {
    /// Its id.
    id: IncarnationId,
    /// When it began.
    since_at: Instant,
    /// Why.
    reason: Reason,
}

const LAST_BACKUP: &str = "backup.last_at";

fn status(snapshot: &Snapshot, asker: &Asker, _: Nothing) -> Result<Status> {
    let scene = match asker.scene(snapshot) {
        Ok(scene) => Some(scene),
        Err(fault) if fault.code == Code::NoBook => None,
        Err(fault) => return Err(fault),
    };
    let midnight = match &scene {
        Some(scene) => Zone::parse(&scene.book.time_zone)?.start_of(scene.today(asker.at)?),
        None => asker.at,
    };
    let tally = daybook::tally(snapshot, midnight)?;
    let incarnation = asker.desk.incarnation();
    let store = asker.desk.store();
    let marked = Mark::read(store.directory());
    let mark = MarkState::of(snapshot, marked.as_ref(), Some(incarnation.id))?;
    let newest = newest(snapshot)?;
    let last_backup = setting::get(snapshot, Key::parse(LAST_BACKUP)?)?.value.as_i64().map(Instant);
    let persons = match &scene {
        Some(scene) => person::list(snapshot, scene.book.id)?,
        None => Vec::new(),
    };
    let (book, device, person) =
        scene.map_or((None, None, None), |scene| (Some(scene.book), Some(scene.device), scene.person));
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        store: StoreStatus {
            directory: store.directory().display().to_string(),
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
        entries: EntriesStatus {
            total: tally.total,
            today: tally.since,
            unsent: tally.total,
            oldest_unsent_at: tally.oldest_at,
        },
        mark: MarkStatus {
            state: mark,
            position: newest.map_or(0, |newest| newest.position),
            hash: newest.map(|newest| daybook::hex(&newest.hash)),
        },
        incarnation: IncarnationStatus { id: incarnation.id, since_at: incarnation.since, reason: incarnation.reason },
        last_backup_at: last_backup,
    })
}

/// The newest entry of all.
pub(super) fn newest(snapshot: &Snapshot) -> Result<Option<Sealed>> {
    daybook::newest(snapshot)
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

/// Which setting.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingKey {
    /// Its name: a-z, 0-9, `_`, `-` and `.`.
    key: Key,
}

fn setting_get(snapshot: &Snapshot, _: &Asker, input: SettingKey) -> Result<Setting> {
    setting::get(snapshot, input.key)
}

/// A setting to be set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSetting {
    /// Its name: a-z, 0-9, `_`, `-` and `.`.
    key: Key,
    /// Any JSON; null clears.
    value: Value,
}

fn setting_set(unit: &mut Unit, _: &Acting, new: &NewSetting) -> Result<Setting> {
    setting::set(unit, new.key.clone(), new.value.clone())
}

/// What was verified.
#[derive(Serialize, JsonSchema)]
struct Verified {
    /// Whether everything holds.
    holds: bool,
    /// How many entries were read.
    entries: i64,
    /// How many rows were compared.
    rows: i64,
    /// How many postings were added up.
    postings: i64,
    /// What does not hold.
    findings: Vec<Found>,
    /// How long it took.
    milliseconds: u64,
}

/// Something that does not hold.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// Which rule.
    code: Rule,
    /// A sentence.
    message: String,
    /// The table, where a row is meant.
    table: Option<String>,
    /// The row.
    record_id: Option<Id<Record>>,
    /// The entry, where one is meant.
    position: Option<i64>,
}

fn verify(desk: &Desk, _: &Envelope, _: Nothing) -> Result<Verified> {
    let started = Stopwatch::now();
    let store = desk.store();
    // The mark is read first: it may then be behind the store that is verified, never ahead of it.
    let marked = Mark::read(store.directory());
    let mut report = daybook::verify(&store.database(), SYNCED, marked.as_ref())?;
    let postings = store.read(super::table::READ_STATEMENTS_MAX, |snapshot| check_books(snapshot, &mut report))?;
    let found = |finding: Finding| Found {
        code: finding.rule,
        message: finding.message,
        table: finding.table,
        record_id: finding.record,
        position: finding.position,
    };
    Ok(Verified {
        holds: report.findings.is_empty(),
        entries: report.entries,
        rows: report.rows,
        postings,
        findings: report.findings.into_iter().map(found).collect(),
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// What the domain derives must be what its rows say.
fn check_books(snapshot: &Snapshot, report: &mut Report) -> Result<i64> {
    let row = |rule, table: &str, message, record| Finding {
        rule,
        message,
        table: Some(table.to_owned()),
        record: Some(record),
        position: None,
    };
    for (message, account) in ledger::check(snapshot)? {
        report.find(row(Rule::BalanceDiffers, "ledger_balance", message, account.cast()));
    }
    for (message, transfer) in transfer::check(snapshot)? {
        report.find(row(Rule::DocumentDiffers, "payment_transfer", message, transfer.cast()));
    }
    for (message, table, record) in search::check(snapshot)? {
        report.find(row(Rule::SearchDiffers, table, message, record));
    }
    ledger::count(snapshot)
}

/// Where a backup goes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BackupOrder {
    /// The file; `backups/daybook-{date}-{time}.sqlite` in the store's folder when it isn't given.
    #[serde(default)]
    path: Option<PathBuf>,
}

/// A backup that was made and verified.
#[derive(Serialize, JsonSchema)]
struct BackedUp {
    /// The file.
    path: PathBuf,
    /// Its size.
    size_bytes: u64,
    /// How many entries it holds.
    entries: i64,
    /// How long it took.
    milliseconds: u64,
}

fn backup(desk: &Desk, envelope: &Envelope, order: BackupOrder) -> Result<BackedUp> {
    let started = Stopwatch::now();
    let now = desk.clock().now();
    let store = desk.store();
    let path = match order.path {
        Some(path) => path,
        None => {
            let folder = store.directory().join("backups");
            std::fs::create_dir_all(&folder).map_err(|cause| {
                Fault::new(Code::FileUnwritable, format!("{} can't be made.", shown_path(&folder))).because(cause)
            })?;
            free_name(&folder, &format!("daybook-{}", now.stamp()))
        }
    };
    if path.exists() {
        return Err(Fault::new(Code::FileExists, format!("{} is there already.", shown_path(&path))).at("path"));
    }
    copy_database(&store.database(), &path).map_err(|fault| fault.at("path"))?;
    let report = daybook::verify(&path, SYNCED, None)?;
    if let Some(finding) = report.findings.first() {
        return Err(Fault::new(
            Code::Damaged,
            format!("The copy was written, but the books in it don't hold: {}", finding.message),
        ));
    }
    if store.is_owner() {
        let key = Key::parse(LAST_BACKUP)?;
        store.write(4, move |unit| setting::set(unit, key.clone(), json!(now.0)))?;
        let book = store
            .read(4, |snapshot| book::scene(snapshot, envelope.book, None))
            .map_or_else(|_| Id::from_bytes([0; 16]), |scene| scene.book.id);
        desk.tell_all(&Changed { book, tables: vec!["device_setting".into()], position: None });
    }
    let size_bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    Ok(BackedUp {
        path,
        size_bytes,
        entries: report.entries,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// A name that no backup has yet, and no store that was kept: two may be made within one second.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let first = folder.join(format!("{name}.sqlite"));
    let more = (2..1000).map(|number| folder.join(format!("{name}-{number}.sqlite")));
    std::iter::once(first.clone()).chain(more).find(|path| !path.exists()).unwrap_or(first)
}

/// Which backup.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RestoreOrder {
    /// The file.
    path: PathBuf,
}

/// A backup that was put in the store's place.
#[derive(Serialize, JsonSchema)]
struct Restored {
    /// How many entries the store holds now.
    entries: i64,
    /// Where the store is kept that was there before.
    kept_path: PathBuf,
    /// The new incarnation.
    incarnation_id: IncarnationId,
}

fn restore(desk: &Desk, _: &Envelope, order: RestoreOrder) -> Result<Restored> {
    desk.must_own_the_store()?;
    let now = desk.clock().now();
    let staged = desk.store().directory().join("restore.staged.sqlite");
    let outcome = stage(&order.path, &staged).and_then(|entries| {
        let kept_path = free_name(desk.store().directory(), &format!("daybook.before-restore-{}", now.stamp()));
        desk.replace_store(|database| swap(database, &staged, &kept_path))?;
        Ok(Restored { entries, kept_path, incarnation_id: desk.incarnation().id })
    });
    // Once it was moved into place there is nothing left to remove.
    let _ = std::fs::remove_file(&staged);
    let restored = outcome?;
    let tables = SYNCED.iter().chain(&["device_book", "device_setting"]).map(|table| (*table).to_owned()).collect();
    desk.tell_all(&Changed { book: Id::from_bytes([0; 16]), tables, position: None });
    Ok(restored)
}

/// Copies the backup beside the store, brings the copy up to date, and verifies it, before anything is touched.
fn stage(backup: &Path, staged: &Path) -> Result<i64> {
    let bad = |fault: Fault| match fault.code {
        Code::TooNew | Code::FileUnwritable | Code::DiskFull => fault.at("path"),
        _ => Fault::new(Code::NotABackup, format!("{} is not a sound backup: {}", shown_path(backup), fault.message))
            .because(fault)
            .at("path"),
    };
    std::fs::File::open(backup).map_err(|cause| {
        Fault::new(Code::FileUnreadable, format!("{} can't be read.", shown_path(backup))).because(cause).at("path")
    })?;
    store::stage(backup, staged).map_err(bad)?;
    let report = daybook::verify(staged, SYNCED, None).map_err(bad)?;
    match report.findings.first() {
        Some(finding) => Err(bad(Fault::new(Code::Damaged, finding.message.clone()))),
        None => Ok(report.entries),
    }
}

/// Keeps the old store under another name, as one file, and moves the new one in; should that fail, the old is back.
fn swap(database: &Path, staged: &Path, kept: &Path) -> Result<()> {
    let failed = |cause: std::io::Error| {
        Fault::new(Code::FileUnwritable, "The backup can't be moved into the store's place.").because(cause)
    };
    store::fold_log(database)?;
    // A second name, so that at no moment there is no store; a file system that knows no such thing moves it.
    if std::fs::hard_link(database, kept).is_err() {
        std::fs::rename(database, kept).map_err(failed)?;
    }
    for suffix in ["-wal", "-shm"] {
        let mut beside = database.as_os_str().to_owned();
        beside.push(suffix);
        // They are empty by now, and gone already where no other program has the store open.
        let _ = std::fs::remove_file(beside);
    }
    std::fs::rename(staged, database).map_err(|cause| {
        // What can't be undone here is left for a person: both files have names that say what they are.
        let _ = if database.exists() { std::fs::remove_file(kept) } else { std::fs::rename(kept, database) };
        failed(cause)
    })
}
