//! A link is good once: whoever has seen it has nothing of it once its device has joined. And what an administrator may say of where
//! devices find the server, and what a book is called.

use super::session::Session;
use super::{Office, Van};
use crate::world::World;
use daybook::kernel::Code;
use daybook::sync::{ForBook, parse_reachable};
use serde_json::json;

/// Found by a trial: a session from before the join read the whole book, and then became the device.
#[test]
fn a_session_from_before_the_join_is_ended_by_it() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North route".into()));
    let early = Session::open_as(&office, &link.role, &link.password);
    assert_eq!(early.value("SELECT joined FROM daybook_sync.hello(202611240210)"), "f");
    let van = Van::join(World::with_book(), &link);
    assert!(early.try_run("SELECT 1").is_err(), "it was ended");
    van.sync();
    // The same for a book that is there, and for somebody who does not wait for an answer.
    let link = office.link("Van 2", &ForBook::Existing(van.book));
    let early = Session::open_as(&office, &link.role, &link.password);
    early.run("BEGIN; SET idle_in_transaction_session_timeout = 0; SELECT 1");
    let other = Van::join(World::empty(), &link);
    assert!(early.try_run("SELECT 1").is_err(), "it was ended");
    other.sync();
    assert_eq!(office.admin().devices().unwrap()[0]["findings"], json!([]));
}

/// Head office looks itself: a device that was made to leave the others alone joins nothing.
#[test]
fn while_another_session_is_left_nobody_joins() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North route".into()));
    let early = Session::open_as(&office, &link.role, &link.password);
    let late = Session::open_as(&office, &link.role, &link.password);
    let join = "SELECT adopted FROM daybook_sync.join_book('019de000-0000-7000-8000-000000000001', '019de000-0000-7000-8000-000000000002', 'D1')";
    assert_eq!(late.try_run(join).unwrap_err(), "DB001");
    drop(early);
    late.wait_until(&format!("(SELECT count(*) FROM pg_stat_activity WHERE usename = '{}') = 1", link.role));
    assert_eq!(late.value(join), "t");
}

#[test]
fn a_password_that_changes_after_the_join_is_told() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let findings = || {
        let admin = office.admin();
        (admin.devices().unwrap()[0]["findings"].clone(), admin.status().unwrap()[0]["findings"].clone())
    };
    assert_eq!(findings(), (json!([]), json!([])));
    let (role, password) = van.secret();
    let session = Session::open_as(&office, &role, &password);
    session.run("ALTER ROLE CURRENT_USER PASSWORD 'stolen'");
    let (devices, status) = findings();
    let told = devices[0].as_str().expect("it is told");
    assert!(told.contains("password was changed after it had joined") && told.contains("revoke it"), "{told}");
    assert!(status[0].as_str().is_some_and(|it| it.contains("Van 1: ") || it.contains("This device: ")), "{status}");
    let Van { world, book } = van;
    assert_eq!(Van { world: world.reopened(), book }.sync_fails(), Code::Refused);
}

#[test]
fn a_link_that_is_used_again_by_its_own_device_changes_no_password() {
    let office = Office::open();
    let link = office.link("Van 1", &ForBook::New("North route".into()));
    let van = Van::join(World::with_book(), &link);
    van.sync();
    let kept = van.secret();
    van.ask("sync_join", json!({ "link": link.write() }));
    assert_eq!(van.secret(), kept);
    van.sync();
    assert_eq!(office.admin().devices().unwrap()[0]["findings"], json!([]));
}

#[test]
fn nothing_is_made_for_a_book_or_a_server_that_nobody_can_be_meant_by() {
    let office = Office::open();
    let admin = office.admin();
    let roles = || office.value("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'daybook_device_%'");
    let enrolled = || office.value("SELECT count(*) FROM daybook_sync.enrolment");
    for (name, code) in
        [("", "empty"), (" ", "empty"), ("a\nb", "bad_text"), ("a\u{202e}b", "bad_text"), (&"x".repeat(81), "too_long")]
    {
        let fault = admin.enrol("Van 1", &ForBook::New(name.into()), None).unwrap_err();
        assert_eq!((fault.code.name(), fault.field.as_deref()), (code, Some("book")), "{name:?}");
    }
    for (host, port) in [("", 5432), ("x y", 1), ("http://x", 1), ("o'brien", 1), ("[::1]", 1), ("x", 0)] {
        let fault = admin.enrol("Van 1", &ForBook::New("South".into()), Some((host.into(), port))).unwrap_err();
        assert_eq!((fault.code, fault.field.as_deref()), (Code::Malformed, Some("reachable")), "{host}:{port}");
    }
    assert_eq!(enrolled(), "0");
    let before = roles();
    // Composed and trimmed as a command would.
    let link = admin
        .enrol("Van 1", &ForBook::New(" Rou\u{301}te ".into()), Some(parse_reachable("[::1]:5432").unwrap()))
        .unwrap();
    assert_eq!((link.host.as_str(), link.port), ("::1", 5432));
    assert_eq!(office.value("SELECT book_name FROM daybook_sync.enrolment"), "Roúte");
    assert_ne!(roles(), before);
}
