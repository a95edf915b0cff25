//! The ledger: postings of one debit and one credit each, and what they add up to.
//!
//! [`post`] is the only way in. It holds the two rules of money: a closed account takes nothing, and an account with a
//! minimum is lowered by its custodian alone and never below it.

use super::account::{self, Account, AccountKind};
use super::book::Session;
use super::page::{DATE_AFTER_ALL, Limit, Search, Words, read_cursor, write_cursor};
use super::person::{self, Role};
use super::{AccountId, CustomerId, MEMO_CHARS_MAX, Memo, PostingId};
use crate::kernel::{
    AMOUNT_MAX, Acting, BookId, BusinessDate, Code, Fault, Id, Instant, Money, Noun, NounKind, Result, Rule, fold,
    kind::Record,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Postings, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "ledger_posting",
    kind: NounKind::Posted,
    named_by: None,
    unique: None,
    searched: &[],
    phone: None,
    rules: &[
        ("amount_minor", Rule::Amount { least: 1 }),
        ("business_date", Rule::Day),
        ("memo", Rule::Line(MEMO_CHARS_MAX)),
    ],
};

/// The tables that triggers keep in step with the postings. No entry holds them, so whoever hears of postings hears of these.
pub const SUMS: &[&str] = &["ledger_balance", "ledger_customer_balance", "ledger_day"];

words! {
    /// What makes postings.
    DocumentKind {
        Opening "opening" "An opening balance.";
        Transfer "transfer" "A transfer.";
        Bill "bill" "A bill, a debt from before, a credit note or a write-off.";
        Payment "payment" "A customer's payment, or one to a customer.";
        Expense "expense" "Money that was paid for something.";
        Adjustment "adjustment" "What head office posts by itself; it has no document.";
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
    /// Whose debt changes, where one of the accounts is what customers owe.
    pub customer: Option<CustomerId>,
    /// Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day.
    pub accept_below_minimum: bool,
}

/// A posting, with the names of its accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Posting {
    /// The id that its line in each statement carries.
    pub id: PostingId,
    /// The account that gained.
    pub debit_account_id: AccountId,
    /// The name of the account that gained.
    pub debit_account_name: String,
    /// The account that lost.
    pub credit_account_id: AccountId,
    /// The name of the account that lost.
    pub credit_account_name: String,
    /// How much moved from one to the other.
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
/// `not_found`, `account_closed`, `not_custodian`, `bad_date`; `insufficient_funds` with `available_minor` and `asked_minor`;
/// `below_minimum` with `date`, `balance_minor` and `minimum_minor`; `not_allowed` where that is accepted by no owner.
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
    let is_of_customer =
        (sides.debit.kind == AccountKind::Receivable) != (sides.credit.kind == AccountKind::Receivable);
    if posting.customer.is_some() != is_of_customer {
        return Err(Fault::new(
            Code::Internal,
            "A posting names a customer where one of its accounts is what customers owe.",
        ));
    }
    let amount = posting.amount.positive()?;
    let date = acting.bookable(posting.date)?;
    let loser = &sides.credit;
    let mut accepting = None;
    if let Some(minimum) = loser.minimum_minor {
        if loser.custodian_device_id != Some(acting.device) {
            return Err(account::not_custodian(loser));
        }
        let available = loser.balance_minor.less(minimum)?;
        if amount > available {
            return Err(account::insufficient(available, amount));
        }
        if let Some(fault) = below_minimum_then(unit, acting.book, loser, (minimum, amount), date)? {
            if !posting.accept_below_minimum {
                return Err(fault);
            }
            if person::find(unit, acting.book, acting.person)?.role != Role::Owner {
                return Err(Fault::new(Code::NotAllowed, "Only an owner may accept this.").at("accept_below_minimum"));
            }
            accepting = Some(acting.person);
        }
    }
    unit.execute(
        "INSERT INTO ledger_posting (book_id, id, debit_account_id, credit_account_id, amount_minor, business_date,
                                     document_kind, document_id, memo, created_at, accepting_person_id, customer_id)
         VALUES (:book, :id, :debit, :credit, :amount, :date, :document_kind, :document, :memo, :at, :accepting, :customer)",
        named_params! {
            ":book": acting.book, ":id": posting.id, ":debit": posting.debit, ":credit": posting.credit,
            ":amount": amount, ":date": date, ":document_kind": posting.document_kind.name(),
            ":document": posting.document, ":memo": posting.memo,
            ":at": acting.at, ":accepting": accepting, ":customer": posting.customer,
        },
    )?;
    Ok(())
}

/// On which day an account would be furthest below its minimum if it lost so much on a date: what came in later was not there yet.
fn below_minimum_then(
    unit: &Unit,
    book: BookId,
    account: &Account,
    (minimum, amount): (Money, Money),
    date: BusinessDate,
) -> Result<Option<Fault>> {
    // As nearly always: nothing came on a later day.
    let later = unit.maybe(
        "SELECT 1 FROM ledger_day WHERE book_id = :book AND account_id = :account AND business_date > :date LIMIT 1",
        named_params! { ":book": book, ":account": account.id, ":date": date },
        |row| row.get::<_, i64>(0),
    )?;
    if later.is_none() {
        return Ok(None);
    }
    // What came after each day's end, from the date on; the lower the balance then, the more came after it.
    let (day, after): (BusinessDate, i64) = unit.one(
        "SELECT business_date, sum(net_minor) OVER (ORDER BY business_date DESC) - net_minor AS after_minor
         FROM (SELECT :date AS business_date, 0 AS net_minor
               UNION ALL
               SELECT business_date, debit_minor - credit_minor FROM ledger_day
               WHERE book_id = :book AND account_id = :account AND business_date > :date)
         ORDER BY after_minor DESC, business_date LIMIT 1",
        named_params! { ":book": book, ":account": account.id, ":date": date },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let balance = account.balance_minor.minor() - after - amount.minor();
    if balance >= minimum.minor() || after <= 0 {
        return Ok(None);
    }
    let message = format!("“{}” would be below its minimum at the end of {day}.", account.name);
    let balance = clamped(balance)?;
    Ok(Some(
        Fault::new(Code::BelowMinimum, message)
            .at("date")
            .with(serde_json::json!({ "date": day, "balance_minor": balance, "minimum_minor": minimum })),
    ))
}

/// The first day on which each account that has a minimum was below it at its end: a sentence and the account.
///
/// # Errors
/// What SQLite says.
pub fn days_below_minimum(snapshot: &Snapshot) -> Result<Vec<(String, AccountId)>> {
    snapshot.all(
        "SELECT '“' || a.name || '” was below its minimum at the end of ' || count(*)
                || CASE count(*) WHEN 1 THEN ' day: ' ELSE ' days, first on ' END || min(d.business_date) || '.', a.id
         FROM (SELECT book_id, account_id, business_date,
                      sum(debit_minor - credit_minor) OVER (PARTITION BY book_id, account_id ORDER BY business_date)
                          AS balance_minor
               FROM ledger_day) d
         JOIN payment_account a ON a.book_id = d.book_id AND a.id = d.account_id
         WHERE d.balance_minor < a.minimum_minor
         GROUP BY a.book_id, a.id ORDER BY a.name, a.id",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The postings of many documents, in one statement, each with its document's id. (`CROSS JOIN` and `INDEXED BY` keep SQLite,
/// which knows no numbers of rows, from beginning at the few accounts and going through all their postings.)
///
/// # Errors
/// What SQLite says.
pub fn postings_of(snapshot: &Snapshot, book: BookId, documents: &[Id<Record>]) -> Result<Vec<(Id<Record>, Posting)>> {
    const POSTINGS: &str = "\
SELECT p.document_id, p.id, p.debit_account_id, d.name AS debit_account_name,
       p.credit_account_id, c.name AS credit_account_name, p.amount_minor, p.memo
FROM ledger_posting p INDEXED BY ledger_posting_document_id_idx
CROSS JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
CROSS JOIN payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
WHERE p.book_id = :book";
    let read = |row: &Row<'_>| Ok((row.get("document_id")?, Posting::read_row(row)?));
    match documents {
        [] => Ok(Vec::new()),
        // As after every transfer.
        [document] => snapshot.all(
            &format!("{POSTINGS} AND p.document_id = :document ORDER BY p.amount_minor DESC, p.id"),
            named_params! { ":book": book, ":document": document },
            read,
        ),
        _ => snapshot.all(
            &format!(
                "{POSTINGS} AND p.document_id IN (SELECT unhex(value, '-') FROM json_each(:documents))
                 ORDER BY p.document_id, p.amount_minor DESC, p.id"
            ),
            named_params! { ":book": book, ":documents": serde_json::json!(documents).to_string() },
            read,
        ),
    }
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
    /// The posting that this is one side of.
    pub posting_id: PostingId,
    /// The business date.
    pub date: BusinessDate,
    /// When it was written down.
    pub created_at: Instant,
    /// What kind of document made it.
    pub document_kind: DocumentKind,
    /// The document that made it.
    pub document_id: Id<Record>,
    /// The document's number.
    pub number: Option<String>,
    /// What it says.
    pub memo: Option<String>,
    /// The other account.
    pub counter_account_id: AccountId,
    /// The name of that other account.
    pub counter_account_name: String,
    /// Gained, or lost where negative.
    pub amount_minor: Money,
    /// What the account held after this line.
    pub balance_minor: Money,
    /// Whether it takes another document back.
    pub reversal: bool,
    /// Whether another document takes it back.
    pub reversed: bool,
}

/// Which part of which account's statement.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// The account whose lines are listed.
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
pub fn statement(snapshot: &Snapshot, session: &Session, query: &StatementQuery) -> Result<Statement> {
    let book = session.book.id;
    let account = account::find(snapshot, book, session.device.id, query.account_id)?;
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
            line.balance_minor = clamped(balance)?;
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

/// Both sides of an account, merged in the order of the two indexes. The document of a line is looked up by its key once the line is one
/// of the page.
const LINES: &str = "\
SELECT l.id, l.amount_minor, l.counter_account_id,
       (SELECT c.name FROM payment_account c WHERE c.book_id = :book AND c.id = l.counter_account_id) AS counter_account_name,
       l.business_date, l.created_at, l.document_kind, l.document_id, l.memo,
       (SELECT d.number FROM ledger_document d
        WHERE d.book_id = :book AND d.id = l.document_id AND d.kind = l.document_kind) AS number,
       EXISTS (SELECT 1 FROM ledger_document d
               WHERE d.book_id = :book AND d.id = l.document_id AND d.kind = l.document_kind
                 AND d.reverses_id IS NOT NULL) AS reversal,
       EXISTS (SELECT 1 FROM ledger_document d
               WHERE d.book_id = :book AND d.reverses_id = l.document_id AND d.kind = l.document_kind) AS reversed
FROM (SELECT id, amount_minor, credit_account_id AS counter_account_id, business_date, created_at, document_kind,
             document_id, memo
      FROM ledger_posting
      WHERE book_id = :book AND debit_account_id = :account
        AND business_date BETWEEN :from AND :to AND (business_date, created_at, id) < (:date, :at, :id)
      UNION ALL
      SELECT id, -amount_minor, debit_account_id, business_date, created_at, document_kind, document_id, memo
      FROM ledger_posting
      WHERE book_id = :book AND credit_account_id = :account
        AND business_date BETWEEN :from AND :to AND (business_date, created_at, id) < (:date, :at, :id)
      ORDER BY business_date DESC, created_at DESC, id DESC
      LIMIT :limit) l";

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
            reversed: row.get("reversed")?,
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
pub(super) fn clamped(sum: i64) -> Result<Money> {
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

/// What a customer owes, as far as this device knows; less than nothing where it has credit.
///
/// # Errors
/// What SQLite says.
pub fn customer_balance(snapshot: &Snapshot, book: BookId, customer: CustomerId) -> Result<Money> {
    let balance = snapshot.maybe(
        "SELECT balance_minor FROM ledger_customer_balance WHERE book_id = :book AND customer_id = :customer",
        named_params! { ":book": book, ":customer": customer },
        |row| row.get(0),
    )?;
    clamped(balance.unwrap_or(0))
}

/// Customers whose balance is kept as something else than their postings come to: each with a sentence.
///
/// # Errors
/// What SQLite says.
pub fn check_customers(snapshot: &Snapshot) -> Result<Vec<(String, CustomerId)>> {
    snapshot.all(
        "SELECT 'What “' || c.name || '” owes is kept as ' || ifnull(l.balance_minor, 0) || ', but the postings add up to '
                || ifnull(s.sum, 0) || '.', c.id
         FROM customer c
         LEFT JOIN ledger_customer_balance l ON l.book_id = c.book_id AND l.customer_id = c.id
         LEFT JOIN (SELECT t.book_id, t.customer_id, sum(t.amount_minor) AS sum
                    FROM ledger_line t
                    JOIN payment_account a ON a.book_id = t.book_id AND a.id = t.account_id AND a.kind = 'receivable'
                    WHERE t.customer_id IS NOT NULL
                    GROUP BY t.book_id, t.customer_id) s ON s.book_id = c.book_id AND s.customer_id = c.id
         WHERE ifnull(l.balance_minor, 0) <> ifnull(s.sum, 0)
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Postings that name no customer where they must, or one where they mustn't: each with a sentence.
///
/// # Errors
/// What SQLite says.
pub fn check_parties(snapshot: &Snapshot) -> Result<Vec<(String, PostingId)>> {
    snapshot.all(
        "SELECT 'A posting of ' || p.business_date || ' over ' || p.amount_minor
                || iif(p.customer_id IS NULL, ' does not say whose debt it changes.', ' names a customer, and changes no debt.'),
                p.id
         FROM ledger_posting p
         JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
         JOIN payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
         WHERE (p.customer_id IS NOT NULL) <> ((d.kind = 'receivable') <> (c.kind = 'receivable'))
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// An account below its minimum.
#[derive(Debug, Clone)]
pub struct Overdrawn {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub balance: i64,
    /// What it may never go below.
    pub minimum: i64,
    /// When it was opened.
    pub opened_at: Instant,
}

/// Accounts below their minimum, which only a copied store can bring about.
///
/// # Errors
/// What SQLite says.
pub fn overdrawn(snapshot: &Snapshot, book: BookId) -> Result<Vec<Overdrawn>> {
    snapshot.all(
        "SELECT a.id, a.name, l.balance_minor, a.minimum_minor, a.created_at
         FROM payment_account a JOIN ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
         WHERE a.book_id = :book AND l.balance_minor < a.minimum_minor ORDER BY a.id",
        named_params! { ":book": book },
        |row| {
            Ok(Overdrawn {
                account: row.get(0)?,
                name: row.get(1)?,
                balance: row.get(2)?,
                minimum: row.get(3)?,
                opened_at: row.get(4)?,
            })
        },
    )
}

/// How many postings there are.
///
/// # Errors
/// What SQLite says.
pub fn count(snapshot: &Snapshot) -> Result<i64> {
    snapshot.one("SELECT count(*) FROM ledger_posting", [], |row| row.get(0))
}
