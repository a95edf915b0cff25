//! Days on which everything goes wrong that can: cuts, kills, full disks, wrong clocks, long absence, tampering. Each test
//! ends where both sides agree, with everything there once.

mod clocks;
mod cuts;
mod disks;
mod distance;
mod kills;
mod passing;
mod trust;
mod versions;
mod watch;

use super::session::Session;
use super::{Office, Van};
use crate::central::Proxy;
use crate::world::World;
use daybook::commands::Envelope;
use daybook::kernel::Code;
use daybook::sync::ForBook;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A head office, a device that reaches it through a network of its own, and money to move.
struct Day<'c> {
    office: Office<'c>,
    proxy: Proxy,
    van: Van,
    till: Value,
    bank: Value,
}

impl Day<'static> {
    fn begin() -> Day<'static> {
        Day::at(Office::open(), World::with_book())
    }
}

impl<'c> Day<'c> {
    fn at(office: Office<'c>, world: World) -> Day<'c> {
        let proxy = Proxy::to(office.cluster.port());
        let mut link = office.link("Van 1", &ForBook::New("North route".into()));
        link.port = proxy.port();
        let van = Van::join(world, &link);
        let till = van.world.account("Till", "cash", 1_000_000_000);
        let bank = van.world.account("Bank", "bank", 0);
        van.sync();
        Day { office, proxy, van, till, bank }
    }

    /// Some of each kind of work: `count` customers and as many transfers, and one edit.
    fn work(&self, count: usize) {
        for n in 0..count {
            self.van.customer(&format!("Customer {n}"));
            self.van.world.transfer(&self.till, &self.bank, 7);
        }
        let customer = self.van.customer("Edited");
        self.van.edit(&customer, json!({ "phone": "1" }));
    }

    /// Both sides agree, and head office has each entry once.
    fn assert_settled(&self) {
        assert_settled(&self.office, &self.van);
    }
}

fn assert_settled(office: &Office, van: &Van) {
    van.assert_agrees();
    let status = van.status();
    assert_eq!((&status["waiting"], &status["quarantined"], &status["trouble"]), (&json!(0), &json!(0), &Value::Null));
    let entries = van.world.entries().to_string();
    let own: String = van
        .world
        .connection()
        .query_row("SELECT group_concat(quote(id)) FROM daybook_incarnation", [], |row| row.get(0))
        .unwrap();
    let own = own.replace("X'", "'");
    let lanes =
        format!("book_id = '{}' AND replace(incarnation_id::text, '-', '') IN ({})", van.book, own.to_lowercase());
    assert_eq!(
        office.sql(&format!(
            "SELECT count(*) - (SELECT count(*) FROM daybook_sync.quarantined_entry WHERE state <> 'waiting' AND {lanes}),
                    count(DISTINCT (incarnation_id, sequence)), (SELECT sum(sequence) FROM daybook_sync.lane WHERE {lanes})
             FROM daybook_sync.book_version WHERE {lanes}"
        )),
        [[Some(entries.clone()), Some(entries.clone()), Some(entries)]],
        "each entry once"
    );
}

/// A round that may fail, but only because head office could not be reached.
fn try_sync(van: &Van) -> bool {
    match van.world.send(&Envelope { book: Some(van.book), ..Envelope::of("sync_now", json!({})) }) {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault.code, Code::Unreachable, "{}", fault.chain());
            false
        }
    }
}

/// Asks in short turns until it is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < crate::process::PATIENCE, "{what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
