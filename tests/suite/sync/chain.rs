//! What is pushed must go on from what came before, by its hash.

use super::Office;
use serde_json::json;

#[test]
fn an_entry_that_breaks_the_chain_is_refused_whole() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let connection = van.world.connection();
    let hex = |sql: &str| connection.query_row::<String, _, _>(sql, [], |row| row.get(0)).unwrap();
    let lane = hex("SELECT hex(incarnation_id) FROM daybook_entry LIMIT 1");
    let role = hex("SELECT role_name FROM sync_book");
    van.customer("Bo");
    let body = hex("SELECT hex(body) FROM daybook_entry ORDER BY position DESC LIMIT 1");
    let sequence = hex("SELECT cast(max(sequence) AS text) FROM daybook_entry");
    let password = std::fs::read_to_string(van.world.folder.path().join("secrets").join(&role)).unwrap();
    let push = |previous: &str| {
        let sql = format!(
            "SELECT outcome FROM daybook_sync.push('{}', '{lane}', {sequence}, '\\x{previous}', ARRAY['\\x{body}'::bytea], 0)",
            van.book
        );
        office.cluster.psql_as(&role, password.trim(), &office.database, &sql)
    };
    let said = push(&"ab".repeat(32)).expect_err("another chain is refused");
    assert!(said.contains("does not go on from what came before"), "{said}");
    assert_eq!(office.value("SELECT count(*) FROM daybook.customer"), "1");
    // The same entry after the right one is taken.
    let previous = hex("SELECT hex(hash) FROM daybook_entry ORDER BY position DESC LIMIT 1 OFFSET 1");
    assert_eq!(push(&previous).unwrap()[0][0].as_deref(), Some("applied"));
    van.assert_agrees();
    assert_eq!(van.ask("customer_list", json!({}))["rows"].as_array().unwrap().len(), 2);
}
