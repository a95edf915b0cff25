//! The paper of a customer's account: what was bought and paid, line by line, and what is owed. It is drawn up anew each time.

use super::Paper;
use super::face::Weight;
use super::head::{Letterhead, Voucher};
use super::sheet::{Block, Format, Place, Size, Text};
use super::words::{Word, date};
use crate::domain::receivable::{CustomerAccount, CustomerLine, ItemKind};
use crate::kernel::{BusinessDate, Money};

/// A customer's account, and the lines of it that are shown.
#[derive(Debug, Clone)]
pub struct StatementPaper {
    /// What is owed, and what of it is overdue.
    pub account: CustomerAccount,
    /// The lines, the oldest first.
    pub lines: Vec<CustomerLine>,
    /// The day that it is of.
    pub day: BusinessDate,
}

/// The paper of a customer's account.
pub fn statement(paper: &StatementPaper, head: &Letterhead<'_>) -> Paper {
    let StatementPaper { account, lines, day } = paper;
    let customer = &account.customer;
    let mut voucher = Voucher::begin(head, Word::Statement, Text::Word(date(*day, head.language)), false);
    voucher.fact(Word::Customer, Text::Typed(customer.name.clone()));
    if let Some(number) = &customer.tax_number {
        voucher.fact(Word::TaxNumber, Text::Typed(number.clone()));
    }
    voucher.blocks.push(Block::Rule);
    let brought =
        lines.first().and_then(|line| line.balance_minor.less(line.amount_minor).ok()).unwrap_or(account.balance_minor);
    match head.format {
        Format::A4 => table(&mut voucher, brought, lines),
        Format::Roll58 | Format::Roll80 => roll(&mut voucher, brought, lines),
    }
    voucher.blocks.push(Block::Rule);
    let owed = account.balance_minor;
    let (word, owed) = if owed < Money::ZERO { (Word::CreditOn, owed.negated()) } else { (Word::OwedOn, owed) };
    let start = Text::Word(format!("{} {}", voucher.say(word), date(*day, head.language)));
    voucher.pair(start, voucher.money(owed), Size::Body, Weight::Strong);
    if account.overdue_minor > Money::ZERO {
        voucher.sum(Word::Overdue, account.overdue_minor);
    }
    voucher.end(None, None)
}

const fn kind_of(line: &CustomerLine) -> Word {
    match line.kind {
        ItemKind::Bill => Word::Bill,
        ItemKind::Debt => Word::Debt,
        ItemKind::Credit => Word::CreditNote,
        ItemKind::WriteOff => Word::WriteOff,
        ItemKind::Settlement => Word::Receipt,
        ItemKind::Refund => Word::Refund,
        ItemKind::Payout => Word::Loan,
        ItemKind::Adjustment => Word::Adjustment,
    }
}

/// `Invoice V1-B-000001`, and that it takes another back.
fn document(voucher: &Voucher<'_>, line: &CustomerLine) -> String {
    let reversal = line.reversal.then(|| voucher.say(Word::Reversal)).into_iter();
    let words = std::iter::once(voucher.say(kind_of(line))).chain(line.number.as_deref()).chain(reversal);
    words.collect::<Vec<_>>().join(" ")
}

fn table(voucher: &mut Voucher<'_>, brought: Money, lines: &[CustomerLine]) {
    let head = |word: Word| Text::Head(voucher.say(word).to_owned());
    let head = vec![voucher.word(Word::Date), voucher.word(Word::Document), head(Word::Amount), head(Word::Balance)];
    let first = vec![
        Text::Word(String::new()),
        voucher.word(Word::BroughtForward),
        Text::Figure(String::new()),
        Text::Figure(voucher.figure(brought)),
    ];
    let row = |line: &CustomerLine| {
        vec![
            Text::Word(date(line.date, voucher.head.language)),
            Text::Word(document(voucher, line)),
            Text::Figure(voucher.figure(line.amount_minor)),
            Text::Figure(voucher.figure(line.balance_minor)),
        ]
    };
    let rows = std::iter::once(first).chain(lines.iter().map(row)).collect();
    voucher.blocks.push(Block::Table { head, rows, wide: 1 });
}

fn roll(voucher: &mut Voucher<'_>, brought: Money, lines: &[CustomerLine]) {
    let figure = Text::Figure(voucher.figure(brought));
    voucher.pair(voucher.word(Word::BroughtForward), figure, Size::Body, Weight::Regular);
    for line in lines {
        let text = Text::Word(format!("{} · {}", date(line.date, voucher.head.language), document(voucher, line)));
        voucher.blocks.push(Block::Text { text, size: Size::Small, weight: Weight::Regular, place: Place::Start });
        let (amount, balance) = (voucher.figure(line.amount_minor), voucher.figure(line.balance_minor));
        voucher.pair(Text::Figure(amount), Text::Figure(balance), Size::Body, Weight::Regular);
    }
}
