//! The daybook: what was done, in the order it was done, entry by entry.
//!
//! Whatever a unit of work inserts, changes or deletes in a synced table is captured by temporary triggers on the
//! writing connection, whatever statement did it, and is undone with its savepoint. As the last step of a command what
//! was captured is sealed into one entry, which chains to the one before it.
//!
//! # The bytes of an entry, format 1
//!
//! An entry is one JSON object in canonical form (RFC 8785): keys sorted, no white space, UTF-8, integers only. These
//! bytes are hashed, stored, sent and verified as they are; nobody ever writes them a second time.
//!
//! ```json
//! {"at":1795392000000,
//!  "book":"0193…","changes":[
//!    {"key":"0193…","new":{"amount_minor":500,"…":"…"},"op":"insert","table":"payment_transfer"},
//!    {"key":"0193…","new":{"phone":"030-0076545"},"old":{"phone":"030-0074321"},"op":"update","table":"customer"},
//!    {"key":"0193…","old":{"…":"…"},"op":"delete","table":"import_row"}],
//!  "command":"transfer_funds","incarnation":"0193…","person":"0193…","request":"0193…",
//!  "schema":202611230220,"sequence":42,"v":1}
//! ```
//!
//! - `at`: UTC milliseconds, never before the entry before it in this store.
//! - `sequence`: 1, 2, 3, … in each book and incarnation, without a gap.
//! - `changes`: in the order they were made. `key` is the row's `id`; `book_id` stands once, as `book`. An insert gives
//!   the columns that are not null, an update the columns that changed (null where one is or becomes nothing), a delete
//!   the columns that were not null. Columns that a device derives for itself ([`LOCAL_COLUMNS`]) are left out.
//! - ids (`id`, `*_id`) are hyphenated UUIDs, other blobs are lower-case hexadecimal.
//!
//! `hash = SHA-256(hash of the entry before ‖ bytes)`; before the first entry of a book and incarnation stand 32 zero
//! bytes.
//!
//! Not here: which tables are synced (the domain says), and where entries go (sync).

mod answer;
mod body;
mod capture;
mod entry;
mod gap;
mod history;
mod incarnation;
mod index;
mod loss;
mod mark;
mod shape;
mod verify;

pub use crate::kernel::hex;
pub use answer::{ANSWERS_KEPT_DAYS, Recalled, forget_old, recall, remember};
pub use body::{Body, Change, Image};
pub use capture::{install, uncaptured};
pub use entry::{
    CHAIN_START, ENTRY_CHANGES_MAX, FORMAT, Hash, Header, Sealed, SealedEntry, Tally, hash_of, seal, tally, tally_of,
    version_hash, write_again,
};
pub use gap::{Gap, GapReason, gaps};
pub use history::{Entry, HistoryQuery, history};
pub use incarnation::{
    Beginning, Incarnation, Lost, Reason, begin, begun, current, current_life, determine, newest, standing,
};
pub use index::{INDEX_EVERY_ENTRIES, index_all};
pub use loss::{Loss, look, losses, refuse_to_begin_anew, see_losses};
pub use mark::{MARK_FILE, Mark, MarkState, Marked};
pub use shape::LOCAL_COLUMNS;
pub use verify::{Finding, Report, Rule, is_of_the_data, verify};
