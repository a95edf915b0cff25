//! What can be brought in: for each kind its fields, how a row of them is added, and how it is taken out again.

use super::cells::CellsOfRow;
use crate::domain::customer::{self, Customer, CustomerEdit, NewCustomer};
use crate::domain::product::{self, NewProduct, Product, ProductEdit};
use crate::domain::record::{Field, Removed, Values, differing, remove_untouched};
use crate::kernel::{Acting, BookId, Id, Instant, Result, fold, kind::Record, same};
use crate::store::{Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Importable {
    /// Those who buy.
    Customers,
    /// What is sold.
    Products,
}

impl Importable {
    /// As it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Importable::Customers => "customers",
            Importable::Products => "products",
        }
    }

    /// Its fields, and how a row of them is added and taken out.
    pub const fn kind(self) -> &'static ImportKind {
        match self {
            Importable::Customers => &CUSTOMERS,
            Importable::Products => &PRODUCTS,
        }
    }
}

impl FromSql for Importable {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Importable> {
        let kind = KINDS.iter().find(|kind| value.as_str() == Ok(kind.of.name()));
        kind.map(|kind| kind.of).ok_or(FromSqlError::InvalidType)
    }
}

/// A record as a row says it.
pub trait Draft {
    /// The values of its fields.
    fn values(&self) -> Values<'_>;

    /// Adds it.
    ///
    /// # Errors
    /// Those of adding such a record.
    fn add(&self, unit: &mut Unit, acting: &Acting) -> Result<()>;
}

impl Draft for NewCustomer {
    fn values(&self) -> Values<'_> {
        NewCustomer::values(self)
    }
    fn add(&self, unit: &mut Unit, acting: &Acting) -> Result<()> {
        customer::insert(unit, acting, self)
    }
}

impl Draft for NewProduct {
    fn values(&self) -> Values<'_> {
        NewProduct::values(self)
    }
    fn add(&self, unit: &mut Unit, acting: &Acting) -> Result<()> {
        product::insert(unit, acting, self)
    }
}

/// In which fields a record says something else than a draft, and in which version it is.
pub type Differing = Option<(Vec<&'static str>, i64)>;

type DraftOf = fn(Id<Record>, &CellsOfRow) -> Result<Box<dyn Draft>>;
type Remove = fn(&mut Unit, &Acting, Id<Record>, Option<Instant>) -> Result<Option<Removed>>;
type EditTo = fn(&mut Unit, &Acting, (Id<Record>, i64), &CellsOfRow, &[&str]) -> Result<()>;

/// A kind of import.
pub struct ImportKind {
    /// What of.
    pub of: Importable,
    /// The fields of its records.
    fields: &'static [Field],
    /// The record that a row says, under that id.
    pub draft: DraftOf,
    /// How the record of that id differs from a draft; nothing where there is none.
    pub differing: fn(&Snapshot, BookId, Id<Record>, &dyn Draft) -> Result<Differing>,
    /// Changes only these fields of a record, in the version that was looked at, to what the row says.
    pub edit: EditTo,
    /// Takes it out again, if nobody touched it since: see [`remove_untouched`].
    pub remove: Remove,
}

impl ImportKind {
    /// The fields that a column can be mapped to.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| !field.aliases.is_empty())
    }
}

/// All kinds.
pub const KINDS: &[&ImportKind] = &[&CUSTOMERS, &PRODUCTS];

static CUSTOMERS: ImportKind = ImportKind {
    of: Importable::Customers,
    fields: customer::FIELDS,
    draft: |id, cells| Ok(Box::new(NewCustomer::from_cells(id.cast(), cells)?)),
    differing: |snapshot, book, id, draft| differing::<Customer>(snapshot, book, &id, &draft.values()),
    edit: |unit, acting, (id, version), cells, only| {
        customer::edit(unit, acting, &CustomerEdit::from_cells(id.cast(), version, cells, only)?).map(drop)
    },
    remove: |unit, acting, id, unsent_since| remove_untouched::<Customer>(unit, acting, &id, unsent_since),
};

static PRODUCTS: ImportKind = ImportKind {
    of: Importable::Products,
    fields: product::FIELDS,
    draft: |id, cells| Ok(Box::new(NewProduct::from_cells(id.cast(), cells)?)),
    differing: |snapshot, book, id, draft| differing::<Product>(snapshot, book, &id, &draft.values()),
    edit: |unit, acting, (id, version), cells, only| {
        product::edit(unit, acting, &ProductEdit::from_cells(id.cast(), version, cells, only)?).map(drop)
    },
    remove: |unit, acting, id, unsent_since| remove_untouched::<Product>(unit, acting, &id, unsent_since),
};

/// A mapping that suits a table's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The kind.
    pub kind: Importable,
    /// For each field recognised, the column's name.
    pub columns: BTreeMap<&'static str, String>,
}

/// Suggests, for each kind, which columns its fields are; the kind that recognises most comes first.
pub fn suggest(header: &[String]) -> Vec<Suggestion> {
    let plain = |name: &str| fold(name).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let mut suggestions: Vec<Suggestion> = KINDS
        .iter()
        .map(|kind| {
            let mut columns = BTreeMap::new();
            for field in kind.fields() {
                let found = field.aliases.iter().find_map(|alias| names.iter().position(|name| name == alias));
                if let Some(column) = found.and_then(|index| header.get(index))
                    && !columns.values().any(|taken| taken == column)
                {
                    columns.insert(field.name, column.clone());
                }
            }
            for field in kind.fields().filter(|field| field.is_required) {
                if !columns.contains_key(field.name)
                    && let Some(column) = said_by_one(field, header, &columns)
                {
                    columns.insert(field.name, column.clone());
                }
            }
            Suggestion { kind: kind.of, columns }
        })
        .collect();
    suggestions.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.columns.len()));
    suggestions
}

/// The only column left that has the field's name among its words: "Shop name" is a name, where no other column is one.
fn said_by_one<'h>(field: &Field, header: &'h [String], taken: &BTreeMap<&str, String>) -> Option<&'h String> {
    let is_said = |name: &str| {
        fold(name).split(|letter: char| !letter.is_alphanumeric()).any(|word| field.aliases.contains(&word))
    };
    let mut left = header.iter().filter(|column| !taken.values().any(|it| it == *column) && is_said(column));
    left.next().filter(|_| left.next().is_none())
}

/// What the references of a table belong to, as the name of its file suggests: its words, without those that hold a digit, for
/// files that come again are told apart by dates and numbers.
///
/// The ids of records follow from it, so it rests on [`same`]: neither a file system that composes letters in its own way nor a
/// newer fold for searches makes another source.
pub fn suggest_source(file_name: &str) -> String {
    let name = same(file_name);
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let words: Vec<&str> =
        stem.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let plain: Vec<&str> = words.iter().copied().filter(|word| !word.chars().any(char::is_numeric)).collect();
    let source = if plain.is_empty() { words } else { plain }.join(" ");
    if source.is_empty() { "import".to_owned() } else { source.chars().take(SOURCE_CHARS_MAX).collect() }
}

/// How long the name of a source may be.
pub const SOURCE_CHARS_MAX: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_comes_again_suggests_the_same_source() {
        for name in ["Customers-2026-11.csv", "customers (2).csv", "customers.2026.CSV", "CUSTOMERS_20261129T1200.csv"]
        {
            assert_eq!(suggest_source(name), "customers", "{name}");
        }
        // Linux and macOS compose the letters of a name in two ways.
        for name in ["Kunden Süd 3.csv", "Kunden Su\u{308}d 4.csv"] {
            assert_eq!(suggest_source(name), "kunden süd", "{name}");
        }
        assert_eq!(
            (suggest_source("2026-11.csv"), suggest_source(".csv"), suggest_source("")),
            ("2026 11".into(), "import".into(), "import".into())
        );
        assert_eq!(suggest_source(&"a".repeat(300)).len(), SOURCE_CHARS_MAX);
    }
}
