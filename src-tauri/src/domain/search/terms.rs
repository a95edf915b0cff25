//! What a person searches for, taken apart: words, and phone numbers.

use crate::kernel::{PHONE_DIGITS_MIN, PHONE_MARK, fold, phones};

/// How many digits are taken for a part of a phone number when they are typed; fewer are a word like any other.
const TYPED_DIGITS_MIN: usize = 4;
/// And how many when what is dialled before them is left out.
const NUMBER_DIGITS_MIN: usize = 3;

/// What is searched for: a text must hold all of it, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// Stands anywhere in the text, in the middle of a word, too: many scripts part no words.
    Word(String),
    /// Words of nothing but digits and what is written between them: they stand in the text, or are a phone number of it.
    Number { words: Vec<String>, digits: String },
}

impl Terms {
    /// Takes apart what a person typed.
    pub fn of(search: Option<&str>) -> Terms {
        let folded = fold(search.unwrap_or_default());
        let words: Vec<&str> = folded.split_whitespace().collect();
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        let mut terms = Vec::new();
        for run in words.chunk_by(|one, other| is_of_number(one) && is_of_number(other)) {
            match phones(&run.join(" ")).as_slice() {
                [digits]
                    if is_of_number(run[0])
                        && digits.len() >= NUMBER_DIGITS_MIN
                        && run.concat().bytes().filter(u8::is_ascii_digit).count() >= TYPED_DIGITS_MIN =>
                {
                    terms.push(Term::Number { words: owned(run), digits: digits.clone() });
                }
                _ => terms.extend(owned(run).into_iter().map(Term::Word)),
            }
        }
        Terms(terms)
    }

    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a searched text holds all of it.
    pub fn are_in(&self, text: &str) -> bool {
        let (said, numbers) = text.split_at(text.find(PHONE_MARK).unwrap_or(text.len()));
        self.0.iter().all(|term| match term {
            Term::Word(word) => said.contains(word.as_str()),
            Term::Number { words, digits } => {
                numbers.contains(digits.as_str())
                    || numbers.split(PHONE_MARK).any(|number| is_end_of(number, digits))
                    || words.iter().all(|word| said.contains(word.as_str()))
            }
        })
    }

    /// Texts of which one at least stands in whatever holds these terms: the fewest and longest that there are.
    pub(super) fn probes(&self) -> Vec<&str> {
        let word = self.0.iter().filter_map(|term| match term {
            Term::Word(word) => Some(word.as_str()),
            Term::Number { .. } => None,
        });
        if let Some(word) = word.max_by_key(|word| word.len()) {
            return vec![word];
        }
        let numbers = self.0.iter().filter_map(|term| match term {
            Term::Word(_) => None,
            Term::Number { words, digits } => {
                let word = words.iter().max_by_key(|word| word.len())?;
                Some(vec![word.as_str(), &digits[digits.len().saturating_sub(PHONE_DIGITS_MIN)..]])
            }
        });
        numbers.max_by_key(|probes| probes.iter().map(|probe| probe.len()).min()).unwrap_or_default()
    }
}

/// Whether a number that was written down for calls at home is the end of one with its country.
fn is_end_of(number: &str, digits: &str) -> bool {
    number.len() >= PHONE_DIGITS_MIN && digits.ends_with(number)
}

fn is_of_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit() || b"+()-./".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(said: &str, phone: &str) -> String {
        super::super::text(&[said, phone], &phones(phone))
    }

    #[test]
    fn a_phone_number_is_found_however_it_is_written() {
        let written = [
            "0712345678",
            "0712 345 678",
            "(0712) 345-678",
            "0712.345.678",
            "+254 712 345678",
            "+254712345678",
            "00254712345678",
            "00254 712 345 678",
            "712345678",
            "+254 (0) 712 345 678",
            "٠٧١٢٣٤٥٦٧٨",
            "０７１２ ３４５６７８",
            "0712\u{200b}345\u{ad}678",
            "0712/345678",
            "+254-712-345-678",
        ];
        for stored in written {
            for typed in written {
                assert!(Terms::of(Some(typed)).are_in(&text_of("Anna", stored)), "{typed} finds {stored}");
            }
            for part in ["345", "5678", "0712", "0712 34", "0712345", "07123 456", "anna 0712345", "712345 ann"] {
                assert!(Terms::of(Some(part)).are_in(&text_of("Anna", stored)), "{part} finds {stored}");
            }
            for other in
                ["0712345679", "+254 712 345 679", "0812345678", "345 679", "67890", "254 713", "ben 0712345678"]
            {
                assert!(!Terms::of(Some(other)).are_in(&text_of("Anna", stored)), "{other} doesn't find {stored}");
            }
        }
        let russian = text_of("Иван", "8 (912) 345-67-89");
        assert!(Terms::of(Some("+7 912 345-67-89")).are_in(&russian));
        let two = text_of("Anna", "030/1234567, +49 171 1234567");
        for typed in ["0301234567", "+49 30 1234567", "0171 1234567", "anna 1234567"] {
            assert!(Terms::of(Some(typed)).are_in(&two), "{typed}");
        }
        assert!(!Terms::of(Some("1234567 49171")).are_in(&two), "no number across two");
    }

    #[test]
    fn digits_in_a_name_or_a_code_are_found_as_they_stand() {
        let text = text_of("shop 2024\nc00999\n12 345", "");
        for typed in ["2024", "c009", "00999", "12 345", "345 2024", "20 24"] {
            assert!(Terms::of(Some(typed)).are_in(&text), "{typed}");
        }
        assert!(!Terms::of(Some("02024")).are_in(&text), "a code is text: its zeros count");
        assert!(Terms::of(Some("  \u{200b} ")).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_holds_the_terms_holds_a_probe(said in "[ab0-9 ]{0,8}", phone in "[+]?[0-9 /-]{0,14}", typed in "[ab0-9+ -]{1,8}") {
            let (terms, text) = (Terms::of(Some(&typed)), text_of(&fold(&said), &phone));
            if terms.are_in(&text) && !terms.is_empty() {
                prop_assert!(terms.probes().iter().any(|probe| text.contains(probe)), "{terms:?} {text:?}");
            }
        }
    }
}
