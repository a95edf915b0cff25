//! How a device joins a book: by a link that is good once, whose password it replaces first of all.

use super::connections::connect_with_any;
use super::with_the_time;
use crate::kernel::{BookId, Code, DeviceId, Fault, Instant, Result};
use crate::store::Store;
use crate::sync::line::address::Address;
use crate::sync::line::link::Link;
use crate::sync::line::secrets::Secrets;
use rusqlite::named_params;
use std::sync::Arc;
use uuid::Uuid;

/// How many passwords of a role are kept.
const PASSWORDS_MAX: usize = 4;

/// What a device became a member of.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The book.
    pub book: BookId,
    /// This device in it.
    pub device: DeviceId,
    /// What head office calls it.
    pub device_name: String,
    /// Whether the device brought the book along.
    pub adopted: bool,
}

/// Joins a book by a link: of its own, which head office takes over whole, or one that is there. `own` is the book to bring, this
/// device in it, and the code that it would like to have; the device's id is used in either case.
///
/// # Errors
/// `bad_link`, `unreachable`, `tls`, `refused`, `key_ring_shut`, `central_too_old`, `central_too_new`.
pub fn join(
    store: &Store,
    secrets: &Secrets,
    link: &Link,
    own: Option<BookId>,
    device: DeviceId,
    code: &str,
    now: Instant,
) -> Result<Joined> {
    if link.book.is_none() && own.is_none() {
        return Err(Fault::new(Code::NoBook, "The link is for a new book: set one up first, then join with it."));
    }
    let address = Address::from(link);
    // A join that was cut off may have changed the password already.
    let mut passwords = secrets.read(&address)?;
    passwords.push(link.password.clone());
    let central = connect_with_any(&address, &passwords, &Arc::default()).map_err(|fault| with_the_time(fault, now))?;
    // Once it has joined its password never changes again: head office takes another change for somebody else's.
    if !central.hello()? {
        #[expect(clippy::disallowed_methods, reason = "no unit of work: a password is made of dice")]
        let password = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        passwords.insert(0, password.clone());
        secrets.write(&address, &passwords)?;
        central.change_password(&password)?;
        // A call that was cut off may still reach head office after this one, so what was tried before is kept; but for the link's.
        passwords.retain(|tried| *tried != link.password);
        passwords.truncate(PASSWORDS_MAX);
        secrets.write(&address, &passwords)?;
        central.end_other_sessions()?;
    }
    let member = central.join_book(if link.book.is_none() { own } else { None }, device, code)?;
    let (to, book, device) = (link.clone(), member.book, member.device);
    let stage = if member.adopted { "following" } else { "snapshot" };
    store.write(move |unit| {
        let kept: bool = unit.one(
            "SELECT EXISTS (SELECT 1 FROM device_book WHERE book_id = :book)",
            named_params! { ":book": book },
            |row| row.get(0),
        )?;
        // A book that is here already needs no snapshot: its log is followed from the beginning.
        let stage = if kept { "following" } else { stage };
        unit.execute(
            "INSERT INTO sync_book (book_id, device_id, host, port, database_name, role_name, authority, stage, book_hash,
                                    joined_at)
             VALUES (:book, :device, :host, :port, :database, :role, :authority, :stage, zeroblob(32), :at)
             ON CONFLICT (book_id) DO UPDATE
             SET host = excluded.host, port = excluded.port, database_name = excluded.database_name,
                 role_name = excluded.role_name, authority = excluded.authority, paused = 0, trouble_code = NULL",
            named_params! {
                ":book": book, ":device": device, ":host": to.host, ":port": to.port, ":database": to.database,
                ":role": to.role, ":authority": to.authority, ":stage": stage, ":at": now,
            },
        )
    })?;
    Ok(Joined { book, device, device_name: member.device_name, adopted: member.adopted })
}
