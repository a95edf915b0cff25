//! What Daybook costs, each figure beside its yardstick, measured in the same run.
//!
//! Machines are noisy, so figures are ratios wherever a yardstick exists, and each side is measured in several rounds that
//! alternate; the median counts. Each line says how far its yardstick spread; where that is too far, a missed target is worthless
//! and said to be. `synchronous=OFF` is had by putting both sides on a memory file system: there an fsync
//! costs a system call, and nothing else of the code path differs from the durable one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark that fails panics, and measures what it opens itself"
)]

mod import;
mod large;
mod measure;
mod peers;
mod sync;
mod transfer;

#[path = "../suite/central/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the same server that the tests start")]
mod central;

/// What the server's fixture takes from the tests.
mod process {
    pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
}

use measure::Table;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if words.first().is_some_and(|word| word == import::CHILD) {
        return import::child(&words[1..]);
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut table = Table::default();
    if wanted("transfer") {
        transfer::whole_path(&mut table);
        transfer::durable(&mut table);
        transfer::written(&mut table);
    }
    if wanted("group") {
        transfer::group_commit(&mut table);
    }
    if wanted("peer") {
        peers::compare(&mut table);
    }
    if wanted("import") {
        import::million(&mut table);
    }
    if wanted("large") {
        large::million_postings(&mut table);
        large::customer_search(&mut table);
    }
    if wanted("sync push pull") {
        sync::push_and_pull(&mut table);
    }
    if wanted("sync snapshot") {
        sync::snapshot(&mut table);
    }
    if wanted("sync growth") {
        sync::growth(&mut table);
    }
    if wanted("sync wire") {
        sync::wire(&mut table);
    }
    if wanted("sync devices") {
        sync::fifty_devices(&mut table);
    }
    table.finish()
}
