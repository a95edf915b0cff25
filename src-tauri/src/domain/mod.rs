//! What the business is: accounts, postings, customers, products; a file a noun: its rules, its verbs, its SQL.
//!
//! Verbs take `&mut Unit` and who acts; queries take `&Snapshot`. What they take and give are values that were parsed
//! once, at the edge; what they give is the row as it stands after their triggers.
//!
//! Inputs and answers derive what JSON needs; that saves a layer that would say all of it again.
//!
//! Not here: requests, entries, and how a call is decoded. A verb does not know that it is written down.

/// Declares an enum of which each choice is a word, as it is stored and sent.
macro_rules! words { ($(#[doc = $about:literal])+ $Name:ident { $($choice:ident $word:literal $choice_about:literal;)* }) => {
    $(#[doc = $about])+
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum $Name { $( #[doc = $choice_about] $choice, )* }

    impl $Name {
        /// All of them, as they are stored.
        pub fn names() -> Vec<&'static str> {
            vec![ $( $word ),* ]
        }

        /// As it is stored and sent.
        pub const fn name(self) -> &'static str {
            match self { $( $Name::$choice => $word, )* }
        }
    }

    impl rusqlite::types::FromSql for $Name {
        fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<$Name> {
            match value.as_str()? {
                $( $word => Ok($Name::$choice), )*
                _ => Err(rusqlite::types::FromSqlError::InvalidType),
            }
        }
    }

    impl rusqlite::ToSql for $Name {
        fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
            Ok(self.name().into())
        }
    }
} }

pub mod account;
pub mod age;
pub mod bill;
pub mod book;
pub mod claim;
pub mod customer;
pub mod debtor;
pub mod due;
pub mod expense;
pub mod ledger;
pub mod line;
pub mod opening;
pub mod overview;
pub mod page;
pub mod payment;
pub mod person;
pub mod print;
pub mod printer;
pub mod product;
pub mod profile;
pub mod receivable;
pub mod record;
pub mod report;
pub mod sale;
pub mod sale_order;
pub mod search;
pub mod setting;
pub mod setup;
pub mod tax;
pub mod transfer;

use crate::kernel::Id;

macro_rules! nouns { ($($kind:ident $id:ident $about:literal;)*) => {
    /// The kinds of ids that belong to the nouns.
    pub mod kind { $( #[doc = $about] #[derive(Debug)] pub enum $kind {} )* }
    $( #[doc = $about] pub type $id = Id<kind::$kind>; )*
} }
nouns! {
    Profile ProfileId "The id of a profile of a book.";
    Account AccountId "The id of an account.";
    Posting PostingId "The id of a posting.";
    Transfer TransferId "The id of a transfer.";
    Opening OpeningId "The id of an opening balance.";
    Bill BillId "The id of a bill, a debt, a credit note or a write-off.";
    BillLine BillLineId "The id of a line of a bill.";
    Payment PaymentId "The id of a payment.";
    Claim ClaimId "The id of a claim.";
    Expense ExpenseId "The id of an expense.";
    Order OrderId "The id of an order.";
    OrderLine OrderLineId "The id of a line of an order.";
    Print PrintId "The id of a print.";
    Tax TaxId "The id of a tax.";
    Product ProductId "The id of a product.";
    Customer CustomerId "The id of a customer.";
    Batch BatchId "The id of an import.";
    ImportRow ImportRowId "The id of an imported row.";
}

const MEMO_CHARS_MAX: usize = 200;
/// What a document that names itself is called; one line.
pub type Memo = crate::kernel::Line<MEMO_CHARS_MAX>;
