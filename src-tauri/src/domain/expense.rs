//! Expenses: money that was paid for something, not to a customer: fuel, a toll, rent. What of it is tax that the authority gives back
//! is posted apart.

use super::account::{self, AccountKind, system_account};
use super::book::Session;
use super::ledger::{self, DocumentKind, NewPosting};
use super::page::{DatePage, Direction, Limit, Page, Search, Words};
use super::payment::Reference;
use super::{AccountId, ExpenseId, Memo, record};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Fault, Instant, Line, Money, Noun, NounKind, PersonId, Result, fold,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Expenses, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment_expense",
    kind: NounKind::Document { letters: "E" },
    named_by: Some("number"),
    unique: None,
    searched: &["number", "payee", "reference", "memo"],
    phone: None,
    rules: &[],
};

/// Who was paid: one line.
pub type Payee = Line<120>;

/// An expense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expense {
    /// What a reversal names it by.
    pub id: ExpenseId,
    /// Its number: `{device code}-{series}-{000001}`, without a gap in each series.
    pub number: String,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// Where the money came from.
    pub account_id: AccountId,
    /// The name of the account that paid.
    pub account_name: String,
    /// What it was for.
    pub expense_account_id: AccountId,
    /// The name of the account that says what it was for.
    pub expense_account_name: String,
    /// How much was paid, tax and all.
    pub amount_minor: Money,
    /// What of that is tax that the authority gives back.
    pub tax_minor: Money,
    /// Who was paid.
    pub payee: Option<String>,
    /// What the slip calls it.
    pub reference: Option<String>,
    /// What it says.
    pub memo: Option<String>,
    /// Who made it.
    pub person_id: PersonId,
    /// The name of who made it.
    pub person_name: String,
    /// The expense that this one reverses.
    pub reverses_id: Option<ExpenseId>,
    /// The expense that reverses this one.
    pub reversed_by_id: Option<ExpenseId>,
}

/// Money that was paid for something.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExpense {
    /// Its id; made here when it isn't given.
    #[serde(default = "ExpenseId::unless_given")]
    pub expense_id: ExpenseId,
    /// Where the money came from.
    pub account_id: AccountId,
    /// What it was for: an account of kind expense; the one that every book has when it isn't given.
    #[serde(default)]
    pub expense_account_id: Option<AccountId>,
    /// How much was paid, tax and all: more than nothing.
    pub amount_minor: Money,
    /// What of that is tax that the authority gives back.
    #[serde(default)]
    pub tax_minor: Option<Money>,
    /// Who was paid.
    #[serde(default)]
    pub payee: Option<Payee>,
    /// What the slip calls it.
    #[serde(default)]
    pub reference: Option<Reference>,
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

/// Records an expense.
///
/// # Errors
/// `not_found`, `wrong_account_kind`, `out_of_range`, and those of a posting.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewExpense) -> Result<Expense> {
    let amount = new.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?;
    let tax = new.tax_minor.unwrap_or_default().not_negative().map_err(|fault| fault.at("tax_minor"))?;
    if tax > amount {
        return Err(Fault::new(Code::OutOfRange, "The tax is a part of what was paid.").at("tax_minor"));
    }
    let expense = new.expense_account_id.unwrap_or_else(|| system_account(acting.book, AccountKind::Expense));
    let (from, to) = account::find_two(unit, acting, new.account_id, expense)?;
    let from = from.ok_or_else(|| account::not_found("account_id"))?;
    let to = to.ok_or_else(|| account::not_found("expense_account_id"))?;
    if !from.kind.holds_money() {
        let message = format!("“{}” holds no money to pay with.", from.name);
        return Err(Fault::new(Code::WrongAccountKind, message).at("account_id"));
    }
    if to.kind != AccountKind::Expense {
        let message = format!("“{}” does not say what money was spent for.", to.name);
        return Err(Fault::new(Code::WrongAccountKind, message).at("expense_account_id"));
    }
    let made = Made {
        id: new.expense_id,
        account: from.id,
        expense: to.id,
        amount,
        tax,
        payee: new.payee.as_ref().map(|payee| payee.as_str().to_owned()),
        reference: new.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        memo: new.memo.clone(),
        reverses: None,
        date: new.date.unwrap_or(acting.today),
        accept_below_minimum: new.accept_below_minimum,
    };
    insert(unit, acting, &made).map_err(|fault| match fault.code {
        Code::InsufficientFunds | Code::OutOfRange => fault.at("amount_minor"),
        Code::NotCustodian | Code::AccountClosed => fault.at("account_id"),
        _ => fault,
    })?;
    find(unit, acting.book, made.id)
}

/// An expense to be reversed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseReversal {
    /// The expense to reverse.
    pub expense_id: ExpenseId,
    /// Why it is reversed.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Reverses an expense: the money is there again. The reversal's id follows from the original's, so the same reversal made twice, on
/// two devices even, is one.
///
/// # Errors
/// `not_found`, `already_reversed`, and those of a posting.
pub fn reverse(unit: &mut Unit, acting: &Acting, order: &ExpenseReversal) -> Result<Expense> {
    let original = find(unit, acting.book, order.expense_id)?;
    if original.reversed_by_id.is_some() || original.reverses_id.is_some() {
        let message = if original.reverses_id.is_some() {
            format!("{} is itself a reversal; record the expense again instead.", original.number)
        } else {
            format!("{} was reversed already.", original.number)
        };
        return Err(Fault::new(Code::AlreadyReversed, message).at("expense_id"));
    }
    let made = Made {
        id: original.id.derive("reversal"),
        account: original.account_id,
        expense: original.expense_account_id,
        amount: original.amount_minor,
        tax: original.tax_minor,
        payee: original.payee,
        reference: original.reference,
        memo: order.memo.clone(),
        reverses: Some(original.id),
        date: order.date.unwrap_or(acting.today),
        accept_below_minimum: false,
    };
    insert(unit, acting, &made).map_err(|fault| match fault.code {
        Code::InsufficientFunds | Code::NotCustodian | Code::AccountClosed => fault.at("expense_id"),
        _ => fault,
    })?;
    find(unit, acting.book, made.id)
}

/// What is written down.
struct Made {
    id: ExpenseId,
    account: AccountId,
    expense: AccountId,
    amount: Money,
    tax: Money,
    payee: Option<String>,
    reference: Option<String>,
    memo: Option<Memo>,
    reverses: Option<ExpenseId>,
    date: BusinessDate,
    accept_below_minimum: bool,
}

/// Writes the expense, and its postings: what it was for, and the tax.
fn insert(unit: &mut Unit, acting: &Acting, made: &Made) -> Result<()> {
    let tax = system_account(acting.book, AccountKind::Tax);
    let parts = [("posting:expense", made.expense, made.amount.less(made.tax)?), ("posting:tax", tax, made.tax)];
    for (purpose, spent, amount) in parts.into_iter().filter(|(.., amount)| *amount > Money::ZERO) {
        let (debit, credit) = if made.reverses.is_none() { (spent, made.account) } else { (made.account, spent) };
        let posting = NewPosting {
            id: made.id.derive(purpose),
            debit,
            credit,
            amount,
            date: made.date,
            document_kind: DocumentKind::Expense,
            document: made.id.cast(),
            memo: made.memo.clone(),
            customer: None,
            accept_below_minimum: made.accept_below_minimum,
        };
        ledger::post(unit, acting, &posting)?;
    }
    let said = [made.payee.as_deref(), made.reference.as_deref(), made.memo.as_ref().map(Memo::as_str)];
    let said: String = said.into_iter().flatten().map(|text| format!("\n{}", fold(text))).collect();
    unit.execute(
        "INSERT INTO payment_expense (book_id, id, device_id, series, serial, number, business_date, account_id,
                                      expense_account_id, amount_minor, tax_minor, payee, reference, memo,
                                      reverses_expense_id, person_id, created_at, search_text)
         SELECT :book, :id, d.id, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial), :date,
                :account, :expense, :amount, :tax, :payee, :reference, :memo, :reverses, :person, :at,
                lower(d.code || '-' || :series || '-') || printf('%06d', n.serial) || :said
         FROM device d
         JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
               FROM payment_expense WHERE book_id = :book AND device_id = :device AND series = :series) n
         WHERE d.book_id = :book AND d.id = :device",
        named_params! {
            ":book": acting.book, ":id": made.id, ":device": acting.device, ":series": acting.series('E'),
            ":date": made.date, ":account": made.account, ":expense": made.expense, ":amount": made.amount, ":tax": made.tax,
            ":payee": made.payee, ":reference": made.reference, ":memo": made.memo, ":reverses": made.reverses,
            ":person": acting.person, ":at": acting.at, ":said": said,
        },
    )?;
    Ok(())
}

const EXPENSE: &str = "\
SELECT t.id, t.number, t.business_date, t.created_at, t.account_id, a.name AS account_name, t.expense_account_id,
       e.name AS expense_account_name, t.amount_minor, t.tax_minor, t.payee, t.reference, t.memo, t.person_id,
       p.name AS person_name, t.reverses_expense_id, r.id AS reversed_by_id
FROM payment_expense t
CROSS JOIN payment_account a ON a.book_id = t.book_id AND a.id = t.account_id
CROSS JOIN payment_account e ON e.book_id = t.book_id AND e.id = t.expense_account_id
CROSS JOIN person p ON p.book_id = t.book_id AND p.id = t.person_id
LEFT JOIN payment_expense r ON r.book_id = t.book_id AND r.reverses_expense_id = t.id";

impl ReadRow for Expense {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Expense> {
        Ok(Expense {
            id: row.get("id")?,
            number: row.get("number")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            account_id: row.get("account_id")?,
            account_name: row.get("account_name")?,
            expense_account_id: row.get("expense_account_id")?,
            expense_account_name: row.get("expense_account_name")?,
            amount_minor: row.get("amount_minor")?,
            tax_minor: row.get("tax_minor")?,
            payee: row.get("payee")?,
            reference: row.get("reference")?,
            memo: row.get("memo")?,
            person_id: row.get("person_id")?,
            person_name: row.get("person_name")?,
            reverses_id: row.get("reverses_expense_id")?,
            reversed_by_id: row.get("reversed_by_id")?,
        })
    }
}

/// One expense.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: ExpenseId) -> Result<Expense> {
    snapshot
        .maybe(
            &format!("{EXPENSE} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Expense::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This expense is not in the book.").at("expense_id"))
}

/// Which expense.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichExpense {
    /// The expense to be shown.
    pub expense_id: ExpenseId,
}

/// Shows one expense.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichExpense) -> Result<Expense> {
    find(snapshot, session.book.id, which.expense_id)
}

/// Which expenses a list shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseQuery {
    /// Only those out of this account, or for it.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in number, payee, reference or memo.
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

/// Expenses, by business date.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, query: &ExpenseQuery) -> Result<Page<Expense>> {
    let page = DatePage::of(query, query.cursor.as_deref(), query.descending, (query.from_date, query.to_date))?;
    let Direction { order, beyond } = page.direction;
    let sql = format!(
        "{EXPENSE}
         WHERE t.book_id = :book
           AND (t.business_date, t.created_at, t.id) {beyond} (:date, :at, :after)
           AND t.business_date BETWEEN :from AND :to
           AND (:account IS NULL OR t.account_id = :account OR t.expense_account_id = :account)
           AND instr(t.search_text, :word1) AND instr(t.search_text, :word2) AND instr(t.search_text, :word3)
         ORDER BY t.business_date {order}, t.created_at {order}, t.id {order} LIMIT :limit"
    );
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": session.book.id, ":date": page.date, ":at": page.at, ":after": page.after, ":from": page.from,
            ":to": page.to, ":account": query.account_id,
            ":word1": word1, ":word2": word2, ":word3": word3, ":limit": query.limit.one_more(),
        },
        Expense::read_row,
    )?;
    Ok(Page::cut(rows, query.limit, |last| DatePage::behind(query, last.date, last.created_at, last.id)))
}

/// Expenses that do not equal what they posted: each with a sentence and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, ExpenseId)>> {
    snapshot.all(
        "SELECT 'The expense ' || e.number || ' does not equal what it posted.', e.id
         FROM payment_expense e
         LEFT JOIN (SELECT book_id, document_id, account_id, sum(amount_minor) AS total FROM ledger_line
                    WHERE document_kind = 'expense' GROUP BY book_id, document_id, account_id) p
                ON p.book_id = e.book_id AND p.document_id = e.id AND p.account_id = e.account_id
         WHERE ifnull(p.total, 0) <> iif(e.reverses_expense_id IS NULL, -e.amount_minor, e.amount_minor)
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
