//! Clocks, medians, and the table that is printed and written.

use daybook::commands::{Desk, Envelope};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Which side of its target a figure must lie on.
#[derive(Clone, Copy)]
pub enum Direction {
    /// At most the target.
    Max,
    /// At least the target.
    Min,
}

/// The figures.
#[derive(Default)]
pub struct Table(Vec<Value>);

impl Table {
    /// Adds a figure and prints its line.
    pub fn add(&mut self, name: &str, value: f64, unit: &str, target: f64, direction: Direction) {
        let (word, sign, holds) = match direction {
            Direction::Max => ("max", "<=", value <= target),
            Direction::Min => ("min", ">=", value >= target),
        };
        let verdict = if holds { "holds" } else { "MISSED" };
        println!("{name:<58} {value:>12.2} {unit:<12} {sign} {target:<10.2} {verdict}");
        self.0.push(json!({
            "name": name, "value": (value * 1000.0).round() / 1000.0, "unit": unit, "target": target,
            "direction": word, "holds": holds,
        }));
    }

    /// Writes the table; missed targets are told, not failed on, for a busy machine misses some.
    pub fn finish(self) -> ExitCode {
        let path =
            std::env::var_os("DAYBOOK_BENCH_JSON").map_or_else(|| PathBuf::from("target/bench.json"), PathBuf::from);
        let text = format!("{:#}\n", Value::Array(self.0));
        match std::fs::write(&path, text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{} can't be written: {error}", path.display());
                ExitCode::FAILURE
            }
        }
    }
}

/// A remark on the figures, such as the raw numbers behind a ratio.
pub fn remark(text: &str) {
    println!("    {text}");
}

/// The processor time that this process has used, in all its threads.
pub fn processor_time() -> Duration {
    // SAFETY: getrusage fills the struct that it is given, whose fields are plain numbers.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let part = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    part(usage.ru_utime) + part(usage.ru_stime)
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value that 99 of 100 do not exceed.
pub fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() * 99 / 100]
}

/// A folder on the memory file system.
pub fn memory_folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("daybook-bench-").tempdir_in("/dev/shm").expect("a memory file system at /dev/shm")
}

/// A folder on the disk that the build lies on.
pub fn disk_folder() -> tempfile::TempDir {
    let target = std::env::var_os("DAYBOOK_BENCH_JSON")
        .and_then(|json| Path::new(&json).parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("target"));
    std::fs::create_dir_all(&target).expect("the target folder");
    tempfile::Builder::new().prefix("daybook-bench-").tempdir_in(target).expect("room on the disk")
}

/// Asks a desk, as a face would.
pub fn ask(desk: &Desk, command: &str, input: Value) -> Value {
    let answer =
        desk.call(&Envelope::of(command, input)).unwrap_or_else(|fault| panic!("{command}: {}", fault.chain()));
    answer.value().expect("an answer is JSON")
}

/// How many accounts transfers go round.
pub const ACCOUNTS: usize = 8;

/// A desk with a book and accounts that hold plenty.
pub fn desk_with_accounts(folder: &Path) -> (Desk, Vec<Value>) {
    let desk = Desk::open(folder).expect("a new store");
    ask(&desk, "book_setup", json!({"name": "Bench", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC"}));
    let accounts = (0..ACCOUNTS)
        .map(|number| {
            let open =
                json!({"name": format!("Float {number}"), "kind": "cash", "opening_minor": 1_000_000_000_000i64});
            ask(&desk, "account_open", open)["id"].clone()
        })
        .collect();
    (desk, accounts)
}

/// The input of the n-th transfer.
pub fn nth_transfer(accounts: &[Value], n: usize) -> Value {
    json!({
        "from_account_id": accounts[n % ACCOUNTS], "to_account_id": accounts[(n + 1) % ACCOUNTS],
        "amount_minor": 125, "memo": "takings",
    })
}
