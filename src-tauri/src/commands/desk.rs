//! The desk: where commands are handed in and answered.

use super::decode::Envelope;
use super::table::{Asker, Command, READ_STATEMENTS_MAX, Run, Verb, command};
use super::work::{CommandWork, Waiting};
use super::{keep, prepare};
use crate::daybook::{self, Hash, Incarnation, Mark, Marked};
use crate::domain::BatchId;
use crate::kernel::{BookId, Clock, Code, Fault, Id, IncarnationId, PersonId, Result};
use crate::store::{Store, Unit, WRITER_PATIENCE};
use crate::sync::{Lines, Progress, Secrets, Tables};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// An answer, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// The answer as a value.
    ///
    /// # Errors
    /// `damaged` when what was remembered is no JSON.
    pub fn value(&self) -> Result<Value> {
        serde_json::from_slice(&self.0)
            .map_err(|cause| Fault::new(Code::Damaged, "A remembered answer can't be read.").because(cause))
    }

    /// The answer as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }
}

/// Takes an answer, once.
pub type Reply = Box<dyn FnOnce(Result<Answer>) + Send>;

/// What is told to whoever listens, after a COMMIT and only then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The book.
    pub book: BookId,
    /// The tables that changed.
    pub tables: Vec<String>,
    /// The entry; nothing when only local tables changed.
    pub position: Option<i64>,
}

type Listener = Box<dyn Fn(&Changed) + Send + Sync>;

/// Where commands are handed in and answered: a store, its mark, a clock, and who listens.
pub struct Desk {
    store: Store,
    inner: Arc<Inner>,
    /// Dry runs of imports, each on a copy of the store.
    pub(super) dry_runs: Mutex<HashMap<BatchId, Arc<Desk>>>,
    /// Where the passwords for head office lie.
    pub(super) secrets: Secrets,
    /// The connections to head offices; held while a round is made, so that only one is.
    pub(super) sync_lines: Mutex<Lines>,
    /// How far the round under way has come.
    pub(super) sync_progress: Mutex<Option<(BookId, Progress)>>,
    pub(super) synced_tables: OnceLock<Arc<Tables>>,
    /// Whoever keeps the store synced, woken when there is something to do.
    sync_waker: OnceLock<Waker>,
}

type Waker = Box<dyn Fn() + Send + Sync>;

/// What work that waits for the writer needs of the desk. The store is not in it: work that is answered last must not be
/// what closes the store, for it is the writer that answers.
pub(super) struct Inner {
    mark: Option<Mark>,
    incarnation: RwLock<Incarnation>,
    clock: Clock,
    listeners: RwLock<Vec<Listener>>,
}

impl Inner {
    pub(super) fn incarnation(&self) -> IncarnationId {
        self.incarnation.read().unwrap_or_else(PoisonError::into_inner).id
    }

    pub(super) fn mark_newest(&self, marked: &Marked) {
        if let Some(mark) = &self.mark {
            mark.write(marked);
        }
    }

    pub(super) fn tell(&self, changed: &Changed) {
        for listener in self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter() {
            // It is the writer that tells; a listener that panics must not take it along.
            if catch_unwind(AssertUnwindSafe(|| listener(changed))).is_err() {
                tracing::error!("a listener panicked");
            }
        }
    }
}

impl Desk {
    /// Opens the store of that folder as its owner, and settles which incarnation it is in.
    ///
    /// # Errors
    /// Those of opening a store.
    pub fn open(directory: &Path) -> Result<Desk> {
        let store = Store::open(directory, prepare)?;
        let mark = Mark::open(directory)?;
        let clock = Clock::default();
        let incarnation = daybook::settle(&store, &mark, clock.now(), Id::fresh())?;
        let newest = store.read(2, |snapshot| {
            snapshot.maybe("SELECT created_at FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
        })?;
        if let Some(newest) = newest {
            clock.seen(newest);
        }
        super::import::clear_dry_runs(directory);
        Ok(Desk::over(store, Some(mark), incarnation, clock))
    }

    /// Opens the store beside its owner, for reading only.
    ///
    /// # Errors
    /// Those of opening a store beside its owner.
    pub fn open_beside(directory: &Path) -> Result<Desk> {
        let store = Store::open_beside(directory)?;
        let incarnation = store
            .read(2, daybook::current)?
            .ok_or_else(|| Fault::new(Code::ReadOnly, "The store was never opened by an owner."))?;
        Ok(Desk::over(store, None, incarnation, Clock::default()))
    }

    fn over(store: Store, mark: Option<Mark>, incarnation: Incarnation, clock: Clock) -> Desk {
        let inner = Inner { mark, incarnation: RwLock::new(incarnation), clock, listeners: RwLock::new(Vec::new()) };
        let secrets = Secrets::of(store.directory());
        Desk {
            store,
            inner: Arc::new(inner),
            dry_runs: Mutex::new(HashMap::new()),
            sync_lines: Mutex::new(Lines::of(secrets.clone())),
            secrets,
            sync_progress: Mutex::new(None),
            synced_tables: OnceLock::new(),
            sync_waker: OnceLock::new(),
        }
    }

    /// The same desk, with passwords in the key ring of the person at this machine where there is one, else in files as before. Whoever
    /// opens a desk without asking for this, as a test does, never meets anybody's key ring.
    #[must_use]
    pub fn with_key_ring(self) -> Desk {
        let secrets = self.secrets.with_key_ring();
        Desk { sync_lines: Mutex::new(Lines::of(secrets.clone())), secrets, ..self }
    }

    /// What a task asks first that changes more than its store: beside an owner it would fail when that is done.
    pub(super) fn must_own_the_store(&self) -> Result<()> {
        if self.store.is_owner() {
            return Ok(());
        }
        Err(Fault::new(Code::InUse, "Another Daybook works with this store; close it first."))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The incarnation that the store is in.
    pub fn incarnation(&self) -> Incarnation {
        self.inner.incarnation.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listens from now on. A listener is called after each COMMIT, by the writer: it must be quick.
    pub fn listen(&self, listener: impl Fn(&Changed) + Send + Sync + 'static) {
        self.inner.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Tells the listeners that everything may have changed, as after a restore.
    pub(super) fn tell_all(&self, changed: &Changed) {
        self.inner.tell(changed);
    }

    /// Says how to wake whoever keeps the store synced; said once.
    pub fn set_sync_waker(&self, wake: impl Fn() + Send + Sync + 'static) {
        // Only one keeps it synced; a second would be told nothing.
        let _ = self.sync_waker.set(Box::new(wake));
    }

    /// Wakes whoever keeps the store synced.
    pub(super) fn wake_sync(&self) {
        if let Some(wake) = self.sync_waker.get() {
            wake();
        }
    }

    /// Puts a sound backup in the place of the store; see `restore`.
    pub(super) fn replace_store(&self, replace: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let (id, now): (IncarnationId, _) = (Id::fresh(), self.inner.clock.now());
        let inner = Arc::clone(&self.inner);
        // Before any other work: an entry of the old life would now be given a number that it has given already.
        self.store.replace(prepare, replace, move |unit| {
            daybook::begin(unit, id, daybook::Reason::Restored, now)?;
            let incarnation = daybook::current(unit)?
                .ok_or_else(|| Fault::new(Code::Internal, "The restored store has no incarnation."))?;
            *inner.incarnation.write().unwrap_or_else(PoisonError::into_inner) = incarnation;
            Ok(())
        })?;
        let newest = self.store.read(2, keep::newest)?;
        self.inner.mark_newest(&Marked { incarnation: id, newest });
        Ok(())
    }

    /// Begins another incarnation between two commands.
    pub(super) fn begin_incarnation(
        &self,
        mut begin: impl FnMut(&mut Unit, IncarnationId, crate::kernel::Instant) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let (id, now): (IncarnationId, _) = (Id::fresh(), self.inner.clock.now());
        let inner = Arc::clone(&self.inner);
        let newest = self.store.write(u32::MAX, move |unit| {
            begin(unit, id, now)?;
            let incarnation =
                daybook::current(unit)?.ok_or_else(|| Fault::new(Code::Internal, "The store has no incarnation."))?;
            // The writer runs this, so no command is between the old one and the new.
            *inner.incarnation.write().unwrap_or_else(PoisonError::into_inner) = incarnation;
            keep::newest(unit)
        });
        let newest = match newest {
            Ok(newest) => newest,
            Err(fault) => {
                // Whether it took or not, the store says which incarnation it is in.
                if let Ok(Some(current)) = self.store.read(2, daybook::current) {
                    *self.inner.incarnation.write().unwrap_or_else(PoisonError::into_inner) = current;
                }
                return Err(fault);
            }
        };
        self.inner.mark_newest(&Marked { incarnation: id, newest });
        Ok(())
    }

    /// Runs a command and waits for its answer.
    ///
    /// # Errors
    /// What the command refuses.
    pub fn call(&self, envelope: &Envelope) -> Result<Answer> {
        let command = command(&envelope.command)?;
        match &command.run {
            Run::Read(read) => {
                let asker =
                    Asker { desk: self, book: envelope.book, person: envelope.person, at: self.inner.clock.now() };
                self.store.read(READ_STATEMENTS_MAX, |snapshot| read(snapshot, &asker, envelope.input.clone()))
            }
            Run::Write(write) => {
                let (verb, founder) = write(envelope.input.clone())?;
                self.perform(command, envelope, verb, founder)
            }
            Run::Task(task) => {
                self.refuse_role(command, envelope)?;
                task(self, envelope)
            }
        }
    }

    /// Hands a command in. A writing one takes its place in the queue before this returns, so that commands handed in
    /// one after the other are done in that order; `reply` is called when it is answered. It must be quick.
    pub fn submit(&self, envelope: &Envelope, reply: Reply) {
        let handed_in = command(&envelope.command).and_then(|command| match &command.run {
            Run::Write(write) => write(envelope.input.clone()).map(|(verb, founder)| Some((command, verb, founder))),
            Run::Read(_) | Run::Task(_) => Ok(None),
        });
        match handed_in {
            Ok(Some((command, verb, founder))) => {
                self.hand_in(command, envelope, verb, founder, Arc::default(), reply);
            }
            Ok(None) => reply(self.call(envelope)),
            Err(fault) => reply(Err(fault)),
        }
    }

    /// Does a verb as one unit of work under the envelope's request, and waits for its answer.
    pub(super) fn perform(
        &self,
        command: &'static Command,
        envelope: &Envelope,
        verb: Verb,
        founder: Option<(BookId, PersonId)>,
    ) -> Result<Answer> {
        let waiting = Arc::new(Waiting::default());
        let slot = Arc::new(Slot::default());
        let given = Arc::clone(&slot);
        let reply: Reply = Box::new(move |answer| given.give(answer));
        self.hand_in(command, envelope, verb, founder, Arc::clone(&waiting), reply);
        match slot.wait(Some(WRITER_PATIENCE)) {
            Some(answer) => answer,
            None if waiting.give_up() => {
                Err(Fault::new(Code::Busy, "Too much is waiting to be saved; nothing was done. Try again."))
            }
            // It was begun, so it is finished and answered, however long that takes.
            None => slot.wait(None).unwrap_or_else(|| Err(Fault::new(Code::Internal, "The writer was stopped."))),
        }
    }

    fn hand_in(
        &self,
        command: &'static Command,
        envelope: &Envelope,
        verb: Verb,
        founder: Option<(BookId, PersonId)>,
        waiting: Arc<Waiting>,
        reply: Reply,
    ) {
        // The reply goes along with the work; should the queue refuse the work, it is called from here.
        let reply = Arc::new(Mutex::new(Some(reply)));
        let taken = Arc::clone(&reply);
        let work = CommandWork {
            inner: Arc::clone(&self.inner),
            command,
            verb,
            founder,
            book: envelope.book,
            person: envelope.person,
            request: envelope.request_id.unwrap_or_else(Id::fresh),
            input_hash: input_hash(envelope),
            at: self.inner.clock.now(),
            fresh_device: Id::fresh(),
            waiting,
            done: None,
            reply: Box::new(move |answer| {
                if let Some(reply) = take(&taken) {
                    reply(answer);
                }
            }),
        };
        if let Err(fault) = self.store.submit(Box::new(work), WRITER_PATIENCE)
            && let Some(reply) = take(&reply)
        {
            reply(Err(fault));
        }
    }

    /// A task runs outside the writer, so its role is looked at before.
    fn refuse_role(&self, command: &Command, envelope: &Envelope) -> Result<()> {
        if command.roles.contains(&crate::domain::person::Role::Clerk) {
            return Ok(());
        }
        let scene = self
            .store
            .read(READ_STATEMENTS_MAX, |snapshot| crate::domain::book::scene(snapshot, envelope.book, envelope.person));
        match scene {
            Ok(scene) => match scene.person {
                Some(person) if !command.roles.contains(&person.role) => {
                    Err(Fault::new(Code::NotAllowed, format!("{} may not do this; ask an owner.", person.name)))
                }
                Some(_) | None => Ok(()),
            },
            // A store without a book has nobody who could be refused.
            Err(fault) if fault.code == Code::NoBook => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// Where a caller waits for its answer, asleep: a channel would spin first, and take the processor from the writer.
#[derive(Default)]
struct Slot {
    answer: Mutex<Option<Result<Answer>>>,
    given: Condvar,
}

impl Slot {
    fn give(&self, answer: Result<Answer>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.given.notify_one();
    }

    /// The answer; nothing when it doesn't come in time.
    fn wait(&self, patience: Option<Duration>) -> Option<Result<Answer>> {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        while answer.is_none() {
            answer = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return None,
                Some(left) => self.given.wait_timeout(answer, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.given.wait(answer).unwrap_or_else(PoisonError::into_inner),
            };
        }
        answer.take()
    }
}

fn take(reply: &Mutex<Option<Reply>>) -> Option<Reply> {
    reply.lock().unwrap_or_else(PoisonError::into_inner).take()
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
