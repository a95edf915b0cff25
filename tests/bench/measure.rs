//! Clocks, medians, and the table that is printed and written.

use daybook::commands::{Envelope, Runner};
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

/// How far a yardstick may spread before a missed target says more of the machine than of Daybook: half of the distance between
/// its quartiles, as a share of its median.
const SPREAD_MAX: f64 = 0.15;

/// The figures.
#[derive(Default)]
pub struct Table {
    rows: Vec<Value>,
    /// The fastest that the processor was seen to be, for figures without a yardstick of their own.
    fastest_spin: Option<f64>,
}

impl Table {
    /// Adds a figure that has no yardstick, and prints its line. How busy the machine is, a spin of the processor tells.
    pub fn add(&mut self, name: &str, value: f64, unit: &str, target: f64, direction: Direction) {
        let spins: Vec<f64> = (0..15).map(|_| spin()).collect();
        let fastest = spins.iter().copied().fold(self.fastest_spin.unwrap_or(f64::MAX), f64::min);
        self.fastest_spin = Some(fastest);
        let slowed = median(spins) / fastest - 1.0;
        self.put(name, value, unit, (target, direction), slowed);
    }

    /// Adds a ratio: of each round's figure to the yardstick's of the same round, the one in the middle.
    pub fn add_ratio(&mut self, name: &str, ours: &[f64], yardstick: &[f64], target: f64, direction: Direction) {
        let ratios = ours.iter().zip(yardstick).map(|(ours, yardstick)| ours / yardstick).collect();
        self.put(name, median(ratios), "x", (target, direction), spread(yardstick));
    }

    fn put(&mut self, name: &str, value: f64, unit: &str, (target, direction): (f64, Direction), spread: f64) {
        let (word, sign, holds) = match direction {
            Direction::Max => ("max", "<=", value <= target),
            Direction::Min => ("min", ">=", value >= target),
        };
        let verdict = match (holds, spread <= SPREAD_MAX) {
            (true, _) => "holds",
            (false, true) => "MISSED",
            (false, false) => "worthless: the machine was busy",
        };
        let percent = spread * 100.0;
        println!("{name:<58} {value:>12.2} {unit:<12} {sign} {target:<10.2} ±{percent:<3.0}% {verdict}");
        self.rows.push(json!({
            "name": name, "value": (value * 1000.0).round() / 1000.0, "unit": unit, "target": target,
            "direction": word, "holds": holds, "verdict": verdict, "yardstick_spread_percent": percent.round(),
        }));
    }

    /// Writes the table; missed targets are told, not failed on, for a busy machine misses some.
    pub fn finish(self) -> ExitCode {
        let path =
            std::env::var_os("DAYBOOK_BENCH_JSON").map_or_else(|| PathBuf::from("target/bench.json"), PathBuf::from);
        let text = format!("{:#}\n", Value::Array(self.rows));
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

/// Half of the distance between the quartiles, as a share of the median.
fn spread(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: usize| sorted[(sorted.len() - 1) * share / 4];
    (at(3) - at(1)) / 2.0 / median(sorted.clone())
}

/// How long a fixed piece of work takes that needs nothing but the processor: some milliseconds.
fn spin() -> f64 {
    let started = std::time::Instant::now();
    let mut number = 1u64;
    for step in 0..4_000_000u64 {
        number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step));
    }
    started.elapsed().as_secs_f64()
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

/// Asks a runner, as a face would.
pub fn ask(runner: &Runner, command: &str, input: Value) -> Value {
    let answer =
        runner.call(Envelope::of(command, input)).unwrap_or_else(|fault| panic!("{command}: {}", fault.chain()));
    answer.value().expect("an answer is JSON")
}

/// How many accounts transfers go round.
pub const ACCOUNTS: usize = 8;

/// A runner with a book and accounts that hold plenty.
pub fn desk_with_accounts(folder: &Path) -> (Runner, Vec<Value>) {
    let runner = Runner::open(folder).expect("a new store");
    ask(&runner, "book_setup", json!({"name": "Bench", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC"}));
    let accounts = (0..ACCOUNTS)
        .map(|number| {
            let open =
                json!({"name": format!("Float {number}"), "kind": "cash", "opening_minor": 1_000_000_000_000i64});
            ask(&runner, "account_open", open)["id"].clone()
        })
        .collect();
    (runner, accounts)
}

/// The input of the n-th transfer.
pub fn nth_transfer(accounts: &[Value], n: usize) -> Value {
    json!({
        "from_account_id": accounts[n % ACCOUNTS], "to_account_id": accounts[(n + 1) % ACCOUNTS],
        "amount_minor": 125, "memo": "takings",
    })
}
