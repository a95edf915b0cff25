//! A million customers, brought in by a process of its own, so that its memory is its own.

use crate::measure::{Direction, Table, ask, disk_folder, remark};
use daybook::commands::Desk;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

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
    table.add("import: rows a second", rows as f64 / seconds, "rows/s", 8_000.0, Direction::Min);
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
    let desk = Desk::open(Path::new(store)).expect("a new store");
    ask(&desk, "book_setup", json!({"name": "Bench", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC"}));
    let started = Instant::now();
    let columns = json!({
        "name": "name", "code": "code", "contact": "contact", "phone": "phone", "address": "address", "city": "city",
        "postal_code": "postalCode", "country": "country",
    });
    let batch =
        ask(&desk, "import_start", json!({"path": csv, "kind": "customers", "columns": columns, "reference": "code"}));
    let added = loop {
        let step = ask(&desk, "import_step", json!({"batch_id": batch["batch"]["id"], "rows": 1000}));
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
    let size = ask(&desk, "status", json!({}))["store"]["size_bytes"].as_u64().expect("a size");
    println!("{}", json!({"added": added, "seconds": seconds, "peak_mib": peak_kib / 1024, "store_mib": size >> 20}));
    ExitCode::SUCCESS
}
