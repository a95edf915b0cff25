//! How the value of a conflict is written: as the noun's own commands write it, and by whom they let.

use super::decode::decode;
use super::rules::{ANYONE, OWNER};
use crate::domain::account::{self, Account};
use crate::domain::customer::{self, Customer};
use crate::domain::person::{self, Person, Role};
use crate::domain::product::{self, Product};
use crate::domain::record::{self, Record};
use crate::domain::tax::{self, Tax};
use crate::kernel::{Acting, Code, Fault, Noun, Result, Right};
use crate::store::Unit;
use crate::sync::Conflict;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How a column of a noun is written where a conflict is settled: as the noun's own commands write it.
struct Way {
    noun: &'static Noun,
    /// What commands call its id.
    key: &'static str,
    /// Who may edit it.
    roles: &'static [Role],
    edited: &'static [&'static str],
    edit: Verb,
    archive: Option<Verb>,
}

type Verb = fn(&mut Unit, &Acting, Value) -> Result<()>;

/// The nouns that people edit. What is in none of them can't be written on a device: custody is handed over, never settled.
const WAYS: &[Way] = &[
    way::<Customer>(
        ANYONE,
        customer::EDITED,
        |unit, acting, order| give(unit, acting, order, customer::edit),
        Some(|unit, acting, order| give(unit, acting, order, customer::archive)),
    ),
    way::<Product>(
        ANYONE,
        product::EDITED,
        |unit, acting, order| give(unit, acting, order, product::edit),
        Some(|unit, acting, order| give(unit, acting, order, product::archive)),
    ),
    way::<Tax>(
        OWNER,
        tax::EDITED,
        |unit, acting, order| give(unit, acting, order, tax::edit),
        Some(|unit, acting, order| give(unit, acting, order, tax::archive)),
    ),
    way::<Person>(
        OWNER,
        person::EDITED,
        |unit, acting, order| give(unit, acting, order, person::edit),
        Some(|unit, acting, order| give(unit, acting, order, person::archive)),
    ),
    way::<Account>(OWNER, account::EDITED, |unit, acting, order| give(unit, acting, order, account::edit), None),
];

const fn way<R: Record>(
    roles: &'static [Role],
    edited: &'static [&'static str],
    edit: Verb,
    archive: Option<Verb>,
) -> Way {
    Way { noun: R::NOUN, key: R::KEY, roles, edited, edit, archive }
}

fn give<I: DeserializeOwned, A>(
    unit: &mut Unit,
    acting: &Acting,
    order: Value,
    verb: fn(&mut Unit, &Acting, &I) -> Result<A>,
) -> Result<()> {
    verb(unit, acting, &decode(order)?).map(drop)
}

/// What settling a conflict may write.
pub(super) fn rights() -> Vec<Right> {
    let of = |way: &Way| {
        let archives = way.archive.map(|_| Right::update(way.noun.table, &["archived_at"]));
        [Some(Right::update(way.noun.table, way.edited)), archives].into_iter().flatten()
    };
    WAYS.iter().flat_map(of).collect()
}

/// Writes the value of the conflict's column as an edit of the record as it is now, by whoever may edit it.
///
/// # Errors
/// `not_allowed`, `not_found`; those of the noun's own edit and archive, which blame `value`.
pub(super) fn write_value(unit: &mut Unit, acting: &Acting, conflict: &Conflict, value: &Value) -> Result<()> {
    let cant = |message: String| Fault::new(Code::NotAllowed, message).at("choice");
    let column = conflict.column.as_deref().unwrap_or_default();
    let way = WAYS.iter().find(|way| way.noun.table == conflict.table);
    let verb = way.and_then(|way| match (column, way.archive) {
        ("archived_at", Some(archive)) => Some((way, archive)),
        _ => way.edited.contains(&column).then_some((way, way.edit)),
    });
    let Some((way, verb)) = verb else {
        return Err(cant("This can't be written on a device; keep what stands.".into()));
    };
    let person = person::find(unit, acting.book, acting.person)?;
    if !way.roles.contains(&person.role) {
        return Err(cant(format!("{} may not write this; keep what stands, or ask an owner.", person.name)));
    }
    let (field, value) = match column {
        "archived_at" => ("archived", json!(!value.is_null())),
        // Entries write a truth value as SQLite keeps it.
        _ if column.starts_with("is_") && value.is_i64() => (column, json!(*value == json!(1))),
        _ => (column, value.clone()),
    };
    let row_version = record::version(unit, way.noun, acting.book, conflict.record_id)?
        .ok_or_else(|| Fault::new(Code::NotFound, "What this is about is gone; keep what stands.").at("conflict_id"))?;
    verb(unit, acting, json!({ way.key: conflict.record_id, "row_version": row_version, field: value })).map_err(
        |fault| match fault.field.as_deref() {
            Some(blamed) if blamed == field => Fault { field: Some("value".into()), ..fault },
            Some(_) | None => fault,
        },
    )
}
