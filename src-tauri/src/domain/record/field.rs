//! What a field of a master record is, and what each kind of field can hold.

use crate::kernel::{AMOUNT_MAX, Code, Edit, Fault, Id, Line, Money, Noun, Prose, Rate, Result, Rule};
use crate::store::ReadRow;
use rusqlite::types::{Null, ToSql};
use std::sync::OnceLock;

/// A field of a master record, as other rooms know it.
#[derive(Debug)]
pub struct Field {
    /// Its name: that of its column, and in every command.
    pub name: &'static str,
    /// Whether every record has it.
    pub is_required: bool,
    /// What people call such a column in a table that is imported, folded, letters and digits only; empty where no import
    /// brings it.
    pub aliases: &'static [&'static str],
    /// What it may hold.
    pub rule: Rule,
    /// Whether it is true of a record that doesn't say so.
    pub(super) is_presumed: bool,
    about: &'static str,
    is_searched: bool,
    is_phone: bool,
    /// The word for it, where no two records of a book may have the same.
    pub(in crate::domain) unique: Option<&'static str>,
}

impl Field {
    /// A field without marks.
    pub const fn new(name: &'static str, is_required: bool, rule: Rule, about: &'static str) -> Field {
        Field {
            name,
            is_required,
            rule,
            is_presumed: false,
            aliases: &[],
            about,
            is_searched: false,
            is_phone: false,
            unique: None,
        }
    }

    /// Whether it is an amount, which a table may write in more than one way.
    pub const fn is_amount(&self) -> bool {
        matches!(self.rule, Rule::Amount { .. })
    }

    /// What is so unless the record says otherwise.
    pub(in crate::domain) const fn presumed(self, is_presumed: bool) -> Field {
        Field { is_presumed, ..self }
    }

    /// An amount that is never less than nothing.
    pub(in crate::domain) const fn not_negative(self) -> Field {
        Field { rule: Rule::Amount { least: 0 }, ..self }
    }

    /// A search looks through it.
    pub(in crate::domain) const fn searched(self) -> Field {
        Field { is_searched: true, ..self }
    }

    /// It holds phone numbers, which a search finds by their digits.
    pub(in crate::domain) const fn phone(self) -> Field {
        Field { is_phone: true, ..self }
    }

    /// No two records of a book have the same; the word is what a refusal calls it.
    pub(in crate::domain) const fn unique(self, word: &[&'static str; 1]) -> Field {
        Field { unique: Some(word[0]), ..self }
    }

    /// Tables that are imported may have it, under one of these names.
    pub(in crate::domain) const fn imported(self, aliases: &'static [&'static str]) -> Field {
        Field { aliases, ..self }
    }

    /// What it is, in a few words.
    pub fn about(&self) -> &'static str {
        self.about.trim().trim_end_matches('.')
    }
}

/// The types of a field that every record has.
pub mod required {
    use super::FieldType;

    /// Whether it is.
    pub const IS_REQUIRED: bool = true;
    /// It is said.
    pub const IS_PRESUMED: bool = false;
    /// In a row.
    pub type InRow<T> = <T as FieldType>::InRow;
    /// In what adds a record: it must be given.
    pub type InNew<T> = T;
    /// In what edits one: nothing leaves it.
    pub type InEdit<T> = Option<T>;
    pub(in crate::domain) use super::needed as from_cell;

    pub(in crate::domain) fn edited<T>(cell: Option<T>) -> InEdit<T> {
        cell
    }
}

/// The types of a field that a record may lack.
pub mod optional {
    use super::FieldType;
    use crate::kernel::{Edit, Result};

    /// Whether it is.
    pub const IS_REQUIRED: bool = false;
    /// What says nothing of it has none.
    pub const IS_PRESUMED: bool = false;
    /// In a row.
    pub type InRow<T> = Option<<T as FieldType>::InRow>;
    /// In what adds a record.
    pub type InNew<T> = Option<T>;
    /// In what edits one: not given leaves it, null clears it.
    pub type InEdit<T> = Edit<T>;

    pub(in crate::domain) fn from_cell<T>(_: &str, cell: Option<T>) -> Result<Option<T>> {
        Ok(cell)
    }

    pub(in crate::domain) fn edited<T>(cell: Option<T>) -> InEdit<T> {
        cell.map_or(Edit::Keep, Edit::Set)
    }
}

/// The types of a field that is true unless it is said to be false.
pub mod presumed {
    pub(in crate::domain) use super::optional::from_cell;
    pub(in crate::domain) use super::required::edited;
    pub use super::{optional::InNew, required::InEdit, required::InRow};

    /// Whether it is.
    pub const IS_REQUIRED: bool = false;
    /// It is true of whatever says nothing.
    pub const IS_PRESUMED: bool = true;
}

pub(in crate::domain) fn needed<T>(field: &str, cell: Option<T>) -> Result<T> {
    cell.ok_or_else(|| Fault::new(Code::MissingField, "This must say something.").at(field))
}

/// What a field can hold.
pub trait FieldType: Sized {
    /// What of it a row shows: text that is in the store is not parsed again.
    type InRow;

    /// What of it may be written.
    const RULE: Rule;

    /// Reads it from a row of an imported table; nothing where the row has none, or no table can have any.
    ///
    /// # Errors
    /// Those of parsing, with the field.
    fn from_cells(_: &dyn Cells, _field: &str) -> Result<Option<Self>> {
        Ok(None)
    }
}

/// The cells of one row of an imported table, by field.
pub trait Cells {
    /// The cell of a field; nothing when it is empty.
    fn text(&self, field: &str) -> Option<&str>;

    /// An amount, as people wrote it into the table.
    ///
    /// # Errors
    /// Those of reading an amount, with the field.
    fn money(&self, field: &str) -> Result<Option<Money>>;
}

/// A cell that is parsed as a text.
///
/// # Errors
/// Those of `parse`, with the field.
pub fn parsed<T>(cells: &dyn Cells, field: &str, parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
    cells.text(field).map(|text| parse(text).map_err(|fault| fault.at(field))).transpose()
}

/// As [`parsed`], for a text of one line: where its cell has more, a quote was most likely misplaced.
///
/// # Errors
/// Those of `parse`; `bad_text` for several lines.
pub fn parsed_line<T>(cells: &dyn Cells, field: &str, parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
    parsed(cells, field, |text| {
        if text.contains(['\n', '\r']) {
            return Err(Fault::new(Code::BadText, "The cell has several lines, and this is one line."));
        }
        parse(text)
    })
}

impl<const MAX: usize> FieldType for Line<MAX> {
    type InRow = String;
    const RULE: Rule = Rule::Line(MAX);
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<Self>> {
        parsed_line(cells, field, Line::parse)
    }
}

impl<const MAX: usize> FieldType for Prose<MAX> {
    type InRow = String;
    const RULE: Rule = Rule::Prose(MAX);
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<Self>> {
        parsed(cells, field, |text| Prose::parse(&text.replace("\r\n", "\n")))
    }
}

impl FieldType for Money {
    type InRow = Money;
    const RULE: Rule = Rule::Amount { least: -AMOUNT_MAX };
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<Self>> {
        cells.money(field)
    }
}

impl FieldType for Rate {
    type InRow = Rate;
    const RULE: Rule = Rule::Number { most: Rate::WHOLE_PPM };
}

impl FieldType for bool {
    type InRow = bool;
    const RULE: Rule = Rule::Flag;
}

impl<K> FieldType for Id<K> {
    type InRow = Id<K>;
    const RULE: Rule = Rule::Reference;
}

/// What an edit does with a field.
pub trait Change {
    /// The value that it gives to the column; nothing where it leaves it.
    fn given(&self) -> Option<&dyn ToSql>;
}

impl<T: ToSql> Change for Option<T> {
    fn given(&self) -> Option<&dyn ToSql> {
        self.as_ref().map(|value| value as &dyn ToSql)
    }
}

impl<T: ToSql> Change for Edit<T> {
    fn given(&self) -> Option<&dyn ToSql> {
        match self {
            Edit::Keep => None,
            Edit::Clear => Some(&Null),
            Edit::Set(value) => Some(value),
        }
    }
}

/// Columns and what they hold, in the order of the fields.
pub type Values<'v> = Vec<(&'static str, &'v dyn ToSql)>;

/// Statements whose text is the same for every record of a noun, built once: an import meets them for each of its rows.
#[derive(Debug, Default)]
pub struct Statements {
    /// A noun's records are always added with the same columns in the same order.
    pub(super) insert: OnceLock<String>,
    pub(super) find: OnceLock<String>,
    /// Who has a code already.
    pub(super) taken: OnceLock<String>,
}

impl Statements {
    /// None was built yet.
    pub const fn new() -> Statements {
        Statements { insert: OnceLock::new(), find: OnceLock::new(), taken: OnceLock::new() }
    }
}

/// A row of a noun that was declared by [`record!`].
pub trait Record: ReadRow + serde::Serialize {
    /// The noun.
    const NOUN: &'static Noun;
    /// Its fields.
    const FIELDS: &'static [Field];
    /// What commands call its id.
    const KEY: &'static str;
    /// What a row shows, as the columns of a SELECT.
    const COLUMNS: &'static str;
    /// Where that is from: the table as `t`, with its joins.
    const FROM: &'static str;

    /// Its id.
    fn id(&self) -> &dyn ToSql;
    /// Its version.
    fn row_version(&self) -> i64;
    /// The values of its fields.
    fn values(&self) -> Values<'_>;
    /// Its statements that were built already.
    fn statements() -> &'static Statements;
}

/// The field that no two records of a book have the same in.
pub const fn unique(fields: &[Field]) -> Option<&'static str> {
    let mut place = 0;
    while place < fields.len() {
        if fields[place].unique.is_some() {
            return Some(fields[place].name);
        }
        place += 1;
    }
    None
}

/// The field that holds phone numbers.
pub const fn phone(fields: &[Field]) -> Option<&'static str> {
    let mut place = 0;
    while place < fields.len() {
        if fields[place].is_phone {
            return Some(fields[place].name);
        }
        place += 1;
    }
    None
}

/// How many fields a search looks through.
pub const fn count_searched(fields: &[Field]) -> usize {
    let (mut place, mut count) = (0, 0);
    while place < fields.len() {
        count += fields[place].is_searched as usize;
        place += 1;
    }
    count
}

/// The fields that a search looks through, of which there are so many.
pub const fn searched<const COUNT: usize>(fields: &[Field]) -> [&'static str; COUNT] {
    let (mut names, mut place, mut count) = ([""; COUNT], 0, 0);
    while place < fields.len() {
        if fields[place].is_searched {
            names[count] = fields[place].name;
            count += 1;
        }
        place += 1;
    }
    names
}

/// What each field may hold, and after them what the noun says of its other columns; `COUNT` in all.
pub const fn rules<const COUNT: usize>(
    fields: &[Field],
    others: &[(&'static str, Rule)],
) -> [(&'static str, Rule); COUNT] {
    let (mut rules, mut place) = ([("", Rule::Reference); COUNT], 0);
    while place < COUNT {
        rules[place] =
            if place < fields.len() { (fields[place].name, fields[place].rule) } else { others[place - fields.len()] };
        place += 1;
    }
    rules
}
