//! The commands of sync: join, send and take in, status, pause, and what a person settles.

use super::decode::{Envelope, decode};
use super::desk::{Changed, Desk};
use super::table::{ANYONE, Asker, Command, Nothing, OWNER, read, task, write};
use crate::domain::book::{self, UNNAMED_DEVICE};
use crate::domain::{SYNCED, account, customer, local_text, product};
use crate::kernel::{Acting, BookId, Code, Fault, Id, Instant, Result, Zone, kind::Record};
use crate::store::{Snapshot, Unit};
use crate::sync::{self, Conflict, Link, Progress, Tables, Told, Trouble};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};

/// What can be in the way of a round.
const IN_THE_WAY: &[Code] = &[
    Code::NotSynced,
    Code::Unreachable,
    Code::Refused,
    Code::KeyRingShut,
    Code::Tls,
    Code::CentralTooOld,
    Code::CentralTooNew,
    Code::CentralDiffers,
    Code::CentralRewound,
    Code::Copied,
];

pub(super) fn commands() -> Vec<Command> {
    vec![
        task(
            "sync_join",
            "Joins a head office by the link that it gave: with this device's own book, or as a member of one that is there.",
            OWNER,
            &[
                Code::BadLink,
                Code::Unreachable,
                Code::Refused,
                Code::KeyRingShut,
                Code::Tls,
                Code::CentralTooOld,
                Code::CentralTooNew,
            ],
            join,
        ),
        task("sync_now", "Sends what waits and takes in what is new, now.", ANYONE, IN_THE_WAY, now),
        read(
            "sync_status",
            "Tells how far the book's sync has come, what waits since when, and what is in the way.",
            &[],
            status,
        ),
        task("sync_pause", "Pauses the book's sync, or lets it go on.", OWNER, &[Code::NotSynced], pause),
        read(
            "conflict_list",
            "Lists what waits for a person: edits that lost, codes given twice, accounts overdrawn, entries in quarantine.",
            &[],
            conflict_list,
        ),
        write(
            "conflict_settle",
            "Settles an edit that lost: puts this device's value back, keeps the other one, or writes a third.",
            ANYONE,
            &[
                Code::AlreadySettled,
                Code::Stale,
                Code::Archived,
                Code::CodeTaken,
                Code::NameTaken,
                Code::AccountClosed,
                Code::BadEmail,
                Code::NotCustodian,
                Code::WrongAccountKind,
                Code::InsufficientFunds,
            ],
            conflict_settle,
        )
        .touching(&["sync_conflict"]),
    ]
}

/// How a device joins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JoinInput {
    /// The link, as head office gave it.
    link: String,
}

/// What was joined.
#[derive(Serialize, JsonSchema)]
struct JoinAnswer {
    /// The book.
    book_id: BookId,
    /// Whether this device brought the book along.
    adopted: bool,
}

fn join(desk: &Desk, envelope: &Envelope, input: JoinInput) -> Result<JoinAnswer> {
    let link = Link::parse(&input.link).map_err(|fault| fault.at("link"))?;
    desk.must_own_the_store()?;
    let store = desk.store();
    let scene = match store.read(16, |snapshot| book::scene(snapshot, envelope.book, None)) {
        Ok(scene) => Some(scene),
        Err(fault) if fault.code == Code::NoBook => None,
        Err(fault) => return Err(fault),
    };
    // A device that is new is the same one when it tries again with its link, and another one than a copy with a link of its own.
    let here = store.read(8, |snapshot| match book::device_here(snapshot)? {
        Some(device) => Ok(Some(device)),
        // It is one already whose first book is still coming.
        None => Ok(sync::books(snapshot)?.first().map(|coming| coming.device)),
    })?;
    let device = match here {
        Some(device) => device,
        None => desk.incarnation().id.derive(&format!("device:{}", link.role)),
    };
    let code = scene.as_ref().map_or("D1", |scene| scene.device.code.as_str());
    let own = scene.as_ref().map(|scene| scene.book.id);
    let joined = sync::join(store, &desk.secrets, &link, own, device, code, desk.clock().now())?;
    desk.tell_all(&Changed { book: joined.book, tables: vec!["sync_book".into()], position: None });
    if joined.adopted && scene.is_some_and(|scene| scene.device.name == UNNAMED_DEVICE) {
        // To others it is not “this device”. Where nobody who may is chosen, it stays so until somebody names it.
        let name = json!({ "name": joined.device_name });
        if let Err(fault) = desk.call(&Envelope {
            book: Some(joined.book),
            person: envelope.person,
            ..Envelope::of("device_rename", name)
        }) {
            tracing::info!(fault = fault.chain(), "the device keeps its name");
        }
    }
    desk.wake_sync();
    Ok(JoinAnswer { book_id: joined.book, adopted: joined.adopted })
}

/// Whether to compare as well.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NowInput {
    /// Whether to compare all tables with head office's; by itself that is done every ten minutes, or every hour where nothing is new.
    #[serde(default)]
    compare: bool,
}

/// What a round did.
#[derive(Serialize, JsonSchema)]
struct NowAnswer {
    /// Entries sent.
    pushed: i64,
    /// Their bytes.
    pushed_bytes: i64,
    /// Versions taken in.
    pulled: i64,
    /// Rows of a snapshot taken in.
    rows: i64,
    /// Conflicts that came up.
    conflicts: i64,
    /// The version that the book is at.
    version: i64,
    /// Whether all tables agree with head office's, where they were compared.
    agrees: Option<bool>,
}

fn now(desk: &Desk, envelope: &Envelope, input: NowInput) -> Result<NowAnswer> {
    let book = synced_book(desk, envelope)?;
    let round = desk.sync_round(book, input.compare)?;
    Ok(NowAnswer {
        pushed: round.pushed,
        pushed_bytes: round.pushed_bytes,
        pulled: round.pulled,
        rows: round.rows,
        conflicts: round.conflicts,
        version: round.version,
        agrees: round.agrees,
    })
}

/// The book that is meant: the one named or chosen, or the first that is synced, where the device keeps none yet.
fn synced_book(desk: &Desk, envelope: &Envelope) -> Result<BookId> {
    desk.store().read(16, |snapshot| match book::scene(snapshot, envelope.book, None) {
        Ok(scene) => Ok(scene.book.id),
        Err(fault) if matches!(fault.code, Code::NoBook | Code::NotFound) => {
            let books = sync::books(snapshot)?;
            let found = books.iter().find(|it| envelope.book.is_none_or(|book| book == it.book));
            found.map(|it| it.book).ok_or(fault)
        }
        Err(fault) => Err(fault),
    })
}

impl Desk {
    /// Makes a round for one book; only one round is made at a time.
    ///
    /// # Errors
    /// What is in the way.
    pub fn sync_round(&self, book: BookId, compare: bool) -> Result<sync::Round> {
        self.must_own_the_store()?;
        let mut lines = self.sync_lines.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = match self.synced_tables.get() {
            Some(tables) => Arc::clone(tables),
            None => {
                let tables = Arc::new(self.store().read(64, |snapshot| Tables::read(snapshot, SYNCED, local_text))?);
                Arc::clone(self.synced_tables.get_or_init(|| tables))
            }
        };
        let tell = |tables: Vec<String>| self.tell_all(&Changed { book, tables, position: None });
        let mut make = || {
            sync::round(self.store(), &mut lines, self.clock(), &tables, book, compare, &mut |told| match told {
                Told::Progress(progress) => {
                    *self.sync_progress.lock().unwrap_or_else(PoisonError::into_inner) = Some((book, progress));
                    tell(vec!["sync_book".into()]);
                }
                Told::Changed(tables) => tell(tables),
            })
        };
        let mut outcome = make();
        if outcome.as_ref().is_err_and(|fault| fault.code == Code::Copied) {
            outcome = self.go_on_as_another(book).and_then(|()| make());
        }
        *self.sync_progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
        tell(vec!["sync_book".into()]);
        outcome
    }

    /// A copy of this store has used its numbers: it goes on as a new incarnation from the last entry that both have.
    fn go_on_as_another(&self, book: BookId) -> Result<()> {
        let Some(fork) = sync::find_fork(self.store(), &self.secrets, book)? else {
            return Err(Fault::new(
                Code::Copied,
                "Head office has other entries under this store's numbers, and it isn't clear where they part.",
            ));
        };
        self.begin_incarnation(move |unit, fresh, at| sync::part(unit, &fork, fresh, at))
    }

    /// Makes a round for every synced book that isn't paused. Whether any was in trouble.
    ///
    /// # Errors
    /// What the store says.
    pub fn sync_all(&self) -> Result<bool> {
        let books = self.store().read(4, sync::books)?;
        let mut trouble = false;
        for book in books.iter().filter(|book| !book.paused) {
            trouble |= self.sync_round(book.book, false).is_err();
        }
        Ok(trouble)
    }
}

/// How a book's sync is.
#[derive(Serialize, JsonSchema)]
struct SyncStatus {
    /// Whether the book is synced at all.
    joined: bool,
    /// Head office's server.
    host: Option<String>,
    /// Whether it is paused.
    paused: bool,
    /// Whether a snapshot is still being taken in.
    joining: bool,
    /// Whether a round is under way, and how far it has come.
    progress: Option<ProgressShown>,
    /// The version of the book's log that this device has taken in.
    version: i64,
    /// The newest at head office when it was last asked.
    central_version: i64,
    /// Entries made today on this device.
    today: i64,
    /// Of how many of those head office has said what became of them.
    today_sent: i64,
    /// Entries that wait for that.
    waiting: i64,
    /// Since when the oldest waits.
    waiting_since_at: Option<Instant>,
    /// Entries that head office keeps for a person.
    quarantined: i64,
    /// What waits for a person, all in all.
    conflicts: i64,
    /// What is in the way.
    trouble: Option<Trouble>,
    /// When a round last went through.
    synced_at: Option<Instant>,
    /// When the tables were last compared.
    checked_at: Option<Instant>,
    /// Whether they agreed then; null when that is too long ago to speak for what is here now.
    agrees: Option<bool>,
    /// What differed.
    finding: Option<String>,
}

/// How far a round has come.
#[derive(Serialize, JsonSchema)]
struct ProgressShown {
    /// Entries sent.
    pushed: i64,
    /// Their bytes.
    pushed_bytes: i64,
    /// Entries that still wait.
    to_push: i64,
    /// Versions taken in.
    pulled: i64,
    /// Versions still to be taken in.
    to_pull: i64,
    /// Rows of a snapshot taken in.
    rows: i64,
}

impl From<Progress> for ProgressShown {
    fn from(progress: Progress) -> ProgressShown {
        let Progress { pushed, pushed_bytes, to_push, pulled, to_pull, rows } = progress;
        ProgressShown { pushed, pushed_bytes, to_push, pulled, to_pull, rows }
    }
}

fn status(snapshot: &Snapshot, asker: &Asker, _: Nothing) -> Result<SyncStatus> {
    let (id, midnight) = match asker.scene(snapshot) {
        Ok(scene) => (scene.book.id, Zone::parse(&scene.book.time_zone)?.start_of(scene.today(asker.at)?)),
        // A device that is only joining has no book yet.
        Err(fault) if matches!(fault.code, Code::NoBook | Code::NotFound) => {
            let books = sync::books(snapshot)?;
            match books.iter().find(|it| asker.book.is_none_or(|book| book == it.book)) {
                Some(joining) => (joining.book, asker.at),
                None => return Err(fault),
            }
        }
        Err(fault) => return Err(fault),
    };
    let waiting = sync::waiting(snapshot, id)?;
    let today: i64 = crate::daybook::tally_of(snapshot, id, midnight)?;
    let progress = *asker.desk.sync_progress.lock().unwrap_or_else(PoisonError::into_inner);
    let conflicts = i64::try_from(sync::conflicts(snapshot, id)?.len()).unwrap_or(i64::MAX);
    let at = sync::find(snapshot, id)?;
    let progress = progress.filter(|(book, _)| *book == id).map(|(_, progress)| progress.into());
    Ok(SyncStatus {
        joined: at.is_some(),
        host: at.as_ref().map(|at| at.host.clone()),
        paused: at.as_ref().is_some_and(|at| at.paused),
        joining: at.as_ref().is_some_and(|at| at.stage != sync::Stage::Following),
        progress,
        version: at.as_ref().map_or(0, |at| at.version),
        central_version: at.as_ref().map_or(0, |at| at.central_version),
        today,
        today_sent: if at.is_some() { (today - waiting.entries).max(0) } else { 0 },
        waiting: if at.is_some() { waiting.entries } else { 0 },
        waiting_since_at: waiting.oldest_at.filter(|_| at.is_some()),
        quarantined: waiting.quarantined,
        conflicts,
        trouble: at.as_ref().and_then(|at| at.trouble.clone()),
        synced_at: at.as_ref().and_then(|at| at.synced_at),
        checked_at: at.as_ref().and_then(|at| at.checked_at),
        agrees: at.as_ref().and_then(|at| at.agrees(asker.at)),
        finding: at.and_then(|at| at.checked_finding),
    })
}

/// Whether to pause.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PauseInput {
    /// True pauses, false lets it go on.
    paused: bool,
}

/// Whether it is paused now.
#[derive(Serialize, JsonSchema)]
struct PauseAnswer {
    /// Whether it is paused.
    paused: bool,
}

fn pause(desk: &Desk, envelope: &Envelope, input: PauseInput) -> Result<PauseAnswer> {
    let book = synced_book(desk, envelope)?;
    if desk.store().read(4, |snapshot| sync::find(snapshot, book))?.is_none() {
        return Err(Fault::new(Code::NotSynced, "This book is not synced; join a head office first."));
    }
    let paused = input.paused;
    desk.store().write(4, move |unit| sync::set_paused(unit, book, paused))?;
    desk.tell_all(&Changed { book, tables: vec!["sync_book".into()], position: None });
    desk.wake_sync();
    Ok(PauseAnswer { paused })
}

/// What waits for a person.
#[derive(Serialize, JsonSchema)]
struct Conflicts {
    /// All of it.
    rows: Vec<Conflict>,
}

fn conflict_list(snapshot: &Snapshot, asker: &Asker, _: Nothing) -> Result<Conflicts> {
    Ok(Conflicts { rows: sync::conflicts(snapshot, asker.scene(snapshot)?.book.id)? })
}

/// How it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// This device's value is put back.
    Mine,
    /// The value that stands is kept.
    Theirs,
    /// A third value is written.
    Value,
}

/// A conflict to be settled.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settling {
    /// Which.
    conflict_id: Id<Record>,
    /// How.
    choice: Choice,
    /// The third value, for the choice `value`.
    #[serde(default)]
    value: Option<Value>,
}

/// A conflict that was settled.
#[derive(Serialize, JsonSchema)]
struct Settled {
    /// Which.
    conflict_id: Id<Record>,
    /// What stands now.
    value: Value,
}

fn conflict_settle(unit: &mut Unit, acting: &Acting, order: &Settling) -> Result<Settled> {
    let conflict = sync::find_conflict(unit, acting.book, order.conflict_id)?;
    let column = conflict.column.clone().unwrap_or_default();
    let value = match order.choice {
        Choice::Mine => conflict.mine.clone(),
        Choice::Theirs => conflict.theirs.clone(),
        Choice::Value => order
            .value
            .clone()
            .ok_or_else(|| Fault::new(Code::MissingField, "Say which value is to stand.").at("value"))?,
    };
    if order.choice != Choice::Theirs {
        let id = conflict.record_id;
        let blame = |fault: Fault| {
            if fault.field.as_deref() == Some(column.as_str()) {
                Fault { field: Some("value".into()), ..fault }
            } else {
                fault
            }
        };
        match conflict.table.as_str() {
            "customer" if column == "archived_at" => {
                let version = customer::find(unit, acting.book, id.cast())?.row_version;
                let order = json!({ "customer_id": id, "row_version": version, "archived": !value.is_null() });
                customer::archive(unit, acting, &decode(order)?)?;
            }
            "customer" => {
                let version = customer::find(unit, acting.book, id.cast())?.row_version;
                let order = json!({ "customer_id": id, "row_version": version, column.as_str(): value });
                customer::edit(unit, acting, &decode(order).map_err(blame)?).map_err(blame)?;
            }
            "product" => {
                let version = product::find(unit, acting.book, id.cast())?.row_version;
                let order = if column == "archived_at" {
                    json!({ "product_id": id, "row_version": version, "archived": !value.is_null() })
                } else {
                    json!({ "product_id": id, "row_version": version, column.as_str(): value })
                };
                product::edit(unit, acting, &decode(order).map_err(blame)?).map_err(blame)?;
            }
            // Custody is handed over, never settled: whoever keeps an account has it from its keeper or from head office.
            "payment_account" if ["name", "minimum_minor"].contains(&column.as_str()) => {
                let version = account::find(unit, acting.book, acting.device, id.cast())?.row_version;
                let order = json!({ "account_id": id, "row_version": version, column.as_str(): value });
                account::edit(unit, acting, &decode(order).map_err(blame)?).map_err(blame)?;
            }
            _ => {
                return Err(
                    Fault::new(Code::NotAllowed, "This can't be written on a device; keep what stands.").at("choice")
                );
            }
        }
    }
    sync::settle(unit, acting.book, order.conflict_id, acting.at)?;
    Ok(Settled { conflict_id: order.conflict_id, value })
}
