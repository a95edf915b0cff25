//! Pages of long lists: keyset cursors, limits, search words.
//!
//! A cursor holds the sort key of the last row seen, so any page costs what the first one costs, and rows that come in
//! between are neither lost nor shown twice. Reading on is by cursor; only who jumps, to the end or to a letter, names a place.

use super::record::Record;
use super::search::{self, Terms};
use crate::kernel::{BookId, BusinessDate, Code, Fault, Id, Instant, Result, fold, kind};
use crate::store::Snapshot;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::named_params;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// How many rows a page holds when nothing is said.
pub const ROWS_DEFAULT: u32 = 50;
/// How many rows a page holds at most.
pub const ROWS_MAX: u32 = 200;
/// How many words of a search are looked for; what follows belongs to the last one.
const WORDS_MAX: usize = 3;
const CURSOR_BYTES_MAX: usize = 2_000;
/// How many rows a search reads in the order of the list before it asks the packed texts.
const WALK_ROWS: usize = 2_000;
/// How many records are few enough to be looked up one by one and then sorted.
const FEW_MAX: usize = 1_000;

/// Sort keys that are texts, at which a list can begin.
const TEXT_KEYS: &[&str] = &["name_fold"];

type RecordId = Id<kind::Record>;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// Up to as many as were asked for, in the order that was asked for.
    pub rows: Vec<T>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page that is the whole list, for lists that are never long.
    pub fn whole(rows: Vec<T>) -> Page<T> {
        Page { rows, next_cursor: None }
    }

    /// Makes a page of up to `limit + 1` rows: the one too many only tells that there is another page.
    pub fn cut(mut rows: Vec<T>, limit: Limit, cursor: impl FnOnce(&T) -> String) -> Page<T> {
        let full = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = if full { rows.last().map(cursor) } else { None };
        Page { rows, next_cursor }
    }
}

/// One page of a list that can be long, in which a person jumps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlacedPage<T> {
    /// Up to as many as were asked for, in the order that was asked for.
    pub rows: Vec<T>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
    /// How many rows come before the page; told of a page that was not asked for by a cursor.
    pub offset: Option<u64>,
    /// How many rows the whole list has; told where it was asked to be counted.
    pub total: Option<u64>,
}

/// Where a page of a long list begins.
#[derive(Debug, Clone, Copy)]
pub enum Begins<'q> {
    /// Behind the last row of the page before, or at the top.
    Cursor(Option<&'q str>),
    /// Behind so many rows.
    Offset(u32),
    /// At the first row whose sort key, a text, begins with this or comes after it.
    From(&'q Search),
}

impl<'q> Begins<'q> {
    /// The place that was asked for.
    ///
    /// # Errors
    /// `bad_cursor` where more than one was.
    pub fn of(cursor: Option<&'q str>, offset: Option<u32>, from: Option<&'q Search>) -> Result<Begins<'q>> {
        match (cursor, offset, from) {
            (cursor, None, None) => Ok(Begins::Cursor(cursor)),
            (None, Some(offset), None) => Ok(Begins::Offset(offset)),
            (None, None, Some(from)) => Ok(Begins::From(from)),
            _ => {
                Err(Fault::new(Code::BadCursor, "A page begins at one place: a cursor, an offset or a text.")
                    .at("cursor"))
            }
        }
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
                Err(de::Error::custom(fault.to_serde()))
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
    /// Only archived ones.
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
            .map_err(|fault| de::Error::custom(fault.to_serde()))
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

/// Where a page begins of documents that are listed by business date, as parameters of its statement.
pub(super) struct DatePage {
    pub(super) direction: Direction,
    pub(super) from: String,
    pub(super) to: String,
    /// The key behind which the page begins: date, moment, id.
    pub(super) date: String,
    pub(super) at: Instant,
    pub(super) after: Id<kind::Record>,
}

impl DatePage {
    /// The page behind a cursor, or the first one: behind what comes before everything.
    ///
    /// # Errors
    /// `bad_cursor`.
    pub(super) fn of(
        settings: &impl Serialize,
        cursor: Option<&str>,
        descending: bool,
        (from, to): (Option<BusinessDate>, Option<BusinessDate>),
    ) -> Result<DatePage> {
        let (date, at, after) = read_cursor(cursor, settings)?.unwrap_or_else(|| match descending {
            true => (DATE_AFTER_ALL.to_owned(), Instant(i64::MAX), Id::from_bytes([0xff; 16])),
            false => (String::new(), Instant(i64::MIN), Id::from_bytes([0; 16])),
        });
        let mut from = from.map_or_else(String::new, |date| date.to_string());
        let mut to = to.map_or_else(|| DATE_AFTER_ALL.to_owned(), |date| date.to_string());
        // Never past the cursor's day: the index is entered there, however deep the page lies.
        if descending {
            to = to.min(date.clone());
        } else {
            from = from.max(date.clone());
        }
        Ok(DatePage { direction: Direction::descending(descending), from, to, date, at, after })
    }

    /// The cursor behind a document.
    pub(super) fn behind<K>(settings: &impl Serialize, date: BusinessDate, at: Instant, id: Id<K>) -> String {
        write_cursor(settings, &(date.to_string(), at, id))
    }
}

/// Sorts behind every date.
pub(super) const DATE_AFTER_ALL: &str = "9999-12-31";

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

/// What a list of master records is asked for, of which some are archived: customers, products, and the like. Their table has
/// `name_fold` and `search_text`, and an index that holds these.
pub struct CatalogueQuery<'q> {
    /// Words in the search text.
    pub search: Option<&'q Search>,
    /// Whether archived ones are shown.
    pub shown: Shown,
    /// An expression over the table's columns; nothing sorts by id, which is the order of making.
    pub sort: Option<&'static str>,
    /// From the other end.
    pub descending: bool,
    /// Where the page begins.
    pub place: Begins<'q>,
    /// Whether the whole list is counted.
    pub counted: bool,
    /// How many rows.
    pub limit: Limit,
}

impl CatalogueQuery<'_> {
    /// A page. The rows are found in the index alone, and only those of the page are then read whole.
    ///
    /// # Errors
    /// `bad_cursor`; `out_of_range` where a list that isn't sorted by texts is to begin at one.
    pub fn page<R: Record>(&self, snapshot: &Snapshot, book: BookId) -> Result<PlacedPage<R>> {
        let (query, table) = (self, R::NOUN.table);
        let terms = Terms::of(query.search.map(Search::as_str));
        let (cursor, skipped) = match query.place {
            Begins::Cursor(cursor) => (cursor, 0),
            Begins::Offset(rows) => (None, rows as usize),
            Begins::From(text) => (None, query.before(snapshot, book, table, &terms, text)?),
        };
        let Direction { order, beyond } = Direction::descending(query.descending);
        // Without a sort key the id alone orders the rows; a constant stands where the key would.
        let key = query.sort.unwrap_or("(1 = 1)");
        let shown = query.shown.condition("archived_at");
        // An index can't be used for `:after IS NULL OR …`, so the first page has a statement of its own.
        let behind = match (cursor, query.sort) {
            (None, _) => ":key IS NULL AND :after IS NULL".to_owned(),
            (Some(_), Some(_)) => format!("({key}, id) {beyond} (:key, :after)"),
            (Some(_), None) => format!(":key = 1 AND id {beyond} :after"),
        };
        let select = |from: &str| {
            format!(
                "SELECT {table}.id, {key} AS sort_key, search_text FROM {from}
                 WHERE book_id = :book AND {shown} AND {behind} ORDER BY {key} {order}, {table}.id {order}"
            )
        };
        let settings = (table, query.search, query.shown, query.sort, query.descending);
        let cursor: Option<(Key, RecordId)> = read_cursor(cursor, &settings)?;
        let (after_key, after) = cursor.unzip();
        let values: &[(&str, &dyn ToSql)] = &[(":book", &book), (":key", &after_key), (":after", &after)];
        let walk = |from: &str, values: &[(&str, &dyn ToSql)], rows_max: usize| {
            let (mut found, mut rows, mut passed) = (Vec::new(), 0, 0);
            snapshot.each(&select(from), values, |row| {
                rows += 1;
                if terms.is_empty()
                    || terms.are_in(row.get_ref("search_text")?.as_str().map_err(rusqlite::Error::from)?)
                {
                    passed += 1;
                    if passed > skipped {
                        found.push((row.get("sort_key")?, row.get("id")?));
                    }
                }
                let goes_on = found.len() <= query.limit.rows() && rows < rows_max;
                Ok(if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            Ok::<_, Fault>((rows < rows_max || found.len() > query.limit.rows()).then_some(found))
        };
        // What many records hold fills a page within a few rows; whatever few hold is looked for in the packed texts.
        let rows_max = if terms.is_empty() { usize::MAX } else { WALK_ROWS };
        let found: Vec<(Key, RecordId)> = match walk(table, values, rows_max)? {
            Some(found) => found,
            None if matches!(query.sort, None | Some("name_fold")) => {
                query.packed(snapshot, book, table, &terms, after_key.as_ref().zip(after), skipped)?
            }
            None => match few(snapshot, book, table, &terms)? {
                Some(ids) => {
                    let mut values = values.to_vec();
                    values.push((":ids", &ids));
                    // So that the few are looked up, and not all walked through.
                    let from = format!(
                        "(SELECT unhex(value, '-') AS found_id FROM json_each(:ids)) found
                         CROSS JOIN {table} ON {table}.id = found.found_id"
                    );
                    walk(&from, &values, usize::MAX)?
                }
                None => walk(table, values, usize::MAX)?,
            }
            .unwrap_or_default(),
        };
        let found = Page::cut(found, query.limit, |last| write_cursor(&settings, last));
        Ok(PlacedPage {
            rows: read_all(snapshot, book, &found.rows)?,
            next_cursor: found.next_cursor,
            offset: query.is_placed().then_some(skipped as u64),
            total: query.counted.then(|| query.count(snapshot, book, table, &terms)).transpose()?,
        })
    }

    /// Whether the page was asked for by its place in the list.
    fn is_placed(&self) -> bool {
        !matches!(self.place, Begins::Cursor(Some(_)))
    }

    /// How many rows the whole list has.
    fn count(&self, snapshot: &Snapshot, book: BookId, table: &str, terms: &Terms) -> Result<u64> {
        if terms.is_empty() {
            let shown = self.shown.condition("archived_at");
            let sql = format!("SELECT count(*) FROM {table} WHERE book_id = :book AND {shown}");
            let rows: i64 = snapshot.one(&sql, named_params! { ":book": book }, |row| row.get(0))?;
            return Ok(rows.unsigned_abs());
        }
        let mut rows = 0;
        search::find(snapshot, table, book, terms, |found| {
            rows += u64::from(self.shows(found.is_archived));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// How many rows come before the first one whose sort key begins with that text or comes after it.
    fn before(&self, snapshot: &Snapshot, book: BookId, table: &str, terms: &Terms, from: &Search) -> Result<usize> {
        let key = self.sort.filter(|key| TEXT_KEYS.contains(key)).ok_or_else(|| {
            Fault::new(Code::OutOfRange, "A list begins at a text only where it is sorted by one.").at("from")
        })?;
        let shown = self.shown.condition("archived_at");
        // From the other end, all that begin with the text come first of those that are not behind it.
        let before = if self.descending { "> :from || char(1114111)" } else { "< :from" };
        let sql = format!("SELECT search_text FROM {table} WHERE book_id = :book AND {shown} AND {key} {before}");
        let mut rows = 0;
        let folded = fold(from.as_str());
        snapshot.each(&sql, named_params! { ":book": book, ":from": folded }, |row| {
            let text = row.get_ref("search_text")?.as_str().map_err(rusqlite::Error::from)?;
            rows += usize::from(terms.is_empty() || terms.are_in(text));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    fn shows(&self, is_archived: bool) -> bool {
        match self.shown {
            Shown::No => !is_archived,
            Shown::Only => is_archived,
            Shown::All => true,
        }
    }

    /// The first of those that are found in the packed texts, in the order of names or of making, one more than the page holds.
    fn packed(
        &self,
        snapshot: &Snapshot,
        book: BookId,
        table: &str,
        terms: &Terms,
        after: Option<(&Key, RecordId)>,
        skipped: usize,
    ) -> Result<Vec<(Key, RecordId)>> {
        let is_by_name = self.sort.is_some();
        let after = match after {
            Some((Key::Text(name), id)) => Some((name.as_str(), id)),
            Some((Key::Number(_), id)) => Some(("", id)),
            None => None,
        };
        let in_order = |one: (&str, RecordId), other: (&str, RecordId)| {
            if self.descending { other.cmp(&one) } else { one.cmp(&other) }
        };
        let places = skipped + self.limit.rows() + 1;
        let mut best: Vec<(String, RecordId)> = Vec::new();
        // The last one that has a place so far.
        let mut last: Option<(String, RecordId)> = None;
        search::find(snapshot, table, book, terms, |found| {
            let name = if is_by_name { search::name_of(found.text) } else { "" };
            let is_behind = after.is_none_or(|after| in_order((name, found.id), after).is_gt());
            let has_place = last.as_ref().is_none_or(|(last, id)| in_order((name, found.id), (last, *id)).is_lt());
            if self.shows(found.is_archived) && is_behind && has_place {
                best.push((name.to_owned(), found.id));
                if best.len() >= 4 * places {
                    best.sort_unstable_by(|one, other| in_order((&one.0, one.1), (&other.0, other.1)));
                    best.truncate(places);
                    last = best.last().cloned();
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        best.sort_unstable_by(|one, other| in_order((&one.0, one.1), (&other.0, other.1)));
        best.truncate(places);
        best.drain(..skipped.min(best.len()));
        let key = |name: String| if is_by_name { Key::Text(name) } else { Key::Number(1) };
        Ok(best.into_iter().map(|(name, id)| (key(name), id)).collect())
    }
}

/// The ids of those that are found in the packed texts, as a list of JSON; nothing where they are so many that a walk soon meets
/// enough of them.
fn few(snapshot: &Snapshot, book: BookId, table: &str, terms: &Terms) -> Result<Option<String>> {
    let mut ids = Vec::new();
    search::find(snapshot, table, book, terms, |found| {
        ids.push(found.id);
        Ok(if ids.len() > FEW_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok((ids.len() <= FEW_MAX).then(|| serde_json::json!(ids).to_string()))
}

/// The records of these ids, in their order.
fn read_all<R: Record>(snapshot: &Snapshot, book: BookId, found: &[(Key, RecordId)]) -> Result<Vec<R>> {
    let ids: Vec<&RecordId> = found.iter().map(|(_, id)| id).collect();
    let sql = format!(
        "SELECT {} FROM json_each(:ids) found CROSS JOIN {}
         WHERE t.book_id = :book AND t.id = unhex(found.value, '-') ORDER BY found.key",
        R::COLUMNS,
        R::FROM
    );
    snapshot.all(&sql, named_params! { ":ids": serde_json::json!(ids).to_string(), ":book": book }, R::read_row)
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
