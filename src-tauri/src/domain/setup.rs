//! How a book begins: its row, this device, its owner, the accounts that every book has, and one cash account.

use super::account::{self, AccountKind, Paid, SYSTEM_ACCOUNTS, system_account};
use super::book::{Book, BookName, Device, DeviceCode, UNNAMED_DEVICE, no_book, session};
use super::person::{self, NewPerson, Person, Role};
use super::profile::{self, NewProfile};
use crate::kernel::{Acting, BookId, Currency, Line, Money, PersonId, Result, Zone};
use crate::store::Unit;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A book to be set up.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBook {
    /// Its id; made here when it isn't given.
    #[serde(default = "BookId::unless_given")]
    pub book_id: BookId,
    /// The business, shop or route.
    pub name: BookName,
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
    /// The new book, which is chosen from now on.
    pub book: Book,
    /// This device, the first of the book.
    pub device: Device,
    /// The owner.
    pub person: Person,
}

/// The id of the person who sets a book up.
pub fn owner(book: BookId) -> PersonId {
    book.derive("person:owner")
}

/// Sets a book up: this device and the owner, the accounts that every book has, one cash account. It is chosen at once.
///
/// # Errors
/// `bad_currency`, `bad_time_zone`.
pub fn set_up(unit: &mut Unit, acting: &Acting, new: &NewBook) -> Result<SetUp> {
    let currency = Currency::parse(new.currency.as_str()).map_err(|fault| fault.at("currency"))?;
    let time_zone = new.time_zone.as_ref().map_or_else(Zone::of_this_machine, |zone| zone.as_str().to_owned());
    let zone = Zone::parse(&time_zone).map_err(|fault| fault.at("time_zone"))?;
    let Acting { book, device, person: owner, at, .. } = *acting;
    unit.execute(
        "INSERT INTO book (id, name, currency, time_zone, created_at)
         VALUES (:id, :name, :currency, :time_zone, :at)",
        named_params! {
            ":id": book, ":name": new.name, ":currency": currency.code(), ":time_zone": time_zone, ":at": at,
        },
    )?;
    let code = new.device_code.as_ref().map_or("D1", |code| code.as_str());
    unit.execute(
        "INSERT INTO device (book_id, id, code, name, created_at) VALUES (:book, :id, :code, :name, :at)",
        named_params! {
            ":book": book, ":id": device, ":code": code,
            ":name": new.device_name.as_ref().map_or(UNNAMED_DEVICE, Line::as_str), ":at": at,
        },
    )?;
    let acting = Acting { today: zone.date_at(acting.at), ..acting.clone() };
    let person = NewPerson { person_id: owner, name: new.person_name.clone(), role: Role::Owner };
    person::insert(unit, &acting, &person)?;
    unit.execute(
        "INSERT INTO device_book (book_id, device_id, person_id, chosen_at) VALUES (:book, :device, :person, :at)",
        named_params! { ":book": book, ":device": device, ":person": owner, ":at": at },
    )?;
    for (kind, name) in SYSTEM_ACCOUNTS {
        unit.nested(|step| {
            account::insert(step, &acting, system_account(book, *kind), name, *kind, None, &Paid::default())
        })?;
    }
    let cash = new.cash_account_name.as_ref().map_or("Cash in hand", Line::as_str);
    let cash_id = book.derive("account:cash");
    account::insert(unit, &acting, cash_id, cash, AccountKind::Cash, Some(Money::ZERO), &Paid::default())?;
    let legal_name = Line::parse(new.name.as_str())?;
    let profile = NewProfile::named(book.derive("profile:first"), legal_name);
    unit.nested(|step| profile::set(step, &acting, &profile))?;
    let session = session(unit, Some(book), None)?;
    let person = session.person.ok_or_else(no_book)?;
    Ok(SetUp { book: session.book, device: session.device, person })
}
