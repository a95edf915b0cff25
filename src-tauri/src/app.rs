//! Composition: where the store is, the log, and the desk that both faces hand their commands to.

use crate::commands::{Answer, Desk, Envelope, Reply};
use crate::kernel::{Code, Fault, Result};
use crate::log;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

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
