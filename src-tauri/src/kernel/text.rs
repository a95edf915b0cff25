//! Text as people type it: trimmed, in one Unicode form, and showing what it holds.

use super::fold::{is_blank, is_seen};
use super::{Code, Fault, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// One line of 1 to `MAX` characters: trimmed, NFC, no control characters, nothing that reorders its letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// Text of 1 to `MAX` characters that may have several lines; else like [`Line`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prose<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// Parses; `empty`, `too_long` or `bad_text`.
    pub fn parse(text: &str) -> Result<Self> {
        tidy(text, MAX, false).map(Line)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// Parses; `empty`, `too_long` or `bad_text`.
    pub fn parse(text: &str) -> Result<Self> {
        tidy(text, MAX, true).map(Prose)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn tidy(text: &str, chars_max: usize, lines: bool) -> Result<String> {
    // Normalising costs several times the input; a text that is far too long is refused before.
    if text.len() > chars_max.saturating_mul(16) {
        return Err(too_long(chars_max));
    }
    let text = text.trim();
    // Nearly all text is composed already, and to see that is quick.
    let composed = is_nfc_quick(text.chars()) == IsNormalized::Yes;
    let text: String = if composed { text.to_owned() } else { text.nfc().collect() };
    for letter in text.chars() {
        let is_layout = matches!(letter, '\n' | '\t') || ends_line(letter);
        if (if is_layout { !lines } else { letter.is_control() }) || reorders(letter) {
            return Err(Fault::new(
                Code::BadText,
                "The text holds a control character, or a mark that hides the order of its letters.",
            ));
        }
    }
    if !text.chars().any(shows) {
        return Err(Fault::new(Code::Empty, "Something must be written here."));
    }
    if text.chars().count() > chars_max {
        return Err(too_long(chars_max));
    }
    Ok(text)
}

fn too_long(chars_max: usize) -> Fault {
    Fault::new(Code::TooLong, format!("The text is longer than {chars_max} characters."))
}

/// Embeddings, overrides and isolates (Unicode UAX #9) make a text show in another order than it is stored; the plain
/// direction marks U+200E and U+200F are needed for names of mixed scripts and stay.
fn reorders(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Unicode's own line and paragraph separators, which are no control characters to it.
fn ends_line(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

fn shows(letter: char) -> bool {
    is_seen(letter) && !is_blank(letter)
}

/// How many characters of what somebody sent a message repeats.
const SHOWN_CHARS_MAX: usize = 60;
/// How many characters of a path a message shows.
const SHOWN_PATH_CHARS_MAX: usize = 300;

/// What somebody sent, as a message may repeat it: not for long, and each character that can't be seen or that reorders
/// the others as `\u{fffd}`.
///
/// ```
/// assert_eq!(daybook::kernel::shown("a\0b\u{202e}"), "a\u{fffd}b\u{fffd}");
/// ```
pub fn shown(text: &str) -> String {
    cleaned(text, SHOWN_CHARS_MAX)
}

/// A path, as a message may show it; like [`shown`], but longer.
pub fn shown_path(path: &Path) -> String {
    cleaned(&path.to_string_lossy(), SHOWN_PATH_CHARS_MAX)
}

fn cleaned(text: &str, chars_max: usize) -> String {
    let hides = |letter: char| letter.is_control() || ends_line(letter) || reorders(letter);
    let clean = |letter: char| if hides(letter) { char::REPLACEMENT_CHARACTER } else { letter };
    let mut letters = text.chars().map(clean);
    let mut cleaned: String = letters.by_ref().take(chars_max).collect();
    if letters.next().is_some() {
        cleaned.push('…');
    }
    cleaned
}

macro_rules! text_on_the_wire {
    ($name:ident) => {
        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
        impl<'de, const MAX: usize> Deserialize<'de> for $name<MAX> {
            fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(from)?;
                $name::parse(&text).map_err(|fault| de::Error::custom(fault.to_serde()))
            }
        }
        impl<const MAX: usize> JsonSchema for $name<MAX> {
            fn schema_name() -> Cow<'static, str> {
                format!("{}{MAX}", stringify!($name)).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
            }
            fn inline_schema() -> bool {
                true
            }
        }
    };
}
text_on_the_wire!(Line);
text_on_the_wire!(Prose);

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    push_hex(&mut text, bytes);
    text
}

/// Writes bytes in hexadecimal to the end of a text.
pub fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(DIGITS[usize::from(half)])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(Line::<20>::parse("  Cafe\u{301} ").unwrap().as_str(), "Café");
    }

    proptest! {
        #[test]
        fn text_is_composed_as_a_whole(text in "[a-cA-C \u{300}-\u{303}éÅßﬁİΣ\u{1100}-\u{1170}가]{1,12}") {
            if let Ok(line) = Line::<40>::parse(&text) {
                prop_assert_eq!(line.as_str(), text.trim().nfc().collect::<String>());
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        let code = |text| Line::<5>::parse(text).unwrap_err().code;
        for blank in [" \u{200b}\u{200f} ", "\u{3164}", "\u{2800}\u{fe0f}", "\u{34f}\u{180e}"] {
            assert_eq!(code(blank), Code::Empty, "{blank:?}");
        }
        assert_eq!(code("a\0b"), Code::BadText);
        assert_eq!(code("a\u{202e}b"), Code::BadText);
        assert_eq!(code("123456"), Code::TooLong);
        assert!(Line::<5>::parse("א\u{200f}ב").is_ok(), "a direction mark inside a name is needed for mixed scripts");
        assert!(Prose::<5>::parse("a\nb").is_ok());
        for two_lines in ["a\nb", "a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(Line::<5>::parse(two_lines).unwrap_err().code, Code::BadText, "{two_lines:?}");
            assert!(Prose::<5>::parse(two_lines).is_ok(), "{two_lines:?}");
            assert_eq!(shown(two_lines), "a\u{fffd}b");
        }
    }
}
