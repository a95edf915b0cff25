//! Pages of long lists: keyset cursors, limits, search words.
//!
//! A cursor holds the sort key of the last row seen, so any page costs what the first one costs, and rows that come in
//! between are neither lost nor shown twice.

use crate::kernel::{BookId, Code, Fault, Result, fold};
use crate::store::{ReadRow, Snapshot};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::named_params;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256};

/// How many rows a page holds when nothing is said.
pub const ROWS_DEFAULT: u32 = 50;
/// How many rows a page holds at most.
pub const ROWS_MAX: u32 = 200;
/// How many words of a search are looked for; what follows belongs to the last one.
const WORDS_MAX: usize = 3;
const CURSOR_BYTES_MAX: usize = 2_000;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit + 1` rows: the one too many only tells that there is another page.
    pub fn cut(mut rows: Vec<T>, limit: Limit, cursor: impl FnOnce(&T) -> String) -> Page<T> {
        let full = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = if full { rows.last().map(cursor) } else { None };
        Page { rows, next_cursor }
    }
}

/// How many rows a page may hold: 1 to [`ROWS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transparent)]
pub struct Limit(#[schemars(range(min = 1, max = 200))] u32);

impl Default for Limit {
    fn default() -> Limit {
        Limit(ROWS_DEFAULT)
    }
}

impl Limit {
    /// The number of rows.
    pub fn rows(self) -> usize {
        self.0 as usize
    }

    /// One more row than the page holds, for a statement's LIMIT.
    pub fn one_more(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let rows = Option::<i64>::deserialize(from)?.unwrap_or(i64::from(ROWS_DEFAULT));
        match u32::try_from(rows) {
            Ok(rows) if (1..=ROWS_MAX).contains(&rows) => Ok(Limit(rows)),
            Ok(_) | Err(_) => {
                let fault = Fault::new(Code::OutOfRange, format!("A page holds 1 to {ROWS_MAX} rows."));
                Err(de::Error::custom(fault.spoken()))
            }
        }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// `ASC` or `DESC`.
    pub order: &'static str,
    /// `>` or `<`: what lies behind the cursor.
    pub beyond: &'static str,
}

impl Direction {
    /// The direction that was asked for.
    pub fn descending(descending: bool) -> Direction {
        if descending { Direction { order: "DESC", beyond: "<" } } else { Direction { order: "ASC", beyond: ">" } }
    }
}

/// Which records a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Those in use.
    #[default]
    No,
    /// Only those put away.
    Only,
    /// All.
    All,
}

impl Shown {
    /// A condition on a column that is null while the record is in use.
    pub fn condition(self, column: &'static str) -> String {
        match self {
            Shown::No => format!("{column} IS NULL"),
            Shown::Only => format!("{column} IS NOT NULL"),
            Shown::All => "1".to_owned(),
        }
    }
}

/// The words of a search, folded as the searched text is; a word not given is '', which every text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(pub [String; WORDS_MAX]);

impl Words {
    /// Splits what a person typed.
    pub fn of(search: Option<&str>) -> Words {
        let folded = fold(search.unwrap_or_default());
        let mut words = Words::default();
        for (index, word) in folded.split_whitespace().enumerate() {
            let place = &mut words.0[index.min(WORDS_MAX - 1)];
            if !place.is_empty() {
                place.push(' ');
            }
            place.push_str(word);
        }
        words
    }
}

/// What a person types into a search field. Unlike a name it may be empty, which asks for everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Search(#[schemars(length(max = 200))] String);

impl Search {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.trim().is_empty() {
            return Ok(Search(String::new()));
        }
        crate::kernel::Line::<200>::parse(&text)
            .map(|line| Search(line.as_str().to_owned()))
            .map_err(|fault| de::Error::custom(fault.spoken()))
    }
}

/// Writes the cursor after a row, for a list of these settings.
pub fn write_cursor(settings: &impl Serialize, keys: &impl Serialize) -> String {
    // Keys and settings are plain values, whose JSON can't fail.
    let keys = serde_json::to_string(keys).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("{}{keys}", seal(settings)))
}

/// Reads a cursor back; `bad_cursor` when it is not one that [`write_cursor`] gave for the same settings.
///
/// # Errors
/// `bad_cursor`.
pub fn read_cursor<K: de::DeserializeOwned>(cursor: Option<&str>, settings: &impl Serialize) -> Result<Option<K>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bad = || Fault::new(Code::BadCursor, "The cursor does not belong to this list; begin at the top.").at("cursor");
    if cursor.len() > CURSOR_BYTES_MAX {
        return Err(bad());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let keys = text.strip_prefix(&seal(settings)).ok_or_else(bad)?;
    serde_json::from_str(keys).map(Some).map_err(|_| bad())
}

fn seal(settings: &impl Serialize) -> String {
    let text = serde_json::to_string(settings).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
}

/// A sort key of either type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Key> {
        match value {
            ValueRef::Integer(number) => Ok(Key::Number(number)),
            ValueRef::Text(_) => Ok(Key::Text(value.as_str()?.to_owned())),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Key::Number(number) => number.to_sql(),
            Key::Text(text) => text.to_sql(),
        }
    }
}

/// A list of records with names, codes and a search text, of which some are put away: customers, products, and the like.
pub struct Catalogue {
    /// The table. It has `book_id`, `id`, `name_fold`, `search_text` and `archived_at`, and an index that holds these.
    pub table: &'static str,
    /// Selects what a row shows, from the table under the alias `t`, with its joins and without a WHERE.
    pub select: &'static str,
}

/// What a catalogue is asked for.
pub struct CatalogueQuery<'q> {
    /// Words in the search text.
    pub search: Option<&'q Search>,
    /// Whether those put away are shown.
    pub shown: Shown,
    /// An expression over the table's columns; nothing sorts by id, which is the order of making.
    pub sort: Option<&'static str>,
    /// From the other end.
    pub descending: bool,
    /// Where the last page ended.
    pub cursor: Option<&'q str>,
    /// How many rows.
    pub limit: Limit,
}

impl Catalogue {
    /// A page. The rows are found in the index alone, and only those of the page are then read whole.
    ///
    /// # Errors
    /// `bad_cursor`.
    pub fn page<T: ReadRow, K: DeserializeOwned + Serialize + ToSql + Copy>(
        &self,
        snapshot: &Snapshot,
        book: BookId,
        query: &CatalogueQuery,
        id_of: impl Fn(&T) -> K,
    ) -> Result<Page<T>> {
        let Catalogue { table, select } = self;
        let Direction { order, beyond } = Direction::descending(query.descending);
        // Without a sort key the id alone orders the rows; a constant stands where the key would.
        let key = query.sort.unwrap_or("(1 = 1)");
        let shown = query.shown.condition("archived_at");
        // An index can't be used for `:after IS NULL OR …`, so the first page has a statement of its own.
        let behind = match (query.cursor, query.sort) {
            (None, _) => ":key IS NULL AND :after IS NULL".to_owned(),
            (Some(_), Some(_)) => format!("({key}, id) {beyond} (:key, :after)"),
            (Some(_), None) => format!(":key = 1 AND id {beyond} :after"),
        };
        let sql = format!(
            "SELECT shown.*, found.sort_key
             FROM (SELECT id AS found_id, {key} AS sort_key FROM {table}
                   WHERE book_id = :book AND {shown}
                     AND instr(search_text, :word1) AND instr(search_text, :word2) AND instr(search_text, :word3)
                     AND {behind}
                   ORDER BY {key} {order}, id {order} LIMIT :limit) found
             JOIN ({select} WHERE t.book_id = :book) shown ON shown.id = found.found_id
             ORDER BY found.sort_key {order}, found.found_id {order}"
        );
        let settings = (table, query.search, query.shown, query.sort, query.descending);
        let cursor: Option<(Key, K)> = read_cursor(query.cursor, &settings)?;
        let (after_key, after) = cursor.unzip();
        let Words([word1, word2, word3]) = Words::of(query.search.map(Search::as_str));
        let rows = snapshot.all(
            &sql,
            named_params! {
                ":book": book, ":word1": word1, ":word2": word2, ":word3": word3,
                ":key": after_key, ":after": after, ":limit": query.limit.one_more(),
            },
            |row| Ok((T::read_row(row)?, row.get::<_, Key>("sort_key")?)),
        )?;
        let page = Page::cut(rows, query.limit, |(row, key)| write_cursor(&settings, &(key, id_of(row))));
        Ok(Page { rows: page.rows.into_iter().map(|(row, _)| row).collect(), next_cursor: page.next_cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_alone() {
        let cursor = write_cursor(&("name", false), &("Bólido", 7));
        assert_eq!(read_cursor(Some(&cursor), &("name", false)).unwrap(), Some(("Bólido".to_owned(), 7)));
        for (cursor, settings) in [(cursor.as_str(), ("name", true)), ("", ("name", false)), ("%%%", ("name", false))] {
            let fault = read_cursor::<(String, i64)>(Some(cursor), &settings).unwrap_err();
            assert_eq!(fault.code, Code::BadCursor);
        }
    }

    #[test]
    fn words_past_the_third_belong_to_the_third() {
        assert_eq!(Words::of(Some(" Ana  MARÍA de la Paz ")).0, ["ana", "maria", "de la paz"]);
    }
}
