//! Head offices that are older or newer than this device.

use super::{Day, Session};
use crate::process::is_long;
use crate::sync::{Office, Van};
use crate::world::World;
use daybook::commands::{Envelope, NOUNS};
use daybook::kernel::{Noun, NounKind, Result};
use daybook::sync::{ForBook, Link};
use rusqlite::Connection;
use serde_json::{Value, json};

#[test]
fn an_older_or_newer_head_office_is_told_and_nothing_is_lost() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    for (limit, value, code) in [
        ("device_schema_max", "200001010000", "central_too_old"),
        ("device_schema_min", "299901010000", "central_too_new"),
    ] {
        let stood = session.value(&format!("SELECT value FROM daybook_sync.sync_limit WHERE name = '{limit}'"));
        session.run(&format!("UPDATE daybook_sync.sync_limit SET value = {value} WHERE name = '{limit}'"));
        day.work(3);
        let waiting = day.van.status()["waiting"].clone();
        for _ in 0..2 {
            assert_eq!(day.van.sync_fails().name(), code);
        }
        let status = day.van.status();
        assert_eq!((&status["trouble"]["code"], &status["waiting"]), (&json!(code), &waiting));
        // Who is new joins only when it fits.
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = World::empty();
        assert_eq!(newcomer.refused("sync_join", json!({ "link": link.write() })).code.name(), code);
        session.run(&format!("UPDATE daybook_sync.sync_limit SET value = {stood} WHERE name = '{limit}'"));
        assert_eq!(day.van.sync()["pushed"], waiting);
        day.assert_settled();
        Van::join(newcomer, &link).assert_agrees();
    }
}

/// What the newer Daybook of this test has more: visits of customers.
const VISIT: Noun = Noun {
    table: "customer_visit",
    kind: NounKind::Owned { by: "customer" },
    named_by: None,
    unique: None,
    searched: &[],
    phone: None,
    rules: &[],
};

/// Its nouns.
const NEWER: [&Noun; NOUNS.len() + 1] = {
    let mut all = [&VISIT; NOUNS.len() + 1];
    let mut place = 0;
    while place < NOUNS.len() {
        all[place] = NOUNS[place];
        place += 1;
    }
    all
};

fn prepare_newer(connection: &Connection) -> Result<()> {
    daybook::daybook::install(connection, &NEWER.map(|noun| noun.table))
}

impl Van {
    /// The update: its migration brings a column that may be null, one that may not, and a table. Whoever changes a phone number writes
    /// all three.
    fn updated(self) -> Van {
        self.world.behind_its_back(
            "ALTER TABLE customer ADD COLUMN loyalty TEXT;
             ALTER TABLE customer ADD COLUMN visits INTEGER NOT NULL DEFAULT 0;
             CREATE TABLE customer_visit (
                 book_id BLOB NOT NULL, id BLOB NOT NULL, customer_id BLOB NOT NULL, note TEXT,
                 PRIMARY KEY (book_id, id),
                 FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id) ON DELETE CASCADE
             ) STRICT, WITHOUT ROWID;
             CREATE TRIGGER customer_visit_trigger AFTER UPDATE OF phone ON customer WHEN new.phone LIKE 'visited %' BEGIN
                 UPDATE customer SET loyalty = 'gold', visits = visits + 1 WHERE book_id = new.book_id AND id = new.id;
                 INSERT INTO customer_visit (book_id, id, customer_id, note)
                 VALUES (new.book_id, randomblob(16), new.id, new.phone);
             END",
        );
        Van { world: self.world.reopened_as(prepare_newer, &NEWER), book: self.book }
    }

    /// What it has of the newer schema's: loyalty, visits and notes of a customer.
    fn newer(&self, name: &str) -> (Option<String>, i64, Vec<String>) {
        let connection = self.world.connection();
        let (loyalty, visits) = connection
            .query_row("SELECT loyalty, visits FROM customer WHERE name = ?1", [name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let mut notes = connection
            .prepare("SELECT v.note FROM customer_visit v JOIN customer c ON c.id = v.customer_id WHERE c.name = ?1 ORDER BY 1")
            .unwrap();
        let notes = notes.query_map([name], |row| row.get(0)).unwrap().map(std::result::Result::unwrap).collect();
        (loyalty, visits, notes)
    }
}

/// Head office is brought up to date first, as README says.
fn update(office: &Office) {
    office.sql(
        r#"ALTER TABLE daybook.customer ADD COLUMN loyalty text, ADD COLUMN visits bigint NOT NULL DEFAULT 0;
           SET ROLE daybook_owner;
           CREATE TABLE daybook.customer_visit (
               book_id uuid NOT NULL, id uuid NOT NULL, customer_id uuid NOT NULL, note text,
               PRIMARY KEY (book_id, id),
               FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id) ON DELETE CASCADE
           );
           RESET ROLE;
           SELECT daybook_sync.refresh_registry((
               SELECT jsonb_agg(jsonb_build_object('table', s.table_name, 'kind', s.kind, 'owner', s.owner_table, 'letter', s.letter,
                          'named_by', s.named_by,
                          'columns', to_jsonb(CASE WHEN s.table_name = 'customer' THEN s.columns || '{loyalty,visits}' ELSE s.columns END),
                          'defaults', to_jsonb(CASE WHEN s.table_name = 'customer' THEN '{visits}' ELSE s.defaults END)) ORDER BY s.ordinal)
               FROM daybook_sync.synced_table s)
               || '[{"table": "customer_visit", "kind": "owned", "owner": "customer", "columns": ["customer_id", "note"]}]');
           SELECT daybook_sync.add_rights(
               '[{"command": "customer_edit", "table": "customer", "operation": "update", "columns": ["loyalty", "visits"]},
                 {"command": "customer_edit", "table": "customer_visit", "operation": "insert", "columns": []}]', 202701010000)"#,
    );
}

#[test]
fn columns_and_a_table_more_stop_no_older_device() {
    let office = Office::open();
    let van = office.founder();
    let ana = van.customer("Ana");
    van.sync();
    let (old, pulls) = (office.colleague_called("Van 2", &van), office.colleague_called("Van 3", &van));
    update(&office);
    for device in [&van, &old, &pulls] {
        device.assert_agrees();
    }

    let van = van.updated();
    van.assert_agrees();
    van.edit(&ana, json!({ "phone": "visited once" }));
    van.assert_agrees();
    assert_eq!(van.newer("Ana"), (Some("gold".into()), 1, vec!["visited once".into()]));

    // Older ones take in what they know, push what they have, and join anew.
    pulls.assert_agrees();
    assert_eq!(pulls.customer_now(&ana)["phone"], "visited once");
    old.customer("Bo");
    old.edit(&ana, json!({ "city": "Vigo" }));
    old.assert_agrees();
    let joined = office.colleague_called("Van 4", &old);
    joined.assert_agrees();
    assert_eq!(joined.customer_now(&ana)["city"], "Vigo");
    van.assert_agrees();
    assert_eq!(van.newer("Bo"), (None, 0, vec![]), "what an older device adds has the column's default");
    van.edit(&ana, json!({ "phone": "visited again" }));
    van.assert_agrees();

    // After its update each has what it passed over, whichever way it had come by the book, though it has work of its own.
    let ana_now = (Some("gold".to_owned()), 2, vec!["visited again".to_owned(), "visited once".to_owned()]);
    joined.edit(&ana, json!({ "note": "written before the update" }));
    for device in [old, pulls, joined] {
        device.sync();
        let device = device.updated();
        device.sync();
        device.assert_agrees();
        assert_eq!((device.newer("Ana"), device.newer("Bo").1), (ana_now.clone(), 0));
        van.assert_agrees();
    }
    assert_eq!(van.customer_now(&ana)["note"], "written before the update");
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
}

#[test]
fn an_older_device_says_the_truth_of_what_it_knows() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.assert_agrees();
    update(&office);
    // What it does not know may be anything; what it knows must be as it is here.
    office.sql("UPDATE daybook.customer SET loyalty = 'gold', visits = 7");
    van.assert_agrees();
    van.world.behind_its_back("UPDATE customer SET city = 'Vigo'");
    let envelope = Envelope { book: Some(van.book), ..Envelope::of("sync_now", json!({ "compare": true })) };
    assert_eq!(van.world.send(&envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()))["agrees"], false);
}

/// Found by this test: a newcomer who had read the products when their tax went could never fill its tables.
#[test]
fn a_record_that_goes_while_a_newcomer_reads_stops_no_snapshot() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    for _ in 0..if is_long() { 20 } else { 1 } {
        let tax = day.van.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 190_000 }));
        let tea = day.van.ask("product_add", json!({ "name": "Tea", "price_minor": 100, "tax_id": tax["id"] }));
        assert_eq!((tea["tax_id"].is_string(), &tea["tax_id"]), (true, &tax["id"]));
        day.van.sync();
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = Van::join(World::empty(), &Link { port: day.proxy.port(), ..link });
        day.office.let_delete();
        session.run("BEGIN; LOCK TABLE daybook.product IN ACCESS EXCLUSIVE MODE");
        std::thread::scope(|scope| {
            let round = scope.spawn(|| newcomer.sync());
            let watch = Session::open(&day.office);
            watch.wait_until_waiting("snapshot_page");
            session.run("UPDATE daybook.product SET tax_id = NULL; DELETE FROM daybook.tax; COMMIT");
            round.join().unwrap();
        });
        newcomer.assert_agrees();
        let list = newcomer.ask("product_list", json!({}));
        assert_eq!(crate::world::rows(&list)[0]["tax_id"], Value::Null, "{list}");
        day.van.sync();
        day.assert_settled();
    }
}

/// The taxes were read when a product gets a new one, which the newcomer finds in the products' page.
#[test]
fn a_record_that_comes_while_a_newcomer_reads_stops_no_snapshot() {
    for goes_again in [false, true] {
        let day = Day::begin();
        let session = Session::open(&day.office);
        day.van.ask("product_add", json!({ "name": "Tea", "price_minor": 100 }));
        day.van.sync();
        let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
        let newcomer = Van::join(World::empty(), &Link { port: day.proxy.port(), ..link });
        day.office.let_delete();
        session.run("BEGIN; LOCK TABLE daybook.product IN ACCESS EXCLUSIVE MODE");
        std::thread::scope(|scope| {
            let round = scope.spawn(|| newcomer.sync());
            let watch = Session::open(&day.office);
            watch.wait_until_waiting("snapshot_page");
            session.run(&format!(
                "INSERT INTO daybook.tax (book_id, name, rate_ppm) VALUES ('{}', 'VAT', 190000);
                 UPDATE daybook.product p SET tax_id = t.id FROM daybook.tax t WHERE t.name = 'VAT'",
                day.van.book
            ));
            let second = goes_again.then(|| {
                scope.spawn(|| {
                    // Gets the taxes as soon as the other transaction ends, before the newcomer can ask for the new one.
                    let session = Session::open(&day.office);
                    session.run(
                        "BEGIN; LOCK TABLE daybook.tax IN ACCESS EXCLUSIVE MODE; UPDATE daybook.product SET tax_id = NULL;
                         DELETE FROM daybook.tax; COMMIT",
                    );
                })
            });
            if goes_again {
                watch.wait_until(
                    "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'daybook.tax'::regclass)",
                );
            }
            session.run("COMMIT");
            round.join().unwrap();
            if let Some(second) = second {
                second.join().unwrap();
            }
        });
        newcomer.sync();
        newcomer.assert_agrees();
        let list = newcomer.ask("product_list", json!({}));
        assert_eq!(crate::world::rows(&list)[0]["tax_id"].is_null(), goes_again, "{list}");
        day.van.sync();
        day.assert_settled();
    }
}

/// Found by this test: a reversal whose id sorts before its original's could not be filled in.
#[test]
fn a_reversal_read_before_its_original_stops_no_snapshot() {
    let day = Day::begin();
    // An edge program may choose ids; a reversal's follows from its original's.
    for n in 0..4 {
        let id = format!("01a206b9-b2ed-{n}f69-8b5e-69f149f0c38a").replace("-3f", "-ff");
        let order = json!({ "transfer_id": id, "from_account_id": day.till["id"], "to_account_id": day.bank["id"], "amount_minor": 9 });
        day.van.ask("transfer_funds", order);
        day.van.ask("transfer_reverse", json!({ "transfer_id": id }));
    }
    day.van.sync();
    let link = day.office.link("Van 2", &ForBook::Existing(day.van.book));
    Van::join(World::empty(), &link).assert_agrees();
    day.assert_settled();
}
