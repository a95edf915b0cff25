//! Customers: whom we sell to and collect from.

use super::CustomerId;
use super::page::{Catalogue, CatalogueQuery, Limit, Page, Search, Shown};
use crate::kernel::{Acting, BookId, Code, Edit, Fault, Instant, Line, Prose, Result, fold};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::{Row, ToSql, named_params};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;

/// A customer's name: one line.
pub type CustomerName = Line<120>;
/// A customer's code: one line.
pub type CustomerCode = Line<40>;
/// A phone number as people write it.
pub type Phone = Line<60>;
/// A street and house.
pub type Address = Line<200>;
/// A contact, city, region or country.
pub type Place = Line<80>;
/// A postal code: text, for 05432 is not 5432.
pub type PostalCode = Line<20>;
/// A note of several lines.
pub type Note = Prose<2000>;

/// An e-mail address: something, an at sign, something with a dot, no spaces. More can't be told without writing to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(Line<160>);

impl Email {
    /// Parses.
    ///
    /// # Errors
    /// `bad_email`, and those of a line.
    pub fn parse(text: &str) -> Result<Email> {
        let line = Line::parse(text)?;
        let sound = line.as_str().split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        });
        if !sound || line.as_str().contains(char::is_whitespace) {
            return Err(Fault::new(Code::BadEmail, "This is not an e-mail address."));
        }
        Ok(Email(line))
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Email::parse(&text).map_err(|fault| de::Error::custom(fault.spoken()))
    }
}

impl JsonSchema for Email {
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": 160 })
    }
    fn inline_schema() -> bool {
        true
    }
}

impl ToSql for Email {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Its code, if it has one.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
    /// Whom to speak to.
    pub contact: Option<String>,
    /// A phone number.
    pub phone: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// Street and house.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// When it was put away.
    pub archived_at: Option<Instant>,
    /// When it was added.
    pub created_at: Instant,
    /// What an edit must name as seen.
    pub row_version: i64,
}

/// A customer to be added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// Its id; made here when it isn't given.
    #[serde(default = "CustomerId::fresh")]
    pub customer_id: CustomerId,
    /// Its code, which no other customer of the book may have.
    #[serde(default)]
    pub code: Option<CustomerCode>,
    /// Its name.
    pub name: CustomerName,
    /// Whom to speak to.
    #[serde(default)]
    pub contact: Option<Place>,
    /// A phone number.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// An e-mail address.
    #[serde(default)]
    pub email: Option<Email>,
    /// Street and house.
    #[serde(default)]
    pub address: Option<Address>,
    /// City.
    #[serde(default)]
    pub city: Option<Place>,
    /// Region.
    #[serde(default)]
    pub region: Option<Place>,
    /// Postal code.
    #[serde(default)]
    pub postal_code: Option<PostalCode>,
    /// Country.
    #[serde(default)]
    pub country: Option<Place>,
    /// A note.
    #[serde(default)]
    pub note: Option<Note>,
}

/// A change of a customer. What is not given stays, null clears.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerEdit {
    /// Which.
    pub customer_id: CustomerId,
    /// The version that the person saw.
    pub row_version: i64,
    /// Its code.
    #[serde(default)]
    pub code: Edit<CustomerCode>,
    /// Its name.
    #[serde(default)]
    pub name: Option<CustomerName>,
    /// Whom to speak to.
    #[serde(default)]
    pub contact: Edit<Place>,
    /// A phone number.
    #[serde(default)]
    pub phone: Edit<Phone>,
    /// An e-mail address.
    #[serde(default)]
    pub email: Edit<Email>,
    /// Street and house.
    #[serde(default)]
    pub address: Edit<Address>,
    /// City.
    #[serde(default)]
    pub city: Edit<Place>,
    /// Region.
    #[serde(default)]
    pub region: Edit<Place>,
    /// Postal code.
    #[serde(default)]
    pub postal_code: Edit<PostalCode>,
    /// Country.
    #[serde(default)]
    pub country: Edit<Place>,
    /// A note.
    #[serde(default)]
    pub note: Edit<Note>,
}

fn yes() -> bool {
    true
}

/// A customer to be put away, or taken out again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerArchive {
    /// Which.
    pub customer_id: CustomerId,
    /// The version that the person saw.
    pub row_version: i64,
    /// False takes it out again.
    #[serde(default = "yes")]
    pub archived: bool,
}

/// Adds a customer.
///
/// # Errors
/// `code_taken`.
pub fn add(unit: &mut Unit, acting: &Acting, new: &NewCustomer) -> Result<Customer> {
    insert(unit, acting, new)?;
    find(unit, acting.book, new.customer_id)
}

/// Adds a customer without reading it back, for imports of many.
///
/// # Errors
/// As [`add`].
pub fn insert(unit: &mut Unit, acting: &Acting, new: &NewCustomer) -> Result<()> {
    if let Some(code) = &new.code {
        refuse_taken_code(unit, acting, code, new.customer_id)?;
    }
    let NewCustomer {
        customer_id,
        code,
        name,
        contact,
        phone,
        email,
        address,
        city,
        region,
        postal_code,
        country,
        note,
    } = new;
    unit.execute(
        "INSERT INTO customer (book_id, id, code, name, contact, phone, email, address, city, region,
                               postal_code, country, note, created_at, name_fold, search_text)
         VALUES (:book, :id, :code, :name, :contact, :phone, :email, :address, :city, :region,
                 :postal_code, :country, :note, :at, :name_fold, :search_text)",
        named_params! {
            ":book": acting.book, ":id": customer_id, ":code": code, ":name": name, ":contact": contact,
            ":phone": phone, ":email": email, ":address": address, ":city": city, ":region": region,
            ":postal_code": postal_code, ":country": country, ":note": note, ":at": acting.at,
            ":name_fold": fold(name.as_str()),
            ":search_text": search_text([
                Some(name.as_str()), text(code), text(contact), text(phone), text(city),
            ]),
        },
    )?;
    Ok(())
}

fn text<const MAX: usize>(line: &Option<Line<MAX>>) -> Option<&str> {
    line.as_ref().map(Line::as_str)
}

/// What a search looks through: name, code, contact, phone, city.
/// The columns that follow from a customer's others; `get` gives a column as text.
pub(super) fn local_text(get: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let parts = ["name", "code", "contact", "phone", "city"].map(get);
    vec![
        ("name_fold", fold(parts[0].as_deref().unwrap_or_default())),
        ("search_text", search_text(parts.each_ref().map(|part| part.as_deref()))),
    ]
}

fn search_text(parts: [Option<&str>; 5]) -> String {
    fold(&parts.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn refuse_taken_code(unit: &Unit, acting: &Acting, code: &CustomerCode, id: CustomerId) -> Result<()> {
    let taken: Option<String> = unit.maybe(
        "SELECT name FROM customer INDEXED BY customer_code_idx
         WHERE book_id = :book AND ifnull(code, '') = :code AND id <> :id",
        named_params! { ":book": acting.book, ":code": code, ":id": id },
        |row| row.get(0),
    )?;
    match taken {
        Some(name) => Err(Fault::new(Code::CodeTaken, format!("The code {code} belongs to “{name}”.")).at("code")),
        None => Ok(()),
    }
}

/// Changes a customer.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `code_taken`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &CustomerEdit) -> Result<Customer> {
    let before = find_seen(unit, acting.book, edit.customer_id, edit.row_version)?;
    if before.archived_at.is_some() {
        return Err(Fault::new(Code::Archived, "The customer is archived; take it out first."));
    }
    if let Edit::Set(code) = &edit.code {
        refuse_taken_code(unit, acting, code, before.id)?;
    }
    let shown = |edit: Option<&str>, changes: bool, before: Option<String>| {
        if changes { edit.map(str::to_owned) } else { before }
    };
    let (code_changes, code) = edit.code.parts();
    let (contact_changes, contact) = edit.contact.parts();
    let (phone_changes, phone) = edit.phone.parts();
    let (email_changes, email) = edit.email.parts();
    let (address_changes, address) = edit.address.parts();
    let (city_changes, city) = edit.city.parts();
    let (region_changes, region) = edit.region.parts();
    let (postal_code_changes, postal_code) = edit.postal_code.parts();
    let (country_changes, country) = edit.country.parts();
    let (note_changes, note) = edit.note.parts();
    let name = edit.name.as_ref().map_or(before.name.as_str(), Line::as_str);
    let parts = [
        Some(name.to_owned()),
        shown(code.map(Line::as_str), code_changes, before.code),
        shown(contact.map(Line::as_str), contact_changes, before.contact),
        shown(phone.map(Line::as_str), phone_changes, before.phone),
        shown(city.map(Line::as_str), city_changes, before.city),
    ];
    unit.execute(
        "UPDATE customer
         SET name = :name,
             code        = CASE WHEN :code_changes        THEN :code        ELSE code        END,
             contact     = CASE WHEN :contact_changes     THEN :contact     ELSE contact     END,
             phone       = CASE WHEN :phone_changes       THEN :phone       ELSE phone       END,
             email       = CASE WHEN :email_changes       THEN :email       ELSE email       END,
             address     = CASE WHEN :address_changes     THEN :address     ELSE address     END,
             city        = CASE WHEN :city_changes        THEN :city        ELSE city        END,
             region      = CASE WHEN :region_changes      THEN :region      ELSE region      END,
             postal_code = CASE WHEN :postal_code_changes THEN :postal_code ELSE postal_code END,
             country     = CASE WHEN :country_changes     THEN :country     ELSE country     END,
             note        = CASE WHEN :note_changes        THEN :note        ELSE note        END,
             name_fold = :name_fold,
             search_text = :search_text,
             row_version = row_version + 1
         WHERE book_id = :book AND id = :id",
        named_params! {
            ":name": name, ":code_changes": code_changes, ":code": code,
            ":contact_changes": contact_changes, ":contact": contact,
            ":phone_changes": phone_changes, ":phone": phone, ":email_changes": email_changes, ":email": email,
            ":address_changes": address_changes, ":address": address, ":city_changes": city_changes, ":city": city,
            ":region_changes": region_changes, ":region": region,
            ":postal_code_changes": postal_code_changes, ":postal_code": postal_code,
            ":country_changes": country_changes, ":country": country, ":note_changes": note_changes, ":note": note,
            ":name_fold": fold(name),
            ":search_text": search_text(parts.each_ref().map(|part| part.as_deref())),
            ":book": acting.book, ":id": before.id,
        },
    )?;
    find(unit, acting.book, before.id)
}

/// Puts a customer away, or takes it out again.
///
/// # Errors
/// `not_found`, `stale`.
pub fn archive(unit: &mut Unit, acting: &Acting, order: &CustomerArchive) -> Result<Customer> {
    let before = find_seen(unit, acting.book, order.customer_id, order.row_version)?;
    if before.archived_at.is_some() != order.archived {
        unit.execute(
            "UPDATE customer SET archived_at = :at, row_version = row_version + 1
             WHERE book_id = :book AND id = :id",
            named_params! {
                ":at": order.archived.then_some(acting.at), ":book": acting.book, ":id": order.customer_id,
            },
        )?;
    }
    find(unit, acting.book, order.customer_id)
}

/// Removes a customer that an import added and nobody touched since; answers whether it was removed.
///
/// # Errors
/// What SQLite says.
pub fn remove_untouched(unit: &mut Unit, acting: &Acting, id: CustomerId) -> Result<bool> {
    let removed = unit.execute(
        "DELETE FROM customer WHERE book_id = :book AND id = :id AND row_version = 1",
        named_params! { ":book": acting.book, ":id": id },
    )?;
    Ok(removed > 0)
}

fn find_seen(snapshot: &Snapshot, book: BookId, id: CustomerId, row_version: i64) -> Result<Customer> {
    let current = find(snapshot, book, id)?;
    if current.row_version != row_version {
        return Err(super::stale(&current));
    }
    Ok(current)
}

const SELECT: &str = "\
SELECT t.id, t.code, t.name, t.contact, t.phone, t.email, t.address, t.city, t.region, t.postal_code, t.country,
       t.note, t.archived_at, t.created_at, t.row_version
FROM customer t";

impl ReadRow for Customer {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Customer> {
        Ok(Customer {
            id: row.get("id")?,
            code: row.get("code")?,
            name: row.get("name")?,
            contact: row.get("contact")?,
            phone: row.get("phone")?,
            email: row.get("email")?,
            address: row.get("address")?,
            city: row.get("city")?,
            region: row.get("region")?,
            postal_code: row.get("postal_code")?,
            country: row.get("country")?,
            note: row.get("note")?,
            archived_at: row.get("archived_at")?,
            created_at: row.get("created_at")?,
            row_version: row.get("row_version")?,
        })
    }
}

/// One customer.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: CustomerId) -> Result<Customer> {
    snapshot
        .maybe(
            &format!("{SELECT} WHERE t.book_id = :book AND t.id = :id"),
            named_params! { ":book": book, ":id": id },
            Customer::read_row,
        )?
        .ok_or_else(|| Fault::new(Code::NotFound, "This customer is not in the book.").at("customer_id"))
}

/// How a list of customers is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerSort {
    /// By name.
    #[default]
    Name,
    /// By code.
    Code,
    /// The newest first.
    Newest,
}

/// Which customers a list shows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerQuery {
    /// Words in name, code, contact, phone or city.
    #[serde(default)]
    pub search: Option<Search>,
    /// Whether archived ones are shown.
    #[serde(default)]
    pub archived: Shown,
    /// The order.
    #[serde(default)]
    pub sort: CustomerSort,
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

/// Customers.
///
/// # Errors
/// `bad_cursor`.
pub fn list(snapshot: &Snapshot, book: BookId, query: &CustomerQuery) -> Result<Page<Customer>> {
    let (sort, descending) = match query.sort {
        CustomerSort::Name => (Some("name_fold"), query.descending),
        CustomerSort::Code => (Some("ifnull(code, '')"), query.descending),
        CustomerSort::Newest => (None, !query.descending),
    };
    let catalogue = Catalogue { table: "customer", select: SELECT };
    let asked = CatalogueQuery {
        search: query.search.as_ref(),
        shown: query.archived,
        sort,
        descending,
        cursor: query.cursor.as_deref(),
        limit: query.limit,
    };
    catalogue.page(snapshot, book, &asked, |customer: &Customer| customer.id)
}

/// How many customers are in use.
///
/// # Errors
/// What SQLite says.
pub fn count(snapshot: &Snapshot, book: BookId) -> Result<i64> {
    snapshot.one(
        "SELECT count(*) FROM customer WHERE book_id = :book AND archived_at IS NULL",
        named_params! { ":book": book },
        |row| row.get(0),
    )
}
