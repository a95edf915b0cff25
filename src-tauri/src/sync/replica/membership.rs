//! What a restore takes over from the store that was there: as whom this device enters which head office. A backup may be from before it
//! joined, or from before it was enrolled anew.

use super::state::SyncBook;
use crate::kernel::{Instant, Result};
use crate::store::Unit;
use rusqlite::named_params;

/// Keeps the memberships of before, where the restored store keeps the book as the same device. A log that it never followed it follows
/// from the beginning, as one does that joins with a book. Whether all were kept.
///
/// # Errors
/// What SQLite says.
pub fn keep_memberships(unit: &mut Unit, before: &[SyncBook], at: Instant) -> Result<bool> {
    let mut are_kept = true;
    for member in before {
        are_kept &= unit.execute(
            "INSERT INTO sync_book (book_id, device_id, host, port, database_name, role_name, authority, stage, book_hash, paused,
                                    joined_at)
             SELECT book_id, device_id, :host, :port, :database, :role, :authority, 'following', zeroblob(32), :paused, :at
             FROM device_book WHERE book_id = :book AND device_id = :device
             ON CONFLICT (book_id) DO UPDATE
             SET host = excluded.host, port = excluded.port, database_name = excluded.database_name,
                 role_name = excluded.role_name, authority = excluded.authority, paused = excluded.paused
             WHERE sync_book.device_id = excluded.device_id",
            named_params! {
                ":book": member.book, ":device": member.device, ":host": member.host, ":port": member.port,
                ":database": member.database, ":role": member.role, ":authority": member.authority,
                ":paused": member.paused, ":at": at,
            },
        )? > 0;
    }
    Ok(are_kept)
}
