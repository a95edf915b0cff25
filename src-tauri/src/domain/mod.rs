//! What the business is: accounts, postings, customers, products; a file a noun: its rules, its verbs, its SQL.
//!
//! Verbs take `&mut Unit` and who acts; queries take `&Snapshot`. What they take and give are values that were parsed
//! once, at the edge; what they give is the row as it stands after their triggers.
//!
//! Not here: JSON, requests, entries. A verb does not know that it is written down.

pub mod account;
pub mod book;
pub mod customer;
pub mod ledger;
pub mod overview;
pub mod page;
pub mod person;
pub mod product;
pub mod search;
pub mod setting;
pub mod tax;
pub mod transfer;

use crate::kernel::{Code, Fault, Id};

/// The tables whose changes become entries, parents first. A noun that is added is named here.
pub const SYNCED: &[&str] = &[
    "book",
    "device",
    "person",
    "payment_account",
    "ledger_posting",
    "payment_transfer",
    "tax",
    "product",
    "customer",
    "import_batch",
    "import_row",
];

/// Tables that a device keeps for itself: derived ones, and the daybook's own.
pub const LOCAL: &[&str] = &[
    "device_book",
    "device_setting",
    "ledger_balance",
    "ledger_day",
    "daybook_incarnation",
    "daybook_entry",
    "daybook_change",
    "daybook_answer",
    "sync_book",
    "sync_lane",
    "sync_version",
    "sync_change",
    "sync_exception",
    "sync_conflict",
    "sync_owed",
    "sync_undoing",
    "refinery_schema_history",
];

/// The columns of a row that a device derives for itself, for rows that come from elsewhere: name and value. `get` gives a
/// column as text.
pub fn local_text(table: &str, get: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    match table {
        "customer" => customer::local_text(get),
        "product" => product::local_text(get),
        "payment_transfer" => transfer::local_text(get),
        "payment_account" | "tax" => vec![("name_fold", crate::kernel::fold(&get("name").unwrap_or_default()))],
        _ => Vec::new(),
    }
}

macro_rules! nouns { ($($kind:ident $id:ident $about:literal;)*) => {
    /// The kinds of ids that belong to the nouns.
    pub mod kind { $( #[doc = $about] #[derive(Debug)] pub enum $kind {} )* }
    $( #[doc = $about] pub type $id = Id<kind::$kind>; )*
} }
nouns! {
    Account AccountId "The id of an account.";
    Posting PostingId "The id of a posting.";
    Transfer TransferId "The id of a transfer.";
    Tax TaxId "The id of a tax.";
    Product ProductId "The id of a product.";
    Customer CustomerId "The id of a customer.";
    Batch BatchId "The id of an import.";
    ImportRow ImportRowId "The id of an imported row.";
}

/// What a document that names itself is called; one line.
pub type Memo = crate::kernel::Line<200>;

/// Somebody changed the record after the person saw it: the current one goes along, so that a screen can show both.
fn stale(current: &impl serde::Serialize) -> Fault {
    Fault::new(Code::Stale, "This was changed in the meantime; look at it again before you save.")
        .with(serde_json::json!({ "current": current }))
}
