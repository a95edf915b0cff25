//! The cells of one row, as the fields that they were mapped to.

use crate::domain::record::{Cells, parsed};
use crate::kernel::{Code, Currency, Fault, Money, Result, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The decimal mark of a number, before its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Decimal {
    /// 1234.50
    #[default]
    #[serde(rename = ".")]
    Point,
    /// 1234,50
    #[serde(rename = ",")]
    Comma,
}

/// A word that spreadsheets and databases write where there is nothing.
const NOTHING: &str = "NULL";

/// The cells of one row, by field.
pub struct CellsOfRow<'a> {
    values: BTreeMap<&'static str, &'a str>,
    decimal: Decimal,
    currency: Currency,
}

impl<'a> CellsOfRow<'a> {
    /// Cells by field. Empty ones, and those that say NULL, are nothing.
    pub fn of(
        pairs: impl IntoIterator<Item = (&'static str, &'a str)>,
        decimal: Decimal,
        currency: Currency,
    ) -> CellsOfRow<'a> {
        let values = pairs
            .into_iter()
            .map(|(field, cell)| (field, cell.trim()))
            .filter(|(_, cell)| says_something(cell))
            .collect();
        CellsOfRow { values, decimal, currency }
    }
}

impl Cells for CellsOfRow<'_> {
    fn text(&self, field: &str) -> Option<&str> {
        self.values.get(field).copied()
    }

    /// An amount is in decimals of the book's currency: `wrong_type` when it is no number, `out_of_range` when it has more
    /// decimals than the currency.
    fn money(&self, field: &str) -> Result<Option<Money>> {
        parsed(self, field, |text| parse_decimal(text, self.decimal, self.currency.exponent()))
    }
}

fn says_something(cell: &str) -> bool {
    !cell.is_empty() && cell != NOTHING
}

/// Reads `1234.5`, `-1,234.50` (decimal point) or `1.234,50` (decimal comma) as minor units: digits, one mark for the
/// part, and between whole groups of digits always the same thousands mark: the other one of the two, a blank, or a Swiss
/// apostrophe. Groups have three digits, or two before the last three as in India: `12,34,567.00`.
///
/// ```
/// use daybook::interchange::{Decimal, parse_decimal};
/// assert_eq!(parse_decimal("1,234.5", Decimal::Point, 2).unwrap().minor(), 123_450);
/// assert_eq!(parse_decimal("1.234,50", Decimal::Comma, 2).unwrap().minor(), 123_450);
/// assert_eq!(parse_decimal("1'234.50", Decimal::Point, 2).unwrap().minor(), 123_450);
/// assert!(parse_decimal("1.005", Decimal::Point, 2).is_err()); // half a cent
/// ```
///
/// # Errors
/// `wrong_type`, `out_of_range`.
pub fn parse_decimal(text: &str, decimal: Decimal, exponent: u16) -> Result<Money> {
    let number = Number::read(text, decimal)
        .ok_or_else(|| Fault::new(Code::WrongType, format!("“{}” is not an amount.", shown(text))))?;
    let exponent = usize::from(exponent);
    let (kept, beyond) = number.part.split_at(number.part.len().min(exponent));
    if beyond.bytes().any(|digit| digit != b'0') {
        return Err(Fault::new(Code::OutOfRange, format!("“{}” has more decimals than the currency.", shown(text))));
    }
    let digits = format!("{}{kept:0<exponent$}", number.whole);
    let minor: i64 = digits
        .parse()
        .map_err(|cause| Fault::new(Code::OutOfRange, "The amount is larger than can be kept.").because(cause))?;
    Money::new(if number.is_negative { -minor } else { minor })
}

/// A number as it was written.
#[derive(PartialEq, Eq)]
struct Number<'t> {
    is_negative: bool,
    /// The digits before the mark.
    whole: String,
    /// The digits behind it.
    part: &'t str,
}

impl Number<'_> {
    fn read(text: &str, decimal: Decimal) -> Option<Number<'_>> {
        let (mark, other) = match decimal {
            Decimal::Point => ('.', ','),
            Decimal::Comma => (',', '.'),
        };
        let digits = text.strip_prefix(['-', '\u{2212}']).unwrap_or(text);
        let is_negative = digits.len() < text.len();
        let (whole, part) = digits.split_once(mark).unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let groups: Vec<&str> = match whole.chars().find(|letter| !letter.is_ascii_digit()) {
            None => vec![whole],
            Some(mark) if mark == other || " \u{a0}\u{202f}\u{2009}'\u{2019}".contains(mark) => {
                whole.split(mark).collect()
            }
            Some(_) => return None,
        };
        let is_grouped_well = match groups.as_slice() {
            [_] => true,
            [first, between @ .., last] => {
                let are = |length: usize| between.iter().all(|group| group.len() == length);
                last.len() == 3
                    && !first.starts_with('0')
                    && ((are(3) && (1..=3).contains(&first.len())) || (are(2) && (1..=2).contains(&first.len())))
            }
            [] => false,
        };
        let is_number = is_grouped_well
            && !(whole.is_empty() && part.is_empty())
            && groups.iter().all(|group| all_digits(group))
            && all_digits(part);
        is_number.then(|| Number { is_negative, whole: groups.concat(), part })
    }

    /// Whether it says the same as another one.
    fn equals(&self, other: &Number) -> bool {
        self.is_negative == other.is_negative
            && self.whole.trim_start_matches('0') == other.whole.trim_start_matches('0')
            && self.part.trim_end_matches('0') == other.part.trim_end_matches('0')
    }
}

/// What the numbers of a column tell of their mark: the first line of each sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// One that only a decimal point explains.
    point: Option<u64>,
    /// One that only a decimal comma explains.
    comma: Option<u64>,
    /// One that is a number with either, and not the same.
    either: Option<u64>,
}

impl Marks {
    /// Looks at a cell of that line.
    pub fn see(&mut self, cell: &str, line: u64) {
        let cell = cell.trim();
        // Without a mark it says nothing of marks, as most cells do.
        if !cell.bytes().any(|byte| matches!(byte, b'.' | b',')) || !cell.bytes().any(|byte| byte.is_ascii_digit()) {
            return;
        }
        let sort = match (Number::read(cell, Decimal::Point), Number::read(cell, Decimal::Comma)) {
            (Some(_), None) => &mut self.point,
            (None, Some(_)) => &mut self.comma,
            (Some(point), Some(comma)) if !point.equals(&comma) => &mut self.either,
            (Some(_), Some(_)) | (None, None) => return,
        };
        sort.get_or_insert(line);
    }

    /// The mark that the column tells, where it tells one.
    pub fn told(&self) -> Option<Decimal> {
        match (self.point, self.comma) {
            (Some(_), None) => Some(Decimal::Point),
            (None, Some(_)) => Some(Decimal::Comma),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }

    /// The mark to read the column with: the one that was named, or the only one that it can have.
    ///
    /// # Errors
    /// `missing_field` where it has to be named; `bad_csv` where the column contradicts it, with the line.
    pub fn choose(&self, named: Option<Decimal>, column: &str) -> Result<Decimal> {
        let column = shown(column);
        let contradicted = |line: u64, said: &str| {
            Fault::new(Code::BadCsv, format!("In line {line} “{column}” has an amount with a decimal {said}."))
                .at("decimal")
                .with(json!({ "line": line }))
        };
        match (named, self.point, self.comma) {
            (Some(Decimal::Point), _, Some(line)) => Err(contradicted(line, "comma, so the mark is not a point")),
            (Some(Decimal::Comma), Some(line), _) => Err(contradicted(line, "point, so the mark is not a comma")),
            (Some(named), _, _) => Ok(named),
            (None, Some(point), Some(comma)) if point > comma => {
                Err(contradicted(point, &format!("point, and in line {comma} one with a comma")))
            }
            (None, Some(point), Some(comma)) => {
                Err(contradicted(comma, &format!("comma, and in line {point} one with a point")))
            }
            (None, Some(_), None) => Ok(Decimal::Point),
            (None, None, Some(_)) => Ok(Decimal::Comma),
            (None, None, None) => match self.either {
                None => Ok(Decimal::Point),
                Some(line) => Err(Fault::new(
                    Code::MissingField,
                    format!(
                        "The amounts of “{column}” can be read in two ways, as in line {line}; name the decimal mark."
                    ),
                )
                .at("decimal")
                .with(json!({ "line": line, "candidates": [Decimal::Point, Decimal::Comma] }))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly_or_refused() {
        let read = |text: &str| parse_decimal(text, Decimal::Point, 2).map(Money::minor).map_err(|fault| fault.code);
        assert_eq!(read("18"), Ok(1800));
        assert_eq!(read("263.5"), Ok(26350));
        assert_eq!(read("-0.05"), Ok(-5));
        assert_eq!(read(".5"), Ok(50));
        assert_eq!(read("1.500"), Ok(150));
        assert_eq!(read("1'234'567.50"), Ok(123_456_750));
        assert_eq!(read("1\u{2019}234"), Ok(123_400));
        assert_eq!(read("12,34,567.5"), Ok(123_456_750));
        assert_eq!(read("1\u{a0}234"), Ok(123_400));
        for text in ["", "-", "1,23.4", "12,3456", "1e3", "0x1", "١٢", "1.2.3", "--1", ",123", "1,,234"] {
            assert_eq!(read(text), Err(Code::WrongType), "{text}");
        }
        for text in ["1,234 567", "123,45,678", "0,123", "1'234.5'6"] {
            assert_eq!(read(text), Err(Code::WrongType), "{text}");
        }
        assert_eq!(read("0.001"), Err(Code::OutOfRange));
        assert_eq!(read("99999999999999999999"), Err(Code::OutOfRange));
    }

    #[test]
    fn a_column_tells_its_mark_or_asks_for_it() {
        let marks = |cells: &[&str]| {
            let mut marks = Marks::default();
            (2..).zip(cells).for_each(|(line, cell)| marks.see(cell, line));
            marks
        };
        let chosen =
            |cells: &[&str], named| marks(cells).choose(named, "price").map_err(|fault| (fault.code, fault.field));
        let refused = |code| Err((code, Some("decimal".to_owned())));
        let (point, comma) = (Some(Decimal::Point), Some(Decimal::Comma));
        for (cells, told) in [
            (&["1", "20", "no number"][..], Ok(Decimal::Point)),
            (&["1.50", "1.000"], Ok(Decimal::Point)),
            (&["1.000", "2,50"], Ok(Decimal::Comma)),
            (&["1.234.567"], Ok(Decimal::Comma)),
            (&["0.005"], Ok(Decimal::Point)),
            (&["1.0000"], Ok(Decimal::Point)),
            (&["1.000", "2"], refused(Code::MissingField)),
            (&["1,234"], refused(Code::MissingField)),
            (&["1.50", "2,50"], refused(Code::BadCsv)),
        ] {
            assert_eq!(chosen(cells, None), told, "{cells:?}");
        }
        assert_eq!(chosen(&["1.000", "2,50"], point), refused(Code::BadCsv));
        assert_eq!(chosen(&["1.5"], comma), refused(Code::BadCsv));
        assert_eq!(chosen(&["1.000"], comma), Ok(Decimal::Comma));
        assert_eq!(chosen(&["1.000"], point), Ok(Decimal::Point));
        let fault = marks(&["1", "1.000", "x", "2,50"]).choose(point, "price").unwrap_err();
        assert_eq!(fault.details.unwrap()["line"], 5);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(minor in -crate::kernel::AMOUNT_MAX..=crate::kernel::AMOUNT_MAX) {
            let euro = Currency::parse("EUR").unwrap();
            let shown = euro.show(Money::new(minor).unwrap());
            let read = parse_decimal(shown.trim_end_matches(" EUR"), Decimal::Point, 2).unwrap();
            prop_assert_eq!(read.minor(), minor);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse_decimal(&text, Decimal::Comma, 3);
        }
    }
}
