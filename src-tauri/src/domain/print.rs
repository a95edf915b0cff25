//! Prints: each time a document goes on paper is a row of its own, written before the first byte leaves. The first print of the
//! device that made the document is the original; every other one says which copy it is.

use super::PrintId;
use crate::kernel::kind::Record;
use crate::kernel::{Acting, BookId, Code, DeviceId, Fault, Id, Instant, Noun, NounKind, Result};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Prints, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "document_print",
    kind: NounKind::Posted,
    named_by: Some("document_number"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// The id of a document, whatever its kind; of a statement, its customer's.
pub type DocumentId = Id<Record>;

words! {
    /// What goes on paper.
    PaperKind {
        Opening "opening" "An opening balance.";
        Transfer "transfer" "A transfer.";
        Bill "bill" "A bill, a debt from before, a credit note or a write-off.";
        Payment "payment" "A customer's payment, or one to a customer.";
        Statement "statement" "A customer's account on a day; it has no maker, and each is drawn up anew.";
    }
}

/// What is to go on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: PaperKind,
    /// The device that made it; none of a statement.
    pub maker: Option<DeviceId>,
}

/// A print of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Print {
    /// What it is named by where it came to nothing.
    pub id: PrintId,
    /// What went on paper.
    pub document_kind: PaperKind,
    /// The document; of a statement, the customer.
    pub document_id: DocumentId,
    /// The document's number; of a statement, its day.
    pub document_number: String,
    /// Which copy it is: 0 for the original.
    pub copy_number: i64,
    /// Where it went: a printer's name, or a file's.
    pub medium: String,
    /// The name of the device that printed.
    pub device_name: String,
    /// The name of who printed.
    pub person_name: String,
    /// When it was printed.
    pub printed_at: Instant,
    /// Whether it is known to have come to nothing.
    pub not_printed: bool,
}

/// A print to be made.
#[derive(Debug, Clone)]
pub struct NewPrint {
    /// Its id.
    pub id: PrintId,
    /// The document.
    pub document: DocumentId,
    /// Where it goes: a printer's name, or a file's.
    pub medium: String,
}

/// What goes on paper under an id: a document, or a customer's statement.
///
/// # Errors
/// `not_found`.
pub fn find_document(snapshot: &Snapshot, book: BookId, id: DocumentId) -> Result<Document> {
    snapshot
        .maybe(
            "SELECT kind, device_id FROM ledger_document WHERE book_id = :book AND id = :id AND kind <> 'expense'
             UNION ALL
             SELECT 'statement', NULL FROM customer WHERE book_id = :book AND id = :id",
            named_params! { ":book": book, ":id": id },
            |row| Ok(Document { id, kind: row.get(0)?, maker: row.get(1)? }),
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This document is not in the book.").at("document_id"))
}

/// Which copy the device's next print of a document is: 0 for the original. What came to nothing was no print, and a statement is
/// drawn up anew each time.
///
/// # Errors
/// What SQLite says.
pub fn next_copy(snapshot: &Snapshot, book: BookId, device: DeviceId, document: &Document) -> Result<i64> {
    let Some(maker) = document.maker else { return Ok(0) };
    let (copies, own): (i64, bool) = snapshot.one(
        "SELECT ifnull(max(p.copy_number), 0), ifnull(max(p.device_id = :device), 0)
         FROM document_print p INDEXED BY document_print_document_id_idx
         LEFT JOIN document_print w ON w.book_id = p.book_id AND w.withdraws_print_id = p.id
         WHERE p.book_id = :book AND p.document_id = :document AND p.withdraws_print_id IS NULL AND w.id IS NULL",
        named_params! { ":book": book, ":document": document.id, ":device": device },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(if maker == device && !own { 0 } else { copies + 1 })
}

/// Writes down that a document is printed.
///
/// # Errors
/// `not_found` for the document.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewPrint) -> Result<Print> {
    let document = find_document(unit, acting.book, new.document)?;
    let copy = next_copy(unit, acting.book, acting.device, &document)?;
    unit.execute(
        "INSERT INTO document_print (book_id, id, device_id, document_kind, document_id, document_number, copy_number, medium,
                                     person_id, withdraws_print_id, created_at)
         SELECT :book, :id, :device, :kind, :document,
                ifnull((SELECT d.number FROM ledger_document d WHERE d.book_id = :book AND d.id = :document), :today),
                :copy, :medium, :person, NULL, :at",
        named_params! {
            ":book": acting.book, ":id": new.id, ":device": acting.device, ":kind": document.kind, ":copy": copy,
            ":today": acting.today, ":medium": new.medium,
            ":person": acting.person, ":at": acting.at, ":document": new.document,
        },
    )?;
    find(unit, acting.book, new.id)
}

/// Which print.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichPrint {
    /// What came to nothing, as printing it answered.
    pub print_id: PrintId,
}

/// Writes down that a print came to nothing, so that the next one takes its place. It is done once; the same again changes nothing.
///
/// # Errors
/// `not_found`; `not_custodian` for a print of another device.
pub fn withdraw(unit: &mut Unit, acting: &Acting, which: &WhichPrint) -> Result<Print> {
    let print = find(unit, acting.book, which.print_id)?;
    if print.not_printed {
        return Ok(print);
    }
    let written = unit.execute(
        "INSERT INTO document_print (book_id, id, device_id, document_kind, document_id, document_number, copy_number, medium,
                                     person_id, withdraws_print_id, created_at)
         SELECT p.book_id, :id, p.device_id, p.document_kind, p.document_id, p.document_number, NULL, p.medium, :person, p.id, :at
         FROM document_print p WHERE p.book_id = :book AND p.id = :print AND p.device_id = :device",
        named_params! {
            ":book": acting.book, ":id": print.id.derive::<super::kind::Print>("not_printed"), ":print": print.id,
            ":device": acting.device, ":person": acting.person, ":at": acting.at,
        },
    )?;
    if written == 0 {
        let message = format!("{} printed this; only that device knows what came of it.", print.device_name);
        return Err(Fault::new(Code::NotCustodian, message).at("print_id"));
    }
    find(unit, acting.book, which.print_id)
}

impl ReadRow for Print {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Print> {
        Ok(Print {
            id: row.get("id")?,
            document_kind: row.get("document_kind")?,
            document_id: row.get("document_id")?,
            document_number: row.get("document_number")?,
            copy_number: row.get("copy_number")?,
            medium: row.get("medium")?,
            device_name: row.get("device_name")?,
            person_name: row.get("person_name")?,
            printed_at: row.get("created_at")?,
            not_printed: row.get("not_printed")?,
        })
    }
}

const PRINT: &str = "SELECT p.id, p.document_kind, p.document_id, p.document_number, p.copy_number, p.medium,
        d.name AS device_name, s.name AS person_name, p.created_at, w.id IS NOT NULL AS not_printed
    FROM document_print p
    JOIN device d ON d.book_id = p.book_id AND d.id = p.device_id
    JOIN person s ON s.book_id = p.book_id AND s.id = p.person_id
    LEFT JOIN document_print w ON w.book_id = p.book_id AND w.withdraws_print_id = p.id
    WHERE p.book_id = :book AND p.withdraws_print_id IS NULL";

/// One print.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: PrintId) -> Result<Print> {
    snapshot
        .maybe(&format!("{PRINT} AND p.id = :id"), named_params! { ":book": book, ":id": id }, Print::read_row)?
        .ok_or_else(|| Fault::new(Code::NotFound, "This print is not in the book.").at("print_id"))
}

/// How many prints of a document are shown: the newest.
const PRINTS_MAX: i64 = 100;

/// The prints of a document, the newest first.
///
/// # Errors
/// What SQLite says.
pub fn of_document(snapshot: &Snapshot, book: BookId, document: DocumentId) -> Result<Vec<Print>> {
    snapshot.all(
        &format!(
            "{PRINT} AND p.id IN (SELECT i.id FROM document_print i INDEXED BY document_print_document_id_idx
                                  WHERE i.book_id = :book AND i.document_id = :document)
             ORDER BY p.created_at DESC, p.id LIMIT :most"
        ),
        named_params! { ":book": book, ":document": document, ":most": PRINTS_MAX },
        Print::read_row,
    )
}
