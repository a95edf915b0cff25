//! Lines of what is sold: what a person says of each, filled in from products and taxes, and what it comes to. Bills write such
//! lines down; the window asks for them while they are typed, so that no page computes money.

use super::book::Session;
use super::product::Label;
use super::{AccountId, ProductId, TaxId};
use crate::kernel::total::{self, Amounts, Discount, Terms};
use crate::kernel::{BookId, Code, Edit, Fault, Line, Money, Quantity, Rate, Result};
use crate::store::Snapshot;
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// How many lines a document may have.
pub const LINES_MAX: usize = 500;

/// What is sold, as a person says it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The product; nothing where the book has no record of what is sold.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// What papers call it; the product's name when it isn't given.
    #[serde(default)]
    pub description: Option<Line<120>>,
    /// What one of it is; the product's unit when it isn't given.
    #[serde(default)]
    pub unit: Option<Label>,
    /// How much of it, in thousandths.
    pub quantity_milli: Quantity,
    /// What one costs; the product's price when it isn't given.
    #[serde(default)]
    pub price_minor: Option<Money>,
    /// The part that is taken off, in parts per million.
    #[serde(default)]
    pub discount_ppm: Option<Rate>,
    /// The amount that is taken off; not both.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// The tax on it: the product's when it isn't given, none where it is null.
    #[serde(default)]
    pub tax_id: Edit<TaxId>,
}

/// A line with all that papers say of it, and what it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PricedLine {
    /// Its place among the lines: 1, 2, 3.
    pub line_no: i64,
    /// The product, where it is one of the book.
    pub product_id: Option<ProductId>,
    /// The product's stock-keeping unit.
    pub sku: Option<String>,
    /// What the tax authority classes it as.
    pub class_code: Option<String>,
    /// What papers call it.
    pub description: String,
    /// What one of it is: a bottle, a box of 24.
    pub unit: Option<String>,
    /// How much of it, in thousandths; nothing where an amount alone is credited.
    pub quantity_milli: i64,
    /// What one costs.
    pub price_minor: Money,
    /// What the product cost then, which another price may differ from.
    pub list_price_minor: Option<Money>,
    /// Quantity times price; with tax where prices include it.
    pub gross_minor: Money,
    /// The part that was taken off, where it was said as one.
    pub discount_ppm: Option<Rate>,
    /// What was taken off, its share of the document's discount too.
    pub discount_minor: Money,
    /// What is left, without tax.
    pub net_minor: Money,
    /// The tax, where there is one.
    pub tax_id: Option<TaxId>,
    /// What papers call that tax.
    pub tax_code: Option<String>,
    /// The rate that it was reckoned with, in parts per million.
    pub tax_ppm: Rate,
    /// The tax on the line.
    pub tax_minor: Money,
    /// The account that earned it.
    pub account_id: AccountId,
}

impl PricedLine {
    /// What it comes to.
    pub fn amounts(&self) -> Amounts {
        Amounts { gross: self.gross_minor, discount: self.discount_minor, net: self.net_minor, tax: self.tax_minor }
    }
}

/// What of a document falls to one tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaxTotal {
    /// The tax; nothing for lines without one.
    pub tax_id: Option<TaxId>,
    /// What papers call it.
    pub code: Option<String>,
    /// Its rate, in parts per million.
    pub rate_ppm: Rate,
    /// What it is reckoned from.
    pub net_minor: Money,
    /// What it comes to.
    pub tax_minor: Money,
}

/// What lines would come to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesQuery {
    /// The lines, as they stand so far.
    pub lines: Vec<NewLine>,
    /// What is taken off the whole document.
    #[serde(default)]
    pub discount_minor: Option<Money>,
    /// Whether prices include their tax; as the book says when it isn't given.
    #[serde(default)]
    pub tax_included: Option<bool>,
}

/// What lines come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Priced {
    /// The lines, filled in and reckoned.
    pub lines: Vec<PricedLine>,
    /// Whether prices include their tax.
    pub tax_included: bool,
    /// Without tax.
    pub net_minor: Money,
    /// All taxes together.
    pub tax_minor: Money,
    /// What is to be paid.
    pub total_minor: Money,
    /// The same by tax.
    pub taxes: Vec<TaxTotal>,
}

/// What lines would come to: nothing is written.
///
/// # Errors
/// Those of [`price`].
pub fn ask(snapshot: &Snapshot, session: &Session, query: &LinesQuery) -> Result<Priced> {
    let book = &session.book;
    price(
        snapshot,
        (book.id, query.tax_included.unwrap_or(book.prices_include_tax)),
        &query.lines,
        query.discount_minor,
    )
}

/// Fills lines in from products and taxes, and reckons them.
///
/// # Errors
/// `empty`, `too_long`; `not_found`, `archived`, `missing_field`, `out_of_range` at the line's field.
pub(super) fn price(
    snapshot: &Snapshot,
    (book, tax_included): (BookId, bool),
    lines: &[NewLine],
    discount: Option<Money>,
) -> Result<Priced> {
    price_kept(snapshot, (book, tax_included), lines, &[], discount)
}

/// The same for lines of which some go on from others, each named at its place: what such a line doesn't say, also of its price and
/// tax, stays as it was.
///
/// # Errors
/// Those of [`price`].
pub(super) fn price_kept(
    snapshot: &Snapshot,
    (book, tax_included): (BookId, bool),
    lines: &[NewLine],
    kept: &[Option<&PricedLine>],
    discount: Option<Money>,
) -> Result<Priced> {
    if lines.is_empty() {
        return Err(Fault::new(Code::Empty, "There is nothing in it: add a line.").at("lines"));
    }
    if lines.len() > LINES_MAX {
        return Err(Fault::new(Code::TooLong, format!("A document has {LINES_MAX} lines at most.")).at("lines"));
    }
    let goods = Goods::read(snapshot, book, lines)?;
    let income = super::account::system_account(book, super::account::AccountKind::Income);
    let filled = lines.iter().enumerate().map(|(place, line)| {
        let kept = kept.get(place).copied().flatten().filter(|kept| kept.product_id == line.product_id);
        goods.fill(line, kept, place, income).map_err(|fault| match fault.field {
            Some(field) => Fault { field: Some(format!("lines.{place}.{field}")), ..fault },
            None => fault.at(&format!("lines.{place}")),
        })
    });
    let (mut priced, terms): (Vec<PricedLine>, Vec<Terms>) = filled.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let amounts = total::lines(&terms, tax_included, discount.unwrap_or_default())?;
    for (line, amounts) in priced.iter_mut().zip(&amounts) {
        line.gross_minor = amounts.gross;
        line.discount_minor = amounts.discount;
        line.net_minor = amounts.net;
        line.tax_minor = amounts.tax;
    }
    summed(priced, tax_included)
}

/// Lines with what they come to together.
///
/// # Errors
/// `out_of_range`.
pub(super) fn summed(lines: Vec<PricedLine>, tax_included: bool) -> Result<Priced> {
    let amounts: Vec<Amounts> = lines.iter().map(PricedLine::amounts).collect();
    let sum = Amounts::sum(&amounts).map_err(|fault| fault.at("lines"))?;
    Ok(Priced {
        taxes: by_tax(&lines)?,
        lines,
        tax_included,
        net_minor: sum.net,
        tax_minor: sum.tax,
        total_minor: sum.total().map_err(|fault| fault.at("lines"))?,
    })
}

/// Lines reckoned anew from what they say.
///
/// # Errors
/// `out_of_range`, at the line.
pub(super) fn recount(mut lines: Vec<PricedLine>, tax_included: bool) -> Result<Vec<PricedLine>> {
    let terms = lines.iter().map(|line| {
        let discount = match line.discount_ppm {
            // What was taken off the whole is in the amount alone.
            Some(rate) if Discount::Part(rate).of(line.gross_minor)? == line.discount_minor => Discount::Part(rate),
            Some(_) | None => Discount::Amount(line.discount_minor),
        };
        let quantity = Quantity::new(line.quantity_milli)?;
        Ok(Terms { quantity, price: line.price_minor, discount, tax: line.tax_ppm })
    });
    let amounts = total::lines(&terms.collect::<Result<Vec<_>>>()?, tax_included, Money::ZERO)?;
    for (line, amounts) in lines.iter_mut().zip(amounts) {
        line.gross_minor = amounts.gross;
        line.discount_minor = amounts.discount;
        line.net_minor = amounts.net;
        line.tax_minor = amounts.tax;
    }
    Ok(lines)
}

/// Lines summed by tax, code and rate: exactly what they come to.
///
/// # Errors
/// `out_of_range`.
pub(super) fn by_tax<'l>(lines: impl IntoIterator<Item = &'l PricedLine>) -> Result<Vec<TaxTotal>> {
    let mut totals: BTreeMap<(Rate, Option<TaxId>, Option<String>), Amounts> = BTreeMap::new();
    for line in lines {
        let sum = totals.entry((line.tax_ppm, line.tax_id, line.tax_code.clone())).or_default();
        *sum = sum.plus(&line.amounts())?;
    }
    let total = |((rate_ppm, tax_id, code), sum): (_, Amounts)| TaxTotal {
        tax_id,
        code,
        rate_ppm,
        net_minor: sum.net,
        tax_minor: sum.tax,
    };
    Ok(totals.into_iter().map(total).collect())
}

/// The products and taxes that lines name, read in two statements.
struct Goods {
    products: HashMap<ProductId, Product>,
    taxes: HashMap<TaxId, Tax>,
}

struct Product {
    sku: Option<String>,
    class_code: Option<String>,
    name: String,
    unit: Option<String>,
    price: Money,
    tax: Option<TaxId>,
    is_archived: bool,
}

struct Tax {
    code: Option<String>,
    rate: Rate,
    is_archived: bool,
}

impl Goods {
    fn read(snapshot: &Snapshot, book: BookId, lines: &[NewLine]) -> Result<Goods> {
        let products: Vec<ProductId> = lines.iter().filter_map(|line| line.product_id).collect();
        let products: HashMap<ProductId, Product> = snapshot
            .all(
                "SELECT id, sku, class_code, name, unit, price_minor, tax_id, archived_at IS NOT NULL AS is_archived FROM product
                 WHERE book_id = :book AND id IN (SELECT unhex(value, '-') FROM json_each(:ids))",
                named_params! { ":book": book, ":ids": serde_json::json!(products).to_string() },
                |row| {
                    let product = Product {
                        sku: row.get("sku")?,
                        class_code: row.get("class_code")?,
                        name: row.get("name")?,
                        unit: row.get("unit")?,
                        price: row.get("price_minor")?,
                        tax: row.get("tax_id")?,
                        is_archived: row.get("is_archived")?,
                    };
                    Ok((row.get("id")?, product))
                },
            )?
            .into_iter()
            .collect();
        let given = lines.iter().filter_map(|line| line.tax_id.clone().applied_to(None));
        let taxes: Vec<TaxId> = given.chain(products.values().filter_map(|product| product.tax)).collect();
        let taxes = snapshot
            .all(
                "SELECT id, code, rate_ppm, archived_at IS NOT NULL AS is_archived FROM tax
                 WHERE book_id = :book AND id IN (SELECT unhex(value, '-') FROM json_each(:ids))",
                named_params! { ":book": book, ":ids": serde_json::json!(taxes).to_string() },
                |row| {
                    let tax = Tax {
                        code: row.get("code")?,
                        rate: row.get("rate_ppm")?,
                        is_archived: row.get("is_archived")?,
                    };
                    Ok((row.get("id")?, tax))
                },
            )?
            .into_iter()
            .collect();
        Ok(Goods { products, taxes })
    }

    /// What papers say of a line, and the terms that it is reckoned from; its amounts are filled in later.
    fn fill(
        &self,
        line: &NewLine,
        kept: Option<&PricedLine>,
        place: usize,
        income: AccountId,
    ) -> Result<(PricedLine, Terms)> {
        let product = match line.product_id {
            Some(id) => Some(
                self.products
                    .get(&id)
                    .ok_or_else(|| Fault::new(Code::NotFound, "This product is not in the book.").at("product_id"))?,
            ),
            None => None,
        };
        if kept.is_none() && product.is_some_and(|product| product.is_archived) {
            return Err(Fault::new(Code::Archived, "The product is archived; unarchive it first.").at("product_id"));
        }
        let description = match (&line.description, kept, product) {
            (Some(text), _, _) => text.as_str().to_owned(),
            (None, Some(kept), _) => kept.description.clone(),
            (None, None, Some(product)) => product.name.clone(),
            (None, None, None) => return Err(needed("description", "Say what is sold.")),
        };
        let price = line.price_minor.or(kept.map(|kept| kept.price_minor)).or(product.map(|product| product.price));
        let price = price.ok_or_else(|| needed("price_minor", "Say what one costs."))?;
        let tax_id =
            line.tax_id.clone().applied_to(kept.map_or(product.and_then(|product| product.tax), |kept| kept.tax_id));
        let same_tax = kept.filter(|kept| kept.tax_id == tax_id);
        let tax = match tax_id.filter(|_| same_tax.is_none()) {
            Some(id) => {
                let tax = self.taxes.get(&id);
                Some(tax.ok_or_else(|| Fault::new(Code::NotFound, "This tax is not in the book.").at("tax_id"))?)
            }
            None => None,
        };
        // A product that carries a tax that was archived since goes on carrying it.
        if matches!(line.tax_id, Edit::Set(_)) && tax.is_some_and(|tax| tax.is_archived) {
            return Err(Fault::new(Code::Archived, "The tax is archived; unarchive it first.").at("tax_id"));
        }
        let rate = match (same_tax, tax) {
            (Some(kept), _) => kept.tax_ppm,
            (None, Some(tax)) => tax.rate,
            (None, None) => Rate::new(0)?,
        };
        let discount = match (line.discount_ppm, line.discount_minor) {
            (Some(_), Some(_)) => {
                let message = "A line has one discount: a part or an amount.";
                return Err(Fault::new(Code::OutOfRange, message).at("discount_minor"));
            }
            (Some(rate), None) => Discount::Part(rate),
            (None, amount) => Discount::Amount(amount.unwrap_or_default()),
        };
        let priced = PricedLine {
            line_no: i64::try_from(place).unwrap_or(0) + 1, // there are few
            product_id: line.product_id,
            sku: kept.map_or(product.and_then(|product| product.sku.clone()), |kept| kept.sku.clone()),
            class_code: kept.map_or(product.and_then(|it| it.class_code.clone()), |kept| kept.class_code.clone()),
            description,
            unit: match &line.unit {
                Some(unit) => Some(unit.as_str().to_owned()),
                None => kept.map_or(product.and_then(|product| product.unit.clone()), |kept| kept.unit.clone()),
            },
            quantity_milli: line.quantity_milli.milli(),
            price_minor: price,
            list_price_minor: kept.map_or(product.map(|product| product.price), |kept| kept.list_price_minor),
            gross_minor: Money::ZERO,
            discount_ppm: line.discount_ppm,
            discount_minor: Money::ZERO,
            net_minor: Money::ZERO,
            tax_id,
            tax_code: same_tax.map_or(tax.and_then(|tax| tax.code.clone()), |kept| kept.tax_code.clone()),
            tax_ppm: rate,
            tax_minor: Money::ZERO,
            account_id: income,
        };
        Ok((priced, Terms { quantity: line.quantity_milli, price, discount, tax: rate }))
    }
}

fn needed(field: &str, message: &str) -> Fault {
    Fault::new(Code::MissingField, message).at(field)
}
