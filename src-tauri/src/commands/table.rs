//! The table of commands.

use super::desk::{Answer, Desk};
use super::{account, book, customer, decode, demo, history, import, keep, overview, product, sync, tax, transfer};
use crate::domain::book::{Scene, scene};
use crate::domain::person::Role;
use crate::kernel::{Acting, BookId, Code, Fault, Instant, PersonId, Result};
use crate::store::{Snapshot, Unit};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::OnceLock;

use super::decode::Envelope;

/// How many statements a reading command may run (in debug builds), however many rows it reads.
pub const READ_STATEMENTS_MAX: u32 = 12;
/// How many statements a writing command, or a nested step of it, may run (in debug builds).
pub const WRITE_STATEMENTS_MAX: u32 = 24;

/// How a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In one snapshot.
    Read,
    /// As one unit of work, which is one entry.
    Write,
    /// Outside a unit of work: files are read or written, and what is saved goes in units of its own.
    Task,
}

/// A writing command, ready to run: its input is parsed, its files are read.
pub(super) type Verb = Box<dyn FnMut(&mut Unit, &Acting) -> Result<Answer> + Send>;

type Reading = Box<dyn Fn(&Snapshot, &Asker, Value) -> Result<Answer> + Send + Sync>;
type Writing = Box<dyn Fn(Value) -> Result<(Verb, Option<(BookId, PersonId)>)> + Send + Sync>;
type Tasking = Box<dyn Fn(&Desk, &Envelope) -> Result<Answer> + Send + Sync>;

pub(super) enum Run {
    Read(Reading),
    Write(Writing),
    Task(Tasking),
}

/// Who may give a command.
pub const ANYONE: &[Role] = &[Role::Owner, Role::Clerk];
/// Owners alone.
pub const OWNER: &[Role] = &[Role::Owner];

/// A command: what it is called, what it does, takes, answers, and refuses.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// How it is run.
    pub kind: Kind,
    /// Who may give it.
    pub roles: &'static [Role],
    /// The codes that it can give beside those that every command can.
    pub errors: &'static [Code],
    /// Whether it needs nobody who acts, nor a book: it changes only what this device keeps for itself.
    pub by_anybody: bool,
    /// Tables that no entry holds, but which it changes: whoever listens is told of them, too.
    pub local_tables: &'static [&'static str],
    pub(super) run: Run,
    input: fn(&mut SchemaGenerator) -> Value,
    answer: fn(&mut SchemaGenerator) -> Value,
}

/// Who asks, where and when: what a reading command may know besides its input.
pub struct Asker<'d> {
    /// The desk that was asked.
    pub desk: &'d Desk,
    /// The book that was named.
    pub book: Option<BookId>,
    /// The person that was named.
    pub person: Option<PersonId>,
    /// When.
    pub at: Instant,
}

impl Asker<'_> {
    /// The book, device and person that are meant.
    ///
    /// # Errors
    /// `no_book`, `not_found`.
    pub fn scene(&self, snapshot: &Snapshot) -> Result<Scene> {
        scene(snapshot, self.book, self.person)
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let mut schema = Value::from(generator.subschema_for::<T>());
    forget_made_up_ids(&mut schema);
    schema
}

/// A field whose default is an id made on the spot has no default that a schema could tell.
fn forget_made_up_ids(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("format").and_then(Value::as_str) == Some("uuid") {
                members.remove("default");
            }
            members.values_mut().for_each(forget_made_up_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_made_up_ids),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) fn answer(answer: &impl Serialize) -> Result<Answer> {
    serde_json::to_vec(answer)
        .map(Answer)
        .map_err(|cause| Fault::new(Code::Internal, "The answer can't be written as JSON.").because(cause))
}

/// A reading command.
pub(super) fn read<I: DeserializeOwned + JsonSchema + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    errors: &'static [Code],
    ask: fn(&Snapshot, &Asker, I) -> Result<A>,
) -> Command {
    let run = Run::Read(Box::new(move |snapshot, asker, input| answer(&ask(snapshot, asker, decode::decode(input)?)?)));
    Command {
        name,
        about,
        kind: Kind::Read,
        roles: ANYONE,
        errors,
        by_anybody: false,
        local_tables: &[],
        run,
        input: schema_of::<I>,
        answer: schema_of::<A>,
    }
}

/// A writing command.
pub(super) fn write<I: DeserializeOwned + JsonSchema + Send + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    roles: &'static [Role],
    errors: &'static [Code],
    verb: fn(&mut Unit, &Acting, &I) -> Result<A>,
) -> Command {
    let run = Run::Write(Box::new(move |input| {
        let input: I = decode::decode(input)?;
        let verb: Verb = Box::new(move |unit, acting| answer(&verb(unit, acting, &input)?));
        Ok((verb, None))
    }));
    Command {
        name,
        about,
        kind: Kind::Write,
        roles,
        errors,
        by_anybody: false,
        local_tables: &[],
        run,
        input: schema_of::<I>,
        answer: schema_of::<A>,
    }
}

/// A task.
pub(super) fn task<I: DeserializeOwned + JsonSchema + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    roles: &'static [Role],
    errors: &'static [Code],
    run: fn(&Desk, &Envelope, I) -> Result<A>,
) -> Command {
    let run = Run::Task(Box::new(move |desk, envelope| {
        answer(&run(desk, envelope, decode::decode(envelope.input.clone())?)?)
    }));
    Command {
        name,
        about,
        kind: Kind::Task,
        roles,
        errors,
        by_anybody: false,
        local_tables: &[],
        run,
        input: schema_of::<I>,
        answer: schema_of::<A>,
    }
}

impl Command {
    /// Says which local tables it changes.
    pub(super) fn touching(mut self, tables: &'static [&'static str]) -> Command {
        self.local_tables = tables;
        self
    }

    /// Says that it needs nobody who acts, nor a book.
    pub(super) fn by_anybody(mut self) -> Command {
        self.by_anybody = true;
        self
    }

    /// Makes it the command that sets a book up: it acts in a book that isn't there yet, as the owner-to-be.
    pub(super) fn acting_as(mut self, who: fn(&Value) -> Result<(BookId, PersonId)>, fill: fn(&mut Value)) -> Command {
        if let Run::Write(writing) = self.run {
            self.run = Run::Write(Box::new(move |mut input| {
                fill(&mut input);
                let acting = who(&input)?;
                writing(input).map(|(verb, _)| (verb, Some(acting)))
            }));
        }
        self
    }

    /// The command with its schemas, as JSON.
    pub fn describe(&self) -> Value {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let input = (self.input)(&mut generator);
        let answer = (self.answer)(&mut generator);
        let mut definitions = Value::Object(generator.take_definitions(true));
        forget_made_up_ids(&mut definitions);
        let codes = |codes: &[Code]| codes.iter().map(|code| code.name()).collect::<Vec<_>>();
        json!({
            "name": self.name, "about": self.about, "kind": self.kind, "roles": self.roles,
            "errors": codes(self.errors), "input": input, "answer": answer, "$defs": definitions,
        })
    }
}

/// All commands, a noun after the other.
pub fn table() -> &'static [Command] {
    static TABLE: OnceLock<Vec<Command>> = OnceLock::new();
    TABLE.get_or_init(|| {
        [
            book::commands(),
            account::commands(),
            transfer::commands(),
            customer::commands(),
            product::commands(),
            tax::commands(),
            history::commands(),
            import::commands(),
            overview::commands(),
            keep::commands(),
            sync::commands(),
            demo::commands(),
        ]
        .into_iter()
        .flatten()
        .collect()
    })
}

/// The command of that name.
///
/// # Errors
/// `unknown_command`.
pub fn command(name: &str) -> Result<&'static Command> {
    table().iter().find(|command| command.name == name).ok_or_else(|| {
        let name: String = name.chars().take(60).collect();
        Fault::new(Code::UnknownCommand, format!("There is no command “{name}”; `daybook commands` lists them."))
            .at("command")
    })
}
