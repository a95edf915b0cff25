//! What a person wants to see first: what money there is, and what happened today.

use super::account::{self, Account, AccountKind, AccountQuery};
use super::book::Session;
use super::ledger::clamped;
use super::page::Shown;
use crate::kernel::{BusinessDate, Money, Result};
use crate::store::Snapshot;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::Serialize;

/// How many days the overview looks back.
pub const DAYS: i32 = 30;

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
    Ok(Overview {
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
