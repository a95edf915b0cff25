//! What an enrolled device could push that no Daybook would: it is refused or quarantined whole, and nothing waits behind it.

use super::raw::{Placed, Raw, code, said, state};
use super::{Office, Van};
use crate::world::{World, rows};
use daybook::store::LATEST_DEVICE_MIGRATION;
use daybook::sync::ForBook;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// Any time that is past.
const AT: i64 = 1_700_000_000_000;

/// A device's role with a lane of its own, which pushes what it likes.
struct Forger {
    raw: Raw,
    book: Uuid,
    device: String,
    person: String,
    lane: Uuid,
    sequence: i64,
    hash: Vec<u8>,
    serial: i64,
    till: String,
    bank: String,
    /// In a colleague's custody.
    purse: String,
}

struct Scene {
    office: Office<'static>,
    van: Van,
    other: Van,
    forger: Forger,
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

fn fresh() -> String {
    Uuid::now_v7().to_string()
}

impl Scene {
    fn set() -> Scene {
        let office = Office::open();
        let van = office.founder();
        let till = van.world.account("Till", "cash", 10_000);
        let bank = van.world.account("Bank", "bank", 0);
        van.sync();
        let other = office.colleague(&van);
        let purse = other.world.account("Purse", "cash", 5_000);
        other.sync();
        van.sync();
        let status = van.ask("status", json!({}));
        let forger = Forger {
            raw: Raw::of(&office, &van),
            book: van.book.to_string().parse().unwrap(),
            device: id_of(&status["device"]),
            person: id_of(&status["persons"][0]),
            lane: Uuid::now_v7(),
            sequence: 0,
            hash: vec![0; 32],
            serial: 0,
            till: id_of(&till),
            bank: id_of(&bank),
            purse: id_of(&purse),
        };
        Scene { office, van, other, forger }
    }

    /// Everything but what good entries add.
    fn books(&self) -> String {
        let machinery = [
            "book_head",
            "lane",
            "book_version",
            "record_version",
            "entry_request",
            "quarantined_entry",
            "column_clock",
        ];
        let machinery: Vec<String> = machinery.iter().map(|table| format!("daybook_sync.{table}")).collect();
        let mut except: Vec<&str> = machinery.iter().map(String::as_str).collect();
        except.push("daybook.customer");
        state(&self.office, &except)
    }

    fn customers(&self) -> i64 {
        self.office.value("SELECT count(*) FROM daybook.customer").parse().unwrap()
    }

    fn reasons(&self) -> Vec<(i64, String)> {
        let rows = self
            .office
            .sql("SELECT sequence, reason || ': ' || detail FROM daybook_sync.quarantined_entry ORDER BY version");
        rows.into_iter().map(|row| (row[0].as_deref().unwrap().parse().unwrap(), row[1].clone().unwrap())).collect()
    }
}

impl Forger {
    /// An entry as Daybook would write it, at a place after the next one.
    fn entry(&self, ahead: i64, command: &str, changes: Value) -> Value {
        json!({
            "at": AT, "book": self.book, "changes": changes, "command": command, "incarnation": self.lane, "person": self.person,
            "request": fresh(), "schema": LATEST_DEVICE_MIGRATION, "sequence": self.sequence + 1 + ahead, "v": 1,
        })
    }

    fn customer(&self, ahead: i64, name: &str) -> Value {
        self.entry(
            ahead,
            "customer_add",
            json!([insert("customer", &fresh(), json!({ "created_at": AT, "name": name }))]),
        )
    }

    /// A transfer of 100 from the till to the bank, with a fee of nothing.
    fn transfer(&self) -> Value {
        let transfer = fresh();
        let serial = self.serial + 1;
        self.entry(
            0,
            "transfer_funds",
            json!([
                insert("payment_transfer", &transfer, json!({
                    "amount_minor": 100, "business_date": "2023-11-14", "created_at": AT, "device_id": self.device, "fee_minor": 0,
                    "from_account_id": self.till, "number": format!("D1-T-{serial:06}"), "person_id": self.person, "serial": serial,
                    "series": "T",
                    "to_account_id": self.bank,
                })),
                insert("ledger_posting", &fresh(), json!({
                    "amount_minor": 100, "business_date": "2023-11-14", "created_at": AT, "credit_account_id": self.till,
                    "debit_account_id": self.bank, "document_id": transfer, "document_kind": "transfer",
                })),
            ]),
        )
    }

    fn reversal(&self, of: &Value) -> Value {
        let mut entry = self.transfer();
        entry["command"] = json!("transfer_reverse");
        entry["changes"][0]["new"]["from_account_id"] = json!(self.bank);
        entry["changes"][0]["new"]["to_account_id"] = json!(self.till);
        entry["changes"][0]["new"]["reverses_transfer_id"] = of["changes"][0]["key"].clone();
        entry["changes"][1]["new"]["credit_account_id"] = json!(self.bank);
        entry["changes"][1]["new"]["debit_account_id"] = json!(self.till);
        entry
    }

    fn push(&mut self, bodies: &[Vec<u8>]) -> Vec<Placed> {
        self.try_push(bodies).unwrap_or_else(|error| {
            panic!("{} to {}", said(&error), String::from_utf8_lossy(&bodies[0][..bodies[0].len().min(2_000)]))
        })
    }

    /// Pushes; what the server refuses leaves the lane as it was.
    fn try_push(&mut self, bodies: &[Vec<u8>]) -> Result<Vec<Placed>, tokio_postgres::Error> {
        let placed = self.raw.push(self.book, self.lane, self.sequence + 1, &self.hash, bodies)?;
        for body in bodies {
            self.hash = hash(&self.hash, body);
            self.sequence += 1;
        }
        Ok(placed)
    }

    fn must_apply(&mut self, entry: &Value) {
        let placed = self.push(&[bytes(entry)]);
        assert_eq!(placed[0].2, "applied", "{entry}");
    }

    /// What the server says to a push that it refuses.
    fn refused(&self, first: i64, previous: &[u8], bodies: &[Vec<u8>]) -> String {
        code(&self.raw.push(self.book, self.lane, first, previous, bodies).expect_err("it is refused"))
    }
}

fn insert(table: &str, key: &str, new: Value) -> Value {
    json!({ "key": key, "new": new, "op": "insert", "table": table })
}

fn update(table: &str, key: &str, new: Value) -> Value {
    json!({ "key": key, "new": new, "old": {}, "op": "update", "table": table })
}

/// Members in their order, without spaces: as RFC 8785 wants numbers and texts like these.
fn bytes(entry: &Value) -> Vec<u8> {
    entry.to_string().into_bytes()
}

fn hash(previous: &[u8], body: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(body);
    hash.finalize().to_vec()
}

/// Replaces a part of an entry's text.
fn rewritten(entry: &Value, from: &str, to: &str) -> Vec<u8> {
    let text = entry.to_string();
    assert!(text.contains(from), "{from} is in {text}");
    text.replacen(from, to, 1).into_bytes()
}

/// What is forged, why it is quarantined, and its bytes at the next place.
type Forgery = (&'static str, &'static str, fn(&Forger, &Known) -> Vec<u8>);

/// All forgeries, a group a test.
const FORGERIES: [&[Forgery]; 4] = [TRANSFERS, ENVELOPES, ENTRIES, RIGHTS];

/// Of a transfer that is right but for one thing (its posting is the second change), of postings, and of reversals.
const TRANSFERS: &[Forgery] = &[
    ("a transfer as another device", "not_allowed", |f, known| {
        transfer_with(f, 0, "device_id", json!(known.colleague))
    }),
    ("a number of another device", "not_allowed", |f, _| transfer_with(f, 0, "number", json!("D2-T-000003"))),
    ("a number that is not its serial", "not_allowed", |f, _| transfer_with(f, 0, "number", json!("D1-T-000001"))),
    ("another amount than was posted", "not_allowed", |f, _| transfer_with(f, 0, "amount_minor", json!(101))),
    ("a fee that was not posted", "not_allowed", |f, _| transfer_with(f, 0, "fee_minor", json!(1))),
    ("from another account than was posted", "not_allowed", |f, _| {
        transfer_with(f, 0, "from_account_id", json!(f.purse))
    }),
    ("to another account than was posted", "not_allowed", |f, _| transfer_with(f, 0, "to_account_id", json!(f.purse))),
    ("on another day than was posted", "not_allowed", |f, _| transfer_with(f, 0, "business_date", json!("2023-11-15"))),
    ("a transfer by nobody", "depends", |f, _| transfer_with(f, 0, "person_id", json!(fresh()))),
    ("a transfer reversing one that isn't there", "depends", |f, _| {
        transfer_with(f, 0, "reverses_transfer_id", json!(fresh()))
    }),
    ("nothing moved", "malformed", |f, _| transfer_with(f, 0, "amount_minor", json!(0))),
    ("less than nothing moved", "malformed", |f, _| transfer_with(f, 1, "amount_minor", json!(-100))),
    ("a posting that lowers a colleague's account", "not_allowed", |f, _| {
        transfer_with(f, 1, "credit_account_id", json!(f.purse))
    }),
    ("a posting of another document", "not_allowed", |f, _| transfer_with(f, 1, "document_id", json!(fresh()))),
    ("a posting of head office's kind", "not_allowed", |f, _| {
        transfer_with(f, 1, "document_kind", json!("adjustment"))
    }),
    ("a posting without a kind", "malformed", |f, _| transfer_with(f, 1, "document_kind", Value::Null)),
    ("an account of another book", "depends", |f, known| {
        transfer_with(f, 1, "debit_account_id", json!(known.far_account))
    }),
    ("an account of no book", "depends", |f, _| transfer_with(f, 1, "debit_account_id", json!(fresh()))),
    ("an account on both sides", "malformed", |f, _| transfer_with(f, 1, "debit_account_id", json!(f.till))),
    ("a column that isn't there", "malformed", |f, _| transfer_with(f, 1, "colour", json!("red"))),
    ("SQL as a column", "malformed", |f, _| {
        transfer_with(f, 1, "memo\" = 'x'; DROP TABLE daybook.book; --", json!("x"))
    }),
    ("the book as a column", "malformed", |f, known| transfer_with(f, 1, "book_id", json!(known.far_book))),
    ("an amount as text", "malformed", |f, _| transfer_with(f, 1, "amount_minor", json!("100"))),
    ("a text as a number", "malformed", |f, _| transfer_with(f, 1, "memo", json!(7))),
    ("a text as an array", "malformed", |f, _| transfer_with(f, 1, "memo", json!(["x"]))),
    ("an amount with cents", "malformed", |f, _| transfer_with(f, 1, "amount_minor", json!(100.5))),
    ("an amount that no number holds", "malformed", |f, _| transfer_with(f, 1, "amount_minor", json!(1e30))),
    ("an amount past 64 bits", "malformed", |f, _| transfer_with(f, 1, "amount_minor", json!(u64::MAX))),
    ("a date in words", "malformed", |f, _| transfer_with(f, 1, "business_date", json!("today"))),
    ("a date written otherwise", "malformed", |f, _| transfer_with(f, 1, "business_date", json!("14/11/2023"))),
    ("no end of dates", "malformed", |f, _| transfer_with(f, 1, "business_date", json!("infinity"))),
    ("a day that isn't", "malformed", |f, _| transfer_with(f, 1, "business_date", json!("2023-02-30"))),
    ("a time before time", "malformed", |f, _| transfer_with(f, 1, "created_at", json!(-1))),
    ("a time past all calendars", "malformed", |f, _| {
        transfer_with(f, 1, "created_at", json!(9_000_000_000_000_000_000_i64))
    }),
    ("an id in capitals", "malformed", |f, _| transfer_with(f, 1, "debit_account_id", json!(f.bank.to_uppercase()))),
    ("an id in braces", "malformed", |f, _| transfer_with(f, 1, "debit_account_id", json!(format!("{{{}}}", f.bank)))),
    ("a posting changed", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "transfer_funds",
            json!([update(
                "ledger_posting",
                known.transfer["changes"][1]["key"].as_str().unwrap(),
                json!({ "amount_minor": 1 })
            )]),
        ))
    }),
    ("a posting deleted", "not_allowed", |f, known| {
        bytes(&f.entry(0, "transfer_funds", json!([{ "key": known.transfer["changes"][1]["key"], "old": {}, "op": "delete", "table": "ledger_posting" }])))
    }),
    ("a posting without a document", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "transfer_funds",
            json!([insert("ledger_posting", &fresh(), known.transfer["changes"][1]["new"].clone())]),
        ))
    }),
    ("a document without a posting", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "transfer_funds",
            json!([insert("payment_transfer", &fresh(), {
                let mut new = known.transfer["changes"][0]["new"].clone();
                (new["serial"], new["number"]) = (json!(3), json!("D1-T-000003"));
                new
            })]),
        ))
    }),
    ("more postings for a transfer that stands", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "transfer_funds",
            json!([
                known.transfer["changes"][0].clone(),
                insert("ledger_posting", &fresh(), known.transfer["changes"][1]["new"].clone())
            ]),
        ))
    }),
    ("a second reversal", "not_allowed", |f, known| bytes(&f.reversal(&known.transfer))),
    ("a reversal of a reversal", "not_allowed", |f, known| {
        let mut entry = f.reversal(&known.reversal);
        for (column, account) in [("from_account_id", &f.till), ("to_account_id", &f.bank)] {
            entry["changes"][0]["new"][column] = json!(account);
        }
        entry["changes"][1]["new"]["credit_account_id"] = json!(f.till);
        entry["changes"][1]["new"]["debit_account_id"] = json!(f.bank);
        bytes(&entry)
    }),
    ("a reversal of less", "not_allowed", |f, known| {
        let mut entry = f.reversal(&known.transfer);
        for change in [0, 1] {
            entry["changes"][change]["new"]["amount_minor"] = json!(1);
        }
        bytes(&entry)
    }),
];

/// Of an entry's other members, and of its bytes.
const ENVELOPES: &[Forgery] = &[
    ("another book", "malformed", |f, known| envelope_with(f, "book", json!(known.far_book))),
    ("another incarnation", "malformed", |f, _| envelope_with(f, "incarnation", json!(fresh()))),
    ("another sequence", "malformed", |f, _| envelope_with(f, "sequence", json!(1))),
    ("a command that there is not", "not_allowed", |f, _| envelope_with(f, "command", json!("mint"))),
    ("a command of other tables", "not_allowed", |f, _| envelope_with(f, "command", json!("customer_add"))),
    ("SQL as a command", "not_allowed", |f, _| {
        envelope_with(f, "command", json!("x' OR true; DROP TABLE daybook.book; --"))
    }),
    ("no command", "malformed", |f, _| envelope_with(f, "command", Value::Null)),
    ("a schema to come", "unknown_schema", |f, _| envelope_with(f, "schema", json!(LATEST_DEVICE_MIGRATION + 1))),
    ("a format to come", "malformed", |f, _| envelope_with(f, "v", json!(2))),
    ("changes as an object", "malformed", |f, _| envelope_with(f, "changes", json!({}))),
    ("no changes", "malformed", |f, _| envelope_with(f, "changes", Value::Null)),
    ("a change that is none", "malformed", |f, _| envelope_with(f, "changes", json!([7]))),
    ("a time as text", "malformed", |f, _| envelope_with(f, "at", json!("now"))),
    ("a person as a number", "malformed", |f, _| envelope_with(f, "person", json!(7))),
    ("a member that nobody knows", "malformed", |f, _| envelope_with(f, "zzz", json!(true))),
    ("bytes that are no entry", "malformed", |_, _| b"".to_vec()),
    ("bytes that are no entry", "malformed", |_, _| b"no JSON".to_vec()),
    ("bytes that are no entry", "malformed", |_, _| b"[]".to_vec()),
    ("bytes that are no entry", "malformed", |_, _| b"null".to_vec()),
    ("bytes that are no entry", "malformed", |_, _| b"\xff\xfe\x00".to_vec()),
    ("bytes that are no entry", "malformed", |_, _| b"{\"v\":1".to_vec()),
    ("text that is not UTF-8", "malformed", |f, _| {
        let text = f.customer(0, "Zo?").to_string();
        text.bytes().map(|byte| if byte == b'?' { 0xeb } else { byte }).collect()
    }),
    ("a letter that PostgreSQL can't hold", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"name\":\"Zoë\"", "\"name\":\"Zo\\u0000\"")
    }),
    ("half a letter", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"name\":\"Zoë\"", "\"name\":\"Zo\\ud800\"")
    }),
    ("a letter written otherwise", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"name\":\"Zoë\"", "\"name\":\"Zo\\u00eb\"")
    }),
    ("a space", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "\"v\":1", "\"v\": 1")),
    ("something after it", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "\"v\":1}", "\"v\":1}\n")),
    ("a member twice", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "\"v\":1", "\"v\":1,\"v\":1")),
    ("a time twice", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "{\"at\":", "{\"at\":5,\"at\":")),
    ("another order", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "{\"at\":1700000000000,", "{\"zz\":0,\"at\":1700000000000,")
    }),
    ("a number written otherwise", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"at\":1700000000000", "\"at\":17e11")
    }),
    ("a number with a point", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"created_at\":1700000000000", "\"created_at\":1700000000000.0")
    }),
    ("a number that is too large to be one", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"at\":1700000000000", "\"at\":1e400000")
    }),
    ("a number of many digits", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"at\":1700000000000", "\"at\":99999999999999999999999999999999999999999999")
    }),
    ("a row's number of seventeen digits", "malformed", |f, _| {
        let mut entry = f.transfer();
        entry["changes"][0]["new"]["serial"] = json!(12_345_678_901_234_567_i64);
        entry["changes"][0]["new"]["number"] = json!("D1-T-12345678901234567");
        bytes(&entry)
    }),
    ("a list where a word belongs", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "\"Zoë\"", "[\"Zoë\"]")),
    ("nothing less", "malformed", |f, _| rewritten(&f.customer(0, "Zoë"), "\"v\":1", "\"v\":1,\"w\":-0")),
    ("the old as a number", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"op\":\"insert\"", "\"old\":5,\"op\":\"insert\"")
    }),
    ("the new as a text", "malformed", |f, _| {
        rewritten(&f.customer(0, "Zoë"), "\"op\":\"insert\"", "\"new\":\"x\",\"op\":\"insert\"")
    }),
    ("a hundred thousand brackets", "malformed", |f, _| {
        let deep = format!("\"name\":{}{}", "[".repeat(100_000), "]".repeat(100_000));
        rewritten(&f.customer(0, "x"), "\"name\":\"x\"", &deep)
    }),
    ("brackets that PostgreSQL takes and others do not", "malformed", |f, _| {
        let deep = format!("\"v\":1,\"z\":{}{}", "[".repeat(300), "]".repeat(300));
        rewritten(&f.customer(0, "x"), "\"v\":1", &deep)
    }),
    ("a hundred thousand open brackets", "malformed", |_, _| "[".repeat(100_000).into_bytes()),
];

/// Of entries that no rule of the tables lets in.
const ENTRIES: &[Forgery] = &[
    ("a key that is none", "malformed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([insert("customer", "x", json!({ "created_at": AT, "name": "x" }))])))
    }),
    ("a row made twice", "malformed", |f, _| {
        bytes(&f.entry(
            0,
            "customer_add",
            json!([
                insert("customer", "00000000-0000-7000-8000-00000000000a", json!({ "created_at": AT, "name": "x" })),
                insert("customer", "00000000-0000-7000-8000-00000000000a", json!({ "created_at": AT, "name": "y" })),
            ]),
        ))
    }),
    ("a name of nothing", "malformed", |f, _| {
        bytes(&f.entry(
            0,
            "customer_add",
            json!([insert("customer", &fresh(), json!({ "created_at": AT, "name": "" }))]),
        ))
    }),
    ("no name", "malformed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([insert("customer", &fresh(), json!({ "created_at": AT }))])))
    }),
    ("a minimum without custody", "malformed", |f, _| {
        bytes(&f.entry(
            0,
            "account_open",
            json!([insert(
                "payment_account",
                &fresh(),
                json!({
                    "created_at": AT, "kind": "cash", "minimum_minor": 0, "name": "Mine",
                })
            )]),
        ))
    }),
    ("another book added", "malformed", |f, _| {
        bytes(&f.entry(
            0,
            "book_setup",
            json!([insert(
                "book",
                &fresh(),
                json!({
                    "created_at": AT, "currency": "EUR", "name": "x", "time_zone": "UTC",
                })
            )]),
        ))
    }),
    ("an import whose mapping is no JSON", "malformed", |f, _| {
        bytes(&f.entry(0, "import_start", json!([insert("import_batch", &fresh(), json!({
            "byte_offset": 0, "created_at": AT, "file_name": "x", "kind": "customer", "mapping": "no", "person_id":
            f.person, "rows_added": 0, "rows_done": 0, "rows_known": 0, "rows_changed": 0, "rows_refused": 0, "rows_empty": 0, "lines_total": 2, "lines_done": 1, "rows_total": 0, "state":
            "running",
        }))])))
    }),
    ("an import too deep for SQLite", "malformed", |f, _| {
        bytes(&f.entry(
            0,
            "import_start",
            json!([insert("import_batch", &fresh(), json!({
            "byte_offset": 0, "created_at": AT, "file_name": "x", "kind": "customer", "mapping": format!("{}{}",
            "[".repeat(1_500), "]".repeat(1_500)), "person_id": f.person, "rows_added": 0, "rows_done": 0, "rows_known":
            0, "rows_changed": 0, "rows_refused": 0, "rows_empty": 0, "lines_total": 1, "lines_done": 1, "rows_total": 0, "state": "running",
        }))]),
        ))
    }),
    ("more than an account can hold", "malformed", |f, _| {
        bytes(&f.entry(0, "account_open", {
            let (one, two) = (fresh(), fresh());
            let posting = |document: &str, debit: &str, credit: &str| {
                insert("ledger_posting", &fresh(), json!({
            "amount_minor": 9_007_199_254_740_991_i64, "business_date": "2023-11-14", "created_at": AT,
            "credit_account_id": credit, "debit_account_id": debit, "document_id": document, "document_kind": "opening",
        }))
            };
            let account = |key: &str, name: &str| {
                insert("payment_account", key, json!({ "created_at": AT, "kind": "bank", "name": name }))
            };
            json!([account(&one, "One"), account(&two, "Two"), posting(&one, &one, &f.bank), posting(&two, &one, &two)])
        }))
    }),
    ("too many changes", "malformed", |f, _| {
        let customer = |n: i32| insert("customer", &fresh(), json!({ "created_at": AT, "name": n.to_string() }));
        bytes(&f.entry(0, "import_step", (0..5_001).map(customer).collect()))
    }),
];

/// Of what the command or the device may not do.
const RIGHTS: &[Forgery] = &[
    ("a table that there is not", "not_allowed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([insert("pg_authid", &fresh(), json!({}))])))
    }),
    ("SQL as a table", "not_allowed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([insert("customer; DROP TABLE daybook.book", &fresh(), json!({}))])))
    }),
    ("the machinery as a table", "not_allowed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([insert("enrolment", &fresh(), json!({}))])))
    }),
    ("balances as a table", "not_allowed", |f, _| {
        bytes(&f.entry(0, "account_edit", json!([update("ledger_balance", &f.till, json!({ "balance_minor": 1 }))])))
    }),
    ("something done that there is not", "not_allowed", |f, _| {
        bytes(&f.entry(0, "customer_add", json!([{ "key": fresh(), "new": {}, "op": "upsert", "table": "customer" }])))
    }),
    ("an account in a colleague's custody", "not_allowed", |f, known| {
        bytes(&f.entry(0, "account_open", json!([insert("payment_account", &fresh(), json!({
            "created_at": AT, "custodian_device_id": known.colleague, "kind": "cash", "minimum_minor": 0, "name": "Mine",
        }))])))
    }),
    ("an opening of an account that was open", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "account_open",
            json!([insert(
                "ledger_posting",
                &fresh(),
                json!({
                    "amount_minor": 5, "business_date": "2023-11-14", "created_at": AT, "credit_account_id": f.bank,
                    "debit_account_id": f.till, "document_id": f.till, "document_kind": "opening",
                })
            )]),
        ))
    }),
    ("a colleague's account taken over", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "account_hand_over",
            json!([update("payment_account", &f.purse, json!({ "custodian_device_id": f.device }))]),
        ))
    }),
    ("a colleague's minimum lowered", "not_allowed", |f, _| {
        bytes(&f.entry(0, "account_edit", json!([update("payment_account", &f.purse, json!({ "minimum_minor": -1 }))])))
    }),
    ("a colleague's name", "not_allowed", |f, known| {
        bytes(&f.entry(0, "device_rename", json!([update("device", &known.colleague, json!({ "name": "Mine" }))])))
    }),
    ("a colleague shut out", "not_allowed", |f, known| {
        bytes(&f.entry(0, "device_rename", json!([update("device", &known.colleague, json!({ "revoked_at": AT }))])))
    }),
    ("its own return, which is head office's to say", "not_allowed", |f, _| {
        bytes(&f.entry(0, "device_rename", json!([update("device", &f.device, json!({ "revoked_at": null }))])))
    }),
    ("custody edited by a command for names", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "account_edit",
            json!([update("payment_account", &f.till, json!({ "custodian_device_id": known.colleague }))]),
        ))
    }),
    ("an account handed to a device of another book", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "account_hand_over",
            json!([update("payment_account", &f.till, json!({ "custodian_device_id": known.far_device }))]),
        ))
    }),
    ("an account handed to a device of no book", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "account_hand_over",
            json!([update("payment_account", &f.till, json!({ "custodian_device_id": fresh() }))]),
        ))
    }),
    ("an account handed to nobody", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "account_hand_over",
            json!([update("payment_account", &f.bank, json!({ "custodian_device_id": null }))]),
        ))
    }),
    ("an account handed to a number", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "account_hand_over",
            json!([update("payment_account", &f.till, json!({ "custodian_device_id": 7 }))]),
        ))
    }),
    ("a name changed by handing over", "not_allowed", |f, _| {
        bytes(&f.entry(0, "account_hand_over", json!([update("payment_account", &f.till, json!({ "name": "Mine" }))])))
    }),
    ("custody settled like an edit", "not_allowed", |f, known| {
        bytes(&f.entry(
            0,
            "conflict_settle",
            json!([update("payment_account", &f.till, json!({ "custodian_device_id": known.colleague }))]),
        ))
    }),
    ("the book's currency", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "conflict_settle",
            json!([update("book", &f.book.to_string(), json!({ "currency": "JPY" }))]),
        ))
    }),
    ("a person's role", "not_allowed", |f, _| {
        bytes(&f.entry(0, "customer_edit", json!([update("person", &f.person, json!({ "role": "owner" }))])))
    }),
    ("when a customer was made", "not_allowed", |f, known| {
        bytes(&f.entry(0, "customer_edit", json!([update("customer", &known.customer, json!({ "created_at": 1 }))])))
    }),
    ("a column of SQL", "not_allowed", |f, known| {
        bytes(&f.entry(0, "customer_edit", json!([update("customer", &known.customer, json!({ "name = 'x' --": 1 }))])))
    }),
    ("another device added", "not_allowed", |f, _| {
        bytes(&f.entry(
            0,
            "book_setup",
            json!([insert("device", &fresh(), json!({ "code": "D7", "created_at": AT, "name": "x" }))]),
        ))
    }),
];

/// What forgeries are about, besides the forger's own.
struct Known {
    /// A device of the same book.
    colleague: String,
    /// A transfer that was applied, and its reversal.
    transfer: Value,
    reversal: Value,
    customer: String,
    /// Another book, a device and an account of it.
    far_book: String,
    far_device: String,
    far_account: String,
}

impl Known {
    /// Sets up what forgeries need.
    fn in_scene(scene: &mut Scene) -> Known {
        let elsewhere = Van::join(World::with_book(), &scene.office.link("Van 9", &ForBook::New("South".into())));
        let far_account = id_of(&elsewhere.world.account("Far till", "cash", 700));
        elsewhere.sync();
        let transfer = scene.forger.transfer();
        scene.forger.must_apply(&transfer);
        scene.forger.serial = 1;
        let reversal = scene.forger.reversal(&transfer);
        scene.forger.must_apply(&reversal);
        scene.forger.serial = 2;
        let customer = scene.forger.customer(0, "Known");
        scene.forger.must_apply(&customer);
        Known {
            colleague: id_of(&scene.other.ask("status", json!({}))["device"]),
            transfer,
            reversal,
            customer: customer["changes"][0]["key"].as_str().unwrap().to_owned(),
            far_book: elsewhere.book.to_string(),
            far_device: id_of(&elsewhere.ask("status", json!({}))["device"]),
            far_account,
        }
    }
}

/// The next transfer with one value of one of its changes another, or without it.
fn transfer_with(f: &Forger, change: usize, column: &str, value: Value) -> Vec<u8> {
    let mut entry = f.transfer();
    let new = entry["changes"][change]["new"].as_object_mut().unwrap();
    match value {
        Value::Null => drop(new.remove(column)),
        value => drop(new.insert(column.to_owned(), value)),
    }
    bytes(&entry)
}

/// The next transfer with one of its entry's members another, or without it.
fn envelope_with(f: &Forger, member: &str, value: Value) -> Vec<u8> {
    let mut entry = f.transfer();
    match value {
        Value::Null => drop(entry.as_object_mut().unwrap().remove(member)),
        value => entry[member] = value,
    }
    bytes(&entry)
}

#[test]
fn forged_transfers_are_quarantined_and_hold_up_nothing() {
    hand_in(TRANSFERS);
}

#[test]
fn forged_envelopes_are_quarantined_and_hold_up_nothing() {
    hand_in(ENVELOPES);
}

#[test]
fn forged_entries_are_quarantined_and_hold_up_nothing() {
    hand_in(ENTRIES);
}

#[test]
fn forged_rights_are_quarantined_and_hold_up_nothing() {
    hand_in(RIGHTS);
}

#[test]
fn each_forgery_is_of_one_group_and_none_is_lost() {
    let mut seen = std::collections::BTreeSet::new();
    for (what, _, _) in FORGERIES.concat() {
        assert!(seen.insert(what) || what == "bytes that are no entry", "{what} is there twice");
    }
    assert!(FORGERIES.concat().len() >= 118, "{} forgeries", FORGERIES.concat().len());
}

/// Hands each forgery in with a good entry behind it, and says of all together which of them were not dealt with as they are to be.
fn hand_in(forgeries: &[Forgery]) {
    let mut scene = Scene::set();
    let known = Known::in_scene(&mut scene);
    let (books, before) = (scene.books(), scene.customers());
    let mut expected = Vec::new();
    let mut otherwise = Vec::new();
    for (what, reason, forge) in forgeries {
        let forged = forge(&scene.forger, &known);
        let good = bytes(&scene.forger.customer(1, "After"));
        match scene.forger.try_push(&[forged, good]) {
            Ok(placed) => {
                expected.push((placed[0].0, *what, *reason));
                if (placed[0].2.as_str(), placed[1].2.as_str()) != ("quarantined", "applied") {
                    otherwise.push(format!("{what}: {placed:?}"));
                }
            }
            Err(error) => otherwise.push(format!("{what}: {}", said(&error))),
        }
    }
    let reasons = scene.reasons();
    for (sequence, what, reason) in expected {
        match reasons.iter().find(|(it, _)| *it == sequence) {
            Some((_, said)) if said.starts_with(&format!("{reason}: ")) => {}
            said => otherwise.push(format!("{what}: {said:?} instead of {reason}")),
        }
    }
    assert!(otherwise.is_empty(), "{} of {}:\n{}", otherwise.len(), forgeries.len(), otherwise.join("\n"));
    assert_eq!(scene.books(), books, "nothing of them was applied");
    assert_eq!(scene.customers(), before + i64::try_from(forgeries.len()).unwrap(), "what came after each was");
    // Head office reads on, tries them again in vain, and no other device stumbles over them.
    assert_eq!(scene.office.admin().quarantine(None).unwrap().as_array().unwrap().len(), forgeries.len());
    assert_eq!(scene.office.admin().retry(scene.van.book).unwrap(), 0);
    assert_eq!(scene.books(), books);
    scene.other.assert_agrees();
    scene.van.assert_agrees();
    // Dismissed, they trouble nobody either.
    for (sequence, _) in reasons {
        let version = scene.office.value(&format!(
            "SELECT coalesce(max(version), 0) FROM daybook_sync.quarantined_entry WHERE sequence = {sequence} AND state = 'waiting'"
        ));
        if version != "0" {
            scene.office.admin().dismiss(scene.van.book, version.parse().unwrap(), "forged").unwrap();
        }
    }
    assert!(scene.office.admin().quarantine(None).unwrap().as_array().unwrap().is_empty());
    assert_eq!(scene.books(), books);
    scene.other.assert_agrees();
}

#[test]
fn a_call_that_no_daybook_makes_is_refused_and_leaves_nothing() {
    let mut scene = Scene::set();
    let first = scene.forger.customer(0, "One");
    scene.forger.must_apply(&first);
    let second = scene.forger.transfer();
    scene.forger.must_apply(&second);
    let lane_of_colleague: Uuid = scene
        .office
        .value(&format!("SELECT incarnation_id FROM daybook_sync.lane WHERE device_id <> '{}'", scene.forger.device))
        .parse()
        .unwrap();
    let before = state(&scene.office, &[]);
    let f = &scene.forger;
    let next = |name: &str| bytes(&f.customer(0, name));
    assert_eq!(f.refused(f.sequence + 2, &f.hash, &[next("Gap")]), "DB003");
    assert_eq!(f.refused(f.sequence + 1, &[7; 32], &[next("Another chain")]), "DB002");
    assert_eq!(f.refused(f.sequence + 1, &[0; 32], &[next("The beginning again")]), "DB002");
    assert_eq!(f.refused(f.sequence, &hash(&[0; 32], &bytes(&first)), &[next("Other bytes under a number")]), "DB002");
    assert_eq!(f.refused(f.sequence, &[9; 32], &[bytes(&second)]), "DB002");
    assert_eq!(f.refused(1, &[0; 32], &[bytes(&first), next("Other bytes after known ones")]), "DB002");
    let stolen = f.raw.push(f.book, lane_of_colleague, 1, &[0; 32], &[next("Another's lane")]).unwrap_err();
    assert_eq!(said(&stolen), "DB001 That incarnation belongs to another device.");
    for first in [0, -1, i64::MIN] {
        assert_eq!(f.refused(first, &f.hash, &[next("Before the first")]), "DB004");
    }
    assert_eq!(f.refused(i64::MAX, &f.hash, &[next("Past the last")]), "DB003");
    assert_eq!(f.refused(f.sequence + 1, &f.hash[..31], &[next("A short hash")]), "DB004");
    assert_eq!(f.refused(f.sequence + 1, &f.hash, &[]), "DB004");
    assert_eq!(f.refused(f.sequence + 1, &f.hash, &vec![b"x".to_vec(); 501]), "DB004");
    assert_eq!(f.refused(f.sequence + 1, &f.hash, &[vec![b' '; 33 * 1024 * 1024]]), "DB004");
    assert_eq!(f.refused(f.sequence + 1, &f.hash, &[vec![b' '; 5_000_000], vec![b' '; 5_000_000]]), "DB004");
    // What the driver's types can't say, SQL can.
    let push = |arguments: &str| {
        let sql = format!("SELECT * FROM daybook_sync.push({arguments})");
        code(&f.raw.run(&sql).expect_err(&sql))
    };
    let (book, lane, at) = (f.book, f.lane, f.sequence + 1);
    let zeros = "decode(repeat('00', 32), 'hex')";
    for arguments in [
        format!("'{book}', '{lane}', {at}, {zeros}, ARRAY[NULL::bytea], 0"),
        format!("'{book}', '{lane}', {at}, {zeros}, ARRAY['x'::bytea, NULL], 0"),
        format!("'{book}', '{lane}', {at}, {zeros}, ARRAY[ARRAY['x'::bytea], ARRAY['y'::bytea]], 0"),
        format!("'{book}', '{lane}', {at}, {zeros}, '[5:6]={{x,y}}'::bytea[], 0"),
        format!("'{book}', '{lane}', {at}, {zeros}, NULL, 0"),
        format!("'{book}', '{lane}', NULL, {zeros}, ARRAY['x'::bytea], 0"),
        format!("'{book}', '{lane}', {at}, NULL, ARRAY['x'::bytea], 0"),
        format!("'{book}', NULL, {at}, {zeros}, ARRAY['x'::bytea], 0"),
    ] {
        assert_eq!(push(&arguments), "DB004", "{arguments}");
    }
    assert_eq!(push(&format!("NULL, '{lane}', {at}, {zeros}, ARRAY['x'::bytea], 0")), "DB001");
    let others = [("pull($1, 0, '', 1000, $2, $3)", "DB004"), ("lane_hash($1, ($2::uuid[])[1], $3)", "DB004")];
    for (call, expected) in others {
        let (lanes, sequences) = (vec![lane; 1_001], vec![1_i64; 1_001]);
        let sql = format!("SELECT * FROM daybook_sync.{call}");
        let values: [&(dyn ToSql + Sync); 3] = [&book, &lanes, &sequences];
        assert_eq!(code(&f.raw.rows(&sql, &values).unwrap_err()), expected, "{call}");
    }
    assert_eq!(state(&scene.office, &[]), before, "nothing of it is kept");
    // What was sent before is answered as it was then, and the next one is taken.
    let again = scene.forger.raw.push(book, lane, 1, &[0; 32], &[bytes(&first), bytes(&second)]).unwrap();
    assert_eq!(again.iter().map(|placed| placed.2.as_str()).collect::<Vec<_>>(), ["applied", "applied"]);
    assert_eq!(state(&scene.office, &[]), before);
    let good = scene.forger.customer(0, "Good");
    scene.forger.must_apply(&good);
    scene.van.assert_agrees();
}

/// Found by a reader of the code: what head office took in and other devices can't would stop them for ever.
#[test]
fn what_would_stop_other_devices_is_not_applied_or_stops_none() {
    let mut scene = Scene::set();
    let nested = (0..130).fold(json!(1), |inner, _| json!([inner]));
    for old in [json!({ "x": nested }), json!({ "name": { "a": 1 } }), json!({ "name": true })] {
        let mut entry = scene.forger.customer(0, "Nested");
        entry["changes"][0]["old"] = old;
        assert_eq!(scene.forger.push(&[bytes(&entry)])[0].2, "quarantined");
    }
    let entry = scene.forger.customer(0, "A number of many digits");
    let text = rewritten(&entry, r#""op":"insert""#, &format!(r#""old":{{"x":{}}},"op":"insert""#, "9".repeat(400)));
    assert_eq!(scene.forger.push(&[text])[0].2, "quarantined");

    // A product, and in the next entry its tax.
    let tax = fresh();
    let product = json!({ "created_at": AT, "name": "Tea", "price_minor": 1, "tax_id": tax });
    let first = scene.forger.entry(0, "product_add", json!([insert("product", &fresh(), product)]));
    let second = scene.forger.entry(
        1,
        "tax_add",
        json!([insert("tax", &tax, json!({ "created_at": AT, "name": "VAT", "rate_ppm": 1 }))]),
    );
    scene.forger.push(&[bytes(&first), bytes(&second)]);

    // A balance that would be too large in between.
    let most = 9_007_199_254_740_991_i64;
    let opening = scene.office.value("SELECT id FROM daybook.payment_account WHERE kind = 'opening'");
    let open = |forger: &Forger, ahead: i64, is_debt: bool| {
        let (account, document) = (fresh(), fresh());
        let (debit, credit) = if is_debt { (&opening, &account) } else { (&account, &opening) };
        forger.entry(
            ahead,
            "account_open",
            json!([
                insert("payment_account", &account, json!({
                    "created_at": AT, "custodian_device_id": forger.device, "kind": "bank", "name": format!("Bank {ahead}"),
                })),
                insert("payment_opening", &document, json!({
                    "account_id": account, "amount_minor": if is_debt { -most } else { most }, "business_date": "2023-11-14",
                    "created_at": AT, "device_id": forger.device, "number": format!("D1-A-{:06}", 7 + ahead),
                    "person_id": forger.person, "serial": 7 + ahead, "series": "A",
                })),
                insert("ledger_posting", &fresh(), json!({
                    "amount_minor": most, "business_date": "2023-11-14", "created_at": AT, "credit_account_id": credit,
                    "debit_account_id": debit, "document_id": document, "document_kind": "opening",
                })),
            ]),
        )
    };
    let placed = scene.forger.push(&[bytes(&open(&scene.forger, 0, false)), bytes(&open(&scene.forger, 1, true))]);
    assert_eq!(placed[0].2, "quarantined", "{:?}", scene.reasons());

    // Two columns of one record that lose, in two changes of one entry.
    let customer = scene.van.customer("Ana");
    scene.van.sync();
    scene.van.edit(&customer, json!({ "phone": "newer", "city": "newer" }));
    scene.van.sync();
    let id = id_of(&customer);
    let changes = ["city", "phone"].map(|column| {
        json!({ "key": id, "new": { column: "older" }, "old": { column: "unknown" }, "op": "update", "table": "customer" })
    });
    let entry = scene.forger.entry(0, "customer_edit", json!(changes));
    scene.forger.must_apply(&entry);

    for device in [&scene.van, &scene.other] {
        device.sync();
        device.assert_agrees();
        let now = device.customer_now(&customer);
        assert_eq!((&now["phone"], &now["city"]), (&json!("newer"), &json!("newer")));
    }
    scene.office.colleague_called("Van 3", &scene.van).assert_agrees();
}

/// Found when quarantine was tried again by itself: a newcomer that read the postings in another order could not join.
#[test]
fn payments_that_fill_an_account_stop_no_device() {
    let mut scene = Scene::set();
    let most = 9_007_199_254_740_991_i64;
    let [one, two] = ["One", "Two"].map(|name| id_of(&scene.van.world.account(name, "bank", 0)));
    scene.van.sync();
    let pay = |forger: &mut Forger, amount: i64, to_bank: bool| {
        let mut entry = forger.transfer();
        let (from, to) = if to_bank { (&forger.purse, &forger.bank) } else { (&forger.bank, &forger.purse) };
        for (place, debit, credit) in
            [(0, "to_account_id", "from_account_id"), (1, "debit_account_id", "credit_account_id")]
        {
            let new = &mut entry["changes"][place]["new"];
            new["amount_minor"] = json!(amount);
            new[debit] = json!(to);
            new[credit] = json!(from);
        }
        // By their ids, all that is paid one way comes before all that is paid the other way.
        let key = format!("{}{}", if to_bank { "ffffffff" } else { "00000000" }, &fresh()[8..]);
        entry["changes"][1]["key"] = json!(key);
        forger.serial += 1;
        forger.push(&[bytes(&entry)])[0].2.clone()
    };
    // A colleague has paid something into the account that head office has not heard of, and then there is no room for it.
    let (bank, purse) = (json!({ "id": scene.forger.bank }), json!({ "id": scene.forger.purse }));
    scene.other.world.transfer(&bank, &purse, 100);
    let room = most - 5_000 - 10;
    assert_eq!(pay(&mut scene.forger, room, false), "applied");
    scene.other.customer("Behind it");
    scene.other.sync();
    assert_eq!(scene.office.value("SELECT count(*) FROM daybook.customer"), "1", "nothing waits behind it");
    assert_eq!(scene.other.conflicts()[0]["kind"], "quarantined", "{:?}", scene.other.conflicts());
    let waiting = scene.office.admin().quarantine(None).unwrap();
    scene.office.admin().dismiss(scene.van.book, waiting[0]["version"].as_i64().unwrap(), "no room").unwrap();
    scene.other.assert_agrees();
    scene.van.assert_agrees();
    assert_eq!(scene.other.world.balance(&purse["id"]), most - 10);

    // To and fro between two accounts: in any order but this one there is no room for it.
    (scene.forger.purse, scene.forger.bank) = (one, two);
    for back in [false, true, false, true, false] {
        assert_eq!(pay(&mut scene.forger, most, back), "applied", "{:?}", scene.reasons());
    }
    scene.van.assert_agrees();
    scene.office.colleague_called("Van 3", &scene.van).assert_agrees();
    // It doesn't go on without end: what an account gained in a day must fit into a device's numbers.
    scene
        .office
        .sql("SET ROLE daybook_machine; UPDATE daybook.ledger_balance SET turnover_minor = 4611686018427387904 - 100");
    assert_eq!(pay(&mut scene.forger, 101, true), "quarantined");
}

#[test]
fn a_forged_entry_within_a_batch_is_quarantined_alone() {
    let mut scene = Scene::set();
    let books = scene.books();
    let mut batch: Vec<Vec<u8>> = (0..9).map(|n| bytes(&scene.forger.customer(n, &format!("Customer {n}")))).collect();
    // The same request under other bytes, as a copied store would send it: it was done already.
    let mut repeated: Value = serde_json::from_slice(&batch[1]).unwrap();
    repeated["sequence"] = json!(7);
    repeated["changes"][0]["key"] = json!(fresh());
    batch[6] = bytes(&repeated);
    let mut forged = scene.forger.transfer();
    forged["sequence"] = json!(5);
    forged["changes"][1]["new"]["credit_account_id"] = json!(scene.forger.purse);
    batch[4] = bytes(&forged);
    let outcomes: Vec<String> = scene.forger.push(&batch).into_iter().map(|placed| placed.2).collect();
    let mut expected = vec!["applied"; 9];
    (expected[4], expected[6]) = ("quarantined", "superseded");
    assert_eq!(outcomes, expected);
    assert_eq!((scene.books(), scene.customers()), (books, 7));
    assert_eq!(scene.reasons().len(), 1);
    scene.other.assert_agrees();
    scene.van.assert_agrees();
}

#[test]
fn in_a_batch_only_what_was_paid_before_a_hand_over_stands() {
    let mut scene = Scene::set();
    let colleague = id_of(&scene.other.ask("status", json!({}))["device"]);
    let hand_over = |f: &Forger, ahead: i64, account: &str| {
        let change = update("payment_account", account, json!({ "custodian_device_id": colleague }));
        f.entry(ahead, "account_hand_over", json!([change]))
    };
    let from = |f: &Forger, account: &str, ahead: i64, serial: i64| {
        let mut entry = f.transfer();
        entry["sequence"] = json!(f.sequence + 1 + ahead);
        entry["changes"][0]["new"]["from_account_id"] = json!(account);
        entry["changes"][0]["new"]["serial"] = json!(serial);
        entry["changes"][0]["new"]["number"] = json!(format!("D1-T-{serial:06}"));
        entry["changes"][1]["new"]["credit_account_id"] = json!(account);
        entry
    };
    let outcomes = |placed: Vec<Placed>| placed.into_iter().map(|it| it.2).collect::<Vec<_>>();
    let till = scene.forger.till.clone();

    // Taken out, handed over, and taken out once more: with a good entry behind it.
    let f = &scene.forger;
    let batch = [from(f, &till, 0, 1), hand_over(f, 1, &till), from(f, &till, 2, 2), f.customer(3, "After")];
    let placed = scene.forger.push(&batch.map(|entry| bytes(&entry)));
    assert_eq!(outcomes(placed), ["applied", "applied", "quarantined", "applied"]);
    let (_, reason) = &scene.reasons()[0];
    assert_eq!(reason, "not_allowed: Only the device that keeps an account may lower it.");
    // Handed over once more by who has it no longer, in a batch of its own and behind a good transfer.
    let second = scene.van.world.account("Second till", "cash", 500);
    scene.van.sync();
    let second = id_of(&second);
    let f = &scene.forger;
    let batch = [hand_over(f, 0, &second), from(f, &second, 1, 2), hand_over(f, 2, &till)];
    let placed = scene.forger.push(&batch.map(|entry| bytes(&entry)));
    assert_eq!(outcomes(placed), ["applied", "quarantined", "quarantined"]);
    let (_, reason) = scene.reasons().pop().unwrap();
    assert_eq!(reason, "not_allowed: Only the device that keeps an account may hand it over.");

    // Nor by saying not to have heard of a minimum that it set itself, or that was there all along.
    let third = scene.van.world.account("Third till", "cash", 500);
    let seen = scene.van.world.account_now(&third["id"])["row_version"].clone();
    let third_id = id_of(&third);
    scene.van.ask("account_edit", json!({ "account_id": third_id, "row_version": seen, "minimum_minor": null }));
    scene.van.sync();
    let f = &scene.forger;
    let mut minimum = update("payment_account", &third_id, json!({ "minimum_minor": 0 }));
    minimum["old"] = json!({ "minimum_minor": null });
    let batch = [f.entry(0, "account_edit", json!([minimum])), hand_over(f, 1, &third_id), from(f, &third_id, 2, 2)];
    let placed = scene.forger.push(&batch.map(|entry| bytes(&entry)));
    assert_eq!(outcomes(placed), ["applied", "applied", "quarantined"]);
    scene.other.sync();
    let seen = scene.other.world.account_now(&third["id"])["row_version"].clone();
    scene.other.ask("account_edit", json!({ "account_id": third_id, "row_version": seen, "minimum_minor": 10 }));
    scene.other.sync();
    let entry = bytes(&from(&scene.forger, &third_id, 0, 2));
    assert_eq!(outcomes(scene.forger.push(&[entry])), ["quarantined"], "its new keeper only raised it");
    let seen = scene.other.world.account_now(&json!(till))["row_version"].clone();
    scene.other.ask("account_edit", json!({ "account_id": till, "row_version": seen, "minimum_minor": 10 }));
    scene.other.sync();
    let entry = bytes(&from(&scene.forger, &till, 0, 2));
    assert_eq!(outcomes(scene.forger.push(&[entry])), ["quarantined"]);

    // Its new keeper has what was left, and all of it.
    let (till, purse) = (json!({ "id": till }), json!({ "id": scene.forger.purse }));
    assert_eq!(scene.other.world.balance(&till["id"]), 9_900);
    scene.other.world.transfer(&till, &purse, 9_890);
    scene.other.assert_agrees();
    scene.van.assert_agrees();
    assert_eq!(scene.office.value("SELECT count(*) FROM daybook_sync.overdraft"), "0");
}

#[test]
fn an_account_with_a_quarantined_payment_is_not_handed_over() {
    let mut scene = Scene::set();
    let colleague = id_of(&scene.other.ask("status", json!({}))["device"]);
    let hand_over = |f: &Forger, ahead: i64| {
        let change = update("payment_account", &f.till, json!({ "custodian_device_id": colleague }));
        bytes(&f.entry(ahead, "account_hand_over", json!([change])))
    };
    // Something is wrong with the transfer alone: what was in the till is gone all the same.
    let mut wrong = scene.forger.transfer();
    wrong["changes"][0]["new"]["person_id"] = json!(fresh());
    let batch = [bytes(&wrong), hand_over(&scene.forger, 1)];
    let placed = scene.forger.push(&batch);
    assert_eq!((placed[0].2.as_str(), placed[1].2.as_str()), ("quarantined", "quarantined"), "in one batch");
    let again = hand_over(&scene.forger, 0);
    assert_eq!(scene.forger.push(&[again])[0].2, "quarantined", "in another");
    let sentence = "not_allowed: What the device took out of the account before waits in quarantine.";
    assert_eq!((&scene.reasons()[1].1, &scene.reasons()[2].1), (&sentence.to_owned(), &sentence.to_owned()));
    assert_eq!(scene.office.admin().retry(scene.van.book).unwrap(), 0);
    scene.office.admin().dismiss(scene.van.book, placed[0].1, "nobody did it").unwrap();
    assert_eq!(scene.office.admin().retry(scene.van.book).unwrap(), 1, "the other one would be a second time");
    scene.other.sync();
    assert_eq!(scene.other.world.account_now(&json!(scene.forger.till))["custodian_here"], true);
    scene.other.assert_agrees();
    scene.van.assert_agrees();
}

#[test]
fn what_a_tampered_store_did_is_dismissed_and_taken_back() {
    let scene = Scene::set();
    let (van, other) = (&scene.van, &scene.other);
    van.sync();
    take_custody(other, &scene.forger.till);
    let (till, purse) = (json!({ "id": scene.forger.till }), json!({ "id": scene.forger.purse }));
    other.world.transfer(&till, &purse, 4_000);
    other.customer("After it");
    other.sync();
    assert_eq!(scene.office.value("SELECT count(*) FROM daybook.customer"), "1", "nothing waits behind it");
    assert_eq!(scene.office.value("SELECT count(*) FROM daybook.payment_transfer"), "0");
    let conflicts = other.conflicts();
    assert_eq!((conflicts.len(), &conflicts[0]["kind"]), (1, &json!("quarantined")), "{conflicts:?}");
    let waiting = scene.office.admin().quarantine(None).unwrap();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["reason"]), (1, &json!("not_allowed")), "{waiting}");
    assert_eq!(scene.office.admin().retry(van.book).unwrap(), 0, "the cause is not gone");

    let version = waiting[0]["version"].as_i64().unwrap();
    assert_eq!(scene.office.admin().dismiss(van.book, version, "not yours").unwrap(), 1);
    other.sync();
    assert_eq!(
        (other.world.balance(&till["id"]), other.world.balance(&purse["id"])),
        (10_000, 5_000),
        "its rows are taken back"
    );
    assert!(rows(&other.ask("transfer_list", json!({}))).is_empty());
    assert!(other.conflicts().is_empty(), "{:?}", other.conflicts());
    assert_eq!(van.world.balance(&till["id"]), 10_000);
    van.assert_agrees();
}

#[test]
fn what_was_not_allowed_is_applied_once_it_is() {
    let mut scene = Scene::set();
    let (van, other) = (&scene.van, &scene.other);
    van.sync();
    take_custody(other, &scene.forger.till);
    let (till, purse) = (json!({ "id": scene.forger.till }), json!({ "id": scene.forger.purse }));
    other.world.transfer(&till, &purse, 4_000);
    other.sync();
    // The custodian hands the account over after all.
    let device = other.ask("status", json!({}))["device"]["id"].clone();
    let change = update("payment_account", &scene.forger.till, json!({ "custodian_device_id": device }));
    let entry = scene.forger.entry(0, "account_hand_over", json!([change]));
    scene.forger.must_apply(&entry);
    // Nobody has to ask for it.
    van.sync();
    other.sync();
    for device in [van, other] {
        assert_eq!((device.world.balance(&till["id"]), device.world.balance(&purse["id"])), (6_000, 9_000));
        assert!(device.conflicts().is_empty());
    }
    van.assert_agrees();
    other.assert_agrees();
}

#[test]
fn changes_in_an_order_of_their_own_mean_the_same_everywhere() {
    let mut scene = Scene::set();
    let (account, customer) = (fresh(), fresh());
    // Children before their parents, and an edit before there is something to edit.
    let (equity, document) =
        (scene.office.value("SELECT id FROM daybook.payment_account WHERE kind = 'opening'"), fresh());
    let posting = json!({
        "amount_minor": 5, "business_date": "2023-11-14", "created_at": AT, "credit_account_id": equity,
        "debit_account_id": account, "document_id": document, "document_kind": "opening",
    });
    let opening = json!({
        "account_id": account, "amount_minor": 5, "business_date": "2023-11-14", "created_at": AT,
        "device_id": scene.forger.device, "number": "D1-A-000009", "person_id": scene.forger.person, "serial": 9, "series": "A",
    });
    let entry = scene.forger.entry(
        0,
        "account_open",
        json!([
            insert("ledger_posting", &fresh(), posting),
            insert("payment_opening", &document, opening),
            insert("payment_account", &account, json!({ "created_at": AT, "kind": "bank", "name": "Second bank" })),
        ]),
    );
    scene.forger.must_apply(&entry);
    let batch = json!({
        "byte_offset": 0, "created_at": AT, "file_name": "x", "kind": "customer", "mapping": "{}", "person_id": scene.forger.person,
        "rows_added": 0, "rows_done": 0, "rows_known": 0, "rows_changed": 0, "rows_refused": 0, "rows_empty": 0, "lines_total": 2, "lines_done": 1, "rows_total": 1, "state": "running",
    });
    let import = fresh();
    let entry = scene.forger.entry(0, "import_start", json!([insert("import_batch", &import, batch)]));
    scene.forger.must_apply(&entry);
    let row = json!({ "fingerprint": "00ff", "import_batch_id": import, "ordinal": 1, "outcome": "added", "record_id": customer });
    let entry = scene.forger.entry(
        0,
        "import_step",
        json!([
            update("import_batch", &import, json!({ "state": "done" })),
            insert("import_row", &fresh(), row),
            insert("customer", &customer, json!({ "created_at": AT, "name": "Late" })),
        ]),
    );
    scene.forger.must_apply(&entry);
    let entry = scene.forger.entry(
        0,
        "import_undo",
        json!([
            { "key": import, "old": {}, "op": "delete", "table": "import_batch" },
        ]),
    );
    scene.forger.must_apply(&entry);
    scene.van.assert_agrees();
    scene.other.assert_agrees();
}

#[test]
fn a_transfer_is_reversed_once_though_two_devices_do_it() {
    let mut scene = Scene::set();
    let transfer = scene.forger.transfer();
    scene.forger.must_apply(&transfer);
    scene.forger.serial = 1;
    let first = bytes(&scene.forger.reversal(&transfer));
    // The colleague's: in a lane of its own, under its own numbers.
    let status = scene.other.ask("status", json!({}));
    let mut second = scene.forger.reversal(&transfer);
    let lane = Uuid::now_v7();
    (second["incarnation"], second["sequence"]) = (json!(lane), json!(1));
    second["changes"][0]["new"]["device_id"] = status["device"]["id"].clone();
    (second["changes"][0]["new"]["number"], second["changes"][0]["new"]["serial"]) = (json!("D2-T-000001"), json!(1));
    let (office, book, other) = (&scene.office, scene.forger.book, &scene.other);

    scene.forger.raw.run("BEGIN").unwrap();
    assert_eq!(scene.forger.push(&[first])[0].2, "applied");
    let placed = once_it_waits(
        office,
        || Raw::of(office, other).push(book, lane, 1, &[0; 32], &[bytes(&second)]).unwrap(),
        || scene.forger.raw.run("COMMIT").unwrap(),
    );
    assert_eq!(placed[0].2, "quarantined");
    assert_eq!(
        office.value("SELECT count(*) FROM daybook.payment_transfer WHERE reverses_transfer_id IS NOT NULL"),
        "1"
    );
    scene.van.assert_agrees();
}

/// Whatever a device may take in, so may another: what head office's tables forbid, a device's must not forbid more.
#[test]
fn an_account_does_not_go_to_a_device_that_is_being_released() {
    let mut scene = Scene::set();
    let office = &scene.office;
    let third = id_of(&office.colleague_called("Van 3", &scene.van).ask("status", json!({}))["device"]);
    let colleague = id_of(&scene.other.ask("status", json!({}))["device"]);
    let second = id_of(&scene.van.world.account("Second till", "cash", 500));
    scene.van.sync();
    let hand_over = |f: &Forger, account: &str, to: &str| {
        let change = update("payment_account", account, json!({ "custodian_device_id": to }));
        bytes(&f.entry(0, "account_hand_over", json!([change])))
    };
    let keeper = |account: &str| {
        office.value(&format!("SELECT custodian_device_id FROM daybook.payment_account WHERE id = '{account}'"))
    };
    let (book, device) = (scene.forger.book, scene.forger.device.clone());
    let (till, purse) = (scene.forger.till.clone(), scene.forger.purse.clone());
    let release = |from: &str, to: &str| format!("SELECT daybook_sync.release_device('{book}', '{from}', '{to}')");
    let admin = Raw::connect(office, "postgres", office.cluster.password(), &office.database).unwrap();

    // The hand-over comes first: the account goes on to whoever gets the others.
    let given = hand_over(&scene.forger, &till, &colleague);
    scene.forger.raw.run("BEGIN").unwrap();
    assert_eq!(scene.forger.push(&[given])[0].2, "applied");
    once_it_waits(
        office,
        || admin.run(&release(&colleague, &third)).unwrap(),
        || scene.forger.raw.run("COMMIT").unwrap(),
    );
    assert_eq!((keeper(&till), keeper(&purse)), (third.clone(), third.clone()));

    // The release comes first: the account stays where it is.
    let given = hand_over(&scene.forger, &second, &third);
    admin.run(&format!("BEGIN; {}", release(&third, &device))).unwrap();
    let forger = &mut scene.forger;
    let placed = once_it_waits(office, || forger.push(&[given]), || admin.run("COMMIT").unwrap());
    assert_eq!(placed[0].2, "quarantined");
    let (_, reason) = scene.reasons().pop().unwrap();
    assert_eq!(reason, "not_allowed: An account is handed over to a device of its book that was not revoked.");
    for account in [&till, &second, &purse] {
        assert_eq!(keeper(account), device);
    }
}

#[test]
fn head_office_keeps_nothing_that_a_device_can_not() {
    let office = Office::open();
    let world = World::with_book();
    let sqlite = world.connection();
    let text = |value: Option<String>| value.unwrap_or_default();
    let tables = office.sql("SELECT table_name FROM daybook_sync.synced_table ORDER BY ordinal");
    for table in tables.into_iter().map(|mut row| text(row.remove(0))) {
        let list = |sql: &str| -> Vec<String> {
            let mut prepared = sqlite.prepare(sql).unwrap();
            let rows = prepared.query_map([&table], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let needed = list(
            "SELECT name FROM pragma_table_info(?1) WHERE \"notnull\" AND name NOT IN ('search_text', 'name_fold', 'row_version')",
        );
        let needed_there = office.sql(&format!(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'daybook.{table}'::regclass AND attnotnull"
        ));
        let needed_there: Vec<String> = needed_there.into_iter().map(|mut row| text(row.remove(0))).collect();
        for column in needed {
            assert!(needed_there.contains(&column), "{table}.{column} may be null at head office alone");
        }
        let references = list("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1)");
        for parent in references {
            let there = office.value(&format!(
                "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'daybook.{table}'::regclass AND confrelid = 'daybook.{parent}'::regclass"
            ));
            assert_ne!(there, "0", "{table} refers to {parent} on devices alone");
        }
        let source = list("SELECT sql FROM sqlite_schema WHERE name = ?1").concat();
        for check in source
            .split("CONSTRAINT ")
            .filter(|part| part.contains(" CHECK "))
            .filter_map(|part| part.split_whitespace().next())
        {
            // What a column's type says at head office, or the form that each value must have.
            if check.ends_with("_id_check") {
                continue;
            }
            let there = office.value(&format!("SELECT count(*) FROM pg_constraint WHERE conname = '{check}'"));
            assert_eq!(there, "1", "{check} is on devices alone");
        }
    }
}

fn take_custody(thief: &Van, account: &str) {
    let device = thief.ask("status", json!({}))["device"]["id"].as_str().unwrap().replace('-', "");
    thief.world.behind_its_back(&format!(
        "UPDATE payment_account SET custodian_device_id = x'{device}' WHERE id = x'{}'",
        account.replace('-', "")
    ));
}

/// Does the first on a thread of its own, and the second once that one waits for a lock; what came of the first.
fn once_it_waits<T: Send>(office: &Office, waits: impl FnOnce() -> T + Send, then: impl FnOnce()) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(waits);
        let query =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while office.value(query) == "0" {
            assert!(!waiting.is_finished(), "it did not wait");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        then();
        waiting.join().expect("it is done")
    })
}

#[test]
fn an_opening_balance_says_what_its_one_posting_says() {
    let mut scene = Scene::set();
    let equity = scene.office.value("SELECT id FROM daybook.payment_account WHERE kind = 'opening'");
    let mut serial = 10;
    let mut opening = |forger: &Forger, amount: i64| {
        serial += 1;
        let (id, bank) = (fresh(), forger.bank.as_str());
        let (debit, credit) = if amount > 0 { (bank, equity.as_str()) } else { (equity.as_str(), bank) };
        forger.entry(
            0,
            "account_open",
            json!([
                insert("payment_opening", &id, json!({
                    "account_id": forger.bank, "amount_minor": amount, "business_date": "2023-11-14", "created_at": AT,
                    "device_id": forger.device, "number": format!("D1-A-{serial:06}"), "person_id": forger.person, "serial": serial,
                    "series": "A",
                })),
                insert("ledger_posting", &fresh(), json!({
                    "amount_minor": amount.abs(), "business_date": "2023-11-14", "created_at": AT, "credit_account_id": credit,
                    "debit_account_id": debit, "document_id": id, "document_kind": "opening",
                })),
            ]),
        )
    };
    let first = opening(&scene.forger, 700);
    scene.forger.must_apply(&first);
    let owed = opening(&scene.forger, -50);
    scene.forger.must_apply(&owed);
    let shown = scene.office.sql(
        "SELECT document_number, device_name IS NOT NULL, count(*) FROM daybook.ledger_line WHERE document_number LIKE '%-A-00001%'
         GROUP BY 1, 2 ORDER BY 1",
    );
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown.iter().all(|row| row[2].as_deref() == Some("2")), "two lines each: {shown:?}");
    let said = ["opening balance", "no document"];
    type Forgery<'f> = (&'f str, &'f dyn Fn(&mut Value));
    let forgeries: [Forgery; 9] = [
        (said[0], &|entry| entry["changes"][0]["new"]["amount_minor"] = json!(71)),
        (said[0], &|entry| entry["changes"][0]["new"]["amount_minor"] = json!(-70)),
        (said[0], &|entry| entry["changes"][0]["new"]["business_date"] = json!("2023-11-15")),
        (said[0], &|entry| entry["changes"][0]["new"]["number"] = json!("D1-T-000003")),
        (said[0], &|entry| entry["changes"][0]["new"]["number"] = json!("D2-A-000003")),
        (said[0], &|entry| {
            entry["changes"].as_array_mut().unwrap().truncate(1);
        }),
        (said[0], &|entry| {
            let mut second = entry["changes"][1].clone();
            second["key"] = json!(fresh());
            entry["changes"].as_array_mut().unwrap().push(second);
        }),
        (said[1], &|entry| entry["changes"][1]["new"]["document_kind"] = json!("transfer")),
        (said[1], &|entry| entry["changes"][1]["new"]["document_id"] = json!(fresh())),
    ];
    let before = scene.books();
    for (index, (because, forge)) in forgeries.iter().enumerate() {
        let mut entry = opening(&scene.forger, 70);
        forge(&mut entry);
        let placed = scene.forger.push(&[bytes(&entry)]);
        assert_eq!(placed[0].2, "quarantined", "{index}: {entry}");
        let reason = scene.reasons().pop().unwrap().1;
        assert!(reason.contains(because), "{index}: {reason}");
    }
    // From an account that is no opening account.
    let mut entry = opening(&scene.forger, 70);
    entry["changes"][1]["new"]["credit_account_id"] = json!(scene.forger.till);
    assert_eq!(scene.forger.push(&[bytes(&entry)])[0].2, "quarantined");
    assert_eq!(scene.books(), before);
    // Taken back exactly, and once.
    let mut reversals = Vec::new();
    for amount in [-699, -700, -700] {
        let mut entry = opening(&scene.forger, amount);
        entry["changes"][0]["new"]["reverses_opening_id"] = first["changes"][0]["key"].clone();
        reversals.push(scene.forger.push(&[bytes(&entry)])[0].2.clone());
    }
    assert_eq!(reversals, ["quarantined", "applied", "quarantined"]);
    assert_eq!(scene.office.value("SELECT count(*) FROM daybook.payment_opening WHERE serial > 10"), "3");
    let said = scene.office.cluster.sql_fails(
        &scene.office.database,
        "SET ROLE daybook_head_office; UPDATE daybook.payment_opening SET memo = 'x'",
    );
    assert!(said.contains("written by devices alone"), "{said}");
}
