//! The runner: a store and what is needed to run commands on it, one unit of work each.
//!
//! Not here: which commands there are (table), and how a call finds its command (calls).

#![expect(
    clippy::disallowed_methods,
    reason = "the edge: ids are made here, before the unit of work that is given them"
)]

use super::answer::{Answer, Changed, Reply};
use super::clock::ClockWatch;
use super::decode::Envelope;
use super::nouns::NOUNS;
use super::prepare::prepare;
use super::refold;
use super::rules::Rules;
use super::state::State;
use super::write::{CommandJob, Verb};
use crate::daybook::{self, Beginning, Hash, Incarnation, Mark, Marked};
use crate::domain::BatchId;
use crate::interchange::{self, DryFolder};
use crate::kernel::{BookId, Clock, Code, Fault, Id, IncarnationId, Instant, Noun, PersonId, Result};
use crate::store::{DATABASE_FILE, Prepare, Staged, Store, Unit, WRITER_PATIENCE, copy_database, no_store};
use crate::sync::{self, Connections, Heard, Progress, Secrets, Tables};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// Where commands are run: a store, its mark, a clock, and who listens.
pub struct Runner {
    store: Store,
    /// The nouns whose changes become entries, parents first.
    pub(super) nouns: &'static [&'static Noun],
    state: Arc<State>,
    /// Dry runs of imports, each on a copy of the store.
    pub(super) dry_runs: Mutex<HashMap<BatchId, Arc<DryRun>>>,
    pub(super) sync: SyncState,
}

/// A dry run of an import: a runner on a copy of the store, which is removed with it.
pub(super) struct DryRun {
    pub(super) runner: Runner,
    // Dropped after the runner, which has its files open.
    _folder: DryFolder,
}

impl DryRun {
    pub(super) fn on_copy_of(store: &Store, id: BatchId) -> Result<DryRun> {
        let folder = DryFolder::make(store.directory(), id)?;
        copy_database(&store.database(), &folder.path().join(DATABASE_FILE))?;
        Ok(DryRun { runner: Runner::open(folder.path())?, _folder: folder })
    }
}

type Waker = Box<dyn Fn() + Send + Sync>;

/// What the runner keeps for sync.
pub(super) struct SyncState {
    /// Where the passwords for head office lie.
    pub(super) secrets: Secrets,
    /// The connections to head offices; held while a round is made, so that only one is.
    pub(super) connections: Mutex<Connections>,
    /// How far the round under way has come.
    pub(super) progress: Mutex<Option<(BookId, Progress)>>,
    /// When head office was last heard of.
    pub(super) heard: Arc<Heard>,
    pub(super) tables: OnceLock<Arc<Tables>>,
    /// Whoever keeps the store synced, woken when there is something to do.
    waker: OnceLock<Waker>,
}

impl SyncState {
    fn new(secrets: Secrets) -> SyncState {
        let heard = Arc::default();
        SyncState {
            connections: Mutex::new(Connections::of(secrets.clone(), Arc::clone(&heard))),
            secrets,
            progress: Mutex::default(),
            heard,
            tables: OnceLock::new(),
            waker: OnceLock::new(),
        }
    }
}

impl Runner {
    /// Opens the store of that folder as its owner, makes it if there is none, and settles which incarnation it is in.
    ///
    /// # Errors
    /// Those of opening a store.
    pub fn open(directory: &Path) -> Result<Runner> {
        Runner::open_as(directory, prepare, NOUNS)
    }

    /// As [`Runner::open`], where there is a store.
    ///
    /// # Errors
    /// `no_store`; those of opening a store.
    pub fn open_existing(directory: &Path) -> Result<Runner> {
        if !Store::is_there(directory)? {
            daybook::refuse_to_begin_anew(directory)?;
            return Err(no_store(directory));
        }
        Runner::open(directory)
    }

    /// As [`Runner::open`], with other nouns than this Daybook has, as an older or newer one would.
    ///
    /// # Errors
    /// As [`Runner::open`].
    pub fn open_as(directory: &Path, prepare: Prepare, nouns: &'static [&'static Noun]) -> Result<Runner> {
        let clock = Clock::default();
        let now = clock.machine();
        let (store, lost) = Store::open_after(directory, prepare, || daybook::look(directory, now))?;
        let mark = Mark::open(directory)?;
        let incarnation = daybook::determine(&store, &mark, now, Id::fresh(), lost)?;
        let newest = store.read(|snapshot| {
            snapshot.maybe("SELECT created_at FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
        })?;
        if let Some(newest) = newest {
            clock.made_at(newest);
        }
        refold::bring_up_to_date(&store, nouns)?;
        interchange::clear_dry_runs(directory);
        interchange::clear_copies(directory, &store.read(interchange::running)?);
        let clock_watch = store.read(ClockWatch::read)?;
        Ok(Runner { nouns, ..Runner::over(store, State::new(Some(mark), incarnation, clock, clock_watch)) })
    }

    /// Opens the store beside its owner, for reading only.
    ///
    /// # Errors
    /// Those of opening a store beside its owner.
    pub fn open_beside(directory: &Path) -> Result<Runner> {
        daybook::refuse_to_begin_anew(directory)?;
        let store = Store::open_beside(directory)?;
        refold::refuse_unfolded(&store)?;
        let incarnation = store
            .read(daybook::current)?
            .ok_or_else(|| Fault::new(Code::ReadOnly, "The store was never opened by an owner."))?;
        let state = State::new(None, incarnation, Clock::default(), ClockWatch::default());
        Ok(Runner::over(store, state))
    }

    fn over(store: Store, state: State) -> Runner {
        let sync = SyncState::new(Secrets::of(store.directory()));
        Runner { store, nouns: NOUNS, state: Arc::new(state), dry_runs: Mutex::default(), sync }
    }

    /// The same runner, with passwords in the key ring of the person at this machine where there is one, else in files as before. Whoever
    /// opens a runner without asking for this, as a test does, never meets anybody's key ring.
    #[must_use]
    pub fn with_key_ring(self) -> Runner {
        let secrets = self.sync.secrets.with_key_ring();
        Runner { sync: SyncState::new(secrets), ..self }
    }

    /// What a task asks first that changes more than its store: beside an owner it would fail when that is done.
    pub(super) fn must_own_the_store(&self) -> Result<()> {
        if self.store.is_owner() {
            return Ok(());
        }
        if self.store.is_beside_owner() {
            return Err(Fault::new(Code::InUse, "Another Daybook works with this store; close it first."));
        }
        Err(self.store.why_read_only())
    }

    /// The tables whose changes become entries, parents first.
    pub(super) fn tables(&self) -> Vec<&'static str> {
        self.nouns.iter().map(|noun| noun.table).collect()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Entries that are gone, and that nobody has seen to yet.
    pub fn losses(&self) -> Vec<daybook::Loss> {
        self.store.read(|snapshot| daybook::losses(snapshot, self.store.directory())).unwrap_or_default()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.state.clock
    }

    /// The incarnation that the store is in.
    pub fn incarnation(&self) -> Incarnation {
        self.state.incarnation()
    }

    /// Listens from now on. A listener is called after each COMMIT, in their order, by whoever wrote: it must be quick. It may ask
    /// the store itself.
    pub fn listen(&self, listener: impl Fn(&Changed) + Send + Sync + 'static) {
        self.state.listen(listener);
    }

    /// Tells the listeners that everything may have changed, as after a restore.
    pub(super) fn tell_all(&self, changed: &Changed) {
        self.state.will_tell(changed.clone());
        self.state.tell();
    }

    /// Says how to wake whoever keeps the store synced; said once.
    pub fn set_sync_waker(&self, wake: impl Fn() + Send + Sync + 'static) {
        // Only one keeps it synced; a second would be told nothing.
        let _ = self.sync.waker.set(Box::new(wake));
    }

    /// Wakes whoever keeps the store synced.
    pub(super) fn wake_sync(&self) {
        if let Some(wake) = self.sync.waker.get() {
            wake();
        }
    }

    /// Puts a staged backup in the place of the store; see `restore`. Its new life begins in the staged file, so that the rename is all.
    /// Whether it is a member of all head offices that the store was a member of.
    pub(super) fn replace_store(&self, staged: &Staged, kept: &Path) -> Result<bool> {
        let before = self.store.read(sync::books)?;
        let is_member = Cell::new(true);
        let beginning = restored_anew(Mark::read(self.store.directory()), self.state.clock.machine());
        let replace = || {
            let begun = staged.finish(|unit| {
                is_member.set(sync::keep_memberships(unit, &before, beginning.at)?);
                daybook::begun(unit, &beginning)
            })?;
            staged.move_in(kept)?;
            Ok(begun)
        };
        // Before any other work: an entry of the old life would now be given a number that it has given already.
        self.store.replace(replace, |(incarnation, newest)| self.state.begun(incarnation.clone(), *newest))?;
        Ok(is_member.get())
    }

    /// Begins another incarnation between two commands.
    pub(super) fn begin_incarnation(
        &self,
        mut begin: impl FnMut(&mut Unit, IncarnationId, Instant) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let (id, now): (IncarnationId, _) = (Id::fresh(), self.state.clock.for_order());
        let state = Arc::clone(&self.state);
        let verb = move |unit: &mut Unit| {
            begin(unit, id, now)?;
            daybook::standing(unit)
        };
        self.store.write_and(verb, move |(incarnation, newest)| state.begun(incarnation.clone(), *newest)).map(drop)
    }

    /// Head office said what time it is, at that uptime; what that tells of this machine's clock is kept.
    pub(super) fn heard_office_clock(&self, office: Instant, heard_at: Duration) {
        let state = &self.state;
        state.clock_watch.heard(office, heard_at);
        let Some(believed) = state.clock_watch.office_to_keep(&state.clock, state.clock.machine()) else { return };
        match self.store.write(move |unit| believed.write(unit)) {
            Ok(()) => state.clock_watch.believe(believed),
            // The next round hears it again.
            Err(fault) => tracing::warn!(fault = fault.chain(), "what head office's clock says was not kept"),
        }
    }

    /// Does a verb as one unit of work under the envelope's request, and waits for its answer.
    pub(super) fn perform(
        &self,
        rules: &'static Rules,
        envelope: &Envelope,
        verb: Verb,
        founder: Option<(BookId, PersonId)>,
    ) -> Result<Answer> {
        self.store.perform(WRITER_PATIENCE, |giver| {
            Box::new(self.job(rules, envelope, verb, founder, Box::new(move |answer| giver.give(answer))))
        })
    }

    /// Hands a verb in. `reply` is called when it is answered, or from here when the writer can't take it.
    pub(super) fn hand_in(
        &self,
        rules: &'static Rules,
        envelope: &Envelope,
        verb: Verb,
        founder: Option<(BookId, PersonId)>,
        reply: Reply,
    ) {
        let job = self.job(rules, envelope, verb, founder, reply);
        if let Err((job, fault)) = self.store.submit(Box::new(job), WRITER_PATIENCE) {
            job.answer(Err(fault));
        }
    }

    fn job(
        &self,
        rules: &'static Rules,
        envelope: &Envelope,
        verb: Verb,
        founder: Option<(BookId, PersonId)>,
        reply: Reply,
    ) -> CommandJob {
        CommandJob {
            state: Arc::clone(&self.state),
            rules,
            verb,
            founder,
            book: envelope.book,
            person: envelope.person,
            request: envelope.request_id.unwrap_or_else(Id::fresh),
            input_hash: input_hash(envelope),
            at: self.state.clock.for_order(),
            machine: self.state.clock.machine(),
            clock_confirmed: envelope.clock_confirmed,
            fresh_device: Id::fresh(),
            done: None,
            reply,
        }
    }
}

/// How a life begins with a backup.
pub(super) fn restored_anew(mark: Option<Marked>, at: Instant) -> Beginning {
    Beginning { id: Id::fresh(), reason: daybook::Reason::Restored, at, mark, lost: None }
}

/// What a request asked for: the same request id with another command, book, person or input is another request.
fn input_hash(envelope: &Envelope) -> Hash {
    let mut hash = Sha256::new();
    hash.update(envelope.command.as_bytes());
    for id in [envelope.book.map(|id| *id.as_bytes()), envelope.person.map(|id| *id.as_bytes())] {
        hash.update([u8::from(id.is_some())]);
        hash.update(id.unwrap_or_default());
    }
    let mut text = String::new();
    write_sorted(&mut text, &envelope.input);
    hash.update(text.as_bytes());
    hash.finalize().into()
}

/// JSON with its keys sorted, so that the order in which a face wrote them doesn't matter.
fn write_sorted(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (key, value) in members {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_sorted(out, value);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_sorted(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}
