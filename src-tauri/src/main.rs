//! `daybook`, the command line.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    daybook::cli::run()
}
