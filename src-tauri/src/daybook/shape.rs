//! The columns of a table as the daybook sees them.

use crate::kernel::{Code, Fault, Result};
use crate::store::fault_of;
use rusqlite::Connection;
use std::fmt::Write;

/// Columns that a device derives for itself; no entry holds them.
pub const LOCAL_COLUMNS: &[&str] = &["row_version", "name_fold", "search_text"];

/// A synced table: its name, and the columns that entries hold, sorted by name.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) table: String,
    columns: Vec<Column>,
    /// Which column says the book: `book_id`, but `id` in the table of books itself.
    pub(super) book_column: &'static str,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    is_blob: bool,
    /// What it is where it isn't given and may not be null, as JSON.
    default: Option<String>,
}

impl Shape {
    /// Reads a table's columns from the live schema.
    pub(super) fn of(connection: &Connection, table: &str) -> Result<Shape> {
        let mut columns = connection
            .prepare(r#"SELECT name, type, CASE WHEN "notnull" THEN dflt_value END FROM pragma_table_info(?1)"#)
            .map_err(fault_of)?
            .query_map([table], |row| {
                let (is_blob, default) = (row.get::<_, String>(1)? == "BLOB", row.get::<_, Option<String>>(2)?);
                let default = default
                    .map(|default| connection.query_row(&format!("SELECT json_quote({default})"), [], |row| row.get(0)))
                    .transpose()?;
                Ok(Column { name: row.get(0)?, is_blob, default })
            })
            .map_err(fault_of)?
            .collect::<rusqlite::Result<Vec<Column>>>()
            .map_err(fault_of)?;
        if columns.is_empty() {
            return Err(Fault::new(Code::Internal, format!("The synced table {table} does not exist.")));
        }
        let book_column = if columns.iter().any(|column| column.name == "book_id") { "book_id" } else { "id" };
        columns.retain(|column| {
            !LOCAL_COLUMNS.contains(&column.name.as_str()) && column.name != "id" && column.name != "book_id"
        });
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Shape { table: table.to_owned(), columns, book_column })
    }

    /// The columns that have a default, which an older entry means where it says nothing: name, and value as JSON.
    pub(super) fn defaults(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter_map(|column| Some((column.name.as_str(), column.default.as_deref()?)))
    }

    /// The columns that entries hold, sorted by name.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// An SQL expression that gives a row's columns as a JSON object; `row` is `new`, `old` or an alias.
    pub(super) fn object_sql(&self, row: &str) -> String {
        let mut sql = String::from("json_object(");
        for (index, Column { name, is_blob, .. }) in self.columns.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            // json_object refuses blobs; and hex() of nothing is '', which is not nothing.
            let value = if *is_blob {
                format!("CASE WHEN {row}.{name} IS NOT NULL THEN lower(hex({row}.{name})) END")
            } else {
                format!("{row}.{name}")
            };
            let _ = write!(sql, "{comma}'{name}', {value}"); // writing to a String can't fail
        }
        sql.push(')');
        sql
    }
}
