//! The cells of one row, as the fields that they were mapped to.

use super::sheet::Decimal;
use crate::kernel::{Code, Currency, Fault, Line, Money, Prose, Result, shown};
use std::collections::BTreeMap;

/// A word that spreadsheets and databases write where there is nothing.
const NOTHING: &str = "NULL";

/// The cells of one row, by field.
pub struct Cells<'a> {
    values: BTreeMap<&'static str, &'a str>,
    decimal: Decimal,
    currency: Currency,
}

impl<'a> Cells<'a> {
    /// Cells by field. Empty ones, and those that say NULL, are nothing.
    pub fn of(
        pairs: impl IntoIterator<Item = (&'static str, &'a str)>,
        decimal: Decimal,
        currency: Currency,
    ) -> Cells<'a> {
        let values = pairs
            .into_iter()
            .map(|(field, cell)| (field, cell.trim()))
            .filter(|(_, cell)| !cell.is_empty() && *cell != NOTHING)
            .collect();
        Cells { values, decimal, currency }
    }

    /// The cell of a field; nothing when it is empty.
    pub fn text(&self, field: &str) -> Option<&'a str> {
        self.values.get(field).copied()
    }

    /// One line.
    ///
    /// # Errors
    /// Those of [`Line::parse`], with the field.
    pub fn line<const MAX: usize>(&self, field: &str) -> Result<Option<Line<MAX>>> {
        self.text(field).map(|text| Line::parse(text).map_err(|fault| fault.at(field))).transpose()
    }

    /// Several lines.
    ///
    /// # Errors
    /// Those of [`Prose::parse`], with the field.
    pub fn prose<const MAX: usize>(&self, field: &str) -> Result<Option<Prose<MAX>>> {
        let parse = |text: &str| Prose::parse(&text.replace("\r\n", "\n")).map_err(|fault| fault.at(field));
        self.text(field).map(parse).transpose()
    }

    /// An amount of money, in decimals of the book's currency.
    ///
    /// # Errors
    /// `wrong_type` when it is no number, `out_of_range` when it has more decimals than the currency; with the field.
    pub fn money(&self, field: &str) -> Result<Option<Money>> {
        self.text(field)
            .map(|text| parse_decimal(text, self.decimal, self.currency.exponent()).map_err(|fault| fault.at(field)))
            .transpose()
    }

    /// The cell of a field that must say something.
    ///
    /// # Errors
    /// `missing_field`, with the field.
    pub fn needed<T>(&self, field: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| Fault::new(Code::MissingField, "This must say something.").at(field))
    }

    /// What a row is recognised by when it has no reference: its cells, in the order of the fields.
    pub fn content(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.values.iter().map(|(field, cell)| (*field, *cell))
    }
}

/// Reads `1234.5`, `-1,234.50` (decimal point) or `1.234,50` (decimal comma) as minor units: digits, one mark for the
/// part, thousands marks between whole groups of three.
///
/// ```
/// use daybook::interchange::{Decimal, parse_decimal};
/// assert_eq!(parse_decimal("1,234.5", Decimal::Point, 2).unwrap().minor(), 123_450);
/// assert_eq!(parse_decimal("1.234,50", Decimal::Comma, 2).unwrap().minor(), 123_450);
/// assert!(parse_decimal("1.005", Decimal::Point, 2).is_err()); // half a cent
/// ```
///
/// # Errors
/// `wrong_type`, `out_of_range`.
pub fn parse_decimal(text: &str, decimal: Decimal, exponent: u16) -> Result<Money> {
    let no_number = || Fault::new(Code::WrongType, format!("“{}” is not an amount.", shown(text)));
    let (mark, group) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let digits = text.strip_prefix(['-', '\u{2212}']).unwrap_or(text);
    let negative = digits.len() < text.len();
    let (whole, part) = digits.split_once(mark).unwrap_or((digits, ""));
    let groups: Vec<&str> = whole.split([group, ' ', '\u{a0}', '\u{202f}']).collect();
    let grouped_well =
        groups.len() == 1 || (groups[1..].iter().all(|group| group.len() == 3) && (1..=3).contains(&groups[0].len()));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && part.is_empty()
        || !grouped_well
        || !groups.iter().all(|group| all_digits(group))
        || !all_digits(part)
    {
        return Err(no_number());
    }
    let exponent = usize::from(exponent);
    let (kept, beyond) = part.split_at(part.len().min(exponent));
    if beyond.bytes().any(|digit| digit != b'0') {
        return Err(Fault::new(Code::OutOfRange, format!("“{}” has more decimals than the currency.", shown(text))));
    }
    let digits = format!("{}{kept:0<exponent$}", groups.concat());
    let minor: i64 = digits
        .parse()
        .map_err(|cause| Fault::new(Code::OutOfRange, "The amount is larger than can be kept.").because(cause))?;
    Money::new(if negative { -minor } else { minor })
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
        for text in ["", "-", "1,23.4", "12,3456", "1e3", "0x1", "١٢", "1.2.3", "--1", ",123"] {
            assert_eq!(read(text), Err(Code::WrongType), "{text}");
        }
        assert_eq!(read("0.001"), Err(Code::OutOfRange));
        assert_eq!(read("99999999999999999999"), Err(Code::OutOfRange));
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
