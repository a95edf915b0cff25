//! Opening balances: how an account begins, with its row and with what it holds already. An opening balance is a document like the
//! others, and is reversed like them.

use super::account::{
    self, Account, AccountKind, AccountName, Paid, PaymentMethod, insufficient, refuse_taken_name, system_account,
};
use super::book::Session;
use super::ledger::{self, DocumentKind, NewPosting};
use super::{AccountId, Memo, OpeningId};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Edit, Fault, Instant, Money, Noun, NounKind, PersonId, Result,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Opening balances, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment_opening",
    kind: NounKind::Document { letters: "A" },
    named_by: Some("number"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// An opening balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Opening {
    /// What a reversal names it by.
    pub id: OpeningId,
    /// Its number: `{device code}-{series}-{000001}`, without a gap in each series.
    pub number: String,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// The account that was opened with it.
    pub account_id: AccountId,
    /// What that account is called.
    pub account_name: String,
    /// What the account held: less than zero where that was owed.
    pub amount_minor: Money,
    /// What it says.
    pub memo: Option<String>,
    /// The opening balance that this one reverses.
    pub reverses_id: Option<OpeningId>,
    /// The opening balance that reverses this one.
    pub reversed_by_id: Option<OpeningId>,
}

/// An account to be opened.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its id; made here when it isn't given.
    #[serde(default = "AccountId::unless_given")]
    pub account_id: AccountId,
    /// As people call it; no other account of the book has it.
    pub name: AccountName,
    /// What it is for: `cash`, `bank`, `mobile_money`, `in_transit`, `income` or `expense`.
    pub kind: AccountKind,
    /// What it may never go below: 0 for cash and mobile money when left out, null for no minimum.
    #[serde(default)]
    pub minimum_minor: Edit<Money>,
    /// Whose till it is.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// How people pay into it, where its kind doesn't say it.
    #[serde(default)]
    pub method: Option<PaymentMethod>,
    /// What it holds to begin with.
    #[serde(default)]
    pub opening_minor: Option<Money>,
    /// The business date of the opening balance; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Opens an account, with an opening balance perhaps.
///
/// # Errors
/// `wrong_account_kind`, `name_taken`, `insufficient_funds` when the opening balance lies below the minimum.
pub fn open(unit: &mut Unit, acting: &Acting, new: &NewAccount) -> Result<Account> {
    if !new.kind.can_be_opened() {
        return Err(Fault::new(
            Code::WrongAccountKind,
            "Accounts of this kind come with the book and can't be opened.",
        )
        .at("kind"));
    }
    refuse_taken_name(unit, acting, &new.name, new.account_id)?;
    let minimum = new.minimum_minor.clone().applied_to(new.kind.usual_minimum());
    if minimum.is_some() && !new.kind.holds_money() {
        return Err(Fault::new(Code::WrongAccountKind, "Only an account that holds money can have a minimum.")
            .at("minimum_minor"));
    }
    let paid = Paid { person: new.person_id, method: new.method };
    account::refuse_paid(unit, acting, new.kind, &paid)?;
    account::insert(unit, acting, new.account_id, new.name.as_str(), new.kind, minimum, &paid)?;
    let opening = new.opening_minor.unwrap_or_default();
    if let Some(minimum) = minimum.filter(|minimum| opening < *minimum) {
        return Err(insufficient(opening.less(minimum)?, Money::ZERO).at("opening_minor"));
    }
    if opening != Money::ZERO {
        let made = Made {
            id: new.account_id.derive("opening"),
            account: new.account_id,
            amount: opening,
            date: new.date.unwrap_or(acting.today),
            reverses: None,
            accept_below_minimum: false,
        };
        post(unit, acting, &made, None).map_err(|fault| fault.at("opening_minor"))?;
    }
    account::find(unit, acting.book, acting.device, new.account_id)
}

/// An opening balance to be entered, for an account that has none, or whose own was reversed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOpening {
    /// Its id; made here when it isn't given.
    #[serde(default = "OpeningId::unless_given")]
    pub opening_id: OpeningId,
    /// The account that is to begin with it.
    pub account_id: AccountId,
    /// What the account held: less than zero where that was owed.
    pub amount_minor: Money,
    /// What it says.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept.
    #[serde(default)]
    pub accept_below_minimum: bool,
}

/// An opening balance to be reversed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningReversal {
    /// The opening balance.
    pub opening_id: OpeningId,
    /// Why it is reversed.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept.
    #[serde(default)]
    pub accept_below_minimum: bool,
}

/// Enters an opening balance for an account that has none.
///
/// # Errors
/// `not_found`, `wrong_account_kind`, `already_opened`, and those of a posting.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewOpening) -> Result<Opening> {
    if new.amount_minor == Money::ZERO {
        return Err(Fault::new(Code::OutOfRange, "An opening balance is more or less than zero.").at("amount_minor"));
    }
    let account = account::find(unit, acting.book, acting.device, new.account_id)?;
    if !account.kind.can_be_opened() {
        return Err(Fault::new(Code::WrongAccountKind, "Accounts of this kind come with the book and open empty.")
            .at("account_id"));
    }
    if let Some(number) = standing(unit, acting.book, new.account_id)? {
        let message = format!("“{}” has the opening balance {number}; reverse that first.", account.name);
        return Err(Fault::new(Code::AlreadyOpened, message).at("account_id"));
    }
    let made = Made {
        id: new.opening_id,
        account: new.account_id,
        amount: new.amount_minor,
        date: new.date.unwrap_or(acting.today),
        reverses: None,
        accept_below_minimum: new.accept_below_minimum,
    };
    post(unit, acting, &made, new.memo.as_ref()).map_err(|fault| match fault.code {
        Code::AccountClosed | Code::NotCustodian => fault.at("account_id"),
        Code::InsufficientFunds | Code::OutOfRange => fault.at("amount_minor"),
        _ => fault,
    })?;
    find(unit, acting.book, new.opening_id)
}

/// The number of an account's opening balance that was not reversed.
fn standing(snapshot: &Snapshot, book: BookId, account: AccountId) -> Result<Option<String>> {
    snapshot.maybe(
        "SELECT o.number FROM payment_opening o
         LEFT JOIN payment_opening r ON r.book_id = o.book_id AND r.reverses_opening_id = o.id
         WHERE o.book_id = :book AND o.account_id = :account AND o.reverses_opening_id IS NULL AND r.id IS NULL
         ORDER BY o.id LIMIT 1",
        named_params! { ":book": book, ":account": account },
        |row| row.get(0),
    )
}

/// Reverses an opening balance. The reversal's id follows from the original's, so the same reversal made twice, on two devices even, is
/// one.
///
/// # Errors
/// `not_found`, `already_reversed`, and those of a posting.
pub fn reverse(unit: &mut Unit, acting: &Acting, order: &OpeningReversal) -> Result<Opening> {
    let original = find(unit, acting.book, order.opening_id)?;
    if original.reversed_by_id.is_some() || original.reverses_id.is_some() {
        let message = if original.reverses_id.is_some() {
            format!("{} is itself a reversal; enter the opening balance again instead.", original.number)
        } else {
            format!("{} was reversed already.", original.number)
        };
        return Err(Fault::new(Code::AlreadyReversed, message).at("opening_id"));
    }
    let made = Made {
        id: original.id.derive("reversal"),
        account: original.account_id,
        amount: original.amount_minor.negated(),
        date: order.date.unwrap_or(acting.today),
        reverses: Some(original.id),
        accept_below_minimum: order.accept_below_minimum,
    };
    post(unit, acting, &made, order.memo.as_ref()).map_err(|fault| match fault.code {
        Code::AccountClosed | Code::NotCustodian | Code::InsufficientFunds => fault.at("opening_id"),
        _ => fault,
    })?;
    find(unit, acting.book, made.id)
}

/// What is written down.
struct Made {
    id: OpeningId,
    account: AccountId,
    amount: Money,
    date: BusinessDate,
    reverses: Option<OpeningId>,
    accept_below_minimum: bool,
}

/// Writes the document, and its posting between the account and where opening balances come from.
fn post(unit: &mut Unit, acting: &Acting, made: &Made, memo: Option<&Memo>) -> Result<()> {
    let equity = system_account(acting.book, AccountKind::Opening);
    let (debit, credit) = if made.amount > Money::ZERO { (made.account, equity) } else { (equity, made.account) };
    let posting = NewPosting {
        id: made.id.derive("posting:opening"),
        debit,
        credit,
        amount: Money::new(made.amount.minor().abs())?,
        date: made.date,
        document_kind: DocumentKind::Opening,
        document: made.id.cast(),
        memo: memo.cloned(),
        customer: None,
        accept_below_minimum: made.accept_below_minimum,
    };
    ledger::post(unit, acting, &posting)?;
    unit.execute(
        "INSERT INTO payment_opening (book_id, id, device_id, series, serial, number, business_date, account_id,
                                      amount_minor, memo, person_id, reverses_opening_id, created_at)
         SELECT :book, :id, d.id, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial), :date,
                :account, :amount, :memo, :person, :reverses, :at
         FROM device d
         JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
               FROM payment_opening WHERE book_id = :book AND device_id = :device AND series = :series) n
         WHERE d.book_id = :book AND d.id = :device",
        named_params! {
            ":book": acting.book, ":id": made.id, ":device": acting.device,
            ":series": acting.series('A'), ":date": made.date,
            ":account": made.account, ":amount": made.amount, ":memo": memo, ":person": acting.person,
            ":reverses": made.reverses, ":at": acting.at,
        },
    )?;
    Ok(())
}

impl ReadRow for Opening {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Opening> {
        Ok(Opening {
            id: row.get("id")?,
            number: row.get("number")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            account_id: row.get("account_id")?,
            account_name: row.get("account_name")?,
            amount_minor: row.get("amount_minor")?,
            memo: row.get("memo")?,
            reverses_id: row.get("reverses_opening_id")?,
            reversed_by_id: row.get("reversed_by_id")?,
        })
    }
}

/// One opening balance.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: OpeningId) -> Result<Opening> {
    snapshot
        .maybe(
            "SELECT o.id, o.number, o.business_date, o.created_at, o.account_id, a.name AS account_name, o.amount_minor, o.memo,
                    o.reverses_opening_id, r.id AS reversed_by_id
             FROM payment_opening o
             CROSS JOIN payment_account a ON a.book_id = o.book_id AND a.id = o.account_id
             LEFT JOIN payment_opening r ON r.book_id = o.book_id AND r.reverses_opening_id = o.id
             WHERE o.book_id = :book AND o.id = :id",
            named_params! { ":book": book, ":id": id },
            Opening::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This opening balance is not in the book.").at("opening_id"))
}

/// Which opening balance.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichOpening {
    /// The opening balance's id.
    pub opening_id: OpeningId,
}

/// Shows one opening balance.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichOpening) -> Result<Opening> {
    find(snapshot, session.book.id, which.opening_id)
}

/// Opening balances that do not equal what they posted: each with a sentence and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, OpeningId)>> {
    snapshot.all(
        "SELECT 'The opening balance ' || o.number || ' does not equal what it posted.', o.id
         FROM payment_opening o
         LEFT JOIN (SELECT book_id, document_id, account_id, sum(amount_minor) AS total FROM ledger_line
                    WHERE document_kind = 'opening' GROUP BY book_id, document_id, account_id) p
                ON p.book_id = o.book_id AND p.document_id = o.id AND p.account_id = o.account_id
         WHERE ifnull(p.total, 0) <> o.amount_minor
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
