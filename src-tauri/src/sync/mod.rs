//! Entries to the central PostgreSQL and back, when there is a network. The only door to PostgreSQL.
//!
//! A book is a serial log at central: version 1, 2, 3, … A replica is versions 1 to v in order, with its own unsent
//! entries on top. Each call names its book and can be repeated after any failure.
//!
//! | folder | holds |
//! |---|---|
//! | `line/` | the connection: `address`, `link`, `secrets` and `keyring`, `connect`, and the functions that a device calls (`central`) |
//! | `replica/` | the book here: `rows`, `log`, `replay` with `page`, `outcome` and `deferred`, `state`, `conflict`, `remote_history` |
//! | `round/` | one round: `connections`, `join`, `snapshot`, `catch_up`, `push`, `pull`, `prefetch`, `digest`, `fork` |
//! | `office/` | what head office's administrator does: `admin`, `functions`, `shut_out` |
//!
//! Not here: when a round is made (app), and what an account is.

mod line;
mod office;
mod replica;
mod round;

pub use line::address::parse_reachable;
pub use line::link::Link;
pub use line::secrets::Secrets;
pub use line::silence::Heard;
pub use office::{Admin, FUNCTION_SET, FUNCTIONS, ForBook, Migrated, central_migrations, function_hash};
pub use replica::conflict::{Conflict, ConflictKind, conflicts, find_conflict, resolve};
pub use replica::membership::keep_memberships;
pub use replica::remote_history::{RemoteEntry, remote_history};
pub use replica::rows::{Folded, Tables};
pub use replica::state::{
    EntryState, Stage, SyncBook, Trouble, books, entry_states, find, set_paused, set_trouble, unsent_since, waiting,
};
pub use round::{Connections, Event, Fork, Joined, Progress, Round, find_fork, join, part, round};
