//! Payments: money that customers give, claims what they owe, and is credit where it claims nothing.
//!
//! A payment is worth to the customer what moved, less what rounding to coins added: only cash is rounded, never a bill, for whoever
//! pays by card or wallet pays to the cent. Nothing of a payment is moved by itself later: what it claims is said when it is made.
//!
//! Not here: what claims count, and what is open.

use super::account::{self, AccountKind, system_account};
use super::book::Session;
use super::claim::{self, Claim, NewClaim, Source};
use super::due::{self, Asked};
use super::ledger::{self, DocumentKind, NewPosting};
use super::page::{DatePage, Direction, Limit, Page, Search, Words};
use super::record;
use super::{AccountId, BillId, CustomerId, Memo, OrderId, PaymentId, customer};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, DeviceId, Fault, Instant, Line, Money, Noun, NounKind, PersonId, Result, fold,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Payments, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment",
    kind: NounKind::Document { letters: "PR" },
    named_by: Some("number"),
    unique: None,
    searched: &["number", "reference", "memo"],
    phone: None,
    rules: &[],
};

/// What a wallet, a bank or a slip calls a payment.
pub type Reference = Line<60>;

words! {
    /// What a payment is for.
    PaymentPurpose {
        Settlement "settlement" "A customer gives it: for what is owed, or as credit.";
        Refund "refund" "A customer is given credit back.";
        Payout "payout" "A customer is lent it.";
    }
}

words! {
    /// Why a payment was reversed.
    ReversalReason {
        Mistake "mistake" "It never was.";
        Returned "returned" "It came back: a cheque or a transfer that was not paid.";
    }
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Payment {
    /// What claims and a reversal name it by.
    pub id: PaymentId,
    /// What it is for.
    pub purpose: PaymentPurpose,
    /// Its number: `{device code}-{series}-{000001}`, without a gap in each series.
    pub number: String,
    /// The device that made it, which alone may correct it.
    pub device_id: DeviceId,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// Who paid, or was paid.
    pub customer_id: CustomerId,
    /// What that customer is called.
    pub customer_name: String,
    /// The account that the money went to, or came from.
    pub account_id: AccountId,
    /// What that account is called.
    pub account_name: String,
    /// How much moved.
    pub amount_minor: Money,
    /// What of that is rounding to coins; less than nothing where it took off.
    pub rounding_minor: Money,
    /// What it is worth to the customer; nothing once it is reversed.
    pub worth_minor: Money,
    /// What of that pays something.
    pub counted_minor: Money,
    /// What the customer gave, where there was change.
    pub tendered_minor: Option<Money>,
    /// What a wallet, a bank or a slip calls it.
    pub reference: Option<String>,
    /// The order that it is a deposit for.
    pub sale_order_id: Option<OrderId>,
    /// What it says.
    pub memo: Option<String>,
    /// Who made it.
    pub person_id: PersonId,
    /// The name of who made it.
    pub person_name: String,
    /// The payment that this one reverses.
    pub reverses_id: Option<PaymentId>,
    /// The payment that reverses this one.
    pub reversed_by_id: Option<PaymentId>,
    /// Why it reverses that one.
    pub reason: Option<ReversalReason>,
}

/// Money that a customer gives.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// Its id; made here when it isn't given.
    #[serde(default = "PaymentId::unless_given")]
    pub payment_id: PaymentId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// Where the money goes: an account that holds money.
    pub account_id: AccountId,
    /// How much is paid; or else say what was given.
    #[serde(default)]
    pub amount_minor: Option<Money>,
    /// What the customer gave: what of it is not due is given back.
    #[serde(default)]
    pub tendered_minor: Option<Money>,
    /// What it pays. Where it isn't given, all that is open, the oldest first.
    #[serde(default)]
    pub claims: Option<Vec<NewClaim>>,
    /// What a wallet, a bank or a slip calls it.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// Whether it is made though the account had a payment of that reference.
    #[serde(default)]
    pub accept_duplicate: bool,
    /// The order that it is a deposit for.
    #[serde(default)]
    pub sale_order_id: Option<OrderId>,
    /// What it says.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// A payment that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Received {
    /// As it was made.
    #[serde(flatten)]
    pub payment: Payment,
    /// What it pays.
    pub claims: Vec<Claim>,
    /// What is to be given back of what was tendered.
    pub change_minor: Money,
    /// What the customer owes now, as far as this device knows; less than nothing where it has credit.
    pub balance_minor: Money,
}

/// Takes a payment.
///
/// # Errors
/// `not_found`, `archived`, `wrong_account_kind`, `account_closed`, `missing_field`, `out_of_range`, `over_claimed`, `duplicate_reference`,
/// `bad_date`, `period_closed`.
pub fn receive(unit: &mut Unit, acting: &Acting, new: &NewPayment) -> Result<Received> {
    let customer = customer::find(unit, acting.book, new.customer_id)?;
    let account = account::find(unit, acting.book, acting.device, new.account_id)?;
    due::refuse_without_money(&account)?;
    if let Some(reference) = new.reference.as_ref().filter(|_| !new.accept_duplicate) {
        refuse_duplicate(unit, acting.book, account.id, reference)?;
    }
    if let Some(order) = new.sale_order_id {
        refuse_unconfirmed(unit, acting.book, order, customer.id)?;
    }
    let date = acting.bookable(new.date.unwrap_or(acting.today))?;
    let given = if new.tendered_minor.is_some() { "tendered_minor" } else { "amount_minor" };
    let asked = Asked {
        customer: new.customer_id,
        amount: new.amount_minor,
        tendered: new.tendered_minor,
        claims: new.claims.as_deref(),
    };
    let sum = due::sum(unit, acting.book, &asked, &account)
        .map_err(|fault| if fault.field.is_none() { fault.at(given) } else { fault })?;
    let made = Made {
        id: new.payment_id,
        purpose: PaymentPurpose::Settlement,
        customer: customer.id,
        account: account.id,
        amount: sum.amount,
        rounding: sum.rounding,
        tendered: new.tendered_minor,
        reference: new.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        order: new.sale_order_id,
        reverses: None,
        memo: new.memo.clone(),
        date,
    };
    insert(unit, acting, &made).map_err(|fault| match fault.field.as_deref() {
        Some("amount_minor") if new.amount_minor.is_none() => Fault { field: Some("tendered_minor".into()), ..fault },
        Some(_) | None => fault,
    })?;
    claim::insert(unit, acting, Source::Payment(new.payment_id), (customer.id, date), &sum.claims)?;
    Ok(Received {
        payment: find(unit, acting.book, new.payment_id)?,
        claims: claim::of_document(unit, acting.book, new.payment_id.cast())?,
        change_minor: sum.change,
        balance_minor: ledger::customer_balance(unit, acting.book, customer.id)?,
    })
}

/// A deposit is for an order that is confirmed and stands, of whoever pays it.
///
/// # Errors
/// `not_found`.
fn refuse_unconfirmed(snapshot: &Snapshot, book: BookId, order: OrderId, customer: CustomerId) -> Result<()> {
    let stands: bool = snapshot.one(
        "SELECT EXISTS (SELECT 1 FROM sale_order
                        WHERE book_id = :book AND id = :order AND customer_id = :customer AND confirmed_at IS NOT NULL
                          AND cancelled_at IS NULL)",
        named_params! { ":book": book, ":order": order, ":customer": customer },
        |row| row.get(0),
    )?;
    if stands {
        return Ok(());
    }
    Err(Fault::new(Code::NotFound, "The customer has no such order that is confirmed.").at("sale_order_id"))
}

/// The same reference twice on one account is most likely the same money twice.
fn refuse_duplicate(unit: &Unit, book: BookId, account: AccountId, reference: &Reference) -> Result<()> {
    let known: Option<(String, PaymentId)> = unit.maybe(
        "SELECT p.number, p.id FROM payment p
         WHERE p.book_id = :book AND p.account_id = :account AND p.reference = :reference AND p.reverses_payment_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM payment r WHERE r.book_id = p.book_id AND r.reverses_payment_id = p.id)
         ORDER BY p.created_at LIMIT 1",
        named_params! { ":book": book, ":account": account, ":reference": reference },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match known {
        Some((number, id)) => {
            let message = format!("The payment {number} has this reference.");
            let details = serde_json::json!({ "payment_id": id, "number": number });
            Err(Fault::new(Code::DuplicateReference, message).at("reference").with(details))
        }
        None => Ok(()),
    }
}

/// What is written down.
#[derive(Debug, Clone)]
struct Made {
    id: PaymentId,
    purpose: PaymentPurpose,
    customer: CustomerId,
    account: AccountId,
    amount: Money,
    rounding: Money,
    tendered: Option<Money>,
    reference: Option<String>,
    order: Option<OrderId>,
    reverses: Option<(PaymentId, ReversalReason)>,
    memo: Option<Memo>,
    date: BusinessDate,
}

impl Made {
    /// Whether money comes in: a reversal goes the other way.
    fn is_in(&self) -> bool {
        (self.purpose == PaymentPurpose::Settlement) == self.reverses.is_none()
    }

    fn letter(&self) -> char {
        match self.purpose {
            PaymentPurpose::Settlement => 'P',
            PaymentPurpose::Refund | PaymentPurpose::Payout => 'R',
        }
    }
}

/// Which field a refused posting is about.
fn blame(fault: Fault) -> Fault {
    match fault.code {
        Code::AccountClosed | Code::NotCustodian => Fault { field: Some("account_id".into()), ..fault },
        Code::InsufficientFunds | Code::OutOfRange => Fault { field: Some("amount_minor".into()), ..fault },
        _ => fault,
    }
}

/// Writes the payment, and its postings: between the customer and the account, and between rounding and whichever of the two it is
/// that rounding adds to.
fn insert(unit: &mut Unit, acting: &Acting, made: &Made) -> Result<()> {
    let receivable = system_account(acting.book, AccountKind::Receivable);
    let rounding = system_account(acting.book, AccountKind::Rounding);
    let worth = made.amount.less(made.rounding)?;
    let posting = |purpose: &str, debit: AccountId, credit: AccountId, amount: Money| NewPosting {
        id: made.id.derive(purpose),
        debit,
        credit,
        amount,
        date: made.date,
        document_kind: DocumentKind::Payment,
        document: made.id.cast(),
        memo: made.memo.clone(),
        customer: [debit, credit].contains(&receivable).then_some(made.customer),
        accept_below_minimum: false,
    };
    let (moved, added) = (worth.min(made.amount), made.rounding.max(Money::ZERO));
    let taken = made.rounding.negated().max(Money::ZERO);
    // As money comes in; going out, the sides are the other way round.
    let postings = [
        ("posting:money", made.account, receivable, moved),
        ("posting:rounding", made.account, rounding, added),
        ("posting:rounding", rounding, receivable, taken),
    ];
    for (purpose, debit, credit, amount) in postings.into_iter().filter(|(.., amount)| *amount > Money::ZERO) {
        let (debit, credit) = if made.is_in() { (debit, credit) } else { (credit, debit) };
        ledger::post(unit, acting, &posting(purpose, debit, credit, amount)).map_err(blame)?;
    }
    let said = [made.reference.as_deref(), made.memo.as_ref().map(Memo::as_str)];
    let said: String = said.into_iter().flatten().map(|text| format!("\n{}", fold(text))).collect();
    unit.execute(
        "INSERT INTO payment (book_id, id, device_id, purpose, series, serial, number, business_date, customer_id, account_id,
                              amount_minor, rounding_minor, tendered_minor, reference, sale_order_id, reverses_payment_id,
                              reason, memo, person_id, created_at, search_text)
         SELECT :book, :id, d.id, :purpose, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial),
                :date, :customer, :account, :amount, :rounding, :tendered, :reference, :order, :reverses, :reason, :memo,
                :person, :at, lower(d.code || '-' || :series || '-') || printf('%06d', n.serial) || :said
         FROM device d
         JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
               FROM payment WHERE book_id = :book AND device_id = :device AND series = :series) n
         WHERE d.book_id = :book AND d.id = :device",
        named_params! {
            ":book": acting.book, ":id": made.id, ":device": acting.device, ":purpose": made.purpose,
            ":series": acting.series(made.letter()), ":date": made.date, ":customer": made.customer, ":account": made.account,
            ":amount": made.amount, ":rounding": made.rounding, ":tendered": made.tendered, ":reference": made.reference,
            ":order": made.order, ":reverses": made.reverses.map(|(id, _)| id), ":reason": made.reverses.map(|(_, why)| why),
            ":memo": made.memo, ":person": acting.person, ":at": acting.at, ":said": said,
        },
    )?;
    Ok(())
}

/// A payment to be reversed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentReversal {
    /// The payment to reverse.
    pub payment_id: PaymentId,
    /// Why: it never was, or it came back.
    pub reason: ReversalReason,
    /// What else is to be said.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Reverses a payment: it is worth nothing then, and what it paid is open again. The reversal's id follows from the original's, so the
/// same reversal made twice, on two devices even, is one. What paid money back that never was given out is free again.
///
/// # Errors
/// `not_found`, `already_reversed`, and those of a posting.
pub fn reverse(unit: &mut Unit, acting: &Acting, order: &PaymentReversal) -> Result<PaymentShown> {
    let original = find(unit, acting.book, order.payment_id)?;
    let date = acting.bookable(order.date.unwrap_or(acting.today))?;
    let made = reversal_of(&original, order.reason, order.memo.clone(), date)?;
    if original.purpose != PaymentPurpose::Settlement {
        let paid: Vec<_> =
            claim::live_of(unit, acting.book, original.id.cast())?.into_iter().map(|claim| claim.id).collect();
        claim::undo_all(unit, acting, &paid)?;
    }
    insert(unit, acting, &made).map_err(blame_payment)?;
    shown(unit, acting.book, made.id)
}

fn reversal_of(original: &Payment, reason: ReversalReason, memo: Option<Memo>, date: BusinessDate) -> Result<Made> {
    if original.reversed_by_id.is_some() || original.reverses_id.is_some() {
        let message = if original.reverses_id.is_some() {
            format!("{} is itself a reversal; make a new payment instead.", original.number)
        } else {
            format!("{} was reversed already.", original.number)
        };
        return Err(Fault::new(Code::AlreadyReversed, message).at("payment_id"));
    }
    Ok(Made {
        id: original.id.derive("reversal"),
        purpose: original.purpose,
        customer: original.customer_id,
        account: original.account_id,
        amount: original.amount_minor,
        rounding: original.rounding_minor,
        tendered: None,
        reference: original.reference.clone(),
        order: None,
        reverses: Some((original.id, reason)),
        memo,
        date,
    })
}

fn blame_payment(fault: Fault) -> Fault {
    match fault.code {
        Code::AccountClosed | Code::NotCustodian | Code::InsufficientFunds | Code::OutOfRange => {
            Fault { field: Some("payment_id".into()), ..fault }
        }
        _ => fault,
    }
}

/// Credit to be given back, or money to be lent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutgoing {
    /// Its id; made here when it isn't given.
    #[serde(default = "PaymentId::unless_given")]
    pub payment_id: PaymentId,
    /// Who gets it.
    pub customer_id: CustomerId,
    /// Where the money comes from.
    pub account_id: AccountId,
    /// How much: more than nothing. In cash it is rounded to the coins that there are.
    pub amount_minor: Money,
    /// What a wallet, a bank or a slip calls it.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// What it says.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Gives credit back: money goes out, and uses up what is overpaid, the newest first, and then what is left, the oldest first.
///
/// # Errors
/// `not_found`, `out_of_range`, `over_claimed` past the credit that this device knows of, and those of a posting.
pub fn refund(unit: &mut Unit, acting: &Acting, order: &NewOutgoing) -> Result<PaymentShown> {
    let customer = customer::find(unit, acting.book, order.customer_id)?.id;
    let amount = order.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?;
    unit.nested(|step| claim::free_surplus(step, acting, customer, amount))?;
    let claims = claim::fill(amount, claim::left_items(unit, acting.book, customer)?)?;
    let left = claim::sum(&claims)?;
    if left < amount {
        return Err(claim::over_claimed(left, amount).at("amount_minor"));
    }
    give(unit, acting, order, PaymentPurpose::Refund)?;
    let target = claim::items(unit, acting.book, &[order.payment_id.cast()])?.pop().flatten();
    let target = target.ok_or_else(|| Fault::new(Code::Internal, "A refund went missing while it was made."))?;
    unit.nested(|step| claim::pay_back(step, acting, &target, &claims))?;
    shown(unit, acting.book, order.payment_id)
}

/// Lends money: the customer owes it from then on.
///
/// # Errors
/// `not_found`, `archived`, `out_of_range`, and those of a posting.
pub fn pay_out(unit: &mut Unit, acting: &Acting, order: &NewOutgoing) -> Result<PaymentShown> {
    let customer = customer::find(unit, acting.book, order.customer_id)?;
    if customer.archived_at.is_some() {
        return Err(record::archived::<customer::Customer>().at("customer_id"));
    }
    order.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?;
    give(unit, acting, order, PaymentPurpose::Payout)?;
    shown(unit, acting.book, order.payment_id)
}

fn give(unit: &mut Unit, acting: &Acting, order: &NewOutgoing, purpose: PaymentPurpose) -> Result<()> {
    let account = account::find(unit, acting.book, acting.device, order.account_id)?;
    if !account.kind.holds_money() {
        let message = format!("“{}” holds no money to give.", account.name);
        return Err(Fault::new(Code::WrongAccountKind, message).at("account_id"));
    }
    let moved = due::in_coins(unit, acting.book, &account, order.amount_minor)?;
    let made = Made {
        id: order.payment_id,
        purpose,
        customer: order.customer_id,
        account: account.id,
        amount: moved,
        rounding: moved.less(order.amount_minor)?,
        tendered: None,
        reference: order.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        order: None,
        reverses: None,
        memo: order.memo.clone(),
        date: acting.bookable(order.date.unwrap_or(acting.today))?,
    };
    insert(unit, acting, &made)
}

/// What a customer had left before the book began: paid ahead, or too much.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OldCredit {
    /// Its id; made here when it isn't given.
    #[serde(default = "PaymentId::unless_given")]
    pub payment_id: PaymentId,
    /// Who has it left.
    pub customer_id: CustomerId,
    /// What is still left of it: more than nothing.
    pub amount_minor: Money,
    /// The day that it is of; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// What the old books call it.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// What it says.
    #[serde(default)]
    pub memo: Option<Memo>,
}

/// Enters credit from before the book: a payment that comes out of the opening account and claims nothing yet.
///
/// # Errors
/// `not_found`, `archived`, `walk_in`, `out_of_range`, `bad_date`, `period_closed`.
pub fn open_credit(unit: &mut Unit, acting: &Acting, new: &OldCredit) -> Result<PaymentShown> {
    if new.customer_id == customer::walk_in(acting.book) {
        return Err(Fault::new(Code::WalkIn, "The walk-in customer has nothing left.").at("customer_id"));
    }
    let customer = customer::find(unit, acting.book, new.customer_id)?;
    if customer.archived_at.is_some() {
        return Err(record::archived::<customer::Customer>().at("customer_id"));
    }
    let made = Made {
        id: new.payment_id,
        purpose: PaymentPurpose::Settlement,
        customer: customer.id,
        account: system_account(acting.book, AccountKind::Opening),
        amount: new.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?,
        rounding: Money::ZERO,
        tendered: None,
        reference: new.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        order: None,
        reverses: None,
        memo: new.memo.clone(),
        date: acting.bookable(new.date.unwrap_or(acting.today))?,
    };
    insert(unit, acting, &made)?;
    shown(unit, acting.book, new.payment_id)
}

/// What of a payment was wrong: exactly one of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentCorrection {
    /// The payment that is corrected.
    pub payment_id: PaymentId,
    /// Who paid, where it was written down for another customer.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Where the money went.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// What a wallet, a bank or a slip calls it.
    #[serde(default)]
    pub reference: Option<Reference>,
}

/// Corrects a payment: it is reversed, and made again as it should have been. The new one comes first, so that an account with a
/// minimum is looked at once, for the sum.
///
/// # Errors
/// `not_found`, `already_reversed`, `missing_field`, `wrong_account_kind`, and those of a posting.
pub fn correct(unit: &mut Unit, acting: &Acting, order: &PaymentCorrection) -> Result<PaymentShown> {
    let original = find(unit, acting.book, order.payment_id)?;
    let reversal = reversal_of(&original, ReversalReason::Mistake, None, acting.bookable(acting.today)?)?;
    if original.purpose != PaymentPurpose::Settlement {
        let message = format!("{} went out; reverse it, and make it again.", original.number);
        return Err(Fault::new(Code::WrongDocument, message).at("payment_id"));
    }
    if original.device_id != acting.device {
        // Corrected on two devices at once, the same money would be two payments.
        let message = format!("{} was made on another device, which alone may correct it.", original.number);
        return Err(Fault::new(Code::NotCustodian, message).at("payment_id"));
    }
    if order.customer_id.is_none() && order.account_id.is_none() && order.reference.is_none() {
        return Err(Fault::new(Code::MissingField, "Say what was wrong.").at("reference"));
    }
    let customer = customer::find(unit, acting.book, order.customer_id.unwrap_or(original.customer_id))?.id;
    let account = account::find(unit, acting.book, acting.device, order.account_id.unwrap_or(original.account_id))?;
    due::refuse_without_money(&account)?;
    let made = Made {
        id: original.id.derive("correction"),
        customer,
        account: account.id,
        // Only cash is rounded: what is worth so much is so much elsewhere.
        amount: if account.kind == AccountKind::Cash {
            original.amount_minor
        } else {
            original.amount_minor.less(original.rounding_minor)?
        },
        rounding: if account.kind == AccountKind::Cash { original.rounding_minor } else { Money::ZERO },
        reference: order.reference.as_ref().map(|it| it.as_str().to_owned()).or_else(|| original.reference.clone()),
        reverses: None,
        ..reversal.clone()
    };
    let paid = claim::live_of(unit, acting.book, original.id.cast())?;
    unit.nested(|step| insert(step, acting, &made))?;
    unit.nested(|step| insert(step, acting, &reversal)).map_err(blame_payment)?;
    let worth = made.amount.less(made.rounding)?;
    let items = if customer == original.customer_id {
        let targets: Vec<_> = paid.iter().map(|claim| claim.target_id).collect();
        claim::items(unit, acting.book, &targets)?.into_iter().flatten().collect()
    } else {
        claim::open_items(unit, acting.book, customer)?
    };
    let claims = claim::fill(worth, items)?;
    unit.nested(|step| claim::insert(step, acting, Source::Payment(made.id), (customer, made.date), &claims))?;
    shown(unit, acting.book, made.id)
}

const PAYMENT: &str = "\
SELECT t.id, t.purpose, t.number, t.device_id, t.business_date, t.created_at, t.customer_id,
       c.name AS customer_name, t.account_id, a.name AS account_name, t.amount_minor, t.rounding_minor,
       ifnull(i.total_minor, 0) AS worth_minor,
       ifnull(i.counted_minor, 0) AS counted_minor, t.tendered_minor, t.reference, t.sale_order_id, t.memo, t.person_id,
       p.name AS person_name, t.reverses_payment_id, r.id AS reversed_by_id, t.reason
FROM payment t
CROSS JOIN customer c ON c.book_id = t.book_id AND c.id = t.customer_id
CROSS JOIN payment_account a ON a.book_id = t.book_id AND a.id = t.account_id
CROSS JOIN person p ON p.book_id = t.book_id AND p.id = t.person_id
LEFT JOIN payment_item i ON i.book_id = t.book_id AND i.id = t.id
LEFT JOIN payment r ON r.book_id = t.book_id AND r.reverses_payment_id = t.id";

impl ReadRow for Payment {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Payment> {
        Ok(Payment {
            id: row.get("id")?,
            purpose: row.get("purpose")?,
            number: row.get("number")?,
            device_id: row.get("device_id")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            customer_id: row.get("customer_id")?,
            customer_name: row.get("customer_name")?,
            account_id: row.get("account_id")?,
            account_name: row.get("account_name")?,
            amount_minor: row.get("amount_minor")?,
            rounding_minor: row.get("rounding_minor")?,
            worth_minor: row.get("worth_minor")?,
            counted_minor: row.get("counted_minor")?,
            tendered_minor: row.get("tendered_minor")?,
            reference: row.get("reference")?,
            sale_order_id: row.get("sale_order_id")?,
            memo: row.get("memo")?,
            person_id: row.get("person_id")?,
            person_name: row.get("person_name")?,
            reverses_id: row.get("reverses_payment_id")?,
            reversed_by_id: row.get("reversed_by_id")?,
            reason: row.get("reason")?,
        })
    }
}

/// What was paid for an order, the oldest first.
pub(super) fn of_order(snapshot: &Snapshot, book: BookId, order: OrderId) -> Result<Vec<Payment>> {
    snapshot.all(
        &format!(
            "{PAYMENT} WHERE t.book_id = :book AND t.sale_order_id = :order AND t.sale_order_id IS NOT NULL
             ORDER BY t.created_at, t.id"
        ),
        named_params! { ":book": book, ":order": order },
        Payment::read_row,
    )
}

/// One payment.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: PaymentId) -> Result<Payment> {
    snapshot
        .maybe(
            &format!("{PAYMENT} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Payment::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This payment is not in the book.").at("payment_id"))
}

/// The payments that were made in one command with the bill that they pay, at that moment.
///
/// # Errors
/// What SQLite says.
pub fn made_with(snapshot: &Snapshot, book: BookId, bill: BillId, at: Instant) -> Result<Vec<Payment>> {
    snapshot.all(
        &format!(
            "{PAYMENT}
             WHERE t.book_id = :book AND t.created_at = :at
               AND t.id IN (SELECT source_id FROM payment_claim INDEXED BY payment_claim_target_id_idx
                            WHERE book_id = :book AND target_id = :bill AND created_at = :at)
             ORDER BY t.serial"
        ),
        named_params! { ":book": book, ":bill": bill, ":at": at },
        Payment::read_row,
    )
}

/// Which payment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichPayment {
    /// The payment to be shown.
    pub payment_id: PaymentId,
}

/// A payment with what it pays.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaymentShown {
    /// The one that was asked for.
    #[serde(flatten)]
    pub payment: Payment,
    /// Its claims, and of money given out what pays it back; the undone ones, too.
    pub claims: Vec<Claim>,
}

/// Shows one payment.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichPayment) -> Result<PaymentShown> {
    shown(snapshot, session.book.id, which.payment_id)
}

fn shown(snapshot: &Snapshot, book: BookId, id: PaymentId) -> Result<PaymentShown> {
    let payment = find(snapshot, book, id)?;
    let claims = claim::of_document(snapshot, book, id.cast())?;
    Ok(PaymentShown { payment, claims })
}

/// Which payments a list shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentQuery {
    /// Only those of this customer.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Only those into or out of this account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Only those for this.
    #[serde(default)]
    pub purposes: Option<Vec<PaymentPurpose>>,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in number, reference or memo.
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

/// Payments, by business date.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, query: &PaymentQuery) -> Result<Page<Payment>> {
    let page = DatePage::of(query, query.cursor.as_deref(), query.descending, (query.from_date, query.to_date))?;
    let Direction { order, beyond } = page.direction;
    // Of one customer, its own index is walked.
    let customer = if query.customer_id.is_some() { "t.customer_id = :customer" } else { ":customer IS NULL" };
    let sql = format!(
        "{PAYMENT}
         WHERE t.book_id = :book AND {customer}
           AND (t.business_date, t.created_at, t.id) {beyond} (:date, :at, :after)
           AND t.business_date BETWEEN :from AND :to
           AND (:account IS NULL OR t.account_id = :account)
           AND (:purposes IS NULL OR t.purpose IN (SELECT value FROM json_each(:purposes)))
           AND instr(t.search_text, :word1) AND instr(t.search_text, :word2) AND instr(t.search_text, :word3)
         ORDER BY t.business_date {order}, t.created_at {order}, t.id {order} LIMIT :limit"
    );
    let purposes = query.purposes.as_ref().map(|purposes| serde_json::json!(purposes).to_string());
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": session.book.id, ":customer": query.customer_id, ":date": page.date, ":at": page.at,
            ":after": page.after, ":from": page.from, ":to": page.to, ":account": query.account_id, ":purposes": purposes,
            ":word1": word1, ":word2": word2, ":word3": word3, ":limit": query.limit.one_more(),
        },
        Payment::read_row,
    )?;
    Ok(Page::cut(rows, query.limit, |last| DatePage::behind(query, last.date, last.created_at, last.id)))
}

/// Payments that do not equal what they posted: each with a sentence and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, PaymentId)>> {
    snapshot.all(
        "WITH posted AS (
             SELECT l.book_id, l.document_id, a.id AS account_id, a.kind, l.customer_id, sum(l.amount_minor) AS total
             FROM ledger_line l
             JOIN payment_account a ON a.book_id = l.book_id AND a.id = l.account_id
             WHERE l.document_kind = 'payment'
             GROUP BY l.book_id, l.document_id, a.id, a.kind, l.customer_id
         ),
         signed AS (
             SELECT t.book_id, t.id, t.number, t.customer_id, t.account_id,
                    iif((t.purpose = 'settlement') = (t.reverses_payment_id IS NULL), 1, -1) AS sign, t.amount_minor,
                    t.rounding_minor
             FROM payment t
         )
         SELECT 'The payment ' || s.number || ' does not equal what it posted.', s.id
         FROM signed s
         LEFT JOIN (SELECT book_id, document_id, account_id, sum(total) AS total FROM posted
                    GROUP BY book_id, document_id, account_id) m
                ON m.book_id = s.book_id AND m.document_id = s.id AND m.account_id = s.account_id
         LEFT JOIN (SELECT book_id, document_id, sum(total) AS total, min(customer_id) AS customer_id FROM posted
                    WHERE kind = 'receivable' GROUP BY book_id, document_id) c
                ON c.book_id = s.book_id AND c.document_id = s.id
         WHERE ifnull(m.total, 0) <> s.sign * s.amount_minor
            OR ifnull(c.total, 0) <> s.sign * (s.rounding_minor - s.amount_minor) OR c.customer_id IS NOT s.customer_id
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
