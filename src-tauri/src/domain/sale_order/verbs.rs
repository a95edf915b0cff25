//! What is done to orders. All but a copy is done by the device that keeps the order.

use super::{Order, OrderLine, OrderShown, OrderState, find, find_shown, price_changes};
use crate::domain::customer::{self, Customer};
use crate::domain::line::{self, NewLine, PricedLine};
use crate::domain::product::Label;
use crate::domain::record;
use crate::domain::{CustomerId, OrderId, OrderLineId, ProductId, TaxId, book};
use crate::kernel::{Acting, BusinessDate, Code, DeviceId, Edit, Fault, Line, Money, Prose, Quantity, Rate, Result};
use crate::store::Unit;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Something that a customer wants.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Its id; made here when it isn't given.
    #[serde(default = "OrderId::unless_given")]
    pub order_id: OrderId,
    /// Who wants it.
    pub customer_id: CustomerId,
    /// What is wanted.
    pub lines: Vec<NewLine>,
    /// What is taken off the whole, spread over the lines.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// Whether prices include their tax; as the book says when it isn't given.
    #[serde(default)]
    pub tax_included: Option<bool>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// Whatever else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
}

/// Drafts an order, which this device keeps. It keeps its prices until it is repriced.
///
/// # Errors
/// `not_found`, `archived`, `walk_in`, `empty`, `too_long`, `missing_field`, `out_of_range`.
pub fn draft(unit: &mut Unit, acting: &Acting, new: &NewOrder) -> Result<OrderShown> {
    insert_draft(unit, acting, new)?;
    find_shown(unit, acting.book, acting.device, new.order_id)
}

/// Drafts an order without reading it back, for imports of many.
///
/// # Errors
/// As [`draft`].
pub fn insert_draft(unit: &mut Unit, acting: &Acting, new: &NewOrder) -> Result<()> {
    let customer = buyer(unit, acting, new.customer_id)?;
    let tax_included = match new.tax_included {
        Some(included) => included,
        None => book::session(unit, Some(acting.book), None)?.book.prices_include_tax,
    };
    let priced = line::price(unit, (acting.book, tax_included), &new.lines, new.discount_minor)?;
    let made = Made {
        id: new.order_id,
        customer: customer.id,
        tax_included,
        date: new.date.unwrap_or(acting.today).bookable()?,
        note: new.note.as_ref().map(Prose::as_str),
    };
    insert(unit, acting, &made)?;
    insert_lines(unit, acting, (new.order_id, 1), &priced.lines)
}

/// Who may want something: anybody who is called by a name, for the walk-in customer takes it along.
fn buyer(unit: &Unit, acting: &Acting, id: CustomerId) -> Result<Customer> {
    let customer = customer::find(unit, acting.book, id)?;
    if customer.archived_at.is_some() {
        return Err(record::archived::<Customer>().at("customer_id"));
    }
    if id == customer::walk_in(acting.book) {
        return Err(
            Fault::new(Code::WalkIn, "The walk-in customer orders nothing: make a sale of it.").at("customer_id")
        );
    }
    Ok(customer)
}

/// A line of a draft, as it is from now on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditedLine {
    /// The line of the draft that it goes on from: what is not said stays, its price and the rate of its tax as well.
    #[serde(default)]
    pub order_line_id: Option<OrderLineId>,
    /// The product; nothing where the book has no record of what is wanted.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// What papers call it.
    #[serde(default)]
    pub description: Option<Line<120>>,
    /// What it is sold by; as the line or the product says when it isn't given.
    #[serde(default)]
    pub unit: Option<Label>,
    /// How much of it, in thousandths.
    pub quantity_milli: Quantity,
    /// What one costs.
    #[serde(default)]
    pub price_minor: Option<Money>,
    /// The part that is taken off, in parts per million.
    #[serde(default)]
    pub discount_ppm: Option<Rate>,
    /// The amount that is taken off; not both.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// The tax on it: none where it is null.
    #[serde(default)]
    pub tax_id: Edit<TaxId>,
}

impl EditedLine {
    fn as_new(&self) -> NewLine {
        NewLine {
            product_id: self.product_id,
            description: self.description.clone(),
            unit: self.unit.clone(),
            quantity_milli: self.quantity_milli,
            price_minor: self.price_minor,
            discount_ppm: self.discount_ppm,
            discount_minor: self.discount_minor,
            tax_id: self.tax_id.clone(),
        }
    }
}

/// A change of a draft. What is not given stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderEdit {
    /// The draft that is meant.
    pub order_id: OrderId,
    /// The version that the person saw.
    pub row_version: i64,
    /// Who wants it.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// The business date.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// Whatever else is to be said; null clears it.
    #[serde(default)]
    pub note: Edit<Prose<500>>,
    /// All lines as they are from now on.
    #[serde(default)]
    pub lines: Option<Vec<EditedLine>>,
    /// What is taken off the whole, spread over these lines.
    #[serde(default)]
    pub discount_minor: Option<Money>,
}

/// Changes a draft.
///
/// # Errors
/// `not_found`, `stale`, `not_custodian`, `wrong_state`, and those of [`draft`].
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &OrderEdit) -> Result<OrderShown> {
    let before = find_own(unit, acting, edit.order_id, Some(edit.row_version))?;
    refuse_unless(&before, &[OrderState::Draft])?;
    let customer = match edit.customer_id {
        Some(customer) => buyer(unit, acting, customer)?.id,
        None => before.customer_id,
    };
    let note = match &edit.note {
        Edit::Keep => before.note.as_deref(),
        Edit::Clear => None,
        Edit::Set(note) => Some(note.as_str()),
    };
    if let Some(lines) = &edit.lines {
        let kept = kept_lines(&before, lines)?;
        let new: Vec<NewLine> = lines.iter().map(EditedLine::as_new).collect();
        let terms = (acting.book, before.tax_included);
        let priced = line::price_kept(unit, terms, &new, &kept, edit.discount_minor)?;
        replace_lines(unit, acting, &before, priced.lines)?;
    }
    unit.execute(
        "UPDATE sale_order
         SET customer_id = :customer, business_date = :date, note = :note, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":book": acting.book, ":id": before.id, ":customer": customer,
            ":date": edit.date.unwrap_or(before.date).bookable()?, ":note": note,
        },
    )?;
    find_shown(unit, acting.book, acting.device, before.id)
}

/// The line that each line goes on from, where it names one; each is named once.
fn kept_lines<'o>(before: &'o Order, lines: &[EditedLine]) -> Result<Vec<Option<&'o PricedLine>>> {
    let mut named: HashSet<OrderLineId> = HashSet::new();
    let kept = lines.iter().enumerate().map(|(place, line)| {
        let Some(id) = line.order_line_id else { return Ok(None) };
        let found = before.lines.iter().find(|kept| kept.id == id).filter(|_| named.insert(id));
        let found = found.ok_or_else(|| {
            Fault::new(Code::NotFound, "The order has no such line, or it was named before.")
                .at(&format!("lines.{place}.order_line_id"))
        })?;
        Ok(Some(&found.line))
    });
    kept.collect()
}

/// Which order, in the version that the person saw.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderSeen {
    /// The order that is meant.
    pub order_id: OrderId,
    /// The version that the person saw.
    pub row_version: i64,
}

/// Confirms a draft: it gets its number, and is not changed any more. It tells what has another price or tax by now, and refuses
/// nothing for it.
///
/// # Errors
/// `not_found`, `stale`, `not_custodian`, `wrong_state`.
pub fn confirm(unit: &mut Unit, acting: &Acting, seen: &OrderSeen) -> Result<OrderShown> {
    let before = find_own(unit, acting, seen.order_id, Some(seen.row_version))?;
    refuse_unless(&before, &[OrderState::Draft])?;
    let changes = price_changes(unit, acting.book, before.id)?;
    unit.execute(
        "UPDATE sale_order
         SET (device_id, series, serial, number) =
                 (SELECT d.id, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial)
                  FROM device d
                  JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
                        FROM sale_order
                        WHERE book_id = :book AND device_id = :device AND series = :series AND serial IS NOT NULL) n
                  WHERE d.book_id = :book AND d.id = :device),
             confirmed_at = :at, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":book": acting.book, ":id": before.id, ":device": acting.device, ":series": acting.series('O'), ":at": acting.at,
        },
    )?;
    let shown = find_shown(unit, acting.book, acting.device, before.id)?;
    Ok(OrderShown { price_changes: changes, ..shown })
}

/// An order to be cancelled.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderCancel {
    /// The order that is meant.
    pub order_id: OrderId,
    /// The version that the person saw.
    pub row_version: i64,
    /// Why it is not wanted any more.
    pub cancel_reason: Line<200>,
}

/// Cancels a confirmed order: what is not billed of it is not wanted any more. Deposits are the customer's credit.
///
/// # Errors
/// `not_found`, `stale`, `not_custodian`, `wrong_state`.
pub fn cancel(unit: &mut Unit, acting: &Acting, order: &OrderCancel) -> Result<OrderShown> {
    let before = find_own(unit, acting, order.order_id, Some(order.row_version))?;
    refuse_unless(&before, &[OrderState::Confirmed, OrderState::PartBilled])?;
    unit.execute(
        "UPDATE sale_order SET cancelled_at = :at, cancel_reason = :reason, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! { ":book": acting.book, ":id": before.id, ":at": acting.at, ":reason": order.cancel_reason },
    )?;
    find_shown(unit, acting.book, acting.device, before.id)
}

/// A draft that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Discarded {
    /// The order that is gone.
    pub order_id: OrderId,
    /// The lines that went with it.
    pub lines: Vec<OrderLine>,
}

/// Discards a draft, lines and all. It had no number, so none is missing.
///
/// # Errors
/// `not_found`, `stale`, `not_custodian`, `wrong_state`.
pub fn discard(unit: &mut Unit, acting: &Acting, seen: &OrderSeen) -> Result<Discarded> {
    let before = find_own(unit, acting, seen.order_id, Some(seen.row_version))?;
    refuse_unless(&before, &[OrderState::Draft])?;
    unit.execute(
        "DELETE FROM sale_order WHERE book_id = :book AND id = :id",
        named_params! { ":book": acting.book, ":id": before.id },
    )?;
    Ok(Discarded { order_id: before.id, lines: before.lines })
}

/// To whom an order goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRelease {
    /// The order that is meant.
    pub order_id: OrderId,
    /// The version that the person saw.
    pub row_version: i64,
    /// The device that keeps it from now on: another one of the book.
    pub to_device_id: DeviceId,
}

/// Gives an order into the custody of another device, which alone changes and bills it from then on.
///
/// # Errors
/// `not_found`, also for the device; `stale`, `not_custodian`; `unknown_choice` when it was to stay where it is.
pub fn release(unit: &mut Unit, acting: &Acting, order: &OrderRelease) -> Result<OrderShown> {
    let before = find_own(unit, acting, order.order_id, Some(order.row_version))?;
    if order.to_device_id == acting.device {
        return Err(Fault::new(Code::UnknownChoice, "This device keeps the order already.").at("to_device_id"));
    }
    let Some(receiver) = book::find_device(unit, acting.book, order.to_device_id)? else {
        return Err(Fault::new(Code::NotFound, "This device is not in the book.").at("to_device_id"));
    };
    if receiver.revoked_at.is_some() {
        let message = format!("Head office has shut {} out, so it can't keep an order.", receiver.name);
        return Err(Fault::new(Code::UnknownChoice, message).at("to_device_id"));
    }
    unit.execute(
        "UPDATE sale_order SET custodian_device_id = :to, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! { ":book": acting.book, ":id": before.id, ":to": order.to_device_id },
    )?;
    find_shown(unit, acting.book, acting.device, before.id)
}

/// An order to be copied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderCopy {
    /// The copy's id; made here when it isn't given.
    #[serde(default = "OrderId::unless_given")]
    pub order_id: OrderId,
    /// The order that is copied, whoever keeps it.
    pub from_order_id: OrderId,
}

/// Copies an order as a draft that this device keeps, of today, at the prices of the original until it is repriced.
///
/// # Errors
/// `not_found`, `archived`.
pub fn copy(unit: &mut Unit, acting: &Acting, order: &OrderCopy) -> Result<OrderShown> {
    let from =
        find(unit, acting.book, acting.device, order.from_order_id).map_err(|fault| fault.at("from_order_id"))?;
    let made = Made {
        id: order.order_id,
        customer: buyer(unit, acting, from.customer_id)?.id,
        tax_included: from.tax_included,
        date: acting.today,
        note: from.note.as_deref(),
    };
    insert(unit, acting, &made)?;
    let lines: Vec<PricedLine> = from.lines.into_iter().map(|line| line.line).collect();
    insert_lines(unit, acting, (order.order_id, 1), &lines)?;
    find_shown(unit, acting.book, acting.device, order.order_id)
}

/// Gives a draft today's prices and rates of tax. A price that was agreed, so is not the product's of then, stays.
///
/// # Errors
/// `not_found`, `stale`, `not_custodian`, `wrong_state`; `out_of_range` where a discount is more than its line by now.
pub fn reprice(unit: &mut Unit, acting: &Acting, seen: &OrderSeen) -> Result<OrderShown> {
    let before = find_own(unit, acting, seen.order_id, Some(seen.row_version))?;
    refuse_unless(&before, &[OrderState::Draft])?;
    let changes = price_changes(unit, acting.book, before.id)?;
    let now = |line: &OrderLine| changes.iter().find(|change| change.order_line_id == line.id);
    let lines = before.lines.iter().map(|line| {
        let mut line_now = line.line.clone();
        if let Some(change) = now(line) {
            if change.list_price_minor == Some(change.price_minor) {
                line_now.price_minor = change.list_price_now_minor.unwrap_or(change.price_minor);
            }
            line_now.list_price_minor = change.list_price_now_minor;
            line_now.tax_ppm = change.tax_now_ppm;
        }
        line_now
    });
    let lines = line::recount(lines.collect(), before.tax_included)?;
    replace_lines(unit, acting, &before, lines)?;
    unit.execute(
        "UPDATE sale_order SET row_version = row_version + 1 WHERE book_id = :book AND id = :id",
        named_params! { ":book": acting.book, ":id": before.id },
    )?;
    find_shown(unit, acting.book, acting.device, before.id)
}

/// An order that this device keeps, in the version that was seen where one is named.
///
/// # Errors
/// `not_found`, `not_custodian`, `stale`.
pub(in crate::domain) fn find_own(
    unit: &Unit,
    acting: &Acting,
    id: OrderId,
    row_version: Option<i64>,
) -> Result<Order> {
    let order = find(unit, acting.book, acting.device, id).map_err(|fault| fault.at("order_id"))?;
    if !order.custodian_here {
        let message = format!("The order is kept by {}, which alone may change it; copy it.", order.custodian_name);
        let details = serde_json::json!({ "custodian_device_id": order.custodian_device_id, "offer": "order_copy" });
        return Err(Fault::new(Code::NotCustodian, message).at("order_id").with(details));
    }
    if row_version.is_some_and(|seen| seen != order.row_version) {
        return Err(Fault::new(Code::Stale, "This was changed in the meantime; look at it again before you save.")
            .with(serde_json::json!({ "current": order })));
    }
    Ok(order)
}

/// # Errors
/// `wrong_state`.
pub(in crate::domain) fn refuse_unless(order: &Order, states: &[OrderState]) -> Result<()> {
    if states.contains(&order.state) {
        return Ok(());
    }
    let message = match order.state {
        OrderState::Draft => "The order is a draft: confirm it first.",
        OrderState::Confirmed => "The order is confirmed, and isn't changed any more: cancel it and copy it.",
        OrderState::PartBilled => "A part of the order is billed, so it isn't changed any more.",
        OrderState::Billed => "All of the order is billed.",
        OrderState::Cancelled => "The order was cancelled.",
    };
    let details = serde_json::json!({ "state": order.state });
    Err(Fault::new(Code::WrongState, message).at("order_id").with(details))
}

/// What is written down.
struct Made<'m> {
    id: OrderId,
    customer: CustomerId,
    tax_included: bool,
    date: BusinessDate,
    note: Option<&'m str>,
}

fn insert(unit: &mut Unit, acting: &Acting, made: &Made) -> Result<()> {
    unit.execute(
        "INSERT INTO sale_order (book_id, id, custodian_device_id, business_date, customer_id, tax_included, note, person_id,
                                 created_at)
         VALUES (:book, :id, :device, :date, :customer, :tax_included, :note, :person, :at)",
        named_params! {
            ":book": acting.book, ":id": made.id, ":device": acting.device, ":date": made.date, ":customer": made.customer,
            ":tax_included": made.tax_included, ":note": made.note, ":person": acting.person, ":at": acting.at,
        },
    )?;
    Ok(())
}

/// Lines are never changed: one that becomes another is deleted, and the other one made, so that a line always adds up, whatever
/// copies of a store did to it.
fn replace_lines(unit: &mut Unit, acting: &Acting, before: &Order, lines: Vec<PricedLine>) -> Result<()> {
    let stays = |line: &&OrderLine| lines.contains(&line.line);
    let kept: Vec<&OrderLine> = before.lines.iter().filter(stays).collect();
    let gone: Vec<OrderLineId> = before.lines.iter().filter(|line| !stays(line)).map(|line| line.id).collect();
    let new: Vec<PricedLine> =
        lines.iter().filter(|line| !kept.iter().any(|kept| kept.line == **line)).cloned().collect();
    unit.execute(
        "DELETE FROM sale_order_line
         WHERE book_id = :book AND id IN (SELECT unhex(value, '-') FROM json_each(:lines))",
        named_params! { ":book": acting.book, ":lines": serde_json::json!(gone).to_string() },
    )?;
    insert_lines(unit, acting, (before.id, before.row_version + 1), &new)
}

/// Writes all lines in one statement. Their ids follow from the order's and from what wrote them.
fn insert_lines(
    unit: &mut Unit,
    acting: &Acting,
    (order, version): (OrderId, i64),
    lines: &[PricedLine],
) -> Result<()> {
    #[derive(Serialize)]
    struct Row<'l> {
        id: OrderLineId,
        #[serde(flatten)]
        line: &'l PricedLine,
    }
    let purpose = format!("line:{}:{}:{version}", acting.device, acting.at.0);
    let rows: Vec<Row> = lines
        .iter()
        .map(|line| Row { id: order.derive_nth(&purpose, u32::try_from(line.line_no).unwrap_or(0)), line }) // there are few
        .collect();
    unit.execute(
        "INSERT INTO sale_order_line (book_id, id, sale_order_id, line_no, product_id, sku, class_code, description, unit,
                                      quantity_milli, price_minor, list_price_minor, gross_minor, discount_ppm,
                                      discount_minor, net_minor, tax_id, tax_code, tax_ppm, tax_minor)
         SELECT :book, unhex(l.value ->> 'id', '-'), :order, l.value ->> 'line_no', unhex(l.value ->> 'product_id', '-'),
                l.value ->> 'sku', l.value ->> 'class_code', l.value ->> 'description', l.value ->> 'unit',
                l.value ->> 'quantity_milli', l.value ->> 'price_minor', l.value ->> 'list_price_minor',
                l.value ->> 'gross_minor', l.value ->> 'discount_ppm', l.value ->> 'discount_minor', l.value ->> 'net_minor',
                unhex(l.value ->> 'tax_id', '-'), l.value ->> 'tax_code', l.value ->> 'tax_ppm', l.value ->> 'tax_minor'
         FROM json_each(:lines) l",
        named_params! { ":book": acting.book, ":order": order, ":lines": serde_json::json!(rows).to_string() },
    )?;
    Ok(())
}
