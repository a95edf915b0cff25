//! A call from its envelope to its answer: the command is found, its kind decides where it runs.

use super::answer::{Answer, Reply};
use super::command::{Command, Reader, Run, Task};
use super::decode::Envelope;
use super::runner::Runner;
use super::session::session;
use super::table::command;
use crate::domain::person::Role;
use crate::kernel::{Code, Fault, Result};

impl Runner {
    /// Runs a command and waits for its answer.
    ///
    /// # Errors
    /// What the command refuses.
    pub fn call(&self, envelope: Envelope) -> Result<Answer> {
        let command = command(&envelope.command)?;
        match &command.run {
            Run::Read(read) => {
                let reader =
                    Reader { runner: self, book: envelope.book, person: envelope.person, at: self.clock().machine() };
                self.store().read(|snapshot| read(snapshot, &reader, envelope.input))
            }
            Run::Write(write) => {
                let (verb, founder) = write(envelope.input.clone())?;
                self.perform(&command.rules, &envelope, verb, founder)
            }
            Run::Task(task) => {
                self.refuse_role(command, &envelope)?;
                let input = envelope.input.clone();
                let ask = |envelope| self.call(envelope);
                task(&Task { runner: self, envelope: &envelope, rules: &command.rules, ask: &ask }, input)
            }
        }
    }

    /// Hands a command in. A writing one takes its place in the queue before this returns, so that commands handed in
    /// one after the other are done in that order; `reply` is called when it is answered. It must be quick.
    pub fn submit(&self, envelope: Envelope, reply: Reply) {
        let handed_in = command(&envelope.command).and_then(|command| match &command.run {
            Run::Write(write) => write(envelope.input.clone()).map(|(verb, founder)| Some((command, verb, founder))),
            Run::Read(_) | Run::Task(_) => Ok(None),
        });
        match handed_in {
            Ok(Some((command, verb, founder))) => {
                self.hand_in(&command.rules, &envelope, verb, founder, reply);
            }
            Ok(None) => reply(self.call(envelope)),
            Err(fault) => reply(Err(fault)),
        }
    }

    /// A task runs outside the writer, so its role is looked at before.
    fn refuse_role(&self, command: &Command, envelope: &Envelope) -> Result<()> {
        if command.rules.roles.contains(&Role::Clerk) {
            return Ok(());
        }
        match self.store().read(|snapshot| session(snapshot, envelope.book, envelope.person)) {
            Ok(session) => match session.person {
                Some(person) if !command.rules.roles.contains(&person.role) => {
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
