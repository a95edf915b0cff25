//! Incarnations: unbroken lives of a store. A copy that is put in a store's place begins a new one, so that two stores
//! never write entries under the same numbers.

use super::{Mark, MarkState, Marked, Sealed};
use crate::kernel::{Code, Fault, Id, IncarnationId, Instant, Result};
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
    /// When it began.
    pub since: Instant,
    /// Why.
    pub reason: Reason,
}

/// The incarnation that the store is in; nothing in a store that was just made.
///
/// # Errors
/// What SQLite says.
pub fn current(snapshot: &Snapshot) -> Result<Option<Incarnation>> {
    snapshot.maybe("SELECT id, created_at, reason FROM daybook_incarnation ORDER BY ordinal DESC LIMIT 1", [], |row| {
        Ok(Incarnation { id: row.get(0)?, since: row.get(1)?, reason: row.get(2)? })
    })
}

/// Begins a new incarnation.
///
/// # Errors
/// What SQLite says.
pub fn begin(unit: &mut Unit, id: IncarnationId, reason: Reason, at: Instant) -> Result<()> {
    unit.execute(
        "INSERT INTO daybook_incarnation (id, ordinal, reason, created_at)
         SELECT :id, 1 + ifnull(max(ordinal), 0), :reason, :at FROM daybook_incarnation",
        named_params! { ":id": id, ":reason": reason.name(), ":at": at },
    )?;
    Ok(())
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
/// just made, rolled back, or put in another's place. `now` and `fresh` are used only then.
///
/// # Errors
/// What the store says.
pub fn settle(store: &Store, mark: &Mark, now: Instant, fresh: IncarnationId) -> Result<Incarnation> {
    let marked = Mark::read(store.directory());
    let (incarnation, state, newest) = store.read(8, |snapshot| {
        let incarnation = current(snapshot)?;
        let state = MarkState::of(snapshot, marked.as_ref(), incarnation.as_ref().map(|it| it.id))?;
        Ok((incarnation, state, newest(snapshot)?))
    })?;
    let reason = match (&incarnation, state) {
        (None, _) => Reason::New,
        (Some(_), MarkState::Agrees) => return incarnation.ok_or_else(none),
        (Some(incarnation), MarkState::Behind) => {
            mark.write(&Marked { incarnation: incarnation.id, newest });
            return Ok(incarnation.clone());
        }
        (Some(_), MarkState::Ahead) => Reason::RolledBack,
        (Some(_), MarkState::Foreign | MarkState::Missing) => Reason::Replaced,
    };
    let id: IncarnationId = Id::from_bytes(*fresh.as_bytes());
    store.write(4, move |unit| begin(unit, id, reason, now))?;
    mark.write(&Marked { incarnation: id, newest });
    tracing::info!(incarnation = %id, reason = reason.name(), "a new incarnation begins");
    store.read(2, current)?.ok_or_else(none)
}

fn none() -> Fault {
    Fault::new(Code::Internal, "The store has no incarnation.")
}
