//! The commands of sync: join, send and take in, status, pause, and what a person settles.

use super::answer::Changed;
use super::command::{Command, Nothing, Reader, Task, read, read_in, task, write};
use super::decode::Envelope;
use super::nouns::{NOUNS, SYNCED};
use super::refold;
use super::rules::{ANYONE, OWNER};
use super::runner::Runner;
use super::settle;
use crate::daybook;
use crate::domain::book::{self, NOUN as BOOK, Session, UNNAMED_DEVICE};
use crate::domain::page::Page;
use crate::domain::{account, ledger, person, search};
use crate::kernel::{Acting, BookId, Code, DeviceId, Fault, Id, Instant, PersonId, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use crate::sync::{self, Conflict, ConflictKind, Event, Link, Progress, Tables, Trouble};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

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
        )
        .making_the_store(),
        task("sync_now", "Sends what waits and takes in what is new, now.", ANYONE, IN_THE_WAY, now),
        read(
            "sync_status",
            "Tells how far the book's sync has come, what waits since when, and what is in the way.",
            &[],
            status,
        ),
        task("sync_pause", "Pauses the book's sync, or lets it go on.", OWNER, &[Code::NotSynced], pause),
        read_in(
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
                Code::CodeTaken,
                Code::NameTaken,
                Code::LastOwner,
                Code::AccountClosed,
                Code::BadEmail,
                Code::NotCustodian,
                Code::WrongAccountKind,
                Code::InsufficientFunds,
            ],
            conflict_settle,
        )
        .writes(settle::rights())
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
    /// The book that is synced from now on.
    book_id: BookId,
    /// Whether this device brought the book along.
    adopted: bool,
}

fn join(task: &Task, input: JoinInput) -> Result<JoinAnswer> {
    let (runner, envelope) = (task.runner, task.envelope);
    let link = Link::parse(&input.link).map_err(|fault| fault.at("link"))?;
    runner.must_own_the_store()?;
    let store = runner.store();
    let session = match store.read_many(|snapshot| book::session(snapshot, envelope.book, None)) {
        Ok(session) => Some(session),
        Err(fault) if fault.code == Code::NoBook => None,
        Err(fault) => return Err(fault),
    };
    // A device that is new is the same one when it tries again with its link, and another one than a copy with a link of its own.
    let here = store.read(|snapshot| match book::device_here(snapshot)? {
        Some(device) => Ok(Some(device)),
        // It is one already whose first book is still coming.
        None => Ok(sync::books(snapshot)?.first().map(|coming| coming.device)),
    })?;
    let device = match here {
        Some(device) => device,
        None => runner.incarnation().id.derive(&format!("device:{}", link.role)),
    };
    let code = session.as_ref().map_or("D1", |session| session.device.code.as_str());
    let own = session.as_ref().map(|session| session.book.id);
    let joined = sync::join(store, &runner.sync.secrets, &link, own, device, code, runner.clock().machine())?;
    runner.tell_all(&Changed { book: joined.book, tables: vec!["sync_book".into()], position: None });
    if joined.adopted && session.is_some_and(|session| session.device.name == UNNAMED_DEVICE) {
        // To others it is not “this device”. Where nobody who may is chosen, it stays so until somebody names it.
        let name = json!({ "name": joined.device_name });
        if let Err(fault) = task.ask(Envelope { book: Some(joined.book), ..envelope.with("device_rename", name) }) {
            tracing::info!(fault = fault.chain(), "the device keeps its name");
        }
    }
    runner.wake_sync();
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

fn now(task: &Task, input: NowInput) -> Result<NowAnswer> {
    let book = synced_book(task.runner, task.envelope)?;
    let round = sync_round(task.runner, book, input.compare)?;
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
fn synced_book(runner: &Runner, envelope: &Envelope) -> Result<BookId> {
    runner.store().read_many(|snapshot| match book::session(snapshot, envelope.book, None) {
        Ok(session) => Ok(session.book.id),
        Err(fault) if matches!(fault.code, Code::NoBook | Code::NotFound) => {
            let books = sync::books(snapshot)?;
            let found = books.iter().find(|it| envelope.book.is_none_or(|book| book == it.book));
            found.map(|it| it.book).ok_or(fault)
        }
        Err(fault) => Err(fault),
    })
}

/// Makes a round for one book; only one round is made at a time.
///
/// # Errors
/// What is in the way.
pub fn sync_round(runner: &Runner, book: BookId, compare: bool) -> Result<sync::Round> {
    runner.must_own_the_store()?;
    let mut connections = runner.sync.connections.lock().unwrap_or_else(PoisonError::into_inner);
    let tables = match runner.sync.tables.get() {
        Some(tables) => Arc::clone(tables),
        None => {
            let read = runner.store().read_many(|snapshot| Tables::read(snapshot, runner.nouns, search::folded))?;
            Arc::clone(runner.sync.tables.get_or_init(|| Arc::new(read)))
        }
    };
    let tell = |tables: Vec<String>| runner.tell_all(&Changed { book, tables, position: None });
    let set_progress = |progress| *runner.sync.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    let mut make =
        || {
            sync::round(runner.store(), &mut connections, runner.clock(), &tables, book, compare, &mut |event| {
                match event {
                    Event::Progress(progress) => {
                        set_progress(Some((book, progress)));
                        tell(vec!["sync_book".into()]);
                    }
                    Event::Changed(tables) => tell(tables),
                    Event::OfficeClock(office, since) => runner.heard_office_clock(office, since),
                }
            })
        };
    set_progress(Some((book, Progress::default())));
    let mut outcome = make();
    if outcome.as_ref().is_err_and(|fault| fault.code == Code::Copied) {
        outcome = go_on_as_another(runner, book).and_then(|()| make());
    }
    if let Err(fault) = refold::pack(runner.store()) {
        // A search is slower meanwhile, and the next round tries again.
        tracing::warn!(fault = fault.chain(), "what searches go by was not packed");
    }
    set_progress(None);
    tell(vec!["sync_book".into()]);
    outcome
}

/// A copy of this store has used its numbers: it goes on as a new incarnation from the last entry that both have.
fn go_on_as_another(runner: &Runner, book: BookId) -> Result<()> {
    let Some(fork) = sync::find_fork(runner.store(), &runner.sync.secrets, book)? else {
        return Err(Fault::new(
            Code::Copied,
            "Head office has other entries under this store's numbers, and it isn't clear where they part.",
        ));
    };
    runner.begin_incarnation(move |unit, fresh, at| sync::part(unit, &fork, fresh, at))
}

/// Makes a round for every synced book that isn't paused. Whether any was in trouble.
///
/// # Errors
/// What the store says.
pub fn sync_all(runner: &Runner) -> Result<bool> {
    let books = runner.store().read(sync::books)?;
    let mut trouble = false;
    for book in books.iter().filter(|book| !book.paused) {
        trouble |= sync_round(runner, book.book, false).is_err();
    }
    Ok(trouble)
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
    /// Whether the book is still on its way: its rows come first, and then its log is followed.
    joining: bool,
    /// How many rows of such a book are here by now; null where none is on its way.
    received_rows: Option<i64>,
    /// Whether a round is under way, and how far it has come.
    progress: Option<ProgressShown>,
    /// The version of the book's log that this device has taken in; 0 while it joins.
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
    /// When another store was last seen to go on as this device; null while none was. One of the two has to be enrolled anew.
    copied_at: Option<Instant>,
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
    /// For how many seconds head office has not answered what it is asked; null where it isn't asked at this moment.
    silent_seconds: Option<u64>,
}

impl ProgressShown {
    fn of(progress: Progress, silent: Option<Duration>) -> ProgressShown {
        let Progress { pushed, pushed_bytes, to_push, pulled, to_pull, rows } = progress;
        let silent_seconds = silent.map(|silent| silent.as_secs());
        ProgressShown { pushed, pushed_bytes, to_push, pulled, to_pull, rows, silent_seconds }
    }
}

fn status(snapshot: &Snapshot, reader: &Reader, _: Nothing) -> Result<SyncStatus> {
    let (id, day, at) = match reader.session(snapshot) {
        Ok(session) => (session.book.id, session.day(reader.at)?, sync::find(snapshot, session.book.id)?),
        // A device that is only joining has no book yet.
        Err(fault) if matches!(fault.code, Code::NoBook | Code::NotFound) => {
            let mut books = sync::books(snapshot)?.into_iter();
            match books.find(|it| reader.book.is_none_or(|book| book == it.book)) {
                Some(joining) => (joining.book, reader.at..reader.at, Some(joining)),
                None => return Err(fault),
            }
        }
        Err(fault) => return Err(fault),
    };
    let waiting = sync::waiting(snapshot, id)?;
    let today: i64 = crate::daybook::tally_of(snapshot, id, &day)?;
    let progress = *reader.runner.sync.progress.lock().unwrap_or_else(PoisonError::into_inner);
    let conflicts = i64::try_from(all_conflicts(snapshot, id)?.len()).unwrap_or(i64::MAX);
    let trouble = match &at {
        Some(at) => at.trouble.clone(),
        None => membership_lost(snapshot, reader)?,
    };
    let silent = reader.runner.sync.heard.silent_for();
    let joining = at.as_ref().is_some_and(|at| at.stage == sync::Stage::Snapshot);
    let progress = progress.filter(|(book, _)| *book == id).map(|(_, progress)| ProgressShown::of(progress, silent));
    let received_rows = if joining { Some(rows_of(snapshot, id)?) } else { None };
    Ok(SyncStatus {
        joined: at.is_some(),
        host: at.as_ref().map(|at| at.host.clone()),
        paused: at.as_ref().is_some_and(|at| at.paused),
        joining,
        received_rows,
        progress,
        version: at.as_ref().filter(|_| !joining).map_or(0, |at| at.version),
        central_version: at.as_ref().map_or(0, |at| at.central_version),
        today,
        today_sent: if at.is_some() { (today - waiting.entries).max(0) } else { 0 },
        waiting: if at.is_some() { waiting.entries } else { 0 },
        waiting_since_at: waiting.oldest_at.filter(|_| at.is_some()),
        quarantined: waiting.quarantined,
        conflicts,
        trouble,
        synced_at: at.as_ref().and_then(|at| at.synced_at),
        checked_at: at.as_ref().and_then(|at| at.checked_at),
        agrees: at.as_ref().and_then(|at| at.agrees(reader.at)),
        copied_at: at.as_ref().and_then(|at| at.copied_at),
        finding: at.and_then(|at| at.checked_finding),
    })
}

/// How many rows of a book are here.
fn rows_of(snapshot: &Snapshot, book: BookId) -> Result<i64> {
    let count = |table: &&str| {
        let key = if *table == BOOK.table { "id" } else { "book_id" };
        format!("(SELECT count(*) FROM {table} WHERE {key} = :book)")
    };
    let counts: Vec<String> = SYNCED.iter().map(count).collect();
    snapshot.one(&format!("SELECT {}", counts.join(" + ")), named_params! { ":book": book }, |row| row.get(0))
}

/// A backup from before this device joined was put in the store's place: the password still lies here, and nothing is sent any more.
fn membership_lost(snapshot: &Snapshot, reader: &Reader) -> Result<Option<Trouble>> {
    let is_restored = daybook::current(snapshot)?.filter(|it| it.reason != daybook::Reason::New);
    let lost = is_restored.filter(|_| reader.runner.sync.secrets.has_any());
    Ok(lost.map(|incarnation| Trouble {
        code: Code::NotSynced,
        message:
            "This backup is from before this device joined: let head office revoke it, then join again with a new link."
                .into(),
        since_at: incarnation.since,
    }))
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

fn pause(task: &Task, input: PauseInput) -> Result<PauseAnswer> {
    let (runner, envelope) = (task.runner, task.envelope);
    let book = synced_book(runner, envelope)?;
    if runner.store().read(|snapshot| sync::find(snapshot, book))?.is_none() {
        return Err(Fault::new(Code::NotSynced, "This book is not synced; join a head office first."));
    }
    let paused = input.paused;
    runner.store().write(move |unit| sync::set_paused(unit, book, paused))?;
    runner.tell_all(&Changed { book, tables: vec!["sync_book".into()], position: None });
    runner.wake_sync();
    Ok(PauseAnswer { paused })
}

/// Something that waits for a person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conflict")]
struct ConflictShown {
    /// What settling names it by.
    id: Id<Record>,
    /// What happened.
    kind: ConflictKind,
    /// The table that the record is in.
    table: String,
    /// The record that has to be looked at.
    record_id: Id<Record>,
    /// What the record is called.
    record_name: Option<String>,
    /// The column whose value it is about, if it is about one.
    column: Option<String>,
    /// What was written here.
    mine: Value,
    /// When that was written.
    mine_at: Option<Instant>,
    /// Who wrote it.
    mine_person_name: Option<String>,
    /// What stands instead.
    theirs: Value,
    /// When it was written.
    theirs_at: Option<Instant>,
    /// By whom; head office where nobody is named.
    theirs_person_name: Option<String>,
    /// On which device.
    theirs_device_name: Option<String>,
    /// The other record that has the same code.
    other_id: Option<Id<Record>>,
    /// What that one is called.
    other_name: Option<String>,
    /// A sentence, where there is more to say.
    detail: Option<String>,
    /// Since when it waits.
    created_at: Instant,
}

fn conflict_list(snapshot: &Snapshot, session: &Session, _: &Nothing) -> Result<Page<ConflictShown>> {
    let book = session.book.id;
    let people = person::all(snapshot, book)?;
    let devices = book::devices(snapshot, book)?;
    let person_name =
        |id: Option<PersonId>| people.iter().find(|person| Some(person.id) == id).map(|person| person.name.clone());
    let device_name =
        |id: Option<DeviceId>| devices.iter().find(|device| Some(device.id) == id).map(|device| device.name.clone());
    let shown = |conflict: Conflict| ConflictShown {
        id: conflict.id,
        kind: conflict.kind,
        table: conflict.table,
        record_id: conflict.record_id,
        record_name: conflict.record_name,
        column: conflict.column,
        mine: conflict.mine,
        mine_at: conflict.mine_at,
        mine_person_name: person_name(conflict.mine_person),
        theirs: conflict.theirs,
        theirs_at: conflict.theirs_at,
        theirs_person_name: person_name(conflict.theirs_person),
        theirs_device_name: device_name(conflict.theirs_device),
        other_id: conflict.other_id,
        other_name: conflict.other_name,
        detail: conflict.detail,
        created_at: conflict.created_at,
    };
    let rows = all_conflicts(snapshot, book)?.into_iter().map(shown).collect();
    Ok(Page::whole(rows))
}

/// What the log says that waits for a person, and accounts below their minimum.
fn all_conflicts(snapshot: &Snapshot, book: BookId) -> Result<Vec<Conflict>> {
    let mut all = sync::conflicts(snapshot, NOUNS, book)?;
    all.extend(ledger::overdrawn(snapshot, book)?.into_iter().map(|overdrawn| Conflict {
        detail: Some(
            "Its money was spent in two places: by a store and a copy of it, or by a device that head office took the account \
             from. All payments are recorded. Count the cash and correct the account with a transfer."
                .into(),
        ),
        ..Conflict::bare(
            overdrawn.account.cast(),
            ConflictKind::Overdrawn,
            account::NOUN.table,
            Some(overdrawn.name),
            Value::from(overdrawn.balance),
            Value::from(overdrawn.minimum),
            overdrawn.opened_at,
        )
    }));
    Ok(all)
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
    /// The conflict to end.
    conflict_id: Id<Record>,
    /// Which value stands from now on.
    choice: Choice,
    /// The third value, for the choice `value`.
    #[serde(default)]
    value: Option<Value>,
}

/// A conflict that was settled.
#[derive(Serialize, JsonSchema)]
struct Settled {
    /// The conflict that is no more.
    conflict_id: Id<Record>,
    /// What stands now.
    value: Value,
}

fn conflict_settle(unit: &mut Unit, acting: &Acting, order: &Settling) -> Result<Settled> {
    let conflict = sync::find_conflict(unit, NOUNS, acting.book, order.conflict_id)?;
    let value = match order.choice {
        Choice::Mine => conflict.mine.clone(),
        Choice::Theirs => conflict.theirs.clone(),
        Choice::Value => order
            .value
            .clone()
            .ok_or_else(|| Fault::new(Code::MissingField, "Say which value is to stand.").at("value"))?,
    };
    if order.choice != Choice::Theirs {
        settle::write_value(unit, acting, &conflict, &value)?;
    }
    sync::resolve(unit, acting.book, order.conflict_id, acting.at)?;
    Ok(Settled { conflict_id: order.conflict_id, value })
}
