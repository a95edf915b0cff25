//! A book as this device has it: its rows, its log, what waits, and what has not been settled.

pub(in crate::sync) mod conflict;
pub(in crate::sync) mod deferred;
pub(in crate::sync) mod log;
pub(in crate::sync) mod membership;
mod outcome;
pub(in crate::sync) mod page;
pub(in crate::sync) mod remote_history;
pub(in crate::sync) mod replay;
pub(in crate::sync) mod rows;
pub(in crate::sync) mod state;
