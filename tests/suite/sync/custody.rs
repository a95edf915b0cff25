//! Accounts that go from the custody of one device into that of another, and what is taken out of them meanwhile.

use super::session::Session;
use super::{Office, Van};
use crate::world::rows;
use daybook::kernel::{Code, Id, kind::Record};
use daybook::sync::ForBook;
use serde_json::{Value, json};

fn own_id(van: &Van) -> Value {
    van.ask("status", json!({}))["device"]["id"].clone()
}

/// Why a transfer of one is refused.
fn refusal(van: &Van, from: &Value, to: &Value) -> &'static str {
    let order = json!({ "from_account_id": from["id"], "to_account_id": to["id"], "amount_minor": 1 });
    van.world.refused("transfer_funds", order).code.name()
}

fn keeper(van: &Van, account: &Value) -> Value {
    van.world.account_now(&account["id"])["custodian_device_id"].clone()
}

fn custodian_at(office: &Office, account: &Value) -> Value {
    let id = account["id"].as_str().unwrap();
    json!(office.value(&format!("SELECT custodian_device_id FROM daybook.payment_account WHERE id = '{id}'")))
}

/// Van 1 with a till and a bank account, and Van 2; both know all of it.
fn two() -> (Office<'static>, Van, Van, Value, Value) {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    van.sync();
    let other = office.colleague(&van);
    van.sync();
    (office, van, other, till, bank)
}

#[test]
fn an_account_handed_over_is_lowered_by_its_new_keeper_alone() {
    let (office, van, other, till, bank) = two();
    // What the old keeper took out before goes along, in the same batch.
    van.world.transfer(&till, &bank, 1_000);
    let given = van.world.hand_over(&till, &own_id(&other));
    assert_eq!(given["custodian_name"], "Van 2");
    assert_eq!(refusal(&van, &till, &bank), "not_custodian", "from this moment on");
    assert_eq!(refusal(&other, &till, &bank), "not_custodian", "it has not heard of it");
    van.sync();
    assert_eq!(refusal(&other, &till, &bank), "not_custodian", "it has not taken it in");
    other.sync();
    assert_eq!(other.world.account_now(&till["id"])["custodian_here"], true);
    other.world.transfer(&till, &bank, 9_000);
    assert_eq!(refusal(&other, &till, &bank), "insufficient_funds");
    for device in [&other, &van, &other] {
        device.sync();
    }
    assert_eq!(refusal(&van, &till, &bank), "not_custodian");
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
    for device in [&van, &other, &office.colleague_called("Van 3", &van)] {
        device.assert_agrees();
        assert_eq!(device.world.balance(&till["id"]), 0);
        assert_eq!(keeper(device, &till), own_id(&other));
    }
    // And back.
    other.world.hand_over(&till, &own_id(&van));
    other.world.transfer(&bank, &till, 700);
    other.sync();
    van.sync();
    van.world.transfer(&till, &bank, 700);
    van.assert_agrees();
    other.assert_agrees();
    assert!(van.conflicts().is_empty() && other.conflicts().is_empty());
    // Who handed it over is told by its history, everywhere.
    let history = other.ask("history_list", json!({ "record_id": till["id"] }));
    let handed = rows(&history).iter().filter(|item| item["command"] == "account_hand_over").count();
    assert_eq!(handed, 2, "{history:#}");
}

#[test]
fn an_account_that_went_to_and_fro_is_where_it_went_last() {
    let (office, van, other, till, bank) = two();
    let third = office.colleague_called("Van 3", &van);
    van.world.hand_over(&till, &own_id(&other));
    van.sync();
    other.sync();
    other.world.transfer(&till, &bank, 10);
    other.world.hand_over(&till, &own_id(&third));
    other.sync();
    third.sync();
    third.world.transfer(&till, &bank, 10);
    third.world.hand_over(&till, &own_id(&van));
    third.sync();
    // Its own hand-over and those that came after it arrive in one page.
    van.sync();
    van.world.transfer(&till, &bank, 10);
    for device in [&van, &other, &third] {
        device.assert_agrees();
        assert_eq!((device.world.balance(&till["id"]), keeper(device, &till)), (9_970, own_id(&van)));
        assert!(device.conflicts().is_empty());
    }
}

#[test]
fn a_later_edit_undoes_no_hand_over_whatever_the_clocks_say() {
    let (office, van, other, till, bank) = two();
    // The till's other columns were written by a clock that is a day ahead.
    other.world.runner.clock().shift(86_400_000);
    let seen = other.world.account_now(&till["id"]);
    let order = json!({ "account_id": till["id"], "row_version": seen["row_version"], "name": "Big till" });
    other.ask("account_edit", order);
    other.sync();
    van.world.hand_over(&till, &own_id(&other));
    van.assert_agrees();
    other.sync();
    other.world.transfer(&till, &bank, 1);
    other.assert_agrees();
    van.assert_agrees();
    assert_eq!(custodian_at(&office, &till), own_id(&other));
    assert_eq!(van.world.account_now(&till["id"])["name"], "Big till");
}

#[test]
fn of_a_hand_over_and_a_release_the_release_stands() {
    let (office, van, other, till, bank) = two();
    let third = office.colleague_called("Van 3", &van);
    van.world.hand_over(&till, &own_id(&other));
    let lost = own_id(&van);
    office.admin().release(lost.as_str().unwrap(), "Van 3", None).unwrap();
    third.sync();
    third.world.transfer(&till, &bank, 10_000);
    third.sync();
    assert_eq!(van.sync_fails(), Code::Refused);
    // It is found again, and let in again.
    van.ask("sync_join", json!({ "link": office.link("Van 1", &ForBook::Existing(van.book)).write() }));
    van.sync();
    let conflicts = van.conflicts();
    assert_eq!((conflicts.len(), &conflicts[0]["kind"]), (1, &json!("quarantined")), "{conflicts:?}");
    assert_eq!(conflicts[0]["detail"], "Only the device that keeps an account may hand it over.");
    let waiting = office.admin().quarantine(None).unwrap();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["reason"]), (1, &json!("not_allowed")), "{waiting}");
    assert_eq!(custodian_at(&office, &till), own_id(&third));
    assert_eq!(office.admin().retry(van.book).unwrap(), 0);
    for device in [&van, &other] {
        device.sync();
        assert_eq!(refusal(device, &till, &bank), "not_custodian");
    }
    let version = waiting[0]["version"].as_i64().unwrap();
    office.admin().dismiss(van.book, version, "it went to Van 3").unwrap();
    for device in [&van, &other, &third] {
        device.assert_agrees();
        assert_eq!((keeper(device, &till), device.world.balance(&till["id"])), (own_id(&third), 0));
        assert!(device.conflicts().is_empty(), "{:?}", device.conflicts());
    }
}

#[test]
fn an_account_is_not_given_to_a_device_while_it_is_shut_out() {
    let (office, van, other, till, bank) = two();
    van.world.hand_over(&till, &own_id(&other));
    office.admin().revoke("Van 2", None).unwrap();
    van.sync();
    let conflicts = van.conflicts();
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0]["detail"], "An account is handed over to a device of its book that was not revoked.");
    assert_eq!(custodian_at(&office, &till), own_id(&van));
    other.ask("sync_join", json!({ "link": office.link("Van 2", &ForBook::Existing(van.book)).write() }));
    // Whoever comes first lets it be tried again.
    other.sync();
    other.world.transfer(&till, &bank, 10_000);
    other.assert_agrees();
    van.assert_agrees();
    assert!(van.conflicts().is_empty());
}

/// Found by a reader of the code: the try waited for whatever somebody had locked at head office, and all devices of the book for the try.
#[test]
fn a_retry_of_quarantine_waits_for_nobody_and_nobody_for_it() {
    let (office, van, other, till, _) = two();
    van.world.hand_over(&till, &own_id(&other));
    office.admin().revoke("Van 2", None).unwrap();
    van.sync();
    let session = Session::open(&office);
    session.run("BEGIN");
    session.run(&format!(
        "UPDATE daybook.payment_account SET name = 'Till 1' WHERE id = '{}'",
        till["id"].as_str().unwrap()
    ));
    office.sql(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Ana')", van.book));
    let due = "SELECT retry_from IS NOT NULL FROM daybook_sync.book_head";
    assert_eq!(office.value(due), "t");
    let begun = std::time::Instant::now();
    van.sync();
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(rows(&van.ask("customer_list", json!({}))).len(), 1);
    assert_eq!(office.value(due), "t", "it is tried again");
    session.run("COMMIT");
    van.sync();
    assert_eq!(
        (van.conflicts().len(), office.value(due).as_str()),
        (1, "f"),
        "it was tried, and the cause is still there"
    );
    other.ask("sync_join", json!({ "link": office.link("Van 2", &ForBook::Existing(van.book)).write() }));
    van.sync();
    van.assert_agrees();
    other.assert_agrees();
    assert_eq!((keeper(&van, &till), van.conflicts().len()), (own_id(&other), 0));
}

#[test]
fn nobody_hands_an_account_to_a_device_known_to_be_shut_out() {
    let (office, van, other, till, bank) = two();
    let third = office.colleague_called("Van 3", &van);
    office.admin().revoke("Van 2", None).unwrap();
    van.sync();
    let shut_out: Vec<bool> =
        rows(&van.ask("device_list", json!({}))).iter().map(|device| device["revoked_at"].is_number()).collect();
    assert_eq!(shut_out, [false, true, false], "Van 1, Van 2, Van 3");
    let row_version = van.world.account_now(&till["id"])["row_version"].clone();
    let order = json!({ "account_id": till["id"], "row_version": row_version, "to_device_id": own_id(&other) });
    let fault = van.world.refused("account_hand_over", order);
    assert_eq!((fault.code.name(), fault.field.as_deref()), ("unknown_choice", Some("to_device_id")));
    assert!(fault.message.contains("Van 2"), "{}", fault.message);
    // With a new link it is the same device, and may keep accounts again.
    other.ask("sync_join", json!({ "link": office.link("Van 2", &ForBook::Existing(van.book)).write() }));
    van.sync();
    assert!(rows(&van.ask("device_list", json!({}))).iter().all(|device| device["revoked_at"].is_null()));
    van.world.hand_over(&till, &own_id(&other));
    van.sync();
    other.sync();
    other.world.transfer(&till, &bank, 10_000);
    // A lost one is told of as well.
    office.admin().release("Van 2", "Van 3", None).unwrap();
    for device in [&van, &third] {
        device.assert_agrees();
        assert!(rows(&device.ask("device_list", json!({})))[1]["revoked_at"].is_number());
    }
}

#[test]
fn a_copy_does_not_spend_what_was_handed_over_meanwhile() {
    let (office, van, other, till, bank) = two();
    let (van, copy) = super::copies::cloned(van);
    van.world.hand_over(&till, &own_id(&other));
    van.sync();
    copy.world.transfer(&till, &bank, 6_000);
    copy.sync();
    copy.sync();
    other.sync();
    other.world.transfer(&till, &bank, 10_000);
    other.sync();
    let waiting = office.admin().quarantine(None).unwrap();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["reason"]), (1, &json!("not_allowed")), "{waiting}");
    assert_eq!(refusal(&copy, &till, &bank), "not_custodian", "by now it knows");
    let version = waiting[0]["version"].as_i64().unwrap();
    office.admin().dismiss(van.book, version, "Van 2 had the till by then").unwrap();
    for device in [&copy, &van, &other] {
        device.assert_agrees();
        assert_eq!(device.world.balance(&till["id"]), 0);
    }
}

#[test]
fn custody_is_not_settled_like_an_edit() {
    let (_office, van, other, till, _) = two();
    let id = Id::<Record>::fresh();
    let (mine, theirs) = (own_id(&van), own_id(&other));
    van.world
        .connection()
        .execute(
            "INSERT INTO sync_conflict (book_id, id, table_name, record_id, column_name, mine, mine_at, theirs, created_at)
             SELECT book_id, ?1, 'payment_account', id, 'custodian_device_id', ?2, 0, ?3, 0
             FROM payment_account WHERE name = 'Till'",
            (id.as_bytes(), theirs.to_string(), mine.to_string()),
        )
        .unwrap();
    for order in [json!({ "choice": "mine" }), json!({ "choice": "value", "value": theirs })] {
        let mut order = order;
        order["conflict_id"] = json!(id);
        let fault = van.world.refused("conflict_settle", order);
        assert_eq!((fault.code, fault.field.as_deref()), (Code::NotAllowed, Some("choice")));
    }
    van.ask("conflict_settle", json!({ "conflict_id": id, "choice": "theirs" }));
    assert_eq!(keeper(&van, &till), mine);
    van.assert_agrees();
}
