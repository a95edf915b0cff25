//! Transfers: money moved from one account to another, with a fee perhaps.

use super::account::{Account, AccountKind, system_account};
use super::book::Session;
use super::ledger::{self, DocumentKind, NewPosting, Posting};
use super::page::{DATE_AFTER_ALL, Direction, Key, Limit, Page, Search, Words, read_cursor, write_cursor};
use super::{AccountId, Memo, TransferId};
use crate::kernel::{
    Acting, BookId, BusinessDate, Code, Fault, Id, Instant, Money, Noun, NounKind, PersonId, Result, fold, kind::Record,
};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Transfers, as other rooms know them.
pub const NOUN: Noun = Noun {
    table: "payment_transfer",
    kind: NounKind::Document { letters: "T" },
    named_by: Some("number"),
    unique: None,
    searched: &["number", "memo"],
    phone: None,
    rules: &[],
};

/// A transfer and its postings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Transfer {
    /// What a reversal names it by.
    pub id: TransferId,
    /// Its number: `{device code}-{series}-{000001}`, without a gap in each series.
    pub number: String,
    /// The business date.
    pub date: BusinessDate,
    /// When it was made.
    pub created_at: Instant,
    /// Where the money came from.
    pub from_account_id: AccountId,
    /// The name of the account that paid.
    pub from_account_name: String,
    /// Where it went.
    pub to_account_id: AccountId,
    /// The name of the account that was paid.
    pub to_account_name: String,
    /// How much arrived.
    pub amount_minor: Money,
    /// What it cost besides.
    pub fee_minor: Money,
    /// What it says.
    pub memo: Option<String>,
    /// Who made it.
    pub person_id: PersonId,
    /// The name of who made it.
    pub person_name: String,
    /// The transfer that this one takes back.
    pub reverses_id: Option<TransferId>,
    /// The transfer that takes this one back.
    pub reversed_by_id: Option<TransferId>,
    /// What it posted.
    pub postings: Vec<Posting>,
}

/// A transfer to be made.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// Its id; made here when it isn't given.
    #[serde(default = "TransferId::unless_given")]
    pub transfer_id: TransferId,
    /// Where the money comes from.
    pub from_account_id: AccountId,
    /// Where it goes.
    pub to_account_id: AccountId,
    /// How much is to arrive: more than zero.
    pub amount_minor: Money,
    /// What it costs besides, taken from the same account.
    #[serde(default)]
    pub fee_minor: Option<Money>,
    /// Whether the transfer stands when the fee can't be paid.
    #[serde(default)]
    pub fee_optional: bool,
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

/// A transfer to be taken back.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The transfer to take back.
    pub transfer_id: TransferId,
    /// Why it is taken back.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// The business date; today when it isn't given.
    #[serde(default)]
    pub date: Option<BusinessDate>,
    /// Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept.
    #[serde(default)]
    pub accept_below_minimum: bool,
}

/// Moves money from one account to another. The fee is a step of its own: where it is optional and can't be paid, the
/// transfer stands without it, and the second value says why.
///
/// # Errors
/// `same_account`, `not_found`, `wrong_account_kind`, `account_closed`, `not_custodian`, `insufficient_funds`, `below_minimum`.
pub fn transfer_funds(unit: &mut Unit, acting: &Acting, order: &NewTransfer) -> Result<(Transfer, Option<Fault>)> {
    let amount = order.amount_minor.positive().map_err(|fault| fault.at("amount_minor"))?;
    let fee = order.fee_minor.unwrap_or_default().not_negative().map_err(|fault| fault.at("fee_minor"))?;
    if order.from_account_id == order.to_account_id {
        return Err(Fault::new(Code::SameAccount, "Choose two different accounts.").at("to_account_id"));
    }
    let sides = ledger::sides(
        unit,
        acting,
        (order.to_account_id, "to_account_id"),
        (order.from_account_id, "from_account_id"),
    )?;
    holds_money(&sides.credit).map_err(|fault| fault.at("from_account_id"))?;
    holds_money(&sides.debit).map_err(|fault| fault.at("to_account_id"))?;
    let date = order.date.unwrap_or(acting.today);
    let posting = NewPosting {
        id: order.transfer_id.derive("posting:amount"),
        debit: order.to_account_id,
        credit: order.from_account_id,
        amount,
        date,
        document_kind: DocumentKind::Transfer,
        document: order.transfer_id.cast(),
        memo: order.memo.clone(),
        customer: None,
        accept_below_minimum: order.accept_below_minimum,
    };
    ledger::post_between(unit, acting, &sides, &posting).map_err(blame)?;
    let fee_posting = NewPosting {
        id: order.transfer_id.derive("posting:fee"),
        debit: system_account(acting.book, AccountKind::Expense),
        amount: fee,
        ..posting
    };
    let (fee, fee_refused) = if fee == Money::ZERO {
        (fee, None)
    } else {
        match unit.nested(|step| ledger::post(step, acting, &fee_posting)) {
            Ok(()) => (fee, None),
            Err(fault) if order.fee_optional => (Money::ZERO, Some(fault)),
            Err(fault) => return Err(fault.at("fee_minor")),
        }
    };
    let row = Moved { id: order.transfer_id, from: order.from_account_id, to: order.to_account_id, amount, fee, date };
    insert(unit, acting, &row, order.memo.as_ref(), None)?;
    Ok((find(unit, acting.book, order.transfer_id)?, fee_refused))
}

fn holds_money(account: &Account) -> Result<()> {
    if account.kind.holds_money() {
        return Ok(());
    }
    Err(Fault::new(Code::WrongAccountKind, format!("“{}” holds no money; a transfer moves money.", account.name)))
}

/// Which field a refused posting is about.
fn blame(fault: Fault) -> Fault {
    match fault.code {
        Code::InsufficientFunds => fault.at("amount_minor"),
        Code::NotCustodian => fault.at("from_account_id"),
        _ => fault,
    }
}

/// Takes a transfer back by one the other way, fee and all. Its id follows from the original's, so the same reversal
/// made twice, on two devices even, is one.
///
/// # Errors
/// `not_found`, `already_reversed`, and those of a posting.
pub fn reverse(unit: &mut Unit, acting: &Acting, order: &Reversal) -> Result<Transfer> {
    let original = find(unit, acting.book, order.transfer_id)?;
    if original.reversed_by_id.is_some() || original.reverses_id.is_some() {
        let message = if original.reverses_id.is_some() {
            format!("{} takes another transfer back; make a new transfer instead.", original.number)
        } else {
            format!("{} was reversed already.", original.number)
        };
        return Err(Fault::new(Code::AlreadyReversed, message).at("transfer_id"));
    }
    let id: TransferId = original.id.derive("reversal");
    let date = order.date.unwrap_or(acting.today);
    unit.nested(|step| {
        // Each posting is a nested step of its own, for a transfer may have several.
        for posting in &original.postings {
            let reversed = NewPosting {
                id: posting.id.derive("reversal"),
                debit: posting.credit_account_id,
                credit: posting.debit_account_id,
                amount: posting.amount_minor,
                date,
                document_kind: DocumentKind::Transfer,
                document: id.cast(),
                memo: order.memo.clone(),
                customer: None,
                accept_below_minimum: order.accept_below_minimum,
            };
            step.nested(|step| ledger::post(step, acting, &reversed)).map_err(|fault| fault.at("transfer_id"))?;
        }
        let row = Moved {
            id,
            from: original.to_account_id,
            to: original.from_account_id,
            amount: original.amount_minor,
            fee: original.fee_minor,
            date,
        };
        insert(step, acting, &row, order.memo.as_ref(), Some(original.id))
    })?;
    find(unit, acting.book, id)
}

/// What moves, from where to where.
struct Moved {
    id: TransferId,
    from: AccountId,
    to: AccountId,
    amount: Money,
    fee: Money,
    date: BusinessDate,
}

fn insert(
    unit: &mut Unit,
    acting: &Acting,
    moved: &Moved,
    memo: Option<&Memo>,
    reverses: Option<TransferId>,
) -> Result<()> {
    unit.execute(
        "INSERT INTO payment_transfer (book_id, id, device_id, series, serial, number, business_date, from_account_id,
                                       to_account_id, amount_minor, fee_minor, memo, person_id,
                                       reverses_transfer_id, created_at, search_text)
         SELECT :book, :id, d.id, :series, n.serial, d.code || '-' || :series || '-' || printf('%06d', n.serial), :date,
                :from, :to, :amount, :fee, :memo, :person, :reverses, :at,
                lower(d.code || '-' || :series || '-') || printf('%06d', n.serial) || ifnull(char(10) || :memo_fold, '')
         FROM device d
         JOIN (SELECT 1 + ifnull(max(serial), 0) AS serial
               FROM payment_transfer WHERE book_id = :book AND device_id = :device AND series = :series) n
         WHERE d.book_id = :book AND d.id = :device",
        named_params! {
            ":book": acting.book, ":id": moved.id, ":device": acting.device,
            ":series": acting.series('T'), ":date": moved.date,
            ":from": moved.from, ":to": moved.to, ":amount": moved.amount, ":fee": moved.fee, ":memo": memo,
            ":person": acting.person, ":reverses": reverses, ":at": acting.at,
            ":memo_fold": memo.map(|memo| fold(memo.as_str())),
        },
    )?;
    Ok(())
}

const TRANSFER: &str = "\
SELECT t.id, t.number, t.business_date, t.created_at, t.from_account_id, f.name AS from_account_name,
       t.to_account_id, o.name AS to_account_name, t.amount_minor, t.fee_minor, t.memo, t.person_id,
       p.name AS person_name, t.reverses_transfer_id, r.id AS reversed_by_id
FROM payment_transfer t
CROSS JOIN payment_account f ON f.book_id = t.book_id AND f.id = t.from_account_id
CROSS JOIN payment_account o ON o.book_id = t.book_id AND o.id = t.to_account_id
CROSS JOIN person p ON p.book_id = t.book_id AND p.id = t.person_id
LEFT JOIN payment_transfer r ON r.book_id = t.book_id AND r.reverses_transfer_id = t.id";

impl ReadRow for Transfer {
    /// The postings are the reader's to fill in.
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Transfer> {
        Ok(Transfer {
            id: row.get("id")?,
            number: row.get("number")?,
            date: row.get("business_date")?,
            created_at: row.get("created_at")?,
            from_account_id: row.get("from_account_id")?,
            from_account_name: row.get("from_account_name")?,
            to_account_id: row.get("to_account_id")?,
            to_account_name: row.get("to_account_name")?,
            amount_minor: row.get("amount_minor")?,
            fee_minor: row.get("fee_minor")?,
            memo: row.get("memo")?,
            person_id: row.get("person_id")?,
            person_name: row.get("person_name")?,
            reverses_id: row.get("reverses_transfer_id")?,
            reversed_by_id: row.get("reversed_by_id")?,
            postings: Vec::new(),
        })
    }
}

/// One transfer with its postings.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: TransferId) -> Result<Transfer> {
    let transfer = snapshot
        .maybe(
            &format!("{TRANSFER} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Transfer::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This transfer is not in the book.").at("transfer_id"))?;
    let mut transfers = vec![transfer];
    load_postings(snapshot, book, &mut transfers)?;
    transfers.pop().ok_or_else(|| Fault::new(Code::Internal, "A transfer went missing while it was read."))
}

/// Eager loading: the postings of all these transfers in one statement.
fn load_postings(snapshot: &Snapshot, book: BookId, transfers: &mut [Transfer]) -> Result<()> {
    let documents: Vec<Id<Record>> = transfers.iter().map(|transfer| transfer.id.cast()).collect();
    let mut postings: HashMap<Id<Record>, Vec<Posting>> = HashMap::new();
    for (document, posting) in ledger::postings_of(snapshot, book, &documents)? {
        postings.entry(document).or_default().push(posting);
    }
    for transfer in transfers {
        transfer.postings = postings.remove(&transfer.id.cast()).unwrap_or_default();
    }
    Ok(())
}

/// Which transfer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichTransfer {
    /// The transfer to be shown.
    pub transfer_id: TransferId,
}

/// A transfer and its other half, if there is one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransferShown {
    /// The one that was asked for.
    pub transfer: Transfer,
    /// The transfer that it reverses, or the one that reverses it.
    pub counterpart: Option<Transfer>,
}

/// Shows one transfer.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichTransfer) -> Result<TransferShown> {
    let book = session.book.id;
    let transfer = find(snapshot, book, which.transfer_id)?;
    let counterpart = match transfer.reverses_id.or(transfer.reversed_by_id) {
        Some(id) => Some(find(snapshot, book, id)?),
        None => None,
    };
    Ok(TransferShown { transfer, counterpart })
}

/// How a list of transfers is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferSort {
    /// By business date.
    #[default]
    Date,
    /// By amount.
    Amount,
}

fn yes() -> bool {
    true
}

/// Which transfers a list shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferQuery {
    /// Only those from or to this account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The first business date.
    #[serde(default)]
    pub from_date: Option<BusinessDate>,
    /// The last business date.
    #[serde(default)]
    pub to_date: Option<BusinessDate>,
    /// Words in number or memo.
    #[serde(default)]
    pub search: Option<Search>,
    /// The order.
    #[serde(default)]
    pub sort: TransferSort,
    /// From the other end: newest or largest first, unless said otherwise.
    #[serde(default = "yes")]
    pub descending: bool,
    /// Where the last page ended.
    #[serde(default, skip_serializing)]
    pub cursor: Option<String>,
    /// How many rows.
    #[serde(default, skip_serializing)]
    pub limit: Limit,
}

/// Transfers with their postings.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, session: &Session, query: &TransferQuery) -> Result<Page<Transfer>> {
    let book = session.book.id;
    let key = match query.sort {
        TransferSort::Date => "business_date",
        TransferSort::Amount => "amount_minor",
    };
    let Direction { order, beyond } = Direction::descending(query.descending);
    let sql = format!(
        "{TRANSFER}
         WHERE t.book_id = :book
           AND (t.{key}, t.created_at, t.id) {beyond} (:key, :at, :after)
           AND t.business_date BETWEEN :from AND :to
           AND (:account IS NULL OR t.from_account_id = :account OR t.to_account_id = :account)
           AND instr(t.search_text, :word1) AND instr(t.search_text, :word2) AND instr(t.search_text, :word3)
         ORDER BY t.{key} {order}, t.created_at {order}, t.id {order} LIMIT :limit"
    );
    let cursor: Option<(Key, Instant, TransferId)> = read_cursor(query.cursor.as_deref(), query)?;
    // The first page lies behind what comes before everything: past the last key, or before the first.
    let (key, at, after) = cursor.unwrap_or_else(|| match (query.sort, query.descending) {
        (TransferSort::Date, true) => (Key::Text(DATE_AFTER_ALL.into()), Instant(i64::MAX), Id::from_bytes([0xff; 16])),
        (TransferSort::Amount, true) => (Key::Number(i64::MAX), Instant(i64::MAX), Id::from_bytes([0xff; 16])),
        (TransferSort::Date, false) => (Key::Text(String::new()), Instant(i64::MIN), Id::from_bytes([0; 16])),
        (TransferSort::Amount, false) => (Key::Number(0), Instant(i64::MIN), Id::from_bytes([0; 16])),
    });
    let mut from = query.from_date.map_or_else(String::new, |date| date.to_string());
    let mut to = query.to_date.map_or_else(|| DATE_AFTER_ALL.to_owned(), |date| date.to_string());
    // Never past the cursor's day: the index is entered there, however deep the page lies.
    if let Key::Text(day) = &key {
        if query.descending { to = to.min(day.clone()) } else { from = from.max(day.clone()) }
    }
    let Words([word1, word2, word3]) = Words::of(query.search.as_ref().map(Search::as_str));
    let rows = snapshot.all(
        &sql,
        named_params! {
            ":book": book, ":key": key, ":at": at, ":after": after, ":account": query.account_id,
            ":from": from, ":to": to,
            ":word1": word1, ":word2": word2, ":word3": word3, ":limit": query.limit.one_more(),
        },
        Transfer::read_row,
    )?;
    let mut page = Page::cut(rows, query.limit, |last| {
        let key = match query.sort {
            TransferSort::Date => Key::Text(last.date.to_string()),
            TransferSort::Amount => Key::Number(last.amount_minor.minor()),
        };
        write_cursor(query, &(key, last.created_at, last.id))
    });
    load_postings(snapshot, book, &mut page.rows)?;
    Ok(page)
}

/// Transfers that do not equal what they posted: each with a sentence and its id.
///
/// # Errors
/// What SQLite says.
pub fn check(snapshot: &Snapshot) -> Result<Vec<(String, TransferId)>> {
    snapshot.all(
        "SELECT 'The transfer ' || t.number || ' does not equal what it posted.', t.id
         FROM payment_transfer t
         LEFT JOIN (SELECT book_id, document_id, sum(amount_minor) AS total FROM ledger_posting
                    WHERE document_kind = 'transfer' GROUP BY book_id, document_id) p
                ON p.book_id = t.book_id AND p.document_id = t.id
         WHERE ifnull(p.total, 0) <> t.amount_minor + t.fee_minor
         LIMIT 50",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
