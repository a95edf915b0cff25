//! Who owes what: customers as somebody who collects looks for them, and what they owe all together.
//!
//! Not here: one customer's account and statement.

use super::CustomerId;
use super::book::Session;
use super::customer::{self, CustomerQuery};
use super::ledger::clamped;
use super::page::{Limit, Page, Search};
use crate::kernel::{BookId, BusinessDate, Code, Fault, Money, Result};
use crate::store::{ReadRow, Snapshot};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A customer, and what it owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Debtor {
    /// The customer's id.
    pub id: CustomerId,
    /// What it is called.
    pub name: String,
    /// What people call it by in short, where something was agreed.
    pub code: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// Its town or village.
    pub city: Option<String>,
    /// What it owes; less than nothing where it has credit.
    pub balance_minor: Money,
}

impl ReadRow for Debtor {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Debtor> {
        Ok(Debtor {
            id: row.get("id")?,
            name: row.get("name")?,
            code: row.get("code")?,
            phone: row.get("phone")?,
            city: row.get("city")?,
            balance_minor: row.get("balance_minor")?,
        })
    }
}

/// Whom to look for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DebtorQuery {
    /// Words in name, code, contact or city, and phone numbers by their digits. Without any, who owes most comes first.
    #[serde(default)]
    pub search: Option<Search>,
    /// How many rows.
    #[serde(default)]
    pub limit: Limit,
}

/// Finds customers that are in use, with what each owes: by name where something is looked for, else those that owe, the most first,
/// and then the others by name.
///
/// # Errors
/// What SQLite says.
pub fn find(snapshot: &Snapshot, session: &Session, query: &DebtorQuery) -> Result<Page<Debtor>> {
    let book = session.book.id;
    let is_searched = query.search.as_ref().is_some_and(|search| !search.as_str().is_empty());
    let mut rows = if is_searched { Vec::new() } else { owing(snapshot, book, query.limit)? };
    if rows.len() < query.limit.rows() {
        let by_name = CustomerQuery { search: query.search.clone(), limit: query.limit, ..CustomerQuery::default() };
        let named = customer::list(snapshot, session, &by_name)?.rows;
        let ids: Vec<CustomerId> = named.iter().map(|customer| customer.id).collect();
        let others = of_these(snapshot, book, &ids)?.into_iter().filter(|one| !rows.contains(one)).collect::<Vec<_>>();
        rows.extend(others);
        rows.truncate(query.limit.rows());
    }
    Ok(Page::whole(rows))
}

/// Those that owe, the most first.
fn owing(snapshot: &Snapshot, book: BookId, limit: Limit) -> Result<Vec<Debtor>> {
    snapshot.all(
        "SELECT c.id, c.name, c.code, c.phone, c.city, l.balance_minor
         FROM ledger_customer_balance l
         CROSS JOIN customer c ON c.book_id = l.book_id AND c.id = l.customer_id
         WHERE l.book_id = :book AND l.balance_minor > 0 AND c.archived_at IS NULL
         ORDER BY l.balance_minor DESC, c.name_fold, c.id LIMIT :limit",
        named_params! { ":book": book, ":limit": limit.one_more() - 1 },
        Debtor::read_row,
    )
}

/// The customers of these ids, in their order.
fn of_these(snapshot: &Snapshot, book: BookId, ids: &[CustomerId]) -> Result<Vec<Debtor>> {
    snapshot.all(
        "SELECT c.id, c.name, c.code, c.phone, c.city, ifnull(l.balance_minor, 0) AS balance_minor
         FROM json_each(:ids) found
         CROSS JOIN customer c ON c.book_id = :book AND c.id = unhex(found.value, '-')
         LEFT JOIN ledger_customer_balance l ON l.book_id = c.book_id AND l.customer_id = c.id
         ORDER BY found.key",
        named_params! { ":ids": serde_json::json!(ids).to_string(), ":book": book },
        Debtor::read_row,
    )
}

/// What customers owe all together. The four ages come to what is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Owed {
    /// What is still to be paid of bills, debts and loans.
    pub open_minor: Money,
    /// How many customers that is of.
    pub customers: i64,
    /// What of it should have been paid before today.
    pub overdue_minor: Money,
    /// What of it is due today or later, or has been for up to 30 days.
    pub age_0_minor: Money,
    /// What of it has been due for 31 to 60 days.
    pub age_31_minor: Money,
    /// What of it has been due for 61 to 90 days.
    pub age_61_minor: Money,
    /// What of it has been due for longer.
    pub age_91_minor: Money,
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

/// How customers stand on a day, in one statement: so many that should pay, and so many that have paid too much.
///
/// # Errors
/// What SQLite says.
pub fn standing(
    snapshot: &Snapshot,
    book: BookId,
    today: BusinessDate,
    (due_max, overpaid_max): (i64, i64),
) -> Result<Standing> {
    let (mut owed, mut due, mut overpaid) = (None, Vec::new(), Vec::new());
    snapshot.each(
        STANDING,
        named_params! {
            ":book": book, ":today": today, ":day30": today.plus_days(-30), ":day60": today.plus_days(-60),
            ":day90": today.plus_days(-90), ":due_max": due_max, ":overpaid_max": overpaid_max,
        },
        |row| {
            match row.get_ref("what")?.as_str().map_err(rusqlite::Error::from)? {
                "all" => {
                    let sum = |column: &str| clamped(row.get(column)?);
                    owed = Some(Owed {
                        open_minor: sum("amount_minor")?,
                        customers: row.get("customers")?,
                        overdue_minor: sum("overdue_minor")?,
                        age_0_minor: sum("age_0_minor")?,
                        age_31_minor: sum("age_31_minor")?,
                        age_61_minor: sum("age_61_minor")?,
                        age_91_minor: sum("age_91_minor")?,
                    });
                }
                "due" => due.push(Due {
                    customer_id: row.get("id")?,
                    customer_name: row.get("name")?,
                    phone: row.get("phone")?,
                    due_minor: clamped(row.get("amount_minor")?)?,
                    since_date: row.get("since_date")?,
                }),
                _ => overpaid.push(Overpaid {
                    customer_id: row.get("id")?,
                    customer_name: row.get("name")?,
                    overpaid_minor: clamped(row.get("amount_minor")?)?,
                }),
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let owed = owed.ok_or_else(|| Fault::new(Code::Internal, "A sum over everything has no row."))?;
    Ok(Standing { owed, due, overpaid })
}

/// A sum a customer, and of these the sum of all, those that should pay, and those that have paid too much.
const STANDING: &str = "\
WITH rest AS (
    SELECT customer_id, due_date, max(0, total_minor - counted_minor) AS open_minor,
           max(0, counted_minor - total_minor) AS over_minor
    FROM payment_item INDEXED BY payment_item_customer_id_idx
    WHERE book_id = :book AND is_debit = 1 AND total_minor <> counted_minor
), one AS MATERIALIZED (
    SELECT customer_id, sum(open_minor) AS open_minor, sum(over_minor) AS over_minor,
           sum(iif(due_date <= :today, open_minor, 0)) AS due_minor,
           min(iif(open_minor > 0, due_date, NULL)) AS since_date,
           sum(iif(due_date < :today, open_minor, 0)) AS overdue_minor,
           sum(iif(due_date >= :day30, open_minor, 0)) AS age_0_minor,
           sum(iif(due_date >= :day60 AND due_date < :day30, open_minor, 0)) AS age_31_minor,
           sum(iif(due_date >= :day90 AND due_date < :day60, open_minor, 0)) AS age_61_minor,
           sum(iif(due_date < :day90, open_minor, 0)) AS age_91_minor
    FROM rest GROUP BY customer_id
)
SELECT 'all' AS what, NULL AS id, NULL AS name, NULL AS phone, NULL AS since_date, ifnull(sum(open_minor), 0) AS amount_minor,
       count(*) FILTER (WHERE open_minor > 0) AS customers, ifnull(sum(overdue_minor), 0) AS overdue_minor,
       ifnull(sum(age_0_minor), 0) AS age_0_minor, ifnull(sum(age_31_minor), 0) AS age_31_minor,
       ifnull(sum(age_61_minor), 0) AS age_61_minor, ifnull(sum(age_91_minor), 0) AS age_91_minor
FROM one
UNION ALL
SELECT 'due', c.id, c.name, c.phone, d.since_date, d.due_minor, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT customer_id, since_date, due_minor FROM one
      WHERE due_minor > 0 ORDER BY since_date, due_minor DESC, customer_id LIMIT :due_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id
UNION ALL
SELECT 'overpaid', c.id, c.name, c.phone, NULL, d.over_minor, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT customer_id, over_minor FROM one
      WHERE over_minor > 0 ORDER BY over_minor DESC, customer_id LIMIT :overpaid_max) d
CROSS JOIN customer c ON c.book_id = :book AND c.id = d.customer_id
ORDER BY what, since_date, amount_minor DESC, id";
