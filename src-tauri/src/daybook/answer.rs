//! What each request was answered, so that the same request again gives the same answer and does nothing.

use super::Hash;
use crate::kernel::{Instant, RequestId, Result};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;

/// How long an answer is kept.
pub const ANSWERS_KEPT_DAYS: i64 = 30;
/// How many old answers one command clears away at most: two for one keeps up, and nobody waits for it.
const FORGOTTEN_AT_ONCE: i64 = 2;

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The hash of the command and input that it answered.
    pub input_hash: Hash,
    /// The answer as JSON.
    pub answer: Vec<u8>,
}

/// The answer that a request was given, if it is kept.
///
/// # Errors
/// What SQLite says.
pub fn recall(snapshot: &Snapshot, request: RequestId) -> Result<Option<Recalled>> {
    snapshot.maybe(
        "SELECT input_hash, answer FROM daybook_answer WHERE request_id = :request",
        named_params! { ":request": request },
        |row| Ok(Recalled { input_hash: row.get(0)?, answer: row.get(1)? }),
    )
}

/// Keeps an answer.
///
/// # Errors
/// What SQLite says.
pub fn remember(unit: &mut Unit, request: RequestId, input_hash: &Hash, answer: &[u8], at: Instant) -> Result<()> {
    unit.execute(
        "INSERT INTO daybook_answer (request_id, input_hash, answer, created_at)
         VALUES (:request, :input_hash, :answer, :at)",
        named_params! { ":request": request, ":input_hash": input_hash, ":answer": answer, ":at": at },
    )?;
    Ok(())
}

/// Clears away a few answers that are older than [`ANSWERS_KEPT_DAYS`].
///
/// # Errors
/// What SQLite says.
pub fn forget_old(unit: &mut Unit, now: Instant) -> Result<()> {
    unit.execute(
        "DELETE FROM daybook_answer
         WHERE position IN (SELECT position FROM daybook_answer ORDER BY position LIMIT :most)
           AND created_at < :before",
        named_params! { ":most": FORGOTTEN_AT_ONCE, ":before": now.0 - ANSWERS_KEPT_DAYS * 86_400_000 },
    )?;
    Ok(())
}
