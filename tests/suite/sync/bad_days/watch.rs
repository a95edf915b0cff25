//! `daybook sync --watch` and `daybook pipe --sync`: they notice by themselves that the network is back.

use super::{Day, Session, wait_until};
use crate::central::Direction;
use crate::process::{Pipe, daybook};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

fn trouble(store: &Path) -> Option<String> {
    let connection = rusqlite::Connection::open(store.join("daybook.sqlite")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.query_row("SELECT trouble_code FROM sync_book", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_watching_process_notices_the_network_and_ends_cleanly() {
    let Day { office, proxy, van, .. } = Day::begin();
    let session = Session::open(&office);
    van.customer("Ana");
    let folder = van.world.folder;
    drop(van.world.runner);
    let mut watching = Pipe::spawn(daybook().arg("--store").arg(folder.path()).args(["sync", "--watch"]));
    session.wait_until("(SELECT count(*) FROM daybook.customer) = 1");
    wait_until("no trouble", || trouble(folder.path()).is_none());
    watching.signal(libc::SIGTERM);
    assert_eq!(watching.wait().code(), Some(0));

    // With a network that is gone when it starts.
    proxy.refuse();
    proxy.cut();
    let mut watching = Pipe::spawn(daybook().arg("--store").arg(folder.path()).args(["sync", "--watch"]));
    session.run(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Of head office')", van.book));
    wait_until("trouble is noticed", || trouble(folder.path()).as_deref() == Some("unreachable"));
    proxy.accept();
    let back = Instant::now();
    wait_until("the network is noticed", || trouble(folder.path()).is_none());
    assert!(back.elapsed() < Duration::from_secs(25), "{:?}", back.elapsed());
    let connection = rusqlite::Connection::open(folder.path().join("daybook.sqlite")).unwrap();
    let count: i64 = connection.query_row("SELECT count(*) FROM customer", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2, "it took in what is new");
    watching.signal(libc::SIGTERM);
    assert_eq!(watching.wait().code(), Some(0));

    // It ends in the middle of a call that gets no answer, too.
    proxy.hold_answers();
    let before = proxy.bytes(Direction::ToServer);
    let mut watching = Pipe::spawn(daybook().arg("--store").arg(folder.path()).args(["sync", "--watch"]));
    // What is held may be the server's farewell to the process before.
    wait_until("it has called", || proxy.bytes(Direction::ToServer) > before);
    proxy.wait_until_held(1);
    watching.signal(libc::SIGTERM);
    assert_eq!(watching.wait().code(), Some(0));
}

#[test]
fn what_is_written_through_a_pipe_arrives_by_itself() {
    let Day { office, proxy, van, .. } = Day::begin();
    let session = Session::open(&office);
    let folder = van.world.folder;
    drop(van.world.runner);
    let pipe = Pipe::spawn(daybook().arg("--store").arg(folder.path()).args(["pipe", "--sync"]));
    let add = |name: &str| assert!(pipe.ask("customer_add", json!({ "name": name }))["error"].is_null());
    let status = || pipe.ask("sync_status", json!({}))["answer"].clone();
    wait_until("a first round", || status()["synced_at"].is_i64());
    let begun = Instant::now();
    add("Ana");
    session.wait_until("(SELECT count(*) FROM daybook.customer) = 1");
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    wait_until("its outcome is heard", || status()["waiting"] == 0);

    proxy.refuse();
    proxy.cut();
    add("Bo");
    wait_until("trouble is noticed", || status()["trouble"]["code"] == "unreachable");
    // Work goes on meanwhile.
    add("Cleo");
    assert_eq!(status()["waiting"], 2);
    proxy.accept();
    let back = Instant::now();
    session.wait_until("(SELECT count(*) FROM daybook.customer) = 3");
    assert!(back.elapsed() < Duration::from_secs(25), "{:?}", back.elapsed());
    wait_until("nothing waits", || status()["waiting"] == 0 && status()["trouble"].is_null());
    let mut pipe = pipe;
    pipe.signal(libc::SIGTERM);
    assert_eq!(pipe.wait().code(), Some(0));
}

#[test]
fn a_watching_process_tells_changes_and_keeps_a_second_one_out() {
    let Day { proxy, van, .. } = Day::begin();
    van.customer("Ana");
    let folder = van.world.folder;
    drop(van.world.runner);
    let mut watching = Pipe::spawn(daybook().arg("--store").arg(folder.path()).args(["sync", "--watch"]));
    let until = |what: &str, holds: &dyn Fn(&Value) -> bool| {
        // The process is killed, and the line ends, where it says nothing of the kind.
        let status = std::iter::repeat_with(|| watching.line()["status"].clone()).find(holds);
        status.unwrap_or_else(|| panic!("{what}"))
    };
    let status = until("all is well", &|it| it["trouble"].is_null() && it["waiting"] == 0 && it["agrees"] == true);
    assert!(status["version"].as_i64() > Some(0), "{status}");
    proxy.refuse();
    proxy.cut();
    let status = until("trouble", &|it| it["trouble"]["code"] == "unreachable");
    assert!(status["trouble"]["since_at"].is_i64(), "{status}");
    for arguments in [&["sync"][..], &["sync", "--watch"]] {
        let beside = crate::process::run(folder.path(), arguments);
        assert_eq!(beside.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&beside.stderr).contains("\"in_use\""), "{beside:?}");
    }
    proxy.accept();
    until("the network is back", &|it| it["trouble"].is_null());
    watching.signal(libc::SIGTERM);
    assert_eq!(watching.wait().code(), Some(0));

    // A single round says for each book why not.
    proxy.refuse();
    let once = crate::process::run(folder.path(), &["sync"]);
    assert_eq!(once.status.code(), Some(3));
    let line: Value = serde_json::from_slice(&once.stdout).unwrap();
    assert!(line["book_id"].is_string() && line["error"]["code"] == "unreachable", "{line}");
}
