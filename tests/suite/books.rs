//! Setting a book up, and what belongs to the device that keeps it.

use crate::world::World;
use serde_json::{Value, json};

#[test]
fn a_book_has_a_currency_and_a_time_zone_of_the_world() {
    let world = World::empty();
    let refused = |field: &str, value: &str| {
        let mut input = json!({ "name": "North route", "currency": "EUR", "person_name": "Ana" });
        input[field] = json!(value);
        let fault = world.refused("book_setup", input);
        (fault.code.name(), fault.field.unwrap_or_default())
    };
    for currency in ["EUX", "eur", "XXX", "€"] {
        assert_eq!(refused("currency", currency), ("bad_currency", "currency".into()), "{currency}");
    }
    for zone in ["Mars/Olympus", "Africa", "+03:00", "../../etc/passwd"] {
        assert_eq!(refused("time_zone", zone), ("bad_time_zone", "time_zone".into()), "{zone}");
    }
    assert_eq!(world.ask("status", json!({}))["book"], Value::Null, "nothing was set up");
    let book = world.ask(
        "book_setup",
        json!({ "name": "North route", "currency": "KES", "person_name": "Ana", "time_zone": "Africa/Nairobi" }),
    )["book"]
        .clone();
    assert_eq!((&book["currency"], &book["time_zone"]), (&json!("KES"), &json!("Africa/Nairobi")));
}

#[test]
fn what_another_device_keeps_is_lowered_there_alone() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 1_000), world.account("Bank", "bank", 1_000));
    let to_bank = world.transfer(&till, &bank, 100);
    // There is no command yet that gives custody away, so it is done behind the store's back.
    world.behind_its_back(
        "INSERT INTO device (book_id, id, code, name, created_at)
         SELECT id, x'00000000000040008000000000000002', 'D2', 'The van', 0 FROM book;
         UPDATE payment_account SET custodian_device_id = x'00000000000040008000000000000002' WHERE name = 'Till';",
    );
    let till = world.account_now(&till["id"]);
    assert_eq!((&till["custodian_here"], &till["custodian_name"]), (&json!(false), &json!("The van")));
    let of_till = |more: Value| {
        let mut input = json!({ "account_id": till["id"], "row_version": till["row_version"] });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let order = json!({ "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": 1 });
    for (command, input, field) in [
        ("transfer_funds", order, Some("from_account_id")),
        ("account_edit", of_till(json!({ "minimum_minor": 5 })), Some("minimum_minor")),
        ("account_close", of_till(json!({})), None),
    ] {
        let fault = world.refused(command, input);
        assert_eq!((fault.code.name(), fault.field.as_deref()), ("not_custodian", field), "{command}");
        assert!(fault.message.contains("The van"), "{command} says who keeps it: {}", fault.message);
    }
    // Anyone may pay into it, and what goes back to it lowers the bank alone.
    world.transfer(&bank, &till, 50);
    world.ask("transfer_reverse", json!({ "transfer_id": to_bank["id"] }));
    assert_eq!(world.balance(&till["id"]), 1_050);
}
