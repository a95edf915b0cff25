//! Accounts: where money is, and what it was for.
//!
//! An account with a minimum may be lowered by its custodian alone: the device that holds the money. Every money account
//! that a person opens is in the custody of the device it was opened on.

use super::ledger::{self, DocumentKind, NewPosting};
use super::page::{Direction, Key, Limit, Page, Search, Shown, Words, read_cursor, write_cursor};
use super::{AccountId, book};
use crate::kernel::{Acting, BookId, BusinessDate, Code, DeviceId, Edit, Fault, Instant, Line, Money, Result, fold};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an account is called: one line.
pub type AccountName = Line<80>;

macro_rules! account_kinds { ($($kind:ident $name:literal $about:literal;)*) => {
    /// What an account is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum AccountKind { $( #[doc = $about] $kind, )* }

    impl AccountKind {
        /// As it is stored and sent.
        pub const fn name(self) -> &'static str {
            match self { $( AccountKind::$kind => $name, )* }
        }
    }

    impl FromSql for AccountKind {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<AccountKind> {
            match value.as_str()? { $( $name => Ok(AccountKind::$kind), )* _ => Err(FromSqlError::InvalidType) }
        }
    }
} }
account_kinds! {
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
    Opening "opening" "Where opening balances come from.";
}

impl AccountKind {
    /// Whether money is in it: such accounts can be transferred between, and have a custodian.
    pub const fn holds_money(self) -> bool {
        matches!(self, AccountKind::Cash | AccountKind::Bank | AccountKind::MobileMoney | AccountKind::InTransit)
    }

    /// Whether people may open accounts of this kind; every book has the others already.
    const fn can_be_opened(self) -> bool {
        self.holds_money() || matches!(self, AccountKind::Income | AccountKind::Expense)
    }

    /// The minimum that a new account of this kind gets when none is given: purses can't hold less than nothing.
    const fn usual_minimum(self) -> Option<Money> {
        match self {
            AccountKind::Cash | AccountKind::MobileMoney => Some(Money::ZERO),
            _ => None,
        }
    }
}

/// An account and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: AccountKind,
    /// The device that alone may lower it, if it has a minimum.
    pub custodian_device_id: Option<DeviceId>,
    /// That device's name.
    pub custodian_name: Option<String>,
    /// Whether that is this device.
    pub custodian_here: bool,
    /// What it may never go below; nothing where it may.
    pub minimum_minor: Option<Money>,
    /// What it holds: debits less credits.
    pub balance_minor: Money,
    /// What may be taken out; nothing where there is no minimum.
    pub available_minor: Option<Money>,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// What an edit must name as seen.
    pub row_version: i64,
}

/// An account to be opened.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its id; made here when it isn't given.
    #[serde(default = "AccountId::fresh")]
    pub account_id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// What it is for: `cash`, `bank`, `mobile_money`, `in_transit`, `income` or `expense`.
    pub kind: AccountKind,
    /// What it may never go below: 0 for cash and mobile money when left out, null for no minimum.
    #[serde(default)]
    pub minimum_minor: Edit<Money>,
    /// What it holds to begin with.
    #[serde(default)]
    pub opening_minor: Option<Money>,
    /// The business date of the opening balance; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// A change of an account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountEdit {
    /// Which.
    pub account_id: AccountId,
    /// The version that the person saw.
    pub row_version: i64,
    /// Its name.
    #[serde(default)]
    pub name: Option<AccountName>,
    /// What it may never go below; null for no minimum. Only its custodian may change it.
    #[serde(default)]
    pub minimum_minor: Edit<Money>,
}

/// Which account, in the version that the person saw.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSeen {
    /// Which.
    pub account_id: AccountId,
    /// The version that the person saw.
    pub row_version: i64,
}

/// To whom an account goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Which.
    pub account_id: AccountId,
    /// The version that the person saw.
    pub row_version: i64,
    /// The device that keeps it from now on: another one of the book.
    pub to_device_id: DeviceId,
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
    insert(unit, acting, new.account_id, new.name.as_str(), new.kind, minimum)?;
    let opening = new.opening_minor.unwrap_or_default();
    if let Some(minimum) = minimum.filter(|minimum| opening < *minimum) {
        return Err(ledger::insufficient(opening.less(minimum)?, Money::ZERO).at("opening_minor"));
    }
    if opening != Money::ZERO {
        let equity = book::system_account(acting.book, AccountKind::Opening);
        let (debit, credit) = if opening > Money::ZERO { (new.account_id, equity) } else { (equity, new.account_id) };
        let posting = NewPosting {
            id: new.account_id.derive("posting:opening"),
            debit,
            credit,
            amount: Money::new(opening.minor().abs())?,
            date: new.date.unwrap_or(acting.today),
            document_kind: DocumentKind::Opening,
            document: new.account_id.cast(),
            memo: None,
        };
        ledger::post(unit, acting, &posting).map_err(|fault| fault.at("opening_minor"))?;
    }
    find(unit, acting.book, acting.device, new.account_id)
}

pub(super) fn insert(
    unit: &mut Unit,
    acting: &Acting,
    id: AccountId,
    name: &str,
    kind: AccountKind,
    minimum: Option<Money>,
) -> Result<()> {
    unit.execute(
        "INSERT INTO payment_account (book_id, id, name, kind, custodian_device_id, minimum_minor, created_at, name_fold)
         VALUES (:book, :id, :name, :kind, :custodian, :minimum, :at, :name_fold)",
        named_params! {
            ":book": acting.book, ":id": id, ":name": name, ":kind": kind.name(),
            ":custodian": kind.holds_money().then_some(acting.device), ":minimum": minimum, ":at": acting.at,
            ":name_fold": fold(name),
        },
    )?;
    Ok(())
}

fn refuse_taken_name(unit: &Unit, acting: &Acting, name: &AccountName, id: AccountId) -> Result<()> {
    let taken = unit.maybe(
        "SELECT 1 FROM payment_account WHERE book_id = :book AND name_fold = :name_fold AND id <> :id",
        named_params! { ":book": acting.book, ":name_fold": fold(name.as_str()), ":id": id },
        |_| Ok(()),
    )?;
    match taken {
        Some(()) => Err(Fault::new(Code::NameTaken, "Another account has this name.").at("name")),
        None => Ok(()),
    }
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
    let (minimum_changes, minimum) = edit.minimum_minor.parts();
    if minimum_changes {
        if !before.kind.holds_money() {
            return Err(Fault::new(Code::WrongAccountKind, "Only an account that holds money can have a minimum.")
                .at("minimum_minor"));
        }
        if !before.custodian_here {
            return Err(not_custodian(&before).at("minimum_minor"));
        }
        if let Some(minimum) = minimum.filter(|minimum| before.balance_minor < **minimum) {
            return Err(ledger::insufficient(before.balance_minor.less(*minimum)?, Money::ZERO).at("minimum_minor"));
        }
    }
    unit.execute(
        "UPDATE payment_account
         SET name = ifnull(:name, name),
             name_fold = ifnull(:name_fold, name_fold),
             minimum_minor = CASE WHEN :minimum_changes THEN :minimum ELSE minimum_minor END,
             row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":name": edit.name, ":name_fold": edit.name.as_ref().map(|name| fold(name.as_str())),
            ":minimum_changes": minimum_changes, ":minimum": minimum, ":book": acting.book, ":id": before.id,
        },
    )?;
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
    if before.id == book::system_account(acting.book, before.kind) {
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
    let current = find(unit, acting.book, acting.device, seen.account_id)?;
    if current.row_version != seen.row_version {
        return Err(super::stale(&current));
    }
    Ok(current)
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

/// An account joined with its balance and its custodian: what a list needs is loaded in one statement.
const ACCOUNT: &str = "\
SELECT a.id, a.name, a.kind, a.custodian_device_id, d.name AS custodian_name,
       ifnull(a.custodian_device_id = :device, 0) AS custodian_here, a.minimum_minor,
       ifnull(l.balance_minor, 0) AS balance_minor, a.closed_at, a.row_version, a.name_fold
FROM payment_account a
LEFT JOIN ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
LEFT JOIN device d ON d.book_id = a.book_id AND d.id = a.custodian_device_id
WHERE a.book_id = :book";

impl ReadRow for Account {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Account> {
        let minimum_minor: Option<Money> = row.get("minimum_minor")?;
        let balance_minor: Money = row.get("balance_minor")?;
        Ok(Account {
            id: row.get("id")?,
            name: row.get("name")?,
            kind: row.get("kind")?,
            custodian_device_id: row.get("custodian_device_id")?,
            custodian_name: row.get("custodian_name")?,
            custodian_here: row.get("custodian_here")?,
            minimum_minor,
            balance_minor,
            // Both lie within the bounds of an amount; a difference past them is as good as the bound.
            available_minor: minimum_minor.and_then(|minimum| balance_minor.less(minimum).ok()),
            closed_at: row.get("closed_at")?,
            row_version: row.get("row_version")?,
        })
    }
}

/// One account.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, device: DeviceId, id: AccountId) -> Result<Account> {
    snapshot
        .maybe(
            &format!("{ACCOUNT} AND a.id = :id"),
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
        &format!("{ACCOUNT} AND a.id IN (:one, :other)"),
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
pub fn list(snapshot: &Snapshot, book: BookId, device: DeviceId, query: &AccountQuery) -> Result<Page<Account>> {
    let key = match query.sort {
        AccountSort::Name => "name_fold",
        AccountSort::Kind => "kind || ' ' || name_fold",
        AccountSort::Balance => "balance_minor",
    };
    let Direction { order, beyond } = Direction::descending(query.descending);
    let closed = query.closed.condition("closed_at");
    let sql = format!(
        "SELECT *, {key} AS sort_key FROM ({ACCOUNT})
         WHERE {closed}
           AND instr(name_fold, :word1) AND instr(name_fold, :word2) AND instr(name_fold, :word3)
           AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
           AND (:after IS NULL OR ({key}, id) {beyond} (:key, :after))
         ORDER BY sort_key {order}, id {order} LIMIT :limit"
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
            ":book": book, ":device": device, ":word1": word1, ":word2": word2, ":word3": word3, ":kinds": kinds,
            ":after": after, ":key": after_key, ":limit": query.limit.one_more(),
        },
        |row| Ok((Account::read_row(row)?, row.get::<_, Key>("sort_key")?)),
    )?;
    let page = Page::cut(rows, query.limit, |(account, key)| write_cursor(query, &(key, account.id)));
    Ok(Page { rows: page.rows.into_iter().map(|(account, _)| account).collect(), next_cursor: page.next_cursor })
}
