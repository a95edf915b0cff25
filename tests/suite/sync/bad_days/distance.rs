//! Long away.

use super::{Day, Session};
use crate::process::{Dice, is_long};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn after_ten_days_it_catches_up_in_pages_and_is_heard() {
    let versions = if is_long() { 50_000 } else { 4_000 };
    let day = Day::begin();
    let customer = day.van.customer("Ana");
    day.van.sync();
    day.proxy.refuse();
    day.proxy.cut();
    day.work(40);
    day.van.edit(&customer, json!({ "phone": "mine" }));
    assert_eq!(day.van.sync_fails().name(), "unreachable");
    day.office.sql(&format!(
        "SET synchronous_commit = off;
         DO $$ BEGIN FOR i IN 1 .. {versions} LOOP
             IF i % 3 = 0 THEN
                 UPDATE daybook.customer SET note = i::text, phone = 'theirs' WHERE name = 'Ana';
             ELSE
                 INSERT INTO daybook.customer (book_id, name, note) VALUES ('{}', 'Customer ' || i, repeat('x', 300));
             END IF;
             COMMIT;
         END LOOP; END $$",
        day.van.book
    ));
    let waiting = day.van.status()["waiting"].as_i64().unwrap();
    day.proxy.accept();
    let pages = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pages);
    day.van.world.runner.listen(move |changed| {
        if changed.tables.iter().any(|table| table == "customer") {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let round = day.van.sync();
    assert_eq!((&round["pushed"], &round["pulled"]), (&json!(waiting), &json!(versions + waiting)));
    // A page has 2,000 versions and 1 MiB at most.
    assert!(pages.load(Ordering::Relaxed) >= usize::try_from(versions / 2_000).unwrap(), "{pages:?} pages");
    // The edits of head office are the later ones, though they were heard of later.
    assert_eq!(day.van.customer_now(&customer)["phone"], "theirs");
    assert_eq!(day.van.conflicts()[0]["mine"], "mine", "{:?}", day.van.conflicts());
    day.assert_settled();
}

/// Found by the long sweep of cuts: where a page was full, a large own entry behind it was let in, and the device refused the
/// gap before it for ever.
#[test]
fn a_page_of_any_length_has_no_gaps() {
    let mut dice = Dice::of_this_run("pages");
    let day = Day::begin();
    let session = Session::open(&day.office);
    for _ in 0..if is_long() { 60 } else { 12 } {
        if dice.percent(50) {
            day.van.ask("customer_add", json!({ "name": "Mine", "note": "x".repeat(1_500) }));
            day.van.sync();
        }
        session.run(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Theirs')", day.van.book));
    }
    let lane: String = {
        let connection = day.van.world.connection();
        connection.query_row("SELECT hex(id) FROM daybook_incarnation", [], |row| row.get(0)).unwrap()
    };
    let role = session.value("SELECT role_name FROM daybook_sync.enrolment");
    let device = Session::as_device(&day.office, &day.van, &role);
    let newest: usize = session.value("SELECT version FROM daybook_sync.book_head").parse().unwrap();
    let mut lengths = std::collections::BTreeSet::new();
    for bytes in (0..30_000).step_by(97) {
        let rows = device.run(&format!(
            "SELECT version, book_hash IS NOT NULL FROM daybook_sync.pull('{}', 0, '', {bytes}, '{{{lane}}}', '{{1000}}')",
            day.van.book
        ));
        for (place, row) in rows.iter().enumerate() {
            assert_eq!((&row[0], row[1] == "t"), (&(place + 1).to_string(), place + 1 == rows.len()), "{bytes} bytes");
        }
        lengths.insert(rows.len());
    }
    assert!(lengths.first() == Some(&1) && lengths.last() == Some(&newest) && lengths.len() > 8, "{lengths:?}");
}
