//! The commands of books and of the people in them.

use super::command::{Command, Nothing, found, read_in, write};
use super::rules::{ANYONE, OWNER};
use crate::domain::book::{self, Device, Session};
use crate::domain::page::Page;
use crate::domain::person::{self, Person};
use crate::domain::profile;
use crate::domain::setup::{self, NewBook, SetUp};
use crate::kernel::{Acting, Code, Line, PersonId, Result, Right};
use crate::store::{Snapshot, Unit};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// The person who acts from now on.
    person_id: PersonId,
}

/// What this device is to be called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeviceName {
    /// Such as Van 1.
    name: Line<60>,
}

pub(super) fn commands() -> Vec<Command> {
    vec![
        found(
            "book_setup",
            "Sets a book up: this device, its owner, the accounts that every book has, one cash account.",
            &[Code::BadCurrency, Code::BadTimeZone, Code::IdTaken],
            |new: &NewBook| (new.book_id, setup::owner(new.book_id)),
            set_up,
        )
        .making("book_id")
        .making_the_store()
        .writes([
            Right::insert("book"),
            Right::insert("device"),
            Right::insert("person"),
            Right::insert("payment_account"),
            Right::insert("book_profile"),
        ])
        .touching(&["device_book"]),
        write(
            "book_edit",
            "Changes the book's name and settings: what is not given stays.",
            OWNER,
            &[Code::Stale],
            book::edit,
        )
        .writes([Right::update("book", book::EDITED)]),
        write(
            "profile_set",
            "Says anew who sells, as papers say it; documents that are there keep what they were made under.",
            OWNER,
            &[Code::IdTaken],
            profile::set,
        )
        .making("profile_id")
        .writes([Right::insert("book_profile")]),
        read_in("profile_show", "Shows who sells, as papers say it now.", &[], |snapshot, session, _: &Nothing| {
            profile::show(snapshot, session)
        })
        .rests_on(&["book_profile"]),
        write(
            "person_add",
            "Adds a person who may act in the book; an owner, by anybody, where none is left.",
            OWNER,
            &[Code::NameTaken, Code::IdTaken],
            person::add,
        )
        .where_ownerless()
        .making("person_id")
        .writes([Right::insert("person")]),
        write(
            "person_edit",
            "Changes a person's name or role: what is not given stays. An owner must remain.",
            OWNER,
            &[Code::Stale, Code::NameTaken, Code::LastOwner],
            person::edit,
        )
        .writes([Right::update("person", person::EDITED)]),
        write(
            "person_archive",
            "Archives a person, who then acts no more, or unarchives one. An owner must remain; where none is, anybody unarchives one.",
            OWNER,
            &[Code::Stale, Code::LastOwner],
            person::archive,
        )
        .where_ownerless()
        .writes([Right::update("person", &["archived_at"])]),
        read_in("person_list", "Lists the people who act in the book, by name.", &[], |snapshot, session, query| {
            person::list(snapshot, session.book.id, query)
        })
        .rests_on(&["person"]),
        write("person_select", "Chooses who acts on this device from now on.", ANYONE, &[], select)
            .by_anybody()
            .touching(&["device_book"]),
        write("device_rename", "Says what this device is called.", OWNER, &[], rename_device)
            .writes([Right::update("device", &["name"])]),
        read_in("device_list", "Lists the devices that keep the book, by name.", &[], devices).rests_on(&["device"]),
    ]
}

fn set_up(unit: &mut Unit, acting: &Acting, new: &NewBook) -> Result<SetUp> {
    setup::set_up(unit, acting, new)
}

fn select(unit: &mut Unit, acting: &Acting, chosen: &Chosen) -> Result<Person> {
    person::select(unit, acting, chosen.person_id)
}

fn rename_device(unit: &mut Unit, acting: &Acting, device: &DeviceName) -> Result<Device> {
    book::rename_device(unit, acting, &device.name)
}

fn devices(snapshot: &Snapshot, session: &Session, _: &Nothing) -> Result<Page<Device>> {
    Ok(Page::whole(book::devices(snapshot, session.book.id)?))
}
