//! A device's role may call the sync functions and nothing else; and what a forger would send is refused or kept apart.

use super::session::Session;
use super::{Office, Van};
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::{Value, json};

/// What a device might try, each refused. `{}` is its own book.
const REFUSED: &[&str] = &[
    // The books and the machinery.
    "SELECT * FROM daybook.customer",
    "SELECT count(*) FROM daybook.ledger_posting",
    "INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'x')",
    "UPDATE daybook.payment_account SET minimum_minor = NULL",
    "DELETE FROM daybook.customer",
    "TRUNCATE daybook.customer",
    "SELECT * FROM daybook.account_balance",
    "SELECT * FROM daybook.book_history",
    "SELECT * FROM daybook_sync.book_version",
    "SELECT * FROM daybook_sync.enrolment",
    "UPDATE daybook_sync.enrolment SET revoked_at = NULL",
    "UPDATE daybook_sync.lane SET sequence = 0",
    "DELETE FROM daybook_sync.quarantined_entry",
    "UPDATE daybook_sync.sync_limit SET value = 1000000",
    "INSERT INTO daybook_sync.command_right VALUES ('transfer_funds', 'customer', 'delete', NULL)",
    "LOCK TABLE daybook_sync.book_head IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM public.refinery_schema_history",
    // Functions that are not for it.
    "SELECT daybook_sync.retry_quarantined('{}')",
    "SELECT daybook_sync.dismiss_quarantined('{}', 1, 'x')",
    "SELECT daybook_sync.release_device('{}', gen_random_uuid(), gen_random_uuid())",
    "SELECT daybook_sync.append_central('{}', 'head_office', '[]')",
    "SELECT daybook_sync.append_version('{}', NULL, NULL, 'applied', '', NULL, '', '')",
    "SELECT daybook_sync.put_row('{}', 'customer', '[]')",
    "SELECT daybook_sync.edit_row('{}', 'payment_account', gen_random_uuid(), '{\"minimum_minor\":null}')",
    "SELECT daybook_sync.drop_row('{}', 'customer', gen_random_uuid())",
    "SELECT daybook_sync.row_image('{}', 'customer', gen_random_uuid(), false)",
    "SELECT daybook_sync.apply_inserts('{}', gen_random_uuid(), '{}')",
    "SELECT daybook_sync.register_table('pg_authid', 'master')",
    "SELECT daybook_sync.book_digest('{}')",
    "SELECT daybook_sync.add_to_balances('{}', '[]')",
    "SELECT daybook_sync.caller('{}')",
    "SELECT daybook_sync.limit_of('batch_entries_max')",
    // Making things.
    "CREATE TEMP TABLE x (a int)",
    "CREATE TABLE public.x (a int)",
    "CREATE TABLE daybook.x (a int)",
    "CREATE TABLE daybook_sync.x (a int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION daybook_sync.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
    "CREATE EXTENSION dblink",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    // Files, large objects, programs.
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/x'",
    "SELECT pg_ls_dir('/')",
    // Blocking others.
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT pg_sleep(1)",
    "SELECT pg_notify('x', 'y')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user",
    "SELECT pg_reload_conf()",
    // Becoming somebody else.
    "SET ROLE daybook_machine",
    "SET ROLE daybook_owner",
    "SET ROLE daybook_head_office",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "ALTER ROLE postgres PASSWORD 'x'",
    "ALTER ROLE daybook_machine LOGIN",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "ALTER ROLE CURRENT_USER CONNECTION LIMIT 1000",
    "GRANT daybook_head_office TO CURRENT_USER",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "ALTER SYSTEM SET fsync = off",
];

/// What it may do, for it does no harm: afterwards everything is as before.
const HARMLESS: &[&str] = &[
    "SET search_path = pg_temp, public",
    "SET daybook.undoing = 'on'",
    "SET statement_timeout = '1s'",
    "LISTEN something",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT 1; SELECT 2",
    "PREPARE p AS SELECT 1",
];

fn role_of(van: &Van) -> String {
    van.world.connection().query_row("SELECT role_name FROM sync_book", [], |row| row.get(0)).unwrap()
}

/// What all books and the machinery hold.
fn everything(office: &Office) -> Vec<Vec<Option<String>>> {
    office.sql(
        "SELECT b.id, d.table_name, d.rows, d.digest FROM daybook.book b, daybook_sync.book_digest(b.id) d
         UNION ALL SELECT book_id, 'head', version, 0 FROM daybook_sync.book_head
         UNION ALL SELECT book_id, 'lane', sequence, 0 FROM daybook_sync.lane ORDER BY 1, 2, 3, 4",
    )
}

#[test]
fn a_devices_role_can_call_the_sync_functions_and_nothing_else() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let before = everything(&office);
    let role = role_of(&van);
    let device = Session::as_device(&office, &van, &role);
    for probe in REFUSED {
        let sql = probe.replacen("{}", &van.book.to_string(), 1);
        assert!(device.try_run(&sql).is_err(), "it was let: {sql}");
    }
    for probe in HARMLESS {
        device.run(probe);
    }
    assert!(REFUSED.len() + HARMLESS.len() >= 60);
    // Of the machinery's functions it can execute just those that it is meant to.
    let may = office.sql(&format!(
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'daybook_sync'::regnamespace
           AND has_function_privilege('{role}', oid, 'EXECUTE') ORDER BY 1"
    ));
    let may: Vec<&str> = may.iter().filter_map(|row| row[0].as_deref()).collect();
    let meant =
        ["head", "hello", "join_book", "lane_hash", "pull", "push", "push_short", "snapshot_page", "table_digest"];
    assert_eq!(may, meant);
    assert_eq!(everything(&office), before);
    van.customer("Bo");
    van.assert_agrees();
}

#[test]
fn no_other_database_lets_a_device_in_and_its_session_is_bounded() {
    let office = Office::open();
    let van = office.founder();
    let role = role_of(&van);
    let password = std::fs::read_to_string(van.world.folder.path().join("secrets").join(&role)).unwrap();
    let other = Office::open();
    let said = office.cluster.psql_as(&role, password.trim(), &other.database, "SELECT 1").unwrap_err();
    assert!(said.contains("permission denied for database"), "{said}");
    let settings = office.value(&format!(
        "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting WHERE setrole = '{role}'::regrole"
    ));
    for bound in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "temp_file_limit"] {
        assert!(settings.contains(bound), "{bound} is set: {settings}");
    }
    assert_eq!(office.value(&format!("SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'")), "4");
}

#[test]
fn whether_another_book_exists_is_told_to_nobody() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let south = Van::join(World::with_book(), &office.link("Van 9", &ForBook::New("South".into())));
    south.sync();
    let device = Session::as_device(&office, &van, &role_of(&van));
    let zeros = "00".repeat(32);
    for call in [
        "daybook_sync.push('{}', gen_random_uuid(), 1, '\\x{0}', ARRAY['x'::bytea], 0)",
        "daybook_sync.push_short('{}', gen_random_uuid(), 1, '\\x{0}', 'x', '\\x{0}', 0)",
        "daybook_sync.pull('{}', 0, '\\x{0}', 1000, '{}', '{}')",
        "daybook_sync.head('{}', 0, '\\x{0}')",
        "daybook_sync.lane_hash('{}', gen_random_uuid(), '{1}')",
        "daybook_sync.snapshot_page('{}', 'customer', NULL, 10)",
        "daybook_sync.table_digest('{}', 1)",
    ] {
        let ask = |book: &str| {
            let call = call.replacen("{}", book, 1).replace("{0}", &zeros);
            device.try_said(&format!("SELECT * FROM {call}")).expect_err("another book is none of its business")
        };
        let (there, nowhere) = (ask(&south.book.to_string()), ask("00000000-0000-4000-8000-000000000000"));
        assert_eq!(there, nowhere, "{call}");
        assert!(there.contains("DB001"), "{call}: {there}");
    }
}

/// A device that sends what it likes: the own entry of a command, changed before it is sent.
struct Forger<'o> {
    office: &'o Office<'static>,
    van: Van,
    other: Van,
    session: Session,
    lane: String,
}

impl<'o> Forger<'o> {
    fn begin(office: &'o Office<'static>) -> Forger<'o> {
        let van = office.founder();
        van.world.account("Till", "cash", 10_000);
        van.world.account("Bank", "bank", 500);
        van.sync();
        let other = office.colleague(&van);
        other.world.account("Purse", "cash", 5_000);
        other.sync();
        van.sync();
        let session = Session::as_device(office, &van, &role_of(&van));
        let lane = van
            .world
            .connection()
            .query_row(
                "SELECT lower(hex(incarnation_id)) FROM daybook_entry ORDER BY position DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .unwrap();
        Forger { office, van, other, session, lane }
    }

    fn account(&self, name: &str) -> String {
        self.office.value(&format!("SELECT id FROM daybook.payment_account WHERE name = '{name}'"))
    }

    /// An entry with these changes, as the device would write it next.
    fn entry(&self, command: &str, changes: &Value) -> Value {
        let person = self.office.value("SELECT id FROM daybook.person LIMIT 1");
        let sequence: i64 = self
            .office
            .value(&format!("SELECT sequence FROM daybook_sync.lane WHERE incarnation_id = '{}'", self.lane))
            .parse()
            .unwrap();
        let lane = format!(
            "{}-{}-{}-{}-{}",
            &self.lane[..8],
            &self.lane[8..12],
            &self.lane[12..16],
            &self.lane[16..20],
            &self.lane[20..]
        );
        json!({
            "at": 1_700_000_000_000i64, "book": self.van.book, "changes": changes, "command": command, "incarnation": lane,
            "person": person, "request": uuid::Uuid::new_v4(), "schema": 202_611_240_200i64, "sequence": sequence + 1, "v": 1,
        })
    }

    /// Sends bytes as the next entry, and a good one after it; what became of the first.
    fn send(&self, body: &[u8]) -> Result<String, String> {
        let hash = self.office.value(&format!(
            "SELECT encode(hash, 'hex') FROM daybook_sync.lane WHERE incarnation_id = '{}'",
            self.lane
        ));
        let sequence: i64 = self
            .office
            .value(&format!("SELECT sequence FROM daybook_sync.lane WHERE incarnation_id = '{}'", self.lane))
            .parse()
            .unwrap();
        let mut good = self.entry("customer_add", &json!([{
            "key": uuid::Uuid::new_v4(), "op": "insert", "table": "customer", "new": { "name": "Behind it", "created_at": 1 },
        }]));
        good["sequence"] = json!(sequence + 2);
        let customers = self.office.value("SELECT count(*) FROM daybook.customer");
        let said = self.session.try_said(&format!(
            "SELECT outcome FROM daybook_sync.push('{}', '{}', {}, '\\x{hash}', ARRAY['\\x{}'::bytea, '\\x{}'::bytea], 0)",
            self.van.book,
            self.lane,
            sequence + 1,
            daybook::daybook::hex(body),
            daybook::daybook::hex(good.to_string().as_bytes()),
        ))?;
        assert_eq!(said[1][0], "applied", "nothing behind it waits");
        let now = self.office.value("SELECT count(*) FROM daybook.customer");
        assert_eq!(now.parse::<i64>().unwrap(), customers.parse::<i64>().unwrap() + 1);
        Ok(said[0][0].clone())
    }
}

fn posting(debit: &str, credit: &str, amount: i64, document: &str) -> Value {
    json!({ "key": uuid::Uuid::new_v4(), "op": "insert", "table": "ledger_posting", "new": {
        "amount_minor": amount, "business_date": "2026-11-23", "created_at": 1, "credit_account_id": credit,
        "debit_account_id": debit, "document_id": document, "document_kind": "transfer" } })
}

#[test]
fn what_a_forger_sends_is_kept_apart_and_nothing_behind_it_waits() {
    let office = Office::open();
    let forger = Forger::begin(&office);
    let own = office.value("SELECT id FROM daybook.device WHERE code = 'D1'");
    let (till, bank, purse) = (forger.account("Till"), forger.account("Bank"), forger.account("Purse"));
    let person = office.value("SELECT id FROM daybook.person LIMIT 1");
    let money = || office.sql("SELECT account_id, balance_minor FROM daybook.ledger_balance ORDER BY 1");
    let before = money();
    let id = || uuid::Uuid::new_v4().to_string();
    let transfer = |key: &str, device: &str, from: &str, to: &str, amount: i64, fee: i64| {
        json!({ "key": key, "op": "insert", "table": "payment_transfer", "new": {
            "amount_minor": amount, "business_date": "2026-11-23", "created_at": 1, "device_id": device, "fee_minor": fee,
            "from_account_id": from, "number": "D1-T-000099", "person_id": person, "serial": 99, "to_account_id": to } })
    };
    let moved = |from: &str, to: &str, posted: i64, said: i64, fee: i64, device: &str| {
        let key = id();
        json!([posting(to, from, posted, &key), transfer(&key, device, from, to, said, fee)])
    };
    let customer = |new: Value| json!([{ "key": id(), "op": "insert", "table": "customer", "new": new }]);
    let forged: Vec<(&str, Value)> = vec![
        ("money of an account that another keeps", forger.entry("transfer_funds", &moved(&purse, &bank, 5, 5, 0, &own))),
        ("a transfer that says more than it posts", forger.entry("transfer_funds", &moved(&till, &bank, 5, 6, 0, &own))),
        ("a fee that is not posted", forger.entry("transfer_funds", &moved(&till, &bank, 5, 5, 1, &own))),
        ("another device's document", forger.entry("transfer_funds", &moved(&till, &bank, 5, 5, 0, &office.value("SELECT id FROM daybook.device WHERE code = 'D2'")))),
        ("a posting of no document", forger.entry("transfer_funds", &json!([posting(&bank, &till, 5, &id())]))),
        ("a posting of nobody's kind", { let mut entry = forger.entry("transfer_funds", &moved(&till, &bank, 5, 5, 0, &own)); entry["changes"][0]["new"]["document_kind"] = json!("adjustment"); entry }),
        ("tables that are not the command's", forger.entry("customer_add", &moved(&till, &bank, 5, 5, 0, &own))),
        ("a command that is none", forger.entry("rule_the_world", &customer(json!({ "name": "x", "created_at": 1 })))),
        ("a table that is none", forger.entry("customer_add", &json!([{ "key": id(), "op": "insert", "table": "pg_authid", "new": {} }]))),
        ("a column that is none", forger.entry("customer_add", &customer(json!({ "name": "x", "created_at": 1, "book_id": id() })))),
        ("a number for a name", forger.entry("customer_add", &customer(json!({ "name": 5, "created_at": 1 })))),
        ("no name at all", forger.entry("customer_add", &customer(json!({ "created_at": 1 })))),
        ("a record of nowhere", forger.entry("product_add", &json!([{ "key": id(), "op": "insert", "table": "product", "new": { "name": "x", "price_minor": 1, "tax_id": id(), "created_at": 1 } }]))),
        ("custody taken", forger.entry("account_hand_over", &json!([{ "key": purse, "op": "update", "table": "payment_account", "new": { "custodian_device_id": own }, "old": {} }]))),
        ("a column that is not the command's", forger.entry("account_close", &json!([{ "key": till, "op": "update", "table": "payment_account", "new": { "minimum_minor": null }, "old": {} }]))),
        ("a posting changed", forger.entry("transfer_funds", &json!([{ "key": office.value("SELECT id FROM daybook.ledger_posting LIMIT 1"), "op": "update", "table": "ledger_posting", "new": { "amount_minor": 1 }, "old": {} }]))),
        ("an account in another's custody", forger.entry("account_open", &json!([{ "key": id(), "op": "insert", "table": "payment_account", "new": { "name": "x", "kind": "cash", "minimum_minor": 0, "custodian_device_id": office.value("SELECT id FROM daybook.device WHERE code = 'D2'"), "created_at": 1 } }]))),
        ("another book", { let mut entry = forger.entry("customer_add", &customer(json!({ "name": "x", "created_at": 1 }))); entry["book"] = json!(id()); entry }),
        ("another incarnation", { let mut entry = forger.entry("customer_add", &customer(json!({ "name": "x", "created_at": 1 }))); entry["incarnation"] = json!(id()); entry }),
        ("a schema of the future", { let mut entry = forger.entry("customer_add", &customer(json!({ "name": "x", "created_at": 1 }))); entry["schema"] = json!(999_999_999_999i64); entry }),
        ("an instant past all calendars", { let mut entry = forger.entry("customer_add", &customer(json!({ "name": "x", "created_at": 1 }))); entry["at"] = json!(i64::MAX); entry }),
    ];
    for (what, entry) in forged {
        // The number goes on with each entry that was sent.
        let mut entry = entry;
        let next: i64 = office
            .value(&format!("SELECT sequence + 1 FROM daybook_sync.lane WHERE incarnation_id = '{}'", forger.lane))
            .parse()
            .unwrap();
        entry["sequence"] = json!(next);
        assert_eq!(forger.send(entry.to_string().as_bytes()).as_deref(), Ok("quarantined"), "{what}");
        assert_eq!(money(), before, "{what}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for bytes in
        [b"not JSON".as_slice(), b"{}", b"null", b"\xff\xfe", b"{\"v\":1,\"at\":\"\\u0000\"}", b"", deep.as_bytes()]
    {
        assert_eq!(
            forger.send(bytes).as_deref(),
            Ok("quarantined"),
            "{:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(30)])
        );
    }
    assert_eq!(money(), before);
    // A number that was used, with other bytes; a gap; another's incarnation; calls that no Daybook makes.
    let zeros = "00".repeat(32);
    let lane = &forger.lane;
    let others_lane: String = forger
        .other
        .world
        .connection()
        .query_row("SELECT lower(hex(incarnation_id)) FROM daybook_entry LIMIT 1", [], |row| row.get(0))
        .unwrap();
    for (call, code) in [
        (format!("'{lane}', 1, '\\x{zeros}', ARRAY['x'::bytea]"), "DB002"),
        (format!("'{lane}', 100000, '\\x{zeros}', ARRAY['x'::bytea]"), "DB003"),
        (format!("'{others_lane}', 1, '\\x{zeros}', ARRAY['x'::bytea]"), "DB001"),
        (format!("'{lane}', 0, '\\x{zeros}', ARRAY['x'::bytea]"), "DB004"),
        (format!("'{lane}', 1, '\\x00', ARRAY['x'::bytea]"), "DB004"),
        (format!("'{lane}', 1, '\\x{zeros}', ARRAY[]::bytea[]"), "DB004"),
        (format!("'{lane}', 1, '\\x{zeros}', ARRAY[NULL]::bytea[]"), "DB004"),
        (format!("'{lane}', 1, '\\x{zeros}', ARRAY[ARRAY['x'::bytea], ARRAY['y'::bytea]]"), "DB004"),
        (format!("'{lane}', 1, '\\x{zeros}', array_fill('x'::bytea, ARRAY[501])"), "DB004"),
        (format!("'{lane}', 1, '\\x{zeros}', ARRAY[convert_to(repeat('x', 34000000), 'UTF8')]"), "DB004"),
    ] {
        let said =
            forger.session.try_said(&format!("SELECT * FROM daybook_sync.push('{}', {call}, 0)", forger.van.book));
        let said = said.expect_err(&call);
        assert!(said.contains(code), "{call}: {said}");
    }
}

#[test]
fn the_password_is_in_no_answer_no_log_and_no_error() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let role = role_of(&van);
    let file = van.world.folder.path().join("secrets").join(&role);
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    office.admin().revoke("Van 1").unwrap();
    let fault = van.world.refused("sync_now", json!({}));
    let answers = [van.status(), van.ask("status", json!({})), van.ask("history_list", json!({}))];
    let told = format!("{} {fault:?} {answers:?} {:?}", fault.chain(), office.admin().devices().unwrap());
    assert!(!told.contains(&password));
    let database = std::fs::read(van.world.folder.path().join("daybook.sqlite")).unwrap();
    let log = std::fs::read(van.world.folder.path().join("daybook.sqlite-wal")).unwrap_or_default();
    for bytes in [database, log] {
        assert!(
            !bytes.windows(password.len()).any(|window| window == password.as_bytes()),
            "it lies in its own file alone"
        );
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!office.cluster.log().contains(&password), "the server never saw it");
}

/// A server that asks for the password in this way, and keeps all that it is told after that.
fn asking(code: i32) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut startup = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap() - 4];
        stream.read_exact(&mut startup).unwrap();
        let salt: &[u8] = if code == 5 { &[1, 2, 3, 4] } else { &[] };
        let mut request = vec![b'R'];
        request.extend(i32::try_from(8 + salt.len()).unwrap().to_be_bytes());
        request.extend(code.to_be_bytes());
        request.extend(salt);
        stream.write_all(&request).unwrap();
        let mut heard = Vec::new();
        // Whoever goes away in a hurry has said nothing more either.
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    (port, heard)
}

#[test]
fn a_password_is_not_sent_to_a_server_that_asks_for_it_in_clear_or_as_md5() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North".into()));
    for code in [3, 5] {
        let (port, heard) = asking(code);
        let link = daybook::sync::Link { port, authority: None, ..link.clone() };
        let fault = World::with_book().refused("sync_join", json!({ "link": link.write() }));
        assert_eq!(fault.code.name(), "tls", "{}", fault.chain());
        assert!(heard.join().unwrap().is_empty(), "nothing is said after the request");
    }
}

#[test]
fn a_server_without_tls_or_with_another_way_of_asking_gets_no_password() {
    for (tls, auth) in [(false, "scram-sha-256"), (true, "password")] {
        let cluster = crate::central::Cluster::with(&crate::central::Options { tls, auth, extra_conf: "" });
        let link = daybook::sync::Link {
            v: 1,
            host: "127.0.0.1".into(),
            port: cluster.port(),
            database: "postgres".into(),
            role: "postgres".into(),
            password: cluster.password().into(),
            authority: Some(cluster.ca_pem().to_owned()),
            book: None,
        };
        let fault = World::with_book().refused("sync_join", json!({ "link": link.write() }));
        assert_eq!(fault.code.name(), "tls", "tls {tls}, {auth}: {}", fault.chain());
        // Its password is right: had it been sent, the server would have let it in.
        assert!(!cluster.log().contains("connection authorized: user=postgres database=postgres"), "{auth}");
    }
}
