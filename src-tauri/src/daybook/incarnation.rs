//! Incarnations: unbroken lives of a store. A copy that is put in a store's place begins a new one, so that two stores
//! never write entries under the same numbers.

use super::{Mark, MarkState, Marked, Sealed};
use crate::kernel::{Code, Fault, IncarnationId, Instant, Result};
use crate::store::{Snapshot, Store, Unit};
use rusqlite::named_params;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use schemars::JsonSchema;
use serde::Serialize;

/// Why an incarnation began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The store was made.
    New,
    /// A backup was restored by Daybook.
    Restored,
    /// The mark was ahead of the store.
    RolledBack,
    /// The mark was another store's, or was missing.
    Replaced,
}

impl Reason {
    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::New => "new",
            Reason::Restored => "restored",
            Reason::RolledBack => "rolled_back",
            Reason::Replaced => "replaced",
        }
    }
}

impl FromSql for Reason {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Reason> {
        [Reason::New, Reason::Restored, Reason::RolledBack, Reason::Replaced]
            .into_iter()
            .find(|reason| value.as_str() == Ok(reason.name()))
            .ok_or(FromSqlError::InvalidType)
    }
}

/// An incarnation of this store.
#[derive(Debug, Clone)]
pub struct Incarnation {
    /// Its id.
    pub id: IncarnationId,
    /// Which life it is: 1, 2, 3.
    pub ordinal: i64,
    /// When it began.
    pub since: Instant,
    /// Why.
    pub reason: Reason,
    /// The life that the mark named when it began.
    mark: Option<IncarnationId>,
}

impl Incarnation {
    /// The mark of this life, where that is its newest entry.
    pub fn marked(&self, newest: Option<Sealed>) -> Marked {
        Marked { incarnation: self.id, ordinal: self.ordinal, newest }
    }
}

/// The incarnation that the store is in; nothing in a store that was just made.
///
/// # Errors
/// What SQLite says.
pub fn current(snapshot: &Snapshot) -> Result<Option<Incarnation>> {
    snapshot.maybe(
        "SELECT id, ordinal, created_at, reason, mark_incarnation_id FROM daybook_incarnation ORDER BY ordinal DESC LIMIT 1",
        [],
        |row| Ok(Incarnation {
                id: row.get(0)?,
                ordinal: row.get(1)?,
                since: row.get(2)?,
                reason: row.get(3)?,
                mark: row.get(4)?,
            }),
    )
}

/// The incarnation that an entry of this moment is of.
///
/// # Errors
/// What SQLite says; `internal` in a store that has none.
pub fn current_life(snapshot: &Snapshot) -> Result<Incarnation> {
    current(snapshot)?.ok_or_else(none)
}

/// Entries that the mark named and that the store lacked when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The newest of them.
    pub position: i64,
    /// The folder, in the store's, that keeps the store as it was found.
    pub evidence: String,
}

/// How a new incarnation begins.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// Its id.
    pub id: IncarnationId,
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: Instant,
    /// The mark that is beside the store until it names this one. Its life may be newer than any that the store knows.
    pub mark: Option<Marked>,
    /// What the mark named and the store lacks.
    pub lost: Option<Lost>,
}

/// Begins a new incarnation.
///
/// # Errors
/// What SQLite says.
pub fn begin(unit: &mut Unit, beginning: &Beginning) -> Result<()> {
    unit.execute(
        "INSERT INTO daybook_incarnation (id, ordinal, reason, created_at, position, mark_incarnation_id, lost_position, evidence)
         SELECT :id, 1 + max(ifnull(max(ordinal), 0), :marked), :reason, :at,
                (SELECT ifnull(max(position), 0) FROM daybook_entry), :mark, :lost, :evidence
         FROM daybook_incarnation",
        named_params! {
            ":id": beginning.id, ":reason": beginning.reason.name(), ":at": beginning.at,
            ":mark": beginning.mark.map(|mark| mark.incarnation), ":marked": beginning.mark.map_or(0, |mark| mark.ordinal),
            ":lost": beginning.lost.as_ref().map(|lost| lost.position),
            ":evidence": beginning.lost.as_ref().map(|lost| &lost.evidence),
        },
    )?;
    Ok(())
}

/// As [`begin`], and how the store stands then.
///
/// # Errors
/// What SQLite says.
pub fn begun(unit: &mut Unit, beginning: &Beginning) -> Result<(Incarnation, Option<Sealed>)> {
    begin(unit, beginning)?;
    standing(unit)
}

/// The life that the store is in, and its newest entry.
///
/// # Errors
/// What SQLite says; `internal` in a store that has none.
pub fn standing(snapshot: &Snapshot) -> Result<(Incarnation, Option<Sealed>)> {
    Ok((current(snapshot)?.ok_or_else(none)?, newest(snapshot)?))
}

impl MarkState {
    /// How a mark stands to the store of this snapshot.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn of(snapshot: &Snapshot, marked: Option<&Marked>, incarnation: Option<IncarnationId>) -> Result<MarkState> {
        let Some(marked) = marked else { return Ok(MarkState::Missing) };
        if Some(marked.incarnation) != incarnation {
            return Ok(MarkState::Foreign);
        }
        let newest = newest(snapshot)?;
        let Some(named) = marked.newest else {
            return Ok(if newest.is_some() { MarkState::Behind } else { MarkState::Agrees });
        };
        if newest == Some(named) {
            return Ok(MarkState::Agrees);
        }
        let stands = snapshot.maybe(
            "SELECT hash FROM daybook_entry WHERE position = :position",
            named_params! { ":position": named.position },
            |row| row.get(0),
        )?;
        Ok(if stands == Some(named.hash) { MarkState::Behind } else { MarkState::Ahead })
    }
}

/// The store's newest entry.
///
/// # Errors
/// What SQLite says.
pub fn newest(snapshot: &Snapshot) -> Result<Option<Sealed>> {
    snapshot.maybe("SELECT position, hash FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| {
        Ok(Sealed { position: row.get(0)?, hash: row.get(1)? })
    })
}

/// Settles, before the first command, which incarnation the store is in: the one it was in, or a new one, when it was
/// just made, rolled back, or put in another's place. The new one is named `fresh`, begins `now`, and keeps what was `lost`.
///
/// # Errors
/// What the store says.
pub fn determine(
    store: &Store,
    mark: &Mark,
    now: Instant,
    fresh: IncarnationId,
    lost: Option<Lost>,
) -> Result<Incarnation> {
    let marked = Mark::read(store.directory());
    let (incarnation, state, newest) = store.read(|snapshot| {
        let incarnation = current(snapshot)?;
        let state = match &incarnation {
            Some(incarnation) if is_late(snapshot, marked.as_ref(), incarnation)? => MarkState::Behind,
            _ => MarkState::of(snapshot, marked.as_ref(), incarnation.as_ref().map(|it| it.id))?,
        };
        Ok((incarnation, state, newest(snapshot)?))
    })?;
    let reason = match (&incarnation, state) {
        (None, _) => Reason::New,
        (Some(_), MarkState::Agrees) => return incarnation.ok_or_else(none),
        (Some(incarnation), MarkState::Behind) => {
            mark.settle(&incarnation.marked(newest));
            return Ok(incarnation.clone());
        }
        (Some(_), MarkState::Ahead) => Reason::RolledBack,
        (Some(_), MarkState::Foreign | MarkState::Missing) => Reason::Replaced,
    };
    let beginning = Beginning { id: fresh, reason, at: now, mark: marked, lost };
    let (incarnation, _) = store.write(move |unit| begun(unit, &beginning))?;
    mark.settle(&incarnation.marked(newest));
    tracing::info!(incarnation = %fresh, reason = reason.name(), "a new incarnation begins");
    Ok(incarnation)
}

/// Whether the power went between a life's beginning and its first mark: the mark is as it was then, and nothing was done since.
pub(super) fn is_late(snapshot: &Snapshot, marked: Option<&Marked>, incarnation: &Incarnation) -> Result<bool> {
    if marked.map(|marked| marked.incarnation) != incarnation.mark {
        return Ok(false);
    }
    let newest: Option<IncarnationId> =
        snapshot
            .maybe("SELECT incarnation_id FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| row.get(0))?;
    Ok(newest != Some(incarnation.id))
}

fn none() -> Fault {
    Fault::new(Code::Internal, "The store has no incarnation.")
}
