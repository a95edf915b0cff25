//! Composition: where the store is, the log, and the desk that both faces hand their commands to.

use crate::commands::{Answer, Desk, Envelope, Reply};
use crate::kernel::{BookId, Code, Fault, Result};
use crate::log;
pub use crate::sync::{Admin, ForBook};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often head office is asked for news when nothing happens here; each device adds up to a third of its own, so that not all ask
/// at once.
const POLL: Duration = Duration::from_secs(15);
/// How soon after a commit its entry is sent: what follows at once goes along.
const LINGER: Duration = Duration::from_millis(300);
/// How long is waited after the first trouble; twice as long after each one more.
const BACK_OFF: Duration = Duration::from_secs(2);
/// And at the longest: the network may be back any time.
const BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// Says whether the password for head office may lie in the key ring: `off` keeps it in a file, everything else lets it.
pub const KEY_RING_VARIABLE: &str = "DAYBOOK_KEYRING";

/// Daybook, running.
#[derive(Clone)]
pub struct App {
    desk: Arc<Desk>,
}

impl App {
    /// Opens the store of that folder as its owner, and makes it if there is none.
    ///
    /// # Errors
    /// Those of opening a store; `in_use` when another process owns it.
    pub fn open(store: &Path) -> Result<App> {
        let desk = Desk::open(store)?;
        let wants_files = std::env::var_os(KEY_RING_VARIABLE).is_some_and(|it| it == "off");
        let desk = if wants_files { desk } else { desk.with_key_ring() };
        log::begin(store);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "Daybook opened the store");
        Ok(App { desk: Arc::new(desk) })
    }

    /// Opens the store, and where another process owns it, reads beside that one.
    ///
    /// # Errors
    /// Those of opening a store.
    pub fn open_or_read_beside(store: &Path) -> Result<App> {
        match App::open(store) {
            Err(fault) if fault.code == Code::InUse => {
                let desk = Desk::open_beside(store)?;
                Ok(App { desk: Arc::new(desk) })
            }
            opened => opened,
        }
    }

    /// Keeps all synced books synced from now on, by a thread of its own, until the value is dropped. A store without such books costs
    /// nothing but the thread.
    ///
    /// # Errors
    /// `internal` when there can be no thread.
    pub fn keep_synced(&self) -> Result<SyncLoop> {
        let bell = Arc::new(Bell::default());
        if self.desk.store().is_owner() {
            let ring = Arc::clone(&bell);
            self.desk.set_sync_waker(move || ring.ring());
            let ring = Arc::clone(&bell);
            // A commit with an entry is something to send.
            self.desk.listen(move |changed| {
                if changed.position.is_some() {
                    ring.ring();
                }
            });
            let (desk, waits) = (Arc::downgrade(&self.desk), Arc::clone(&bell));
            std::thread::Builder::new()
                .name("daybook-sync".into())
                .spawn(move || {
                    let mut troubles = 0;
                    while let Some(desk) = desk.upgrade() {
                        let trouble = desk.sync_all().unwrap_or(true);
                        drop(desk);
                        troubles = if trouble { troubles + 1 } else { 0 };
                        if waits.wait(troubles) {
                            return;
                        }
                    }
                })
                .map_err(|cause| Fault::new(Code::Internal, "Sync can't be started.").because(cause))?;
        }
        Ok(SyncLoop { bell })
    }

    /// The books that are synced.
    ///
    /// # Errors
    /// What the store says.
    pub fn synced_books(&self) -> Result<Vec<BookId>> {
        let books = self.desk.store().read(4, crate::sync::books)?;
        Ok(books.into_iter().map(|book| book.book).collect())
    }

    /// Where commands are handed in.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Runs a command.
    ///
    /// # Errors
    /// What the command refuses; beside an owner a write is refused with `in_use`.
    pub fn call(&self, envelope: &Envelope) -> Result<Answer> {
        told(&envelope.command, self.desk.call(envelope))
    }

    /// Hands a command in; `reply` is called when it is answered. See [`Desk::submit`].
    pub fn submit(&self, envelope: &Envelope, reply: Reply) {
        let command = envelope.command.clone();
        self.desk.submit(envelope, Box::new(move |answer| reply(told(&command, answer))));
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
    let dice: crate::kernel::RequestId = crate::kernel::Id::fresh();
    f64::from(dice.as_bytes()[15]) / 255.0
}

/// An answer as a face tells it.
fn told(command: &str, answer: Result<Answer>) -> Result<Answer> {
    let answer = answer.map_err(name_the_owner);
    if let Err(fault) = &answer {
        note(command, fault);
    }
    answer
}

/// A person who writes beside an owner wants to know that the store is in use, not how it was opened.
fn name_the_owner(fault: Fault) -> Fault {
    match fault.code {
        Code::ReadOnly => {
            Fault::new(Code::InUse, "Another Daybook works with this store; do it there, or close that one first.")
                .because(fault)
        }
        _ => fault,
    }
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
