//! Each command keeps what its rules say of it: it reads the tables that its answer rests on, and writes what head office lets its
//! entry write. SQLite itself is the witness, asked through its authorizer what every statement touches.
//!
//! A statement is authorized when it is prepared, and a connection keeps what it has prepared: so each command is run in a
//! store that was just opened.

use crate::abuse::Session;
use daybook::commands::{self, Kind, SYNCED};
use daybook::kernel::{Operation, Right};
use daybook::store::watch_connections;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What was touched.
#[derive(Debug, Default)]
struct Touched {
    read: BTreeSet<String>,
    /// Table, operation, and the column of an update.
    written: BTreeSet<(String, &'static str, String)>,
}

/// What was touched in the stores that are watched, by their database.
static WATCHED: Mutex<BTreeMap<PathBuf, Touched>> = Mutex::new(BTreeMap::new());

/// Columns that a device keeps for itself.
const LOCAL_COLUMNS: &[&str] = &["row_version", "name_fold", "search_text"];
/// What every command reads to know the book, device and person that are meant.
const OF_A_SESSION: &[&str] = &["book", "device", "person"];

fn watch(connection: &Connection) {
    let Some(path) = connection.path().map(PathBuf::from) else { return };
    if !WATCHED.lock().unwrap().contains_key(&path) {
        return;
    }
    let witness = move |context: AuthContext<'_>| {
        if context.database_name == Some("main")
            && let Some(touched) = WATCHED.lock().unwrap().get_mut(&path)
        {
            match context.action {
                AuthAction::Read { table_name, .. } => {
                    touched.read.insert(table_name.to_owned());
                }
                AuthAction::Insert { table_name } => {
                    touched.written.insert((table_name.to_owned(), "insert", String::new()));
                }
                AuthAction::Update { table_name, column_name } => {
                    touched.written.insert((table_name.to_owned(), "update", column_name.to_owned()));
                }
                AuthAction::Delete { table_name } => {
                    touched.written.insert((table_name.to_owned(), "delete", String::new()));
                }
                _ => {}
            }
        }
        Authorization::Allow
    };
    connection.authorizer(Some(witness)).unwrap();
}

/// Runs a command in a store that was just opened, and answers what was touched meanwhile.
fn witnessed(session: Session, command: &str, input: &Value) -> (Session, Touched) {
    watch_connections(watch);
    let database = session.world.folder.path().canonicalize().unwrap().join("daybook.sqlite");
    WATCHED.lock().unwrap().insert(database.clone(), Touched::default());
    let session = session.reopened();
    // What opening touched.
    WATCHED.lock().unwrap().insert(database.clone(), Touched::default());
    let answer = session.send(command, input.clone());
    let touched = WATCHED.lock().unwrap().remove(&database).unwrap();
    // Nothing is there to be called, and a book that is filled takes no demo.
    if !["sync_join", "sync_now", "sync_pause", "demo_fill"].contains(&command) {
        answer.unwrap_or_else(|fault| panic!("{command} {input}: {}", fault.chain()));
    }
    (session, touched)
}

/// Inputs that together make a command do all that it can do.
fn inputs(session: &Session, command: &str) -> Vec<Value> {
    let with = |mut input: Value, field: &str, value: Value| {
        input[field] = value;
        input
    };
    let started = |kind: &str| {
        // A row that was imported before would be known.
        let table = format!("name,price\n{},1\n{},2\n", session.fresh_name("Row"), session.fresh_name("Row"));
        let path = session.world.file(&format!("{kind}.csv"), table);
        let columns = if kind == "customers" {
            json!({ "name": "name" })
        } else {
            json!({ "name": "name", "price_minor": "price" })
        };
        session.ask("import_start", json!({ "path": path, "kind": kind, "columns": columns }))["batch"]["id"].clone()
    };
    // The same records once more, of which every field is taken over.
    let started_again = |kind: &str| {
        let listed = session.ask("import_kinds", json!({}));
        let kinds = listed["rows"].as_array().unwrap();
        let fields = kinds.iter().find(|it| it["kind"] == kind).unwrap()["fields"].as_array().unwrap();
        let fields: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let columns: Value = fields.iter().map(|field| ((*field).to_owned(), json!(field))).collect();
        let source = session.fresh_name("Source");
        let order = |turn: usize| {
            let cell = |field: &&str| match *field {
                "price_minor" | "credit_limit_minor" | "terms_days" => format!("{}", turn + 1),
                "email" => format!("{turn}@example.org"),
                field => session.fresh_name(field),
            };
            let cells: Vec<String> = fields.iter().map(cell).collect();
            let table = format!("id,{}\n1,{}\n", fields.join(","), cells.join(","));
            let path = session.world.file(&format!("again {kind}.csv"), table);
            json!({
                "path": path, "kind": kind, "columns": columns, "reference": "id", "source": source, "take_changes": true,
            })
        };
        session.ask("import_run", order(0));
        session.ask("import_start", order(1))["batch"]["id"].clone()
    };
    match command {
        // A payment says what is owed, and a statement is all of it.
        "receipt_render" => {
            let payment = session.ask("payment_receive", session.good("payment_receive"));
            let customer = session.own["customer_id"].clone();
            [session.good(command)["document_id"].clone(), payment["id"].clone(), customer]
                .map(|id| json!({ "document_id": id, "format": "roll_58" }))
                .into()
        }
        "customer_statement" => vec![with(session.good(command), "to_date", json!("2026-11-23"))],
        // Each way to group reads what it is called by.
        "takings" => ["account", "person"].map(|by| json!({ "by": by })).into(),
        "sales" => ["product", "customer", "person"].map(|by| json!({ "by": by })).into(),
        "payment_receive" => {
            let bill = session.ask("bill_issue", session.good("bill_issue"));
            let claims = json!([{ "bill_id": bill["id"], "amount_minor": 1 }]);
            vec![with(session.good(command), "claims", claims)]
        }
        // A draft is shown with what costs another price, a confirmed order with its bills and deposits.
        "order_show" => {
            let order = session.ask("order_confirm", session.good("order_confirm"));
            let mut deposit = session.good("payment_receive");
            deposit["sale_order_id"] = order["id"].clone();
            session.ask("payment_receive", deposit);
            vec![session.good(command), json!({ "order_id": order["id"] })]
        }
        // A refund frees what is claimed, and pays back what is left; a reversal frees what paid a payout back.
        "payment_reverse" => {
            let lent = session.ask("payment_payout", session.good("payment_payout"));
            let paid = session.unclaimed();
            session.ask("payment_claim", json!({ "source_id": paid["id"], "target_id": lent["id"] }));
            vec![json!({ "payment_id": lent["id"], "reason": "mistake" })]
        }
        "payment_correct" => {
            let claim = session.ask("payment_claim", session.good("payment_claim"));
            vec![json!({ "payment_id": claim["source_id"], "reference": session.fresh_name("Reference") })]
        }
        "bill_reverse" => {
            let debt = session.good(command);
            let paid = session.unclaimed();
            session.ask(
                "payment_claim",
                json!({ "source_id": paid["id"], "target_id": debt["bill_id"], "amount_minor": 1 }),
            );
            vec![debt]
        }
        "sale_undo" => {
            let sold = session.ask("sale_now", session.good("sale_now"));
            vec![json!({ "bill_id": sold["bill"]["id"] })]
        }
        "account_statement" => vec![with(session.good(command), "to_date", json!("2026-11-23"))],
        "book_edit" => {
            let version = session.ask("status", json!({}))["book"]["row_version"].clone();
            let all = json!({
                "row_version": version, "name": session.fresh_name("Book"), "prices_include_tax": true, "cash_step_minor": 5,
                "is_training": true,
            });
            vec![all]
        }
        "account_open" => vec![with(session.good(command), "opening_minor", json!(5))],
        "import_step" => {
            let mut steps = ["customers", "products"].map(|kind| json!({ "batch_id": started(kind) })).to_vec();
            steps.extend(["customers", "products"].map(|kind| json!({ "batch_id": started_again(kind) })));
            steps
        }
        "import_undo" => ["customers", "products", "customers", "customers", "products"]
            .iter()
            .enumerate()
            .map(|(turn, kind)| {
                let batch = json!({ "batch_id": started(kind) });
                session.ask("import_step", batch.clone());
                if turn == 1 {
                    // What was sent is archived in place of being deleted.
                    session.world.behind_its_back(
                        "INSERT INTO sync_book (book_id, device_id, host, port, database_name, role_name, stage, book_hash, joined_at)
                         SELECT book_id, device_id, 'none', 1, 'none', 'none', 'following', zeroblob(32), 0 FROM device_book;
                         INSERT INTO sync_lane (book_id, incarnation_id, sent_sequence, settled_sequence)
                         SELECT book_id, incarnation_id, max(sequence), max(sequence) FROM daybook_entry GROUP BY 1, 2",
                    );
                }
                if turn == 2 {
                    // One that somebody changed is kept, and so is the import.
                    let newest = session.ask("customer_list", json!({ "sort": "newest" }))["rows"][0].clone();
                    let edit =
                        json!({ "customer_id": newest["id"], "row_version": newest["row_version"], "phone": "1" });
                    session.ask("customer_edit", edit);
                }
                batch
            })
            .collect(),
        "conflict_settle" => {
            let settled = |add: &str, table: &str, column: &str, mine: &str| {
                let added = session.ask(add, session.good(add));
                json!({ "conflict_id": session.lost_edit_of(table, &added["id"], column, mine), "choice": "mine" })
            };
            let rights = commands::command(command).unwrap().rules.writes.clone();
            let mut all = Vec::new();
            for (add, table) in [
                ("customer_add", "customer"),
                ("product_add", "product"),
                ("tax_add", "tax"),
                ("person_add", "person"),
                ("account_open", "payment_account"),
            ] {
                for right in rights.iter().filter(|right| right.table == table) {
                    for column in right.columns {
                        let mine = match *column {
                            "email" => "\"a@b.de\"".into(),
                            "role" => "\"owner\"".into(),
                            "tax_id" => session.own["tax_id"].to_string(),
                            "minimum_minor" => "-7".into(),
                            "person_id" => session.own["person_id"].to_string(),
                            "method" => "\"card\"".into(),
                            "is_stocked" => "0".into(),
                            _ if ["_minor", "_ppm", "_at", "_days"].iter().any(|unit| column.ends_with(unit)) => {
                                "7".into()
                            }
                            _ => json!(session.fresh_name("Settled")).to_string(),
                        };
                        all.push(settled(add, table, column, &mine));
                    }
                }
            }
            all
        }
        _ => vec![session.good(command)],
    }
}

fn tables(connection: &Connection) -> BTreeSet<String> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<rusqlite::Result<_>>().unwrap()
}

fn of_rights(rights: &[Right]) -> BTreeSet<(String, &'static str, String)> {
    let mut all = BTreeSet::new();
    for right in rights {
        let name = match right.operation {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        let columns: &[&str] = if right.columns.is_empty() { &[""] } else { right.columns };
        all.extend(columns.iter().map(|column| (right.table.to_owned(), name, (*column).to_owned())));
    }
    all
}

#[test]
fn an_answer_rests_on_the_tables_that_its_command_reads() {
    let mut session = Session::set_up();
    // A view is read through, and json_each is no table.
    let tables = tables(&session.world.connection());
    let mut wrong = Vec::new();
    let mut asked = 0;
    for command in commands::table().iter().filter(|command| command.kind == Kind::Read) {
        let Some(rests_on) = command.rules.rests_on else { continue };
        let mut all_read = BTreeSet::new();
        for input in inputs(&session, command.rules.name) {
            let touched;
            (session, touched) = witnessed(session, command.rules.name, &input);
            all_read.extend(touched.read);
        }
        let is_own = |table: &&String| {
            let machinery = ["daybook_", "sync_", "search_", "device_", "refinery_", "sqlite_"];
            !OF_A_SESSION.contains(&table.as_str())
                && !machinery.iter().any(|name| table.starts_with(name))
                && tables.contains(*table)
        };
        let named: BTreeSet<String> = rests_on.iter().map(|table| (*table).to_owned()).collect();
        let read: BTreeSet<&String> = all_read.iter().filter(is_own).collect();
        let named_own: BTreeSet<&String> = named.iter().filter(is_own).collect();
        if read != named_own {
            wrong.push(format!("{} reads {read:?} and rests on {named_own:?}", command.rules.name));
        }
        if let Some(unread) = named.iter().find(|table| !all_read.contains(*table)) {
            wrong.push(format!("{} never reads {unread}", command.rules.name));
        }
        asked += 1;
    }
    assert!(asked > 10, "only {asked} were asked");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_entry_may_write_what_its_command_writes_and_nothing_else() {
    let mut session = Session::set_up();
    let mut wrong = Vec::new();
    for command in commands::table().iter().filter(|command| command.kind != Kind::Read) {
        // It puts another store in the place of this one, or makes its entries by other commands.
        if ["restore", "demo_fill", "import_run"].contains(&command.rules.name) {
            continue;
        }
        let mut written = BTreeSet::new();
        for input in inputs(&session, command.rules.name) {
            let touched;
            (session, touched) = witnessed(session, command.rules.name, &input);
            written.extend(touched.written);
        }
        written
            .retain(|(table, _, column)| SYNCED.contains(&table.as_str()) && !LOCAL_COLUMNS.contains(&column.as_str()));
        let may = of_rights(&command.rules.writes);
        let (beyond, unused): (Vec<_>, Vec<_>) =
            (written.difference(&may).collect(), may.difference(&written).collect());
        if !beyond.is_empty() || !unused.is_empty() {
            wrong.push(format!("{} writes {beyond:?} beside its rights, and never {unused:?}", command.rules.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A screen asks again when it is told of a table that its answer rests on: so whatever a command changes of another's answer is told.
#[test]
fn an_answer_that_changed_was_told_to_be_old() {
    let session = Session::set_up();
    let told = Arc::new(Mutex::new(BTreeSet::<String>::new()));
    let listener = Arc::clone(&told);
    session.world.runner.listen(move |changed| listener.lock().unwrap().extend(changed.tables.iter().cloned()));

    // Those that rest on everything are asked again in any case, and what is told of a file rests on the file.
    let questions: Vec<(&str, Value, BTreeSet<String>)> = commands::table()
        .iter()
        .filter(|command| command.kind == Kind::Read && command.rules.name != "import_inspect")
        .filter_map(|command| {
            let rests_on = serde_json::from_value(command.describe()["rests_on"].clone()).ok()?;
            Some((command.rules.name, session.good(command.rules.name), rests_on))
        })
        .collect();
    assert!(questions.len() > 10, "only {} are asked", questions.len());

    let mut changed_answers = 0;
    for command in commands::table().iter().filter(|command| command.kind != Kind::Read) {
        // Sync needs a head office, a restore tells of everything, and a demo wants an empty book.
        let name = command.rules.name;
        if name.starts_with("sync_") || ["restore", "demo_fill", "backup", "verify"].contains(&name) {
            continue;
        }
        for input in inputs(&session, name) {
            let ask = || questions.iter().map(|(name, input, _)| session.ask(name, input.clone())).collect::<Vec<_>>();
            let before = ask();
            told.lock().unwrap().clear();
            session.ask(name, input.clone());
            let told = told.lock().unwrap().clone();
            for ((question, _, rests_on), (before, after)) in questions.iter().zip(before.iter().zip(ask())) {
                if *before != after {
                    changed_answers += 1;
                    let message = format!(
                        "{name} {input} changed {question} ({before} to {after}), which rests on {rests_on:?}, but told of {told:?}"
                    );
                    assert!(!rests_on.is_disjoint(&told), "{message}");
                }
            }
        }
    }
    assert!(changed_answers > 40, "only {changed_answers} answers changed");
}

/// The witness would see it.
#[test]
fn the_witness_sees_what_a_command_reads_and_writes() {
    let session = Session::set_up();
    let input = session.good("tax_edit");
    let (session, touched) = witnessed(session, "tax_edit", &input);
    assert!(touched.read.contains("tax") && touched.read.contains("device_book"), "{touched:?}");
    for column in ["name", "rate_ppm", "name_fold", "row_version"] {
        assert!(touched.written.contains(&("tax".into(), "update", column.into())), "{column}: {touched:?}");
    }
    let (_, touched) = witnessed(session, "setting_get", &json!({ "key": "theme" }));
    assert!(touched.read.contains("device_setting") && touched.written.is_empty(), "{touched:?}");
}
