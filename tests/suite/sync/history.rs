//! What head office reads of a book's history costs what it shows, however long the log is.

use super::{Office, Van};
use serde_json::{Value, json};

/// Adds so many versions to a log: every second one changes that record, the others make one each. Written into the log's tables at
/// once, for what is read of them is looked at here, and not how they came.
fn lengthen(office: &Office, van: &Van, busy: &str, versions: usize) {
    office.sql(&format!(
        "CREATE TEMP TABLE made AS
         SELECT h.book_id, h.version + n AS version, CASE WHEN n % 2 = 0 THEN '{busy}' ELSE gen_random_uuid() END AS record_id
         FROM daybook_sync.book_head h, generate_series(1, {versions}) n WHERE h.book_id = '{}';
         INSERT INTO daybook_sync.book_version (book_id, version, outcome, body, previous_hash, entry_hash, book_hash)
         SELECT m.book_id, m.version, 'applied', convert_to(jsonb_build_object('at', 0, 'by', 'test', 'command', 'head_office', 'changes',
                    jsonb_build_array(jsonb_build_object('key', m.record_id, 'op', 'update', 'table', 'customer', 'new',
                        jsonb_build_object('note', repeat('x', 200)))))::text, 'UTF8'), '', '', ''
         FROM made m;
         INSERT INTO daybook_sync.record_version SELECT m.book_id, m.record_id, m.version FROM made m;
         UPDATE daybook_sync.book_head SET version = version + {versions};
         ANALYZE",
        van.book
    ));
}

/// How many pages a query read, and its plan.
fn pages(office: &Office, query: &str) -> (i64, Value) {
    // The first one finds the catalogue.
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}");
    let said: Value = serde_json::from_str(&office.value(&explain)).expect("JSON");
    let plan = said[0]["Plan"].clone();
    let count = |name: &str| plan[name].as_i64().expect("a count");
    (count("Shared Hit Blocks") + count("Shared Read Blocks"), plan)
}

/// The tables of the log that a plan reads from end to end.
fn read_whole(plan: &Value) -> Vec<String> {
    let mut found: Vec<String> = plan["Plans"].as_array().into_iter().flatten().flat_map(read_whole).collect();
    let name = plan["Relation Name"].as_str().unwrap_or_default();
    if plan["Node Type"] == "Seq Scan" && ["book_version", "record_version"].contains(&name) {
        found.push(name.to_owned());
    }
    found
}

/// The look-up by record holds what the log holds, whatever became of an entry on its way.
pub fn assert_each_change_has_its_record(office: &Office) {
    let counts = &office.sql(
        "SELECT count(*), count(record_id), count(DISTINCT (book_id, version, record_id)),
                (SELECT count(*) FROM daybook_sync.record_version) FROM daybook.book_history",
    )[0];
    assert!(counts[0] == counts[1] && counts[2] == counts[3] && counts[0].as_deref() != Some("0"), "{counts:?}");
}

#[test]
fn the_history_of_a_record_is_read_without_the_log() {
    let office = Office::open();
    let van = office.founder();
    let ana = van.ask("customer_add", json!({ "name": "Ana", "code": "ALFKI" }));
    let busy = van.customer("Busy");
    van.edit(&ana, json!({ "phone": "030-1" }));
    van.sync();
    office.sql(&format!("UPDATE daybook.customer SET city = 'Lima' WHERE id = '{}'", ana["id"].as_str().unwrap()));
    assert_each_change_has_its_record(&office);
    let (book, ana, busy) = (van.book, ana["id"].as_str().unwrap(), busy["id"].as_str().unwrap());
    let by_id = format!(
        "SELECT operation, new ->> 'phone' FROM daybook.book_history WHERE record_id = '{ana}' ORDER BY version"
    );
    let by_code = "SELECT h.operation, h.new ->> 'phone' FROM daybook.book_history h
         JOIN daybook.customer c ON c.book_id = h.book_id AND c.id = h.record_id
         WHERE h.book_name = 'North route' AND h.table_name = 'customer' AND c.code = 'ALFKI' ORDER BY h.version";
    let newest = format!(
        "SELECT version, record_id FROM daybook.book_history WHERE book_id = '{book}' ORDER BY version DESC, ordinal LIMIT 50"
    );
    let queries = [by_id.as_str(), by_code, newest.as_str()];

    // Below some thousand versions a table is read as fast as its index.
    lengthen(&office, &van, busy, 20_000);
    let before = queries.map(|query| pages(&office, query).0);
    lengthen(&office, &van, busy, 60_000);
    for (query, before) in queries.into_iter().zip(before) {
        let (after, plan) = pages(&office, query);
        assert_eq!(read_whole(&plan), Vec::<String>::new(), "{query}: {plan:#}");
        // Each of the trees may have grown by a level, which each row's look-up goes through.
        assert!(after <= before + before / 2 + 16, "{query}: {before} pages, then {after}: {plan:#}");
    }
    // Read by its record it is what the whole log says of it.
    let said = [json!(["insert", ""]), json!(["update", "030-1"]), json!(["update", ""])];
    for query in [by_id.as_str(), by_code] {
        let rows = office.sql(query);
        let rows: Vec<Value> =
            rows.iter().map(|row| json!([row[0].clone().unwrap(), row[1].clone().unwrap_or_default()])).collect();
        assert_eq!(rows, said, "{query}");
    }
    assert_eq!(office.sql(&newest).len(), 50);
    assert_each_change_has_its_record(&office);
}
