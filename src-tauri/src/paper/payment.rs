//! The papers of payments: what a customer gave or was given, what it paid, and what is owed now.

use super::Paper;
use super::face::Weight;
use super::head::{Letterhead, Voucher};
use super::sheet::{Block, Size, Text};
use super::words::{Word, date};
use crate::domain::payment::{PaymentPurpose, PaymentShown, ReversalReason};
use crate::kernel::{BusinessDate, Money};

/// The paper of a payment, with what the customer owes on a day: less than nothing where it has credit; nothing said of whoever gives
/// no name.
pub fn payment(shown: &PaymentShown, owed: Option<(BusinessDate, Money)>, head: &Letterhead<'_>) -> Paper {
    let payment = &shown.payment;
    let title = match payment.purpose {
        PaymentPurpose::Settlement => Word::Receipt,
        PaymentPurpose::Refund => Word::Refund,
        PaymentPurpose::Payout => Word::Loan,
    };
    let mut voucher =
        Voucher::begin(head, title, Text::Figure(payment.number.clone()), payment.reversed_by_id.is_some());
    if payment.reverses_id.is_some() {
        voucher.frame(Word::Reversal);
    }
    voucher.day(Word::Date, payment.date);
    if let Some(reason) = payment.reason {
        let reason = match reason {
            ReversalReason::Mistake => Word::ReasonMistake,
            ReversalReason::Returned => Word::ReasonReturned,
        };
        let reason = voucher.word(reason);
        voucher.fact(Word::Reason, reason);
    }
    voucher.fact(Word::Customer, Text::Typed(payment.customer_name.clone()));
    let is_in = (payment.purpose == PaymentPurpose::Settlement) == payment.reverses_id.is_none();
    let account = if is_in { Word::PaidInto } else { Word::PaidFrom };
    voucher.fact(account, Text::Typed(payment.account_name.clone()));
    if let Some(reference) = &payment.reference {
        voucher.fact(Word::Reference, Text::Typed(reference.clone()));
    }
    voucher.blocks.push(Block::Rule);
    voucher.total(Word::Amount, payment.amount_minor);
    if payment.rounding_minor != Money::ZERO {
        voucher.sum(Word::Rounding, payment.rounding_minor);
    }
    voucher.change(payment);
    claims(&mut voucher, shown);
    if let Some((day, owed)) = owed {
        let (word, owed) = if owed < Money::ZERO { (Word::CreditOn, owed.negated()) } else { (Word::OwedOn, owed) };
        voucher.blocks.push(Block::Rule);
        let start = Text::Word(format!("{} {}", voucher.say(word), date(day, head.language)));
        voucher.pair(start, voucher.money(owed), Size::Body, Weight::Strong);
    }
    voucher.end(payment.memo.as_deref(), Some(&payment.person_name))
}

/// What it pays, and what of it is left: what was undone is left out.
fn claims(voucher: &mut Voucher<'_>, shown: &PaymentShown) {
    let payment = &shown.payment;
    let mut rest = payment.worth_minor;
    for claim in shown.claims.iter().filter(|claim| !claim.undone && claim.source_id == payment.id.cast()) {
        let start = Text::Typed(format!("{} {}", voucher.say(Word::Pays), claim.target_number));
        voucher.pair(start, voucher.money(claim.counted_minor), Size::Body, Weight::Regular);
        rest = rest.less(claim.counted_minor).unwrap_or(rest);
    }
    if payment.purpose == PaymentPurpose::Settlement && rest > Money::ZERO {
        voucher.sum(Word::LeftAsCredit, rest);
    }
}
