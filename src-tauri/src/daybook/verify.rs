//! Verifies the daybook: that SQLite finds the store sound, that the chain holds, that the mark agrees, that no request was done
//! twice, and that every row is what its entries say.
//!
//! It reads the whole store in one snapshot, on a connection of its own, beside its owner or over a backup. In memory
//! it keeps some 70 bytes a row, and as many an entry.

use super::entry::{Columns, canonical};
use super::shape::Shape;
use super::{CHAIN_START, Hash, Marked, hash_of, version_hash};
use crate::kernel::{BookId, Code, Fault, Id, IncarnationId, Instant, RequestId, Result, kind};
use crate::store::{fault_of, is_sound, read_private};
use rusqlite::Connection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// How many findings are named; a store that is wrong in more places is wrong enough.
const FINDINGS_MAX: usize = 50;

/// A rule that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The entries have no gap.
    EntryMissing,
    /// An entry's bytes are those that were sealed, and its columns and changes fit them.
    EntryChanged,
    /// An entry can be read.
    EntryUnreadable,
    /// The indexes of the entries, by record and by request, are complete.
    HistoryIncomplete,
    /// The mark names an entry that is there.
    MarkAhead,
    /// The mark is this store's.
    MarkForeign,
    /// Each version of a synced book's log adds up with the one before it.
    VersionChanged,
    /// A row that the entries made is there.
    RowMissing,
    /// A row that is there was made by an entry.
    RowUnexplained,
    /// A row is what its entries say.
    RowDiffers,
    /// A balance is what its postings add up to.
    BalanceDiffers,
    /// A document equals its postings.
    DocumentDiffers,
    /// A row is searched by what it says.
    SearchDiffers,
    /// The store can be read through.
    Unreadable,
    /// SQLite finds its pages, rows and indexes sound.
    Unsound,
    /// A request stands once in the entries of a life.
    RequestRepeated,
    /// No entry is gone that nobody has seen to.
    EntriesLost,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// A sentence.
    pub message: String,
    /// The table, where a row is meant.
    pub table: Option<String>,
    /// The row.
    pub record: Option<Id<kind::Record>>,
    /// The entry's position, where an entry is meant.
    pub position: Option<i64>,
}

/// What was verified.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many entries.
    pub entries: i64,
    /// How many rows.
    pub rows: i64,
    /// What does not hold; empty when all does.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Adds a finding, up to the limit.
    pub fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// An order-free digest of a row: the exclusive or over its columns that are not null, each 128 bits of
/// SHA-256(table ‖ column ‖ value). A change of a column takes the old value out and puts the new one in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Digest128(u128);

impl Digest128 {
    fn toggle(&mut self, table: &str, column: &str, value: &str) {
        if value == "null" {
            return;
        }
        let mut hash = Sha256::new();
        for part in [table, "\0", column, "\0", value] {
            hash.update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        self.0 ^= u128::from_be_bytes(bytes);
    }
}

/// Rows by table, book and id: a device has the same id in each of its books.
type Expected = HashMap<(u8, BookId, Id<kind::Record>), Digest128>;

/// Verifies the database of a store.
///
/// # Errors
/// When it can't be read at all.
pub fn verify(database: &Path, synced: &[&str], marked: Option<&Marked>) -> Result<Report> {
    read_private(database, |snapshot| {
        let mut report = Report::default();
        for checked in [is_sound(snapshot), walk(snapshot, synced, marked, &mut report)] {
            match checked {
                Err(fault) if is_of_the_data(&fault) => report.find(fault.into()),
                checked => checked?,
            }
        }
        Ok(report)
    })
}

/// Whether a fault says that the data is not as Daybook writes it: a column of another type is one of Daybook's own otherwise.
pub fn is_of_the_data(fault: &Fault) -> bool {
    matches!(fault.code, Code::Damaged | Code::NotAStore | Code::Internal)
}

fn walk(connection: &Connection, synced: &[&str], marked: Option<&Marked>, report: &mut Report) -> Result<()> {
    let shapes = synced.iter().map(|table| Shape::of(connection, table)).collect::<Result<Vec<Shape>>>()?;
    let mut expected = Expected::new();
    let vouched = Vouched::read(connection)?;
    let chain = walk_entries(connection, &shapes, &vouched, &mut expected, report)?;
    check_mark(connection, marked, &chain, report)?;
    check_versions(connection, report)?;
    check_rows(connection, &shapes, &vouched, expected, report)
}

/// What own entries alone can't explain, because others wrote it too: there head office's digests speak for the rows.
struct Vouched {
    /// Books that came as a snapshot.
    books: HashSet<BookId>,
    /// Records that others' versions touched, or that head office decided otherwise about.
    records: HashSet<(BookId, Id<kind::Record>)>,
}

impl Vouched {
    fn read(connection: &Connection) -> Result<Vouched> {
        let mut books =
            connection.prepare("SELECT book_id FROM sync_book WHERE snapshot_version IS NOT NULL").map_err(fault_of)?;
        let mut records = connection
            .prepare(
                "SELECT book_id, record_id FROM sync_change
                 UNION
                 SELECT e.book_id, c.record_id
                 FROM (SELECT book_id, incarnation_id, sequence FROM sync_exception
                       UNION SELECT book_id, incarnation_id, sequence FROM sync_version
                       WHERE effect IS NOT NULL AND body IS NULL) x
                 JOIN daybook_entry e USING (book_id, incarnation_id, sequence)
                 JOIN daybook_touch c ON c.position = e.position",
            )
            .map_err(fault_of)?;
        Ok(Vouched {
            books: books
                .query_map([], |row| row.get(0))
                .map_err(fault_of)?
                .collect::<rusqlite::Result<_>>()
                .map_err(fault_of)?,
            records: records
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .map_err(fault_of)?
                .collect::<rusqlite::Result<_>>()
                .map_err(fault_of)?,
        })
    }

    fn holds(&self, book: BookId, record: Id<kind::Record>) -> bool {
        self.books.contains(&book) || self.records.contains(&(book, record))
    }
}

/// That each version of a book's log adds up with the one before it.
fn check_versions(connection: &Connection, report: &mut Report) -> Result<()> {
    let mut statement = connection
        .prepare("SELECT book_id, version, outcome, effect, entry_hash, book_hash FROM sync_version ORDER BY book_id, version")
        .map_err(fault_of)?;
    let mut rows = statement.query([]).map_err(fault_of)?;
    let mut before: Option<(BookId, i64, Hash)> = None;
    while let Some(row) = rows.next().map_err(fault_of)? {
        let book: BookId = row.get(0).map_err(fault_of)?;
        let version: i64 = row.get(1).map_err(fault_of)?;
        let outcome: String = row.get(2).map_err(fault_of)?;
        let effect: Option<Vec<u8>> = row.get(3).map_err(fault_of)?;
        let (entry, hash): (Hash, Hash) = (row.get(4).map_err(fault_of)?, row.get(5).map_err(fault_of)?);
        let previous = match before {
            Some((same, last, hash)) if same == book && last + 1 == version => Some(hash),
            _ if version == 1 => Some(CHAIN_START),
            Some((same, last, _)) if same == book => {
                report.find(version_finding(last + 1, "is missing"));
                None
            }
            // A snapshot began there.
            _ => None,
        };
        if previous.is_some_and(|previous| version_hash(&previous, &entry, &outcome, effect.as_deref()) != hash) {
            report.find(version_finding(version, "does not add up with the one before it"));
        }
        before = Some((book, version, hash));
    }
    Ok(())
}

fn version_finding(version: i64, what: &str) -> Finding {
    Finding {
        rule: Rule::VersionChanged,
        message: format!("Version {version} of the book's log {what}."),
        table: Some("sync_version".into()),
        record: None,
        position: None,
    }
}

/// An entry's bytes, its changes left as they are written.
#[derive(Deserialize)]
struct RawBody<'a> {
    at: Instant,
    book: BookId,
    #[serde(borrow)]
    changes: Vec<RawChange<'a>>,
    incarnation: IncarnationId,
    request: RequestId,
    sequence: i64,
}

#[derive(Deserialize)]
struct RawChange<'a> {
    key: Id<kind::Record>,
    #[serde(borrow)]
    new: Option<Columns<'a>>,
    #[serde(borrow)]
    old: Option<Columns<'a>>,
    op: &'a str,
    table: &'a str,
}

/// Where the chain stands after the last entry.
struct Chain {
    newest: Option<(i64, Hash)>,
}

fn walk_entries(
    connection: &Connection,
    shapes: &[Shape],
    vouched: &Vouched,
    expected: &mut Expected,
    report: &mut Report,
) -> Result<Chain> {
    let mut heads: HashMap<(BookId, IncarnationId), (i64, Hash)> = HashMap::new();
    let mut asked: HashSet<(IncarnationId, RequestId)> = HashSet::new();
    let mut newest = None;
    let mut next_position = 1;
    let up_to: i64 =
        connection.query_row("SELECT max(position) FROM daybook_indexed", [], |row| row.get(0)).map_err(fault_of)?;
    let mut touched = 0i64;
    let mut requests = 0i64;
    let mut statement = connection
        .prepare(
            "SELECT position, book_id, incarnation_id, sequence, created_at, hash, body
             FROM daybook_entry ORDER BY position",
        )
        .map_err(fault_of)?;
    let mut rows = statement.query([]).map_err(fault_of)?;
    while let Some(row) = rows.next().map_err(fault_of)? {
        let position: i64 = row.get(0).map_err(fault_of)?;
        let book: BookId = row.get(1).map_err(fault_of)?;
        let incarnation: IncarnationId = row.get(2).map_err(fault_of)?;
        let sequence: i64 = row.get(3).map_err(fault_of)?;
        let at: Instant = row.get(4).map_err(fault_of)?;
        let hash: Hash = row.get(5).map_err(fault_of)?;
        let body = row.get_ref(6).map_err(fault_of)?.as_blob().map_err(|cause| fault_of(cause.into()))?;
        report.entries += 1;
        if position != next_position {
            report.find(entry_finding(Rule::EntryMissing, next_position, "an entry is missing before the next one"));
        }
        next_position = position + 1;
        let (last, previous) = heads.get(&(book, incarnation)).copied().unwrap_or((0, CHAIN_START));
        if sequence != last + 1 {
            report.find(entry_finding(Rule::EntryMissing, position, "its number does not follow the one before it"));
        } else if hash_of(&previous, body) != hash {
            report.find(entry_finding(Rule::EntryChanged, position, "its bytes are not those that were sealed"));
        }
        heads.insert((book, incarnation), (sequence, hash));
        newest = Some((position, hash));
        let Ok(parsed) = serde_json::from_slice::<RawBody>(body) else {
            report.find(entry_finding(Rule::EntryUnreadable, position, "its bytes are not an entry"));
            continue;
        };
        if (parsed.book, parsed.incarnation, parsed.sequence, parsed.at) != (book, incarnation, sequence, at) {
            report.find(entry_finding(Rule::EntryChanged, position, "its columns do not say what its bytes say"));
        }
        if !asked.insert((incarnation, parsed.request)) {
            report.find(entry_finding(
                Rule::RequestRepeated,
                position,
                "its request was done before, and is done once",
            ));
        }
        let mut records: Vec<_> = parsed.changes.iter().map(|change| change.key).collect();
        records.sort_unstable();
        records.dedup();
        if position <= up_to {
            touched += i64::try_from(records.len()).unwrap_or(i64::MAX);
            requests += 1;
        }
        for change in &parsed.changes {
            apply(change, book, (shapes, vouched), expected, position, report);
        }
    }
    check_index(connection, "daybook_change", touched, report)?;
    check_index(connection, "daybook_request", requests, report)?;
    Ok(Chain { newest })
}

/// That an index has as many lines as the entries give it.
fn check_index(connection: &Connection, table: &str, expected: i64, report: &mut Report) -> Result<()> {
    let lines: i64 =
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).map_err(fault_of)?;
    if lines != expected {
        report.find(Finding {
            rule: Rule::HistoryIncomplete,
            message: format!("The index {table} holds {lines} lines instead of {expected}."),
            table: Some(table.into()),
            record: None,
            position: None,
        });
    }
    Ok(())
}

fn entry_finding(rule: Rule, position: i64, what: &str) -> Finding {
    Finding { rule, message: format!("Entry {position}: {what}."), table: None, record: None, position: Some(position) }
}

/// Does to the expected rows what an entry says was done.
fn apply(
    change: &RawChange,
    book: BookId,
    (shapes, vouched): (&[Shape], &Vouched),
    expected: &mut Expected,
    position: i64,
    report: &mut Report,
) {
    let Some(number) = shapes.iter().position(|shape| shape.table == change.table) else {
        report.find(entry_finding(Rule::EntryChanged, position, "it changes a table that no entry may change"));
        return;
    };
    let key = (u8::try_from(number).unwrap_or(u8::MAX), book, change.key);
    let row = match change.op {
        "insert" => expected.entry(key).or_default(),
        _ => match expected.get_mut(&key) {
            Some(row) => row,
            None if vouched.holds(book, change.key) => return,
            None => {
                report.find(entry_finding(Rule::EntryChanged, position, "it changes a row that no entry made"));
                return;
            }
        },
    };
    if change.op == "insert" {
        // The entry may be older than a column that has a default.
        let given = |name: &str| change.new.iter().flat_map(|new| &new.0).any(|(column, _)| *column == name);
        for (column, value) in shapes[number].defaults().filter(|(column, _)| !given(column)) {
            row.toggle(change.table, column, value);
        }
    }
    for columns in [&change.old, &change.new].into_iter().flatten() {
        for (column, value) in &columns.0 {
            row.toggle(change.table, column, value.get());
        }
    }
    if change.op == "delete" {
        if *row != Digest128::default() && !vouched.holds(book, change.key) {
            report.find(entry_finding(Rule::EntryChanged, position, "it deletes a row that was another before"));
        }
        expected.remove(&key);
    }
}

fn check_mark(connection: &Connection, marked: Option<&Marked>, chain: &Chain, report: &mut Report) -> Result<()> {
    let Some(marked) = marked else { return Ok(()) };
    let current: Option<IncarnationId> = connection
        .query_row("SELECT id FROM daybook_incarnation ORDER BY ordinal DESC LIMIT 1", [], |row| row.get(0))
        .map(Some)
        .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(fault_of(error)) })?;
    let finding = |rule, message: String| Finding { rule, message, table: None, record: None, position: None };
    if current != Some(marked.incarnation) {
        report.find(finding(Rule::MarkForeign, "The mark beside the store belongs to another store.".into()));
        return Ok(());
    }
    let Some(named) = marked.newest else { return Ok(()) };
    let ahead = || {
        let newest = chain.newest.map_or(0, |(position, _)| position);
        finding(
            Rule::MarkAhead,
            format!("The mark names entry {}, but the store ends at entry {newest}: entries are gone.", named.position),
        )
    };
    let stands: rusqlite::Result<Hash> =
        connection.query_row("SELECT hash FROM daybook_entry WHERE position = ?1", [named.position], |row| row.get(0));
    match stands {
        Ok(hash) if hash == named.hash => {}
        Ok(_) | Err(rusqlite::Error::QueryReturnedNoRows) => report.find(ahead()),
        Err(error) => return Err(fault_of(error)),
    }
    Ok(())
}

fn check_rows(
    connection: &Connection,
    shapes: &[Shape],
    vouched: &Vouched,
    mut expected: Expected,
    report: &mut Report,
) -> Result<()> {
    for (number, shape) in shapes.iter().enumerate() {
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        let table = &shape.table;
        let sql = format!("SELECT t.id, {}, t.{} FROM {table} t", shape.object_sql("t"), shape.book_column);
        let mut statement = connection.prepare(&sql).map_err(fault_of)?;
        let mut rows = statement.query([]).map_err(fault_of)?;
        while let Some(row) = rows.next().map_err(fault_of)? {
            report.rows += 1;
            let record: Id<kind::Record> = row.get(0).map_err(fault_of)?;
            let book: BookId = row.get(2).map_err(fault_of)?;
            let text = row.get_ref(1).map_err(fault_of)?.as_str().map_err(|cause| fault_of(cause.into()))?;
            let mut actual = Digest128::default();
            for (column, value) in &Columns::parse(text)?.0 {
                actual.toggle(table, column, &canonical(column, value.get()));
            }
            match expected.remove(&(number, book, record)) {
                Some(digest) if digest == actual => {}
                Some(_) | None if vouched.holds(book, record) => {}
                Some(_) => report.find(row_finding(Rule::RowDiffers, table, record, "is not what its entries say")),
                None => report.find(row_finding(Rule::RowUnexplained, table, record, "is in no entry")),
            }
        }
    }
    let mut missing: Vec<_> = expected.into_keys().filter(|(_, book, record)| !vouched.holds(*book, *record)).collect();
    missing.sort_unstable();
    for (number, _, record) in missing {
        let table = shapes.get(usize::from(number)).map_or("", |shape| shape.table.as_str());
        report.find(row_finding(Rule::RowMissing, table, record, "is in the entries but gone from its table"));
    }
    Ok(())
}

fn row_finding(rule: Rule, table: &str, record: Id<kind::Record>, what: &str) -> Finding {
    Finding {
        rule,
        message: format!("The row {record} of {table} {what}."),
        table: Some(table.to_owned()),
        record: Some(record),
        position: None,
    }
}

impl From<Fault> for Finding {
    /// A store that can't even be read through is a finding, too.
    fn from(fault: Fault) -> Finding {
        let (rule, message) = match fault.code {
            Code::Damaged => (Rule::Unsound, fault.message),
            _ => (Rule::Unreadable, "The store is damaged: it holds what Daybook doesn't write.".to_owned()),
        };
        Finding { rule, message, table: None, record: None, position: None }
    }
}
