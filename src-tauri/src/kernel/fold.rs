//! Two folds of a text: one says whether two names are the same, the other is searched and sorted by.
//!
//! [`same`] leaves out what nobody could see or would call another name: case, how letters are composed, signs without a shape,
//! doubled blanks. It drops no mark and no compatibility form: `का` is not `की`, `ガス` not `カス`, `José` not `Jose`.
//!
//! [`fold`] leaves out what people leave out when they type: also compatibility forms, the marks of the scripts that are written
//! without them every day, and the strokes of Latin letters. It is made of [`same`], so names that are the same are found alike.
//!
//! [`phones`] gives the numbers in a text as digits.
//!
//! What these give is kept in the store. [`FOLD_NUMBER`] tells by which folds it was made.

use any_ascii::any_ascii_char;
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

/// The number of these folds. Whatever gives another text for any input raises it, also a newer Unicode of a library: stores
/// that were folded by another number are folded anew when they are opened. A test compares it with a hash of all letters.
pub const FOLD_NUMBER: i64 = 1;

/// What stands before, between and after the phone numbers of a searched text; no text that people type holds it.
pub const PHONE_MARK: char = '\u{1f}';

/// The text by which two names are compared: full case folding (Unicode 3.13, D145) in NFC, without what can't be seen.
///
/// ```
/// use daybook::kernel::same;
/// assert_eq!(same("Cash  BOX\u{200b}"), same("cash box"));
/// assert_eq!(same("Straße"), same("STRASSE"));
/// assert_ne!(same("José"), same("Jose"));
/// ```
pub fn same(text: &str) -> String {
    if text.is_ascii() {
        return single_spaced(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())), text.len());
    }
    let seen: String = text.chars().filter(|letter| is_seen(*letter)).nfd().collect();
    let folded = UniCase::unicode(seen).to_folded_case();
    single_spaced(folded.nfc(), text.len())
}

/// The text as it is searched and sorted.
///
/// ```
/// use daybook::kernel::fold;
/// assert_eq!(fold("Blondésddsl  Père et Fils"), "blondesddsl pere et fils");
/// assert_eq!(fold("Łukasz Sørensen, Große Straße"), "lukasz sorensen, grosse strasse");
/// ```
pub fn fold(text: &str) -> String {
    let text = same(text);
    if text.is_ascii() {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut keeps_marks = false;
    for letter in text.chars().map(typed).nfkd().filter(|letter| is_seen(*letter) && *letter != TATWEEL) {
        if is_combining_mark(letter) {
            if keeps_marks {
                plain.push(letter);
            }
            continue;
        }
        keeps_marks = letter.is_alphabetic() && !drops_marks(letter.script());
        match (letter, digit(letter)) {
            (_, Some(digit)) => plain.push(digit),
            ('\0'..='\x7f', None) => plain.push(letter),
            (_, None) if letter.script() == Script::Latin => push_latin(&mut plain, letter),
            (_, None) => plain.push(letter),
        }
    }
    // A compatibility form may be a capital, as that of ™ is.
    let folded = UniCase::unicode(plain).to_folded_case();
    single_spaced(folded.nfc().map(typed), text.len())
}

/// Stretches a word in Arabic script, and says nothing.
const TATWEEL: char = '\u{640}';

/// The scripts that people write without their marks when they are in a hurry.
fn drops_marks(script: Script) -> bool {
    matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Hebrew | Script::Arabic)
}

/// Punctuation that keyboards have in one form and text processors put in another.
fn typed(letter: char) -> char {
    match letter {
        '\u{2bb}'..='\u{2bd}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '«' | '»' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => '-',
        other => other,
    }
}

fn push_latin(out: &mut String, letter: char) {
    let plain = any_ascii_char(letter);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return out.push(letter);
    }
    out.extend(plain.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
}

/// With one blank where there were several, and none at the ends.
fn single_spaced(letters: impl Iterator<Item = char>, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    let mut is_parted = false;
    for letter in letters {
        if is_blank(letter) {
            is_parted = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut is_parted) {
            text.push(' ');
        }
        text.push(letter);
    }
    text
}

/// The blank of Braille is drawn as nothing, too.
pub(super) fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{2800}'
}

/// Whether a letter has a shape or a width: it is none of Unicode's default ignorable code points, a list that hardly ever grows
/// (<https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>).
pub(super) fn is_seen(letter: char) -> bool {
    !matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Where the ten decimal digits of a script begin (general category Nd).
const ZEROS: &[char] = &[
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{11066}',
    '\u{1e950}',
];

/// A decimal digit of any script as that of ASCII.
fn digit(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return letter.is_ascii_digit().then_some(letter);
    }
    let zero = u32::from(*ZEROS.get(ZEROS.partition_point(|zero| *zero <= letter).checked_sub(1)?)?);
    char::from_digit(u32::from(letter) - zero, 10)
}

/// How many digits a phone number has at least. A slash between two parts of as many parts two numbers, for both could be
/// called; so many last digits must agree where one number is written with its country and the other is not.
pub const PHONE_DIGITS_MIN: usize = 7;

/// The phone numbers in a text, as digits, without what is dialled before them: zeros, and Russia's 8.
///
/// Between the digits of a number may lie whatever is neither a letter, a comma, a semicolon, nor another number's plus.
///
/// ```
/// use daybook::kernel::phones;
/// assert_eq!(phones("0712 345-678, +44 (0)20 7946 0958"), ["712345678", "442079460958"]);
/// ```
pub fn phones(text: &str) -> Vec<String> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    let text: String = text.nfkc().collect();
    // In the international form the zero in parentheses is the one not to be dialled.
    let text = if text.contains('+') || text.trim_start().starts_with("00") { text.replace("(0)", " ") } else { text };
    let mut goes_on = false;
    let mut after_slash = false;
    for letter in text.chars() {
        match (digit(letter), letter) {
            (Some(digit), _) => {
                match parts.last_mut().filter(|_| goes_on) {
                    Some((digits, _)) => digits.push(digit),
                    None => parts.push((digit.into(), std::mem::take(&mut after_slash))),
                }
                goes_on = true;
            }
            (None, '/') => (after_slash, goes_on) = (!parts.is_empty(), false),
            (None, '+' | ',' | ';' | '|' | '\n') => (after_slash, goes_on) = (false, false),
            (None, other) if other.is_alphabetic() => (after_slash, goes_on) = (false, false),
            (None, _) => {}
        }
    }
    let mut numbers: Vec<String> = Vec::new();
    for (digits, after_slash) in parts {
        match numbers.last_mut() {
            Some(last) if after_slash && last.len().min(digits.len()) < PHONE_DIGITS_MIN => last.push_str(&digits),
            _ => numbers.push(digits),
        }
    }
    numbers.iter().map(|digits| dialled(digits).to_owned()).filter(|digits| !digits.is_empty()).collect()
}

fn dialled(digits: &str) -> &str {
    let digits = digits.trim_start_matches('0');
    match digits.strip_prefix('8') {
        Some(rest) if digits.len() == 11 => rest,
        Some(_) | None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    /// Names of the scripts that people who use Daybook write, and of what is peculiar in them.
    const NAMES: &[&str] = &[
        "Cash box",
        "José",
        "Straße",
        "STRASSE",
        "का",
        "की",
        "ガス",
        "ｶﾞｽ",
        "カス",
        "がす",
        "Łukasz",
        "Søren",
        "Đặng Thị Hường",
        "İstanbul",
        "ısparta",
        "ISPARTA",
        "Οδυσσέας",
        "ΟΔΥΣΣΕΥΣ",
        "Ёлкин",
        "שָׁלוֹם",
        "مُحَمَّد",
        "مـحـمـد",
        "أحمد",
        "น้ำ",
        "தமிழ்",
        "김철수",
        "王伟",
        "ﬁn",
        "Ⅻ",
        "№ 5",
        "㍿",
        "①",
        "٠٧١٢",
        "०१",
        "می\u{200c}خواهم",
        "ක්\u{200d}ෂ",
        "a\u{300}b \u{301}",
        "´x",
        "™",
        "ᾳ\u{301}",
        "ŉ",
        "ǰ",
        "ẖ",
        "Ꭰ",
        "ꭰ",
        "O’Brien",
        "a\u{2800}b",
        "\u{3164}",
        "x\u{20e3}",
        "ə",
        "ʔ",
        "Þór",
        "Ægir",
        "œuvre",
    ];

    fn letters() -> impl Iterator<Item = char> {
        ('\0'..=char::MAX).filter(|letter| !matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..))
    }

    #[test]
    fn these_are_the_folds_of_their_number() {
        let mut hash = Sha256::new();
        for letter in letters() {
            let text = letter.to_string();
            let (same, fold) = (same(&text), fold(&text));
            if same != text || fold != text {
                hash.update(format!("{letter}\t{same}\t{fold}\n"));
            }
        }
        for name in NAMES {
            hash.update(format!("{name}\t{}\t{}\t{:?}\n", same(name), fold(name), phones(name)));
        }
        let told: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (FOLD_NUMBER, told.as_str()),
            (1, "dba0f8b43179c8a4"),
            "raise FOLD_NUMBER: what stores keep is to be folded anew"
        );
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for text in letters().map(String::from).chain(NAMES.iter().map(|name| (*name).to_owned())) {
            let (same_text, folded) = (same(&text), fold(&text));
            assert_eq!(same(&same_text), same_text, "{:?}", text.escape_unicode().to_string());
            assert_eq!(fold(&folded), folded, "{:?}", text.escape_unicode().to_string());
            assert_eq!(fold(&same_text), folded, "{:?}", text.escape_unicode().to_string());
        }
    }

    proptest! {
        #[test]
        fn folds_of_any_text_are_folded_and_the_same_names_are_found_alike(
            text in "[a-cA-C \u{300}-\u{303}éÅßﬁİıΣςσ\u{1100}-\u{1170}가कािีｶﾞ\u{200b}\u{ad}\u{345}ͅάΐŐłæ'’ⅫＡ１٣]{0,12}",
        ) {
            let (one, folded) = (same(&text), fold(&text));
            prop_assert_eq!(same(&one), one.clone());
            prop_assert_eq!(fold(&folded), folded.clone());
            prop_assert_eq!(fold(&one), folded.clone(), "what is the same is found alike");
            for variant in [
                text.nfd().collect::<String>(),
                text.nfc().collect(),
                format!("\u{feff}  {text}\u{200d} "),
                text.replace(' ', " \u{200b}\u{a0}"),
            ] {
                prop_assert_eq!(same(&variant), one.clone());
                prop_assert_eq!(fold(&variant), folded.clone());
            }
        }
    }

    #[test]
    fn names_are_the_same_when_nobody_could_tell_them_apart() {
        for group in [
            &[
                "Cash box",
                "cash  BOX",
                "Cash box\u{200b}",
                "\u{feff}Cash\u{ad} box",
                "Cash\u{a0}box",
                "Cash\u{2800}box",
            ][..],
            &["Straße", "STRASSE", "strasse", "STRAẞE"],
            &["José", "JOSE\u{301}", "jos\u{200d}é"],
            &["Οδυσσέας", "ΟΔΥΣΣΈΑΣ", "οδυσσέασ"],
            &["Ёлкин", "ёлкин", "Е\u{308}ЛКИН"],
            &["ガス", "カ\u{3099}ス"],
            &["می\u{200c}خواهم", "میخواهم"],
            &["ﬁn", "FIN"],
        ] {
            for name in group {
                assert_eq!(same(name), same(group[0]), "{name}");
            }
        }
        for (one, other) in [
            ("का", "की"),
            ("ガス", "カス"),
            ("ガス", "ｶﾞｽ"),
            ("José", "Jose"),
            ("Ⅻ", "XII"),
            ("Søren", "Soren"),
            ("தி", "தீ"),
            ("มา", "ม่า"),
            ("İstanbul", "istanbul"),
            ("ısı", "isi"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("cash box", "cashbox"),
            ("Đ", "D"),
            ("は", "ば"),
            ("①", "1"),
        ] {
            assert_ne!(same(one), same(other), "{one} {other}");
        }
    }

    #[test]
    fn names_are_found_as_people_type_them() {
        for (typed, name) in [
            ("lukasz", "Łukasz"),
            ("soren", "Søren"),
            ("strasse", "Straße"),
            ("dang thi huong", "Đặng Thị Hường"),
            ("aegir", "Ægir"),
            ("oeuvre", "œuvre"),
            ("thor", "Þór"),
            ("gudmundur", "Guðmundur"),
            ("isparta", "ısparta"),
            ("istanbul", "İstanbul"),
            ("hamrun", "Ħamrun"),
            ("οδυσσευς", "ΟΔΥΣΣΕΎΣ"),
            ("οδυσσευσ", "Οδυσσεύς"),
            ("елкин", "Ёлкин"),
            ("שלום", "שָׁלוֹם"),
            ("محمد", "مُحَمَّد"),
            ("محمد", "مـحـمـد"),
            ("احمد", "أحمد"),
            ("ガス", "ｶﾞｽ"),
            ("fin", "ﬁn"),
            ("cashbox", "cash\u{ad}box"),
            ("o'brien", "O’Brien"),
            ("xii", "Ⅻ"),
            ("0712", "٠٧١٢"),
            ("tm", "™"),
            ("abc", "ＡＢＣ"),
            ("garcia", "GARCÍA"),
            ("김철수", "김철수"),
            ("न\u{93c}", "\u{929}"),
        ] {
            assert_eq!(fold(typed), fold(name), "{typed} {name}");
        }
        for (one, other) in [
            ("का", "की"),
            ("ガス", "カス"),
            ("は", "ば"),
            ("தி", "தீ"),
            ("มา", "ม่า"),
            ("กิน", "กัน"),
            ("མི", "མོ"),
            ("王", "wang"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(fold("Ё王Я한"), "е王я한", "only Latin letters are spelled in ASCII");
    }

    #[test]
    fn phone_numbers_are_their_digits() {
        for (text, numbers) in [
            ("0712 345 678", &["712345678"][..]),
            ("(0712) 345-678", &["712345678"]),
            ("0712.345.678", &["712345678"]),
            ("+254 712 345678", &["254712345678"]),
            ("00254712345678", &["254712345678"]),
            ("٠٧١٢٣٤٥٦٧٨", &["712345678"]),
            ("０７１２３４５６７８", &["712345678"]),
            ("0712\u{a0}345\u{200b}678", &["712345678"]),
            ("030/1234567", &["301234567"]),
            ("0711 / 123 45", &["71112345"]),
            ("0712345678/0733111222", &["712345678", "733111222"]),
            ("0712345678 or 0733111222", &["712345678", "733111222"]),
            ("tel:+44 (0)20 7946 0958", &["442079460958"]),
            ("8 (912) 345-67-89", &["9123456789"]),
            ("0712345678 ext. 12", &["712345678", "12"]),
            ("+1 555 0100 100+1 555 0100 200", &["15550100100", "15550100200"]),
            ("none", &[]),
            ("000", &[]),
        ] {
            assert_eq!(phones(text), numbers, "{text}");
        }
    }
}
