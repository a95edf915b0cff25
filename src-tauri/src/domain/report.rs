//! What was taken and sold in a period, by what one asks for, and what of it is tax.
//!
//! Not here: how old it is what customers owe, which is of one day.

use super::account::{AccountKind, system_account};
use super::book::Session;
use super::ledger::clamped;
use super::page::{DATE_AFTER_ALL, Limit, read_cursor, write_cursor};
use super::{AccountId, CustomerId};
use crate::kernel::{BookId, BusinessDate, Code, Fault, Id, Money, PersonId, Rate, Result, kind::Record};
use crate::store::Snapshot;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// What a group is of, as the cursor behind it knows it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Group {
    Date(BusinessDate),
    Record(Id<Record>),
}

/// What isn't of any record, such as a line of a bill without a product.
const OF_NONE: [u8; 16] = [0; 16];

impl Group {
    fn date(self) -> Option<BusinessDate> {
        match self {
            Group::Date(date) => Some(date),
            Group::Record(_) => None,
        }
    }

    fn id(self) -> Option<Id<Record>> {
        match self {
            Group::Record(id) => Some(id).filter(|id| *id.as_bytes() != OF_NONE),
            Group::Date(_) => None,
        }
    }
}

impl ToSql for Group {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Group::Date(date) => date.to_sql(),
            Group::Record(id) => id.to_sql(),
        }
    }
}

/// How a report groups: days and months are listed newest first, all else by amount.
#[derive(Clone, Copy)]
struct Grouping {
    /// What one group has in common.
    key: &'static str,
    /// What comes first; days and months have nothing before them.
    rank: &'static str,
    /// What it is called.
    name: &'static str,
}

impl Grouping {
    fn is_of_days(self) -> bool {
        self.rank == "0"
    }

    fn group(self, row: &Row<'_>) -> rusqlite::Result<Group> {
        if self.is_of_days() { row.get("key").map(Group::Date) } else { row.get("key").map(Group::Record) }
    }
}

/// Where a page of groups begins: behind this one.
struct Behind {
    rank: i64,
    key: Option<Group>,
}

impl Behind {
    fn of(cursor: Option<&str>, settings: &impl Serialize) -> Result<Behind> {
        let found: Option<(i64, Group)> = read_cursor(cursor, settings)?;
        Ok(found.map_or(Behind { rank: i64::MAX, key: None }, |(rank, key)| Behind { rank, key: Some(key) }))
    }
}

impl ToSql for Behind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match &self.key {
            Some(key) => key.to_sql(),
            // Nothing is ranked as high as where a list begins.
            None => Ok(ToSqlOutput::Borrowed(ValueRef::Text(b""))),
        }
    }
}

/// A page of what a statement answers: first the sum of everything, then the groups.
type Cut<S> = (S, Vec<(Group, Option<String>, S)>, Option<String>);

/// Reads a page of groups.
fn cut<S>(
    snapshot: &Snapshot,
    (sql, params): (&str, &[(&str, &dyn ToSql)]),
    grouping: Grouping,
    (limit, settings): (Limit, &impl Serialize),
    read: impl Fn(&Row<'_>) -> Result<S>,
) -> Result<Cut<S>> {
    let (mut total, mut rows, mut last, mut next_cursor) = (None, Vec::new(), None, None);
    snapshot.each(sql, params, |row| {
        let sums = read(row)?;
        if total.is_none() {
            total = Some(sums);
        } else if rows.len() == limit.rows() {
            next_cursor = last.map(|last: (i64, Group)| write_cursor(settings, &last));
        } else {
            let group = grouping.group(row)?;
            last = Some((row.get("rank")?, group));
            rows.push((group, row.get("name")?, sums));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let total = total.ok_or_else(|| Fault::new(Code::Internal, "A sum over everything has no row."))?;
    Ok((total, rows, next_cursor))
}

fn first_day(date: Option<BusinessDate>) -> String {
    date.map_or_else(String::new, |date| date.to_string())
}

fn last_day(date: Option<BusinessDate>) -> String {
    date.map_or_else(|| DATE_AFTER_ALL.to_owned(), |date| date.to_string())
}

words! {
    /// What takings are grouped by.
    TakingsBy {
        Day "day" "By business date, the newest first.";
        Month "month" "By month, the newest first.";
        Account "account" "By the account that the money came into, the most first.";
        Person "person" "By who took it, the most first.";
    }
}

impl TakingsBy {
    fn grouping(self) -> Grouping {
        match self {
            TakingsBy::Day => Grouping { key: "p.business_date", rank: "0", name: "NULL" },
            TakingsBy::Month => Grouping { key: "substr(p.business_date, 1, 7) || '-01'", rank: "0", name: "NULL" },
            TakingsBy::Account => Grouping {
                key: "p.account_id",
                rank: "taken_minor",
                name: "(SELECT a.name FROM payment_account a WHERE a.book_id = :book AND a.id = key)",
            },
            TakingsBy::Person => Grouping {
                key: "p.person_id",
                rank: "taken_minor",
                name: "(SELECT n.name FROM person n WHERE n.book_id = :book AND n.id = key)",
            },
        }
    }
}

/// Which takings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakingsQuery {
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// What they are grouped by.
    #[serde(default = "TakingsBy::by_day")]
    pub by: TakingsBy,
    /// Only what came into this account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Only what this person took.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

impl TakingsBy {
    fn by_day() -> TakingsBy {
        TakingsBy::Day
    }
}

/// What customers paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TakingSums {
    /// What was paid less what was reversed: less than nothing where more was reversed.
    pub taken_minor: Money,
    /// What was paid.
    pub paid_minor: Money,
    /// What was reversed, whenever it had been paid.
    pub reversed_minor: Money,
    /// How many of the payments stand.
    pub payments: i64,
}

/// What customers paid on a day, into an account, or to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TakingRow {
    /// The day, or the first one of the month.
    pub date: Option<BusinessDate>,
    /// The account, or the person.
    pub id: Option<Id<Record>>,
    /// What that account or person is called.
    pub name: Option<String>,
    /// What was paid.
    #[serde(flatten)]
    pub sums: TakingSums,
}

/// What customers paid in a period. Transfers are none of it, nor credit from before the book, nor what was given back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Takings {
    /// All of it, whichever page this is.
    pub total: TakingSums,
    /// The groups.
    pub rows: Vec<TakingRow>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

/// What customers paid in a period.
///
/// # Errors
/// `bad_cursor`.
pub fn takings(snapshot: &Snapshot, session: &Session, query: &TakingsQuery) -> Result<Takings> {
    takings_of(snapshot, session.book.id, query)
}

/// What customers paid on each of a few days.
pub(super) fn taken_by_day(
    snapshot: &Snapshot,
    book: BookId,
    (first, last): (BusinessDate, BusinessDate),
) -> Result<Vec<TakingRow>> {
    let query = TakingsQuery {
        from_date: Some(first),
        to_date: Some(last),
        by: TakingsBy::Day,
        account_id: None,
        person_id: None,
        cursor: None,
        limit: Limit::default(),
    };
    Ok(takings_of(snapshot, book, &query)?.rows)
}

fn takings_of(snapshot: &Snapshot, book: BookId, query: &TakingsQuery) -> Result<Takings> {
    let grouping = query.by.grouping();
    let Grouping { key, rank, name } = grouping;
    let sql = format!(
        "WITH one AS MATERIALIZED (
             SELECT {key} AS key, sum(iif(p.reverses_payment_id IS NULL, p.amount_minor, -p.amount_minor)) AS taken_minor,
                    sum(iif(p.reverses_payment_id IS NULL, p.amount_minor, 0)) AS paid_minor,
                    sum(iif(p.reverses_payment_id IS NULL, 0, p.amount_minor)) AS reversed_minor,
                    count(*) FILTER (WHERE p.reverses_payment_id IS NULL AND r.id IS NULL) AS payments
             FROM payment p
             LEFT JOIN payment r ON r.book_id = p.book_id AND r.reverses_payment_id = p.id
             WHERE p.book_id = :book AND p.business_date BETWEEN :from AND :to AND p.purpose = 'settlement'
               AND p.account_id <> :opening AND (:account IS NULL OR p.account_id = :account)
               AND (:person IS NULL OR p.person_id = :person)
             GROUP BY 1
         )
         SELECT 0 AS place, NULL AS key, NULL AS rank, NULL AS name, ifnull(sum(taken_minor), 0) AS taken_minor,
                ifnull(sum(paid_minor), 0) AS paid_minor, ifnull(sum(reversed_minor), 0) AS reversed_minor,
                ifnull(sum(payments), 0) AS payments
         FROM one
         UNION ALL
         SELECT 1, key, rank, {name}, taken_minor, paid_minor, reversed_minor, payments
         FROM (SELECT key, {rank} AS rank, taken_minor, paid_minor, reversed_minor, payments
               FROM one WHERE ({rank}, key) < (:rank, :key) ORDER BY rank DESC, key DESC LIMIT :limit)
         ORDER BY place, rank DESC, key DESC"
    );
    let behind = Behind::of(query.cursor.as_deref(), query)?;
    let params = named_params! {
        ":book": book, ":from": first_day(query.from_date), ":to": last_day(query.to_date),
        ":opening": system_account(book, AccountKind::Opening), ":account": query.account_id, ":person": query.person_id,
        ":rank": behind.rank, ":key": behind, ":limit": query.limit.one_more(),
    };
    let (total, rows, next_cursor) = cut(snapshot, (&sql, params), grouping, (query.limit, query), |row| {
        let sum = |column: &str| clamped(row.get(column)?);
        Ok(TakingSums {
            taken_minor: sum("taken_minor")?,
            paid_minor: sum("paid_minor")?,
            reversed_minor: sum("reversed_minor")?,
            payments: row.get("payments")?,
        })
    })?;
    let rows = rows.into_iter().map(|(of, name, sums)| TakingRow { date: of.date(), id: of.id(), name, sums });
    Ok(Takings { total, rows: rows.collect(), next_cursor })
}

words! {
    /// What sales are grouped by.
    SalesBy {
        Day "day" "By business date, the newest first.";
        Month "month" "By month, the newest first.";
        Product "product" "By product, the most first; what names no product is one group.";
        Customer "customer" "By customer, the most first.";
        Person "person" "By who wrote the bills and credit notes, the most first.";
    }
}

impl SalesBy {
    fn by_day() -> SalesBy {
        SalesBy::Day
    }

    fn grouping(self) -> Grouping {
        match self {
            SalesBy::Day => Grouping { key: "b.business_date", rank: "0", name: "NULL" },
            SalesBy::Month => Grouping { key: "substr(b.business_date, 1, 7) || '-01'", rank: "0", name: "NULL" },
            SalesBy::Product => Grouping {
                key: "ifnull(l.product_id, zeroblob(16))",
                rank: "total_minor",
                name: "(SELECT n.name FROM product n WHERE n.book_id = :book AND n.id = key)",
            },
            SalesBy::Customer => Grouping {
                key: "b.customer_id",
                rank: "total_minor",
                name: "(SELECT n.name FROM customer n WHERE n.book_id = :book AND n.id = key)",
            },
            SalesBy::Person => Grouping {
                key: "b.person_id",
                rank: "total_minor",
                name: "(SELECT n.name FROM person n WHERE n.book_id = :book AND n.id = key)",
            },
        }
    }
}

/// Which sales.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SalesQuery {
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// What they are grouped by.
    #[serde(default = "SalesBy::by_day")]
    pub by: SalesBy,
    /// Only what this customer bought.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Only what this person wrote.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// What was sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SaleSums {
    /// What bills came to, less credit notes: net and tax.
    pub total_minor: Money,
    /// The same without tax.
    pub net_minor: Money,
    /// What was charged on top of that for the tax authority.
    pub tax_minor: Money,
    /// What bills came to.
    pub billed_minor: Money,
    /// What credit notes came to.
    pub credited_minor: Money,
    /// How many bills were written, the voided ones too; of a product, how many of their lines.
    pub bills: i64,
    /// How much of a product was sold, less what came back, in thousandths.
    pub quantity_milli: Option<i64>,
    /// What was written off, less what was taken back of that. It lowers neither sales nor tax, and is of no product.
    pub written_off_minor: Money,
}

/// What was sold on a day, of a product, to a customer, or by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SaleRow {
    /// The day, or the first one of the month.
    pub date: Option<BusinessDate>,
    /// The product, the customer, or the person; nothing where lines name no product.
    pub id: Option<Id<Record>>,
    /// What that record is called now.
    pub name: Option<String>,
    /// What was sold.
    #[serde(flatten)]
    pub sums: SaleSums,
}

/// What was sold in a period. Debts from before the book are none of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Sales {
    /// All of it, whichever page this is.
    pub total: SaleSums,
    /// The groups.
    pub rows: Vec<SaleRow>,
    /// Asks for the next page; nothing after the last one.
    pub next_cursor: Option<String>,
}

/// What was sold in a period.
///
/// # Errors
/// `bad_cursor`.
pub fn sales(snapshot: &Snapshot, session: &Session, query: &SalesQuery) -> Result<Sales> {
    let grouping = query.by.grouping();
    let Grouping { key, rank, name } = grouping;
    // What is of a product is in the lines.
    let (lines, of, quantity) = match query.by {
        SalesBy::Product => (
            "CROSS JOIN payment_bill_line l ON l.book_id = b.book_id AND l.bill_id = b.id",
            "l",
            "sum(iif(b.kind = 'bill', l.quantity_milli, iif(b.kind = 'credit', -l.quantity_milli, 0)))",
        ),
        SalesBy::Day | SalesBy::Month | SalesBy::Customer | SalesBy::Person => ("", "b", "NULL"),
    };
    let sql = format!(
        "WITH one AS MATERIALIZED (
             SELECT {key} AS key,
                    sum(CASE b.kind WHEN 'bill' THEN {of}.net_minor WHEN 'credit' THEN -{of}.net_minor ELSE 0 END) AS net_minor,
                    sum(CASE b.kind WHEN 'bill' THEN {of}.tax_minor WHEN 'credit' THEN -{of}.tax_minor ELSE 0 END) AS tax_minor,
                    sum(iif(b.kind = 'bill', {of}.net_minor + {of}.tax_minor, 0)) AS billed_minor,
                    sum(iif(b.kind = 'credit', {of}.net_minor + {of}.tax_minor, 0)) AS credited_minor,
                    count(*) FILTER (WHERE b.kind = 'bill') AS bills, {quantity} AS quantity_milli,
                    sum(CASE WHEN b.kind <> 'write_off' THEN 0 WHEN b.reverses_bill_id IS NULL THEN b.total_minor
                             ELSE -b.total_minor END) AS written_off_minor
             FROM payment_bill b
             {lines}
             WHERE b.book_id = :book AND b.business_date BETWEEN :from AND :to AND b.kind <> 'debt'
               AND (:customer IS NULL OR b.customer_id = :customer) AND (:person IS NULL OR b.person_id = :person)
             GROUP BY 1
         ), summed AS MATERIALIZED (
             SELECT key, net_minor + tax_minor AS total_minor, net_minor, tax_minor, billed_minor, credited_minor, bills,
                    quantity_milli, written_off_minor
             FROM one
         )
         SELECT 0 AS place, NULL AS key, NULL AS rank, NULL AS name, ifnull(sum(total_minor), 0) AS total_minor,
                ifnull(sum(net_minor), 0) AS net_minor, ifnull(sum(tax_minor), 0) AS tax_minor,
                ifnull(sum(billed_minor), 0) AS billed_minor, ifnull(sum(credited_minor), 0) AS credited_minor,
                ifnull(sum(bills), 0) AS bills, NULL AS quantity_milli, ifnull(sum(written_off_minor), 0) AS written_off_minor
         FROM summed
         UNION ALL
         SELECT 1, key, rank, {name}, total_minor, net_minor, tax_minor, billed_minor, credited_minor, bills, quantity_milli,
                written_off_minor
         FROM (SELECT key, {rank} AS rank, total_minor, net_minor, tax_minor, billed_minor, credited_minor, bills, quantity_milli,
                      written_off_minor
               FROM summed WHERE ({rank}, key) < (:rank, :key) ORDER BY rank DESC, key DESC LIMIT :limit)
         ORDER BY place, rank DESC, key DESC"
    );
    let behind = Behind::of(query.cursor.as_deref(), query)?;
    let params = named_params! {
        ":book": session.book.id, ":from": first_day(query.from_date), ":to": last_day(query.to_date),
        ":customer": query.customer_id, ":person": query.person_id, ":rank": behind.rank, ":key": behind,
        ":limit": query.limit.one_more(),
    };
    let (total, rows, next_cursor) = cut(snapshot, (&sql, params), grouping, (query.limit, query), |row| {
        let sum = |column: &str| clamped(row.get(column)?);
        Ok(SaleSums {
            total_minor: sum("total_minor")?,
            net_minor: sum("net_minor")?,
            tax_minor: sum("tax_minor")?,
            billed_minor: sum("billed_minor")?,
            credited_minor: sum("credited_minor")?,
            bills: row.get("bills")?,
            quantity_milli: row.get("quantity_milli")?,
            written_off_minor: sum("written_off_minor")?,
        })
    })?;
    let rows = rows.into_iter().map(|(of, name, sums)| SaleRow { date: of.date(), id: of.id(), name, sums });
    Ok(Sales { total, rows: rows.collect(), next_cursor })
}

/// The period of a tax report.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxQuery {
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
}

/// What was sold, and the tax of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaxSums {
    /// What was sold without tax, less what was credited.
    pub net_minor: Money,
    /// What that owes the tax authority.
    pub tax_minor: Money,
    /// What bills came to without tax.
    pub billed_net_minor: Money,
    /// What bills charged for the tax authority.
    pub billed_tax_minor: Money,
    /// What credit notes came to without tax.
    pub credited_net_minor: Money,
    /// What credit notes gave back of that.
    pub credited_tax_minor: Money,
}

/// What was sold at a rate, and the tax of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaxRow {
    /// The tax's code on the bills.
    pub tax_code: Option<String>,
    /// The rate on the bills.
    pub tax_ppm: Rate,
    /// What a tax of that code and rate is called; nothing where lines name no tax.
    pub name: Option<String>,
    /// What was sold.
    #[serde(flatten)]
    pub sums: TaxSums,
}

/// What of the sales of a period is tax, by code and rate.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxReport {
    /// All of it.
    pub total: TaxSums,
    /// A row for each code and rate that lines of bills and credit notes have; a tax of 0 is another than none.
    pub rows: Vec<TaxRow>,
}

/// What of the sales of a period is tax: the exact sums of the lines. What was credited is subtracted, what was written off isn't.
///
/// # Errors
/// What SQLite says.
pub fn taxes(snapshot: &Snapshot, session: &Session, query: &TaxQuery) -> Result<TaxReport> {
    let (mut total, mut rows) = (None, Vec::new());
    snapshot.each(
        "WITH one AS MATERIALIZED (
             SELECT l.tax_code, l.tax_ppm, l.tax_id IS NOT NULL AS is_taxed, min(t.name) AS name,
                    sum(iif(b.kind = 'bill', l.net_minor, 0)) AS billed_net_minor,
                    sum(iif(b.kind = 'bill', l.tax_minor, 0)) AS billed_tax_minor,
                    sum(iif(b.kind = 'credit', l.net_minor, 0)) AS credited_net_minor,
                    sum(iif(b.kind = 'credit', l.tax_minor, 0)) AS credited_tax_minor
             FROM payment_bill b
             CROSS JOIN payment_bill_line l ON l.book_id = b.book_id AND l.bill_id = b.id
             LEFT JOIN tax t ON t.book_id = l.book_id AND t.id = l.tax_id
             WHERE b.book_id = :book AND b.business_date BETWEEN :from AND :to AND b.kind IN ('bill', 'credit')
             GROUP BY l.tax_code, l.tax_ppm, is_taxed
         )
         SELECT 0 AS place, NULL AS tax_code, 0 AS tax_ppm, NULL AS is_taxed, NULL AS name,
                ifnull(sum(billed_net_minor), 0) AS billed_net_minor, ifnull(sum(billed_tax_minor), 0) AS billed_tax_minor,
                ifnull(sum(credited_net_minor), 0) AS credited_net_minor,
                ifnull(sum(credited_tax_minor), 0) AS credited_tax_minor
         FROM one
         UNION ALL
         SELECT 1, tax_code, tax_ppm, is_taxed, name, billed_net_minor, billed_tax_minor, credited_net_minor, credited_tax_minor
         FROM one
         ORDER BY place, is_taxed DESC, tax_code, tax_ppm",
        named_params! {
            ":book": session.book.id, ":from": first_day(query.from_date), ":to": last_day(query.to_date),
        },
        |row| {
            let get = |column: &str| row.get::<_, i64>(column);
            let (billed_net, credited_net) = (get("billed_net_minor")?, get("credited_net_minor")?);
            let (billed_tax, credited_tax) = (get("billed_tax_minor")?, get("credited_tax_minor")?);
            let sums = TaxSums {
                net_minor: clamped(billed_net - credited_net)?,
                tax_minor: clamped(billed_tax - credited_tax)?,
                billed_net_minor: clamped(billed_net)?,
                billed_tax_minor: clamped(billed_tax)?,
                credited_net_minor: clamped(credited_net)?,
                credited_tax_minor: clamped(credited_tax)?,
            };
            if total.is_none() {
                total = Some(sums);
            } else {
                let (tax_code, tax_ppm) = (row.get("tax_code")?, row.get("tax_ppm")?);
                rows.push(TaxRow { tax_code, tax_ppm, name: row.get("name")?, sums });
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let total = total.ok_or_else(|| Fault::new(Code::Internal, "A sum over everything has no row."))?;
    Ok(TaxReport { total, rows })
}
