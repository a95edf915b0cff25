//! What stands in the way of sync, each with its code; and that nothing is lost meanwhile.

use super::{Office, Van};
use crate::central::Proxy;
use crate::world::World;
use daybook::commands::{Envelope, Runner};
use daybook::kernel::Code;
use daybook::sync::{ForBook, Link};
use serde_json::json;

#[test]
fn what_is_not_synced_says_so_and_a_text_that_is_no_link_too() {
    let world = World::with_book();
    for command in ["sync_now", "sync_pause"] {
        let input = if command == "sync_pause" { json!({ "paused": true }) } else { json!({}) };
        assert_eq!(world.refused(command, input).code, Code::NotSynced);
    }
    let fault = world.refused("sync_join", json!({ "link": "https://books.example" }));
    assert_eq!((fault.code, fault.field.as_deref()), (Code::BadLink, Some("link")));
    assert_eq!(world.ask("sync_status", json!({}))["joined"], false);
}

#[test]
fn without_a_network_everything_waits_and_says_since_when() {
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let link = office.link("Van 1", &ForBook::New("North".into()));
    let van = Van::join(World::with_book(), &Link { port: proxy.port(), ..link });
    van.sync();
    proxy.refuse();
    proxy.cut();
    van.customer("Ana");
    assert_eq!(van.sync_fails(), Code::Unreachable);
    let first = van.status();
    assert_eq!((&first["trouble"]["code"], &first["waiting"]), (&json!("unreachable"), &json!(1)));
    assert!(first["waiting_since_at"].is_number());
    assert_eq!(van.sync_fails(), Code::Unreachable);
    assert_eq!(
        van.status()["trouble"]["since_at"],
        first["trouble"]["since_at"],
        "since it began, not since the last try"
    );
    proxy.accept();
    van.assert_agrees();
    assert_eq!((&van.status()["trouble"], &van.status()["waiting"]), (&json!(null), &json!(0)));
}

#[test]
fn a_device_that_was_revoked_is_refused_and_keeps_working() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    office.admin().revoke("Van 1", None).unwrap();
    van.customer("Ana");
    assert_eq!(van.sync_fails(), Code::Refused);
    assert_eq!(van.status()["trouble"]["code"], "refused");
    van.world.assert_holds();
}

/// It once joined at head office, and changed the password there, before it found that it may write nothing down.
#[test]
fn beside_its_owner_a_store_neither_joins_nor_syncs() {
    let office = Office::open();
    let world = World::with_book();
    let link = office.link("Van 1", &ForBook::New("North".into()));
    let beside = Runner::open_beside(world.folder.path()).unwrap();
    let refused = |command: &str, input| beside.call(Envelope::of(command, input)).err().map(|fault| fault.code);
    assert_eq!(refused("sync_join", json!({ "link": link.write() })), Some(Code::InUse));
    assert!(!world.folder.path().join("secrets").exists(), "the link is as good as before");
    let van = Van::join(world, &link);
    van.customer("Ana");
    assert_eq!(refused("sync_now", json!({})), Some(Code::InUse));
    assert_eq!(van.sync()["pushed"], 2, "the setting up and the customer");
}

#[test]
fn a_link_is_good_once() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North".into()));
    Van::join(World::with_book(), &link);
    let fault = World::with_book().refused("sync_join", json!({ "link": link.write() }));
    assert_eq!(fault.code, Code::Refused);
}

#[test]
fn a_server_that_another_authority_vouches_for_gets_nothing() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North".into()));
    let link = Link { authority: Some(office.cluster.other_ca_pem().to_owned()), ..link };
    assert_eq!(World::with_book().refused("sync_join", json!({ "link": link.write() })).code, Code::Tls);
}

#[test]
fn an_older_or_newer_head_office_is_waited_for() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    for (limit, wrong, right, code) in [
        ("device_schema_max", "1", "300000000000", Code::CentralTooOld),
        ("device_schema_min", "300000000000", "1", Code::CentralTooNew),
    ] {
        office.sql(&format!("UPDATE daybook_sync.sync_limit SET value = {wrong} WHERE name = '{limit}'"));
        assert_eq!(van.sync_fails(), code);
        office.sql(&format!("UPDATE daybook_sync.sync_limit SET value = {right} WHERE name = '{limit}'"));
    }
    van.assert_agrees();
}

#[test]
fn a_page_that_was_tampered_with_is_not_taken_in() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    office.sql(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Ana')", van.book));
    office.sql(
        "UPDATE daybook_sync.book_version SET body = convert_to(replace(convert_from(body, 'UTF8'), 'Ana', 'Eve'), 'UTF8')
         WHERE incarnation_id IS NULL",
    );
    assert_eq!(van.sync_fails(), Code::CentralDiffers);
    assert_eq!(van.ask("customer_list", json!({}))["rows"], json!([]));
    assert_eq!(van.status()["trouble"]["code"], "central_differs");
}

#[test]
fn other_entries_under_the_same_numbers_are_a_copy() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    // As if a copy had sent another third entry: this store has none such, so it isn't clear where they part.
    office.sql("UPDATE daybook_sync.lane SET hash = sha256('another')");
    van.customer("Bo");
    assert_eq!(van.sync_fails(), Code::Copied);
    assert_eq!(van.status()["waiting"], 1);
    van.world.assert_holds();
}

/// Found by a reader of the code: with a new link in mid-snapshot the device became another one, and all that it did was quarantined.
#[test]
fn a_device_that_joins_twice_before_its_book_comes_is_one() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let first = office.link("Van 2", &ForBook::Existing(van.book));
    let other = Van::join(World::empty(), &first);
    office.admin().revoke(&first.role, None).unwrap();
    assert_eq!(other.sync_fails().name(), "refused");
    let status = other.ask("sync_status", json!({}));
    assert_eq!(
        (&status["joining"], &status["trouble"]["code"]),
        (&json!(true), &json!("refused")),
        "it is told all the same"
    );
    let again = office.link("Van 2", &ForBook::Existing(van.book)).write();
    other.ask("sync_join", json!({ "link": again }));
    other.sync();
    other.choose_person();
    let purse = other.world.account("Purse", "cash", 500);
    let bank = other.world.account("Bank", "bank", 0);
    other.world.transfer(&purse, &bank, 100);
    other.assert_agrees();
    assert!(other.conflicts().is_empty(), "{:?}", other.conflicts());
    assert_eq!(office.value("SELECT count(*) FROM daybook.device"), "2");
}

/// Found by a trial: it was told to set a book up, and then had a second one that nobody wanted.
#[test]
fn in_the_middle_of_a_join_that_is_what_is_said() {
    let office = Office::open();
    let van = office.founder();
    for n in 0..30 {
        van.customer(&format!("Customer {n}"));
    }
    van.sync();
    let proxy = Proxy::to(office.cluster.port());
    let link = office.link("Van 2", &ForBook::Existing(van.book));
    let other = Van::join(World::empty(), &Link { port: proxy.port(), ..link });
    // Its rows come as far as the accounts, and no further for now.
    office.sql("ALTER FUNCTION daybook_sync.page_payment_account RENAME TO page_payment_account_not");
    other.sync_fails();
    let said = |fault: daybook::kernel::Fault| (fault.code.name(), fault.message);
    for (command, input) in [
        ("account_list", json!({})),
        ("overview", json!({})),
        ("customer_add", json!({ "name": "x" })),
        ("person_select", json!({ "person_id": van.book })),
    ] {
        let (code, message) = said(other.world.refused(command, input));
        assert!(code == "no_book" || command == "person_select", "{command}: {code}");
        assert!(message.contains("on its way from head office") || command == "person_select", "{command}: {message}");
    }
    let setup = json!({ "name": "Second", "currency": "EUR", "person_name": "Bea", "time_zone": "UTC" });
    let (code, message) = said(other.world.refused("book_setup", setup));
    assert!(code == "not_allowed" && message.contains("on its way from head office"), "{code}: {message}");
    let status = other.status();
    assert_eq!((&status["joining"], &status["version"]), (&json!(true), &json!(0)), "{status}");
    assert!(status["received_rows"].as_i64() > Some(5), "what is here by now: {status}");
    office.sql("ALTER FUNCTION daybook_sync.page_payment_account_not RENAME TO page_payment_account");
    other.sync();
    assert_eq!((&other.status()["joining"], &other.status()["received_rows"]), (&json!(false), &json!(null)));
    other.choose_person();
    other.assert_agrees();
}
