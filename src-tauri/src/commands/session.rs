//! In which book a command is given, and by whom: as the domain finds it, but for a book that is only on its way from head office.

use crate::domain::book::{self, Session};
use crate::kernel::{BookId, Code, Fault, PersonId, Result};
use crate::store::Snapshot;
use crate::sync;

/// As [`book::session`]; a book that is only on its way from head office is told as that.
///
/// # Errors
/// As [`book::session`].
pub(super) fn session(snapshot: &Snapshot, book: Option<BookId>, person: Option<PersonId>) -> Result<Session> {
    book::session(snapshot, book, person).map_err(|fault| match fault.code {
        Code::NoBook | Code::NotFound if is_joining(snapshot, book) => Fault {
            message: "The book is still on its way from head office: the next rounds of sync bring the rest.".into(),
            ..fault
        },
        _ => fault,
    })
}

/// Whether a book, or any, is on its way from head office.
pub(super) fn is_joining(snapshot: &Snapshot, book: Option<BookId>) -> bool {
    sync::books(snapshot).is_ok_and(|books| {
        books.iter().any(|it| it.stage == sync::Stage::Snapshot && book.is_none_or(|book| book == it.book))
    })
}
