//! A writing command as the writer runs it: looked up, done, sealed, remembered, and answered after the COMMIT.

use super::answer::{Answer, Changed, Reply};
use super::clock::Believed;
use super::rules::Rules;
use super::session::{is_joining, session};
use super::state::State;
use crate::daybook::{self, Hash, Header, INDEX_EVERY_ENTRIES, Incarnation, Recalled, SealedEntry};
use crate::domain::{book, person, search};
use crate::kernel::{Acting, BookId, Code, DeviceId, Fault, Id, Instant, PersonId, RequestId, Result, Zone};
use crate::store::{Job, LATEST_DEVICE_MIGRATION, Snapshot, Unit, WRITE_STATEMENTS_MAX};
use std::sync::Arc;

/// A writing command, ready to run: its input is parsed, its files are read.
pub(super) type Verb = Box<dyn FnMut(&mut Unit, &Acting) -> Result<Answer> + Send>;

pub(super) struct CommandJob {
    pub(super) state: Arc<State>,
    pub(super) rules: &'static Rules,
    pub(super) verb: Verb,
    /// Of a book that isn't there yet.
    pub(super) founder: Option<(BookId, PersonId)>,
    pub(super) book: Option<BookId>,
    pub(super) person: Option<PersonId>,
    pub(super) request: RequestId,
    pub(super) input_hash: Hash,
    /// The time of its entry.
    pub(super) at: Instant,
    /// What the machine's clock said, and whether a person says that it is right.
    pub(super) machine: Instant,
    pub(super) clock_confirmed: bool,
    /// What a device that keeps no book yet is called from now on.
    pub(super) fresh_device: DeviceId,
    pub(super) done: Option<Done>,
    pub(super) reply: Reply,
}

/// What a run left, good once it is committed.
pub(super) struct Done {
    answer: Answer,
    book: Option<BookId>,
    /// Its entry, and the life that it is of.
    sealed: Option<(Incarnation, SealedEntry)>,
    /// What was written down of the clock.
    believed: Option<Believed>,
}

impl CommandJob {
    fn replay(&self, snapshot: &Snapshot) -> Result<Option<Done>> {
        let message = match daybook::recall(snapshot, self.request)? {
            None => return Ok(None),
            Some(Recalled::Answered { input_hash, answer }) if input_hash == self.input_hash => {
                return Ok(Some(Done { answer: Answer(answer), book: None, sealed: None, believed: None }));
            }
            Some(Recalled::Answered { .. }) => {
                "This request id was used before with another input; a new request needs a new id."
            }
            Some(Recalled::Forgotten) => {
                "This request was done long ago, and its answer is not kept any more; a new request needs a new id."
            }
        };
        Err(Fault::new(Code::RequestReused, message).at("request_id"))
    }

    fn acting(&self, unit: &Unit, life: i64) -> Result<Acting> {
        if let Some((book, person)) = self.founder {
            if is_joining(unit, None) {
                let message = "A book is on its way from head office: let its sync end before you set another one up.";
                return Err(Fault::new(Code::NotAllowed, message));
            }
            let device = book::device_here(unit)?.unwrap_or(self.fresh_device);
            let today = Zone::parse("UTC")?.date_at(self.machine);
            return Ok(Acting { book, device, person, at: self.at, today, life, closed_through: None });
        }
        let session = match session(unit, self.book, self.person) {
            Err(fault) if fault.code == Code::NoBook && self.rules.by_anybody => {
                return self.acting_as_nobody(None, life);
            }
            session => session?,
        };
        let is_free =
            || -> Result<bool> { Ok(self.rules.where_ownerless && person::is_ownerless(unit, session.book.id)?) };
        let Some(person) = &session.person else {
            if self.rules.by_anybody || is_free()? {
                return self.acting_as_nobody(Some(&session), life);
            }
            return Err(Fault::new(Code::NoPerson, "Choose who acts first: `person_select`."));
        };
        if !self.rules.roles.contains(&person.role) && !is_free()? {
            return Err(Fault::new(Code::NotAllowed, format!("{} may not do this; ask an owner.", person.name)));
        }
        Ok(Acting {
            book: session.book.id,
            device: session.device.id,
            person: person.id,
            at: self.at,
            today: session.today(self.machine)?,
            life,
            closed_through: session.book.closed_through_date,
        })
    }
}

impl CommandJob {
    /// For what belongs to the device alone, and so is in no entry; and for a book in which nobody is left to act.
    fn acting_as_nobody(&self, session: Option<&book::Session>, life: i64) -> Result<Acting> {
        let nobody = [0; 16];
        Ok(Acting {
            book: session.map_or_else(|| Id::from_bytes(nobody), |session| session.book.id),
            device: session.map_or_else(|| Id::from_bytes(nobody), |session| session.device.id),
            person: Id::from_bytes(nobody),
            at: self.at,
            today: Zone::parse("UTC")?.date_at(self.machine),
            life,
            closed_through: None,
        })
    }
}

impl CommandJob {
    /// Refuses to write while the machine's clock is doubtful, and keeps what is known of it where that is new.
    fn look_at_clock(&self, unit: &mut Unit) -> Result<Option<Believed>> {
        let (clock, watch) = (&self.state.clock, &self.state.clock_watch);
        if self.rules.by_anybody {
            return Ok(None);
        }
        if let Some(doubt) = watch.doubt(clock, self.machine).filter(|_| !self.clock_confirmed) {
            let zone = match book::session(unit, self.book, None) {
                Ok(session) => Zone::parse(&session.book.time_zone),
                Err(_) => Zone::parse("UTC"),
            };
            return Err(doubt.fault(self.machine, &zone?));
        }
        let believed = watch.to_keep(clock, self.machine, self.clock_confirmed);
        if let Some(believed) = &believed {
            believed.write(unit)?;
        }
        Ok(believed)
    }
}

impl Job for CommandJob {
    fn budget(&self) -> u32 {
        WRITE_STATEMENTS_MAX
    }

    fn run(&mut self, unit: &mut Unit) -> Result<()> {
        self.done = None;
        if let Some(done) = self.replay(unit)? {
            self.done = Some(done);
            return Ok(());
        }
        let believed = self.look_at_clock(unit)?;
        // The store's own: a life that begins in the same group may come to nothing with it.
        let life = daybook::current_life(unit)?;
        let acting = self.acting(unit, life.ordinal)?;
        let made = self.rules.made;
        let blame = |fault: Fault| match made {
            Some(field) if fault.code == Code::IdTaken => fault.at(field),
            Some(_) | None => fault,
        };
        let answer = (self.verb)(unit, &acting).map_err(blame)?;
        let header = Header {
            book: acting.book,
            incarnation: life.id,
            command: self.rules.name,
            person: acting.person,
            request: self.request,
            at: acting.at,
            schema: LATEST_DEVICE_MIGRATION,
        };
        let sealed = daybook::seal(unit, &header)?;
        daybook::remember(unit, self.request, sealed.as_ref(), &self.input_hash, &answer.0, acting.at)?;
        if sealed.as_ref().is_some_and(|entry| entry.sealed.position % INDEX_EVERY_ENTRIES == 0) {
            daybook::forget_old(unit, acting.at)?;
        }
        if let Some(entry) = &sealed {
            search::follow(unit, &entry.tables)?;
        }
        let sealed = sealed.map(|entry| (life, entry));
        self.done = Some(Done { answer, book: Some(acting.book), sealed, believed });
        Ok(())
    }

    fn look_up(&mut self, snapshot: &Snapshot) -> Result<bool> {
        self.done = self.replay(snapshot)?;
        Ok(self.done.is_some())
    }

    fn saved(&mut self) {
        let Some(Done { book: Some(book), sealed, believed, .. }) = &mut self.done else { return };
        if let Some((_, entry)) = sealed {
            self.state.clock.made_at(entry.at);
        }
        if let Some(believed) = believed {
            self.state.clock_watch.believe(*believed);
        }
        let position = sealed.as_ref().map(|(_, entry)| entry.sealed.position);
        let mut tables = sealed.as_mut().map(|(_, entry)| std::mem::take(&mut entry.tables)).unwrap_or_default();
        tables.extend(self.rules.local_tables.iter().map(|table| (*table).to_owned()));
        if !tables.is_empty() {
            self.state.will_tell(Changed { book: *book, tables: tables.into_iter().collect(), position });
        }
    }

    fn noted_as_newest(&self) -> bool {
        let Some(Done { sealed: Some((incarnation, entry)), .. }) = &self.done else { return false };
        self.state.mark_newest(&incarnation.marked(Some(entry.sealed)));
        true
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let CommandJob { state, done, reply, .. } = *self;
        state.tell();
        reply(outcome.and_then(|()| {
            done.map(|done| done.answer).ok_or_else(|| Fault::new(Code::Internal, "The command left no answer."))
        }));
    }
}
