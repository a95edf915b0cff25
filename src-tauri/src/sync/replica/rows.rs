//! Rows as entries and head office write them, put into the tables here.

use crate::daybook::{Image, LOCAL_COLUMNS};
use crate::kernel::{BookId, Code, Fault, Id, Noun, NounKind, Result, kind::Record};
use crate::store::{Snapshot, Unit};
use rusqlite::ffi::{
    SQLITE_CONSTRAINT, SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_NOTNULL, SQLITE_CONSTRAINT_TRIGGER,
};
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{named_params, params_from_iter};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write;
use std::ops::ControlFlow;

/// The folded columns of a noun's row, which follow from its others: name and value. `get` gives a column as text.
pub type Folded = fn(noun: &Noun, get: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)>;

/// The synced tables, parents first, with their columns.
#[derive(Debug)]
pub struct Tables {
    tables: Vec<Table>,
    folded: Folded,
}

/// A row that another one refers to and that is not here.
#[derive(Debug, Clone)]
pub(in crate::sync) struct Missing {
    /// The column of the row that refers to it.
    pub(in crate::sync) column: String,
    /// Its table.
    pub(in crate::sync) table: String,
    /// Its id.
    pub(in crate::sync) key: Id<Record>,
}

/// A synced table.
#[derive(Debug)]
pub(in crate::sync) struct Table {
    pub(in crate::sync) noun: &'static Noun,
    pub(in crate::sync) name: String,
    columns: Vec<Column>,
    /// Columns that refer to a row of a table by its id, and that table.
    parents: Vec<(String, String)>,
    /// Those of them whose row takes this one along when it goes.
    owners: Vec<(String, String)>,
    /// Columns that follow from others, which have no default.
    local: Vec<&'static str>,
    /// Whether people edit its rows.
    pub(in crate::sync) is_versioned: bool,
    /// Whether its rows stay as they were written.
    pub(in crate::sync) is_posted: bool,
    is_book: bool,
    insert_sql: String,
    delete_sql: String,
}

#[derive(Debug)]
struct Column {
    name: String,
    kind: ColumnKind,
    /// What it is where it isn't given and may not be null, as SQL.
    default: Option<String>,
}

impl Column {
    fn is_local(&self) -> bool {
        LOCAL_COLUMNS.contains(&self.name.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Id,
    Blob,
    Integer,
    Text,
}

impl Tables {
    /// Reads the columns of these tables from the live schema.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn read(snapshot: &Snapshot, nouns: &[&'static Noun], folded: Folded) -> Result<Tables> {
        let tables = nouns.iter().map(|noun| Table::read(snapshot, noun)).collect::<Result<_>>()?;
        Ok(Tables { tables, folded })
    }

    pub(in crate::sync) fn iter(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// The table of that name; nothing where this Daybook does not know it.
    pub(in crate::sync) fn known(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub(in crate::sync) fn find(&self, name: &str) -> Result<&Table> {
        self.known(name).ok_or_else(|| {
            Fault::new(
                Code::CentralTooNew,
                format!("Head office knows a table {name} that this Daybook does not; it needs an update."),
            )
        })
    }

    /// Inserts a row; one that is there already stays as it is. Answers whether it was inserted.
    pub(in crate::sync) fn insert(
        &self,
        unit: &mut Unit,
        table: &str,
        book: BookId,
        key: Id<Record>,
        new: &Image,
    ) -> Result<bool> {
        let table = self.find(table)?;
        let mut values = Vec::with_capacity(table.columns.len() + 4);
        if !table.is_book {
            values.push(Sql::Blob(book.as_bytes().to_vec()));
        }
        values.push(Sql::Blob(key.as_bytes().to_vec()));
        for column in &table.columns {
            values.push(column.kind.read(new.get(&column.name).unwrap_or(&Value::Null))?);
        }
        if !table.local.is_empty() {
            let text = (self.folded)(table.noun, &|column| text_of(new.get(column)?));
            for column in &table.local {
                values.push(Sql::Text(
                    text.iter().find(|(name, _)| name == column).map(|(_, text)| text.clone()).unwrap_or_default(),
                ));
            }
        }
        Ok(unit.execute(&table.insert_sql, params_from_iter(values))? > 0)
    }

    /// Inserts a row; answers the rows that it refers to and that are not here, in which case it isn't inserted.
    pub(in crate::sync) fn insert_or_missing(
        &self,
        unit: &mut Unit,
        table: &str,
        book: BookId,
        key: Id<Record>,
        new: &Image,
    ) -> Result<Vec<Missing>> {
        let failed = match self.insert(unit, table, book, key, new) {
            Err(fault) if constraint_of(&fault) == Some(SQLITE_CONSTRAINT_FOREIGNKEY) => fault,
            inserted => return inserted.map(|_| Vec::new()),
        };
        let mut missing = Vec::new();
        for (column, parent) in &self.find(table)?.parents {
            let Some(id) = new.get(column).and_then(Value::as_str) else { continue };
            let id = Id::parse(id)?;
            if self.image(unit, parent, book, id)?.is_none() {
                missing.push(Missing { column: column.clone(), table: parent.clone(), key: id });
            }
        }
        if missing.is_empty() { Err(failed) } else { Ok(missing) }
    }

    /// Sets columns of a row; answers whether it is there.
    pub(in crate::sync) fn update(
        &self,
        unit: &mut Unit,
        table: &str,
        book: BookId,
        key: Id<Record>,
        new: &Image,
    ) -> Result<bool> {
        let table = self.find(table)?;
        if new.is_empty() {
            return Ok(true);
        }
        let mut sql = format!("UPDATE {} SET ", table.name);
        let mut values = Vec::with_capacity(new.len() + 2);
        for column in table.columns.iter().filter(|column| new.contains_key(&column.name)) {
            let comma = if values.is_empty() { "" } else { ", " };
            let _ = write!(sql, "{comma}{} = ?", column.name); // writing to a String can't fail
            values.push(column.kind.read(&new[&column.name])?);
        }
        if table.is_versioned {
            sql.push_str(", row_version = row_version + 1");
        }
        sql.push_str(table.where_sql());
        table.push_key(&mut values, book, key);
        if unit.execute(&sql, params_from_iter(values))? == 0 {
            return Ok(false);
        }
        self.refresh_local(unit, table, book, key)?;
        Ok(true)
    }

    fn refresh_local(&self, unit: &mut Unit, table: &Table, book: BookId, key: Id<Record>) -> Result<()> {
        if table.local.is_empty() {
            return Ok(());
        }
        let Some(image) = self.image(unit, &table.name, book, key)? else { return Ok(()) };
        let text = (self.folded)(table.noun, &|column| text_of(image.get(column)?));
        let mut values: Vec<Sql> = Vec::new();
        let mut sql = format!("UPDATE {} SET ", table.name);
        for (column, text) in text.into_iter().filter(|(column, _)| table.local.contains(column)) {
            let comma = if values.is_empty() { "" } else { ", " };
            let _ = write!(sql, "{comma}{column} = ?"); // writing to a String can't fail
            values.push(Sql::Text(text));
        }
        sql.push_str(table.where_sql());
        table.push_key(&mut values, book, key);
        unit.execute(&sql, params_from_iter(values))?;
        Ok(())
    }

    /// Deletes a row; answers whether it was there.
    pub(in crate::sync) fn delete(&self, unit: &mut Unit, table: &str, book: BookId, key: Id<Record>) -> Result<bool> {
        let table = self.find(table)?;
        let mut values = Vec::new();
        table.push_key(&mut values, book, key);
        Ok(unit.execute(&table.delete_sql, params_from_iter(values))? > 0)
    }

    /// The rows that go along when this one does.
    pub(in crate::sync) fn owned_by(
        &self,
        snapshot: &Snapshot,
        table: &str,
        book: BookId,
        key: Id<Record>,
    ) -> Result<Vec<Id<Record>>> {
        let mut owned = Vec::new();
        for child in &self.tables {
            for (column, _) in child.owners.iter().filter(|(_, owner)| owner == table) {
                let sql = format!("SELECT id FROM {} WHERE book_id = ? AND {column} = ?", child.name);
                let ids: Vec<Id<Record>> = snapshot.all(&sql, (book, key), |row| row.get(0))?;
                for id in &ids {
                    owned.extend(self.owned_by(snapshot, &child.name, book, *id)?);
                }
                owned.extend(ids);
            }
        }
        Ok(owned)
    }

    /// A row as entries write it, with its nulls; nothing when it isn't there.
    pub(in crate::sync) fn image(
        &self,
        snapshot: &Snapshot,
        table: &str,
        book: BookId,
        key: Id<Record>,
    ) -> Result<Option<Image>> {
        let table = self.find(table)?;
        let mut values = Vec::new();
        table.push_key(&mut values, book, key);
        let sql = format!("SELECT {} FROM {}{}", table.column_list(), table.name, table.where_sql());
        snapshot.maybe(&sql, params_from_iter(values), |row| {
            let mut image = Image::new();
            for (place, column) in table.columns.iter().enumerate() {
                image.insert(column.name.clone(), column.kind.write(row.get_ref(place)?));
            }
            Ok(image)
        })
    }

    /// How many rows of the book a table has, and their order-free digest; `digest_` in head office's registry says the same. The text of
    /// a row is its id and, of each column that is not null, `name=bytes:value`, sorted by name: so a column more, as long as it is
    /// null, changes nothing.
    pub(in crate::sync) fn digest(&self, snapshot: &Snapshot, table: &Table, book: BookId) -> Result<(i64, i64)> {
        let column = if table.is_book { "id" } else { "book_id" };
        let list = if table.columns.is_empty() { String::new() } else { format!(", {}", table.column_list()) };
        let sql = format!("SELECT id{list} FROM {} WHERE {column} = :book", table.name);
        let (mut rows, mut digest, mut text, mut value) = (0, 0u64, String::new(), String::new());
        snapshot.each(&sql, named_params! { ":book": book }, |row| {
            text.clear();
            let key: Id<Record> = row.get(0)?;
            let _ = write!(text, "{key}"); // writing to a String can't fail
            for (place, column) in table.columns.iter().enumerate() {
                value.clear();
                if column.kind.push_text(&mut value, row.get_ref(place + 1)?) {
                    let _ = write!(text, "{}={}:{value}", column.name, value.len()); // as above
                }
            }
            let hash = Sha256::digest(text.as_bytes());
            let mut eight = [0; 8];
            eight.copy_from_slice(&hash[..8]);
            digest ^= u64::from_be_bytes(eight);
            rows += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((rows, digest.cast_signed()))
    }
}

/// The constraint that SQLite refused something by, as its extended code.
fn constraint_of(fault: &Fault) -> Option<i32> {
    let error = fault.source.as_ref().and_then(|source| source.downcast_ref::<rusqlite::Error>());
    let code = error.and_then(rusqlite::Error::sqlite_error)?.extended_code;
    (code & 0xff == SQLITE_CONSTRAINT).then_some(code)
}

/// Whether a column had to have a value.
pub(in crate::sync) fn is_not_null(fault: &Fault) -> bool {
    constraint_of(fault) == Some(SQLITE_CONSTRAINT_NOTNULL)
}

/// Whether a row could not be changed or go because of what other rows say.
pub(in crate::sync) fn is_in_use(fault: &Fault) -> bool {
    matches!(constraint_of(fault), Some(SQLITE_CONSTRAINT_FOREIGNKEY | SQLITE_CONSTRAINT_TRIGGER))
}

/// A row of a snapshot as it was sent.
pub(in crate::sync) fn read_image(text: &str) -> Result<Image> {
    serde_json::from_str(text)
        .map_err(|cause| Fault::new(Code::CentralDiffers, "A row of the snapshot can't be read.").because(cause))
}

pub(in crate::sync) fn without_nulls(mut image: Image) -> Image {
    image.retain(|_, value| !value.is_null());
    image
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Table {
    fn read(snapshot: &Snapshot, noun: &'static Noun) -> Result<Table> {
        let name = noun.table;
        let all: Vec<Column> = snapshot.all(
            r#"SELECT name, type, CASE WHEN "notnull" THEN dflt_value END FROM pragma_table_info(:table) ORDER BY name"#,
            named_params! { ":table": name },
            |row| {
                let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(Column { kind: ColumnKind::of(&name, &declared), name, default: row.get(2)? })
            },
        )?;
        let has = |column: &str| all.iter().any(|it| it.name == column);
        let local = ["name_fold", "search_text"].into_iter().filter(|column| has(column)).collect::<Vec<_>>();
        let (is_versioned, is_book) = (has("row_version"), !has("book_id"));
        let is_posted = matches!(noun.kind, NounKind::Document { .. } | NounKind::Posted);
        let columns: Vec<Column> =
            all.into_iter().filter(|it| !["id", "book_id"].contains(&it.name.as_str()) && !it.is_local()).collect();
        let references: Vec<(String, String, String)> = snapshot.all(
            r#"SELECT "from", "table", on_delete FROM pragma_foreign_key_list(:table) WHERE "to" = 'id' AND "from" <> 'book_id'"#,
            named_params! { ":table": name },
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let owners = references.iter().filter(|it| it.2 == "CASCADE").map(|it| (it.0.clone(), it.1.clone())).collect();
        let parents = references.into_iter().map(|it| (it.0, it.1)).collect();
        let mut names: Vec<&str> = if is_book { vec!["id"] } else { vec!["book_id", "id"] };
        names.extend(columns.iter().map(|column| column.name.as_str()));
        names.extend(&local);
        // An older device knows nothing of a column that has a default.
        let value_of =
            |name: &&str| match columns.iter().find(|it| it.name == **name).and_then(|it| it.default.as_deref()) {
                Some(default) => format!("ifnull(?, {default})"),
                None => "?".to_owned(),
            };
        let insert_sql = format!(
            "INSERT INTO {name} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
            names.join(", "),
            names.iter().map(value_of).collect::<Vec<_>>().join(", ")
        );
        let mut table = Table {
            noun,
            name: name.to_owned(),
            columns,
            parents,
            owners,
            local,
            is_versioned,
            is_posted,
            is_book,
            insert_sql,
            delete_sql: String::new(),
        };
        table.delete_sql = format!("DELETE FROM {name}{}", table.where_sql());
        Ok(table)
    }

    fn where_sql(&self) -> &'static str {
        if self.is_book { " WHERE id = ?" } else { " WHERE book_id = ? AND id = ?" }
    }

    fn push_key(&self, values: &mut Vec<Sql>, book: BookId, key: Id<Record>) {
        if !self.is_book {
            values.push(Sql::Blob(book.as_bytes().to_vec()));
        }
        values.push(Sql::Blob(key.as_bytes().to_vec()));
    }

    fn column_list(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The columns of a row that this Daybook knows; `pass_over` hears of each of the others.
    pub(in crate::sync) fn known<'i>(&self, image: &'i Image, mut pass_over: impl FnMut(&str)) -> Cow<'i, Image> {
        let is_known = |name: &String| self.columns.iter().any(|column| &column.name == name);
        if image.keys().all(is_known) {
            return Cow::Borrowed(image);
        }
        image.keys().filter(|name| !is_known(name)).for_each(|name| pass_over(name));
        Cow::Owned(
            image
                .iter()
                .filter(|(name, _)| is_known(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// The names of its columns, sorted.
    pub(in crate::sync) fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

impl ColumnKind {
    fn of(name: &str, declared: &str) -> ColumnKind {
        match declared {
            "BLOB" if name.ends_with("_id") => ColumnKind::Id,
            "BLOB" => ColumnKind::Blob,
            "INTEGER" => ColumnKind::Integer,
            _ => ColumnKind::Text,
        }
    }

    fn read(self, value: &Value) -> Result<Sql> {
        let sql = match (self, value) {
            (_, Value::Null) => Some(Sql::Null),
            (ColumnKind::Id, Value::String(text)) => {
                Id::<Record>::parse(text).ok().map(|id| Sql::Blob(id.as_bytes().to_vec()))
            }
            (ColumnKind::Blob, Value::String(text)) => bytes_of(text).map(Sql::Blob),
            (ColumnKind::Integer, Value::Number(number)) => number.as_i64().map(Sql::Integer),
            (ColumnKind::Text, Value::String(text)) => Some(Sql::Text(text.clone())),
            _ => None,
        };
        sql.ok_or_else(|| {
            Fault::new(Code::CentralDiffers, "Head office sent a value of another type than its column has.")
        })
    }

    fn write(self, value: ValueRef<'_>) -> Value {
        match (self, value) {
            (ColumnKind::Id | ColumnKind::Blob, ValueRef::Blob(_)) => {
                let mut text = String::new();
                self.push_text(&mut text, value);
                Value::String(text)
            }
            (_, ValueRef::Integer(number)) => Value::from(number),
            (_, ValueRef::Text(text)) => Value::String(String::from_utf8_lossy(text).into_owned()),
            (_, ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) => Value::Null,
        }
    }

    /// Writes a value as its text; whether there is one.
    fn push_text(self, out: &mut String, value: ValueRef<'_>) -> bool {
        match value {
            ValueRef::Blob(bytes) => match (self, <[u8; 16]>::try_from(bytes)) {
                (ColumnKind::Id, Ok(bytes)) => {
                    let _ = write!(out, "{}", Id::<Record>::from_bytes(bytes)); // writing to a String can't fail
                }
                _ => out.push_str(&crate::daybook::hex(bytes)),
            },
            ValueRef::Integer(number) => {
                let _ = write!(out, "{number}"); // as above
            }
            ValueRef::Text(text) => out.push_str(&String::from_utf8_lossy(text)),
            ValueRef::Null | ValueRef::Real(_) => return false,
        }
        true
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}
