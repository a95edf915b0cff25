//! Entries to the central PostgreSQL and back, when there is a network. The only door to PostgreSQL.
//!
//! A book is a serial log at central: version 1, 2, 3, … A replica is versions 1 to v in order, with its own unsent
//! entries on top. Each call names its book and can be repeated after any failure.
//!
//! | file | what |
//! |---|---|
//! | `link` | what head office gives a device |
//! | `secrets`, `keyring` | where the password lies |
//! | `connect` | how a connection is made, and what its faults mean |
//! | `central` | the functions that a device calls |
//! | `replica` | rows as entries and head office write them, put into the tables here |
//! | `state` | how far each book has come, and what is in its way |
//! | `push`, `pull`, `snapshot`, `digest` | the parts of a round |
//! | `outcome` | what became of own entries |
//! | `owed` | rows that can't be what head office has yet |
//! | `ahead` | pages fetched while others are taken in |
//! | `round` | one round: join, snapshot, push, pull, check |
//! | `fork` | a store of which a copy went on as well |
//! | `conflict` | what a person settles |
//! | `others` | what others did, for the history |
//! | `admin`, `shut_out` | what head office's administrator does: migrate, enrol, quarantine; revoke, release |
//!
//! Not here: when a round is made (app), and what an account is.

mod admin;
mod ahead;
mod central;
mod conflict;
mod connect;
mod digest;
mod fork;
mod keyring;
mod link;
mod others;
mod outcome;
mod owed;
mod pull;
mod push;
mod replica;
mod round;
mod secrets;
mod shut_out;
mod snapshot;
mod state;

pub use admin::{Admin, ForBook, central_migrations};
pub use conflict::{Conflict, ConflictKind, conflicts, find_conflict, settle};
pub use fork::{Fork, find_fork, part};
pub use link::Link;
pub use others::{Maker, Others, others};
pub use replica::{LocalText, Tables};
pub use round::{Joined, Lines, Progress, Round, Told, join, round};
pub use secrets::Secrets;
pub use state::{EntryState, Stage, SyncBook, Trouble, books, entry_states, find, set_paused, set_trouble, waiting};
