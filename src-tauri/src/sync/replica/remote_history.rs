//! What others did, for the history: their versions as they came in among this device's own entries.

use super::log::parse;
use crate::daybook::{Body, Change, Hash};
use crate::kernel::{BookId, DeviceId, Id, IncarnationId, Instant, PersonId, Result, kind::Record};
use crate::store::Snapshot;
use rusqlite::{Row, named_params};

/// A version that another device or head office made.
#[derive(Debug, Clone)]
pub struct RemoteEntry {
    /// Its place in the book's log.
    pub version: i64,
    /// The own entry that it came after.
    pub after_position: i64,
    /// The life of the store it was made in; nothing where head office wrote.
    pub incarnation: Option<IncarnationId>,
    /// Its number there.
    pub sequence: Option<i64>,
    /// The device that made it; nothing where head office wrote.
    pub device: Option<DeviceId>,
    /// Its hash.
    pub hash: Hash,
    /// When it was made.
    pub at: Instant,
    /// The command.
    pub command: String,
    /// Who acted.
    pub person: Option<PersonId>,
    /// What changed.
    pub changes: Vec<Change>,
}

/// A version as it is stored, with its bytes.
type Stored = (i64, i64, Option<IncarnationId>, Option<i64>, Option<DeviceId>, Hash, Vec<u8>);

/// The versions of others that stand before a place in the history, newest first: all of a book, or those that touched a record.
/// A place is an own entry's position and the version that came after it, 0 for the entry itself.
///
/// # Errors
/// What SQLite says; `central_differs` for a version that can't be read.
pub fn remote_history(
    snapshot: &Snapshot,
    book: BookId,
    record: Option<Id<Record>>,
    before: (i64, i64),
    limit: i64,
) -> Result<Vec<RemoteEntry>> {
    let read = |row: &Row<'_>| -> rusqlite::Result<Stored> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(6)?, row.get(4)?, row.get(5)?))
    };
    let (position, version) = before;
    let rows = match record {
        None => snapshot.all(
            "SELECT v.version, v.after_position, v.incarnation_id, v.sequence, v.entry_hash, v.body, v.device_id
             FROM sync_version v
             WHERE v.book_id = :book AND v.body IS NOT NULL AND v.outcome = 'applied'
               AND (v.after_position, v.version) < (:position, :version)
             ORDER BY v.after_position DESC, v.version DESC LIMIT :limit",
            named_params! { ":book": book, ":position": position, ":version": version, ":limit": limit },
            read,
        )?,
        Some(record) => snapshot.all(
            "SELECT v.version, v.after_position, v.incarnation_id, v.sequence, v.entry_hash, v.body, v.device_id
             FROM sync_change c
             CROSS JOIN sync_version v ON v.book_id = c.book_id AND v.version = c.version
             WHERE c.record_id = :record AND c.book_id = :book AND v.body IS NOT NULL AND v.outcome = 'applied'
               AND (v.after_position, v.version) < (:position, :version)
             ORDER BY v.after_position DESC, v.version DESC LIMIT :limit",
            named_params! { ":record": record, ":book": book, ":position": position, ":version": version, ":limit": limit },
            read,
        )?,
    };
    rows.into_iter()
        .map(|(version, after_position, incarnation, sequence, device, hash, body)| {
            let mut body = parse(&body)?;
            if let Some(record) = record {
                body.changes.retain(|change| change.key == record);
            }
            let Body { at, changes, command, person, .. } = body;
            Ok(RemoteEntry {
                version,
                after_position,
                incarnation,
                sequence,
                device,
                hash,
                at,
                command,
                person,
                changes,
            })
        })
        .collect()
}
