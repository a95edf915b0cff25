//! What head office's administrator does from a terminal.

use super::stop::tell;
use super::{Stop, error_object, print, print_json};
use crate::app::{Admin, ForBook, parse_reachable};
use crate::commands::{NOUNS, rights};
use crate::kernel::{BookId, Code, Fault};
use clap::{Args, Subcommand};
use serde_json::json;
use std::time::Duration;

pub(super) const ABOUT: &str = "\
Examples:
  daybook central migrate --url 'postgresql://postgres@books.example:5432/books?sslrootcert=ca.pem'
  daybook central enrol --device 'Van 1' --book 'North route'
  daybook central devices

The URL comes from --url or from DAYBOOK_CENTRAL_URL; its password is better given as PGPASSWORD than in the URL.";

/// Which central.
#[derive(Args)]
pub(super) struct At {
    /// The central database, as postgresql://user@host:port/database?sslrootcert=FILE
    #[arg(long, env = "DAYBOOK_CENTRAL_URL", hide_env_values = true)]
    url: String,
}

#[derive(Subcommand)]
pub(super) enum Central {
    /// Bring the central schema up to date
    Migrate {
        #[command(flatten)]
        at: At,
    },
    /// Make a role for a device, and print the link that it joins with
    Enrol {
        #[command(flatten)]
        at: At,
        /// What the device is called
        #[arg(long)]
        device: String,
        /// A book that is there, by name or id; any other name is that of a new book, which the device will bring
        #[arg(long)]
        book: String,
        /// How devices reach the server, as host:port, where that is not how you do
        #[arg(long, value_name = "HOST:PORT")]
        reachable: Option<String>,
    },
    /// List the devices, and what each is behind
    Devices {
        #[command(flatten)]
        at: At,
    },
    /// Shut a device out
    Revoke {
        #[command(flatten)]
        at: At,
        /// Its name, code, id or role
        device: String,
        /// The book, by name or id, where several devices are called that
        #[arg(long)]
        book: Option<String>,
    },
    /// Shut a lost device out and give its accounts to another
    Release {
        #[command(flatten)]
        at: At,
        /// The lost device's name, code or id
        device: String,
        /// The device that keeps the accounts from now on, by name, code or id
        #[arg(long)]
        to: String,
        /// The book, by name or id, where several devices are called that
        #[arg(long)]
        book: Option<String>,
    },
    /// Look after entries that could not be applied
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// End connections of devices that hold a transaction open for too long, for ever
    Watch {
        #[command(flatten)]
        at: At,
        /// How long a transaction may take
        #[arg(long, value_name = "SECONDS", default_value_t = 900)]
        longest: u64,
        /// Look once, and end
        #[arg(long)]
        once: bool,
    },
    /// Tell how each book is
    Status {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Subcommand)]
pub(super) enum Quarantine {
    /// List what waits
    List {
        #[command(flatten)]
        at: At,
    },
    /// Show one entry whole
    Show {
        #[command(flatten)]
        at: At,
        /// The book, by name or id
        #[arg(long)]
        book: String,
        /// The entry's version
        version: i64,
    },
    /// Apply what can be applied now
    Retry {
        #[command(flatten)]
        at: At,
        /// The book, by name or id
        #[arg(long)]
        book: String,
    },
    /// Dismiss an entry, with what depends on it; its device takes it back
    Dismiss {
        #[command(flatten)]
        at: At,
        /// The book, by name or id
        #[arg(long)]
        book: String,
        /// The entry's version
        version: i64,
        /// Why: the device's people will read it
        #[arg(long)]
        reason: String,
    },
}

fn book_of(admin: &Admin, text: &str) -> Result<BookId, Fault> {
    admin.find_book(text)?.ok_or_else(|| no_book(text))
}

fn no_book(text: &str) -> Fault {
    Fault::new(Code::NotFound, format!("No book at head office is called {text}.")).at("book")
}

pub(super) fn act(action: Central) -> Result<(), Stop> {
    match action {
        Central::Migrate { at } => {
            let migrated = Admin::connect(&at.url)?.migrate(NOUNS, &rights())?;
            print_json(&json!({ "applied": migrated.applied, "functions_applied": migrated.functions_applied }))
        }
        Central::Enrol { at, device, book, reachable } => {
            let admin = Admin::connect(&at.url)?;
            let reachable = reachable.map(|text| parse_reachable(&text)).transpose()?;
            let book = match (admin.find_book(&book)?, BookId::parse(&book)) {
                (Some(id), _) => ForBook::Existing(id),
                // An id is never a new book's name: it was meant to be found.
                (None, Ok(_)) => return Err(no_book(&book).into()),
                (None, Err(_)) => ForBook::New(book),
            };
            let link = admin.enrol(&device, &book, reachable)?;
            if let ForBook::New(name) = &book {
                tell(&format!("{name} is a new book: {device} brings it when it joins.\n"));
            }
            if link.is_local() {
                tell("Only this machine can join by this link; for others give --reachable HOST:PORT.\n");
            }
            print(&format!("{}\n", link.write()))
        }
        Central::Devices { at } => print_json(&Admin::connect(&at.url)?.devices()?),
        Central::Revoke { at, device, book } => {
            let admin = Admin::connect(&at.url)?;
            let book = book.map(|book| book_of(&admin, &book)).transpose()?;
            print_json(&json!({ "revoked": admin.revoke(&device, book)? }))
        }
        Central::Release { at, device, to, book } => {
            let admin = Admin::connect(&at.url)?;
            let book = book.map(|book| book_of(&admin, &book)).transpose()?;
            print_json(&admin.release(&device, &to, book)?)
        }
        Central::Quarantine(Quarantine::List { at }) => print_json(&Admin::connect(&at.url)?.quarantine(None)?),
        Central::Quarantine(Quarantine::Show { at, book, version }) => {
            let admin = Admin::connect(&at.url)?;
            let book = book_of(&admin, &book)?;
            print_json(&admin.quarantine(Some((book, version)))?)
        }
        Central::Quarantine(Quarantine::Retry { at, book }) => {
            let admin = Admin::connect(&at.url)?;
            let book = book_of(&admin, &book)?;
            print_json(&json!({ "applied": admin.retry(book)? }))
        }
        Central::Quarantine(Quarantine::Dismiss { at, book, version, reason }) => {
            let admin = Admin::connect(&at.url)?;
            let book = book_of(&admin, &book)?;
            print_json(&json!({ "dismissed": admin.dismiss(book, version, &reason)? }))
        }
        Central::Watch { at, longest, once } => watch(&at, Duration::from_secs(longest), once),
        Central::Status { at } => print_json(&Admin::connect(&at.url)?.status()?),
    }
}

/// How often the watch looks.
const WATCH_EVERY: Duration = Duration::from_secs(30);

fn watch(at: &At, longest: Duration, once: bool) -> Result<(), Stop> {
    let mut admin = Some(Admin::connect(&at.url)?);
    loop {
        // A server that restarts meanwhile is connected to again.
        let ended = match &admin {
            Some(admin) => admin.end_stuck(longest),
            None => Admin::connect(&at.url).and_then(|fresh| admin.insert(fresh).end_stuck(longest)),
        };
        match ended {
            Ok(ended) => {
                for (role, seconds) in ended {
                    print_json(&json!({ "ended": role, "after_seconds": seconds }))?;
                }
            }
            Err(fault) if once => return Err(fault.into()),
            Err(fault) => {
                print_json(&json!({ "error": error_object(&fault) }))?;
                admin = None;
            }
        }
        if once {
            return Ok(());
        }
        std::thread::sleep(WATCH_EVERY);
    }
}
