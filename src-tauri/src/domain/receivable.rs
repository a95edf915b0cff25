//! What customers owe: one customer's account, with what is open and what credit is left, and its statement, a passbook with a
//! running balance.
//!
//! What is owed follows from the ledger, what is open from the claims. They agree, whatever happened on however many devices: a
//! balance is all that is open, less what is overpaid and what credit is left, and less or more what head office adjusted.

use super::CustomerId;
use super::book::Session;
use super::customer::{self, Customer, WhichCustomer};
use super::ledger::{self, clamped};
use super::page::{DATE_AFTER_ALL, Limit, read_cursor, write_cursor};
use crate::kernel::{BookId, BusinessDate, Id, Instant, Money, Result, kind::Record};
use crate::store::{ReadRow, Snapshot};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

words! {
    /// What a line of a customer's account is about.
    ItemKind {
        Bill "bill" "A bill.";
        Debt "debt" "A debt from before the book began.";
        Credit "credit" "A credit note.";
        WriteOff "write_off" "A write-off.";
        Settlement "settlement" "A payment by the customer.";
        Refund "refund" "Credit that was given back.";
        Payout "payout" "Money that was lent.";
        Adjustment "adjustment" "What head office posted by itself.";
    }
}

/// A document of which something is open, overpaid or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenItem {
    /// The document that is meant.
    pub id: Id<Record>,
    /// What kind of document it is.
    pub kind: ItemKind,
    /// The number that it was given.
    pub number: String,
    /// The business date.
    pub date: BusinessDate,
    /// The day that it is to be paid by; its own where none was agreed.
    pub due_date: BusinessDate,
    /// What it comes to.
    pub total_minor: Money,
    /// What of that was paid, or of a payment or credit was used.
    pub counted_minor: Money,
    /// What is still to be paid.
    pub open_minor: Money,
    /// What was paid beyond it: give it back, or use it.
    pub overpaid_minor: Money,
    /// What of a payment or credit is left to use.
    pub left_minor: Money,
    /// Whether its day has passed and something is open.
    pub overdue: bool,
}

/// What a customer owes, and what of it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CustomerAccount {
    /// The customer as it stands now.
    pub customer: Customer,
    /// What it owes; less than nothing where it has credit.
    pub balance_minor: Money,
    /// What of its bills is still to be paid.
    pub open_minor: Money,
    /// What of that should have been paid by now.
    pub overdue_minor: Money,
    /// What was paid beyond bills.
    pub overpaid_minor: Money,
    /// What of payments and credits is left to use.
    pub left_minor: Money,
    /// What head office posted by itself.
    pub adjusted_minor: Money,
    /// The day since which something should have been paid.
    pub oldest_due_date: Option<BusinessDate>,
    /// What is open, overpaid or left, as it falls due; the first of many.
    pub items: Vec<OpenItem>,
}

/// How many items of a customer are shown.
const ITEMS_MAX: i64 = 200;

/// Shows what a customer owes, and what of it is open.
///
/// # Errors
/// `not_found`.
pub fn account(
    snapshot: &Snapshot,
    session: &Session,
    today: BusinessDate,
    which: &WhichCustomer,
) -> Result<CustomerAccount> {
    let book = session.book.id;
    let customer = customer::find(snapshot, book, which.customer_id)?;
    let balance = ledger::customer_balance(snapshot, book, customer.id)?;
    let (open, overdue, overpaid, left, oldest) = snapshot.one(
        "SELECT ifnull(sum(iif(is_debit, max(0, total_minor - counted_minor), 0)), 0),
                ifnull(sum(iif(is_debit AND due_date < :today, max(0, total_minor - counted_minor), 0)), 0),
                ifnull(sum(iif(is_debit, max(0, counted_minor - total_minor), 0)), 0),
                ifnull(sum(iif(is_debit, 0, total_minor - counted_minor)), 0),
                min(iif(is_debit AND total_minor > counted_minor, due_date, NULL))
         FROM payment_item INDEXED BY payment_item_customer_id_idx
         WHERE book_id = :book AND customer_id = :customer AND total_minor <> counted_minor",
        named_params! { ":book": book, ":customer": customer.id, ":today": today },
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get(4)?,
            ))
        },
    )?;
    let items = snapshot.all(
        "SELECT i.id, i.business_date, i.due_date, i.total_minor, i.counted_minor, i.is_debit,
                i.is_debit AND i.total_minor > i.counted_minor AND i.due_date < :today AS overdue,
                ifnull(b.kind, p.purpose) AS kind, ifnull(b.number, p.number) AS number
         FROM payment_item i INDEXED BY payment_item_customer_id_idx
         LEFT JOIN payment_bill b ON b.book_id = i.book_id AND b.id = i.id
         LEFT JOIN payment p ON p.book_id = i.book_id AND p.id = i.id
         WHERE i.book_id = :book AND i.customer_id = :customer AND i.total_minor <> i.counted_minor
         ORDER BY i.due_date, i.business_date, i.created_at, i.id LIMIT :limit",
        named_params! { ":book": book, ":customer": customer.id, ":today": today, ":limit": ITEMS_MAX },
        OpenItem::read_row,
    )?;
    Ok(CustomerAccount {
        customer,
        balance_minor: balance,
        open_minor: clamped(open)?,
        overdue_minor: clamped(overdue)?,
        overpaid_minor: clamped(overpaid)?,
        left_minor: clamped(left)?,
        adjusted_minor: clamped(adjusted(snapshot, book, which.customer_id)?)?,
        oldest_due_date: oldest,
        items,
    })
}

impl ReadRow for OpenItem {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<OpenItem> {
        let (total, counted): (Money, Money) = (row.get("total_minor")?, row.get("counted_minor")?);
        let rest = total.less(counted).unwrap_or_default();
        let is_debit: bool = row.get("is_debit")?;
        let of = |is_so: bool, amount: Money| if is_so { amount.max(Money::ZERO) } else { Money::ZERO };
        Ok(OpenItem {
            id: row.get("id")?,
            kind: row.get("kind")?,
            number: row.get("number")?,
            date: row.get("business_date")?,
            due_date: row.get("due_date")?,
            total_minor: total,
            counted_minor: counted,
            open_minor: of(is_debit, rest),
            overpaid_minor: of(is_debit, rest.negated()),
            left_minor: of(!is_debit, rest),
            overdue: row.get("overdue")?,
        })
    }
}

/// What head office posted by itself to what a customer owes.
fn adjusted(snapshot: &Snapshot, book: BookId, customer: CustomerId) -> Result<i64> {
    snapshot.one(
        "SELECT ifnull(sum(iif(d.kind = 'receivable', p.amount_minor, -p.amount_minor)), 0)
         FROM ledger_posting p INDEXED BY ledger_posting_customer_id_business_date_idx
         CROSS JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
         WHERE p.book_id = :book AND p.customer_id = :customer AND p.document_kind = 'adjustment'",
        named_params! { ":book": book, ":customer": customer },
        |row| row.get(0),
    )
}

/// A line of a customer's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CustomerLine {
    /// The document, or the posting of head office.
    pub id: Id<Record>,
    /// What of the customer changed: a bill, a payment, and the like.
    pub kind: ItemKind,
    /// The number that it was given; none of what head office posted.
    pub number: Option<String>,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// What else it says: a reference, a note, a memo.
    pub text: Option<String>,
    /// How much more the customer owes by it, or less where negative.
    pub amount_minor: Money,
    /// What the customer owed after it.
    pub balance_minor: Money,
    /// Whether it takes another document back.
    pub reversal: bool,
}

/// Which part of which customer's statement.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerStatementQuery {
    /// The customer whose lines are listed.
    pub customer_id: CustomerId,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// A page of a customer's statement, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CustomerStatement {
    /// The customer as it stands now.
    pub customer: Customer,
    /// What it owes now.
    pub balance_minor: Money,
    /// The lines.
    pub rows: Vec<CustomerLine>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

/// A page of a customer's statement, at any depth for the cost of the first one: the cursor carries the balance.
///
/// # Errors
/// `not_found`, `bad_cursor`.
pub fn statement(snapshot: &Snapshot, session: &Session, query: &CustomerStatementQuery) -> Result<CustomerStatement> {
    let book = session.book.id;
    let customer = customer::find(snapshot, book, query.customer_id)?;
    let now = ledger::customer_balance(snapshot, book, customer.id)?;
    let cursor: Option<(i64, BusinessDate, Instant, Id<Record>)> = read_cursor(query.cursor.as_deref(), query)?;
    let (mut balance, date, at, id) = match cursor {
        Some((balance, date, at, id)) => (balance, date.to_string(), at, id),
        None => {
            let balance = now.minor() - since(snapshot, book, customer.id, query.to_date)?;
            (balance, DATE_AFTER_ALL.to_owned(), Instant(i64::MAX), Id::from_bytes([0xff; 16]))
        }
    };
    let mut rows: Vec<CustomerLine> = Vec::new();
    // What was owed before the last of those lines.
    let mut before = balance;
    let mut more = false;
    snapshot.each(
        LINES,
        named_params! {
            ":book": book, ":customer": query.customer_id, ":date": date, ":at": at, ":id": id,
            ":from": query.from_date.map_or_else(String::new, |date| date.to_string()),
            // Never past the cursor's day: the indexes are entered there, however deep the page lies.
            ":to": query.to_date.map_or_else(|| DATE_AFTER_ALL.to_owned(), |date| date.to_string()).min(date.clone()),
            ":limit": query.limit.one_more(),
        },
        |row| {
            let mut line = CustomerLine::read_row(row)?;
            line.balance_minor = clamped(balance)?;
            // A cursor may have been made up.
            balance = balance.saturating_sub(line.amount_minor.minor());
            more = rows.len() == query.limit.rows();
            if more {
                return Ok(ControlFlow::Break(()));
            }
            rows.push(line);
            before = balance;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|last| write_cursor(query, &(before, last.date, last.created_at, last.id)));
    Ok(CustomerStatement { customer, balance_minor: now, rows, next_cursor })
}

/// The newest lines of a customer's account, the oldest of them first, in one statement: for a paper, which has no next page. The
/// balance is what is owed now.
///
/// # Errors
/// What SQLite says.
pub fn newest_lines(
    snapshot: &Snapshot,
    session: &Session,
    (customer, balance): (CustomerId, Money),
    most: i64,
) -> Result<Vec<CustomerLine>> {
    let mut balance = balance.minor();
    let mut lines = Vec::new();
    let last: Id<Record> = Id::from_bytes([0xff; 16]);
    snapshot.each(
        LINES,
        named_params! {
            ":book": session.book.id, ":customer": customer, ":date": DATE_AFTER_ALL, ":at": Instant(i64::MAX), ":id": last,
            ":from": "", ":to": DATE_AFTER_ALL, ":limit": most,
        },
        |row| {
            let mut line = CustomerLine::read_row(row)?;
            line.balance_minor = clamped(balance)?;
            balance = balance.saturating_sub(line.amount_minor.minor());
            lines.push(line);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    lines.reverse();
    Ok(lines)
}

/// What a customer came to owe after a day.
fn since(snapshot: &Snapshot, book: BookId, customer: CustomerId, date: Option<BusinessDate>) -> Result<i64> {
    let Some(date) = date else { return Ok(0) };
    snapshot.one(
        "SELECT ifnull(sum(iif(d.kind = 'receivable', p.amount_minor, -p.amount_minor)), 0)
         FROM ledger_posting p INDEXED BY ledger_posting_customer_id_idx
         CROSS JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
         WHERE p.book_id = :book AND p.customer_id = :customer AND p.business_date > :date",
        named_params! { ":book": book, ":customer": customer, ":date": date },
        |row| row.get(0),
    )
}

/// Documents of a customer and what head office adjusted, merged in the order of their indexes.
const LINES: &str = "\
SELECT id, kind, number, business_date, created_at, memo, amount_minor, reversal
FROM (SELECT id, kind, number, business_date, created_at, reference AS memo,
             iif((kind IN ('bill', 'debt')) = (reverses_bill_id IS NULL), total_minor, -total_minor) AS amount_minor,
             reverses_bill_id IS NOT NULL AS reversal
      FROM payment_bill
      WHERE book_id = :book AND customer_id = :customer
        AND business_date BETWEEN :from AND :to AND (business_date, created_at, id) < (:date, :at, :id)
      UNION ALL
      SELECT id, purpose, number, business_date, created_at, ifnull(reference, memo),
             iif((purpose = 'settlement') = (reverses_payment_id IS NULL), rounding_minor - amount_minor,
                 amount_minor - rounding_minor),
             reverses_payment_id IS NOT NULL
      FROM payment
      WHERE book_id = :book AND customer_id = :customer
        AND business_date BETWEEN :from AND :to AND (business_date, created_at, id) < (:date, :at, :id)
      UNION ALL
      SELECT id, document_kind, NULL, business_date, created_at, memo,
             iif((SELECT a.kind FROM payment_account a
                  WHERE a.book_id = :book AND a.id = debit_account_id) = 'receivable', amount_minor, -amount_minor),
             0
      FROM ledger_posting
      WHERE book_id = :book AND customer_id = :customer AND document_kind = 'adjustment'
        AND business_date BETWEEN :from AND :to AND (business_date, created_at, id) < (:date, :at, :id)
      ORDER BY business_date DESC, created_at DESC, id DESC
      LIMIT :limit)";

impl ReadRow for CustomerLine {
    /// The balance is the reader's to fill in.
    fn read_row(row: &Row<'_>) -> rusqlite::Result<CustomerLine> {
        Ok(CustomerLine {
            id: row.get("id")?,
            kind: row.get("kind")?,
            number: row.get("number")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            text: row.get("memo")?,
            amount_minor: row.get("amount_minor")?,
            balance_minor: Money::ZERO,
            reversal: row.get("reversal")?,
        })
    }
}

/// Customers whose balance is not what their documents leave open: each with a sentence.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, CustomerId)>> {
    snapshot.all(
        "SELECT 'What “' || c.name || '” owes is ' || ifnull(l.balance_minor, 0) || ', but its documents leave '
                || ifnull(s.rest_minor, 0) || ' open.', c.id
         FROM customer c
         LEFT JOIN ledger_customer_balance l ON l.book_id = c.book_id AND l.customer_id = c.id
         LEFT JOIN (SELECT book_id, customer_id, sum(rest_minor) AS rest_minor
                    FROM (SELECT book_id, customer_id, iif(is_debit, total_minor - counted_minor, counted_minor - total_minor)
                                 AS rest_minor
                          FROM payment_item
                          UNION ALL
                          SELECT p.book_id, p.customer_id, iif(d.kind = 'receivable', p.amount_minor, -p.amount_minor)
                          FROM ledger_posting p
                          JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
                          WHERE p.customer_id IS NOT NULL AND p.document_kind = 'adjustment')
                    GROUP BY book_id, customer_id) s ON s.book_id = c.book_id AND s.customer_id = c.id
         WHERE ifnull(l.balance_minor, 0) <> ifnull(s.rest_minor, 0)
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
