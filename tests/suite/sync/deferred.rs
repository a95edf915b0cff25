//! What comes in while own work that waits is in its way: it is owed, and nothing waits behind it.

use super::{Office, Van};
use crate::world::{World, rows};
use daybook::kernel::Id;
use daybook::sync::ForBook;
use serde_json::{Value, json};

fn dismiss_all(office: &Office, van: &Van) {
    while let Some(version) = office
        .sql("SELECT version FROM daybook_sync.quarantined_entry WHERE state = 'waiting' ORDER BY version LIMIT 1")
        .first()
    {
        let version = version[0].as_deref().unwrap().parse().unwrap();
        office.admin().dismiss(van.book, version, "it rests on what is gone").unwrap();
    }
}

/// Found by a reader of the code: the tax could not go here, and no later version came in any more.
#[test]
fn a_deleted_tax_goes_when_the_unsent_product_with_it_does() {
    let office = Office::open();
    let van = office.founder();
    let tax = van.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 190_000 }));
    van.sync();
    van.ask("product_add", json!({ "name": "Tea", "price_minor": 100, "tax_id": tax["id"] }));
    office.let_delete();
    office.sql("DELETE FROM daybook.tax");
    van.sync();
    assert_eq!(van.conflicts()[0]["kind"], "quarantined", "{:?}", van.conflicts());
    assert_eq!(rows(&van.ask("product_list", json!({}))).len(), 1, "what was sold with stands here meanwhile");
    office.sql(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Comes all the same')", van.book));
    van.sync();
    assert_eq!(rows(&van.ask("customer_list", json!({}))).len(), 1);
    dismiss_all(&office, &van);
    van.assert_agrees();
    assert_eq!(rows(&van.ask("product_list", json!({}))).len(), 0);
    assert_eq!(rows(&van.ask("tax_list", json!({}))).len(), 0);
    // The same tax is made again by head office while it is owed here.
    let tea = van.ask("tax_add", json!({ "name": "Other", "rate_ppm": 1 }));
    van.sync();
    van.ask("product_add", json!({ "name": "Milk", "price_minor": 100, "tax_id": tea["id"] }));
    office.sql("DELETE FROM daybook.tax");
    van.sync();
    office.sql(&format!(
        "INSERT INTO daybook.tax (book_id, id, name, rate_ppm) VALUES ('{}', '{}', 'Again', 2)",
        van.book,
        tea["id"].as_str().unwrap()
    ));
    // What head office has mended is applied without being asked for.
    van.assert_agrees();
    assert!(van.conflicts().is_empty(), "{:?}", van.conflicts());
    assert_eq!(office.value("SELECT name FROM daybook.product"), "Milk");
    assert_eq!(rows(&van.ask("tax_list", json!({})))[0]["name"], "Again");
}

#[test]
fn a_person_who_is_deleted_is_chosen_nowhere_any_longer() {
    let office = Office::open();
    let van = office.founder();
    let bo = van.ask("person_add", json!({ "name": "Bo", "role": "clerk" }));
    van.sync();
    let other = office.colleague(&van);
    let id = Id::parse(bo["id"].as_str().unwrap()).unwrap();
    let select = daybook::commands::Envelope {
        person: Some(id),
        ..daybook::commands::Envelope::of("person_select", json!({ "person_id": bo["id"] }))
    };
    other.world.send(&select).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    office.let_delete();
    office.sql("DELETE FROM daybook.person WHERE name = 'Bo'");
    other.assert_agrees();
    van.assert_agrees();
    assert_eq!(other.ask("status", json!({}))["person"], Value::Null);
}

#[test]
fn an_import_undone_on_one_device_is_gone_on_all() {
    let office = Office::open();
    let van = office.founder();
    let file = van.world.folder.path().join("customers.csv");
    let lines: String = (0..20).map(|n| format!("C{n},Customer {n}\n")).collect();
    std::fs::write(&file, format!("code,name\n{lines}")).unwrap();
    let columns = json!({ "code": "code", "name": "name" });
    let batch =
        van.ask("import_start", json!({ "path": file, "kind": "customers", "columns": columns }))["batch"].clone();
    van.ask("import_step", json!({ "batch_id": batch["id"], "rows": 5 }));
    van.sync();
    let other = office.colleague(&van);
    loop {
        let undone = other.ask("import_undo", json!({ "batch_id": batch["id"] }));
        if undone["left"] == 0 || undone["batch"]["state"] == "undone" {
            break;
        }
    }
    other.ask("import_discard", json!({ "batch_id": batch["id"] }));
    van.ask("import_step", json!({ "batch_id": batch["id"], "rows": 5 }));
    van.sync();
    other.sync();
    other.sync();
    dismiss_all(&office, &van);
    van.sync();
    other.assert_agrees();
    van.assert_agrees();
}

/// Found by a reader of the code: the account could not go while a transfer rested on it, and then stayed for ever.
#[test]
fn an_undone_account_goes_when_what_rests_on_it_has_gone() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    van.sync();
    office.sql("DELETE FROM daybook_sync.command_right WHERE command = 'account_open'");
    let purse = van.world.account("Purse", "cash", 0);
    van.sync();
    assert_eq!(van.conflicts().len(), 1);
    van.world.transfer(&till, &purse, 500);
    dismiss_all(&office, &van);
    van.sync();
    dismiss_all(&office, &van);
    van.assert_agrees();
    let accounts = van.ask("account_list", json!({}));
    assert!(rows(&accounts).iter().all(|it| it["name"] != "Purse"), "{accounts}");
    assert_eq!(van.world.balance(&till["id"]), 10_000);
}

/// Found by a reader of the code: taking an entry back put the whole record back, later edits of it as well.
#[test]
fn what_came_after_a_superseded_or_dismissed_entry_stands() {
    let office = Office::open();
    let van = office.founder();
    let customer = van.customer("Ana");
    van.sync();
    let backup = van.ask("backup", json!({}));
    let mut order = json!({ "customer_id": customer["id"], "row_version": customer["row_version"], "phone": "030" });
    let request = daybook::commands::Envelope {
        request_id: Some(Id::parse("01a206b9-b2ed-7000-8000-000000000001").unwrap()),
        ..daybook::commands::Envelope::of("customer_edit", order.clone())
    };
    van.world.send(&request).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    van.sync();
    van.ask("restore", json!({ "path": backup["path"] }));
    // A program repeats what it has no answer to, and goes on.
    van.world.send(&request).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    van.edit(&customer, json!({ "name": "Ana Lima" }));
    van.sync();
    van.assert_agrees();
    assert_eq!(van.customer_now(&customer)["name"], "Ana Lima");

    let right = "daybook_sync.command_right WHERE command = 'customer_edit' AND column_name IN ('phone', 'city')";
    office.sql(&format!("CREATE TABLE kept AS SELECT * FROM {right}; DELETE FROM {right}"));
    order["row_version"] = van.customer_now(&customer)["row_version"].clone();
    van.edit(&customer, json!({ "city": "Lima" }));
    van.sync();
    office.sql("INSERT INTO daybook_sync.command_right SELECT * FROM kept");
    van.edit(&customer, json!({ "phone": "later" }));
    dismiss_all(&office, &van);
    van.assert_agrees();
    let now = van.customer_now(&customer);
    assert_eq!((&now["phone"], &now["city"]), (&json!("later"), &Value::Null));
}

#[test]
fn a_store_restored_during_a_pull_goes_on_from_its_backup() {
    let office = Office::open();
    let proxy = crate::central::Proxy::to(office.cluster.port());
    let link = office.link("Van 1", &ForBook::New("North route".into()));
    let van = Van::join(World::with_book(), &daybook::sync::Link { port: proxy.port(), ..link });
    van.sync();
    let backup = van.ask("backup", json!({}));
    let customers = |names: &str| {
        office.sql(&format!(
            "INSERT INTO daybook.customer (book_id, name) SELECT '{}', '{names} ' || n FROM generate_series(1, 9) n",
            van.book
        ));
    };
    customers("Early");
    van.sync();
    customers("Late");
    std::thread::scope(|scope| {
        proxy.hold_answers();
        let round = scope.spawn(|| {
            let envelope = daybook::commands::Envelope {
                book: Some(van.book),
                ..daybook::commands::Envelope::of("sync_now", json!({}))
            };
            van.world.send(&envelope)
        });
        proxy.wait_until_held(1);
        van.ask("restore", json!({ "path": backup["path"] }));
        proxy.pass();
        let _ = round.join().unwrap();
    });
    van.sync();
    van.assert_agrees();
    assert_eq!(rows(&van.ask("customer_list", json!({}))).len(), 18);
}
