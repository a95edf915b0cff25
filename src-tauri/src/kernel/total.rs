//! What the lines of a document come to, and what of it moves in cash: every rounding of money is here, and nowhere else.
//!
//! Tax is rounded line by line, half up, and a document is the sum of its lines: so a line can be given back in parts, and each
//! part has its tax. Where prices include tax the net is what is left of it, so that a price stays what it says.
//!
//! Not here: where prices, taxes and discounts come from.

use super::{AMOUNT_MAX, Code, Fault, Money, Rate, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;

/// How much of something, in thousandths: more than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Quantity(i64);

impl Quantity {
    /// One whole.
    pub const WHOLE_MILLI: i64 = 1_000;
    /// The most: a thousand million.
    pub const MILLI_MAX: i64 = 1_000_000_000_000;

    /// So many thousandths; `out_of_range` for nothing, less, or past [`Quantity::MILLI_MAX`].
    pub fn new(milli: i64) -> Result<Quantity> {
        if !(1..=Quantity::MILLI_MAX).contains(&milli) {
            return Err(Fault::new(
                Code::OutOfRange,
                "A quantity is more than nothing, and not past a thousand million.",
            ));
        }
        Ok(Quantity(milli))
    }

    /// The thousandths.
    pub fn milli(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Quantity::new(i64::deserialize(from)?).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Quantity::MILLI_MAX, "description": "thousandths" })
    }
    fn inline_schema() -> bool {
        true
    }
}

/// What a line is reckoned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How much of it.
    pub quantity: Quantity,
    /// What one costs: not less than nothing.
    pub price: Money,
    /// What is taken off.
    pub discount: Discount,
    /// The tax on it.
    pub tax: Rate,
}

/// What is taken off a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// A part of it.
    Part(Rate),
    /// So much.
    Amount(Money),
}

impl Discount {
    /// What it takes off so much.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn of(self, gross: Money) -> Result<Money> {
        match self {
            Discount::Part(rate) => ratio(gross, rate.ppm(), Rate::WHOLE_PPM),
            Discount::Amount(amount) => Ok(amount),
        }
    }
}

/// What a line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Quantity times price; with tax where prices include it.
    pub gross: Money,
    /// What was taken off that.
    pub discount: Money,
    /// What is left, without tax.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
}

impl Amounts {
    /// What is to be paid.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn total(&self) -> Result<Money> {
        self.net.plus(self.tax)
    }

    /// Both together.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn plus(&self, other: &Amounts) -> Result<Amounts> {
        Ok(Amounts {
            gross: self.gross.plus(other.gross)?,
            discount: self.discount.plus(other.discount)?,
            net: self.net.plus(other.net)?,
            tax: self.tax.plus(other.tax)?,
        })
    }

    /// The sum of many.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Amounts>) -> Result<Amounts> {
        all.into_iter().try_fold(Amounts::default(), |sum, line| sum.plus(line))
    }
}

/// What each line of a document comes to. The document's discount is spread over the lines, by what is left of each.
///
/// # Errors
/// `out_of_range`, at `lines.{place}` or `discount_minor`.
pub fn lines(terms: &[Terms], tax_included: bool, discount: Money) -> Result<Vec<Amounts>> {
    let parts = terms.iter().enumerate().map(|(place, terms)| {
        before_tax(terms).map_err(|fault| Fault { field: Some(format!("lines.{place}")), ..fault })
    });
    let parts = parts.collect::<Result<Vec<(Money, Money)>>>()?;
    let left = parts.iter().map(|(gross, off)| gross.less(*off)).collect::<Result<Vec<Money>>>()?;
    let spread = spread(discount, &left).map_err(|fault| fault.at("discount_minor"))?;
    let with_tax = |(((gross, off), share), terms): (((Money, Money), Money), &Terms)| {
        let off = off.plus(share)?;
        let (net, tax) = taxed(gross.less(off)?, terms.tax, tax_included)?;
        Ok(Amounts { gross, discount: off, net, tax })
    };
    parts.into_iter().zip(spread).zip(terms).map(with_tax).collect()
}

/// What a line costs, and what is taken off that.
fn before_tax(terms: &Terms) -> Result<(Money, Money)> {
    let price = terms.price.not_negative().map_err(|fault| fault.at("price_minor"))?;
    let gross = ratio(price, terms.quantity.milli(), Quantity::WHOLE_MILLI)?;
    let discount = terms.discount.of(gross)?;
    if discount < Money::ZERO || discount > gross {
        return Err(
            Fault::new(Code::OutOfRange, "What is taken off lies between nothing and the whole.").at("discount_minor")
        );
    }
    Ok((gross, discount))
}

/// What is net and what is tax of an amount, which includes the tax or doesn't.
fn taxed(amount: Money, tax: Rate, tax_included: bool) -> Result<(Money, Money)> {
    if tax_included {
        let net = ratio(amount, Rate::WHOLE_PPM, Rate::WHOLE_PPM + tax.ppm())?;
        return Ok((net, amount.less(net)?));
    }
    Ok((amount, ratio(amount, tax.ppm(), Rate::WHOLE_PPM)?))
}

/// A part of a line that is given back: what came before is known, and what all parts come to is the line, whatever their sizes.
/// Gross, net and tax are shares of the line's own, each rounded by itself, so the discount may be a unit off.
///
/// # Errors
/// `out_of_range` past the line's quantity.
pub fn part(
    line: &Amounts,
    sold: Quantity,
    before_milli: i64,
    quantity: Quantity,
    tax_included: bool,
) -> Result<Amounts> {
    let after = before_milli + quantity.milli();
    if before_milli < 0 || after > sold.milli() {
        return Err(Fault::new(Code::OutOfRange, "More is given back than is left of the line."));
    }
    let share = |whole: Money| ratio(whole, after, sold.milli())?.less(ratio(whole, before_milli, sold.milli())?);
    let (gross, net, tax) = (share(line.gross)?, share(line.net)?, share(line.tax)?);
    let rest = if tax_included { net.plus(tax)? } else { net };
    Ok(Amounts { gross, discount: gross.less(rest)?, net, tax })
}

/// An amount that is credited of a line without goods: net and tax of it in the line's proportion.
///
/// # Errors
/// `out_of_range` past what the line comes to.
pub fn part_of_amount(line: &Amounts, amount: Money, tax_included: bool) -> Result<Amounts> {
    let total = line.total()?;
    if amount <= Money::ZERO || amount > total {
        return Err(Fault::new(Code::OutOfRange, "More is credited than the line comes to, or nothing."));
    }
    let net = ratio(amount, line.net.minor(), total.minor())?;
    let gross = if tax_included { amount } else { net };
    Ok(Amounts { gross, discount: Money::ZERO, net, tax: amount.less(net)? })
}

/// Divides an amount among parts by their weights: each gets what falls to it rounded down, and what is left over goes, a unit
/// each, to the largest remainders, of equal ones to the first.
///
/// # Errors
/// `out_of_range` where the amount is less than nothing or more than the weights come to.
pub fn spread(amount: Money, weights: &[Money]) -> Result<Vec<Money>> {
    let whole: i128 = weights.iter().map(|weight| i128::from(weight.minor())).sum();
    let amount = i128::from(amount.minor());
    if amount < 0 || amount > whole {
        return Err(Fault::new(Code::OutOfRange, "What is taken off lies between nothing and the whole."));
    }
    if amount == 0 {
        return Ok(vec![Money::ZERO; weights.len()]);
    }
    let due = |weight: &Money| i128::from(weight.minor()) * amount;
    let mut shares: Vec<i128> = weights.iter().map(|weight| due(weight) / whole).collect();
    let mut places: Vec<usize> = (0..weights.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(due(&weights[*place]) % whole)); // a stable sort: the first of equal ones
    let left = usize::try_from(amount - shares.iter().sum::<i128>()).unwrap_or(0); // less than there are parts
    for place in places.into_iter().take(left) {
        shares[place] += 1;
    }
    shares.into_iter().map(checked).collect()
}

/// An amount as it can be paid in coins: to the next multiple of the step, from the middle away from nothing.
///
/// # Errors
/// `out_of_range`.
pub fn in_cash(amount: Money, step: Money) -> Result<Money> {
    if step <= Money::ZERO {
        return Ok(amount);
    }
    let steps = half_up(i128::from(amount.minor().abs()), i128::from(step.minor()));
    checked(steps * i128::from(step.minor() * amount.minor().signum()))
}

/// `amount × numerator / denominator`, rounded half up. None is below nothing, and the denominator is above it.
fn ratio(amount: Money, numerator: i64, denominator: i64) -> Result<Money> {
    checked(half_up(i128::from(amount.minor()) * i128::from(numerator), i128::from(denominator)))
}

fn half_up(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator) / (2 * denominator)
}

fn checked(minor: i128) -> Result<Money> {
    // What is past 64 bits is past the bounds of an amount, too.
    Money::new(i64::try_from(minor).unwrap_or(AMOUNT_MAX + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn money(minor: i64) -> Money {
        Money::new(minor).unwrap()
    }

    fn terms(milli: i64, price: i64, discount_ppm: i64, tax_ppm: i64) -> Terms {
        let discount = Discount::Part(Rate::new(discount_ppm).unwrap());
        Terms {
            quantity: Quantity::new(milli).unwrap(),
            price: money(price),
            discount,
            tax: Rate::new(tax_ppm).unwrap(),
        }
    }

    fn alone(terms: Terms, tax_included: bool) -> [i64; 5] {
        shown(&lines(&[terms], tax_included, Money::ZERO).unwrap()[0])
    }

    /// Gross, discount, net, tax, total.
    fn shown(line: &Amounts) -> [i64; 5] {
        [line.gross, line.discount, line.net, line.tax, line.total().unwrap()].map(Money::minor)
    }

    #[test]
    fn rule_1_a_line_has_its_discount_before_its_tax() {
        assert_eq!(alone(terms(16_000, 34_835, 40_000, 220_000), false), [557_360, 22_294, 535_066, 117_715, 652_781]);
    }

    #[test]
    fn rule_2_a_document_is_the_sum_of_its_lines() {
        let of = |milli, price| terms(milli, price, 0, 210_000);
        let lines =
            lines(&[of(4_000, 148), of(1_000, 152), of(1_000, 154), of(1_000, 39)], false, Money::ZERO).unwrap();
        assert_eq!(lines.iter().map(|line| line.tax.minor()).collect::<Vec<_>>(), [124, 32, 32, 8]);
        let sum = Amounts::sum(&lines).unwrap();
        assert_eq!((sum.net.minor(), sum.tax.minor(), sum.total().unwrap().minor()), (937, 196, 1_133));
        assert_eq!(ratio(sum.net, 210_000, Rate::WHOLE_PPM).unwrap().minor(), 197, "a document's tax would be another");
    }

    #[test]
    fn rule_3_a_price_that_includes_tax_stays_what_it_says() {
        assert_eq!(alone(terms(1_000, 9_000, 0, 50_000), true), [9_000, 0, 8_571, 429, 9_000]);
        assert_eq!(alone(terms(1_000, 5_500, 0, 50_000), true), [5_500, 0, 5_238, 262, 5_500]);
        assert_eq!(alone(terms(3_000, 1_000_000, 0, 75_000), true), [3_000_000, 0, 2_790_698, 209_302, 3_000_000]);
    }

    #[test]
    fn rule_4_a_quantity_may_be_a_fraction() {
        assert_eq!(alone(terms(1_275, 19_999, 50_000, 160_000), false), [25_499, 1_275, 24_224, 3_876, 28_100]);
    }

    #[test]
    fn rule_5_the_discount_of_a_document_is_spread_over_its_lines() {
        let of = |price| terms(1_000, price, 0, 0);
        let lines = lines(&[of(3_333), of(3_333), of(3_334)], false, money(1_000)).unwrap();
        assert_eq!(lines.iter().map(|line| line.discount.minor()).collect::<Vec<_>>(), [333, 333, 334]);
        let first = spread(money(2), &[money(1), money(1), money(1)]).unwrap();
        assert_eq!(first, [money(1), money(1), Money::ZERO], "of equal remainders the first come first");
        assert_eq!(spread(Money::ZERO, &[]).unwrap(), [Money::ZERO; 0]);
        for (off, weights) in [(-1, vec![5]), (6, vec![5]), (1, vec![]), (1, vec![0])] {
            let weights: Vec<Money> = weights.into_iter().map(money).collect();
            assert_eq!(spread(money(off), &weights).unwrap_err().code, Code::OutOfRange, "{off} off {weights:?}");
        }
    }

    #[test]
    fn rule_6_a_line_is_given_back_in_parts_that_add_up_to_it() {
        let sold = lines(&[terms(7_000, 101, 50_000, 160_000)], false, Money::ZERO).unwrap()[0];
        assert_eq!(shown(&sold), [707, 35, 672, 108, 780]);
        let one =
            |before| part(&sold, Quantity::new(7_000).unwrap(), before, Quantity::new(1_000).unwrap(), false).unwrap();
        let parts: Vec<Amounts> = (0..7).map(|before| one(before * 1_000)).collect();
        assert_eq!(Amounts::sum(&parts).unwrap(), sold);
        assert_eq!(7 * alone(terms(1_000, 101, 50_000, 160_000), false)[4], 777, "priced afresh they would not");

        let sold = lines(&[terms(7_000, 333, 100_000, 160_000)], false, Money::ZERO).unwrap()[0];
        assert_eq!(sold.total().unwrap().minor(), 2_434);
        let back =
            |before, milli| part(&sold, Quantity::new(7_000).unwrap(), before, Quantity::new(milli).unwrap(), false);
        let of =
            |line: Result<Amounts>| line.map(|line| (line.net.minor(), line.tax.minor())).map_err(|fault| fault.code);
        assert_eq!(of(back(0, 3_000)), Ok((899, 144)));
        assert_eq!(of(back(3_000, 4_000)), Ok((1_199, 192)));
        assert_eq!(of(back(3_000, 4_001)), Err(Code::OutOfRange));
        assert_eq!(of(back(-1, 1)), Err(Code::OutOfRange));
    }

    #[test]
    fn rule_7_a_tax_in_two_parts_is_another_than_the_tax_whole() {
        let tax = |ppm| alone(terms(1_000, 10_005, 0, ppm), false)[3];
        assert_eq!((tax(180_000), 2 * tax(90_000)), (1_801, 1_800));
    }

    #[test]
    fn rule_17_cash_is_rounded_to_the_coins_that_there_are() {
        let cash = |minor, step| in_cash(money(minor), money(step)).unwrap().minor();
        assert_eq!((cash(23_089, 5), cash(23_092, 5), cash(23_089, 0)), (23_090, 23_090, 23_089));
        assert_eq!((cash(63_330, 100), cash(31_001, 100)), (63_300, 31_000));
        assert_eq!((cash(50, 100), cash(-50, 100), cash(49, 100), cash(-49, 100)), (100, -100, 0, 0));
    }

    #[test]
    fn a_discount_is_never_more_than_there_is_and_no_line_past_the_bounds() {
        let refused =
            |terms: Terms, off| lines(&[terms], false, money(off)).map_err(|fault| fault.field.unwrap_or_default());
        let with = |discount| Terms { discount: Discount::Amount(money(discount)), ..terms(1_000, 100, 0, 0) };
        assert_eq!(refused(with(101), 0).unwrap_err(), "lines.0");
        assert_eq!(refused(with(-1), 0).unwrap_err(), "lines.0");
        assert_eq!(refused(with(60), 41).unwrap_err(), "discount_minor");
        assert_eq!(refused(terms(Quantity::MILLI_MAX, AMOUNT_MAX, 0, 0), 0).unwrap_err(), "lines.0");
        assert_eq!(refused(with(60), 40).unwrap()[0].net, Money::ZERO);
        assert!(Quantity::new(0).is_err() && Quantity::new(Quantity::MILLI_MAX + 1).is_err());
        let line = Amounts { gross: money(100), discount: Money::ZERO, net: money(100), tax: money(16) };
        for amount in [0, -1, 117] {
            assert_eq!(part_of_amount(&line, money(amount), false).unwrap_err().code, Code::OutOfRange);
        }
        assert_eq!(shown(&part_of_amount(&line, money(58), true).unwrap()), [58, 0, 50, 8, 58]);
    }

    /// Whether `rounded` is `numerator / denominator`, exactly, rounded half up: not above it by more than a half, and below it by
    /// less. Nothing of it is what the code above does: it compares fractions, and divides nothing.
    fn is_half_up(rounded: i64, numerator: i128, denominator: i128) -> bool {
        let (twice, rounded) = (2 * numerator, 2 * i128::from(rounded) * denominator);
        rounded - denominator <= twice && twice < rounded + denominator
    }

    fn any_terms() -> impl Strategy<Value = Terms> {
        let rate = prop_oneof![Just(0), Just(Rate::WHOLE_PPM), 0..=Rate::WHOLE_PPM];
        (1..=10_000_000i64, 0..=1_000_000_000i64, rate.clone(), rate)
            .prop_map(|(milli, price, discount, tax)| terms(milli, price, discount, tax))
    }

    proptest! {
        #[test]
        fn each_amount_of_a_line_is_the_exact_one_rounded_once(terms in any_terms(), tax_included: bool) {
            let [gross, discount, net, tax, total] = alone(terms, tax_included);
            let Discount::Part(off) = terms.discount else { unreachable!() };
            let whole = i128::from(Rate::WHOLE_PPM);
            prop_assert!(is_half_up(gross, i128::from(terms.price.minor()) * i128::from(terms.quantity.milli()), 1_000));
            prop_assert!(is_half_up(discount, i128::from(gross) * i128::from(off.ppm()), whole));
            let left = gross - discount;
            let rate = i128::from(terms.tax.ppm());
            if tax_included {
                prop_assert!(is_half_up(net, i128::from(left) * whole, whole + rate));
                prop_assert_eq!(total, left);
            } else {
                prop_assert!(is_half_up(tax, i128::from(left) * rate, whole));
                prop_assert_eq!(net, left);
            }
            prop_assert_eq!(net + tax, total);
            prop_assert!(tax >= 0 && net >= 0 && discount >= 0);
        }

        #[test]
        fn what_is_spread_is_all_there_and_each_part_is_its_own_within_a_unit(
            weights in vec(0..=1_000_000_000i64, 1..12), part in 0..=1_000_000i64,
        ) {
            let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            let amount = i64::try_from(whole * i128::from(part) / 1_000_000).unwrap();
            let shares = spread(money(amount), &weights.iter().map(|weight| money(*weight)).collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(shares.iter().map(|share| share.minor()).sum::<i64>(), amount);
            for (share, weight) in shares.iter().zip(&weights) {
                let (exact, got) = (i128::from(*weight) * i128::from(amount), i128::from(share.minor()) * whole);
                prop_assert!((got - exact).abs() < whole.max(1) && share.minor() <= *weight);
            }
        }

        #[test]
        fn parts_of_a_line_add_up_to_it_whatever_their_sizes(
            terms in any_terms(), cuts in vec(1..=3_000_000i64, 0..8), tax_included: bool,
        ) {
            let line = lines(&[terms], tax_included, Money::ZERO).unwrap()[0];
            let (mut before, mut parts) = (0, Vec::new());
            for cut in cuts.into_iter().chain([i64::MAX]) {
                let milli = cut.min(terms.quantity.milli() - before);
                if milli > 0 {
                    parts.push(part(&line, terms.quantity, before, Quantity::new(milli).unwrap(), tax_included).unwrap());
                    before += milli;
                }
            }
            prop_assert_eq!(Amounts::sum(&parts).unwrap(), line);
            for part in parts {
                prop_assert!(part.gross >= Money::ZERO && part.net >= Money::ZERO && part.tax >= Money::ZERO);
                prop_assert!(part.discount.minor() >= -2, "only rounding takes it below nothing");
            }
        }

        #[test]
        fn cash_is_the_nearest_multiple_of_the_step(minor in -1_000_000_000..=1_000_000_000i64, step in 1..=10_000i64) {
            let cash = in_cash(money(minor), money(step)).unwrap().minor();
            prop_assert_eq!(cash % step, 0);
            prop_assert!(2 * (cash - minor).abs() <= step);
            if 2 * (cash - minor).abs() == step {
                prop_assert!(cash.abs() > minor.abs());
            }
        }
    }
}
