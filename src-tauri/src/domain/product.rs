//! Products: what is sold, at what price, under which tax.

use super::page::{Catalogue, CatalogueQuery, Limit, Page, Search, Shown};
use super::{ProductId, TaxId, tax};
use crate::kernel::{Acting, BookId, Code, Edit, Fault, Instant, Line, Money, Result, fold};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product's name: one line.
pub type ProductName = Line<120>;
/// A stock-keeping unit: the code on the shelf.
pub type Sku = Line<40>;
/// A category or a unit of sale.
pub type Label = Line<60>;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its stock-keeping unit, if it has one.
    pub sku: Option<String>,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: Option<String>,
    /// What one of it is: a bottle, a box of 24.
    pub unit: Option<String>,
    /// What one costs.
    pub price_minor: Money,
    /// The tax that it carries.
    pub tax_id: Option<TaxId>,
    /// That tax's name.
    pub tax_name: Option<String>,
    /// When it was put away.
    pub archived_at: Option<Instant>,
    /// When it was added.
    pub created_at: Instant,
    /// What an edit must name as seen.
    pub row_version: i64,
}

/// A product to be added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Its id; made here when it isn't given.
    #[serde(default = "ProductId::fresh")]
    pub product_id: ProductId,
    /// Its stock-keeping unit, which no other product of the book may have.
    #[serde(default)]
    pub sku: Option<Sku>,
    /// Its name.
    pub name: ProductName,
    /// Its category.
    #[serde(default)]
    pub category: Option<Label>,
    /// What one of it is.
    #[serde(default)]
    pub unit: Option<Label>,
    /// What one costs: not less than nothing.
    pub price_minor: Money,
    /// The tax that it carries.
    #[serde(default)]
    pub tax_id: Option<TaxId>,
}

/// A change of a product. What is not given stays, null clears.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductEdit {
    /// Which.
    pub product_id: ProductId,
    /// The version that the person saw.
    pub row_version: i64,
    /// Its stock-keeping unit.
    #[serde(default)]
    pub sku: Edit<Sku>,
    /// Its name.
    #[serde(default)]
    pub name: Option<ProductName>,
    /// Its category.
    #[serde(default)]
    pub category: Edit<Label>,
    /// What one of it is.
    #[serde(default)]
    pub unit: Edit<Label>,
    /// What one costs.
    #[serde(default)]
    pub price_minor: Option<Money>,
    /// The tax that it carries.
    #[serde(default)]
    pub tax_id: Edit<TaxId>,
    /// True puts it away, false takes it out again.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// Adds a product.
///
/// # Errors
/// `code_taken`, `out_of_range`, `not_found` for the tax.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewProduct) -> Result<Product> {
    insert(unit, acting, new)?;
    find(unit, acting.book, new.product_id)
}

/// Adds a product without reading it back, for imports of many.
///
/// # Errors
/// As [`add`].
pub fn insert(unit: &mut Unit, acting: &Acting, new: &NewProduct) -> Result<()> {
    let price = new.price_minor.not_negative().map_err(|fault| fault.at("price_minor"))?;
    if let Some(sku) = &new.sku {
        refuse_taken_sku(unit, acting, sku, new.product_id)?;
    }
    if let Some(tax) = new.tax_id {
        tax::find(unit, acting.book, tax)?;
    }
    let name = new.name.as_str();
    unit.execute(
        "INSERT INTO product (book_id, id, sku, name, category, unit, price_minor, tax_id, created_at,
                              name_fold, search_text)
         VALUES (:book, :id, :sku, :name, :category, :unit, :price, :tax, :at, :name_fold, :search_text)",
        named_params! {
            ":book": acting.book, ":id": new.product_id, ":sku": new.sku, ":name": name,
            ":category": new.category, ":unit": new.unit, ":price": price, ":tax": new.tax_id, ":at": acting.at,
            ":name_fold": fold(name),
            ":search_text": search_text(
                name, new.sku.as_ref().map(Line::as_str), new.category.as_ref().map(Line::as_str),
            ),
        },
    )?;
    Ok(())
}

/// What a search looks through: name, stock-keeping unit, category.
/// The columns that follow from a product's others; `get` gives a column as text.
pub(super) fn local_text(get: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let name = get("name").unwrap_or_default();
    let text = search_text(&name, get("sku").as_deref(), get("category").as_deref());
    vec![("name_fold", fold(&name)), ("search_text", text)]
}

fn search_text(name: &str, sku: Option<&str>, category: Option<&str>) -> String {
    fold(&[Some(name), sku, category].into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn refuse_taken_sku(unit: &Unit, acting: &Acting, sku: &Sku, id: ProductId) -> Result<()> {
    let taken: Option<String> = unit.maybe(
        "SELECT name FROM product INDEXED BY product_sku_idx
         WHERE book_id = :book AND ifnull(sku, '') = :sku AND id <> :id",
        named_params! { ":book": acting.book, ":sku": sku, ":id": id },
        |row| row.get(0),
    )?;
    match taken {
        Some(name) => Err(Fault::new(Code::CodeTaken, format!("The SKU {sku} belongs to “{name}”.")).at("sku")),
        None => Ok(()),
    }
}

/// Changes a product.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `code_taken`, `out_of_range`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &ProductEdit) -> Result<Product> {
    let before = find(unit, acting.book, edit.product_id)?;
    if before.row_version != edit.row_version {
        return Err(super::stale(&before));
    }
    if before.archived_at.is_some() && edit.archived != Some(false) {
        return Err(Fault::new(Code::Archived, "The product is archived; take it out first."));
    }
    if let Edit::Set(sku) = &edit.sku {
        refuse_taken_sku(unit, acting, sku, before.id)?;
    }
    if let Edit::Set(tax) = &edit.tax_id {
        tax::find(unit, acting.book, *tax)?;
    }
    let price = edit.price_minor.unwrap_or(before.price_minor);
    let price = price.not_negative().map_err(|fault| fault.at("price_minor"))?;
    let name = edit.name.as_ref().map_or(before.name.as_str(), Line::as_str);
    let sku = edit.sku.clone().applied_to(before.sku.as_deref().map(Sku::parse).transpose()?);
    let category = edit.category.clone().applied_to(before.category.as_deref().map(Label::parse).transpose()?);
    let (unit_changes, sold_in) = edit.unit.parts();
    let (tax_changes, tax) = edit.tax_id.parts();
    unit.execute(
        "UPDATE product
         SET sku = :sku, name = :name, category = :category, price_minor = :price,
             unit = CASE WHEN :unit_changes THEN :unit ELSE unit END,
             tax_id = CASE WHEN :tax_changes THEN :tax ELSE tax_id END,
             archived_at = CASE WHEN :archived THEN ifnull(archived_at, :at)
                                WHEN NOT :archived THEN NULL ELSE archived_at END,
             name_fold = :name_fold, search_text = :search_text, row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":sku": sku, ":name": name, ":category": category, ":price": price,
            ":unit_changes": unit_changes, ":unit": sold_in, ":tax_changes": tax_changes, ":tax": tax,
            ":archived": edit.archived, ":at": acting.at, ":name_fold": fold(name),
            ":search_text": search_text(name, sku.as_ref().map(Line::as_str), category.as_ref().map(Line::as_str)),
            ":book": acting.book, ":id": before.id,
        },
    )?;
    find(unit, acting.book, before.id)
}

/// Removes a product that an import added and nobody touched since; answers whether it was removed.
///
/// # Errors
/// What SQLite says.
pub fn remove_untouched(unit: &mut Unit, acting: &Acting, id: ProductId) -> Result<bool> {
    let removed = unit.execute(
        "DELETE FROM product WHERE book_id = :book AND id = :id AND row_version = 1",
        named_params! { ":book": acting.book, ":id": id },
    )?;
    Ok(removed > 0)
}

const SELECT: &str = "\
SELECT t.id, t.sku, t.name, t.category, t.unit, t.price_minor, t.tax_id, x.name AS tax_name, t.archived_at,
       t.created_at, t.row_version
FROM product t
LEFT JOIN tax x ON x.book_id = t.book_id AND x.id = t.tax_id";

impl ReadRow for Product {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Product> {
        Ok(Product {
            id: row.get("id")?,
            sku: row.get("sku")?,
            name: row.get("name")?,
            category: row.get("category")?,
            unit: row.get("unit")?,
            price_minor: row.get("price_minor")?,
            tax_id: row.get("tax_id")?,
            tax_name: row.get("tax_name")?,
            archived_at: row.get("archived_at")?,
            created_at: row.get("created_at")?,
            row_version: row.get("row_version")?,
        })
    }
}

/// One product.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: ProductId) -> Result<Product> {
    snapshot
        .maybe(
            &format!("{SELECT} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Product::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This product is not in the book.").at("product_id"))
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
    /// How many rows.
    #[serde(default)]
    pub limit: Limit,
}

/// Products.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, book: BookId, query: &ProductQuery) -> Result<Page<Product>> {
    let sort = match query.sort {
        ProductSort::Name => "name_fold",
        ProductSort::Sku => "ifnull(sku, '')",
        ProductSort::Price => "price_minor",
    };
    let catalogue = Catalogue { table: "product", select: SELECT };
    let asked = CatalogueQuery {
        search: query.search.as_ref(),
        shown: query.archived,
        sort: Some(sort),
        descending: query.descending,
        cursor: query.cursor.as_deref(),
        limit: query.limit,
    };
    catalogue.page(snapshot, book, &asked, |product: &Product| product.id)
}

/// How many products are in use.
///
/// # Errors
/// What SQLite says.
pub fn count(snapshot: &Snapshot, book: BookId) -> Result<i64> {
    snapshot.one(
        "SELECT count(*) FROM product WHERE book_id = :book AND archived_at IS NULL",
        named_params! { ":book": book },
        |row| row.get(0),
    )
}
