//! How often a round asks head office and waits, and what the call that saves most of that refuses.

use super::raw::{Raw, code};
use super::{Office, Van};
use crate::central::Proxy;
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::{Value, json};

/// A device behind a proxy that counts, with its connection kept and all of its statements known there.
fn scene<'c>() -> (Office<'c>, Proxy, Van, Van) {
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let mut link = office.link("Van 1", &ForBook::New("North route".into()));
    link.port = proxy.port();
    let van = Van::join(World::with_book(), &link);
    van.sync();
    let other = office.colleague(&van);
    for name in ["First", "Second"] {
        other.customer(name);
        other.sync();
        van.customer(name);
        van.sync();
    }
    (office, proxy, van, other)
}

/// The fewest round trips that a round took, of some: an answer that overtakes the rest of a flight makes it look like two.
fn fewest(proxy: &Proxy, mut round: impl FnMut() -> Value) -> (u64, Value) {
    let rounds = (0..5).map(|_| {
        let before = proxy.round_trips();
        let said = round();
        (proxy.round_trips() - before, said)
    });
    rounds.min_by_key(|(trips, _)| *trips).expect("some rounds")
}

#[test]
fn an_entry_takes_two_round_trips_where_nobody_else_has_written() {
    let (office, proxy, van, other) = scene();
    let (trips, said) = fewest(&proxy, || {
        van.customer("Ana");
        van.sync()
    });
    assert_eq!((trips, &said["pushed"], &said["pulled"]), (2, &json!(1), &json!(1)), "{said}");
    // Head office has been told that it is here, and of what it was done knowing.
    let told = "SELECT bool_and(e.pulled_version = h.version AND e.heard_version = h.version)
                FROM daybook_sync.enrolment e JOIN daybook_sync.book_head h ON h.book_id = e.book_id WHERE e.device_name = 'Van 1'";
    assert_eq!(office.value(told), "t");
    let status = van.status();
    assert_eq!((&status["waiting"], &status["trouble"]), (&json!(0), &Value::Null), "{status}");
    // An edit, a hundred entries, and one that head office quarantines are no other matter.
    let ana = van.customer("Bea");
    let (trips, _) = fewest(&proxy, || {
        van.edit(&ana, json!({ "phone": van.customer_now(&ana)["row_version"].to_string() }));
        for n in 0..20 {
            van.customer(&format!("Customer {n}"));
        }
        van.sync()
    });
    assert_eq!(trips, 2);
    // Who has nothing to send asks once.
    assert_eq!(fewest(&proxy, || van.sync()).0, 1);
    other.sync();
    van.assert_agrees();
    other.assert_agrees();
}

#[test]
fn what_others_wrote_meanwhile_costs_a_page_and_settles_the_same() {
    let (_office, proxy, van, other) = scene();
    let ana = van.customer("Ana");
    van.sync();
    let mut number = 0;
    let (trips, said) = fewest(&proxy, || {
        other.sync();
        number += 1;
        other.edit(&ana, json!({ "phone": format!("theirs {number}") }));
        other.sync();
        van.edit(&ana, json!({ "city": format!("mine {number}") }));
        van.sync()
    });
    // Sent, asked for news, a page of them, and told.
    assert_eq!((trips, &said["pushed"], &said["pulled"]), (4, &json!(1), &json!(2)), "{said}");
    assert_eq!(van.customer_now(&ana)["phone"], format!("theirs {number}"));
    van.assert_agrees();
    other.assert_agrees();
}

#[test]
fn a_quarantined_entry_is_known_as_one_after_the_same_two() {
    let (office, proxy, van, _other) = scene();
    office.sql("DELETE FROM daybook_sync.command_right WHERE command = 'customer_add'");
    let (trips, _) = fewest(&proxy, || {
        van.customer("Not allowed");
        van.sync()
    });
    assert_eq!(trips, 2);
    assert_eq!(van.status()["quarantined"], 5, "{}", van.status());
}

#[test]
fn a_push_from_where_it_may_not_come_is_refused_whole() {
    let (office, _proxy, van, _other) = scene();
    let raw = Raw::of(&office, &van);
    let newest = office.sql("SELECT version, encode(book_hash, 'hex') FROM daybook_sync.book_head");
    let (version, hash) = (newest[0][0].clone().unwrap(), newest[0][1].clone().unwrap());
    let schema = office.value("SELECT daybook_sync.limit_of('device_schema_max')");
    let before = super::raw::state(&office, &[]);
    let refused = |schema: &str, version: &str, hash: &str| {
        let sql = format!(
            "SELECT * FROM daybook_sync.push_at('{}', {schema}, {version}, '\\x{hash}', gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'),
                 '{{}}', 'x', sha256(decode(repeat('00', 32), 'hex') || 'x'::bytea), 1)",
            van.book
        );
        raw.run(&sql).map_err(|error| code(&error)).expect_err("it is refused")
    };
    assert_eq!(refused("0", &version, &hash), "DB006");
    assert_eq!(refused("299901010000", &version, &hash), "DB007");
    assert_eq!(refused(&schema, "999999", &hash), "DB005");
    assert_eq!(refused(&schema, &version, &"00".repeat(32)), "DB005");
    for (schema, version) in [("NULL", version.as_str()), (schema.as_str(), "NULL")] {
        assert_eq!(refused(schema, version, &hash), "DB004");
    }
    assert_eq!(super::raw::state(&office, &[]), before);
    van.assert_agrees();
}

/// Its answers are lost without a word, as where a router forgot it.
#[test]
fn a_kept_connection_that_died_is_replaced_within_the_round() {
    let (_office, proxy, van, _other) = scene();
    let connections = proxy.connections().len();
    proxy.hold_answers();
    van.customer("Ana");
    let said = std::thread::scope(|scope| {
        let round = scope.spawn(|| van.sync());
        // What comes after it is carried as ever.
        proxy.wait_until_connections(connections + 1);
        proxy.pass();
        round.join().expect("the round goes through")
    });
    assert_eq!((&said["pushed"], &said["pulled"]), (&json!(1), &json!(1)), "{said}");
    van.assert_agrees();
}

/// Found by the benchmark: plans that were made while the tables were empty read all of the book's transfers with each later batch.
#[test]
fn a_push_reads_no_more_where_the_book_has_grown_on_the_same_connection() {
    let office = Office::open();
    let van = office.founder();
    let (till, bank) = (van.world.account("Till", "cash", 1_000_000), van.world.account("Bank", "bank", 0));
    van.sync();
    let read = || -> i64 {
        // What the server counted of a session is there when the session has told.
        let sql = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables
                   WHERE relname IN ('payment_transfer', 'ledger_posting')";
        office.value(sql).parse().unwrap_or(0)
    };
    // Many batches of few, so that plans are made for good while there is little.
    for _ in 0..12 {
        van.world.transfer(&till, &bank, 1);
        van.sync();
    }
    let count = 2_000;
    for _ in 0..count {
        van.world.transfer(&till, &bank, 1);
    }
    van.sync();
    for _ in 0..40 {
        van.world.transfer(&till, &bank, 1);
        van.sync();
    }
    // The connection ends, and with that all that it counted is told.
    drop(van);
    let started = std::time::Instant::now();
    while office.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'daybook'",
    ) != "0"
    {
        assert!(started.elapsed() < crate::process::PATIENCE, "the connection ends");
    }
    let read = read();
    assert!(read < 8 * (count + 52), "{read} rows were read for {count} transfers and some");
}
