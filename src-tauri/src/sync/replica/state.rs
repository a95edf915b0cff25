//! How far each book has come, what waits, and what is in the way.

use crate::daybook::Hash;
use crate::kernel::{BookId, Code, DeviceId, Fault, IncarnationId, Instant, Result};
use crate::store::{Snapshot, Unit};
use crate::sync::line::address::Address;
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::Serialize;

/// A book that is synced.
#[derive(Debug, Clone)]
pub struct SyncBook {
    /// The book.
    pub book: BookId,
    /// This device in it.
    pub device: DeviceId,
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role that this device enters as.
    pub role: String,
    /// Who vouches for the server, as PEM.
    pub authority: Option<String>,
    /// Where it stands: taking in a snapshot, or following the log.
    pub stage: Stage,
    /// The newest version taken in.
    pub version: i64,
    /// The book's hash there.
    pub book_hash: Hash,
    /// The version that the snapshot began at.
    pub snapshot_version: Option<i64>,
    /// The table that the snapshot has come to.
    pub snapshot_table: Option<String>,
    /// The last row of it that was taken in.
    pub snapshot_after: Option<[u8; 16]>,
    /// The newest version at head office when it was last asked.
    pub central_version: i64,
    /// Whether a person paused it.
    pub paused: bool,
    /// What is in the way.
    pub trouble: Option<Trouble>,
    /// When a round last went through.
    pub synced_at: Option<Instant>,
    /// When chain and tables were last compared.
    pub checked_at: Option<Instant>,
    /// At which version.
    pub checked_version: Option<i64>,
    /// What differed then; nothing when all agreed.
    pub checked_finding: Option<String>,
    /// When another store was last seen to go on as this device.
    pub copied_at: Option<Instant>,
}

/// Where a synced book stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows come in.
    Snapshot,
    /// Versions are followed.
    Following,
}

/// What is in the way of a book's sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Trouble {
    /// The error code.
    pub code: Code,
    /// A sentence.
    pub message: String,
    /// Since when.
    pub since_at: Instant,
}

/// What became of an entry of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// Only here: the book is not synced.
    Local,
    /// Waits to be sent.
    Waiting,
    /// Head office has it; what became of it there has not come back yet.
    Sent,
    /// It took effect at head office.
    Applied,
    /// Head office keeps it whole until its cause is gone, or a person dismisses it.
    Quarantined,
    /// A person at head office dismissed it, and it was taken back here.
    Dismissed,
    /// Another entry had done the same request already.
    Superseded,
}

impl Stage {
    fn named(name: &str) -> Stage {
        match name {
            "snapshot" => Stage::Snapshot,
            _ => Stage::Following,
        }
    }
}

/// How long a comparison speaks for a book that has gone on since: twice as long as rounds wait between two.
const CHECK_SPEAKS_MS: i64 = 20 * 60 * 1000;

impl SyncBook {
    /// Whether all tables agree with head office's, as far as that is known at this moment; nothing where they were not compared, or too
    /// long ago for a book that has gone on since.
    pub fn agrees(&self, now: Instant) -> Option<bool> {
        let then = self.checked_at?;
        let is_known = self.checked_version == Some(self.version) || now.0 - then.0 <= CHECK_SPEAKS_MS;
        (is_known || self.checked_finding.is_some()).then_some(self.checked_finding.is_none())
    }

    pub(in crate::sync) fn address(&self) -> Address<'_> {
        Address {
            host: &self.host,
            port: self.port,
            database: &self.database,
            role: &self.role,
            authority: self.authority.as_deref(),
        }
    }

    fn read_row(row: &Row<'_>) -> rusqlite::Result<SyncBook> {
        let trouble: Option<String> = row.get("trouble_code")?;
        let trouble = match trouble {
            Some(code) => Some(Trouble {
                code: Code::named(&code).unwrap_or(Code::Internal),
                message: row.get::<_, Option<String>>("trouble_message")?.unwrap_or_default(),
                since_at: row.get::<_, Option<Instant>>("trouble_at")?.unwrap_or(Instant(0)),
            }),
            None => None,
        };
        Ok(SyncBook {
            book: row.get("book_id")?,
            device: row.get("device_id")?,
            host: row.get("host")?,
            port: row.get("port")?,
            database: row.get("database_name")?,
            role: row.get("role_name")?,
            authority: row.get("authority")?,
            stage: Stage::named(&row.get::<_, String>("stage")?),
            version: row.get("version")?,
            book_hash: row.get("book_hash")?,
            snapshot_version: row.get("snapshot_version")?,
            snapshot_table: row.get("snapshot_table")?,
            snapshot_after: row.get("snapshot_after")?,
            central_version: row.get("central_version")?,
            paused: row.get("paused")?,
            trouble,
            synced_at: row.get("synced_at")?,
            checked_at: row.get("checked_at")?,
            checked_version: row.get("checked_version")?,
            checked_finding: row.get("checked_finding")?,
            copied_at: row.get("copied_at")?,
        })
    }
}

const SYNC_BOOK: &str = "\
SELECT book_id, device_id, host, port, database_name, role_name, authority, stage, version, book_hash, snapshot_version,
       snapshot_table, snapshot_after, central_version, paused, trouble_code, trouble_message, trouble_at, synced_at,
       checked_at, checked_version, checked_finding, copied_at
FROM sync_book";

/// All synced books.
///
/// # Errors
/// What SQLite says.
pub fn books(snapshot: &Snapshot) -> Result<Vec<SyncBook>> {
    snapshot.all(&format!("{SYNC_BOOK} ORDER BY joined_at, book_id"), [], SyncBook::read_row)
}

/// A synced book; nothing when the book isn't synced.
///
/// # Errors
/// What SQLite says.
pub fn find(snapshot: &Snapshot, book: BookId) -> Result<Option<SyncBook>> {
    snapshot.maybe(&format!("{SYNC_BOOK} WHERE book_id = :book"), named_params! { ":book": book }, SyncBook::read_row)
}

/// Pauses a book's sync, or lets it go on.
///
/// # Errors
/// What SQLite says.
pub fn set_paused(unit: &mut Unit, book: BookId, paused: bool) -> Result<()> {
    unit.execute(
        "UPDATE sync_book SET paused = :paused WHERE book_id = :book",
        named_params! { ":book": book, ":paused": paused },
    )?;
    Ok(())
}

/// Writes down what is in the way, or that nothing is. The same trouble keeps the time that it began.
///
/// # Errors
/// What SQLite says.
pub fn set_trouble(unit: &mut Unit, book: BookId, fault: Option<(&str, &str)>, at: Instant) -> Result<()> {
    let (code, message) = fault.unzip();
    unit.execute(
        "UPDATE sync_book
         SET trouble_at = CASE WHEN :code IS NULL THEN NULL WHEN trouble_code IS :code THEN trouble_at ELSE :at END,
             trouble_code = :code, trouble_message = :message
         WHERE book_id = :book",
        named_params! { ":book": book, ":code": code, ":message": message, ":at": at },
    )?;
    Ok(())
}

/// Notes a version that this device made by another store than this one. That is what a restore leaves, once; where this store has sent
/// something since the last such version, the other one goes on beside it.
pub(in crate::sync) fn note_copy(unit: &mut Unit, book: BookId, version: i64, at: Instant) -> Result<()> {
    unit.execute(
        "UPDATE sync_book
         SET copied_at = CASE WHEN EXISTS (
                 SELECT 1 FROM sync_version v
                 WHERE v.book_id = :book AND v.version > sync_book.copy_version AND v.version < :version
                   AND v.incarnation_id IS NOT NULL AND v.body IS NULL) THEN :at ELSE copied_at END,
             copy_version = :version
         WHERE book_id = :book",
        named_params! { ":book": book, ":version": version, ":at": at },
    )?;
    Ok(())
}

/// A lane: an incarnation's entries of a book, and how far they have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sync) struct Lane {
    pub(in crate::sync) incarnation: IncarnationId,
    /// The newest entry here.
    pub(in crate::sync) last: i64,
    pub(in crate::sync) sent: i64,
    pub(in crate::sync) settled: i64,
}

/// The lanes of a book in the order that they began.
pub(in crate::sync) fn lanes(snapshot: &Snapshot, book: BookId) -> Result<Vec<Lane>> {
    snapshot.all(
        "SELECT i.id, min(e.last, ifnull(l.ends_at, e.last)), ifnull(l.sent_sequence, 0), ifnull(l.settled_sequence, 0)
         FROM daybook_incarnation i
         JOIN (SELECT id, (SELECT max(sequence) FROM daybook_entry WHERE book_id = :book AND incarnation_id = id) AS last
               FROM daybook_incarnation) e ON e.id = i.id
         LEFT JOIN sync_lane l ON l.book_id = :book AND l.incarnation_id = i.id
         WHERE e.last IS NOT NULL
         ORDER BY i.ordinal",
        named_params! { ":book": book },
        |row| Ok(Lane { incarnation: row.get(0)?, last: row.get(1)?, sent: row.get(2)?, settled: row.get(3)? }),
    )
}

/// The hash of an own entry.
pub(in crate::sync) fn hash_at(
    snapshot: &Snapshot,
    book: BookId,
    lane: IncarnationId,
    sequence: i64,
) -> Result<Option<Hash>> {
    snapshot.maybe(
        "SELECT hash FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :sequence",
        named_params! { ":book": book, ":lane": lane, ":sequence": sequence },
        |row| row.get(0),
    )
}

pub(in crate::sync) fn set_lane(
    unit: &mut Unit,
    book: BookId,
    lane: IncarnationId,
    sent: i64,
    settled: i64,
) -> Result<()> {
    unit.execute(
        "INSERT INTO sync_lane (book_id, incarnation_id, sent_sequence, settled_sequence)
         VALUES (:book, :lane, :sent, :settled)
         ON CONFLICT (book_id, incarnation_id) DO UPDATE
         SET sent_sequence = excluded.sent_sequence, settled_sequence = excluded.settled_sequence",
        named_params! { ":book": book, ":lane": lane, ":sent": sent, ":settled": settled },
    )?;
    Ok(())
}

/// Lets the next push of a lane begin after what has been settled.
pub(in crate::sync) fn forget_sent(unit: &mut Unit, book: BookId, lane: IncarnationId) -> Result<()> {
    unit.execute(
        "UPDATE sync_lane SET sent_sequence = settled_sequence
         WHERE book_id = :book AND incarnation_id = :lane AND sent_sequence > settled_sequence",
        named_params! { ":book": book, ":lane": lane },
    )?;
    Ok(())
}

/// Notes that a column of a table was passed over; the whole table where the column is empty.
pub(in crate::sync) fn pass_over(unit: &mut Unit, book: BookId, table: &str, column: &str) -> Result<()> {
    unit.execute(
        "INSERT INTO sync_passed_over (book_id, table_name, column_name) VALUES (:book, :table, :column)
         ON CONFLICT (book_id, table_name, column_name) DO UPDATE SET fetched_after = NULL",
        named_params! { ":book": book, ":table": table, ":column": column },
    )?;
    Ok(())
}

/// What was passed over: table, column, and up to which row it has been fetched since.
pub(in crate::sync) type PassedOver = (String, String, Option<[u8; 16]>);

/// What of a book was passed over.
pub(in crate::sync) fn passed_over(snapshot: &Snapshot, book: BookId) -> Result<Vec<PassedOver>> {
    snapshot.all(
        "SELECT table_name, column_name, fetched_after FROM sync_passed_over WHERE book_id = :book
         ORDER BY table_name, column_name",
        named_params! { ":book": book },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Keeps how far what was passed over has been fetched; with the last row of the table it is no longer passed over.
pub(in crate::sync) fn keep_fetched(
    unit: &mut Unit,
    book: BookId,
    table: &str,
    columns: &[String],
    after: Option<[u8; 16]>,
) -> Result<()> {
    for column in columns {
        let key = named_params! { ":book": book, ":table": table, ":column": column, ":after": after };
        match after {
            Some(_) => unit.execute(
                "UPDATE sync_passed_over SET fetched_after = :after
                 WHERE book_id = :book AND table_name = :table AND column_name = :column",
                key,
            )?,
            None => unit.execute(
                "DELETE FROM sync_passed_over
                 WHERE book_id = :book AND table_name = :table AND column_name = :column AND :after IS NULL",
                key,
            )?,
        };
    }
    Ok(())
}

/// That a book still stands where a call began: a store that was put back meanwhile gets no page that follows on another day's.
pub(in crate::sync) fn expect_at(unit: &mut Unit, book: BookId, version: i64, hash: &Hash) -> Result<()> {
    let stands: bool = unit.one(
        "SELECT EXISTS (SELECT 1 FROM sync_book WHERE book_id = :book AND version = :version AND book_hash = :hash)",
        named_params! { ":book": book, ":version": version, ":hash": hash },
        |row| row.get(0),
    )?;
    match stands {
        true => Ok(()),
        false => Err(Fault::new(Code::Busy, "The store was put back meanwhile; the next round goes on from there.")),
    }
}

/// What has not been settled yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Entries whose outcome has not come back: what was sent and not answered for may still be lost there.
    pub entries: i64,
    /// The oldest of them.
    pub oldest_at: Option<Instant>,
    /// Entries that head office keeps for a person.
    pub quarantined: i64,
}

/// What of a book's entries waits.
///
/// # Errors
/// What SQLite says.
pub fn waiting(snapshot: &Snapshot, book: BookId) -> Result<Waiting> {
    let mut waiting = Waiting::default();
    for lane in lanes(snapshot, book)? {
        waiting.entries += (lane.last - lane.settled).max(0);
        if lane.settled < lane.last && waiting.oldest_at.is_none() {
            waiting.oldest_at = snapshot.maybe(
                "SELECT created_at FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :next",
                named_params! { ":book": book, ":lane": lane.incarnation, ":next": lane.settled + 1 },
                |row| row.get(0),
            )?;
        }
    }
    waiting.quarantined = snapshot.one(
        "SELECT count(*) FROM sync_exception WHERE book_id = :book AND state = 'quarantined'",
        named_params! { ":book": book },
        |row| row.get(0),
    )?;
    Ok(waiting)
}

/// Since when nobody else can know what was made here: the time of the oldest entry that was never sent; nothing where all were, and
/// the beginning of time where the book is not synced.
///
/// # Errors
/// What SQLite says.
pub fn unsent_since(snapshot: &Snapshot, book: BookId) -> Result<Option<Instant>> {
    if find(snapshot, book)?.is_none() {
        return Ok(Some(Instant(i64::MIN)));
    }
    let Some(lane) = lanes(snapshot, book)?.into_iter().find(|lane| lane.sent < lane.last) else { return Ok(None) };
    snapshot.maybe(
        "SELECT created_at FROM daybook_entry WHERE book_id = :book AND incarnation_id = :lane AND sequence = :next",
        named_params! { ":book": book, ":lane": lane.incarnation, ":next": lane.sent + 1 },
        |row| row.get(0),
    )
}

/// What became of own entries, each by incarnation and sequence.
///
/// # Errors
/// What SQLite says.
pub fn entry_states(snapshot: &Snapshot, book: BookId, entries: &[(IncarnationId, i64)]) -> Result<Vec<EntryState>> {
    // A synced book without exceptions gives one row of nothing, another book no row.
    let exceptions: Vec<Option<(IncarnationId, i64, String)>> = snapshot.all(
        "SELECT x.incarnation_id, x.sequence, x.state
         FROM sync_book b LEFT JOIN sync_exception x ON x.book_id = b.book_id
         WHERE b.book_id = :book",
        named_params! { ":book": book },
        |row| {
            let lane: Option<IncarnationId> = row.get(0)?;
            lane.map(|lane| Ok((lane, row.get(1)?, row.get(2)?))).transpose()
        },
    )?;
    if exceptions.is_empty() {
        return Ok(vec![EntryState::Local; entries.len()]);
    }
    let lanes = lanes(snapshot, book)?;
    Ok(entries
        .iter()
        .map(|(incarnation, sequence)| {
            let mut known = exceptions.iter().flatten();
            let exception = known.find(|(lane, number, _)| (lane, number) == (incarnation, sequence));
            let lane = lanes.iter().find(|lane| lane.incarnation == *incarnation);
            match (exception.map(|(_, _, state)| state.as_str()), lane) {
                (Some("quarantined"), _) => EntryState::Quarantined,
                (Some("dismissed"), _) => EntryState::Dismissed,
                (Some(_), _) => EntryState::Superseded,
                (None, Some(lane)) if *sequence <= lane.settled => EntryState::Applied,
                (None, Some(lane)) if *sequence <= lane.sent => EntryState::Sent,
                (None, _) => EntryState::Waiting,
            }
        })
        .collect())
}

pub(in crate::sync) fn differs(message: impl Into<String>) -> Fault {
    Fault::new(Code::CentralDiffers, message)
}
