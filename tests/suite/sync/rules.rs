//! What head office's SQL may write is what a command may: one list of rules, asked of both sides; and nobody deletes what a device that
//! can't be asked may have referred to.

use super::{Office, Van};
use crate::world::{World, rows};
use daybook::commands::{Envelope, NOUNS};
use daybook::kernel::{Id, NounKind, PersonId};
use daybook::sync::ForBook;
use serde_json::{Value, json};

/// As a person at head office; what it says to a statement that it refuses.
fn refused(office: &Office, sql: &str) -> String {
    let said = office.cluster.sql_fails(&office.database, &format!("SET ROLE daybook_head_office; {sql}"));
    assert!(said.contains("HINT"), "{sql}: {said}");
    for word in ["constraint", "_check", "_fkey", "_pkey", "violates", "permission denied"] {
        assert!(!said.contains(word), "{sql}: {said}");
    }
    said
}

fn taken(office: &Office, sql: &str) {
    office.sql(&format!("SET ROLE daybook_head_office; {sql}"));
}

/// A value as SQL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// Texts that a line takes and doesn't; a command trims and composes what it is given, so what it would store otherwise is refused here.
fn texts(chars: usize) -> Vec<String> {
    let mut texts: Vec<String> = [
        "Zoe",
        "",
        " ",
        "  Zoe",
        "Zoe ",
        "\u{a0}Zoe",
        "Zoe\u{3000}",
        "A\u{301}na",
        "Éva",
        "A\tna",
        "A\nna",
        "A\rna",
        "A\u{85}na",
        "A\u{7f}na",
        "A\u{1}na",
        "A\u{202e}na",
        "A\u{2067}na",
        "\u{200b}",
        "\u{2800}\u{fe0f}",
        "\u{3164}",
        "א\u{200f}ב",
        "o'brien",
        "名前",
        "👩\u{200d}👩",
        "ﬁ",
        "\u{feff}A",
        "A  b",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(chars));
    texts.push("x".repeat(chars + 1));
    texts.push("é".repeat(chars));
    texts
}

/// What a command makes of a value in a field of a noun: what is stored then, or nothing where it is refused.
fn stored_by_command(van: &Van, noun: &str, rest: &Value, field: &str, value: &Value) -> Option<Value> {
    let mut input = rest.clone();
    input[field] = value.clone();
    van.world.send(&Envelope::of(&format!("{noun}_add"), input)).ok().map(|made| made[field].clone())
}

#[test]
fn head_office_may_write_what_a_command_may_and_nothing_else() {
    let office = Office::open();
    let van = office.founder();
    let tax = van.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 1 }));
    van.sync();
    let amounts = [-1_i64, 0, 1, 1_000_000, 1_000_001, 9_007_199_254_740_991].map(Value::from).to_vec();
    let words = ["owner", "clerk", "boss", "", "Owner"].map(Value::from).to_vec();
    let emails =
        ["a@b.c", "a@b", "a b@c.d", "a@@b.c", "@b.c", "a@.b.c", "a@b.c.", "a@b@c.d", "á@b.é"].map(Value::from).to_vec();
    let lines = |chars| texts(chars).into_iter().map(Value::from).collect::<Vec<_>>();
    let no_tax = json!(Id::<daybook::kernel::kind::Record>::fresh());
    let cases: Vec<(&str, Value, &str, Vec<Value>)> = vec![
        ("customer", json!({ "name": "x" }), "name", lines(120)),
        ("customer", json!({ "name": "x" }), "code", lines(40)),
        ("customer", json!({ "name": "x" }), "postal_code", lines(20)),
        ("customer", json!({ "name": "x" }), "note", lines(2000)),
        ("customer", json!({ "name": "x" }), "email", emails),
        ("customer", json!({ "name": "x" }), "terms_days", [-1, 0, 3650, 3651].map(Value::from).to_vec()),
        ("customer", json!({ "name": "x" }), "credit_limit_minor", amounts.clone()),
        ("person", json!({ "name": "x", "role": "clerk" }), "name", lines(80)),
        ("person", json!({ "name": "x", "role": "clerk" }), "role", words),
        ("tax", json!({ "name": "x", "rate_ppm": 1 }), "name", lines(60)),
        ("tax", json!({ "name": "x", "rate_ppm": 1 }), "rate_ppm", amounts.clone()),
        ("product", json!({ "name": "x", "price_minor": 1 }), "price_minor", amounts),
        ("product", json!({ "name": "x", "price_minor": 1 }), "sku", lines(40)),
        ("product", json!({ "name": "x", "price_minor": 1 }), "tax_id", vec![tax["id"].clone(), no_tax]),
    ];
    for (at, (noun, rest, field, values)) in cases.iter().enumerate() {
        for (place, value) in values.iter().enumerate() {
            let mut row = rest.clone();
            if *field != "name" {
                row["name"] = json!(format!("{noun} {at} {place}"));
            }
            let by_command = stored_by_command(&van, noun, &row, field, value);
            // A name that is taken by now is another one's, not wrong.
            if *field != "name" {
                row["name"] = json!(format!("Office {noun} {at} {place}"));
            }
            row[*field] = value.clone();
            let columns = row.as_object().unwrap();
            let names: Vec<&str> = columns.keys().map(String::as_str).collect();
            let literals: Vec<String> = columns.values().map(literal).collect();
            // Where the command took it, its row goes again: the next one may have the same name or code.
            let sql = format!(
                "INSERT INTO daybook.{noun} (book_id, {}) VALUES ('{}', {})",
                names.join(", "),
                van.book,
                literals.join(", ")
            );
            if by_command.as_ref() == Some(value) {
                taken(&office, &sql);
            } else {
                let said = refused(&office, &sql);
                assert!(said.contains(&format!("{noun}.{field} ")), "{value}: {said}");
            }
        }
    }
    van.sync();
}

/// What is no field of a command: what each table says of moments, books, accounts and postings.
#[test]
fn what_no_device_could_keep_is_refused_in_a_sentence() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 500_010);
    let bank = van.world.account("Bank", "bank", 0);
    van.sync();
    let book = van.book;
    for moment in ["infinity", "-infinity", "0044-03-15 BC", "1969-12-31", "20226-11-24"] {
        for (table, column) in [("customer", "archived_at"), ("customer", "created_at"), ("person", "archived_at")] {
            let role = if table == "person" { ", 'clerk'" } else { "" };
            let more = if table == "person" { ", role" } else { "" };
            let said = refused(
                &office,
                &format!(
                    "INSERT INTO daybook.{table} (book_id, name, {column}{more}) VALUES ('{book}', 'x', '{moment}'{role})"
                ),
            );
            assert!(said.contains("no moment"), "{said}");
        }
        refused(&office, &format!("UPDATE daybook.person SET archived_at = '{moment}'"));
    }
    let posting = |values: &str| {
        format!(
            "INSERT INTO daybook.ledger_posting (book_id, debit_account_id, credit_account_id, amount_minor, memo) VALUES ('{book}', {values})"
        )
    };
    let (till_id, bank_id) = (till["id"].as_str().unwrap(), bank["id"].as_str().unwrap());
    for (values, because) in [
        (format!("'{till_id}', '{bank_id}', 0, 'x'"), "less than 1"),
        (format!("'{till_id}', '{bank_id}', 9007199254740992, 'x'"), "more than"),
        (format!("'{till_id}', '{bank_id}', NULL, 'x'"), "missing"),
        (format!("'{bank_id}', '{bank_id}', 1, 'x'"), "to another one"),
        (format!("'{till_id}', '{book}', 1, 'x'"), "names no payment account"),
        (format!("'{till_id}', '{bank_id}', 1, ''"), "says nothing"),
        (format!("'{till_id}', '{bank_id}', 1, repeat('x', 201)"), "longer than 200"),
        (format!("'{till_id}', '{bank_id}', 9007199254740991, 'x'"), "larger than can be kept"),
    ] {
        let said = refused(&office, &posting(&values));
        assert!(said.contains(because), "{values}: {said}");
    }
    for (sql, because) in [
        ("INSERT INTO daybook.customer (name) VALUES ('x')".into(), "book_id is missing"),
        (format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{till_id}', 'x')"), "names no book"),
        (format!("INSERT INTO daybook.customer (book_id) VALUES ('{book}')"), "name is missing"),
        (
            format!("INSERT INTO daybook.payment_account (book_id, name, kind) VALUES ('{book}', 'x', 'opening')"),
            "that people open",
        ),
        (
            format!("INSERT INTO daybook.payment_account (book_id, name, kind) VALUES ('{book}', 'x', 'purse')"),
            "that people open",
        ),
        (
            format!(
                "INSERT INTO daybook.payment_account (book_id, name, kind) VALUES ('{book}', ' TILL'::text, 'bank')"
            ),
            "blank",
        ),
        (
            format!("INSERT INTO daybook.payment_account (book_id, name, kind) VALUES ('{book}', 'TILL', 'bank')"),
            "is called TILL",
        ),
        (
            format!("INSERT INTO daybook.person (book_id, name, role) VALUES ('{book}', 'ana', 'clerk')"),
            "is called ana",
        ),
        ("UPDATE daybook.payment_account SET kind = 'bank' WHERE name = 'Till'".into(), "keeps its kind"),
        ("UPDATE daybook.customer SET id = book_id".into(), ""),
        ("UPDATE daybook.ledger_balance SET balance_minor = 0".into(), "follows from the postings"),
        ("DELETE FROM daybook.ledger_balance".into(), "follows from the postings"),
        ("INSERT INTO daybook.book (name, currency, time_zone) VALUES ('x', 'zz1', 'UTC')".into(), "ISO 4217"),
        ("INSERT INTO daybook.book (name, currency, time_zone) VALUES ('', 'EUR', 'UTC')".into(), "says nothing"),
        ("INSERT INTO daybook.book (name, currency) VALUES ('x', 'EUR')".into(), "time_zone is missing"),
        ("UPDATE daybook.book SET is_training = 2".into(), "more than 1"),
        ("UPDATE daybook.book SET cash_step_minor = -1".into(), "less than 0"),
        ("UPDATE daybook.book SET closed_through_date = '0044-03-15 BC'".into(), "outside of what can be booked"),
        ("UPDATE daybook.payment_account SET method = 'shells' WHERE name = 'Bank'".into(), "not a method of payment"),
        ("UPDATE daybook.payment_account SET person_id = book_id WHERE name = 'Bank'".into(), "names no person"),
    ] {
        if because.is_empty() {
            // There is no customer.
            taken(&office, &sql);
        } else {
            let said = refused(&office, &sql);
            assert!(said.contains(because), "{sql}: {said}");
        }
    }
    taken(&office, "UPDATE daybook.book SET closed_through_date = '2026-01-31'");
    let early = posting(&format!("'{till_id}', '{bank_id}', 1, 'x'"))
        .replace("memo)", "memo, business_date)")
        .replace("'x')", "'x', '2026-01-31')");
    assert!(refused(&office, &early).contains("closed through that day"));
    van.assert_agrees();
}

#[test]
fn what_a_device_may_refer_to_is_archived_and_never_deleted() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.ask("product_add", json!({ "name": "Tea", "price_minor": 1 }));
    van.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 1 }));
    van.world.account("Till", "cash", 1);
    van.sync();
    let masters: Vec<&str> = NOUNS.iter().filter(|it| matches!(it.kind, NounKind::Master)).map(|it| it.table).collect();
    assert!(masters.len() >= 6, "{masters:?}");
    for table in masters.into_iter().chain(["device"]) {
        assert_ne!(office.value(&format!("SELECT count(*) FROM daybook.{table}")), "0", "{table}");
        let said = refused(&office, &format!("DELETE FROM daybook.{table}"));
        assert!(said.contains("never deleted") || table == "device", "{table}: {said}");
        assert!(
            !said.contains("archived_at") || ["person", "tax", "customer", "product"].contains(&table),
            "{table}: {said}"
        );
    }
    // What was made of them offline arrives, whatever head office has archived meanwhile.
    let tax = rows(&van.ask("tax_list", json!({})))[0]["id"].clone();
    van.ask("product_add", json!({ "name": "Milk", "price_minor": 1, "tax_id": tax }));
    taken(&office, "UPDATE daybook.tax SET archived_at = now(); UPDATE daybook.person SET archived_at = now()");
    van.sync();
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
    let said = refused(&office, "UPDATE daybook.product SET tax_id = (SELECT id FROM daybook.tax) WHERE name = 'Tea'");
    assert!(said.contains("The tax is archived"), "{said}");
    van.assert_agrees();
}

#[test]
fn an_account_is_closed_where_nobody_is_left_with_its_money() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 500_010);
    let bank = van.world.account("Bank", "bank", 0);
    van.sync();
    let close = |name: &str| format!("UPDATE daybook.payment_account SET closed_at = now() WHERE name = '{name}'");
    assert!(refused(&office, &close("Till")).contains("on the device that keeps it"));
    assert!(
        refused(&office, &close("Bank")).contains("on the device that keeps it"),
        "as account_close says on another device"
    );
    assert!(refused(&office, &close("Sales")).contains("Every book has the account"));
    taken(
        &office,
        &format!(
            "INSERT INTO daybook.payment_account (book_id, name, kind) VALUES ('{}', 'Savings', 'bank'), ('{}', 'Rent', 'expense')",
            van.book, van.book
        ),
    );
    let post = format!(
        "INSERT INTO daybook.ledger_posting (book_id, debit_account_id, credit_account_id, amount_minor)
         SELECT book_id, id, '{}', 7 FROM daybook.payment_account WHERE name = 'Savings'",
        bank["id"].as_str().unwrap()
    );
    taken(&office, &post);
    assert!(refused(&office, &close("Savings")).contains("still holds a balance"));
    taken(&office, &close("Rent"));
    let onto_rent = post.replace("'Savings'", "'Rent'");
    assert!(refused(&office, &onto_rent).contains("Rent is closed"));
    taken(&office, &format!("UPDATE daybook.payment_account SET closed_at = NULL WHERE name = 'Rent'; {onto_rent}"));
    van.world.transfer(&till, &bank, 1);
    van.assert_agrees();
}

/// Found by a trial: nobody could be chosen or added in it, and a transfer's fee had nowhere to go.
#[test]
fn a_book_made_with_sql_is_as_whole_as_one_that_a_device_set_up() {
    let office = Office::open();
    let founded = office.founder();
    founded.sync();
    taken(&office, "INSERT INTO daybook.book (name, currency, time_zone) VALUES ('South', 'EUR', 'Europe/Madrid')");
    let book = office.admin().find_book("South").unwrap().expect("it has a log");
    let van = Van::join(World::empty(), &office.link("Van 9", &ForBook::Existing(book)));
    van.sync();
    // What every book has, by kind, name and the id that follows from the book.
    let accounts = |of: &Van| -> Vec<(Value, Value, bool)> {
        let all = of.ask("account_list", json!({ "limit": 200 }));
        let derived = |row: &Value| {
            let id: Id<daybook::kernel::kind::Record> =
                of.book.derive(&format!("account:{}", row["kind"].as_str().unwrap()));
            row["id"] == json!(id)
        };
        let mut all: Vec<_> =
            rows(&all).iter().map(|row| (row["kind"].clone(), row["name"].clone(), derived(row))).collect();
        all.retain(|(kind, _, derived)| *derived && kind != "cash");
        all.sort_by_key(|(kind, ..)| kind.to_string());
        all
    };
    assert_eq!(accounts(&van), accounts(&founded));
    assert_eq!(accounts(&van).len(), 10);
    // Nobody is in it, so anybody adds its first owner.
    let refused = van.world.refused("person_add", json!({ "name": "Bea", "role": "clerk" }));
    assert_eq!(refused.code.name(), "not_allowed");
    let bea = van.ask("person_add", json!({ "name": "Bea", "role": "owner" }));
    select(&van, &bea["id"]);
    assert_eq!(
        van.world.refused("person_archive", json!({ "person_id": bea["id"], "row_version": 1 })).code.name(),
        "last_owner"
    );
    let till = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    let order =
        json!({ "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": 100, "fee_minor": 5 });
    van.ask("transfer_funds", order);
    van.assert_agrees();
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
}

fn select(van: &Van, person: &Value) {
    let id: PersonId = Id::parse(person.as_str().unwrap()).unwrap();
    let chosen = Envelope { person: Some(id), ..Envelope::of("person_select", json!({ "person_id": person })) };
    van.world.send(&chosen).unwrap_or_else(|fault| panic!("{}", fault.chain()));
}

/// Found by a trial: a device that nobody could use any more until head office dug an id out of the log.
#[test]
fn where_no_owner_is_left_anybody_takes_one_out_again() {
    let office = Office::open();
    let van = office.founder();
    let bo = van.ask("person_add", json!({ "name": "Bo", "role": "clerk" }));
    van.sync();
    let other = office.colleague(&van);
    taken(&office, "UPDATE daybook.person SET archived_at = now() WHERE role = 'owner'");
    van.sync();
    assert_eq!(van.world.refused("customer_add", json!({ "name": "Dora" })).code.name(), "no_person");
    let people = van.ask("person_list", json!({ "archived": "all" }));
    let person = |name: &str| rows(&people).iter().find(|it| it["name"] == name).unwrap().clone();
    let order = |person: &Value, archived: bool| json!({ "person_id": person["id"], "row_version": person["row_version"], "archived": archived });
    // It is no way around an owner: nobody else is archived by it, and nobody but an owner comes out.
    assert_eq!(van.world.refused("person_archive", order(&person("Bo"), true)).code.name(), "not_allowed");
    select(&other, &bo["id"]);
    other.sync();
    assert_eq!(other.world.refused("person_add", json!({ "name": "Cy", "role": "clerk" })).code.name(), "not_allowed");
    van.ask("person_archive", order(&person("Ana"), false));
    select(&van, &person("Ana")["id"]);
    van.customer("Dora");
    van.assert_agrees();
    other.assert_agrees();
    // An owner is there again, so it is an owner's business again.
    let ana = rows(&other.ask("person_list", json!({}))).iter().find(|it| it["name"] == "Ana").unwrap().clone();
    assert_eq!(other.world.refused("person_archive", order(&ana, true)).code.name(), "not_allowed");
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
}

#[test]
fn an_import_that_others_may_know_is_archived_when_it_is_taken_back() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let other = office.colleague(&van);
    let import = |van: &Van, name: &str| {
        let file =
            van.world.file(&format!("{name}.csv"), format!("code,name\n{name}1,{name} one\n{name}2,{name} two\n"));
        let order = json!({ "path": file, "kind": "customers", "columns": { "code": "code", "name": "name" } });
        let batch = van.ask("import_start", order)["batch"]["id"].clone();
        van.ask("import_step", json!({ "batch_id": batch }));
        batch
    };
    let undo = |van: &Van, batch: &Value| {
        let undone = van.ask("import_undo", json!({ "batch_id": batch }));
        (undone["removed"].as_i64().unwrap(), undone["archived"].as_i64().unwrap())
    };
    let seen = |van: &Van, archived: &str| rows(&van.ask("customer_list", json!({ "archived": archived }))).len();
    // Never sent: gone, and head office never shows them to anybody else.
    let batch = import(&van, "A");
    assert_eq!(undo(&van, &batch), (2, 0));
    van.sync();
    other.sync();
    assert_eq!((seen(&van, "all"), seen(&other, "all")), (0, 0));
    // Sent: archived, whoever takes it back; what the other one did to one of them meanwhile stands.
    let batch = import(&van, "B");
    van.sync();
    other.sync();
    let known = rows(&other.ask("customer_list", json!({})))[0].clone();
    other.edit(&known, json!({ "phone": "0712" }));
    assert_eq!(undo(&van, &batch), (2, 2));
    van.sync();
    other.sync();
    van.sync();
    for device in [&van, &other] {
        assert_eq!((seen(device, "no"), seen(device, "all")), (0, 2));
        assert_eq!(device.customer_now(&known)["phone"], "0712");
        assert!(device.conflicts().is_empty(), "{:?}", device.conflicts());
        device.assert_agrees();
    }
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
    // Sent, and the device has not heard that it arrived: head office knows better than the device.
    let batch = import(&van, "C");
    office.sql("ALTER FUNCTION daybook_sync.pull RENAME TO pull_not");
    taken(&office, &format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Theirs')", van.book));
    van.sync_fails();
    van.world.behind_its_back("UPDATE sync_lane SET sent_sequence = settled_sequence");
    office.sql("ALTER FUNCTION daybook_sync.pull_not RENAME TO pull");
    other.sync();
    assert_eq!(undo(&van, &batch), (2, 0));
    van.sync();
    other.sync();
    van.sync();
    for device in [&van, &other] {
        assert_eq!((seen(device, "no"), seen(device, "only")), (1, 4), "archived in place of deleted");
        device.assert_agrees();
    }
}
