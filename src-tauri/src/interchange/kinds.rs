//! What can be brought in: for each kind its fields, how a row of them is added, and how it is taken out again.

use super::cells::Cells;
use crate::domain::customer::{self, Email, NewCustomer};
use crate::domain::product::{self, NewProduct};
use crate::kernel::{Acting, Id, Result, fold, kind::Record};
use crate::store::Unit;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A field that a column can be mapped to.
pub struct ImportField {
    /// Its name, as in the command that adds one.
    pub name: &'static str,
    /// Whether every row must have it.
    pub required: bool,
    /// What it is.
    pub about: &'static str,
    /// What people call such a column, folded, letters and digits only.
    aliases: &'static [&'static str],
}

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Importable {
    /// Those who buy.
    Customers,
    /// What is sold.
    Products,
}

impl Importable {
    /// As it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Importable::Customers => "customers",
            Importable::Products => "products",
        }
    }

    /// Its fields, and how a row of them is added and taken out.
    pub const fn fields_and_verbs(self) -> &'static ImportKind {
        match self {
            Importable::Customers => &CUSTOMERS,
            Importable::Products => &PRODUCTS,
        }
    }
}

impl FromSql for Importable {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Importable> {
        match value.as_str()? {
            "customers" => Ok(Importable::Customers),
            "products" => Ok(Importable::Products),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// A kind of import.
pub struct ImportKind {
    /// What of.
    pub of: Importable,
    /// Its fields.
    pub fields: &'static [ImportField],
    /// Adds a row under that id.
    pub add: fn(&mut Unit, &Acting, Id<Record>, &Cells) -> Result<()>,
    /// Takes it out again, if nobody touched it since; answers whether it did.
    pub remove: fn(&mut Unit, &Acting, Id<Record>) -> Result<bool>,
}

const fn field(
    name: &'static str,
    required: bool,
    about: &'static str,
    aliases: &'static [&'static str],
) -> ImportField {
    ImportField { name, required, about, aliases }
}

/// All kinds.
pub const KINDS: &[&ImportKind] = &[&CUSTOMERS, &PRODUCTS];

static CUSTOMERS: ImportKind = ImportKind {
    of: Importable::Customers,
    fields: &[
        field("name", true, "The customer's name", &["name", "companyname", "company", "customer", "customername"]),
        field(
            "code",
            false,
            "A code of your own",
            &[
                "code",
                "customerkey",
                "customercode",
                "key",
                "number",
                "no",
                "custno",
                "custnumber",
                "customerno",
                "customernumber",
                "customerid",
            ],
        ),
        field("contact", false, "Whom to speak to", &["contact", "contactname", "contactperson"]),
        field("phone", false, "A phone number", &["phone", "telephone", "tel", "mobile", "phonenumber"]),
        field("email", false, "An e-mail address", &["email", "mail", "emailaddress"]),
        field("address", false, "Street and house", &["address", "street", "address1", "streetaddress"]),
        field("city", false, "City", &["city", "town", "village"]),
        field("region", false, "Region", &["region", "state", "province", "county", "district"]),
        field("postal_code", false, "Postal code, as text", &["postalcode", "zip", "zipcode", "postcode", "plz"]),
        field("country", false, "Country", &["country"]),
        field("note", false, "A note", &["note", "notes", "remark", "remarks", "comment"]),
    ],
    add: add_customer,
    remove: |unit, acting, id| customer::remove_untouched(unit, acting, id.cast()),
};

static PRODUCTS: ImportKind = ImportKind {
    of: Importable::Products,
    fields: &[
        field("name", true, "The product's name", &["name", "product", "productname", "description", "item"]),
        field("sku", false, "The code on the shelf", &["sku", "code", "productcode", "itemcode", "barcode", "ean"]),
        field("category", false, "Its category", &["category", "group", "categoryname", "categoryid"]),
        field("unit", false, "What one of it is", &["unit", "quantityperunit", "unitofmeasure", "uom", "pack"]),
        field("price_minor", true, "What one costs, in decimals", &["price", "unitprice", "salesprice", "priceminor"]),
    ],
    add: add_product,
    remove: |unit, acting, id| product::remove_untouched(unit, acting, id.cast()),
};

fn add_customer(unit: &mut Unit, acting: &Acting, id: Id<Record>, cells: &Cells) -> Result<()> {
    let email = cells.text("email").map(|text| Email::parse(text).map_err(|fault| fault.at("email"))).transpose()?;
    let new = NewCustomer {
        customer_id: id.cast(),
        code: cells.line("code")?,
        name: cells.needed("name", cells.line("name")?)?,
        contact: cells.line("contact")?,
        phone: cells.line("phone")?,
        email,
        address: cells.line("address")?,
        city: cells.line("city")?,
        region: cells.line("region")?,
        postal_code: cells.line("postal_code")?,
        country: cells.line("country")?,
        note: cells.prose("note")?,
    };
    customer::insert(unit, acting, &new)
}

fn add_product(unit: &mut Unit, acting: &Acting, id: Id<Record>, cells: &Cells) -> Result<()> {
    let new = NewProduct {
        product_id: id.cast(),
        sku: cells.line("sku")?,
        name: cells.needed("name", cells.line("name")?)?,
        category: cells.line("category")?,
        unit: cells.line("unit")?,
        price_minor: cells.needed("price_minor", cells.money("price_minor")?)?,
        tax_id: None,
    };
    product::insert(unit, acting, &new)
}

/// A mapping that suits a table's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The kind.
    pub kind: Importable,
    /// For each field recognised, the column's name.
    pub columns: BTreeMap<&'static str, String>,
}

/// Suggests, for each kind, which columns its fields are; the kind that recognises most comes first.
pub fn suggest(header: &[String]) -> Vec<Suggestion> {
    let plain = |name: &str| fold(name).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let mut suggestions: Vec<Suggestion> = KINDS
        .iter()
        .map(|kind| {
            let mut columns = BTreeMap::new();
            for field in kind.fields {
                let found = field.aliases.iter().find_map(|alias| names.iter().position(|name| name == alias));
                if let Some(column) = found.and_then(|index| header.get(index))
                    && !columns.values().any(|taken| taken == column)
                {
                    columns.insert(field.name, column.clone());
                }
            }
            Suggestion { kind: kind.of, columns }
        })
        .collect();
    suggestions.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.columns.len()));
    suggestions
}
