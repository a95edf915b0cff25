//! A sale at once: a bill, and the payments that pay it, in one command; and its undoing. Whoever gives no name is the walk-in
//! customer, who pays at once and in full.

use super::bill::credit::{self, BillVoid};
use super::bill::{self, BillShown, NewBill};
use super::claim::NewClaim;
use super::customer::{CustomerName, NewCustomer, WALK_IN_NAME, walk_in};
use super::line::NewLine;
use super::payment::{self, NewPayment, PaymentReversal, PaymentShown, Received, Reference, ReversalReason};
use super::{AccountId, BillId, CustomerId, account, customer, due};
use crate::kernel::{Acting, BusinessDate, Code, Fault, Line, Money, Prose, Result};
use crate::store::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many payments a sale has at most.
pub const PAYMENTS_MAX: usize = 10;

/// A part of what is paid at once.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SalePayment {
    /// Where the money goes.
    pub account_id: AccountId,
    /// How much; the rest of the bill when nothing is said.
    #[serde(default)]
    pub amount_minor: Option<Money>,
    /// What the customer gave: what of it is not due is given back.
    #[serde(default)]
    pub tendered_minor: Option<Money>,
    /// What a wallet, a bank or a slip calls it.
    #[serde(default)]
    pub reference: Option<Reference>,
}

/// Something that is sold and paid.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSale {
    /// The bill's id; made here when it isn't given.
    #[serde(default = "BillId::unless_given")]
    pub bill_id: BillId,
    /// Who buys; the walk-in customer when it isn't given.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// What is sold.
    pub lines: Vec<NewLine>,
    /// What is taken off the whole, spread over the lines.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// Whether prices include their tax; as the book says when it isn't given.
    #[serde(default)]
    pub tax_included: Option<bool>,
    /// What is paid at once, in the order that it is paid in.
    pub payments: Vec<SalePayment>,
    /// Whether a payment is taken though its account had one of that reference.
    #[serde(default)]
    pub accept_duplicate: bool,
    /// Whether an owner accepts that the customer then owes more than its limit; that is kept.
    #[serde(default)]
    pub accept_over_limit: bool,
    /// What the customer calls it.
    #[serde(default)]
    pub reference: Option<Line<60>>,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// What was sold and paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sold {
    /// The bill as it stands once it is paid.
    pub bill: BillShown,
    /// What was paid.
    pub payments: Vec<Received>,
    /// What is given back.
    pub change_minor: Money,
}

/// Sells and collects in one: the bill and each payment are steps of their own, and stand or go together.
///
/// # Errors
/// Those of a bill and of a payment; `walk_in` where the walk-in customer doesn't pay in full.
pub fn sell(unit: &mut Unit, acting: &Acting, new: &NewSale) -> Result<Sold> {
    if new.payments.len() > PAYMENTS_MAX {
        return Err(Fault::new(Code::TooLong, format!("A sale has {PAYMENTS_MAX} payments at most.")).at("payments"));
    }
    let buyer = match new.customer_id {
        Some(customer) => customer,
        None => unit.nested(|step| someone(step, acting))?,
    };
    let order = NewBill {
        bill_id: new.bill_id,
        customer_id: buyer,
        lines: new.lines.clone(),
        discount_minor: new.discount_minor,
        tax_included: new.tax_included,
        date: new.date,
        due_date: None,
        reference: new.reference.clone(),
        note: new.note.clone(),
        // What is paid at once is looked at once it is paid.
        accept_over_limit: new.accept_over_limit,
    };
    let mut bill = unit.nested(|step| bill::issue_paid(step, acting, &order))?;
    let mut rest = bill.bill.total_minor;
    let mut payments = Vec::new();
    for (place, part) in new.payments.iter().enumerate() {
        let at = |fault: Fault| match fault.field {
            Some(field) => Fault { field: Some(format!("payments.{place}.{field}")), ..fault },
            None => fault.at(&format!("payments.{place}")),
        };
        let paid = unit.nested(|step| pay(step, acting, (new, buyer), (place, part), rest)).map_err(at)?;
        rest = rest.less(paid.payment.counted_minor)?;
        payments.push(paid);
    }
    if buyer == walk_in(acting.book)
        && payments.iter().any(|paid| paid.payment.worth_minor > paid.payment.counted_minor)
    {
        let message = "The walk-in customer pays no more than is due; what was given above that is change.";
        return Err(Fault::new(Code::WalkIn, message).at("payments"));
    }
    if buyer == walk_in(acting.book) && rest > Money::ZERO {
        let message = "The walk-in customer pays at once and in full.";
        let details = serde_json::json!({ "open_minor": rest });
        return Err(Fault::new(Code::WalkIn, message).at("payments").with(details));
    }
    if rest > Money::ZERO {
        unit.nested(|step| bill::refuse_over_limit(step, acting, buyer, new.accept_over_limit))?;
    }
    let change_minor = payments.iter().try_fold(Money::ZERO, |sum, paid| sum.plus(paid.change_minor))?;
    bill = unit.nested(|step| bill::find_shown(step, acting.book, new.bill_id))?;
    Ok(Sold { bill, payments, change_minor })
}

/// One of the payments: it pays what is still open of the bill, or as much as it is.
fn pay(
    unit: &mut Unit,
    acting: &Acting,
    (new, buyer): (&NewSale, CustomerId),
    (place, part): (usize, &SalePayment),
    rest: Money,
) -> Result<Received> {
    let given = part.amount_minor.or(part.tendered_minor);
    let account = account::find(unit, acting.book, acting.device, part.account_id)?;
    let all = due::in_coins(unit, acting.book, &account, rest)?;
    let is_all = given.is_none_or(|given| given >= all || given >= rest);
    let claim = NewClaim { bill_id: new.bill_id, amount_minor: if is_all { rest } else { given.unwrap_or(rest) } };
    let order = NewPayment {
        payment_id: new.bill_id.derive_nth("payment", u32::try_from(place).unwrap_or(0)), // there are few
        customer_id: buyer,
        account_id: part.account_id,
        amount_minor: if part.tendered_minor.is_none() {
            Some(part.amount_minor.unwrap_or(rest))
        } else {
            part.amount_minor
        },
        tendered_minor: part.tendered_minor,
        claims: Some(if rest > Money::ZERO { vec![claim] } else { Vec::new() }),
        reference: part.reference.clone(),
        accept_duplicate: new.accept_duplicate,
        sale_order_id: None,
        memo: None,
        date: new.date,
    };
    payment::receive(unit, acting, &order)
}

/// The walk-in customer, who comes to be with the first sale to nobody; on every device under the same id.
fn someone(unit: &mut Unit, acting: &Acting) -> Result<CustomerId> {
    let id = walk_in(acting.book);
    if customer::is_there(unit, acting.book, id)? {
        return Ok(id);
    }
    let new = NewCustomer::named(id, CustomerName::parse(WALK_IN_NAME)?);
    customer::insert(unit, acting, &new)?;
    Ok(id)
}

/// A sale to be undone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleUndo {
    /// The bill of the sale.
    pub bill_id: BillId,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
}

/// What was undone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SaleUndone {
    /// The credit note that voids the bill.
    pub credit: BillShown,
    /// The payments that were reversed, as their reversals.
    pub payments: Vec<PaymentShown>,
}

/// Undoes a sale: its bill is voided, and the payments that were made with it are reversed, in one.
///
/// # Errors
/// Those of voiding a bill and of reversing a payment.
pub fn undo(unit: &mut Unit, acting: &Acting, order: &SaleUndo) -> Result<SaleUndone> {
    let mut reversed = Vec::new();
    for place in 0..u32::try_from(PAYMENTS_MAX).unwrap_or(0) {
        let payment_id = order.bill_id.derive_nth("payment", place);
        let order = PaymentReversal { payment_id, reason: ReversalReason::Mistake, memo: None, date: None };
        match unit.nested(|step| payment::reverse(step, acting, &order)) {
            Ok(reversal) => reversed.push(reversal),
            // One that was reversed before needs nothing more.
            Err(fault) if fault.code == Code::AlreadyReversed => {}
            Err(fault) if fault.code == Code::NotFound => break,
            Err(fault) => return Err(Fault { field: Some("bill_id".into()), ..fault }),
        }
    }
    let void = BillVoid { bill_id: order.bill_id, note: order.note.clone(), date: None };
    let voided = unit.nested(|step| credit::void(step, acting, &void))?;
    Ok(SaleUndone { credit: voided, payments: reversed })
}
