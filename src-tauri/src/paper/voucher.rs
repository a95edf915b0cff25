//! The papers of what moves money within a book: transfers and opening balances.

use super::Paper;
use super::head::{Letterhead, Voucher};
use super::sheet::{Block, Text};
use super::words::{Word, date};
use crate::domain::opening::Opening;
use crate::domain::transfer::Transfer;
use crate::kernel::Money;

/// The paper of a transfer.
pub fn transfer(transfer: &Transfer, head: &Letterhead<'_>) -> Paper {
    let mut voucher =
        Voucher::begin(head, Word::Transfer, Text::Figure(transfer.number.clone()), transfer.reversed_by_id.is_some());
    voucher.fact(Word::Date, Text::Word(date(transfer.date, head.language)));
    voucher.fact(Word::From, Text::Typed(transfer.from_account_name.clone()));
    voucher.fact(Word::To, Text::Typed(transfer.to_account_name.clone()));
    voucher.blocks.push(Block::Rule);
    if transfer.fee_minor == Money::ZERO {
        voucher.total(Word::Amount, transfer.amount_minor);
    } else {
        voucher.sum(Word::Amount, transfer.amount_minor);
        voucher.sum(Word::Fee, transfer.fee_minor);
        // Two amounts below 2^53 make no more than an i64 holds; a sum past the bounds was never posted.
        if let Ok(sum) = transfer.amount_minor.plus(transfer.fee_minor) {
            voucher.total(Word::LeftTheAccount, sum);
        }
    }
    voucher.end(transfer.memo.as_deref(), Some(&transfer.person_name))
}

/// The paper of an opening balance.
pub fn opening(opening: &Opening, head: &Letterhead<'_>) -> Paper {
    let mut voucher =
        Voucher::begin(head, Word::Opening, Text::Figure(opening.number.clone()), opening.reversed_by_id.is_some());
    voucher.fact(Word::Date, Text::Word(date(opening.date, head.language)));
    voucher.fact(Word::Account, Text::Typed(opening.account_name.clone()));
    voucher.blocks.push(Block::Rule);
    voucher.total(Word::Amount, opening.amount_minor);
    voucher.end(opening.memo.as_deref(), None)
}
