//! The tests of Daybook below its window: through the command table as a face would, over real files, and as a process.

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
mod store;

#[allow(dead_code, unused_imports, reason = "a server and a network for all modules")]
mod central;
mod cli;
mod disk;
mod kill;
mod load;
mod model;
#[cfg(feature = "mutants")]
mod mutants;
mod pipe;
#[allow(dead_code, reason = "processes and dice for all modules")]
mod process;
mod sync;
