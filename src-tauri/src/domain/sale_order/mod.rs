//! Orders: what a customer wants. A draft until it is confirmed, which gives it its number; the device that keeps it alone
//! changes it. What of it is billed, the bills say, and so an order has no state but what they make of it.
//!
//! What is done to orders is in `verbs.rs`, lists in `list.rs`.
//!
//! Not here: bills and deposits.

pub mod list;
pub mod verbs;

use super::account::{AccountKind, system_account};
use super::bill::{self, Bill};
use super::book::Session;
use super::line::{self, PricedLine, TaxTotal};
use super::payment::{self, Payment};
use super::{CustomerId, OrderId, OrderLineId};
use crate::kernel::{
    BookId, BusinessDate, Code, DeviceId, Fault, Instant, Money, Noun, NounKind, PersonId, Rate, Result, total::Amounts,
};
use crate::store::{ReadRow, Snapshot};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Orders, as other rooms know them: the device that keeps one alone writes it.
pub const NOUN: Noun = Noun {
    table: "sale_order",
    kind: NounKind::Work,
    named_by: Some("number"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// Their lines, as other rooms know them.
pub const LINE: Noun = Noun {
    table: "sale_order_line",
    kind: NounKind::Owned { by: "sale_order" },
    named_by: Some("description"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

words! {
    /// What has become of an order.
    OrderState {
        Draft "draft" "It may still be changed.";
        Confirmed "confirmed" "It stands, and nothing of it is billed.";
        PartBilled "part_billed" "A part of it is billed.";
        Billed "billed" "All of it is billed, or more.";
        Cancelled "cancelled" "What is not billed of it is not wanted any more.";
    }
}

/// An order with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Order {
    /// What bills and deposits name it by.
    pub id: OrderId,
    /// Its number, `{device code}-{series}-{000001}`; nothing of a draft.
    pub number: Option<String>,
    /// What has become of it.
    pub state: OrderState,
    /// The device that alone may change it.
    pub custodian_device_id: DeviceId,
    /// What that device is called.
    pub custodian_name: String,
    /// Whether that is this device.
    pub custodian_here: bool,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// When it was confirmed.
    pub confirmed_at: Option<Instant>,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// Who wants it.
    pub customer_id: CustomerId,
    /// What that customer is called.
    pub customer_name: String,
    /// Whether its prices include their tax.
    pub tax_included: bool,
    /// Without tax.
    pub net_minor: Money,
    /// All taxes together.
    pub tax_minor: Money,
    /// What all of it comes to.
    pub total_minor: Money,
    /// Whatever else is to be said.
    pub note: Option<String>,
    /// Who made it.
    pub person_id: PersonId,
    /// The name of who made it.
    pub person_name: String,
    /// The version of the row, which an edit names.
    pub row_version: i64,
    /// What is wanted.
    pub lines: Vec<OrderLine>,
}

/// A line of an order, and how much of it is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderLine {
    /// What a bill names it by.
    pub id: OrderLineId,
    /// What it says and comes to.
    #[serde(flatten)]
    pub line: PricedLine,
    /// How much of it is billed, in thousandths; more than was ordered where copies of a store billed it twice.
    pub billed_milli: i64,
    /// How much of it is left to be billed, in thousandths.
    pub left_milli: i64,
}

/// A line of a draft whose product or tax is not what it was when the line was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceChange {
    /// The line that is meant.
    pub order_line_id: OrderLineId,
    /// What it is about.
    pub description: String,
    /// What one costs in the order.
    pub price_minor: Money,
    /// What the product cost then.
    pub list_price_minor: Option<Money>,
    /// What it costs now.
    pub list_price_now_minor: Option<Money>,
    /// The rate of the tax in the order, in parts per million.
    pub tax_ppm: Rate,
    /// Its rate now.
    pub tax_now_ppm: Rate,
}

/// A payment for an order, and what of it is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deposit {
    /// The payment as it stands.
    #[serde(flatten)]
    pub payment: Payment,
    /// What of it pays nothing yet.
    pub left_minor: Money,
}

/// An order with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderShown {
    /// The order that was asked for.
    #[serde(flatten)]
    pub order: Order,
    /// What falls to each tax.
    pub taxes: Vec<TaxTotal>,
    /// The bills of it, the oldest first.
    pub bills: Vec<Bill>,
    /// What was paid for it, the oldest first.
    pub deposits: Vec<Deposit>,
    /// Of a draft, or as it is confirmed: what has another price or tax by now. The order keeps its own.
    pub price_changes: Vec<PriceChange>,
}

const ORDER: &str = "\
SELECT t.id, t.number, s.state, t.custodian_device_id, d.name AS custodian_name,
       t.custodian_device_id = :device AS custodian_here, t.business_date, t.created_at, t.confirmed_at, t.cancelled_at,
       t.cancel_reason, t.customer_id, c.name AS customer_name, t.tax_included, t.note, t.person_id, p.name AS person_name,
       t.row_version
FROM sale_order t
CROSS JOIN sale_order_state s ON s.book_id = t.book_id AND s.id = t.id
CROSS JOIN device d ON d.book_id = t.book_id AND d.id = t.custodian_device_id
CROSS JOIN customer c ON c.book_id = t.book_id AND c.id = t.customer_id
CROSS JOIN person p ON p.book_id = t.book_id AND p.id = t.person_id";

impl ReadRow for Order {
    /// The lines, and what they come to, are the reader's to fill in.
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Order> {
        Ok(Order {
            id: row.get("id")?,
            number: row.get("number")?,
            state: row.get("state")?,
            custodian_device_id: row.get("custodian_device_id")?,
            custodian_name: row.get("custodian_name")?,
            custodian_here: row.get("custodian_here")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            confirmed_at: row.get("confirmed_at")?,
            cancelled_at: row.get("cancelled_at")?,
            cancel_reason: row.get("cancel_reason")?,
            customer_id: row.get("customer_id")?,
            customer_name: row.get("customer_name")?,
            tax_included: row.get("tax_included")?,
            net_minor: Money::ZERO,
            tax_minor: Money::ZERO,
            total_minor: Money::ZERO,
            note: row.get("note")?,
            person_id: row.get("person_id")?,
            person_name: row.get("person_name")?,
            row_version: row.get("row_version")?,
            lines: Vec::new(),
        })
    }
}

/// Eager loading: the lines of all these orders, and how much of each is billed, in one statement.
fn load_lines(snapshot: &Snapshot, book: BookId, orders: &mut [Order]) -> Result<()> {
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let income = system_account(book, AccountKind::Income);
    let found: Vec<(OrderId, OrderLine)> = snapshot.all(
        "SELECT l.sale_order_id, l.id, l.line_no, l.product_id, l.sku, l.class_code, l.description, l.unit, l.quantity_milli,
                l.price_minor, l.list_price_minor, l.gross_minor, l.discount_ppm, l.discount_minor, l.net_minor, l.tax_id,
                l.tax_code, l.tax_ppm, l.tax_minor, s.billed_milli, max(0, l.quantity_milli - s.billed_milli) AS left_milli
         FROM json_each(:orders) o
         CROSS JOIN sale_order_line l ON l.book_id = :book AND l.sale_order_id = unhex(o.value, '-')
         CROSS JOIN sale_order_line_state s ON s.book_id = l.book_id AND s.id = l.id
         ORDER BY o.key, l.line_no, l.id",
        named_params! { ":book": book, ":orders": serde_json::json!(ids).to_string() },
        |row| {
            let line = PricedLine {
                line_no: row.get("line_no")?,
                product_id: row.get("product_id")?,
                sku: row.get("sku")?,
                class_code: row.get("class_code")?,
                description: row.get("description")?,
                unit: row.get("unit")?,
                quantity_milli: row.get("quantity_milli")?,
                price_minor: row.get("price_minor")?,
                list_price_minor: row.get("list_price_minor")?,
                gross_minor: row.get("gross_minor")?,
                discount_ppm: row.get("discount_ppm")?,
                discount_minor: row.get("discount_minor")?,
                net_minor: row.get("net_minor")?,
                tax_id: row.get("tax_id")?,
                tax_code: row.get("tax_code")?,
                tax_ppm: row.get("tax_ppm")?,
                tax_minor: row.get("tax_minor")?,
                account_id: income,
            };
            let (billed_milli, left_milli) = (row.get("billed_milli")?, row.get("left_milli")?);
            Ok((row.get("sale_order_id")?, OrderLine { id: row.get("id")?, line, billed_milli, left_milli }))
        },
    )?;
    let mut lines: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for (order, line) in found {
        lines.entry(order).or_default().push(line);
    }
    for order in orders {
        order.lines = lines.remove(&order.id).unwrap_or_default();
        let amounts: Vec<Amounts> = order.lines.iter().map(|line| line.line.amounts()).collect();
        let sum = Amounts::sum(&amounts)?;
        (order.net_minor, order.tax_minor, order.total_minor) = (sum.net, sum.tax, sum.total()?);
    }
    Ok(())
}

/// One order with its lines, as a device sees it.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, device: DeviceId, id: OrderId) -> Result<Order> {
    let order = snapshot
        .maybe(
            &format!("{ORDER} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":device": device, ":id": id },
            Order::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This order is not in the book."))?;
    let mut orders = [order];
    load_lines(snapshot, book, &mut orders)?;
    let [order] = orders;
    Ok(order)
}

fn price_changes(snapshot: &Snapshot, book: BookId, order: OrderId) -> Result<Vec<PriceChange>> {
    snapshot.all(
        "SELECT l.id, l.description, l.price_minor, l.list_price_minor, p.price_minor AS list_price_now_minor, l.tax_ppm,
                ifnull(x.rate_ppm, 0) AS tax_now_ppm
         FROM sale_order_line l
         LEFT JOIN product p ON p.book_id = l.book_id AND p.id = l.product_id
         LEFT JOIN tax x ON x.book_id = l.book_id AND x.id = l.tax_id
         WHERE l.book_id = :book AND l.sale_order_id = :order
           AND (p.price_minor IS NOT l.list_price_minor OR ifnull(x.rate_ppm, 0) <> l.tax_ppm)
         ORDER BY l.line_no, l.id",
        named_params! { ":book": book, ":order": order },
        |row| {
            Ok(PriceChange {
                order_line_id: row.get("id")?,
                description: row.get("description")?,
                price_minor: row.get("price_minor")?,
                list_price_minor: row.get("list_price_minor")?,
                list_price_now_minor: row.get("list_price_now_minor")?,
                tax_ppm: row.get("tax_ppm")?,
                tax_now_ppm: row.get("tax_now_ppm")?,
            })
        },
    )
}

/// One order with all that belongs to it.
fn find_shown(snapshot: &Snapshot, book: BookId, device: DeviceId, id: OrderId) -> Result<OrderShown> {
    let order = find(snapshot, book, device, id).map_err(|fault| fault.at("order_id"))?;
    let is_draft = order.state == OrderState::Draft;
    let (bills, deposits, price_changes) = if is_draft {
        (Vec::new(), Vec::new(), price_changes(snapshot, book, id)?)
    } else {
        (bill::of_order(snapshot, book, id)?, payment::of_order(snapshot, book, id)?, Vec::new())
    };
    let deposit = |payment: Payment| -> Result<Deposit> {
        Ok(Deposit { left_minor: payment.worth_minor.less(payment.counted_minor)?, payment })
    };
    Ok(OrderShown {
        taxes: line::by_tax(order.lines.iter().map(|line| &line.line))?,
        order,
        bills,
        deposits: deposits.into_iter().map(deposit).collect::<Result<_>>()?,
        price_changes,
    })
}

/// Which order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichOrder {
    /// The order to be shown.
    pub order_id: OrderId,
}

/// Shows one order with its lines, its bills and its deposits.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichOrder) -> Result<OrderShown> {
    find_shown(snapshot, session.book.id, session.device.id, which.order_id)
}
