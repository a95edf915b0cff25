//! The papers of what stands against a customer: bills, debts from before, credit notes, write-offs.

use super::Paper;
use super::face::Weight;
use super::head::{Letterhead, Voucher};
use super::sheet::{Block, Format, Place, Size, Text};
use super::words::{Word, date, decimal, figure, percent};
use crate::domain::bill::{Bill, BillKind, BillLine, BillShown, BillState, CreditReason};
use crate::domain::line::TaxTotal;
use crate::domain::payment::Payment;
use crate::kernel::{BusinessDate, Money};

/// A bill with what its paper says besides.
#[derive(Debug, Clone)]
pub struct BillPaper {
    /// The bill, with its lines and taxes.
    pub shown: BillShown,
    /// The bill that it credits, or the document that it reverses.
    pub original: Option<Bill>,
    /// The payments that were made with it, in one command: what comes later is no part of it.
    pub payments: Vec<Payment>,
}

/// The paper of a bill, a debt, a credit note or a write-off.
pub fn bill(paper: &BillPaper, head: &Letterhead<'_>) -> Paper {
    let BillPaper { shown, original, payments } = paper;
    let bill = &shown.bill;
    let title = match bill.kind {
        BillKind::Bill => Word::Bill,
        BillKind::Debt => Word::Debt,
        BillKind::Credit => Word::CreditNote,
        BillKind::WriteOff => Word::WriteOff,
    };
    let mut voucher = Voucher::begin(head, title, Text::Figure(bill.number.clone()), bill.reversed_by_id.is_some());
    if bill.state == Some(BillState::Voided) {
        voucher.frame(Word::Voided);
    }
    if bill.reverses_id.is_some() {
        voucher.frame(Word::Reversal);
    }
    voucher.day(Word::Date, bill.date);
    if let Some(due) = bill.due_date {
        voucher.day(Word::Due, due);
    }
    if let Some(original) = original {
        credited(&mut voucher, bill, original);
    }
    buyer(&mut voucher, bill);
    voucher.blocks.push(Block::Rule);
    if !shown.lines.is_empty() {
        match head.format {
            Format::A4 => line_table(&mut voucher, bill.tax_included, &shown.lines),
            Format::Roll58 | Format::Roll80 => {
                shown.lines.iter().for_each(|line| roll_line(&mut voucher, bill.tax_included, line))
            }
        }
        voucher.blocks.push(Block::Rule);
        taxes(&mut voucher, bill, &shown.taxes);
    }
    voucher.total(Word::Total, bill.total_minor);
    if !payments.is_empty() {
        paid(&mut voucher, bill.total_minor, payments);
    }
    voucher.end(bill.note.as_deref(), Some(&bill.person_name))
}

fn credited(voucher: &mut Voucher<'_>, bill: &Bill, original: &Bill) {
    let word = if bill.reverses_id.is_some() { Word::Reverses } else { Word::Credits };
    voucher.fact(word, Text::Figure(original.number.clone()));
    voucher.day(Word::Date, original.date);
    let reason = match bill.reason {
        None => return,
        Some(CreditReason::Void) => Word::ReasonVoid,
        Some(CreditReason::Return) => Word::ReasonReturn,
        Some(CreditReason::Price) => Word::ReasonPrice,
        Some(CreditReason::Goodwill) => Word::ReasonGoodwill,
        Some(CreditReason::Moved) => Word::ReasonMoved,
        Some(CreditReason::BadDebt) => Word::ReasonBadDebt,
        Some(CreditReason::Rounding) => Word::ReasonRounding,
        Some(CreditReason::Other) => Word::ReasonOther,
    };
    let reason = voucher.word(reason);
    voucher.fact(Word::Reason, reason);
}

/// The customer as it was when the bill was made.
fn buyer(voucher: &mut Voucher<'_>, bill: &Bill) {
    voucher.fact(Word::Customer, Text::Typed(bill.customer_name.clone()));
    for line in bill.customer_address.iter().flat_map(|address| address.lines()) {
        let text = Text::Typed(line.to_owned());
        voucher.blocks.push(Block::Text { text, size: Size::Small, weight: Weight::Regular, place: Place::End });
    }
    if let Some(number) = &bill.customer_tax_number {
        voucher.fact(Word::TaxNumber, Text::Typed(number.clone()));
    }
    if let Some(reference) = &bill.reference {
        voucher.fact(Word::Reference, Text::Typed(reference.clone()));
    }
}

/// What a line comes to, as its price was said: with tax where prices include it.
fn comes_to(tax_included: bool, line: &BillLine) -> Money {
    let tax = if tax_included { line.line.tax_minor } else { Money::ZERO };
    line.line.net_minor.plus(tax).unwrap_or(line.line.net_minor) // what was posted is within the bounds
}

/// `2 × 1.48`, with the unit; nothing where an amount alone is credited.
fn quantity(voucher: &Voucher<'_>, line: &BillLine) -> Option<String> {
    (line.line.quantity_milli != 0).then(|| decimal(line.line.quantity_milli, 3, voucher.head.language))
}

fn discount(voucher: &Voucher<'_>, line: &BillLine) -> Option<String> {
    if line.line.discount_minor == Money::ZERO {
        return None;
    }
    let rate = line.line.discount_ppm.map(|rate| format!(" {}", percent(rate.ppm(), voucher.head.language)));
    let amount = voucher.figure(line.line.discount_minor.negated());
    // Among words that are read from right to left, the mark keeps the sign before its figure.
    Some(format!("{}{}: \u{200e}{amount}", voucher.say(Word::Discount), rate.unwrap_or_default()))
}

fn line_table(voucher: &mut Voucher<'_>, tax_included: bool, lines: &[BillLine]) {
    let head = [Word::Item, Word::Quantity, Word::Price, Word::Tax, Word::Amount];
    let [item, quantity, price, tax, amount] = head.map(|word| voucher.say(word).to_owned());
    let head = vec![Text::Word(item), Text::Head(quantity), Text::Head(price), Text::Word(tax), Text::Head(amount)];
    let rows = lines.iter().map(|line| row(voucher, tax_included, line)).collect();
    voucher.blocks.push(Block::Table { head, rows, wide: 0 });
}

fn row(voucher: &Voucher<'_>, tax_included: bool, line: &BillLine) -> Vec<Text> {
    let said = &line.line;
    let codes = [&said.sku, &said.class_code].into_iter().flatten().cloned().collect::<Vec<_>>().join(" · ");
    let mut item = said.description.clone();
    for more in (!codes.is_empty()).then_some(codes).into_iter().chain(discount(voucher, line)) {
        item.push('\n');
        item.push_str(&more);
    }
    let unit = said.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let quantity = quantity(voucher, line);
    let price = quantity.as_ref().map(|_| voucher.figure(said.price_minor)).unwrap_or_default();
    vec![
        Text::Typed(item),
        Text::Figure(quantity.map(|quantity| format!("{quantity}{unit}")).unwrap_or_default()),
        Text::Figure(price),
        Text::Typed(said.tax_code.clone().unwrap_or_default()),
        Text::Figure(voucher.figure(comes_to(tax_included, line))),
    ]
}

fn roll_line(voucher: &mut Voucher<'_>, tax_included: bool, line: &BillLine) {
    let said = &line.line;
    let text = Text::Typed(said.description.clone());
    voucher.blocks.push(Block::Text { text, size: Size::Body, weight: Weight::Regular, place: Place::Start });
    let unit = said.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let times =
        quantity(voucher, line).map(|quantity| format!("{quantity}{unit} × {}", voucher.figure(said.price_minor)));
    let code = said.tax_code.clone();
    let start = times.into_iter().chain(code).collect::<Vec<_>>().join("  ");
    let sum = Text::Figure(voucher.figure(comes_to(tax_included, line)));
    voucher.pair(Text::Figure(start), sum, Size::Body, Weight::Regular);
    if let Some(discount) = discount(voucher, line) {
        voucher.note(Text::Word(discount));
    }
}

/// What falls to each tax: its code, its rate, what it is reckoned from, and what it comes to.
fn taxes(voucher: &mut Voucher<'_>, bill: &Bill, taxes: &[TaxTotal]) {
    voucher.sum(Word::Net, bill.net_minor);
    for tax in taxes {
        let language = voucher.head.language;
        let name = match (&tax.code, tax.tax_id) {
            (Some(code), _) => format!("{code} {}", percent(tax.rate_ppm.ppm(), language)),
            (None, Some(_)) => percent(tax.rate_ppm.ppm(), language),
            (None, None) => voucher.say(Word::NoTax).to_owned(),
        };
        let start = Text::Word(format!("{name} · {}", voucher.figure(tax.net_minor)));
        let end = Text::Figure(voucher.figure(tax.tax_minor));
        voucher.pair(start, end, Size::Small, Weight::Regular);
    }
    voucher.sum(Word::Tax, bill.tax_minor);
    if bill.tax_included {
        voucher.note(voucher.word(Word::TaxIncluded));
    }
}

/// What was paid at once, what was given for it, and what is left to pay.
fn paid(voucher: &mut Voucher<'_>, total: Money, payments: &[Payment]) {
    let mut rest = total;
    for payment in payments {
        let start = Text::Typed(format!("{}: {}", voucher.say(Word::Paid), payment.account_name));
        voucher.pair(start, voucher.money(payment.amount_minor), Size::Body, Weight::Regular);
        if payment.rounding_minor != Money::ZERO {
            voucher.sum(Word::Rounding, payment.rounding_minor);
        }
        voucher.change(payment);
        rest = payment.amount_minor.less(payment.rounding_minor).and_then(|worth| rest.less(worth)).unwrap_or(rest);
    }
    if rest > Money::ZERO {
        voucher.sum(Word::StillToPay, rest);
    }
}

impl Voucher<'_> {
    pub(super) fn day(&mut self, word: Word, day: BusinessDate) {
        self.fact(word, Text::Word(date(day, self.head.language)));
    }

    pub(super) fn frame(&mut self, word: Word) {
        let text = self.word(word);
        self.blocks.push(Block::Framed(text));
    }

    pub(super) fn note(&mut self, text: Text) {
        self.blocks.push(Block::Text { text, size: Size::Small, weight: Weight::Regular, place: Place::Start });
    }

    pub(super) fn figure(&self, minor: Money) -> String {
        figure(minor, self.head.currency, self.head.language)
    }

    /// What a customer gave, and what of it was given back.
    pub(super) fn change(&mut self, payment: &Payment) {
        if let Some(tendered) = payment.tendered_minor {
            self.sum(Word::Given, tendered);
            if let Ok(change) = tendered.less(payment.amount_minor) {
                self.sum(Word::Change, change);
            }
        }
    }
}
