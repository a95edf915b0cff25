//! What each request was answered, so that the same request again gives the same answer and does nothing.

use super::{Hash, INDEX_EVERY_ENTRIES, SealedEntry};
use crate::kernel::{Code, Fault, Instant, RequestId, Result};
use crate::store::{Snapshot, Unit};
use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use rusqlite::named_params;

/// How long an answer is kept.
pub const ANSWERS_KEPT_DAYS: i64 = 30;
/// How many old answers are cleared away at once, whenever the indexes are brought up to date: two for one keeps up.
const FORGOTTEN_AT_ONCE: i64 = 2 * INDEX_EVERY_ENTRIES;

/// A request that was done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// Its answer is kept.
    Answered {
        /// The hash of the command and input that it answered.
        input_hash: Hash,
        /// The answer as JSON.
        answer: Vec<u8>,
    },
    /// It stands in an entry; its answer is not kept any more.
    Forgotten,
}

/// What a request came to, if it was done before. Only a writing connection knows the newest.
///
/// # Errors
/// What SQLite says; `damaged` for an answer that can't be read.
pub fn recall(snapshot: &Snapshot, request: RequestId) -> Result<Option<Recalled>> {
    type Kept = (Option<Hash>, Option<Vec<u8>>, Option<Vec<u8>>);
    // An entry that was written down once more has its request twice, and its answer once.
    let kept: Vec<Kept> = snapshot.all(
        "SELECT a.input_hash, a.answer, e.body
         FROM temp.daybook_tail t
         LEFT JOIN daybook_entry e ON e.position = t.position
         LEFT JOIN daybook_answer a ON a.position = t.position
         WHERE t.request_id = :request
         UNION ALL
         SELECT a.input_hash, a.answer, e.body
         FROM daybook_request r
         LEFT JOIN daybook_entry e ON e.position = r.position
         LEFT JOIN daybook_answer a ON a.position = r.position
         WHERE r.request_id = :request
         UNION ALL
         SELECT input_hash, answer, NULL FROM daybook_local_answer WHERE request_id = :request",
        named_params! { ":request": request },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let was_done = !kept.is_empty();
    for (input_hash, answer, body) in kept {
        let (Some(input_hash), Some(answer)) = (input_hash, answer) else { continue };
        let answer = match body {
            Some(body) => decompress_size_prepended_with_dict(&answer, &body)
                .map_err(|cause| Fault::new(Code::Damaged, "A remembered answer can't be read.").because(cause))?,
            None => answer,
        };
        return Ok(Some(Recalled::Answered { input_hash, answer }));
    }
    Ok(was_done.then_some(Recalled::Forgotten))
}

/// Keeps the answer to a request, beside its entry where it has one.
///
/// # Errors
/// What SQLite says.
pub fn remember(
    unit: &mut Unit,
    request: RequestId,
    entry: Option<&SealedEntry>,
    input_hash: &Hash,
    answer: &[u8],
    at: Instant,
) -> Result<()> {
    match entry {
        Some(entry) => unit.execute(
            "INSERT INTO daybook_answer (position, input_hash, answer) VALUES (:position, :input_hash, :answer)",
            named_params! {
                ":position": entry.sealed.position, ":input_hash": input_hash,
                ":answer": compress_prepend_size_with_dict(answer, &entry.body),
            },
        ),
        None => unit.execute(
            "INSERT INTO daybook_local_answer (request_id, input_hash, answer, created_at)
             VALUES (:request, :input_hash, :answer, :at)",
            named_params! { ":request": request, ":input_hash": input_hash, ":answer": answer, ":at": at },
        ),
    }?;
    Ok(())
}

/// Clears away answers that are older than [`ANSWERS_KEPT_DAYS`], a named number at once. An entry's request is never done again,
/// though its answer is forgotten.
///
/// # Errors
/// What SQLite says.
pub fn forget_old(unit: &mut Unit, now: Instant) -> Result<()> {
    let before = now.0 - ANSWERS_KEPT_DAYS * 86_400_000;
    // Times never go back from one entry to the next, so most often a look at the oldest is enough.
    let oldest: Option<Instant> = unit.maybe(
        "SELECT e.created_at
         FROM (SELECT position FROM daybook_answer ORDER BY position LIMIT 1) a
         JOIN daybook_entry e ON e.position = a.position",
        [],
        |row| row.get(0),
    )?;
    if oldest.is_some_and(|oldest| oldest.0 < before) {
        unit.execute(
            "DELETE FROM daybook_answer
             WHERE position IN (SELECT position FROM daybook_answer ORDER BY position LIMIT :most)
               AND NOT EXISTS (SELECT 1 FROM daybook_entry e
                               WHERE e.position = daybook_answer.position AND e.created_at >= :before)",
            named_params! { ":most": FORGOTTEN_AT_ONCE, ":before": before },
        )?;
    }
    unit.execute(
        "DELETE FROM daybook_local_answer
         WHERE position IN (SELECT position FROM daybook_local_answer ORDER BY position LIMIT :most)
           AND created_at < :before",
        named_params! { ":most": FORGOTTEN_AT_ONCE, ":before": before },
    )?;
    Ok(())
}
