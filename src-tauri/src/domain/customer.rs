//! Customers: whom we sell to and collect from.

use super::CustomerId;
use super::book::Session;
use super::page::{Begins, CatalogueQuery, Limit, PlacedPage, Search, Shown};
use super::record::{self, Cells, FieldType, parsed_line, record};
use crate::kernel::{AMOUNT_MAX, Acting, BookId, Code, Edit, Fault, Instant, Line, Money, Prose, Result, Rule};
use crate::store::{Snapshot, Unit};
use rusqlite::types::{ToSql, ToSqlOutput};
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
/// A number with a tax authority.
pub type TaxNumber = Line<40>;
/// The name of a round.
pub type Route = Line<60>;

/// How much a customer may owe: not less than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditLimit(Money);

impl CreditLimit {
    /// Parses.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn parse(minor: Money) -> Result<CreditLimit> {
        minor.not_negative().map(CreditLimit)
    }
}

impl<'de> Deserialize<'de> for CreditLimit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        CreditLimit::parse(Money::deserialize(from)?).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for CreditLimit {
    fn schema_name() -> Cow<'static, str> {
        "CreditLimit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": AMOUNT_MAX, "description": "minor units" })
    }
    fn inline_schema() -> bool {
        true
    }
}

impl ToSql for CreditLimit {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FieldType for CreditLimit {
    type InRow = Money;
    const RULE: Rule = Rule::Amount { least: 0 };
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<CreditLimit>> {
        let minor = cells.money(field)?;
        minor.map(|minor| CreditLimit::parse(minor).map_err(|fault| fault.at(field))).transpose()
    }
}

/// A number of days, up to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(i64);

impl Days {
    /// The most.
    pub const MAX: i64 = 3_650;

    /// Parses; `out_of_range` past the bounds.
    pub fn new(days: i64) -> Result<Days> {
        if !(0..=Days::MAX).contains(&days) {
            let message = format!("A number of days lies between nothing and {}.", Days::MAX);
            return Err(Fault::new(Code::OutOfRange, message));
        }
        Ok(Days(days))
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Days::new(i64::deserialize(from)?).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for Days {
    fn schema_name() -> Cow<'static, str> {
        "Days".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": Days::MAX, "description": "days" })
    }
    fn inline_schema() -> bool {
        true
    }
}

impl ToSql for Days {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FieldType for Days {
    type InRow = i64;
    const RULE: Rule = Rule::Number { most: Days::MAX };
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<Days>> {
        record::parsed_line(cells, field, |text| {
            let days = text.trim().parse().map_err(|_| Fault::new(Code::OutOfRange, "This is no number of days."));
            days.and_then(Days::new)
        })
    }
}

/// An e-mail address: something, an at sign, something with a dot, no spaces. More can't be told without writing to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(Line<{ Email::CHARS_MAX }>);

impl Email {
    const CHARS_MAX: usize = 160;

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
        Email::parse(&text).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for Email {
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": Email::CHARS_MAX })
    }
    fn inline_schema() -> bool {
        true
    }
}

impl ToSql for Email {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FieldType for Email {
    type InRow = String;
    const RULE: Rule = Rule::Email(Email::CHARS_MAX);
    fn from_cells(cells: &dyn Cells, field: &str) -> Result<Option<Email>> {
        parsed_line(cells, field, Email::parse)
    }
}

record! {
    "customer", customer_id: CustomerId;
    row Customer "A customer." from "customer t" {
        /// When it was archived.
        archived_at: Option<Instant> = "t.archived_at",
        /// When it was added.
        created_at: Instant = "t.created_at",
    }
    new NewCustomer "A customer to be added.";
    edit CustomerEdit "A change of a customer. What is not given stays, null clears.";
    archive CustomerArchive "A customer to be archived, or unarchived.";
    fields {
        /// What the customer is called.
        name: required CustomerName, searched,
            imported("name", "companyname", "company", "customer", "customername");
        /// Its code, which no other customer of the book may have.
        code: optional CustomerCode, searched, unique("code"), imported(
            "code", "customerkey", "customercode", "key", "number", "no", "custno", "custnumber", "customerno",
            "customernumber", "customerid",
        );
        /// Whom to speak to.
        contact: optional Place, searched, imported("contact", "contactname", "contactperson");
        /// A phone number.
        phone: optional Phone, searched, phone, imported("phone", "telephone", "tel", "mobile", "phonenumber");
        /// An e-mail address.
        email: optional Email, imported("email", "mail", "emailaddress");
        /// Street and house.
        address: optional Address, imported("address", "street", "address1", "streetaddress");
        /// The town or village.
        city: optional Place, searched, imported("city", "town", "village");
        /// The county, district or state.
        region: optional Place, imported("region", "state", "province", "county", "district");
        /// Postal code, as text.
        postal_code: optional PostalCode, imported("postalcode", "zip", "zipcode", "postcode", "plz");
        /// The country, as people write it.
        country: optional Place, imported("country");
        /// Whatever else people want to know.
        note: optional Note, imported("note", "notes", "remark", "remarks", "comment");
        /// Its number with the tax authority.
        tax_number: optional TaxNumber, imported("taxnumber", "taxid", "vatnumber", "vatid", "pin", "gstin", "tin");
        /// What it may owe before an owner is asked; null where it may owe anything.
        credit_limit_minor: optional CreditLimit, imported("creditlimit", "limit");
        /// In how many days its bills are due; null where nothing was agreed.
        terms_days: optional Days, imported("termsdays", "terms", "paymentterms", "creditdays");
        /// The round that it is visited on.
        route: optional Route, searched, imported("route", "round", "tour");
    }
}

/// The id of the walk-in customer: whoever buys and gives no name. Every copy of a book has it under the same id.
pub fn walk_in(book: BookId) -> CustomerId {
    book.derive("customer:walk_in")
}

/// What the walk-in customer is called.
pub(super) const WALK_IN_NAME: &str = "Walk-in";

/// Nobody archives or renames the walk-in customer, or gives it credit.
fn refuse_walk_in(acting: &Acting, id: CustomerId, field: &'static str) -> Result<()> {
    if id == walk_in(acting.book) {
        return Err(
            Fault::new(Code::WalkIn, "The walk-in customer stays as it is: it is whoever gives no name.").at(field)
        );
    }
    Ok(())
}

impl NewCustomer {
    /// One of which nothing is known but a name.
    pub(super) fn named(customer_id: CustomerId, name: CustomerName) -> NewCustomer {
        NewCustomer {
            customer_id,
            name,
            code: None,
            contact: None,
            phone: None,
            email: None,
            address: None,
            city: None,
            region: None,
            postal_code: None,
            country: None,
            note: None,
            tax_number: None,
            credit_limit_minor: None,
            terms_days: None,
            route: None,
        }
    }
}

/// Whether there is a customer of that id.
///
/// # Errors
/// What SQLite says.
pub(super) fn is_there(snapshot: &Snapshot, book: BookId, id: CustomerId) -> Result<bool> {
    Ok(record::version(snapshot, &NOUN, book, id)?.is_some())
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
    record::insert::<Customer>(unit, acting, &new.customer_id, new.values())
}

/// Changes a customer.
///
/// # Errors
/// `not_found`, `stale`, `archived`, `code_taken`, `walk_in`.
pub fn edit(unit: &mut Unit, acting: &Acting, edit: &CustomerEdit) -> Result<Customer> {
    let before: Customer = record::find_seen(unit, acting.book, &edit.customer_id, edit.row_version)?;
    if before.archived_at.is_some() {
        return Err(record::archived::<Customer>());
    }
    if edit.name.is_some() || edit.credit_limit_minor != Edit::Keep || edit.terms_days != Edit::Keep {
        refuse_walk_in(acting, before.id, "customer_id")?;
    }
    record::update(unit, acting, &before, edit.changes())?;
    find(unit, acting.book, before.id)
}

/// Archives a customer, or unarchives it.
///
/// # Errors
/// `not_found`, `stale`, `walk_in`.
pub fn archive(unit: &mut Unit, acting: &Acting, order: &CustomerArchive) -> Result<Customer> {
    let before: Customer = record::find_seen(unit, acting.book, &order.customer_id, order.row_version)?;
    refuse_walk_in(acting, before.id, "customer_id")?;
    record::archive(unit, acting, &before, order.archived)?;
    find(unit, acting.book, before.id)
}

/// One customer.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, book: BookId, id: CustomerId) -> Result<Customer> {
    record::find(snapshot, book, &id)
}

/// Which customer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichCustomer {
    /// The customer that is meant.
    pub customer_id: CustomerId,
}

/// Shows one customer.
///
/// # Errors
/// `not_found`.
pub fn show(snapshot: &Snapshot, session: &Session, which: &WhichCustomer) -> Result<Customer> {
    find(snapshot, session.book.id, which.customer_id)
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
    /// Words in name, code, contact or city, and phone numbers by their digits.
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

/// Customers.
///
/// # Errors
/// `bad_cursor`; `out_of_range` where a list that isn't by name is to begin at a text.
pub fn list(snapshot: &Snapshot, session: &Session, query: &CustomerQuery) -> Result<PlacedPage<Customer>> {
    let (sort, descending) = match query.sort {
        CustomerSort::Name => (Some("name_fold"), query.descending),
        CustomerSort::Code => (Some("ifnull(code, '')"), query.descending),
        CustomerSort::Newest => (None, !query.descending),
    };
    let asked = CatalogueQuery {
        search: query.search.as_ref(),
        shown: query.archived,
        sort,
        descending,
        place: Begins::of(query.cursor.as_deref(), query.offset, query.from.as_ref())?,
        counted: query.count,
        limit: query.limit,
    };
    asked.page(snapshot, session.book.id)
}
