//! How a call of the command line ends: with an answer that is printed, or early, and why.

use crate::kernel::{Code, Fault};
use serde_json::Value;
use std::io::{ErrorKind, IsTerminal, Write};

/// Why the command line ends early.
pub(super) enum Stop {
    Refused(Fault),
    NotOpened(Fault),
    /// Whoever read the output has gone; there is nobody to tell.
    OutputClosed,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        match fault.code {
            Code::NoStore => Stop::NotOpened(fault),
            _ => Stop::Refused(fault),
        }
    }
}

/// What it means that the output can't be written.
pub(super) fn unwritten(cause: std::io::Error) -> Stop {
    if cause.kind() == ErrorKind::BrokenPipe {
        return Stop::OutputClosed;
    }
    let sentence = format!("The output can't be written: {cause}. What was asked for may be done all the same.");
    Stop::Refused(Fault::new(Code::FileUnwritable, sentence).because(cause))
}

/// For a person it is laid out, for a program it is one line.
pub(super) fn print_json(value: &Value) -> std::result::Result<(), Stop> {
    print(&if std::io::stdout().is_terminal() { format!("{value:#}\n") } else { format!("{value}\n") })
}

/// Writes text to standard output, all of it.
pub(super) fn print(text: &str) -> std::result::Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(unwritten)
}

/// Tells a person something beside the answer. Where nobody can be told, the answer is what counts.
pub(super) fn tell(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
