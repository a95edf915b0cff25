//! Head offices that are older or newer than this device.

use super::{Day, Session};
use crate::process::is_long;
use crate::sync::Van;
use crate::world::World;
use daybook::sync::{ForBook, Link};
use serde_json::{Value, json};

#[test]
fn an_older_or_newer_head_office_is_told_and_nothing_is_lost() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    for (limit, value, code) in [
        ("device_schema_max", "200001010000", "central_too_old"),
        ("device_schema_min", "299901010000", "central_too_new"),
    ] {
        let stood = session.value(&format!("SELECT value FROM daybook_sync.sync_limit WHERE name = '{limit}'"));
        session.run(&format!("UPDATE daybook_sync.sync_limit SET value = {value} WHERE name = '{limit}'"));
        day.work(3);
        let waiting = day.van.status()["waiting"].clone();
        for _ in 0..2 {
            assert_eq!(day.van.sync_fails().name(), code);
        }
        let status = day.van.status();
        assert_eq!((&status["trouble"]["code"], &status["waiting"]), (&json!(code), &waiting));
        // Who is new joins only when it fits.
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = World::empty();
        assert_eq!(newcomer.refused("sync_join", json!({ "link": link.write() })).code.name(), code);
        session.run(&format!("UPDATE daybook_sync.sync_limit SET value = {stood} WHERE name = '{limit}'"));
        assert_eq!(day.van.sync()["pushed"], waiting);
        day.assert_settled();
        Van::join(newcomer, &link).assert_agrees();
    }
}

#[test]
fn a_column_that_this_device_does_not_know_is_not_taken_in_by_halves() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    day.van.customer("Ana");
    day.van.sync();
    session.run(
        "ALTER TABLE daybook.customer ADD COLUMN loyalty text;
         UPDATE daybook_sync.synced_table SET columns = columns || 'loyalty'::text WHERE table_name = 'customer'",
    );
    session.run(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Before')", day.van.book));
    session.run("UPDATE daybook.customer SET loyalty = 'gold' WHERE name = 'Ana'");
    day.van.customer("Bo");
    let before = day.van.status();
    assert_eq!(day.van.sync_fails().name(), "central_too_new");
    let status = day.van.status();
    assert_eq!((&status["trouble"]["code"], &status["version"]), (&json!("central_too_new"), &before["version"]));
    assert!(status["trouble"]["message"].as_str().unwrap().contains("loyalty"), "{status}");
    let list = day.van.ask("customer_list", json!({}));
    assert_eq!(crate::world::rows(&list).len(), 2, "the page was not taken in, not even what came before");
    // Own work arrives all the same; what became of it is in the page that was not taken in.
    assert_eq!(status["waiting"], 1);
    assert_eq!(session.value("SELECT count(*) FROM daybook.customer"), "3");
    day.van.customer("Cleo");
    assert_eq!(day.van.sync_fails().name(), "central_too_new");
    assert_eq!(session.value("SELECT count(*) FROM daybook.customer"), "4");
    assert_eq!(session.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
    day.van.world.assert_holds();
}

/// Found by this test: a newcomer who had read the products when their tax went could never fill its tables.
#[test]
fn a_record_that_goes_while_a_newcomer_reads_stops_no_snapshot() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    for _ in 0..if is_long() { 20 } else { 1 } {
        let tax = day.van.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 190_000 }));
        let tea = day.van.ask("product_add", json!({ "name": "Tea", "price_minor": 100, "tax_id": tax["id"] }));
        assert_eq!((tea["tax_id"].is_string(), &tea["tax_id"]), (true, &tax["id"]));
        day.van.sync();
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = Van::join(World::empty(), &Link { port: day.proxy.port(), ..link });
        session.run("BEGIN; LOCK TABLE daybook.product IN ACCESS EXCLUSIVE MODE");
        std::thread::scope(|scope| {
            let round = scope.spawn(|| newcomer.sync());
            let watch = Session::open(&day.office);
            watch.wait_until_waiting("snapshot_page");
            session.run("UPDATE daybook.product SET tax_id = NULL; DELETE FROM daybook.tax; COMMIT");
            round.join().unwrap();
        });
        newcomer.assert_agrees();
        let list = newcomer.ask("product_list", json!({}));
        assert_eq!(crate::world::rows(&list)[0]["tax_id"], Value::Null, "{list}");
        day.van.sync();
        day.assert_settled();
    }
}

/// The taxes were read when a product gets a new one, which the newcomer finds in the products' page.
#[test]
fn a_record_that_comes_while_a_newcomer_reads_stops_no_snapshot() {
    for goes_again in [false, true] {
        let day = Day::begin();
        let session = Session::open(&day.office);
        day.van.ask("product_add", json!({ "name": "Tea", "price_minor": 100 }));
        day.van.sync();
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = Van::join(World::empty(), &Link { port: day.proxy.port(), ..link });
        session.run("BEGIN; LOCK TABLE daybook.product IN ACCESS EXCLUSIVE MODE");
        std::thread::scope(|scope| {
            let round = scope.spawn(|| newcomer.sync());
            let watch = Session::open(&day.office);
            watch.wait_until_waiting("snapshot_page");
            session.run(&format!(
                "INSERT INTO daybook.tax (book_id, name, rate_ppm) VALUES ('{}', 'VAT', 190000);
                 UPDATE daybook.product p SET tax_id = t.id FROM daybook.tax t WHERE t.name = 'VAT'",
                day.van.book
            ));
            let second = goes_again.then(|| {
                scope.spawn(|| {
                    // Gets the taxes as soon as the other transaction ends, before the newcomer can ask for the new one.
                    let session = Session::open(&day.office);
                    session.run(
                        "BEGIN; LOCK TABLE daybook.tax IN ACCESS EXCLUSIVE MODE; UPDATE daybook.product SET tax_id = NULL;
                         DELETE FROM daybook.tax; COMMIT",
                    );
                })
            });
            if goes_again {
                watch.wait_until(
                    "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'daybook.tax'::regclass)",
                );
            }
            session.run("COMMIT");
            round.join().unwrap();
            if let Some(second) = second {
                second.join().unwrap();
            }
        });
        newcomer.sync();
        newcomer.assert_agrees();
        let list = newcomer.ask("product_list", json!({}));
        assert_eq!(crate::world::rows(&list)[0]["tax_id"].is_null(), goes_again, "{list}");
        day.van.sync();
        day.assert_settled();
    }
}

/// Found by this test: a reversal whose id sorts before its original's could not be filled in.
#[test]
fn a_reversal_that_is_read_before_what_it_reverses_stops_no_snapshot() {
    let day = Day::begin();
    // An edge program may choose ids; a reversal's follows from its original's.
    for n in 0..4 {
        let id = format!("01a206b9-b2ed-{n}f69-8b5e-69f149f0c38a").replace("-3f", "-ff");
        let order = json!({ "transfer_id": id, "from_account_id": day.till["id"], "to_account_id": day.bank["id"], "amount_minor": 9 });
        day.van.ask("transfer_funds", order);
        day.van.ask("transfer_reverse", json!({ "transfer_id": id }));
    }
    day.van.sync();
    let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
    Van::join(World::empty(), &link).assert_agrees();
    day.assert_settled();
}
