//! What is of an amount alone: a bill that was open before the book began, and what of a bill will not be paid. Either is reversed
//! where it was wrong.

use super::{BillKind, BillShown, CreditReason, Made, buyer, credited_bill, find_shown, insert};
use crate::domain::account::{AccountKind, system_account};
use crate::domain::ledger::{self, DocumentKind, NewPosting};
use crate::domain::{BillId, CustomerId, claim, customer};
use crate::kernel::{Acting, BusinessDate, Code, Fault, Line, Money, Prose, Result};
use crate::store::Unit;
use schemars::JsonSchema;
use serde::Deserialize;

/// What will not be paid.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWriteOff {
    /// The write-off's id; made here when it isn't given.
    #[serde(default = "BillId::unless_given")]
    pub write_off_id: BillId,
    /// The bill or debt.
    pub bill_id: BillId,
    /// How much of it; all that is open when it isn't given.
    #[serde(default)]
    pub amount_minor: Option<Money>,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Writes off what is open of a bill: the customer won't pay it. The tax on it stays until the authority gives it back.
///
/// # Errors
/// `not_found`, `wrong_document`, `already_reversed`, `over_claimed`, `out_of_range`, `bad_date`, `period_closed`.
pub fn write_off(unit: &mut Unit, acting: &Acting, order: &NewWriteOff) -> Result<BillShown> {
    let bill = credited_bill(unit, acting.book, order.bill_id, &[BillKind::Bill, BillKind::Debt])?;
    let amount = order.amount_minor.unwrap_or(bill.open_minor);
    if amount > bill.open_minor || bill.open_minor == Money::ZERO {
        return Err(claim::over_claimed(bill.open_minor, amount).at("amount_minor"));
    }
    let amount = amount.positive().map_err(|fault| fault.at("amount_minor"))?;
    let customer = customer::find(unit, acting.book, bill.customer_id)?;
    let date = acting.bookable(order.date.unwrap_or(acting.today))?.max(bill.date);
    let made = Made {
        kind: BillKind::WriteOff,
        credits: Some(bill.id),
        reason: Some(CreditReason::BadDebt),
        note: order.note.as_ref(),
        ..Made::plain(order.write_off_id, &customer, amount, date)
    };
    insert(unit, acting, &made)?;
    post_against(unit, acting, &made, AccountKind::BadDebt)?;
    let items = claim::items(unit, acting.book, &[bill.id.cast()])?.into_iter().flatten().collect();
    let claims = claim::fill(amount, items)?;
    unit.nested(|step| claim::insert(step, acting, claim::Source::Credit(made.id), (customer.id, date), &claims))?;
    find_shown(unit, acting.book, made.id)
}

/// What a customer owed, or was owed, before the book began.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDebt {
    /// Its id; made here when it isn't given.
    #[serde(default = "BillId::unless_given")]
    pub bill_id: BillId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// What is still to be paid of it: more than nothing.
    pub amount_minor: Money,
    /// The day that it is of; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// The day that it is to be paid by.
    #[serde(default)]
    pub due_date: Option<BusinessDate>,
    /// What the old books call it.
    #[serde(default)]
    pub reference: Option<Line<60>>,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
}

/// Enters a bill that was open before the book began: one document an old bill, so that it ages as it should.
///
/// # Errors
/// `not_found`, `archived`, `out_of_range`, `bad_date`, `period_closed`.
pub fn open_debt(unit: &mut Unit, acting: &Acting, new: &NewDebt) -> Result<BillShown> {
    if new.customer_id == customer::walk_in(acting.book) {
        return Err(Fault::new(Code::WalkIn, "The walk-in customer owes nothing.").at("customer_id"));
    }
    let customer = buyer(unit, acting.book, new.customer_id)?;
    let amount = new.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?;
    let date = acting.bookable(new.date.unwrap_or(acting.today))?;
    if new.due_date.is_some_and(|due| due < date) {
        return Err(Fault::new(Code::BadDate, "A bill is not due before its own day.").at("due_date"));
    }
    let made = Made {
        kind: BillKind::Debt,
        due: new.due_date,
        reference: new.reference.as_ref(),
        note: new.note.as_ref(),
        ..Made::plain(new.bill_id, &customer, amount, date)
    };
    insert(unit, acting, &made)?;
    post_against(unit, acting, &made, AccountKind::Opening).map_err(|fault| match fault.code {
        Code::OutOfRange => fault.at("amount_minor"),
        _ => fault,
    })?;
    find_shown(unit, acting.book, made.id)
}

/// A debt or a write-off to be reversed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillReversal {
    /// The debt or write-off.
    pub bill_id: BillId,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Reverses a debt that was entered wrongly, or a write-off whose bill is paid after all: it comes to nothing then. The reversal's id
/// follows from the original's, so the same reversal twice is one.
///
/// # Errors
/// `not_found`, `wrong_document`, `already_reversed`, `bad_date`, `period_closed`.
pub fn reverse(unit: &mut Unit, acting: &Acting, order: &BillReversal) -> Result<BillShown> {
    let original = credited_bill(unit, acting.book, order.bill_id, &[BillKind::Debt, BillKind::WriteOff])?;
    let customer = customer::find(unit, acting.book, original.customer_id)?;
    let date = acting.bookable(order.date.unwrap_or(acting.today))?.max(original.date);
    let made = Made {
        kind: original.kind,
        reverses: Some(original.id),
        reason: Some(CreditReason::Other),
        note: order.note.as_ref(),
        ..Made::plain(original.id.derive("reversal"), &customer, original.total_minor, date)
    };
    let counter = if original.kind == BillKind::Debt { AccountKind::Opening } else { AccountKind::BadDebt };
    if original.kind == BillKind::Debt {
        // What paid it is free again.
        let paid: Vec<_> =
            claim::live_of(unit, acting.book, original.id.cast())?.into_iter().map(|claim| claim.id).collect();
        claim::undo_all(unit, acting, &paid)?;
    }
    insert(unit, acting, &made)?;
    post_against(unit, acting, &made, counter)?;
    find_shown(unit, acting.book, made.id)
}

/// Posts an amount between the customer and one account.
fn post_against(unit: &mut Unit, acting: &Acting, made: &Made, kind: AccountKind) -> Result<()> {
    let (receivable, counter) =
        (system_account(acting.book, AccountKind::Receivable), system_account(acting.book, kind));
    let (debit, credit) = if made.is_debit() { (receivable, counter) } else { (counter, receivable) };
    let posting = NewPosting {
        id: made.id.derive_nth("posting", 0),
        debit,
        credit,
        amount: made.net,
        date: made.date,
        document_kind: DocumentKind::Bill,
        document: made.id.cast(),
        memo: None,
        customer: Some(made.customer.id),
        accept_below_minimum: false,
    };
    ledger::post(unit, acting, &posting)
}
