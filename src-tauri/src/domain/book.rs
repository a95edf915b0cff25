//! Books, and the devices that keep them.

use super::account::{self, AccountKind};
use super::person::{self, Person, Role};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Currency, DeviceId, Fault, Instant, Line, PersonId, Result, Zone,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What belongs together and syncs together: a shop, a route, a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Book {
    /// Its id.
    pub id: BookId,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// How many decimals the currency's minor unit has.
    pub currency_exponent: u16,
    /// IANA.
    pub time_zone: String,
}

/// A device that keeps a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Stands before the numbers of its documents.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Since when head office has shut it out, as far as this device has heard.
    pub revoked_at: Option<Instant>,
}

/// The code that stands before the numbers of a device's documents: 1 to 8 capital letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct DeviceCode(#[schemars(regex(pattern = "^[A-Z0-9]{1,8}$"))] String);

impl DeviceCode {
    /// Parses; small letters become capitals.
    ///
    /// # Errors
    /// `bad_text`.
    pub fn parse(text: &str) -> Result<DeviceCode> {
        let code = text.trim().to_ascii_uppercase();
        let fits = (1..=8).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(Fault::new(Code::BadText, "A device code has 1 to 8 letters A to Z and digits."));
        }
        Ok(DeviceCode(code))
    }
}

impl<'de> Deserialize<'de> for DeviceCode {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        DeviceCode::parse(&text).map_err(|fault| serde::de::Error::custom(fault.spoken()))
    }
}

/// A book to be set up.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBook {
    /// Its id; made here when it isn't given.
    #[serde(default = "BookId::fresh")]
    pub book_id: BookId,
    /// The business, shop or route.
    pub name: Line<80>,
    /// ISO 4217, such as `EUR`.
    pub currency: Line<3>,
    /// IANA, such as `Africa/Nairobi`; this machine's when it isn't given.
    #[serde(default)]
    pub time_zone: Option<Line<60>>,
    /// What this device is called.
    #[serde(default)]
    pub device_name: Option<Line<60>>,
    /// What stands before its numbers.
    #[serde(default)]
    pub device_code: Option<DeviceCode>,
    /// The owner's name.
    pub person_name: Line<80>,
    /// What the first cash account is called.
    #[serde(default)]
    pub cash_account_name: Option<Line<80>>,
}

/// What was set up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SetUp {
    /// The book.
    pub book: Book,
    /// This device.
    pub device: Device,
    /// The owner.
    pub person: Person,
}

/// The book, device and person that a command acts with.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The book.
    pub book: Book,
    /// This device, as the book knows it.
    pub device: Device,
    /// The person who acts, if one was chosen.
    pub person: Option<Person>,
}

/// The accounts that every book has: kind and name.
const SYSTEM_ACCOUNTS: &[(AccountKind, &str)] = &[
    (AccountKind::InTransit, "Money in transit"),
    (AccountKind::Receivable, "Customers owe us"),
    (AccountKind::Income, "Sales"),
    (AccountKind::Tax, "Tax collected"),
    (AccountKind::Discount, "Discounts given"),
    (AccountKind::Expense, "Fees and expenses"),
    (AccountKind::OverShort, "Cash over and short"),
    (AccountKind::Rounding, "Rounding"),
    (AccountKind::Opening, "Opening balances"),
];

/// The id of the account of that kind which every copy of a book has under the same id.
pub fn system_account(book: BookId, kind: AccountKind) -> super::AccountId {
    book.derive(&format!("account:{}", kind.name()))
}

/// Sets a book up: this device and the owner, the accounts that every book has, one cash account. It is chosen at once.
///
/// # Errors
/// `bad_currency`, `bad_time_zone`.
pub fn set_up(unit: &mut Unit, at: Instant, device: DeviceId, new: &NewBook) -> Result<SetUp> {
    let currency = Currency::parse(new.currency.as_str()).map_err(|fault| fault.at("currency"))?;
    let time_zone = new.time_zone.as_ref().map_or_else(Zone::of_this_machine, |zone| zone.as_str().to_owned());
    let zone = Zone::parse(&time_zone).map_err(|fault| fault.at("time_zone"))?;
    let book = new.book_id;
    unit.execute(
        "INSERT INTO book (id, name, currency, time_zone, created_at)
         VALUES (:id, :name, :currency, :time_zone, :at)",
        named_params! {
            ":id": book, ":name": new.name, ":currency": currency.code(), ":time_zone": time_zone, ":at": at,
        },
    )?;
    let code = new.device_code.as_ref().map_or("D1", |code| code.0.as_str());
    unit.execute(
        "INSERT INTO device (book_id, id, code, name, created_at) VALUES (:book, :id, :code, :name, :at)",
        named_params! {
            ":book": book, ":id": device, ":code": code,
            ":name": new.device_name.as_ref().map_or(UNNAMED_DEVICE, Line::as_str), ":at": at,
        },
    )?;
    let owner: PersonId = book.derive("person:owner");
    let acting = Acting { book, device, person: owner, at, today: zone.date_at(at) };
    person::insert(unit, &acting, owner, &new.person_name, Role::Owner)?;
    unit.execute(
        "INSERT INTO device_book (book_id, device_id, person_id, chosen_at) VALUES (:book, :device, :person, :at)",
        named_params! { ":book": book, ":device": device, ":person": owner, ":at": at },
    )?;
    for (kind, name) in SYSTEM_ACCOUNTS {
        unit.nested(|step| account::insert(step, &acting, system_account(book, *kind), name, *kind, None))?;
    }
    let cash = new.cash_account_name.as_ref().map_or("Cash in hand", Line::as_str);
    let cash_id = book.derive("account:cash");
    account::insert(unit, &acting, cash_id, cash, AccountKind::Cash, Some(crate::kernel::Money::ZERO))?;
    let scene = scene(unit, Some(book), None)?;
    let person = scene.person.ok_or_else(no_book)?;
    Ok(SetUp { book: scene.book, device: scene.device, person })
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
    Ok(scene(unit, Some(acting.book), None)?.device)
}

/// The book that was asked for, or the one chosen last; and the person likewise.
///
/// # Errors
/// `no_book`; `not_found` for a book or person that this device does not keep.
pub fn scene(snapshot: &Snapshot, book: Option<BookId>, person: Option<PersonId>) -> Result<Scene> {
    let found = snapshot.maybe(
        "SELECT b.id, b.name, b.currency, b.time_zone, d.id AS device_id, d.code, d.name AS device_name, d.revoked_at,
                p.id AS person_id, p.name AS person_name, p.role
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
                Some(id) => Some(Person { id, name: row.get("person_name")?, role: row.get("role")? }),
                None => None,
            };
            Ok(Scene { book: Book::read_row(row)?, device, person })
        },
    )?;
    let scene = match (found, book) {
        (Some(scene), _) => scene,
        (None, Some(_)) => return Err(Fault::new(Code::NotFound, "This device does not keep that book.").at("book")),
        (None, None) => return Err(no_book()),
    };
    if person.is_some() && scene.person.is_none() {
        return Err(Fault::new(Code::NotFound, "Nobody of that id is in this book.").at("person"));
    }
    Ok(scene)
}

fn no_book() -> Fault {
    Fault::new(Code::NoBook, "There is no book yet: set one up first.")
}

impl Scene {
    /// The business date at that moment, in the book's time zone.
    ///
    /// # Errors
    /// `bad_time_zone` when a newer Daybook knew a zone that this one does not.
    pub fn today(&self, at: Instant) -> Result<BusinessDate> {
        Ok(Zone::parse(&self.book.time_zone)?.date_at(at))
    }
}

/// The books that this device keeps, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot) -> Result<Vec<Book>> {
    snapshot.all(
        "SELECT b.id, b.name, b.currency, b.time_zone
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
        })
    }
}
