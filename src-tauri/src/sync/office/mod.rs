//! Head office from its administrator's side: migrate, enrol, quarantine; revoke, release.

mod admin;
mod declared;
mod functions;
mod shut_out;

pub use admin::{Admin, ForBook, Migrated, central_migrations};
pub use functions::{FUNCTION_SET, FUNCTIONS, function_hash};
