//! Joining a head office, and syncing with it, from a terminal.

use super::{Stop, print_json};
use crate::app::App;
use crate::commands::Envelope;
use crate::kernel::{BookId, Code, Fault, Result};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{BufRead, IsTerminal, Write};

pub(super) const ABOUT_JOIN: &str = "\
Examples:
  daybook join                      asks for the link
  daybook join < link.txt           reads it from a file

A link is good once: the password in it is replaced when the device joins. Never put it on a command line, where others can see it.

The new password lies in the key ring of your desktop where there is one that is unlocked, else in a file that you alone can read. \
DAYBOOK_KEYRING=off keeps it in the file; so a device is to join that syncs while nobody is logged in.";

/// Joins, and makes the first round.
pub(super) fn join(app: &App, book: Option<&str>) -> std::result::Result<(), Stop> {
    let book = book.map(BookId::parse).transpose().map_err(|fault| fault.at("book"))?;
    let link = read_link()?;
    let ask = |command: &str, input: Value, book: Option<BookId>| -> Result<Value> {
        app.call(&Envelope { book, ..Envelope::of(command, input) })?.value()
    };
    let joined = ask("sync_join", json!({ "link": link }), book)?;
    let id = joined["book_id"].as_str().map(BookId::parse).transpose()?;
    let round = ask("sync_now", json!({ "compare": true }), id)?;
    print_json(&json!({ "joined": joined, "synced": round }))
}

fn read_link() -> std::result::Result<String, Stop> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let mut out = std::io::stderr();
        write!(out, "Paste the link from head office, then press Enter: ")?;
        out.flush()?;
    }
    let mut text = String::new();
    let mut input = input.lock();
    // A link that an e-mail broke over lines is put together again.
    while let Ok(read) = input.read_line(&mut text) {
        if read == 0 || (text.trim().len() > 60 && std::io::stdin().is_terminal()) {
            break;
        }
    }
    if text.trim().is_empty() {
        return Err(Fault::new(Code::BadLink, "No link was given.").into());
    }
    Ok(text)
}

/// Makes a round for every synced book, or goes on for ever.
pub(super) fn sync(app: &App, watch: bool, compare: bool) -> std::result::Result<(), Stop> {
    if watch {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let _kept = app.keep_synced()?;
        // It ends with the first signal.
        let _ = signals.forever().next();
        return Ok(());
    }
    let books = app.synced_books()?;
    if books.is_empty() {
        return Err(Fault::new(
            Code::NotSynced,
            "No book of this store is synced; `daybook join` joins a head office.",
        )
        .into());
    }
    let mut refused = None;
    for book in books {
        let envelope = Envelope { book: Some(book), ..Envelope::of("sync_now", json!({ "compare": compare })) };
        match app.call(&envelope).and_then(|answer| answer.value()) {
            Ok(round) => print_json(&json!({ "book_id": book, "synced": round }))?,
            // The other books are synced all the same.
            Err(fault) => refused = Some(fault),
        }
    }
    refused.map_or(Ok(()), |fault| Err(fault.into()))
}
