//! The people who act in a book. Daybook trusts the device's own log-in: choosing a person asks for no password.

use crate::kernel::{Acting, Code, Fault, Line, PersonId, Result, fold};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person who acts in a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
}

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

/// A person to be added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The id; made here when it isn't given.
    #[serde(default = "PersonId::fresh")]
    pub person_id: PersonId,
    /// The name.
    pub name: Line<80>,
    /// What the person may do.
    pub role: Role,
}

/// Adds a person.
///
/// # Errors
/// `name_taken`.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewPerson) -> Result<Person> {
    let folded = fold(new.name.as_str());
    if list(unit, acting.book)?.iter().any(|person| fold(&person.name) == folded) {
        return Err(Fault::new(Code::NameTaken, "Somebody of this name is in the book already.").at("name"));
    }
    insert(unit, acting, new.person_id, &new.name, new.role)?;
    find(unit, acting, new.person_id)
}

pub(super) fn insert(unit: &mut Unit, acting: &Acting, id: PersonId, name: &Line<80>, role: Role) -> Result<()> {
    unit.execute(
        "INSERT INTO person (book_id, id, name, role, created_at) VALUES (:book, :id, :name, :role, :at)",
        named_params! {
            ":book": acting.book, ":id": id, ":name": name, ":role": role.name(), ":at": acting.at,
        },
    )?;
    Ok(())
}

/// Chooses who acts on this device from now on.
///
/// # Errors
/// `not_found`.
pub fn select(unit: &mut Unit, acting: &Acting, id: PersonId) -> Result<Person> {
    let person = find(unit, acting, id)?;
    unit.execute(
        "UPDATE device_book SET person_id = :person WHERE book_id = :book",
        named_params! { ":person": id, ":book": acting.book },
    )?;
    Ok(person)
}

fn find(snapshot: &Snapshot, acting: &Acting, id: PersonId) -> Result<Person> {
    snapshot
        .maybe(
            "SELECT id, name, role FROM person WHERE book_id = :book AND id = :id",
            named_params! { ":book": acting.book, ":id": id },
            Person::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "Nobody of that id is in this book.").at("person_id"))
}

/// All people of a book, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot, book: crate::kernel::BookId) -> Result<Vec<Person>> {
    snapshot.all(
        "SELECT id, name, role FROM person WHERE book_id = :book ORDER BY name, id",
        named_params! { ":book": book },
        Person::read_row,
    )
}

impl ReadRow for Person {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Person> {
        Ok(Person { id: row.get("id")?, name: row.get("name")?, role: row.get("role")? })
    }
}
