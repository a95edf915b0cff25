//! Captures what a unit of work does to synced tables, by temporary triggers on the writing connection.
//!
//! The triggers write into a temporary table, so what they captured rolls back with the savepoint that it happened in.
//! They see cascades, and whatever a trigger of the schema does to a synced table.

use super::shape::Shape;
use crate::kernel::Result;
use crate::store::{Unit, fault_of};
use rusqlite::Connection;

/// Sets a writing connection up to capture what happens to these tables.
///
/// # Errors
/// What SQLite says; `internal` when a table does not exist.
pub fn install(connection: &Connection, synced: &[&str]) -> Result<()> {
    connection
        .execute_batch(
            "CREATE TEMP TABLE daybook_captured (
                 ordinal    INTEGER PRIMARY KEY,
                 table_name TEXT NOT NULL,
                 operation  TEXT NOT NULL,
                 book_id    BLOB NOT NULL,
                 record_id  BLOB NOT NULL,
                 old        TEXT,
                 new        TEXT
             ) STRICT;
             -- Holds a row while what is written is no entry of this device. It goes back with its savepoint, too.
             CREATE TEMP TABLE daybook_suspended (one INTEGER PRIMARY KEY) STRICT;",
        )
        .map_err(fault_of)?;
    for table in synced {
        let shape = Shape::of(connection, table)?;
        let book = shape.book_column;
        let (new, old) = (shape.object_sql("new"), shape.object_sql("old"));
        let triggers =
            [("insert", "new", "NULL", new.as_str()), ("update", "new", &old, &new), ("delete", "old", &old, "NULL")];
        for (operation, row, old, new) in triggers {
            connection
                .execute_batch(&format!(
                    "CREATE TEMP TRIGGER daybook_{table}_{operation}_trigger AFTER {operation} ON main.{table}
                     WHEN NOT EXISTS (SELECT 1 FROM daybook_suspended)
                     BEGIN
                         INSERT INTO daybook_captured (table_name, operation, book_id, record_id, old, new)
                         VALUES ('{table}', '{operation}', {row}.{book}, {row}.id, {old}, {new});
                     END;"
                ))
                .map_err(fault_of)?;
        }
    }
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
