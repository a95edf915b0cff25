//! Long away.

use super::Day;
use crate::process::is_long;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn ten_days_away_it_catches_up_in_pages_and_its_own_work_arrives() {
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
    day.van.world.desk.listen(move |changed| {
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
