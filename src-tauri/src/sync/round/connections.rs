//! The connections to head offices, kept open between rounds, and how each one is made.

use super::prefetch::PageSize;
use super::{pull, push, snapshot};
use crate::kernel::{BookId, Code, Fault, Result};
use crate::sync::line::address::Address;
use crate::sync::line::central::Central;
use crate::sync::line::secrets::Secrets;
use crate::sync::line::silence::Heard;
use crate::sync::replica::state::SyncBook;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The connections that stay open between rounds, one a book: making one costs more bytes and more time than a round of a few entries.
pub struct Connections {
    secrets: Secrets,
    heard: Arc<Heard>,
    sizes: BTreeMap<BookId, Arc<Sizes>>,
    kept: BTreeMap<BookId, (SyncBook, Central)>,
}

impl Connections {
    /// None yet; these are the passwords to make them with, and `heard` is told what comes over them.
    pub fn of(secrets: Secrets, heard: Arc<Heard>) -> Connections {
        Connections { secrets, heard, sizes: BTreeMap::new(), kept: BTreeMap::new() }
    }

    /// The book's connection, the kept one where there is one: it may be dead, which its first call finds. Whoever took it puts it back
    /// when all went well.
    pub(super) fn take(&mut self, book: &SyncBook) -> Result<Central> {
        match self.kept.remove(&book.book) {
            Some((kept_for, kept)) if kept_for.address() == book.address() => {
                kept.greet_first();
                Ok(kept)
            }
            _ => self.make(book),
        }
    }

    /// A new connection for the book.
    pub(super) fn make(&self, book: &SyncBook) -> Result<Central> {
        let central = connect(&self.secrets, book, &self.heard)?;
        central.hello()?;
        Ok(central)
    }

    pub(super) fn sizes(&mut self, book: BookId) -> Arc<Sizes> {
        Arc::clone(self.sizes.entry(book).or_default())
    }

    pub(super) fn put_back(&mut self, book: SyncBook, central: Central) {
        self.kept.insert(book.book, (book, central));
    }
}

/// How large a book's batches and pages are on this line.
pub(super) struct Sizes {
    pub(super) push: PageSize,
    pub(super) pull: PageSize,
    pub(super) snapshot: PageSize,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes {
            push: PageSize::new(push::BATCH_BYTES_FIRST, push::BATCH_BYTES_MAX),
            pull: PageSize::new(pull::PAGE_BYTES_FIRST, pull::PAGE_BYTES_MAX),
            snapshot: PageSize::new(snapshot::PAGE_ROWS_FIRST, snapshot::PAGE_ROWS_ALONE),
        }
    }
}

/// Connects with the first password that is let in. While one replaces another, the replaced one may be refused after the new one
/// was: so the new one is tried again.
pub(super) fn connect_with_any(address: &Address, passwords: &[String], heard: &Arc<Heard>) -> Result<Central> {
    let mut refused = None;
    let again = passwords.first().filter(|_| passwords.len() > 1);
    for password in passwords.iter().chain(again) {
        match Central::connect(address, password, heard) {
            Err(fault) if fault.code == Code::Refused => refused = Some(fault),
            connected => return connected,
        }
    }
    Err(refused.unwrap_or_else(|| {
        Fault::new(
            Code::Refused,
            "The password for head office is not on this device; ask for a new link and join again.",
        )
    }))
}

/// Connects for a book that was joined.
pub(super) fn connect(secrets: &Secrets, book: &SyncBook, heard: &Arc<Heard>) -> Result<Central> {
    let address = book.address();
    connect_with_any(&address, &secrets.read(&address)?, heard)
}
