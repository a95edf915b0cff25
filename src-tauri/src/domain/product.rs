//! Products: what is sold, at what price, under which tax.

use super::book::Session;
use super::page::{Begins, CatalogueQuery, Limit, PlacedPage, Search, Shown};
use super::record::{self, record};
use super::{ProductId, TaxId, tax};
use crate::kernel::{Acting, BookId, Edit, Instant, Line, Money, Result};
use crate::store::{Snapshot, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product's name: one line.
pub type ProductName = Line<120>;
/// A stock-keeping unit: the code on the shelf.
pub type Sku = Line<40>;
/// What a tax authority classes goods as.
pub type ClassCode = Line<20>;
/// What a scanner reads.
pub type Barcode = Line<48>;
/// A category or a unit of sale.
pub type Label = Line<60>;

record! {
    "product", product_id: ProductId;
    row Product "A product." from "product t LEFT JOIN tax x ON x.book_id = t.book_id AND x.id = t.tax_id" {
        /// What that tax is called.
        tax_name: Option<String> = "x.name",
        /// When it was archived.
        archived_at: Option<Instant> = "t.archived_at",
        /// When it was added.
        created_at: Instant = "t.created_at",
    }
    new NewProduct "A product to be added.";
    edit ProductEdit "A change of a product. What is not given stays, null clears.";
    archive ProductArchive "A product to be archived, or unarchived.";
    fields {
        /// What the product is called.
        name: required ProductName, searched, imported("name", "product", "productname", "description", "item");
        /// Its stock-keeping unit, which no other product of the book may have.
        sku: optional Sku, searched, unique("SKU"),
            imported("sku", "code", "productcode", "itemcode");
        /// The group that it is sold in.
        category: optional Label, searched, imported("category", "group", "categoryname", "categoryid");
        /// What one of it is: a bottle, a box of 24.
        unit: optional Label, imported("unit", "quantityperunit", "unitofmeasure", "uom", "pack");
        /// What one costs: not less than nothing.
        price_minor: required Money, not_negative, imported("price", "unitprice", "salesprice", "priceminor");
        /// The tax that it carries.
        tax_id: optional TaxId;
        /// What the tax authority classes it as: an HSN, GPC or eTIMS code.
        class_code: optional ClassCode, imported("classcode", "class", "hsn", "hsncode", "gpc");
        /// What a scanner reads on it.
        barcode: optional Barcode, searched, imported("barcode", "ean", "gtin", "upc");
        /// Whether it can be counted; a service can't.
        is_stocked: presumed bool;
    }
}

/// Adds a product.
///
/// # Errors
/// `code_taken`, `out_of_range`; `not_found` and `archived` for the tax.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewProduct) -> Result<Product> {
    insert(unit, acting, new)?;
    find(unit, acting.book, new.product_id)
}

/// Adds a product without reading it back, for imports of many.
///
/// # Errors
/// As [`add`].
pub fn insert(unit: &mut Unit, acting: &Acting, new: &NewProduct) -> Result<()> {
    refuse_negative(new.price_minor)?;
    if let Some(tax) = new.tax_id {
        tax::find_in_use(unit, acting.book, tax)?;
    }
    record::insert::<Product>(unit, acting, &new.product_id, new.values())
}

fn refuse_negative(price: Money) -> Result<()> {
    price.not_negative().map(drop).map_err(|fault| fault.at("price_minor"))
}

/// Changes a product. It keeps a tax that was archived since, and takes no other that is.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `code_taken`, `out_of_range`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &ProductEdit) -> Result<Product> {
    let before: Product = record::find_seen(unit, acting.book, &edit.product_id, edit.row_version)?;
    if before.archived_at.is_some() {
        return Err(record::archived::<Product>());
    }
    if let Some(price) = edit.price_minor {
        refuse_negative(price)?;
    }
    if let Edit::Set(tax) = edit.tax_id
        && before.tax_id != Some(tax)
    {
        tax::find_in_use(unit, acting.book, tax)?;
    }
    record::update(unit, acting, &before, edit.changes())?;
    find(unit, acting.book, before.id)
}

/// Archives a product, or unarchives it.
///
/// # Errors
/// `not_found`, `stale`.
pub fn archive(unit: &mut Unit, acting: &Acting, order: &ProductArchive) -> Result<Product> {
    let before: Product = record::find_seen(unit, acting.book, &order.product_id, order.row_version)?;
    record::archive(unit, acting, &before, order.archived)?;
    find(unit, acting.book, before.id)
}

/// One product.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: ProductId) -> Result<Product> {
    record::find(snapshot, book, &id)
}

/// Which product.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichProduct {
    /// The product that is meant.
    pub product_id: ProductId,
}

/// Shows one product.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichProduct) -> Result<Product> {
    find(snapshot, session.book.id, which.product_id)
}

/// How a list of products is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductSort {
    /// By name.
    #[default]
    Name,
    /// By stock-keeping unit.
    Sku,
    /// By price.
    Price,
}

/// Which products a list shows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductQuery {
    /// Words in name, stock-keeping unit or category.
    #[serde(default)]
    pub search: Option<Search>,
    /// Whether archived ones are shown.
    #[serde(default)]
    pub archived: Shown,
    /// The order.
    #[serde(default)]
    pub sort: ProductSort,
    /// From the other end.
    #[serde(default)]
    pub descending: bool,
    /// Where the last page ended.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many rows from the top the page begins; in place of a cursor.
    #[serde(default)]
    pub offset: Option<u32>,
    /// Begins the page at the first row whose name begins with this or comes after it; in place of a cursor, in a list by name.
    #[serde(default)]
    pub from: Option<Search>,
    /// Whether the whole list is counted.
    #[serde(default)]
    pub count: bool,
    /// How many rows.
    #[serde(default)]
    pub limit: Limit,
}

/// Products.
///
/// # Errors
/// `bad_cursor`; `out_of_range` where a list that isn't by name is to begin at a text.
pub fn list(snapshot: &Snapshot, session: &Session, query: &ProductQuery) -> Result<PlacedPage<Product>> {
    let sort = match query.sort {
        ProductSort::Name => "name_fold",
        ProductSort::Sku => "ifnull(sku, '')",
        ProductSort::Price => "price_minor",
    };
    let asked = CatalogueQuery {
        search: query.search.as_ref(),
        shown: query.archived,
        sort: Some(sort),
        descending: query.descending,
        place: Begins::of(query.cursor.as_deref(), query.offset, query.from.as_ref())?,
        counted: query.count,
        limit: query.limit,
    };
    asked.page(snapshot, session.book.id)
}
