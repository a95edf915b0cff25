//! Money in minor units, rates in parts per million. No float anywhere.

#![deny(clippy::float_arithmetic)]

use super::{Code, Fault, Result, shown};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;

/// The largest amount, in minor units: 2^53 - 1, so that JSON carries every amount exactly.
pub const AMOUNT_MAX: i64 = (1 << 53) - 1;

/// An amount in minor units of its book's currency, within ±[`AMOUNT_MAX`].
///
/// The currency is the book's and stands there once; no amount crosses from one book to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// As much the other way.
    #[must_use]
    pub const fn negated(self) -> Money {
        // As many amounts are below zero as above.
        Money(-self.0)
    }

    /// An amount of so many minor units; `out_of_range` past the bounds.
    pub fn new(minor: i64) -> Result<Money> {
        if minor.unsigned_abs() > AMOUNT_MAX.unsigned_abs() {
            return Err(Fault::new(Code::OutOfRange, "The amount is larger than can be kept exactly."));
        }
        Ok(Money(minor))
    }

    /// The minor units.
    pub fn minor(self) -> i64 {
        self.0
    }

    /// The sum; `out_of_range` past the bounds.
    pub fn plus(self, other: Money) -> Result<Money> {
        Money::new(self.0 + other.0) // two values below 2^53 can't overflow 64 bits
    }

    /// The difference; `out_of_range` past the bounds.
    pub fn less(self, other: Money) -> Result<Money> {
        Money::new(self.0 - other.0)
    }

    /// The amount itself if it is above zero, else `out_of_range`.
    pub fn positive(self) -> Result<Money> {
        if self.0 <= 0 {
            return Err(Fault::new(Code::OutOfRange, "The amount must be more than zero."));
        }
        Ok(self)
    }

    /// The amount itself if it is not below zero, else `out_of_range`.
    pub fn not_negative(self) -> Result<Money> {
        if self.0 < 0 {
            return Err(Fault::new(Code::OutOfRange, "The amount can't be less than zero."));
        }
        Ok(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Money::new(i64::deserialize(from)?).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer", "minimum": -AMOUNT_MAX, "maximum": AMOUNT_MAX,
            "description": "minor units of the book's currency"
        })
    }
    fn inline_schema() -> bool {
        true
    }
}

/// A rate in parts per million: 75,000 is 7.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Rate(i64);

impl Rate {
    /// One whole: a rate of 100 %.
    pub const WHOLE_PPM: i64 = 1_000_000;

    /// A rate from 0 to 100 %; `out_of_range` otherwise.
    pub fn new(ppm: i64) -> Result<Rate> {
        if !(0..=Rate::WHOLE_PPM).contains(&ppm) {
            return Err(Fault::new(Code::OutOfRange, "A rate lies between 0 and 1,000,000 parts per million."));
        }
        Ok(Rate(ppm))
    }

    /// The parts per million.
    pub fn ppm(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Rate::new(i64::deserialize(from)?).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer", "minimum": 0, "maximum": Rate::WHOLE_PPM,
            "description": "parts per million"
        })
    }
    fn inline_schema() -> bool {
        true
    }
}

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Parses a three-letter code such as `EUR`; `bad_currency` when ISO 4217 has no such currency.
    pub fn parse(code: &str) -> Result<Currency> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Currency)
            .ok_or_else(|| {
                Fault::new(Code::BadCurrency, format!("“{}” is not a currency code of ISO 4217.", shown(code)))
            })
    }

    /// The codes of all of them.
    pub fn codes() -> Vec<&'static str> {
        // The library lists them under a feature that costs more than asking for each.
        let letters = || (b'A'..=b'Z').map(char::from);
        let codes = letters().flat_map(|one| {
            letters().flat_map(move |two| letters().map(move |three| String::from_iter([one, two, three])))
        });
        codes.filter_map(|code| Currency::parse(&code).ok()).map(Currency::code).collect()
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals the minor unit has: 2 for EUR, 0 for JPY, 3 for TND.
    pub fn exponent(self) -> u16 {
        self.0.exponent().unwrap_or(2) // parse lets no currency in without one
    }

    /// An amount as people write it, such as `1,234.50 EUR`.
    pub fn show(self, amount: Money) -> String {
        let exponent = usize::from(self.exponent());
        let digits = format!("{:0width$}", amount.minor().unsigned_abs(), width = exponent + 1);
        let (whole, part) = digits.split_at(digits.len() - exponent);
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if amount.minor() < 0 { "-" } else { "" };
        let point = if exponent > 0 { "." } else { "" };
        format!("{sign}{grouped}{point}{part} {}", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_with_the_decimals_of_their_currency() {
        let show = |code, minor| Currency::parse(code).unwrap().show(Money::new(minor).unwrap());
        assert_eq!(show("EUR", 123_450), "1,234.50 EUR");
        assert_eq!(show("EUR", -5), "-0.05 EUR");
        assert_eq!(show("JPY", 1_000_000), "1,000,000 JPY");
        assert_eq!(show("TND", 999), "0.999 TND");
    }

    #[test]
    fn an_amount_ends_where_json_stops_being_exact() {
        assert!(Money::new(AMOUNT_MAX).is_ok());
        assert!(Money::new(AMOUNT_MAX + 1).is_err());
        assert!(Money::new(i64::MIN).is_err());
        let most = Money::new(AMOUNT_MAX).unwrap();
        assert_eq!(most.plus(most).unwrap_err().code, Code::OutOfRange);
    }
}
