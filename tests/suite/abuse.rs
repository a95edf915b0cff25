//! Every command fed what no screen would send: it answers, or refuses with a code and the field; never with a fault of
//! its own, and the books hold afterwards.

use crate::house::{described_input, fields_of};
use crate::world::{World, northwind, rows};
use daybook::commands::{self, Command, ENVELOPE_BYTES_MAX, Envelope, Kind, table};
use daybook::kernel::{AMOUNT_MAX, BookId, Code, Fault, Id, PersonId, Result, kind::Record};
use daybook::sync::Link;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What a value itself can be refused with: then the refusal says which field it is about.
const OF_A_FIELD: &[Code] = &[
    Code::UnknownField,
    Code::MissingField,
    Code::WrongType,
    Code::UnknownChoice,
    Code::Empty,
    Code::TooLong,
    Code::BadText,
    Code::OutOfRange,
    Code::BadDate,
    Code::BadId,
    Code::BadCurrency,
    Code::BadTimeZone,
    Code::BadEmail,
    Code::BadCursor,
    Code::NotFound,
    Code::BadMapping,
    Code::BadLink,
    Code::FileUnreadable,
    Code::FileUnwritable,
    Code::FileExists,
    Code::NotABackup,
    Code::CodeTaken,
    Code::NameTaken,
    Code::IdTaken,
];

/// What a book holds, by the name of the field that would mean it.
pub type Held = BTreeMap<&'static str, Value>;

/// Two books in one store. What is asked is asked in the second; nothing may ever reach the first.
pub struct Session {
    pub world: World,
    book: BookId,
    person: PersonId,
    pub own: Held,
    others: Held,
    backup: Value,
    /// Papers lie nowhere among the books.
    papers: tempfile::TempDir,
    made: Cell<usize>,
}

impl Session {
    pub fn set_up() -> Session {
        let world = World::with_book();
        let others = fill(&world);
        let set_up = world.set_up("South route");
        let own = fill(&world);
        let id = |noun: &str| set_up[noun]["id"].as_str().expect("an id").to_owned();
        let backup = world.ask("backup", json!({}))["path"].clone();
        Session {
            book: Id::parse(&id("book")).unwrap(),
            person: Id::parse(&id("person")).unwrap(),
            world,
            own,
            others,
            backup,
            papers: tempfile::tempdir().expect("a folder"),
            made: Cell::new(0),
        }
    }

    /// The same books in a store that was closed and opened again.
    pub fn reopened(self) -> Session {
        Session { world: self.world.reopened(), ..self }
    }

    pub fn send(&self, command: &str, input: Value) -> Result<Value> {
        let envelope = Envelope { book: Some(self.book), person: Some(self.person), ..Envelope::of(command, input) };
        self.world.send(&envelope)
    }

    pub fn ask(&self, command: &str, input: Value) -> Value {
        self.send(command, input).unwrap_or_else(|fault| panic!("{command}: {}", fault.chain()))
    }

    /// A name that nothing has yet.
    pub fn fresh_name(&self, noun: &str) -> String {
        self.made.set(self.made.get() + 1);
        format!("{noun} {}", self.made.get())
    }

    fn path(&self, name: &str) -> Value {
        json!(self.world.folder.path().join(name))
    }

    /// An edit of a customer that lost.
    fn lost_edit(&self) -> Value {
        let customer = self.ask("customer_add", self.good("customer_add"));
        self.lost_edit_of("customer", &customer["id"], "phone", "\"1\"")
    }

    /// An edit that lost, as sync would have written it down.
    pub fn lost_edit_of(&self, table: &str, record: &Value, column: &str, mine: &str) -> Value {
        let (id, record) = (Id::<Record>::fresh(), record.as_str().expect("an id").replace('-', ""));
        self.world
            .connection()
            .execute(
                &format!(
                    "INSERT INTO sync_conflict (book_id, id, table_name, record_id, column_name, mine, mine_at, theirs, created_at)
                     VALUES (?1, ?2, '{table}', x'{record}', '{column}', ?3, 0, '\"2\"', 0)"
                ),
                (self.book.as_bytes(), id.as_bytes(), mine),
            )
            .unwrap();
        json!(id)
    }

    /// An input that the command takes.
    pub fn good(&self, command: &str) -> Value {
        let own = |field: &str| self.own[field].clone();
        let name = |noun: &str| self.fresh_name(noun);
        let seen = |order: &Value| json!({ "order_id": order["id"], "row_version": order["row_version"] });
        match command {
            "book_setup" => json!({ "name": name("Book"), "currency": "EUR", "person_name": "Ana" }),
            "book_edit" => {
                let version = self.ask("status", json!({}))["book"]["row_version"].clone();
                json!({ "row_version": version, "name": name("Book"), "cash_step_minor": 5 })
            }
            "profile_set" => json!({ "legal_name": name("Profile") }),
            "person_add" => json!({ "name": name("Person"), "role": "clerk" }),
            "person_edit" | "person_archive" => {
                let person = self.ask("person_add", self.good("person_add"));
                self.of_record(command, &person, json!({ "role": "clerk" }))
            }
            "person_select" => json!({ "person_id": own("person_id") }),
            "device_rename" => json!({ "name": name("Van") }),
            "account_open" => json!({ "name": name("Account"), "kind": "cash" }),
            "account_edit" | "account_close" => {
                let account = self.ask("account_open", self.good("account_open"));
                self.of_record(
                    command,
                    &account,
                    json!({ "minimum_minor": 0, "person_id": own("person_id"), "method": "card" }),
                )
            }
            "account_hand_over" => {
                let account = self.ask("account_open", self.good("account_open"));
                json!({ "account_id": account["id"], "row_version": account["row_version"], "to_device_id": own("to_device_id") })
            }
            "opening_add" => {
                let account = self.ask("account_open", self.good("account_open"));
                json!({ "account_id": account["id"], "amount_minor": 5 })
            }
            "opening_reverse" => {
                let opening = self.ask("opening_add", self.good("opening_add"));
                json!({ "opening_id": opening["id"] })
            }
            "opening_show" => json!({ "opening_id": self.ask("opening_add", self.good("opening_add"))["id"] }),
            "account_statement" => json!({ "account_id": own("account_id") }),
            "transfer_funds" => {
                json!({ "from_account_id": own("account_id"), "to_account_id": own("other_account_id"), "amount_minor": 1 })
            }
            "transfer_reverse" => {
                let transferred = self.ask("transfer_funds", self.good("transfer_funds"));
                json!({ "transfer_id": transferred["id"] })
            }
            "transfer_show" => json!({ "transfer_id": own("transfer_id") }),
            "import_rows" => json!({ "batch_id": own("batch_id") }),
            "customer_add" => json!({ "name": name("Customer") }),
            "customer_edit" | "customer_archive" => {
                let customer = self.ask("customer_add", self.good("customer_add"));
                self.of_record(command, &customer, json!({ "email": "ana@example.org" }))
            }
            "customer_show" => json!({ "customer_id": own("customer_id") }),
            "customer_account" | "customer_statement" => json!({ "customer_id": own("customer_id") }),
            "payment_propose" => {
                json!({ "customer_id": own("customer_id"), "account_id": own("account_id"), "amount_minor": 5 })
            }
            "bill_price" => json!({ "lines": self.lines() }),
            "order_draft" => json!({ "customer_id": own("customer_id"), "lines": self.lines() }),
            "order_confirm" | "order_discard" => seen(&self.done("order_draft")),
            "order_edit" => {
                let mut edit = seen(&self.done("order_draft"));
                edit["customer_id"] = self.done("customer_add")["id"].clone();
                edit["date"] = json!("2026-11-20");
                edit["note"] = json!(name("Note"));
                edit["lines"] = json!([{ "description": "Other", "quantity_milli": 2_000, "price_minor": 100 }]);
                edit
            }
            "order_reprice" => {
                let product = self.done("product_add");
                let lines = json!([{ "product_id": product["id"], "quantity_milli": 1_000 }]);
                let draft = json!({ "customer_id": own("customer_id"), "lines": lines });
                let draft = self.ask("order_draft", draft);
                let dearer = json!({
                    "product_id": product["id"], "row_version": product["row_version"], "price_minor": 777,
                });
                self.ask("product_edit", dearer);
                seen(&draft)
            }
            "order_cancel" => {
                let mut cancel = seen(&self.done("order_confirm"));
                cancel["cancel_reason"] = json!(name("Reason"));
                cancel
            }
            "order_release" => {
                let mut release = seen(&self.done("order_draft"));
                release["to_device_id"] = own("to_device_id");
                release
            }
            "order_copy" => json!({ "from_order_id": self.done("order_draft")["id"] }),
            "order_show" => json!({ "order_id": self.done("order_draft")["id"] }),
            "bill_issue" => json!({ "customer_id": own("customer_id"), "lines": self.lines() }),
            "bill_void" | "bill_show" | "bill_write_off" => json!({ "bill_id": self.done("bill_issue")["id"] }),
            "bill_credit" => {
                json!({ "bill_id": self.done("bill_issue")["id"], "reason": "price", "amount_minor": 5 })
            }
            "debt_open" => json!({ "customer_id": own("customer_id"), "amount_minor": 50 }),
            "credit_open" => json!({ "customer_id": own("customer_id"), "amount_minor": 50 }),
            "bill_reverse" => json!({ "bill_id": self.done("debt_open")["id"] }),
            "sale_now" => {
                json!({ "lines": self.lines(), "payments": [{ "account_id": own("account_id"), "amount_minor": 100 }] })
            }
            "sale_undo" => json!({ "bill_id": self.done("sale_now")["bill"]["id"] }),
            "payment_receive" => self.paid(100),
            // There must be something to give back.
            "payment_refund" => {
                self.unclaimed();
                self.paid(5)
            }
            "payment_payout" => self.paid(5),
            "payment_reverse" => {
                json!({ "payment_id": self.done("payment_receive")["id"], "reason": "mistake" })
            }
            "payment_correct" => {
                json!({ "payment_id": self.done("payment_receive")["id"], "reference": name("Reference") })
            }
            "payment_claim" => {
                let bill = self.done("bill_issue");
                json!({ "source_id": self.unclaimed()["id"], "target_id": bill["id"], "amount_minor": 5 })
            }
            "payment_unclaim" => json!({ "claim_id": self.done("payment_claim")["id"] }),
            "payment_show" => json!({ "payment_id": self.done("payment_receive")["id"] }),
            "expense_record" => json!({ "account_id": own("account_id"), "amount_minor": 5 }),
            "expense_reverse" | "expense_show" => json!({ "expense_id": self.done("expense_record")["id"] }),
            "product_show" => json!({ "product_id": own("product_id") }),
            "product_add" => json!({ "name": name("Product"), "price_minor": 100 }),
            "product_edit" | "product_archive" => {
                let product = self.ask("product_add", self.good("product_add"));
                self.of_record(command, &product, json!({ "tax_id": own("tax_id") }))
            }
            "tax_add" => json!({ "name": name("Tax"), "rate_ppm": 1 }),
            "tax_edit" | "tax_archive" => {
                let tax = self.ask("tax_add", self.good("tax_add"));
                self.of_record(command, &tax, json!({}))
            }
            "import_inspect" => json!({ "path": northwind("customers.csv") }),
            "import_start" | "import_run" => {
                let path = self.world.file("two.csv", "name,city\nAna,Lima\nBo,Oslo\n");
                json!({ "path": path, "kind": "customers", "columns": { "name": "name", "city": "city" } })
            }
            "import_step" | "import_undo" | "import_discard" => {
                let started = self.ask("import_start", self.good("import_start"));
                json!({ "batch_id": started["batch"]["id"] })
            }
            "import_refused" => {
                let started = self.ask("import_start", self.good("import_start"));
                json!({ "batch_id": started["batch"]["id"], "path": self.path(&name("refused")) })
            }
            "receipt_render" => json!({ "document_id": self.done("bill_issue")["id"], "format": "roll_58" }),
            "receipt_print" => {
                let path = self.papers.path().join(format!("{}.png", name("Paper")));
                json!({ "document_id": self.done("bill_issue")["id"], "path": path, "format": "roll_58" })
            }
            "receipt_not_printed" => json!({ "print_id": self.done("receipt_print")["id"] }),
            "printer_set" => {
                let target = json!({ "kind": "network", "host": "printer.invalid", "port": 9100 });
                json!({ "name": name("Printer"), "target": target, "roll": "roll_58" })
            }
            "printer_remove" => json!({ "name": self.done("printer_set")["name"] }),
            // Nobody listens there.
            "sync_join" => json!({ "link": nowhere() }),
            "sync_pause" => json!({ "paused": true }),
            "conflict_settle" => json!({ "conflict_id": self.lost_edit(), "choice": "theirs" }),
            "setting_get" => json!({ "key": "theme" }),
            "setting_set" => json!({ "key": "theme", "value": "dark" }),
            "restore" => json!({ "path": self.backup }),
            "account_list" | "device_list" | "person_list" | "transfer_list" | "customer_list" | "customer_find"
            | "product_list" | "profile_show" | "tax_list" | "history_list" | "sync_now" | "sync_status"
            | "conflict_list" | "order_list" | "bill_list" | "payment_list" | "expense_list" | "import_kinds"
            | "import_list" | "printer_list" | "overview" | "receivable_age" | "takings" | "sales" | "tax_report"
            | "loss_seen" | "status" | "verify" | "backup" | "demo_fill" => json!({}),
            _ => panic!("{command} is new here: what would it take?"),
        }
    }

    /// The answer of a command that is done with its own good input.
    fn done(&self, command: &str) -> Value {
        self.ask(command, self.good(command))
    }

    /// Lines of a bill over 100.
    fn lines(&self) -> Value {
        json!([{ "description": "Goods", "quantity_milli": 1_000, "price_minor": 100 }])
    }

    /// So much of the customer, in cash.
    fn paid(&self, amount: i64) -> Value {
        json!({ "customer_id": self.own["customer_id"], "account_id": self.own["account_id"], "amount_minor": amount })
    }

    /// A payment that pays nothing yet.
    pub fn unclaimed(&self) -> Value {
        let mut payment = self.paid(100);
        payment["claims"] = json!([]);
        self.ask("payment_receive", payment)
    }

    /// Which record is meant, in the version that it is in. To an edit every field is given: what is not said here, by its name.
    fn of_record(&self, command: &str, record: &Value, mut input: Value) -> Value {
        let noun = command.split('_').next().expect("a noun");
        if command.ends_with("_edit") {
            let described = commands::command(command).expect("it is in the table").describe();
            for field in fields_of(&described).keys() {
                if !input[field].is_null() {
                    continue;
                }
                input[field] = match field.rsplit('_').next() {
                    Some("minor" | "ppm" | "days") => json!(2),
                    _ if field.starts_with("is_") => json!(false),
                    Some(_) | None => json!(self.fresh_name(field)),
                };
            }
        } else {
            input = json!({});
        }
        input[format!("{noun}_id")] = record["id"].clone();
        input["row_version"] = record["row_version"].clone();
        input
    }

    /// What the first book shows of itself.
    fn the_other_book(&self) -> Vec<Value> {
        let lists = [
            "account_list",
            "device_list",
            "person_list",
            "customer_list",
            "product_list",
            "transfer_list",
            "tax_list",
            "import_list",
            "history_list",
        ];
        let book = self.others["book_id"].as_str().map(|id| Id::parse(id).unwrap());
        let shown = |command: &&str| {
            let envelope = Envelope { book, ..Envelope::of(command, json!({})) };
            self.world.send(&envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()))
        };
        lists.iter().map(shown).collect()
    }
}

/// Puts one of each noun into the newest book.
fn fill(world: &World) -> Held {
    let status = world.ask("status", json!({}));
    let (till, bank) = (world.account("Till", "cash", 1_000_000), world.account("Bank", "bank", 0));
    let transfer = world.transfer(&till, &bank, 100);
    let customer = world.ask("customer_add", json!({ "name": "Ana" }));
    let tax = world.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 210_000 }));
    let product = world.ask("product_add", json!({ "name": "Chai", "price_minor": 1_800 }));
    let file = world.file("one.csv", "name,email\nBo,bo@example.org\nCy,nothing\n");
    let columns = json!({ "name": "name", "email": "email" });
    let batch =
        world.ask("import_start", json!({ "path": file, "kind": "customers", "columns": columns }))["batch"].clone();
    world.ask("import_step", json!({ "batch_id": batch["id"] }));
    BTreeMap::from([
        ("book_id", status["book"]["id"].clone()),
        ("person_id", status["person"]["id"].clone()),
        ("account_id", till["id"].clone()),
        ("other_account_id", bank["id"].clone()),
        ("transfer_id", transfer["id"].clone()),
        ("customer_id", customer["id"].clone()),
        ("tax_id", tax["id"].clone()),
        ("product_id", product["id"].clone()),
        ("batch_id", batch["id"].clone()),
        ("to_device_id", world.another_device("The van")),
    ])
}

/// A link to where no head office is.
fn nowhere() -> String {
    let link = Link {
        v: 1,
        host: "127.0.0.1".into(),
        port: 1,
        database: "none".into(),
        role: "nobody".into(),
        password: "none".into(),
        authority: None,
        book: None,
    };
    link.write()
}

/// Values that no field expects, or not so long, or so large; among them texts that hide what they say.
fn nasty() -> Vec<Value> {
    let two_53 = 1i64 << 53;
    let numbers = [i64::MIN, -two_53, 1 - two_53, -1, 0, 1, two_53 - 1, two_53, i64::MAX, 201, 1_001, 1_000_001];
    let texts = [
        "",
        " ",
        "\t",
        "\0",
        "a\0b",
        "a\u{1}b",
        "a\nb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{2066}b\u{2069}",
        "א\u{200f}ב",
        "\u{200b}",
        "\u{feff}",
        "e\u{301}",
        "👩\u{200d}🌾",
        "\\\"'",
        "%_",
        "'; DROP TABLE book; --",
        "2026-02-30",
        "0000-00-00",
        "2026-11-23T00:00",
        "-1",
        "1e3",
        "null",
        "-",
        "a@b",
        "../../etc/passwd",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01A20600-4A16-7279-BCD4-42EA4E1159D3",
        "01a206004a167279bcd442ea4e1159d3",
        "{01a20600-4a16-7279-bcd4-42ea4e1159}",
    ];
    let mut values = vec![json!(null), json!(true), json!([]), json!({}), json!([null]), json!({ "a": 1 })];
    values.extend(numbers.map(|number| json!(number)));
    values.extend([json!(u64::MAX), json!(0.0), json!(-0.0), json!(1.5), json!(1e300)]);
    values.extend(texts.map(|text| json!(text)));
    values.extend(["x", "é", "\u{1f600}", "\u{fdfa}"].map(|letter| json!(letter.repeat(100_000 / letter.len()))));
    values.push(json!((0..1_000).collect::<Vec<_>>()));
    values.push(json!(Id::<Record>::fresh()));
    values
}

/// A text as the path of a file in the test's own folder; what can be no path stays as it is.
fn as_path(session: &Session, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if !text.is_empty() && !text.contains('\0') => session.path(&text.replace(['/', '.'], "_")),
        Some(_) | None => value.clone(),
    }
}

/// Sends it, and holds a refusal to its code and field.
fn try_out(session: &Session, command: &Command, field: &str, input: Value) {
    let sent = input[field].to_string();
    if let Err(fault) = session.send(command.rules.name, input) {
        assert_refused_well(&fault, command.rules.name, field, &sent);
    }
}

fn assert_refused_well(fault: &Fault, command: &str, field: &str, sent: &str) {
    let said = format!("{command} {field}={sent:.80}: {:.300}, at {:?}", fault.chain(), fault.field);
    assert_ne!(fault.code, Code::Internal, "{said}");
    assert!(fault.message.chars().count() < 1_000, "it is long: {said}");
    assert!(fault.message.ends_with('.'), "it is no sentence: {said}");
    assert!(!fault.message.contains(['\0', '\u{202e}']), "what was sent is repeated: {said}");
    if OF_A_FIELD.contains(&fault.code) {
        let named = fault.field.as_deref().unwrap_or_default();
        // Read in another way, a table has other columns.
        let parts_columns = ["delimiter", "skip_lines"].contains(&field) && named.starts_with("columns.");
        let inside = parts_columns
            || named.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        assert!(inside, "it names another field: {said}");
    }
}

fn feed(kind: Kind, names: impl Fn(&str) -> bool) {
    let session = Session::set_up();
    let before = session.the_other_book();
    let values = nasty();
    let mut asked = 0;
    for command in table().iter().filter(|command| command.kind == kind && names(command.rules.name)) {
        let described = command.describe();
        for field in fields_of(&described).keys() {
            let mut good = session.good(command.rules.name);
            let ids = session.own.values().chain(session.others.values());
            for value in values.iter().chain(ids) {
                let mut input = good.clone();
                input[field] = if field == "path" { as_path(&session, value) } else { value.clone() };
                try_out(&session, command, field, input.clone());
                // Where it was taken, the record is another one now.
                if command.kind != Kind::Read {
                    good = renewed(&session, command.rules.name, good);
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 400, "only {asked} were asked");
    assert_eq!(session.the_other_book(), before, "the other book is as it was");
    session.world.assert_holds();
}

/// The same input once more, where giving it again is no other thing; else one that is good again.
fn renewed(session: &Session, command: &str, input: Value) -> Value {
    match command {
        // What is refused leaves these as they are, and of what is taken there are few.
        "customer_edit" | "customer_archive" => {
            let customer = session.ask("customer_show", json!({ "customer_id": input["customer_id"] }));
            match customer["archived_at"].is_null() {
                true => json!({ "customer_id": customer["id"], "row_version": customer["row_version"] }),
                false => session.good(command),
            }
        }
        // Of these a book has few.
        "tax_edit" | "tax_archive" => {
            let taxes = session.ask("tax_list", json!({ "archived": "all" }));
            let tax = rows(&taxes).iter().find(|tax| tax["id"] == input["tax_id"]).expect("it is listed").clone();
            let seen = json!({ "tax_id": tax["id"], "row_version": tax["row_version"], "archived": false });
            let tax = session.ask("tax_archive", seen);
            json!({ "tax_id": tax["id"], "row_version": tax["row_version"] })
        }
        "setting_get" | "setting_set" | "person_select" | "restore" | "import_inspect" => input,
        _ => session.good(command),
    }
}

#[test]
fn reads_take_nothing_that_they_should_not() {
    feed(Kind::Read, |_| true);
}

#[test]
fn writes_about_customers_take_nothing_that_they_should_not() {
    feed(Kind::Write, |name| name.starts_with("customer_"));
}

#[test]
fn writes_about_money_take_nothing_that_they_should_not() {
    feed(Kind::Write, |name| name.starts_with("account_") || name.starts_with("transfer_"));
}

#[test]
fn other_writes_take_nothing_that_they_should_not() {
    let apart = ["customer_", "account_", "transfer_"];
    feed(Kind::Write, |name| !apart.iter().any(|noun| name.starts_with(noun)));
}

#[test]
fn tasks_take_nothing_that_they_should_not() {
    feed(Kind::Task, |_| true);
}

/// Found by this test: a `book_setup` whose input was no object was refused for its book's id.
#[test]
fn every_command_refuses_no_input_a_field_less_and_one_too_many() {
    let session = Session::set_up();
    for command in table() {
        let good = session.good(command.rules.name);
        for input in [json!(null), json!([]), json!("x"), json!(5), json!(true), json!([good.clone()])] {
            let fault = session.send(command.rules.name, input.clone()).expect_err("it is no object");
            assert_eq!((fault.code, fault.field), (Code::WrongType, None), "{}: {input}", command.rules.name);
        }
        for field in ["no_such_field", "", "a.b", "Name", "id\0", "\u{202e}"] {
            let mut input = good.clone();
            input[field] = json!(1);
            let fault = session.send(command.rules.name, input).expect_err("a field too many");
            assert_eq!(
                (fault.code, fault.field.as_deref()),
                (Code::UnknownField, Some(field)),
                "{}",
                command.rules.name
            );
        }
        let described = command.describe();
        for field in described_input(&described)["required"].as_array().into_iter().flatten() {
            let field = field.as_str().expect("a name");
            let mut input = good.clone();
            input.as_object_mut().expect("an object").remove(field);
            let fault = session.send(command.rules.name, input).expect_err("a field is missing");
            assert_eq!(
                (fault.code, fault.field.as_deref()),
                (Code::MissingField, Some(field)),
                "{}",
                command.rules.name
            );
        }
    }
    session.world.assert_holds();
}

#[test]
fn an_id_of_another_book_is_not_found_whatever_it_is() {
    let mut tried = 0;
    for command in table() {
        // Anew for each: what is made under an id is this book's own from then on.
        let session = Session::set_up();
        let before = session.the_other_book();
        let described = command.describe();
        for field in fields_of(&described).keys().filter(|field| field.ends_with("_id")) {
            let noun = if field.ends_with("account_id") { "account_id" } else { field };
            let Some(other) = session.others.get(noun) else { continue };
            tried += 1;
            let mut input = session.good(command.rules.name);
            let is_new = input[field].is_null() && command.rules.name.ends_with("_add");
            input[field] = other.clone();
            match session.send(command.rules.name, input) {
                // A customer's tax is looked for; an id for what is new may be the same in two books.
                Err(fault) => {
                    // What is a book's id already can be no other book's.
                    let code = if command.rules.name == "book_setup" { Code::IdTaken } else { Code::NotFound };
                    assert_eq!(fault.code, code, "{} {field}: {}", command.rules.name, fault.chain());
                    assert_eq!(fault.field.as_deref(), Some(field.as_str()), "{}", command.rules.name);
                }
                Ok(answer) => {
                    let nothing = answer["rows"] == json!([]) || answer["discarded"] == false;
                    let founds = ["book_setup", "account_open", "transfer_funds"].contains(&command.rules.name);
                    assert!(is_new || nothing || founds, "{} {field}: {answer}", command.rules.name);
                }
            }
        }
        assert_eq!(session.the_other_book(), before, "the other book is as it was");
        session.world.assert_holds();
    }
    assert!(tried > 20, "only {tried} ids were tried: does the test still see them?");
}

#[test]
fn an_amount_is_taken_up_to_its_bounds_and_no_further() {
    let session = Session::set_up();
    let price = |minor: Value| {
        session.send("product_add", json!({ "name": session.fresh_name("Product"), "price_minor": minor }))
    };
    assert_eq!(price(json!(AMOUNT_MAX)).unwrap()["price_minor"], AMOUNT_MAX);
    assert_eq!(price(json!(0)).unwrap()["price_minor"], 0);
    for past in [json!(AMOUNT_MAX + 1), json!(-1), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX)] {
        let fault = price(past).unwrap_err();
        assert_eq!((fault.code, fault.field.as_deref()), (Code::OutOfRange, Some("price_minor")));
    }
    for no_integer in [json!(1.0), json!(1e300), json!("1"), json!(true)] {
        let fault = price(no_integer).unwrap_err();
        assert_eq!((fault.code, fault.field.as_deref()), (Code::WrongType, Some("price_minor")));
    }
    let rate = |ppm: i64| session.send("tax_add", json!({ "name": session.fresh_name("Tax"), "rate_ppm": ppm }));
    assert!(rate(0).is_ok() && rate(1_000_000).is_ok());
    assert_eq!(rate(1_000_001).unwrap_err().code, Code::OutOfRange);
    let page = |limit: i64| session.send("customer_list", json!({ "limit": limit }));
    assert!(page(1).is_ok_and(|page| rows(&page).len() == 1) && page(200).is_ok());
    for limit in [0, 201, -1, i64::MAX] {
        assert_eq!(page(limit).unwrap_err().field.as_deref(), Some("limit"));
    }
    session.world.assert_holds();
}

#[test]
fn an_envelope_says_which_of_its_members_is_wrong() {
    let parse =
        |text: &str| Envelope::parse(text).map_err(|fault| (fault.code.name(), fault.field.unwrap_or_default()));
    let refused = |value: Value| parse(&value.to_string()).expect_err("it is refused");
    for text in
        ["", " ", "{", "nul", "{}}", "\u{feff}\u{feff}{}", "{\"command\":\"status\"", "{\"command\":\"\\ud800\"}", "\0"]
    {
        assert_eq!(parse(text).unwrap_err(), ("malformed", String::new()), "{text:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(parse(&deep).unwrap_err().0, "malformed");
    assert_eq!(parse(&format!("{{\"command\":\"status\",\"input\":{deep}")).unwrap_err().0, "malformed");
    assert_eq!(parse(&" ".repeat(ENVELOPE_BYTES_MAX + 1)).unwrap_err().0, "too_long");
    for value in [json!(null), json!([]), json!("status"), json!(1)] {
        assert_eq!(refused(value), ("wrong_type", String::new()));
    }
    assert_eq!(refused(json!({})), ("missing_field", "command".into()));
    assert_eq!(refused(json!({ "command": 1 })), ("wrong_type", "command".into()));
    assert_eq!(refused(json!({ "command": "status", "inputs": {} })), ("unknown_field", "inputs".into()));
    for member in ["book", "person", "request_id"] {
        for (value, code) in [(json!(1), "wrong_type"), (json!("x"), "bad_id"), (json!(""), "bad_id")] {
            assert_eq!(refused(json!({ "command": "status", member: value })), (code, member.into()));
        }
    }
    let twice = "{\"command\":\"status\",\"command\":\"verify\"}";
    assert!(parse(twice).is_ok_and(|envelope| envelope.command == "verify"), "of two the last one counts, as in JSON");
}

#[test]
fn a_command_that_is_not_there_is_unknown_however_it_is_written() {
    let world = World::with_book();
    for name in
        ["", " ", "Status", "status ", "status\0", "person", "../status", &"x".repeat(100_000), "\u{202e}sutats"]
    {
        let fault = world.refused(name, json!({}));
        assert_eq!((fault.code.name(), fault.field.as_deref()), ("unknown_command", Some("command")));
        assert!(fault.message.len() < 400, "the name is cut short");
    }
}

#[test]
fn no_text_makes_the_reader_of_envelopes_panic() {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "\"command\"",
        ":",
        "\"status\"",
        ",",
        "\"input\"",
        "[",
        "]",
        "null",
        "\"book\"",
        "1e999",
        "\\u0000",
    ];
    let glued = vec(prop_oneof![4 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => ".{0,8}"], 0..24);
    let text = prop_oneof![
        vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        glued.prop_map(|pieces| pieces.concat()),
        ".{0,120}",
    ];
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&text, |text| {
        if let Err(fault) = Envelope::parse(&text) {
            prop_assert!(fault.code != Code::Internal, "{}", fault.chain());
            prop_assert!(!fault.message.is_empty() && fault.message.len() < 1_000);
        }
        Ok(())
    });
    outcome.unwrap();
}

/// JSON of any shape, not too large.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

#[test]
fn any_json_is_answered_or_refused_and_the_books_hold() {
    let session = Session::set_up();
    // Those that would take a while each; what they are given is tried out above.
    let slow = ["restore", "backup", "demo_fill", "verify"];
    let commands: Vec<&Command> = table().iter().filter(|command| !slow.contains(&command.rules.name)).collect();
    let inputs: Vec<Vec<String>> =
        commands.iter().map(|command| fields_of(&command.describe()).keys().cloned().collect()).collect();
    let strategy = (0..commands.len(), vec((any::<prop::sample::Index>(), any_json()), 0..4));
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |(chosen, members)| {
        let mut input = session.good(commands[chosen].rules.name);
        for (place, value) in members {
            if !inputs[chosen].is_empty() {
                let field = place.get(&inputs[chosen]);
                input[field] = if field == "path" { as_path(&session, &value) } else { value };
            }
        }
        if let Err(fault) = session.send(commands[chosen].rules.name, input) {
            prop_assert!(fault.code != Code::Internal, "{}: {}", commands[chosen].rules.name, fault.chain());
        }
        Ok(())
    });
    outcome.unwrap();
    session.world.assert_holds();
}
