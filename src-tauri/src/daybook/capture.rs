//! Captures what a unit of work does to synced tables, by temporary triggers on the writing connection.
//!
//! The triggers write into a temporary table, so what they captured rolls back with the savepoint that it happened in.
//! They see cascades, and whatever a trigger of the schema does to a synced table. Each writes the change as it will stand in
//! the entry, by an SQL function of its own: so a row is turned into JSON once.

use super::index;
use super::shape::Shape;
use crate::kernel::{Result, push_hex};
use crate::store::{Unit, fault_of};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use std::fmt::Write;

/// Sets a writing connection up: what happens to these tables is captured, and the tail of the entries is known.
///
/// # Errors
/// What SQLite says; `internal` when a table does not exist.
pub fn install(connection: &Connection, synced: &[&str]) -> Result<()> {
    connection
        .execute_batch(
            "CREATE TEMP TABLE daybook_captured (
                 ordinal    INTEGER PRIMARY KEY,
                 table_name TEXT NOT NULL,
                 book_id    BLOB NOT NULL,
                 record_id  BLOB NOT NULL,
                 -- Nothing where no column changed that an entry holds.
                 change     TEXT
             ) STRICT;
             -- Holds a row while what is written is no entry of this device. It goes back with its savepoint, too.
             CREATE TEMP TABLE daybook_suspended (one INTEGER PRIMARY KEY) STRICT;",
        )
        .map_err(fault_of)?;
    index::install(connection)?;
    for table in synced {
        let shape = Shape::of(connection, table)?;
        for (operation, row, images) in [
            (Operation::Insert, "new", [Some("new"), None]),
            (Operation::Update, "new", [Some("new"), Some("old")]),
            (Operation::Delete, "old", [None, Some("old")]),
        ] {
            let (name, book) = (operation.name(), shape.book_column);
            let columns: Vec<String> = images
                .into_iter()
                .flatten()
                .flat_map(|image| shape.columns().map(move |column| format!("{image}.{column}")))
                .collect();
            let function = format!("daybook_{table}_{name}");
            write_changes(connection, &function, operation, shape.clone())?;
            connection
                .execute_batch(&format!(
                    "CREATE TEMP TRIGGER daybook_{table}_{name}_trigger AFTER {name} ON main.{table}
                     WHEN NOT EXISTS (SELECT 1 FROM daybook_suspended)
                     BEGIN
                         INSERT INTO daybook_captured (table_name, book_id, record_id, change)
                         VALUES ('{table}', {row}.{book}, {row}.id, {function}({row}.id, {columns}));
                     END;",
                    columns = columns.join(", ")
                ))
                .map_err(fault_of)?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Insert,
    Update,
    Delete,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}

/// Makes the SQL function that is given a row's id, its columns afterwards and its columns before, and gives the change as
/// an entry holds it; nothing for an update that changed none of these columns.
fn write_changes(connection: &Connection, name: &str, operation: Operation, shape: Shape) -> Result<()> {
    let columns = i32::try_from(shape.columns().count()).unwrap_or(i32::MAX);
    let arguments = 1 + columns * if operation == Operation::Update { 2 } else { 1 };
    connection
        .create_scalar_function(name, arguments, FunctionFlags::SQLITE_UTF8, move |row| change(row, operation, &shape))
        .map_err(fault_of)
}

fn change(row: &Context<'_>, operation: Operation, shape: &Shape) -> rusqlite::Result<Option<String>> {
    let count = shape.columns().count();
    let mut parts = [String::new(), String::new()]; // new, old
    for (place, column) in shape.columns().enumerate() {
        let value = |image: usize| row.get_raw(1 + image * count + place);
        match operation {
            Operation::Update if value(0) == value(1) => {}
            Operation::Update => {
                write_column(&mut parts[0], column, value(0))?;
                write_column(&mut parts[1], column, value(1))?;
            }
            Operation::Insert | Operation::Delete if value(0) == ValueRef::Null => {}
            Operation::Insert => write_column(&mut parts[0], column, value(0))?,
            Operation::Delete => write_column(&mut parts[1], column, value(0))?,
        }
    }
    let [new, old] = parts;
    if operation == Operation::Update && new.is_empty() {
        return Ok(None);
    }
    let mut out = String::with_capacity(128 + new.len() + old.len());
    out.push_str("{\"key\":");
    write_id(&mut out, row.get_raw(0))?;
    if operation != Operation::Delete {
        let _ = write!(out, ",\"new\":{{{new}}}"); // writing to a String can't fail
    }
    if operation != Operation::Insert {
        let _ = write!(out, ",\"old\":{{{old}}}");
    }
    let _ = write!(out, ",\"op\":\"{}\",\"table\":\"{}\"}}", operation.name(), shape.table);
    Ok(Some(out))
}

fn write_column(out: &mut String, name: &str, value: ValueRef<'_>) -> rusqlite::Result<()> {
    if !out.is_empty() {
        out.push(',');
    }
    let _ = write!(out, "\"{name}\":"); // writing to a String can't fail
    match value {
        ValueRef::Null => out.push_str("null"),
        ValueRef::Integer(number) => {
            let _ = write!(out, "{number}");
        }
        ValueRef::Text(_) => {
            let text = value.as_str()?;
            if text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
                // Nothing of it is escaped, as in nearly all text.
                out.push('"');
                out.push_str(text);
                out.push('"');
            } else {
                // It escapes just what RFC 8785 does, in the same way.
                let text = serde_json::to_string(text);
                out.push_str(&text.map_err(|cause| rusqlite::Error::UserFunctionError(cause.into()))?);
            }
        }
        ValueRef::Blob(_) if name.ends_with("_id") => write_id(out, value)?,
        ValueRef::Blob(bytes) => {
            out.push('"');
            push_hex(out, bytes);
            out.push('"');
        }
        ValueRef::Real(_) => {
            return Err(rusqlite::Error::UserFunctionError(format!("{name} holds a number with a fraction").into()));
        }
    }
    Ok(())
}

/// An id as a hyphenated UUID.
fn write_id(out: &mut String, value: ValueRef<'_>) -> rusqlite::Result<()> {
    let bytes = value.as_blob()?;
    out.push('"');
    if bytes.len() == 16 {
        for (place, part) in
            [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]].into_iter().enumerate()
        {
            if place > 0 {
                out.push('-');
            }
            push_hex(out, part);
        }
    } else {
        push_hex(out, bytes);
    }
    out.push('"');
    Ok(())
}

/// Does something of which nothing is captured: rows that were entries elsewhere.
///
/// # Errors
/// Those of `act`, which then is undone by whoever holds the unit.
pub fn uncaptured<T>(unit: &mut Unit, act: impl FnOnce(&mut Unit) -> Result<T>) -> Result<T> {
    unit.execute("INSERT INTO temp.daybook_suspended (one) VALUES (1)", [])?;
    let value = act(unit)?;
    unit.execute("DELETE FROM temp.daybook_suspended", [])?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the function of an operation gives for the columns `city`, `count`, `name`, `print` and `tax_id`.
    fn written(operation: Operation, arguments: &str) -> Option<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE thing (book_id BLOB, id BLOB, row_version INTEGER, tax_id BLOB, name TEXT, city TEXT, print BLOB,
                                     count INTEGER)",
            )
            .unwrap();
        let shape = Shape::of(&connection, "thing").unwrap();
        write_changes(&connection, "written", operation, shape).unwrap();
        let sql = format!("SELECT written(x'02020202020202020202020202020202', {arguments})");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_change_is_written_as_an_entry_holds_it() {
        const TAX: &str = "x'00112233445566778899aabbccddeeff'";
        let update = format!("'Lomé', 5, 'Café \"A\"', x'AB', NULL, NULL, 5, 'Café \"A\"', x'AB', {TAX}");
        assert_eq!(
            written(Operation::Update, &update).unwrap(),
            concat!(
                r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"city":"Lomé","tax_id":null},"#,
                r#""old":{"city":null,"tax_id":"00112233-4455-6677-8899-aabbccddeeff"},"op":"update","table":"thing"}"#
            )
        );
        assert_eq!(
            written(Operation::Insert, "NULL, -5, 'a' || char(10) || char(127) || char(1), x'ABCD', NULL").unwrap(),
            concat!(
                r#"{"key":"02020202-0202-0202-0202-020202020202","new":{"count":-5,"name":"a\n"#,
                "\u{7f}",
                r#"\u0001","print":"abcd"},"op":"insert","table":"thing"}"#
            )
        );
        assert_eq!(
            written(Operation::Delete, "NULL, NULL, 'A', NULL, NULL").unwrap(),
            r#"{"key":"02020202-0202-0202-0202-020202020202","old":{"name":"A"},"op":"delete","table":"thing"}"#
        );
    }

    #[test]
    fn an_update_that_changes_nothing_an_entry_holds_is_no_change() {
        let same = "'A', 1, NULL, x'01', NULL, 'A', 1, NULL, x'01', NULL";
        assert_eq!(written(Operation::Update, same), None);
    }
}
