//! Shorthand for a batch of entries: a control character stands for each of the batch's most frequent words.
//!
//! The words come with the batch, so no list is shared with head office, and entries of any noun are shortened alike. A word is what
//! stands between two values (`","new":{"amount_minor":`) or a value itself, such as the id of an account that is named often.
//! Head office's `expand_shorthand` puts the words back; a batch's hash is that of the long form.

use std::collections::HashMap;

/// How many words a batch has at most: U+0001 to U+001D stand for them.
const WORDS_MAX: usize = 29;
/// Parts the entries.
const SEPARATOR: char = '\u{1e}';
/// A word is dropped where it saves less than this: it is sent once itself.
const SAVED_BYTES_MIN: usize = 8;

/// Entries in shorthand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shorthand {
    /// The words, the one that U+0001 stands for first.
    pub(super) words: Vec<String>,
    /// The entries.
    pub(super) text: String,
}

/// The entries in shorthand; nothing where one of them is no text or holds a control character.
pub(super) fn shorten(bodies: &[Vec<u8>]) -> Option<Shorthand> {
    let texts = bodies
        .iter()
        .map(|body| std::str::from_utf8(body).ok().filter(|body| !body.bytes().any(|byte| byte < b' ')))
        .collect::<Option<Vec<&str>>>()?;
    let parts: Vec<Vec<&str>> = texts.iter().map(|text| parts_of(text)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for part in parts.iter().flatten() {
        *counts.entry(part).or_default() += 1;
    }
    // Each time it stands a word saves all of its bytes but one; sending it costs some once.
    let saved = |word: &str, count: usize| (count * word.len().saturating_sub(1)).saturating_sub(word.len() + 4);
    let mut words: Vec<(&str, usize)> = counts.into_iter().map(|(word, count)| (word, saved(word, count))).collect();
    words.retain(|(_, saved)| *saved >= SAVED_BYTES_MIN);
    // The same entries give the same words.
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    words.truncate(WORDS_MAX);
    let codes: HashMap<&str, char> = words.iter().zip('\u{1}'..).map(|((word, _), code)| (*word, code)).collect();
    let mut text = String::with_capacity(texts.iter().map(|text| text.len() / 2).sum());
    for (place, parts) in parts.iter().enumerate() {
        if place > 0 {
            text.push(SEPARATOR);
        }
        for part in parts {
            match codes.get(part) {
                Some(code) => text.push(*code),
                None => text.push_str(part),
            }
        }
    }
    Some(Shorthand { words: words.into_iter().map(|(word, _)| word.to_owned()).collect(), text })
}

/// An entry's values, and what stands between them. All parts together are the entry.
fn parts_of(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut parts, mut from, mut at) = (Vec::with_capacity(64), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let start = at + 1;
                at = end_of_string(bytes, start);
                // The name of a member belongs to what stands between values; so do the words that an entry uses for a few values.
                if bytes.get(at + 1) != Some(&b':') {
                    parts.push(&text[from..start]);
                    parts.push(&text[start..at]);
                    from = at;
                }
                at += 1;
            }
            b'0'..=b'9' | b'-' => {
                parts.push(&text[from..at]);
                from = at;
                while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') {
                    at += 1;
                }
                parts.push(&text[from..at]);
                from = at;
            }
            _ => at += 1,
        }
    }
    parts.push(&text[from..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The place of the quote that ends a string.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As head office does it.
    fn expand(short: &Shorthand) -> Vec<Vec<u8>> {
        let mut text = short.text.clone();
        for (word, code) in short.words.iter().zip('\u{1}'..) {
            text = text.replace(code, word);
        }
        text.split(SEPARATOR).map(|body| body.as_bytes().to_vec()).collect()
    }

    #[test]
    fn words_are_what_stands_between_values_and_values_that_come_again() {
        let account = "01a226a2-67b0-7025-8c4e-6770b360ad71";
        let body = |amount: u32| {
            format!(r#"{{"changes":[{{"new":{{"account_id":"{account}","amount_minor":{amount}}}}}],"v":1}}"#)
                .into_bytes()
        };
        let bodies: Vec<_> = (1000..1040).map(body).collect();
        let short = shorten(&bodies).unwrap();
        assert!(short.words.iter().any(|word| word == account), "{:?}", short.words);
        assert!(short.words.iter().any(|word| word == r#"","amount_minor":"#), "{:?}", short.words);
        assert!(short.text.len() < 40 * 12, "{}", short.text.len());
        assert_eq!(expand(&short), bodies);
    }

    #[test]
    fn what_is_no_text_has_no_shorthand() {
        assert_eq!(shorten(&[b"{\"a\":\x01}".to_vec()]), None);
        assert_eq!(shorten(&[vec![0xff]]), None);
    }

    proptest! {
        #[test]
        fn the_long_form_comes_back(texts in prop::collection::vec("[ -~éß\"\\\\{}:,0-9]{0,60}", 1..20), again in 1usize..6) {
            let bodies: Vec<Vec<u8>> = texts.iter().cycle().take(texts.len() * again).map(|text| text.clone().into_bytes()).collect();
            prop_assert_eq!(expand(&shorten(&bodies).unwrap()), bodies);
        }
    }
}
