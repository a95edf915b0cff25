//! What every paper has: who sells, what the document is, which print of it this is; and facts, sums and the end.

use super::Paper;
use super::face::Weight;
use super::sheet::{Block, Format, Place, Size, Text};
use super::words::{Language, Word, amount};
use crate::domain::book::Book;
use crate::domain::profile::Profile;
use crate::kernel::{Currency, Money};

/// What stands at the head of every paper, and how it is set.
#[derive(Debug, Clone)]
pub struct Letterhead<'p> {
    /// The book.
    pub book: &'p Book,
    /// Who sells, where somebody has said it.
    pub profile: Option<&'p Profile>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The language of Daybook's own words.
    pub language: Language,
    /// What it is set for.
    pub format: Format,
    /// Which print it is.
    pub copy: Copy,
}

/// Which print of a document a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The first one, of the device that made the document.
    Original,
    /// Every other.
    Number(i64),
}

/// A paper that is being written.
pub(super) struct Voucher<'h> {
    pub(super) head: &'h Letterhead<'h>,
    pub(super) blocks: Vec<Block>,
}

impl<'h> Voucher<'h> {
    pub(super) fn begin(head: &'h Letterhead<'h>, title: Word, number: Text, is_reversed: bool) -> Voucher<'h> {
        let mut voucher = Voucher { head, blocks: Vec::new() };
        if head.book.is_training {
            voucher.blocks.push(Block::Framed(voucher.word(Word::Training)));
        }
        let name = head.profile.map_or(&head.book.name, |profile| &profile.legal_name);
        voucher.in_the_middle(name, Size::Large, Weight::Strong);
        if let Some(profile) = head.profile {
            let address = profile.address.iter().flat_map(|address| address.lines());
            for line in address.chain(profile.tax_number.as_deref()).chain(profile.phone.as_deref()) {
                voucher.in_the_middle(line, Size::Small, Weight::Regular);
            }
        }
        if let Copy::Number(number) = head.copy {
            voucher.blocks.push(Block::Framed(Text::Word(format!("{} {number}", voucher.say(Word::Copy)))));
        }
        if is_reversed {
            voucher.blocks.push(Block::Framed(voucher.word(Word::Reversed)));
        }
        voucher.blocks.push(Block::Space);
        let start = voucher.word(title);
        voucher.pair(start, number, Size::Body, Weight::Strong);
        voucher
    }

    pub(super) fn in_the_middle(&mut self, text: &str, size: Size, weight: Weight) {
        let text = Text::Typed(text.to_owned());
        self.blocks.push(Block::Text { text, size, weight, place: Place::Middle });
    }

    pub(super) fn say(&self, word: Word) -> &'static str {
        word.say(self.head.language)
    }

    pub(super) fn word(&self, word: Word) -> Text {
        Text::Word(self.say(word).to_owned())
    }

    pub(super) fn pair(&mut self, start: Text, end: Text, size: Size, weight: Weight) {
        self.blocks.push(Block::Pair { start, end, size, weight });
    }

    pub(super) fn fact(&mut self, word: Word, says: Text) {
        self.pair(self.word(word), says, Size::Body, Weight::Regular);
    }

    pub(super) fn remark(&mut self, word: Word, says: &str) {
        self.pair(self.word(word), Text::Typed(says.to_owned()), Size::Small, Weight::Regular);
    }

    pub(super) fn money(&self, minor: Money) -> Text {
        Text::Figure(amount(minor, self.head.currency, self.head.language))
    }

    pub(super) fn sum(&mut self, word: Word, minor: Money) {
        self.pair(self.word(word), self.money(minor), Size::Body, Weight::Regular);
    }

    pub(super) fn total(&mut self, word: Word, minor: Money) {
        self.pair(self.word(word), self.money(minor), Size::Large, Weight::Strong);
    }

    pub(super) fn end(mut self, memo: Option<&str>, person: Option<&str>) -> Paper {
        self.blocks.push(Block::Rule);
        if let Some(memo) = memo {
            self.remark(Word::Memo, memo);
        }
        if let Some(person) = person {
            self.remark(Word::Person, person);
        }
        if let Some(footer) = self.head.profile.and_then(|profile| profile.footer.as_deref()) {
            self.blocks.push(Block::Space);
            for line in footer.lines() {
                self.in_the_middle(line, Size::Small, Weight::Regular);
            }
        }
        Paper::set(&self.blocks, self.head.format, self.head.language)
    }
}
