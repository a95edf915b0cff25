//! The documents say what the code does: whatever they name is there, what they list is all there is, and what they show is run.
//!
//! Not here: whether they are good to read.

use crate::house::ROOMS;
use crate::process::daybook;
use crate::sync::{Office, Van};
use crate::world::{World, rows};
use daybook::commands::{Runner, command};
use daybook::store::{DATABASE_FILE, device_migrations, open_private};
use refinery::Migration;
use rusqlite::config::DbConfig;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ARCHITECTURE: &str = "src-tauri/ARCHITECTURE.md";
const PROTOCOL: &str = "migrations/central/PROTOCOL.md";
const ADMINISTRATION: &str = "migrations/central/ADMINISTRATION.md";
const MIGRATIONS: &str = "migrations/README.md";
const TESTS: &str = "tests/README.md";
const CONTRIBUTING: &str = ".github/CONTRIBUTING.md";
const SECURITY: &str = ".github/SECURITY.md";

/// All documents of the project.
const DOCUMENTS: &[&str] =
    &["README.md", "CHANGELOG.md", ARCHITECTURE, PROTOCOL, ADMINISTRATION, MIGRATIONS, TESTS, CONTRIBUTING, SECURITY];

/// What a person reads before the first try.
const README_BYTES_MAX: usize = 8_000;

/// Where a file that is named without its folder may be.
const SOURCES: &[&str] = &["", "src-tauri/src", "migrations", "tests", "tests/suite"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// All files below these folders whose name ends so.
fn files(folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text outside of fenced blocks, and the blocks, each with the words after its fence.
fn fenced(text: &str) -> (String, Vec<(String, String)>) {
    let (mut prose, mut blocks) = (String::new(), Vec::new());
    let mut block: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(words)) => block = Some((words.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(block.take()),
            (Some((_, inside)), None) => *inside += &format!("{line}\n"),
            (None, None) => prose += &format!("{line}\n"),
        }
    }
    assert!(block.is_none(), "a block without an end");
    (prose, blocks)
}

/// The blocks of a document that begin so.
fn blocks(document: &str, words: &str) -> Vec<String> {
    fenced(&read(document)).1.into_iter().filter(|(kind, _)| kind == words).map(|(_, block)| block).collect()
}

/// What stands in `backticks`.
fn spans(prose: &str) -> Vec<String> {
    prose.split('`').skip(1).step_by(2).map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The rows of the table below a heading, cell by cell, without its head.
fn table_below(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let below = text.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("{document} lacks {heading}"));
    let rows = below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn unquoted(cell: &str) -> &str {
    cell.trim_matches('`')
}

// What all of them name.

#[test]
fn every_document_is_one_that_the_tests_know() {
    let mut there: BTreeSet<String> = BTreeSet::new();
    for folder in ["", ".github", "migrations", "migrations/central", "migrations/device", "src-tauri", "tests", "ui"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                there.insert(format!("{folder}/{name}").trim_start_matches('/').to_owned());
            }
        }
    }
    assert_eq!(there, DOCUMENTS.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn the_readme_is_eight_kilobytes_at_most() {
    let bytes = read("README.md").len();
    assert!(bytes <= README_BYTES_MAX, "README.md has {bytes} bytes; what is for some alone has a document of its own");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let slug = |heading: &str| -> String {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
        kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
    };
    let mut followed = 0;
    for document in DOCUMENTS {
        let (prose, _) = fenced(&read(document));
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            followed += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = root().join(document).parent().unwrap().to_owned();
            let leads_to = if path.is_empty() { root().join(document) } else { folder.join(path) };
            assert!(leads_to.exists(), "{document}: {target} leads nowhere");
            if !anchor.is_empty() {
                let there = std::fs::read_to_string(&leads_to).unwrap();
                let found =
                    there.lines().any(|line| line.starts_with('#') && slug(line.trim_start_matches('#')) == anchor);
                assert!(found, "{document}: {target} leads to no heading");
            }
        }
    }
    assert!(followed > 20, "only {followed} links were found");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let mut seen = 0;
    for document in DOCUMENTS {
        let own = Path::new(document).parent().unwrap().to_string_lossy().into_owned();
        for span in spans(&fenced(&read(document)).0) {
            let is_pattern = span.contains(['…', '{', '*', '<', ' ', '$', '~', '(']) || span.starts_with('/');
            let is_file =
                [".rs", ".sql", ".svelte", ".ts", ".mjs", ".md", ".toml"].iter().any(|end| span.ends_with(end));
            let is_folder = ["src-tauri/", "migrations/", "tests/", "ui/", "scripts/", ".github/"]
                .iter()
                .any(|top| span.starts_with(top));
            // A recipe makes these.
            let is_new = span.contains("sale_order");
            if is_pattern || is_new || !(is_file || is_folder) {
                continue;
            }
            seen += 1;
            let found = SOURCES.iter().chain([&own.as_str()]).any(|folder| root().join(folder).join(&span).exists());
            assert!(found, "{document}: there is no {span}");
        }
    }
    assert!(seen > 80, "only {seen} files are named");
}

#[test]
fn every_command_line_that_a_document_names_is_understood() {
    let mut lines = BTreeSet::new();
    for document in DOCUMENTS {
        for span in spans(&fenced(&read(document)).0).iter().filter(|span| span.starts_with("daybook ")) {
            let words: Vec<&str> =
                span.split(' ').skip(1).take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect();
            if let ["call", name] = words[..] {
                command(name).unwrap_or_else(|fault| panic!("{document}: {span}: {}", fault.message));
            }
            lines.insert(
                words.iter().take_while(|word| **word != "call").map(|word| (*word).to_owned()).collect::<Vec<_>>(),
            );
        }
    }
    assert!(lines.len() > 12, "{lines:?}");
    for line in lines {
        let ended = daybook().args(&line).arg("--help").stdout(Stdio::null()).stdin(Stdio::null()).status().unwrap();
        assert!(ended.success(), "daybook {line:?}");
    }
}

#[test]
fn every_variable_that_a_document_names_is_read() {
    let mut read_by_code = String::new();
    for path in [files(&["src-tauri/src", "tests"], ".rs"), files(&["scripts"], "")].concat() {
        if !path.ends_with("documents.rs") {
            read_by_code += &std::fs::read_to_string(path).unwrap();
        }
    }
    for document in DOCUMENTS {
        for variable in variables(&read(document)) {
            assert!(read_by_code.contains(&variable), "{document}: nothing reads {variable}");
        }
    }
    let of_tests = |text: &str| -> BTreeSet<String> {
        variables(text).into_iter().filter(|variable| variable.starts_with("DAYBOOK_TEST_")).collect()
    };
    assert_eq!(of_tests(&read(TESTS)), of_tests(&read_by_code), "the variables of the tests");
}

fn variables(text: &str) -> BTreeSet<String> {
    let rest = text.match_indices("DAYBOOK_").map(|(at, _)| &text[at..]);
    rest.map(|rest| rest.chars().take_while(|letter| letter.is_ascii_uppercase() || *letter == '_').collect::<String>())
        .filter(|name| !name.ends_with('_'))
        .collect()
}

// README.md.

/// What a new user reads is what happens: the tour's blocks are run one after the other in one shell, and where a block of
/// text follows, that is how their output ends.
#[test]
fn the_tour_in_the_readme_runs_and_prints_what_it_says() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md is there");
    let blocks = tour(&readme);
    assert!(blocks.len() >= 5, "the tour has stops");
    let mark = |number: usize| format!("== stop {number} of the tour ==");
    let mut script = String::from("set -euo pipefail\nexec 2>&1\n");
    for (number, (block, _)) in blocks.iter().enumerate() {
        script += &format!("echo '{}'\n{block}\n", mark(number));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_daybook")).parent().expect("it lies in a folder");
    let path = std::env::var("PATH").expect("there is a PATH");
    let output = Command::new("bash")
        .args(["--norc", "-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", program.display()))
        .env("DAYBOOK_STORE", folder.path().join("store"))
        .env("DAYBOOK_KEYRING", "off")
        .env_remove("DAYBOOK_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("bash is here");
    let printed = String::from_utf8(output.stdout.clone()).expect("it prints text");
    let reached = blocks.iter().enumerate().filter(|(number, _)| printed.contains(&mark(*number))).count();
    for (number, (block, expected)) in blocks.iter().enumerate().take(reached) {
        let from = printed.find(&mark(number)).expect("it was reached") + mark(number).len();
        let to = printed.find(&mark(number + 1)).unwrap_or(printed.len());
        let said = printed[from..to].trim();
        let done = number + 1 < reached || output.status.success();
        assert!(done, "this stop of the tour fails ({}):\n{block}\nIt printed:\n{said}", output.status);
        if let Some(expected) = expected {
            assert!(
                said.ends_with(expected.trim()),
                "this stop of the tour:\n{block}\nshould end with:\n{expected}\nIt printed:\n{said}"
            );
        }
    }
    assert_eq!(reached, blocks.len(), "every stop is reached");
    assert!(output.status.success());
}

/// The blocks fenced as `sh tour`, each with the block of text that follows it at once.
fn tour(readme: &str) -> Vec<(String, Option<String>)> {
    let mut blocks: Vec<(String, Option<String>)> = Vec::new();
    let mut lines = readme.lines();
    let mut follows = false;
    while let Some(line) = lines.next() {
        let block = |lines: &mut std::str::Lines| {
            lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n")
        };
        match line {
            "```sh tour" => {
                blocks.push((block(&mut lines), None));
                follows = true;
            }
            "```text" if follows => {
                let expected = block(&mut lines);
                if let Some((_, last)) = blocks.last_mut() {
                    *last = Some(expected);
                }
            }
            _ => follows = false,
        }
    }
    blocks
}

// ARCHITECTURE.md.

#[test]
fn the_rooms_of_the_document_are_those_of_the_house() {
    let told: Vec<(String, Vec<String>)> = table_below(ARCHITECTURE, "## Rooms")
        .into_iter()
        .map(|row| (unquoted(&row[0]).to_owned(), row.get(2).map(|cell| spans(cell)).unwrap_or_default()))
        .collect();
    let held: Vec<(String, Vec<String>)> = ROOMS
        .iter()
        .map(|(room, allowed)| ((*room).to_owned(), allowed.iter().map(|room| (*room).to_owned()).collect()))
        .collect();
    assert_eq!(told, held);
}

#[test]
fn each_pattern_of_the_data_layer_is_where_the_document_says() {
    let tests = files(&["tests/suite", "src-tauri/src"], ".rs");
    let rows = table_below(ARCHITECTURE, "## The data layer");
    assert!(rows.len() >= 18, "{rows:?}");
    for row in rows {
        let [pattern, file, function, test] = [0, 1, 2, 3].map(|at| unquoted(row.get(at).map_or("", String::as_str)));
        let path = SOURCES.iter().map(|folder| root().join(folder).join(file)).find(|path| path.is_file());
        let text = std::fs::read_to_string(path.unwrap_or_else(|| panic!("{pattern}: no file {file}"))).unwrap();
        let is_there = |start: &str| {
            text.contains(&format!("{start}{function}(")) || text.contains(&format!("{start}{function}<"))
        };
        assert!(
            function.is_empty() || is_there("fn ") || is_there("daybook_sync."),
            "{pattern}: no {function} in {file}"
        );
        let (module, name) = test.split_once("::").unwrap_or_else(|| panic!("{pattern}: no test"));
        let shown = tests.iter().filter(|path| path.file_stem().is_some_and(|stem| stem == module));
        let shown =
            shown.map(|path| std::fs::read_to_string(path).unwrap()).any(|text| text.contains(&format!("fn {name}(")));
        assert!(shown, "{pattern}: there is no test {test}");
    }
}

#[test]
fn each_invariant_is_a_never() {
    let text = read(ARCHITECTURE);
    let (_, rest) = text.split_once("\n## Invariants\n").expect("the chapter");
    let chapter = rest.split("\n## ").next().unwrap_or_default();
    let points: Vec<&str> = chapter.lines().filter(|line| line.starts_with("- ")).collect();
    assert!(points.len() > 15 && points.iter().all(|point| point.starts_with("- **Never:** ")), "{points:?}");
}

// PROTOCOL.md.

#[test]
fn every_code_of_head_office_stands_in_the_protocol_and_no_other() {
    let codes = |text: &str| -> BTreeSet<String> {
        let starts = text.match_indices("DB").chain(text.match_indices("DQ")).map(|(at, _)| &text[at..]);
        starts
            .filter_map(|rest| rest.get(..5))
            .filter(|code| code[2..].chars().all(|letter| letter.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    };
    let sql: String =
        files(&["migrations/central"], ".sql").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let raised = codes(&sql);
    assert!(raised.len() > 7, "{raised:?}");
    let told: BTreeSet<String> = table_below(PROTOCOL, "## Errors").into_iter().map(|row| row[0].clone()).collect();
    let rest = read(PROTOCOL);
    assert_eq!(codes(&rest), raised);
    assert!(told.is_subset(&raised) && told.len() > 5, "{told:?}");
}

#[test]
fn the_calls_of_the_protocol_are_those_that_a_device_may_make() {
    let office = Office::open();
    let granted = office.sql(
        "SELECT format('%s(%s)', p.proname, pg_get_function_arguments(p.oid)), pg_get_function_result(p.oid)
         FROM pg_proc p WHERE p.pronamespace = 'daybook_sync'::regnamespace AND has_function_privilege('daybook_device', p.oid, 'execute')",
    );
    let granted: BTreeSet<String> =
        granted.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join("\n  ")).collect();
    let told: BTreeSet<String> = blocks(PROTOCOL, "text").into_iter().map(|block| block.trim().to_owned()).collect();
    assert_eq!(told, granted);
    let kept = office.sql(
        "SELECT name, value::text FROM daybook_sync.sync_limit WHERE name LIKE '%\\_max' AND name NOT LIKE 'device%'",
    );
    let kept: BTreeMap<String, String> =
        kept.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect();
    let told: BTreeMap<String, String> = table_below(PROTOCOL, "## Limits")
        .into_iter()
        .map(|row| (unquoted(&row[0]).to_owned(), row[1].clone()))
        .collect();
    assert_eq!(told, kept);
}

#[test]
fn the_entry_of_the_protocol_is_one_as_a_device_writes_it() {
    let shown: Value = serde_json::from_str(&blocks(PROTOCOL, "json")[0]).expect("the example is JSON");
    let world = World::with_book();
    let ana = world.ask("customer_add", json!({ "name": "Ana", "phone": "1" }));
    world.ask("customer_edit", json!({ "customer_id": ana["id"], "row_version": ana["row_version"], "phone": "2" }));
    let connection = world.connection();
    let bodies = "SELECT body FROM daybook_entry ORDER BY position DESC LIMIT 2";
    let mut statement = connection.prepare(bodies).unwrap();
    let made: Vec<Vec<u8>> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let keys = |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    for (body, op) in made.iter().zip(["update", "insert"]) {
        let entry: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(keys(&entry), keys(&shown));
        assert_eq!(entry["v"], shown["v"]);
        let example =
            shown["changes"].as_array().unwrap().iter().find(|change| change["op"] == op).expect("one of each");
        assert_eq!(keys(&entry["changes"][0]), keys(example));
    }
    assert!(shown["schema"].as_i64().is_some_and(|schema| schema <= daybook::store::LATEST_DEVICE_MIGRATION));
    let local: BTreeSet<&str> = daybook::daybook::LOCAL_COLUMNS.iter().copied().collect();
    let told: BTreeSet<String> = spans(&read(PROTOCOL)).into_iter().collect();
    assert!(local.iter().all(|column| told.contains(*column)), "{local:?}");
}

// ADMINISTRATION.md.

#[test]
fn the_ten_queries_are_answered_to_whoever_is_of_head_office() {
    let text = read(ADMINISTRATION);
    let chapter = text.split("### Ten queries for head office").nth(1).expect("the chapter");
    let queries: Vec<&str> = chapter.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(queries.len(), 10);
    let kept = read("tests/data/head_office.sql");
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
fn the_reasons_of_quarantine_are_those_of_head_office() {
    let told: BTreeSet<String> =
        table_below(ADMINISTRATION, "## Quarantine").into_iter().map(|row| unquoted(&row[0]).to_owned()).collect();
    let office = Office::open();
    let codes = "SELECT DISTINCT daybook_sync.quarantine_code(c) FROM unnest(ARRAY['DQ001', 'DQ002', 'DQ003', '23503', '22023']) c";
    let given: BTreeSet<String> = office.sql(codes).into_iter().filter_map(|row| row[0].clone()).collect();
    assert_eq!(told, given);
    for row in table_below(ADMINISTRATION, "## When something is in the way") {
        for code in spans(&row[0]) {
            let known = daybook::kernel::Code::ALL.iter().any(|it| it.name() == code);
            assert!(known, "no command is refused with {code}");
        }
    }
}

// The document of migrations.

/// Migrates a closed store as the program does, on a private connection with foreign keys off, by the document's SQL.
fn migrate_as_the_document_says(folder: &Path) {
    let shown = blocks(MIGRATIONS, "sql device");
    assert_eq!(shown.len(), 4);
    let mut migrations = device_migrations();
    for (place, sql) in shown.iter().enumerate() {
        assert!(sql.starts_with("-- "), "a migration says what it is for: {sql}");
        migrations.push(Migration::unapplied(&format!("V2099123100{place:02}__rebuild_table"), sql).unwrap());
    }
    let mut connection = open_private(&folder.join(DATABASE_FILE), true).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).unwrap();
    for migration in &migrations {
        let runner = refinery::Runner::new(&migrations).set_grouped(true);
        let runner = runner.set_target(refinery::Target::Version(migration.version()));
        runner.run(&mut connection).unwrap_or_else(|error| panic!("{migration}: {error}"));
    }
    let mut orphans = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(orphans.query([]).unwrap().next().unwrap().is_none(), "a row refers to nothing");
    // This program goes on with it: only the history would say that it is another's.
    connection.execute("DELETE FROM refinery_schema_history WHERE version > 209900000000", []).unwrap();
}

fn with_a_grown_store(van: Van) -> Van {
    let Van { world: World { folder, runner }, book } = van;
    drop(runner);
    migrate_as_the_document_says(folder.path());
    let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    Van { world: World { folder, runner }, book }
}

fn filled(van: &Van) -> (Value, Value) {
    van.ask("demo_fill", json!({}));
    let table = van.world.file("customers.csv", "code,name\nQ1,Ana Quartz\nQ2,\n");
    let columns = json!({ "code": "code", "name": "name" });
    let started = van.ask("import_start", json!({ "path": table, "kind": "customers", "columns": columns }));
    van.ask("import_step", json!({ "batch_id": started["batch"]["id"] }));
    let accounts = van.ask("account_list", json!({ "kinds": ["cash", "bank"] }));
    (rows(&accounts)[0].clone(), rows(&accounts)[1].clone())
}

/// What a document tells people to do to books that hold data has been done to books that hold data.
#[test]
fn the_device_sql_in_the_migrations_document_is_run_on_data() {
    let office = Office::open();
    let van = office.founder();
    let (first, second) = filled(&van);
    let transfer = van.world.transfer(&first, &second, 1);
    let count = |world: &World, table: &str| -> i64 {
        world.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    let tables = ["payment_transfer", "import_batch", "import_row", "ledger_posting", "ledger_document", "customer"];
    let before = tables.map(|table| count(&van.world, table));
    assert!(before.iter().all(|rows| *rows > 0), "{before:?}");
    let made = |world: &World| -> BTreeSet<String> {
        let connection = world.connection();
        let sql = "SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let schema = made(&van.world);

    let van = with_a_grown_store(van);
    assert_eq!(tables.map(|table| count(&van.world, table)), before);
    let mut grown = schema;
    grown.insert("index payment_transfer_customer_id_idx".into());
    assert_eq!(made(&van.world), grown, "every index, trigger and view is there again");
    // The new rules hold, and the old ones still do.
    let connection = van.world.connection();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    for (sql, because) in [
        ("UPDATE import_batch SET rows_most = 0", "import_batch_rows_most_check"),
        ("UPDATE payment_transfer SET memo = 'x'", "never changed"),
        ("DELETE FROM payment_transfer", "never deleted"),
        (
            "INSERT INTO payment_transfer (book_id, id, device_id, series, serial, number, business_date, from_account_id, to_account_id,
                 amount_minor, fee_minor, person_id, customer_id, created_at, search_text)
             SELECT book_id, randomblob(16), device_id, 'T', 999, 'X', business_date, from_account_id, to_account_id, 1, 0, person_id,
                    randomblob(16), created_at, '' FROM payment_transfer LIMIT 1",
            "FOREIGN KEY",
        ),
    ] {
        let said = connection.execute(sql, []).unwrap_err().to_string();
        assert!(said.contains(because), "{sql}: {said}");
    }
    drop(connection);
    van.world.assert_holds();
    let reversed = van.ask("transfer_reverse", json!({ "transfer_id": transfer["id"] }));
    assert_eq!(reversed["reverses_id"], transfer["id"]);
    van.world.assert_holds();
}

#[test]
fn the_central_sql_in_the_migrations_document_is_run_on_data_and_both_sides_agree() {
    let office = Office::open();
    let van = office.founder();
    filled(&van);
    van.sync();
    let older = office.colleague(&van);
    for sql in blocks(MIGRATIONS, "sql central") {
        office.sql(&sql);
    }
    // As `central migrate` does with the schema of a program that has these columns.
    office.sql(
        "SELECT daybook_sync.refresh_registry(jsonb_agg(jsonb_build_object('table', table_name, 'kind', kind, 'owner', owner_table,
             'named_by', named_by, 'letter', letter, 'columns', columns || CASE table_name WHEN 'customer' THEN '{loyalty,credit_days}'
             WHEN 'import_batch' THEN '{rows_most}' WHEN 'payment_transfer' THEN '{customer_id}' ELSE '{}' END::text[],
             'defaults', defaults || CASE table_name WHEN 'customer' THEN '{credit_days}' ELSE '{}' END::text[])
             ORDER BY ordinal)) FROM daybook_sync.synced_table",
    );
    let van = with_a_grown_store(van);
    van.assert_agrees();
    older.assert_agrees();
    // A row of an older device gets the default, and what the older one does not know it passes over.
    let ana = older.customer("Ana of the older device");
    older.assert_agrees();
    office.sql("UPDATE daybook.customer SET loyalty = 'gold', credit_days = 30 WHERE name = 'Ana of the older device'");
    van.assert_agrees();
    older.assert_agrees();
    let grown = |van: &Van, name: &str| -> (Option<String>, i64) {
        let row = "SELECT loyalty, credit_days FROM customer WHERE name = ?1";
        van.world.connection().query_row(row, [name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(grown(&van, "Ana of the older device"), (Some("gold".into()), 30));
    older.edit(&ana, json!({ "city": "Lima" }));
    older.assert_agrees();
    // It is updated, and fetches what it had passed over.
    let updated = with_a_grown_store(older);
    updated.assert_agrees();
    assert_eq!(grown(&updated, "Ana of the older device"), (Some("gold".into()), 30));
    van.assert_agrees();
    assert_eq!(van.customer_now(&ana)["city"], "Lima");
    let valid = "SELECT count(*) FROM pg_constraint WHERE NOT convalidated";
    assert_eq!(office.value(valid), "0");
}

#[test]
fn the_newest_schema_is_the_one_that_head_office_begins_with() {
    let office = Office::open();
    let said = office.value("SELECT daybook_sync.limit_of('device_schema_max')");
    assert_eq!(said, daybook::store::LATEST_DEVICE_MIGRATION.to_string());
}

// The documents of tests and of contributing.

#[test]
fn the_modules_of_the_suite_are_those_of_the_document() {
    let main = read("tests/suite/main.rs");
    let sync = read("tests/suite/sync/mod.rs");
    let mods = |text: &str, of: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
        lines.map(|name| format!("{of}{name}")).collect()
    };
    let there: BTreeSet<String> = mods(&main, "").into_iter().chain(mods(&sync, "sync::")).collect();
    let told: BTreeSet<String> = ["## Suites of the program", "## Suites of sync"]
        .into_iter()
        .flat_map(|heading| table_below(TESTS, heading))
        .map(|row| unquoted(&row[0]).to_owned())
        .collect();
    assert_eq!(told, there);
}

#[test]
fn the_parts_of_the_tests_are_those_of_the_script() {
    let script = read("scripts/test");
    let parts =
        script.lines().find_map(|line| line.strip_prefix("[[ ${#parts[@]} -gt 0 ]] || parts=(")?.strip_suffix(')'));
    let parts: Vec<&str> = parts.expect("the script lists its parts").split(' ').collect();
    let told = table_below(CONTRIBUTING, "## Tests");
    let told: Vec<&str> = told.iter().map(|row| unquoted(&row[0])).collect();
    assert_eq!(told, parts);
}

#[test]
fn each_recipe_is_numbered_from_one() {
    let text = read(CONTRIBUTING);
    for recipe in ["## A command", "## A synced column", "## A noun with lines"] {
        let chapter = text.split(&format!("\n{recipe}\n")).nth(1).unwrap_or_else(|| panic!("no recipe {recipe}"));
        let chapter = chapter.split("\n## ").next().unwrap_or_default();
        let numbers = chapter.lines().filter_map(|line| line.split_once(". ")?.0.parse::<usize>().ok());
        let numbers: Vec<usize> = numbers.collect();
        assert!(numbers.len() > 2 && numbers.iter().copied().eq(1..=numbers.len()), "{recipe}: {numbers:?}");
    }
}

#[test]
fn the_role_that_the_security_document_tells_of_is_the_one_that_is_made() {
    let office = Office::open();
    office.link("Van 1", &daybook::sync::ForBook::New("North".into()));
    let made = office.value(
        "SELECT format('%s connections; %s', rolconnlimit, array_to_string(rolconfig, ', ')) FROM pg_roles
         WHERE rolname = (SELECT role_name FROM daybook_sync.enrolment)",
    );
    let text = read(SECURITY);
    for limit in made.split("; ").flat_map(|part| part.split(", ")) {
        assert!(
            text.contains(&format!("`{}`", limit.replace('=', " = "))) || text.contains(limit),
            "{limit} of {made}"
        );
    }
}
