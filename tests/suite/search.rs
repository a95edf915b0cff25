//! Searches among many records, and the texts that they go by: packed, folded anew, and never wrong meanwhile.

use crate::process::Dice;
use crate::world::{World, all_rows};
use daybook::commands::Runner;
use daybook::domain::search::{STEP_ROWS, TAIL_RECORDS_MAX, Terms};
use daybook::kernel::{FOLD_NUMBER, fold};
use serde_json::{Value, json};

/// A store with so many customers, imported: the names of some begin with what those of others end with.
fn with_customers(count: usize) -> World {
    let world = World::with_book();
    let first = ["Ana", "José", "Søren", "Łukasz", "Zoë", "東京ガス", "का", "की"];
    let last = ["García", "Ndiaye", "Ó Briain", "Zoé", "Straße", "Ana"];
    let mut table = String::from("name,code,phone,city\n");
    for n in 0..count {
        let (one, other) = (first[n % first.len()], last[n / 3 % last.len()]);
        table += &format!("{one} {other} {n},C{n:05},+254 7{:08},City {}\n", n * 7919, n % 97);
    }
    import(&world, table);
    world
}

/// Imports customers, and answers the import.
fn import(world: &World, table: String) -> Value {
    let path = world.file("customers.csv", table);
    let columns = json!({ "name": "name", "code": "code", "phone": "phone", "city": "city" });
    let batch =
        world.ask("import_start", json!({ "path": path, "kind": "customers", "columns": columns }))["batch"]["id"]
            .clone();
    while world.ask("import_step", json!({ "batch_id": batch, "rows": 1000 }))["finished"] != true {}
    batch
}

fn count(world: &World, sql: &str) -> i64 {
    world.connection().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// What a search finds is what holds its terms among all, in the same order, in pages of any size.
fn assert_finds_like_a_walk(world: &World, archived: &str) {
    let words = [
        "a",
        "zoe",
        "zoë garcia",
        "ス",
        "की",
        "c00123",
        "1299",
        "strasse 7",
        "nobody",
        "+254 700",
        "0700007919",
        "700 007 919",
        "o br",
        "京",
    ];
    for (sort, descending) in [("name", false), ("name", true), ("newest", false), ("newest", true), ("code", false)] {
        let asked = json!({ "sort": sort, "descending": descending, "archived": archived, "limit": 200 });
        let all = all_rows(world, "customer_list", asked.clone());
        for (place, search) in words.into_iter().enumerate() {
            let terms = Terms::of(Some(search));
            let text = |row: &Value| {
                let said =
                    ["name", "code", "city"].map(|field| fold(row[field].as_str().unwrap_or_default())).join("\n");
                let phone = row["phone"].as_str().unwrap_or_default();
                format!("{said}\n{}\u{1f}{}\u{1f}", fold(phone), daybook::kernel::phones(phone).join("\u{1f}"))
            };
            let expected: Vec<&Value> = all.iter().filter(|row| terms.are_in(&text(row))).collect();
            let mut asked = asked.clone();
            asked["search"] = json!(search);
            asked["limit"] = json!([200, 50, 7][place % 3]);
            let found = all_rows(world, "customer_list", asked.clone());
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{search} by {sort}, {descending}, {archived}");
            // The same list, counted, and begun anywhere.
            for offset in [0, expected.len() / 2, expected.len().saturating_sub(3), expected.len() + 1] {
                (asked["offset"], asked["count"]) = (json!(offset), json!(true));
                let page = world.ask("customer_list", asked.clone());
                let limit = asked["limit"].as_u64().unwrap() as usize;
                let rows: Vec<&Value> = page["rows"].as_array().unwrap().iter().collect();
                let slice: Vec<&Value> = expected.iter().copied().skip(offset).take(limit).collect();
                assert_eq!(rows, slice, "{search} by {sort}, {descending}, {archived}, from {offset}");
                assert_eq!((&page["total"], &page["offset"]), (&json!(expected.len()), &json!(offset)));
            }
        }
    }
}

#[test]
fn what_is_found_among_many_is_what_a_walk_through_all_would_find() {
    let world = with_customers(2_600);
    assert!(count(&world, "SELECT count(*) FROM search_block") > 8);
    assert!(count(&world, "SELECT count(*) FROM search_tail") < TAIL_RECORDS_MAX);
    assert_finds_like_a_walk(&world, "no");

    // Edited, archived, removed: in the tail at first, and then packed.
    let gone = import(&world, "name,code,phone,city\nZoë Gone,G1,,\nZoë Gone,G2,,\n".into());
    let mut dice = Dice::seeded(7);
    let all = all_rows(&world, "customer_list", json!({ "limit": 200 }));
    for change in 0..400 {
        let row = &all[dice.below(all.len() as u64) as usize];
        let seen = |more: Value| {
            let row = world.ask("customer_show", json!({ "customer_id": row["id"] }));
            let mut input = json!({ "customer_id": row["id"], "row_version": row["row_version"] });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            (row, input)
        };
        if change % 3 == 0 {
            world.ask("customer_archive", seen(json!({})).1);
        } else if let (row, input) = seen(json!({ "name": format!("Zoë {change} ガス"), "phone": null }))
            && row["archived_at"].is_null()
        {
            world.ask("customer_edit", input);
        }
        if change == 100 {
            world.ask("import_undo", json!({ "batch_id": gone }));
            assert_finds_like_a_walk(&world, "only");
        }
    }
    assert!(count(&world, "SELECT count(*) FROM search_tail") < TAIL_RECORDS_MAX);
    assert_finds_like_a_walk(&world, "all");
    assert_eq!(all_rows(&world, "customer_list", json!({ "search": "gone" })), Vec::<Value>::new());
    world.assert_holds();
}

#[test]
fn verify_finds_packed_texts_that_are_not_those_of_their_records() {
    with_customers(600).reopened().assert_holds();
    for tampering in [
        "UPDATE search_block SET texts = replace(texts, 'ana', 'ona')",
        "DELETE FROM search_block",
        "UPDATE search_block SET records = substr(records, 1, 21)",
        "DELETE FROM search_tail; DELETE FROM search_block WHERE first_id = (SELECT max(first_id) FROM search_block)",
        "DROP TRIGGER customer_update_trigger; UPDATE customer SET archived_at = 5 WHERE code = 'C00001'",
    ] {
        let fresh = with_customers(600);
        fresh.behind_its_back(tampering);
        let told = fresh.ask("verify", json!({}));
        let codes: Vec<&str> =
            told["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"search_differs"), "{tampering}: {told}");
    }
}

/// Makes all that is folded wrong, as if by the folds of that number.
fn made_by_another_fold(world: &World, number: i64) {
    world.behind_its_back(&format!(
        "UPDATE customer SET name_fold = 'old', search_text = 'old'; UPDATE product SET name_fold = 'old', search_text = '';
         UPDATE tax SET name_fold = 'old'; UPDATE payment_account SET name_fold = 'old';
         UPDATE payment_transfer SET search_text = 'old'; UPDATE search_fold SET number = {number}"
    ));
}

#[test]
fn a_store_of_another_fold_is_folded_anew_when_it_is_opened() {
    for number in [FOLD_NUMBER - 1, FOLD_NUMBER + 1] {
        let world = with_customers(300);
        let (till, bank) = (world.account("Tíll", "cash", 9_000), world.account("Bank", "bank", 0));
        world.transfer(&till, &bank, 3_000);
        world.ask("tax_add", json!({ "name": "Größe", "rate_ppm": 1 }));
        world.ask("product_add", json!({ "name": "Chaï", "sku": "C-1", "price_minor": 1_800 }));
        world.assert_holds();
        let entries = world.entries();
        made_by_another_fold(&world, number);
        let beside = Runner::open_beside(world.folder.path()).map(drop).unwrap_err();
        assert_eq!(beside.code.name(), "read_only", "nobody searches by texts of another fold");
        let world = world.reopened();
        assert_eq!(count(&world, "SELECT number FROM search_fold WHERE next_number IS NULL"), FOLD_NUMBER);
        for (list, search) in [
            ("customer_list", "soren c00026"),
            ("product_list", "chai"),
            ("account_list", "till"),
            ("transfer_list", "t-000001"),
        ] {
            assert_eq!(all_rows(&world, list, json!({ "search": search })).len(), 1, "{list} {search}");
        }
        let taken = world.refused("tax_add", json!({ "name": "GRÖSSE", "rate_ppm": 1 }));
        assert_eq!(taken.code.name(), "name_taken");
        assert_eq!(world.entries(), entries, "no entry tells of what follows from the rows");
        world.assert_holds();
    }
}

#[test]
fn folding_anew_that_was_interrupted_goes_on_where_it_was() {
    let world = with_customers(3 * STEP_ROWS + 10);
    made_by_another_fold(&world, FOLD_NUMBER - 1);
    let folder = world.folder.path().to_owned();
    let World { folder: _kept, runner } = world;
    drop(runner);
    let database = rusqlite::Connection::open(folder.join("daybook.sqlite")).unwrap();
    let right = || -> i64 {
        database.query_row("SELECT count(*) FROM customer WHERE search_text <> 'old'", [], |row| row.get(0)).unwrap()
    };
    // The disk fails at a row of the third step.
    database
        .execute_batch(&format!(
            "CREATE TRIGGER customer_failing_trigger BEFORE UPDATE ON customer
             WHEN old.code = 'C{:05}' BEGIN SELECT raise(ABORT, 'no'); END",
            2 * STEP_ROWS + 500
        ))
        .unwrap();
    assert!(Runner::open(&folder).is_err());
    assert_eq!(right(), 2 * STEP_ROWS as i64, "the steps before it stand");
    // It is not begun again: what was done is not looked at.
    database
        .execute_batch(
            "DROP TRIGGER customer_failing_trigger; UPDATE customer SET search_text = 'old' WHERE code = 'C00007'",
        )
        .unwrap();
    drop(Runner::open(&folder).unwrap());
    assert_eq!(right(), 3 * STEP_ROWS as i64 + 9);
    // Another fold's half is nobody's: all is folded anew.
    database
        .execute_batch(
            "UPDATE search_fold SET next_number = -5, done_table = 'tax', done_book_id = NULL, done_record_id = NULL",
        )
        .unwrap();
    let runner = Runner::open(&folder).unwrap();
    assert_eq!(right(), 3 * STEP_ROWS as i64 + 10);
    World { folder: _kept, runner }.assert_holds();
}

#[test]
fn a_backup_of_another_fold_is_folded_before_it_is_the_store() {
    let world = with_customers(20);
    made_by_another_fold(&world, FOLD_NUMBER - 1);
    let backup = world.folder.path().join("old.sqlite");
    world.connection().execute("VACUUM INTO ?1", [backup.to_str().unwrap()]).unwrap();
    let other = World::with_book();
    other.ask("restore", json!({ "path": backup }));
    assert_eq!(all_rows(&other, "customer_list", json!({ "search": "soren" })).len(), 3);
    other.assert_holds();
}
