//! Bills, payments, claims, and what customers owe, on one device. A rule of the model is called by its number.

use crate::process::Dice;
use crate::world::{World, all_rows, rows};
use daybook::kernel::Fault;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn code(fault: &Fault) -> (&'static str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

/// A book with a customer, a till and a wallet.
struct Shop {
    world: World,
    customer: Value,
    till: Value,
    wallet: Value,
}

impl Shop {
    fn open() -> Shop {
        let world = World::with_book();
        let customer = world.ask("customer_add", json!({ "name": "Mama Njeri" }));
        let (till, wallet) = (world.account("Till", "cash", 0), world.account("M-Pesa", "mobile_money", 0));
        Shop { world, customer, till, wallet }
    }

    fn with(&self, mut input: Value, more: Value) -> Value {
        input["customer_id"] = self.customer["id"].clone();
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        input
    }

    /// Bills so much, without tax.
    fn bill(&self, total: i64) -> Value {
        self.bill_with(total, json!({}))
    }

    fn bill_with(&self, total: i64, more: Value) -> Value {
        let lines = json!([{ "description": "Goods", "quantity_milli": 1000, "price_minor": total }]);
        self.world.ask("bill_issue", self.with(json!({ "lines": lines }), more))
    }

    fn payment(&self, amount: i64, more: Value) -> Value {
        self.with(json!({ "account_id": self.till["id"], "amount_minor": amount }), more)
    }

    fn pay(&self, amount: i64, more: Value) -> Value {
        self.world.ask("payment_receive", self.payment(amount, more))
    }

    fn refused(&self, amount: i64, more: Value) -> Fault {
        self.world.refused("payment_receive", self.payment(amount, more))
    }

    fn account(&self) -> Value {
        self.world.ask("customer_account", json!({ "customer_id": self.customer["id"] }))
    }

    /// Balance, open, overpaid, left.
    fn sums(&self) -> [i64; 4] {
        let account = self.account();
        let sums =
            ["balance_minor", "open_minor", "overpaid_minor", "left_minor"].map(|sum| account[sum].as_i64().unwrap());
        assert_eq!(sums[0], sums[1] - sums[2] - sums[3], "the balance is what is open, less what is overpaid and left");
        self.world.assert_holds();
        sums
    }

    fn bill_now(&self, bill: &Value) -> Value {
        self.world.ask("bill_show", json!({ "bill_id": bill["id"] }))
    }

    /// State and what is open.
    fn state(&self, bill: &Value) -> (String, i64) {
        let bill = self.bill_now(bill);
        (bill["state"].as_str().unwrap().to_owned(), bill["open_minor"].as_i64().unwrap())
    }
}

fn claim(bill: &Value, amount: i64) -> Value {
    json!({ "bill_id": bill["id"], "amount_minor": amount })
}

/// The window once repeated the rule, and would have gone on with the old one.
#[test]
fn what_a_payment_comes_to_is_told_before_it_is_made() {
    let world = World::with_book();
    world.ask("book_edit", json!({ "cash_step_minor": 5, "row_version": 1 }));
    let (till, wallet) = (world.account("Till", "cash", 0), world.account("Wallet", "mobile_money", 0));
    for (account, amount_minor) in
        [(&till, 23_092), (&till, 23_090), (&till, 20_000), (&till, 30_000), (&wallet, 23_092)]
    {
        let customer = world.ask("customer_add", json!({ "name": format!("Of {} {amount_minor}", account["name"]) }));
        for amount_minor in [3_092, 20_000] {
            world.ask("debt_open", json!({ "customer_id": customer["id"], "amount_minor": amount_minor }));
        }
        let mut payment =
            json!({ "customer_id": customer["id"], "account_id": account["id"], "amount_minor": amount_minor });
        payment["tendered_minor"] = json!(40_000);
        let told = world.ask("payment_propose", payment.clone());
        payment["tendered_minor"] = json!(null);
        let made = world.ask("payment_receive", payment);
        for name in ["amount_minor", "rounding_minor"] {
            assert_eq!(told[name], made[name], "{name} of {amount_minor}");
        }
        let paid = |claims: &Value, id: &str| -> BTreeMap<String, String> {
            let named = |claim: &Value| (claim[id].to_string(), claim["amount_minor"].to_string());
            claims.as_array().unwrap().iter().map(named).collect()
        };
        assert_eq!(paid(&told["claims"], "bill_id"), paid(&made["claims"], "target_id"), "{amount_minor}");
        let moved = made["amount_minor"].as_i64().unwrap();
        assert_eq!(told["change_minor"], 40_000 - moved);
        let account = world.ask("customer_account", json!({ "customer_id": customer["id"] }));
        assert_eq!(told["credit_minor"], account["left_minor"], "{amount_minor}");
    }
    let sales = world.ask("account_list", json!({ "kinds": ["income"] }))["rows"][0]["id"].clone();
    let customer = world.ask("customer_add", json!({ "name": "Nobody" }));
    let wrong = json!({ "customer_id": customer["id"], "account_id": sales, "amount_minor": 5 });
    assert_eq!(code(&world.refused("payment_propose", wrong)), ("wrong_account_kind", "account_id"));
}

#[test]
fn a_bill_says_what_was_sold_to_whom_and_by_whom_and_posts_it() {
    let shop = Shop::open();
    let world = &shop.world;
    let tax = world.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 220_000, "code": "A" }));
    let product = json!({
        "name": "Chai", "sku": "C1", "unit": "kg", "price_minor": 34_835, "tax_id": tax["id"], "class_code": "0902",
    });
    let product = world.ask("product_add", product);
    let lines = json!([
        { "product_id": product["id"], "quantity_milli": 16_000, "discount_ppm": 40_000 },
        { "description": "Delivery", "quantity_milli": 1_000, "price_minor": 500 },
    ]);
    let asked = world.ask("bill_price", json!({ "lines": lines }));
    let bill = world.ask("bill_issue", shop.with(json!({ "lines": lines }), json!({ "reference": "PO 7" })));
    assert_eq!((&bill["number"], &bill["state"]), (&json!("D1-B-000001"), &json!("open")));
    assert_eq!(
        (&bill["net_minor"], &bill["tax_minor"], &bill["total_minor"]),
        (&json!(535_566), &json!(117_715), &json!(653_281)),
        "rule 1, and 5.00 without tax"
    );
    for (place, line) in bill["lines"].as_array().unwrap().iter().enumerate() {
        let mut line = line.clone();
        let line = line.as_object_mut().unwrap();
        line.remove("id");
        line.remove("credits_line_id");
        assert_eq!(json!(line), asked["lines"][place], "what was asked before is what was billed");
    }
    assert_eq!(bill["taxes"], asked["taxes"]);
    assert_eq!(
        bill["taxes"][1],
        json!({
            "tax_id": tax["id"], "code": "A", "rate_ppm": 220_000, "net_minor": 535_066, "tax_minor": 117_715,
        })
    );
    let line = &bill["lines"][0];
    assert_eq!((&line["sku"], &line["class_code"], &line["unit"]), (&json!("C1"), &json!("0902"), &json!("kg")));
    let balance = |kind: &str| {
        let list = world.ask("account_list", json!({ "kinds": [kind] }));
        rows(&list)[0]["balance_minor"].as_i64().unwrap()
    };
    assert_eq!((balance("receivable"), balance("income"), balance("tax")), (653_281, -535_566, -117_715));
    // What is changed later changes no bill.
    world
        .ask("product_edit", json!({ "product_id": product["id"], "row_version": 1, "price_minor": 1, "name": "Tea" }));
    let edit = json!({ "customer_id": shop.customer["id"], "row_version": 1, "name": "Njeri & Sons" });
    world.ask("customer_edit", edit);
    assert_eq!(shop.bill_now(&bill), bill);
    assert_eq!(bill["customer_name"], "Mama Njeri");
    assert_eq!(shop.sums(), [653_281, 653_281, 0, 0]);
}

#[test]
fn what_cant_be_billed_says_which_line_and_why() {
    let shop = Shop::open();
    let world = &shop.world;
    let line = |more: Value| {
        let mut line = json!({ "description": "Goods", "quantity_milli": 1000, "price_minor": 100 });
        for (key, value) in more.as_object().unwrap() {
            line[key] = value.clone();
        }
        line
    };
    let archived = world.ask("product_add", json!({ "name": "Old", "price_minor": 1 }));
    world.ask("product_archive", json!({ "product_id": archived["id"], "row_version": 1 }));
    let tax = world.ask("tax_add", json!({ "name": "Old", "rate_ppm": 1 }));
    world.ask("tax_archive", json!({ "tax_id": tax["id"], "row_version": 1 }));
    for (lines, expected) in [
        (json!([]), ("empty", "lines")),
        (json!([line(json!({})), { "quantity_milli": 1 }]), ("missing_field", "lines.1.description")),
        (json!([{ "description": "Goods", "quantity_milli": 1 }]), ("missing_field", "lines.0.price_minor")),
        (json!([line(json!({ "product_id": shop.customer["id"] }))]), ("not_found", "lines.0.product_id")),
        (json!([line(json!({ "product_id": archived["id"] }))]), ("archived", "lines.0.product_id")),
        (json!([line(json!({ "tax_id": shop.customer["id"] }))]), ("not_found", "lines.0.tax_id")),
        (json!([line(json!({ "tax_id": tax["id"] }))]), ("archived", "lines.0.tax_id")),
        (json!([line(json!({ "discount_ppm": 1, "discount_minor": 1 }))]), ("out_of_range", "lines.0.discount_minor")),
        (json!([line(json!({ "discount_minor": 101 }))]), ("out_of_range", "lines.0")),
    ] {
        for command in ["bill_price", "bill_issue"] {
            let mut input = json!({ "lines": lines });
            if command == "bill_issue" {
                input["customer_id"] = shop.customer["id"].clone();
            }
            assert_eq!(code(&world.refused(command, input)), expected, "{command} {lines}");
        }
    }
    let input =
        shop.with(json!({ "lines": [line(json!({}))] }), json!({ "date": "2026-05-02", "due_date": "2026-05-01" }));
    assert_eq!(code(&world.refused("bill_issue", input)), ("bad_date", "due_date"));
    let free = shop.bill(0);
    assert_eq!((&free["total_minor"], &free["state"]), (&json!(0), &json!("paid")), "a free sample is a bill");
    assert_eq!(shop.sums(), [0, 0, 0, 0]);
    world.ask("customer_archive", json!({ "customer_id": shop.customer["id"], "row_version": 1 }));
    let input = shop.with(json!({ "lines": [line(json!({}))] }), json!({}));
    assert_eq!(code(&world.refused("bill_issue", input)), ("archived", "customer_id"));
}

#[test]
fn a_payment_pays_what_is_open_the_oldest_first_and_the_rest_is_credit() {
    let shop = Shop::open();
    let late = shop.bill_with(5_000, json!({ "date": "2026-03-01", "due_date": "2026-05-01" }));
    let first = shop.bill_with(12_000, json!({ "date": "2026-03-02", "due_date": "2026-03-09" }));
    let paid = shop.pay(15_000, json!({ "memo": "Takings" }));
    assert_eq!((&paid["number"], paid["claims"].as_array().unwrap().len()), (&json!("D1-P-000001"), 2));
    assert_eq!((shop.state(&first), shop.state(&late)), (("paid".into(), 0), ("part_paid".into(), 2_000)));
    assert_eq!(shop.sums(), [2_000, 2_000, 0, 0]);
    let more = shop.pay(3_000, json!({}));
    assert_eq!(
        (&more["worth_minor"], &more["counted_minor"], &more["balance_minor"]),
        (&json!(3_000), &json!(2_000), &json!(-1_000))
    );
    assert_eq!(shop.sums(), [-1_000, 0, 0, 1_000], "an overpayment is never moved by itself");
    let later = shop.bill(400);
    assert_eq!((shop.state(&later), shop.sums()), (("open".into(), 400), [-600, 400, 0, 1_000]));
    assert_eq!(shop.world.balance(&shop.till["id"]), 18_000);
    let none = shop.pay(100, json!({ "claims": [] }));
    assert_eq!(none["claims"], json!([]), "no claims may be wanted");
    assert_eq!(shop.sums(), [-700, 400, 0, 1_100]);
}

#[test]
fn claims_that_are_given_are_taken_up_to_what_is_open() {
    let shop = Shop::open();
    let (a, b) = (shop.bill(1_000), shop.bill(500));
    let paid = shop.pay(1_200, json!({ "claims": [claim(&b, 500), claim(&a, 600)] }));
    assert_eq!((shop.state(&a), shop.state(&b)), (("part_paid".into(), 400), ("paid".into(), 0)));
    assert_eq!((paid["claims"].as_array().unwrap().len(), shop.sums()), (2, [300, 400, 0, 100]));
    let again = json!({ "payment_id": paid["id"], "claims": [] });
    assert_eq!(code(&shop.refused(5, again)), ("id_taken", "payment_id"));
    let again =
        json!({ "bill_id": a["id"], "lines": [{ "description": "Goods", "quantity_milli": 1, "price_minor": 1 }] });
    assert_eq!(code(&shop.world.refused("bill_issue", shop.with(json!({}), again))), ("id_taken", "bill_id"));
    let stranger = shop.world.ask("customer_add", json!({ "name": "Bo" }));
    for (more, expected) in [
        (json!({ "claims": [claim(&a, 401)] }), ("over_claimed", "claims.0.amount_minor")),
        (json!({ "claims": [claim(&a, 0)] }), ("out_of_range", "claims.0.amount_minor")),
        (json!({ "claims": [claim(&a, 1), claim(&a, 1)] }), ("out_of_range", "claims.1.bill_id")),
        (json!({ "claims": [claim(&paid, 1)] }), ("not_found", "claims.0.bill_id")),
        (json!({ "claims": [claim(&a, 1)], "customer_id": stranger["id"] }), ("not_found", "claims.0.bill_id")),
        (json!({ "claims": [claim(&a, 400)], "amount_minor": 399 }), ("over_claimed", "claims")),
        (json!({ "amount_minor": 0 }), ("out_of_range", "amount_minor")),
        (json!({ "amount_minor": null }), ("missing_field", "amount_minor")),
        (json!({ "tendered_minor": 5 }), ("out_of_range", "tendered_minor")),
    ] {
        assert_eq!(code(&shop.refused(400, more.clone())), expected, "{more}");
    }
    let income = shop.world.ask("account_list", json!({ "kinds": ["income"] }));
    let fault = shop.refused(5, json!({ "account_id": rows(&income)[0]["id"] }));
    assert_eq!(code(&fault), ("wrong_account_kind", "account_id"));
    assert_eq!(shop.sums(), [300, 400, 0, 100], "what is refused changes nothing");
}

#[test]
fn a_reference_that_the_account_had_is_told_and_may_be_accepted() {
    let shop = Shop::open();
    shop.bill(900);
    let by = |reference: &str| json!({ "account_id": shop.wallet["id"], "reference": reference });
    let first = shop.pay(300, by("QX1"));
    let fault = shop.refused(300, by("QX1"));
    assert_eq!(code(&fault), ("duplicate_reference", "reference"));
    assert_eq!(fault.details.unwrap()["payment_id"], first["id"]);
    shop.pay(300, by("QX2"));
    shop.pay(100, json!({ "reference": "QX1" }));
    let mut again = by("QX1");
    again["accept_duplicate"] = json!(true);
    shop.pay(200, again);
    assert_eq!(shop.sums(), [0, 0, 0, 0]);
}

#[test]
fn rule_17_only_cash_that_settles_is_rounded() {
    let shop = Shop::open();
    let version = shop.world.ask("status", json!({}))["book"]["row_version"].clone();
    shop.world.ask("book_edit", json!({ "row_version": version, "cash_step_minor": 5 }));
    let rounding = |total: i64, amount: i64| {
        let bill = shop.bill(total);
        let paid = shop.pay(amount, json!({ "claims": [claim(&bill, total)] }));
        assert_eq!(shop.state(&bill), ("paid".into(), 0));
        ["amount_minor", "rounding_minor", "worth_minor"].map(|field| paid[field].as_i64().unwrap())
    };
    assert_eq!(rounding(23_089, 23_090), [23_090, 1, 23_089]);
    assert_eq!(rounding(23_092, 23_090), [23_090, -2, 23_092]);
    assert_eq!(rounding(23_092, 23_092), [23_090, -2, 23_092], "giving the sum to the cent means the same");
    assert_eq!(rounding(2, 0), [0, -2, 2], "rounding may be all");
    assert_eq!(shop.sums(), [0, 0, 0, 0]);
    assert_eq!(shop.world.balance(&shop.till["id"]), 23_090 * 3);
    let bill = shop.bill(23_089);
    let part = shop.pay(1_001, json!({}));
    assert_eq!((&part["amount_minor"], &part["rounding_minor"]), (&json!(1_001), &json!(0)), "a part isn't rounded");
    let rest = shop.pay(22_088, json!({ "account_id": shop.wallet["id"] }));
    assert_eq!((&rest["amount_minor"], &rest["rounding_minor"]), (&json!(22_088), &json!(0)), "nor is a wallet");
    assert_eq!((shop.state(&bill), shop.sums()), (("paid".into(), 0), [0, 0, 0, 0]));
    let bill = shop.bill(23_089);
    let above = shop.pay(23_100, json!({ "claims": [claim(&bill, 23_089)] }));
    assert_eq!((&above["rounding_minor"], shop.sums()), (&json!(1), [-10, 0, 0, 10]), "what is above is credit");
}

#[test]
fn rule_18_change_is_given_back_of_what_was_tendered() {
    let shop = Shop::open();
    let bill = shop.bill(7_500);
    let paid = shop.pay(0, json!({ "amount_minor": null, "tendered_minor": 10_000, "claims": [claim(&bill, 7_500)] }));
    assert_eq!(
        (&paid["amount_minor"], &paid["change_minor"], &paid["tendered_minor"]),
        (&json!(7_500), &json!(2_500), &json!(10_000))
    );
    assert_eq!((shop.world.balance(&shop.till["id"]), shop.sums()), (7_500, [0, 0, 0, 0]));
    let credit = shop.pay(0, json!({ "amount_minor": null, "tendered_minor": 500 }));
    assert_eq!(
        (&credit["amount_minor"], &credit["change_minor"]),
        (&json!(500), &json!(0)),
        "where nothing is due it is credit"
    );
}

#[test]
fn rule_22_a_credit_limit_warns_and_an_owner_may_accept() {
    let shop = Shop::open();
    let edit =
        json!({ "customer_id": shop.customer["id"], "row_version": 1, "credit_limit_minor": 500, "terms_days": 7 });
    shop.world.ask("customer_edit", edit);
    let bill = shop.bill_with(450, json!({ "date": "2026-05-01" }));
    assert_eq!(bill["due_date"], "2026-05-08", "by the customer's terms");
    let lines = json!([{ "description": "Goods", "quantity_milli": 1000, "price_minor": 100 }]);
    let over = shop.with(json!({ "lines": lines }), json!({}));
    let fault = shop.world.refused("bill_issue", over.clone());
    assert_eq!(
        (code(&fault), &fault.details.as_ref().unwrap()["over_by_minor"]),
        (("credit_limit", "customer_id"), &json!(50))
    );
    let mut accepted = over;
    accepted["accept_over_limit"] = json!(true);
    shop.world.ask("bill_issue", accepted.clone());
    let clerk = shop.world.ask("person_add", json!({ "name": "Cy", "role": "clerk" }));
    shop.world.ask("person_select", json!({ "person_id": clerk["id"] }));
    let fault = shop.world.refused("bill_issue", accepted);
    assert_eq!(code(&fault), ("not_allowed", "accept_over_limit"));
    shop.pay(550, json!({}));
    assert_eq!(shop.sums(), [0, 0, 0, 0], "a limit never bars a payment");
}

#[test]
fn a_statement_in_pages_of_any_size_is_the_statement_and_its_balance_runs() {
    let shop = Shop::open();
    for day in 1..=9 {
        shop.bill_with(1_000 * day, json!({ "date": format!("2026-04-0{day}") }));
        shop.pay(300 * day, json!({ "date": format!("2026-04-0{day}"), "reference": format!("R{day}") }));
    }
    let query = |limit: i64| json!({ "customer_id": shop.customer["id"], "limit": limit });
    let whole = all_rows(&shop.world, "customer_statement", query(200));
    assert_eq!(whole.len(), 18);
    for limit in [1, 2, 5, 17, 18] {
        assert_eq!(all_rows(&shop.world, "customer_statement", query(limit)), whole, "in pages of {limit}");
    }
    let mut balance = 0;
    for line in whole.iter().rev() {
        balance += line["amount_minor"].as_i64().unwrap();
        assert_eq!(line["balance_minor"], balance, "{line}");
    }
    assert_eq!(json!(balance), shop.account()["balance_minor"]);
    let mut part = query(200);
    (part["from_date"], part["to_date"]) = (json!("2026-04-03"), json!("2026-04-05"));
    assert_eq!(all_rows(&shop.world, "customer_statement", part), whole[8..14], "a part has the same balances");
}

#[test]
fn lists_of_bills_and_payments_in_pages_are_the_lists() {
    let shop = Shop::open();
    let other = shop.world.ask("customer_add", json!({ "name": "Odhiambo" }));
    for number in 1..=7 {
        shop.bill_with(100 * number, json!({ "date": "2026-04-01", "reference": format!("Order-{number}A") }));
        shop.bill_with(5, json!({ "customer_id": other["id"], "date": "2026-04-02" }));
        shop.pay(10 * number, json!({ "date": "2026-04-03", "reference": format!("R{number}") }));
    }
    for (command, total) in [("bill_list", 14), ("payment_list", 7)] {
        let whole = all_rows(&shop.world, command, json!({ "limit": 200 }));
        assert_eq!(whole.len(), total);
        for query in [json!({ "limit": 1 }), json!({ "limit": 3 })] {
            assert_eq!(all_rows(&shop.world, command, query), whole, "{command}");
        }
        let back = all_rows(&shop.world, command, json!({ "limit": 2, "descending": false }));
        assert_eq!(back.into_iter().rev().collect::<Vec<_>>(), whole);
        let own = all_rows(&shop.world, command, json!({ "customer_id": shop.customer["id"], "limit": 3 }));
        assert_eq!(own.len(), 7, "{command}");
    }
    let found = |command: &str, search: &str| rows(&shop.world.ask(command, json!({ "search": search }))).len();
    assert_eq!(
        (found("bill_list", "odhiambo"), found("bill_list", "order-3a"), found("bill_list", "b-000001")),
        (7, 1, 1)
    );
    assert_eq!((found("payment_list", "r5"), found("payment_list", "p-000007")), (1, 1));
}

#[test]
fn bills_are_listed_by_what_is_still_to_be_paid_of_them() {
    let shop = Shop::open();
    let overdue = shop.bill_with(100, json!({ "date": "2026-04-01", "due_date": "2026-04-02" }));
    let open = shop.bill_with(200, json!({ "due_date": "2199-01-01" }));
    let paid = shop.bill_with(300, json!({ "due_date": "2199-01-01" }));
    let voided = shop.bill_with(400, json!({}));
    shop.world.ask("bill_void", json!({ "bill_id": voided["id"] }));
    shop.pay(300, json!({ "claims": [{ "bill_id": paid["id"], "amount_minor": 300 }] }));
    shop.pay(50, json!({ "claims": [{ "bill_id": open["id"], "amount_minor": 50 }] }));
    let listed = |owing: &str| -> Vec<Value> {
        let mut ids: Vec<Value> = all_rows(&shop.world, "bill_list", json!({ "owing": owing, "limit": 1 }))
            .iter()
            .map(|bill| bill["id"].clone())
            .collect();
        ids.sort_by_key(Value::to_string);
        ids
    };
    let sorted = |mut ids: Vec<Value>| {
        ids.sort_by_key(Value::to_string);
        ids
    };
    assert_eq!(listed("open"), sorted(vec![overdue["id"].clone(), open["id"].clone()]));
    assert_eq!(listed("overdue"), vec![overdue["id"].clone()]);
    assert_eq!(listed("paid"), vec![paid["id"].clone()]);
}

/// The identity of section 4 after each step of random lives: bills and payments with claims as they fall.
#[test]
fn in_any_life_a_balance_is_what_is_open_less_what_is_overpaid_and_left() {
    let mut dice = Dice::of_this_run("receivables");
    for _ in 0..8 {
        let shop = Shop::open();
        let mut bills: Vec<Value> = Vec::new();
        for _ in 0..25 {
            match dice.below(3) {
                0 => bills.push(shop.bill(1 + dice.below(900) as i64)),
                1 => drop(shop.pay(1 + dice.below(700) as i64, json!({}))),
                _ if bills.is_empty() => {}
                _ => {
                    let bill = dice.pick(&bills).clone();
                    let open = shop.state(&bill).1;
                    let amount = 1 + dice.below(700) as i64;
                    if open > 0 {
                        shop.pay(amount.max(open), json!({ "claims": [claim(&bill, open)] }));
                    }
                }
            }
            shop.sums();
        }
    }
}

impl Shop {
    fn ask(&self, command: &str, input: Value) -> Value {
        self.world.ask(command, input)
    }

    fn refusal(&self, command: &str, input: Value) -> (&'static str, String) {
        let fault = self.world.refused(command, input);
        (fault.code.name(), fault.field.unwrap_or_default())
    }

    fn claim(&self, source: &Value, target: &Value, amount: i64) -> Value {
        let order = json!({ "source_id": source["id"], "target_id": target["id"], "amount_minor": amount });
        self.ask("payment_claim", order)
    }

    fn refund(&self, amount: i64) -> Value {
        let order = json!({ "account_id": self.till["id"], "amount_minor": amount });
        self.ask("payment_refund", self.with(order, json!({})))
    }

    fn taxed_bill(&self, lines: &[(i64, i64)]) -> Value {
        let list = self.ask("tax_list", json!({}));
        let tax = match rows(&list).first() {
            Some(tax) => tax.clone(),
            None => self.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 160_000 })),
        };
        let line = |(milli, price): &(i64, i64)| json!({ "description": "Goods", "quantity_milli": milli, "price_minor": price, "tax_id": tax["id"] });
        let lines: Vec<Value> = lines.iter().map(line).collect();
        self.ask("bill_issue", self.with(json!({ "lines": lines }), json!({})))
    }

    fn balance_of(&self, kind: &str) -> i64 {
        let list = self.ask("account_list", json!({ "kinds": [kind] }));
        rows(&list)[0]["balance_minor"].as_i64().unwrap()
    }
}

#[test]
fn rule_9_a_credit_that_is_used_twice_counts_up_to_what_it_is_worth() {
    let shop = Shop::open();
    let (a, b) = (shop.bill(300), shop.bill(400));
    let paid = shop.pay(500, json!({ "claims": [] }));
    shop.claim(&paid, &a, 300);
    let over = json!({ "source_id": paid["id"], "target_id": b["id"], "amount_minor": 400 });
    assert_eq!(shop.refusal("payment_claim", over), ("over_claimed", "amount_minor".into()), "here it is known");
    let rest = shop.ask("payment_claim", json!({ "source_id": paid["id"], "target_id": b["id"] }));
    assert_eq!(rest["amount_minor"], 200, "as much as both have");
    assert_eq!(
        (shop.state(&a), shop.state(&b), shop.sums()),
        (("paid".into(), 0), ("part_paid".into(), 200), [200, 200, 0, 0])
    );
}

#[test]
fn a_claim_is_undone_once_and_what_it_paid_is_open_again() {
    let shop = Shop::open();
    let bill = shop.bill(300);
    let paid = shop.pay(300, json!({}));
    let claim = &paid["claims"][0];
    let undone = shop.ask("payment_unclaim", json!({ "claim_id": claim["id"] }));
    assert_eq!((&undone["undone"], &undone["counted_minor"]), (&json!(true), &json!(0)));
    assert_eq!((shop.state(&bill), shop.sums()), (("open".into(), 300), [0, 300, 0, 300]));
    let again = json!({ "claim_id": claim["id"] });
    assert_eq!(shop.refusal("payment_unclaim", again), ("already_reversed", "claim_id".into()));
    shop.claim(&paid, &bill, 100);
    assert_eq!(shop.sums(), [0, 200, 0, 200], "it may be claimed anew");
    for (source, target, expected) in [
        (&bill, &bill, ("not_found", "source_id".to_owned())),
        (&paid, &paid, ("not_found", "target_id".to_owned())),
        (&shop.customer, &bill, ("not_found", "source_id".to_owned())),
    ] {
        let order = json!({ "source_id": source["id"], "target_id": target["id"] });
        assert_eq!(shop.refusal("payment_claim", order), expected);
    }
}

#[test]
fn a_payment_is_reversed_once_and_the_bill_is_open_with_its_old_due_date() {
    let shop = Shop::open();
    let bill = shop.bill_with(800, json!({ "date": "2026-04-01", "due_date": "2026-04-08" }));
    let paid = shop.pay(1_000, json!({ "account_id": shop.wallet["id"] }));
    let order = json!({ "payment_id": paid["id"], "reason": "returned" });
    let back = shop.ask("payment_reverse", order.clone());
    assert_eq!((&back["number"], &back["reverses_id"]), (&json!("D1-P-000002"), &paid["id"]));
    assert_eq!((shop.world.balance(&shop.wallet["id"]), shop.sums()), (0, [800, 800, 0, 0]));
    assert_eq!((shop.state(&bill), &shop.account()["oldest_due_date"]), (("open".into(), 800), &json!("2026-04-08")));
    assert_eq!(shop.refusal("payment_reverse", order), ("already_reversed", "payment_id".into()));
    let of_reversal = json!({ "payment_id": back["id"], "reason": "mistake" });
    assert_eq!(shop.refusal("payment_reverse", of_reversal), ("already_reversed", "payment_id".into()));
    let paid = shop.pay(800, json!({}));
    shop.world.transfer(&shop.till, &shop.wallet, 500);
    let order = json!({ "payment_id": paid["id"], "reason": "mistake" });
    assert_eq!(
        shop.refusal("payment_reverse", order),
        ("insufficient_funds", "payment_id".into()),
        "the money is gone"
    );
    assert_eq!(shop.sums(), [0, 0, 0, 0]);
}

#[test]
fn a_voided_bill_leaves_what_was_paid_as_credit() {
    let shop = Shop::open();
    let bill = shop.taxed_bill(&[(2_000, 500), (1_000, 77)]);
    let total = bill["total_minor"].as_i64().unwrap();
    shop.pay(600, json!({}));
    let void = shop.ask("bill_void", json!({ "bill_id": bill["id"] }));
    assert_eq!(
        (&void["number"], &void["reason"], &void["total_minor"]),
        (&json!("D1-C-000001"), &json!("void"), &json!(total))
    );
    let shown = shop.bill_now(&bill);
    assert_eq!((&shown["state"], &shown["overpaid_minor"]), (&json!("voided"), &json!(600)));
    assert_eq!((shop.balance_of("income"), shop.balance_of("tax")), (0, 0));
    assert_eq!(shop.sums(), [-600, 0, 600, 0]);
    let order = json!({ "bill_id": bill["id"] });
    assert_eq!(shop.refusal("bill_void", order), ("already_reversed", "bill_id".into()));
    assert_eq!(shop.refusal("bill_void", json!({ "bill_id": void["id"] })), ("wrong_document", "bill_id".into()));
    shop.refund(600);
    assert_eq!((shop.sums(), shop.world.balance(&shop.till["id"])), ([0, 0, 0, 0], 0), "and it is given back");
    let free = shop.bill(0);
    shop.world.ask("bill_void", json!({ "bill_id": free["id"] }));
    assert_eq!(shop.state(&free).0, "voided");
    let bill = shop.taxed_bill(&[(2_000, 500)]);
    let line = json!({ "line_id": bill["lines"][0]["id"], "quantity_milli": 1_000 });
    shop.ask("bill_credit", json!({ "bill_id": bill["id"], "lines": [line], "reason": "return" }));
    assert_eq!(shop.refusal("bill_void", json!({ "bill_id": bill["id"] })), ("credited", "bill_id".into()));
}

#[test]
fn rule_6_goods_that_come_back_in_parts_add_up_to_what_was_sold() {
    let shop = Shop::open();
    let tax = shop.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 160_000 }));
    let sold = json!([{
        "description": "Goods", "quantity_milli": 7_000, "price_minor": 101, "discount_ppm": 50_000, "tax_id": tax["id"],
    }]);
    let bill = shop.ask("bill_issue", shop.with(json!({ "lines": sold }), json!({})));
    assert_eq!((&bill["net_minor"], &bill["tax_minor"]), (&json!(672), &json!(108)));
    let line = |milli: i64| json!([{ "line_id": bill["lines"][0]["id"], "quantity_milli": milli }]);
    let credit = |milli: i64| json!({ "bill_id": bill["id"], "lines": line(milli), "reason": "return" });
    for place in 1..=7 {
        let part = shop.ask("bill_credit", credit(1_000));
        assert_eq!(part["number"], format!("D1-C-{place:06}"));
        shop.sums();
    }
    assert_eq!((shop.state(&bill), shop.balance_of("income"), shop.balance_of("tax")), (("paid".into(), 0), 0, 0));
    assert_eq!(shop.sums(), [0, 0, 0, 0]);
    let fault = shop.world.refused("bill_credit", credit(1));
    assert_eq!(
        (code(&fault), &fault.details.as_ref().unwrap()["left_milli"]),
        (("more_than_sold", "lines.0.quantity_milli"), &json!(0))
    );
    for (more, expected) in [
        (json!({ "lines": [] }), ("empty", "amount_minor")),
        (json!({ "reason": "void" }), ("unknown_choice", "reason")),
        (json!({ "amount_minor": 1 }), ("out_of_range", "amount_minor")),
        (json!({ "lines": [{ "line_id": bill["id"], "quantity_milli": 1 }] }), ("not_found", "lines.0.line_id")),
        (json!({ "lines": [{ "line_id": bill["lines"][0]["id"] }] }), ("out_of_range", "lines.0.amount_minor")),
    ] {
        let mut order = credit(1);
        for (key, value) in more.as_object().unwrap() {
            order[key] = value.clone();
        }
        assert_eq!(code(&shop.world.refused("bill_credit", order)), expected, "{more}");
    }
}

#[test]
fn rule_23_a_settlement_discount_is_a_credit_with_its_share_of_tax() {
    let shop = Shop::open();
    let bill = shop.taxed_bill(&[(1_000, 10_000), (1_000, 3_578)]);
    assert_eq!(bill["total_minor"], 15_750);
    shop.pay(15_500, json!({}));
    let order = json!({ "bill_id": bill["id"], "amount_minor": 250, "reason": "goodwill" });
    let credit = shop.ask("bill_credit", order.clone());
    assert_eq!((&credit["total_minor"], credit["lines"].as_array().unwrap().len()), (&json!(250), 2));
    let (net, tax) = (credit["net_minor"].as_i64().unwrap(), credit["tax_minor"].as_i64().unwrap());
    assert!((net, tax) == (216, 34) || (net, tax) == (215, 35), "in the proportion of 16 to 100: {net} {tax}");
    assert_eq!((shop.state(&bill), shop.sums()), (("paid".into(), 0), [0, 0, 0, 0]));
    let all = json!({ "bill_id": bill["id"], "amount_minor": 15_501, "reason": "goodwill" });
    assert_eq!(shop.refusal("bill_credit", all), ("more_than_sold", "amount_minor".into()));
}

#[test]
fn rule_20_what_is_written_off_keeps_its_tax_and_may_be_paid_after_all() {
    let shop = Shop::open();
    let bill = shop.taxed_bill(&[(1_000, 10_000)]);
    shop.pay(4_000, json!({}));
    let order = json!({ "bill_id": bill["id"] });
    let off = shop.ask("bill_write_off", order.clone());
    assert_eq!((&off["number"], &off["total_minor"]), (&json!("D1-W-000001"), &json!(7_600)));
    assert_eq!((shop.balance_of("bad_debt"), shop.balance_of("tax")), (7_600, -1_600));
    assert_eq!((shop.state(&bill), shop.sums()), (("written_off".into(), 0), [0, 0, 0, 0]));
    assert_eq!(shop.refusal("bill_write_off", order), ("over_claimed", "amount_minor".into()));
    let paid = shop.pay(7_600, json!({}));
    assert_eq!(shop.sums(), [-7_600, 0, 0, 7_600], "it is credit until the write-off is reversed");
    let claim = json!({ "source_id": off["id"], "target_id": bill["id"] });
    assert_eq!(
        shop.refusal("payment_claim", claim),
        ("not_found", "source_id".into()),
        "a write-off pays nothing else"
    );
    shop.ask("bill_reverse", json!({ "bill_id": off["id"] }));
    assert_eq!((shop.state(&bill), shop.balance_of("bad_debt")), (("part_paid".into(), 7_600), 0));
    shop.claim(&paid, &bill, 7_600);
    assert_eq!((shop.state(&bill), shop.sums()), (("paid".into(), 0), [0, 0, 0, 0]));
    assert_eq!(shop.refusal("bill_reverse", json!({ "bill_id": off["id"] })), ("already_reversed", "bill_id".into()));
    assert_eq!(shop.refusal("bill_reverse", json!({ "bill_id": bill["id"] })), ("wrong_document", "bill_id".into()));
}

#[test]
fn rule_21_debts_from_before_the_book_are_paid_the_oldest_first() {
    let shop = Shop::open();
    let debt = |amount: i64, date: &str, reference: &str| {
        let order = json!({ "amount_minor": amount, "date": date, "reference": reference });
        shop.ask("debt_open", shop.with(order, json!({})))
    };
    let debts =
        [debt(12_000, "2025-10-01", "A 7"), debt(8_000, "2025-11-01", "A 9"), debt(5_000, "2025-12-01", "A 12")];
    assert_eq!(
        (&debts[0]["number"], &debts[0]["kind"], &debts[0]["reference"]),
        (&json!("D1-X-000001"), &json!("debt"), &json!("A 7"))
    );
    assert_eq!((shop.balance_of("opening"), shop.sums()), (-25_000, [25_000, 25_000, 0, 0]));
    shop.pay(15_000, json!({}));
    assert_eq!(debts.each_ref().map(|debt| shop.state(debt).1), [0, 5_000, 5_000]);
    let wrong = shop.ask("bill_reverse", json!({ "bill_id": debts[1]["id"] }));
    assert_eq!((&wrong["number"], shop.state(&debts[1]).0), (&json!("D1-X-000004"), "reversed".into()));
    assert_eq!(shop.sums(), [2_000, 5_000, 0, 3_000], "what paid it is free");
    let none = shop.with(json!({ "amount_minor": 0 }), json!({}));
    assert_eq!(shop.refusal("debt_open", none), ("out_of_range", "amount_minor".into()));
}

#[test]
fn rule_21_credit_from_before_the_book_is_left_beside_the_debts() {
    let shop = Shop::open();
    for (amount, date) in [(12_000, "2025-10-01"), (8_000, "2025-11-01"), (5_000, "2025-12-01")] {
        shop.ask("debt_open", shop.with(json!({ "amount_minor": amount, "date": date }), json!({})));
    }
    let old = shop.with(json!({ "amount_minor": 3_000, "date": "2025-12-05", "reference": "G 4" }), json!({}));
    let credit = shop.ask("credit_open", old.clone());
    assert_eq!(
        (&credit["number"], &credit["date"], &credit["reference"], &credit["account_name"]),
        (&json!("D1-P-000001"), &json!("2025-12-05"), &json!("G 4"), &json!("Opening balances"))
    );
    assert_eq!((shop.sums(), shop.balance_of("opening")), ([22_000, 25_000, 0, 3_000], -22_000));
    shop.pay(15_000, json!({}));
    assert_eq!(shop.sums(), [7_000, 10_000, 0, 3_000], "what is left is not used by itself");
    shop.ask("payment_reverse", json!({ "payment_id": credit["id"], "reason": "mistake" }));
    assert_eq!((shop.sums(), shop.balance_of("opening")), ([10_000, 10_000, 0, 0], -25_000));
    for (more, expected) in [
        (json!({ "amount_minor": 0 }), ("out_of_range", "amount_minor".to_owned())),
        (json!({ "customer_id": shop.till["id"] }), ("not_found", "customer_id".to_owned())),
    ] {
        let mut order = old.clone();
        for (key, value) in more.as_object().unwrap() {
            order[key] = value.clone();
        }
        assert_eq!(shop.refusal("credit_open", order), expected);
    }
    shop.ask("customer_archive", json!({ "customer_id": shop.customer["id"], "row_version": 1 }));
    assert_eq!(shop.refusal("credit_open", old), ("archived", "customer_id".into()));
}

#[test]
fn a_refund_uses_up_credit_and_no_more_than_there_is() {
    let shop = Shop::open();
    shop.bill(500);
    shop.pay(800, json!({}));
    let order = shop.with(json!({ "account_id": shop.till["id"], "amount_minor": 301 }), json!({}));
    let fault = shop.world.refused("payment_refund", order);
    assert_eq!(
        (code(&fault), &fault.details.as_ref().unwrap()["left_minor"]),
        (("over_claimed", "amount_minor"), &json!(300))
    );
    let back = shop.refund(200);
    assert_eq!(
        (&back["number"], &back["purpose"], &back["counted_minor"]),
        (&json!("D1-R-000001"), &json!("refund"), &json!(200))
    );
    assert_eq!((shop.sums(), shop.world.balance(&shop.till["id"])), ([-100, 0, 0, 100], 600));
    shop.ask("payment_reverse", json!({ "payment_id": back["id"], "reason": "mistake" }));
    assert_eq!(
        (shop.sums(), shop.world.balance(&shop.till["id"])),
        ([-300, 0, 0, 300], 800),
        "the credit is free again"
    );
    let lent = shop.with(json!({ "account_id": shop.till["id"], "amount_minor": 700 }), json!({}));
    let lent = shop.ask("payment_payout", lent);
    assert_eq!((&lent["purpose"], shop.sums()), (&json!("payout"), [400, 700, 0, 300]));
    let correction = json!({ "payment_id": lent["id"], "reference": "R1" });
    assert_eq!(shop.refusal("payment_correct", correction), ("wrong_document", "payment_id".into()));
    shop.pay(400, json!({}));
    assert_eq!(shop.sums(), [0, 300, 0, 300], "what is lent is paid like a bill");
}

#[test]
fn a_payment_is_corrected_in_one_and_the_till_is_looked_at_once() {
    let shop = Shop::open();
    let other = shop.ask("customer_add", json!({ "name": "Odhiambo" }));
    let bill = shop.bill(600);
    let theirs = shop.bill_with(600, json!({ "customer_id": other["id"] }));
    let paid = shop.pay(600, json!({}));
    shop.world.transfer(&shop.till, &shop.wallet, 600);
    let order = json!({ "payment_id": paid["id"], "customer_id": other["id"] });
    let corrected = shop.ask("payment_correct", order.clone());
    assert_eq!((&corrected["customer_id"], shop.world.balance(&shop.till["id"])), (&other["id"], 0));
    assert_eq!((shop.state(&bill), shop.state(&theirs)), (("open".into(), 600), ("paid".into(), 0)));
    assert_eq!(shop.refusal("payment_correct", order), ("already_reversed", "payment_id".into()));
    let called = shop.ask("payment_correct", json!({ "payment_id": corrected["id"], "reference": "QX9" }));
    assert_eq!((&called["reference"], shop.state(&theirs)), (&json!("QX9"), ("paid".into(), 0)));
    let none = json!({ "payment_id": called["id"] });
    assert_eq!(shop.refusal("payment_correct", none), ("missing_field", "reference".into()));
    let moved = json!({ "payment_id": called["id"], "account_id": shop.wallet["id"] });
    assert_eq!(
        shop.refusal("payment_correct", moved),
        ("insufficient_funds", "payment_id".into()),
        "the till has it no more"
    );
    assert_eq!(shop.sums(), [600, 600, 0, 0]);
}

#[test]
fn a_sale_is_billed_and_paid_in_one_and_undone_in_one() {
    let shop = Shop::open();
    let version = shop.ask("status", json!({}))["book"]["row_version"].clone();
    shop.ask("book_edit", json!({ "row_version": version, "cash_step_minor": 5 }));
    let lines = json!([{ "description": "Tea", "quantity_milli": 1_000, "price_minor": 23_089 }]);
    let sale = |payments: Value| json!({ "lines": lines, "payments": payments });
    let sold = shop.ask(
        "sale_now",
        sale(json!([
            { "account_id": shop.wallet["id"], "amount_minor": 10_000, "reference": "QX1" },
            { "account_id": shop.till["id"], "tendered_minor": 15_000 },
        ])),
    );
    assert_eq!((&sold["bill"]["customer_name"], &sold["bill"]["state"]), (&json!("Walk-in"), &json!("paid")));
    assert_eq!(
        (&sold["change_minor"], &sold["payments"][1]["rounding_minor"]),
        (&json!(1_910), &json!(1)),
        "rounding on the cash rest alone"
    );
    assert_eq!((shop.world.balance(&shop.wallet["id"]), shop.world.balance(&shop.till["id"])), (10_000, 13_090));
    let undone = shop.ask("sale_undo", json!({ "bill_id": sold["bill"]["id"] }));
    assert_eq!(undone["payments"].as_array().unwrap().len(), 2);
    assert_eq!((shop.world.balance(&shop.wallet["id"]), shop.world.balance(&shop.till["id"])), (0, 0));
    let walk_in = undone["credit"]["customer_id"].clone();
    let account = shop.ask("customer_account", json!({ "customer_id": walk_in }));
    assert_eq!((&account["balance_minor"], &account["items"]), (&json!(0), &json!([])));
    let again = json!({ "bill_id": sold["bill"]["id"] });
    assert_eq!(shop.refusal("sale_undo", again), ("already_reversed", "bill_id".into()));

    let part = sale(json!([{ "account_id": shop.till["id"], "amount_minor": 20_000 }]));
    let fault = shop.world.refused("sale_now", part.clone());
    assert_eq!(
        (code(&fault), &fault.details.as_ref().unwrap()["open_minor"]),
        (("walk_in", "payments"), &json!(3_089))
    );
    assert_eq!(shop.world.balance(&shop.till["id"]), 0, "nothing of it stands");
    let named = shop.with(part, json!({}));
    assert_eq!(shop.ask("sale_now", named)["bill"]["open_minor"], 3_089, "who is known may owe the rest");
    let whole = sale(json!([{ "account_id": shop.till["id"] }]));
    assert_eq!(shop.ask("sale_now", whole)["payments"][0]["amount_minor"], 23_090);
    let more = sale(json!([{ "account_id": shop.till["id"], "amount_minor": 23_095 }]));
    assert_eq!(shop.refusal("sale_now", more), ("walk_in", "payments".into()), "nobody's credit is kept");
    let wrong = sale(json!([{ "account_id": shop.customer["id"] }]));
    assert_eq!(shop.refusal("sale_now", wrong), ("not_found", "payments.0.account_id".into()));
    for (command, input) in [
        ("customer_archive", json!({ "customer_id": walk_in, "row_version": 1 })),
        ("customer_edit", json!({ "customer_id": walk_in, "row_version": 1, "name": "Bo" })),
        ("customer_edit", json!({ "customer_id": walk_in, "row_version": 1, "credit_limit_minor": 5 })),
        ("bill_issue", json!({ "customer_id": walk_in, "lines": lines })),
        ("debt_open", json!({ "customer_id": walk_in, "amount_minor": 5 })),
    ] {
        assert_eq!(shop.refusal(command, input), ("walk_in", "customer_id".into()), "{command}");
    }
    shop.world.assert_holds();
}

/// The identity of section 4 after each step of random lives, in which everything happens to everything.
#[test]
fn in_any_life_of_everything_a_balance_is_what_is_open_less_what_is_overpaid_and_left() {
    let mut dice = Dice::of_this_run("receivables");
    for _ in 0..6 {
        let shop = Shop::open();
        shop.world.account("Safe", "bank", 100_000);
        let bank = rows(&shop.ask("account_list", json!({ "kinds": ["bank"] })))[0].clone();
        let try_it = |command: &str, input: Value| {
            let envelope = daybook::commands::Envelope::of(command, input);
            match shop.world.send(&envelope) {
                Ok(_) => {}
                Err(fault) => assert_ne!(fault.code.name(), "internal", "{command}: {}", fault.chain()),
            }
        };
        for _ in 0..40 {
            let bills = rows(&shop.ask("bill_list", json!({ "limit": 200 }))).to_vec();
            let payments = rows(&shop.ask("payment_list", json!({ "limit": 200 }))).to_vec();
            let amount = 1 + dice.below(900) as i64;
            let one = |dice: &mut Dice, of: &[Value]| {
                if of.is_empty() { json!({ "id": shop.customer["id"] }) } else { dice.pick(of).clone() }
            };
            let (bill, payment) = (one(&mut dice, &bills), one(&mut dice, &payments));
            let expenses = rows(&shop.ask("expense_list", json!({ "limit": 200 }))).to_vec();
            let goods = json!([{ "description": "Goods", "quantity_milli": 2_000, "price_minor": amount }]);
            match dice.below(18) {
                13 => {
                    let sale = json!({ "lines": goods, "payments": [{ "account_id": bank["id"] }] });
                    try_it("sale_now", if amount % 2 == 0 { shop.with(sale, json!({})) } else { sale });
                }
                14 => try_it("sale_undo", json!({ "bill_id": bill["id"] })),
                15 => {
                    let shown = shop
                        .world
                        .send(&daybook::commands::Envelope::of("bill_show", json!({ "bill_id": bill["id"] })));
                    if let Ok(shown) = shown
                        && let Some(line) = shown["lines"].as_array().unwrap().first()
                    {
                        let line = json!({ "line_id": line["id"], "quantity_milli": 500 });
                        let order = json!({ "bill_id": bill["id"], "lines": [line], "reason": "return" });
                        try_it("bill_credit", order);
                    }
                }
                16 => try_it("expense_record", json!({ "account_id": bank["id"], "amount_minor": amount })),
                17 => {
                    if !expenses.is_empty() {
                        try_it("expense_reverse", json!({ "expense_id": dice.pick(&expenses)["id"] }));
                    }
                }
                0 | 1 => drop(shop.taxed_bill(&[(1_000 + amount, amount), (500, 333)])),
                2 => try_it("debt_open", shop.with(json!({ "amount_minor": amount }), json!({}))),
                3 | 4 => try_it("payment_receive", shop.payment(amount, json!({ "account_id": bank["id"] }))),
                5 => try_it("payment_receive", shop.payment(amount, json!({ "account_id": bank["id"], "claims": [] }))),
                6 => try_it("payment_claim", json!({ "source_id": payment["id"], "target_id": bill["id"] })),
                7 => {
                    let shown = shop
                        .world
                        .send(&daybook::commands::Envelope::of("payment_show", json!({ "payment_id": payment["id"] })));
                    if let Ok(shown) = shown
                        && let Some(claim) = shown["claims"].as_array().unwrap().first()
                    {
                        try_it("payment_unclaim", json!({ "claim_id": claim["id"] }));
                    }
                }
                8 => try_it("payment_reverse", json!({ "payment_id": payment["id"], "reason": "mistake" })),
                9 => {
                    let command = *dice.pick(&["bill_void", "bill_write_off", "bill_reverse"]);
                    try_it(command, json!({ "bill_id": bill["id"] }));
                }
                10 => {
                    try_it("bill_credit", json!({ "bill_id": bill["id"], "amount_minor": amount, "reason": "price" }))
                }
                11 => {
                    let order = json!({ "account_id": bank["id"], "amount_minor": amount });
                    let command = *dice.pick(&["payment_refund", "payment_refund", "payment_payout"]);
                    try_it(command, shop.with(order, json!({})));
                }
                _ => {
                    try_it("payment_correct", json!({ "payment_id": payment["id"], "reference": format!("R{amount}") }))
                }
            }
            shop.sums();
            let customers = all_rows(&shop.world, "customer_list", json!({ "limit": 200 }));
            let owed: i64 = customers
                .iter()
                .map(|customer| shop.ask("customer_account", json!({ "customer_id": customer["id"] })))
                .map(|account| account["balance_minor"].as_i64().unwrap())
                .sum();
            assert_eq!(shop.balance_of("receivable"), owed, "the account is all of its customers");
        }
        assert_eq!(shop.ask("verify", json!({}))["gaps"], json!([]), "what is refused takes no number");
    }
}

#[test]
fn an_expense_is_paid_with_its_tax_apart_and_reversed_once() {
    let shop = Shop::open();
    let world = &shop.world;
    let purse = world.account("Purse", "cash", 10_000);
    let fuel = world.account("Fuel", "expense", 0);
    let spend = |more: Value| {
        let mut order = json!({ "account_id": purse["id"], "expense_account_id": fuel["id"], "amount_minor": 1_160, "tax_minor": 160 });
        for (key, value) in more.as_object().unwrap() {
            order[key] = value.clone();
        }
        order
    };
    let spent = world.ask("expense_record", spend(json!({ "payee": "Shell", "reference": "R1" })));
    assert_eq!((&spent["number"], &spent["expense_account_name"]), (&json!("D1-E-000001"), &json!("Fuel")));
    assert_eq!((world.balance(&purse["id"]), world.balance(&fuel["id"]), shop.balance_of("tax")), (8_840, 1_000, 160));
    let found = world.ask("expense_list", json!({ "search": "shell" }));
    assert_eq!(rows(&found), std::slice::from_ref(&spent));
    for (more, expected) in [
        (json!({ "amount_minor": 0 }), ("out_of_range", "amount_minor")),
        (json!({ "tax_minor": 1_161 }), ("out_of_range", "tax_minor")),
        (json!({ "amount_minor": 9_000 }), ("insufficient_funds", "amount_minor")),
        (json!({ "account_id": fuel["id"] }), ("wrong_account_kind", "account_id")),
        (json!({ "expense_account_id": purse["id"] }), ("wrong_account_kind", "expense_account_id")),
        (json!({ "expense_account_id": shop.customer["id"] }), ("not_found", "expense_account_id")),
    ] {
        assert_eq!(code(&world.refused("expense_record", spend(more.clone()))), expected, "{more}");
    }
    let order = json!({ "expense_id": spent["id"] });
    let back = world.ask("expense_reverse", order.clone());
    assert_eq!((&back["number"], &back["reverses_id"]), (&json!("D1-E-000002"), &spent["id"]));
    assert_eq!((world.balance(&purse["id"]), world.balance(&fuel["id"]), shop.balance_of("tax")), (10_000, 0, 0));
    assert_eq!(code(&world.refused("expense_reverse", order)), ("already_reversed", "expense_id"));
    world.assert_holds();
}

#[test]
fn the_overview_tells_what_was_taken_what_is_owed_and_who_should_pay() {
    let shop = Shop::open();
    let world = &shop.world;
    let overview = || world.ask("overview", json!({}));
    let today = overview()["today_date"].as_str().unwrap().to_owned();
    let ago = |days: usize| overview()["days"][29 - days]["date"].as_str().unwrap().to_owned();
    let before = overview();
    assert_eq!(
        (&before["taken_today_minor"], &before["payments_today"], &before["owed"]["customers"], &before["due"]),
        (&json!(0), &json!(0), &json!(0), &json!([])),
        "a book in which nothing was sold yet"
    );

    // One bill an age, each of another customer but two; one isn't due yet.
    let far = |days: i64| {
        let (year, rest) = today.split_at(4);
        let year: i64 = year.parse().unwrap();
        format!("{}{}", year - days / 365, if rest == "-02-29" { "-02-28" } else { rest })
    };
    let others: Vec<Value> =
        ["Ana", "Bea"].iter().map(|name| world.ask("customer_add", json!({ "name": name }))).collect();
    let lines = |total: i64| json!([{ "description": "Goods", "quantity_milli": 1000, "price_minor": total }]);
    let bill = |customer: &Value, total: i64, date: String| {
        let sold = json!({ "customer_id": customer["id"], "lines": lines(total), "date": date, "due_date": date });
        world.ask("bill_issue", sold)
    };
    bill(&shop.customer, 1_000, far(365));
    bill(&shop.customer, 200, today.clone());
    bill(&others[0], 30, ago(3));
    let coming = json!({ "customer_id": others[1]["id"], "lines": lines(4), "due_date": format!("21{}", &today[2..]) });
    world.ask("bill_issue", coming);

    let now = overview();
    let owed = &now["owed"];
    assert_eq!(
        [&owed["open_minor"], &owed["customers"], &owed["overdue_minor"], &owed["age_0_minor"], &owed["age_91_minor"]],
        [&json!(1_234), &json!(3), &json!(1_030), &json!(234), &json!(1_000)]
    );
    assert_eq!([&owed["age_31_minor"], &owed["age_61_minor"]], [&json!(0), &json!(0)]);
    let due: Vec<(&str, i64, &str)> = now["due"].as_array().unwrap().iter().map(due_of).collect();
    assert_eq!(
        due,
        [("Mama Njeri", 1_200, far(365).as_str()), ("Ana", 30, ago(3).as_str())],
        "whoever has owed the longest first; what isn't due is not asked for"
    );

    // Paid today, yesterday and before the days that are shown; one is reversed today.
    shop.pay(500, json!({}));
    shop.pay(70, json!({ "date": ago(1) }));
    shop.pay(9, json!({ "date": ago(20) }));
    let wrong = shop.pay(40, json!({ "date": ago(2) }));
    world.ask("payment_reverse", json!({ "payment_id": wrong["id"], "reason": "mistake" }));
    let lent = shop.with(json!({ "account_id": shop.till["id"], "amount_minor": 100 }), json!({}));
    world.ask("payment_payout", lent);
    shop.ask("credit_open", json!({ "customer_id": others[1]["id"], "amount_minor": 8 }));
    let now = overview();
    assert_eq!(
        (&now["taken_today_minor"], &now["payments_today"]),
        (&json!(460), &json!(1)),
        "money lent is not taken, nor is credit from before the book"
    );
    let takings = now["takings"].as_array().unwrap();
    assert_eq!((takings.len(), &takings[13]["date"]), (14, &json!(today)));
    let taken: Vec<&Value> = takings[10..].iter().map(|day| &day["taken_minor"]).collect();
    assert_eq!(taken, [&json!(0), &json!(40), &json!(70), &json!(460)]);
    let total: i64 = takings.iter().map(|day| day["taken_minor"].as_i64().unwrap()).sum();
    assert_eq!(total, 570, "what is older is not shown");
}

fn due_of(due: &Value) -> (&str, i64, &str) {
    (due["customer_name"].as_str().unwrap(), due["due_minor"].as_i64().unwrap(), due["since_date"].as_str().unwrap())
}

#[test]
fn the_overview_tells_of_a_reference_twice_and_of_a_bill_paid_twice() {
    let shop = Shop::open();
    let world = &shop.world;
    let overview = || world.ask("overview", json!({}));
    let bill = shop.bill(1_000);
    let first = shop.pay(400, json!({ "reference": "QX7" }));
    assert_eq!(overview()["twice"], json!([]));
    let second = shop.pay(400, json!({ "reference": "QX7", "accept_duplicate": true }));
    shop.pay(1, json!({ "reference": "QX7", "account_id": shop.wallet["id"] }));
    assert_eq!(
        overview()["twice"],
        json!([{ "payment_id": second["id"], "number": second["number"], "reference": "QX7" }]),
        "another account has references of its own"
    );
    world.ask("payment_reverse", json!({ "payment_id": first["id"], "reason": "mistake" }));
    assert_eq!(overview()["twice"], json!([]), "one that is reversed has none");

    assert_eq!(overview()["overpaid"], json!([]));
    world.ask("bill_void", json!({ "bill_id": bill["id"] }));
    let (_, open) = shop.state(&bill);
    assert_eq!(open, 0);
    assert_eq!(
        overview()["overpaid"],
        json!([{ "customer_id": shop.customer["id"], "customer_name": "Mama Njeri", "overpaid_minor": 401 }]),
        "rule 10: paid, and voided"
    );
}

#[test]
fn who_collects_finds_who_owes_most_first_and_anybody_by_name_or_phone() {
    let shop = Shop::open();
    let world = &shop.world;
    let add = |name: &str, phone: &str| world.ask("customer_add", json!({ "name": name, "phone": phone }));
    let (ana, bea) = (add("Ana", "0712 345 678"), add("Bea", "0733 111 222"));
    let gone = add("Zoe", "0700 000 000");
    let lines = |total: i64| json!([{ "description": "Goods", "quantity_milli": 1000, "price_minor": total }]);
    for (customer, total) in [(&bea, 900), (&shop.customer, 300), (&gone, 5_000)] {
        world.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines(total) }));
    }
    let archive = json!({ "customer_id": gone["id"], "row_version": gone["row_version"], "archived": true });
    world.ask("customer_archive", archive);
    let found = |query: Value| -> Vec<(String, i64)> {
        let page = world.ask("customer_find", query);
        assert!(page["next_cursor"].is_null());
        let told = |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["balance_minor"].as_i64().unwrap());
        rows(&page).iter().map(told).collect()
    };
    let named = |all: &[(&str, i64)]| all.iter().map(|(name, owes)| ((*name).to_owned(), *owes)).collect::<Vec<_>>();
    assert_eq!(found(json!({})), named(&[("Bea", 900), ("Mama Njeri", 300), ("Ana", 0)]));
    assert_eq!(found(json!({ "limit": 2 })), named(&[("Bea", 900), ("Mama Njeri", 300)]));
    assert_eq!(found(json!({ "search": "" })).len(), 3);
    assert_eq!(found(json!({ "search": "njeri" })), named(&[("Mama Njeri", 300)]));
    assert_eq!(found(json!({ "search": "0712345" })), named(&[("Ana", 0)]));
    let more = json!({ "customer_id": ana["id"], "account_id": shop.till["id"], "amount_minor": 50 });
    world.ask("payment_receive", more);
    assert_eq!(found(json!({ "search": "ana" })), named(&[("Ana", -50)]), "who has credit owes less than nothing");
    assert_eq!(found(json!({}))[2], ("Ana".to_owned(), -50));
}

#[test]
fn payments_are_listed_by_what_they_are_for() {
    let shop = Shop::open();
    let world = &shop.world;
    shop.bill(100);
    shop.pay(150, json!({}));
    let out = |amount: i64| shop.with(json!({ "account_id": shop.till["id"], "amount_minor": amount }), json!({}));
    world.ask("payment_refund", out(50));
    world.ask("payment_payout", out(20));
    let amounts = |purposes: Value| -> Vec<i64> {
        let listed = all_rows(world, "payment_list", json!({ "purposes": purposes, "limit": 1 }));
        listed.iter().map(|payment| payment["amount_minor"].as_i64().unwrap()).collect()
    };
    assert_eq!(amounts(json!(["settlement"])), [150]);
    assert_eq!(amounts(json!(["refund", "payout"])), [20, 50]);
    assert_eq!(amounts(json!(null)).len(), 3);
    assert_eq!(amounts(json!([])).len(), 0);
}
