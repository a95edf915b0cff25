//! The people who act in a book. Daybook trusts the device's own log-in: choosing a person asks for no password.
//!
//! An owner always remains, as far as this device knows: two devices that don't see each other can still archive two of them.

use super::page::{Page, Shown};
use super::record::{self, FieldType, record};
use crate::kernel::{Acting, BookId, Code, Fault, Instant, Line, PersonId, Result, Rule, fold, same};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person's name: one line.
pub type PersonName = Line<80>;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// The day's work, but not who and what is in the book.
    Clerk,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Clerk => "clerk",
        }
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Role> {
        match value.as_str()? {
            "owner" => Ok(Role::Owner),
            "clerk" => Ok(Role::Clerk),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Role {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FieldType for Role {
    type InRow = Role;
    const RULE: Rule = Rule::Word { about: "a role", of: || vec![Role::Owner.name(), Role::Clerk.name()] };
}

record! {
    "person", person_id: PersonId;
    row Person "A person who acts in a book." from "person t" {
        /// When the person was archived.
        archived_at: Option<Instant> = "t.archived_at",
    }
    new NewPerson "A person to be added.";
    edit PersonEdit "A change of a person. What is not given stays.";
    archive PersonArchive "A person to be archived, or unarchived.";
    fields {
        /// The name, which nobody else in the book may have.
        name: required PersonName;
        /// What the person may do.
        role: required Role;
    }
}

/// Whether no owner is left in a book who isn't archived: head office may have archived all of them, and two devices each other's. Then
/// anybody may take one out again, or add one.
///
/// # Errors
/// What SQLite says.
pub fn is_ownerless(snapshot: &Snapshot, book: BookId) -> Result<bool> {
    snapshot.one(
        "SELECT NOT EXISTS (SELECT 1 FROM person WHERE book_id = :book AND role = 'owner' AND archived_at IS NULL)",
        named_params! { ":book": book },
        |row| row.get(0),
    )
}

fn refuse_while_ownerless(unit: &Unit, acting: &Acting) -> Result<()> {
    match is_ownerless(unit, acting.book)? {
        true => Err(Fault::new(Code::NotAllowed, "No owner is left in the book: unarchive one first, or add one.")),
        false => Ok(()),
    }
}

/// Adds a person. In a book without an owner anybody may add one.
///
/// # Errors
/// `name_taken`, `not_allowed`.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewPerson) -> Result<Person> {
    if new.role != Role::Owner {
        refuse_while_ownerless(unit, acting)?;
    }
    refuse_taken_name(&all(unit, acting.book)?, &new.name, new.person_id)?;
    insert(unit, acting, new)?;
    find(unit, acting.book, new.person_id)
}

pub(super) fn insert(unit: &mut Unit, acting: &Acting, new: &NewPerson) -> Result<()> {
    record::insert::<Person>(unit, acting, &new.person_id, new.values())
}

fn refuse_taken_name(all: &[Person], name: &PersonName, id: PersonId) -> Result<()> {
    let given = same(name.as_str());
    if all.iter().any(|person| person.id != id && same(&person.name) == given) {
        return Err(Fault::new(Code::NameTaken, "Somebody of this name is in the book already.").at("name"));
    }
    Ok(())
}

/// Changes a person's name or role.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `name_taken`, `last_owner`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &PersonEdit) -> Result<Person> {
    let before = record::find_seen::<Person>(unit, acting.book, &edit.person_id, edit.row_version)?;
    if before.archived_at.is_some() {
        return Err(record::archived::<Person>());
    }
    let all = all(unit, acting.book)?;
    if let Some(name) = &edit.name {
        refuse_taken_name(&all, name, before.id)?;
    }
    if edit.role == Some(Role::Clerk) {
        refuse_last_owner(&all, &before).map_err(|fault| fault.at("role"))?;
    }
    record::update(unit, acting, &before, edit.changes())?;
    find(unit, acting.book, before.id)
}

/// Archives a person, who then acts no more, or unarchives one. In a book without an owner anybody may unarchive one.
///
/// # Errors
/// `not_found`, `stale`, `last_owner`, `not_allowed`.
pub fn archive(unit: &mut Unit, acting: &Acting, order: &PersonArchive) -> Result<Person> {
    let before = record::find_seen::<Person>(unit, acting.book, &order.person_id, order.row_version)?;
    if order.archived || before.role != Role::Owner {
        refuse_while_ownerless(unit, acting)?;
    }
    if order.archived {
        refuse_last_owner(&all(unit, acting.book)?, &before)?;
    }
    record::archive(unit, acting, &before, order.archived)?;
    find(unit, acting.book, before.id)
}

fn refuse_last_owner(all: &[Person], person: &Person) -> Result<()> {
    let mut owners = all.iter().filter(|person| person.role == Role::Owner && person.archived_at.is_none());
    match (owners.next(), owners.next()) {
        (Some(owner), None) if owner.id == person.id => Err(Fault::new(
            Code::LastOwner,
            format!("{} is the book's only owner; make another one first.", person.name),
        )),
        (None | Some(_), None | Some(_)) => Ok(()),
    }
}

/// Chooses who acts on this device from now on.
///
/// # Errors
/// `not_found`, `archived`.
pub fn select(unit: &mut Unit, acting: &Acting, id: PersonId) -> Result<Person> {
    let person = find(unit, acting.book, id)?;
    if person.archived_at.is_some() {
        return Err(acts_no_more(&person.name).at("person_id"));
    }
    unit.execute(
        "UPDATE device_book SET person_id = :person WHERE book_id = :book",
        named_params! { ":person": id, ":book": acting.book },
    )?;
    Ok(person)
}

pub(super) fn acts_no_more(name: &str) -> Fault {
    Fault::new(Code::Archived, format!("{name} is archived, and so can't act."))
}

/// One person.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: PersonId) -> Result<Person> {
    record::find(snapshot, book, &id)
}

/// All people of a book, archived ones too, by name.
///
/// # Errors
/// What SQLite says.
pub fn all(snapshot: &Snapshot, book: BookId) -> Result<Vec<Person>> {
    sorted(snapshot, book, Shown::All)
}

/// People are few: their names are folded as they are sorted.
fn sorted(snapshot: &Snapshot, book: BookId, shown: Shown) -> Result<Vec<Person>> {
    let mut people: Vec<Person> = record::list(snapshot, book, shown, "name")?;
    people.sort_by_cached_key(|person| fold(&person.name));
    Ok(people)
}

/// Which people a list shows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonQuery {
    /// Whether archived ones are shown.
    #[serde(default)]
    pub archived: Shown,
}

/// People, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot, book: BookId, query: &PersonQuery) -> Result<Page<Person>> {
    Ok(Page::whole(sorted(snapshot, book, query.archived)?))
}
