//! The ledger: postings of one debit and one credit each, and what they add up to.
//!
//! [`post`] is the only way in. It holds the two rules of money: a closed account takes nothing, and an account with a
//! minimum is lowered by its custodian alone and never below it.

use super::account::{self, Account};
use super::page::{Limit, Search, Words, read_cursor, write_cursor};
use super::{AccountId, Memo, PostingId};
use crate::kernel::{
    AMOUNT_MAX, Acting, BookId, BusinessDate, Code, DeviceId, Fault, Id, Instant, Money, Result, fold, kind::Record,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// What makes postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The opening of an account that holds something already.
    Opening,
    /// A transfer.
    Transfer,
}

impl DocumentKind {
    /// As it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            DocumentKind::Opening => "opening",
            DocumentKind::Transfer => "transfer",
        }
    }
}

impl FromSql for DocumentKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<DocumentKind> {
        match value.as_str()? {
            "opening" => Ok(DocumentKind::Opening),
            "transfer" => Ok(DocumentKind::Transfer),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// A posting to be made.
#[derive(Debug, Clone)]
pub struct NewPosting {
    /// Its id, which follows from the document's.
    pub id: PostingId,
    /// The account that gains.
    pub debit: AccountId,
    /// The account that loses.
    pub credit: AccountId,
    /// How much: more than zero.
    pub amount: Money,
    /// The business date.
    pub date: BusinessDate,
    /// What kind of document makes it.
    pub document_kind: DocumentKind,
    /// The document.
    pub document: Id<Record>,
    /// What it says.
    pub memo: Option<Memo>,
}

/// A posting, with the names of its accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Posting {
    /// Its id.
    pub id: PostingId,
    /// The account that gained.
    pub debit_account_id: AccountId,
    /// Its name.
    pub debit_account_name: String,
    /// The account that lost.
    pub credit_account_id: AccountId,
    /// Its name.
    pub credit_account_name: String,
    /// How much.
    pub amount_minor: Money,
    /// What it says.
    pub memo: Option<String>,
}

/// The two accounts of a posting, as they stand before it.
pub struct Sides {
    /// The account that gains.
    pub debit: Account,
    /// The account that loses.
    pub credit: Account,
}

/// Reads both sides of a posting to be made.
///
/// # Errors
/// `not_found`, with the field that named the account.
pub fn sides(
    unit: &Unit,
    acting: &Acting,
    (debit, debit_field): (AccountId, &str),
    (credit, credit_field): (AccountId, &str),
) -> Result<Sides> {
    let (debit, credit) = account::find_two(unit, acting, debit, credit)?;
    Ok(Sides {
        credit: credit.ok_or_else(|| account::not_found(credit_field))?,
        debit: debit.ok_or_else(|| account::not_found(debit_field))?,
    })
}

/// Makes a posting.
///
/// # Errors
/// `not_found`, `account_closed`, `not_custodian`, `insufficient_funds` with `available_minor` and `asked_minor`.
pub fn post(unit: &mut Unit, acting: &Acting, posting: &NewPosting) -> Result<()> {
    let sides = sides(unit, acting, (posting.debit, "account_id"), (posting.credit, "account_id"))?;
    post_between(unit, acting, &sides, posting)
}

/// Makes a posting between accounts that were just read in this unit of work.
///
/// # Errors
/// As [`post`].
pub fn post_between(unit: &mut Unit, acting: &Acting, sides: &Sides, posting: &NewPosting) -> Result<()> {
    for side in [&sides.debit, &sides.credit] {
        if side.closed_at.is_some() {
            return Err(account::closed(&side.name));
        }
    }
    let amount = posting.amount.positive()?;
    let loser = &sides.credit;
    if let Some(minimum) = loser.minimum_minor {
        if loser.custodian_device_id != Some(acting.device) {
            return Err(account::not_custodian(loser));
        }
        let available = loser.balance_minor.less(minimum)?;
        if amount > available {
            return Err(insufficient(available, amount));
        }
    }
    unit.execute(
        "INSERT INTO ledger_posting (book_id, id, debit_account_id, credit_account_id, amount_minor, business_date,
                                     document_kind, document_id, memo, created_at)
         VALUES (:book, :id, :debit, :credit, :amount, :date, :document_kind, :document, :memo, :at)",
        named_params! {
            ":book": acting.book, ":id": posting.id, ":debit": posting.debit, ":credit": posting.credit,
            ":amount": amount, ":date": posting.date, ":document_kind": posting.document_kind.name(),
            ":document": posting.document, ":memo": posting.memo,
            ":at": acting.at,
        },
    )?;
    Ok(())
}

pub(super) fn insufficient(available: Money, asked: Money) -> Fault {
    Fault::new(Code::InsufficientFunds, "There is not enough in the account.")
        .with(serde_json::json!({ "available_minor": available, "asked_minor": asked }))
}

/// The postings of many documents, in one statement, each with its document's id. (`CROSS JOIN` and `INDEXED BY` keep SQLite,
/// which knows no numbers of rows, from beginning at the few accounts and going through all their postings.)
///
/// # Errors
/// What SQLite says.
pub fn postings_of(snapshot: &Snapshot, book: BookId, documents: &[Id<Record>]) -> Result<Vec<(Id<Record>, Posting)>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    snapshot.all(
        "SELECT p.document_id, p.id, p.debit_account_id, d.name AS debit_account_name,
                p.credit_account_id, c.name AS credit_account_name, p.amount_minor, p.memo
         FROM ledger_posting p INDEXED BY ledger_posting_document_id_idx
         CROSS JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
         CROSS JOIN payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
         WHERE p.book_id = :book AND p.document_id IN (SELECT unhex(value, '-') FROM json_each(:documents))
         ORDER BY p.document_id, p.amount_minor DESC, p.id",
        named_params! { ":book": book, ":documents": serde_json::json!(documents).to_string() },
        |row| Ok((row.get("document_id")?, Posting::read_row(row)?)),
    )
}

impl ReadRow for Posting {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Posting> {
        Ok(Posting {
            id: row.get("id")?,
            debit_account_id: row.get("debit_account_id")?,
            debit_account_name: row.get("debit_account_name")?,
            credit_account_id: row.get("credit_account_id")?,
            credit_account_name: row.get("credit_account_name")?,
            amount_minor: row.get("amount_minor")?,
            memo: row.get("memo")?,
        })
    }
}

/// A line of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatementLine {
    /// The posting.
    pub posting_id: PostingId,
    /// The business date.
    pub date: BusinessDate,
    /// When it was written down.
    pub created_at: Instant,
    /// What kind of document made it.
    pub document_kind: DocumentKind,
    /// The document.
    pub document_id: Id<Record>,
    /// The document's number.
    pub number: Option<String>,
    /// What it says.
    pub memo: Option<String>,
    /// The other account.
    pub counter_account_id: AccountId,
    /// Its name.
    pub counter_account_name: String,
    /// Gained, or lost where negative.
    pub amount_minor: Money,
    /// What the account held after this line.
    pub balance_minor: Money,
    /// Whether it takes another document back.
    pub reversal: bool,
}

/// Which part of which account's statement.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// The account.
    pub account_id: AccountId,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in memo, number or the other account's name. A search shows lines out of their row, each with the balance
    /// that it left.
    #[serde(default)]
    pub search: Option<Search>,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// A page of an account's statement, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Statement {
    /// The account as it stands now.
    pub account: Account,
    /// The lines.
    pub rows: Vec<StatementLine>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

type StatementCursor = (i64, BusinessDate, Instant, PostingId);

/// A page of an account's statement, at any depth for the cost of the first one: the cursor carries the balance.
///
/// # Errors
/// `not_found`, `bad_cursor`.
pub fn statement(snapshot: &Snapshot, book: BookId, device: DeviceId, query: &StatementQuery) -> Result<Statement> {
    let account = account::find(snapshot, book, device, query.account_id)?;
    let cursor: Option<StatementCursor> = read_cursor(query.cursor.as_deref(), query)?;
    let (mut balance, date, at, id) = match cursor {
        Some((balance, date, at, id)) => (balance, date.to_string(), at, id),
        None => {
            let balance = balance_at_end_of(snapshot, book, &account, query.to_date)?;
            (balance, DATE_AFTER_ALL.to_owned(), Instant(i64::MAX), Id::from_bytes([0xff; 16]))
        }
    };
    let words = Words::of(query.search.as_ref().map(Search::as_str));
    let searching = words != Words::default();
    let mut rows: Vec<StatementLine> = Vec::new();
    // What the account held before the last of those lines.
    let mut before = balance;
    let mut more = false;
    snapshot.each(
        LINES,
        named_params! {
            ":book": book, ":account": query.account_id, ":date": date, ":at": at, ":id": id,
            ":from": query.from_date.map_or_else(String::new, |date| date.to_string()),
            // Never past the cursor's day: the index is entered there, however deep the page lies.
            ":to": query.to_date.map_or_else(|| DATE_AFTER_ALL.to_owned(), |date| date.to_string()).min(date.clone()),
            // A search doesn't know how many lines it must look through.
            ":limit": if searching { -1 } else { query.limit.one_more() },
        },
        |row| {
            let mut line = StatementLine::read_row(row)?;
            line.balance_minor = told(balance)?;
            // A cursor may have been made up.
            balance = balance.saturating_sub(line.amount_minor.minor());
            if searching && !says(&line, &words) {
                return Ok(ControlFlow::Continue(()));
            }
            more = rows.len() == query.limit.rows();
            if more {
                return Ok(ControlFlow::Break(()));
            }
            rows.push(line);
            before = balance;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|last| write_cursor(query, &(before, last.date, last.created_at, last.posting_id)));
    Ok(Statement { account, rows, next_cursor })
}

/// Sorts behind every date.
pub(super) const DATE_AFTER_ALL: &str = "9999-12-31";

/// Both sides of an account, merged in the order of the two indexes; what a line shows is joined on the way.
const LINES: &str = "\
SELECT p.id AS id, p.amount_minor AS amount_minor,
       p.credit_account_id AS counter_account_id, c.name AS counter_account_name,
       p.business_date AS business_date, p.created_at AS created_at, p.document_kind, p.document_id, p.memo, t.number,
       t.reverses_transfer_id IS NOT NULL AS reversal
FROM ledger_posting p
CROSS JOIN payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
LEFT JOIN payment_transfer t ON t.book_id = p.book_id AND t.id = p.document_id
WHERE p.book_id = :book AND p.debit_account_id = :account
  AND p.business_date BETWEEN :from AND :to AND (p.business_date, p.created_at, p.id) < (:date, :at, :id)
UNION ALL
SELECT p.id, -p.amount_minor, p.debit_account_id, c.name,
       p.business_date, p.created_at, p.document_kind, p.document_id, p.memo, t.number,
       t.reverses_transfer_id IS NOT NULL
FROM ledger_posting p
CROSS JOIN payment_account c ON c.book_id = p.book_id AND c.id = p.debit_account_id
LEFT JOIN payment_transfer t ON t.book_id = p.book_id AND t.id = p.document_id
WHERE p.book_id = :book AND p.credit_account_id = :account
  AND p.business_date BETWEEN :from AND :to AND (p.business_date, p.created_at, p.id) < (:date, :at, :id)
ORDER BY business_date DESC, created_at DESC, id DESC
LIMIT :limit";

impl ReadRow for StatementLine {
    /// The balance is the reader's to fill in.
    fn read_row(row: &Row<'_>) -> rusqlite::Result<StatementLine> {
        Ok(StatementLine {
            posting_id: row.get("id")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            document_kind: row.get("document_kind")?,
            document_id: row.get("document_id")?,
            number: row.get("number")?,
            memo: row.get("memo")?,
            counter_account_id: row.get("counter_account_id")?,
            counter_account_name: row.get("counter_account_name")?,
            amount_minor: row.get("amount_minor")?,
            balance_minor: Money::ZERO,
            reversal: row.get("reversal")?,
        })
    }
}

fn says(line: &StatementLine, words: &Words) -> bool {
    let mut text = fold(&line.counter_account_name);
    for part in [&line.number, &line.memo].into_iter().flatten() {
        text.push('\n');
        text.push_str(&fold(part));
    }
    words.0.iter().all(|word| text.contains(word.as_str()))
}

fn balance_at_end_of(snapshot: &Snapshot, book: BookId, account: &Account, date: Option<BusinessDate>) -> Result<i64> {
    let Some(date) = date else { return Ok(account.balance_minor.minor()) };
    let since: i64 = snapshot.one(
        "SELECT ifnull(sum(debit_minor - credit_minor), 0) FROM ledger_day
         WHERE book_id = :book AND account_id = :account AND business_date > :date",
        named_params! { ":book": book, ":account": account.id, ":date": date },
        |row| row.get(0),
    )?;
    Ok(account.balance_minor.minor() - since)
}

/// What many postings add up to may be more than one amount can be, on a day in the past even of a single account: then
/// the most that can be told is told, for a person must see the rest.
pub(super) fn told(sum: i64) -> Result<Money> {
    Money::new(sum.clamp(-AMOUNT_MAX, AMOUNT_MAX))
}

/// What the ledger's derived tables should say and don't: each with a sentence and the account.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, AccountId)>> {
    snapshot.all(
        "SELECT 'The balance of “' || a.name || '” is kept as ' || ifnull(l.balance_minor, 0) || ', but its postings add up to '
                || ifnull(s.sum, 0) || '.', a.id
         FROM payment_account a
         LEFT JOIN ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
         LEFT JOIN (SELECT book_id, account_id, sum(amount_minor) AS sum FROM ledger_line GROUP BY book_id, account_id) s
                ON s.book_id = a.book_id AND s.account_id = a.id
         WHERE ifnull(l.balance_minor, 0) <> ifnull(s.sum, 0)
         UNION ALL
         SELECT 'The days of “' || a.name || '” add up to ' || d.sum || ', its balance is ' || ifnull(l.balance_minor, 0) || '.',
                a.id
         FROM payment_account a
         JOIN (SELECT book_id, account_id, sum(debit_minor - credit_minor) AS sum FROM ledger_day GROUP BY book_id, account_id) d
                ON d.book_id = a.book_id AND d.account_id = a.id
         LEFT JOIN ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
         WHERE d.sum <> ifnull(l.balance_minor, 0)
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many postings there are.
///
/// # Errors
/// What SQLite says.
pub fn count(snapshot: &Snapshot) -> Result<i64> {
    snapshot.one("SELECT count(*) FROM ledger_posting", [], |row| row.get(0))
}
