//! The history of the whole store, or of one record, newest first.

use super::body::Body;
use crate::kernel::{BookId, Code, Fault, Id, Result, kind};
use crate::store::Snapshot;
use rusqlite::named_params;

/// An entry as it is read back.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place among all entries of this store.
    pub position: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// What its bytes say.
    pub body: Body,
}

/// What history is asked for.
#[derive(Debug, Clone)]
pub struct HistoryQuery {
    /// The book.
    pub book: BookId,
    /// One record only.
    pub record: Option<Id<kind::Record>>,
    /// Only entries before this position.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: i64,
}

/// Reads entries, newest first. An entry that can't be read as one is `damaged`.
///
/// # Errors
/// What SQLite says; `damaged`.
pub fn history(snapshot: &Snapshot, query: &HistoryQuery) -> Result<Vec<Entry>> {
    let before = query.before.unwrap_or(i64::MAX);
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?));
    let rows: Vec<(i64, [u8; 32], Vec<u8>)> = match query.record {
        None => snapshot.all(
            "SELECT position, hash, body FROM daybook_entry NOT INDEXED
             WHERE position < :before AND book_id = :book
             ORDER BY position DESC LIMIT :limit",
            named_params! { ":before": before, ":book": query.book, ":limit": query.limit },
            read,
        )?,
        Some(record) => snapshot.all(
            "SELECT e.position, e.hash, e.body
             FROM daybook_touch c
             JOIN daybook_entry e ON e.position = c.position
             WHERE c.record_id = :record AND c.position < :before AND e.book_id = :book
             ORDER BY c.position DESC LIMIT :limit",
            named_params! { ":record": record, ":before": before, ":book": query.book, ":limit": query.limit },
            read,
        )?,
    };
    rows.into_iter()
        .map(|(position, hash, bytes)| {
            let mut body = Body::parse(&bytes).map_err(|cause| {
                Fault::new(Code::Damaged, format!("The entry {position} can't be read.")).because(cause)
            })?;
            if let Some(record) = query.record {
                body.changes.retain(|change| change.key == record);
            }
            Ok(Entry { position, hash, body })
        })
        .collect()
}
