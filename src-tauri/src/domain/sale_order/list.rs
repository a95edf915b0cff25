//! Lists of orders.

use super::{ORDER, Order, OrderState, load_lines};
use crate::domain::CustomerId;
use crate::domain::book::Session;
use crate::domain::page::{DatePage, Direction, Limit, Page, Search, Words};
use crate::domain::record;
use crate::kernel::{BusinessDate, Result};
use crate::store::{ReadRow, Snapshot};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which orders a list shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    /// Only those of this customer.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Only those in one of these states.
    #[serde(default)]
    pub states: Option<Vec<OrderState>>,
    /// Only those that this device keeps.
    #[serde(default)]
    pub kept_here: bool,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in number or customer.
    #[serde(default)]
    pub search: Option<Search>,
    /// The newest first, unless said otherwise.
    #[serde(default = "record::yes")]
    pub descending: bool,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// Orders, by business date, with their lines.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, query: &OrderQuery) -> Result<Page<Order>> {
    let book = session.book.id;
    let page = DatePage::of(query, query.cursor.as_deref(), query.descending, (query.from_date, query.to_date))?;
    let Direction { order, beyond } = page.direction;
    // Of one customer, its own index is walked.
    let customer = if query.customer_id.is_some() { "t.customer_id = :customer" } else { ":customer IS NULL" };
    let sql = format!(
        "{ORDER}
         WHERE t.book_id = :book AND {customer}
           AND (t.business_date, t.created_at, t.id) {beyond} (:date, :at, :after)
           AND t.business_date BETWEEN :from AND :to
           AND (NOT :kept_here OR t.custodian_device_id = :device)
           AND instr(ifnull(lower(t.number), '') || char(10) || c.search_text, :word1)
           AND instr(ifnull(lower(t.number), '') || char(10) || c.search_text, :word2)
           AND instr(ifnull(lower(t.number), '') || char(10) || c.search_text, :word3)
           AND (:states IS NULL OR s.state IN (SELECT value FROM json_each(:states)))
         ORDER BY t.business_date {order}, t.created_at {order}, t.id {order} LIMIT :limit"
    );
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let states = query.states.as_ref().map(|states| serde_json::json!(states).to_string());
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": book, ":device": session.device.id, ":customer": query.customer_id, ":date": page.date, ":at": page.at,
            ":after": page.after, ":from": page.from, ":to": page.to, ":kept_here": query.kept_here, ":states": states,
            ":word1": word1, ":word2": word2, ":word3": word3, ":limit": query.limit.one_more(),
        },
        Order::read_row,
    )?;
    let mut page = Page::cut(rows, query.limit, |last| DatePage::behind(query, last.date, last.created_at, last.id));
    load_lines(snapshot, book, &mut page.rows)?;
    Ok(page)
}
