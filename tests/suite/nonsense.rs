//! Whatever is handed in, a command answers or refuses by code; it never fails by itself.

use crate::world::World;
use daybook::commands::{Envelope, table};
use daybook::kernel::Code;
use serde_json::{Value, json};

/// Values that no field expects, or not so many, so long, or so large.
fn values(other: &Value) -> Vec<Value> {
    let two_53 = 1i64 << 53;
    let mut values = vec![other.clone(), Value::Null, json!(true), json!(1.5), json!(1e300), json!([]), json!({})];
    values.extend([i64::MIN, i64::MAX, -1, 0, 1, two_53, two_53 - 1, 1 - two_53].map(|number| json!(number)));
    let texts = [
        "",
        " ",
        "x",
        "a\0b",
        "a\u{7}b",
        "a\u{202e}b",
        "א\u{200f}ב",
        "\u{200b}",
        "2026-02-30",
        "'; DROP TABLE book; --",
    ];
    values.extend(texts.map(|text| json!(text)));
    values.push(json!("01a20600-4a16-7279-bcd4-42ea4e1159d3"));
    values.push(json!("x".repeat(100_000)));
    values.push(json!(u64::MAX));
    values
}

#[test]
fn every_field_of_every_command_refuses_nonsense_by_code_and_the_books_hold() {
    let world = World::with_book();
    let values = values(&world.account("Of the first book", "cash", 1_000)["id"]);
    world.set_up("South route");
    let mut asked = 0;
    for command in table() {
        let unknown = world.refused(command.name, json!({ "no_such_field": 1 }));
        assert_ne!(unknown.code, Code::Internal, "{}: {}", command.name, unknown.chain());
        let described = command.describe();
        // An input is a shape of its own, which the schema names.
        let input = match described["input"]["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            Some(name) => &described["$defs"][name],
            None => &described["input"],
        };
        let Some(fields) = input["properties"].as_object() else { continue };
        for field in fields.keys().filter(|field| *field != "path") {
            for value in &values {
                // What is asked besides is of the right shape, so that one field at a time is met.
                let mut given: serde_json::Map<_, _> = fields
                    .iter()
                    .filter_map(|(name, schema)| Some((name.clone(), plausible(&world, name, &schema.to_string())?)))
                    .collect();
                given.insert(field.clone(), value.clone());
                asked += 1;
                if let Err(fault) = world.send(&Envelope::of(command.name, Value::Object(given))) {
                    let said = format!("{} {field}={value:.60}: {}", command.name, fault.chain());
                    assert_ne!(fault.code, Code::Internal, "{said}");
                    let of_shape = [Code::WrongType, Code::BadText, Code::TooLong, Code::BadId, Code::UnknownChoice];
                    assert!(fault.field.is_some() || !of_shape.contains(&fault.code), "{said}");
                }
            }
        }
    }
    assert!(asked > 2_000, "every field is met: {asked}");
    world.assert_holds();
}

/// A value of the field's shape, of nothing that is there; nothing for fields that need not be given.
fn plausible(world: &World, field: &str, schema: &str) -> Option<Value> {
    let text = uuid::Uuid::new_v4().simple().to_string();
    Some(match field {
        "path" => json!(world.folder.path().join("nonsense").join(text)),
        "kind" => json!("bank"),
        "currency" => json!("EUR"),
        "role" => json!("clerk"),
        "columns" => json!({ "name": "name" }),
        "key" => json!("nonsense"),
        "name" | "person_name" => json!(text[..8]),
        _ if schema.contains("uuid") && !schema.contains("null") => json!(uuid::Uuid::new_v4()),
        _ if schema.contains("integer") && !schema.contains("null") => json!(1),
        _ => return None,
    })
}
