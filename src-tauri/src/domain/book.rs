//! Books, and the devices that keep them.

use super::person::{Person, acts_no_more};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Currency, DeviceId, Fault, Instant, Line, Money, Noun, NounKind, PersonId,
    Result, Rule, Zone,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Books, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "book",
    kind: NounKind::Master,
    named_by: Some("name"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[
        ("name", Rule::Line(NAME_CHARS_MAX)),
        ("currency", Rule::Word { about: "a currency of ISO 4217", of: Currency::codes }),
        ("prices_include_tax", Rule::Flag),
        ("cash_step_minor", Rule::Number { most: CASH_STEP_MAX }),
        ("closed_through_date", Rule::Day),
        ("is_training", Rule::Flag),
    ],
};

const NAME_CHARS_MAX: usize = 80;
/// What a book is called: one line.
pub type BookName = Line<NAME_CHARS_MAX>;

/// What belongs together and syncs together: a shop, a route, a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Book {
    /// What its records and calls name it by.
    pub id: BookId,
    /// As people call it, such as North route.
    pub name: String,
    /// The ISO 4217 code of all its amounts, such as EUR.
    pub currency: String,
    /// How many decimals the currency's minor unit has.
    pub currency_exponent: u16,
    /// The IANA name of the zone that its days begin in.
    pub time_zone: String,
    /// Whether the prices of products include their tax.
    pub prices_include_tax: bool,
    /// The smallest coin: what is paid in cash is rounded to it. Nothing where all are there.
    pub cash_step_minor: Money,
    /// Nothing is booked on that day or an earlier one any more; head office says so.
    pub closed_through_date: Option<BusinessDate>,
    /// Whether nothing in it is real: its papers say so.
    pub is_training: bool,
    /// What an edit must name as seen.
    pub row_version: i64,
}

/// The most that the smallest coin may be.
const CASH_STEP_MAX: i64 = 1_000_000_000;

/// A change of the book's settings. What is not given stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookEdit {
    /// The version that the person saw.
    pub row_version: i64,
    /// As people call it, such as North route.
    #[serde(default)]
    pub name: Option<BookName>,
    /// Whether the prices of products include their tax, from now on: documents that are there keep what they say.
    #[serde(default)]
    pub prices_include_tax: Option<bool>,
    /// The smallest coin; nothing where all are there.
    #[serde(default)]
    pub cash_step_minor: Option<Money>,
    /// Whether nothing in it is real.
    #[serde(default)]
    pub is_training: Option<bool>,
}

/// The columns that an edit may change.
pub const EDITED: &[&str] = &["name", "prices_include_tax", "cash_step_minor", "is_training"];

/// Changes the book's settings.
///
/// # Errors
/// `stale`, `out_of_range`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &BookEdit) -> Result<Book> {
    let before = session(unit, Some(acting.book), None)?.book;
    if before.row_version != edit.row_version {
        return Err(Fault::new(Code::Stale, "This was changed in the meantime; look at it again before you save.")
            .with(serde_json::json!({ "current": before })));
    }
    if edit.cash_step_minor.is_some_and(|step| !(0..=CASH_STEP_MAX).contains(&step.minor())) {
        let message = format!("The smallest coin lies between nothing and {CASH_STEP_MAX}.");
        return Err(Fault::new(Code::OutOfRange, message).at("cash_step_minor"));
    }
    unit.execute(
        "UPDATE book
         SET name = ifnull(:name, name), prices_include_tax = ifnull(:include, prices_include_tax),
             cash_step_minor = ifnull(:step, cash_step_minor), is_training = ifnull(:training, is_training),
             row_version = row_version + 1
         WHERE id = :book AND (name, prices_include_tax, cash_step_minor, is_training)
             <> (ifnull(:name, name), ifnull(:include, prices_include_tax), ifnull(:step, cash_step_minor),
                 ifnull(:training, is_training))",
        named_params! {
            ":book": acting.book, ":name": edit.name, ":include": edit.prices_include_tax, ":step": edit.cash_step_minor,
            ":training": edit.is_training,
        },
    )?;
    Ok(session(unit, Some(acting.book), None)?.book)
}

/// Devices, as other rooms know them.
pub const DEVICE: Noun = Noun {
    table: "device",
    kind: NounKind::Work,
    named_by: Some("name"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// A device that keeps a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Device {
    /// What the records that it made name it by.
    pub id: DeviceId,
    /// Stands before the numbers of its documents.
    pub code: String,
    /// As people call it, such as Van 1.
    pub name: String,
    /// Since when head office has shut it out, as far as this device has heard.
    pub revoked_at: Option<Instant>,
}

/// The code that stands before the numbers of a device's documents: 1 to 5 capital letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct DeviceCode(#[schemars(regex(pattern = "^[A-Z0-9]{1,5}$"))] String);

impl DeviceCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses; small letters become capitals.
    ///
    /// # Errors
    /// `bad_text`.
    pub fn parse(text: &str) -> Result<DeviceCode> {
        let code = text.trim().to_ascii_uppercase();
        let fits = (1..=5).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(Fault::new(Code::BadText, "A device code has 1 to 5 letters A to Z and digits."));
        }
        Ok(DeviceCode(code))
    }
}

impl<'de> Deserialize<'de> for DeviceCode {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        DeviceCode::parse(&text).map_err(|fault| serde::de::Error::custom(fault.to_serde()))
    }
}

/// The book, device and person that a command acts with.
#[derive(Debug, Clone)]
pub struct Session {
    /// The book.
    pub book: Book,
    /// This device, as the book knows it.
    pub device: Device,
    /// The person who acts, if one was chosen.
    pub person: Option<Person>,
}

/// What a device is called by whoever did not say.
pub const UNNAMED_DEVICE: &str = "This device";

/// Names this device anew.
///
/// # Errors
/// What SQLite says.
pub fn rename_device(unit: &mut Unit, acting: &Acting, name: &Line<60>) -> Result<Device> {
    unit.execute(
        "UPDATE device SET name = :name WHERE book_id = :book AND id = :id AND name <> :name",
        named_params! { ":name": name, ":book": acting.book, ":id": acting.device },
    )?;
    Ok(session(unit, Some(acting.book), None)?.device)
}

/// The book that was asked for, or the one chosen last; and the person likewise.
///
/// # Errors
/// `no_book`; `not_found` for a book or person that this device does not keep; `archived` for a person who is asked for. One who
/// was chosen and then archived is nobody.
pub fn session(snapshot: &Snapshot, book: Option<BookId>, person: Option<PersonId>) -> Result<Session> {
    let found = snapshot.maybe(
        "SELECT b.id, b.name, b.currency, b.time_zone, b.prices_include_tax, b.cash_step_minor, b.closed_through_date,
                b.is_training, b.row_version AS book_row_version, d.id AS device_id, d.code, d.name AS device_name,
                d.revoked_at, p.id AS person_id, p.name AS person_name, p.role, p.archived_at, p.row_version
         FROM device_book k
         JOIN book b ON b.id = k.book_id
         JOIN device d ON d.book_id = k.book_id AND d.id = k.device_id
         LEFT JOIN person p ON p.book_id = k.book_id AND p.id = ifnull(:person, k.person_id)
         WHERE :book IS NULL OR k.book_id = :book
         ORDER BY k.chosen_at DESC LIMIT 1",
        named_params! { ":book": book, ":person": person },
        |row| {
            let device = Device {
                id: row.get("device_id")?,
                code: row.get("code")?,
                name: row.get("device_name")?,
                revoked_at: row.get("revoked_at")?,
            };
            let person_id: Option<PersonId> = row.get("person_id")?;
            let person = match person_id {
                Some(id) => Some(Person {
                    id,
                    name: row.get("person_name")?,
                    role: row.get("role")?,
                    archived_at: row.get("archived_at")?,
                    row_version: row.get("row_version")?,
                }),
                None => None,
            };
            Ok(Session { book: Book::read_row(row)?, device, person })
        },
    )?;
    let mut session = match (found, book) {
        (Some(session), _) => session,
        (None, Some(_)) => return Err(Fault::new(Code::NotFound, "This device does not keep that book.").at("book")),
        (None, None) => return Err(no_book()),
    };
    if person.is_some() && session.person.is_none() {
        return Err(Fault::new(Code::NotFound, "Nobody of that id is in this book.").at("person"));
    }
    match session.person.take_if(|person| person.archived_at.is_some()) {
        Some(archived) if person.is_some() => Err(acts_no_more(&archived.name).at("person")),
        Some(_) | None => Ok(session),
    }
}

pub(super) fn no_book() -> Fault {
    Fault::new(Code::NoBook, "There is no book yet: set one up first.")
}

impl Session {
    /// The business date at that moment, in the book's time zone.
    ///
    /// # Errors
    /// `bad_time_zone` when a newer Daybook knew a zone that this one does not.
    pub fn today(&self, at: Instant) -> Result<BusinessDate> {
        Ok(Zone::parse(&self.book.time_zone)?.date_at(at))
    }

    /// That business date, from its first moment to that of the next one.
    ///
    /// # Errors
    /// As [`Session::today`].
    pub fn day(&self, at: Instant) -> Result<Range<Instant>> {
        let zone = Zone::parse(&self.book.time_zone)?;
        let today = zone.date_at(at);
        Ok(zone.start_of(today)..zone.start_of(today.plus_days(1)))
    }
}

/// The books that this device keeps, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot) -> Result<Vec<Book>> {
    snapshot.all(
        "SELECT b.id, b.name, b.currency, b.time_zone, b.prices_include_tax, b.cash_step_minor, b.closed_through_date,
                b.is_training, b.row_version AS book_row_version
         FROM device_book k JOIN book b ON b.id = k.book_id
         ORDER BY b.name, b.id",
        [],
        Book::read_row,
    )
}

/// The devices that keep a book, by name.
///
/// # Errors
/// What SQLite says.
pub fn devices(snapshot: &Snapshot, book: BookId) -> Result<Vec<Device>> {
    snapshot.all(
        "SELECT id, code, name, revoked_at FROM device WHERE book_id = :book ORDER BY name, code",
        named_params! { ":book": book },
        Device::read_row,
    )
}

pub(super) fn find_device(snapshot: &Snapshot, book: BookId, device: DeviceId) -> Result<Option<Device>> {
    snapshot.maybe(
        "SELECT id, code, name, revoked_at FROM device WHERE book_id = :book AND id = :device",
        named_params! { ":book": book, ":device": device },
        Device::read_row,
    )
}

/// The id that this device has in the books that it keeps; nothing before the first.
///
/// # Errors
/// What SQLite says.
pub fn device_here(snapshot: &Snapshot) -> Result<Option<DeviceId>> {
    snapshot.maybe("SELECT device_id FROM device_book LIMIT 1", [], |row| row.get(0))
}

impl ReadRow for Device {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Device> {
        Ok(Device {
            id: row.get("id")?,
            code: row.get("code")?,
            name: row.get("name")?,
            revoked_at: row.get("revoked_at")?,
        })
    }
}

impl ReadRow for Book {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Book> {
        let currency: String = row.get("currency")?;
        Ok(Book {
            id: row.get("id")?,
            name: row.get("name")?,
            currency_exponent: Currency::parse(&currency).map_or(2, Currency::exponent),
            currency,
            time_zone: row.get("time_zone")?,
            prices_include_tax: row.get("prices_include_tax")?,
            cash_step_minor: row.get("cash_step_minor")?,
            closed_through_date: row.get("closed_through_date")?,
            is_training: row.get("is_training")?,
            row_version: row.get("book_row_version")?,
        })
    }
}
