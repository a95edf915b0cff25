//! The tests of Daybook below its window: through the command table as a face would, over real files, and as a process.

mod disk;
mod kill;
mod load;
#[allow(dead_code, reason = "processes and dice for all modules")]
mod process;
