//! Orders: drafts, what is confirmed, and what is left of them.

use crate::world::{World, rows};
use daybook::kernel::Fault;
use serde_json::{Value, json};

fn code(fault: &Fault) -> (&'static str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

/// A book with a customer and a product of 1.00 that carries a tax of 16 %.
struct Desk {
    world: World,
    customer: Value,
    tax: Value,
    product: Value,
}

impl Desk {
    fn open() -> Desk {
        let world = World::with_book();
        let customer = world.ask("customer_add", json!({ "name": "Mama Njeri" }));
        let tax = world.ask("tax_add", json!({ "name": "VAT", "rate_ppm": 160_000, "code": "A" }));
        let product = json!({ "name": "Chai", "sku": "C1", "price_minor": 10_000, "tax_id": tax["id"] });
        let product = world.ask("product_add", product);
        Desk { world, customer, tax, product }
    }

    /// A draft of so many of the product, and a delivery of 5.00.
    fn draft(&self, quantity_milli: i64) -> Value {
        let lines = json!([
            { "product_id": self.product["id"], "quantity_milli": quantity_milli },
            { "description": "Delivery", "quantity_milli": 1_000, "price_minor": 500 },
        ]);
        self.world.ask("order_draft", json!({ "customer_id": self.customer["id"], "lines": lines }))
    }

    fn reprices(&self, price_minor: i64) {
        let product = rows(&self.world.ask("product_list", json!({})))[0].clone();
        let edit = json!({
            "product_id": product["id"], "row_version": product["row_version"], "price_minor": price_minor,
        });
        self.world.ask("product_edit", edit);
    }
}

fn seen(order: &Value) -> Value {
    json!({ "order_id": order["id"], "row_version": order["row_version"] })
}

fn with(mut input: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

#[test]
fn a_draft_has_no_number_and_what_is_confirmed_is_numbered_without_a_gap() {
    let desk = Desk::open();
    let world = &desk.world;
    let (first, second) = (desk.draft(2_000), desk.draft(3_000));
    assert_eq!((&first["number"], &first["state"]), (&json!(null), &json!("draft")));
    assert_eq!(
        (&first["net_minor"], &first["tax_minor"], &first["total_minor"]),
        (&json!(20_500), &json!(3_200), &json!(23_700))
    );
    let gone = world.ask("order_discard", seen(&first));
    assert_eq!(gone["lines"].as_array().unwrap().len(), 2, "its lines went with it, and it says which");
    assert_eq!(code(&world.refused("order_show", json!({ "order_id": first["id"] }))), ("not_found", "order_id"));
    let second = world.ask("order_confirm", seen(&second));
    let third = world.ask("order_confirm", seen(&desk.draft(1_000)));
    assert_eq!((&second["number"], &third["number"]), (&json!("D1-O-000001"), &json!("D1-O-000002")));
    assert_eq!((&second["state"], &second["lines"][0]["left_milli"]), (&json!("confirmed"), &json!(3_000)));
    for (command, more) in [
        ("order_edit", json!({})),
        ("order_confirm", json!({})),
        ("order_discard", json!({})),
        ("order_reprice", json!({})),
    ] {
        let refused = world.refused(command, with(seen(&second), more));
        assert_eq!(code(&refused), ("wrong_state", "order_id"), "{command}");
        assert_eq!(refused.details.unwrap()["state"], "confirmed");
    }
    world.assert_holds();
}

#[test]
fn a_draft_keeps_its_prices_until_it_is_repriced_and_confirming_tells_what_changed() {
    let desk = Desk::open();
    let world = &desk.world;
    let draft = desk.draft(2_000);
    desk.reprices(11_000);
    let line = &draft["lines"][0];
    let lines = json!([{ "order_line_id": line["id"], "product_id": line["product_id"], "quantity_milli": 3_000 }]);
    let edited = world.ask("order_edit", with(seen(&draft), json!({ "lines": lines, "note": "Early" })));
    assert_eq!((&edited["lines"][0]["price_minor"], &edited["net_minor"]), (&json!(10_000), &json!(30_000)), "rule 15");
    assert_eq!((edited["lines"].as_array().unwrap().len(), &edited["note"]), (1, &json!("Early")));
    assert_eq!(edited["price_changes"][0]["list_price_now_minor"], 11_000);
    assert_eq!(code(&world.refused("order_confirm", seen(&draft))), ("stale", ""));
    let copy = world.ask("order_copy", json!({ "from_order_id": draft["id"] }));
    let confirmed = world.ask("order_confirm", seen(&edited));
    assert_eq!((&confirmed["net_minor"], &confirmed["price_changes"]), (&json!(30_000), &edited["price_changes"]));
    let tax = rows(&world.ask("tax_list", json!({})))[0].clone();
    world.ask("tax_edit", json!({ "tax_id": desk.tax["id"], "row_version": tax["row_version"], "rate_ppm": 200_000 }));
    let repriced = world.ask("order_reprice", seen(&copy));
    assert_eq!((&repriced["net_minor"], &repriced["tax_minor"]), (&json!(33_000), &json!(6_600)));
    assert_eq!(repriced["price_changes"], json!([]));
    // A price that was agreed stays.
    let line = &repriced["lines"][0];
    let lines = json!([{
        "order_line_id": line["id"], "product_id": line["product_id"], "quantity_milli": 1_000, "price_minor": 9_000,
        "discount_ppm": 100_000,
    }]);
    let agreed = world.ask("order_edit", with(seen(&repriced), json!({ "lines": lines })));
    desk.reprices(12_000);
    let agreed = world.ask("order_reprice", seen(&agreed));
    assert_eq!((&agreed["lines"][0]["price_minor"], &agreed["net_minor"]), (&json!(9_000), &json!(8_100)));
    assert_eq!(agreed["lines"][0]["list_price_minor"], 12_000);
    world.assert_holds();
}

#[test]
fn rule_19_a_deposit_of_an_order_that_is_cancelled_is_credit_and_is_given_back() {
    let desk = Desk::open();
    let world = &desk.world;
    let till = world.account("Till", "cash", 0);
    let draft = desk.draft(1_000);
    let deposit = json!({
        "customer_id": desk.customer["id"], "account_id": till["id"], "amount_minor": 3_000, "sale_order_id": draft["id"],
    });
    assert_eq!(code(&world.refused("payment_receive", deposit.clone())), ("not_found", "sale_order_id"), "of a draft");
    let order = world.ask("order_confirm", seen(&draft));
    world.ask("payment_receive", deposit.clone());
    let order = world.ask("order_show", json!({ "order_id": order["id"] }));
    assert_eq!((&order["deposits"][0]["left_minor"], &order["bills"]), (&json!(3_000), &json!([])));
    let cancelled = world.ask("order_cancel", with(seen(&order), json!({ "cancel_reason": "Closed down" })));
    assert_eq!((&cancelled["state"], &cancelled["cancel_reason"]), (&json!("cancelled"), &json!("Closed down")));
    let again = with(seen(&cancelled), json!({ "cancel_reason": "Closed down" }));
    assert_eq!(code(&world.refused("order_cancel", again)), ("wrong_state", "order_id"));
    assert_eq!(code(&world.refused("payment_receive", deposit)), ("not_found", "sale_order_id"), "of a cancelled one");
    let back = json!({ "customer_id": desk.customer["id"], "account_id": till["id"], "amount_minor": 3_000 });
    world.ask("payment_refund", back);
    let shown = world.ask("order_show", json!({ "order_id": order["id"] }));
    assert_eq!(shown["deposits"][0]["left_minor"], 0);
    assert_eq!(world.balance(&till["id"]), 0);
    world.assert_holds();
}

#[test]
fn only_the_device_that_keeps_an_order_changes_it_and_anybody_copies_it() {
    let desk = Desk::open();
    let world = &desk.world;
    let other = world.another_device("Van 2");
    let draft = desk.draft(1_000);
    let to = |device: &Value| with(seen(&draft), json!({ "to_device_id": device }));
    assert_eq!(
        code(&world.refused("order_release", to(&draft["custodian_device_id"]))),
        ("unknown_choice", "to_device_id")
    );
    let gone = world.ask("order_release", to(&other));
    assert_eq!((&gone["custodian_here"], &gone["custodian_name"]), (&json!(false), &json!("Van 2")));
    let refused = world.refused("order_confirm", seen(&gone));
    assert_eq!(code(&refused), ("not_custodian", "order_id"));
    assert_eq!(refused.details.unwrap()["offer"], "order_copy");
    let copy = world.ask("order_copy", json!({ "from_order_id": draft["id"] }));
    assert_eq!((&copy["total_minor"], &copy["custodian_here"]), (&draft["total_minor"], &json!(true)));
    world.ask("order_confirm", seen(&copy));
}

#[test]
fn a_list_of_orders_in_pages_of_any_size_is_the_list() {
    let desk = Desk::open();
    let world = &desk.world;
    for milli in 1..=7 {
        let draft = desk.draft(milli * 1_000);
        if milli % 2 == 0 {
            world.ask("order_confirm", seen(&draft));
        }
    }
    let whole = world.ask("order_list", json!({}));
    assert_eq!(rows(&whole).len(), 7);
    assert_eq!(rows(&whole)[0]["lines"].as_array().unwrap().len(), 2, "with their lines");
    for limit in [1, 2, 3, 6] {
        let (mut all, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let page = world.ask("order_list", json!({ "limit": limit, "cursor": cursor }));
            all.extend(rows(&page).iter().cloned());
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(json!(all), whole["rows"], "pages of {limit}");
    }
    let count = |query: Value| rows(&world.ask("order_list", query)).len();
    assert_eq!(count(json!({ "states": ["confirmed"] })), 3);
    assert_eq!(count(json!({ "states": ["draft", "confirmed"], "kept_here": true })), 7);
    assert_eq!(count(json!({ "search": "o-000002" })), 1);
    assert_eq!(count(json!({ "search": "njeri", "customer_id": desk.customer["id"] })), 7);
    assert_eq!(count(json!({ "to_date": "2001-01-01" })), 0);
}
