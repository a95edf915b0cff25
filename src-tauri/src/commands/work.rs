//! A writing command as the writer runs it: looked up, done, sealed, remembered, and answered after the COMMIT.

use super::desk::{Answer, Changed, Inner, Reply};
use super::table::{Command, Verb, WRITE_STATEMENTS_MAX};
use crate::daybook::{self, Hash, Header, Marked, Sealed};
use crate::domain::book;
use crate::kernel::{Acting, BookId, Code, DeviceId, Fault, Id, Instant, PersonId, RequestId, Result, Zone};
use crate::store::{LATEST_DEVICE_MIGRATION, Snapshot, Unit, Work};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a caller still waits, shared between caller and writer.
#[derive(Debug, Default)]
pub(super) struct Waiting(AtomicU8);

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const GONE: u8 = 2;

impl Waiting {
    /// The caller gives up; false when the work was begun already, and so will be answered.
    pub(super) fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITS, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn begin(&self) -> bool {
        self.0.compare_exchange(WAITS, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok_and(|_| true)
            || self.0.load(Ordering::Acquire) == BEGUN
    }
}

/// How often old answers are cleared away: with every so-manieth entry.
const FORGET_EVERY_ENTRIES: i64 = 32;

pub(super) struct CommandWork {
    pub(super) inner: Arc<Inner>,
    pub(super) command: &'static Command,
    pub(super) verb: Verb,
    /// Of a book that isn't there yet.
    pub(super) founder: Option<(BookId, PersonId)>,
    pub(super) book: Option<BookId>,
    pub(super) person: Option<PersonId>,
    pub(super) request: RequestId,
    pub(super) input_hash: Hash,
    pub(super) at: Instant,
    /// What a device that keeps no book yet is called from now on.
    pub(super) fresh_device: DeviceId,
    pub(super) waiting: Arc<Waiting>,
    pub(super) done: Option<Done>,
    pub(super) reply: Reply,
}

/// What a run left, good once it is committed.
pub(super) struct Done {
    answer: Answer,
    book: Option<BookId>,
    sealed: Option<(Sealed, BTreeSet<String>)>,
}

impl CommandWork {
    fn replay(&self, snapshot: &Snapshot) -> Result<Option<Done>> {
        let Some(recalled) = daybook::recall(snapshot, self.request)? else { return Ok(None) };
        if recalled.input_hash != self.input_hash {
            return Err(Fault::new(
                Code::RequestReused,
                "This request id was used before with another input; a new request needs a new id.",
            )
            .at("request_id"));
        }
        Ok(Some(Done { answer: Answer(recalled.answer), book: None, sealed: None }))
    }

    fn acting(&self, unit: &Unit) -> Result<Acting> {
        if let Some((book, person)) = self.founder {
            let device = book::device_here(unit)?.unwrap_or(self.fresh_device);
            let today = Zone::parse("UTC")?.date_at(self.at);
            return Ok(Acting { book, device, person, at: self.at, today });
        }
        let scene = match book::scene(unit, self.book, self.person) {
            Err(fault) if fault.code == Code::NoBook && self.command.by_anybody => return self.acting_as_nobody(None),
            scene => scene?,
        };
        let Some(person) = &scene.person else {
            if self.command.by_anybody {
                return self.acting_as_nobody(Some(&scene));
            }
            return Err(Fault::new(Code::NoPerson, "Choose who acts first: `person_select`."));
        };
        if !self.command.roles.contains(&person.role) {
            return Err(Fault::new(Code::NotAllowed, format!("{} may not do this; ask an owner.", person.name)));
        }
        Ok(Acting {
            book: scene.book.id,
            device: scene.device.id,
            person: person.id,
            at: self.at,
            today: scene.today(self.at)?,
        })
    }
}

impl CommandWork {
    /// For what belongs to the device alone, and so is in no entry.
    fn acting_as_nobody(&self, scene: Option<&book::Scene>) -> Result<Acting> {
        let nobody = [0; 16];
        Ok(Acting {
            book: scene.map_or_else(|| Id::from_bytes(nobody), |scene| scene.book.id),
            device: scene.map_or_else(|| Id::from_bytes(nobody), |scene| scene.device.id),
            person: Id::from_bytes(nobody),
            at: self.at,
            today: Zone::parse("UTC")?.date_at(self.at),
        })
    }
}

impl Work for CommandWork {
    fn budget(&self) -> u32 {
        WRITE_STATEMENTS_MAX
    }

    fn run(&mut self, unit: &mut Unit) -> Result<()> {
        self.done = None;
        if let Some(done) = self.replay(unit)? {
            self.done = Some(done);
            return Ok(());
        }
        let acting = self.acting(unit)?;
        let answer = (self.verb)(unit, &acting)?;
        let header = Header {
            book: acting.book,
            incarnation: self.inner.incarnation(),
            command: self.command.name,
            person: acting.person,
            request: self.request,
            at: acting.at,
            schema: LATEST_DEVICE_MIGRATION,
        };
        let sealed = daybook::seal(unit, &header)?;
        daybook::remember(unit, self.request, &self.input_hash, &answer.0, acting.at)?;
        if sealed.as_ref().is_some_and(|(sealed, _)| sealed.position % FORGET_EVERY_ENTRIES == 0) {
            daybook::forget_old(unit, acting.at)?;
        }
        self.done = Some(Done { answer, book: Some(acting.book), sealed });
        Ok(())
    }

    fn look_up(&mut self, snapshot: &Snapshot) -> Result<bool> {
        self.done = self.replay(snapshot)?;
        Ok(self.done.is_some())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let CommandWork { inner, command, done, reply, .. } = *self;
        let outcome =
            outcome.and_then(|()| done.ok_or_else(|| Fault::new(Code::Internal, "The command left no answer.")));
        match outcome {
            Ok(done) => {
                let mut tables: BTreeSet<String> = BTreeSet::new();
                let mut position = None;
                if let Some((sealed, touched)) = done.sealed {
                    inner.mark_newest(&Marked { incarnation: inner.incarnation(), newest: Some(sealed) });
                    position = Some(sealed.position);
                    tables = touched;
                }
                if let Some(book) = done.book {
                    tables.extend(command.local_tables.iter().map(|table| (*table).to_owned()));
                    if !tables.is_empty() {
                        inner.tell(&Changed { book, tables: tables.into_iter().collect(), position });
                    }
                }
                reply(Ok(done.answer));
            }
            Err(fault) => reply(Err(fault)),
        }
    }

    fn is_abandoned(&self) -> bool {
        !self.waiting.begin()
    }
}
