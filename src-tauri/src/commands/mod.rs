//! What can be asked: the one table of commands, and the runner that runs them.
//!
//! From the table come the window's handler, the command line, the JSON Schemas and the TypeScript types. Input is
//! parsed here into values that are valid once they exist; answers are the rows as they stand after the command.
//!
//! Not here: rules of the business (domain), SQL, and who is listening (app, the faces).

mod account;
mod answer;
mod backup;
mod bill;
mod book;
mod calls;
mod clock;
mod command;
mod customer;
mod decode;
mod demo;
mod expense;
mod history;
mod import;
mod nouns;
mod overview;
mod payment;
mod prepare;
mod product;
mod receipt;
mod refold;
mod report;
mod rules;
mod runner;
mod sale_order;
mod session;
mod setting;
mod settle;
mod state;
mod status;
mod sync;
mod table;
mod tax;
mod transfer;
mod verify;
mod write;

pub use answer::{Answer, Changed, Reply};
pub use backup::restore_into;
pub use clock::{CLOCK_AHEAD_MS_MAX, CLOCK_OFF_MS_MAX};
pub use command::{Command, Kind, Reader};
pub use decode::{ENVELOPE_BYTES_MAX, Envelope, decode, read_json, without_mark};
pub use nouns::{NOUNS, SYNCED};
pub use prepare::prepare;
pub use rules::{GENERAL, OPENING, Rules};
pub use runner::Runner;
pub use sync::{sync_all, sync_round};
pub use table::{command, describe, rights, table};
