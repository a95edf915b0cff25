//! The tests of Daybook below its window: through the command table as a face would, over real files, and as a process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that fails panics, and looks behind every door"
)]

// Each of these two serves several modules, none of which uses all of it.
#[allow(dead_code, reason = "builders for all modules")]
mod world;

mod abuse;
mod books;
mod catalogue;
mod daybook;
mod first;
mod house;
mod imports;
mod ledger;
mod orders;
mod promises;
mod receipts;
mod receivables;
mod reports;
mod search;
mod store;

#[allow(dead_code, unused_imports, reason = "a server and a network for all modules")]
mod central;
mod cli;
mod clock;
mod disk;
mod documents;
mod kill;
mod load;
mod model;
#[cfg(feature = "mutants")]
mod mutants;
mod pipe;
mod power_cut;
#[allow(dead_code, reason = "processes and dice for all modules")]
mod process;
mod sync;
