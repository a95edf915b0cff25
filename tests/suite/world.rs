//! Small builders: a store with a book in it, and the words to speak to it as a face would.

use daybook::commands::{Envelope, GENERAL, Runner, command};
use daybook::kernel::{BookId, Code, Fault, Id, Noun, kind::Record};
use daybook::store::Prepare;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A store in a folder of its own, with a runner at it.
pub struct World {
    pub folder: TempDir,
    pub runner: Runner,
}

impl World {
    /// A store without a book.
    pub fn empty() -> World {
        let folder = tempfile::tempdir().unwrap();
        let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        World { folder, runner }
    }

    /// A store with a book in euros, its owner Ana.
    pub fn with_book() -> World {
        let world = World::empty();
        world.set_up("North route");
        world
    }

    /// Sets a book up and answers what was set up. The newest book is the one that is meant.
    pub fn set_up(&self, name: &str) -> Value {
        self.ask(
            "book_setup",
            json!({
                "name": name, "currency": "EUR", "person_name": "Ana", "time_zone": "Europe/Madrid", "device_name": "Van 1",
            }),
        )
    }

    /// Runs a command that must succeed.
    pub fn ask(&self, command: &str, input: Value) -> Value {
        self.send(&Envelope::of(command, input)).unwrap_or_else(|fault| panic!("{command}: {}", fault.chain()))
    }

    /// Runs a command that must be refused.
    pub fn refused(&self, command: &str, input: Value) -> Fault {
        match self.send(&Envelope::of(command, input)) {
            Ok(answer) => panic!("{command} was to be refused, but answered {answer}"),
            Err(fault) => fault,
        }
    }

    /// Hands in an envelope. Whatever it is refused with, the command must have named, or every command can say. Where the test
    /// has set the clock, it says that the clock is right.
    pub fn send(&self, envelope: &Envelope) -> daybook::kernel::Result<Value> {
        let mut answer = self.runner.call(envelope.clone());
        if answer.as_ref().is_err_and(|fault| fault.code == Code::ClockDoubtful) && self.has_another_clock() {
            answer = self.runner.call(Envelope { clock_confirmed: true, ..envelope.clone() });
        }
        if let Err(fault) = &answer {
            let named = command(&envelope.command).is_ok_and(|command| command.rules.errors.contains(&fault.code));
            assert!(named || GENERAL.contains(&fault.code), "{} does not name {}", envelope.command, fault.chain());
        }
        answer?.value()
    }

    fn has_another_clock(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        now.abs_diff(u128::try_from(self.runner.clock().machine().0).unwrap_or(0)) > 1_000
    }

    /// Opens an account that holds so much.
    pub fn account(&self, name: &str, kind: &str, opening_minor: i64) -> Value {
        self.ask("account_open", json!({ "name": name, "kind": kind, "opening_minor": opening_minor }))
    }

    /// The account as it is now.
    pub fn account_now(&self, id: &Value) -> Value {
        let list = self.ask("account_list", json!({ "closed": "all", "limit": 200 }));
        rows(&list).iter().find(|account| account["id"] == *id).cloned().expect("the account is listed")
    }

    /// What an account holds.
    pub fn balance(&self, id: &Value) -> i64 {
        self.account_now(id)["balance_minor"].as_i64().expect("a balance")
    }

    /// Moves money.
    pub fn transfer(&self, from: &Value, to: &Value, amount_minor: i64) -> Value {
        let order = json!({ "from_account_id": from["id"], "to_account_id": to["id"], "amount_minor": amount_minor });
        let mut made = self.ask("transfer_funds", order);
        made.as_object_mut().expect("a transfer").remove("fee_refused");
        made
    }

    /// How many entries there are.
    pub fn entries(&self) -> i64 {
        self.ask("status", json!({}))["entries"]["total"].as_i64().expect("a number")
    }

    /// Everything must hold.
    pub fn assert_holds(&self) {
        let report = self.ask("verify", json!({}));
        assert_eq!(report["holds"], true, "{:#}", report["findings"]);
    }

    /// What verify finds, by code.
    pub fn findings(&self) -> Vec<String> {
        let report = self.ask("verify", json!({}));
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
    }

    /// Another device of the newest book, as if it had come from a head office; its id.
    pub fn another_device(&self, name: &str) -> Value {
        let id = Id::<Record>::fresh();
        let book: BookId = Id::parse(self.ask("status", json!({}))["book"]["id"].as_str().expect("a book")).unwrap();
        let connection = self.connection();
        let code = format!("X{}", &id.to_string()[32..].to_uppercase());
        connection
            .execute(
                "INSERT INTO device (book_id, id, code, name, created_at) VALUES (?1, ?2, ?3, ?4, 0)",
                (book.as_bytes(), id.as_bytes(), code, name),
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO sync_change (record_id, version, book_id) VALUES (?1, 1, ?2)",
                (id.as_bytes(), book.as_bytes()),
            )
            .unwrap();
        json!(id)
    }

    /// The account given to another device, as it is then.
    pub fn hand_over(&self, account: &Value, device: &Value) -> Value {
        let version = self.account_now(&account["id"])["row_version"].clone();
        let order = json!({ "account_id": account["id"], "row_version": version, "to_device_id": device });
        self.ask("account_hand_over", order)
    }

    /// Changes the database behind Daybook's back: its triggers and its capture are off.
    pub fn behind_its_back(&self, sql: &str) {
        let connection = self.connection();
        connection.execute_batch(sql).unwrap();
    }

    /// A connection of the test's own.
    pub fn connection(&self) -> Connection {
        let connection = Connection::open(self.folder.path().join("daybook.sqlite")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection
    }

    /// Closes the store and opens it again.
    pub fn reopened(self) -> World {
        self.reopened_after(|_| {})
    }

    /// As [`World::reopened`], with something done to the closed store's folder in between.
    pub fn reopened_after(self, change: impl FnOnce(&Path)) -> World {
        let World { folder, runner } = self;
        drop(runner);
        change(folder.path());
        let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        World { folder, runner }
    }

    /// Closes the store and opens it again as another Daybook would, of other nouns.
    pub fn reopened_as(self, prepare: Prepare, nouns: &'static [&'static Noun]) -> World {
        let World { folder, runner } = self;
        drop(runner);
        let runner = Runner::open_as(folder.path(), prepare, nouns).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        World { folder, runner }
    }

    /// Writes a file beside the store and answers its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// The rows of a page.
pub fn rows(page: &Value) -> &[Value] {
    page["rows"].as_array().expect("a page has rows")
}

/// All rows of a list, page after page.
pub fn all_rows(world: &World, command: &str, mut query: Value) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = world.ask(command, query.clone());
        all.extend_from_slice(rows(&page));
        match &page["next_cursor"] {
            Value::Null => return all,
            cursor => query["cursor"] = cursor.clone(),
        }
    }
}

/// A file of the test data.
pub fn northwind(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/northwind").join(name)
}
