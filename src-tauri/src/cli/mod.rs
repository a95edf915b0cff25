//! The command line: one call, a pipe of calls, and what people ask of a terminal.

mod central;
mod demo;
mod pipe;
mod sync;

use crate::app::{App, error_object};
use crate::commands::{ENVELOPE_BYTES_MAX, Envelope, describe, table};
use crate::kernel::{BookId, Code, Fault, PersonId, RequestId, Result};
use crate::paths;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::{Value, json};
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  daybook demo                             a store made before your eyes, and thrown away
  daybook call book_setup '{\"name\":\"North route\",\"currency\":\"EUR\",\"person_name\":\"Ana\"}'
  daybook call account_list
  echo '{\"search\":\"ber\"}' | daybook call customer_list -
  daybook call backup '{\"path\":\"/media/stick/daybook.sqlite\"}'
  daybook pipe --events                    one JSON envelope a line, one answer a line

Exit codes: 0 done; 2 bad command line or JSON; 3 refused (the error is on stderr as JSON); \
4 the store can't be opened; 1 a fault of Daybook.";

/// The books of people who sell and collect where there is no signal.
#[derive(Parser)]
#[command(name = "daybook", version, after_help = EXAMPLES)]
struct Cli {
    /// The store's folder; else the one that DAYBOOK_STORE names, else the usual place for a user's data
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Run one command and print its answer
    #[command(
        after_help = "Examples:\n  daybook call status\n  daybook call tax_add '{\"name\":\"VAT\",\"rate_ppm\":190000}'\n  daybook call customer_add - < customer.json\n\n`daybook commands` lists the commands."
    )]
    Call {
        /// The command's name
        name: String,
        /// Its input as JSON, or - to read it from standard input
        #[arg(value_name = "JSON|-")]
        input: Option<String>,
        /// The book, by id; the one chosen last when it isn't given
        #[arg(long, value_name = "ID")]
        book: Option<String>,
        /// Who acts, by id; the person chosen on this device when it isn't given
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// The request, by id: the same one again is answered again and done once
        #[arg(long, value_name = "ID")]
        request: Option<String>,
    },
    /// Answer envelopes, one JSON object a line, from standard input to standard output
    #[command(after_help = pipe::ABOUT)]
    Pipe {
        /// Also write a line for each commit
        #[arg(long)]
        events: bool,
        /// Also keep the books synced with head office
        #[arg(long)]
        sync: bool,
    },
    /// Join a head office by the link that it gave, which is asked for or read from standard input
    #[command(after_help = sync::ABOUT_JOIN)]
    Join {
        /// The book to bring along, by id; the one chosen last when it isn't given
        #[arg(long, value_name = "ID")]
        book: Option<String>,
    },
    /// Send what waits and take in what is new
    #[command(after_help = sync::ABOUT_SYNC)]
    Sync {
        /// Go on for ever
        #[arg(long)]
        watch: bool,
        /// Compare all tables with head office's as well
        #[arg(long)]
        compare: bool,
    },
    /// Look after a head office: its schema, devices, quarantine
    #[command(subcommand, after_help = central::ABOUT)]
    Central(central::Central),
    /// List the commands
    Commands {
        /// With their schemas, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a store before your eyes: an import, transfers, refusals, a check of it all
    #[command(after_help = "Without --store the demo's store is thrown away afterwards.")]
    Demo,
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { BAD_COMMAND_LINE } else { 0 };
            // Where even help can't be printed, the exit code says it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match act(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Refused(fault)) => refuse(&fault, exit_code_of(&fault)),
        Err(Stop::NotOpened(fault)) => refuse(&fault, NOT_OPENED),
        // Whoever read the output has gone; there is nobody to tell.
        Err(Stop::OutputClosed) => ExitCode::SUCCESS,
    }
}

const BUG: u8 = 1;
const BAD_COMMAND_LINE: u8 = 2;
const REFUSED: u8 = 3;
const NOT_OPENED: u8 = 4;

/// Why the command line ends early.
enum Stop {
    Refused(Fault),
    NotOpened(Fault),
    OutputClosed,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Refused(fault)
    }
}

impl From<std::io::Error> for Stop {
    fn from(_: std::io::Error) -> Stop {
        Stop::OutputClosed
    }
}

fn exit_code_of(fault: &Fault) -> u8 {
    match fault.code {
        Code::Internal => BUG,
        Code::Malformed | Code::UnknownCommand => BAD_COMMAND_LINE,
        _ => REFUSED,
    }
}

fn refuse(fault: &Fault, code: u8) -> ExitCode {
    // Where standard error is closed, the exit code says it.
    let _ = writeln!(std::io::stderr(), "{}", error_object(fault));
    ExitCode::from(code)
}

fn act(cli: Cli) -> std::result::Result<(), Stop> {
    match cli.action {
        Action::Call { name, input, book, person, request } => {
            let envelope = Envelope {
                id: None,
                command: name,
                book: book.as_deref().map(BookId::parse).transpose().map_err(|fault| fault.at("book"))?,
                person: person.as_deref().map(PersonId::parse).transpose().map_err(|fault| fault.at("person"))?,
                request_id: request
                    .as_deref()
                    .map(RequestId::parse)
                    .transpose()
                    .map_err(|fault| fault.at("request_id"))?,
                input: read_input(input)?,
            };
            crate::commands::command(&envelope.command)?;
            let app = open(cli.store)?;
            let answer = app.call(&envelope)?;
            print_json(&answer.value()?)
        }
        Action::Join { book } => sync::join(&open(cli.store)?, book.as_deref()),
        Action::Sync { watch, compare } => sync::sync(&open(cli.store)?, watch, compare),
        Action::Central(action) => central::act(action),
        Action::Pipe { events, sync } => {
            let app = open(cli.store)?;
            let _kept = if sync { Some(app.keep_synced()?) } else { None };
            pipe::serve(&app, events)?;
            Ok(())
        }
        Action::Commands { json } => list_commands(json),
        Action::Demo => demo::show(cli.store),
        Action::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "daybook", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(())
        }
    }
}

fn open(store: Option<PathBuf>) -> std::result::Result<App, Stop> {
    paths::store_directory(store).and_then(|store| App::open_or_read_beside(&store)).map_err(Stop::NotOpened)
}

fn read_input(input: Option<String>) -> Result<Value> {
    let text =
        match input.as_deref() {
            None => return Ok(json!({})),
            Some("-") => {
                let mut text = String::new();
                // One byte more than is allowed tells that it is too long.
                let most = u64::try_from(ENVELOPE_BYTES_MAX).unwrap_or(u64::MAX) + 1;
                std::io::stdin().lock().take(most).read_to_string(&mut text).map_err(|cause| {
                    Fault::new(Code::Malformed, "Standard input can't be read as text.").because(cause)
                })?;
                text
            }
            Some(text) => text.to_owned(),
        };
    if text.len() > ENVELOPE_BYTES_MAX {
        return Err(Fault::new(Code::TooLong, format!("The input has {ENVELOPE_BYTES_MAX} bytes at most.")));
    }
    serde_json::from_str(&text).map_err(|cause| Fault::new(Code::Malformed, format!("This is not JSON: {cause}.")))
}

/// For a person it is laid out, for a program it is one line.
fn print_json(value: &Value) -> std::result::Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        writeln!(out, "{value:#}")?
    } else {
        writeln!(out, "{value}")?
    }
    Ok(())
}

fn list_commands(as_json: bool) -> std::result::Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{:#}", describe())?;
        return Ok(());
    }
    let width = table().iter().map(|command| command.name.len()).max().unwrap_or(0);
    for command in table() {
        let kind = match command.kind {
            crate::commands::Kind::Read => "reads ",
            crate::commands::Kind::Write => "writes",
            crate::commands::Kind::Task => "task  ",
        };
        writeln!(out, "{:width$}  {kind}  {}", command.name, command.about)?;
    }
    Ok(())
}
