//! How the kernel's values stand in a row.

use crate::kernel::{BusinessDate, Fault, Id, Instant, Line, Money, Prose, Rate};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

impl<K> ToSql for Id<K> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.as_bytes())))
    }
}

impl<K> FromSql for Id<K> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Id::from_bytes)
    }
}

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Instant {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Instant)
    }
}

impl ToSql for Money {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.minor().into())
    }
}

impl FromSql for Money {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Money::new(i64::column_result(value)?).map_err(other)
    }
}

impl ToSql for Rate {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.ppm().into())
    }
}

impl FromSql for Rate {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Rate::new(i64::column_result(value)?).map_err(other)
    }
}

impl ToSql for BusinessDate {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for BusinessDate {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        BusinessDate::stored(value.as_str()?).map_err(other)
    }
}

impl<const MAX: usize> ToSql for Line<MAX> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl<const MAX: usize> FromSql for Line<MAX> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Line::parse(value.as_str()?).map_err(other)
    }
}

impl<const MAX: usize> ToSql for Prose<MAX> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

fn other(fault: Fault) -> FromSqlError {
    FromSqlError::Other(Box::new(fault))
}

/// A value that is read from a whole row, each column by its name.
pub trait ReadRow: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When a column is missing or holds something else.
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Self>;
}
