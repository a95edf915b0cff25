//! Sync with a real PostgreSQL: push, pull, snapshot, bytes on the wire, growth, many devices at once.

use crate::central::{Cluster, Direction as Way, Proxy};
use crate::measure::{Direction, Table, ask, desk_with_accounts, disk_folder, median, remark};
use daybook::commands::{Envelope, Runner};
use daybook::kernel::{BookId, Id};
use daybook::sync::{Admin, ForBook, Link};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TRANSFERS: usize = 100_000;
const SNAPSHOT_TRANSFERS: usize = 100_000;
const SNAPSHOT_CUSTOMERS: usize = 800_000;
const GROWTH_ENTRIES_MIN: usize = 1_000;
const GROWTH_ENTRIES_MAX: usize = 1_000_000;
const GROWTH_ROUNDS: usize = 200;

struct Office {
    cluster: Cluster,
    database: String,
}

impl Office {
    fn open() -> Office {
        let cluster = Cluster::with(&crate::central::Options {
            extra_conf: "shared_buffers = '512MB'\nmax_wal_size = '4GB'\ncheckpoint_timeout = '30min'\nmax_connections = 200",
            ..crate::central::Options::default()
        });
        let database = cluster.fresh_database("bench");
        let office = Office { cluster, database };
        office.admin().migrate(daybook::commands::NOUNS, &daybook::commands::rights()).expect("the schema");
        office
    }

    fn admin(&self) -> Admin {
        let url = format!("{}&sslrootcert={}", self.cluster.url(&self.database), self.cluster.ca().display());
        Admin::connect(&url).expect("an administrator")
    }

    fn sql(&self, text: &str) -> Vec<Vec<Option<String>>> {
        self.cluster.sql(&self.database, text)
    }

    fn link(&self, name: &str, book: &ForBook) -> Link {
        self.admin().enrol(name, book, None).expect("a link")
    }
}

fn join(runner: &Runner, link: &Link) -> BookId {
    let joined = ask(runner, "sync_join", json!({ "link": link.write() }));
    Id::parse(joined["book_id"].as_str().expect("an id")).expect("an id")
}

fn round(runner: &Runner, book: BookId) -> (Value, Duration) {
    let started = Instant::now();
    let envelope = Envelope { book: Some(book), ..Envelope::of("sync_now", json!({})) };
    let answer = runner.call(envelope).and_then(|answer| answer.value());
    (answer.unwrap_or_else(|fault| panic!("{}", fault.chain())), started.elapsed())
}

/// Makes so many transfers, from eight callers.
fn make_transfers(runner: &Arc<Runner>, accounts: &[Value], count: usize) {
    std::thread::scope(|scope| {
        for caller in 0..8 {
            scope.spawn(move || {
                for n in (caller..count).step_by(8) {
                    let order = json!({
                        "from_account_id": accounts[n % 2], "to_account_id": accounts[1 - n % 2],
                        "amount_minor": 1 + n % 500, "memo": format!("Takings {n}"),
                    });
                    ask(runner, "transfer_funds", order);
                }
            });
        }
    });
}

struct Device {
    _folder: TempDir,
    runner: Arc<Runner>,
    book: BookId,
    accounts: Vec<Value>,
}

fn founder(office: &Office, link: impl FnOnce(Link) -> Link) -> Device {
    let folder = disk_folder();
    let (runner, accounts) = desk_with_accounts(folder.path());
    let book = join(&runner, &link(office.link("Van 1", &ForBook::New("Bench".into()))));
    Device { _folder: folder, runner: Arc::new(runner), book, accounts }
}

fn member(office: &Office, book: BookId, name: &str) -> Device {
    let folder = disk_folder();
    let runner = Runner::open(folder.path()).expect("a store");
    join(&runner, &office.link(name, &ForBook::Existing(book)));
    Device { _folder: folder, runner: Arc::new(runner), book, accounts: Vec::new() }
}

/// Rows 1 and 2: push and pull.
///
/// Head office's one backend bounds a push: it is busy all the time, and the device waits. Of its time a third inserts the rows, as
/// COPY does, with foreign keys and indexes; a fifth reads the entries and compares their bytes; a tenth writes the log and its hashes;
/// the rest puts shorthand back, checks rights and rows, and keeps the index by record.
pub fn push_and_pull(table: &mut Table) {
    let office = Office::open();
    let van = founder(&office, |link| link);
    round(&van.runner, van.book);
    let other = member(&office, van.book, "Van 2");
    round(&other.runner, other.book);
    make_transfers(&van.runner, &van.accounts, TRANSFERS);
    office.sql("CHECKPOINT");
    let (pushed, took) = round(&van.runner, van.book);
    let pulled = pushed["pulled"].as_f64().unwrap_or_default();
    remark(&format!(
        "{} entries, {} bytes, and {pulled} markers back, in {took:.1?}",
        pushed["pushed"], pushed["pushed_bytes"]
    ));
    let rate = TRANSFERS as f64 / took.as_secs_f64();
    table.add("sync: push of 100,000 transfers", rate, "entries/s", 6_000.0, Direction::Min);

    let copied = copy_same_rows(&office, van.book);
    remark(&format!("COPY of the same rows, with their constraints and triggers, takes {copied:.1?}"));
    table.add(
        "sync: push / COPY of the same rows",
        copied.as_secs_f64() / took.as_secs_f64(),
        "x",
        0.6,
        Direction::Min,
    );

    let (answer, took) = round(&other.runner, other.book);
    let rate = answer["pulled"].as_f64().unwrap_or_default() / took.as_secs_f64();
    table.add("sync: pull of 100,000 entries", rate, "entries/s", 10_000.0, Direction::Min);
}

/// Row 4: what one entry costs in a book of a thousand entries, and in one of a million.
pub fn growth(table: &mut Table) {
    let office = Office::open();
    let at = |entries: usize| {
        let van = founder(&office, |link| link);
        round(&van.runner, van.book);
        let (_, took) = timed(|| make_transfers(&van.runner, &van.accounts, entries));
        let (_, pushed) = round(&van.runner, van.book);
        remark(&format!("{entries} transfers were made in {took:.0?} and pushed in {pushed:.0?}"));
        van
    };
    let (few, many) = (at(GROWTH_ENTRIES_MIN), at(GROWTH_ENTRIES_MAX));
    office.sql("VACUUM ANALYZE");
    office.sql("CHECKPOINT");
    // In turns, so that what the machine does besides meets both.
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..GROWTH_ROUNDS {
        for (van, times) in [&few, &many].into_iter().zip(&mut times) {
            make_transfers(&van.runner, &van.accounts, 1);
            times.push(round(&van.runner, van.book).1.as_secs_f64());
        }
    }
    let [few, many] = times.map(median);
    remark(&format!("an entry by itself takes {:.2} ms at few entries and {:.2} ms at many", few * 1e3, many * 1e3));
    table.add("sync: an entry at 1,000,000 / at 1,000 entries", many / few, "x", 1.5, Direction::Max);
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (act(), started.elapsed())
}

/// How many rows one transaction of the yardstick brings in: all of them in one would have each balance's versions in its way.
const COPY_ROWS: usize = 2_000;

/// The same postings and transfers brought in by COPY, into the same tables of a book of their own, by psql.
fn copy_same_rows(office: &Office, book: BookId) -> Duration {
    let fresh: Id<daybook::kernel::kind::Book> = Id::fresh();
    let columns = |name: &str| {
        let rows = office.sql(&format!(
            "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = 'daybook.{name}'::regclass AND attnum > 0 AND attname NOT IN ('book_id', 'id')"
        ));
        rows[0][0].clone().expect("columns")
    };
    let mut setup = String::from("SET ROLE daybook_machine;");
    setup.push_str(&format!(
        "INSERT INTO daybook.book (id, {0}) SELECT '{fresh}', {0} FROM daybook.book WHERE id = '{book}';",
        columns("book")
    ));
    for name in ["device", "person", "payment_account"] {
        setup.push_str(&format!(
            "INSERT INTO daybook.{name} (book_id, id, {0}) SELECT '{fresh}', id, {0} FROM daybook.{name} WHERE book_id = '{book}';",
            columns(name)
        ));
    }
    office.sql(&setup);
    // Constraints and the balance's trigger stay; what tells head office's writing from a device's has no part in it.
    let mut timed = String::new();
    for name in ["ledger_posting", "payment_transfer"] {
        for trigger in ["capture", "guard"] {
            office.sql(&format!("ALTER TABLE daybook.{name} DISABLE TRIGGER {name}_{trigger}_trigger"));
        }
        if name == "ledger_posting" {
            office.sql("ALTER TABLE daybook.ledger_posting DISABLE TRIGGER ledger_posting_rule_trigger");
        }
        let columns = columns(name);
        let rows: usize = office.sql(&format!("SELECT count(*) FROM daybook.{name} WHERE book_id = '{book}'"))[0][0]
            .as_deref()
            .and_then(|count| count.parse().ok())
            .expect("a count");
        for part in 0..rows.div_ceil(COPY_ROWS) {
            let file = office.cluster.folder().join(format!("{name}.{part}")).display().to_string();
            office.sql(&format!(
                "COPY (SELECT '{fresh}'::uuid, id, {columns} FROM daybook.{name} WHERE book_id = '{book}'
                       ORDER BY id OFFSET {} LIMIT {COPY_ROWS}) TO '{file}'",
                part * COPY_ROWS
            ));
            timed.push_str(&format!("COPY daybook.{name} (book_id, id, {columns}) FROM '{file}';"));
        }
    }
    let started = Instant::now();
    office.sql(&timed);
    let took = started.elapsed();
    for name in ["ledger_posting", "payment_transfer"] {
        for trigger in ["capture", "guard"] {
            office.sql(&format!("ALTER TABLE daybook.{name} ENABLE TRIGGER {name}_{trigger}_trigger"));
        }
    }
    took
}

/// The rest of row 2: a snapshot of a million rows, beside COPY out and a bulk insert.
pub fn snapshot(table: &mut Table) {
    let office = &Office::open();
    let van = founder(office, |link| link);
    make_transfers(&van.runner, &van.accounts, SNAPSHOT_TRANSFERS);
    round(&van.runner, van.book);
    office.sql(&format!(
        "SET ROLE daybook_machine;
         INSERT INTO daybook.customer (book_id, code, name, phone, city)
         SELECT '{}', 'C' || n, 'Customer ' || n, '+49 30 ' || n, 'City ' || n % 500 FROM generate_series(1, {SNAPSHOT_CUSTOMERS}) n",
        van.book
    ));
    office.sql("ANALYZE");
    let newcomer = member(office, van.book, "Van 3");
    let (answer, took) = round(&newcomer.runner, newcomer.book);
    remark(&format!("a snapshot of {} rows moved in {took:.1?}", answer["rows"]));
    let yardstick = copy_out_and_insert(office, van.book, &newcomer);
    remark(&format!("COPY out and a bulk insert take {yardstick:.1?}"));
    table.add(
        "sync: snapshot of 1,000,000 rows / COPY and insert",
        took.as_secs_f64() / yardstick.as_secs_f64(),
        "x",
        3.0,
        Direction::Max,
    );
}

/// COPY out of all rows of the book, and a bulk insert of the same rows into the same SQLite tables.
fn copy_out_and_insert(office: &Office, book: BookId, filled: &Device) -> Duration {
    let names = ["payment_account", "ledger_posting", "payment_transfer", "customer"];
    let started = Instant::now();
    for name in names {
        let file = office.cluster.folder().join(format!("{name}.out")).display().to_string();
        office.sql(&format!("COPY (SELECT * FROM daybook.{name} WHERE book_id = '{book}') TO '{file}'"));
    }
    let copied = started.elapsed();
    // The rows are taken from the store that was just filled: reading them is counted against the yardstick's favour, and is small.
    let folder = disk_folder();
    drop(Runner::open(folder.path()).expect("a store"));
    let connection = Connection::open(folder.path().join("daybook.sqlite")).expect("a store");
    let from = filled.runner.store().database();
    let started = Instant::now();
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; ATTACH '{}' AS filled; BEGIN;
             INSERT INTO book SELECT * FROM filled.book; INSERT INTO device SELECT * FROM filled.device;
             INSERT INTO person SELECT * FROM filled.person; INSERT INTO payment_account SELECT * FROM filled.payment_account;
             INSERT INTO ledger_posting SELECT * FROM filled.ledger_posting;
             INSERT INTO payment_transfer SELECT * FROM filled.payment_transfer;
             INSERT INTO customer SELECT * FROM filled.customer; COMMIT;",
            from.display()
        ))
        .expect("the rows");
    copied + started.elapsed()
}

/// Row 3: bytes on the wire.
pub fn wire(table: &mut Table) {
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let van = founder(&office, |link| Link { port: proxy.port(), ..link });
    round(&van.runner, van.book);
    let count = 2_000;
    make_transfers(&van.runner, &van.accounts, count);
    let before = (proxy.bytes(Way::ToServer), proxy.bytes(Way::ToClient));
    round(&van.runner, van.book);
    let up = (proxy.bytes(Way::ToServer) - before.0) as f64 / count as f64;
    let down = (proxy.bytes(Way::ToClient) - before.1) as f64 / count as f64;
    table.add("sync: wire bytes a transfer, pushed", up, "bytes", 900.0, Direction::Max);
    table.add("sync: wire bytes an own entry, back", down, "bytes", 100.0, Direction::Max);
    let before = (proxy.bytes(Way::ToServer), proxy.bytes(Way::ToClient));
    make_transfers(&van.runner, &van.accounts, 1);
    round(&van.runner, van.book);
    let one = proxy.bytes(Way::ToServer) - before.0 + proxy.bytes(Way::ToClient) - before.1;
    let day = 200.0 * (up + down);
    remark(&format!(
        "a day of 200 entries costs {:.0} kB sent at once, and {:.0} kB sent one by one",
        day / 1e3,
        200.0 * one as f64 / 1e3
    ));
}

/// Row 5: fifty devices at once, five books.
pub fn fifty_devices(table: &mut Table) {
    let office = Office::open();
    let founders: Vec<Device> = (0..5).map(|_| founder(&office, |link| link)).collect();
    for van in &founders {
        round(&van.runner, van.book);
    }
    let mut devices: Vec<Device> = Vec::new();
    for n in 0..45 {
        let device = member(&office, founders[n % 5].book, &format!("Van {n}"));
        round(&device.runner, device.book);
        let status = ask(&device.runner, "status", json!({}));
        let person: Id<daybook::kernel::kind::Person> =
            Id::parse(status["persons"][0]["id"].as_str().expect("a person")).expect("an id");
        let select = Envelope { person: Some(person), ..Envelope::of("person_select", json!({ "person_id": person })) };
        device.runner.call(select).expect("somebody acts");
        devices.push(device);
    }
    devices.extend(founders);
    for device in &mut devices {
        let open = |name: String| {
            ask(&device.runner, "account_open", json!({ "name": name, "kind": "cash", "opening_minor": 1_000_000 }))["id"]
                .clone()
        };
        let code = ask(&device.runner, "status", json!({}))["device"]["code"].as_str().unwrap_or_default().to_owned();
        device.accounts = vec![open(format!("Till {code}")), open(format!("Safe {code}"))];
        make_transfers(&device.runner, &device.accounts, 40);
    }
    let times: Vec<f64> = std::thread::scope(|scope| {
        let rounds: Vec<_> =
            devices.iter().map(|device| scope.spawn(|| round(&device.runner, device.book).1.as_secs_f64())).collect();
        rounds.into_iter().map(|round| round.join().expect("no errors")).collect()
    });
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let middle = median(times);
    remark(&format!(
        "50 devices push 42 entries each at once: {middle:.2} s in the middle, {slowest:.2} s the slowest"
    ));
    table.add("sync: slowest of 50 devices at once / median", slowest / middle, "x", 3.0, Direction::Max);
}
