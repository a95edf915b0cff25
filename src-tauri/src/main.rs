//! `daybook`, the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    daybook::cli::run()
}
