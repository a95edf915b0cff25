//! The commands of books and of the people in them.

use super::table::{ANYONE, Asker, Command, Nothing, OWNER, read, write};
use crate::domain::book::{self, Device, NewBook, SetUp};
use crate::domain::person::{self, Person};
use crate::kernel::{Acting, BookId, Code, Fault, Id, Line, PersonId, Result};
use crate::store::{Snapshot, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Which.
    person_id: PersonId,
}

/// What this device is to be called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeviceName {
    /// Such as Van 1.
    name: Line<60>,
}

/// The devices that keep a book.
#[derive(Serialize, JsonSchema)]
struct Devices {
    /// All of them, this one among them.
    rows: Vec<Device>,
}

pub(super) fn commands() -> Vec<Command> {
    vec![
        write(
            "book_setup",
            "Sets a book up: this device, its owner, the accounts that every book has, one cash account.",
            ANYONE,
            &[Code::BadCurrency, Code::BadTimeZone, Code::IdTaken],
            set_up,
        )
        .acting_as(founder, give_id)
        .making("book_id")
        .touching(&["device_book"]),
        write(
            "person_add",
            "Adds a person who may act in the book.",
            OWNER,
            &[Code::NameTaken, Code::IdTaken],
            person::add,
        )
        .making("person_id"),
        write("person_select", "Chooses who acts on this device from now on.", ANYONE, &[], select)
            .by_anybody()
            .touching(&["device_book"]),
        write("device_rename", "Says what this device is called.", OWNER, &[], rename_device),
        read("device_list", "Lists the devices that keep the book, by name.", &[], devices),
    ]
}

/// The book's id must be known before the book is: it is what the entry belongs to.
fn give_id(input: &mut Value) {
    if let Some(members) = input.as_object_mut()
        && !members.contains_key("book_id")
    {
        members.insert("book_id".into(), json!(BookId::fresh()));
    }
}

fn founder(input: &Value) -> Result<(BookId, PersonId)> {
    let id = input.get("book_id").and_then(Value::as_str).unwrap_or_default();
    let book: BookId = Id::parse(id).map_err(|fault: Fault| fault.at("book_id"))?;
    Ok((book, book.derive("person:owner")))
}

fn set_up(unit: &mut Unit, acting: &Acting, new: &NewBook) -> Result<SetUp> {
    book::set_up(unit, acting.at, acting.device, new)
}

fn select(unit: &mut Unit, acting: &Acting, chosen: &Chosen) -> Result<Person> {
    person::select(unit, acting, chosen.person_id)
}

fn rename_device(unit: &mut Unit, acting: &Acting, device: &DeviceName) -> Result<Device> {
    book::rename_device(unit, acting, &device.name)
}

fn devices(snapshot: &Snapshot, asker: &Asker, _: Nothing) -> Result<Devices> {
    let scene = asker.scene(snapshot)?;
    Ok(Devices { rows: book::devices(snapshot, scene.book.id)? })
}
