//! Head office's tables and log changed behind its back.

use super::{Day, Session};
use serde_json::{Value, json};

/// Found by this test: rows of a tampered page were looked at before its hash was, so that it was told as something else.
#[test]
fn a_tampered_page_is_refused_whole_until_it_is_put_right() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    let customer = day.van.customer("Ana");
    day.van.sync();
    let before = day.van.status();
    let rows = || day.van.ask("customer_list", json!({}));
    // An edit that loses has an effect; the rest is head office's.
    day.van.edit(&customer, json!({ "phone": "loses" }));
    let insert = |name: &str| {
        session.run(&format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', '{name}')", day.van.book));
    };
    insert("First");
    session.run("UPDATE daybook.customer SET phone = 'wins' WHERE name = 'Ana'");
    insert("Last");
    // It is sent, and head office is cut off before it can tell of it.
    session.run("UPDATE daybook_sync.sync_limit SET value = -1 WHERE name = 'page_entries_max'");
    day.van.world.send(&daybook::commands::Envelope::of("sync_now", json!({}))).unwrap_err();
    session.run("UPDATE daybook_sync.sync_limit SET value = 2000 WHERE name = 'page_entries_max'");
    assert_eq!(session.value("SELECT count(*) FROM daybook_sync.book_version WHERE effect IS NOT NULL"), "1");

    let version =
        |name: &str| format!("convert_from(body, 'UTF8') LIKE '%{name}%' AND version > {}", before["version"]);
    let replaced = |from: &str, to: &str| {
        format!("body = convert_to(replace(convert_from(body, 'UTF8'), '{from}', '{to}'), 'UTF8')")
    };
    let shown = rows();
    for (what, which, set) in [
        ("a body", version("First"), replaced("First", "Other")),
        ("the last body", version("Last"), replaced("Last", "Other")),
        ("a column nobody knows", version("First"), replaced("\"name\"", "\"eman\"")),
        ("a table nobody knows", version("First"), replaced("\"customer\"", "\"supplier\"")),
        ("a row that breaks a rule", version("First"), replaced("\"First\"", "\"\"")),
        ("a body that can't be read", version("First"), "body = 'x'".into()),
        (
            "an effect",
            "effect IS NOT NULL".into(),
            "effect = convert_to(replace(convert_from(effect, 'UTF8'), 'wins', 'lost'), 'UTF8')".into(),
        ),
        ("no effect", "effect IS NOT NULL".into(), "effect = NULL".into()),
        ("an effect that can't be read", "effect IS NOT NULL".into(), "effect = 'x'".into()),
        ("an own outcome", "effect IS NOT NULL".into(), "outcome = 'superseded'".into()),
        ("an outcome", version("First"), "outcome = 'dismissed'".into()),
        ("a hash before", version("First"), "previous_hash = sha256('x')".into()),
        ("the page's hash", "effect IS NOT NULL".into(), "book_hash = sha256('x')".into()),
        ("whose it is", version("First"), "incarnation_id = gen_random_uuid(), sequence = 1, body = 'x'".into()),
        ("its place", version("First"), "version = 1000000".into()),
    ] {
        session.run(&format!(
            "CREATE TABLE public.kept AS SELECT * FROM daybook_sync.book_version;
             UPDATE daybook_sync.book_version SET {set} WHERE {which}"
        ));
        assert_eq!(day.van.sync_fails().name(), "central_differs", "{what}");
        let status = day.van.status();
        assert_eq!(status["trouble"]["code"], "central_differs", "{what}: {status}");
        assert_eq!(status["version"], before["version"], "{what}");
        assert_eq!(rows(), shown, "{what}: nothing of it is taken in");
        session.run(
            "TRUNCATE daybook_sync.book_version; INSERT INTO daybook_sync.book_version SELECT * FROM public.kept; DROP TABLE public.kept",
        );
    }
    day.van.sync();
    assert_eq!(day.van.customer_now(&customer)["phone"], "wins");
    assert_eq!(day.van.status()["trouble"], Value::Null);
    day.assert_settled();
}

#[test]
fn what_changed_while_a_trigger_was_off_is_found_by_digests() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    day.van.customer("Ana");
    day.assert_settled();
    session.run(
        "ALTER TABLE daybook.customer DISABLE TRIGGER customer_capture_trigger;
         UPDATE daybook.customer SET city = 'Nowhere';
         ALTER TABLE daybook.customer ENABLE TRIGGER customer_capture_trigger",
    );
    let compare = || {
        let input = json!({ "compare": true });
        let envelope = daybook::commands::Envelope {
            book: Some(day.van.book),
            ..daybook::commands::Envelope::of("sync_now", input)
        };
        day.van.world.send(&envelope).unwrap()["agrees"].clone()
    };
    assert_eq!(compare(), false);
    let status = day.van.status();
    assert_eq!(status["agrees"], false);
    assert!(status["finding"].as_str().is_some_and(|it| it.contains("customer")), "{status}");
    // What is done in order goes on.
    day.van.customer("Bo");
    day.office.let_delete();
    session.run(
        "ALTER TABLE daybook.customer DISABLE TRIGGER customer_capture_trigger;
         DELETE FROM daybook.customer WHERE name = 'Ana';
         ALTER TABLE daybook.customer ENABLE TRIGGER customer_capture_trigger",
    );
    assert_eq!(compare(), false);
    let status = day.van.status();
    assert_eq!(status["finding"], "customer has 1 rows at head office and 2 here.", "{status}");
    assert_eq!((&status["waiting"], &status["trouble"]), (&json!(0), &Value::Null));
}
