//! What head office does with plain SQL.

use super::raw::Raw;
use super::{Office, Van};
use crate::process::PATIENCE;
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn one_transaction_over_two_books_arrives_in_order() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let world = World::with_book();
    let south = Van::join(world, &office.link("Van 9", &ForBook::New("South".into())));
    south.sync();
    office.let_delete();
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
fn what_head_office_may_not_do_fails_and_says_what_to_do() {
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
    refused("TRUNCATE daybook.customer CASCADE", "never truncated");
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
fn an_open_transaction_blocks_no_push_or_pull_of_other_rows() {
    let office = Office::open();
    let van = office.founder();
    let customer = van.customer("Ana");
    van.sync();
    let holder = Raw::connect(&office, "postgres", office.cluster.password(), &office.database).unwrap();
    holder.run("SELECT pg_advisory_lock(77)").unwrap();
    std::thread::scope(|scope| {
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
        holder.run("SELECT pg_advisory_unlock(77)").unwrap();
        long.join().unwrap();
    });
    van.sync();
    assert_eq!(van.customer_now(&customer)["note"], "slow");
    van.assert_agrees();
}

fn wait_until(office: &Office, sql: &str) {
    let until = Instant::now() + PATIENCE;
    while office.value(sql) == "0" {
        assert!(Instant::now() < until, "it does not come: {sql}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn head_office_lets_each_command_do_what_it_declares_alone() {
    let office = Office::open();
    let mut declared = std::collections::BTreeSet::new();
    for (command, right) in daybook::commands::rights() {
        let columns = if right.columns.is_empty() { &[""][..] } else { right.columns };
        declared.extend(
            columns.iter().map(|column| format!("{command} {} {} {column}", right.operation.name(), right.table)),
        );
    }
    let kept = office.sql(
        "SELECT command || ' ' || operation || ' ' || table_name || ' ' || column_name FROM daybook_sync.command_right",
    );
    let kept: std::collections::BTreeSet<String> = kept.into_iter().filter_map(|row| row[0].clone()).collect();
    assert_eq!(kept, declared);
    assert!(kept.len() > 50, "{kept:?}");
}

/// A noun that is synced has its table at head office, column by column.
#[test]
fn both_schemas_have_the_same_synced_tables_and_columns() {
    let office = Office::open();
    let van = office.founder();
    let connection = van.world.connection();
    let central = office.sql(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN daybook_sync.synced_table s ON s.table_name = c.relname
         WHERE c.relnamespace = 'daybook'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2",
    );
    let central: Vec<[String; 4]> = central
        .into_iter()
        .map(|row| <[_; 4]>::try_from(row).unwrap().map(|value: Option<String>| value.unwrap_or_default()))
        .collect();
    let mut device = Vec::new();
    for table in daybook::commands::SYNCED {
        let mut columns = connection.prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?1)").unwrap();
        let rows = columns
            .query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .filter(|(name, _, _)| !daybook::daybook::LOCAL_COLUMNS.contains(&name.as_str()));
        for (name, declared, needed) in rows {
            let kind = match declared.as_str() {
                "BLOB" if name == "id" || name.ends_with("_id") => "uuid",
                "BLOB" => "bytea",
                "INTEGER" if name.ends_with("_at") => "timestamp(3) with time zone",
                "INTEGER" => "bigint",
                _ if name.ends_with("_date") => "date",
                _ => "text",
            };
            device.push([(*table).to_owned(), name, kind.to_owned(), needed.to_string()]);
        }
    }
    device.sort();
    assert_eq!(central, device);
    let order = office.sql("SELECT table_name FROM daybook_sync.synced_table ORDER BY ordinal");
    let order: Vec<&str> = order.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!(order, daybook::commands::SYNCED, "parents first, in the same order");
}

/// Found by a reader of the code: a day that no device can write stopped every device of the book.
#[test]
fn a_day_or_zone_unknown_to_devices_fails_at_its_statement() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    van.sync();
    for day in ["20226-11-24", "infinity", "-infinity", "0044-03-15 BC"] {
        let said = office.cluster.sql_fails(
            &office.database,
            &format!(
                "SET ROLE daybook_head_office;
                 INSERT INTO daybook.ledger_posting (book_id, debit_account_id, credit_account_id, amount_minor, business_date)
                 VALUES ('{}', '{}', '{}', 1, '{day}')",
                van.book,
                till["id"].as_str().unwrap(),
                bank["id"].as_str().unwrap()
            ),
        );
        assert!(said.contains("outside of what can be booked") && said.contains("HINT"), "{day}: {said}");
    }
    for (change, because) in [
        ("time_zone = 'Kigali'", "There is no time zone Kigali"),
        ("time_zone = 'posix/UTC'", "There is no time zone"),
        ("time_zone = ''", "There is no time zone"),
        ("currency = 'USD'", "A book keeps its currency"),
    ] {
        let sql = format!("SET ROLE daybook_head_office; UPDATE daybook.book SET {change}");
        let said = office.cluster.sql_fails(&office.database, &sql);
        assert!(said.contains(because) && said.contains("HINT"), "{change}: {said}");
    }
    office.sql("SET ROLE daybook_head_office; UPDATE daybook.book SET time_zone = 'Africa/Kigali'");
    van.assert_agrees();
    van.customer("Ana");
}

/// Found by a reader of the code: on devices the insert came before the delete, and the record was gone.
#[test]
fn a_record_deleted_and_inserted_at_once_is_there_everywhere() {
    let office = Office::open();
    let van = office.founder();
    let (ana, bo) = (van.customer("Ana"), van.customer("Bo"));
    van.sync();
    let other = office.colleague(&van);
    van.edit(&bo, json!({ "phone": "unsent" }));
    office.let_delete();
    let again = |customer: &serde_json::Value, name: &str| {
        let id = customer["id"].as_str().unwrap();
        format!(
            "DELETE FROM daybook.customer WHERE id = '{id}';
             INSERT INTO daybook.customer (book_id, id, name, city) VALUES ('{}', '{id}', '{name}', 'Lima');",
            van.book
        )
    };
    office.sql(&format!("BEGIN; {} {} COMMIT;", again(&ana, "Ana again"), again(&bo, "Bo again")));
    for device in [&van, &other] {
        device.sync();
        device.assert_agrees();
        let list = device.ask("customer_list", json!({ "sort": "name" }));
        let rows = crate::world::rows(&list);
        assert_eq!(
            (&rows[0]["name"], &rows[1]["name"], &rows[1]["city"]),
            (&json!("Ana again"), &json!("Bo again"), &json!("Lima"))
        );
    }
}

#[test]
fn a_column_that_head_office_added_for_itself_stays_there() {
    let office = Office::open();
    let van = office.founder();
    let ana = van.customer("Ana");
    van.sync();
    office.sql(
        "ALTER TABLE daybook.customer ADD COLUMN rating integer DEFAULT 5;
         UPDATE daybook.customer SET rating = 3;
         UPDATE daybook.customer SET rating = 4, city = 'Lima';",
    );
    office.sql(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Bo')", van.book));
    van.assert_agrees();
    assert_eq!(van.customer_now(&ana)["city"], "Lima");
    office.colleague(&van).assert_agrees();
}
