//! The commands that copy the store and put a copy in its place.

use super::answer::{Answer, Changed};
use super::command::{Command, Task, task};
use super::decode::decode;
use super::nouns::{NOUNS, SYNCED};
use super::refold;
use super::rules::{ANYONE, OWNER};
use super::runner::restored_anew;
use crate::daybook::{self, Mark};
use crate::domain::book;
use crate::domain::setting::{self, Key};
use crate::kernel::{Clock, Code, Fault, Id, IncarnationId, Instant, Result, shown_path};
use crate::store::{self, Staged, copy_database};
use crate::sync::{self, Secrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

pub(super) fn commands() -> Vec<Command> {
    vec![
        task(
            "backup",
            "Copies the store into one file while it is in use, and verifies the copy.",
            ANYONE,
            &[Code::FileExists, Code::FileUnwritable],
            backup,
        )
        .beside_owner()
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

/// The setting that says when the last backup was made.
pub(super) const LAST_BACKUP: &str = "backup.last_at";

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
    /// How large the file is.
    size_bytes: u64,
    /// How many entries it holds.
    entries: i64,
    /// How long it took.
    milliseconds: u64,
}

fn backup(task: &Task, order: BackupOrder) -> Result<BackedUp> {
    let started = Stopwatch::now();
    let (runner, envelope) = (task.runner, task.envelope);
    let now = runner.clock().machine();
    let store = runner.store();
    // A timer that copies what holds nothing would take that for a backup.
    if store.read(book::list)?.is_empty() {
        return Err(Fault::new(Code::NoBook, "There is no book in this store, so there is nothing to back up."));
    }
    let path = match order.path {
        Some(path) => path,
        None => {
            let folder = store.directory().join("backups");
            store::make_folder(&folder)?;
            store::free_name(&folder, &format!("daybook-{}", now.stamp()))
        }
    };
    // A link that leads nowhere is somebody's, too.
    if path.symlink_metadata().is_ok() {
        return Err(Fault::new(Code::FileExists, format!("{} is there already.", shown_path(&path))).at("path"));
    }
    copy_database(&store.database(), &path).map_err(|fault| fault.at("path"))?;
    let report = daybook::verify(&path, &runner.tables(), None)?;
    if let Some(finding) = report.findings.first() {
        return Err(Fault::new(
            Code::Damaged,
            format!("The copy was written, but the books in it don't hold: {}", finding.message),
        ));
    }
    if store.is_owner() {
        let key = Key::parse(LAST_BACKUP)?;
        store.write(move |unit| setting::set(unit, key.clone(), json!(now.0)))?;
        let book = store
            .read(|snapshot| book::session(snapshot, envelope.book, None))
            .map_or_else(|_| Id::from_bytes([0; 16]), |session| session.book.id);
        runner.tell_all(&Changed { book, tables: vec!["device_setting".into()], position: None });
    }
    let size_bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    Ok(BackedUp {
        path,
        size_bytes,
        entries: report.entries,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
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
    /// Where the store is kept that was there before; null where there was none.
    kept_path: Option<PathBuf>,
    /// The new incarnation.
    incarnation_id: IncarnationId,
    /// Whether this device was in a head office that the backup does not know, and has to join again with a new link: `sync_status` says
    /// so, too, until it has.
    must_join_again: bool,
}

fn restore(task: &Task, order: RestoreOrder) -> Result<Restored> {
    let runner = task.runner;
    runner.must_own_the_store()?;
    let (staged, entries) = stage(&order.path, runner.store().directory(), &runner.tables())?;
    let kept_path = kept_name(runner.store().directory(), runner.clock().machine());
    let is_member = runner.replace_store(&staged, &kept_path)?;
    drop(staged);
    let tables =
        runner.tables().iter().chain(&["device_book", "device_setting"]).map(|table| (*table).to_owned()).collect();
    runner.tell_all(&Changed { book: Id::from_bytes([0; 16]), tables, position: None });
    let incarnation_id = runner.incarnation().id;
    Ok(Restored { entries, kept_path: Some(kept_path), incarnation_id, must_join_again: !is_member })
}

/// Puts a backup where there is no store, or one that can't be opened: what lies there is kept beside it. It is `restore` where
/// nobody can be asked.
///
/// # Errors
/// Those of `restore`, and of taking the store's lock.
pub fn restore_into(folder: &Path, input: Value) -> Result<Answer> {
    let order: RestoreOrder = decode(input)?;
    is_plain_file(&order.path)?;
    let is_new = !folder.exists();
    store::make_folder(folder)?;
    let lock = store::lock(folder)?;
    let restored = put_into(folder, &order.path);
    if restored.is_err() && is_new {
        lock.remove();
    }
    Answer::of(&restored?)
}

fn put_into(folder: &Path, backup: &Path) -> Result<Restored> {
    let (staged, entries) = stage(backup, folder, SYNCED)?;
    let now = Clock::default().machine();
    let beginning = restored_anew(Mark::read(folder), now);
    // What can still be read there says where this device belongs; else its passwords say that it did.
    let database = folder.join(store::DATABASE_FILE);
    let before = if database.exists() { store::look_into(&database, sync::books).ok() } else { None };
    let had_joined = Secrets::of(folder).has_any();
    let ((incarnation, newest), must_join_again) = staged.finish(|unit| {
        let is_member = sync::keep_memberships(unit, before.as_deref().unwrap_or_default(), now)?;
        let is_joined = !sync::books(unit)?.is_empty();
        Ok((daybook::begun(unit, &beginning)?, !is_member || (had_joined && !is_joined)))
    })?;
    let kept_path = kept_name(folder, now);
    let kept_path = staged.move_over_rubble(&kept_path)?.then_some(kept_path);
    Mark::open(folder)?.settle(&incarnation.marked(newest));
    Ok(Restored { entries, kept_path, incarnation_id: incarnation.id, must_join_again })
}

fn kept_name(folder: &Path, now: Instant) -> PathBuf {
    store::free_name(folder, &format!("daybook.before-restore-{}", now.stamp()))
}

/// Copies the backup beside the store, brings the copy up to date, and verifies it, before anything is touched. How many entries it
/// holds.
fn stage(backup: &Path, folder: &Path, tables: &[&str]) -> Result<(Staged, i64)> {
    let bad = |fault: Fault| match fault.code {
        // It says something of the backup itself.
        Code::NotAStore | Code::Damaged | Code::MigrationFailed => {
            Fault::new(Code::NotABackup, format!("{} is not a sound backup: {}", shown_path(backup), fault.message))
                .because(fault)
                .at("path")
        }
        _ => fault.at("path"),
    };
    is_plain_file(backup)?;
    let staged = store::stage(backup, folder).map_err(bad)?;
    refold::bring_staged_up_to_date(&staged, NOUNS).map_err(bad)?;
    let report = daybook::verify(staged.database(), tables, None).map_err(bad)?;
    if let Some(finding) = report.findings.first() {
        return Err(bad(Fault::new(Code::Damaged, finding.message.clone())));
    }
    if !holds_a_book(staged.database())? {
        return Err(Fault::new(Code::NotABackup, format!("There is no book in {}.", shown_path(backup))).at("path"));
    }
    Ok((staged, report.entries))
}

/// What is no plain file may be waited for without end.
fn is_plain_file(backup: &Path) -> Result<()> {
    let unreadable = |cause: std::io::Error| {
        Fault::new(Code::FileUnreadable, format!("{} can't be read.", shown_path(backup))).because(cause).at("path")
    };
    if !std::fs::metadata(backup).map_err(unreadable)?.is_file() {
        return Err(Fault::new(Code::NotABackup, format!("{} is not a file.", shown_path(backup))).at("path"));
    }
    std::fs::File::open(backup).map(drop).map_err(unreadable)
}

fn holds_a_book(database: &Path) -> Result<bool> {
    store::read_private(database, |connection| {
        connection.query_row("SELECT EXISTS (SELECT 1 FROM book)", [], |row| row.get(0)).map_err(store::fault_of)
    })
}
