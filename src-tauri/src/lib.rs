//! Daybook keeps the books of people who sell and collect where there is no signal.
//!
//! Everything a person does is one command; a command is one unit of work; a unit of work is one entry in the daybook.
//!
//! | room | what |
//! |---|---|
//! | [`kernel`] | the values that everything is made of |
//! | [`store`] | the only door to SQLite: one writer, many readers, savepoints |
//! | [`daybook`] | what was done: captured, sealed, chained, verified |
//! | [`domain`] | what the business is |
//! | [`interchange`] | what people carry in and out |
//! | [`paper`] | what people carry away of a document |
//! | [`sync`] | entries to the central PostgreSQL and back |
//! | [`commands`] | what can be asked, and the runner that runs it |
//! | [`app`], [`cli`], `desktop` | composition and faces |

#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod commands;
pub mod daybook;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod domain;
pub mod interchange;
pub mod kernel;
pub mod log;
pub mod paper;
pub mod paths;
pub mod store;
pub mod sync;
