//! Imports: real tables and broken ones, taken in by steps, tried, resumed, mended and taken back.

use crate::world::{World, all_rows, northwind, rows};
use daybook::commands::Envelope;
use daybook::kernel::Fault;
use serde_json::{Value, json};
use std::path::Path;

fn code(fault: &Fault) -> (&'static str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

/// Begins an import of a table whose columns are called like the fields.
fn start(world: &World, path: &Path, kind: &str, more: &Value) -> Value {
    let mut input = json!({ "path": path, "kind": kind, "columns": suggested(world, path, kind) });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    world.ask("import_start", input)["batch"].clone()
}

fn suggested(world: &World, path: &Path, kind: &str) -> Value {
    let inspected = world.ask("import_inspect", json!({ "path": path }));
    let suggested = inspected["suggested"].as_array().unwrap();
    suggested.iter().find(|suggestion| suggestion["kind"] == kind).unwrap()["columns"].clone()
}

#[test]
fn what_people_call_the_number_of_a_customer_is_its_code() {
    let world = World::with_book();
    for column in ["Cust No", "Cust. No.", "Customer Number", "CUSTOMER_ID", "customerKey"] {
        let path = world.file("table.csv", format!("{column};Name\n17;Ana\n"));
        assert_eq!(suggested(&world, &path, "customers"), json!({ "code": column, "name": "Name" }), "{column}");
    }
}

#[test]
fn a_required_field_is_the_only_column_left_that_speaks_of_it() {
    let world = World::with_book();
    for (header, name) in [
        ("Shop name;Tel", Some("Shop name")),
        ("Shop name;Contact name", Some("Shop name")),
        ("Shop name;Owner name", None),
        ("Shopname;Tel", None),
    ] {
        let path = world.file("table.csv", format!("{header}\nAna;1\n"));
        assert_eq!(suggested(&world, &path, "customers")["name"].as_str(), name, "{header}");
    }
}

/// Goes on to the end, so many rows at a time; answers the import and the rows that were told of.
fn go_on(world: &World, batch: &Value, rows: usize) -> (Value, Vec<Value>) {
    let mut told = Vec::new();
    loop {
        let step = world.ask("import_step", json!({ "batch_id": batch["id"], "rows": rows }));
        told.extend_from_slice(step["rows"].as_array().unwrap());
        if step["finished"] == true {
            return (step["batch"].clone(), told);
        }
    }
}

fn take_in(world: &World, path: &Path, kind: &str, more: &Value) -> (Value, Vec<Value>) {
    go_on(world, &start(world, path, kind, more), 7)
}

/// Added, known, refused.
fn counts(batch: &Value) -> [i64; 3] {
    assert_adds_up(batch);
    ["added", "known", "refused"].map(|field| batch[field].as_i64().unwrap())
}

/// What became of the rows of a finished import is all of its rows, and its lines are those of the file.
fn assert_adds_up(batch: &Value) {
    let count = |field: &str| batch[field].as_i64().unwrap();
    if batch["state"] == "done" {
        let outcomes: i64 = ["added", "known", "changed", "refused", "empty"].map(count).iter().sum();
        assert_eq!(
            (outcomes, count("done"), count("lines_done")),
            (count("total"), count("total"), count("lines")),
            "{batch}"
        );
    }
}

fn customers(world: &World) -> Vec<Value> {
    all_rows(world, "customer_list", json!({ "archived": "all", "limit": 200 }))
}

fn customer_names(world: &World) -> Vec<String> {
    customers(world).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

fn undo_all(world: &World, batch: &Value, rows: usize) -> (i64, i64, Value) {
    let (mut removed, mut kept) = (0, 0);
    loop {
        let step = world.ask("import_undo", json!({ "batch_id": batch["id"], "rows": rows }));
        removed += step["removed"].as_i64().unwrap();
        kept += step["kept"].as_i64().unwrap();
        if step["finished"] == true {
            return (removed, kept, step["batch"].clone());
        }
    }
}

#[test]
fn northwinds_customers_and_products_come_in_as_they_are() {
    let world = World::with_book();
    let (batch, refused) =
        take_in(&world, &northwind("customers.csv"), "customers", &json!({ "reference": "customerKey" }));
    assert_eq!((counts(&batch), refused.as_slice(), &batch["state"]), ([91, 0, 0], [].as_slice(), &json!("done")));
    let (batch, refused) = take_in(&world, &northwind("products.csv"), "products", &json!({ "reference": "id" }));
    assert_eq!(
        (counts(&batch), refused.as_slice(), &batch["file_name"]),
        ([77, 0, 0], [].as_slice(), &json!("products.csv"))
    );

    let mut table = csv::Reader::from_path(northwind("customers.csv")).unwrap();
    let listed = customers(&world);
    assert_eq!(listed.len(), 91);
    for record in table.deserialize::<std::collections::HashMap<String, String>>() {
        let record = record.unwrap();
        let customer = listed.iter().find(|customer| customer["code"] == record["customerKey"]).unwrap();
        for (field, column) in [
            ("name", "companyName"),
            ("contact", "contactName"),
            ("phone", "phone"),
            ("address", "street"),
            ("city", "city"),
            ("region", "region"),
            ("postal_code", "postalCode"),
            ("country", "country"),
        ] {
            let cell = record[column].trim();
            let expected = if cell.is_empty() || cell == "NULL" { Value::Null } else { json!(cell) };
            assert_eq!(customer[field], expected, "{field} of {}", record["customerKey"]);
        }
    }
    let of = |code: &str| listed.iter().find(|customer| customer["code"] == code).unwrap();
    assert_eq!((&of("ANATR")["city"], &of("ANATR")["postal_code"]), (&json!("México D.F."), &json!("5021")));
    assert_eq!((&of("COMMI")["postal_code"], &of("HUNGO")["postal_code"]), (&json!("05432-043"), &Value::Null));
    assert_eq!(of("TRADH")["name"], "TRADIÇÃO HIPERMERCADOS");
    let products = all_rows(&world, "product_list", json!({}));
    assert_eq!(products.len(), 77);
    let price = |name: &str| products.iter().find(|product| product["name"] == name).unwrap()["price_minor"].clone();
    assert_eq!((price("Chai"), price("Chef Anton's Gumbo Mix")), (json!(1_800), json!(2_135)));
    assert_eq!(files_in(&world.folder.path().join("imports")), 0, "no copy is left");
    world.assert_holds();
}

#[test]
fn a_dry_run_tells_the_fate_of_each_row_and_changes_nothing() {
    let world = World::with_book();
    let first = world.file("first.csv", "name,code\nAna,A\n");
    take_in(&world, &first, "customers", &json!({}));
    let path = world.file("table.csv", "name,code\nAna,A\nBea,B\n,C\nDora,A\nEva,E\n");
    let (entries, before) = (world.entries(), customers(&world));
    let batch = start(&world, &path, "customers", &json!({ "dry_run": true }));
    let (done, told) = go_on(&world, &batch, 2);
    assert_eq!(counts(&done), [2, 1, 2]);
    let outcomes: Vec<&str> = told.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["known", "added", "refused", "refused", "added"]);
    let numbers: Vec<i64> = told.iter().map(|row| row["row"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let refused = world.folder.path().join("would-be-refused.csv");
    assert_eq!(world.ask("import_refused", json!({ "batch_id": batch["id"], "path": refused }))["rows"], 2);
    assert_eq!((world.entries(), customers(&world)), (entries, before));
    assert_eq!(rows(&world.ask("import_list", json!({}))).len(), 1, "the real one alone");
    world.assert_holds();
    assert_eq!(world.ask("import_discard", json!({ "batch_id": batch["id"] }))["discarded"], true);
    assert_eq!(world.ask("import_discard", json!({ "batch_id": batch["id"] }))["discarded"], false);
    assert_eq!(code(&world.refused("import_step", json!({ "batch_id": batch["id"] }))), ("not_found", "batch_id"));
    assert_eq!(files_in(&world.folder.path().join("dry-runs")), 0);
    assert_eq!(counts(&take_in(&world, &path, "customers", &json!({})).0), [2, 1, 2], "and so it comes");
}

#[test]
fn a_dry_run_shows_each_row_as_it_would_be_stored_with_its_number_in_a_spreadsheet() {
    let world = World::with_book();
    let before = "Price list of May\n\n";
    let rows = "sku;name;price;left out\nA; Soap ;1.234,50;x\n\nB;Candles;twelve;y\nC;\"Match\nes\";2,5;z\n";
    let path = world.file("prices.csv", format!("{before}{rows}"));
    let columns = json!({ "sku": "sku", "name": "name", "price_minor": "price" });
    let order = json!({ "columns": columns, "skip_lines": 2, "delimiter": ";", "dry_run": true });
    let (done, told) = go_on(&world, &start(&world, &path, "products", &order), 2);
    assert_eq!(counts(&done), [1, 0, 2]);
    let numbers: Vec<i64> = told.iter().map(|row| row["sheet_row"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [4, 5, 6, 7], "as a spreadsheet numbers them, though the last one is in line 8");
    assert_eq!(told[0]["values"], json!({ "sku": "A", "name": "Soap", "price_minor": 123_450 }));
    assert_eq!(told[0]["cells"], json!(["A", " Soap ", "1.234,50", "x"]));
    assert_eq!((&told[1]["outcome"], &told[1]["values"]), (&json!("empty"), &Value::Null));
    assert_eq!(
        (&told[2]["column"], &told[2]["values"], &told[2]["cells"][2]),
        (&json!("price"), &Value::Null, &json!("twelve"))
    );
    let listed = all_rows(&world, "import_rows", json!({ "batch_id": done["id"] }));
    assert_eq!(listed[0]["sheet_row"], 6, "also where it is listed later");

    // The line for spreadsheets is none of their rows.
    let path = world.file("told.csv", "sep=;\nname\nAna\n");
    let (_, told) = go_on(&world, &start(&world, &path, "customers", &json!({ "dry_run": true })), 5);
    assert_eq!((&told[0]["sheet_row"], &told[0]["line"]), (&json!(2), &json!(3)));
}

#[test]
fn a_cell_is_corrected_on_its_way_in_and_only_where_it_says_what_it_did() {
    let world = World::with_book();
    let path = world.file("prices.csv", "sku,name,price\nA,Soap,120\nB,Candles,twelve\nC,\"Match\"es,5\n,,\n");
    let correction = |row: i64, column: &str, was: &str, text: &str| json!({ "row": row, "column": column, "was": was, "text": text });
    let corrections = [
        correction(2, "price", "twelve", "12.00"),
        // A quote that went astray took the rest of its line along.
        correction(3, "name", "Match\"es,5", "Matches"),
        correction(3, "price", "", "5"),
        correction(4, "name", "", "Salt"),
        correction(4, "price", "", "3"),
    ];
    let dry = json!({ "dry_run": true, "corrections": corrections });
    let (tried, told) = go_on(&world, &start(&world, &path, "products", &dry), 1);
    assert_eq!(counts(&tried), [4, 0, 0], "{told:?}");
    assert_eq!((&told[1]["values"]["price_minor"], &told[1]["cells"][2]), (&json!(1_200), &json!("12.00")));

    // Somebody saves the file in between: nothing is corrected that nobody has seen.
    world.file("prices.csv", "sku,name,price\nA,Soap,120\nB,Candles,dozen\nC,\"Match\"es,5\n,,\n");
    let (batch, refused) = take_in(&world, &path, "products", &json!({ "corrections": corrections }));
    assert_eq!(counts(&batch), [3, 0, 1]);
    assert_eq!(
        (&refused[0]["row"], &refused[0]["column"], &refused[0]["cells"][2]),
        (&json!(2), &json!("price"), &json!("dozen"))
    );
    let names: Vec<Value> = all_rows(&world, "product_list", json!({})).iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Matches", "Salt", "Soap"]);

    for (given, expected) in [
        (json!([correction(1, "weight", "", "1")]), ("bad_mapping", "corrections.0.column")),
        (json!([correction(1, "name", "", &"x".repeat(1_001))]), ("too_long", "corrections.0.text")),
        (json!(vec![correction(1, "name", "", "x"); 501]), ("too_long", "corrections")),
    ] {
        let mut input =
            json!({ "path": path, "kind": "products", "columns": { "name": "name", "price_minor": "price" } });
        input["corrections"] = given;
        assert_eq!(code(&world.refused("import_start", input)), expected);
    }
    world.assert_holds();
}

#[test]
fn only_the_newest_dry_runs_are_kept_and_only_while_it_runs() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\n");
    let runs: Vec<Value> = (0..6).map(|_| start(&world, &path, "customers", &json!({ "dry_run": true }))).collect();
    assert_eq!(files_in(&world.folder.path().join("dry-runs")), 4);
    assert_eq!(world.refused("import_step", json!({ "batch_id": runs[1]["id"] })).code.name(), "not_found");
    assert_eq!(counts(&go_on(&world, &runs[2], 5).0), [1, 0, 0]);
    let world = world.reopened();
    assert_eq!(files_in(&world.folder.path().join("dry-runs")), 0);
    assert!(customers(&world).is_empty());
}

#[test]
fn the_same_table_again_adds_nothing() {
    let world = World::with_book();
    let again = |more: &Value| counts(&take_in(&world, &northwind("customers.csv"), "customers", more).0);
    assert_eq!(again(&json!({ "reference": "customerKey" })), [91, 0, 0]);
    let entries_of_one = world.entries();
    assert_eq!(again(&json!({ "reference": "customerKey" })), [0, 91, 0]);
    assert!(world.entries() > entries_of_one, "the import itself is told");
    assert_eq!(customers(&world).len(), 91);
    // What changed in the table is still the same row by its reference.
    let changed = world.file("changed.csv", "companyName,customerKey\nAlfred's,ALFKI\nNobody yet,NEWBY\nTwice,NEWBY\n");
    let same_source = json!({ "reference": "customerKey", "source": "Customers" });
    let (batch, told) = take_in(&world, &changed, "customers", &same_source);
    assert_eq!((counts(&batch), &batch["changed"], &batch["source"]), ([1, 0, 1], &json!(1), &json!("Customers")));
    let outcomes: Vec<_> = told.iter().map(|row| (row["outcome"].as_str().unwrap(), row["column"].as_str())).collect();
    assert_eq!(outcomes, [("changed", Some("companyName")), ("refused", Some("customerKey"))], "{told:?}");
    world.assert_holds();
}

#[test]
fn equal_rows_are_records_of_their_own_and_known_the_next_time() {
    let world = World::with_book();
    let twice = world.file("twice.csv", "name,city\nAna,Leon\nBea,Leon\nAna,Leon\n");
    let thrice = world.file("thrice.csv", "name,city\nAna,Leon\nAna,Leon\nAna,Leon\n");
    let taken = |path: &Path| counts(&take_in(&world, path, "customers", &json!({})).0);
    assert_eq!(taken(&twice), [3, 0, 0]);
    assert_eq!(taken(&twice), [0, 3, 0]);
    assert_eq!(taken(&thrice), [1, 2, 0]);
    assert_eq!(taken(&thrice), [0, 3, 0]);
    assert_eq!(customer_names(&world), ["Ana", "Ana", "Ana", "Bea"]);
}

#[test]
fn a_bad_row_is_refused_with_its_reason_and_good_ones_stand() {
    let world = World::with_book();
    let long = "x".repeat(121);
    let path = world.file(
        "table.csv",
        format!("Name,Code,E-mail,Note\nAna,1,,\n{long},2,,\n,3,,\nDora,1,,\nEva,4,nobody,\nFe,5,,,too,wide\nGala\nHeda,6,h@example.org,\"a\nb\"\n"),
    );
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!((counts(&batch), &batch["done"], &batch["total"]), ([3, 0, 5], &json!(8), &json!(8)));
    let told: Vec<_> = refused
        .iter()
        .map(|row| (row["row"].as_i64().unwrap(), row["column"].as_str(), row["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (2, Some("Name"), "too_long"),
            (3, Some("Name"), "missing_field"),
            (4, Some("Code"), "code_taken"),
            (5, Some("E-mail"), "bad_email"),
            (6, None, "bad_csv"),
        ]
    );
    for row in &refused {
        assert!(row["message"].as_str().unwrap().ends_with('.'), "a sentence: {row}");
        assert_eq!((&row["record_id"], row["cells"].is_array()), (&Value::Null, true));
    }
    assert_eq!(customer_names(&world), ["Ana", "Gala", "Heda"]);

    let path =
        world.file("prices.csv", "name,price\nA,1\nB,one\nC,0.005\nD,-1\nE,\nF,99999999999999999999\nG,\"1,234.50\"\n");
    let (batch, refused) = take_in(&world, &path, "products", &json!({}));
    let told: Vec<_> = refused.iter().map(|row| (row["column"].as_str(), row["code"].as_str().unwrap())).collect();
    let expected = ["wrong_type", "out_of_range", "out_of_range", "missing_field", "out_of_range"];
    assert_eq!(told, expected.map(|code| (Some("price"), code)));
    assert_eq!(counts(&batch), [2, 0, 5]);
    assert_eq!(rows(&world.ask("product_list", json!({ "search": "g" })))[0]["price_minor"], 123_450);
    world.assert_holds();
}

#[test]
fn refused_rows_are_listed_in_table_order_page_by_page() {
    let world = World::with_book();
    let lines: String = (1..=20).map(|number| format!("Customer {number},{}\n", number % 3)).collect();
    let path = world.file("table.csv", format!("name,code\n{lines}"));
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!(counts(&batch), [3, 0, 17]);
    for limit in [1, 5, 17, 200] {
        let listed = all_rows(&world, "import_rows", json!({ "batch_id": batch["id"], "limit": limit }));
        assert_eq!(listed, refused, "{limit} a page");
    }
    let first = world.ask("import_rows", json!({ "batch_id": batch["id"], "limit": 1 }));
    assert_eq!((&first["rows"][0]["row"], &first["rows"][0]["code"]), (&json!(4), &json!("code_taken")));
    let other = start(&world, &path, "customers", &json!({ "dry_run": true }));
    let query = json!({ "batch_id": other["id"], "cursor": first["next_cursor"] });
    assert_eq!(code(&world.refused("import_rows", query)), ("bad_cursor", "cursor"));
    let (other, refused) = go_on(&world, &other, 7);
    assert_eq!(counts(&other), [0, 3, 17]);
    let listed = all_rows(&world, "import_rows", json!({ "batch_id": other["id"], "limit": 10 }));
    let refused: Vec<Value> = refused.into_iter().filter(|row| row["outcome"] == "refused").collect();
    assert_eq!(listed, refused, "those of a dry run, too");
}

#[test]
fn refused_rows_are_written_out_mended_and_imported() {
    let world = World::with_book();
    let path = world.file("table.csv", "name;code;email\nAna;1;\nBea;2;bea\n\"D;ora\";1;\n");
    let (batch, _) = take_in(&world, &path, "customers", &json!({}));
    let written = world.folder.path().join("refused.csv");
    let order = json!({ "batch_id": batch["id"], "path": written });
    assert_eq!(world.ask("import_refused", order.clone())["rows"], 2);
    let text = std::fs::read_to_string(&written).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "name;code;email;reason");
    assert!(lines[1].starts_with("Bea;2;bea;") && lines[1].contains("email: "), "{}", lines[1]);
    assert!(lines[2].starts_with("\"D;ora\";1;;") && lines[2].contains("code: "), "{}", lines[2]);
    assert_eq!(code(&world.refused("import_refused", order)), ("file_exists", "path"));
    assert_eq!(std::fs::read_to_string(&written).unwrap(), text, "nothing is overwritten");
    let nowhere = world.folder.path().join("no/such/folder.csv");
    let refused = world.refused("import_refused", json!({ "batch_id": batch["id"], "path": nowhere }));
    assert_eq!(code(&refused), ("file_unwritable", "path"));

    std::fs::write(&written, text.replace(";bea;", ";bea@example.org;")).unwrap();
    let (second, refused) = take_in(&world, &written, "customers", &json!({}));
    assert_eq!((counts(&second), refused.len()), ([1, 0, 1], 1));
    let again = world.folder.path().join("refused again.csv");
    world.ask("import_refused", json!({ "batch_id": second["id"], "path": again }));
    let text = std::fs::read_to_string(&again).unwrap().replace("\"D;ora\";1;", "\"D;ora\";3;");
    std::fs::write(&again, text).unwrap();
    assert_eq!(counts(&take_in(&world, &again, "customers", &json!({})).0), [1, 0, 0]);
    assert_eq!(counts(&take_in(&world, &path, "customers", &json!({})).0), [0, 1, 2], "only what was right is known");
    assert_eq!(customer_names(&world), ["Ana", "Bea", "D;ora"]);
}

#[test]
fn an_import_goes_on_after_reopening_without_its_file() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\n\"B\nb\"\nCéline\nDora\nEva\n");
    let batch = start(&world, &path, "customers", &json!({}));
    let step = world.ask("import_step", json!({ "batch_id": batch["id"], "rows": 3 }));
    assert_eq!((&step["batch"]["done"], &step["batch"]["state"]), (&json!(3), &json!("running")));
    assert_eq!(step["rows"][0]["code"], "bad_text", "a name is one line");
    std::fs::remove_file(&path).unwrap();
    let world = world.reopened();
    let (done, _) = go_on(&world, &batch, 1);
    assert_eq!((counts(&done), &done["done"]), ([4, 0, 1], &json!(5)));
    assert_eq!(customer_names(&world), ["Ana", "Céline", "Dora", "Eva"]);
    assert_eq!(world.refused("import_step", json!({ "batch_id": batch["id"] })).code.name(), "batch_finished");
    world.assert_holds();
}

#[test]
fn a_request_that_is_made_again_is_answered_again_and_done_once() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\nBea\n\nCarla\n\"x\ny\"\n");
    let send = |number: u32, command: &str, input: Value| {
        let request = format!("01900000-0000-7000-8000-{number:012}");
        let envelope = json!({ "command": command, "request_id": request, "input": input });
        world.send(&Envelope::parse(&envelope.to_string()).unwrap()).unwrap()
    };
    let begin = json!({ "path": path, "kind": "customers", "columns": { "name": "name" } });
    let started = send(1, "import_start", begin.clone());
    assert_eq!(send(1, "import_start", begin), started);
    assert_eq!(files_in(&world.folder.path().join("imports")), 1, "one copy");
    let batch = &started["batch"]["id"];
    let step = json!({ "batch_id": batch, "rows": 3 });
    let first = send(2, "import_step", step.clone());
    assert_eq!(send(2, "import_step", step.clone()), first);
    let last = send(3, "import_step", step.clone());
    assert_eq!((&last["finished"], last["rows"].as_array().unwrap().len()), (&json!(true), 1));
    for _ in 0..2 {
        assert_eq!(
            (send(2, "import_step", step.clone()), send(3, "import_step", step.clone())),
            (first.clone(), last.clone())
        );
    }
    assert_eq!(customer_names(&world), ["Ana", "Bea", "Carla"]);
    let back = json!({ "batch_id": batch });
    let undone = send(4, "import_undo", back.clone());
    assert_eq!((&undone["removed"], &undone["finished"]), (&json!(3), &json!(true)));
    assert_eq!(send(4, "import_undo", back), undone);
    assert_eq!(
        (send(2, "import_step", step.clone()), send(3, "import_step", step)),
        (first, last),
        "although it is gone"
    );
    assert!(customers(&world).is_empty());
    world.assert_holds();
}

#[test]
fn undoing_an_import_leaves_what_somebody_changed() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\nBea\nCarla\nDora\n\"x\ny\"\nEva\n");
    let (batch, _) = take_in(&world, &path, "customers", &json!({}));
    let listed = customers(&world);
    let seen = |name: &str| {
        let row = listed.iter().find(|row| row["name"] == name).unwrap();
        json!({ "customer_id": row["id"], "row_version": 1 })
    };
    let mut edit = seen("Bea");
    edit["phone"] = json!("123");
    world.ask("customer_edit", edit);
    world.ask("customer_archive", seen("Eva"));
    let first = world.ask("import_undo", json!({ "batch_id": batch["id"], "rows": 2 }));
    assert_eq!(
        (&first["batch"]["state"], &first["kept"], &first["finished"]),
        (&json!("undoing"), &json!(1), &json!(false))
    );
    assert_eq!(world.refused("import_step", json!({ "batch_id": batch["id"] })).code.name(), "batch_undone");
    let world = world.reopened();
    let (removed, kept, undone) = undo_all(&world, &batch, 2);
    assert_eq!((removed, kept, &undone["state"], &undone["added"]), (3, 1, &json!("undone"), &json!(2)));
    assert_eq!(customer_names(&world), ["Bea", "Eva"]);
    assert_eq!(world.refused("import_undo", json!({ "batch_id": batch["id"] })).code.name(), "batch_undone");
    assert_eq!(world.refused("import_step", json!({ "batch_id": batch["id"] })).code.name(), "batch_undone");
    assert_eq!(rows(&world.ask("import_list", json!({})))[0]["state"], "undone");
    assert_eq!(counts(&take_in(&world, &path, "customers", &json!({})).0), [3, 2, 1], "what was kept is known");
    assert_eq!(customer_names(&world), ["Ana", "Bea", "Carla", "Dora", "Eva"]);
    world.assert_holds();
}

#[test]
fn an_import_that_kept_nothing_goes_with_its_rows() {
    let world = World::with_book();
    let path = northwind("products.csv");
    let (batch, _) = take_in(&world, &path, "products", &json!({ "reference": "id" }));
    let (removed, kept, undone) = undo_all(&world, &batch, 1_000);
    assert_eq!((removed, kept, &undone["state"]), (77, 0, &json!("undone")));
    let left = |table: &str| -> i64 {
        world.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((left("product"), left("import_batch"), left("import_row")), (0, 0, 0));
    assert!(rows(&world.ask("import_list", json!({}))).is_empty());
    let newest = world.ask("history_list", json!({ "limit": 1 }))["rows"][0].clone();
    assert_eq!((&newest["command"], &newest["changes_total"]), (&json!("import_undo"), &json!(77 + 77 + 1)));
    let of_batch = all_rows(&world, "history_list", json!({ "record_id": batch["id"] }));
    let commands: Vec<&str> = of_batch.iter().map(|item| item["command"].as_str().unwrap()).collect();
    assert_eq!((commands[0], *commands.last().unwrap(), commands.len()), ("import_undo", "import_start", 13));
    assert_eq!(code(&world.refused("import_undo", json!({ "batch_id": batch["id"] }))), ("not_found", "batch_id"));
    world.assert_holds();
    let (again, _) = take_in(&world, &path, "products", &json!({ "reference": "id" }));
    assert_eq!(counts(&again), [77, 0, 0]);
    world.assert_holds();
}

#[test]
fn an_import_that_has_only_begun_can_be_taken_back() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\nBea\nCarla\n");
    let batch = start(&world, &path, "customers", &json!({}));
    world.ask("import_step", json!({ "batch_id": batch["id"], "rows": 2 }));
    assert_eq!(undo_all(&world, &batch, 100).0, 2);
    assert_eq!(files_in(&world.folder.path().join("imports")), 0);
    let untouched = start(&world, &path, "customers", &json!({}));
    assert_eq!(undo_all(&world, &untouched, 100).0, 0);
    let lost = start(&world, &path, "customers", &json!({}));
    std::fs::remove_file(world.folder.path().join("imports").join(format!("{}.csv", lost["id"].as_str().unwrap())))
        .unwrap();
    assert_eq!(world.refused("import_step", json!({ "batch_id": lost["id"] })).code.name(), "file_unreadable");
    undo_all(&world, &lost, 100);
    assert!(customers(&world).is_empty() && rows(&world.ask("import_list", json!({}))).is_empty());
    world.assert_holds();
}

#[test]
fn every_common_dialect_gives_the_same_customers() {
    let dialects: [(&str, &[u8]); 6] = [
        ("plain", "name,city,note\nÉva Núñez,Łódź? no,\"one\ntwo, \"\"three\"\"\"\n".as_bytes()),
        ("with a mark", "\u{feff}name,city,note\r\nÉva Núñez,Łódź? no,\"one\r\ntwo, \"\"three\"\"\"\r\n".as_bytes()),
        ("semicolons", "name;city;note\nÉva Núñez;Łódź? no;\"one\ntwo, \"\"three\"\"\"".as_bytes()),
        ("tabs", "name\tcity\tnote\nÉva Núñez\tŁódź? no\t\"one\ntwo, \"\"three\"\"\"\n".as_bytes()),
        ("another order", "note,name,city\n\"one\ntwo, \"\"three\"\"\",  Éva Núñez ,Łódź? no\n".as_bytes()),
        (
            "decomposed",
            "name,city,note\nE\u{301}va Nu\u{301}n\u{303}ez,Łódź? no,\"one\ntwo, \"\"three\"\"\"\n".as_bytes(),
        ),
    ];
    for (dialect, bytes) in dialects {
        let world = World::with_book();
        let path = world.file("table.csv", bytes);
        let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
        assert_eq!(counts(&batch), [1, 0, 0], "{dialect}: {refused:?}");
        let row = customers(&world).remove(0);
        let shown = ["name", "city", "note"].map(|field| row[field].as_str().unwrap().to_owned());
        assert_eq!(shown, ["Éva Núñez", "Łódź? no", "one\ntwo, \"three\""], "{dialect}");
    }
    let world = World::with_book();
    let path = world.file("office.csv", b"name;city;note\r\n\xc9va N\xfa\xf1ez;M\xfcnchen;\"20 \x80\r\nfine\"\r\n");
    let looked_at = world.ask("import_inspect", json!({ "path": path }));
    assert_eq!((&looked_at["encoding"], &looked_at["asks"]), (&json!("windows-1252"), &json!(["encoding"])));
    take_in(&world, &path, "customers", &json!({ "encoding": looked_at["encoding"] }));
    let row = customers(&world).remove(0);
    let shown = ["name", "city", "note"].map(|field| row[field].as_str().unwrap().to_owned());
    assert_eq!(shown, ["Éva Núñez", "München", "20 €\nfine"]);
}

#[test]
fn a_decimal_comma_is_read_where_it_is_asked_for() {
    let world = World::with_book();
    let path = world.file("prices.csv", "name;price\nA;1,5\nB;1.234,50\nC;12\nD;1..5\nE;1,005\n");
    let (batch, refused) = take_in(&world, &path, "products", &json!({ "decimal": "," }));
    assert_eq!(counts(&batch), [3, 0, 2], "{refused:?}");
    let prices: Vec<Value> =
        all_rows(&world, "product_list", json!({})).iter().map(|row| row["price_minor"].clone()).collect();
    assert_eq!(prices, [150, 123_450, 1_200]);
}

#[test]
fn what_is_no_table_or_does_not_suit_it_begins_nothing() {
    let world = World::with_book();
    let path = world.file("table.csv", "name,code\nAna,1\n");
    let entries = world.entries();
    let order = |path: &Path, kind: &str, columns: Value, reference: Value| json!({ "path": path, "kind": kind, "columns": columns, "reference": reference });
    let empty = world.file("empty.csv", "");
    let binary = world.file("binary.csv", b"a\0b,c\n");
    let unclosed = world.file("unclosed.csv", [b"name\n\"".as_slice(), &vec![b'x'; (1 << 20) + 10]].concat());
    let missing = world.folder.path().join("missing.csv");
    // Nobody writes into it, so whoever opens it waits.
    let pipe = world.folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let name = || json!({ "name": "name" });
    for (input, expected) in [
        (
            order(&path, "customers", json!({ "name": "name", "nickname": "code" }), Value::Null),
            ("bad_mapping", "columns.nickname"),
        ),
        (order(&path, "customers", json!({ "name": "Name" }), Value::Null), ("bad_mapping", "columns.name")),
        (order(&path, "customers", json!({ "code": "code" }), Value::Null), ("bad_mapping", "columns.name")),
        (order(&path, "products", name(), Value::Null), ("bad_mapping", "columns.price_minor")),
        (order(&path, "customers", name(), json!("id")), ("bad_mapping", "reference")),
        (order(&path, "suppliers", name(), Value::Null), ("unknown_choice", "kind")),
    ] {
        assert_eq!(code(&world.refused("import_start", input.clone())), expected, "{input}");
    }
    for (path, expected) in [
        (&empty, "bad_csv"),
        (&binary, "bad_csv"),
        (&unclosed, "bad_csv"),
        (&missing, "file_unreadable"),
        (&pipe, "file_unreadable"),
    ] {
        assert_eq!(
            world.refused("import_inspect", json!({ "path": path })).code.name(),
            expected,
            "{}",
            path.display()
        );
        for dry_run in [false, true] {
            let mut input = order(path, "customers", name(), Value::Null);
            input["dry_run"] = json!(dry_run);
            assert_eq!(world.refused("import_start", input).code.name(), expected, "{}", path.display());
        }
    }
    let folder = world.folder.path();
    assert_eq!((files_in(&folder.join("imports")), files_in(&folder.join("dry-runs"))), (0, 0));
    assert_eq!(world.entries(), entries);
    let batch = start(&world, &path, "customers", &json!({}));
    for rows in [0, -1, 1_001] {
        for command in ["import_step", "import_undo"] {
            assert_eq!(
                code(&world.refused(command, json!({ "batch_id": batch["id"], "rows": rows }))),
                ("out_of_range", "rows")
            );
        }
    }
    world.set_up("South route");
    for command in ["import_step", "import_undo"] {
        assert_eq!(
            code(&world.refused(command, json!({ "batch_id": batch["id"] }))),
            ("not_found", "batch_id"),
            "of another book"
        );
    }
}

#[test]
fn a_table_without_rows_is_finished_at_once() {
    let world = World::with_book();
    let path = world.file("header.csv", "name,code\n");
    let batch = start(&world, &path, "customers", &json!({}));
    assert_eq!((&batch["state"], &batch["total"]), (&json!("done"), &json!(0)));
    assert_eq!(world.refused("import_step", json!({ "batch_id": batch["id"] })).code.name(), "batch_finished");
    assert_eq!(files_in(&world.folder.path().join("imports")), 0, "no copy is left");
    let tried = start(&world, &path, "customers", &json!({ "dry_run": true }));
    assert_eq!(world.refused("import_step", json!({ "batch_id": tried["id"] })).code.name(), "batch_finished");
    assert_eq!(world.ask("import_discard", json!({ "batch_id": tried["id"] }))["discarded"], true);
    assert_eq!(files_in(&world.folder.path().join("dry-runs")), 0);
}

#[test]
fn a_mapping_is_kept_under_the_name_it_was_given() {
    let world = World::with_book();
    let path = world.file("table.csv", "name,code\nAna,1\n");
    start(&world, &path, "customers", &json!({ "reference": "code", "decimal": ",", "save_as": "monthly" }));
    let kept = world.ask("setting_get", json!({ "key": "import_mapping.monthly" }))["value"].clone();
    assert_eq!(
        kept,
        json!({
            "kind": "customers", "columns": { "name": "name", "code": "code" }, "reference": "code", "decimal": ",",
            "source": null, "take_changes": false, "encoding": null, "delimiter": null, "skip_lines": null,
        })
    );
    let refused = world.refused(
        "import_start",
        json!({ "path": path, "kind": "customers", "columns": { "name": "name" }, "save_as": "No!" }),
    );
    assert_eq!(code(&refused), ("bad_text", "save_as"));
    assert_eq!(rows(&world.ask("import_list", json!({}))).len(), 1);
}

#[test]
fn the_demo_fills_a_fresh_book_alone() {
    let world = World::with_book();
    let filled = world.ask("demo_fill", json!({}));
    assert_eq!(filled, json!({ "customers": 91, "products": 77, "accounts": 3, "transfers": 8 }));
    assert_eq!(world.ask("status", json!({}))["book"]["is_training"], true, "its papers are no business");
    world.assert_holds();
    let entries = world.entries();
    assert_eq!(world.refused("demo_fill", json!({})).code.name(), "book_not_empty");
    assert_eq!(world.entries(), entries);
    world.set_up("South route");
    assert_eq!(world.ask("demo_fill", json!({}))["customers"], 91, "the other book is a fresh one");
    world.set_up("East route");
    world.ask("customer_add", json!({ "name": "Ana" }));
    assert_eq!(world.refused("demo_fill", json!({})).code.name(), "book_not_empty");
    assert_eq!(World::empty().refused("demo_fill", json!({})).code.name(), "no_book");
    world.assert_holds();
}

/// The line that a refusal of a whole file names.
fn line(fault: &Fault) -> Option<u64> {
    fault.details.as_ref()?["line"].as_u64()
}

fn refused_start(world: &World, path: &Path, kind: &str, columns: &Value, more: &Value) -> Fault {
    let mut input = json!({ "path": path, "kind": kind, "columns": columns });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.refused("import_start", input)
}

#[test]
fn no_row_is_swallowed_by_a_quote() {
    // Ben and Cara were nowhere: neither added nor refused.
    let world = World::with_book();
    let columns = json!({ "name": "name", "code": "code" });
    let entries = world.entries();
    let path = world.file("open.csv", "name,code,city\nAnna,1,\"Rome\nBen,2,Oslo\nCara,3,Kiel\n");
    for command in ["import_inspect", "import_start"] {
        let fault = match command {
            "import_inspect" => world.refused("import_inspect", json!({ "path": path })),
            _ => refused_start(&world, &path, "customers", &columns, &json!({})),
        };
        assert_eq!((code(&fault), line(&fault)), (("bad_csv", "path"), Some(2)));
    }
    assert_eq!(world.entries(), entries);
    let path = world.file("closed.csv", "name,code,city\nAnna,1,\"Rome\nBen,2,Oslo\nCara,3,Kiel\"\nDora,4,Bonn\n");
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!((counts(&batch), &batch["lines"]), ([1, 0, 1], &json!(5)));
    let told = &refused[0];
    assert_eq!((&told["line"], &told["lines"], &told["column"]), (&json!(2), &json!(3), &json!("city")));
    assert!(told["message"].as_str().unwrap().contains("line 2 to line 4"), "{told}");
    // A break in what is one line, though its lines look like no rows.
    let path = world.file("break.csv", "name,code,note\n\"Eva\nFe\",5,x\nGala,6,\"one\ntwo\"\nHeda,7,\"\n\"\n");
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!(counts(&batch), [2, 0, 1]);
    assert_eq!(
        (&refused[0]["column"], &refused[0]["code"], &refused[0]["lines"]),
        (&json!("name"), &json!("bad_text"), &json!(2))
    );
    let path = world.file("quotes.csv", "name,code\n\"Anna \\\"Big\\\" Shop\",8\n\"Ida \"\"Big\"\" Shop\",9\n");
    assert_eq!(counts(&take_in(&world, &path, "customers", &json!({})).0), [1, 0, 1]);
    assert_eq!(customer_names(&world), ["Dora", "Gala", "Heda", "Ida \"Big\" Shop"]);
    world.assert_holds();
}

#[test]
fn an_encoding_is_named_or_told_by_the_file_and_never_guessed() {
    let world = World::with_book();
    let name = json!({ "name": "name" });
    let stray = world.file("stray.csv", b"name\nZo\xc3\xab\nCaf\xe9\n");
    for fault in [
        world.refused("import_inspect", json!({ "path": stray })),
        refused_start(&world, &stray, "customers", &name, &json!({})),
        refused_start(&world, &stray, "customers", &name, &json!({ "encoding": "utf-8" })),
    ] {
        assert_eq!((code(&fault), line(&fault)), (("bad_csv", "encoding"), Some(3)));
    }
    let cyrillic = world.file("cyrillic.csv", [b"name\n".as_slice(), b"\xc8\xe2\xe0\xed\xee\xe2\n"].concat());
    let fault = refused_start(&world, &cyrillic, "customers", &name, &json!({}));
    assert_eq!(code(&fault), ("missing_field", "encoding"));
    let candidates = fault.details.unwrap()["candidates"].clone();
    assert!(candidates.as_array().unwrap().contains(&json!("windows-1251")), "{candidates}");
    let looked_at = world.ask("import_inspect", json!({ "path": cyrillic, "encoding": "windows-1251" }));
    assert_eq!((&looked_at["sample"], &looked_at["encoding"]), (&json!([["Иванов"]]), &json!("windows-1251")));
    assert_eq!(looked_at["asks"], json!([]));
    take_in(&world, &cyrillic, "customers", &json!({ "encoding": "windows-1251" }));
    let utf16: Vec<u8> = "\u{feff}name\r\nЁлка\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    take_in(&world, &world.file("utf16.csv", utf16), "customers", &json!({}));
    assert_eq!(customer_names(&world), ["Ёлка", "Иванов"]);
    let fault = refused_start(&world, &cyrillic, "customers", &name, &json!({ "encoding": "klingon" }));
    assert_eq!(code(&fault), ("unknown_choice", "encoding"));
    let utf8 = world.file("utf8.csv", "name\nZoë\n");
    let fault = refused_start(&world, &utf8, "customers", &name, &json!({ "encoding": "windows-1252" }));
    assert_eq!(code(&fault), ("bad_csv", "encoding"), "it would be named ZoÃ«");
}

#[test]
fn rows_as_spreadsheets_write_them_are_taken_in() {
    let world = World::with_book();
    let path = world.file("table.csv", "sep=;\r\n\r\nname;code\r\nAnna;1;;;\r\n;\r\n\r\n  ; ;\r\nBen;2\r\n;;;\r\n");
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!(
        (counts(&batch), &batch["empty"], &batch["total"], &batch["lines"]),
        ([2, 0, 0], &json!(4), &json!(6), &json!(9))
    );
    assert!(refused.is_empty());
    let path = world.file("bars.csv", "Customers of May\nname|code\nCara|3\n");
    let dialect = json!({ "delimiter": "|", "skip_lines": 1 });
    let mut look = dialect.clone();
    look["path"] = json!(path);
    assert_eq!(world.ask("import_inspect", look)["header"], json!(["name", "code"]));
    let mut order = json!({ "path": path, "kind": "customers", "columns": { "name": "name", "code": "code" } });
    order.as_object_mut().unwrap().extend(dialect.as_object().unwrap().clone());
    let batch = world.ask("import_start", order)["batch"].clone();
    assert_eq!(counts(&go_on(&world, &batch, 5).0), [1, 0, 0]);
    assert_eq!(customer_names(&world), ["Anna", "Ben", "Cara"]);
    let columns = json!({ "name": "name" });
    let fault = refused_start(&world, &path, "customers", &columns, &json!({ "delimiter": "x" }));
    assert_eq!(code(&fault), ("unknown_choice", "delimiter"));
    let unclear = world.file("unclear.csv", "name;a,b\nx;y,z\n");
    let fault = refused_start(&world, &unclear, "customers", &columns, &json!({}));
    assert_eq!(code(&fault), ("missing_field", "delimiter"));
    assert_eq!(world.ask("import_inspect", json!({ "path": unclear }))["asks"], json!(["delimiter"]));
}

#[test]
fn a_decimal_mark_is_told_by_its_column_or_named_and_never_contradicts_it() {
    let world = World::with_book();
    let columns = json!({ "name": "name", "price_minor": "price" });
    let told = world.file("told.csv", "name;price\nBread;1.000\nMilk;2,50\n");
    assert_eq!(world.ask("import_inspect", json!({ "path": told }))["decimals"], json!({ "price": "," }));
    // Bread would have cost 1.00 instead of 1000.00.
    let fault = refused_start(&world, &told, "products", &columns, &json!({ "decimal": "." }));
    assert_eq!((code(&fault), line(&fault)), (("bad_csv", "decimal"), Some(3)));
    assert_eq!(counts(&take_in(&world, &told, "products", &json!({})).0), [2, 0, 0]);
    let unclear = world.file("unclear.csv", "name,price\nSalt,1.000\nSugar,2\n");
    let fault = refused_start(&world, &unclear, "products", &columns, &json!({}));
    assert_eq!((code(&fault), line(&fault)), (("missing_field", "decimal"), Some(2)));
    take_in(&world, &unclear, "products", &json!({ "decimal": "." }));
    let groups = world.file("groups.csv", "name;price\nSwiss;1'234.50\nIndian;12,34,567.00\n");
    assert_eq!(counts(&take_in(&world, &groups, "products", &json!({})).0), [2, 0, 0]);
    let prices: Vec<(String, i64)> = all_rows(&world, "product_list", json!({}))
        .iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row["price_minor"].as_i64().unwrap()))
        .collect();
    let expected =
        [("Bread", 100_000), ("Indian", 123_456_700), ("Milk", 250), ("Salt", 100), ("Sugar", 200), ("Swiss", 123_450)];
    assert_eq!(prices, expected.map(|(name, price)| (name.to_owned(), price)));
}

#[test]
fn a_refused_row_is_kept_in_part_and_its_reason_stands_in_its_column() {
    let world = World::with_book();
    let long = "x".repeat((1 << 20) + 10);
    let path = world.file(
        "table.csv",
        format!("name,code,note\nAnna,1,,too,wide\nBen,2,{long}\nCara,3,\"{}\"\nDora,4,\n", "é".repeat(3_000)),
    );
    let (batch, refused) = take_in(&world, &path, "customers", &json!({}));
    assert_eq!(counts(&batch), [1, 0, 3]);
    assert!(refused[1]["message"].as_str().unwrap().contains("1 MiB"), "the true reason: {}", refused[1]["message"]);
    for row in &refused[1..] {
        let cells = row["cells"].as_array().unwrap();
        assert!(cells.iter().map(|cell| cell.as_str().unwrap().len()).sum::<usize>() <= 4_096);
        assert!(row["message"].as_str().unwrap().contains("in the file that was imported"), "{}", row["message"]);
    }
    let listed = all_rows(&world, "import_rows", json!({ "batch_id": batch["id"] }));
    assert_eq!(listed, refused);
    let written = world.folder.path().join("refused.csv");
    world.ask("import_refused", json!({ "batch_id": batch["id"], "path": written }));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&written).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["name", "code", "note", "reason"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for row in &rows {
        assert!(row[3].ends_with('.'), "the reason of {}: {}", &row[0], &row[3]);
    }
    assert_eq!((&rows[0][4], &rows[0][5]), ("too", "wide"));
    let again = json!({ "path": written, "kind": "customers", "columns": { "name": "name", "code": "code" } });
    let again = world.ask("import_start", again)["batch"].clone();
    assert_eq!(go_on(&world, &again, 10).0["refused"], 1, "what was too wide is so still");
}

#[test]
fn a_copy_that_was_cut_short_ends_no_import() {
    let world = World::with_book();
    let lines: String = (0..20).map(|number| format!("Customer {number}\n")).collect();
    let path = world.file("table.csv", format!("name\n{lines}"));
    let batch = start(&world, &path, "customers", &json!({}));
    let copy = world.folder.path().join(format!("imports/{}.csv", batch["id"].as_str().unwrap()));
    let step = json!({ "batch_id": batch["id"], "rows": 5 });
    world.ask("import_step", step.clone());
    let file = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    assert_eq!(world.refused("import_step", step.clone()).code.name(), "file_unreadable");
    assert_eq!(rows(&world.ask("import_list", json!({})))[0]["state"], "running", "it isn't said to be done");
    assert_eq!(undo_all(&world, &batch, 100).0, 5);
    world.assert_holds();
}

#[test]
fn a_copy_of_an_import_that_was_never_begun_is_removed() {
    let world = World::with_book();
    let path = world.file("table.csv", "name\nAna\nBea\n");
    let batch = start(&world, &path, "customers", &json!({}));
    let folder = world.folder.path().join("imports");
    std::fs::write(folder.join("0193a000-0000-7000-8000-000000000001.csv"), "name\nAna\n").unwrap();
    let world = world.reopened();
    assert_eq!(files_in(&folder), 1, "that of the import that was begun");
    assert_eq!(counts(&go_on(&world, &batch, 5).0), [2, 0, 0]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    /// Whatever bytes a file has: it is refused as a whole, or each of its rows has one outcome and each line one row.
    #[test]
    fn every_line_of_any_table_is_accounted_for(
        tables in proptest::collection::vec(
            proptest::collection::vec(
                proptest::prop_oneof![
                    8 => proptest::prelude::Just(&b","[..]), 6 => proptest::prelude::Just(&b"\n"[..]),
                    3 => proptest::prelude::Just(&b"\""[..]), 1 => proptest::prelude::Just(&b"\r"[..]),
                    4 => proptest::prelude::Just(&b"Ana"[..]), 2 => proptest::prelude::Just(&b"7"[..]),
                    1 => proptest::prelude::Just("é".as_bytes()), 1 => proptest::prelude::Just(&b"\xff"[..]),
                    1 => proptest::prelude::Just(&b" "[..]),
                ],
                0..80,
            ),
            6,
        ),
        encoding in proptest::prop_oneof![proptest::prelude::Just(Value::Null), proptest::prelude::Just(json!("windows-1252"))],
    ) {
        let world = World::with_book();
        for table in tables {
            let bytes = [b"name,code\n".as_slice(), &table.concat()].concat();
            let path = world.file("table.csv", &bytes);
            let order = json!({
                "path": path, "kind": "customers", "columns": { "name": "name", "code": "code" }, "encoding": encoding,
                "delimiter": ",", "dry_run": true,
            });
            let Ok(started) = world.runner.call(Envelope::of("import_start", order)) else { continue };
            let batch = started.value().unwrap()["batch"].clone();
            let (batch, told) = if batch["state"] == "done" { (batch, Vec::new()) } else { go_on(&world, &batch, 3) };
            assert_adds_up(&batch);
            let mut next = 2;
            for (number, row) in (1..).zip(&told) {
                assert_eq!((&row["row"], &row["line"]), (&json!(number), &json!(next)), "{row}");
                next += row["lines"].as_u64().unwrap();
            }
            assert_eq!((told.len() as u64, next - 1), (batch["total"].as_u64().unwrap(), batch["lines"].as_u64().unwrap()));
            for outcome in ["added", "known", "changed", "refused", "empty"] {
                let count = told.iter().filter(|row| row["outcome"] == outcome).count();
                assert_eq!(batch[outcome], count, "{outcome}: {batch}");
            }
            world.ask("import_discard", json!({ "batch_id": batch["id"] }));
        }
    }
}

/// Added, known, changed, refused.
fn told_apart(batch: &Value) -> [i64; 4] {
    assert_adds_up(batch);
    ["added", "known", "changed", "refused"].map(|field| batch[field].as_i64().unwrap())
}

#[test]
fn a_row_that_comes_again_is_known_by_what_it_means() {
    let world = World::with_book();
    let taken = |name: &str, text: &str, kind: &str, more: Value| {
        let path = world.file(name, text);
        told_apart(&take_in(&world, &path, kind, &more).0)
    };
    let columns = |columns: Value| json!({ "columns": columns });
    // Whoever forgot a column had everything twice.
    assert_eq!(taken("h.csv", "name,phone\nAnna,07\n", "customers", columns(json!({ "name": "name" }))), [1, 0, 0, 0]);
    let both = columns(json!({ "name": "name", "phone": "phone" }));
    assert_eq!(taken("h.csv", "name,phone\nAnna,07\n", "customers", both.clone()), [0, 0, 1, 0]);
    let mut taking = both.clone();
    taking["take_changes"] = json!(true);
    assert_eq!(taken("h.csv", "name,phone\nAnna,07\n", "customers", taking), [0, 0, 1, 0]);
    assert_eq!(customers(&world)[0]["phone"], "07");
    assert_eq!(
        taken("h.csv", "name,phone\nAnna,07\n", "customers", both.clone()),
        [0, 1, 0, 0],
        "now it says the same"
    );
    assert_eq!(taken("h.csv", "name,phone\nAnna,07\n", "customers", columns(json!({ "name": "name" }))), [0, 1, 0, 0]);
    // A reference that was forgotten the first time, or the second.
    let referred = json!({ "reference": "id", "columns": { "name": "name" } });
    assert_eq!(taken("i.csv", "id,name\n1,Anna\n2,Ben\n", "customers", referred.clone()), [1, 1, 0, 0]);
    assert_eq!(
        taken("i.csv", "id,name\n1,Anna\n2,Ben\n", "customers", columns(json!({ "name": "name" }))),
        [0, 2, 0, 0]
    );
    assert_eq!(taken("i.csv", "id,name\n1,Anna\n2,Ben\n3,Ben\n", "customers", referred), [1, 2, 0, 0], "another Ben");
    // What another phone has is another Anna: without a reference nothing tells them to be one.
    assert_eq!(
        taken("h.csv", "name,phone\nAnna,08\n", "customers", both),
        [0, 0, 1, 0],
        "the first import named her alone"
    );
    // An amount is the same however it is written, and so is a text.
    assert_eq!(taken("p.csv", "name;price\nBread;1,50\nÉclair;2,00\n", "products", json!({})), [2, 0, 0, 0]);
    assert_eq!(taken("p.csv", "name,price\n Bread ,1.5\nE\u{301}clair,2\n", "products", json!({})), [0, 2, 0, 0]);
    assert_eq!(customer_names(&world), ["Anna", "Ben", "Ben"]);
    world.assert_holds();
}

#[test]
fn a_reference_names_one_row_of_one_source() {
    let world = World::with_book();
    let path = world.file("g.csv", "id,name\n1,Anna\n1,Ben\n2,Cara\n");
    let referred = |source: &str| json!({ "reference": "id", "source": source, "columns": { "name": "name" } });
    let (batch, told) = take_in(&world, &path, "customers", &referred("old program"));
    assert_eq!((told_apart(&batch), &batch["source"]), ([2, 0, 0, 1], &json!("old program")));
    assert_eq!((&told[0]["column"], &told[0]["code"], &told[0]["line"]), (&json!("id"), &json!("bad_csv"), &json!(3)));
    assert_eq!(told_apart(&take_in(&world, &path, "customers", &referred("Old Program")).0), [0, 2, 0, 1]);
    assert_eq!(
        told_apart(&take_in(&world, &path, "customers", &referred("the bank")).0),
        [2, 0, 0, 1],
        "another source"
    );
    assert_eq!(world.ask("import_inspect", json!({ "path": path }))["source"], "g");
    let dated = |name: &str| world.file(name, "id,name\n7,Dora\n");
    let unnamed = json!({ "reference": "id", "columns": { "name": "name" } });
    assert_eq!(told_apart(&take_in(&world, &dated("list-2026-11.csv"), "customers", &unnamed).0), [1, 0, 0, 0]);
    assert_eq!(told_apart(&take_in(&world, &dated("List-2026-12.csv"), "customers", &unnamed).0), [0, 1, 0, 0]);
    let fault = refused_start(
        &world,
        &path,
        "customers",
        &json!({ "name": "name" }),
        &json!({ "reference": "id", "source": "" }),
    );
    assert_eq!(code(&fault), ("empty", "source"));
    world.assert_holds();
}

#[test]
fn a_known_row_that_says_something_else_is_told_or_taken_over() {
    let world = World::with_book();
    let list = |text: &str| world.file("prices.csv", text);
    let first = list("sku,name,price,unit\nA,Apple,1.00,kg\nB,Bread,2.00,\nC,Cheese,3.00,kg\nD,Dates,4.00,kg\n");
    let by_sku = |take_changes: bool| json!({ "reference": "sku", "take_changes": take_changes });
    take_in(&world, &first, "products", &by_sku(false));
    let product =
        |name: &str| rows(&world.ask("product_list", json!({ "search": name, "archived": "all" })))[0].clone();
    let seen = product("Dates");
    world.ask("product_archive", json!({ "product_id": seen["id"], "row_version": 1 }));
    let second = list(
        "sku,name,price,unit\nA,Apple,1.20,\nB,Bread,2.00,loaf\nC,Cheese,3.00,kg\nD,Dates,5.00,kg\nE,Eggs,0.50,\n",
    );
    let (batch, told) = take_in(&world, &second, "products", &by_sku(false));
    assert_eq!(told_apart(&batch), [1, 1, 3, 0]);
    let said: Vec<_> = told.iter().map(|row| (row["row"].as_i64().unwrap(), row["column"].as_str().unwrap())).collect();
    assert_eq!(said, [(1, "price"), (2, "unit"), (4, "price")]);
    assert!(told.iter().all(|row| row["message"].as_str().unwrap().starts_with("The book says something else: ")));
    assert_eq!(all_rows(&world, "import_rows", json!({ "batch_id": batch["id"] })), told);
    assert_eq!((&product("Apple")["price_minor"], &product("Apple")["row_version"]), (&json!(100), &json!(1)));
    let tried =
        start(&world, &second, "products", &json!({ "reference": "sku", "take_changes": true, "dry_run": true }));
    assert_eq!(told_apart(&go_on(&world, &tried, 2).0), [0, 2, 2, 1]);
    let (batch, told) = take_in(&world, &second, "products", &by_sku(true));
    assert_eq!(told_apart(&batch), [0, 2, 2, 1]);
    assert_eq!((&told[2]["code"], &told[0]["message"]), (&json!("archived"), &json!("Taken over: price.")));
    let apple = product("Apple");
    assert_eq!((&apple["price_minor"], &apple["unit"], &apple["row_version"]), (&json!(120), &json!("kg"), &json!(2)));
    assert_eq!((&product("Bread")["unit"], &product("Dates")["price_minor"]), (&json!("loaf"), &json!(400)));
    let newest = world.ask("history_list", json!({ "record_id": apple["id"], "limit": 1 }))["rows"][0].clone();
    assert_eq!(newest["command"], "import_step", "{newest}");
    world.assert_holds();
    // Taken back is what it added; what it changed of other records stays.
    let (removed, kept, _) = undo_all(&world, &batch, 100);
    assert_eq!((removed, kept, &product("Apple")["price_minor"]), (0, 0, &json!(120)));
    world.assert_holds();
}

#[test]
fn a_whole_import_is_run_or_tried_in_one_call() {
    let world = World::with_book();
    let lines: String = (0..2_500).map(|number| format!("Customer {number},{}\n", number / 2)).collect();
    let path = world.file("table.csv", format!("name,code\n{lines}"));
    let order = |dry_run: bool| json!({ "path": path, "kind": "customers", "columns": { "name": "name", "code": "code" }, "dry_run": dry_run });
    let (entries, before) = (world.entries(), customers(&world));
    let tried = world.ask("import_run", order(true));
    assert_eq!(told_apart(&tried["batch"]), [1_250, 0, 0, 1_250]);
    assert_eq!((rows(&tried).len(), &tried["rows_left_off"]), (1_000, &json!(250)));
    assert_eq!(
        (world.entries(), customers(&world), files_in(&world.folder.path().join("dry-runs"))),
        (entries, before, 0)
    );
    let envelope = json!({
        "command": "import_run", "request_id": "01900000-0000-7000-8000-000000000001", "input": order(false),
    });
    let run = || world.send(&Envelope::parse(&envelope.to_string()).unwrap()).unwrap();
    let ran = run();
    assert_eq!(told_apart(&ran["batch"]), [1_250, 0, 0, 1_250]);
    assert_eq!(run(), ran, "the same request is done once");
    assert_eq!((customers(&world).len(), files_in(&world.folder.path().join("imports"))), (1_250, 0));
    let empty = world.file("empty.csv", "name\n");
    let none = json!({ "path": empty, "kind": "customers", "columns": { "name": "name" } });
    assert_eq!(world.ask("import_run", none)["batch"]["state"], "done");
    world.assert_holds();
}
