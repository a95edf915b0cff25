//! A store that has grown: a million postings, a hundred thousand customers.
//!
//! Postings and transfers are written by SQL, with their triggers, for a million commands would take minutes; what is
//! measured then goes through the command table.

use crate::import::{FIRST, LAST};
use crate::measure::{ACCOUNTS, Direction, Table, ask, desk_with_accounts, disk_folder, median, p99, remark};
use daybook::commands::Runner;
use daybook::domain::customer;
use daybook::domain::search::folded;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

const POSTINGS: usize = 1_000_000;
const CUSTOMERS: usize = 100_000;

fn milliseconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let value = work();
    (started.elapsed().as_secs_f64() * 1e3, value)
}

/// Figure 5: opening, account list, statements.
pub fn million_postings(table: &mut Table) {
    let folder = disk_folder();
    let (runner, accounts) = desk_with_accounts(folder.path());
    drop(runner);
    fill_postings(folder.path(), &accounts);
    let opening = (0..7).map(|_| milliseconds(|| Runner::open(folder.path()).expect("the store")).0).collect();
    table.add("large: opening a store with 1,000,000 postings", median(opening), "ms", 50.0, Direction::Max);

    let runner = Runner::open(folder.path()).expect("the store");
    let lists = (0..500).map(|_| milliseconds(|| ask(&runner, "account_list", json!({}))).0).collect();
    table.add("large: account list, p99", p99(lists), "ms", 2.0, Direction::Max);

    // Pages from the newest line to a depth of tens of thousands, then pages cut in anywhere by date.
    let mut pages = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..1_000 {
        let (time, page) = milliseconds(|| {
            ask(&runner, "account_statement", json!({"account_id": accounts[0], "limit": 50, "cursor": cursor}))
        });
        pages.push(time);
        cursor = page["next_cursor"].clone();
    }
    for n in 0..1_000 {
        let date = format!("20{:02}-{:02}-{:02}", 16 + n % 10, 1 + n % 12, 1 + n % 28);
        let input = json!({"account_id": accounts[n % ACCOUNTS], "limit": 50, "to_date": date});
        pages.push(milliseconds(|| ask(&runner, "account_statement", input)).0);
    }
    remark(&format!("a statement page takes {:.2} ms in the middle", median(pages.clone())));
    table.add("large: any statement page, p99", p99(pages), "ms", 2.0, Direction::Max);
}

fn fill_postings(folder: &Path, accounts: &[Value]) {
    let mut connection = Connection::open(folder.join("daybook.sqlite")).expect("the store");
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;").expect("pragmas");
    let (book, device, person): ([u8; 16], [u8; 16], [u8; 16]) = connection
        .query_row("SELECT book_id, device_id, person_id FROM device_book", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .expect("the book");
    let accounts: Vec<[u8; 16]> =
        accounts.iter().map(|id| *Uuid::parse_str(id.as_str().expect("an id")).expect("an id").as_bytes()).collect();
    let transaction = connection.transaction().expect("a transaction");
    for n in 0..POSTINGS {
        let (from, to) = (accounts[n % ACCOUNTS], accounts[(n + 1 + n / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS]);
        let (transfer, posting) = (*Uuid::now_v7().as_bytes(), *Uuid::now_v7().as_bytes());
        let day = n * 3650 / POSTINGS;
        let date = format!("20{:02}-{:02}-{:02}", 16 + day / 365, 1 + day % 365 / 31, 1 + day % 28);
        let at = 1_451_606_400_000 + n as i64 * 315_000;
        let number = format!("D1-T-{n:06}");
        transaction
            .prepare_cached(
                "INSERT INTO payment_transfer (book_id, id, device_id, series, serial, number, business_date, from_account_id,
                     to_account_id, amount_minor, fee_minor, memo, person_id, created_at, search_text)
                 VALUES (?1, ?2, ?3, 'T', ?4, ?5, ?6, ?7, ?8, 125, 0, 'takings', ?9, ?10, lower(?5))",
            )
            .and_then(|mut it| {
                it.execute(params![book, transfer, device, n as i64 + 1, number, date, from, to, person, at])
            })
            .expect("a transfer");
        transaction
            .prepare_cached(
                "INSERT INTO ledger_posting (book_id, id, debit_account_id, credit_account_id, amount_minor,
                     business_date, document_kind, document_id, memo, created_at)
                 VALUES (?1, ?2, ?3, ?4, 125, ?5, 'transfer', ?6, 'takings', ?7)",
            )
            .and_then(|mut it| it.execute(params![book, posting, to, from, date, transfer, at]))
            .expect("a posting");
    }
    transaction.commit().expect("a commit");
}

/// Figure 5: customer search.
pub fn customer_search(table: &mut Table) {
    let folder = disk_folder();
    let (runner, _) = desk_with_accounts(folder.path());
    drop(runner);
    let mut connection = Connection::open(folder.path().join("daybook.sqlite")).expect("the store");
    connection.execute_batch("PRAGMA synchronous = OFF;").expect("pragmas");
    let book: [u8; 16] =
        connection.query_row("SELECT book_id FROM device_book", [], |row| row.get(0)).expect("the book");
    let transaction = connection.transaction().expect("a transaction");
    for n in 0..CUSTOMERS {
        let name = format!("{} {} {n}", FIRST[n % FIRST.len()], LAST[(n / FIRST.len()) % LAST.len()]);
        let code = format!("C{n:07}");
        let city = format!("Ciudad {}", n % 997);
        let folded = folded(&customer::NOUN, &|column| match column {
            "name" => Some(name.clone()),
            "code" => Some(code.clone()),
            "city" => Some(city.clone()),
            _ => None,
        });
        transaction
            .prepare_cached(
                "INSERT INTO customer (book_id, id, code, name, city, created_at, name_fold, search_text)
                 VALUES (?1, ?2, ?3, 'T', ?4, ?5, 0, ?6, ?7)",
            )
            .and_then(|mut it| {
                it.execute(params![book, Uuid::now_v7().as_bytes(), code, name, city, folded[0].1, folded[1].1])
            })
            .expect("a customer");
    }
    transaction.commit().expect("a commit");
    drop(connection);
    let runner = Runner::open(folder.path()).expect("the store");
    // Words that many, few and none have; beginnings, middles, two words, accents, those of names at the end of the list.
    let words = [
        "a",
        "ana",
        "garcia",
        "GARCÍA 99",
        "c00999",
        "ciudad 77",
        "trujillo 5",
        "ünbekannt",
        "zzz",
        "99999",
        "o br",
        "zoë",
        "zo",
        "q",
        "zoe 7",
        "soren novak",
        "0",
    ];
    let times = (0..1_700)
        .map(|n| milliseconds(|| ask(&runner, "customer_list", json!({"search": words[n % words.len()]}))).0)
        .collect::<Vec<f64>>();
    remark(&format!("a search takes {:.2} ms in the middle", median(times.clone())));
    table.add("large: customer search among 100,000, p99", p99(times), "ms", 5.0, Direction::Max);
}
