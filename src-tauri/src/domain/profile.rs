//! Who sells, as papers say it: name, address and numbers of the business. A change is a profile more, so that a document keeps the
//! one that it was made under.

use super::ProfileId;
use super::book::Session;
use super::customer::TaxNumber;
use crate::kernel::kind::Record;
use crate::kernel::{Acting, BookId, Code, Fault, Id, Instant, Line, Noun, NounKind, Prose, Result};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Profiles, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "book_profile",
    kind: NounKind::Posted,
    named_by: Some("legal_name"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Profile {
    /// What the documents that were made under it name it by.
    pub id: ProfileId,
    /// The name that the business is registered under.
    pub legal_name: String,
    /// Where it is, in lines.
    pub address: Option<String>,
    /// Its number with the tax authority.
    pub tax_number: Option<String>,
    /// Which of its branches this is, as the tax authority numbers them.
    pub branch_code: Option<String>,
    /// A phone number to call.
    pub phone: Option<String>,
    /// What stands at the end of each paper.
    pub footer: Option<String>,
    /// Since when it is in use.
    pub created_at: Instant,
}

/// The next profile of the book. It says all of it anew: what is not given is nothing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProfile {
    /// Its id; made here when it isn't given.
    #[serde(default = "ProfileId::unless_given")]
    pub profile_id: ProfileId,
    /// The name that the business is registered under.
    pub legal_name: Line<120>,
    /// Where it is, in lines.
    #[serde(default)]
    pub address: Option<Prose<300>>,
    /// Its number with the tax authority.
    #[serde(default)]
    pub tax_number: Option<TaxNumber>,
    /// Which of its branches this is, as the tax authority numbers them.
    #[serde(default)]
    pub branch_code: Option<Line<20>>,
    /// A phone number to call.
    #[serde(default)]
    pub phone: Option<Line<60>>,
    /// What stands at the end of each paper.
    #[serde(default)]
    pub footer: Option<Prose<300>>,
}

impl NewProfile {
    /// One that says nothing but a name.
    pub(super) fn named(profile_id: ProfileId, legal_name: Line<120>) -> NewProfile {
        NewProfile {
            profile_id,
            legal_name,
            address: None,
            tax_number: None,
            branch_code: None,
            phone: None,
            footer: None,
        }
    }
}

/// Says anew who sells.
///
/// # Errors
/// `id_taken`.
pub fn set(unit: &mut Unit, acting: &Acting, new: &NewProfile) -> Result<Profile> {
    unit.execute(
        "INSERT INTO book_profile (book_id, id, legal_name, address, tax_number, branch_code, phone, footer, person_id,
                                   created_at)
         VALUES (:book, :id, :name, :address, :tax_number, :branch, :phone, :footer, :person, :at)",
        named_params! {
            ":book": acting.book, ":id": new.profile_id, ":name": new.legal_name, ":address": new.address,
            ":tax_number": new.tax_number, ":branch": new.branch_code, ":phone": new.phone, ":footer": new.footer,
            ":person": acting.person, ":at": acting.at,
        },
    )?;
    newest(unit, acting.book)?.ok_or_else(none)
}

/// Shows who sells, as papers say it now.
///
/// # Errors
/// `not_found` in a book that has none, which only head office can have made.
pub fn show(snapshot: &Snapshot, session: &Session) -> Result<Profile> {
    newest(snapshot, session.book.id)?.ok_or_else(none)
}

/// The profile that is in use.
///
/// # Errors
/// What SQLite says.
pub fn newest(snapshot: &Snapshot, book: BookId) -> Result<Option<Profile>> {
    snapshot.maybe(
        "SELECT id, legal_name, address, tax_number, branch_code, phone, footer, created_at FROM book_profile
         WHERE book_id = :book ORDER BY created_at DESC, id DESC LIMIT 1",
        named_params! { ":book": book },
        Profile::read_row,
    )
}

/// The profile that a document was made under: what a bill names, else what was in use then.
///
/// # Errors
/// What SQLite says.
pub fn of_document(
    snapshot: &Snapshot,
    book: BookId,
    document: Id<Record>,
    made_at: Instant,
) -> Result<Option<Profile>> {
    let then = snapshot.maybe(
        "SELECT id, legal_name, address, tax_number, branch_code, phone, footer, created_at FROM book_profile
         WHERE book_id = :book
           AND id = ifnull((SELECT profile_id FROM payment_bill WHERE book_id = :book AND id = :document),
                           (SELECT id FROM book_profile WHERE book_id = :book AND created_at <= :at
                            ORDER BY created_at DESC, id DESC LIMIT 1))",
        named_params! { ":book": book, ":document": document, ":at": made_at },
        Profile::read_row,
    )?;
    // The clock of whoever made it may have stood before the first.
    if then.is_some() { Ok(then) } else { newest(snapshot, book) }
}

fn none() -> Fault {
    Fault::new(Code::NotFound, "Nobody has said yet who sells.")
}

impl ReadRow for Profile {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Profile> {
        Ok(Profile {
            id: row.get("id")?,
            legal_name: row.get("legal_name")?,
            address: row.get("address")?,
            tax_number: row.get("tax_number")?,
            branch_code: row.get("branch_code")?,
            phone: row.get("phone")?,
            footer: row.get("footer")?,
            created_at: row.get("created_at")?,
        })
    }
}
