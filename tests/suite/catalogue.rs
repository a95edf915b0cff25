//! Customers, products, taxes, people and settings: what is edited, archived, found, and kept apart by book.

use crate::world::{World, all_rows, rows};
use daybook::commands::Envelope;
use daybook::kernel::{Fault, Id, fold, kind};
use serde_json::{Value, json};

fn code(fault: &Fault) -> (&'static str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

fn with(mut input: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

/// Hands a command in for a book and a person, where they aren't null.
fn send_as(world: &World, book: &Value, person: &Value, command: &str, input: Value) -> daybook::kernel::Result<Value> {
    let envelope = json!({ "command": command, "book": book, "person": person, "input": input });
    world.send(&Envelope::parse(&envelope.to_string()).unwrap())
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

/// A noun that is listed, edited and archived.
struct Noun {
    name: &'static str,
    id: &'static str,
    code: &'static str,
    /// Fields that null clears, each with a value.
    optional: Value,
    sorts: &'static [&'static str],
}

fn nouns() -> [Noun; 2] {
    [
        Noun {
            name: "customer",
            id: "customer_id",
            code: "code",
            optional: json!({
                "code": "K-1", "contact": "Iñaki", "phone": "+34 600", "email": "ana@example.org", "address": "Calle 1",
                "city": "León", "region": "Castilla", "postal_code": "05432", "country": "España", "note": "Two\nlines",
            }),
            sorts: &["name", "code", "newest"],
        },
        Noun {
            name: "product",
            id: "product_id",
            code: "sku",
            optional: json!({ "sku": "A-1", "category": "Bebidas", "unit": "box of 24" }),
            sorts: &["name", "sku", "price"],
        },
    ]
}

impl Noun {
    fn command(&self, verb: &str) -> String {
        format!("{}_{verb}", self.name)
    }

    fn named(&self, name: &str) -> Value {
        match self.name {
            "product" => json!({ "name": name, "price_minor": 100 }),
            _ => json!({ "name": name }),
        }
    }

    fn add(&self, world: &World, name: &str, more: Value) -> Value {
        world.ask(&self.command("add"), with(self.named(name), more))
    }

    fn seen(&self, row: &Value) -> Value {
        json!({ self.id: row["id"], "row_version": row["row_version"] })
    }

    fn archive(&self, world: &World, row: &Value, archived: bool) -> Value {
        world.ask(&self.command("archive"), with(self.seen(row), json!({ "archived": archived })))
    }

    fn list(&self, world: &World, query: Value) -> Vec<Value> {
        all_rows(world, &self.command("list"), query)
    }

    fn page(&self, world: &World, query: Value) -> Value {
        world.ask(&self.command("list"), query)
    }
}

#[test]
fn what_is_not_given_stays_and_null_clears() {
    let world = World::with_book();
    for noun in nouns() {
        let added = noun.add(&world, "  Café Sol ", noun.optional.clone());
        assert_eq!((&added["name"], &added["row_version"]), (&json!("Café Sol"), &json!(1)));
        let mut row = world.ask(&noun.command("edit"), with(noun.seen(&added), json!({ "name": "Café Luna" })));
        let expected = with(added.clone(), json!({ "name": "Café Luna", "row_version": 2 }));
        assert_eq!(row, expected, "all else stays");
        for (field, value) in noun.optional.as_object().unwrap() {
            let cleared = world.ask(&noun.command("edit"), with(noun.seen(&row), json!({ field: null })));
            let version = row["row_version"].as_i64().unwrap() + 1;
            assert_eq!(
                cleared,
                with(row.clone(), json!({ field: null, "row_version": version })),
                "{field} is cleared"
            );
            let set = world.ask(&noun.command("edit"), with(noun.seen(&cleared), json!({ field: value })));
            assert_eq!(set, with(row.clone(), json!({ "row_version": version + 1 })), "{field} is set again");
            row = set;
        }
        assert_eq!(noun.list(&world, json!({})), [row]);
    }
    world.assert_holds();
}

#[test]
fn who_saw_an_old_version_is_shown_the_current_one() {
    let world = World::with_book();
    for noun in nouns() {
        let added = noun.add(&world, "Ana", json!({}));
        let current = world.ask(&noun.command("edit"), with(noun.seen(&added), json!({ "name": "Bea" })));
        let entries = world.entries();
        let refused = world.refused(&noun.command("edit"), with(noun.seen(&added), json!({ "name": "Carla" })));
        assert_eq!(refused.code.name(), "stale");
        assert_eq!(refused.details.unwrap()["current"], current);
        let refused = world.refused(&noun.command("archive"), noun.seen(&added));
        assert_eq!((refused.code.name(), &refused.details.unwrap()["current"]), ("stale", &current));
        let of_nobody = json!({ noun.id: "01900000-0000-7000-8000-000000000000", "row_version": 1, "name": "X" });
        assert_eq!(code(&world.refused(&noun.command("edit"), of_nobody)), ("not_found", noun.id));
        assert_eq!(world.entries(), entries);
    }
}

#[test]
fn a_code_belongs_to_one_even_while_it_is_archived() {
    let world = World::with_book();
    for noun in nouns() {
        let first = noun.add(&world, "First", json!({ noun.code: "X-1" }));
        let second = noun.add(&world, "Second", json!({ noun.code: "x-1" }));
        let taken = |input: Value, verb: &str| {
            let refused = world.refused(&noun.command(verb), input);
            assert_eq!(code(&refused), ("code_taken", noun.code));
            assert!(refused.message.contains("First"), "{}", refused.message);
        };
        taken(with(noun.named("Third"), json!({ noun.code: " X-1 " })), "add");
        taken(with(noun.seen(&second), json!({ noun.code: "X-1" })), "edit");
        let first = noun.archive(&world, &first, true);
        taken(with(noun.named("Third"), json!({ noun.code: "X-1" })), "add");
        let first = noun.archive(&world, &first, false);
        let first = world.ask(&noun.command("edit"), with(noun.seen(&first), json!({ noun.code: "X-1" })));
        world.ask(&noun.command("edit"), with(noun.seen(&first), json!({ noun.code: null })));
        noun.add(&world, "Third", json!({ noun.code: "X-1" }));
        noun.add(&world, "No code", json!({}));
        noun.add(&world, "No code either", json!({}));
    }
}

#[test]
fn what_is_archived_is_not_edited_until_it_is_unarchived() {
    let world = World::with_book();
    for noun in nouns() {
        let row = noun.add(&world, "Ana", json!({}));
        let away = noun.archive(&world, &row, true);
        assert!(away["archived_at"].is_number());
        let entries = world.entries();
        assert_eq!(noun.archive(&world, &away, true), away, "it is archived already");
        assert_eq!(world.entries(), entries);
        let refused = world.refused(&noun.command("edit"), with(noun.seen(&away), json!({ "name": "Bea" })));
        assert_eq!(refused.code.name(), "archived");
        assert!(noun.list(&world, json!({})).is_empty());
        assert_eq!(noun.list(&world, json!({ "archived": "only" })), std::slice::from_ref(&away));
        let back = noun.archive(&world, &away, false);
        assert_eq!(back["archived_at"], Value::Null);
        let edited = world.ask(&noun.command("edit"), with(noun.seen(&back), json!({ "name": "Bea" })));
        assert_eq!(edited["name"], "Bea");
    }
}

#[test]
fn a_name_is_found_as_people_type_it_and_sorted_where_they_look_for_it() {
    let world = World::with_book();
    let all = [
        "Ana",
        "Þór",
        "Łukasz",
        "Søren",
        "Straße",
        "Đặng Thị Hường",
        "İpek",
        "ısparta",
        "Ægir",
        "Οδυσσεύς",
        "Ёлкин",
        "שָׁלוֹם",
        "مُحَمَّد",
        "أحمد",
        "ｶﾞｽ",
        "カス",
        "का",
        "की",
        "นํ้า",
        "தீ",
        "தி",
        "김철수",
        "王伟",
        "soft\u{ad}hyphen",
        "O’Brien",
        "Zoë",
    ];
    for noun in nouns() {
        for name in all {
            noun.add(&world, name, json!({}));
        }
        let found = |search: &str| {
            let rows = noun.list(&world, json!({ "search": search }));
            names(&rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        for (typed, name) in [
            ("lukasz", "Łukasz"),
            ("soren", "Søren"),
            ("SØREN", "Søren"),
            ("strasse", "Straße"),
            ("straß", "Straße"),
            ("dang thi huong", "Đặng Thị Hường"),
            ("ipek", "İpek"),
            ("IPEK", "İpek"),
            ("isparta", "ısparta"),
            ("thor", "Þór"),
            ("aegir", "Ægir"),
            ("οδυσσευσ", "Οδυσσεύς"),
            ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"),
            ("елкин", "Ёлкин"),
            ("שלום", "שָׁלוֹם"),
            ("محمد", "مُحَمَّد"),
            ("مـحمد", "مُحَمَّد"),
            ("احمد", "أحمد"),
            ("ガス", "ｶﾞｽ"),
            ("カス", "カス"),
            ("का", "का"),
            ("की", "की"),
            ("தி", "தி"),
            ("தீ", "தீ"),
            ("철수", "김철수"),
            ("伟", "王伟"),
            ("softhyphen", "soft\u{ad}hyphen"),
            ("so\u{200b}ft", "soft\u{ad}hyphen"),
            ("o'brien", "O’Brien"),
            ("zoe", "Zoë"),
            ("ＺＯＥ", "Zoë"),
        ] {
            assert_eq!(found(typed), [name], "{typed}");
        }
        let sorted: Vec<String> =
            found("").into_iter().filter(|name| name.chars().next().is_some_and(|it| it < '\u{200}')).collect();
        let expected =
            ["Ægir", "Ana", "Đặng", "İpek", "ısparta", "Łukasz", "O’Brien", "soft", "Søren", "Straße", "Þór", "Zoë"];
        assert_eq!(sorted.len(), expected.len(), "{sorted:?}");
        assert!(sorted.iter().zip(expected).all(|(name, begins)| name.starts_with(begins)), "{sorted:?}");
    }
}

#[test]
fn a_phone_number_is_found_by_its_digits() {
    let world = World::with_book();
    let written = ["0712345678", "0712 345 678", "(0712) 345-678", "+254 712 345678", "00254712345678", "712345678"];
    for (place, phone) in written.iter().enumerate() {
        world.ask("customer_add", json!({ "name": format!("Anna {place}"), "phone": phone }));
    }
    world.ask("customer_add", json!({ "name": "Ben", "phone": "0712345679", "code": "712 345" }));
    let found =
        |search: &str| world.ask("customer_list", json!({ "search": search }))["rows"].as_array().unwrap().len();
    for typed in written.into_iter().chain(["٠٧١٢٣٤٥٦٧٨", "0712/345678", "anna 0712.345.678", "345678"]) {
        assert_eq!(found(typed), written.len(), "{typed}");
    }
    for (typed, count) in
        [("0712345679", 1), ("+254712345679", 1), ("071234567", 7), ("712 345", 7), ("0712 345 678 ben", 0)]
    {
        assert_eq!(found(typed), count, "{typed}");
    }
    let anna = world.ask("customer_list", json!({ "search": "anna 0" }))["rows"][0].clone();
    let edit = json!({ "customer_id": anna["id"], "row_version": anna["row_version"], "phone": "030/1234567" });
    world.ask("customer_edit", edit);
    assert_eq!((found("0712345678"), found("+49 30 1234567"), found("0301234567")), (5, 1, 1));
    world.assert_holds();
}

#[test]
fn a_search_takes_its_words_in_any_order_and_without_accents() {
    let world = World::with_book();
    for noun in nouns() {
        noun.add(&world, "Panadería Ñandú de León", json!({ noun.code: "PÑ-100%" }));
        noun.add(&world, "Panaderia León", json!({}));
        noun.add(&world, "Łódź Straße_7", json!({}));
        let found = |search: &str| {
            let rows = noun.list(&world, json!({ "search": search }));
            names(&rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        for search in ["leon panaderia", "PANADERÍA león", "  león   PAN ", "pan leo aderia"] {
            assert_eq!(found(search), ["Panaderia León", "Panadería Ñandú de León"], "{search}");
        }
        assert_eq!(found("nandu pan"), ["Panadería Ñandú de León"]);
        assert_eq!(found("pn-100%"), ["Panadería Ñandú de León"], "by its code");
        assert_eq!(found("_7"), ["Łódź Straße_7"]);
        assert!(found("%").len() == 1 && found("leon bilbao").is_empty() && found("%%").is_empty());
        assert_eq!(found("   ").len(), 3, "nothing is searched for");
    }
}

#[test]
fn every_order_and_filter_gives_all_rows_once_in_any_pages() {
    let world = World::with_book();
    for noun in nouns() {
        let mut ids = [Vec::new(), Vec::new()];
        for turn in 0..23 {
            // Equal names, prices and missing codes stand beside each other.
            let mut more =
                if turn % 3 == 0 { json!({ noun.code: format!("C{:02}", turn * 7 % 23) }) } else { json!({}) };
            if noun.name == "product" {
                more["price_minor"] = json!(turn % 4);
            }
            let row = noun.add(&world, ["Ágata", "agata", "Beta", "Zoë"][turn % 4], more);
            let archived = turn % 5 == 0;
            if archived {
                noun.archive(&world, &row, true);
            }
            ids[usize::from(archived)].push(row["id"].as_str().unwrap().to_owned());
        }
        let [used, away] = ids;
        let both: Vec<String> = used.iter().chain(&away).cloned().collect();
        for sort in noun.sorts {
            for (archived, expected) in [("no", &used), ("only", &away), ("all", &both)] {
                let query = json!({ "sort": sort, "archived": archived });
                let whole = noun.list(&world, with(query.clone(), json!({ "limit": 200 })));
                let mut listed: Vec<String> = whole.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
                match *sort {
                    "newest" => assert!(listed.is_sorted_by(|a, b| a > b), "the newest first"),
                    "price" => assert!(whole.is_sorted_by_key(|row| row["price_minor"].as_i64())),
                    "name" => assert!(
                        whole.is_sorted_by_key(|row| row["name"].as_str().unwrap().to_lowercase().replace('á', "a"))
                    ),
                    _ => assert!(whole.is_sorted_by_key(|row| row[noun.code].as_str().unwrap_or_default().to_owned())),
                }
                listed.sort();
                let mut expected = expected.clone();
                expected.sort();
                assert_eq!(listed, expected, "{query}");
                for descending in [false, true] {
                    let mut ordered = whole.clone();
                    if descending {
                        ordered.reverse();
                    }
                    for limit in [1, 2, 7, 23] {
                        let query = with(query.clone(), json!({ "descending": descending, "limit": limit }));
                        assert_eq!(noun.list(&world, query.clone()), ordered, "{query}");
                    }
                    let query = with(query.clone(), json!({ "descending": descending, "limit": 7, "count": true }));
                    for offset in [0, 5, ordered.len(), ordered.len() + 9] {
                        let page = noun.page(&world, with(query.clone(), json!({ "offset": offset })));
                        let slice: Vec<Value> = ordered.iter().skip(offset).take(7).cloned().collect();
                        assert_eq!(page["rows"], json!(slice), "{query}, from {offset}");
                        assert_eq!(page["total"], ordered.len());
                        // Reading on from there is by cursor, as from everywhere.
                        if let Some(cursor) = page["next_cursor"].as_str() {
                            let next = noun.page(&world, with(query.clone(), json!({ "cursor": cursor })));
                            let slice: Vec<Value> = ordered.iter().skip(offset + 7).take(7).cloned().collect();
                            assert_eq!(next["rows"], json!(slice));
                            assert_eq!(next["offset"], Value::Null);
                        }
                    }
                    if *sort == "name" {
                        for from in ["", "á", "B", "Bz", "Z", "zz"] {
                            let first = |row: &Value| {
                                let name = fold(row["name"].as_str().unwrap());
                                let begins = name.starts_with(&fold(from));
                                begins || if descending { name < fold(from) } else { name > fold(from) }
                            };
                            let place = ordered.iter().position(first).unwrap_or(ordered.len());
                            let page = noun.page(&world, with(query.clone(), json!({ "from": from })));
                            assert_eq!(page["offset"], place, "{query}, from {from}");
                            let slice: Vec<Value> = ordered.iter().skip(place).take(7).cloned().collect();
                            assert_eq!(page["rows"], json!(slice), "{query}, from {from}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn rows_added_between_two_pages_neither_hide_nor_repeat_others() {
    let world = World::with_book();
    for noun in nouns() {
        for turn in 0..9 {
            noun.add(&world, &format!("Name {}", turn * 10), json!({}));
        }
        let mut query = json!({ "limit": 2 });
        let mut seen = Vec::new();
        for turn in 0.. {
            let page = world.ask(&noun.command("list"), query.clone());
            seen.extend(rows(&page).iter().map(|row| row["name"].as_str().unwrap().to_owned()));
            noun.add(&world, &format!("Name {turn}5"), json!({}));
            noun.add(&world, "A first one", json!({}));
            match &page["next_cursor"] {
                Value::Null => break,
                cursor => query["cursor"] = cursor.clone(),
            }
        }
        assert!(seen.is_sorted_by(|a, b| a < b), "none twice: {seen:?}");
        assert!((0..9).all(|turn| seen.contains(&format!("Name {}", turn * 10))), "none lost: {seen:?}");
    }
}

#[test]
fn a_cursor_serves_only_the_list_that_gave_it() {
    let world = World::with_book();
    for noun in nouns() {
        for turn in 0..4 {
            noun.add(&world, &format!("Name {turn}"), json!({}));
        }
        let list = noun.command("list");
        let cursor = world.ask(&list, json!({ "limit": 2 }))["next_cursor"].clone();
        for other in [
            json!({ "sort": noun.sorts[1] }),
            json!({ "descending": true }),
            json!({ "archived": "all" }),
            json!({ "search": "name" }),
        ] {
            let refused = world.refused(&list, with(other, json!({ "cursor": cursor })));
            assert_eq!(code(&refused), ("bad_cursor", "cursor"));
        }
        let other = if noun.name == "customer" { "product_list" } else { "customer_list" };
        assert_eq!(code(&world.refused(other, json!({ "cursor": cursor }))), ("bad_cursor", "cursor"));
        for broken in ["", "x", "AAAA", "💶", "e30", &"A".repeat(5_000)] {
            assert_eq!(code(&world.refused(&list, json!({ "cursor": broken }))), ("bad_cursor", "cursor"));
        }
        for limit in [0, -1, 201] {
            assert_eq!(code(&world.refused(&list, json!({ "limit": limit }))), ("out_of_range", "limit"));
        }
        assert_eq!(rows(&world.ask(&list, json!({ "cursor": cursor, "limit": 200 }))).len(), 2);
    }
}

#[test]
fn a_tax_is_from_nothing_to_the_whole_and_has_its_own_name() {
    let world = World::with_book();
    for rate in [0, 1, 75_000, 1_000_000] {
        let tax = world.ask("tax_add", json!({ "name": format!("Tax {rate}"), "rate_ppm": rate }));
        assert_eq!(tax["rate_ppm"], rate);
    }
    for rate in [json!(-1), json!(1_000_001), json!(i64::MAX)] {
        let refused = world.refused("tax_add", json!({ "name": "Wrong", "rate_ppm": rate }));
        assert_eq!(code(&refused), ("out_of_range", "rate_ppm"));
    }
    assert_eq!(
        code(&world.refused("tax_add", json!({ "name": "Wrong", "rate_ppm": 7.5 }))),
        ("wrong_type", "rate_ppm")
    );
    assert_eq!(
        code(&world.refused("tax_add", json!({ "name": "TAX  0\u{200b}", "rate_ppm": 1 }))),
        ("name_taken", "name")
    );
    assert_eq!(names(&all_rows(&world, "tax_list", json!({}))), ["Tax 0", "Tax 1", "Tax 1000000", "Tax 75000"]);
}

#[test]
fn a_product_carries_a_tax_of_its_own_book_alone() {
    let world = World::with_book();
    let foreign = world.ask("tax_add", json!({ "name": "IVA", "rate_ppm": 210_000 }));
    world.set_up("South route");
    let own = world.ask("tax_add", json!({ "name": "IVA", "rate_ppm": 100_000 }));
    let new = |tax: &Value| json!({ "name": "Ice", "price_minor": 100, "tax_id": tax["id"] });
    assert_eq!(code(&world.refused("product_add", new(&foreign))), ("not_found", "tax_id"));
    let product = world.ask("product_add", new(&own));
    assert_eq!((&product["tax_id"], &product["tax_name"]), (&own["id"], &json!("IVA")));
    let edit = |tax: &Value| json!({ "product_id": product["id"], "row_version": 1, "tax_id": tax });
    assert_eq!(code(&world.refused("product_edit", edit(&foreign["id"]))), ("not_found", "tax_id"));
    let cleared = world.ask("product_edit", edit(&Value::Null));
    assert_eq!((&cleared["tax_id"], &cleared["tax_name"]), (&Value::Null, &Value::Null));
    let negative = json!({ "product_id": product["id"], "row_version": 2, "price_minor": -1 });
    assert_eq!(code(&world.refused("product_edit", negative)), ("out_of_range", "price_minor"));
    assert_eq!(
        code(&world.refused("product_add", json!({ "name": "Ice", "price_minor": -1 }))),
        ("out_of_range", "price_minor")
    );
}

/// A tax as its own commands are told of it.
fn tax_seen(tax: &Value, more: Value) -> Value {
    with(json!({ "tax_id": tax["id"], "row_version": tax["row_version"] }), more)
}

fn person_seen(person: &Value, more: Value) -> Value {
    with(json!({ "person_id": person["id"], "row_version": person["row_version"] }), more)
}

#[test]
fn a_tax_is_edited_and_archived_like_any_other_record() {
    let world = World::with_book();
    let vat = world.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 190_000 }));
    let other = world.ask("tax_add", json!({ "name": "Útil", "rate_ppm": 1 }));
    let edited = world.ask("tax_edit", tax_seen(&vat, json!({ "name": "USt", "rate_ppm": 200_000 })));
    assert_eq!(edited, with(vat.clone(), json!({ "name": "USt", "rate_ppm": 200_000, "row_version": 2 })));
    let edited = world.ask("tax_edit", tax_seen(&edited, json!({ "rate_ppm": 210_000 })));
    assert_eq!((&edited["name"], &edited["rate_ppm"]), (&json!("USt"), &json!(210_000)), "what is not given stays");
    assert_eq!(
        world.ask("tax_edit", tax_seen(&other, json!({ "name": "útil" })))["name"],
        "útil",
        "its own name is free"
    );
    let entries = world.entries();
    for (command, input, expected) in [
        ("tax_edit", tax_seen(&edited, json!({ "name": "U\u{301}TIL" })), ("name_taken", "name")),
        ("tax_edit", tax_seen(&edited, json!({ "rate_ppm": 1_000_001 })), ("out_of_range", "rate_ppm")),
        ("tax_edit", tax_seen(&vat, json!({ "name": "Old" })), ("stale", "")),
        ("tax_archive", tax_seen(&vat, json!({})), ("stale", "")),
    ] {
        let refused = world.refused(command, input.clone());
        assert_eq!(code(&refused), expected, "{input}");
        if expected.0 == "stale" {
            assert_eq!(refused.details.unwrap()["current"], edited);
        }
    }
    assert_eq!(world.entries(), entries);
    let away = world.ask("tax_archive", tax_seen(&edited, json!({})));
    assert!(away["archived_at"].is_number());
    assert_eq!(code(&world.refused("tax_edit", tax_seen(&away, json!({ "rate_ppm": 1 })))), ("archived", ""));
    let listed = |archived: &str| names_of(&all_rows(&world, "tax_list", json!({ "archived": archived })));
    assert_eq!(
        (listed("no"), listed("only"), listed("all")),
        (vec!["útil".into()], vec!["USt".into()], vec!["USt".into(), "útil".into()])
    );
    assert_eq!(names(&all_rows(&world, "tax_list", json!({}))), ["útil"]);
    let back = world.ask("tax_archive", tax_seen(&away, json!({ "archived": false })));
    assert_eq!(back, with(edited, json!({ "row_version": 5 })));
    world.assert_holds();
}

fn names_of(rows: &[Value]) -> Vec<String> {
    names(rows).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_product_keeps_a_tax_that_was_archived_and_takes_no_other_that_is() {
    let world = World::with_book();
    let [old, new] = ["Old", "New"].map(|name| world.ask("tax_add", json!({ "name": name, "rate_ppm": 1 })));
    let order = |name: &str, tax: &Value| json!({ "name": name, "price_minor": 100, "tax_id": tax["id"] });
    let chai = world.ask("product_add", order("Chai", &old));
    let ice = world.ask("product_add", order("Ice", &new));
    world.ask("tax_archive", tax_seen(&old, json!({})));
    let edit = |product: &Value, more: Value| {
        with(json!({ "product_id": product["id"], "row_version": product["row_version"] }), more)
    };
    let kept = world.ask("product_edit", edit(&chai, json!({ "name": "Chai tea", "tax_id": old["id"] })));
    assert_eq!((&kept["name"], &kept["tax_name"]), (&json!("Chai tea"), &json!("Old")));
    let refused = world.refused("product_edit", edit(&ice, json!({ "tax_id": old["id"] })));
    assert_eq!(code(&refused), ("archived", "tax_id"));
    assert_eq!(code(&world.refused("product_add", order("Tea", &old))), ("archived", "tax_id"));
    let changed = world.ask("product_edit", edit(&kept, json!({ "tax_id": new["id"] })));
    assert_eq!(
        code(&world.refused("product_edit", edit(&changed, json!({ "tax_id": old["id"] })))),
        ("archived", "tax_id")
    );
    world.assert_holds();
}

#[test]
fn people_are_edited_and_archived_and_an_owner_remains() {
    let world = World::with_book();
    let ana = world.ask("status", json!({}))["person"].clone();
    let bea = world.ask("person_add", json!({ "name": "Bea", "role": "clerk" }));
    let last = |command: &str, more: Value, field: &str| {
        let entries = world.entries();
        assert_eq!(code(&world.refused(command, person_seen(&ana, more))), ("last_owner", field), "{command}");
        assert_eq!(world.entries(), entries);
    };
    last("person_edit", json!({ "role": "clerk" }), "role");
    last("person_archive", json!({}), "");
    assert_eq!(
        code(&world.refused("person_edit", person_seen(&bea, json!({ "name": "ANA" })))),
        ("name_taken", "name")
    );
    let edited = world.ask("person_edit", person_seen(&bea, json!({ "name": "Beatriz", "role": "owner" })));
    assert_eq!(edited, with(bea.clone(), json!({ "name": "Beatriz", "role": "owner", "row_version": 2 })));
    for command in ["person_edit", "person_archive"] {
        let refused = world.refused(command, person_seen(&bea, json!({})));
        assert_eq!((refused.code.name(), &refused.details.unwrap()["current"]), ("stale", &edited));
    }
    // Of two owners one may go, and then not the other, who is the last that is not archived.
    let away = world.ask("person_archive", person_seen(&edited, json!({})));
    assert!(away["archived_at"].is_number());
    assert_eq!(code(&world.refused("person_edit", person_seen(&away, json!({ "name": "B" })))), ("archived", ""));
    last("person_archive", json!({}), "");
    last("person_edit", json!({ "role": "clerk" }), "role");
    assert_eq!(
        code(&world.refused("person_add", json!({ "name": "beatriz", "role": "clerk" }))),
        ("name_taken", "name")
    );
    let listed = |archived: &str| names_of(&all_rows(&world, "person_list", json!({ "archived": archived })));
    assert_eq!((listed("no"), listed("only"), listed("all").len()), (vec!["Ana".into()], vec!["Beatriz".into()], 2));
    let back = world.ask("person_archive", person_seen(&away, json!({ "archived": false })));
    assert_eq!(back, with(edited, json!({ "row_version": 4 })));
    let now_a_clerk = world.ask("person_edit", person_seen(&ana, json!({ "role": "clerk" })));
    assert_eq!(now_a_clerk["role"], "clerk");
    assert_eq!(
        world.refused("person_edit", person_seen(&now_a_clerk, json!({ "role": "owner" }))).code.name(),
        "not_allowed"
    );
    world.assert_holds();
}

#[test]
fn who_is_archived_acts_no_more_until_unarchived() {
    let world = World::with_book();
    let ana = world.ask("status", json!({}))["person"].clone();
    let bea = world.ask("person_add", json!({ "name": "Bea", "role": "clerk" }));
    world.ask("person_select", json!({ "person_id": bea["id"] }));
    let by_ana = |command: &str, input: Value| send_as(&world, &Value::Null, &ana["id"], command, input);
    let away = by_ana("person_archive", person_seen(&bea, json!({}))).unwrap();
    let status = world.ask("status", json!({}));
    assert_eq!((&status["person"], names(status["persons"].as_array().unwrap())), (&Value::Null, vec!["Ana"]));
    let order = json!({ "name": "Dora" });
    assert_eq!(code(&world.refused("customer_add", order.clone())), ("no_person", ""));
    let refused = world.refused("person_select", json!({ "person_id": bea["id"] }));
    assert_eq!(code(&refused), ("archived", "person_id"));
    let refused = send_as(&world, &Value::Null, &bea["id"], "customer_add", order.clone()).unwrap_err();
    assert_eq!(code(&refused), ("archived", "person"));
    assert!(refused.message.contains("Bea"), "{}", refused.message);
    let history = world.ask("history_list", json!({}));
    assert!(rows(&history).iter().all(|entry| entry["person_name"] == "Ana"), "{history}");
    by_ana("person_archive", person_seen(&away, json!({ "archived": false }))).unwrap();
    world.ask("customer_add", order);
    assert_eq!(world.ask("status", json!({}))["person"]["name"], "Bea", "the choice held");
    world.assert_holds();
}

/// An edit that lost, as sync would have written it down.
fn lost_edit(world: &World, table: &str, record: &Value, column: &str, mine: &Value) -> Value {
    let (book, id) = (world.ask("status", json!({}))["book"]["id"].clone(), Id::<kind::Record>::fresh());
    let bytes = |id: &Value| format!("x'{}'", id.as_str().expect("an id").replace('-', ""));
    world.behind_its_back(&format!(
        "INSERT INTO sync_conflict (book_id, id, table_name, record_id, column_name, mine, mine_at, theirs, created_at)
         VALUES ({}, {}, '{table}', {}, '{column}', '{mine}', 0, 'null', 0)",
        bytes(&book),
        bytes(&json!(id)),
        bytes(&record["id"]),
    ));
    json!({ "conflict_id": id, "choice": "mine" })
}

#[test]
fn a_conflict_is_settled_as_the_nouns_own_commands_write_and_by_whom_they_let() {
    let world = World::with_book();
    let ana = world.ask("status", json!({}))["person"].clone();
    let clerk = world.ask("person_add", json!({ "name": "Bea", "role": "clerk" }));
    let tax = world.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 1 }));
    let customer = world.ask("customer_add", json!({ "name": "Dora" }));
    let product = world.ask("product_add", json!({ "name": "Chai", "price_minor": 1 }));
    let account = world.account("Till", "cash", 0);
    world.ask("person_select", json!({ "person_id": clerk["id"] }));
    let now = |command: &str, record: &Value, column: &str| {
        let list = world.ask(command, json!({ if command == "account_list" { "closed" } else { "archived" }: "all" }));
        rows(&list).iter().find(|row| row["id"] == record["id"]).unwrap()[column].clone()
    };
    for (table, list, record, column, mine, owners_alone) in [
        ("customer", "customer_list", &customer, "phone", json!("07"), false),
        ("customer", "customer_list", &customer, "archived_at", json!(5), false),
        ("customer", "customer_list", &customer, "archived_at", json!(null), false),
        ("product", "product_list", &product, "price_minor", json!(7), false),
        ("product", "product_list", &product, "archived_at", json!(5), false),
        ("tax", "tax_list", &tax, "rate_ppm", json!(9), true),
        ("tax", "tax_list", &tax, "archived_at", json!(5), true),
        ("person", "person_list", &clerk, "name", json!("Beatriz"), true),
        ("person", "person_list", &clerk, "archived_at", json!(5), true),
        ("person", "person_list", &clerk, "archived_at", json!(null), true),
        ("payment_account", "account_list", &account, "name", json!("Cash box"), true),
    ] {
        let order = lost_edit(&world, table, record, column, &mine);
        let before = now(list, record, column);
        if owners_alone && now("person_list", &clerk, "archived_at").is_null() {
            let refused = world.refused("conflict_settle", order.clone());
            assert_eq!(code(&refused), ("not_allowed", "choice"), "{table} {column}");
            assert_eq!(now(list, record, column), before);
        }
        send_as(&world, &Value::Null, &ana["id"], "conflict_settle", order).unwrap();
        match column {
            "archived_at" => assert_eq!(now(list, record, column).is_null(), mine.is_null(), "{table} {mine}"),
            _ => assert_eq!(now(list, record, column), mine, "{table} {column}"),
        }
    }
    let order = lost_edit(&world, "person", &ana, "role", &json!("clerk"));
    let refused = send_as(&world, &Value::Null, &ana["id"], "conflict_settle", order).unwrap_err();
    assert_eq!(code(&refused), ("last_owner", "value"));
    let order = lost_edit(&world, "payment_account", &account, "custodian_device_id", &ana["id"]);
    let refused = send_as(&world, &Value::Null, &ana["id"], "conflict_settle", order).unwrap_err();
    assert_eq!(code(&refused), ("not_allowed", "choice"));
    world.assert_holds();
}

#[test]
fn texts_and_addresses_are_refused_with_their_field() {
    let world = World::with_book();
    let entries = world.entries();
    for (field, value, expected) in [
        ("name", json!(""), "empty"),
        ("name", json!("   "), "empty"),
        ("name", json!("x".repeat(121)), "too_long"),
        ("name", json!("two\nlines"), "bad_text"),
        ("name", json!("hidden\u{202e}"), "bad_text"),
        ("email", json!("nobody"), "bad_email"),
        ("email", json!("a@b"), "bad_email"),
        ("email", json!("a b@c.de"), "bad_email"),
        ("postal_code", json!(5432), "wrong_type"),
        ("note", json!("x".repeat(2_001)), "too_long"),
        ("customer_id", json!("17"), "bad_id"),
        ("nickname", json!("x"), "unknown_field"),
    ] {
        let refused = world.refused("customer_add", with(json!({ "name": "Ana" }), json!({ field: value })));
        assert_eq!(code(&refused), (expected, field), "{value}");
    }
    assert_eq!(world.entries(), entries);
    let most = world.ask("customer_add", json!({ "name": "é".repeat(120), "note": "x".repeat(2_000) }));
    assert_eq!(most["name"].as_str().unwrap().chars().count(), 120);
}

#[test]
fn a_clerk_does_the_days_work_and_no_more() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 900), world.account("Bank", "bank", 0));
    let backup = world.folder.path().join("copy.sqlite");
    world.ask("backup", json!({ "path": backup }));
    let clerk = world.ask("person_add", json!({ "name": "Bea", "role": "clerk" }));
    world.ask("person_select", json!({ "person_id": clerk["id"] }));
    assert_eq!(world.ask("status", json!({}))["person"]["name"], "Bea");
    let entries = world.entries();
    let seen = json!({ "account_id": bank["id"], "row_version": bank["row_version"] });
    for (command, input) in [
        ("account_open", json!({ "name": "Own", "kind": "cash" })),
        ("account_edit", with(seen.clone(), json!({ "name": "Own" }))),
        ("account_close", seen.clone()),
        ("account_hand_over", with(seen, json!({ "to_device_id": world.another_device("The van") }))),
        ("person_add", json!({ "name": "Carla", "role": "owner" })),
        ("person_edit", json!({ "person_id": clerk["id"], "row_version": 1, "role": "owner" })),
        ("person_archive", json!({ "person_id": clerk["id"], "row_version": 1 })),
        ("tax_add", json!({ "name": "IVA", "rate_ppm": 1 })),
        ("tax_edit", json!({ "tax_id": clerk["id"], "row_version": 1, "rate_ppm": 1 })),
        ("tax_archive", json!({ "tax_id": clerk["id"], "row_version": 1 })),
        ("restore", json!({ "path": backup })),
        ("demo_fill", json!({})),
    ] {
        let refused = world.refused(command, input);
        assert_eq!(refused.code.name(), "not_allowed", "{command}");
        assert!(refused.message.contains("Bea"), "{}", refused.message);
    }
    assert_eq!(world.entries(), entries);
    let made = world.transfer(&till, &bank, 400);
    assert_eq!(made["person_name"], "Bea");
    world.ask("customer_add", json!({ "name": "Dora" }));
    let owner = world.ask("status", json!({}))["persons"][0].clone();
    let by_owner =
        send_as(&world, &Value::Null, &owner["id"], "account_open", json!({ "name": "Own", "kind": "cash" }));
    assert_eq!(by_owner.unwrap()["name"], "Own", "an envelope may name who acts");
    assert_eq!(world.ask("status", json!({}))["person"]["name"], "Bea", "for that command alone");
    let not_by_clerk = send_as(&world, &Value::Null, &clerk["id"], "tax_add", json!({ "name": "IVA", "rate_ppm": 1 }));
    assert_eq!(not_by_clerk.unwrap_err().code.name(), "not_allowed");
    world.assert_holds();
}

#[test]
fn people_have_names_of_their_own_and_belong_to_a_book() {
    let world = World::with_book();
    let bea = world.ask("person_add", json!({ "name": "Bea", "role": "clerk" }));
    for name in [" Bea ", "BEA", "B\u{ad}ea\u{200d}"] {
        let refused = world.refused("person_add", json!({ "name": name, "role": "owner" }));
        assert_eq!(code(&refused), ("name_taken", "name"), "{name}");
    }
    for name in ["José", "Jose", "Øla", "के", "का"] {
        world.ask("person_add", json!({ "name": name, "role": "clerk" }));
    }
    let all = all_rows(&world, "person_list", json!({}));
    assert_eq!(names(&all), ["Ana", "Bea", "Jose", "José", "Øla", "का", "के"], "sorted as they are read");
    assert_eq!(
        code(&world.refused("person_add", json!({ "name": "Eva", "role": "boss" }))),
        ("unknown_choice", "role")
    );
    let south = world.set_up("South route");
    let refused = world.refused("person_select", json!({ "person_id": bea["id"] }));
    assert_eq!(code(&refused), ("not_found", "person_id"));
    let refused =
        send_as(&world, &south["book"]["id"], &bea["id"], "customer_add", json!({ "name": "X" })).unwrap_err();
    assert_eq!(code(&refused), ("not_found", "person"));
    world.ask("person_add", json!({ "name": "Bea", "role": "owner" }));
    let people = world.ask("status", json!({}))["persons"].clone();
    assert_eq!(names(people.as_array().unwrap()), ["Ana", "Bea"]);
}

#[test]
fn somebody_must_have_been_chosen_to_act() {
    let world = World::with_book();
    let owner = world.ask("status", json!({}))["person"].clone();
    world.behind_its_back("UPDATE device_book SET person_id = NULL");
    let refused = world.refused("customer_add", json!({ "name": "Dora" }));
    assert_eq!(refused.code.name(), "no_person");
    let by_owner = |command: &str, input: Value| send_as(&world, &Value::Null, &owner["id"], command, input);
    by_owner("customer_add", json!({ "name": "Dora" })).unwrap();
    by_owner("person_select", json!({ "person_id": owner["id"] })).unwrap();
    world.ask("customer_add", json!({ "name": "Eva" }));
    let empty = World::empty();
    for (command, input) in
        [("customer_list", json!({})), ("customer_add", json!({ "name": "X" })), ("overview", json!({}))]
    {
        assert_eq!(empty.refused(command, input).code.name(), "no_book", "{command}");
    }
}

#[test]
fn a_setting_is_any_json_until_it_is_cleared() {
    let world = World::with_book();
    let get = |world: &World, key: &str| world.ask("setting_get", json!({ "key": key }))["value"].clone();
    assert_eq!(get(&world, "theme"), Value::Null);
    for value in [json!("dark"), json!(7), json!(false), json!({ "a": [1, null, "é"] }), json!("")] {
        world.ask("setting_set", json!({ "key": "theme", "value": value }));
        assert_eq!(get(&world, "theme"), value);
    }
    world.ask("setting_set", json!({ "key": "a.b-c_9", "value": 1 }));
    let full = "x".repeat(65_534);
    world.ask("setting_set", json!({ "key": "full", "value": full }));
    let refused = world.refused("setting_set", json!({ "key": "full", "value": format!("{full}x") }));
    assert_eq!(code(&refused), ("too_long", "value"));
    let world = world.reopened();
    assert_eq!((get(&world, "full"), get(&world, "a.b-c_9")), (json!(full), json!(1)));
    world.ask("setting_set", json!({ "key": "full", "value": null }));
    assert_eq!(get(&world, "full"), Value::Null);
    for key in ["", "Theme", "a b", "ü", "x/y", &"k".repeat(65)] {
        assert_eq!(code(&world.refused("setting_get", json!({ "key": key }))), ("bad_text", "key"), "{key}");
        assert_eq!(
            code(&world.refused("setting_set", json!({ "key": key, "value": 1 }))),
            ("bad_text", "key"),
            "{key}"
        );
    }
}

#[test]
fn an_id_that_a_caller_gives_names_one_record() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 900), world.account("Bank", "bank", 0));
    let id = "01900000-0000-7000-8000-00000000000";
    let book = world.ask("status", json!({}))["book"]["id"].clone();
    for (number, (command, field, input, again)) in [
        ("customer_add", "customer_id", json!({ "name": "A", "code": "1" }), json!({ "code": "2" })),
        ("product_add", "product_id", json!({ "name": "A", "price_minor": 1, "sku": "1" }), json!({ "sku": "2" })),
        ("tax_add", "tax_id", json!({ "name": "A", "rate_ppm": 1 }), json!({ "name": "B" })),
        ("person_add", "person_id", json!({ "name": "A", "role": "clerk" }), json!({ "name": "B" })),
        (
            "account_open",
            "account_id",
            json!({ "name": "A", "kind": "cash", "opening_minor": 5 }),
            json!({ "name": "B" }),
        ),
        (
            "transfer_funds",
            "transfer_id",
            json!({ "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": 9 }),
            json!({ "amount_minor": 8 }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let input = with(input, json!({ field: format!("{id}{number}") }));
        let made = world.ask(command, input.clone());
        let made = made.get("transfer").unwrap_or(&made);
        assert_eq!(made["id"], format!("{id}{number}"), "{command}");
        let entries = world.entries();
        let refused = world.refused(command, with(input, again));
        assert_eq!(code(&refused), ("id_taken", field), "{command}");
        assert_eq!(world.entries(), entries);
    }
    let refused = world.refused(
        "book_setup",
        json!({ "book_id": book, "name": "Again", "currency": "EUR", "time_zone": "UTC", "person_name": "Eva" }),
    );
    assert_eq!(code(&refused), ("id_taken", "book_id"));
    assert_eq!(world.balance(&till["id"]), 891);
    world.assert_holds();
}

#[test]
fn two_books_of_one_store_never_mix() {
    let world = World::with_book();
    let fill = |mark: &str| {
        let till = world.account("Till", "cash", 500);
        let bank = world.account("Bank", "bank", 0);
        json!({
            "customer": world.ask("customer_add", json!({ "name": mark, "code": "K-1" })),
            "product": world.ask("product_add", json!({ "name": mark, "price_minor": 1, "sku": "S-1" })),
            "tax": world.ask("tax_add", json!({ "name": "IVA", "rate_ppm": 1 })),
            "transfer": world.transfer(&till, &bank, 100),
            "account": till,
        })
    };
    let north_book = world.ask("status", json!({}))["book"]["id"].clone();
    let north = fill("Northern");
    let south_book = world.set_up("South route")["book"]["id"].clone();
    let south = fill("Southern");
    assert_eq!(south["transfer"]["number"], "D1-T-000001", "numbers begin anew in each book");
    for (book, own, other) in [(&north_book, &north, &south), (&south_book, &south, &north)] {
        let ask = |command: &str, input: Value| send_as(&world, book, &Value::Null, command, input);
        for noun in ["customer", "product", "tax", "transfer", "account"] {
            let listed = ask(&format!("{noun}_list"), json!({})).unwrap();
            let has = |row: &Value| rows(&listed).iter().any(|listed| listed["id"] == row["id"]);
            assert!(has(&own[noun]) && !has(&other[noun]), "{noun}");
        }
        for noun in ["customer", "product", "tax", "transfer"] {
            assert_eq!(rows(&ask(&format!("{noun}_list"), json!({})).unwrap()).len(), 1, "{noun}");
        }
        assert_eq!(ask("overview", json!({})).unwrap()["money_minor"], 500);
        let id = |noun: &str| other[noun]["id"].clone();
        for (command, input, field) in [
            ("customer_show", json!({ "customer_id": id("customer") }), "customer_id"),
            ("product_show", json!({ "product_id": id("product") }), "product_id"),
            ("customer_edit", json!({ "customer_id": id("customer"), "row_version": 1, "name": "X" }), "customer_id"),
            ("customer_archive", json!({ "customer_id": id("customer"), "row_version": 1 }), "customer_id"),
            ("product_edit", json!({ "product_id": id("product"), "row_version": 1, "name": "X" }), "product_id"),
            ("product_archive", json!({ "product_id": id("product"), "row_version": 1 }), "product_id"),
            ("tax_edit", json!({ "tax_id": id("tax"), "row_version": 1, "name": "X" }), "tax_id"),
            ("tax_archive", json!({ "tax_id": id("tax"), "row_version": 1 }), "tax_id"),
            ("account_edit", json!({ "account_id": id("account"), "row_version": 1, "name": "X" }), "account_id"),
            ("account_close", json!({ "account_id": id("account"), "row_version": 1 }), "account_id"),
            ("account_statement", json!({ "account_id": id("account") }), "account_id"),
            ("transfer_reverse", json!({ "transfer_id": id("transfer") }), "transfer_id"),
            (
                "transfer_funds",
                json!({ "from_account_id": own["account"]["id"], "to_account_id": id("account"), "amount_minor": 1 }),
                "to_account_id",
            ),
        ] {
            assert_eq!(code(&ask(command, input).unwrap_err()), ("not_found", field), "{command}");
        }
        let history = ask("history_list", json!({ "limit": 200 })).unwrap();
        assert_eq!(rows(&history).len(), 7, "a book's history is its own");
        let of_other = ask("history_list", json!({ "record_id": id("customer") })).unwrap();
        assert!(rows(&of_other).is_empty());
    }
    let nowhere =
        send_as(&world, &json!("01900000-0000-7000-8000-000000000000"), &Value::Null, "customer_list", json!({}));
    assert_eq!(code(&nowhere.unwrap_err()), ("not_found", "book"));
    world.assert_holds();
}
