//! What a payment comes to: what moves, what it pays, what is given back. Asked before it is made, and worked out once more when it is.
//!
//! Not here: the payment, once it is one.

use super::account::{self, Account, AccountKind};
use super::book::{self, Session};
use super::claim::{self, Claimed, NewClaim};
use super::{AccountId, CustomerId, customer};
use crate::kernel::{AMOUNT_MAX, BookId, Code, Fault, Money, Result, total};
use crate::store::Snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A payment that somebody is about to make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentQuestion {
    /// Who would pay.
    pub customer_id: CustomerId,
    /// Where the money would go.
    pub account_id: AccountId,
    /// How much would be paid.
    pub amount_minor: Money,
    /// What the customer would give for it.
    #[serde(default)]
    pub tendered_minor: Option<Money>,
}

/// What a payment would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PaymentProposal {
    /// What would move: cash that settles all is rounded to the coins that there are.
    pub amount_minor: Money,
    /// What the coins that there are added to it, or took from it.
    pub rounding_minor: Money,
    /// What it would pay, the oldest first.
    pub claims: Vec<NewClaim>,
    /// What would be left as credit.
    pub credit_minor: Money,
    /// What would be given back of what was tendered; less than nothing where it is too little.
    pub change_minor: Option<Money>,
}

/// Tells what a payment would come to; nothing is written.
///
/// # Errors
/// `not_found`, `out_of_range`, `wrong_account_kind`.
pub fn propose(snapshot: &Snapshot, session: &Session, question: &PaymentQuestion) -> Result<PaymentProposal> {
    let book = session.book.id;
    let customer = customer::find(snapshot, book, question.customer_id)?.id;
    let account = account::find(snapshot, book, session.device.id, question.account_id)?;
    refuse_without_money(&account)?;
    let asked = Asked { customer, amount: Some(question.amount_minor), tendered: None, claims: None };
    let sum = sum(snapshot, book, &asked, &account)
        .map_err(|fault| if fault.field.is_none() { fault.at("amount_minor") } else { fault })?;
    let paid = claim::sum(&sum.claims)?;
    let change = question.tendered_minor.map(|tendered| tendered.not_negative()?.less(sum.amount));
    Ok(PaymentProposal {
        amount_minor: sum.amount,
        rounding_minor: sum.rounding,
        credit_minor: sum.amount.less(sum.rounding)?.less(paid)?,
        change_minor: change.transpose().map_err(|fault| fault.at("tendered_minor"))?,
        claims: sum.claims.iter().map(Claimed::named).collect(),
    })
}

/// Only what holds money is paid into.
///
/// # Errors
/// `wrong_account_kind`.
pub(super) fn refuse_without_money(account: &Account) -> Result<()> {
    if account.kind.holds_money() {
        return Ok(());
    }
    let message = format!("“{}” holds no money; nobody pays into it.", account.name);
    Err(Fault::new(Code::WrongAccountKind, message).at("account_id"))
}

/// A payment as it is asked for: what is paid, or what is given, and what for.
pub(super) struct Asked<'a> {
    pub customer: CustomerId,
    pub amount: Option<Money>,
    pub tendered: Option<Money>,
    /// Where they aren't named, all that is open.
    pub claims: Option<&'a [NewClaim]>,
}

/// What moves, what of it is rounding, what it pays, and what is given back.
pub(super) struct Sum {
    pub amount: Money,
    pub rounding: Money,
    pub change: Money,
    pub claims: Vec<Claimed>,
}

/// Works out what a payment comes to. Cash that settles all that it claims is rounded to the coins that there are, and giving the sum
/// to the cent means the same; what is given above that is credit, or change where it was tendered.
///
/// # Errors
/// `missing_field`, `out_of_range`, `over_claimed`, and those of claims.
pub(super) fn sum(snapshot: &Snapshot, book: BookId, asked: &Asked<'_>, account: &Account) -> Result<Sum> {
    let (given, field) = match (asked.amount, asked.tendered) {
        (Some(amount), None) => (amount, "amount_minor"),
        (None, Some(tendered)) => (tendered, "tendered_minor"),
        (None, None) => return Err(Fault::new(Code::MissingField, "Say how much is paid.").at("amount_minor")),
        (Some(_), Some(_)) => {
            let message = "Say what is paid, or what was given; not both.";
            return Err(Fault::new(Code::OutOfRange, message).at("tendered_minor"));
        }
    };
    let given = given.not_negative().map_err(|fault| fault.at(field))?;
    let wanted = match asked.claims {
        Some(claims) => claim::given(snapshot, book, asked.customer, claims)?,
        // Nobody knows which of its bills whoever gives no name pays.
        None if asked.customer == customer::walk_in(book) => Vec::new(),
        None => {
            let all = claim::open_items(snapshot, book, asked.customer)?;
            claim::fill(Money::new(AMOUNT_MAX)?, all)?
        }
    };
    let due = claim::sum(&wanted).map_err(|fault| fault.at("claims"))?;
    let due_in_cash = in_coins(snapshot, book, account, due)?;
    let settles = given == due || given >= due_in_cash;
    let (claims, rounding) = if wanted.is_empty() {
        (wanted, Money::ZERO)
    } else if settles {
        (wanted, due_in_cash.less(due)?)
    } else if asked.claims.is_some() {
        return Err(claim::over_claimed(given, due).at("claims"));
    } else {
        let items = wanted.into_iter().map(|claimed| claimed.item).collect();
        (claim::fill(given, items)?, Money::ZERO)
    };
    // What is due exactly is paid in the coins that there are.
    let amount = if settles && given == due { due_in_cash } else { given };
    let change = match asked.tendered {
        Some(_) if settles && !claims.is_empty() => amount.less(due_in_cash)?.max(Money::ZERO),
        Some(_) | None => Money::ZERO,
    };
    let amount = amount.less(change)?;
    amount.less(rounding)?.positive().map_err(|fault| fault.at(field))?;
    Ok(Sum { amount, rounding, change, claims })
}

/// What of an amount there are coins for, where the account is one of coins; else the amount.
///
/// # Errors
/// `out_of_range`.
pub(super) fn in_coins(snapshot: &Snapshot, book: BookId, account: &Account, amount: Money) -> Result<Money> {
    let step = match account.kind {
        AccountKind::Cash => book::session(snapshot, Some(book), None)?.book.cash_step_minor,
        _ => Money::ZERO,
    };
    total::in_cash(amount, step)
}
