//! What is taken off a bill: all of it where it was a mistake, goods that came back, a price that was too high, a discount afterwards.
//! Each is a credit note, which pays as much of its bill as is open; the rest is the customer's.

use super::{
    Bill, BillKind, BillLine, BillShown, BillState, CreditReason, Made, NewBillLine, credited_bill, find_shown, insert,
    insert_lines, lines_of, post,
};
use crate::domain::claim;
use crate::domain::customer;
use crate::domain::line::PricedLine;
use crate::domain::{BillId, BillLineId};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Fault, Money, Prose, Quantity, Result,
    total::{self, Amounts},
};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashMap;

/// A bill to be voided.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillVoid {
    /// The bill that was a mistake.
    pub bill_id: BillId,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Voids a bill: a credit note of all that it says, by the device that made it. Its id follows from the bill's, so that two voids are
/// one. What was paid is the customer's credit.
///
/// # Errors
/// `not_found`, `wrong_document`, `already_reversed`, `credited`, `not_custodian`, `bad_date`, `period_closed`.
pub fn void(unit: &mut Unit, acting: &Acting, order: &BillVoid) -> Result<BillShown> {
    let bill = credited_bill(unit, acting.book, order.bill_id, &[BillKind::Bill])?;
    if bill.state == Some(BillState::Voided) {
        return Err(Fault::new(Code::AlreadyReversed, format!("{} was voided already.", bill.number)).at("bill_id"));
    }
    if bill.device_id != acting.device {
        let message =
            format!("{} was made on another device, which alone may void it; credit it instead.", bill.number);
        return Err(Fault::new(Code::NotCustodian, message).at("bill_id"));
    }
    if has_credits(unit, acting.book, bill.id)? {
        let message = format!("{} was credited in part; credit the rest.", bill.number);
        return Err(Fault::new(Code::Credited, message).at("bill_id"));
    }
    let id: BillId = bill.id.derive("void");
    let lines = lines_of(unit, acting.book, bill.id)?;
    let credited = lines.into_iter().map(|line| CreditedLine {
        amounts: line.line.amounts(),
        quantity: line.line.quantity_milli,
        before: 0,
        line,
    });
    let note = order.note.as_ref();
    let date = acting.bookable(order.date.unwrap_or(acting.today))?;
    write_credit(unit, acting, (id, &bill), (CreditReason::Void, note, date), credited.collect(), bill.total_minor)
}

/// Whether a device knows of a credit note for a bill.
fn has_credits(snapshot: &Snapshot, book: BookId, bill: BillId) -> Result<bool> {
    snapshot.one(
        "SELECT EXISTS (SELECT 1 FROM payment_bill
                        WHERE book_id = :book AND credits_bill_id = :bill AND kind = 'credit')",
        named_params! { ":book": book, ":bill": bill },
        |row| row.get(0),
    )
}

/// What is taken off a line of a bill: goods, or an amount.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCreditLine {
    /// The line of the bill.
    pub line_id: BillLineId,
    /// How much of the goods comes back, in thousandths.
    #[serde(default)]
    pub quantity_milli: Option<Quantity>,
    /// The amount that is taken off, tax and all; where no goods come back.
    #[serde(default)]
    pub amount_minor: Option<Money>,
}

/// Something to be taken off a bill.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredit {
    /// The credit note's id; made here when it isn't given.
    #[serde(default = "BillId::unless_given")]
    pub credit_id: BillId,
    /// The bill that it is taken off.
    pub bill_id: BillId,
    /// What is taken off which line; or else say an amount for the whole bill.
    #[serde(default)]
    pub lines: Vec<NewCreditLine>,
    /// What is taken off the whole bill, tax and all, spread over what is left of its lines.
    #[serde(default)]
    pub amount_minor: Option<Money>,
    /// Why it is taken off: goods came back, or the price was wrong.
    pub reason: CreditReason,
    /// What else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Takes something off a bill: goods that came back, a price that was too high, a discount afterwards. Parts of a line are shares of it,
/// so that all parts are the line. What of the credit the bill doesn't need is the customer's.
///
/// # Errors
/// `not_found`, `wrong_document`, `already_reversed`, `empty`, `unknown_choice`, `out_of_range`, `more_than_sold`, `bad_date`,
/// `period_closed`.
pub fn credit(unit: &mut Unit, acting: &Acting, order: &NewCredit) -> Result<BillShown> {
    let bill = credited_bill(unit, acting.book, order.bill_id, &[BillKind::Bill])?;
    if bill.state == Some(BillState::Voided) {
        return Err(Fault::new(Code::AlreadyReversed, format!("{} was voided.", bill.number)).at("bill_id"));
    }
    if !matches!(
        order.reason,
        CreditReason::Return | CreditReason::Price | CreditReason::Goodwill | CreditReason::Other
    ) {
        return Err(
            Fault::new(Code::UnknownChoice, "A bill is voided or written off by commands of their own.").at("reason")
        );
    }
    let lines = lines_left(unit, acting.book, &bill)?;
    let taken = match (order.lines.as_slice(), order.amount_minor) {
        ([], None) => return Err(Fault::new(Code::Empty, "Say what is taken off.").at("amount_minor")),
        ([], Some(amount)) => amount_taken(&lines, amount, bill.tax_included)?,
        (_, Some(_)) => {
            let message = "Say what is taken off its lines, or off the whole bill; not both.";
            return Err(Fault::new(Code::OutOfRange, message).at("amount_minor"));
        }
        (given, None) => lines_taken(&lines, given, bill.tax_included)?,
    };
    let note = order.note.as_ref();
    let date = acting.bookable(order.date.unwrap_or(acting.today))?;
    write_credit(unit, acting, (order.credit_id, &bill), (order.reason, note, date), taken, bill.open_minor)
}

/// A line of a bill, and what of it was not credited yet as far as this device knows.
struct LineLeft {
    line: BillLine,
    /// How much of the goods came back.
    before: i64,
    left: Amounts,
}

fn lines_left(snapshot: &Snapshot, book: BookId, bill: &Bill) -> Result<Vec<LineLeft>> {
    let credited: HashMap<BillLineId, (i64, Amounts)> = snapshot
        .all(
            "SELECT c.credits_line_id, sum(c.quantity_milli), sum(c.gross_minor), sum(c.discount_minor), sum(c.net_minor),
                    sum(c.tax_minor)
             FROM payment_bill_line l
             CROSS JOIN payment_bill_line c ON c.book_id = l.book_id AND c.credits_line_id = l.id
             WHERE l.book_id = :book AND l.bill_id = :bill GROUP BY c.credits_line_id",
            named_params! { ":book": book, ":bill": bill.id },
            |row| {
                let amounts = Amounts { gross: row.get(2)?, discount: row.get(3)?, net: row.get(4)?, tax: row.get(5)? };
                Ok((row.get(0)?, (row.get(1)?, amounts)))
            },
        )?
        .into_iter()
        .collect();
    let left = |line: BillLine| -> Result<LineLeft> {
        let (before, gone) = credited.get(&line.id).copied().unwrap_or_default();
        let whole = line.line.amounts();
        // Two devices may have credited more than was sold: then nothing is left.
        let rest = |whole: Money, gone: Money| -> Result<Money> { Ok(whole.less(gone)?.max(Money::ZERO)) };
        let left = Amounts {
            gross: rest(whole.gross, gone.gross)?,
            discount: rest(whole.discount, gone.discount)?,
            net: rest(whole.net, gone.net)?,
            tax: rest(whole.tax, gone.tax)?,
        };
        Ok(LineLeft { line, before, left })
    };
    lines_of(snapshot, book, bill.id)?.into_iter().map(left).collect()
}

/// What is taken off a line.
struct CreditedLine {
    line: BillLine,
    before: i64,
    quantity: i64,
    amounts: Amounts,
}

fn lines_taken(lines: &[LineLeft], given: &[NewCreditLine], tax_included: bool) -> Result<Vec<CreditedLine>> {
    let mut taken: Vec<CreditedLine> = Vec::new();
    for (place, given) in given.iter().enumerate() {
        let at = |field: &str| format!("lines.{place}.{field}");
        let found = lines.iter().find(|line| line.line.id == given.line_id);
        let found = found.ok_or_else(|| Fault::new(Code::NotFound, "The bill has no such line.").at(&at("line_id")))?;
        if taken.iter().any(|other| other.line.id == given.line_id) {
            return Err(Fault::new(Code::OutOfRange, "A line is credited once.").at(&at("line_id")));
        }
        let amounts = match (given.quantity_milli, given.amount_minor) {
            (Some(quantity), None) => {
                part_left(found, quantity, tax_included).map_err(|fault| fault.at(&at("quantity_milli")))?
            }
            (None, Some(amount)) => {
                amount_left(found, amount, tax_included).map_err(|fault| fault.at(&at("amount_minor")))?
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "Say how much comes back, or which amount is taken off.";
                return Err(Fault::new(Code::OutOfRange, message).at(&at("amount_minor")));
            }
        };
        let quantity = given.quantity_milli.map_or(0, Quantity::milli);
        taken.push(CreditedLine { line: found.line.clone(), before: found.before, quantity, amounts });
    }
    Ok(taken)
}

/// A share of a line, cut at what is left of it.
fn part_left(found: &LineLeft, quantity: Quantity, tax_included: bool) -> Result<Amounts> {
    let sold = Quantity::new(found.line.line.quantity_milli)?;
    if found.before + quantity.milli() > sold.milli() {
        let left = (sold.milli() - found.before).max(0);
        let details = serde_json::json!({ "left_milli": left });
        return Err(Fault::new(Code::MoreThanSold, "So much of it is not left to come back.").with(details));
    }
    let share = total::part(&found.line.line.amounts(), sold, found.before, quantity, tax_included)?;
    let (net, tax) = (share.net.min(found.left.net), share.tax.min(found.left.tax));
    let rest = if tax_included { net.plus(tax)? } else { net };
    let gross = share.gross.min(found.left.gross).max(rest);
    Ok(Amounts { gross, discount: gross.less(rest)?, net, tax })
}

/// An amount of a line, net and tax in what is left of it.
fn amount_left(found: &LineLeft, amount: Money, tax_included: bool) -> Result<Amounts> {
    let left = found.left.total()?;
    if amount > left {
        let details = serde_json::json!({ "left_minor": left });
        return Err(Fault::new(Code::MoreThanSold, "So much is not left of the line.").with(details));
    }
    total::part_of_amount(&found.left, amount, tax_included)
}

/// An amount of the whole bill, spread over what is left of its lines.
fn amount_taken(lines: &[LineLeft], amount: Money, tax_included: bool) -> Result<Vec<CreditedLine>> {
    let amount = amount.positive().map_err(|fault| fault.at("amount_minor"))?;
    let left = lines.iter().map(|line| line.left.total()).collect::<Result<Vec<Money>>>()?;
    let whole = left.iter().try_fold(Money::ZERO, |sum, left| sum.plus(*left))?;
    if amount > whole {
        let details = serde_json::json!({ "left_minor": whole });
        return Err(Fault::new(Code::MoreThanSold, "So much is not left of the bill.")
            .at("amount_minor")
            .with(details));
    }
    let shares = total::spread(amount, &left)?;
    let parts = lines.iter().zip(shares).filter(|(_, share)| *share > Money::ZERO);
    let taken = parts.map(|(line, share)| {
        let amounts = total::part_of_amount(&line.left, share, tax_included)?;
        Ok(CreditedLine { line: line.line.clone(), before: line.before, quantity: 0, amounts })
    });
    taken.collect()
}

/// Writes a credit note with its lines and postings, and lets it pay as much of its bill as is asked for.
fn write_credit(
    unit: &mut Unit,
    acting: &Acting,
    (id, bill): (BillId, &Bill),
    (reason, note, date): (CreditReason, Option<&Prose<500>>, BusinessDate),
    taken: Vec<CreditedLine>,
    claimed: Money,
) -> Result<BillShown> {
    let sum = Amounts::sum(taken.iter().map(|line| &line.amounts))?;
    let customer = customer::find(unit, acting.book, bill.customer_id)?;
    let made = Made {
        id,
        kind: BillKind::Credit,
        date: date.max(bill.date),
        due: None,
        customer: &customer,
        tax_included: bill.tax_included,
        net: sum.net,
        tax: sum.tax,
        credits: Some(bill.id),
        reverses: None,
        reason: Some(reason),
        reference: None,
        note,
        accepting: None,
    };
    if reason != CreditReason::Void {
        sum.total()?.positive().map_err(|fault| fault.at("lines"))?;
    }
    unit.nested(|step| insert(step, acting, &made))?;
    let lines: Vec<NewBillLine> = taken
        .into_iter()
        .zip(1..)
        .map(|(taken, place)| NewBillLine {
            id: id.derive_nth("line", place),
            line: PricedLine {
                line_no: i64::from(place),
                quantity_milli: taken.quantity,
                gross_minor: taken.amounts.gross,
                discount_minor: taken.amounts.discount,
                net_minor: taken.amounts.net,
                tax_minor: taken.amounts.tax,
                ..taken.line.line
            },
            credits_line_id: Some(taken.line.id),
            credited_before_milli: Some(taken.before),
        })
        .collect();
    unit.nested(|step| {
        insert_lines(step, acting, id, &lines)?;
        post(step, acting, &made, lines.iter().map(|line| &line.line))?;
        let items = claim::items(step, acting.book, &[bill.id.cast()])?.into_iter().flatten();
        let item = items.map(|item| claim::Item { rest: claimed, ..item }).collect();
        let claims = claim::fill(sum.total()?, item)?;
        claim::insert(step, acting, claim::Source::Credit(id), (customer.id, made.date), &claims)
    })?;
    find_shown(unit, acting.book, id)
}
