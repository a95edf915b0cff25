//! A book to look around in, for training, made through the command table like any other: Northwind's customers and products, three
//! accounts, a week of transfers.

use super::command::{Command, Nothing, Task, task};
use super::decode::Envelope;
use super::rules::OWNER;
use super::session::session;
use crate::daybook::{self, HistoryQuery};
use crate::kernel::{Code, Fault, Result, shown_path};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

const CUSTOMERS: &[u8] = include_bytes!("../../../tests/data/northwind/customers.csv");
const PRODUCTS: &[u8] = include_bytes!("../../../tests/data/northwind/products.csv");

pub(super) fn commands() -> Vec<Command> {
    vec![task(
        "demo_fill",
        "Fills a fresh book with Northwind's customers and products, accounts and a week of transfers.",
        OWNER,
        &[Code::BookNotEmpty],
        fill,
    )]
}

/// What the book was filled with.
#[derive(Serialize, JsonSchema)]
struct Filled {
    /// How many customers.
    customers: i64,
    /// How many products.
    products: i64,
    /// How many accounts were opened.
    accounts: i64,
    /// How many transfers were made.
    transfers: i64,
}

/// Days back, from, to, amount and fee in hundredths of the currency's unit, memo.
const WEEK: &[(i32, &str, &str, i64, i64, &str)] = &[
    (6, "Till", "Bank", 45_000, 0, "Takings of the morning round"),
    (5, "Bank", "Mobile money", 20_000, 150, "Float for the agent"),
    (5, "Till", "Bank", 38_250, 0, "Takings to the bank"),
    (4, "Mobile money", "Till", 9_900, 100, "Change for the van"),
    (3, "Till", "Bank", 51_775, 0, "Takings to the bank"),
    (2, "Bank", "Till", 15_000, 0, "Coins and small notes"),
    (1, "Till", "Bank", 27_600, 0, "Takings to the bank"),
    (0, "Bank", "Mobile money", 10_000, 120, "Float for the agent"),
];

fn fill(task: &Task, _: Nothing) -> Result<Filled> {
    let (runner, envelope) = (task.runner, task.envelope);
    let (session, entries) = runner.store().read(|snapshot| {
        let session = session(snapshot, envelope.book, envelope.person)?;
        // Of its own entries: the store may hold other books.
        let newest = HistoryQuery { book: session.book.id, record: None, before: None, limit: 2 };
        let entries = daybook::history(snapshot, &newest)?.len();
        Ok((session, entries))
    })?;
    if entries > 1 {
        return Err(Fault::new(Code::BookNotEmpty, "The book holds entries already; the demo needs a fresh one."));
    }
    let ask = |command: &str, input: Value| -> Result<Value> {
        let envelope = Envelope { book: Some(session.book.id), ..envelope.with(command, input) };
        task.ask(envelope)?.value()
    };
    // What papers of it say is no business.
    ask("book_edit", json!({ "row_version": session.book.row_version, "is_training": true }))?;
    let customers = import(&ask, CUSTOMERS, "customers", "customerKey")?;
    let products = import(&ask, PRODUCTS, "products", "id")?;
    let today = session.today(runner.clock().machine())?;
    // The week is told in hundredths; a currency without them takes whole units.
    let minor = |hundredths: i64| match session.book.currency_exponent {
        0 => hundredths / 100,
        3 => hundredths * 10,
        _ => hundredths,
    };
    let mut ids = std::collections::HashMap::new();
    for (name, kind, opening) in
        [("Till", "cash", 320_000), ("Bank", "bank", 1_250_000), ("Mobile money", "mobile_money", 60_000)]
    {
        let account = ask(
            "account_open",
            json!({"name": name, "kind": kind, "opening_minor": minor(opening), "date": today.plus_days(-7)}),
        )?;
        ids.insert(name, account["id"].clone());
    }
    for (days, from, to, amount, fee, memo) in WEEK {
        ask(
            "transfer_funds",
            json!({
                "from_account_id": ids[from], "to_account_id": ids[to], "amount_minor": minor(*amount),
                "fee_minor": minor(*fee), "memo": memo, "date": today.plus_days(-days),
            }),
        )?;
    }
    Ok(Filled { customers, products, accounts: 3, transfers: i64::try_from(WEEK.len()).unwrap_or(0) })
}

fn import(ask: &impl Fn(&str, Value) -> Result<Value>, table: &[u8], kind: &str, reference: &str) -> Result<i64> {
    let failed = |cause: std::io::Error| {
        let sentence = format!("No file can be made in {}: {cause}.", shown_path(&std::env::temp_dir()));
        Fault::new(Code::FileUnwritable, sentence).because(cause)
    };
    let folder = tempfile::tempdir().map_err(failed)?;
    // The name is what people see in the list of imports.
    let path = folder.path().join(format!("northwind-{kind}.csv"));
    std::fs::write(&path, table).map_err(failed)?;
    let inspected = ask("import_inspect", json!({ "path": path }))?;
    let suggested = inspected["suggested"].as_array().into_iter().flatten().find(|it| it["kind"] == kind);
    let mut columns = suggested.map(|it| it["columns"].clone()).unwrap_or_default();
    if let Some(columns) = columns.as_object_mut().filter(|_| kind == "products") {
        // A category is a number here, which says nothing to a person.
        columns.remove("category");
        columns.insert("sku".into(), json!("id"));
    }
    let started =
        ask("import_start", json!({ "path": path, "kind": kind, "columns": columns, "reference": reference }))?;
    loop {
        let step = ask("import_step", json!({ "batch_id": started["batch"]["id"] }))?;
        if step["finished"] == true {
            return Ok(step["batch"]["added"].as_i64().unwrap_or(0));
        }
    }
}
