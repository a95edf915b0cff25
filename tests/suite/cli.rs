//! The command line, as a person and a script meet it: what it prints, where, and how it ends.

use crate::process::{Dice, Pipe, Shop, call, daybook, run};
use daybook::commands;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it prints text")
}

/// It ended with this code, printed nothing, and told this error as one line of JSON.
fn assert_ends(output: &Output, exit_code: i32, error: &str) -> Value {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    assert_eq!(text(&output.stdout), "", "an error prints no answer");
    assert_eq!(said.lines().count(), 1, "an error is one line: {said}");
    let object: Value = serde_json::from_str(&said).expect("an error is JSON");
    assert_eq!(object["code"], error, "{said}");
    assert!(object["message"].as_str().is_some_and(|message| !message.is_empty()), "{said}");
    object
}

fn with_input(store: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = daybook()
        .arg("--store")
        .arg(store)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("daybook starts");
    // One that refuses early does not read to the end.
    let _ = child.stdin.take().expect("its input is led here").write_all(input);
    child.wait_with_output().expect("the child is ours")
}

fn shop(test: &str) -> (tempfile::TempDir, Shop) {
    let folder = tempfile::tempdir().expect("a folder");
    let shop = Shop::set_up(&folder.path().join("store"), &mut Dice::of_this_run(test));
    (folder, shop)
}

#[test]
fn a_bad_command_line_ends_with_2_and_makes_no_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    for arguments in [&[][..], &["call"], &["dance"], &["call", "status", "--surplus"], &["completions", "basic"]] {
        let output = run(&store, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    }
    assert_ends(&run(&store, &["call", "status", "{"]), 2, "malformed");
    assert_ends(&run(&store, &["call", "status", ""]), 2, "malformed");
    assert_ends(&run(&store, &["call", "status", "{} {}"]), 2, "malformed");
    assert_ends(&with_input(&store, &["call", "status", "-"], b"\xff"), 2, "malformed");
    assert_ends(&with_input(&store, &["call", "status", "-"], b""), 2, "malformed");
    let error = assert_ends(&run(&store, &["call", "dance"]), 2, "unknown_command");
    assert_eq!(error["field"], "command");
    assert!(!store.exists(), "nothing was asked of a store, so none is made");
}

#[test]
fn a_refusal_ends_with_3_and_names_its_field() {
    let (_folder, shop) = shop("refusals");
    let refused = |arguments: &[&str], code: &str, field: Value| {
        let error = assert_ends(&run(&shop.store, arguments), 3, code);
        assert_eq!(error["field"], field, "{arguments:?}: {error}");
    };
    refused(&["call", "customer_add", "{}"], "missing_field", json!("name"));
    refused(&["call", "customer_add", "[]"], "wrong_type", Value::Null);
    refused(&["call", "customer_add", "{\"name\":\"N\",\"nmae\":1}"], "unknown_field", json!("nmae"));
    refused(&["call", "customer_add", "{\"name\":7}"], "wrong_type", json!("name"));
    refused(&["call", "status", "--book", "x"], "bad_id", json!("book"));
    refused(&["call", "status", "--person", "x"], "bad_id", json!("person"));
    refused(&["call", "status", "--request", "x"], "bad_id", json!("request_id"));
    refused(&["call", "status", "--book", &shop.till], "not_found", json!("book"));
    refused(&["call", "restore", "{\"path\":\"/nowhere\"}"], "file_unreadable", json!("path"));
    let input = shop.transfer(&shop.book, 1 << 50).to_string();
    let error = assert_ends(&run(&shop.store, &["call", "transfer_funds", &input]), 3, "insufficient_funds");
    assert_eq!(error["details"], json!({ "available_minor": 1_000_000_000, "asked_minor": 1_i64 << 50 }));
}

#[test]
fn a_store_that_cant_be_opened_ends_with_4_and_stays_untouched() {
    let (folder, shop) = shop("not opened");
    let path = |name: &str| folder.path().join(name);
    let store_of = |name: &str, database: &[u8]| {
        std::fs::create_dir(path(name)).expect("a folder is made");
        std::fs::write(path(name).join("daybook.sqlite"), database).expect("a file is written");
        path(name)
    };
    let ours = std::fs::read(shop.store.join("daybook.sqlite")).expect("the store is read");
    let refuses = |store: &Path, code: &str| {
        let before = std::fs::read(store.join("daybook.sqlite")).ok();
        let book = r#"{"name":"N","currency":"EUR","person_name":"A"}"#;
        for arguments in [&["call", "status"][..], &["pipe"], &["demo"], &["call", "book_setup", book], &["sync"]] {
            assert_ends(&run(store, arguments), 4, code);
        }
        assert_ends(&with_input(store, &["join"], &[b'x'; 70]), 4, code);
        if code != "damaged" {
            let order = json!({ "path": shop.store.join("daybook.sqlite") }).to_string();
            assert_ends(&run(store, &["call", "restore", &order]), 4, code);
        }
        assert_eq!(std::fs::read(store.join("daybook.sqlite")).ok(), before, "{code}: it stays untouched");
    };

    refuses(&store_of("text", b"Dear diary, this is no database at all."), "not_a_store");
    let anothers = path("another.sqlite");
    rusqlite::Connection::open(&anothers)
        .and_then(|database| database.execute_batch("CREATE TABLE note (words TEXT); PRAGMA application_id = 7;"))
        .expect("another program's database is made");
    let anothers = std::fs::read(anothers).expect("it is read");
    let store = store_of("another", &anothers);
    refuses(&store, "not_a_store");
    assert_eq!(std::fs::read_dir(&store).expect("it is listed").count(), 1, "not even a lock was laid beside it");

    let newer = store_of("newer", &ours);
    rusqlite::Connection::open(newer.join("daybook.sqlite"))
        .and_then(|database| {
            database.execute(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 VALUES (209912312359, 'settle_on_mars', '2099-12-31T23:59:00Z', '1')",
                [],
            )
        })
        .expect("the store is made newer");
    refuses(&newer, "too_new");

    // Ours by its header, and rubble behind it.
    let mut broken = ours[..100].to_vec();
    broken.resize(ours.len(), 0xa5);
    refuses(&store_of("broken", &broken), "damaged");

    std::fs::write(path("file"), "").expect("a file is written");
    refuses(&path("file"), "io");
    refuses(&path("file").join("below"), "io");
    std::fs::create_dir_all(path("nested").join("daybook.sqlite")).expect("a folder is made");
    refuses(&path("nested"), "io");
}

#[test]
fn input_comes_from_the_command_line_or_from_standard_input() {
    let (_folder, shop) = shop("standard input");
    let output = with_input(&shop.store, &["call", "customer_add", "-"], "{\"name\":\"Søren & Sønner\"}\n".as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), 1, "for a program an answer is one line");
    let added: Value = serde_json::from_str(&printed).expect("an answer is JSON");
    assert_eq!(added["name"], "Søren & Sønner");
    let found = call(&shop.store, "customer_list", &json!({ "search": "SØNNER" }));
    assert_eq!(found["rows"][0]["id"], added["id"]);
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    assert_ends(&with_input(&shop.store, &["call", "customer_add", "-"], long.as_bytes()), 3, "too_long");
}

#[test]
fn json_may_begin_with_a_byte_order_mark() {
    let (_folder, shop) = shop("a byte order mark");
    let input = "\u{feff}{\"name\":\"Ana\"}";
    assert!(with_input(&shop.store, &["call", "customer_add", "-"], input.as_bytes()).status.success());
    let line = "\u{feff}{\"id\":1,\"command\":\"customer_list\"}\n";
    let answered = text(&with_input(&shop.store, &["pipe"], line.as_bytes()).stdout);
    assert!(answered.contains("Ana"), "{answered}");
}

#[test]
fn a_request_given_on_the_command_line_is_done_once() {
    let (_folder, shop) = shop("request");
    let request = "0193e6a0-0000-7000-8000-000000000001";
    let ask = |name: &str| {
        run(&shop.store, &["call", "customer_add", "--request", request, &json!({ "name": name }).to_string()])
    };
    let (first, again) = (ask("Once"), ask("Once"));
    assert!(first.status.success());
    assert_eq!(first.stdout, again.stdout, "the same answer");
    assert_ends(&ask("Twice"), 3, "request_reused");
    assert_eq!(call(&shop.store, "customer_list", &json!({}))["rows"].as_array().map(Vec::len), Some(1));
}

/// Found by this test: a variable that was set to nothing ended the program with 2.
#[test]
fn the_store_is_the_one_named_then_the_variables_then_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    // Where there is none, the folder that was looked in is named.
    let directory_of = |command: &mut Command| {
        let output = command.args(["call", "status"]).output().expect("daybook starts");
        let error = assert_ends(&output, 4, "no_store");
        let directory = PathBuf::from(error["details"]["directory"].as_str().expect("a folder"));
        assert!(!directory.exists(), "status makes none");
        directory
    };
    let at_home = || {
        let mut command = daybook();
        command.env("HOME", path("home")).env_remove("XDG_DATA_HOME");
        command
    };
    assert_eq!(
        directory_of(at_home().env("DAYBOOK_STORE", path("variable")).arg("--store").arg(path("named"))),
        path("named")
    );
    assert_eq!(directory_of(at_home().env("DAYBOOK_STORE", path("variable"))), path("variable"));
    assert_eq!(directory_of(at_home().env("DAYBOOK_STORE", "")), path("home/.local/share/daybook/store"));
    assert_eq!(directory_of(&mut at_home()), path("home/.local/share/daybook/store"));
    let book = r#"{"name":"N","currency":"EUR","person_name":"A"}"#;
    let output = at_home().args(["call", "book_setup", book]).output().expect("daybook starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(path("home/.local/share/daybook/store/daybook.sqlite").exists(), "it is made there");
    // After the command's name it means the same.
    let output =
        at_home().args(["call", "book_setup", book, "--store"]).arg(path("after")).output().expect("daybook starts");
    assert!(output.status.success() && path("after").exists());
}

#[test]
fn commands_are_listed_for_people_and_described_for_programs() {
    let nowhere = Path::new("/nowhere");
    let listed = text(&run(nowhere, &["commands"]).stdout);
    let described: Value = serde_json::from_slice(&run(nowhere, &["commands", "--json"]).stdout).expect("it is JSON");
    let commands = described["commands"].as_array().expect("a list");
    let names: BTreeSet<&str> = commands.iter().filter_map(|command| command["name"].as_str()).collect();
    assert_eq!(names.len(), commands.len(), "each has a name of its own");
    assert_eq!(names.len(), listed.lines().count(), "both say the same");
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        assert!(words.next().is_some_and(|name| names.contains(name)), "{line}");
        assert!(words.next().is_some_and(|kind| ["reads", "writes", "task"].contains(&kind)), "{line}");
        assert!(line.ends_with('.'), "it says in a sentence what it does: {line}");
    }
    for name in ["transfer_funds", "customer_list", "import_step", "verify", "backup", "restore"] {
        assert!(names.contains(name), "{name}");
    }
    let general = described["general_errors"].as_array().expect("codes");
    assert!(general.contains(&Value::from("not_found")), "what any command can say is told once");
    for command in commands {
        let name = &command["name"];
        assert!(["read", "write", "task"].iter().any(|kind| command["kind"] == *kind), "{name}");
        assert!(command["roles"].as_array().is_some_and(|roles| !roles.is_empty()), "{name}");
        let input = resolve(command, &command["input"]);
        assert_eq!(input["type"], "object", "{name} takes an object");
        assert_eq!(input["additionalProperties"], false, "{name} refuses unknown fields");
        assert_eq!(resolve(command, &command["answer"])["type"], "object", "{name} answers an object");
        assert_schema(command, &command["input"], &format!("{name}.input"));
        assert_schema(command, &command["answer"], &format!("{name}.answer"));
        for (definition, schema) in command["$defs"].as_object().expect("definitions") {
            assert_schema(command, schema, &format!("{name}.$defs.{definition}"));
        }
    }
}

/// The schema that is meant, behind its reference.
fn resolve<'a>(command: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.strip_prefix("#/$defs/").expect("a reference into its own definitions");
            assert!(command["$defs"][name].is_object(), "{reference} is there");
            &command["$defs"][name]
        }
        None => schema,
    }
}

/// Every part of it is a schema of JSON Schema 2020-12, as far as Daybook uses that.
fn assert_schema(command: &Value, schema: &Value, place: &str) {
    const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];
    if schema.is_boolean() {
        return;
    }
    let members = schema.as_object().unwrap_or_else(|| panic!("{place} is a schema: {schema}"));
    resolve(command, schema);
    for (keyword, value) in members {
        let place = format!("{place}.{keyword}");
        match keyword.as_str() {
            "type" => {
                let types = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                assert!(!types.is_empty() && types.iter().all(|it| TYPES.iter().any(|name| it == name)), "{place}");
            }
            "properties" => {
                for (name, schema) in value.as_object().unwrap_or_else(|| panic!("{place} is an object")) {
                    assert_schema(command, schema, &format!("{place}.{name}"));
                }
            }
            "items" | "additionalProperties" => assert_schema(command, value, &place),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                for schema in value.as_array().unwrap_or_else(|| panic!("{place} is a list")) {
                    assert_schema(command, schema, &place);
                }
            }
            "required" => {
                for name in value.as_array().unwrap_or_else(|| panic!("{place} is a list")) {
                    let name = name.as_str().expect("a name");
                    assert!(!members["properties"][name].is_null(), "{place}: {name} is a property");
                }
            }
            "enum" => assert!(value.as_array().is_some_and(|choices| !choices.is_empty()), "{place}"),
            "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems" => {
                assert!(value.is_number(), "{place}");
            }
            "$ref" | "description" | "format" | "pattern" | "title" => assert!(value.is_string(), "{place}"),
            "writeOnly" => assert!(value.is_boolean(), "{place}"),
            "default" | "const" => {}
            other => panic!("{place}: {other} is not a keyword that Daybook uses"),
        }
    }
}

/// What a first-time user types: every command is shown with its fields, and its example is one that the command understands.
#[test]
fn each_command_is_shown_with_its_fields_an_example_and_its_errors() {
    let nowhere = Path::new("/nowhere");
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let _shop = Shop::set_up(&store, &mut Dice::of_this_run("shown"));
    for command in commands::table() {
        let name = command.rules.name;
        let output = run(nowhere, &["commands", name]);
        let page = text(&output.stdout);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        let described = command.describe();
        for field in crate::house::fields_of(&described).keys() {
            assert!(page.contains(&format!("\n  {field} ")), "{name} does not show {field}:\n{page}");
        }
        for code in command.rules.errors {
            assert!(page.contains(code.about()), "{name} does not show {code}");
        }
        let example = page.lines().find_map(|line| line.strip_prefix("  daybook call ")).expect("an example");
        let (named, input) = example.split_once(' ').unwrap_or((example, "'{}'"));
        assert_eq!(named, name);
        let input = input.trim_matches('\'');
        // It is not taken for something else: what it names may not be there.
        let not_understood = ["missing_field", "unknown_field", "wrong_type", "unknown_choice", "bad_id", "malformed"];
        if !["sync_join", "restore", "demo_fill"].contains(&name) {
            let said = text(&run(&store, &["call", name, input]).stderr);
            assert!(!not_understood.iter().any(|code| said.contains(&format!("\"{code}\""))), "{example}: {said}");
        }
    }
}

#[test]
fn help_leads_from_what_was_typed_to_what_was_meant() {
    let nowhere = Path::new("/nowhere");
    let asked = run(nowhere, &["call", "customer_add", "--help"]);
    assert_eq!(asked.stdout, run(nowhere, &["commands", "customer_add"]).stdout);
    assert!(
        text(&run(nowhere, &["call", "--help"]).stdout).contains("Run one command"),
        "without a name it is about call"
    );
    let output = run(nowhere, &["customer_list"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("daybook call customer_list"), "{}", text(&output.stderr));
    assert_ends(&run(nowhere, &["commands", "customer_lst"]), 2, "unknown_command");
}

#[test]
fn bash_takes_the_completions() {
    let output = run(Path::new("/nowhere"), &["completions", "bash"]);
    assert!(output.status.success());
    let script = text(&output.stdout);
    let bash = Command::new("bash")
        .args(["--norc", "-euc", "source /dev/stdin <<< \"$1\"; complete -p daybook", "bash", &script])
        .output()
        .expect("bash is here");
    assert!(bash.status.success(), "{}", text(&bash.stderr));
    assert!(text(&bash.stdout).contains("-F _daybook"), "{}", text(&bash.stdout));
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(run(Path::new("/nowhere"), &["completions", shell]).stdout.len() > 500, "{shell}");
    }
}

#[test]
fn help_shows_examples_whose_commands_exist_and_exit_codes() {
    let nowhere = Path::new("/nowhere");
    let described: Value = serde_json::from_slice(&run(nowhere, &["commands", "--json"]).stdout).expect("it is JSON");
    let exists =
        |name: &str| described["commands"].as_array().expect("a list").iter().any(|command| command["name"] == name);
    let mut shown = 0;
    for arguments in [&["--help"][..], &["call", "--help"], &["pipe", "--help"], &["demo", "--help"]] {
        let output = run(nowhere, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let help = text(&output.stdout);
        for (_, rest) in help.match_indices("daybook call ").map(|(at, it)| (at, &help[at + it.len()..])) {
            let name: String =
                rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
            if rest.starts_with(['<', '[']) {
                continue;
            }
            assert!(exists(&name), "{arguments:?} shows {name}, which is no command");
            shown += 1;
        }
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{arguments:?}: a line is short enough to be read: {line}");
        }
    }
    assert!(shown >= 6, "examples are shown");
    let help = text(&run(nowhere, &["--help"]).stdout);
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    let version = text(&run(nowhere, &["--version"]).stdout);
    assert_eq!(version.trim(), concat!("daybook ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_demo_tells_its_story_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = daybook();
    // A store that is named for every day is not the demo's.
    command.env("DAYBOOK_STORE", folder.path().join("mine")).env("TMPDIR", folder.path());
    let output = command.arg("demo").output().expect("daybook starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let story = text(&output.stdout);
    for line in [
        "91 customers, 77 products, 3 accounts, 8 transfers",
        "found “Blondésddsl”: BLONDESDDSL PÈRE ET FILS, 67000 Strasbourg, France",
        "found “Berglunds”: BERGLUNDS SNABBKÖP, S-958 22 Luleå, Sweden",
        "refused (insufficient_funds): There is not enough in the account.",
        "available 1,822.75 EUR, asked 1,822.76 EUR",
        "D1-T-000009     1,822.75 EUR  made",
        "its fee was refused alone: There is not enough in the account.",
        "D1-T-000010     1,822.75 EUR  reverses D1-T-000009",
        "refused (already_reversed): D1-T-000009 was reversed already.",
        "19 entries, 385 rows, 16 postings: everything holds",
    ] {
        assert!(story.contains(line), "the demo tells “{line}”:\n{story}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is listed").count(), 0, "its store is thrown away");
}

/// Found by this test: a demo in a store that was in use added a book to it before it was refused.
#[test]
fn a_demo_is_kept_where_it_is_told_and_touches_no_other_book() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let output = run(&store, &["demo"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with(&format!("A new store in {}\n", store.display())));
    let status = call(&store, "status", &json!({}));
    assert_eq!((&status["book"]["name"], &status["entries"]["total"]), (&json!("North route"), &json!(19)));

    let output = run(&store, &["demo"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("\"book_not_empty\""), "{}", text(&output.stderr));
    let after = call(&store, "status", &json!({}));
    assert_eq!((&after["books"], &after["entries"]["total"]), (&status["books"], &json!(19)), "nothing was added");
}

/// What lies in a store's folder, but for SQLite's log, which may be there or not.
fn names_in(store: &Path) -> BTreeSet<String> {
    std::fs::read_dir(store)
        .expect("it is listed")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("daybook.sqlite-"))
        .collect()
}

#[test]
fn a_backup_is_made_and_restored_from_the_command_line() {
    let (folder, shop) = shop("restore");
    let copy = folder.path().join("copy.sqlite");
    let order = json!({ "path": copy }).to_string();
    call(&shop.store, "customer_add", &json!({ "name": "Before" }));
    let made = call(&shop.store, "backup", &json!({ "path": copy }));
    assert_eq!((&made["path"], &made["entries"]), (&json!(copy), &json!(4)));
    assert_ends(&run(&shop.store, &["call", "backup", &order]), 3, "file_exists");
    call(&shop.store, "customer_add", &json!({ "name": "After" }));

    let bad = folder.path().join("bad.sqlite");
    std::fs::write(&bad, &std::fs::read(&copy).expect("it is read")[..8192]).expect("half of it is written");
    let before = names_in(&shop.store);
    for path in [&bad, &folder.path().to_owned()] {
        let order = json!({ "path": path }).to_string();
        assert_ends(&run(&shop.store, &["call", "restore", &order]), 3, "not_a_backup");
    }
    assert_eq!(names_in(&shop.store), before, "nothing is left behind");
    assert_eq!(call(&shop.store, "customer_list", &json!({}))["rows"].as_array().map(Vec::len), Some(2));

    let restored = call(&shop.store, "restore", &json!({ "path": copy }));
    assert_eq!(restored["entries"], 4);
    assert!(Path::new(restored["kept_path"].as_str().expect("a path")).exists(), "the old store is kept");
    let rows = call(&shop.store, "customer_list", &json!({}))["rows"].clone();
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["name"]), (Some(1), &json!("Before")));
    let status = call(&shop.store, "status", &json!({}));
    assert_eq!(status["incarnation"]["reason"], "restored");
    assert_eq!(status["incarnation"]["id"], restored["incarnation_id"]);
    call(&shop.store, "customer_add", &json!({ "name": "A new life" }));
    assert_eq!(call(&shop.store, "verify", &json!({}))["holds"], true);
    assert!(copy.exists(), "the backup stays");
}

#[test]
fn a_dry_run_is_made_whole_in_one_call_or_refused() {
    let (folder, shop) = shop("dry run");
    let table = folder.path().join("i.csv");
    std::fs::write(&table, "name\nAnna\n").expect("it is written");
    let order = |dry_run: bool| json!({ "path": table, "kind": "customers", "columns": { "name": "name" }, "dry_run": dry_run });
    let count = || call(&shop.store, "customer_list", &json!({}))["rows"].as_array().expect("rows").len();
    let (before, input) = (count(), order(true).to_string());
    let error = assert_ends(&run(&shop.store, &["call", "import_start", &input]), 3, "unknown_choice");
    assert_eq!(error["field"], "dry_run", "it would end with its process: {error}");
    let tried = call(&shop.store, "import_run", &order(true));
    assert_eq!((&tried["batch"]["added"], &tried["dry_run"], count()), (&json!(1), &json!(true), before));
    assert_eq!(call(&shop.store, "import_run", &order(false))["batch"]["added"], 1);
    assert_eq!(count(), before + 1);
}

#[test]
fn the_log_holds_no_name_and_no_amount() {
    let (folder, shop) = shop("log");
    let (name, phone, amount) = ("Wilhelmina Quartz", "+49 7531 846 209", 7_351_846);
    let pipe = Pipe::spawn(daybook().env("DAYBOOK_LOG", "trace").arg("--store").arg(&shop.store).arg("pipe"));
    let added = pipe.ask("customer_add", json!({ "name": name, "phone": phone, "code": "Q7" }));
    assert_eq!(added["answer"]["name"], name);
    let done = pipe.ask("transfer_funds", shop.transfer(&shop.book, amount));
    assert!(done["error"].is_null(), "{done}");
    // Refusals of all sorts quote what they refuse, to the person and not to the log.
    let table = folder.path().join("table.csv");
    std::fs::write(&table, format!("code,name,email\nQ7,{name},\nQ8,{name},{phone}\n")).expect("it is written");
    let refused = [
        ("customer_add", json!({ "name": "Other", "code": "Q7" })),
        ("customer_add", json!({ "name": { "first": name } })),
        ("customer_add", json!({ "name": "N", "surplus": phone })),
        ("customer_add", json!({ "name": "N", "email": name })),
        ("transfer_funds", json!({ "amount_minor": name })),
        ("transfer_funds", shop.transfer(&shop.till, 7_351_846_000_000)),
        ("account_list", json!({ "kinds": [name] })),
        ("customer_list", json!({ "cursor": name })),
        ("import_start", json!({ "path": table, "kind": name, "columns": {} })),
        ("restore", json!({ "path": table })),
    ];
    for (command, input) in refused {
        let answer = pipe.ask(command, input.clone());
        assert!(!answer["error"].is_null(), "{command} refuses {input}: {answer}");
    }
    let columns = json!({ "code": "code", "name": "name", "email": "email" });
    let started = pipe.ask("import_start", json!({ "path": table, "kind": "customers", "columns": columns }));
    let batch = &started["answer"]["batch"]["id"];
    assert_eq!(pipe.ask("import_step", json!({ "batch_id": batch }))["answer"]["batch"]["refused"], 2, "{started}");
    pipe.write(format!("{{\"id\":1,\"command\":\"customer_add\",\"input\":{{\"name\":\"{name}\"\n").as_bytes());
    pipe.line();
    assert!(pipe.finish().0.success());

    let mut logged = String::new();
    for file in std::fs::read_dir(shop.store.join("logs")).expect("there is a log") {
        logged += &std::fs::read_to_string(file.expect("a file").path()).expect("it is text");
    }
    assert!(logged.contains("Daybook opened the store") && logged.contains("a command was refused"), "{logged}");
    for secret in ["Wilhelmina", "Quartz", "7351846", "7,351,846", "846 209", "Q7"] {
        assert!(!logged.contains(secret), "the log holds {secret}:\n{logged}");
    }
}

fn left_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder is listed");
    files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect()
}

/// Found by trial: a timer that backed up a store on a stick that wasn't mounted made verified backups of nothing.
#[test]
fn a_command_that_needs_a_store_makes_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("mistyped");
    for command in daybook::commands::table() {
        let name = command.rules.name;
        let output = run(&store, &["call", name, "{}"]);
        match name {
            // It would make one; what it is refused for makes nothing.
            "book_setup" => drop(assert_ends(&output, 3, "missing_field")),
            "sync_join" => drop(assert_ends(&output, 3, "missing_field")),
            "restore" => drop(assert_ends(&output, 3, "missing_field")),
            _ => {
                let error = assert_ends(&output, 4, "no_store");
                let said = error["message"].as_str().expect("a sentence");
                assert!(said.contains(&*store.to_string_lossy()) && said.contains("book_setup"), "{said}");
            }
        }
        assert_eq!(left_in(folder.path()), Vec::<String>::new(), "{name} made something");
    }
    assert_ends(&run(&store, &["sync"]), 4, "no_store");
    for backup in ["nowhere.sqlite", "."] {
        let order = json!({ "path": folder.path().join(backup) }).to_string();
        assert_eq!(run(&store, &["call", "restore", &order]).status.code(), Some(3));
    }
    let pipe = Pipe::open(&store);
    for command in ["status", "customer_add", "verify"] {
        assert_eq!(pipe.ask(command, json!({ "name": "Ana" }))["error"]["code"], "no_store", "{command}");
    }
    assert_eq!(left_in(folder.path()), Vec::<String>::new(), "a pipe makes none, either");
    let answer = pipe.ask("book_setup", json!({ "name": "N", "currency": "EUR", "person_name": "A" }));
    assert!(answer["error"].is_null(), "but what makes one makes it: {answer}");
    assert!(pipe.ask("customer_add", json!({ "name": "Ana" }))["error"].is_null());
    assert!(pipe.finish().0.success());
}

#[test]
fn a_backup_is_restored_where_no_store_is() {
    let (folder, shop) = shop("restore anew");
    let backup = folder.path().join("backup.sqlite");
    call(&shop.store, "backup", &json!({ "path": backup }));
    let before = call(&shop.store, "status", &json!({}));
    let store = folder.path().join("new").join("machine");
    let restored = call(&store, "restore", &json!({ "path": backup }));
    assert_eq!(restored["kept_path"], Value::Null, "nothing was there");
    let status = call(&store, "status", &json!({}));
    assert_eq!(status["entries"]["total"], before["entries"]["total"]);
    assert_eq!(status["incarnation"]["id"], restored["incarnation_id"]);
    assert_eq!(status["incarnation"]["reason"], "restored");
    assert_eq!(call(&store, "verify", &json!({}))["holds"], true);
    call(&store, "customer_add", &json!({ "name": "Ana" }));
    assert_eq!(call(&store, "status", &json!({}))["incarnation"]["id"], restored["incarnation_id"], "it goes on");
}

/// Found by trial: a file of zero bytes, as a copy that failed leaves it, passed as sound, and the books gave way to nothing. A pipe
/// was waited for without end, with the store locked.
#[test]
fn what_holds_no_book_is_no_backup() {
    let (folder, shop) = shop("no backup");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("empty.sqlite"), "").expect("a file is written");
    std::fs::write(path("zeros.sqlite"), [0; 8192]).expect("a file is written");
    std::fs::write(path("one.sqlite"), "S").expect("a file is written");
    drop(daybook::commands::Runner::open(&path("bookless")).expect("a store without a book is made"));
    std::fs::create_dir(path("folder.sqlite")).expect("a folder is made");
    let made = Command::new("mkfifo").arg(path("pipe.sqlite")).status().expect("mkfifo is here");
    assert!(made.success());
    let entries = call(&shop.store, "status", &json!({}))["entries"]["total"].clone();
    let others = ["bookless/daybook.sqlite", "folder.sqlite", "pipe.sqlite", "/dev/zero", "/dev/null"];
    for name in ["empty.sqlite", "zeros.sqlite", "one.sqlite"].iter().chain(&others) {
        for store in [&shop.store, &path("nothing")] {
            let output = run(store, &["call", "restore", &json!({ "path": path(name) }).to_string()]);
            assert_eq!(assert_ends(&output, 3, "not_a_backup")["field"], "path", "{name}");
        }
    }
    assert!(!path("nothing").exists(), "what is refused leaves nothing");
    assert_eq!(call(&shop.store, "status", &json!({}))["entries"]["total"], entries);
    let order = json!({ "path": path("of nothing.sqlite") }).to_string();
    assert_ends(&run(&path("bookless"), &["call", "backup", &order]), 3, "no_book");
    assert!(!path("of nothing.sqlite").exists());
}

/// Found by trial: the unfinished copy took the name of a file that was somebody's, and `:memory:` was no file.
#[test]
fn a_backup_writes_over_nobodys_file_and_has_the_name_it_was_given() {
    let (folder, shop) = shop("backup names");
    let path = |name: &str| folder.path().join(name);
    let long = "l".repeat(250);
    let names =
        ["notes.sqlite", ":memory:", "file:x?mode=memory", "file::memory:?cache=shared", " ", "no ending", &long];
    let theirs = ["notes.unfinished", "notes.sqlite.unfinished", "notes", "no ending.unfinished"];
    theirs.iter().for_each(|name| std::fs::write(path(name), "precious").expect("a file is written"));
    for name in names {
        // As it is typed: a bare name, in the folder where one is.
        let output = daybook()
            .current_dir(folder.path())
            .arg("--store")
            .arg(&shop.store)
            .args(["call", "backup", &json!({ "path": name }).to_string()])
            .output()
            .expect("daybook starts");
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        let book: String = rusqlite::Connection::open(path("./").join(name))
            .and_then(|copy| copy.query_row("SELECT name FROM book", [], |row| row.get(0)))
            .expect("it is a file, and a copy of the store");
        assert_eq!(book, "North route");
    }
    for name in theirs {
        assert_eq!(std::fs::read(path(name)).expect("it is there"), b"precious", "{name}");
    }
    let mut expected: Vec<String> =
        names.iter().chain(&theirs).chain(&["store"]).map(|name| (*name).to_owned()).collect();
    expected.sort();
    let mut left = left_in(folder.path());
    left.sort();
    assert_eq!(left, expected, "nothing else is left");

    std::os::unix::fs::symlink("nowhere", path("link.sqlite")).expect("a link is made");
    for name in ["notes.sqlite", "link.sqlite", "store"] {
        let output = run(&shop.store, &["call", "backup", &json!({ "path": path(name) }).to_string()]);
        assert_ends(&output, 3, "file_exists");
    }
    let missing = path("not there").join("backup.sqlite");
    let output = run(&shop.store, &["call", "backup", &json!({ "path": missing }).to_string()]);
    let error = assert_ends(&output, 3, "file_unwritable");
    assert_eq!(error["message"], format!("{} can't be written.", missing.display()), "the path that was typed");
}

/// Found by trial: of four that set a book up in a new folder, three were told that there is no store.
#[test]
fn whoever_writes_waits_a_little_for_the_owner_and_is_then_told_in_use() {
    let (folder, shop) = shop("patience");
    let owner = Pipe::open(&shop.store);
    owner.ask("status", json!({}));
    let started = std::time::Instant::now();
    let output = run(&shop.store, &["call", "customer_add", r#"{"name":"Ana"}"#]);
    assert_ends(&output, 3, "in_use");
    assert!(started.elapsed() >= daybook::app::OWNER_PATIENCE, "it waited {:?}", started.elapsed());
    assert!(run(&shop.store, &["call", "customer_list"]).status.success(), "a list is read beside it");
    // It is a turn: who comes meanwhile writes when the owner ends.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| run(&shop.store, &["call", "customer_add", r#"{"name":"Ben"}"#]));
        assert!(owner.finish().0.success());
        waiting.join().expect("it ended")
    });
    assert!(waiting.status.success(), "{}", text(&waiting.stderr));

    let new = folder.path().join("new");
    let set_up = || run(&new, &["call", "book_setup", r#"{"name":"N","currency":"EUR","person_name":"A"}"#]);
    let outputs = std::thread::scope(|scope| {
        let four: Vec<_> = (0..4).map(|_| scope.spawn(set_up)).collect();
        four.into_iter().map(|it| it.join().expect("it ended")).collect::<Vec<_>>()
    });
    let done = outputs.iter().filter(|output| output.status.success()).count();
    assert!(done > 0);
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert!(text(&output.stderr).contains("\"in_use\""), "{}", text(&output.stderr));
    }
    let books = call(&new, "status", &json!({}))["books"].as_array().expect("books").len();
    assert_eq!(books, done, "who was told that it is done has a book");
}

/// Found by trial: on a full disk a list was cut off, and the program ended as if all was well.
#[test]
fn output_that_cant_be_written_is_an_error() {
    let (folder, shop) = shop("output");
    let link = folder.path().join("link");
    std::fs::write(&link, "x").expect("a file is written");
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("there is a full device");
    let arguments: &[&[&str]] = &[
        &["call", "customer_list"],
        &["call", "status"],
        &["commands"],
        &["commands", "--json"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
        &["call", "--help"],
        &["demo"],
        &["pipe"],
    ];
    for arguments in arguments {
        let mut command = daybook();
        // The demo has a store of its own.
        if arguments != &["demo"] {
            command.arg("--store").arg(&shop.store);
        }
        let mut child = command
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(full())
            .stderr(Stdio::piped())
            .spawn()
            .expect("daybook starts");
        let line = b"{\"id\":1,\"command\":\"status\"}\n";
        // One that asks nothing of its input may have ended.
        let _ = child.stdin.take().expect("its input is led here").write_all(line);
        let output = child.wait_with_output().expect("the child is ours");
        let error = assert_ends(&output, 3, "file_unwritable");
        assert!(error["message"].as_str().is_some_and(|said| said.contains("No space left")), "{arguments:?}: {error}");
    }
    // Where nobody can be told, it is no panic.
    let output = daybook()
        .arg("--store")
        .arg(&shop.store)
        .args(["call", "dance"])
        .stderr(full())
        .output()
        .expect("daybook starts");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn output_that_nobody_reads_any_more_is_none() {
    let (_folder, shop) = shop("closed output");
    for arguments in [&["call", "customer_list"][..], &["commands", "--json"], &["--help"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = daybook()
            .arg("--store")
            .arg(&shop.store)
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("daybook starts");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn a_temporary_file_that_cant_be_made_says_why() {
    let (folder, shop) = shop("no temporary folder");
    let table = folder.path().join("table.csv");
    std::fs::write(&table, "name\nAna\n").expect("a file is written");
    let output = daybook()
        .env("TMPDIR", folder.path().join("none"))
        .arg("--store")
        .arg(&shop.store)
        .args(["call", "import_inspect", &json!({ "path": table }).to_string()])
        .output()
        .expect("daybook starts");
    let error = assert_ends(&output, 3, "file_unwritable");
    assert!(
        error["message"].as_str().is_some_and(|said| said.contains("none") && said.contains("No such file")),
        "{error}"
    );
}

/// Found by trial: damage was told with “restore the latest backup”, and no backup could be restored into a store that can't be opened.
#[test]
fn a_backup_is_restored_over_a_store_that_cant_be_opened() {
    let (folder, shop) = shop("restore over rubble");
    let backup = folder.path().join("backup.sqlite");
    call(&shop.store, "backup", &json!({ "path": backup }));
    call(&shop.store, "customer_add", &json!({ "name": "Late" }));
    let database = shop.store.join("daybook.sqlite");
    let good = std::fs::read(&database).expect("the store is read");
    let mut rubble = good[..100].to_vec();
    rubble.resize(good.len(), 0xa5);
    for (damaged, is_kept) in [(Some(rubble), true), (None, false), (Some(Vec::new()), true)] {
        match &damaged {
            Some(bytes) => std::fs::write(&database, bytes).expect("it is damaged"),
            None => std::fs::remove_file(&database).expect("it is removed"),
        }
        let output = run(&shop.store, &["call", "status"]);
        let error = assert_ends(&output, 4, "damaged");
        assert!(error["message"].as_str().is_some_and(|said| said.contains("backup")), "it says what to do: {error}");
        for maker in ["book_setup", "demo"] {
            let book = r#"{"name":"N","currency":"EUR","person_name":"A"}"#;
            let arguments: &[&str] = if maker == "demo" { &["demo"] } else { &["call", maker, book] };
            assert!(!run(&shop.store, arguments).status.success(), "{maker} makes no store beside what was there");
        }
        let restored = call(&shop.store, "restore", &json!({ "path": backup }));
        assert_eq!(restored["kept_path"].is_string(), is_kept, "{restored}");
        if let (Some(bytes), Some(kept)) = (damaged, restored["kept_path"].as_str()) {
            assert!(std::fs::read(kept).expect("it is kept") == bytes, "what lay there is kept as it was");
        }
        let status = call(&shop.store, "status", &json!({}));
        assert_eq!((&status["entries"]["total"], &status["losses"]), (&restored["entries"], &json!([])));
        assert_eq!(call(&shop.store, "verify", &json!({}))["holds"], true);
    }
}

/// Found by trial: a pipe left its log behind, run after run, so that a copy of the database alone had nothing in it.
#[test]
fn a_pipe_that_ends_leaves_the_database_whole() {
    let (folder, shop) = shop("log left behind");
    let pipe = Pipe::open(&shop.store);
    pipe.ask("customer_add", json!({ "name": "Ana" }));
    pipe.signal(libc::SIGTERM);
    let mut pipe = pipe;
    assert!(pipe.wait().success());
    assert!(!shop.store.join("daybook.sqlite-wal").exists());
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).expect("a folder is made");
    std::fs::copy(shop.store.join("daybook.sqlite"), copy.join("daybook.sqlite")).expect("it is copied");
    assert_eq!(call(&copy, "customer_list", &json!({}))["rows"].as_array().expect("rows").len(), 1);
}
