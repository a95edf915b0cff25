//! What holds the house: who may import whom, how things are called, and that each statement fits the schema.

mod files;
mod reader;

use crate::world::World;
use daybook::commands::{GENERAL, Kind, OPENING, SYNCED, prepare, table};
use daybook::kernel::Code;
use daybook::store::device_migrations;
use daybook::sync::{FUNCTION_SET, FUNCTIONS, central_migrations, function_hash};
use files::{Files, circles};
use proc_macro2::TokenStream;
use reader::{Code as Read, read};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each room and those that it may name. Everything may name the kernel.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("store", &[]),
    ("daybook", &["store"]),
    ("domain", &["store"]),
    ("interchange", &["domain", "store"]),
    ("paper", &["domain"]),
    ("sync", &["daybook", "store"]),
    ("commands", &["sync", "paper", "interchange", "domain", "daybook", "store"]),
    ("paths", &[]),
    ("log", &["paths"]),
    ("app", &["commands", "sync", "paths", "log"]),
    ("cli", &["app", "commands", "paths"]),
    ("desktop", &["app", "commands", "paths"]),
    ("main", &["cli"]),
    ("bin", &["desktop"]),
];

/// Tables that a device keeps for itself: derived ones, and the daybook's own.
const LOCAL: &[&str] = &[
    "device_book",
    "device_clock",
    "device_printer",
    "device_setting",
    "ledger_balance",
    "ledger_customer_balance",
    "payment_item",
    "payment_claim",
    "ledger_day",
    "daybook_incarnation",
    "daybook_entry",
    "daybook_change",
    "daybook_request",
    "daybook_indexed",
    "daybook_answer",
    "daybook_local_answer",
    "sync_book",
    "sync_lane",
    "sync_version",
    "sync_change",
    "sync_exception",
    "sync_conflict",
    "sync_deferred",
    "sync_passed_over",
    "sync_undoing",
    "search_block",
    "search_tail",
    "search_fold",
    "refinery_schema_history",
];

/// The sources that speak to PostgreSQL and not to the store.
const POSTGRES: &[&str] =
    &["sync/office/admin.rs", "sync/office/functions.rs", "sync/line/central.rs", "sync/office/shut_out.rs"];

/// The rooms that know what a noun is, and so may name its table in SQL.
const NOUN_ROOMS: &[&str] = &["domain", "interchange", "commands"];

/// How long a line of SQL may be: the formatter doesn't see into strings, nor into migrations.
const SQL_COLUMNS_MAX: usize = 130;

#[test]
fn a_room_names_only_the_rooms_below_it() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    for source in sources() {
        if source.room == "lib" {
            continue;
        }
        let allowed = rooms.get(source.room.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{} is of a room that is not in the table", source.path));
        for named in rooms_named(&source) {
            assert!(
                named == "kernel" || allowed.contains(&named.as_str()),
                "{} names `{named}`, which {} may not",
                source.path,
                source.room,
            );
        }
    }
}

#[test]
fn no_way_through_the_rooms_leads_back() {
    // Each room names only rooms that stand above it in the table, so there is no circle.
    for (place, (room, allowed)) in ROOMS.iter().enumerate() {
        for named in *allowed {
            let at = ROOMS.iter().position(|(room, _)| room == named).unwrap_or_else(|| panic!("no room {named}"));
            assert!(at < place, "{room} names {named}, which stands below it in the table");
        }
    }
}

#[test]
fn the_test_of_rooms_sees_every_way_to_name_one() {
    let named = |text: &str| {
        let source =
            Source { room: "domain".into(), path: "domain/x.rs".into(), code: read(text), ..Source::default() };
        rooms_named(&source).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(named("use crate::sync::push;"), ["sync"]);
    assert_eq!(named("use crate::{kernel::Code, cli::{pipe, demo}};"), ["cli", "kernel"]);
    assert_eq!(named("fn f() { crate::app::told(); super::super::log::begin() }"), ["app", "log"]);
    assert_eq!(named("fn f() { println!(\"{}\", crate::app::told()) }"), ["app"]);
    assert_eq!(named("use daybook::desktop;"), ["desktop"]);
    assert_eq!(named("use super::{stale, Memo}; const SAID: &str = \"crate::sync\";"), [""; 0]);
}

#[test]
fn no_way_through_the_files_of_a_room_leads_back() {
    let sources = sources();
    let files = Files::of(sources.iter().map(|source| (source.path.as_str(), &source.code)));
    let names = files.names();
    let used: usize = names.values().map(BTreeSet::len).sum();
    assert!(used > 300, "only {used} files were seen to name another");
    let circles = circles(&names);
    assert!(circles.is_empty(), "these files lead back to themselves: {circles:#?}");
}

#[test]
fn only_the_store_opens_commits_and_rolls_back() {
    let words = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    let methods = ["transaction", "unchecked_transaction", "savepoint", "new_unchecked"];
    let mine = |source: &&Source| source.room != "store" && !POSTGRES.contains(&source.path.as_str());
    for source in sources().iter().filter(mine) {
        for literal in &source.code.strings {
            // A trigger's body is between BEGIN and END.
            if literal.text.contains("TRIGGER") {
                continue;
            }
            let said = literal.text.split(|letter: char| !letter.is_ascii_alphabetic());
            for word in said {
                assert!(!words.contains(&word), "{}: {word} belongs to the store: {}", source.path, literal.text);
            }
        }
        for method in methods {
            assert!(!source.code.calls.contains(method), "{}: {method} belongs to the store", source.path);
        }
    }
}

#[test]
fn every_statement_in_the_sources_fits_the_migrated_schema() {
    let world = World::empty();
    let connection = world.connection();
    prepare(&connection).unwrap();
    let mut prepared = 0;
    for source in sources() {
        for literal in &source.code.strings {
            let sql = literal.text.trim_start();
            // What is said to PostgreSQL is prepared there, by a test of sync.
            if POSTGRES.contains(&source.path.as_str()) {
                continue;
            }
            let is_sql = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "].iter().any(|verb| sql.starts_with(verb));
            // What is put together when it runs is run by `every_list_runs_in_every_order_and_filter`, and by the tests
            // of each noun.
            if !is_sql || literal.is_format {
                continue;
            }
            if let Err(error) = connection.prepare(sql) {
                panic!("{}: {error} in: {sql}", source.path);
            }
            prepared += 1;
        }
    }
    assert!(prepared > 60, "only {prepared} statements were found: does the test still see them?");
}

#[test]
fn no_statement_selects_everything_or_silences_a_check() {
    for source in sources() {
        for literal in &source.code.strings {
            for never in ["OR REPLACE", "OR IGNORE", "REPLACE INTO"] {
                assert!(!literal.text.contains(never), "{}: {never} in: {}", source.path, literal.text);
            }
            // Everything of a query whose columns are named is not everything of a table.
            let tables = literal.text.split("* FROM ").skip(1).filter(|rest| rest.starts_with(char::is_alphabetic));
            assert_eq!(tables.count(), 0, "{}: it selects whatever is there: {}", source.path, literal.text);
        }
    }
}

#[test]
fn only_rooms_that_know_nouns_name_their_tables_in_sql() {
    let mut read = 0;
    let mut wrong = Vec::new();
    for source in sources() {
        if NOUN_ROOMS.contains(&source.room.as_str()) || POSTGRES.contains(&source.path.as_str()) {
            continue;
        }
        for literal in source.code.strings.iter().filter(|literal| is_sql(&literal.text)) {
            read += 1;
            let named = SYNCED.iter().filter(|table| names_table(&literal.text, table));
            wrong.extend(named.map(|table| format!("{}:{} names {table}", source.path, literal.first_line)));
        }
    }
    assert!(read > 60, "only {read} statements were found: does the test still see them?");
    assert!(wrong.is_empty(), "a noun's table is named in {NOUN_ROOMS:?} alone: {wrong:#?}");
}

/// Whether a text is SQL or a part of it.
fn is_sql(text: &str) -> bool {
    let words = ["SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "JOIN", "WHERE", "CREATE", "ALTER", "GRANT", "REVOKE"];
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').any(|word| words.contains(&word))
}

/// Whether SQL names that table: as what it reads or writes, or before a column.
fn names_table(sql: &str, table: &str) -> bool {
    let sql: String = sql.lines().flat_map(|line| [line.split("--").next().unwrap_or_default(), "\n"]).collect();
    sql.match_indices(table).any(|(at, _)| {
        let (before, after) = (&sql[..at], &sql[at + table.len()..]);
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if before.ends_with(|letter| is_word(letter) || letter == '$') || after.starts_with(is_word) {
            return false;
        }
        let keyword = before.trim_end_matches(['"', '.']).trim_end().rsplit(|letter| !is_word(letter)).next();
        let is_behind =
            ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ON", "main"].contains(&keyword.unwrap_or_default());
        is_behind || (after.starts_with('.') && !before.ends_with('.'))
    })
}

#[test]
fn the_test_of_tables_sees_every_way_to_name_one() {
    let naming = [
        "SELECT id FROM tax WHERE id = :id",
        "SELECT 1 FROM a JOIN tax ON tax.id = a.tax_id",
        "INSERT INTO \"tax\" (id) VALUES (:id)",
        "UPDATE tax SET name = :name",
        "DELETE FROM main.tax",
        "CREATE TRIGGER t AFTER INSERT ON tax BEGIN SELECT 1; END",
        "SELECT 1\n-- A comment.\nFROM tax",
    ];
    for sql in naming {
        assert!(is_sql(sql) && names_table(sql, "tax"), "{sql}");
    }
    let other = [
        "SELECT tax_id FROM product_tax",
        "SELECT tax FROM a",
        "SELECT json_extract(body, '$.tax') FROM a",
        "FROM {tax}",
        "SELECT 1 -- FROM tax",
    ];
    for sql in other {
        assert!(is_sql(sql) && !names_table(sql, "tax"), "{sql}");
    }
    assert!(!is_sql("A tax is chosen from those that the book has."));
}

#[test]
fn no_line_of_sql_is_longer_than_130_columns() {
    let mut long = Vec::new();
    let mut read = 0;
    let mut look = |path: &str, number: usize, line: &str| {
        read += 1;
        if line.chars().count() > SQL_COLUMNS_MAX {
            long.push(format!("{path}:{number}"));
        }
    };
    for path in files(&root().join("migrations"), "sql") {
        let inner = path.strip_prefix(root()).unwrap().display().to_string();
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            assert_eq!(line, line.trim_end(), "{inner}:{}: spaces at its end", number + 1);
            look(&inner, number + 1, line);
        }
    }
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for literal in source.code.strings.iter().filter(|literal| is_sql(&literal.text)) {
            for number in literal.first_line..=literal.last_line {
                look(&source.path, number, lines[number - 1]);
            }
        }
    }
    assert!(read > 2_000, "only {read} lines were found: does the test still see them?");
    assert!(long.is_empty(), "lines past {SQL_COLUMNS_MAX} columns: {long:#?}");
}

#[test]
fn every_list_runs_in_every_order_and_filter() {
    let world = World::with_book();
    let till = world.account("Till", "cash", 9_000);
    let bank = world.account("Bank", "bank", 0);
    for number in 1..=3 {
        world.transfer(&till, &bank, number);
        world.ask("customer_add", json!({ "name": format!("Customer {number}") }));
        world.ask("product_add", json!({ "name": format!("Product {number}"), "price_minor": number }));
    }
    let customer = world.ask("customer_add", json!({ "name": "Customer 4" }));
    let lines = json!([{ "description": "Goods", "quantity_milli": 1_000, "price_minor": 5 }]);
    for _ in 1..=3 {
        world.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines }));
        let paid = json!({ "customer_id": customer["id"], "account_id": till["id"], "amount_minor": 5, "memo": "1" });
        world.ask("payment_receive", paid);
        world.ask("expense_record", json!({ "account_id": till["id"], "amount_minor": 5, "memo": "1" }));
    }
    let mut lists = 0;
    for command in table().iter().filter(|command| command.kind == Kind::Read) {
        let described = command.describe();
        let fields = fields_of(&described);
        if !fields.contains_key("cursor") {
            continue;
        }
        lists += 1;
        let mut queries = vec![json!({ "limit": 1 })];
        for (field, schema) in &fields {
            let choices: Vec<Value> = match field.as_str() {
                "search" => vec![json!("1")],
                "account_id" => vec![till["id"].clone()],
                "customer_id" => vec![customer["id"].clone()],
                "record_id" => vec![till["id"].clone()],
                "from_date" | "to_date" => vec![json!("2026-11-23")],
                _ => choices_of(schema, &described),
            };
            let is_needed =
                described_input(&described)["required"].as_array().is_some_and(|needed| needed.contains(&json!(field)));
            let mut more = if is_needed { Vec::new() } else { queries.clone() };
            for choice in choices {
                more.extend(queries.iter().cloned().map(|mut query| {
                    query[field] = choice.clone();
                    query
                }));
            }
            queries = more;
        }
        for mut query in queries {
            let page = world.ask(command.rules.name, query.clone());
            let rows_name = if page["rows"].is_array() { "rows" } else { "lines" };
            assert!(page[rows_name].is_array(), "{}: {page}", command.rules.name);
            if page["next_cursor"].is_string() {
                query["cursor"] = page["next_cursor"].clone();
                let next = world.ask(command.rules.name, query.clone());
                assert_ne!(next[rows_name], page[rows_name], "{} {query}", command.rules.name);
            }
        }
    }
    assert!(lists >= 6, "only {lists} lists were found: does the test still see them?");
}

/// The words that can stand in a field, or the two truth values.
fn choices_of(schema: &Value, described: &Value) -> Vec<Value> {
    if schema["type"] == "boolean" {
        return vec![json!(false), json!(true)];
    }
    if schema["type"] == json!(["array", "null"]) {
        return choices_of(&schema["items"], described).into_iter().map(|choice| json!([choice])).collect();
    }
    let schema =
        schema["$ref"].as_str().map_or(schema, |name| &described["$defs"][name.trim_start_matches("#/$defs/")]);
    let consts = schema["oneOf"].as_array().into_iter().flatten().map(|choice| choice["const"].clone());
    consts.chain(schema["enum"].as_array().into_iter().flatten().cloned()).collect()
}

/// A command's input, without the reference to it.
pub fn described_input(described: &Value) -> &Value {
    let name = described["input"]["$ref"].as_str().expect("an input has a name");
    &described["$defs"][name.trim_start_matches("#/$defs/")]
}

/// The fields of a command's input.
pub fn fields_of(described: &Value) -> serde_json::Map<String, Value> {
    described_input(described)["properties"].as_object().cloned().unwrap_or_default()
}

// What the schema is called.

#[test]
fn every_table_is_synced_or_local_and_keyed_as_such() {
    let world = World::empty();
    let connection = world.connection();
    let tables = tables(&connection);
    let named: BTreeSet<&str> = SYNCED.iter().chain(LOCAL).copied().collect();
    assert_eq!(named.len(), SYNCED.len() + LOCAL.len(), "a table is named twice");
    assert_eq!(tables.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
    for table in tables.keys() {
        assert_singular_snake(table);
    }
    for table in SYNCED {
        let keys = names(&connection, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", table);
        let expected: &[&str] = if *table == "book" { &["id"] } else { &["book_id", "id"] };
        assert_eq!(keys, expected, "the key of {table}");
    }
    let loose = names(
        &connection,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ?1 AND NOT strict
        AND name NOT LIKE 'sqlite_%' AND name <> 'refinery_schema_history'",
        "table",
    );
    assert!(loose.is_empty(), "not STRICT: {loose:?}");
}

#[test]
fn parents_sync_before_children_and_no_key_leaves_its_book() {
    let world = World::empty();
    let connection = world.connection();
    for (place, table) in SYNCED.iter().enumerate() {
        let parents = names(&connection, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1)", table);
        for parent in parents.iter().filter(|parent| parent != table) {
            let at = SYNCED.iter().position(|synced| synced == parent);
            assert!(at.is_some_and(|at| at < place), "{table} comes before {parent}, to which it refers");
            let by_book = "SELECT \"from\" || ' ' || \"to\" FROM pragma_foreign_key_list(?1) WHERE seq = 0";
            let expected = if parent == "book" { "book_id id" } else { "book_id book_id" };
            assert!(
                names(&connection, by_book, table).iter().any(|columns| columns == expected),
                "a key of {table} does not begin with its book"
            );
        }
        if *table != "book" {
            let first = "SELECT DISTINCT \"from\" FROM pragma_foreign_key_list(?1) WHERE seq = 0";
            assert_eq!(names(&connection, first, table), ["book_id"], "the keys of {table} stay in its book");
        }
    }
}

#[test]
fn columns_are_named_after_what_they_hold() {
    let world = World::empty();
    let connection = world.connection();
    for table in tables(&connection).keys().filter(|table| *table != "refinery_schema_history") {
        let columns = pairs(&connection, "SELECT name, type FROM pragma_table_info(?1)", table);
        for (column, kind) in columns {
            assert_snake(&column);
            let unit = column.rsplit('_').next().unwrap_or_default();
            let expected = match unit {
                "at" | "minor" | "milli" | "ppm" => "INTEGER",
                "date" => "TEXT",
                "id" => "BLOB",
                _ => continue,
            };
            assert_eq!(kind, expected, "{table}.{column}");
        }
    }
}

#[test]
fn constraints_indexes_and_triggers_are_named_for_what_they_do() {
    let world = World::empty();
    let connection = world.connection();
    for (table, sql) in tables(&connection).iter().filter(|(table, _)| *table != "refinery_schema_history") {
        let mut has_key = false;
        for part in parts(inside(sql)) {
            let Some(constraint) = part.strip_prefix("CONSTRAINT ") else {
                for nameless in ["PRIMARY KEY", "UNIQUE", "REFERENCES", "CHECK", "FOREIGN KEY"] {
                    assert!(!part.contains(nameless), "{table}: a constraint without a name: {part}");
                }
                continue;
            };
            let (name, rule) = constraint.split_once(' ').expect("a constraint has a rule");
            assert!(name.len() <= 63, "{name} is longer than PostgreSQL keeps");
            if rule.starts_with("PRIMARY KEY") {
                assert_eq!(name, format!("{table}_pkey"));
                has_key = true;
            } else if rule.starts_with("UNIQUE") {
                assert_eq!(name, format!("{table}_{}_key", joined(&columns(inside(rule)))));
            } else if rule.starts_with("FOREIGN KEY") {
                assert_eq!(name, format!("{table}_{}_fkey", joined(&columns(inside(rule)))));
            } else {
                assert!(rule.starts_with("CHECK"), "{table}: {rule}");
                assert!(name.starts_with(&format!("{table}_")) && name.ends_with("_check"), "{name} of {table}");
                assert_snake(name);
            }
        }
        assert!(has_key, "{table} has no primary key");
    }
    let indexes = "SELECT name, tbl_name || '|' || sql FROM sqlite_schema WHERE type = ?1 AND sql IS NOT NULL";
    for (name, rest) in pairs(&connection, indexes, "index") {
        let (table, sql) = rest.split_once('|').expect("a table and its statement");
        let columns = columns(inside(sql));
        let columns = if columns.len() > 1 && columns[0] == "book_id" { &columns[1..] } else { &columns[..] };
        // It is called after the first of its columns; where that leaves two of one name, after more of them.
        let good = (1..=columns.len()).any(|first| name == format!("{table}_{}_idx", columns[..first].join("_")));
        assert!(good && name.len() <= 63, "{name} on {columns:?}");
    }
    for (name, table) in pairs(&connection, "SELECT name, tbl_name FROM sqlite_schema WHERE type = ?1", "trigger") {
        let event = name.strip_prefix(&format!("{table}_")).and_then(|rest| rest.strip_suffix("_trigger"));
        assert!(event.is_some_and(|event| !event.is_empty()), "{name} on {table}");
        assert_snake(&name);
    }
    for (name, _) in pairs(&connection, "SELECT name, name FROM sqlite_schema WHERE type = ?1", "view") {
        assert_singular_snake(&name);
    }
}

/// What goes along with a parent is looked up when the parent is deleted, so there is an index that begins so.
#[test]
fn what_goes_along_with_its_parent_is_found_by_an_index() {
    let world = World::empty();
    let connection = world.connection();
    let mut cascades = 0;
    for table in tables(&connection).keys() {
        let references = names(
            &connection,
            "SELECT group_concat(\"from\", ' ' ORDER BY seq) FROM pragma_foreign_key_list(?1)
             WHERE on_delete = 'CASCADE' GROUP BY id",
            table,
        );
        let indexes = names(
            &connection,
            "SELECT group_concat(column.name, ' ' ORDER BY column.seqno)
             FROM pragma_index_list(?1) AS found, pragma_index_xinfo(found.name) AS column
             WHERE column.name IS NOT NULL GROUP BY found.name",
            table,
        );
        for reference in references {
            cascades += 1;
            assert!(indexes.iter().any(|index| index.starts_with(&reference)), "{table} ({reference}): {indexes:?}");
        }
    }
    assert!(cascades > 0);
}

fn assert_snake(name: &str) {
    let good = name.split('_').all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase()));
    assert!(good, "{name} is not lower_snake_case");
}

fn assert_singular_snake(name: &str) {
    assert_snake(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    let singular = !last.ends_with('s') || ["address", "status", "tax"].contains(&last);
    assert!(singular || name == "refinery_schema_history", "{name} is not singular");
}

/// The tables and the statements that made them.
fn tables(connection: &Connection) -> BTreeMap<String, String> {
    let own = "SELECT name, sql FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite_%'";
    pairs(connection, own, "table").into_iter().collect()
}

fn pairs(connection: &Connection, sql: &str, of: &str) -> Vec<(String, String)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([of], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn names(connection: &Connection, sql: &str, of: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([of], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// What stands between the first bracket and its partner.
fn inside(sql: &str) -> &str {
    let from = sql.find('(').expect("a bracket") + 1;
    let mut depth = 1;
    for (at, letter) in sql[from..].char_indices() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &sql[from..from + at];
        }
    }
    panic!("a bracket without a partner: {sql}");
}

/// What commas part, outside of brackets; white space made one space, comments left out.
fn parts(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for line in list.lines() {
        for letter in line.split("--").next().unwrap_or_default().chars().chain([' ']) {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if letter == ',' && depth == 0 {
                parts.push(String::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(letter);
            }
        }
    }
    parts.iter().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The column of each part; of an expression the one in it.
fn columns(list: &str) -> Vec<String> {
    let column = |part: String| {
        let start = part.find('(').map_or(0, |bracket| bracket + 1);
        part[start..].chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect()
    };
    parts(list).into_iter().map(column).collect()
}

/// Columns as a name has them: a leading book is left out, unless it is all.
fn joined(columns: &[String]) -> String {
    let columns = if columns.len() > 1 && columns[0] == "book_id" { &columns[1..] } else { columns };
    columns.join("_")
}

// The files.

#[test]
fn each_migration_is_one_version_with_a_name_and_a_reason() {
    for (folder, applied) in [("device", device_migrations().len()), ("central", central_migrations().len())] {
        let mut versions = BTreeMap::new();
        let mut files = 0;
        for entry in std::fs::read_dir(root().join("migrations").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                assert_eq!((folder, name.as_str()), ("central", "function"), "a folder that nobody reads");
                continue;
            }
            if name.ends_with(".md") {
                continue;
            }
            files += 1;
            let digits = dated(&name);
            let other = versions.insert(digits, name.clone());
            assert!(other.is_none(), "{name} and {other:?} are of one version");
            assert_opens_by_saying_what_it_is_for(&name, &std::fs::read_to_string(&path).unwrap());
        }
        assert_eq!(files, applied, "a file that is there is not applied");
    }
}

/// The version of a dated migration, whose name is as it must be.
fn dated(name: &str) -> String {
    let (version, rest) = name.split_once("__").unwrap_or_else(|| panic!("{name} is not VYYYYMMDDHHMM__verb_noun.sql"));
    let title = rest.strip_suffix(".sql").unwrap_or_else(|| panic!("{name} is no .sql"));
    let digits = version.strip_prefix('V').unwrap_or_else(|| panic!("{name} does not begin with V"));
    assert!(digits.len() == 12 && digits.chars().all(|letter| letter.is_ascii_digit()), "{name}");
    let [month, day, hour, minute] =
        [4, 6, 8, 10].map(|at| digits[at..at + 2].parse::<u32>().expect("two digits are a number"));
    assert!((1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60, "{name}: no such time");
    let verb = title.split('_').next().unwrap_or_default();
    assert!(["create", "add", "drop", "rename", "rebuild", "fill", "index"].contains(&verb), "{name}: which verb?");
    assert!(title.contains('_'), "{name}: which noun?");
    assert_singular_snake(title);
    digits.to_owned()
}

fn assert_opens_by_saying_what_it_is_for(name: &str, text: &str) {
    let first = text.lines().next().unwrap_or_default();
    assert!(first.starts_with("-- ") && first.len() > 20, "{name} does not open by saying what it is for");
    assert!(!text.contains('\r'), "{name}: line endings change its checksum");
}

#[test]
fn the_functions_of_head_office_are_the_files_of_their_folder() {
    let folder = std::fs::read_dir(root().join("migrations/central/function")).unwrap();
    let there: BTreeSet<String> =
        folder.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    let listed: BTreeSet<String> = FUNCTIONS.iter().map(|(name, _)| format!("{name}.sql")).collect();
    assert_eq!(there, listed);
    assert_eq!(listed.len(), FUNCTIONS.len(), "a file is listed twice");
    for (name, text) in FUNCTIONS {
        let is_word = name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
        assert!(is_word, "{name}: a file of functions has a name and no date");
        assert_opens_by_saying_what_it_is_for(name, text);
        for never in ["CREATE FUNCTION", "CREATE VIEW", "DROP VIEW", "CREATE TABLE"] {
            assert!(!text.contains(never), "{name}: {never} does not go twice, or takes what others rest on along");
        }
    }
}

/// What is applied again and again is not called by what is applied once.
#[test]
fn no_dated_migration_of_head_office_names_a_function_of_ours() {
    let mut functions = BTreeSet::new();
    for (_, text) in FUNCTIONS {
        for after in text.split("FUNCTION daybook").skip(1) {
            let (_, name) = after.split_once('.').expect("a schema and a name");
            functions.insert(name.split('(').next().unwrap_or_default().trim().to_owned());
        }
    }
    assert!(functions.len() > 40, "only {} functions were found", functions.len());
    for migration in central_migrations() {
        let text = migration.sql().unwrap_or_default().to_owned();
        for function in &functions {
            assert!(!text.contains(&format!("{function}(")), "{migration} calls {function}");
        }
        for never in ["CREATE FUNCTION", "CREATE OR REPLACE", "TRIGGER", "CREATE VIEW"] {
            assert!(!text.contains(never), "{migration}: {never} belongs to the functions");
        }
    }
}

/// Each set of functions has a line: its number, and the hash over its files. Whoever changes a function of a set that was released adds a
/// line and raises `FUNCTION_SET`; no line that was released is ever changed.
#[test]
fn a_changed_function_raises_the_number_of_the_set() {
    let text = std::fs::read_to_string(root().join("tests/data/function_set.txt")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let numbers: Vec<String> = lines.iter().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect();
    assert_eq!(numbers, (1..=FUNCTION_SET).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(
        lines.last(),
        Some(&format!("{FUNCTION_SET} {}", function_hash())),
        "raise FUNCTION_SET, and add the line"
    );
}

#[test]
fn the_top_level_is_what_it_is() {
    let expected: BTreeSet<&str> = [
        "Cargo.toml",
        "Cargo.lock",
        "tauri.conf.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "migrations",
        "scripts",
        "src-tauri",
        "tests",
        "ui",
    ]
    .into();
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap();
    let ignored: BTreeSet<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    let found: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !ignored.contains(name.as_str()))
        .collect();
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not begin with //!", source.path);
    }
}

#[test]
fn a_house_has_no_manager_service_helper_or_util() {
    for source in sources() {
        let name = source.path.to_lowercase();
        for word in ["manager", "service", "helper", "util", "misc", "common"] {
            assert!(!name.contains(word), "{}", source.path);
        }
        for word in ["Manager", "Service", "Helper", "Util"] {
            for name in &source.code.types {
                assert!(!name.ends_with(word), "{}: {name}", source.path);
            }
        }
    }
}

// The table of commands, and its codes.

#[test]
fn every_command_has_a_sentence_and_names_each_code_once() {
    let mut all = BTreeSet::new();
    for command in table() {
        assert!(all.insert(command.rules.name), "{} is there twice", command.rules.name);
        assert_snake(command.rules.name);
        let about = command.about;
        assert!(about.ends_with('.') && about.starts_with(char::is_uppercase), "{}: {about}", command.rules.name);
        let codes: BTreeSet<Code> = command.rules.errors.iter().copied().collect();
        assert_eq!(codes.len(), command.rules.errors.len(), "{} names a code twice", command.rules.name);
        for code in codes {
            assert!(!GENERAL.contains(&code), "{} names {code}, which every command can give", command.rules.name);
        }
    }
    assert_eq!(GENERAL.iter().collect::<BTreeSet<_>>().len(), GENERAL.len(), "a general code is named twice");
}

#[test]
fn every_code_is_named_by_a_command_or_general_or_of_opening() {
    let named: BTreeSet<Code> = table().iter().flat_map(|command| command.rules.errors).copied().collect();
    for code in Code::ALL {
        let count = [named.contains(code), GENERAL.contains(code), OPENING.contains(code)];
        assert_eq!(count.iter().filter(|named| **named).count(), 1, "{code}: named, general, of opening: {count:?}");
    }
}

#[test]
fn every_field_of_every_command_says_what_it_is() {
    let mut silent = BTreeSet::new();
    for command in table() {
        let described = command.describe();
        assert_eq!(described_input(&described)["additionalProperties"], false, "{} takes anything", command.rules.name);
        for (name, shape) in described["$defs"].as_object().into_iter().flatten() {
            for (field, schema) in shape["properties"].as_object().into_iter().flatten() {
                let text = schema["description"].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{}: {name}.{field} has no description", command.rules.name);
                if !STILL_SILENT.contains(&name.as_str()) && !says_more_than(text, field) {
                    silent.insert(format!("{name}.{field}: {text}"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "descriptions that say no more than the name: {silent:#?}");
}

/// Master records, some of whose fields still say no more than their name.
const STILL_SILENT: &[&str] = &[];

/// Whether a description says more than the field's name does: a word alone doesn't, nor do the name's own words.
fn says_more_than(text: &str, field: &str) -> bool {
    let idle =
        ["a", "an", "the", "its", "it", "this", "that", "is", "of", "which", "whose", "what", "one", "s", "if", "any"];
    let text = text.to_lowercase();
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let parts: Vec<&str> = field.split('_').collect();
    let is_named = |word: &str| parts.iter().any(|part| part.trim_end_matches('s') == word.trim_end_matches('s'));
    words.len() > 1 && words.iter().any(|word| !idle.contains(word) && !is_named(word))
}

#[test]
fn the_test_of_descriptions_tells_one_from_a_name() {
    let idle = [
        ("", "id"),
        ("Which.", "account_id"),
        ("How.", "choice"),
        ("Its name.", "name"),
        ("The account's id.", "account_id"),
        ("A note.", "note"),
    ];
    for (text, field) in idle {
        assert!(!says_more_than(text, field), "{field}: {text}");
    }
    for (text, field) in [("The account that it is paid from.", "account_id"), ("As it stands on the sign.", "name")] {
        assert!(says_more_than(text, field), "{field}: {text}");
    }
}

/// Fields of answers that hold a word of a few: the words are in the schema, for programs and for the screen's types.
#[test]
fn what_can_hold_but_a_few_words_lists_them() {
    let free = ["device_code", "postal_code", "class_code", "branch_code", "tax_code", "cancel_reason"];
    for command in table() {
        let described = command.describe();
        for (name, shape) in described["$defs"].as_object().into_iter().flatten() {
            // The codes that people give their customers, devices and taxes.
            let is_a_persons = ["Customer", "Debtor", "Device", "Book", "Tax"].iter().any(|noun| name.contains(noun));
            for (field, schema) in shape["properties"].as_object().into_iter().flatten() {
                let last = field.rsplit('_').next().unwrap_or_default();
                if ["kind", "state", "reason", "operation", "outcome", "role", "encoding", "code"].contains(&last)
                    && !(free.contains(&field.as_str()) || (field == "code" && is_a_persons))
                {
                    let is_text = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
                    assert!(!is_text, "{}: {name}.{field} is any text", command.rules.name);
                }
            }
        }
    }
}

/// Which test reaches each code.
const REACHED: &[(Code, &str)] = &[
    (Code::Malformed, "abuse::an_envelope_says_which_of_its_members_is_wrong"),
    (Code::UnknownCommand, "abuse::a_command_that_is_not_there_is_unknown_however_it_is_written"),
    (Code::UnknownField, "abuse::every_command_refuses_no_input_a_field_less_and_one_too_many"),
    (Code::MissingField, "abuse::every_command_refuses_no_input_a_field_less_and_one_too_many"),
    (Code::WrongType, "abuse::an_amount_is_taken_up_to_its_bounds_and_no_further"),
    (Code::UnknownChoice, "catalogue::people_have_names_of_their_own_and_belong_to_a_book"),
    (Code::Empty, "catalogue::texts_and_addresses_are_refused_with_their_field"),
    (Code::TooLong, "catalogue::texts_and_addresses_are_refused_with_their_field"),
    (Code::BadText, "catalogue::texts_and_addresses_are_refused_with_their_field"),
    (Code::OutOfRange, "abuse::an_amount_is_taken_up_to_its_bounds_and_no_further"),
    (Code::BadDate, "ledger::money_moves_between_two_different_accounts_that_hold_money"),
    (Code::BadId, "catalogue::texts_and_addresses_are_refused_with_their_field"),
    (Code::BadCurrency, "books::a_book_has_a_currency_and_a_time_zone_of_the_world"),
    (Code::BadTimeZone, "books::a_book_has_a_currency_and_a_time_zone_of_the_world"),
    (Code::BadEmail, "catalogue::texts_and_addresses_are_refused_with_their_field"),
    (Code::BadCursor, "ledger::a_cursor_of_another_list_is_refused"),
    (Code::NotFound, "catalogue::a_product_carries_a_tax_of_its_own_book_alone"),
    (Code::Stale, "catalogue::who_saw_an_old_version_is_shown_the_current_one"),
    (Code::IdTaken, "catalogue::an_id_that_a_caller_gives_names_one_record"),
    (Code::CodeTaken, "catalogue::a_code_belongs_to_one_even_while_it_is_archived"),
    (Code::NameTaken, "ledger::an_account_has_a_kind_that_can_be_opened_and_its_own_name"),
    (Code::InsufficientFunds, "ledger::exactly_what_is_available_may_leave_and_one_more_may_not"),
    (Code::NotCustodian, "books::what_another_device_keeps_is_lowered_there_alone"),
    (Code::PeriodClosed, "ledger::nothing_is_booked_into_a_period_that_head_office_has_closed"),
    (Code::AccountClosed, "ledger::an_account_is_closed_when_empty_and_then_takes_nothing"),
    (Code::AccountNotEmpty, "ledger::an_account_is_closed_when_empty_and_then_takes_nothing"),
    (Code::SameAccount, "ledger::money_moves_between_two_different_accounts_that_hold_money"),
    (Code::WrongAccountKind, "ledger::the_accounts_that_every_book_has_stay_open"),
    (Code::AlreadyOpened, "ledger::an_opening_balance_is_reversed_and_entered_again"),
    (Code::AlreadyReversed, "ledger::a_reversal_takes_all_back_and_is_one_however_often_made"),
    (Code::OverClaimed, "receivables::claims_that_are_given_are_taken_up_to_what_is_open"),
    (Code::DuplicateReference, "receivables::a_reference_that_the_account_had_is_told_and_may_be_accepted"),
    (Code::Credited, "receivables::a_voided_bill_leaves_what_was_paid_as_credit"),
    (Code::MoreThanSold, "receivables::rule_6_goods_that_come_back_in_parts_add_up_to_what_was_sold"),
    (Code::WrongState, "orders::a_draft_has_no_number_and_what_is_confirmed_is_numbered_without_a_gap"),
    (Code::WrongDocument, "receivables::a_voided_bill_leaves_what_was_paid_as_credit"),
    (Code::WalkIn, "receivables::a_sale_is_billed_and_paid_in_one_and_undone_in_one"),
    (Code::CreditLimit, "receivables::rule_22_a_credit_limit_warns_and_an_owner_may_accept"),
    (
        Code::PrinterUnreachable,
        "receipts::a_printer_that_is_not_there_or_takes_nothing_is_told_in_time_and_was_no_print",
    ),
    (Code::PrinterStuck, "receipts::a_printer_that_hangs_is_given_up_and_the_print_stands"),
    (Code::Archived, "catalogue::what_is_archived_is_not_edited_until_it_is_unarchived"),
    (Code::LastOwner, "catalogue::people_are_edited_and_archived_and_an_owner_remains"),
    (Code::NoBook, "catalogue::somebody_must_have_been_chosen_to_act"),
    (Code::NoPerson, "catalogue::somebody_must_have_been_chosen_to_act"),
    (Code::NotAllowed, "catalogue::a_clerk_does_the_days_work_and_no_more"),
    (Code::BookNotEmpty, "imports::the_demo_fills_a_fresh_book_alone"),
    (Code::RequestReused, "daybook::a_request_id_with_another_input_is_reused"),
    (Code::BatchFinished, "imports::a_table_without_rows_is_finished_at_once"),
    (Code::BatchUndone, "imports::undoing_an_import_leaves_what_somebody_changed"),
    (Code::FileUnreadable, "imports::what_is_no_table_or_does_not_suit_it_begins_nothing"),
    (Code::FileExists, "imports::refused_rows_are_written_out_mended_and_imported"),
    (Code::FileUnwritable, "imports::refused_rows_are_written_out_mended_and_imported"),
    (Code::BadCsv, "imports::what_is_no_table_or_does_not_suit_it_begins_nothing"),
    (Code::BadMapping, "imports::what_is_no_table_or_does_not_suit_it_begins_nothing"),
    (Code::NotABackup, "store::a_backup_with_a_flipped_byte_is_refused_and_the_store_stays"),
    (Code::NotSynced, "edges::what_is_not_synced_says_so_and_a_text_that_is_no_link_too"),
    (Code::BadLink, "edges::what_is_not_synced_says_so_and_a_text_that_is_no_link_too"),
    (Code::Unreachable, "edges::without_a_network_everything_waits_and_says_since_when"),
    (Code::Refused, "edges::a_device_that_was_revoked_is_refused_and_keeps_working"),
    (Code::KeyRingShut, "keyring::without_its_key_ring_a_round_says_so_and_asks_nobody"),
    (Code::Tls, "edges::a_server_that_another_authority_vouches_for_gets_nothing"),
    (Code::CentralTooOld, "edges::an_older_or_newer_head_office_is_waited_for"),
    (Code::CentralTooNew, "edges::an_older_or_newer_head_office_is_waited_for"),
    (Code::CentralDiffers, "edges::a_page_that_was_tampered_with_is_not_taken_in"),
    (Code::CentralRewound, "copies::a_restored_head_office_is_noticed_and_nothing_is_lost"),
    (Code::Copied, "edges::other_entries_under_the_same_numbers_are_a_copy"),
    (Code::AlreadySettled, "edits::a_value_that_was_written_over_unseen_is_told_to_its_author"),
    (Code::Busy, "store::work_that_waits_too_long_is_busy_and_begun_work_is_finished"),
    (Code::InUse, "store::a_store_in_use_names_its_owner_and_a_dead_one_is_no_bar"),
    (Code::ReadOnly, "store::beside_its_owner_a_store_is_read_and_never_written"),
    (Code::NoStore, "cli::a_command_that_needs_a_store_makes_none"),
    (Code::NotAStore, "store::a_file_of_another_program_is_left_as_it_is_byte_for_byte"),
    (Code::TooNew, "store::a_store_of_a_newer_daybook_is_left_as_it_is_byte_for_byte"),
    (Code::MigrationFailed, "migrate::a_failing_migration_is_named_and_the_store_is_as_before"),
    (Code::Damaged, "cli::a_store_that_cant_be_opened_ends_with_4_and_stays_untouched"),
    (Code::DiskFull, "disks::a_full_device_says_so_and_goes_on_when_there_is_room"),
    (Code::Io, "disk::what_was_not_saved_stays_unsaved_though_a_reader_reads"),
    (Code::OutcomeUnknown, "disk::while_an_outcome_is_unknown_asking_again_says_so"),
    (Code::BelowMinimum, "ledger::no_account_goes_below_its_minimum_on_an_earlier_day"),
    (Code::ClockDoubtful, "clock::a_clock_is_doubtful_from_either_bound_on_and_not_before"),
    (Code::Internal, "store::in_one_group_a_refusal_and_a_panic_undo_themselves_alone"),
];

#[test]
fn every_code_is_reached_by_a_test() {
    let tests = tests();
    let mut left: BTreeSet<Code> = Code::ALL.iter().copied().collect();
    let mut silent = Vec::new();
    for (code, test) in REACHED {
        assert!(left.remove(code), "{code} is there twice");
        let body = tests.get(*test).unwrap_or_else(|| panic!("{code}: there is no test {test}"));
        let held = reader::asserted(body);
        if !held.contains(code.name()) && !held.contains(&format!("{code:?}")) {
            silent.push(format!("{code}: {test}"));
        }
    }
    assert!(silent.is_empty(), "tests that assert nothing of the code that they reach: {silent:#?}");
    assert!(left.is_empty(), "no test is named for {left:?}");
}

/// Every test, as `module::name`, with its body.
fn tests() -> BTreeMap<String, TokenStream> {
    let mut tests = BTreeMap::new();
    for folder in ["tests/suite", "src-tauri/src"] {
        for path in files(&root().join(folder), "rs") {
            let module = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let found = reader::tests(reader::tokens_of(&text)).into_iter();
            tests.extend(found.map(|(name, body)| (format!("{module}::{name}"), body)));
        }
    }
    tests
}

// The sources.

#[derive(Default)]
struct Source {
    /// The folder in src, or the file's name where it lies in src itself.
    room: String,
    path: String,
    text: String,
    /// Without unit tests.
    code: Read,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and of those in it whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let src = root().join("src-tauri/src");
    let found: Vec<Source> = files(&src, "rs").iter().map(|path| read_source(path, &src)).collect();
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

fn read_source(path: &Path, src: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap();
    let inner = path.strip_prefix(src).unwrap();
    let first = inner.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    let room = first.trim_end_matches(".rs").to_owned();
    Source { room, path: inner.display().to_string(), code: read(&text), text }
}

/// The other rooms that a file names: `crate::room`, `crate::{room…}`, `super::super::room`, `daybook::room`.
fn rooms_named(source: &Source) -> BTreeSet<String> {
    let module = files::module_of(&source.path);
    let imports = source.code.imports.iter().map(|import| &import.parts);
    let paths = imports.chain(source.code.paths.iter().map(|path| &path.parts));
    let named = paths.filter_map(|parts| match parts.first()?.as_str() {
        "crate" | "daybook" => parts.get(1).cloned(),
        "super" => files::absolute(&module, parts)?.first().cloned(),
        _ => None,
    });
    named.filter(|named| *named != source.room && ROOMS.iter().any(|(room, _)| room == named)).collect()
}
