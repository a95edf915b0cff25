//! Against the textbook transfer in async SQLAlchemy, both on a memory file system.

use crate::measure::{Direction, Table, ask, desk_with_accounts, median, memory_folder, nth_transfer, remark};
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};

const LASTING: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

/// Figure 3.
pub fn compare(table: &mut Table) {
    let Some(python) = std::env::var_os("DAYBOOK_BENCH_PYTHON") else {
        remark("the peer is left out: scripts/bench sets it up");
        return;
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = memory_folder();
        let output = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/peers/sqlalchemy_transfer.py"))
            .arg("--directory")
            .arg(folder.path())
            .args(["--seconds", &LASTING.as_secs().to_string(), "--callers", "1"])
            .output()
            .expect("the peer");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).expect("the peer's line");
        let their = said["per_second"].as_f64().expect("the peer's rate");

        let folder = memory_folder();
        let (runner, accounts) = desk_with_accounts(folder.path());
        let started = Instant::now();
        let mut done = 0usize;
        while started.elapsed() < LASTING {
            ask(&runner, "transfer_funds", nth_transfer(&accounts, done));
            done += 1;
        }
        let our = done as f64 / started.elapsed().as_secs_f64();
        ours.push(our);
        theirs.push(their);
    }
    table.add_ratio("peer: transfers, one caller / async SQLAlchemy 2", &ours, &theirs, 30.0, Direction::Min);
    remark(&format!("{:.0}/s against {:.0}/s; the aim is 40", median(ours), median(theirs)));
}
