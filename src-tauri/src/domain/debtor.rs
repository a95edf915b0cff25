//! Who owes what: customers as somebody who collects looks for them.
//!
//! Not here: one customer's account and statement; how old it is what they owe.

use super::CustomerId;
use super::book::Session;
use super::customer::{self, CustomerQuery};
use super::page::{Limit, Page, Search};
use crate::kernel::{BookId, Money, Result};
use crate::store::{ReadRow, Snapshot};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
