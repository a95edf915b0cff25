//! Claims: which payment or credit pays which bill or payout. A claim posts nothing, for all that customers owe is one account; it
//! says what is open and what is paid.
//!
//! A claim counts up to what its source has left after the claims before it; on the bill claims add up. So two devices that did not
//! know of each other never break a rule: a bill may be overpaid, and says so. Triggers keep what each claim counts and what each
//! document has open (`migrations/device/V202611230254__create_payment_allocation.sql`).
//!
//! Not here: money, which payments move.

use super::{BillId, ClaimId, CustomerId, PaymentId};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Fault, Id, Instant, Money, Noun, NounKind, Result, kind::Record,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Claims, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment_allocation",
    kind: NounKind::Posted,
    named_by: None,
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// The tables that triggers keep in step with documents and claims. No entry holds them.
pub const DERIVED: &[&str] = &["payment_item", "payment_claim"];

/// How many claims a command makes at most.
pub const CLAIMS_MAX: usize = 500;

/// What is claimed of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// The bill, debt or payout that is paid.
    pub bill_id: BillId,
    /// How much of it: more than nothing.
    pub amount_minor: Money,
}

/// A claim, as it counts now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claim {
    /// What undoing it names it by.
    pub id: ClaimId,
    /// The payment or credit that pays.
    pub source_id: Id<Record>,
    /// How papers call the payment or credit note that pays.
    pub source_number: String,
    /// The bill, debt or payout that is paid.
    pub target_id: Id<Record>,
    /// The number of what is paid.
    pub target_number: String,
    /// When it was made.
    pub created_at: Instant,
    /// How much was claimed.
    pub amount_minor: Money,
    /// How much of that counts: less than was claimed where the source had less left.
    pub counted_minor: Money,
    /// Whether it was undone.
    pub undone: bool,
}

/// What can be paid, or is left to pay with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: Id<Record>,
    pub(super) customer: CustomerId,
    /// Whether it is a bill, a debt, a credit or a write-off, and no payment.
    pub(super) is_bill: bool,
    /// Whether it is a write-off, which pays nothing but what was written off.
    pub(super) is_write_off: bool,
    pub(super) date: BusinessDate,
    /// What it comes to less what counts: open, or overpaid below zero; of a source what is left.
    pub(super) rest: Money,
    pub(super) is_debit: bool,
}

impl Item {
    /// What claims name it by, where it is one that pays.
    fn source(&self) -> Source {
        if self.is_bill { Source::Credit(self.id.cast()) } else { Source::Payment(self.id.cast()) }
    }
}

impl ReadRow for Item {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Item> {
        let bill_kind: Option<String> = row.get("bill_kind")?;
        Ok(Item {
            id: row.get("id")?,
            customer: row.get("customer_id")?,
            is_bill: bill_kind.is_some(),
            is_write_off: bill_kind.as_deref() == Some("write_off"),
            date: row.get("business_date")?,
            rest: row.get("rest_minor")?,
            is_debit: row.get("is_debit")?,
        })
    }
}

/// What of a customer is open, the oldest first: what an order's deposit is for, then by the day it is due and the day it is of.
pub(super) fn open_items(snapshot: &Snapshot, book: BookId, customer: CustomerId) -> Result<Vec<Item>> {
    snapshot.all(
        "SELECT i.id, i.customer_id, i.business_date, i.is_debit, i.total_minor - i.counted_minor AS rest_minor,
                (SELECT b.kind FROM payment_bill b WHERE b.book_id = i.book_id AND b.id = i.id) AS bill_kind
         FROM payment_item i
         WHERE i.book_id = :book AND i.customer_id = :customer AND i.is_debit = 1
           AND i.total_minor <> i.counted_minor AND i.total_minor > i.counted_minor
         ORDER BY i.due_date, i.business_date, i.created_at, i.id",
        named_params! { ":book": book, ":customer": customer },
        Item::read_row,
    )
}

/// What of a customer's payments and credits is left, the oldest first. A write-off gives nothing back.
pub(super) fn left_items(snapshot: &Snapshot, book: BookId, customer: CustomerId) -> Result<Vec<Item>> {
    let items = snapshot.all(
        "SELECT i.id, i.customer_id, i.business_date, i.is_debit, i.total_minor - i.counted_minor AS rest_minor,
                (SELECT b.kind FROM payment_bill b WHERE b.book_id = i.book_id AND b.id = i.id) AS bill_kind
         FROM payment_item i
         WHERE i.book_id = :book AND i.customer_id = :customer AND i.is_debit = 0 AND i.total_minor <> i.counted_minor
         ORDER BY i.due_date, i.business_date, i.created_at, i.id",
        named_params! { ":book": book, ":customer": customer },
        Item::read_row,
    )?;
    Ok(items.into_iter().filter(|item| !item.is_write_off).collect())
}

/// What devices that did not know of each other claimed beyond what a customer's bills come to: the claims that count and are not
/// needed, the newest first, each with how much of it.
pub(super) fn surplus(snapshot: &Snapshot, book: BookId, customer: CustomerId) -> Result<Vec<(ClaimId, Money, Money)>> {
    snapshot.all(
        "SELECT c.id, c.counted_minor,
                min(c.counted_minor, max(0, i.counted_minor - i.total_minor
                    - (sum(c.counted_minor) OVER (PARTITION BY i.id ORDER BY c.created_at DESC, c.id DESC) - c.counted_minor)))
                    AS surplus_minor
         FROM payment_item i
         CROSS JOIN payment_claim c ON c.book_id = i.book_id AND c.target_id = i.id AND c.counted_minor > 0
         WHERE i.book_id = :book AND i.customer_id = :customer AND i.is_debit = 1 AND i.total_minor <> i.counted_minor
           AND i.counted_minor > i.total_minor
           AND NOT EXISTS (SELECT 1 FROM payment_bill w
                           WHERE w.book_id = c.book_id AND w.id = c.source_id AND (w.kind = 'write_off' OR w.reason = 'void'))
         ORDER BY c.created_at DESC, c.id DESC",
        named_params! { ":book": book, ":customer": customer },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Frees what is claimed beyond what bills come to, up to an amount: each such claim is undone, and what of it is needed is claimed
/// anew.
pub(super) fn free_surplus(unit: &mut Unit, acting: &Acting, customer: CustomerId, most: Money) -> Result<()> {
    let mut wanted = most;
    let mut again: Vec<(ClaimId, Money)> = Vec::new();
    for (claim, counted, surplus) in surplus(unit, acting.book, customer)? {
        let freed = surplus.min(wanted);
        if freed > Money::ZERO && again.len() < CLAIMS_MAX {
            wanted = wanted.less(freed)?;
            again.push((claim, counted.less(freed)?));
        }
    }
    undo_all(unit, acting, &again.iter().map(|(claim, _)| *claim).collect::<Vec<_>>())?;
    let rows: Vec<_> = again
        .iter()
        .filter(|(_, kept)| *kept > Money::ZERO)
        .map(|(claim, kept)| serde_json::json!({ "id": claim.derive::<Record>("smaller"), "claim": claim, "amount": kept }))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    unit.execute(
        "INSERT INTO payment_allocation (book_id, id, device_id, business_date, customer_id, payment_id, credit_id, bill_id,
                                         payout_id, amount_minor, person_id, created_at)
         SELECT a.book_id, unhex(s.value ->> 'id', '-'), :device, max(:today, a.business_date), a.customer_id, a.payment_id,
                a.credit_id, a.bill_id, a.payout_id, s.value ->> 'amount', :person, :at
         FROM json_each(:claims) s
         CROSS JOIN payment_allocation a ON a.book_id = :book AND a.id = unhex(s.value ->> 'claim', '-')",
        named_params! {
            ":book": acting.book, ":device": acting.device, ":today": acting.today, ":person": acting.person, ":at": acting.at,
            ":claims": serde_json::json!(rows).to_string(),
        },
    )?;
    Ok(())
}

/// The claims of a document that stand, as source or target.
pub(super) fn live_of(snapshot: &Snapshot, book: BookId, document: Id<Record>) -> Result<Vec<Claim>> {
    Ok(of_document(snapshot, book, document)?.into_iter().filter(|claim| !claim.undone).collect())
}

/// Some items, in the order that they are asked for.
///
/// # Errors
/// `not_found`, at the place of the first that isn't one.
pub(super) fn items(snapshot: &Snapshot, book: BookId, ids: &[Id<Record>]) -> Result<Vec<Option<Item>>> {
    let found = snapshot.all(
        "SELECT i.id, i.customer_id, i.business_date, i.is_debit, i.total_minor - i.counted_minor AS rest_minor,
                (SELECT b.kind FROM payment_bill b WHERE b.book_id = i.book_id AND b.id = i.id) AS bill_kind
         FROM payment_item i
         WHERE i.book_id = :book AND i.id IN (SELECT unhex(value, '-') FROM json_each(:ids))",
        named_params! { ":book": book, ":ids": serde_json::json!(ids).to_string() },
        Item::read_row,
    )?;
    Ok(ids.iter().map(|id| found.iter().find(|item| item.id == *id).cloned()).collect())
}

/// Where a claim comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// A payment.
    Payment(PaymentId),
    /// A credit note or a write-off.
    Credit(BillId),
}

impl Source {
    fn id(self) -> Id<Record> {
        match self {
            Source::Payment(id) => id.cast(),
            Source::Credit(id) => id.cast(),
        }
    }
}

/// A claim to be written down.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    /// Its id, where it doesn't follow from its source's and its target's.
    pub(super) id: Option<ClaimId>,
    pub(super) item: Item,
    pub(super) amount: Money,
}

impl Claimed {
    /// As a person would name it.
    pub(super) fn named(&self) -> NewClaim {
        NewClaim { bill_id: self.item.id.cast(), amount_minor: self.amount }
    }
}

/// Writes claims of one source down, all in one statement. The ids of those that come with their source follow from its own and the
/// targets', so that the claims of a document that is derived are derived, too.
pub(super) fn insert(
    unit: &mut Unit,
    acting: &Acting,
    source: Source,
    (customer, date): (CustomerId, BusinessDate),
    claims: &[Claimed],
) -> Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = claims
        .iter()
        .map(|claim| {
            let id = claim.id.unwrap_or_else(|| source.id().derive(&format!("claim:{}", claim.item.id)));
            let (bill, payout) =
                if claim.item.is_bill { (Some(claim.item.id), None) } else { (None, Some(claim.item.id)) };
            // A claim is not before either document.
            let date = date.max(claim.item.date);
            serde_json::json!({ "id": id, "bill": bill, "payout": payout, "amount": claim.amount, "date": date })
        })
        .collect();
    let (payment, credit) = match source {
        Source::Payment(id) => (Some(id), None),
        Source::Credit(id) => (None, Some(id)),
    };
    unit.execute(
        "INSERT INTO payment_allocation (book_id, id, device_id, business_date, customer_id, payment_id, credit_id, bill_id,
                                         payout_id, amount_minor, person_id, created_at)
         SELECT :book, unhex(c.value ->> 'id', '-'), :device, c.value ->> 'date', :customer, :payment, :credit,
                unhex(c.value ->> 'bill', '-'), unhex(c.value ->> 'payout', '-'), c.value ->> 'amount', :person, :at
         FROM json_each(:claims) c",
        named_params! {
            ":book": acting.book, ":device": acting.device, ":customer": customer, ":payment": payment, ":credit": credit,
            ":person": acting.person, ":at": acting.at, ":claims": serde_json::json!(rows).to_string(),
        },
    )?;
    Ok(())
}

/// Divides what a source is worth among items in their order, until nothing is left.
pub(super) fn fill(worth: Money, items: Vec<Item>) -> Result<Vec<Claimed>> {
    let mut left = worth;
    let mut claims = Vec::new();
    for item in items {
        let amount = left.min(item.rest);
        if amount <= Money::ZERO || claims.len() == CLAIMS_MAX {
            break;
        }
        left = left.less(amount)?;
        claims.push(Claimed { id: None, item, amount });
    }
    Ok(claims)
}

/// The claims that a person gives, each for an item of that customer, of which so much is open as far as this device knows.
///
/// # Errors
/// `not_found`, `out_of_range`, `over_claimed`, `too_long`, each at its claim.
pub(super) fn given(
    snapshot: &Snapshot,
    book: BookId,
    customer: CustomerId,
    claims: &[NewClaim],
) -> Result<Vec<Claimed>> {
    if claims.len() > CLAIMS_MAX {
        return Err(Fault::new(Code::TooLong, format!("A payment has {CLAIMS_MAX} claims at most.")).at("claims"));
    }
    let ids: Vec<Id<Record>> = claims.iter().map(|claim| claim.bill_id.cast()).collect();
    let mut given: Vec<Claimed> = Vec::new();
    for (place, (item, claim)) in items(snapshot, book, &ids)?.into_iter().zip(claims).enumerate() {
        let at = |field: &str| format!("claims.{place}.{field}");
        let item = item.filter(|item| item.is_debit && item.customer == customer);
        let item =
            item.ok_or_else(|| Fault::new(Code::NotFound, "This customer has no such bill.").at(&at("bill_id")))?;
        if given.iter().any(|other| other.item.id == item.id) {
            return Err(Fault::new(Code::OutOfRange, "A bill is claimed once.").at(&at("bill_id")));
        }
        let amount = claim.amount_minor.positive().map_err(|fault| fault.at(&at("amount_minor")))?;
        if amount > item.rest {
            return Err(over_claimed(item.rest, amount).at(&at("amount_minor")));
        }
        given.push(Claimed { id: None, item, amount });
    }
    Ok(given)
}

pub(super) fn over_claimed(left: Money, asked: Money) -> Fault {
    Fault::new(Code::OverClaimed, "So much is not open there.")
        .with(serde_json::json!({ "left_minor": left.max(Money::ZERO), "asked_minor": asked }))
}

/// A claim to be made by itself: what is left of a payment or credit pays something.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimOrder {
    /// Its id; made here when it isn't given.
    #[serde(default = "ClaimId::unless_given")]
    pub claim_id: ClaimId,
    /// The payment or the credit note that pays.
    pub source_id: Id<Record>,
    /// The bill, debt or payout that is paid.
    pub target_id: Id<Record>,
    /// How much of it; as much as both have, when it isn't given.
    #[serde(default)]
    pub amount_minor: Option<Money>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
}

/// Lets what is left of a payment or credit pay something.
///
/// # Errors
/// `not_found`, `over_claimed`, `out_of_range`, `bad_date`, `period_closed`.
pub fn add(unit: &mut Unit, acting: &Acting, order: &ClaimOrder) -> Result<Claim> {
    let found = items(unit, acting.book, &[order.source_id, order.target_id])?;
    let [source, target] = <[Option<Item>; 2]>::try_from(found).unwrap_or_default();
    let source = source
        .filter(|item| !item.is_debit && !item.is_write_off)
        .ok_or_else(|| Fault::new(Code::NotFound, "This is no payment and no credit.").at("source_id"))?;
    let target = target
        .filter(|item| item.is_debit && item.customer == source.customer)
        .ok_or_else(|| Fault::new(Code::NotFound, "The customer has no such bill.").at("target_id"))?;
    let most = source.rest.min(target.rest);
    let amount = match order.amount_minor {
        Some(amount) => amount.positive().map_err(|fault| fault.at("amount_minor"))?,
        None => most,
    };
    if amount > most || amount <= Money::ZERO {
        return Err(over_claimed(most, amount).at("amount_minor"));
    }
    let date = acting.bookable(order.date.unwrap_or(acting.today))?.max(source.date);
    let claimed = Claimed { id: Some(order.claim_id), item: target, amount };
    insert(unit, acting, source.source(), (source.customer, date), &[claimed])?;
    find(unit, acting.book, order.claim_id)
}

/// Which claim.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichClaim {
    /// The claim that is meant.
    pub claim_id: ClaimId,
}

/// Undoes a claim: what it paid is open again, and its source has it left. The undoing's id follows from the claim's, so the same
/// undone twice, on two devices even, is undone once.
///
/// # Errors
/// `not_found`, `already_reversed`.
pub fn undo(unit: &mut Unit, acting: &Acting, which: &WhichClaim) -> Result<Claim> {
    let claim = find(unit, acting.book, which.claim_id)?;
    if claim.undone {
        return Err(Fault::new(Code::AlreadyReversed, "This claim was undone already.").at("claim_id"));
    }
    undo_all(unit, acting, &[which.claim_id])?;
    find(unit, acting.book, which.claim_id)
}

/// Lets what is left of several sources pay money that goes out: each of `parts` is a source, and how much of it.
pub(super) fn pay_back(unit: &mut Unit, acting: &Acting, target: &Item, parts: &[Claimed]) -> Result<()> {
    for part in parts {
        let claimed = Claimed { id: None, item: target.clone(), amount: part.amount };
        let date = target.date.max(part.item.date);
        unit.nested(|step| insert(step, acting, part.item.source(), (target.customer, date), &[claimed]))?;
    }
    Ok(())
}

/// Undoes claims that stand, in one statement.
pub(super) fn undo_all(unit: &mut Unit, acting: &Acting, claims: &[ClaimId]) -> Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = claims
        .iter()
        .map(|claim| serde_json::json!({ "id": claim.derive::<Record>("undone"), "claim": claim }))
        .collect();
    unit.execute(
        "INSERT INTO payment_allocation (book_id, id, device_id, business_date, customer_id, payment_id, credit_id, bill_id,
                                         payout_id, amount_minor, reverses_allocation_id, person_id, created_at)
         SELECT a.book_id, unhex(u.value ->> 'id', '-'), :device, max(:today, a.business_date), a.customer_id, a.payment_id,
                a.credit_id, a.bill_id, a.payout_id, a.amount_minor, a.id, :person, :at
         FROM json_each(:claims) u
         CROSS JOIN payment_allocation a ON a.book_id = :book AND a.id = unhex(u.value ->> 'claim', '-')",
        named_params! {
            ":book": acting.book, ":device": acting.device, ":today": acting.today, ":person": acting.person, ":at": acting.at,
            ":claims": serde_json::json!(rows).to_string(),
        },
    )?;
    Ok(())
}

/// One claim.
///
/// # Errors
/// `not_found`.
fn find(snapshot: &Snapshot, book: BookId, id: ClaimId) -> Result<Claim> {
    snapshot
        .maybe(
            &format!("SELECT {CLAIM} FROM payment_claim c WHERE c.book_id = :book AND c.id = :id"),
            named_params! { ":book": book, ":id": id },
            Claim::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This claim is not in the book.").at("claim_id"))
}

/// What claims come to.
pub(super) fn sum(claims: &[Claimed]) -> Result<Money> {
    claims.iter().try_fold(Money::ZERO, |sum, claim| sum.plus(claim.amount))
}

impl ReadRow for Claim {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Claim> {
        Ok(Claim {
            id: row.get("id")?,
            source_id: row.get("source_id")?,
            source_number: row.get("source_number")?,
            target_id: row.get("target_id")?,
            target_number: row.get("target_number")?,
            created_at: row.get("created_at")?,
            amount_minor: row.get("amount_minor")?,
            counted_minor: row.get("counted_minor")?,
            undone: row.get("undone")?,
        })
    }
}

/// The columns of a claim `c`.
const CLAIM: &str = "\
       c.id, c.source_id, c.target_id, c.created_at, c.amount_minor, c.counted_minor, NOT c.is_live AS undone,
       ifnull((SELECT p.number FROM payment p WHERE p.book_id = c.book_id AND p.id = c.source_id),
              (SELECT b.number FROM payment_bill b WHERE b.book_id = c.book_id AND b.id = c.source_id)) AS source_number,
       ifnull((SELECT b.number FROM payment_bill b WHERE b.book_id = c.book_id AND b.id = c.target_id),
              (SELECT p.number FROM payment p WHERE p.book_id = c.book_id AND p.id = c.target_id)) AS target_number";

/// The claims of a document, as source or target, oldest first.
pub(super) fn of_document(snapshot: &Snapshot, book: BookId, document: Id<Record>) -> Result<Vec<Claim>> {
    snapshot.all(
        &format!(
            "SELECT {CLAIM}
             FROM (SELECT book_id, id, source_id, target_id, created_at, amount_minor, counted_minor, is_live
                   FROM payment_claim INDEXED BY payment_claim_source_id_idx
                   WHERE book_id = :book AND source_id = :document
                   UNION ALL
                   SELECT book_id, id, source_id, target_id, created_at, amount_minor, counted_minor, is_live
                   FROM payment_claim INDEXED BY payment_claim_target_id_idx
                   WHERE book_id = :book AND target_id = :document) c
             ORDER BY c.created_at, c.id"
        ),
        named_params! { ":book": book, ":document": document },
        Claim::read_row,
    )
}

/// Where what triggers keep of claims and items is not what documents and claims say: each with a sentence and the record.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, Id<Record>)>> {
    snapshot.all(
        "WITH document (book_id, id, customer_id, is_debit, total_minor) AS (
             SELECT p.book_id, p.id, p.customer_id, p.purpose <> 'settlement',
                    iif(EXISTS (SELECT 1 FROM payment r WHERE r.book_id = p.book_id AND r.reverses_payment_id = p.id), 0,
                        p.amount_minor - p.rounding_minor)
             FROM payment p WHERE p.reverses_payment_id IS NULL
             UNION ALL
             SELECT b.book_id, b.id, b.customer_id, b.kind IN ('bill', 'debt'),
                    iif(EXISTS (SELECT 1 FROM payment_bill r WHERE r.book_id = b.book_id AND r.reverses_bill_id = b.id), 0,
                        b.total_minor)
             FROM payment_bill b WHERE b.reverses_bill_id IS NULL
         ),
         live (book_id, id, source_id, target_id, amount_minor, before_minor) AS (
             SELECT a.book_id, a.id, ifnull(a.payment_id, a.credit_id), ifnull(a.bill_id, a.payout_id), a.amount_minor,
                    sum(a.amount_minor) OVER (PARTITION BY a.book_id, ifnull(a.payment_id, a.credit_id)
                                              ORDER BY a.created_at, a.id) - a.amount_minor
             FROM payment_allocation a
             WHERE a.reverses_allocation_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM payment_allocation r
                               WHERE r.book_id = a.book_id AND r.reverses_allocation_id = a.id)
         ),
         counting (book_id, id, source_id, target_id, counted_minor) AS MATERIALIZED (
             SELECT l.book_id, l.id, l.source_id, l.target_id, max(0, min(l.amount_minor, d.total_minor - l.before_minor))
             FROM live l JOIN document d ON d.book_id = l.book_id AND d.id = l.source_id
         ),
         side (book_id, id, counted_minor) AS (
             SELECT book_id, id, sum(counted_minor)
             FROM (SELECT book_id, source_id AS id, counted_minor FROM counting
                   UNION ALL SELECT book_id, target_id, counted_minor FROM counting)
             GROUP BY book_id, id
         )
         SELECT 'A claim of ' || a.amount_minor || ' counts ' || ifnull(k.counted_minor, 'nothing') || ', and should count '
                || ifnull(c.counted_minor, 0) || '.', a.id
         FROM payment_allocation a
         LEFT JOIN payment_claim k ON k.book_id = a.book_id AND k.id = a.id
         LEFT JOIN counting c ON c.book_id = a.book_id AND c.id = a.id
         WHERE a.reverses_allocation_id IS NULL AND k.counted_minor IS NOT ifnull(c.counted_minor, 0)
         UNION ALL
         SELECT 'A document comes to ' || ifnull(i.total_minor, 'nothing') || ' with ' || ifnull(i.counted_minor, 'nothing')
                || ' claimed, and should to ' || d.total_minor || ' with ' || ifnull(s.counted_minor, 0) || '.', d.id
         FROM document d
         LEFT JOIN payment_item i ON i.book_id = d.book_id AND i.id = d.id
         LEFT JOIN side s ON s.book_id = d.book_id AND s.id = d.id
         WHERE (i.customer_id, i.is_debit, i.total_minor, i.counted_minor)
             IS NOT (d.customer_id, d.is_debit, d.total_minor, ifnull(s.counted_minor, 0))
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
