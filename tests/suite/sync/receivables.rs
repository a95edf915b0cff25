//! Bills, payments and claims on devices that don't hear of each other; and what no Daybook would say of them.

use super::raw::{Raw, said};
use super::{Office, Van};
use serde_json::{Value, json};
use uuid::Uuid;

/// Two vans with a till each, and a customer that both know.
struct Route {
    office: Office<'static>,
    vans: [Van; 2],
    tills: [Value; 2],
    customer: Value,
}

impl Route {
    fn set() -> Route {
        let office = Office::open();
        let one = office.founder();
        let customer = one.customer("Mama Njeri");
        one.sync();
        let two = office.colleague(&one);
        let tills = [one.world.account("Till 1", "cash", 0), two.world.account("Till 2", "cash", 0)];
        let route = Route { office, vans: [one, two], tills, customer };
        route.meet();
        route
    }

    /// Both hear of everything, and say the same as head office.
    fn meet(&self) {
        for van in [&self.vans[0], &self.vans[1], &self.vans[0], &self.vans[1]] {
            van.sync();
        }
        let accounts = [0, 1].map(|van| self.account(van));
        assert_eq!(accounts[0], accounts[1]);
        for van in &self.vans {
            van.assert_agrees();
        }
        assert_eq!(agreement(&self.office), "");
    }

    fn bill(&self, van: usize, total: i64) -> Value {
        let lines = json!([{ "description": "Goods", "quantity_milli": 1000, "price_minor": total }]);
        self.vans[van].ask("bill_issue", json!({ "customer_id": self.customer["id"], "lines": lines }))
    }

    fn pay(&self, van: usize, amount: i64) -> Value {
        let order =
            json!({ "customer_id": self.customer["id"], "account_id": self.tills[van]["id"], "amount_minor": amount });
        self.vans[van].ask("payment_receive", order)
    }

    fn account(&self, van: usize) -> Value {
        self.vans[van].ask("customer_account", json!({ "customer_id": self.customer["id"] }))
    }

    /// Balance, open, overpaid, left.
    fn sums(&self) -> [i64; 4] {
        let account = self.account(0);
        ["balance_minor", "open_minor", "overpaid_minor", "left_minor"].map(|sum| account[sum].as_i64().unwrap())
    }
}

/// The customers of whom head office's views don't say that the balance is what is open, less what is overpaid and unclaimed, and
/// what was adjusted.
pub(super) fn agreement(office: &Office) -> String {
    let rows = office.sql(
        "SELECT b.customer_name, b.balance, d.rest, a.adjusted
         FROM daybook.customer_balance b
         LEFT JOIN (SELECT book_id, customer_id, sum(open - overpaid - unclaimed) AS rest FROM daybook.customer_document
                    GROUP BY book_id, customer_id) d ON d.book_id = b.book_id AND d.customer_id = b.customer_id
         LEFT JOIN (SELECT p.book_id, p.customer_id, sum(daybook.decimal_amount(
                               CASE WHEN a.kind = 'receivable' THEN p.amount_minor ELSE -p.amount_minor END, k.currency)) AS adjusted
                    FROM daybook.ledger_posting p JOIN daybook.book k ON k.id = p.book_id
                    JOIN daybook.payment_account a ON a.book_id = p.book_id AND a.id = p.debit_account_id
                    WHERE p.customer_id IS NOT NULL AND p.document_kind = 'adjustment'
                    GROUP BY p.book_id, p.customer_id) a ON a.book_id = b.book_id AND a.customer_id = b.customer_id
         WHERE b.balance <> coalesce(d.rest, 0) + coalesce(a.adjusted, 0)",
    );
    let lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    lines.join("\n")
}

/// A bill that two devices collect: facts add up, nothing is refused, and both are told.
#[test]
fn rule_8_a_bill_that_is_collected_twice_is_overpaid_and_says_so() {
    let route = Route::set();
    let bill = route.bill(0, 1_000);
    route.meet();
    route.pay(0, 1_000);
    route.pay(1, 1_000);
    route.meet();
    assert_eq!(route.sums(), [-1_000, 0, 1_000, 0]);
    for (van, till) in route.vans.iter().zip(&route.tills) {
        let shown = van.ask("bill_show", json!({ "bill_id": bill["id"] }));
        assert_eq!((&shown["state"], &shown["overpaid_minor"]), (&json!("paid"), &json!(1_000)));
        assert_eq!(shown["claims"].as_array().unwrap().len(), 2);
        assert_eq!(van.world.balance(&till["id"]), 1_000);
    }
    let seen = route.office.sql("SELECT open, overpaid FROM daybook.customer_document WHERE kind = 'bill'");
    assert_eq!(seen, [[Some("0.00".into()), Some("10.00".into())]]);
}

/// Of one credit two devices use more than there is: it counts in the order of their clocks.
#[test]
fn rule_9_a_credit_that_two_devices_use_counts_in_the_order_of_their_clocks() {
    for (ahead, open) in [(0, [0, 200]), (-2_000, [200, 0])] {
        let route = Route::set();
        let (a, b) = (route.bill(0, 300), route.bill(0, 400));
        let order = json!({
            "customer_id": route.customer["id"], "account_id": route.tills[0]["id"], "amount_minor": 500, "claims": [],
        });
        let paid = route.vans[0].ask("payment_receive", order);
        route.meet();
        let claim = |van: usize, bill: &Value, amount: i64| {
            let order = json!({ "source_id": paid["id"], "target_id": bill["id"], "amount_minor": amount });
            route.vans[van].ask("payment_claim", order);
        };
        // The first one's clock is ahead, or not: then the second one's claim says the earlier time.
        route.vans[0].world.runner.clock().shift(-ahead);
        claim(0, &a, 300);
        claim(1, &b, 400);
        route.vans[0].world.runner.clock().shift(0);
        route.meet();
        for van in &route.vans {
            let shown =
                |bill: &Value| van.ask("bill_show", json!({ "bill_id": bill["id"] }))["open_minor"].as_i64().unwrap();
            assert_eq!([shown(&a), shown(&b)], open);
        }
        assert_eq!(route.sums()[0], 200, "the balance is the same");
    }
}

#[test]
fn rule_8_a_refund_uses_up_what_was_collected_twice() {
    let route = Route::set();
    route.bill(0, 1_000);
    route.meet();
    route.pay(0, 1_000);
    route.pay(1, 1_000);
    route.meet();
    let order =
        json!({ "customer_id": route.customer["id"], "account_id": route.tills[1]["id"], "amount_minor": 1_000 });
    route.vans[1].ask("payment_refund", order);
    route.meet();
    assert_eq!(route.sums(), [0, 0, 0, 0]);
}

#[test]
fn rule_10_a_bill_that_is_voided_while_it_is_paid_is_credit() {
    let route = Route::set();
    let bill = route.bill(0, 1_000);
    route.meet();
    route.pay(1, 600);
    route.vans[0].ask("bill_void", json!({ "bill_id": bill["id"] }));
    let elsewhere = route.vans[1].world.refused("bill_void", json!({ "bill_id": bill["id"] }));
    assert_eq!(elsewhere.code.name(), "not_custodian");
    route.meet();
    let shown = route.vans[1].ask("bill_show", json!({ "bill_id": bill["id"] }));
    assert_eq!(
        (&shown["state"], &shown["counted_minor"], &shown["overpaid_minor"]),
        (&json!("voided"), &json!(1_600), &json!(600))
    );
    assert_eq!(route.sums(), [-600, 0, 600, 0]);
}

#[test]
fn rule_11_a_payment_that_is_reversed_while_it_is_claimed_counts_nothing() {
    let route = Route::set();
    let bill = route.bill(0, 500);
    let order = json!({ "customer_id": route.customer["id"], "account_id": route.tills[0]["id"], "amount_minor": 500, "claims": [] });
    let paid = route.vans[0].ask("payment_receive", order);
    route.meet();
    route.vans[0].ask("payment_reverse", json!({ "payment_id": paid["id"], "reason": "mistake" }));
    route.vans[1].ask("payment_claim", json!({ "source_id": paid["id"], "target_id": bill["id"] }));
    route.meet();
    assert_eq!(route.sums(), [500, 500, 0, 0]);
    assert_eq!(route.vans[0].world.balance(&route.tills[0]["id"]), 0);
}

#[test]
fn rule_12_more_that_comes_back_at_two_devices_than_was_sold_is_the_customers_credit() {
    let route = Route::set();
    let lines = json!([{ "description": "Goods", "quantity_milli": 10_000, "price_minor": 100 }]);
    let bill = route.vans[0].ask("bill_issue", json!({ "customer_id": route.customer["id"], "lines": lines }));
    route.meet();
    for (van, milli) in [(0, 8_000), (1, 4_000)] {
        let line = json!({ "line_id": bill["lines"][0]["id"], "quantity_milli": milli });
        route.vans[van].ask("bill_credit", json!({ "bill_id": bill["id"], "lines": [line], "reason": "return" }));
    }
    route.meet();
    assert_eq!(route.sums(), [-200, 0, 200, 0]);
    let line = json!({ "line_id": bill["lines"][0]["id"], "quantity_milli": 1 });
    let order = json!({ "bill_id": bill["id"], "lines": [line], "reason": "return" });
    assert_eq!(route.vans[1].world.refused("bill_credit", order).code.name(), "more_than_sold", "now it is known");
}

#[test]
fn the_same_undoing_on_two_devices_is_one() {
    let route = Route::set();
    let bill = route.bill(0, 500);
    let paid = route.pay(0, 500);
    let debt = json!({ "customer_id": route.customer["id"], "amount_minor": 70 });
    let debt = route.vans[0].ask("debt_open", debt);
    let credit = json!({ "customer_id": route.customer["id"], "amount_minor": 30 });
    let credit = route.vans[0].ask("credit_open", credit);
    let off = json!({ "bill_id": debt["id"], "amount_minor": 20 });
    let off = route.vans[0].ask("bill_write_off", off);
    route.meet();
    for van in &route.vans {
        van.ask("payment_unclaim", json!({ "claim_id": paid["claims"][0]["id"] }));
        van.ask("bill_reverse", json!({ "bill_id": off["id"] }));
        van.ask("payment_reverse", json!({ "payment_id": credit["id"], "reason": "mistake" }));
    }
    route.meet();
    assert_eq!(route.sums(), [70, 570, 0, 500]);
    let shown = route.vans[1].ask("bill_show", json!({ "bill_id": bill["id"] }));
    assert_eq!(shown["state"], "open");
    assert_eq!(route.office.value("SELECT count(*) FROM daybook.payment_bill WHERE reverses_bill_id IS NOT NULL"), "1");
    assert_eq!(
        route.office.value("SELECT count(*) FROM daybook.payment_allocation WHERE reverses_allocation_id IS NOT NULL"),
        "1"
    );
}

/// The first of two devices that take a payment back made the document that stands: the other one's number is nobody's.
#[test]
fn a_number_whose_document_another_device_made_first_is_a_gap_with_its_reason() {
    let route = Route::set();
    let bank = route.vans[0].world.account("Bank", "bank", 0);
    let order =
        json!({ "customer_id": route.customer["id"], "account_id": bank["id"], "amount_minor": 500, "claims": [] });
    let paid = route.vans[0].ask("payment_receive", order);
    route.meet();
    for van in &route.vans {
        van.ask("payment_reverse", json!({ "payment_id": paid["id"], "reason": "returned" }));
    }
    assert_eq!(route.pay(1, 100)["number"], "D2-P-000002");
    assert_eq!(route.vans[1].ask("verify", json!({}))["gaps"], json!([]), "nobody knows of it yet");
    route.meet();
    assert_eq!(route.sums(), [-100, 0, 0, 100]);
    for van in &route.vans {
        let verified = van.ask("verify", json!({}));
        let gap = &verified["gaps"][0];
        assert_eq!(
            (&gap["table"], &gap["number"], &gap["reason"]),
            (&json!("payment"), &json!("D2-P-000001"), &json!("known"))
        );
        assert_eq!((verified["gaps"].as_array().unwrap().len(), &verified["holds"]), (1, &json!(true)));
    }
}

#[test]
fn the_number_of_a_dismissed_document_is_a_gap_with_its_reason() {
    let route = Route::set();
    route.bill(0, 100);
    route.meet();
    let right = "daybook_sync.command_right WHERE command = 'bill_issue'";
    route.office.sql(&format!("CREATE TABLE kept AS SELECT * FROM {right}; DELETE FROM {right}"));
    route.bill(0, 200);
    route.vans[0].sync();
    let row = route.office.sql("SELECT book_id, version FROM daybook_sync.quarantined_entry WHERE state = 'waiting'");
    let (book, version) = (row[0][0].as_deref().unwrap(), row[0][1].as_deref().unwrap());
    let admin = route.office.admin();
    admin.dismiss(daybook::kernel::Id::parse(book).unwrap(), version.parse().unwrap(), "not ours").unwrap();
    route.office.sql("INSERT INTO daybook_sync.command_right SELECT * FROM kept");
    route.bill(0, 300);
    route.meet();
    assert_eq!(route.sums(), [400, 400, 0, 0]);
    for van in &route.vans {
        let gaps = &van.ask("verify", json!({}))["gaps"];
        assert_eq!((&gaps[0]["number"], &gaps[0]["reason"]), (&json!("D1-B-000002"), &json!("dismissed")));
    }
}

/// Found by reading: a payment that claims hold on to could not become what head office has, and its book never agreed again.
#[test]
fn a_payment_that_a_copy_corrects_as_well_says_what_head_office_says() {
    let office = Office::open();
    let van = office.founder();
    let (customer, bank) = (van.customer("Mama Njeri"), van.world.account("Bank", "bank", 0));
    let lines = json!([{ "description": "Goods", "quantity_milli": 1_000, "price_minor": 500 }]);
    van.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines }));
    let order = json!({ "customer_id": customer["id"], "account_id": bank["id"], "amount_minor": 500 });
    let paid = van.ask("payment_receive", order);
    van.sync();
    let (van, copy) = super::copies::cloned(van);
    let corrected = [(&van, "QX1"), (&copy, "QX2")].map(|(device, reference)| {
        device.ask("payment_correct", json!({ "payment_id": paid["id"], "reference": reference }))
    });
    assert_eq!(corrected[0]["id"], corrected[1]["id"], "what is corrected twice is one payment");
    for device in [&van, &copy, &van, &copy] {
        device.sync();
    }
    for device in [&van, &copy] {
        device.assert_agrees();
        let shown = device.ask("payment_show", json!({ "payment_id": corrected[0]["id"] }));
        assert_eq!((&shown["reference"], &shown["counted_minor"]), (&json!("QX1"), &json!(500)));
    }
    assert_eq!(agreement(&office), "");
}

#[test]
fn sales_to_nobody_on_two_devices_are_of_one_customer() {
    let route = Route::set();
    let lines = json!([{ "description": "Tea", "quantity_milli": 1_000, "price_minor": 50 }]);
    for (van, till) in route.vans.iter().zip(&route.tills) {
        van.ask("sale_now", json!({ "lines": lines, "payments": [{ "account_id": till["id"] }] }));
    }
    route.meet();
    assert_eq!(route.office.value("SELECT count(*) FROM daybook.customer WHERE name = 'Walk-in'"), "1");
    assert_eq!(route.office.value("SELECT count(*) FROM daybook.payment_bill"), "2");
}

#[test]
fn bills_and_payments_of_two_devices_are_everywhere_once_and_numbered_by_each() {
    let route = Route::set();
    let numbers = [0, 1].map(|van| {
        let bill = route.bill(van, 500);
        let paid = route.pay(van, 700);
        (bill["number"].as_str().unwrap().to_owned(), paid["number"].as_str().unwrap().to_owned())
    });
    assert_eq!(numbers[0], ("D1-B-000001".into(), "D1-P-000001".into()));
    assert_eq!(numbers[1], ("D2-B-000001".into(), "D2-P-000001".into()));
    route.meet();
    assert_eq!(route.sums(), [-400, 0, 0, 400]);
}

#[test]
fn a_posting_of_head_office_to_what_a_customer_owes_names_the_customer() {
    let route = Route::set();
    route.bill(0, 500);
    route.meet();
    let book = route.vans[0].book;
    let post = |customer: &str, debit: &str, credit: &str| {
        format!(
            "SET ROLE daybook_head_office;
             INSERT INTO daybook.ledger_posting (book_id, debit_account_id, credit_account_id, amount_minor, customer_id,
                                                business_date)
             SELECT '{book}', d.id, c.id, 200, {customer}, '2100-01-01' FROM daybook.payment_account d, daybook.payment_account c
             WHERE d.kind = '{debit}' AND c.kind = '{credit}'"
        )
    };
    let customer = format!("'{}'", route.customer["id"].as_str().unwrap());
    for (customer, debit, credit) in
        [("NULL", "bad_debt", "receivable"), ("NULL", "receivable", "income"), (customer.as_str(), "expense", "income")]
    {
        let said = route.office.cluster.sql_fails(&route.office.database, &post(customer, debit, credit));
        assert!(said.contains("names a customer"), "{said}");
    }
    route.office.sql(&post(&customer, "bad_debt", "receivable"));
    route.meet();
    assert_eq!(route.sums(), [300, 500, 0, 0], "an adjustment is no document: the bill is open as before");
    assert_eq!(route.account(1)["adjusted_minor"], -200);
    let lines = route.vans[1].ask("customer_statement", json!({ "customer_id": route.customer["id"] }));
    assert_eq!((&lines["rows"][0]["kind"], &lines["rows"][0]["amount_minor"]), (&json!("adjustment"), &json!(-200)));
}

/// What a device made and did not send, as somebody else could send it: the changes of its newest entry, to be altered.
struct Forger {
    raw: Raw,
    book: Uuid,
    template: Value,
}

impl Forger {
    fn of(route: &Route) -> Forger {
        let van = &route.vans[0];
        let body: Vec<u8> = van
            .world
            .connection()
            .query_row("SELECT body FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
            .unwrap();
        let book = van.book.to_string().parse().unwrap();
        Forger { raw: Raw::of(&route.office, van), book, template: serde_json::from_slice(&body).unwrap() }
    }

    /// What becomes of the entry once it is altered, in a lane of its own.
    fn push(&self, alter: impl Fn(&mut Vec<Value>)) -> String {
        let mut entry = self.template.clone();
        let lane = Uuid::now_v7();
        entry["incarnation"] = json!(lane.to_string());
        entry["request"] = json!(Uuid::now_v7().to_string());
        entry["sequence"] = json!(1);
        alter(entry["changes"].as_array_mut().unwrap());
        let bytes = entry.to_string().into_bytes();
        let placed = self.raw.push(self.book, lane, 1, &[0; 32], &[bytes]);
        placed.unwrap_or_else(|error| panic!("{}", said(&error)))[0].2.clone()
    }
}

type Alteration = (&'static str, fn(&mut Vec<Value>));

/// The first change of a table.
fn of<'c>(changes: &'c mut [Value], table: &str) -> &'c mut Value {
    let found = changes.iter_mut().find(|change| change["table"] == table);
    &mut found.unwrap_or_else(|| panic!("a change of {table}"))["new"]
}

fn add(value: &mut Value, more: i64) {
    *value = json!(value.as_i64().unwrap() + more);
}

fn assert_each_is_quarantined(route: &Route, alterations: &[Alteration]) {
    let forger = Forger::of(route);
    let books = || {
        route.office.value("SELECT count(*) FROM daybook.payment_bill")
            + &route.office.value(
                "SELECT count(*) || ' ' || (SELECT count(*) FROM daybook.payment_allocation) FROM daybook.payment",
            )
    };
    let before = books();
    for (what, alter) in alterations {
        assert_eq!(forger.push(alter), "quarantined", "{what}");
        assert_eq!(books(), before, "{what}: nothing of it is there");
    }
    assert_eq!(forger.push(|_| {}), "applied", "as it was made it is taken");
}

#[test]
fn a_bill_that_is_not_its_lines_and_postings_is_quarantined() {
    let route = Route::set();
    let lines = json!([
        { "description": "Goods", "quantity_milli": 3000, "price_minor": 500, "discount_minor": 100 },
        { "description": "More", "quantity_milli": 1000, "price_minor": 700 },
    ]);
    route.vans[0].ask("bill_issue", json!({ "customer_id": route.customer["id"], "lines": lines }));
    assert_each_is_quarantined(
        &route,
        &[
            ("without its posting", |it| it.retain(|change| change["table"] != "ledger_posting")),
            ("a posting without its party", |it| {
                drop(of(it, "ledger_posting").as_object_mut().unwrap().remove("customer_id"))
            }),
            ("a posting of another party", |it| {
                of(it, "ledger_posting")["customer_id"] = json!(Uuid::now_v7().to_string())
            }),
            ("another amount than was posted", |it| add(&mut of(it, "ledger_posting")["amount_minor"], 1)),
            ("on another day than was posted", |it| of(it, "ledger_posting")["business_date"] = json!("2020-01-01")),
            ("another total than its lines", |it| {
                let bill = of(it, "payment_bill");
                add(&mut bill["net_minor"], 1);
                add(&mut bill["total_minor"], 1);
            }),
            ("tax that no line has", |it| {
                let bill = of(it, "payment_bill");
                add(&mut bill["net_minor"], -1);
                add(&mut bill["tax_minor"], 1);
            }),
            ("a line less", |it| {
                let place = it.iter().position(|change| change["table"] == "payment_bill_line").unwrap();
                it.remove(place);
            }),
            ("no line at all", |it| it.retain(|change| change["table"] != "payment_bill_line")),
            ("a line of another price", |it| add(&mut of(it, "payment_bill_line")["price_minor"], 1)),
            ("a line that doesn't add up", |it| add(&mut of(it, "payment_bill_line")["discount_minor"], 1)),
            ("a line of another bill", |it| of(it, "payment_bill_line")["bill_id"] = json!(Uuid::now_v7().to_string())),
            ("a number that is not its serial", |it| of(it, "payment_bill")["serial"] = json!(7)),
            ("a series of another kind", |it| of(it, "payment_bill")["series"] = json!("C")),
            ("a series of no life", |it| {
                let bill = of(it, "payment_bill");
                (bill["series"], bill["number"]) = (json!("B1"), json!("D1-B1-000001"));
            }),
            ("as another device", |it| of(it, "payment_bill")["device_id"] = json!(Uuid::now_v7().to_string())),
            ("a credit without a reason", |it| of(it, "payment_bill")["kind"] = json!("credit")),
            ("a total below nothing", |it| of(it, "payment_bill")["total_minor"] = json!(-1)),
            ("a due date that isn't", |it| of(it, "payment_bill")["due_date"] = json!("2026-02-30")),
        ],
    );
}

#[test]
fn a_payment_or_claim_that_is_none_is_quarantined() {
    let route = Route::set();
    route.bill(0, 1_000);
    route.vans[1].customer("Bo");
    route.meet();
    route.pay(0, 600);
    assert_each_is_quarantined(
        &route,
        &[
            ("without its posting", |it| it.retain(|change| change["table"] != "ledger_posting")),
            ("a posting without its party", |it| {
                drop(of(it, "ledger_posting").as_object_mut().unwrap().remove("customer_id"))
            }),
            ("another amount than was posted", |it| add(&mut of(it, "payment")["amount_minor"], 1)),
            ("rounding that was not posted", |it| of(it, "payment")["rounding_minor"] = json!(1)),
            ("worth nothing", |it| of(it, "payment")["rounding_minor"] = json!(600)),
            ("another account than was posted", |it| {
                let customer = of(it, "payment")["customer_id"].clone();
                of(it, "payment")["account_id"] = customer;
            }),
            ("of another customer than was posted", |it| {
                of(it, "payment")["customer_id"] = json!(Uuid::now_v7().to_string())
            }),
            ("money out", |it| of(it, "payment")["purpose"] = json!("refund")),
            ("a reversal of nothing", |it| {
                let payment = of(it, "payment");
                (payment["reverses_payment_id"], payment["reason"]) =
                    (json!(Uuid::now_v7().to_string()), json!("mistake"));
            }),
            ("a number that is not its serial", |it| of(it, "payment")["serial"] = json!(7)),
            ("a series of another kind", |it| {
                let payment = of(it, "payment");
                (payment["series"], payment["number"]) = (json!("R"), json!("D1-R-000001"));
            }),
            ("a claim above its worth", |it| add(&mut of(it, "payment_allocation")["amount_minor"], 1)),
            ("a claim of nothing", |it| of(it, "payment_allocation")["amount_minor"] = json!(0)),
            ("a claim before its bill", |it| of(it, "payment_allocation")["business_date"] = json!("2020-01-01")),
            ("a claim as another device", |it| {
                of(it, "payment_allocation")["device_id"] = json!(Uuid::now_v7().to_string())
            }),
            ("a claim for nothing", |it| drop(of(it, "payment_allocation").as_object_mut().unwrap().remove("bill_id"))),
            ("a claim of a bill that isn't there", |it| {
                of(it, "payment_allocation")["bill_id"] = json!(Uuid::now_v7().to_string());
            }),
            ("a claim by a bill", |it| {
                let claim = of(it, "payment_allocation");
                claim["credit_id"] = claim["bill_id"].clone();
                claim.as_object_mut().unwrap().remove("payment_id");
            }),
            ("a claim that undoes none", |it| {
                of(it, "payment_allocation")["reverses_allocation_id"] = json!(Uuid::now_v7().to_string());
            }),
        ],
    );
}

#[test]
fn a_credit_or_a_void_that_is_none_is_quarantined() {
    let route = Route::set();
    let lines = json!([{ "description": "Goods", "quantity_milli": 3_000, "price_minor": 500 }]);
    let bill = route.vans[0].ask("bill_issue", json!({ "customer_id": route.customer["id"], "lines": lines }));
    let theirs = route.bill(1, 700);
    route.meet();
    let line = json!({ "line_id": bill["lines"][0]["id"], "quantity_milli": 2_000 });
    route.vans[0].ask("bill_credit", json!({ "bill_id": bill["id"], "lines": [line], "reason": "return" }));
    assert_each_is_quarantined(
        &route,
        &[
            ("more than was sold", |it| of(it, "payment_bill_line")["quantity_milli"] = json!(3_001)),
            ("more than its share", |it| of(it, "payment_bill_line")["quantity_milli"] = json!(1_900)),
            ("a void under another id", |it| of(it, "payment_bill")["reason"] = json!("void")),
            ("a line that was not sold", |it| {
                of(it, "payment_bill_line")["credits_line_id"] = json!(Uuid::now_v7().to_string())
            }),
            ("a credit of no bill", |it| {
                drop(of(it, "payment_bill").as_object_mut().unwrap().remove("credits_bill_id"))
            }),
            ("a credit without a reason", |it| drop(of(it, "payment_bill").as_object_mut().unwrap().remove("reason"))),
            ("another tax", |it| of(it, "payment_bill_line")["tax_ppm"] = json!(1)),
        ],
    );
    // A void of what another device made, with the id that such a void has.
    let void: daybook::kernel::Id<daybook::kernel::kind::Record> =
        daybook::kernel::Id::parse(theirs["id"].as_str().unwrap()).unwrap();
    let void = void.derive::<daybook::kernel::kind::Record>("void").to_string();
    let line = json!({ "line_id": theirs["lines"][0]["id"], "quantity_milli": 1_000 });
    let credit =
        route.vans[0].ask("bill_credit", json!({ "bill_id": theirs["id"], "lines": [line], "reason": "return" }));
    let forger = Forger::of(&route);
    let entry = forger.template.to_string().replace(credit["id"].as_str().unwrap(), &void);
    let forger = Forger { template: serde_json::from_str(&entry).unwrap(), ..forger };
    assert_eq!(
        forger.push(|it| of(it, "payment_bill")["reason"] = json!("void")),
        "quarantined",
        "a void by another device"
    );
}

#[test]
fn money_that_goes_out_of_what_another_device_keeps_is_quarantined() {
    let route = Route::set();
    for van in [0, 1] {
        route.pay(van, 1_000);
    }
    route.meet();
    let theirs = &route.tills[1]["id"];
    for (command, table, account) in [
        ("payment_refund", "payment", "account_id"),
        ("payment_payout", "payment", "account_id"),
        ("expense_record", "payment_expense", "account_id"),
    ] {
        let mut order = json!({ "account_id": route.tills[0]["id"], "amount_minor": 100 });
        if table == "payment" {
            order["customer_id"] = route.customer["id"].clone();
        }
        route.vans[0].ask(command, order);
        let forger = Forger::of(&route);
        let before = route.office.value("SELECT count(*) FROM daybook.ledger_document");
        let said = forger.push(|it| {
            of(it, table)[account] = theirs.clone();
            of(it, "ledger_posting")["credit_account_id"] = theirs.clone();
        });
        assert_eq!(said, "quarantined", "{command}");
        assert_eq!(route.office.value("SELECT count(*) FROM daybook.ledger_document"), before, "{command}");
        assert_eq!(forger.push(|_| {}), "applied", "{command}: as it was made it is taken");
    }
}

#[test]
fn an_expense_or_a_write_off_that_is_none_is_quarantined() {
    let route = Route::set();
    let purse = route.vans[0].world.account("Purse", "cash", 1_000);
    let bill = route.bill(0, 500);
    route.meet();
    route.vans[0].ask("expense_record", json!({ "account_id": purse["id"], "amount_minor": 500, "tax_minor": 50 }));
    assert_each_is_quarantined(
        &route,
        &[
            ("another amount than was posted", |it| add(&mut of(it, "payment_expense")["amount_minor"], 1)),
            ("another tax than was posted", |it| add(&mut of(it, "payment_expense")["tax_minor"], 1)),
            ("without its posting", |it| it.retain(|change| change["table"] != "ledger_posting")),
            ("a number that is not its serial", |it| of(it, "payment_expense")["serial"] = json!(9)),
            ("as another device", |it| of(it, "payment_expense")["device_id"] = json!(Uuid::now_v7().to_string())),
            ("a reversal of nothing", |it| {
                of(it, "payment_expense")["reverses_expense_id"] = json!(Uuid::now_v7().to_string())
            }),
        ],
    );
    route.vans[0].ask("bill_write_off", json!({ "bill_id": bill["id"] }));
    assert_each_is_quarantined(
        &route,
        &[
            ("another amount than was posted", |it| {
                let off = of(it, "payment_bill");
                add(&mut off["net_minor"], -1);
                add(&mut off["total_minor"], -1);
            }),
            ("of no bill", |it| drop(of(it, "payment_bill").as_object_mut().unwrap().remove("credits_bill_id"))),
            ("as a debt", |it| {
                let off = of(it, "payment_bill");
                (off["kind"], off["series"], off["number"]) = (json!("debt"), json!("X"), json!("D1-X-000001"));
                off.as_object_mut().unwrap().remove("credits_bill_id");
                off.as_object_mut().unwrap().remove("reason");
            }),
        ],
    );
}

/// The ids that head office derives are those of devices: a bill that is voided twice is voided once.
#[test]
fn head_office_derives_ids_as_devices_do() {
    let office = Office::open();
    for _ in 0..20 {
        let id = daybook::kernel::Id::<daybook::kernel::kind::Record>::fresh();
        let derived = id.derive::<daybook::kernel::kind::Record>("void");
        let sql = format!("SELECT daybook_sync.derived_id('{id}', 'void')");
        assert_eq!(office.value(&sql), derived.to_string());
    }
}

#[test]
fn the_makers_first_print_is_the_original_and_what_another_device_prints_says_copy() {
    let route = Route::set();
    let folder = tempfile::tempdir().expect("a folder");
    let bill = route.bill(0, 1_000);
    route.meet();
    let print = |van: usize, name: &str| {
        let order = json!({ "document_id": bill["id"], "path": folder.path().join(name), "format": "roll_58" });
        route.vans[van].ask("receipt_print", order)["copy_number"].clone()
    };
    // The other one prints first, and does not take the original from the device that made the bill.
    assert_eq!(print(1, "one.png"), 1);
    assert_eq!(print(0, "two.png"), 0);
    route.meet();
    assert_eq!(print(0, "three.png"), 2);
    assert_eq!(print(1, "four.png"), 2);
    route.meet();
    let shown = |van: usize| {
        let shown = route.vans[van].ask("receipt_render", json!({ "document_id": bill["id"], "format": "a4" }));
        shown["prints"]
            .as_array()
            .unwrap()
            .iter()
            .map(|print| print["copy_number"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let mut copies = shown(0);
    assert_eq!(copies, shown(1), "both heard of every print");
    copies.sort_unstable();
    assert_eq!(copies, [0, 1, 2, 2]);
}
