//! Random lives of a store, each step compared with a simple model that holds the rules of money: what is posted stays
//! posted, every book sums to nothing, no purse goes below its minimum, and what is refused leaves no trace.

use crate::process::{Dice, is_long};
use daybook::commands::{Envelope, Runner};
use daybook::kernel::Id;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const STEPS: usize = 60;
const STEPS_BETWEEN_VERIFIES: usize = 15;

#[test]
fn the_rules_of_money_hold_after_each_step_in_any_order() {
    let mut dice = Dice::of_this_run("model");
    for life in 0..if is_long() { 500 } else { 20 } {
        println!("life {life}");
        let mut clerk = Clerk::begin(dice.fork());
        for step in 1..=STEPS {
            clerk.step();
            clerk.check();
            if step % STEPS_BETWEEN_VERIFIES == 0 {
                clerk.assert_verifies();
            }
        }
        clerk.reopen();
        clerk.check();
        clerk.assert_verifies();
    }
}

/// What a command is expected to come to: so many new entries, or a refusal with this code.
type Expected = Result<i64, &'static str>;

#[derive(Debug, Clone)]
struct Account {
    id: String,
    name: String,
    kind: String,
    minimum: Option<i64>,
    balance: i64,
    is_closed: bool,
    /// Whether every book has it.
    is_system: bool,
    version: i64,
}

impl Account {
    fn holds_money(&self) -> bool {
        ["cash", "bank", "mobile_money", "in_transit"].contains(&self.kind.as_str())
    }

    /// Whether no other may have this name: a closed account's is free again.
    fn goes_by(&self, name: &str) -> bool {
        !self.is_closed && self.name.eq_ignore_ascii_case(name)
    }

    /// Whether so much may be taken out.
    fn can_give(&self, amount: i64) -> bool {
        self.minimum.is_none_or(|minimum| self.balance - amount >= minimum)
    }
}

#[derive(Debug, Clone)]
struct Transfer {
    id: String,
    from: usize,
    to: usize,
    amount: i64,
    fee: i64,
    is_reversed: bool,
    is_reversal: bool,
}

/// A customer or a product: both have a code that no other has, and can be archived.
#[derive(Debug, Clone, PartialEq)]
struct Record {
    id: String,
    name: String,
    code: Option<String>,
    is_archived: bool,
    version: i64,
}

/// A row of a table that is imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    code: String,
    name: String,
    email: String,
}

#[derive(Debug, Clone)]
struct Batch {
    id: String,
    rows: Vec<Row>,
    /// For each row that was taken in and not taken back, whether it was added.
    done: Vec<Option<bool>>,
    state: &'static str,
    has_kept: bool,
    /// How many rows taking back has not come to yet.
    left: usize,
}

#[derive(Default)]
struct Book {
    id: String,
    accounts: Vec<Account>,
    transfers: Vec<Transfer>,
    customers: Vec<Record>,
    products: Vec<Record>,
    taxes: Vec<String>,
    batches: Vec<Batch>,
    expense: usize,
    opening: usize,
}

impl Book {
    fn post(&mut self, debit: usize, credit: usize, amount: i64) {
        self.accounts[debit].balance += amount;
        self.accounts[credit].balance -= amount;
    }

    fn is_taken(records: &[Record], code: &str, but: Option<&str>) -> bool {
        records.iter().any(|record| record.code.as_deref() == Some(code) && Some(record.id.as_str()) != but)
    }
}

struct Clerk {
    folder: tempfile::TempDir,
    runner: Option<Runner>,
    dice: Dice,
    books: Vec<Book>,
    entries: i64,
    names: u32,
    /// What was done, to be asked again.
    done: Vec<(Envelope, Value)>,
    /// Every posted row as it was seen first.
    posted: BTreeMap<(&'static str, Vec<u8>), Vec<Cell>>,
}

impl Clerk {
    fn begin(dice: Dice) -> Clerk {
        let folder = tempfile::tempdir().expect("a folder");
        let runner = Some(Runner::open(&folder.path().join("store")).expect("a store opens"));
        let mut clerk = Clerk {
            folder,
            runner,
            dice,
            books: Vec::new(),
            entries: 0,
            names: 0,
            done: Vec::new(),
            posted: BTreeMap::new(),
        };
        for (name, currency) in [("North", "EUR"), ("South", "JPY")] {
            let id = clerk.dice.id();
            clerk.books.push(Book { id: id.clone(), ..Book::default() });
            let book = clerk.books.len() - 1;
            let input = json!({
                "book_id": id, "name": name, "currency": currency, "person_name": "Ana", "time_zone": "Asia/Tokyo",
            });
            clerk.ask(book, "book_setup", input, Ok(1));
            clerk.books[book].accounts = clerk.accounts_listed(book);
            for account in &mut clerk.books[book].accounts {
                account.is_system = true;
            }
            let place = |kind: &str, accounts: &[Account]| accounts.iter().position(|account| account.kind == kind);
            clerk.books[book].expense = place("expense", &clerk.books[book].accounts).expect("every book has one");
            clerk.books[book].opening = place("opening", &clerk.books[book].accounts).expect("every book has one");
            (0..4).for_each(|_| clerk.open_account(book));
        }
        clerk
    }

    fn runner(&self) -> &Runner {
        self.runner.as_ref().expect("the runner is open")
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn reopen(&mut self) {
        self.runner = None;
        self.runner = Some(Runner::open(&self.store()).expect("the store opens again"));
    }

    /// A name that nobody has yet.
    fn fresh_name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what} {}", self.names)
    }

    /// Asks under a fresh request id, and holds the outcome against what is expected.
    fn ask(&mut self, book: usize, command: &str, input: Value, expected: Expected) -> Option<Value> {
        let envelope = Envelope {
            book: (command != "book_setup").then(|| Id::parse(&self.books[book].id).expect("an id")),
            request_id: Some(Id::parse(&self.dice.id()).expect("an id")),
            ..Envelope::of(command, input)
        };
        let outcome = self.runner().call(envelope.clone()).and_then(|answer| answer.value());
        let shown = outcome.as_ref().map_or_else(|fault| fault.code.name(), |_| "done");
        println!("  book {book}: {command} {}: {shown}", envelope.input);
        match (outcome, expected) {
            (Ok(answer), Ok(entries)) => {
                self.entries += entries;
                self.done.push((envelope, answer.clone()));
                Some(answer)
            }
            (Err(fault), Err(code)) => {
                assert_eq!(fault.code.name(), code, "another refusal is expected: {}", fault.chain());
                None
            }
            (Ok(answer), Err(code)) => panic!("{code} is expected of {command}: {answer}"),
            (Err(fault), Ok(_)) => panic!("{command} is expected to be done: {}", fault.chain()),
        }
    }

    fn step(&mut self) {
        let book = self.dice.below(2) as usize;
        match self.dice.below(100) {
            0..=9 => self.open_account(book),
            10..=15 => self.edit_account(book),
            16..=21 => self.close_account(book),
            22..=46 => self.transfer(book),
            47..=56 => self.reverse(book),
            57..=63 => self.add_record(book),
            64..=69 => self.edit_record(book),
            70..=73 => self.archive_record(book),
            74..=76 => self.add_tax(book),
            77..=80 => self.start_import(book),
            81..=87 => self.step_import(book),
            88..=90 => self.undo_import(book),
            91..=95 => self.ask_again(),
            96 => self.try_import(book),
            _ => self.reopen(),
        }
    }

    /// An amount: mostly such as can be paid, now and then nothing, too much or less than nothing.
    fn amount(&mut self) -> i64 {
        match self.dice.below(30) {
            0 => 0,
            1 => -1 - self.dice.below(50) as i64,
            2 | 3 => 1_000_000 + self.dice.below(1_000) as i64,
            _ => 1 + self.dice.below(300) as i64,
        }
    }

    fn open_account(&mut self, book: usize) {
        let kinds = ["cash", "cash", "bank", "bank", "mobile_money", "in_transit", "income", "expense", "tax"];
        let kind = *self.dice.pick(&kinds);
        let mut name = self.fresh_name("Account");
        if self.dice.percent(10) {
            name = self.dice.pick(&self.books[book].accounts).name.to_uppercase();
        }
        let mut input = json!({ "account_id": self.dice.id(), "name": name, "kind": kind });
        let purse = matches!(kind, "cash" | "mobile_money");
        let minimum = match self.dice.below(6) {
            0..=3 => purse.then_some(0),
            4 => {
                input["minimum_minor"] = Value::Null;
                None
            }
            _ => {
                let minimum = self.dice.below(200) as i64 - 100;
                input["minimum_minor"] = json!(minimum);
                Some(minimum)
            }
        };
        let opening = match self.dice.below(4) {
            0 => 0,
            1 => self.amount(),
            _ => self.dice.below(2_000) as i64,
        };
        if opening != 0 {
            input["opening_minor"] = json!(opening);
        }
        let model = &self.books[book];
        let taken = model.accounts.iter().any(|account| account.goes_by(&name));
        let holds_money = !matches!(kind, "income" | "expense" | "tax");
        let expected = if kind == "tax" || (minimum.is_some() && !holds_money && !taken) {
            Err("wrong_account_kind")
        } else if taken {
            Err("name_taken")
        } else if minimum.is_some_and(|minimum| opening < minimum) {
            Err("insufficient_funds")
        } else {
            Ok(1)
        };
        let id = input["account_id"].as_str().expect("an id").to_owned();
        if self.ask(book, "account_open", input, expected).is_some() {
            let model = &mut self.books[book];
            model.accounts.push(Account {
                id,
                name,
                kind: kind.into(),
                minimum,
                balance: 0,
                is_closed: false,
                is_system: false,
                version: 1,
            });
            model.post(model.accounts.len() - 1, model.opening, opening);
        }
    }

    fn edit_account(&mut self, book: usize) {
        let which = self.dice.below(self.books[book].accounts.len() as u64) as usize;
        let before = self.books[book].accounts[which].clone();
        let mut after = before.clone();
        let seen = if self.dice.percent(15) { before.version + 1 } else { before.version };
        let mut input = json!({ "account_id": before.id, "row_version": seen });
        let mut taken = false;
        if self.dice.percent(50) {
            after.name = self.fresh_name("Account");
            if self.dice.percent(20) {
                after.name = self.dice.pick(&self.books[book].accounts).name.clone();
                taken =
                    self.books[book].accounts.iter().any(|other| other.id != before.id && other.goes_by(&after.name));
            }
            input["name"] = json!(after.name);
        }
        let minimum_changes = self.dice.percent(60);
        if minimum_changes {
            after.minimum = if self.dice.percent(30) { None } else { Some(self.dice.below(400) as i64 - 200) };
            input["minimum_minor"] = json!(after.minimum);
        }
        let changes = (&before.name, before.minimum) != (&after.name, after.minimum);
        after.version += i64::from(changes);
        let expected = if seen != before.version {
            Err("stale")
        } else if before.is_closed {
            Err("account_closed")
        } else if taken {
            Err("name_taken")
        } else if minimum_changes && !before.holds_money() {
            Err("wrong_account_kind")
        } else if minimum_changes && after.minimum.is_some_and(|minimum| before.balance < minimum) {
            Err("insufficient_funds")
        } else {
            Ok(i64::from(changes))
        };
        if self.ask(book, "account_edit", input, expected).is_some() {
            self.books[book].accounts[which] = after;
        }
    }

    fn close_account(&mut self, book: usize) {
        let accounts = &self.books[book].accounts;
        let own: Vec<usize> = (0..accounts.len()).filter(|place| !accounts[*place].is_system).collect();
        let empty: Vec<usize> = own.iter().copied().filter(|place| accounts[*place].balance == 0).collect();
        let which = match self.dice.below(10) {
            0..=5 if !empty.is_empty() => *self.dice.pick(&empty),
            6..=8 if !own.is_empty() => *self.dice.pick(&own),
            _ => self.dice.below(accounts.len() as u64) as usize,
        };
        let account = self.books[book].accounts[which].clone();
        let expected = if account.is_closed {
            Err("account_closed")
        } else if account.is_system {
            Err("wrong_account_kind")
        } else if account.balance != 0 {
            Err("account_not_empty")
        } else {
            Ok(1)
        };
        let input = json!({ "account_id": account.id, "row_version": account.version });
        if self.ask(book, "account_close", input, expected).is_some() {
            let account = &mut self.books[book].accounts[which];
            account.is_closed = true;
            account.version += 1;
        }
    }

    /// The place of an account, mostly of one that money can be moved from.
    fn some_account(&mut self, book: usize) -> usize {
        let model = &self.books[book];
        let good: Vec<usize> = (0..model.accounts.len())
            .filter(|place| model.accounts[*place].holds_money() && !model.accounts[*place].is_closed)
            .collect();
        if self.dice.percent(85) {
            *self.dice.pick(&good)
        } else {
            self.dice.below(self.books[book].accounts.len() as u64) as usize
        }
    }

    fn transfer(&mut self, book: usize) {
        let (from, to) = (self.some_account(book), self.some_account(book));
        let mut amount = self.amount();
        if self.dice.percent(15) {
            // All that it holds.
            amount = self.books[book].accounts[from].balance;
        }
        let fee = if self.dice.percent(40) { self.amount() } else { 0 };
        let fee_optional = self.dice.percent(50);
        let id = self.dice.id();
        let mut input = json!({
            "transfer_id": id, "from_account_id": self.books[book].accounts[from].id,
            "to_account_id": self.books[book].accounts[to].id, "amount_minor": amount, "fee_optional": fee_optional,
        });
        if fee != 0 {
            input["fee_minor"] = json!(fee);
        }
        let model = &self.books[book];
        let (giver, taker) = (&model.accounts[from], &model.accounts[to]);
        let elsewhere = self.dice.percent(4);
        if elsewhere {
            let other = &self.books[1 - book].accounts;
            input["to_account_id"] = json!(other[other.len() - 1].id);
        }
        let can_pay_fee = giver.can_give(amount + fee);
        let expected = if amount <= 0 || fee < 0 {
            Err("out_of_range")
        } else if elsewhere {
            Err("not_found")
        } else if from == to {
            Err("same_account")
        } else if !giver.holds_money() || !taker.holds_money() {
            Err("wrong_account_kind")
        } else if giver.is_closed || taker.is_closed {
            Err("account_closed")
        } else if !giver.can_give(amount) || (fee > 0 && !can_pay_fee && !fee_optional) {
            Err("insufficient_funds")
        } else {
            Ok(1)
        };
        if let Some(answer) = self.ask(book, "transfer_funds", input, expected) {
            let fee = if can_pay_fee { fee } else { 0 };
            assert_eq!(
                answer["fee_refused"].is_null(),
                can_pay_fee,
                "the fee was refused if it can't be paid: {answer}"
            );
            assert_eq!(answer["fee_minor"], fee, "{answer}");
            let model = &mut self.books[book];
            model.post(to, from, amount);
            model.post(model.expense, from, fee);
            model.transfers.push(Transfer { id, from, to, amount, fee, is_reversed: false, is_reversal: false });
        }
    }

    fn reverse(&mut self, book: usize) {
        if self.books[book].transfers.is_empty() {
            return self.transfer(book);
        }
        let which = self.dice.below(self.books[book].transfers.len() as u64) as usize;
        let model = &self.books[book];
        let original = model.transfers[which].clone();
        let (giver, taker) = (&model.accounts[original.from], &model.accounts[original.to]);
        let expected = if original.is_reversed || original.is_reversal {
            Err("already_reversed")
        } else if giver.is_closed || taker.is_closed {
            Err("account_closed")
        } else if !taker.can_give(original.amount) {
            Err("insufficient_funds")
        } else {
            Ok(1)
        };
        let input = json!({ "transfer_id": original.id, "memo": "Mistake" });
        if let Some(answer) = self.ask(book, "transfer_reverse", input, expected) {
            let model = &mut self.books[book];
            model.post(original.from, original.to, original.amount);
            model.post(original.from, model.expense, original.fee);
            model.transfers[which].is_reversed = true;
            let id = answer["id"].as_str().expect("an id").to_owned();
            let (from, to) = (original.to, original.from);
            model.transfers.push(Transfer { id, from, to, is_reversed: false, is_reversal: true, ..original });
        }
    }

    /// A code: mostly one of a few, so that some are taken.
    fn code(&mut self) -> Option<String> {
        self.dice.percent(70).then(|| format!("C{}", self.dice.below(12)))
    }

    fn add_record(&mut self, book: usize) {
        let (id, name, code) = (self.dice.id(), self.fresh_name("Record"), self.code());
        let is_customer = self.dice.percent(60);
        let model = &self.books[book];
        let records = if is_customer { &model.customers } else { &model.products };
        let expected = match &code {
            Some(code) if Book::is_taken(records, code, None) => Err("code_taken"),
            Some(_) | None => Ok(1),
        };
        let (command, input) = if is_customer {
            ("customer_add", json!({ "customer_id": id, "name": name, "code": code }))
        } else {
            ("product_add", json!({ "product_id": id, "name": name, "sku": code, "price_minor": self.dice.below(999) }))
        };
        if self.ask(book, command, input, expected).is_some() {
            let model = &mut self.books[book];
            let records = if is_customer { &mut model.customers } else { &mut model.products };
            records.push(Record { id, name, code, is_archived: false, version: 1 });
        }
    }

    fn edit_record(&mut self, book: usize) {
        let is_customer = self.dice.percent(60);
        let model = &self.books[book];
        let records = if is_customer { &model.customers } else { &model.products };
        if records.is_empty() {
            return self.add_record(book);
        }
        let which = self.dice.below(records.len() as u64) as usize;
        let before = records[which].clone();
        let seen = if self.dice.percent(15) { before.version - 1 } else { before.version };
        let mut after = Record { version: before.version + 1, name: self.fresh_name("Record"), ..before.clone() };
        let (id, code) = if is_customer { ("customer_id", "code") } else { ("product_id", "sku") };
        let mut input = json!({ id: before.id, "row_version": seen, "name": after.name });
        let mut taken = false;
        if self.dice.percent(50) {
            after.code = self.code();
            input[code] = json!(after.code);
            let model = &self.books[book];
            let records = if is_customer { &model.customers } else { &model.products };
            taken = after.code.as_ref().is_some_and(|code| Book::is_taken(records, code, Some(&before.id)));
        }
        let expected = if seen != before.version {
            Err("stale")
        } else if before.is_archived {
            Err("archived")
        } else if taken {
            Err("code_taken")
        } else {
            Ok(1)
        };
        if self.ask(book, if is_customer { "customer_edit" } else { "product_edit" }, input, expected).is_some() {
            let model = &mut self.books[book];
            let records = if is_customer { &mut model.customers } else { &mut model.products };
            records[which] = after;
        }
    }

    fn archive_record(&mut self, book: usize) {
        let is_customer = self.dice.percent(60);
        let model = &self.books[book];
        let records = if is_customer { &model.customers } else { &model.products };
        if records.is_empty() {
            return self.add_record(book);
        }
        let which = self.dice.below(records.len() as u64) as usize;
        let before = records[which].clone();
        let archived = self.dice.percent(60);
        let changes = archived != before.is_archived;
        let (command, id) =
            if is_customer { ("customer_archive", "customer_id") } else { ("product_archive", "product_id") };
        let input = json!({ id: before.id, "row_version": before.version, "archived": archived });
        self.ask(book, command, input, Ok(i64::from(changes)));
        let model = &mut self.books[book];
        let records = if is_customer { &mut model.customers } else { &mut model.products };
        records[which].is_archived = archived;
        records[which].version += i64::from(changes);
    }

    fn add_tax(&mut self, book: usize) {
        let name = format!("Tax {}", self.dice.below(8));
        let taken = self.books[book].taxes.contains(&name);
        let input = json!({ "name": name, "rate_ppm": self.dice.below(1_000_001) });
        if self.ask(book, "tax_add", input, if taken { Err("name_taken") } else { Ok(1) }).is_some() {
            self.books[book].taxes.push(name);
        }
    }

    /// A table of new rows, good and bad, or of rows that were imported before. Within a table each row is another.
    fn table(&mut self, book: usize) -> Vec<Row> {
        if self.dice.percent(25) && !self.books[book].batches.is_empty() {
            return self.dice.pick(&self.books[book].batches).rows.clone();
        }
        let count = 1 + self.dice.below(12);
        (0..count)
            .map(|_| Row {
                code: self.code().unwrap_or_default(),
                name: if self.dice.percent(10) { String::new() } else { self.fresh_name("Imported") },
                email: match self.dice.below(10) {
                    0 => "nobody".into(),
                    number => format!("n{}.{number}@example.org", self.fresh_name("").trim()),
                },
            })
            .collect()
    }

    fn written(&mut self, rows: &[Row]) -> PathBuf {
        let name = self.fresh_name("table");
        let path = self.folder.path().join(format!("{name}.csv"));
        let lines = rows.iter().map(|row| format!("{},\"{}\",{}\n", row.code, row.name, row.email));
        let text: String = std::iter::once("code,name,email\n".to_owned()).chain(lines).collect();
        std::fs::write(&path, text).expect("the table is written");
        path
    }

    fn order(path: &PathBuf, dry_run: bool) -> Value {
        let columns = json!({ "code": "code", "name": "name", "email": "email" });
        json!({ "path": path, "kind": "customers", "columns": columns, "dry_run": dry_run })
    }

    fn start_import(&mut self, book: usize) {
        let rows = self.table(book);
        let order = Clerk::order(&self.written(&rows), false);
        let answer = self.ask(book, "import_start", order, Ok(1)).expect("it is begun");
        let id = answer["batch"]["id"].as_str().expect("an id").to_owned();
        self.books[book].batches.push(Batch { id, rows, done: Vec::new(), state: "running", has_kept: false, left: 0 });
    }

    fn step_import(&mut self, book: usize) {
        if self.books[book].batches.is_empty() {
            return self.start_import(book);
        }
        let which = self.dice.below(self.books[book].batches.len() as u64) as usize;
        let count = 1 + self.dice.below(8) as usize;
        let batch = self.books[book].batches[which].clone();
        let expected = match batch.state {
            "running" => Ok(1),
            "done" => Err("batch_finished"),
            "gone" => Err("not_found"),
            _ => Err("batch_undone"),
        };
        let input = json!({ "batch_id": batch.id, "rows": count });
        let Some(answer) = self.ask(book, "import_step", input, expected) else { return };
        let model = &mut self.books[book];
        let mut shown = 0;
        for row in batch.rows.iter().skip(batch.done.len()).take(count) {
            let is_known = model.batches.iter().enumerate().any(|(place, other)| {
                place != which && other.rows.iter().zip(&other.done).any(|(it, done)| it == row && *done == Some(true))
            });
            let is_bad = row.name.is_empty()
                || row.email == "nobody"
                || (!row.code.is_empty() && Book::is_taken(&model.customers, &row.code, None));
            if !is_known && !is_bad {
                model.customers.push(Record {
                    // Its id is the import's to choose; a name is never given twice.
                    id: String::new(),
                    name: row.name.clone(),
                    code: (!row.code.is_empty()).then(|| row.code.clone()),
                    is_archived: false,
                    version: 1,
                });
            }
            // A known row is shown where its record was edited since.
            let is_as_it_came = model
                .customers
                .iter()
                .any(|it| it.name == row.name && it.code.as_deref().unwrap_or_default() == row.code);
            shown += usize::from(if is_known { !is_as_it_came } else { is_bad });
            model.batches[which].done.push(Some(!is_known && !is_bad));
        }
        assert_eq!(answer["rows"].as_array().map(Vec::len), Some(shown), "so many are refused or changed: {answer}");
        let batch = &mut model.batches[which];
        if batch.done.len() == batch.rows.len() {
            batch.state = "done";
        }
        assert_eq!(answer["batch"]["done"], batch.done.len(), "{answer}");
        assert_eq!(answer["finished"], batch.state == "done", "{answer}");
        self.learn_ids(book);
    }

    fn undo_import(&mut self, book: usize) {
        if self.books[book].batches.is_empty() {
            return self.start_import(book);
        }
        let which = self.dice.below(self.books[book].batches.len() as u64) as usize;
        let count = 1 + self.dice.below(15) as usize;
        let batch = self.books[book].batches[which].clone();
        let expected = match batch.state {
            "gone" => Err("not_found"),
            "undone" => Err("batch_undone"),
            _ => Ok(1),
        };
        let input = json!({ "batch_id": batch.id, "rows": count });
        let Some(answer) = self.ask(book, "import_undo", input, expected) else { return };
        let model = &mut self.books[book];
        let batch = &mut model.batches[which];
        let upto = if batch.state == "undoing" { batch.left } else { batch.done.len() };
        let from = upto.saturating_sub(count);
        let (mut removed, mut kept) = (0, 0);
        for place in from..upto {
            if batch.done[place] == Some(true) {
                let name = &batch.rows[place].name;
                let untouched = model.customers.iter().position(|it| it.name == *name && it.version == 1);
                match untouched {
                    Some(customer) => {
                        model.customers.remove(customer);
                        removed += 1;
                    }
                    None => {
                        kept += 1;
                        batch.has_kept = true;
                        continue;
                    }
                }
            }
            batch.done[place] = None;
        }
        assert_eq!((&answer["removed"], &answer["kept"]), (&json!(removed), &json!(kept)), "{answer}");
        assert_eq!(answer["finished"], from == 0, "{answer}");
        batch.state = match (from, batch.has_kept) {
            (0, true) => "undone",
            (0, false) => "gone",
            _ => "undoing",
        };
        batch.left = from;
    }

    /// A dry run, which changes nothing.
    fn try_import(&mut self, book: usize) {
        let rows = self.table(book);
        let path = self.written(&rows);
        let answer = self.ask(book, "import_start", Clerk::order(&path, true), Ok(0)).expect("it is tried");
        self.done.pop();
        let batch = &answer["batch"]["id"];
        let tried = self.ask(book, "import_step", json!({ "batch_id": batch }), Ok(0)).expect("it is tried");
        self.done.pop();
        assert_eq!(
            tried["rows"].as_array().map(Vec::len),
            Some(rows.len()),
            "each row says what would happen: {tried}"
        );
        if self.dice.percent(50) {
            self.ask(book, "import_discard", json!({ "batch_id": batch }), Ok(0));
            self.done.pop();
        }
    }

    /// What was done is asked again: the same answer, and nothing is done. With another input it is refused.
    fn ask_again(&mut self) {
        let (mut envelope, answer) = self.dice.pick(&self.done).clone();
        println!("  again: {} {}", envelope.command, envelope.input);
        let again = self.runner().call(envelope.clone()).and_then(|answer| answer.value());
        let again = again.unwrap_or_else(|fault| panic!("{} is answered again: {}", envelope.command, fault.chain()));
        assert_eq!(again, answer, "the same request, the same answer");
        if envelope.input["name"].is_string() {
            envelope.input["name"] = json!(self.fresh_name("Other"));
            let fault = self.runner().call(envelope).expect_err("another input is another request");
            assert_eq!(fault.code.name(), "request_reused");
        }
    }

    fn accounts_listed(&self, book: usize) -> Vec<Account> {
        let book = Some(Id::parse(&self.books[book].id).expect("an id"));
        let input = json!({ "closed": "all", "limit": 200 });
        let list = self.runner().call(Envelope { book, ..Envelope::of("account_list", input) });
        let list = list.and_then(|list| list.value()).expect("accounts are listed");
        let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
        let rows = list["rows"].as_array().expect("rows").iter();
        rows.map(|row| Account {
            id: text(row, "id"),
            name: text(row, "name"),
            kind: text(row, "kind"),
            minimum: row["minimum_minor"].as_i64(),
            balance: row["balance_minor"].as_i64().expect("a balance"),
            is_closed: !row["closed_at"].is_null(),
            is_system: false,
            version: row["row_version"].as_i64().expect("a version"),
        })
        .collect()
    }

    fn connection(&self) -> Connection {
        Connection::open_with_flags(self.store().join("daybook.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("the store is read")
    }

    /// The customers' ids that an import chose.
    fn learn_ids(&mut self, book: usize) {
        let listed = records(&self.connection(), "customer", "code", &self.books[book].id);
        for customer in self.books[book].customers.iter_mut().filter(|customer| customer.id.is_empty()) {
            let found = listed.iter().find(|it| it.name == customer.name).expect("it was added");
            customer.id.clone_from(&found.id);
        }
    }

    /// Everything that must hold after each step.
    fn check(&mut self) {
        let connection = self.connection();
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("it is counted");
        assert_eq!(
            count("SELECT count(*) FROM daybook_entry"),
            self.entries,
            "an entry for each that was done, no more"
        );
        for (place, book) in self.books.iter().enumerate() {
            let mut listed = self.accounts_listed(place);
            let mut expected = book.accounts.clone();
            assert_eq!(listed.iter().map(|account| account.balance).sum::<i64>(), 0, "a book sums to nothing");
            listed.sort_by(|a, b| a.id.cmp(&b.id));
            expected.sort_by(|a, b| a.id.cmp(&b.id));
            for (listed, expected) in listed.iter().zip(&expected) {
                assert!(listed.can_give(0), "an account is below its minimum: {listed:?}");
                let expected = Account { is_system: false, ..expected.clone() };
                assert_eq!(format!("{listed:?}"), format!("{expected:?}"), "an account is as the model has it");
            }
            assert_eq!(listed.len(), expected.len(), "no account more, none less");
            for (table, code, expected) in [("customer", "code", &book.customers), ("product", "sku", &book.products)] {
                let mut expected = expected.clone();
                expected.sort_by(|a, b| a.id.cmp(&b.id));
                assert_eq!(
                    records(&connection, table, code, &book.id),
                    expected,
                    "each {table} is as the model has it"
                );
            }
            let taxes: BTreeSet<String> = texts(&connection, "SELECT name FROM tax WHERE book_id = ?1", &book.id);
            assert_eq!(taxes, book.taxes.iter().cloned().collect(), "each tax is as the model has it");
            // Numbers run from 1 in each book, for there is one device.
            let numbers = texts(&connection, "SELECT number FROM payment_transfer WHERE book_id = ?1", &book.id);
            let expected = (1..=book.transfers.len()).map(|number| format!("D1-T-{number:06}")).collect();
            assert_eq!(numbers, expected, "numbers have no gap and no double");
        }
        self.assert_posted_stays(&connection);
    }

    /// Every posting and every transfer that was seen once is there, column for column.
    fn assert_posted_stays(&mut self, connection: &Connection) {
        let mut seen = 0;
        for table in ["ledger_posting", "payment_transfer"] {
            let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("it is prepared");
            let columns = statement.column_count();
            let id = statement.column_index("id").expect("it has an id");
            let mut rows = statement.query([]).expect("it is asked");
            while let Some(row) = rows.next().expect("a row is read") {
                let cells: Vec<Cell> = (0..columns).map(|place| row.get(place).expect("a cell")).collect();
                let key = (table, row.get::<_, Vec<u8>>(id).expect("an id"));
                let first = self.posted.entry(key).or_insert_with(|| cells.clone());
                assert_eq!(*first, cells, "what is posted in {table} is never changed");
                seen += 1;
            }
        }
        assert_eq!(seen, self.posted.len(), "what is posted is never deleted");
    }

    fn assert_verifies(&self) {
        let verified = self.runner().call(Envelope::of("verify", json!({}))).and_then(|answer| answer.value());
        let verified = verified.expect("it is verified");
        assert_eq!(verified["holds"], true, "{verified}");
        assert_eq!(verified["entries"], self.entries);
    }
}

fn bytes(id: &str) -> Vec<u8> {
    uuid::Uuid::parse_str(id).expect("an id").into_bytes().to_vec()
}

fn texts(connection: &Connection, sql: &str, book: &str) -> BTreeSet<String> {
    let mut statement = connection.prepare(sql).expect("it is prepared");
    let rows = statement.query_map([bytes(book)], |row| row.get(0)).expect("it is asked");
    rows.collect::<rusqlite::Result<_>>().expect("rows are read")
}

/// The records of a book by their ids.
fn records(connection: &Connection, table: &str, code: &str, book: &str) -> Vec<Record> {
    let sql = format!(
        "SELECT id, name, {code}, archived_at IS NOT NULL, row_version FROM {table} WHERE book_id = ?1 ORDER BY id"
    );
    let mut statement = connection.prepare(&sql).expect("it is prepared");
    let rows = statement.query_map([bytes(book)], |row| {
        Ok(Record {
            id: uuid::Uuid::from_slice(&row.get::<_, Vec<u8>>(0)?).expect("an id").to_string(),
            name: row.get(1)?,
            code: row.get(2)?,
            is_archived: row.get(3)?,
            version: row.get(4)?,
        })
    });
    rows.expect("it is asked").collect::<rusqlite::Result<_>>().expect("rows are read")
}
