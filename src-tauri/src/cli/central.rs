//! What head office's administrator does from a terminal.

use super::{Stop, print_json};
use crate::app::{Admin, ForBook};
use crate::kernel::{BookId, Code, Fault};
use clap::{Args, Subcommand};
use serde_json::json;

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
        Central::Migrate { at } => print_json(&json!({ "applied": Admin::connect(&at.url)?.migrate()? })),
        Central::Enrol { at, device, book, reachable } => {
            let admin = Admin::connect(&at.url)?;
            let reachable = reachable.map(|text| reachable_of(&text)).transpose()?;
            let book = match (admin.find_book(&book)?, BookId::parse(&book)) {
                (Some(id), _) => ForBook::Existing(id),
                // An id is never a new book's name: it was meant to be found.
                (None, Ok(_)) => return Err(no_book(&book).into()),
                (None, Err(_)) => ForBook::New(book),
            };
            let link = admin.enrol(&device, &book, reachable)?;
            if let ForBook::New(name) = &book {
                eprintln!("{name} is a new book: {device} brings it when it joins.");
            }
            if link.is_local() {
                eprintln!("Only this machine can join by this link; for others give --reachable HOST:PORT.");
            }
            println!("{}", link.write());
            Ok(())
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
        Central::Status { at } => print_json(&Admin::connect(&at.url)?.status()?),
    }
}

fn reachable_of(text: &str) -> Result<(String, u16), Fault> {
    text.rsplit_once(':')
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
        .ok_or_else(|| Fault::new(Code::Malformed, "Write host:port, such as books.example:5432.").at("reachable"))
}
