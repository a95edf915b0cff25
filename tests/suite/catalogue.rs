//! Customers, products, taxes, people and settings: what is edited, put away, found, and kept apart by book.

use crate::world::{World, all_rows, rows};
use daybook::commands::Envelope;
use daybook::kernel::Fault;
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

/// A noun that is listed, edited and put away.
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
        let verb = if self.name == "customer" { "archive" } else { "edit" };
        world.ask(&self.command(verb), with(self.seen(row), json!({ "archived": archived })))
    }

    fn list(&self, world: &World, query: Value) -> Vec<Value> {
        all_rows(world, &self.command("list"), query)
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
        if noun.name == "customer" {
            let refused = world.refused("customer_archive", noun.seen(&added));
            assert_eq!((refused.code.name(), &refused.details.unwrap()["current"]), ("stale", &current));
        }
        let of_nobody = json!({ noun.id: "01900000-0000-7000-8000-000000000000", "row_version": 1, "name": "X" });
        assert_eq!(code(&world.refused(&noun.command("edit"), of_nobody)), ("not_found", noun.id));
        assert_eq!(world.entries(), entries);
    }
}

#[test]
fn a_code_belongs_to_one_even_while_it_is_put_away() {
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
fn what_is_put_away_is_not_edited_until_it_is_taken_out() {
    let world = World::with_book();
    for noun in nouns() {
        let row = noun.add(&world, "Ana", json!({}));
        let away = noun.archive(&world, &row, true);
        assert!(away["archived_at"].is_number());
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
fn every_order_and_filter_gives_all_rows_once_whatever_the_pages() {
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
fn a_tax_lies_between_nothing_and_the_whole_and_has_a_name_of_its_own() {
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
    assert_eq!(code(&world.refused("tax_add", json!({ "name": "TÁX 0", "rate_ppm": 1 }))), ("name_taken", "name"));
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
        ("tax_add", json!({ "name": "IVA", "rate_ppm": 1 })),
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
    let refused = world.refused("person_add", json!({ "name": " Bea ", "role": "owner" }));
    assert_eq!(code(&refused), ("name_taken", "name"));
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
            ("customer_edit", json!({ "customer_id": id("customer"), "row_version": 1, "name": "X" }), "customer_id"),
            ("customer_archive", json!({ "customer_id": id("customer"), "row_version": 1 }), "customer_id"),
            ("product_edit", json!({ "product_id": id("product"), "row_version": 1, "name": "X" }), "product_id"),
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
