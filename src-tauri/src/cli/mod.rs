//! The command line: one call, a pipe of calls, and what people ask of a terminal.

mod about;
mod central;
mod demo;
mod pipe;
mod stop;
mod sync;

use crate::app::{App, error_object};
use crate::commands::{ENVELOPE_BYTES_MAX, Envelope, read_json};
use crate::kernel::{BookId, Code, Fault, PersonId, RequestId, Result};
use crate::paths;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use stop::{Stop, print, print_json, unwritten};

const EXAMPLES: &str = "\
Examples:
  daybook demo                             a store made before your eyes, and thrown away
  daybook call book_setup '{\"name\":\"North route\",\"currency\":\"EUR\",\"person_name\":\"Ana\"}'
  daybook call account_list
  echo '{\"search\":\"ber\"}' | daybook call customer_list -
  daybook call backup '{\"path\":\"/media/stick/daybook.sqlite\"}'
  daybook pipe --events                    one JSON envelope a line, one answer a line

Exit codes: 0 done; 2 bad command line or JSON; 3 refused (the error is on stderr as JSON); \
4 there is no store, or it can't be opened; 1 a fault of Daybook.";

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
        after_help = "Examples:\n  daybook call status\n  daybook call tax_add '{\"name\":\"VAT\",\"rate_ppm\":190000}'\n  daybook call customer_add - < customer.json\n\n`daybook commands` lists the commands, and with a name after it shows that one."
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
        /// This machine's clock is right, though a command was refused as `clock_doubtful`
        #[arg(long)]
        clock_confirmed: bool,
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
    /// List the commands, or show one
    Commands {
        /// Show this one, with its fields, an example and what it is refused for
        name: Option<String>,
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
            if error.use_stderr() {
                // Where nobody can be told, the exit code says it.
                let _ = error.print();
                if let Some(name) = meant(&error) {
                    stop::tell(&format!("\n  {name} is a command of the books: daybook call {name}\n"));
                }
                return ExitCode::from(BAD_COMMAND_LINE);
            }
            if error.kind() == ErrorKind::DisplayHelp
                && let Some(name) = asked_about()
            {
                return ended(about::show(&name, false));
            }
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return ended(printed.map_err(unwritten));
        }
    };
    ended(act(cli))
}

/// The command of the books that was taken for one of this program.
fn meant(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(name)) => crate::commands::command(name).ok().map(|_| name.clone()),
        _ => None,
    }
}

/// Which command `daybook call NAME --help` is about.
fn asked_about() -> Option<String> {
    let mut words = std::env::args().skip(1).skip_while(|word| word != "call").skip(1);
    words.find(|word| crate::commands::command(word).is_ok())
}

fn ended(outcome: std::result::Result<(), Stop>) -> ExitCode {
    match outcome {
        Ok(()) | Err(Stop::OutputClosed) => ExitCode::SUCCESS,
        Err(Stop::Refused(fault)) => refuse(&fault, exit_code_of(&fault)),
        Err(Stop::NotOpened(fault)) => refuse(&fault, NOT_OPENED),
    }
}

const BUG: u8 = 1;
const BAD_COMMAND_LINE: u8 = 2;
const REFUSED: u8 = 3;
const NOT_OPENED: u8 = 4;

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
        Action::Call { name, input, book, person, request, clock_confirmed } => {
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
                clock_confirmed,
                input: read_input(input)?,
            };
            refuse_dry_run(&envelope)?;
            let app = app(cli.store)?;
            let command = crate::commands::command(&envelope.command)?;
            if command.rules.makes_store {
                // What is refused anyway makes nothing.
                command.refuse_input(&envelope.input)?;
            }
            // What can't be opened ends otherwise than what is refused; a restore puts a store there.
            match open(&app, &envelope.command) {
                Err(Stop::NotOpened(fault))
                    if command.rules.name == "restore" && matches!(fault.code, Code::NoStore | Code::Damaged) => {}
                opened => opened?,
            }
            let answer = app.call(envelope)?;
            print_json(&answer.value()?)
        }
        Action::Join { book } => sync::join(&app(cli.store)?, book.as_deref()),
        Action::Sync { watch, compare } => {
            let app = app(cli.store)?;
            open(&app, "sync_now")?;
            let outcome = sync::sync(&app, watch, compare);
            app.close();
            outcome
        }
        Action::Central(action) => central::act(action),
        Action::Pipe { events, sync } => {
            let app = app(cli.store)?;
            // Where there is no store yet, a call may make it.
            match open(&app, "customer_add") {
                Err(Stop::NotOpened(fault)) if fault.code == Code::NoStore => {}
                opened => opened?,
            }
            let _kept = if sync { Some(app.keep_synced()?) } else { None };
            let outcome = pipe::serve(&app, events);
            // A thread that reads may hold it for as long as the process lives.
            app.close();
            outcome
        }
        Action::Commands { name: None, json } => about::list(json),
        Action::Commands { name: Some(name), json } => about::show(&name, json),
        Action::Demo => demo::show(cli.store),
        Action::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "daybook", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn app(store: Option<PathBuf>) -> std::result::Result<App, Stop> {
    paths::store_directory(store).map(|store| App::at_or_beside(&store)).map_err(Stop::NotOpened)
}

fn open(app: &App, command: &str) -> std::result::Result<(), Stop> {
    app.open_for(command).map(drop).map_err(Stop::NotOpened)
}

/// A dry run ends with its process, and this process ends with its call.
fn refuse_dry_run(envelope: &Envelope) -> Result<()> {
    if envelope.command == "import_start" && envelope.input["dry_run"] == true {
        let sentence =
            "A dry run ends with the process that begins it: `import_run` makes a whole one, or give it in a pipe.";
        return Err(Fault::new(Code::UnknownChoice, sentence).at("dry_run"));
    }
    Ok(())
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
    read_json(&text)
}
