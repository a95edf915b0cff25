//! What a person wants to see first: what money there is, what was taken, what is owed, and what happened today.

use super::PaymentId;
use super::account::{self, Account, AccountKind, AccountQuery};
use super::age::{self, Due, Overpaid, Owed};
use super::book::Session;
use super::ledger::clamped;
use super::page::Shown;
use super::report;
use crate::kernel::{BookId, BusinessDate, Money, Result};
use crate::store::Snapshot;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Serialize;

/// How many days the overview looks back.
pub const DAYS: i32 = 30;
/// How many days of takings it shows.
pub const TAKEN_DAYS: i32 = 14;
/// How many customers that should pay it shows.
const DUE_MAX: i64 = 8;
/// How many of a sort that needs somebody it shows.
const NEEDING_MAX: i64 = 3;
/// How many days back it looks for one reference on two payments.
const TWICE_DAYS: i32 = 60;

/// The money of a book, today and in the days before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Overview {
    /// The business date.
    pub today_date: BusinessDate,
    /// What all money accounts hold.
    pub money_minor: Money,
    /// The open money accounts.
    pub accounts: Vec<Account>,
    /// What came in today; transfers between money accounts are left out.
    pub in_today_minor: Money,
    /// What went out today; likewise.
    pub out_today_minor: Money,
    /// How many transfers were made today, without those that were reversed and what reverses them.
    pub transfers_today: i64,
    /// What these transfers moved.
    pub moved_today_minor: Money,
    /// How many customers are in use.
    pub customers: i64,
    /// How many products are in use.
    pub products: i64,
    /// What all money accounts held at the end of each of the last days, oldest first.
    pub days: Vec<Day>,
    /// What customers paid today, less what was reversed today.
    pub taken_today_minor: Money,
    /// How many payments of today stand.
    pub payments_today: i64,
    /// What customers paid on each of the last days, less what was reversed on it, oldest first; the last one is today.
    pub takings: Vec<Taking>,
    /// What customers owe all together.
    pub owed: Owed,
    /// Who should pay by today, whoever has owed the longest first; the first of many.
    pub due: Vec<Due>,
    /// Who has paid more than its bills came to, the most first; the first of many.
    pub overpaid: Vec<Overpaid>,
    /// Payments that have a reference which another of their account has, too, the newest first; the first of many.
    pub twice: Vec<Twice>,
}

/// What customers paid on a day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Taking {
    /// The business date.
    pub date: BusinessDate,
    /// How much: less than nothing where more was reversed.
    pub taken_minor: Money,
}

/// A payment that has another one's reference: most likely the same money, written down twice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Twice {
    /// The later one.
    pub payment_id: PaymentId,
    /// What papers call that later one.
    pub number: String,
    /// What both are called.
    pub reference: String,
}

/// A day's end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Day {
    /// The business date.
    pub date: BusinessDate,
    /// What all money accounts held.
    pub money_minor: Money,
}

/// The kinds of accounts that hold money, as SQL knows them.
const MONEY_KINDS: &str = "('cash', 'bank', 'mobile_money', 'in_transit')";

/// Looks at a book.
///
/// # Errors
/// What SQLite says.
pub fn look(snapshot: &Snapshot, session: &Session, today: BusinessDate) -> Result<Overview> {
    let kinds = [AccountKind::Cash, AccountKind::Bank, AccountKind::MobileMoney, AccountKind::InTransit];
    let query = AccountQuery { kinds: Some(kinds.to_vec()), closed: Shown::No, ..AccountQuery::default() };
    let accounts = account::list(snapshot, session, &query)?.rows;
    let book = session.book.id;
    let first = today.plus_days(1 - DAYS);
    let ((money, since, in_today, out_today), (transfers_today, moved), customers, products) = snapshot.one(
        &format!(
            "SELECT (SELECT ifnull(sum(l.balance_minor), 0) FROM ledger_balance l
                     JOIN payment_account a ON a.book_id = l.book_id AND a.id = l.account_id
                     WHERE l.book_id = :book AND a.kind IN {MONEY_KINDS}),
                    (SELECT ifnull(sum(d.debit_minor - d.credit_minor), 0) FROM payment_account a
                     CROSS JOIN ledger_day d ON d.book_id = a.book_id AND d.account_id = a.id
                                            AND d.business_date >= :first
                     WHERE a.book_id = :book AND a.kind IN {MONEY_KINDS}),
                    (SELECT ifnull(sum(p.amount_minor), 0) FROM payment_account a
                     CROSS JOIN ledger_posting p ON p.book_id = a.book_id AND p.debit_account_id = a.id
                                                AND p.business_date = :today
                     CROSS JOIN payment_account c ON c.book_id = a.book_id AND c.id = p.credit_account_id
                     WHERE a.book_id = :book AND a.kind IN {MONEY_KINDS} AND c.kind NOT IN {MONEY_KINDS}),
                    (SELECT ifnull(sum(p.amount_minor), 0) FROM payment_account a
                     CROSS JOIN ledger_posting p ON p.book_id = a.book_id AND p.credit_account_id = a.id
                                                AND p.business_date = :today
                     CROSS JOIN payment_account c ON c.book_id = a.book_id AND c.id = p.debit_account_id
                     WHERE a.book_id = :book AND a.kind IN {MONEY_KINDS} AND c.kind NOT IN {MONEY_KINDS}),
                    t.made, t.moved_minor,
                    (SELECT count(*) FROM customer WHERE book_id = :book AND archived_at IS NULL),
                    (SELECT count(*) FROM product WHERE book_id = :book AND archived_at IS NULL)
             FROM (SELECT count(*) AS made, ifnull(sum(m.amount_minor), 0) AS moved_minor
                   FROM payment_transfer m
                   LEFT JOIN payment_transfer r ON r.book_id = m.book_id AND r.reverses_transfer_id = m.id
                   WHERE m.book_id = :book AND m.business_date = :today AND m.reverses_transfer_id IS NULL AND r.id IS NULL) t"
        ),
        named_params! { ":book": book, ":first": first, ":today": today },
        |row| {
            let money: (i64, i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let moved: (i64, i64) = (row.get(4)?, row.get(5)?);
            Ok((money, moved, row.get(6)?, row.get(7)?))
        },
    )?;
    let changes: Vec<(BusinessDate, i64)> = snapshot.all(
        &format!(
            "SELECT d.business_date, sum(d.debit_minor - d.credit_minor) FROM payment_account a
             CROSS JOIN ledger_day d ON d.book_id = a.book_id AND d.account_id = a.id
                                    AND d.business_date BETWEEN :first AND :today
             WHERE a.book_id = :book AND a.kind IN {MONEY_KINDS}
             GROUP BY d.business_date ORDER BY d.business_date"
        ),
        named_params! { ":book": book, ":first": first, ":today": today },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut held = money - since;
    let mut changes = changes.into_iter().peekable();
    let mut days = Vec::new();
    for offset in 0..DAYS {
        let date = first.plus_days(offset);
        if let Some((_, change)) = changes.next_if(|(changed, _)| *changed == date) {
            held += change;
        }
        days.push(Day { date, money_minor: clamped(held)? });
    }
    let (takings, payments_today) = takings(snapshot, book, today)?;
    let standing = age::standing(snapshot, book, today, (DUE_MAX, NEEDING_MAX))?;
    Ok(Overview {
        taken_today_minor: takings.last().map_or(Money::ZERO, |today| today.taken_minor),
        payments_today,
        takings,
        owed: standing.owed,
        due: standing.due,
        overpaid: standing.overpaid,
        twice: twice(snapshot, book, today)?,
        today_date: today,
        money_minor: clamped(money)?,
        accounts,
        in_today_minor: clamped(in_today)?,
        out_today_minor: clamped(out_today)?,
        transfers_today,
        moved_today_minor: clamped(moved)?,
        customers,
        products,
        days,
    })
}

/// What customers paid on each of the last days, and how many payments of the last one stand.
fn takings(snapshot: &Snapshot, book: BookId, today: BusinessDate) -> Result<(Vec<Taking>, i64)> {
    let first = today.plus_days(1 - TAKEN_DAYS);
    let taken = report::taken_by_day(snapshot, book, (first, today))?;
    let on = |date| taken.iter().find(|day| day.date == Some(date));
    let takings = (0..TAKEN_DAYS)
        .map(|offset| first.plus_days(offset))
        .map(|date| Taking { date, taken_minor: on(date).map_or(Money::ZERO, |day| day.sums.taken_minor) })
        .collect();
    Ok((takings, on(today).map_or(0, |day| day.sums.payments)))
}

/// Payments that have a reference which an earlier one of their account has; neither is reversed.
fn twice(snapshot: &Snapshot, book: BookId, today: BusinessDate) -> Result<Vec<Twice>> {
    snapshot.all(
        "SELECT p.id, p.number, p.reference FROM payment p
         WHERE p.book_id = :book AND p.business_date BETWEEN :first AND :today AND p.reference IS NOT NULL
           AND p.reverses_payment_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM payment r WHERE r.book_id = p.book_id AND r.reverses_payment_id = p.id)
           AND EXISTS (SELECT 1 FROM payment o
                       WHERE o.book_id = p.book_id AND o.account_id = p.account_id AND o.reference = p.reference
                         AND o.reverses_payment_id IS NULL AND (o.created_at, o.id) < (p.created_at, p.id)
                         AND NOT EXISTS (SELECT 1 FROM payment r
                                         WHERE r.book_id = o.book_id AND r.reverses_payment_id = o.id))
         ORDER BY p.business_date DESC, p.created_at DESC, p.id DESC LIMIT :limit",
        named_params! { ":book": book, ":first": today.plus_days(-TWICE_DAYS), ":today": today, ":limit": NEEDING_MAX },
        |row| Ok(Twice { payment_id: row.get(0)?, number: row.get(1)?, reference: row.get(2)? }),
    )
}
