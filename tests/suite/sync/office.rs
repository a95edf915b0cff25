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

#[test]
fn head_office_knows_every_command_that_writes_and_no_other() {
    let office = Office::open();
    let known: std::collections::BTreeSet<String> = office
        .sql("SELECT DISTINCT command FROM daybook_sync.command_right")
        .into_iter()
        .filter_map(|row| row[0].clone())
        .collect();
    // These change what the device keeps for itself, and so make no entry; a demo is made of other commands.
    let local = ["person_select", "setting_set", "demo_fill"];
    let writing: std::collections::BTreeSet<String> = daybook::commands::table()
        .iter()
        .filter(|command| command.kind == daybook::commands::Kind::Write && !local.contains(&command.name))
        .map(|command| command.name.to_owned())
        .collect();
    let tasks = ["import_start", "import_step", "import_undo", "import_discard"].map(str::to_owned);
    let expected: std::collections::BTreeSet<String> = writing.into_iter().chain(tasks).collect();
    assert_eq!(known, expected);
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
    for table in daybook::domain::SYNCED {
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
    assert_eq!(order, daybook::domain::SYNCED, "parents first, in the same order");
}

/// Found by a reader of the code: a day that no device can write stopped every device of the book.
#[test]
fn a_day_or_a_time_zone_that_no_device_knows_is_refused_at_its_statement() {
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
        assert!(said.contains("ledger_posting_date_check"), "{day}: {said}");
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
fn a_record_that_is_deleted_and_inserted_again_in_one_transaction_is_there_everywhere() {
    let office = Office::open();
    let van = office.founder();
    let (ana, bo) = (van.customer("Ana"), van.customer("Bo"));
    van.sync();
    let other = office.colleague(&van);
    van.edit(&bo, json!({ "phone": "unsent" }));
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
