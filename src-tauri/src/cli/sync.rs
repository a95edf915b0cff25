//! Joining a head office, and syncing with it, from a terminal.

use super::stop::tell;
use super::{Stop, error_object, print_json};
use crate::app::App;
use crate::commands::Envelope;
use crate::kernel::{BookId, Code, Fault, Result};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::sync::mpsc;
use std::time::{Duration, Instant};

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
    app.open_for("sync_join").map_err(Stop::NotOpened)?;
    let ask = |command: &str, input: Value, book: Option<BookId>| -> Result<Value> {
        app.call(Envelope { book, ..Envelope::of(command, input) })?.value()
    };
    if std::io::stderr().is_terminal() {
        show_progress(app);
    }
    let joined = ask("sync_join", json!({ "link": link }), book)?;
    let id = joined["book_id"].as_str().map(BookId::parse).transpose()?;
    let round = ask("sync_now", json!({ "compare": true }), id)?;
    print_json(&json!({ "joined": joined, "synced": round }))
}

fn read_link() -> std::result::Result<String, Stop> {
    let input = std::io::stdin();
    if input.is_terminal() {
        tell("Paste the link from head office, then press Enter: ");
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

pub(super) const ABOUT_SYNC: &str = "\
Prints a line a book: what was done, or why it could not be. With --watch it prints a line whenever something worth knowing changes, \
until it is ended: what is in the way, whether anything waits, and whether the tables agree.";

/// How often a terminal is told how far a round has come.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Makes a round for every synced book, or goes on for ever.
pub(super) fn sync(app: &App, watch: bool, compare: bool) -> std::result::Result<(), Stop> {
    if !app.is_owner() {
        return Err(Fault::new(
            Code::InUse,
            "Another Daybook works with this store and keeps its books synced; close that one first.",
        )
        .into());
    }
    let books = app.synced_books()?;
    if books.is_empty() {
        return Err(Fault::new(
            Code::NotSynced,
            "No book of this store is synced; `daybook join` joins a head office.",
        )
        .into());
    }
    if watch {
        return keep_watching(app, &books);
    }
    let is_seen = std::io::stderr().is_terminal();
    if is_seen {
        show_progress(app);
    }
    let mut refused = None;
    for book in books {
        let envelope = Envelope { book: Some(book), ..Envelope::of("sync_now", json!({ "compare": compare })) };
        let synced = app.call(envelope).and_then(|answer| answer.value());
        if is_seen {
            tell("\r\x1b[K");
        }
        match synced {
            Ok(round) => print_json(&json!({ "book_id": book, "synced": round }))?,
            // The other books are synced all the same.
            Err(fault) => {
                print_json(&json!({ "book_id": book, "error": error_object(&fault) }))?;
                refused = Some(fault);
            }
        }
    }
    refused.map_or(Ok(()), |fault| Err(fault.into()))
}

/// Writes how far the rounds have come over and over into one line.
fn show_progress(app: &App) {
    let (send, told) = mpsc::channel();
    app.listen(move |changed| {
        // Nobody listens any more when the process ends.
        let _ = send.send(changed.book);
    });
    let app = app.clone();
    std::thread::spawn(move || {
        let mut shown = Instant::now();
        while let Ok(book) = told.recv() {
            if shown.elapsed() <= PROGRESS_EVERY {
                continue;
            }
            let envelope = Envelope { book: Some(book), ..Envelope::of("sync_status", json!({})) };
            let status = app.call(envelope).and_then(|answer| answer.value()).unwrap_or_default();
            if let Some(progress) = status["progress"].as_object() {
                let [pushed, bytes, to_push, pulled, to_pull, rows] =
                    ["pushed", "pushed_bytes", "to_push", "pulled", "to_pull", "rows"]
                        .map(|name| progress[name].clone());
                tell(&format!(
                    "\r{pushed} entries sent ({bytes} bytes), {to_push} to send; {pulled} taken in, {to_pull} to take in; {rows} rows\x1b[K\r"
                ));
                shown = Instant::now();
            }
        }
    });
}

/// Keeps all books synced until a signal, and prints what changes.
fn keep_watching(app: &App, books: &[BookId]) -> std::result::Result<(), Stop> {
    let (send, told) = mpsc::channel();
    for book in books {
        // Nobody has ended the channel yet.
        let _ = send.send(Some(*book));
    }
    let ended = send.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|cause| Fault::new(Code::Internal, "Signals can't be listened to.").because(cause))?;
    std::thread::spawn(move || {
        let _ = signals.forever().next();
        let _ = ended.send(None);
    });
    app.listen(move |changed| {
        if changed.tables.iter().any(|table| table == "sync_book") {
            let _ = send.send(Some(changed.book));
        }
    });
    let _kept = app.keep_synced()?;
    let mut said = BTreeMap::new();
    while let Ok(Some(book)) = told.recv() {
        let envelope = Envelope { book: Some(book), ..Envelope::of("sync_status", json!({})) };
        let status = app.call(envelope).and_then(|answer| answer.value())?;
        let is_waiting = status["waiting"].as_i64().is_some_and(|waiting| waiting > 0);
        let worth_knowing =
            ["trouble", "paused", "joining", "quarantined", "conflicts", "agrees"].map(|name| status[name].clone());
        let news = (worth_knowing, is_waiting);
        // While a round is under way, entries wait: whether they go is worth knowing when it has ended.
        if status["progress"].is_null() && said.get(&book) != Some(&news) {
            let shown =
                ["waiting", "waiting_since_at", "trouble", "quarantined", "conflicts", "version", "agrees", "finding"];
            let shown: serde_json::Map<_, _> =
                shown.iter().map(|name| ((*name).to_owned(), status[*name].clone())).collect();
            print_json(&json!({ "book_id": book, "status": shown }))?;
            said.insert(book, news);
        }
    }
    Ok(())
}
