//! What head office's administrator does about devices, and what they are told when it can't be done.

use super::{Office, Van};
use crate::central::{Cluster, Options};
use crate::world::World;
use daybook::kernel::Code;
use daybook::sync::{Admin, ForBook};
use serde_json::json;

fn name(code: Code) -> &'static str {
    code.name()
}

#[test]
fn a_lost_device_is_released_to_one_of_its_book_alone() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    van.sync();
    let other = office.colleague(&van);
    let south = World::empty();
    south.ask(
        "book_setup",
        json!({ "name": "South", "currency": "EUR", "person_name": "Bea", "time_zone": "Europe/Madrid" }),
    );
    let south = Van::join(south, &office.link("Van 9", &ForBook::New("South".into())));
    south.sync();
    let admin = office.admin();
    // Of another book, itself, nobody: the van goes on as if nothing had been asked.
    for to in ["Van 9", "Van 1", "Van 77"] {
        let fault = admin.release("Van 1", to, None).unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("to"), "{to}: {}", fault.chain());
    }
    assert_eq!(admin.release("Van 77", "Van 2", None).unwrap_err().field.as_deref(), Some("device"));
    van.customer("Still at work");
    van.sync();
    let released = admin.release("Van 1", "Van 2", None).unwrap();
    assert_eq!(released["known"]["entries_not_sent_when_last_seen"], 0, "{released}");
    assert!(released["accounts_released"].as_i64() > Some(0), "{released}");
    assert_eq!(name(van.sync_fails()), "refused");
    other.sync();
    let bank = other.world.account("Bank", "bank", 0);
    other.world.transfer(&till, &bank, 100);
    other.assert_agrees();
    // One that was shut out first keeps accounts until they are released.
    let third = office.colleague_called("Van 3", &other);
    admin.revoke("Van 2", None).unwrap();
    assert!(admin.release("Van 2", "Van 3", None).unwrap()["accounts_released"].as_i64() > Some(0));
    third.sync();
    third.world.transfer(&till, &bank, 100);
    third.assert_agrees();
}

#[test]
fn what_waited_for_a_newer_head_office_is_applied_with_it() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let waiting = "SELECT count(*) FROM daybook_sync.quarantined_entry WHERE state = 'waiting'";
    // A head office that does not know the command yet.
    van.customer("Of a newer Daybook");
    office.sql("UPDATE daybook_sync.command_right SET command = 'customer_add_' WHERE command = 'customer_add'");
    van.sync();
    assert_eq!(office.value(waiting), "1");
    office.sql("UPDATE daybook_sync.command_right SET command = 'customer_add' WHERE command = 'customer_add_'");
    office.migrate().unwrap();
    assert_eq!(office.value(waiting), "0");
    van.assert_agrees();
    assert!(van.conflicts().is_empty());
}

#[test]
fn of_devices_with_one_name_none_is_revoked_until_it_is_clear() {
    let office = Office::open();
    let (van, south) = (office.founder(), World::with_book());
    van.sync();
    let south = Van::join(south, &office.link("Van 1", &ForBook::New("South".into())));
    south.sync();
    let admin = office.admin();
    let names: Vec<String> =
        office.sql("SELECT name FROM daybook.device").into_iter().map(|row| row[0].clone().unwrap()).collect();
    assert!(names.iter().all(|it| *it == names[0]), "{names:?}");
    let fault = admin.revoke(&names[0], None).unwrap_err();
    assert_eq!((name(fault.code), fault.details.unwrap().as_array().unwrap().len()), ("unknown_choice", 2));
    van.sync();
    south.sync();
    assert_eq!(admin.revoke(&names[0], Some(south.book)).unwrap().len(), 1);
    van.sync();
    assert_eq!(name(south.sync_fails()), "refused");
    assert_eq!(name(admin.revoke(&names[0], Some(south.book)).unwrap_err().code), "not_found");
}

/// Found by a reader of the code: the replacement of a lost device was shut out in its place.
#[test]
fn a_lost_device_is_not_taken_for_its_namesake() {
    let office = Office::open();
    let van = office.founder();
    van.world.account("Till", "cash", 10_000);
    van.sync();
    let lost = van.ask("status", json!({}))["device"]["id"].as_str().unwrap().to_owned();
    let other = office.colleague(&van);
    let admin = office.admin();
    admin.revoke("Van 1", None).unwrap();
    let replacement = office.colleague_called("Van 1", &van);
    let fault = admin.release("Van 1", "Van 2", None).unwrap_err();
    let choices = fault.details.unwrap();
    assert_eq!((name(fault.code), choices.as_array().unwrap().len()), ("unknown_choice", 2), "{choices}");
    assert!(admin.release(&lost, "Van 1", None).is_err(), "to whom is not clear either");
    admin.release(&lost, "Van 2", None).unwrap();
    replacement.sync();
    other.sync();
    // A device that takes another's name is not taken for it, and what was shut out inherits nothing.
    other.ask("person_select", json!({ "person_id": other.ask("status", json!({}))["persons"][0]["id"] }));
    replacement.ask("device_rename", json!({ "name": "Van 2" }));
    replacement.sync();
    let theirs = other.ask("status", json!({}))["device"]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.revoke("Van 2", None).unwrap().len(), 1);
    assert_eq!(name(other.sync_fails()), "refused");
    let fault = admin.release("Van 1", "Van 2", Some(van.book)).unwrap_err();
    assert!(name(fault.code) == "unknown_choice", "{}", fault.chain());
    let own = replacement.ask("status", json!({}))["device"]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.release(&own, &theirs, None).unwrap_err().field.as_deref(), Some("to"), "it was shut out");
    let long = "x".repeat(61);
    assert_eq!(admin.enrol(&long, &ForBook::Existing(van.book), None).unwrap_err().field.as_deref(), Some("device"));
}

#[test]
fn a_book_that_is_still_to_be_brought_is_brought_once() {
    let office = Office::open();
    let admin = office.admin();
    let first = office.link("Van 1", &ForBook::New("North route".into()));
    let fault = admin.enrol("Van 2", &ForBook::New("North route".into()), None).unwrap_err();
    assert!(fault.message.starts_with("Van 1 is to bring a book North route"), "{}", fault.message);
    assert!(admin.find_book("North route").unwrap().is_none());
    let van = Van::join(World::with_book(), &first);
    assert_eq!(admin.find_book("North route").unwrap(), Some(van.book), "it is found before its first entry is there");
}

#[test]
fn whoever_can_not_come_in_is_told_why_and_what_to_do() {
    let office = Office::open();
    let url = office.url();
    let told = |url: &str| {
        let fault = Admin::connect(url).map(drop).unwrap_err();
        (name(fault.code), fault.message)
    };
    let (code, message) = told(&url.replace(&format!("/{}", office.database), "/none_such"));
    assert_eq!(code, "refused");
    assert!(message.contains("does not exist") && message.contains("createdb"), "{message}");
    let password = office.cluster.password();
    let (code, message) = told(&url.replacen(password, "wrong", 1));
    assert_eq!(code, "refused");
    assert!(message.contains("password authentication failed") && message.contains("PGPASSWORD"), "{message}");
    let (code, message) = told("postgresql://postgres@127.0.0.1:1/books?sslmode=disable");
    assert_eq!(code, "unreachable");
    assert!(message.contains("127.0.0.1:1"), "{message}");
    let (code, message) = told(&url.replace("sslrootcert=", "sslrootcert=/none"));
    assert_eq!((code, message.contains("can't be read")), ("file_unreadable", true), "{message}");
    // A link that devices elsewhere could not trust is not given out.
    let open = Cluster::with(&Options { tls: false, ..Options::default() });
    let local = Admin::connect(&open.url("postgres").replace("sslmode=require", "sslmode=disable"))
        .unwrap_or_else(|fault| panic!("{}", fault.chain()));
    let elsewhere = Some(("books.example".into(), 5432));
    let fault = local.enrol("Van 1", &ForBook::New("Far".into()), elsewhere).unwrap_err();
    assert_eq!((name(fault.code), fault.field.as_deref()), ("tls", Some("url")));
}

/// Found by a trial: a database that was restored without its own rights let devices make tables and functions.
#[test]
fn a_migration_asserts_what_a_restored_dump_has_lost() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let (role, password) = van.secret();
    let may = |sql: &str| office.cluster.psql_as(&role, &password, &office.database, sql).is_ok();
    let status = || office.admin().status().unwrap()[0]["findings"].clone();
    assert_eq!(status(), json!([]));
    // What createdb and pg_restore leave: PostgreSQL's defaults, and nothing that was granted on the database.
    office.sql(&format!(
        "GRANT ALL ON DATABASE {0} TO PUBLIC; REVOKE CONNECT ON DATABASE {0} FROM {role}, daybook_head_office;
         GRANT USAGE ON LANGUAGE sql, plpgsql TO PUBLIC; GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC;
         GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid), pg_catalog.pg_sleep(double precision) TO PUBLIC",
        office.database
    ));
    let probes = [
        "CREATE TEMP TABLE t ()",
        "CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE public.t ()",
        "SELECT lo_create(0)",
        "SELECT pg_sleep(0)",
    ];
    assert!(probes.iter().all(|sql| may(sql)), "so they may by default");
    let told = status();
    for word in ["connect", "temporary tables", "functions", "schema public", "large objects"] {
        assert!(told.as_array().unwrap().iter().any(|it| it.as_str().unwrap().contains(word)), "{word}: {told}");
    }
    let migrated = office.migrate().unwrap();
    assert!(migrated.applied.is_empty() && !migrated.functions_applied, "{migrated:?}");
    assert_eq!(probes.map(&may), [false; 5]);
    assert_eq!(status(), json!([]));
    van.assert_agrees();
    // Shut out stays shut out.
    office.admin().revoke("Van 1", None).unwrap();
    office.migrate().unwrap();
    assert!(!may("SELECT 1"));
}

#[test]
fn an_administrator_is_told_which_of_tls_and_password_is_missing() {
    let trusting = Cluster::with(&Options { auth: "trust", ..Options::default() });
    let url = trusting.url("postgres");
    let fault = Admin::connect(&format!("{url}&sslrootcert={}", trusting.ca().display())).map(drop).unwrap_err();
    assert_eq!(name(fault.code), "tls");
    assert!(
        fault.message.contains("without asking for a password") && fault.message.contains("scram-sha-256"),
        "{}",
        fault.message
    );
    let open = Cluster::with(&Options { tls: false, auth: "trust", ..Options::default() });
    let fault = Admin::connect(&open.url("postgres")).map(drop).unwrap_err();
    assert!(fault.message.contains("offers no TLS") && fault.message.contains("?sslmode=disable"), "{}", fault.message);
}
