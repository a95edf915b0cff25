//! A million customers, brought in by a process of its own, so that its memory is its own.

use crate::measure::{Direction, Table, ask, disk_folder, median, remark};
use daybook::commands::Runner;
use daybook::domain::customer;
use daybook::domain::search::folded;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;
use uuid::Uuid;

/// The word that makes the benchmark the importing process.
pub const CHILD: &str = "import-child";
const ROWS: usize = 1_000_000;

/// Figure 4.
pub fn million(table: &mut Table) {
    let rows = std::env::var("DAYBOOK_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(ROWS);
    let folder = disk_folder();
    let csv = folder.path().join("customers.csv");
    write_customers(&csv, rows);
    let output = Command::new(std::env::current_exe().expect("this program"))
        .arg(CHILD)
        .arg(folder.path().join("store"))
        .arg(&csv)
        .output()
        .expect("the importing process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("the importing process's line");
    assert_eq!(said["added"], rows, "every row is a customer");
    let seconds = said["seconds"].as_f64().expect("a time");
    table.add("import: rows a second", rows as f64 / seconds, "rows/s", 15_000.0, Direction::Min);
    let parts = said["by_hand"].as_array().expect("the yardstick's parts");
    let by_hand: Vec<f64> = parts.iter().map(|rate| rate.as_f64().expect("a rate")).collect();
    let ours = vec![rows as f64 / seconds; by_hand.len()];
    // So many times as long as by hand.
    table.add_ratio("import: time / by hand", &by_hand, &ours, 3.0, Direction::Max);
    remark(&format!("{:.0} rows/s by hand", median(by_hand)));
    table.add(
        "import: resident memory at most",
        said["peak_mib"].as_f64().expect("a size"),
        "MiB",
        200.0,
        Direction::Max,
    );
    remark(&format!("{rows} rows in {seconds:.1} s, a store of {} MiB; the aim is 20,000 rows/s", said["store_mib"]));
}

fn write_customers(path: &Path, rows: usize) {
    let mut out = BufWriter::new(std::fs::File::create(path).expect("a file"));
    writeln!(out, "name,code,contact,phone,address,city,postalCode,country").expect("a header");
    for n in 0..rows {
        let (first, last) = (FIRST[n % FIRST.len()], LAST[(n / FIRST.len()) % LAST.len()]);
        writeln!(
            out,
            "{first} {last} {n},C{n:07},{first} {last},+34 {:09},\"Calle Mayor {}, 2º\",Ciudad {},{:05},España",
            n * 7919 % 1_000_000_000,
            n % 300,
            n % 997,
            n % 100_000
        )
        .expect("a row");
    }
    out.flush().expect("the file");
}

/// First names, accents and all.
pub const FIRST: &[&str] =
    &["Ana", "José", "Éva", "Søren", "Zoë", "Miguel", "Aïcha", "Łukasz", "Chloé", "Bjørn", "Irina"];
/// Last names.
pub const LAST: &[&str] =
    &["García", "Müller", "Berglund", "Trujillo", "Ndiaye", "Kowalska", "Ó Briain", "Çelik", "Novák"];

/// The importing process: prints what it did as one line of JSON.
pub fn child(words: &[String]) -> ExitCode {
    let [store, csv] = words else { return ExitCode::FAILURE };
    let runner = Runner::open(Path::new(store)).expect("a new store");
    ask(&runner, "book_setup", json!({"name": "Bench", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC"}));
    let started = Instant::now();
    let columns = json!({
        "name": "name", "code": "code", "contact": "contact", "phone": "phone", "address": "address", "city": "city",
        "postal_code": "postalCode", "country": "country",
    });
    let batch = ask(
        &runner,
        "import_start",
        json!({"path": csv, "kind": "customers", "columns": columns, "reference": "code"}),
    );
    let added = loop {
        let step = ask(&runner, "import_step", json!({"batch_id": batch["batch"]["id"], "rows": 1000}));
        if step["finished"] == true {
            break step["batch"]["added"].clone();
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").expect("this process's status");
    let peak_kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .expect("the peak");
    let by_hand = by_hand(&Path::new(store).with_extension("by-hand"), Path::new(csv));
    let size = ask(&runner, "status", json!({}))["store"]["size_bytes"].as_u64().expect("a size");
    println!(
        "{}",
        json!({"added": added, "seconds": seconds, "peak_mib": peak_kib / 1024, "store_mib": size >> 20, "by_hand": by_hand})
    );
    ExitCode::SUCCESS
}

/// The same rows as somebody would write them by hand: the same tables, indexes and pragmas, a transaction every thousand rows.
/// Answers the rows a second of each fifth of the table.
fn by_hand(store: &Path, csv: &Path) -> Vec<f64> {
    let runner = Runner::open(store).expect("a new store");
    ask(&runner, "book_setup", json!({"name": "Bench", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC"}));
    drop(runner);
    let mut connection = Connection::open(store.join("daybook.sqlite")).expect("the store");
    connection.set_prepared_statement_cache_capacity(64);
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;",
        )
        .expect("pragmas");
    let (book, person): ([u8; 16], [u8; 16]) = connection
        .query_row("SELECT book_id, person_id FROM device_book", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("the book");
    let batch = *Uuid::now_v7().as_bytes();
    connection
        .execute(
            "INSERT INTO import_batch (book_id, id, kind, state, file_name, mapping, rows_total, rows_done, rows_added,
                                       rows_known, rows_changed, rows_refused, rows_empty, lines_total,
                                       lines_done, byte_offset, person_id, created_at)
             VALUES (?1, ?2, 'customers', 'running', 'by hand', '{}', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?3, 0)",
            params![book, batch, person],
        )
        .expect("a batch");
    let mut reader = csv::Reader::from_path(csv).expect("the table");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    rows.chunks(rows.len().div_ceil(5))
        .enumerate()
        .map(|(part, rows)| {
            let started = Instant::now();
            for (step, rows) in rows.chunks(1000).enumerate() {
                let transaction = connection.transaction().expect("a transaction");
                for (n, row) in rows.iter().enumerate() {
                    insert_by_hand(&transaction, (book, batch), part * 1_000_000 + step * 1000 + n, row);
                }
                transaction.commit().expect("a commit");
            }
            rows.len() as f64 / started.elapsed().as_secs_f64()
        })
        .collect()
}

fn insert_by_hand(on: &Connection, (book, batch): ([u8; 16], [u8; 16]), ordinal: usize, row: &csv::StringRecord) {
    let (customer, line) = (*Uuid::now_v7().as_bytes(), *Uuid::now_v7().as_bytes());
    let cell = |place: usize| row.get(place).expect("a cell");
    let columns = ["name", "code", "contact", "phone", "address", "city"];
    let folded = folded(&customer::NOUN, &|column| {
        columns.iter().position(|name| *name == column).map(|place| cell(place).to_owned())
    });
    let print = &Sha256::digest(cell(1))[..16];
    on.prepare_cached(
        "INSERT INTO customer (book_id, id, code, name, contact, phone, address, city, postal_code, country, created_at,
                               name_fold, search_text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12)",
    )
    .and_then(|mut it| {
        it.execute(params![
            book, customer, cell(1), cell(0), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), folded[0].1, folded[1].1
        ])
    })
    .expect("a customer");
    on.prepare_cached(
        "INSERT INTO import_row (book_id, id, import_batch_id, ordinal, outcome, fingerprint, record_id)
         VALUES (?1, ?2, ?3, ?4, 'added', ?5, ?6)",
    )
    .and_then(|mut it| it.execute(params![book, line, batch, ordinal as i64, print, customer]))
    .expect("a row");
}
