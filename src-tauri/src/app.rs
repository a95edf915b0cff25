//! Composition: where the store is, the log, and the runner that both faces hand their commands to.
//!
//! The store is opened when the first command asks for it, and made by none but those that make one.

use crate::commands::{Answer, Changed, Command, Envelope, Reply, Runner, command, restore_into, sync_all};
use crate::kernel::{BookId, Code, Fault, Result};
use crate::log;
pub use crate::sync::{Admin, ForBook, parse_reachable};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How often head office is asked for news when nothing happens here; each device adds up to a third of its own, so that not all ask
/// at once.
const POLL: Duration = Duration::from_secs(15);
/// How soon after a commit its entry is sent: what follows at once goes along.
const LINGER: Duration = Duration::from_millis(300);
/// How long is waited after the first trouble; twice as long after each one more.
const BACK_OFF: Duration = Duration::from_secs(2);
/// And at the longest: the network may be back any time.
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// How long whoever writes waits for a store that another process owns, before it is told `in_use`: two scripts at once take turns.
pub const OWNER_PATIENCE: Duration = Duration::from_secs(2);
/// How often it looks meanwhile; no lock can be waited for with a limit.
const OWNER_POLL: Duration = Duration::from_millis(20);

/// Says whether the password for head office may lie in the key ring: `off` keeps it in a file, everything else lets it.
pub const KEY_RING_VARIABLE: &str = "DAYBOOK_KEYRING";

/// Daybook on the store of a folder.
#[derive(Clone)]
pub struct App {
    home: Arc<Home>,
}

struct Home {
    store: PathBuf,
    /// Whether a store that another process owns is read beside that one.
    reads_beside: bool,
    runner: OnceLock<Arc<Runner>>,
    opening: Mutex<()>,
    /// What waits for the store to be opened.
    once_opened: Mutex<Vec<OnceOpened>>,
}

type OnceOpened = Box<dyn FnOnce(&Arc<Runner>) + Send>;

impl App {
    /// On the store of that folder, as its owner.
    pub fn at(store: &Path) -> App {
        App::new(store, false)
    }

    /// On the store of that folder; where another process owns it, or where this user can't write, it is read all the same.
    pub fn at_or_beside(store: &Path) -> App {
        App::new(store, true)
    }

    fn new(store: &Path, reads_beside: bool) -> App {
        let home = Home {
            store: store.to_owned(),
            reads_beside,
            runner: OnceLock::new(),
            opening: Mutex::default(),
            once_opened: Mutex::default(),
        };
        App { home: Arc::new(home) }
    }

    /// Opens the store, unless it is open: for a command of that name, which may make it.
    ///
    /// # Errors
    /// `no_store`; those of opening a store; `in_use` when another process owns it.
    pub fn open_for(&self, name: &str) -> Result<&Arc<Runner>> {
        let command = command(name)?;
        self.home.open_for(command)
    }

    /// Whether the store is open, and this process owns it.
    pub fn is_owner(&self) -> bool {
        self.home.runner.get().is_some_and(|runner| runner.store().is_owner())
    }

    /// Closes the store, whoever still holds it: what waits is done, and the log is carried over into the database.
    pub fn close(&self) {
        if let Some(runner) = self.home.runner.get() {
            runner.store().close();
        }
    }

    /// Listens from now on, or from when the store is opened. See [`Runner::listen`].
    pub fn listen(&self, listener: impl Fn(&Changed) + Send + Sync + 'static) {
        self.home.once_opened(Box::new(move |runner| runner.listen(listener)));
    }

    /// Keeps all synced books synced from now on, by a thread of its own, until the value is dropped. A store without such books costs
    /// nothing but the thread.
    ///
    /// # Errors
    /// `internal` when there can be no thread.
    pub fn keep_synced(&self) -> Result<SyncLoop> {
        let bell = Arc::new(Bell::default());
        let (home, waits) = (Arc::downgrade(&self.home), Arc::clone(&bell));
        let ring = Arc::clone(&bell);
        self.home.once_opened(Box::new(move |runner| {
            if runner.store().is_owner() {
                let woken = Arc::clone(&ring);
                runner.set_sync_waker(move || woken.ring());
                // A commit with an entry is something to send.
                let heard = Arc::clone(&ring);
                runner.listen(move |changed| {
                    if changed.position.is_some() {
                        heard.ring();
                    }
                });
            }
            ring.ring();
        }));
        std::thread::Builder::new()
            .name("daybook-sync".into())
            .spawn(move || {
                let mut troubles = 0;
                while let Some(home) = home.upgrade() {
                    let runner = home.runner.get().filter(|runner| runner.store().is_owner());
                    let trouble = runner.is_some_and(|runner| sync_all(runner).unwrap_or(true));
                    drop(home);
                    troubles = if trouble { troubles + 1 } else { 0 };
                    if waits.wait(troubles) {
                        return;
                    }
                }
            })
            .map_err(|cause| Fault::new(Code::Internal, "Sync can't be started.").because(cause))?;
        Ok(SyncLoop { bell })
    }

    /// The books that are synced.
    ///
    /// # Errors
    /// What the store says.
    pub fn synced_books(&self) -> Result<Vec<BookId>> {
        let books = self.open_for("sync_status")?.store().read(crate::sync::books)?;
        Ok(books.into_iter().map(|book| book.book).collect())
    }

    /// Runs a command.
    ///
    /// # Errors
    /// What the command refuses; beside an owner a write is refused with `in_use`.
    pub fn call(&self, envelope: Envelope) -> Result<Answer> {
        let name = envelope.command.clone();
        self.logged(&name, self.run(envelope))
    }

    fn run(&self, envelope: Envelope) -> Result<Answer> {
        let command = command(&envelope.command)?;
        match self.home.open_to_run(command, &envelope) {
            Ok(runner) => runner.call(envelope),
            // Nobody can be asked there: it is what a restore is for.
            Err(fault) if command.rules.name == "restore" && matches!(fault.code, Code::NoStore | Code::Damaged) => {
                restore_into(&self.home.store, envelope.input)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Hands a command in; `reply` is called when it is answered. See [`Runner::submit`].
    pub fn submit(&self, envelope: Envelope, reply: Reply) {
        let name = envelope.command.clone();
        let app = self.clone();
        let reply: Reply = Box::new(move |answer| reply(app.logged(&name, answer)));
        match command(&envelope.command).and_then(|command| self.home.open_to_run(command, &envelope)) {
            Ok(runner) => runner.submit(envelope, reply),
            Err(fault) => reply(Err(fault)),
        }
    }

    /// An answer as a face tells it.
    fn logged(&self, name: &str, answer: Result<Answer>) -> Result<Answer> {
        let answer = answer.map_err(|fault| self.name_the_owner(fault));
        if let Err(fault) = &answer {
            note(name, fault);
        }
        answer
    }

    /// A person who writes beside an owner wants to know that the store is in use, not how it was opened.
    fn name_the_owner(&self, fault: Fault) -> Fault {
        let is_beside = self.home.runner.get().is_some_and(|runner| runner.store().is_beside_owner());
        match fault.code {
            Code::ReadOnly if is_beside => {
                Fault::new(Code::InUse, "Another Daybook works with this store; do it there, or close that one first.")
                    .because(fault)
            }
            _ => fault,
        }
    }
}

impl Home {
    fn open_to_run(&self, command: &Command, envelope: &Envelope) -> Result<&Arc<Runner>> {
        if command.rules.makes_store && self.runner.get().is_none() {
            // What is refused anyway makes nothing.
            command.refuse_input(&envelope.input)?;
        }
        self.open_for(command)
    }

    fn open_for(&self, command: &Command) -> Result<&Arc<Runner>> {
        if let Some(runner) = self.runner.get() {
            return Ok(runner);
        }
        let _one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runner) = self.runner.get() {
            return Ok(runner);
        }
        let opened = Arc::new(self.open(command.rules.makes_store, !command.rules.beside_owner)?);
        let runner = self.runner.get_or_init(|| opened);
        let waiting = std::mem::take(&mut *self.once_opened.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(|then| then(runner));
        Ok(runner)
    }

    fn open(&self, makes: bool, waits: bool) -> Result<Runner> {
        let give_up = Instant::now() + OWNER_PATIENCE;
        let in_use = loop {
            let opened = if makes { Runner::open(&self.store) } else { Runner::open_existing(&self.store) };
            match opened {
                Ok(runner) => return Ok(self.owned(runner)),
                Err(fault) if fault.code == Code::InUse && waits && Instant::now() < give_up => {
                    std::thread::sleep(OWNER_POLL);
                }
                Err(fault) if self.reads_beside && matches!(fault.code, Code::InUse | Code::ReadOnly) => break fault,
                Err(fault) => {
                    if matches!(fault.code, Code::Damaged | Code::MigrationFailed) {
                        log::begin(&self.store);
                        tracing::error!(fault = fault.chain(), "the store can't be opened");
                    }
                    return Err(fault);
                }
            }
        };
        match Runner::open_beside(&self.store) {
            // Its owner is just making it.
            Err(beside) if in_use.code == Code::InUse && matches!(beside.code, Code::NoStore | Code::ReadOnly) => {
                Err(in_use)
            }
            opened => opened,
        }
    }

    fn owned(&self, runner: Runner) -> Runner {
        let wants_files = std::env::var_os(KEY_RING_VARIABLE).is_some_and(|it| it == "off");
        let runner = if wants_files { runner } else { runner.with_key_ring() };
        log::begin(&self.store);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "Daybook opened the store");
        for loss in runner.losses() {
            tracing::error!(loss.from_position, loss.to_position, kept = ?loss.kept_path, "entries are gone");
        }
        runner
    }

    fn once_opened(&self, then: OnceOpened) {
        let mut waiting = self.once_opened.lock().unwrap_or_else(PoisonError::into_inner);
        match self.runner.get() {
            Some(runner) => {
                drop(waiting);
                then(runner);
            }
            None => waiting.push(then),
        }
    }
}

/// A loop that keeps books synced; it ends when this is dropped.
pub struct SyncLoop {
    bell: Arc<Bell>,
}

impl Drop for SyncLoop {
    fn drop(&mut self) {
        self.bell.end();
    }
}

/// What the loop waits by.
#[derive(Default)]
struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
}

#[derive(Default)]
struct BellState {
    rung: bool,
    ended: bool,
}

impl Bell {
    fn ring(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rung = true;
        self.rung.notify_all();
    }

    fn end(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.rung.notify_all();
    }

    /// Waits until there is something to do; whether the loop is to end. After troubles nothing but time is waited for.
    fn wait(&self, troubles: u32) -> bool {
        let longest = match troubles {
            0 => POLL + POLL.mul_f64(jitter() / 3.0),
            _ => (BACK_OFF * 2u32.saturating_pow(troubles - 1)).min(BACK_OFF_MAX).mul_f64(0.75 + jitter() / 2.0),
        };
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = |state: &mut BellState| !state.ended && (troubles > 0 || !state.rung);
        let (state, _) = self.rung.wait_timeout_while(state, longest, awaited).unwrap_or_else(PoisonError::into_inner);
        if state.ended {
            return true;
        }
        let (mut state, _) =
            self.rung.wait_timeout_while(state, LINGER, |state| !state.ended).unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
        state.ended
    }
}

/// From 0 to 1, another one each time: a fresh id's last bytes are dice.
fn jitter() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "no unit of work: dice for a pause")]
    let dice: crate::kernel::RequestId = crate::kernel::Id::fresh();
    f64::from(dice.as_bytes()[15]) / 255.0
}

/// Logs what a person can't mend: refusals are the day's business, and are not logged.
fn note(command: &str, fault: &Fault) {
    match fault.code {
        Code::Internal | Code::Io | Code::Damaged | Code::DiskFull | Code::OutcomeUnknown | Code::Busy => {
            tracing::error!(command, fault = fault.chain(), "a command failed");
        }
        _ => tracing::debug!(command, code = fault.code.name(), "a command was refused"),
    }
}

/// A fault as it crosses to a face: `{code, message, field?, details?}`.
pub fn error_object(fault: &Fault) -> Value {
    let mut object = json!({ "code": fault.code.name(), "message": fault.message });
    if let Some(field) = &fault.field {
        object["field"] = json!(field);
    }
    if let Some(details) = &fault.details {
        object["details"] = (**details).clone();
    }
    object
}
