//! Accounts: where money is, and what it was for.
//!
//! An account with a minimum may be lowered by its custodian alone: the device that holds the money. Every money account
//! that a person opens is in the custody of the device it was opened on.

use super::AccountId;
use super::book::{self, Session};
use super::page::{Direction, Key, Limit, Page, Search, Shown, Words, read_cursor, write_cursor};
use super::person;
use super::record::{self, FieldType, Record, Values, record};
use crate::kernel::{Acting, BookId, Code, DeviceId, Edit, Fault, Instant, Line, Money, PersonId, Result, Rule};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::named_params;
use rusqlite::types::FromSql;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an account is called: one line.
pub type AccountName = Line<80>;

words! {
    /// What an account is for.
    AccountKind {
        Cash "cash" "Cash in hand, a till, a float.";
        Bank "bank" "A bank account.";
        MobileMoney "mobile_money" "A mobile wallet.";
        InTransit "in_transit" "Money on its way between two accounts or books.";
        Receivable "receivable" "What customers owe us.";
        Income "income" "What we earned.";
        Tax "tax" "Tax that we collected and owe.";
        Discount "discount" "Discounts that we gave.";
        Expense "expense" "What we paid for.";
        OverShort "over_short" "What a count found too much or too little.";
        Rounding "rounding" "What was lost or won by rounding.";
        BadDebt "bad_debt" "What customers owed and will not pay.";
        Opening "opening" "Where opening balances come from.";
    }
}

words! {
    /// How people pay, as papers and tax authorities name it.
    PaymentMethod {
        Cash "cash" "Notes and coins.";
        MobileMoney "mobile_money" "A mobile wallet.";
        Bank "bank" "A transfer between banks.";
        Card "card" "A card.";
        Cheque "cheque" "A cheque.";
        Other "other" "Anything else.";
    }
}

impl FieldType for PaymentMethod {
    type InRow = PaymentMethod;
    const RULE: Rule = Rule::Word { about: "a method of payment", of: PaymentMethod::names };
}

impl AccountKind {
    /// Whether money is in it: such accounts can be transferred between, and have a custodian.
    pub const fn holds_money(self) -> bool {
        matches!(self, AccountKind::Cash | AccountKind::Bank | AccountKind::MobileMoney | AccountKind::InTransit)
    }

    /// Whether people may open accounts of this kind; every book has the others already.
    pub(super) const fn can_be_opened(self) -> bool {
        self.holds_money() || matches!(self, AccountKind::Income | AccountKind::Expense)
    }

    fn openable() -> Vec<&'static str> {
        let can_be_opened =
            |name: &&str| AccountKind::column_result((*name).into()).is_ok_and(AccountKind::can_be_opened);
        AccountKind::names().into_iter().filter(can_be_opened).collect()
    }

    /// The minimum that a new account of this kind gets when none is given: purses can't hold less than nothing.
    pub(super) const fn usual_minimum(self) -> Option<Money> {
        match self {
            AccountKind::Cash | AccountKind::MobileMoney => Some(Money::ZERO),
            _ => None,
        }
    }
}

/// The accounts that every book has: kind and name.
pub(super) const SYSTEM_ACCOUNTS: &[(AccountKind, &str)] = &[
    (AccountKind::InTransit, "Money in transit"),
    (AccountKind::Receivable, "Customers owe us"),
    (AccountKind::Income, "Sales"),
    (AccountKind::Tax, "Tax collected"),
    (AccountKind::Discount, "Discounts given"),
    (AccountKind::Expense, "Fees and expenses"),
    (AccountKind::OverShort, "Cash over and short"),
    (AccountKind::Rounding, "Rounding"),
    (AccountKind::BadDebt, "Bad debts"),
    (AccountKind::Opening, "Opening balances"),
];

/// The id of the account of that kind which every copy of a book has under the same id.
pub fn system_account(book: BookId, kind: AccountKind) -> AccountId {
    book.derive(&format!("account:{}", kind.name()))
}

// An account is opened, not merely added, and what it holds is the ledger's; people edit the two fields below.
record! {
    "payment_account", account_id: AccountId;
    row Account "An account and what it holds." from "payment_account t
        LEFT JOIN ledger_balance l ON l.book_id = t.book_id AND l.account_id = t.id
        LEFT JOIN device d ON d.book_id = t.book_id AND d.id = t.custodian_device_id" {
        /// What it is for.
        kind: AccountKind = "t.kind",
        /// The device that alone may lower it, if it has a minimum.
        custodian_device_id: Option<DeviceId> = "t.custodian_device_id",
        /// That device's name.
        custodian_name: Option<String> = "d.name",
        /// Whether that is this device.
        custodian_here: bool = "ifnull(t.custodian_device_id = :device, 0)",
        /// What it holds: debits less credits.
        balance_minor: Money = "ifnull(l.balance_minor, 0)",
        /// What may be taken out; nothing where there is no minimum.
        // Both lie within the bounds of an amount; a difference past them is as good as the bound.
        available_minor: Option<Money> = "CASE WHEN t.minimum_minor IS NOT NULL THEN
            max(-9007199254740991, min(9007199254740991, ifnull(l.balance_minor, 0) - t.minimum_minor)) END",
        /// When it was closed.
        closed_at: Option<Instant> = "t.closed_at",
    }
    edit AccountEdit "A change of an account. What is not given stays, null clears.";
    fields {
        /// Its name, which no other open account of the book may have.
        name: required AccountName, searched;
        /// What it may never go below; null where it may. Only its custodian may change it.
        minimum_minor: optional Money;
        /// Whose till it is; null where it is nobody's own.
        person_id: optional PersonId;
        /// How people pay into it; null where its kind says it.
        method: optional PaymentMethod;
    }
    others ("kind", Rule::Word { about: "a kind of account that people open", of: AccountKind::openable })
}

/// Which account, in the version that the person saw.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSeen {
    /// The account that is meant.
    pub account_id: AccountId,
    /// The version that the person saw.
    pub row_version: i64,
}

/// To whom an account goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The account that is meant.
    pub account_id: AccountId,
    /// The version that the person saw.
    pub row_version: i64,
    /// The device that keeps it from now on: another one of the book.
    pub to_device_id: DeviceId,
}

pub(super) fn insert(
    unit: &mut Unit,
    acting: &Acting,
    id: AccountId,
    name: &str,
    kind: AccountKind,
    minimum: Option<Money>,
    paid: &Paid,
) -> Result<()> {
    let custodian = kind.holds_money().then_some(acting.device);
    let values: Values = vec![
        ("name", &name),
        ("minimum_minor", &minimum),
        ("person_id", &paid.person),
        ("method", &paid.method),
        ("kind", &kind),
        ("custodian_device_id", &custodian),
    ];
    record::insert::<Account>(unit, acting, &id, values)
}

/// Who is paid into an account, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paid {
    pub(super) person: Option<PersonId>,
    pub(super) method: Option<PaymentMethod>,
}

/// Only what holds money is somebody's till, or paid into.
///
/// # Errors
/// `wrong_account_kind`; `not_found` for the person.
pub(super) fn refuse_paid(unit: &Unit, acting: &Acting, kind: AccountKind, paid: &Paid) -> Result<()> {
    let given = [(paid.person.is_some(), "person_id"), (paid.method.is_some(), "method")];
    if let Some((_, field)) = given.into_iter().find(|(is_given, _)| *is_given && !kind.holds_money()) {
        return Err(Fault::new(Code::WrongAccountKind, "Nobody pays into an account of this kind.").at(field));
    }
    if let Some(person) = paid.person {
        person::find(unit, acting.book, person)?;
    }
    Ok(())
}

pub(super) fn refuse_taken_name(unit: &Unit, acting: &Acting, name: &AccountName, id: AccountId) -> Result<()> {
    // An account is closed for good, so its name is free.
    if record::is_name_taken::<Account>(unit, acting.book, name.as_str(), &id, "closed_at IS NULL")? {
        return Err(Fault::new(Code::NameTaken, "Another account has this name.").at("name"));
    }
    Ok(())
}

/// Changes an account's name or minimum.
///
/// # Errors
/// `not_found`, `stale`, `name_taken`, `account_closed`; `not_custodian` and `insufficient_funds` for the minimum.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &AccountEdit) -> Result<Account> {
    let seen = AccountSeen { account_id: edit.account_id, row_version: edit.row_version };
    let before = find_seen(unit, acting, &seen)?;
    if before.closed_at.is_some() {
        return Err(closed(&before.name));
    }
    if let Some(name) = &edit.name {
        refuse_taken_name(unit, acting, name, before.id)?;
    }
    if edit.minimum_minor != Edit::Keep {
        if !before.kind.holds_money() {
            return Err(Fault::new(Code::WrongAccountKind, "Only an account that holds money can have a minimum.")
                .at("minimum_minor"));
        }
        if !before.custodian_here {
            return Err(not_custodian(&before).at("minimum_minor"));
        }
    }
    let paid = Paid { person: edit.person_id.clone().applied_to(None), method: edit.method.clone().applied_to(None) };
    refuse_paid(unit, acting, before.kind, &paid)?;
    if let Edit::Set(minimum) = edit.minimum_minor
        && before.balance_minor < minimum
    {
        return Err(insufficient(before.balance_minor.less(minimum)?, Money::ZERO).at("minimum_minor"));
    }
    record::update(unit, acting, &before, edit.changes())?;
    find(unit, acting.book, acting.device, before.id)
}

/// Closes an account that holds nothing.
///
/// # Errors
/// `not_found`, `stale`, `account_closed`, `account_not_empty`, `not_custodian`, `wrong_account_kind` for those that
/// every book has.
pub fn close(unit: &mut Unit, acting: &Acting, seen: &AccountSeen) -> Result<Account> {
    let before = find_seen(unit, acting, seen)?;
    if before.closed_at.is_some() {
        return Err(closed(&before.name));
    }
    if before.id == system_account(acting.book, before.kind) {
        return Err(Fault::new(Code::WrongAccountKind, "Every book has this account; it can't be closed."));
    }
    if before.kind.holds_money() && !before.custodian_here {
        return Err(not_custodian(&before));
    }
    if before.balance_minor != Money::ZERO {
        return Err(Fault::new(
            Code::AccountNotEmpty,
            format!("“{}” still holds a balance; move it elsewhere first.", before.name),
        )
        .with(serde_json::json!({ "balance_minor": before.balance_minor })));
    }
    unit.execute(
        "UPDATE payment_account SET closed_at = :at, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! { ":at": acting.at, ":book": acting.book, ":id": before.id },
    )?;
    find(unit, acting.book, acting.device, before.id)
}

/// Gives an account into the custody of another device. From here on this one can't lower it; the other one can as soon as
/// it has heard of it, and of all that this one did before.
///
/// # Errors
/// `not_found`, also for the device; `stale`, `account_closed`, `not_custodian`; `wrong_account_kind` for an account that
/// nobody keeps; `unknown_choice` when it was to stay where it is.
pub fn hand_over(unit: &mut Unit, acting: &Acting, order: &HandOver) -> Result<Account> {
    let seen = AccountSeen { account_id: order.account_id, row_version: order.row_version };
    let before = find_seen(unit, acting, &seen)?;
    if before.closed_at.is_some() {
        return Err(closed(&before.name));
    }
    if before.custodian_device_id.is_none() {
        return Err(Fault::new(Code::WrongAccountKind, "No device keeps this account, so none can hand it over."));
    }
    if !before.custodian_here {
        return Err(not_custodian(&before));
    }
    if order.to_device_id == acting.device {
        return Err(Fault::new(Code::UnknownChoice, "This device keeps the account already.").at("to_device_id"));
    }
    let Some(receiver) = book::find_device(unit, acting.book, order.to_device_id)? else {
        return Err(Fault::new(Code::NotFound, "This device is not in the book.").at("to_device_id"));
    };
    if receiver.revoked_at.is_some() {
        let message = format!("Head office has shut {} out, so it can't keep an account.", receiver.name);
        return Err(Fault::new(Code::UnknownChoice, message).at("to_device_id"));
    }
    unit.execute(
        "UPDATE payment_account SET custodian_device_id = :to, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! { ":to": order.to_device_id, ":book": acting.book, ":id": before.id },
    )?;
    find(unit, acting.book, acting.device, before.id)
}

fn find_seen(unit: &Unit, acting: &Acting, seen: &AccountSeen) -> Result<Account> {
    record::seen(find(unit, acting.book, acting.device, seen.account_id)?, seen.row_version)
}

pub(super) fn closed(name: &str) -> Fault {
    Fault::new(Code::AccountClosed, format!("“{name}” is closed."))
}

pub(super) fn not_custodian(account: &Account) -> Fault {
    let keeper = account.custodian_name.as_deref().unwrap_or("another device");
    Fault::new(
        Code::NotCustodian,
        format!("“{}” is kept by {keeper}, which alone may lower it or hand it over.", account.name),
    )
}

pub(super) fn insufficient(available: Money, asked: Money) -> Fault {
    Fault::new(Code::InsufficientFunds, "There is not enough in the account.")
        .with(serde_json::json!({ "available_minor": available, "asked_minor": asked }))
}

/// Selects accounts, each with its balance and its custodian: what a list needs is loaded in one statement.
fn select(condition: &str) -> String {
    format!("SELECT {}, t.name_fold FROM {} WHERE t.book_id = :book{condition}", Account::COLUMNS, Account::FROM)
}

/// One account.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, device: DeviceId, id: AccountId) -> Result<Account> {
    snapshot
        .maybe(
            &select(" AND t.id = :id"),
            named_params! { ":book": book, ":device": device, ":id": id },
            Account::read_row,
        )?
        .ok_or_else(|| not_found("account_id"))
}

pub(super) fn not_found(field: &str) -> Fault {
    Fault::new(Code::NotFound, "This account is not in the book.").at(field)
}

/// Two accounts, in one statement; `from` may be `to`, and either may be missing.
pub(super) fn find_two(
    snapshot: &Snapshot,
    acting: &Acting,
    one: AccountId,
    other: AccountId,
) -> Result<(Option<Account>, Option<Account>)> {
    let found = snapshot.all(
        &select(" AND t.id IN (:one, :other)"),
        named_params! { ":book": acting.book, ":device": acting.device, ":one": one, ":other": other },
        Account::read_row,
    )?;
    let pick = |id| found.iter().find(|account| account.id == id).cloned();
    Ok((pick(one), pick(other)))
}

/// How a list of accounts is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountSort {
    /// By name.
    #[default]
    Name,
    /// By kind, then name.
    Kind,
    /// By what they hold.
    Balance,
}

/// Which accounts a list shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// Words in the name.
    #[serde(default)]
    pub search: Option<Search>,
    /// Only these kinds.
    #[serde(default)]
    pub kinds: Option<Vec<AccountKind>>,
    /// Whether closed ones are shown.
    #[serde(default)]
    pub closed: Shown,
    /// The order.
    #[serde(default)]
    pub sort: AccountSort,
    /// From the other end.
    #[serde(default)]
    pub descending: bool,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// Accounts with their balances.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, query: &AccountQuery) -> Result<Page<Account>> {
    let key = match query.sort {
        AccountSort::Name => "name_fold",
        AccountSort::Kind => "kind || ' ' || name_fold",
        AccountSort::Balance => "balance_minor",
    };
    let Direction { order, beyond } = Direction::descending(query.descending);
    let closed = query.closed.condition("closed_at");
    let sql = format!(
        "SELECT *, {key} AS sort_key FROM ({})
         WHERE {closed}
           AND instr(name_fold, :word1) AND instr(name_fold, :word2) AND instr(name_fold, :word3)
           AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
           AND (:after IS NULL OR ({key}, id) {beyond} (:key, :after))
         ORDER BY sort_key {order}, id {order} LIMIT :limit",
        select("")
    );
    let cursor: Option<(Key, AccountId)> = read_cursor(query.cursor.as_deref(), query)?;
    let (after_key, after) = cursor.unzip();
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let kinds = query
        .kinds
        .as_ref()
        .map(|kinds| serde_json::json!(kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>()).to_string());
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": session.book.id, ":device": session.device.id, ":word1": word1, ":word2": word2, ":word3": word3, ":kinds": kinds,
            ":after": after, ":key": after_key, ":limit": query.limit.one_more(),
        },
        |row| Ok((Account::read_row(row)?, row.get::<_, Key>("sort_key")?)),
    )?;
    let page = Page::cut(rows, query.limit, |(account, key)| write_cursor(query, &(key, account.id)));
    Ok(Page { rows: page.rows.into_iter().map(|(account, _)| account).collect(), next_cursor: page.next_cursor })
}
