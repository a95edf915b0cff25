//! Text as people type it: trimmed, in one Unicode form, and showing what it holds.

use super::{Code, Fault, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
    let text: String = text.trim().nfc().collect();
    for letter in text.chars() {
        let allowed_break = lines && matches!(letter, '\n' | '\t');
        if (letter.is_control() && !allowed_break) || reorders(letter) {
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

fn shows(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

/// The text as it is searched and sorted: lower case, without accents.
///
/// ```
/// assert_eq!(daybook::kernel::fold("Blondésddsl Père et Fils"), "blondesddsl pere et fils");
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
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
    let clean =
        |letter: char| if letter.is_control() || reorders(letter) { char::REPLACEMENT_CHARACTER } else { letter };
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
                $name::parse(&text).map_err(|fault| de::Error::custom(fault.spoken()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(Line::<20>::parse("  Cafe\u{301} ").unwrap().as_str(), "Café");
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        let code = |text| Line::<5>::parse(text).unwrap_err().code;
        assert_eq!(code(" \u{200b}\u{200f} "), Code::Empty);
        assert_eq!(code("a\0b"), Code::BadText);
        assert_eq!(code("a\u{202e}b"), Code::BadText);
        assert_eq!(code("123456"), Code::TooLong);
        assert!(Line::<5>::parse("א\u{200f}ב").is_ok(), "a direction mark inside a name is needed for mixed scripts");
        assert!(Prose::<5>::parse("a\nb").is_ok());
        assert_eq!(Line::<5>::parse("a\nb").unwrap_err().code, Code::BadText);
    }
}
