//! What head office does with plain SQL.

use super::{Office, Van};
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::json;

#[test]
fn inserts_updates_and_deletes_in_one_transaction_over_two_books_arrive_in_order() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let world = World::with_book();
    let south = Van::join(world, &office.link("Van 9", &ForBook::New("South".into())));
    south.sync();
    office.sql(&format!(
        "BEGIN;
         INSERT INTO daybook.customer (book_id, name) VALUES ('{0}', 'Made'), ('{0}', 'Gone'), ('{1}', 'Far');
         UPDATE daybook.customer SET city = 'Lima' WHERE name IN ('Made', 'Far');
         DELETE FROM daybook.customer WHERE name = 'Gone';
         COMMIT;",
        van.book, south.book
    ));
    for (device, name) in [(&van, "Made"), (&south, "Far")] {
        device.sync();
        let list = device.ask("customer_list", json!({}));
        let rows = crate::world::rows(&list);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!((&rows[0]["name"], &rows[0]["city"]), (&json!(name), &json!("Lima")));
        device.assert_agrees();
    }
}

#[test]
fn what_head_office_may_not_do_fails_at_its_statement_and_says_what_to_do() {
    let office = Office::open();
    let van = office.founder();
    let cash = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    van.world.transfer(&cash, &bank, 1);
    van.sync();
    let refused = |sql: &str, because: &str| {
        let said = office.cluster.sql_fails(&office.database, &format!("SET ROLE daybook_head_office; {sql}"));
        assert!(said.contains(because) && said.contains("HINT"), "{sql}: {said}");
    };
    refused("UPDATE daybook.ledger_posting SET amount_minor = 1", "never changed or deleted");
    refused("DELETE FROM daybook.ledger_posting", "never changed or deleted");
    refused("UPDATE daybook.payment_transfer SET memo = 'x'", "written by devices alone");
    refused("TRUNCATE daybook.customer", "never truncated");
    refused(
        "UPDATE daybook.payment_account SET custodian_device_id = NULL, minimum_minor = NULL",
        "Custody is never edited",
    );
    refused(
        &format!(
            "INSERT INTO daybook.ledger_posting (book_id, credit_account_id, debit_account_id, amount_minor)
             VALUES ('{}', '{}', '{}', 1)",
            van.book,
            cash["id"].as_str().unwrap(),
            bank["id"].as_str().unwrap()
        ),
        "Only the device that keeps this account may lower it",
    );
    refused(
        &format!(
            "INSERT INTO daybook.customer (book_id, name) SELECT '{}', 'n' || n FROM generate_series(1, 5001) n",
            van.book
        ),
        "may change 5000 rows",
    );
    // What it may: a posting between accounts that anybody may lower.
    office.sql(&format!(
        "SET ROLE daybook_head_office;
         INSERT INTO daybook.ledger_posting (book_id, credit_account_id, debit_account_id, amount_minor, memo)
         VALUES ('{}', '{}', '{}', 7, 'bank interest')",
        van.book,
        bank["id"].as_str().unwrap(),
        cash["id"].as_str().unwrap()
    ));
    van.sync();
    assert_eq!(van.world.balance(&cash["id"]), 10_006);
    van.assert_agrees();
}

#[test]
fn an_open_transaction_of_head_office_blocks_no_push_and_no_pull_of_other_rows() {
    let office = Office::open();
    let van = office.founder();
    let customer = van.customer("Ana");
    van.sync();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| office.sql("SELECT pg_advisory_lock(77); SELECT pg_sleep(3);"));
        wait_until(&office, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 77");
        // The transaction stays open for as long as the other one holds the lock.
        let long = scope.spawn(|| {
            office.sql(&format!(
                "BEGIN; UPDATE daybook.customer SET note = 'slow' WHERE book_id = '{}'; SELECT pg_advisory_lock(77); COMMIT;",
                van.book
            ))
        });
        wait_until(&office, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 77");
        for n in 0..5 {
            van.customer(&format!("Customer {n}"));
            van.sync();
        }
        assert_eq!(office.value("SELECT count(*) FROM daybook.customer"), "6", "pushed while the transaction is open");
        assert!(van.customer_now(&customer)["note"].is_null());
        held.join().unwrap();
        long.join().unwrap();
    });
    van.sync();
    assert_eq!(van.customer_now(&customer)["note"], "slow");
    van.assert_agrees();
}

fn wait_until(office: &Office, sql: &str) {
    while office.value(sql) == "0" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_ten_queries_of_the_readme_are_answered_to_whoever_is_of_head_office() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let chapter = readme.split("### Ten queries for head office").nth(1).expect("the chapter");
    let queries: Vec<&str> = chapter.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(queries.len(), 10);
    let kept = std::fs::read_to_string(root.join("tests/data/head_office.sql")).unwrap();
    let office = Office::open();
    let van = office.founder();
    van.ask("demo_fill", json!({}));
    van.sync();
    let role = format!("reader_{}", office.database);
    office.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader' IN ROLE daybook_head_office"));
    let mut rows = 0;
    for query in queries {
        assert!(kept.contains(query.trim()), "tests/data/head_office.sql lacks: {query}");
        let answered = office.cluster.psql_as(&role, "reader", &office.database, query);
        rows += answered.unwrap_or_else(|said| panic!("{said} in: {query}")).len();
    }
    assert!(rows > 50, "the books are shown: {rows}");
    // And nothing of the machinery.
    let said = office.cluster.psql_as(&role, "reader", &office.database, "SELECT * FROM daybook_sync.lane");
    assert!(said.unwrap_err().contains("permission denied"));
    van.assert_agrees();
}
