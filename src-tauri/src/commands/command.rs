//! What a command is made of: its rules, how it is run, and what it may know while it runs.

use super::answer::Answer;
use super::decode::{Envelope, decode};
use super::rules::{ANYONE, Rules};
use super::runner::Runner;
use super::session::session;
use super::write::Verb;
use crate::domain::book::Session;
use crate::domain::person::Role;
use crate::domain::{bill, claim, ledger, payment};
use crate::kernel::{Acting, BookId, Code, Instant, PersonId, Result, Right};
use crate::store::{Snapshot, Unit};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

type Reading = Box<dyn Fn(&Snapshot, &Reader, Value) -> Result<Answer> + Send + Sync>;
type Writing = Box<dyn Fn(Value) -> Result<(Verb, Option<Founder>)> + Send + Sync>;
type Tasking = Box<dyn Fn(&Task, Value) -> Result<Answer> + Send + Sync>;

pub(super) enum Run {
    Read(Reading),
    Write(Writing),
    Task(Tasking),
}

/// The book that a command founds, and its owner.
pub(super) type Founder = (BookId, PersonId);

/// A command: its rules, what it does, takes and answers.
pub struct Command {
    /// Its rules.
    pub rules: Rules,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// How it is run.
    pub kind: Kind,
    pub(super) run: Run,
    decodes: fn(Value) -> Result<()>,
    input: fn(&mut SchemaGenerator) -> Value,
    answer: fn(&mut SchemaGenerator) -> Value,
}

/// Nothing is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Who asks, where and when: what a reading command may know besides its input.
pub struct Reader<'r> {
    /// The runner that was asked.
    pub runner: &'r Runner,
    /// The book that was named.
    pub book: Option<BookId>,
    /// The person that was named.
    pub person: Option<PersonId>,
    /// When, by the machine's clock.
    pub at: Instant,
}

impl Reader<'_> {
    /// The book, device and person that are meant.
    ///
    /// # Errors
    /// `no_book`, `not_found`.
    pub fn session(&self, snapshot: &Snapshot) -> Result<Session> {
        session(snapshot, self.book, self.person)
    }
}

/// What a task may know and do.
pub(super) struct Task<'t> {
    /// The runner that runs it.
    pub(super) runner: &'t Runner,
    /// The envelope that it came in, without its input.
    pub(super) envelope: &'t Envelope,
    pub(super) rules: &'static Rules,
    pub(super) ask: &'t dyn Fn(Envelope) -> Result<Answer>,
}

impl Task<'_> {
    /// Gives another command.
    pub(super) fn ask(&self, envelope: Envelope) -> Result<Answer> {
        (self.ask)(envelope)
    }

    /// Does a part of the task as a unit of work under the task's name and request, on this runner or on that of a copy.
    pub(super) fn perform(
        &self,
        runner: &Runner,
        verb: impl FnMut(&mut Unit, &Acting) -> Result<Answer> + Send + 'static,
    ) -> Result<Answer> {
        runner.perform(self.rules, self.envelope, Box::new(verb), None)
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

fn command<I: DeserializeOwned + JsonSchema, A: JsonSchema>(
    name: &'static str,
    about: &'static str,
    kind: Kind,
    roles: &'static [Role],
    errors: &'static [Code],
    run: Run,
) -> Command {
    let rules = Rules {
        name,
        roles,
        errors,
        makes_store: false,
        beside_owner: matches!(kind, Kind::Read),
        by_anybody: false,
        where_ownerless: false,
        local_tables: &[],
        writes: Vec::new(),
        rests_on: None,
        made: None,
    };
    let decodes = |input| decode::<I>(input).map(drop);
    Command { rules, about, kind, run, decodes, input: schema_of::<I>, answer: schema_of::<A> }
}

/// A reading command, of the store or of a book.
pub(super) fn read<I: DeserializeOwned + JsonSchema + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    errors: &'static [Code],
    ask: fn(&Snapshot, &Reader, I) -> Result<A>,
) -> Command {
    let run = Run::Read(Box::new(move |snapshot, reader, input| Answer::of(&ask(snapshot, reader, decode(input)?)?)));
    command::<I, A>(name, about, Kind::Read, ANYONE, errors, run)
}

/// A reading command of one book.
pub(super) fn read_in<I: DeserializeOwned + JsonSchema + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    errors: &'static [Code],
    ask: fn(&Snapshot, &Session, &I) -> Result<A>,
) -> Command {
    let run = Run::Read(Box::new(move |snapshot, reader, input| {
        let input = decode(input)?;
        Answer::of(&ask(snapshot, &reader.session(snapshot)?, &input)?)
    }));
    command::<I, A>(name, about, Kind::Read, ANYONE, errors, run)
}

/// A writing command.
pub(super) fn write<I: DeserializeOwned + JsonSchema + Send + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    roles: &'static [Role],
    errors: &'static [Code],
    verb: fn(&mut Unit, &Acting, &I) -> Result<A>,
) -> Command {
    let run = Run::Write(Box::new(move |input| Ok((verb_of(decode(input)?, verb), None))));
    command::<I, A>(name, about, Kind::Write, roles, errors, run)
}

/// A writing command that founds a book: it acts in one that isn't there yet, as the owner-to-be.
pub(super) fn found<I: DeserializeOwned + JsonSchema + Send + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    errors: &'static [Code],
    founder: fn(&I) -> Founder,
    verb: fn(&mut Unit, &Acting, &I) -> Result<A>,
) -> Command {
    let run = Run::Write(Box::new(move |input| {
        let input: I = decode(input)?;
        let founder = founder(&input);
        Ok((verb_of(input, verb), Some(founder)))
    }));
    command::<I, A>(name, about, Kind::Write, ANYONE, errors, run)
}

fn verb_of<I: Send + 'static, A: Serialize + 'static>(input: I, verb: fn(&mut Unit, &Acting, &I) -> Result<A>) -> Verb {
    Box::new(move |unit, acting| Answer::of(&verb(unit, acting, &input)?))
}

/// A task.
pub(super) fn task<I: DeserializeOwned + JsonSchema + 'static, A: Serialize + JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    roles: &'static [Role],
    errors: &'static [Code],
    run: fn(&Task, I) -> Result<A>,
) -> Command {
    let run = Run::Task(Box::new(move |task, input| Answer::of(&run(task, decode(input)?)?)));
    command::<I, A>(name, about, Kind::Task, roles, errors, run)
}

impl Command {
    /// Says that it makes the store where there is none.
    pub(super) fn making_the_store(mut self) -> Command {
        self.rules.makes_store = true;
        self
    }

    /// Says that it can be done beside an owner, too.
    pub(super) fn beside_owner(mut self) -> Command {
        self.rules.beside_owner = true;
        self
    }

    /// Refuses an input that isn't the command's, as the command would.
    ///
    /// # Errors
    /// Those of [`decode`].
    pub fn refuse_input(&self, input: &Value) -> Result<()> {
        (self.decodes)(input.clone())
    }

    /// Says which local tables it changes.
    pub(super) fn touching(mut self, tables: &'static [&'static str]) -> Command {
        self.rules.local_tables = tables;
        self
    }

    /// Says what its entry may do.
    pub(super) fn writes(mut self, rights: impl Into<Vec<Right>>) -> Command {
        self.rules.writes = rights.into();
        self
    }

    /// Says which tables its answer rests on. One that doesn't say rests on all of them.
    pub(super) fn rests_on(mut self, tables: &'static [&'static str]) -> Command {
        self.rules.rests_on = Some(tables);
        self
    }

    /// Says that it needs nobody who acts, nor a book.
    pub(super) fn by_anybody(mut self) -> Command {
        self.rules.by_anybody = true;
        self
    }

    /// Says that anybody may give it while the book has no owner left.
    pub(super) fn where_ownerless(mut self) -> Command {
        self.rules.where_ownerless = true;
        self
    }

    /// Names the field with the id of what it makes.
    pub(super) fn making(mut self, field: &'static str) -> Command {
        self.rules.made = Some(field);
        self
    }

    /// The command with its schemas, as JSON.
    pub fn describe(&self) -> Value {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let input = (self.input)(&mut generator);
        let answer = (self.answer)(&mut generator);
        let mut definitions = Value::Object(generator.take_definitions(true));
        forget_made_up_ids(&mut definitions);
        let Rules { name, roles, errors, writes, rests_on, .. } = &self.rules;
        let writes: Vec<Value> = writes
            .iter()
            .map(|right| json!({ "table": right.table, "operation": right.operation.name(), "columns": right.columns }))
            .collect();
        json!({
            "name": name, "about": self.about, "kind": self.kind, "roles": roles, "errors": names(errors),
            "writes": writes, "rests_on": rests_on.map(told_of), "input": input, "answer": answer, "$defs": definitions,
        })
    }
}

/// The tables whose changes are told to whoever shows an answer that rests on these: sums change with the postings, what is open
/// with documents and claims.
fn told_of(tables: &[&'static str]) -> BTreeSet<&'static str> {
    let sources = |table: &&'static str| match *table {
        sum if ledger::SUMS.contains(&sum) => vec![ledger::NOUN.table],
        derived if claim::DERIVED.contains(&derived) => vec![bill::NOUN.table, payment::NOUN.table, claim::NOUN.table],
        table => vec![table],
    };
    tables.iter().flat_map(sources).collect()
}

pub(super) fn names(codes: &[Code]) -> Vec<&'static str> {
    codes.iter().map(|code| code.name()).collect()
}
