//! The table of commands.

use super::desk::{Answer, Desk};
use super::{account, book, customer, decode, demo, history, import, keep, overview, product, sync, tax, transfer};
use crate::domain::book::{Scene, scene};
use crate::domain::person::Role;
use crate::kernel::{Acting, BookId, Code, Fault, Instant, PersonId, Result, shown};
use crate::store::{Snapshot, Unit};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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

/// What every command can be refused with, and so none names as its own: what is wrong with the call itself, that what it
/// names isn't there, that nobody may do this here, and what can happen to any store.
pub const GENERAL: &[Code] = &[
    Code::Malformed,
    Code::UnknownCommand,
    Code::UnknownField,
    Code::MissingField,
    Code::WrongType,
    Code::UnknownChoice,
    Code::Empty,
    Code::TooLong,
    Code::BadText,
    Code::OutOfRange,
    Code::BadId,
    Code::NotFound,
    Code::NoBook,
    Code::NoPerson,
    Code::NotAllowed,
    Code::RequestReused,
    Code::Busy,
    Code::InUse,
    Code::ReadOnly,
    Code::Damaged,
    Code::DiskFull,
    Code::Io,
    Code::OutcomeUnknown,
    Code::Internal,
];

/// What only the opening of a store is refused with, before there is anything to give a command to.
pub const OPENING: &[Code] = &[Code::NotAStore, Code::MigrationFailed];

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
    /// The codes that it can give beside those that every command can, which are [`GENERAL`].
    pub errors: &'static [Code],
    /// Whether it needs nobody who acts, nor a book: it changes only what this device keeps for itself.
    pub by_anybody: bool,
    /// Tables that no entry holds, but which it changes: whoever listens is told of them, too.
    pub local_tables: &'static [&'static str],
    pub(super) run: Run,
    input: fn(&mut SchemaGenerator) -> Value,
    answer: fn(&mut SchemaGenerator) -> Value,
}

/// Nothing is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

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
                // What is wrong with the input is said by field; only of a good one is asked who would act.
                let (verb, _) = writing(input.clone())?;
                Ok((verb, Some(who(&input)?)))
            }));
        }
        self
    }

    /// Names the field with the id of what it makes: where that id is taken, it is this field that is refused.
    pub(super) fn making(mut self, field: &'static str) -> Command {
        if let Run::Write(writing) = self.run {
            self.run = Run::Write(Box::new(move |input| {
                let (mut verb, founder) = writing(input)?;
                let at = |fault: Fault| if fault.code == Code::IdTaken { fault.at(field) } else { fault };
                let verb: Verb = Box::new(move |unit, acting| verb(unit, acting).map_err(at));
                Ok((verb, founder))
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
        json!({
            "name": self.name, "about": self.about, "kind": self.kind, "roles": self.roles,
            "errors": names(self.errors), "input": input, "answer": answer, "$defs": definitions,
        })
    }
}

fn names(codes: &[Code]) -> Vec<&'static str> {
    codes.iter().map(|code| code.name()).collect()
}

/// The whole table as JSON, with the codes that belong to no command.
pub fn describe() -> Value {
    json!({
        "general_errors": names(GENERAL), "opening_errors": names(OPENING),
        "commands": table().iter().map(Command::describe).collect::<Vec<_>>(),
    })
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
        let message = format!("There is no command “{}”; `daybook commands` lists them.", shown(name));
        Fault::new(Code::UnknownCommand, message).at("command")
    })
}
