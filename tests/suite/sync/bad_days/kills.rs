//! PostgreSQL is killed, and the device is.

use super::{Day, assert_settled, try_sync, wait_until};
use crate::central::{Cluster, Direction, Proxy};
use crate::process::{Dice, daybook, is_long};
use crate::sync::{Office, Van};
use crate::world::World;
use daybook::commands::Runner;
use daybook::sync::{ForBook, Link};
use serde_json::json;
use std::process::Stdio;

#[test]
fn a_server_killed_in_mid_push_gets_every_entry_once() {
    let mut dice = Dice::of_this_run("killed server");
    let mut cluster = Cluster::start();
    let Day { office, proxy, van, till, bank } = Day::at(Office::on(&cluster), World::with_book());
    let database = office.database;
    for _ in 0..if is_long() { 12_000 } else { 1_200 } {
        van.world.transfer(&till, &bank, 1);
    }
    for kill in 0..if is_long() { 20 } else { 3 } {
        let before = proxy.bytes(Direction::ToServer);
        std::thread::scope(|scope| {
            let round = scope.spawn(|| try_sync(&van));
            // A connection is made of two thousand bytes; entries follow.
            let bytes = 2_000 + dice.below(400_000);
            println!("kill {kill} after {bytes} bytes");
            wait_until("so much is sent", || proxy.bytes(Direction::ToServer) > before + bytes || round.is_finished());
            cluster.kill();
            round.join().unwrap();
        });
        assert!(!try_sync(&van), "nobody is there");
        assert_eq!(van.status()["trouble"]["code"], "unreachable");
        cluster.restart();
    }
    let office = Office { cluster: &cluster, database };
    assert_settled(&office, &van);
}

/// Lets `daybook sync` begin a round in a process of its own, and kills it when it has carried so many bytes, or lets it
/// end before that.
fn killed_in_mid_round(proxy: &Proxy, van: Van, direction: Direction, bytes: u64) -> (Van, bool) {
    let Van { world: World { folder, runner }, book } = van;
    drop(runner);
    let before = proxy.bytes(direction);
    let mut process = daybook()
        .arg("--store")
        .arg(folder.path())
        .arg("sync")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("daybook starts");
    let mut ended = None;
    wait_until("so much is carried", || {
        ended = process.try_wait().expect("the child is ours");
        ended.is_some() || proxy.bytes(direction) > before + bytes
    });
    let _ = process.kill();
    process.wait().expect("the child is ours");
    if let Some(status) = ended {
        assert!(status.success(), "{status}");
    }
    let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    (Van { world: World { folder, runner }, book }, ended.is_none())
}

#[test]
fn a_device_that_is_killed_in_mid_push_goes_on_where_it_was() {
    let mut dice = Dice::of_this_run("killed pusher");
    let Day { office, proxy, mut van, till, bank } = Day::begin();
    for _ in 0..if is_long() { 6_000 } else { 1_000 } {
        van.world.transfer(&till, &bank, 1);
    }
    let waiting = van.status()["waiting"].as_i64().unwrap();
    let sent = |van: &Van| -> i64 {
        let sql = "SELECT ifnull(sum(sent_sequence), 0) FROM sync_lane";
        van.world.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let before = sent(&van);
    let mut answered = before;
    for _ in 0..if is_long() { 20 } else { 3 } {
        let bytes = 2_000 + dice.below(600_000);
        println!("killed after {bytes} bytes");
        let killed;
        (van, killed) = killed_in_mid_round(&proxy, van, Direction::ToServer, bytes);
        let now = sent(&van);
        assert!(now >= answered && (killed || now == before + waiting), "{now} of {waiting} are sent, {answered} were");
        answered = now;
    }
    assert_eq!(van.sync()["pushed"], before + waiting - answered, "what was answered is not sent again");
    assert_settled(&office, &van);
}

#[test]
fn a_device_that_is_killed_in_mid_pull_goes_on_where_it_was() {
    let mut dice = Dice::of_this_run("killed puller");
    let Day { office, proxy, mut van, .. } = Day::begin();
    office.sql("UPDATE daybook_sync.sync_limit SET value = 40 WHERE name = 'page_entries_max'");
    office.sql(&format!(
        "DO $$ BEGIN FOR i IN 1 .. 600 LOOP
             INSERT INTO daybook.customer (book_id, name, note) VALUES ('{}', 'Customer ' || i, repeat('x', 900)); COMMIT;
         END LOOP; END $$",
        van.book
    ));
    let mut version = van.status()["version"].as_i64().unwrap();
    for _ in 0..if is_long() { 30 } else { 4 } {
        van.customer("Made meanwhile");
        let bytes = 4_000 + dice.below(300_000);
        (van, _) = killed_in_mid_round(&proxy, van, Direction::ToClient, bytes);
        let now = van.status()["version"].as_i64().unwrap();
        println!("killed after {bytes} bytes, at version {now}");
        assert!(now >= version, "{now} after {version}");
        version = now;
        van.world.assert_holds();
    }
    let newest: i64 = office.value("SELECT version FROM daybook_sync.book_head").parse().unwrap();
    let before = van.status();
    let round = van.sync();
    let sent = round["pushed"].as_i64().unwrap();
    assert!(round["pulled"].as_i64().unwrap() <= newest - version + sent, "{round} after {before}");
    assert_settled(&office, &van);
}

#[test]
fn a_device_that_is_killed_in_mid_snapshot_goes_on_where_it_was() {
    let mut dice = Dice::of_this_run("killed newcomer");
    let office = Office::open();
    let founder = office.founder();
    founder.ask("demo_fill", json!({}));
    founder.sync();
    for _ in 0..if is_long() { 10 } else { 2 } {
        office.sql(&format!(
            "INSERT INTO daybook.customer (book_id, name, note)
             SELECT '{}', 'Customer ' || n, repeat('x', 100) FROM generate_series(1, 4000) n",
            founder.book
        ));
    }
    let proxy = Proxy::to(office.cluster.port());
    let link = office.link("Van 2", &ForBook::Existing(founder.book));
    let mut van = Van::join(World::empty(), &Link { port: proxy.port(), ..link });
    let come = |van: &Van| -> (String, i64) {
        let sql = "SELECT stage, (SELECT count(*) FROM customer) FROM sync_book";
        van.world.connection().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let mut rows = 0;
    for _ in 0..if is_long() { 20 } else { 4 } {
        let bytes = 4_000 + dice.below(1_500_000);
        (van, _) = killed_in_mid_round(&proxy, van, Direction::ToClient, bytes);
        let (stage, now) = come(&van);
        println!("killed after {bytes} bytes, {stage} with {now} rows");
        assert!(now >= rows, "{now} after {rows}");
        rows = now;
    }
    van.assert_agrees();
    van.world.assert_holds();
}
