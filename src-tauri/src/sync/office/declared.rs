//! What the program declares, as head office takes it in: its nouns and what its commands may do, as JSON.

use crate::daybook::LOCAL_COLUMNS;
use crate::kernel::{AMOUNT_MAX, BusinessDate, Noun, NounKind, Result, Right, Rule};
use crate::store::{DeviceColumn, device_columns};
use serde_json::{Map, Value, json};

/// What the program declares, as head office takes it in.
pub(super) struct Declared {
    pub(super) nouns: String,
    pub(super) rights: String,
}

impl Declared {
    /// Nouns, parents first, and what each command may do. A noun's columns are those of the device's schema: what head office added for
    /// itself is none of them.
    pub(super) fn new(nouns: &[&Noun], rights: &[(&'static str, Right)]) -> Result<Declared> {
        let columns = device_columns()?;
        let noun_of = |noun: &&Noun| {
            let own = columns.get(noun.table).into_iter().flatten();
            let own = own.filter(|column| !["id", "book_id"].contains(&column.name.as_str()));
            let own: Vec<&DeviceColumn> = own.filter(|column| !LOCAL_COLUMNS.contains(&column.name.as_str())).collect();
            let defaults: Vec<&str> = own.iter().filter(|it| it.has_default).map(|it| it.name.as_str()).collect();
            let names: Vec<&str> = own.iter().map(|column| column.name.as_str()).collect();
            let owner = if let NounKind::Owned { by } = noun.kind { Some(by) } else { None };
            let letters = if let NounKind::Document { letters } = noun.kind { Some(letters) } else { None };
            let rules: Map<String, Value> =
                noun.rules.iter().map(|(column, rule)| ((*column).to_owned(), rule_of(*rule))).collect();
            json!({
                "table": noun.table, "kind": noun.kind.name(), "owner": owner, "letter": letters,
                "named_by": noun.named_by, "columns": names, "defaults": defaults,
                "rules": rules,
            })
        };
        let right_of = |(command, right): &(&str, Right)| {
            let operation = right.operation.name();
            json!({ "command": command, "table": right.table, "operation": operation, "columns": right.columns })
        };
        Ok(Declared {
            nouns: nouns.iter().map(noun_of).collect::<Value>().to_string(),
            rights: rights.iter().map(right_of).collect::<Value>().to_string(),
        })
    }
}

/// What a column may hold, as `write_rules` reads it.
fn rule_of(rule: Rule) -> Value {
    match rule {
        Rule::Line(chars) => json!({ "is": "line", "chars": chars }),
        Rule::Prose(chars) => json!({ "is": "prose", "chars": chars }),
        Rule::Email(chars) => json!({ "is": "email", "chars": chars }),
        Rule::Amount { least } => json!({ "is": "amount", "least": least, "most": AMOUNT_MAX }),
        Rule::Number { most } => json!({ "is": "amount", "least": 0, "most": most }),
        Rule::Flag => json!({ "is": "amount", "least": 0, "most": 1 }),
        Rule::Day => {
            let (first, last) = BusinessDate::bounds();
            json!({ "is": "day", "first": first, "last": last })
        }
        Rule::Word { about, of } => json!({ "is": "word", "about": about, "of": of() }),
        Rule::Reference => json!({ "is": "reference" }),
    }
}
