//! Setting a book up, and what belongs to the device that keeps it.

use crate::world::{World, rows};
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
    let device = world.another_device("The van");
    world.hand_over(&till, &device);
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
        ("account_hand_over", of_till(json!({ "to_device_id": device })), None),
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

#[test]
fn a_keeper_hands_an_account_to_another_device_of_the_book() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 1_000), world.account("Bank", "bank", 0));
    let here = world.ask("status", json!({}))["device"]["id"].clone();
    let order = |account: &Value, to: &Value| json!({ "account_id": account["id"], "row_version": account["row_version"], "to_device_id": to });
    let refused = |input: Value| {
        let fault = world.refused("account_hand_over", input);
        (fault.code.name(), fault.field.unwrap_or_default())
    };
    // Alone in the book, this device can give it to nobody.
    let devices = world.ask("device_list", json!({}));
    assert_eq!((rows(&devices).len(), &rows(&devices)[0]["id"]), (1, &here));
    assert_eq!(refused(order(&till, &here)), ("unknown_choice", "to_device_id".into()));
    assert_eq!(refused(order(&till, &json!(uuid::Uuid::now_v7()))), ("not_found", "to_device_id".into()));
    assert_eq!(refused(order(&json!({ "id": here, "row_version": 1 }), &here)), ("not_found", "account_id".into()));

    let van = world.another_device("The van");
    let devices = world.ask("device_list", json!({}));
    assert!(rows(&devices).iter().any(|device| device["name"] == "The van" && device["id"] == van), "{devices}");
    let closed = world.account("Old", "cash", 0);
    let closed =
        world.ask("account_close", json!({ "account_id": closed["id"], "row_version": closed["row_version"] }));
    assert_eq!(refused(order(&closed, &van)), ("account_closed", String::new()));
    let list = world.ask("account_list", json!({ "kinds": ["income"] }));
    assert_eq!(refused(order(&rows(&list)[0], &van)), ("wrong_account_kind", String::new()));
    assert_eq!(refused(order(&json!({ "id": till["id"], "row_version": 9 }), &van)), ("stale", String::new()));
    assert_eq!(world.account_now(&till["id"]), till, "what is refused changes nothing");

    let before = world.entries();
    let given = world.ask("account_hand_over", order(&till, &van));
    assert_eq!((&given["custodian_name"], &given["custodian_here"]), (&json!("The van"), &json!(false)));
    assert_eq!((world.entries(), &given), (before + 1, &world.account_now(&till["id"])));
    // Who gave it away can't take it back, and can pay into it.
    assert_eq!(refused(order(&given, &here)).0, "not_custodian");
    world.transfer(&bank, &till, 50);
    let history = world.ask("history_list", json!({ "record_id": till["id"] }));
    let change = &rows(&history)[0]["changes"][0]["columns"][0];
    assert_eq!((&change["name"], &change["new"]), (&json!("custodian_device_id"), &van), "{history:#}");
    world.assert_holds();
}
