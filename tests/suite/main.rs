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

mod cli;
mod disk;
mod kill;
mod load;
mod model;
mod pipe;
#[allow(dead_code, reason = "processes and dice for all modules")]
mod process;
