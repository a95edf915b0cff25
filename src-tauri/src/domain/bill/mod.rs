//! Bills, and what else stands against a customer without moving money: debts from before, credit notes, write-offs. A bill says what
//! was sold, to whom and by whom, as they were then; it is never changed, and has no state but what its claims and credits make of
//! it.
//!
//! What is taken off a bill is in `credit.rs`; what is of an amount alone, debts and write-offs, in `debt.rs`.
//!
//! Not here: payments and claims.

pub mod credit;
pub mod debt;

use super::account::{AccountKind, system_account};
use super::book::{self, Session};
use super::claim::{self, Claim};
use super::customer::{self, Customer};
use super::ledger::{self, DocumentKind, NewPosting};
use super::line::{self, NewLine, PricedLine, TaxTotal};
use super::page::{DatePage, Direction, Limit, Page, Search, Words};
use super::person::{self, Role};
use super::{AccountId, BillId, BillLineId, CustomerId, OrderId, profile, record};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, DeviceId, Fault, Instant, Line, Money, Noun, NounKind, PersonId, Prose, Result,
    fold,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bills, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment_bill",
    kind: NounKind::Document { letters: "BXCW" },
    named_by: Some("number"),
    unique: None,
    searched: &["number", "customer_name", "reference"],
    phone: None,
    rules: &[],
};

/// Their lines, as other rooms know them.
pub const LINE: Noun = Noun {
    table: "payment_bill_line",
    kind: NounKind::Posted,
    named_by: Some("description"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

words! {
    /// What kind of document it is.
    BillKind {
        Bill "bill" "What was sold.";
        Debt "debt" "What was owed before the book began.";
        Credit "credit" "What is taken off: goods that came back, a bill that was wrong, a discount.";
        WriteOff "write_off" "What will not be paid.";
    }
}

words! {
    /// Which bills a list shows, by what is still to be paid of them.
    Owing {
        Open "open" "Something is still to be paid.";
        Overdue "overdue" "Something is, and its day has passed.";
        Paid "paid" "Nothing is, for it was paid.";
    }
}

impl BillKind {
    fn letter(self) -> char {
        match self {
            BillKind::Bill => 'B',
            BillKind::Debt => 'X',
            BillKind::Credit => 'C',
            BillKind::WriteOff => 'W',
        }
    }
}

words! {
    /// Why something is credited, written off or reversed.
    CreditReason {
        Void "void" "The whole bill was a mistake.";
        Return "return" "Goods came back.";
        Price "price" "The price was too high.";
        Goodwill "goodwill" "A discount afterwards.";
        Moved "moved" "It stands with another record of the same customer now.";
        BadDebt "bad_debt" "The customer will not pay.";
        Rounding "rounding" "Too little to ask for.";
        Other "other" "Another reason, which the note says.";
    }
}

words! {
    /// What has become of a bill or a debt.
    BillState {
        Open "open" "Nothing is paid yet.";
        PartPaid "part_paid" "A part is paid.";
        Paid "paid" "All is paid, or more.";
        WrittenOff "written_off" "The rest will not be paid.";
        Voided "voided" "The whole of it was a mistake.";
        Reversed "reversed" "It was taken back.";
    }
}

/// A bill, without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bill {
    /// What claims and credits name it by.
    pub id: BillId,
    /// What kind of document it is.
    pub kind: BillKind,
    /// Its number: `{device code}-{series}-{000001}`, without a gap in each series.
    pub number: String,
    /// The device that made it, which alone may void it.
    pub device_id: DeviceId,
    /// The business date.
    pub date: BusinessDate,
    /// The day that it is to be paid by, where one was agreed.
    pub due_date: Option<BusinessDate>,
    /// When it was made.
    pub created_at: Instant,
    /// Who bought.
    pub customer_id: CustomerId,
    /// What that customer was called then.
    pub customer_name: String,
    /// The customer's number with the tax authority then.
    pub customer_tax_number: Option<String>,
    /// Where the customer was then, in lines.
    pub customer_address: Option<String>,
    /// Whether its prices include their tax.
    pub tax_included: bool,
    /// Without tax.
    pub net_minor: Money,
    /// All taxes together.
    pub tax_minor: Money,
    /// What is to be paid, or is credited.
    pub total_minor: Money,
    /// What of that was paid, or of a credit was used.
    pub counted_minor: Money,
    /// What is still to be paid, or of a credit still to be used.
    pub open_minor: Money,
    /// What was paid beyond it, by devices that did not know of each other.
    pub overpaid_minor: Money,
    /// What has become of it; nothing of a credit.
    pub state: Option<BillState>,
    /// The bill that this credits or writes off.
    pub credits_id: Option<BillId>,
    /// The document that this one reverses.
    pub reverses_id: Option<BillId>,
    /// The document that reverses this one.
    pub reversed_by_id: Option<BillId>,
    /// Why it credits, writes off or reverses.
    pub reason: Option<CreditReason>,
    /// The order that it bills.
    pub sale_order_id: Option<OrderId>,
    /// What the customer, or the old books, call it.
    pub reference: Option<String>,
    /// Whatever else is to be said.
    pub note: Option<String>,
    /// Who made it.
    pub person_id: PersonId,
    /// The name of who made it.
    pub person_name: String,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillLine {
    /// What a credit names it by.
    pub id: BillLineId,
    /// What it says and comes to.
    #[serde(flatten)]
    pub line: PricedLine,
    /// Of a credit note: which line of the bill goods came back of.
    pub credits_line_id: Option<BillLineId>,
}

/// A bill with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillShown {
    /// The bill that was asked for.
    #[serde(flatten)]
    pub bill: Bill,
    /// What was sold or credited, as it stands on the paper.
    pub lines: Vec<BillLine>,
    /// What falls to each tax.
    pub taxes: Vec<TaxTotal>,
    /// What pays it, or what it pays; the undone ones, too.
    pub claims: Vec<Claim>,
}

/// Something to be sold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBill {
    /// Its id; made here when it isn't given.
    #[serde(default = "BillId::unless_given")]
    pub bill_id: BillId,
    /// Who buys.
    pub customer_id: CustomerId,
    /// What is sold.
    pub lines: Vec<NewLine>,
    /// What is taken off the whole, spread over the lines.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// Whether prices include their tax; as the book says when it isn't given.
    #[serde(default)]
    pub tax_included: Option<bool>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// The day that it is to be paid by; by the customer's terms when it isn't given.
    #[serde(default)]
    pub due_date: Option<BusinessDate>,
    /// What the customer calls it.
    #[serde(default)]
    pub reference: Option<Line<60>>,
    /// Whatever else is to be said.
    #[serde(default)]
    pub note: Option<Prose<500>>,
    /// Whether an owner accepts that the customer then owes more than its limit; that is kept.
    #[serde(default)]
    pub accept_over_limit: bool,
}

/// Issues a bill.
///
/// # Errors
/// `not_found`, `archived`, `empty`, `missing_field`, `out_of_range`, `credit_limit`, `not_allowed`, `account_closed`, `bad_date`,
/// `period_closed`.
pub fn issue(unit: &mut Unit, acting: &Acting, new: &NewBill) -> Result<BillShown> {
    if new.customer_id == customer::walk_in(acting.book) {
        return Err(Fault::new(Code::WalkIn, "The walk-in customer pays at once: make a sale of it.").at("customer_id"));
    }
    write_bill(unit, acting, new, true)
}

/// Issues a bill that is paid at once: whether the customer may owe it is asked once it is paid.
pub(super) fn issue_paid(unit: &mut Unit, acting: &Acting, new: &NewBill) -> Result<BillShown> {
    write_bill(unit, acting, new, false)
}

/// Whether the customer may owe what it owes by now.
pub(super) fn refuse_over_limit(unit: &Unit, acting: &Acting, customer: CustomerId, accept: bool) -> Result<()> {
    let customer = customer::find(unit, acting.book, customer)?;
    within_limit(unit, acting, &customer, Money::ZERO, accept).map(drop)
}

fn write_bill(unit: &mut Unit, acting: &Acting, new: &NewBill, is_owed: bool) -> Result<BillShown> {
    let session = book::session(unit, Some(acting.book), None)?;
    let customer = buyer(unit, acting.book, new.customer_id)?;
    let tax_included = new.tax_included.unwrap_or(session.book.prices_include_tax);
    let priced = line::price(unit, (acting.book, tax_included), &new.lines, new.discount_minor)?;
    let accepting = match is_owed || new.accept_over_limit {
        true => within_limit(unit, acting, &customer, priced.total_minor, new.accept_over_limit)?,
        false => None,
    };
    let date = acting.bookable(new.date.unwrap_or(acting.today))?;
    let terms = customer.terms_days.and_then(|days| i32::try_from(days).ok()).map(|days| date.plus_days(days));
    let due = new.due_date.or(terms);
    if due.is_some_and(|due| due < date) {
        return Err(Fault::new(Code::BadDate, "A bill is not due before its own day.").at("due_date"));
    }
    let made = Made {
        id: new.bill_id,
        kind: BillKind::Bill,
        date,
        due,
        customer: &customer,
        tax_included,
        net: priced.net_minor,
        tax: priced.tax_minor,
        credits: None,
        reverses: None,
        reason: None,
        reference: new.reference.as_ref(),
        note: new.note.as_ref(),
        accepting,
    };
    insert(unit, acting, &made)?;
    let lines: Vec<NewBillLine> = priced
        .lines
        .into_iter()
        .map(|line| NewBillLine {
            id: new.bill_id.derive_nth("line", u32::try_from(line.line_no).unwrap_or(0)), // there are few
            line,
            credits_line_id: None,
            credited_before_milli: None,
        })
        .collect();
    insert_lines(unit, acting, new.bill_id, &lines)?;
    post(unit, acting, &made, lines.iter().map(|line| &line.line))?;
    find_shown(unit, acting.book, new.bill_id)
}

/// The customer that is billed.
///
/// # Errors
/// `not_found`, `archived`.
fn buyer(snapshot: &Snapshot, book: BookId, id: CustomerId) -> Result<Customer> {
    let customer = customer::find(snapshot, book, id)?;
    if customer.archived_at.is_some() {
        return Err(record::archived::<Customer>().at("customer_id"));
    }
    Ok(customer)
}

/// Whether the customer may owe so much more; who accepted it where it may not.
///
/// # Errors
/// `credit_limit`, `not_allowed`.
fn within_limit(
    unit: &Unit,
    acting: &Acting,
    customer: &Customer,
    more: Money,
    accept: bool,
) -> Result<Option<PersonId>> {
    let Some(limit) = customer.credit_limit_minor else { return Ok(None) };
    let over = ledger::customer_balance(unit, acting.book, customer.id)?.plus(more)?.less(limit)?;
    if over <= Money::ZERO {
        return Ok(None);
    }
    if !accept {
        let message = format!("“{}” would owe more than its limit.", customer.name);
        let details = serde_json::json!({ "over_by_minor": over, "limit_minor": limit });
        return Err(Fault::new(Code::CreditLimit, message).at("customer_id").with(details));
    }
    if person::find(unit, acting.book, acting.person)?.role != Role::Owner {
        return Err(Fault::new(Code::NotAllowed, "Only an owner may accept this.").at("accept_over_limit"));
    }
    Ok(Some(acting.person))
}

/// The bill that something is taken off.
fn credited_bill(snapshot: &Snapshot, book: BookId, id: BillId, kinds: &[BillKind]) -> Result<Bill> {
    let bill = find(snapshot, book, id)?;
    if !kinds.contains(&bill.kind) || bill.reverses_id.is_some() {
        return Err(Fault::new(
            Code::WrongDocument,
            format!("{} is not a bill that this can be done to.", bill.number),
        )
        .at("bill_id"));
    }
    if bill.reversed_by_id.is_some() {
        return Err(Fault::new(Code::AlreadyReversed, format!("{} was reversed.", bill.number)).at("bill_id"));
    }
    Ok(bill)
}

/// What is written down.
struct Made<'m> {
    id: BillId,
    kind: BillKind,
    date: BusinessDate,
    due: Option<BusinessDate>,
    customer: &'m Customer,
    tax_included: bool,
    net: Money,
    tax: Money,
    credits: Option<BillId>,
    reverses: Option<BillId>,
    reason: Option<CreditReason>,
    reference: Option<&'m Line<60>>,
    note: Option<&'m Prose<500>>,
    accepting: Option<PersonId>,
}

impl<'m> Made<'m> {
    /// One of an amount alone.
    fn plain(id: BillId, customer: &'m Customer, amount: Money, date: BusinessDate) -> Made<'m> {
        Made {
            id,
            kind: BillKind::Debt,
            date,
            due: None,
            customer,
            tax_included: false,
            net: amount,
            tax: Money::ZERO,
            credits: None,
            reverses: None,
            reason: None,
            reference: None,
            note: None,
            accepting: None,
        }
    }

    /// Whether the customer owes more by it.
    fn is_debit(&self) -> bool {
        matches!(self.kind, BillKind::Bill | BillKind::Debt) == self.reverses.is_none()
    }
}

/// A customer's address as a paper has it, in lines.
fn address_of(customer: &Customer) -> Option<String> {
    let town =
        [&customer.postal_code, &customer.city].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let town = (!town.is_empty()).then_some(town);
    let lines = [customer.address.clone(), town, customer.region.clone(), customer.country.clone()];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn insert(unit: &mut Unit, acting: &Acting, made: &Made) -> Result<()> {
    let profile = profile::newest(unit, acting.book)?.map(|profile| profile.id);
    let said = made.reference.map(|reference| format!("\n{}", fold(reference.as_str()))).unwrap_or_default();
    let said = format!("\n{}{said}", fold(&made.customer.name));
    unit.execute(
        "INSERT INTO payment_bill (book_id, id, device_id, kind, series, serial, number, business_date, due_date, customer_id,
                                   profile_id, customer_name, customer_tax_number, customer_address, tax_included, net_minor,
                                   tax_minor, total_minor, credits_bill_id, reverses_bill_id, reason, reference, note, person_id,
                                   accepting_person_id, created_at, search_text)
         SELECT :book, :id, d.id, :kind, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial), :date,
                :due, :customer, :profile, :name, :tax_number, :address, :tax_included, :net, :tax, :net + :tax, :credits,
                :reverses, :reason, :reference, :note, :person, :accepting, :at,
                lower(d.code || '-' || :series || '-') || printf('%06d', n.serial) || :said
         FROM device d
         JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
               FROM payment_bill WHERE book_id = :book AND device_id = :device AND series = :series) n
         WHERE d.book_id = :book AND d.id = :device",
        named_params! {
            ":book": acting.book, ":id": made.id, ":device": acting.device, ":kind": made.kind,
            ":series": acting.series(made.kind.letter()), ":date": made.date, ":due": made.due,
            ":customer": made.customer.id, ":profile": profile, ":name": made.customer.name,
            ":tax_number": made.customer.tax_number, ":address": address_of(made.customer),
            ":tax_included": made.tax_included, ":net": made.net, ":tax": made.tax, ":credits": made.credits,
            ":reverses": made.reverses, ":reason": made.reason, ":reference": made.reference, ":note": made.note,
            ":person": acting.person, ":accepting": made.accepting, ":at": acting.at, ":said": said,
        },
    )?;
    Ok(())
}

/// A line to be written down.
#[derive(Debug, Serialize)]
struct NewBillLine {
    id: BillLineId,
    #[serde(flatten)]
    line: PricedLine,
    credits_line_id: Option<BillLineId>,
    credited_before_milli: Option<i64>,
}

/// Writes all lines in one statement.
fn insert_lines(unit: &mut Unit, acting: &Acting, bill: BillId, lines: &[NewBillLine]) -> Result<()> {
    unit.execute(
        "INSERT INTO payment_bill_line (book_id, id, bill_id, line_no, product_id, sku, class_code, description, unit,
                                        quantity_milli, price_minor, list_price_minor, gross_minor, discount_ppm,
                                        discount_minor, net_minor, tax_id, tax_code, tax_ppm, tax_minor, account_id,
                                        credits_line_id, credited_before_milli)
         SELECT :book, unhex(l.value ->> 'id', '-'), :bill, l.value ->> 'line_no', unhex(l.value ->> 'product_id', '-'),
                l.value ->> 'sku', l.value ->> 'class_code', l.value ->> 'description', l.value ->> 'unit',
                l.value ->> 'quantity_milli', l.value ->> 'price_minor', l.value ->> 'list_price_minor',
                l.value ->> 'gross_minor', l.value ->> 'discount_ppm', l.value ->> 'discount_minor', l.value ->> 'net_minor',
                unhex(l.value ->> 'tax_id', '-'), l.value ->> 'tax_code', l.value ->> 'tax_ppm', l.value ->> 'tax_minor',
                unhex(l.value ->> 'account_id', '-'), unhex(l.value ->> 'credits_line_id', '-'),
                l.value ->> 'credited_before_milli'
         FROM json_each(:lines) l",
        named_params! { ":book": acting.book, ":bill": bill, ":lines": serde_json::json!(lines).to_string() },
    )?;
    Ok(())
}

/// Posts what the lines come to: one posting for each account, and one for all tax. What comes to nothing posts nothing.
fn post<'l>(unit: &mut Unit, acting: &Acting, made: &Made, lines: impl Iterator<Item = &'l PricedLine>) -> Result<()> {
    let receivable = system_account(acting.book, AccountKind::Receivable);
    let mut sums: BTreeMap<AccountId, Money> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.account_id).or_default();
        *sum = sum.plus(line.net_minor)?;
    }
    let tax = (system_account(acting.book, AccountKind::Tax), made.tax);
    let parts = sums.into_iter().chain([tax]).filter(|(_, amount)| *amount > Money::ZERO);
    for (place, (account, amount)) in parts.enumerate() {
        let (debit, credit) = if made.is_debit() { (receivable, account) } else { (account, receivable) };
        let posting = NewPosting {
            id: made.id.derive_nth("posting", u32::try_from(place).unwrap_or(0)), // there are few
            debit,
            credit,
            amount,
            date: made.date,
            document_kind: DocumentKind::Bill,
            document: made.id.cast(),
            memo: None,
            customer: Some(made.customer.id),
            accept_below_minimum: false,
        };
        unit.nested(|step| ledger::post(step, acting, &posting))?;
    }
    Ok(())
}

/// What a bill shows besides its row: what is open of it, and what has become of it.
const BILL: &str = "\
SELECT t.id, t.kind, t.number, t.device_id, t.business_date, t.due_date, t.created_at, t.customer_id, t.customer_name,
       t.customer_tax_number, t.customer_address, t.tax_included, t.net_minor, t.tax_minor, t.total_minor,
       ifnull(i.counted_minor, 0) AS counted_minor, max(0, ifnull(i.total_minor - i.counted_minor, 0)) AS open_minor,
       max(0, ifnull(i.counted_minor - i.total_minor, 0)) AS overpaid_minor,
       CASE WHEN i.is_debit IS NOT 1 THEN NULL
            WHEN r.id IS NOT NULL THEN 'reversed'
            WHEN EXISTS (SELECT 1 FROM payment_bill v
                         WHERE v.book_id = t.book_id AND v.credits_bill_id = t.id AND v.reason = 'void') THEN 'voided'
            WHEN EXISTS (SELECT 1 FROM payment_bill w
                         JOIN payment_item x ON x.book_id = w.book_id AND x.id = w.id AND x.total_minor > 0
                         WHERE w.book_id = t.book_id AND w.credits_bill_id = t.id AND w.kind = 'write_off') THEN 'written_off'
            WHEN i.counted_minor >= i.total_minor THEN 'paid'
            WHEN i.counted_minor > 0 THEN 'part_paid'
            ELSE 'open' END AS state,
       t.credits_bill_id, t.reverses_bill_id, r.id AS reversed_by_id, t.reason, t.sale_order_id, t.reference, t.note, t.person_id,
       p.name AS person_name
FROM payment_bill t
CROSS JOIN person p ON p.book_id = t.book_id AND p.id = t.person_id
LEFT JOIN payment_item i ON i.book_id = t.book_id AND i.id = t.id
LEFT JOIN payment_bill r ON r.book_id = t.book_id AND r.reverses_bill_id = t.id";

impl ReadRow for Bill {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Bill> {
        Ok(Bill {
            id: row.get("id")?,
            kind: row.get("kind")?,
            number: row.get("number")?,
            device_id: row.get("device_id")?,
            date: row.get("business_date")?,
            due_date: row.get("due_date")?,
            created_at: row.get("created_at")?,
            customer_id: row.get("customer_id")?,
            customer_name: row.get("customer_name")?,
            customer_tax_number: row.get("customer_tax_number")?,
            customer_address: row.get("customer_address")?,
            tax_included: row.get("tax_included")?,
            net_minor: row.get("net_minor")?,
            tax_minor: row.get("tax_minor")?,
            total_minor: row.get("total_minor")?,
            counted_minor: row.get("counted_minor")?,
            open_minor: row.get("open_minor")?,
            overpaid_minor: row.get("overpaid_minor")?,
            state: row.get("state")?,
            credits_id: row.get("credits_bill_id")?,
            reverses_id: row.get("reverses_bill_id")?,
            reversed_by_id: row.get("reversed_by_id")?,
            reason: row.get("reason")?,
            sale_order_id: row.get("sale_order_id")?,
            reference: row.get("reference")?,
            note: row.get("note")?,
            person_id: row.get("person_id")?,
            person_name: row.get("person_name")?,
        })
    }
}

impl ReadRow for BillLine {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<BillLine> {
        Ok(BillLine {
            id: row.get("id")?,
            line: PricedLine {
                line_no: row.get("line_no")?,
                product_id: row.get("product_id")?,
                sku: row.get("sku")?,
                class_code: row.get("class_code")?,
                description: row.get("description")?,
                unit: row.get("unit")?,
                quantity_milli: row.get("quantity_milli")?,
                price_minor: row.get("price_minor")?,
                list_price_minor: row.get("list_price_minor")?,
                gross_minor: row.get("gross_minor")?,
                discount_ppm: row.get("discount_ppm")?,
                discount_minor: row.get("discount_minor")?,
                net_minor: row.get("net_minor")?,
                tax_id: row.get("tax_id")?,
                tax_code: row.get("tax_code")?,
                tax_ppm: row.get("tax_ppm")?,
                tax_minor: row.get("tax_minor")?,
                account_id: row.get("account_id")?,
            },
            credits_line_id: row.get("credits_line_id")?,
        })
    }
}

/// One bill, without its lines.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: BillId) -> Result<Bill> {
    snapshot
        .maybe(
            &format!("{BILL} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Bill::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This bill is not in the book.").at("bill_id"))
}

/// The bills of an order, the oldest first.
pub(super) fn of_order(snapshot: &Snapshot, book: BookId, order: OrderId) -> Result<Vec<Bill>> {
    snapshot.all(
        &format!(
            "{BILL} WHERE t.book_id = :book AND t.sale_order_id = :order AND t.sale_order_id IS NOT NULL
             ORDER BY t.created_at, t.id"
        ),
        named_params! { ":book": book, ":order": order },
        Bill::read_row,
    )
}

fn lines_of(snapshot: &Snapshot, book: BookId, bill: BillId) -> Result<Vec<BillLine>> {
    snapshot.all(
        "SELECT id, line_no, product_id, sku, class_code, description, unit, quantity_milli, price_minor, list_price_minor,
                gross_minor, discount_ppm, discount_minor, net_minor, tax_id, tax_code, tax_ppm, tax_minor, account_id,
                credits_line_id
         FROM payment_bill_line WHERE book_id = :book AND bill_id = :bill ORDER BY line_no",
        named_params! { ":book": book, ":bill": bill },
        BillLine::read_row,
    )
}

/// One bill with all that belongs to it.
pub(super) fn find_shown(snapshot: &Snapshot, book: BookId, id: BillId) -> Result<BillShown> {
    let bill = find(snapshot, book, id)?;
    let lines = lines_of(snapshot, book, id)?;
    let taxes = line::by_tax(lines.iter().map(|line| &line.line))?;
    let claims = claim::of_document(snapshot, book, id.cast())?;
    Ok(BillShown { bill, lines, taxes, claims })
}

/// Which bill.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichBill {
    /// The bill to be shown.
    pub bill_id: BillId,
}

/// Shows one bill with its lines and claims.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichBill) -> Result<BillShown> {
    find_shown(snapshot, session.book.id, which.bill_id)
}

/// Which bills a list shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillQuery {
    /// Only those of this customer.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Only of this kind.
    #[serde(default)]
    pub kind: Option<BillKind>,
    /// Only bills and debts of which so much is still to be paid.
    #[serde(default)]
    pub owing: Option<Owing>,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in number, customer or reference.
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

/// Bills, by business date, without their lines.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, today: BusinessDate, query: &BillQuery) -> Result<Page<Bill>> {
    let page = DatePage::of(query, query.cursor.as_deref(), query.descending, (query.from_date, query.to_date))?;
    let Direction { order, beyond } = page.direction;
    // Of one customer, its own index is walked.
    let customer = if query.customer_id.is_some() { "t.customer_id = :customer" } else { ":customer IS NULL" };
    let sql = format!(
        "{BILL}
         WHERE t.book_id = :book AND {customer}
           AND (t.business_date, t.created_at, t.id) {beyond} (:date, :at, :after)
           AND t.business_date BETWEEN :from AND :to
           AND (:kind IS NULL OR t.kind = :kind)
           AND (:owing IS NULL
                OR i.is_debit AND i.total_minor > i.counted_minor
                   AND (:owing = 'open' OR :owing = 'overdue' AND i.due_date < :today)
                OR :owing = 'paid' AND state = 'paid')
           AND instr(t.search_text, :word1) AND instr(t.search_text, :word2) AND instr(t.search_text, :word3)
         ORDER BY t.business_date {order}, t.created_at {order}, t.id {order} LIMIT :limit"
    );
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": session.book.id, ":customer": query.customer_id, ":date": page.date, ":at": page.at,
            ":after": page.after, ":from": page.from, ":to": page.to, ":kind": query.kind,
            ":owing": query.owing, ":today": today, ":word1": word1, ":word2": word2, ":word3": word3, ":limit": query.limit.one_more(),
        },
        Bill::read_row,
    )?;
    Ok(Page::cut(rows, query.limit, |last| DatePage::behind(query, last.date, last.created_at, last.id)))
}

/// Bills that do not equal their lines, or what they posted: each with a sentence and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, BillId)>> {
    snapshot.all(
        "SELECT 'The document ' || b.number || ' does not equal its lines.', b.id
         FROM payment_bill b
         LEFT JOIN (SELECT book_id, bill_id, sum(net_minor) AS net, sum(tax_minor) AS tax FROM payment_bill_line
                    GROUP BY book_id, bill_id) l ON l.book_id = b.book_id AND l.bill_id = b.id
         WHERE b.kind IN ('bill', 'credit') AND (l.net, l.tax) IS NOT (b.net_minor, b.tax_minor)
         UNION ALL
         SELECT 'The document ' || b.number || ' does not equal what it posted.', b.id
         FROM payment_bill b
         LEFT JOIN (SELECT t.book_id, t.document_id, sum(t.amount_minor) AS total, min(t.customer_id) AS customer_id
                    FROM ledger_line t
                    JOIN payment_account a ON a.book_id = t.book_id AND a.id = t.account_id AND a.kind = 'receivable'
                    WHERE t.document_kind = 'bill' GROUP BY t.book_id, t.document_id) p
                ON p.book_id = b.book_id AND p.document_id = b.id
         WHERE ifnull(p.total, 0) <> iif((b.kind IN ('bill', 'debt')) = (b.reverses_bill_id IS NULL), 1, -1) * b.total_minor
            OR (b.total_minor > 0 AND p.customer_id IS NOT b.customer_id)
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
