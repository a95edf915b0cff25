//! How old it is what customers owe, and which of them want looking after: as the book stands, or as it stood at the end of a day.
//!
//! One statement answers the overview and the report. What an earlier day saw differs from now by what was dated later: documents
//! that weren't there, reversals, claims and their undoing. So now is read from what triggers keep, and the sources that such rows
//! are about are counted anew: an earlier day costs what has happened since.

use super::CustomerId;
use super::book::Session;
use super::ledger::clamped;
use super::page::{Key, Limit, read_cursor, write_cursor};
use crate::kernel::{BookId, BusinessDate, Code, Fault, Id, Money, Result};
use crate::store::Snapshot;
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// What is owed, by how long it has been due. The four ages come to what is open; that, less credit, more or less what head office
/// adjusted, is the balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ages {
    /// What is still to be paid of bills, debts and loans.
    pub open_minor: Money,
    /// What of it should have been paid before the day.
    pub overdue_minor: Money,
    /// What of it is due on the day or later, or has been for up to 30 days.
    pub age_0_minor: Money,
    /// What of it has been due for 31 to 60 days.
    pub age_31_minor: Money,
    /// What of it has been due for 61 to 90 days.
    pub age_61_minor: Money,
    /// What of it has been due for longer.
    pub age_91_minor: Money,
    /// What was paid beyond bills, or is left of payments and credits.
    pub credit_minor: Money,
    /// What head office posted by itself.
    pub adjusted_minor: Money,
    /// What is owed after all: less than nothing where there is credit.
    pub balance_minor: Money,
}

impl Ages {
    fn read(row: &Row<'_>) -> Result<Ages> {
        let sum = |column: &str| clamped(row.get(column)?);
        Ok(Ages {
            open_minor: sum("open_minor")?,
            overdue_minor: sum("overdue_minor")?,
            age_0_minor: sum("age_0_minor")?,
            age_31_minor: sum("age_31_minor")?,
            age_61_minor: sum("age_61_minor")?,
            age_91_minor: sum("age_91_minor")?,
            credit_minor: sum("credit_minor")?,
            adjusted_minor: sum("adjusted_minor")?,
            balance_minor: sum("balance_minor")?,
        })
    }
}

/// What customers owe all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Owed {
    /// How many customers have something to pay.
    pub customers: i64,
    /// How old it is.
    #[serde(flatten)]
    pub ages: Ages,
}

/// What one customer owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Aged {
    /// Who owes it.
    pub customer_id: CustomerId,
    /// What that customer is called.
    pub customer_name: String,
    /// The customer's phone number.
    pub phone: Option<String>,
    /// How old it is.
    #[serde(flatten)]
    pub ages: Ages,
}

/// A customer that should pay by today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Due {
    /// Who should pay.
    pub customer_id: CustomerId,
    /// What that customer is called.
    pub customer_name: String,
    /// The customer's phone number.
    pub phone: Option<String>,
    /// What is due, today's and what is overdue.
    pub due_minor: Money,
    /// The day since which.
    pub since_date: BusinessDate,
}

/// A customer that has paid more than its bills came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overpaid {
    /// Who has paid.
    pub customer_id: CustomerId,
    /// What that customer is called.
    pub customer_name: String,
    /// How much too much.
    pub overpaid_minor: Money,
}

/// What customers owe together, and which of them want looking after.
#[derive(Debug)]
pub struct Standing {
    /// What all owe.
    pub owed: Owed,
    /// Who should pay, whoever has owed the longest first.
    pub due: Vec<Due>,
    /// Who has paid a bill beyond what it came to, as where two devices took the money: the most first.
    pub overpaid: Vec<Overpaid>,
}

/// How customers stand today, by all that is in the book: so many that should pay, and so many that have paid too much.
///
/// # Errors
/// What SQLite says.
pub fn standing(
    snapshot: &Snapshot,
    book: BookId,
    today: BusinessDate,
    (due_max, overpaid_max): (i64, i64),
) -> Result<Standing> {
    let nobody = Rows { due_max, overpaid_max, ..Rows::NONE };
    let Found { owed, due, overpaid, .. } = find(snapshot, book, (today, false), AgeSort::Owed, &nobody)?;
    Ok(Standing { owed, due, overpaid })
}

words! {
    /// In which order customers are listed.
    AgeSort {
        Owed "owed" "Who has the most to pay comes first.";
        Name "name" "By name.";
    }
}

/// Which day, and which part of a long list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeQuery {
    /// As things stood at the end of that day, by what is dated that day or earlier. Without it, as the book stands today, with
    /// all that is in it.
    #[serde(default)]
    pub day: Option<BusinessDate>,
    /// The order of the customers; who has the most to pay comes first, unless said otherwise.
    #[serde(default = "most_first")]
    pub sort: AgeSort,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

fn most_first() -> AgeSort {
    AgeSort::Owed
}

/// What customers owe, by age, and a page of who owes it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AgeReport {
    /// The day that ages are counted to.
    pub day: BusinessDate,
    /// What all owe, whichever page this is.
    pub total: Owed,
    /// The customers that owe or have credit.
    pub rows: Vec<Aged>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

/// How old it is what each customer owes.
///
/// # Errors
/// `bad_cursor`.
pub fn report(snapshot: &Snapshot, session: &Session, today: BusinessDate, query: &AgeQuery) -> Result<AgeReport> {
    let day = query.day.unwrap_or(today);
    let after: Option<(Key, CustomerId)> = read_cursor(query.cursor.as_deref(), query)?;
    let rows = Rows { after, ages_max: query.limit.one_more(), ..Rows::NONE };
    let mut found = find(snapshot, session.book.id, (day, query.day.is_some()), query.sort, &rows)?;
    let more = found.aged.len() > query.limit.rows();
    found.aged.truncate(query.limit.rows());
    let last = found.aged.last().filter(|_| more);
    let next_cursor = last.map(|(last, key)| write_cursor(query, &(key, last.customer_id)));
    let rows = found.aged.into_iter().map(|(aged, _)| aged).collect();
    Ok(AgeReport { day, total: found.owed, rows, next_cursor })
}

/// Which customers are wanted besides the sum of all.
struct Rows {
    due_max: i64,
    overpaid_max: i64,
    ages_max: i64,
    /// What the last one of the page before is sorted by, and its id.
    after: Option<(Key, CustomerId)>,
}

impl Rows {
    const NONE: Rows = Rows { due_max: 0, overpaid_max: 0, ages_max: 0, after: None };
}

/// What was found. With each customer is what it is sorted by.
struct Found {
    owed: Owed,
    due: Vec<Due>,
    overpaid: Vec<Overpaid>,
    aged: Vec<(Aged, Key)>,
}

fn find(
    snapshot: &Snapshot,
    book: BookId,
    (day, is_past): (BusinessDate, bool),
    sort: AgeSort,
    wanted: &Rows,
) -> Result<Found> {
    let (mut owed, mut due, mut overpaid, mut aged) = (None, Vec::new(), Vec::new(), Vec::new());
    let (page, first) = match sort {
        AgeSort::Owed => (BY_OWED, (Key::Number(i64::MAX), Id::from_bytes([0xff; 16]))),
        AgeSort::Name => (BY_NAME, (Key::Text(String::new()), Id::from_bytes([0; 16]))),
    };
    let (key, id) = wanted.after.as_ref().unwrap_or(&first);
    let before = |days: i32| day.plus_days(-days);
    snapshot.each(
        &format!("WITH {ITEMS}{SUMS}{CHOSEN}{page}"),
        named_params! {
            ":book": book, ":day": day, ":is_past": is_past, ":day30": before(30), ":day60": before(60), ":day90": before(90),
            ":due_max": wanted.due_max, ":overpaid_max": wanted.overpaid_max, ":ages_max": wanted.ages_max,
            ":key": key, ":id": id,
        },
        |row| {
            match row.get_ref("what")?.as_str().map_err(rusqlite::Error::from)? {
                "all" => owed = Some(Owed { customers: row.get("customers")?, ages: Ages::read(row)? }),
                "due" => due.push(Due {
                    customer_id: row.get("id")?,
                    customer_name: row.get("name")?,
                    phone: row.get("phone")?,
                    due_minor: clamped(row.get("due_minor")?)?,
                    since_date: row.get("since_date")?,
                }),
                "overpaid" => overpaid.push(Overpaid {
                    customer_id: row.get("id")?,
                    customer_name: row.get("name")?,
                    overpaid_minor: clamped(row.get("over_minor")?)?,
                }),
                _ => aged.push((
                    Aged {
                        customer_id: row.get("id")?,
                        customer_name: row.get("name")?,
                        phone: row.get("phone")?,
                        ages: Ages::read(row)?,
                    },
                    row.get("sort_key")?,
                )),
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let owed = owed.ok_or_else(|| Fault::new(Code::Internal, "A sum over everything has no row."))?;
    Ok(Found { owed, due, overpaid, aged })
}

/// What was open, overpaid or left of each document on the day. Where all that is in the book counts, nothing was otherwise.
const ITEMS: &str = "\
back AS MATERIALIZED (
    -- What was reversed later still came to what it says.
    SELECT o.id, o.amount_minor - o.rounding_minor AS total_minor
    FROM payment r INDEXED BY payment_reverses_payment_id_idx
    CROSS JOIN payment o ON o.book_id = r.book_id AND o.id = r.reverses_payment_id
    WHERE :is_past AND r.book_id = :book AND r.reverses_payment_id IS NOT NULL AND r.business_date > :day
    UNION ALL
    SELECT o.id, o.total_minor
    FROM payment_bill r INDEXED BY payment_bill_reverses_bill_id_idx
    CROSS JOIN payment_bill o ON o.book_id = r.book_id AND o.id = r.reverses_bill_id
    WHERE :is_past AND r.book_id = :book AND r.reverses_bill_id IS NOT NULL AND r.business_date > :day
), source AS MATERIALIZED (
    SELECT ifnull(payment_id, credit_id) AS id FROM payment_allocation
    WHERE :is_past AND book_id = :book AND business_date > :day
    UNION
    SELECT id FROM back
), recount AS MATERIALIZED (
    -- What the claims of these sources counted then, more or less than now.
    SELECT source_id, target_id,
           iif(is_live, max(0, min(amount_minor, worth_minor - sum(iif(is_live, amount_minor, 0)) OVER (
               PARTITION BY source_id ORDER BY created_at, id) + amount_minor)), 0) - counted_minor AS change_minor
    FROM (SELECT c.source_id, c.target_id, c.created_at, c.id, c.amount_minor, c.counted_minor,
                 a.business_date <= :day
                 AND NOT EXISTS (SELECT 1 FROM payment_allocation u
                                 WHERE u.book_id = :book AND u.reverses_allocation_id = c.id AND u.business_date <= :day)
                     AS is_live,
                 ifnull(b.total_minor, i.total_minor) AS worth_minor
          FROM source s
          CROSS JOIN payment_claim c ON c.book_id = :book AND c.source_id = s.id
          CROSS JOIN payment_allocation a ON a.book_id = :book AND a.id = c.id
          CROSS JOIN payment_item i ON i.book_id = :book AND i.id = s.id
          LEFT JOIN back b ON b.id = s.id)
), change AS MATERIALIZED (
    SELECT id, sum(change_minor) AS change_minor
    FROM (SELECT source_id AS id, change_minor FROM recount
          UNION ALL SELECT target_id, change_minor FROM recount
          UNION ALL SELECT id, 0 FROM back)
    GROUP BY id
), item AS (
    SELECT customer_id, is_debit, due_date, total_minor - counted_minor AS rest_minor
    FROM payment_item INDEXED BY payment_item_customer_id_idx
    WHERE book_id = :book AND total_minor <> counted_minor AND (NOT :is_past OR business_date <= :day)
      AND id NOT IN (SELECT id FROM change)
    UNION ALL
    SELECT i.customer_id, i.is_debit, i.due_date, ifnull(b.total_minor, i.total_minor) - i.counted_minor - c.change_minor
    FROM change c
    CROSS JOIN payment_item i ON i.book_id = :book AND i.id = c.id
    LEFT JOIN back b ON b.id = i.id
    WHERE i.business_date <= :day
)";

/// Sums a customer, and of these the sum of all.
const SUMS: &str = ", rest AS (
    SELECT customer_id, due_date, iif(is_debit, max(0, rest_minor), 0) AS open_minor,
           iif(is_debit, max(0, -rest_minor), 0) AS over_minor, iif(is_debit, 0, rest_minor) AS left_minor, 0 AS adjusted_minor
    FROM item
    UNION ALL
    SELECT p.customer_id, p.business_date, 0, 0, 0, iif(d.kind = 'receivable', p.amount_minor, -p.amount_minor)
    FROM ledger_posting p INDEXED BY ledger_posting_customer_id_business_date_idx
    CROSS JOIN payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
    WHERE p.book_id = :book AND p.customer_id IS NOT NULL AND p.document_kind = 'adjustment'
      AND (NOT :is_past OR p.business_date <= :day)
), one AS MATERIALIZED (
    SELECT customer_id, sum(open_minor) AS open_minor, sum(over_minor) AS over_minor,
           sum(over_minor + left_minor) AS credit_minor, sum(adjusted_minor) AS adjusted_minor,
           sum(open_minor - over_minor - left_minor + adjusted_minor) AS balance_minor,
           sum(iif(due_date <= :day, open_minor, 0)) AS due_minor,
           min(iif(open_minor > 0, due_date, NULL)) AS since_date,
           sum(iif(due_date < :day, open_minor, 0)) AS overdue_minor,
           sum(iif(due_date >= :day30, open_minor, 0)) AS age_0_minor,
           sum(iif(due_date >= :day60 AND due_date < :day30, open_minor, 0)) AS age_31_minor,
           sum(iif(due_date >= :day90 AND due_date < :day60, open_minor, 0)) AS age_61_minor,
           sum(iif(due_date < :day90, open_minor, 0)) AS age_91_minor
    FROM rest GROUP BY customer_id
)
SELECT 'all' AS what, NULL AS id, NULL AS name, NULL AS sort_key, NULL AS phone, NULL AS since_date, NULL AS due_minor,
       NULL AS over_minor, count(*) FILTER (WHERE open_minor > 0) AS customers, ifnull(sum(open_minor), 0) AS open_minor,
       ifnull(sum(overdue_minor), 0) AS overdue_minor, ifnull(sum(age_0_minor), 0) AS age_0_minor,
       ifnull(sum(age_31_minor), 0) AS age_31_minor, ifnull(sum(age_61_minor), 0) AS age_61_minor,
       ifnull(sum(age_91_minor), 0) AS age_91_minor, ifnull(sum(credit_minor), 0) AS credit_minor,
       ifnull(sum(adjusted_minor), 0) AS adjusted_minor, ifnull(sum(balance_minor), 0) AS balance_minor
FROM one";

/// Those that should pay, and those that have paid too much.
const CHOSEN: &str = "
UNION ALL
SELECT 'due', c.id, c.name, NULL, c.phone, d.since_date, d.due_minor, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL
FROM (SELECT customer_id, since_date, due_minor FROM one
      WHERE due_minor > 0 ORDER BY since_date, due_minor DESC, customer_id LIMIT :due_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id
UNION ALL
SELECT 'overpaid', c.id, c.name, NULL, c.phone, NULL, NULL, d.over_minor, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL
FROM (SELECT customer_id, over_minor FROM one
      WHERE over_minor > 0 ORDER BY over_minor DESC, customer_id LIMIT :overpaid_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id";

/// A page of customers, who has the most to pay first.
const BY_OWED: &str = "
UNION ALL
SELECT 'age', c.id, c.name, d.open_minor, c.phone, NULL, NULL, NULL, NULL, d.open_minor, d.overdue_minor, d.age_0_minor,
       d.age_31_minor, d.age_61_minor, d.age_91_minor, d.credit_minor, d.adjusted_minor, d.balance_minor
FROM (SELECT customer_id, open_minor, overdue_minor, age_0_minor, age_31_minor, age_61_minor, age_91_minor, credit_minor,
             adjusted_minor, balance_minor
      FROM one
      WHERE (open_minor <> 0 OR credit_minor <> 0 OR adjusted_minor <> 0) AND (open_minor, customer_id) < (:key, :id)
      ORDER BY open_minor DESC, customer_id DESC LIMIT :ages_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id
ORDER BY what, since_date, due_minor DESC, over_minor DESC, sort_key DESC, id DESC";

/// A page of customers by name.
const BY_NAME: &str = "
UNION ALL
SELECT 'age', c.id, c.name, c.name_fold, c.phone, NULL, NULL, NULL, NULL, d.open_minor, d.overdue_minor, d.age_0_minor,
       d.age_31_minor, d.age_61_minor, d.age_91_minor, d.credit_minor, d.adjusted_minor, d.balance_minor
FROM (SELECT o.customer_id, o.open_minor, o.overdue_minor, o.age_0_minor, o.age_31_minor, o.age_61_minor, o.age_91_minor,
             o.credit_minor, o.adjusted_minor, o.balance_minor
      FROM one o
      CROSS JOIN customer n ON n.book_id = :book AND n.id = o.customer_id
      WHERE (o.open_minor <> 0 OR o.credit_minor <> 0 OR o.adjusted_minor <> 0) AND (n.name_fold, n.id) > (:key, :id)
      ORDER BY n.name_fold, n.id LIMIT :ages_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id
ORDER BY what, since_date, due_minor DESC, over_minor DESC, sort_key, id";
