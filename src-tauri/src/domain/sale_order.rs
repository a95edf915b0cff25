//! Orders: what a customer wants, which bills bill and deposits are for. So far a payment or a bill may name one.

use super::{CustomerId, OrderId};
use crate::kernel::{BookId, Code, Fault, Noun, NounKind, Result};
use crate::store::Snapshot;
use rusqlite::named_params;

/// Orders, as other rooms know them: the device that keeps one alone writes it.
pub const NOUN: Noun = Noun {
    table: "sale_order",
    kind: NounKind::Work,
    named_by: Some("number"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// Their lines, as other rooms know them.
pub const LINE: Noun = Noun {
    table: "sale_order_line",
    kind: NounKind::Owned { by: "sale_order" },
    named_by: Some("description"),
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// A deposit is for an order that is confirmed and stands, of whoever pays it.
///
/// # Errors
/// `not_found`.
pub(super) fn refuse_unconfirmed(
    snapshot: &Snapshot,
    book: BookId,
    order: OrderId,
    customer: CustomerId,
) -> Result<()> {
    let stands: bool = snapshot.one(
        "SELECT EXISTS (SELECT 1 FROM sale_order
                        WHERE book_id = :book AND id = :order AND customer_id = :customer AND confirmed_at IS NOT NULL
                          AND cancelled_at IS NULL)",
        named_params! { ":book": book, ":order": order, ":customer": customer },
        |row| row.get(0),
    )?;
    if stands {
        return Ok(());
    }
    Err(Fault::new(Code::NotFound, "The customer has no such order that is confirmed.").at("sale_order_id"))
}
