//! The transfer of funds: the whole path against the same business rows by hand.

use crate::measure::{
    Direction, Table, ask, desk_with_accounts, disk_folder, median, memory_folder, nth_transfer, processor_time, remark,
};
use daybook::commands::{Envelope, Runner};
use daybook::daybook::INDEX_EVERY_ENTRIES;
use rusqlite::{Connection, named_params};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const ROUNDS: usize = 7;

/// A transfer as somebody would write it by hand: the same tables, indexes, triggers and pragmas, one transaction.
struct ByHand {
    connection: Connection,
    book: [u8; 16],
    device: [u8; 16],
    person: [u8; 16],
    accounts: Vec<[u8; 16]>,
}

impl ByHand {
    fn open(folder: &Path) -> ByHand {
        let (runner, accounts) = desk_with_accounts(folder);
        drop(runner);
        let connection = Connection::open(folder.join("daybook.sqlite")).expect("the store");
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch(
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
                 PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;",
            )
            .expect("pragmas");
        let ids = connection
            .query_row("SELECT book_id, device_id, person_id FROM device_book", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .expect("the book");
        let id = |text: &Value| *Uuid::parse_str(text.as_str().expect("an id")).expect("an id").as_bytes();
        let accounts = accounts.iter().map(id).collect();
        ByHand { connection, book: ids.0, device: ids.1, person: ids.2, accounts }
    }

    fn transfer(&mut self, n: usize) {
        let from = self.accounts[n % self.accounts.len()];
        let to = self.accounts[(n + 1) % self.accounts.len()];
        let (transfer, posting) = (*Uuid::now_v7().as_bytes(), *Uuid::now_v7().as_bytes());
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis() as i64;
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("a transaction");
        let available: i64 = transaction
            .prepare_cached(
                "SELECT b.balance_minor - a.minimum_minor FROM payment_account a
                 JOIN ledger_balance b ON b.book_id = a.book_id AND b.account_id = a.id
                 WHERE a.book_id = :book AND a.id = :id AND a.closed_at IS NULL",
            )
            .and_then(|mut it| it.query_row(named_params! { ":book": self.book, ":id": from }, |row| row.get(0)))
            .expect("the account");
        assert!(available >= 125, "the accounts hold plenty");
        transaction
            .prepare_cached(
                "INSERT INTO ledger_posting (book_id, id, debit_account_id, credit_account_id, amount_minor,
                     business_date, document_kind, document_id, memo, created_at)
                 VALUES (:book, :id, :to, :from, 125, '2026-11-23', 'transfer', :transfer, 'takings', :now)",
            )
            .and_then(|mut it| {
                it.execute(named_params! {
                    ":book": self.book, ":id": posting, ":to": to, ":from": from, ":transfer": transfer, ":now": now,
                })
            })
            .expect("a posting");
        let serial: i64 = transaction
            .prepare_cached(
                "SELECT 1 + ifnull(max(serial), 0) FROM payment_transfer WHERE book_id = :book AND device_id = :device AND series = 'T'",
            )
            .and_then(|mut it| {
                it.query_row(named_params! { ":book": self.book, ":device": self.device }, |row| row.get(0))
            })
            .expect("a serial");
        let number = format!("D1-T-{serial:06}");
        transaction
            .prepare_cached(
                "INSERT INTO payment_transfer (book_id, id, device_id, series, serial, number, business_date, from_account_id,
                     to_account_id, amount_minor, fee_minor, memo, person_id, created_at, search_text)
                 VALUES (:book, :id, :device, 'T', :serial, :number, '2026-11-23', :from, :to, 125, 0, 'takings', :person,
                         :now, :search_text)",
            )
            .and_then(|mut it| {
                it.execute(named_params! {
                    ":book": self.book, ":id": transfer, ":device": self.device, ":serial": serial, ":number": number,
                    ":from": from, ":to": to, ":person": self.person, ":now": now,
                    ":search_text": format!("{}\ntakings", number.to_lowercase()),
                })
            })
            .expect("a transfer");
        transaction.commit().expect("a commit");
    }
}

fn call(runner: &Runner, accounts: &[Value], n: usize) {
    let envelope = Envelope::of("transfer_funds", nth_transfer(accounts, n));
    runner.call(envelope).unwrap_or_else(|fault| panic!("{}", fault.chain()));
}

/// The processor time that one takes, of so many.
fn processor_time_of(mut one: impl FnMut(usize), count: usize, from: usize) -> f64 {
    let before = processor_time();
    for n in from..from + count {
        one(n);
    }
    (processor_time() - before).as_secs_f64() / count as f64
}

/// Figure 1, first half: processor time of the whole path against that of the same rows by hand.
pub fn whole_path(table: &mut Table) {
    let (ours, theirs) = (memory_folder(), memory_folder());
    let (runner, accounts) = desk_with_accounts(ours.path());
    let mut by_hand = ByHand::open(theirs.path());
    const COUNT: usize = 4_000;
    let (mut whole, mut hand) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        hand.push(processor_time_of(|n| by_hand.transfer(n), COUNT, round * COUNT));
        whole.push(processor_time_of(|n| call(&runner, &accounts, n), COUNT, round * COUNT));
    }
    table.add_ratio("transfer: processor time / by hand", &whole, &hand, 2.2, Direction::Max);
    remark(&format!("{:.0} µs the whole path, {:.0} µs by hand", median(whole) * 1e6, median(hand) * 1e6));
}

/// Figure 1, second half: durable, one caller.
pub fn durable(table: &mut Table) {
    let (ours, theirs) = (disk_folder(), disk_folder());
    let (runner, accounts) = desk_with_accounts(ours.path());
    let mut by_hand = ByHand::open(theirs.path());
    const COUNT: usize = 400;
    let (mut whole, mut hand) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let time = |one: &mut dyn FnMut(usize)| {
            let started = Instant::now();
            (round * COUNT..(round + 1) * COUNT).for_each(one);
            started.elapsed().as_secs_f64() / COUNT as f64
        };
        hand.push(time(&mut |n| by_hand.transfer(n)));
        whole.push(time(&mut |n| call(&runner, &accounts, n)));
    }
    table.add_ratio("transfer: durable, one caller / by hand", &whole, &hand, 1.8, Direction::Max);
    remark(&format!("{:.0} µs the whole path, {:.0} µs by hand", median(whole) * 1e6, median(hand) * 1e6));
}

/// What a transfer writes: to the log, and what of it stays on the disk.
pub fn written(table: &mut Table) {
    /// So many stand there before: trees of some depth.
    const BEFORE: usize = 4_000;
    /// So many fit into the log before it is carried over.
    const LOGGED: usize = 192;
    let (ours, theirs) = (memory_folder(), memory_folder());
    let length = |folder: &Path, name: &str| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len()) as f64;
    let (log, database) = ("daybook.sqlite-wal", "daybook.sqlite");
    let (runner, accounts) = desk_with_accounts(ours.path());
    (0..BEFORE).for_each(|n| call(&runner, &accounts, n));
    let entries = |runner: &Runner| ask(runner, "status", json!({}))["entries"]["total"].as_i64().expect("a number");
    let before = entries(&runner);
    // Whoever closes a store carries its log over.
    drop(runner);
    let filled = length(ours.path(), database);
    let runner = Runner::open(ours.path()).expect("the store");
    let opened = length(ours.path(), log);
    (BEFORE..BEFORE + LOGGED).for_each(|n| call(&runner, &accounts, n));
    let whole = (length(ours.path(), log) - opened) / LOGGED as f64;
    (BEFORE + LOGGED..2 * BEFORE).for_each(|n| call(&runner, &accounts, n));
    let history = json!({"record_id": ask(&runner, "transfer_list", json!({"limit": 1}))["rows"][0]["id"]});
    let mut times = [0.0; 2];
    for (time, waiting) in times.iter_mut().zip([INDEX_EVERY_ENTRIES - 1, 0]) {
        while entries(&runner) % INDEX_EVERY_ENTRIES != waiting {
            call(&runner, &accounts, 0);
        }
        let ask_once = |_| {
            let started = Instant::now();
            ask(&runner, "history_list", history.clone());
            started.elapsed().as_secs_f64()
        };
        *time = median((0..100).map(ask_once).collect());
    }
    let made = entries(&runner) - before;
    drop(runner);
    let left = (length(ours.path(), database) - filled) / made as f64;

    let mut by_hand = ByHand::open(theirs.path());
    (0..BEFORE).for_each(|n| by_hand.transfer(n));
    by_hand.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    (BEFORE..BEFORE + LOGGED).for_each(|n| by_hand.transfer(n));
    let hand = length(theirs.path(), log) / LOGGED as f64;
    table.add_ratio("transfer: bytes in the log / by hand", &[whole], &[hand], 1.5, Direction::Max);
    remark(&format!("{whole:.0} bytes ({:.1} pages) the whole path, {hand:.0} by hand", whole / 4120.0));
    remark(&format!(
        "the history of a record: {:.0} µs with {} entries not indexed yet, {:.0} µs without",
        times[0] * 1e6,
        INDEX_EVERY_ENTRIES - 1,
        times[1] * 1e6
    ));
    table.add("transfer: bytes left on the disk", left, "bytes", 2_700.0, Direction::Max);
}

/// The time of one fsync of a file that has grown by a page, where the store lies.
fn fsync_time(folder: &Path) -> f64 {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("fsync")).expect("a file");
    let times = (0..60)
        .map(|_| {
            file.write_all(&[7; 4096]).expect("a page");
            let started = Instant::now();
            file.sync_data().expect("an fsync");
            started.elapsed().as_secs_f64()
        })
        .collect();
    median(times)
}

fn callers(runner: &Arc<Runner>, accounts: &Arc<Vec<Value>>, count: usize, lasting: Duration) -> f64 {
    let until = Instant::now() + lasting;
    let started = Instant::now();
    let threads: Vec<_> = (0..count)
        .map(|caller| {
            let (runner, accounts) = (Arc::clone(runner), Arc::clone(accounts));
            std::thread::spawn(move || {
                let mut done = 0usize;
                while Instant::now() < until {
                    call(&runner, &accounts, caller + done);
                    done += 1;
                }
                done
            })
        })
        .collect();
    let done: usize = threads.into_iter().map(|thread| thread.join().expect("a caller")).sum();
    done as f64 / started.elapsed().as_secs_f64()
}

/// Figure 2: 64 callers share their fsyncs.
pub fn group_commit(table: &mut Table) {
    const CALLERS: usize = 64;
    let folder = disk_folder();
    let (runner, accounts) = desk_with_accounts(folder.path());
    let (runner, accounts) = (Arc::new(runner), Arc::new(accounts));
    let lasting = Duration::from_millis(1500);
    let (mut reached, mut possible_at_all, mut by_one) = (Vec::new(), Vec::new(), Vec::new());
    let mut said = String::new();
    for _ in 0..5 {
        let f = (fsync_time(folder.path()) + fsync_time(folder.path())) / 2.0;
        let one = callers(&runner, &accounts, 1, lasting);
        let before = processor_time();
        let started = Instant::now();
        let many = callers(&runner, &accounts, CALLERS, lasting);
        let c = (processor_time() - before).as_secs_f64() / (many * started.elapsed().as_secs_f64());
        let possible = CALLERS as f64 / (CALLERS as f64 * c + f);
        reached.push(many);
        possible_at_all.push(possible);
        by_one.push(one);
        said = format!(
            "c = {:.0} µs, f = {:.0} µs: {possible:.0}/s possible, {many:.0}/s reached, {one:.0}/s by one caller",
            c * 1e6,
            f * 1e6
        );
    }
    table.add_ratio("group commit: 64 callers / 64/(64c+f)", &reached, &possible_at_all, 0.86, Direction::Min);
    table.add_ratio("group commit: 64 callers / one caller", &reached, &by_one, 1.0, Direction::Min);
    remark(&said);
}
