//! Accounts, transfers, reversals, statements and the overview: whatever is asked for, the sums are right.

use crate::world::{World, all_rows, rows};
use daybook::commands::Envelope;
use daybook::domain::TransferId;
use daybook::kernel::{AMOUNT_MAX, Fault};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn code(fault: &Fault) -> (&'static str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

/// All accounts, the closed ones and those that every book has too.
fn accounts(world: &World) -> Vec<Value> {
    all_rows(world, "account_list", json!({ "closed": "all", "limit": 5 }))
}

fn of_kind(world: &World, kind: &str) -> Value {
    accounts(world).into_iter().find(|account| account["kind"] == kind).expect("every book has one")
}

fn assert_the_balances_cancel_out(world: &World) {
    let sum: i64 = accounts(world).iter().map(|account| account["balance_minor"].as_i64().unwrap()).sum();
    assert_eq!(sum, 0, "every debit is a credit elsewhere");
    world.assert_holds();
}

fn order(from: &Value, to: &Value, amount_minor: i64) -> Value {
    json!({ "from_account_id": from["id"], "to_account_id": to["id"], "amount_minor": amount_minor })
}

fn with(mut input: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

fn texts(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter().map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_account_opens_with_what_lies_at_its_minimum_or_above() {
    let world = World::with_book();
    let open = |name: &str, minimum: Value, opening: i64| json!({ "name": name, "kind": "cash", "minimum_minor": minimum, "opening_minor": opening });
    let entries = world.entries();
    for (minimum, opening) in [(json!(0), -1), (json!(100), 99), (json!(-50), -51), (json!(1), 0)] {
        let refused = world.refused("account_open", open("Till", minimum, opening));
        assert_eq!(code(&refused), ("insufficient_funds", "opening_minor"));
    }
    assert_eq!(world.entries(), entries, "what is refused leaves no entry");
    for (name, minimum, opening, available) in [
        ("At it", json!(100), 100, json!(0)),
        ("Above it", json!(100), 250, json!(150)),
        ("In debt", json!(-500), -200, json!(300)),
        ("Without one", Value::Null, -9_000, Value::Null),
    ] {
        let account = world.ask("account_open", open(name, minimum.clone(), opening));
        assert_eq!(account["minimum_minor"], minimum, "{name}");
        assert_eq!(account["balance_minor"], opening, "{name}");
        assert_eq!(account["available_minor"], available, "{name}");
    }
    let usual = |kind: &str| world.account(kind, kind, 0)["minimum_minor"].clone();
    assert_eq!(
        [usual("cash"), usual("mobile_money"), usual("bank"), usual("income")],
        [json!(0), json!(0), Value::Null, Value::Null]
    );
    assert_the_balances_cancel_out(&world);
}

#[test]
fn an_account_has_a_kind_that_can_be_opened_and_its_own_name() {
    let world = World::with_book();
    let till = world.account("Caja Única", "cash", 0);
    for kind in ["receivable", "tax", "discount", "over_short", "rounding", "opening"] {
        let refused = world.refused("account_open", json!({ "name": kind, "kind": kind }));
        assert_eq!(code(&refused), ("wrong_account_kind", "kind"), "{kind}");
    }
    let refused = world.refused("account_open", json!({ "name": "Rent", "kind": "expense", "minimum_minor": 0 }));
    assert_eq!(code(&refused), ("wrong_account_kind", "minimum_minor"));
    for name in ["caja única", "CAJA U\u{301}NICA", "  Caja  Única ", "Caja Única\u{200b}", "\u{feff}Caja\u{ad} única"]
    {
        let refused = world.refused("account_open", json!({ "name": name, "kind": "bank" }));
        assert_eq!(code(&refused), ("name_taken", "name"), "{name}");
    }
    let bank = world.account("Bank", "bank", 0);
    let rename = |name: &str, account: &Value| json!({ "account_id": account["id"], "row_version": account["row_version"], "name": name });
    assert_eq!(
        code(&world.refused("account_edit", rename("caja u\u{301}nica\u{200d}", &bank))),
        ("name_taken", "name")
    );
    assert_eq!(
        world.ask("account_edit", rename("CAJA única", &till))["name"],
        "CAJA única",
        "its own name is no other's"
    );
    // Each of these is another word; what a search leaves out makes no names the same.
    for name in [
        "Caja Unica",
        "का",
        "की",
        "ガス",
        "カス",
        "ｶﾞｽ",
        "José",
        "Jose",
        "Søren",
        "Soren",
        "தி",
        "தீ",
        "มา",
        "ม่า",
        "ısı",
        "isi",
    ] {
        world.account(name, "cash", 0);
        assert_eq!(
            world.refused("account_open", json!({ "name": name, "kind": "bank" })).code.name(),
            "name_taken",
            "{name}"
        );
    }
    world.account("Straße", "cash", 0);
    assert_eq!(world.refused("account_open", json!({ "name": "STRASSE", "kind": "cash" })).code.name(), "name_taken");
    world.assert_holds();
}

#[test]
fn a_minimum_may_not_be_set_above_the_balance() {
    let world = World::with_book();
    let till = world.account("Till", "cash", 1_000);
    let minimum = |account: &Value, minimum: Value| json!({ "account_id": account["id"], "row_version": account["row_version"], "minimum_minor": minimum });
    let refused = world.refused("account_edit", minimum(&till, json!(1_001)));
    assert_eq!(code(&refused), ("insufficient_funds", "minimum_minor"));
    let till = world.ask("account_edit", minimum(&till, json!(1_000)));
    assert_eq!((&till["available_minor"], &till["name"]), (&json!(0), &json!("Till")));
    let bank = world.account("Bank", "bank", 0);
    assert_eq!(code(&world.refused("transfer_funds", order(&till, &bank, 1))), ("insufficient_funds", "amount_minor"));
    let till = world.ask("account_edit", minimum(&till, Value::Null));
    assert_eq!((&till["available_minor"], &till["minimum_minor"]), (&Value::Null, &Value::Null));
    world.transfer(&till, &bank, 1_500);
    assert_eq!(world.balance(&till["id"]), -500);
    let sales = of_kind(&world, "income");
    assert_eq!(
        code(&world.refused("account_edit", minimum(&sales, json!(0)))),
        ("wrong_account_kind", "minimum_minor")
    );
    let stale = world.refused("account_edit", json!({ "account_id": till["id"], "row_version": 1, "name": "Drawer" }));
    assert_eq!(stale.code.name(), "stale");
    assert_eq!(stale.details.unwrap()["current"]["row_version"], till["row_version"]);
}

#[test]
fn an_account_is_closed_when_empty_and_then_takes_nothing() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 700), world.account("Bank", "bank", 0));
    let seen = |account: &Value| json!({ "account_id": account["id"], "row_version": account["row_version"] });
    let refused = world.refused("account_close", seen(&till));
    assert_eq!(refused.code.name(), "account_not_empty");
    assert_eq!(refused.details.unwrap()["balance_minor"], 700);
    let emptied = world.transfer(&till, &bank, 700);
    assert_eq!(
        world.refused("account_close", json!({ "account_id": till["id"], "row_version": 9 })).code.name(),
        "stale"
    );
    let closed = world.ask("account_close", seen(&till));
    assert!(closed["closed_at"].is_number(), "{closed}");
    let entries = world.entries();
    for (command, input) in [
        ("account_close", seen(&closed)),
        ("account_edit", with(seen(&closed), json!({ "name": "Drawer" }))),
        ("transfer_funds", order(&bank, &till, 1)),
        ("transfer_funds", order(&till, &bank, 1)),
        ("transfer_reverse", json!({ "transfer_id": emptied["id"] })),
    ] {
        assert_eq!(world.refused(command, input).code.name(), "account_closed", "{command}");
    }
    assert_eq!(world.entries(), entries);
    let listed =
        |closed: &str| texts(&all_rows(&world, "account_list", json!({ "closed": closed, "search": "till" })), "id");
    let till = vec![till["id"].as_str().unwrap().to_owned()];
    assert_eq!((listed("no"), listed("only"), listed("all")), (vec![], till.clone(), till.clone()));
    // Its name is free, and then no longer.
    let again = world.ask("account_open", json!({ "name": "till", "kind": "cash" }));
    assert_eq!(world.refused("account_open", json!({ "name": "Till", "kind": "bank" })).code.name(), "name_taken");
    assert_eq!((listed("no"), listed("only")), (texts(&[again], "id"), till));
    assert_the_balances_cancel_out(&world);
}

#[test]
fn the_accounts_that_every_book_has_stay_open() {
    let world = World::with_book();
    let kinds =
        ["in_transit", "receivable", "income", "tax", "discount", "expense", "over_short", "rounding", "opening"];
    for kind in kinds {
        let account = of_kind(&world, kind);
        let refused = world
            .refused("account_close", json!({ "account_id": account["id"], "row_version": account["row_version"] }));
        assert_eq!(refused.code.name(), "wrong_account_kind", "{kind}");
    }
    let own = world.account("Ice sales", "income", 0);
    world.ask("account_close", json!({ "account_id": own["id"], "row_version": own["row_version"] }));
}

#[test]
fn money_moves_between_two_different_accounts_that_hold_money() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 5_000), world.account("Bank", "bank", 0));
    let sales = of_kind(&world, "income");
    let nobody = json!({ "id": "01900000-0000-7000-8000-000000000000" });
    let entries = world.entries();
    for (input, expected) in [
        (order(&till, &till, 1), ("same_account", "to_account_id")),
        (order(&sales, &till, 1), ("wrong_account_kind", "from_account_id")),
        (order(&till, &sales, 1), ("wrong_account_kind", "to_account_id")),
        (order(&nobody, &till, 1), ("not_found", "from_account_id")),
        (order(&till, &nobody, 1), ("not_found", "to_account_id")),
        (order(&till, &bank, 0), ("out_of_range", "amount_minor")),
        (order(&till, &bank, -1), ("out_of_range", "amount_minor")),
        (with(order(&till, &bank, 1), json!({ "fee_minor": -1 })), ("out_of_range", "fee_minor")),
        (with(order(&till, &bank, 1), json!({ "date": "2026-02-30" })), ("bad_date", "date")),
    ] {
        assert_eq!(code(&world.refused("transfer_funds", input.clone())), expected, "{input}");
    }
    assert_eq!(world.entries(), entries);
    assert_eq!((world.balance(&till["id"]), world.balance(&bank["id"])), (5_000, 0));
}

#[test]
fn exactly_what_is_available_may_leave_and_one_more_may_not() {
    let world = World::with_book();
    let till = world
        .ask("account_open", json!({ "name": "Till", "kind": "cash", "minimum_minor": 300, "opening_minor": 1_000 }));
    let bank = world.account("Bank", "bank", 0);
    let refused = world.refused("transfer_funds", order(&till, &bank, 701));
    assert_eq!(code(&refused), ("insufficient_funds", "amount_minor"));
    assert_eq!(*refused.details.unwrap(), json!({ "available_minor": 700, "asked_minor": 701 }));
    world.transfer(&till, &bank, 700);
    let refused = world.refused("transfer_funds", order(&till, &bank, 1));
    assert_eq!(*refused.details.unwrap(), json!({ "available_minor": 0, "asked_minor": 1 }));
    assert_eq!(world.balance(&till["id"]), 300);
}

/// A till that opened on the 10th with 1,000 and lost 700 on the 20th, and another account.
fn till_of_january() -> (World, Value, Value) {
    let world = World::with_book();
    let opened = json!({ "name": "Till", "kind": "cash", "opening_minor": 1_000, "date": "2026-01-10" });
    let (till, shop) = (world.ask("account_open", opened), world.account("Shop", "cash", 0));
    world.ask("transfer_funds", with(order(&till, &shop, 700), json!({ "date": "2026-01-20" })));
    world.ask("transfer_funds", with(order(&shop, &till, 600), json!({ "date": "2026-01-25" })));
    (world, till, shop)
}

#[test]
fn no_account_goes_below_its_minimum_on_an_earlier_day() {
    let (world, till, shop) = till_of_january();
    let entries = world.entries();
    // It holds 900 today; at the end of the 20th it held 300.
    for (date, amount, day, balance) in [
        ("2026-01-09", 1, "2026-01-09", -1),
        ("2026-01-10", 301, "2026-01-20", -1),
        ("2026-01-20", 301, "2026-01-20", -1),
        ("2026-01-24", 400, "2026-01-24", -100),
        ("1900-01-01", 1, "1900-01-01", -1),
    ] {
        let dated = with(order(&till, &shop, amount), json!({ "date": date }));
        let refused = world.refused("transfer_funds", dated);
        assert_eq!(code(&refused), ("below_minimum", "date"), "{date}");
        let details = json!({ "date": day, "balance_minor": balance, "minimum_minor": 0 });
        assert_eq!(*refused.details.unwrap(), details, "{date}");
    }
    assert_eq!(world.entries(), entries);
    for (date, amount) in [("2026-01-10", 300), ("2026-01-25", 599)] {
        world.ask("transfer_funds", with(order(&till, &shop, amount), json!({ "date": date })));
    }
    let refused = world.refused("transfer_funds", with(order(&till, &shop, 1), json!({ "date": "2026-01-10" })));
    assert_eq!(code(&refused), ("below_minimum", "date"), "the till is empty from the 20th to the 24th");
    assert_eq!(world.ask("verify", json!({}))["notes"], json!([]));
    assert_the_balances_cancel_out(&world);
}

#[test]
fn a_fee_and_a_reversal_and_money_that_comes_later_are_looked_at_alike() {
    let (world, till, shop) = till_of_january();
    let with_fee = with(order(&till, &shop, 300), json!({ "date": "2026-01-15", "fee_minor": 1 }));
    assert_eq!(code(&world.refused("transfer_funds", with_fee.clone())), ("below_minimum", "date"));
    let answer = world.ask("transfer_funds", with(with_fee, json!({ "fee_optional": true })));
    assert_eq!(answer["fee_refused"]["code"], "below_minimum");

    // The shop received 700 on the 20th and gave 600 back on the 25th.
    let transfers = all_rows(&world, "transfer_list", json!({}));
    let received = transfers.iter().find(|row| row["amount_minor"] == 700).unwrap();
    let reversal = json!({ "transfer_id": received["id"], "date": "2026-01-24" });
    world.transfer(&till, &shop, 500);
    assert_eq!(code(&world.refused("transfer_reverse", reversal)), ("below_minimum", "date"));

    // What is promised for a later day pays for nothing today.
    let later = with(order(&till, &shop, 100), json!({ "date": "2199-12-31" }));
    world.ask("transfer_funds", later);
    let held = world.balance(&shop["id"]);
    assert_eq!(code(&world.refused("transfer_funds", order(&shop, &till, held))), ("below_minimum", "date"));
    world.ask("transfer_funds", order(&shop, &till, held - 100));
    assert_the_balances_cancel_out(&world);
}

#[test]
fn an_owner_may_accept_a_day_below_the_minimum_and_verify_notes_it() {
    let (world, till, shop) = till_of_january();
    let dated = with(order(&till, &shop, 400), json!({ "date": "2026-01-09" }));
    let accepted = with(dated.clone(), json!({ "accept_below_minimum": true }));
    let clerk = world.ask("person_add", json!({ "name": "Bo", "role": "clerk" }));
    let as_clerk = json!({ "command": "transfer_funds", "person": clerk["id"], "input": accepted });
    let refused = world.send(&Envelope::parse(&as_clerk.to_string()).unwrap()).unwrap_err();
    assert_eq!(code(&refused), ("not_allowed", "accept_below_minimum"));

    let owner = world.ask("status", json!({}))["person"]["id"].clone();
    world.ask("transfer_funds", accepted);
    let kept: String = world
        .connection()
        .query_row("SELECT CAST(body AS TEXT) FROM daybook_entry ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert!(kept.contains(&format!("\"accepting_person_id\":{owner}")), "the entry says who accepted it: {kept}");
    let verified = world.ask("verify", json!({}));
    assert_eq!(verified["holds"], true);
    assert_eq!(verified["notes"][0]["account_id"], till["id"]);
    let message = verified["notes"][0]["message"].as_str().unwrap();
    assert!(message.contains("first on 2026-01-09"), "{message}");

    // Where nothing is below, nobody accepts anything.
    let today = with(order(&till, &shop, 1), json!({ "accept_below_minimum": true }));
    world.ask("transfer_funds", today);
    let named: i64 = world
        .connection()
        .query_row("SELECT count(*) FROM ledger_posting WHERE accepting_person_id IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(named, 1);
}

#[test]
fn an_unpaid_fee_undoes_the_transfer_unless_it_is_optional() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 1_000), world.account("Bank", "bank", 0));
    let entries = world.entries();
    let refused = world.refused("transfer_funds", with(order(&till, &bank, 950), json!({ "fee_minor": 51 })));
    assert_eq!(code(&refused), ("insufficient_funds", "fee_minor"));
    assert_eq!(*refused.details.unwrap(), json!({ "available_minor": 50, "asked_minor": 51 }));
    assert_eq!((world.balance(&till["id"]), world.balance(&bank["id"]), world.entries()), (1_000, 0, entries));
    assert!(rows(&world.ask("transfer_list", json!({}))).is_empty());

    let made =
        world.ask("transfer_funds", with(order(&till, &bank, 950), json!({ "fee_minor": 51, "fee_optional": true })));
    assert_eq!((&made["fee_refused"]["code"], &made["fee_minor"]), (&json!("insufficient_funds"), &json!(0)));
    assert_eq!(made["number"], "D1-T-000001");
    assert_eq!(made["postings"].as_array().unwrap().len(), 1);
    assert_eq!((world.balance(&till["id"]), world.balance(&bank["id"])), (50, 950));

    let made =
        world.ask("transfer_funds", with(order(&till, &bank, 30), json!({ "fee_minor": 20, "fee_optional": true })));
    assert_eq!((&made["fee_refused"], &made["fee_minor"]), (&Value::Null, &json!(20)));
    assert_eq!(made["postings"].as_array().unwrap().len(), 2);
    assert_eq!(of_kind(&world, "expense")["balance_minor"], 20);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn numbers_have_no_gaps_although_refusals_lie_between() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 100), world.account("Bank", "bank", 0));
    for _ in 0..12 {
        world.transfer(&till, &bank, 5);
        world.refused("transfer_funds", order(&till, &bank, 1_000));
        world.refused("transfer_funds", with(order(&till, &bank, 5), json!({ "fee_minor": 1_000 })));
    }
    let made = all_rows(&world, "transfer_list", json!({ "descending": false, "limit": 5 }));
    let expected: Vec<String> = (1..=12).map(|serial| format!("D1-T-{serial:06}")).collect();
    assert_eq!(texts(&made, "number"), expected);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn a_sum_that_is_too_large_is_refused_and_changes_nothing() {
    let world = World::with_book();
    let full = world.account("Full", "bank", AMOUNT_MAX);
    let refused_at_all = |command: &str, input: Value| {
        let (entries, before) = (world.entries(), accounts(&world));
        assert_eq!(world.refused(command, input.clone()).code.name(), "out_of_range", "{command} {input}");
        assert_eq!((world.entries(), accounts(&world)), (entries, before));
    };
    // Where opening balances come from would owe one too much.
    refused_at_all("account_open", json!({ "name": "More", "kind": "bank", "opening_minor": 1 }));
    refused_at_all("account_open", json!({ "name": "More", "kind": "bank", "opening_minor": AMOUNT_MAX + 1 }));
    let debt = world.account("Debt", "bank", -AMOUNT_MAX);
    let spare = world.account("Spare", "bank", 0);
    refused_at_all("transfer_funds", order(&debt, &spare, 1));
    refused_at_all("transfer_funds", order(&spare, &full, 1));
    refused_at_all("transfer_funds", order(&spare, &full, AMOUNT_MAX));
    refused_at_all("transfer_funds", with(order(&full, &debt, AMOUNT_MAX), json!({ "fee_minor": AMOUNT_MAX + 1 })));
    for _ in 0..3 {
        let there = world.transfer(&full, &debt, AMOUNT_MAX);
        assert_eq!((world.balance(&full["id"]), world.balance(&debt["id"])), (0, 0));
        world.ask("transfer_reverse", json!({ "transfer_id": there["id"] }));
    }
    assert_eq!((world.balance(&full["id"]), world.balance(&debt["id"])), (AMOUNT_MAX, -AMOUNT_MAX));
    let lines = all_rows(&world, "account_statement", json!({ "account_id": full["id"], "limit": 2 }));
    assert_eq!((lines.len(), &lines[0]["balance_minor"]), (7, &json!(AMOUNT_MAX)));
    assert_eq!(world.ask("overview", json!({}))["money_minor"], 0);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn what_came_in_today_may_be_more_than_an_account_holds() {
    let world = World::with_book();
    world.account("One", "bank", AMOUNT_MAX);
    world.account("Two", "bank", -AMOUNT_MAX);
    world.account("Three", "bank", 1);
    let overview = world.ask("overview", json!({}));
    assert_eq!(overview["money_minor"], 1);
    assert_eq!(overview["out_today_minor"], AMOUNT_MAX);
    assert_eq!(overview["in_today_minor"], AMOUNT_MAX, "no more than can be told");
}

#[test]
fn an_account_lifted_past_its_bounds_can_still_be_read() {
    let world = World::with_book();
    let (one, other) = (world.account("One", "bank", 0), world.account("Other", "bank", 0));
    let moved = |from: &Value, to: &Value, date: &str| {
        world.ask("transfer_funds", with(order(from, to, AMOUNT_MAX), json!({ "date": date })));
    };
    moved(&one, &other, "2026-03-02");
    moved(&other, &one, "2026-03-09");
    moved(&one, &other, "2026-03-02");
    for limit in [1, 2, 50] {
        let lines = all_rows(&world, "account_statement", json!({ "account_id": other["id"], "limit": limit }));
        let balances: Vec<i64> = lines.iter().map(|line| line["balance_minor"].as_i64().unwrap()).collect();
        assert_eq!(balances, [AMOUNT_MAX; 3], "no more than can be told");
    }
    let part = all_rows(&world, "account_statement", json!({ "account_id": one["id"], "to_date": "2026-03-05" }));
    assert_eq!((part.len(), &part[0]["balance_minor"]), (2, &json!(-AMOUNT_MAX)));
    assert_eq!(world.ask("overview", json!({}))["money_minor"], 0);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn a_reversal_takes_all_back_and_is_one_however_often_made() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 5_000), world.account("Bank", "bank", 0));
    let made = world
        .ask("transfer_funds", with(order(&till, &bank, 3_000), json!({ "fee_minor": 120, "memo": "Takings" })))
        .clone();
    let back = world.ask("transfer_reverse", json!({ "transfer_id": made["id"], "memo": "Wrong bank" }));
    assert_eq!((world.balance(&till["id"]), world.balance(&bank["id"])), (5_000, 0));
    assert_eq!(of_kind(&world, "expense")["balance_minor"], 0);
    assert_eq!((&back["reverses_id"], &back["number"]), (&made["id"], &json!("D1-T-000002")));
    assert_eq!((&back["from_account_id"], &back["to_account_id"]), (&bank["id"], &till["id"]));
    assert_eq!(
        (&back["amount_minor"], &back["fee_minor"], &back["memo"]),
        (&json!(3_000), &json!(120), &json!("Wrong bank"))
    );
    let of_original: TransferId = TransferId::parse(made["id"].as_str().unwrap()).unwrap().derive("reversal");
    assert_eq!(back["id"], json!(of_original), "the id follows from the original's");
    let original = all_rows(&world, "transfer_list", json!({ "search": "takings" })).remove(0);
    assert_eq!(original["reversed_by_id"], back["id"]);
    let entries = world.entries();
    for id in [&made["id"], &back["id"], &made["id"]] {
        assert_eq!(
            code(&world.refused("transfer_reverse", json!({ "transfer_id": id }))),
            ("already_reversed", "transfer_id")
        );
    }
    let unknown = json!({ "transfer_id": till["id"] });
    assert_eq!(code(&world.refused("transfer_reverse", unknown)), ("not_found", "transfer_id"));
    assert_eq!(world.entries(), entries);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn a_transfer_is_shown_with_its_postings_and_what_takes_it_back() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 900), world.account("Bank", "bank", 0));
    let show = |transfer: &Value| world.ask("transfer_show", json!({ "transfer_id": transfer["id"] }));
    let made = world.transfer(&till, &bank, 300);
    assert_eq!(show(&made), json!({ "transfer": made, "counterpart": null }));
    assert_eq!(made["postings"][0]["amount_minor"], 300);
    let back = world.ask("transfer_reverse", json!({ "transfer_id": made["id"] }));
    let (made, back) = (show(&made), show(&back));
    assert_eq!(made["transfer"]["reversed_by_id"], back["transfer"]["id"]);
    assert_eq!((&made["counterpart"], &back["counterpart"]), (&back["transfer"], &made["transfer"]));
    let nobody = json!({ "transfer_id": till["id"] });
    let fault = world.refused("transfer_show", nobody);
    assert_eq!((fault.code.name(), fault.field.as_deref()), ("not_found", Some("transfer_id")));
}

#[test]
fn a_reversal_is_the_same_row_in_two_copies_of_a_store() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 5_000), world.account("Bank", "bank", 0));
    let made = world.transfer(&till, &bank, 3_000);
    let backup = world.folder.path().join("copy.sqlite");
    world.ask("backup", json!({ "path": backup }));
    let other = World::empty();
    other.ask("restore", json!({ "path": backup }));
    let [here, there] =
        [&world, &other].map(|world| world.ask("transfer_reverse", json!({ "transfer_id": made["id"] })));
    for field in ["id", "from_account_id", "to_account_id", "amount_minor", "reverses_id"] {
        assert_eq!(here[field], there[field], "{field}");
    }
    assert_eq!(
        (&here["number"], &there["number"]),
        (&json!("D1-T-000002"), &json!("D1-T2-000001")),
        "a life numbers its own"
    );
    assert_eq!(texts(here["postings"].as_array().unwrap(), "id"), texts(there["postings"].as_array().unwrap(), "id"));
    other.assert_holds();
}

#[test]
fn a_reversal_is_refused_whole_when_the_money_is_gone() {
    let world = World::with_book();
    let (till, safe, bank) =
        (world.account("Till", "cash", 5_000), world.account("Safe", "cash", 0), world.account("Bank", "bank", 0));
    let made = world.ask("transfer_funds", with(order(&till, &safe, 1_000), json!({ "fee_minor": 10 }))).clone();
    world.transfer(&safe, &bank, 1);
    let entries = world.entries();
    let refused = world.refused("transfer_reverse", json!({ "transfer_id": made["id"] }));
    assert_eq!(code(&refused), ("insufficient_funds", "transfer_id"));
    assert_eq!(*refused.details.unwrap(), json!({ "available_minor": 999, "asked_minor": 1_000 }));
    assert_eq!((world.balance(&till["id"]), world.balance(&safe["id"]), world.entries()), (3_990, 999, entries));
    assert_eq!(of_kind(&world, "expense")["balance_minor"], 10, "the fee isn't taken back alone");
    world.transfer(&bank, &safe, 1);
    world.ask("transfer_reverse", json!({ "transfer_id": made["id"] }));
    assert_eq!((world.balance(&till["id"]), world.balance(&safe["id"])), (5_000, 0));
    assert_the_balances_cancel_out(&world);
}

/// A book with transfers of few different amounts on few different days, written down in no order, some reversed.
fn lively() -> (World, [Value; 3]) {
    let world = World::with_book();
    let opened = |name: &str, kind: &str, opening: i64| {
        world.ask("account_open", json!({ "name": name, "kind": kind, "minimum_minor": null, "opening_minor": opening, "date": "2026-03-01" }))
    };
    let all = [opened("Till", "cash", 100_000), opened("Bank", "bank", 50_000), opened("Wallet", "mobile_money", 0)];
    for turn in 0..36_usize {
        let (from, to) = (&all[turn % 3], &all[(turn + 1 + turn / 3 % 2) % 3]);
        let memo = ["Takings", "Float for Únai", "Change"][turn % 3];
        let more = json!({
            "memo": memo, "fee_minor": if turn % 4 == 0 { 25 } else { 0 },
            "date": format!("2026-03-{:02}", 1 + turn * 7 % 5),
        });
        let amount = 100 * i64::try_from(1 + turn * 5 % 7).unwrap();
        let made = world.ask("transfer_funds", with(order(from, to, amount), more));
        if turn % 6 == 5 {
            let back = json!({ "transfer_id": made["id"], "date": format!("2026-03-{:02}", 2 + turn % 5) });
            world.ask("transfer_reverse", back);
        }
    }
    (world, all)
}

/// What orders lines of a statement and transfers of a list.
fn place(row: &Value) -> (String, i64, String) {
    let id = row.get("posting_id").unwrap_or(&row["id"]);
    (row["date"].as_str().unwrap().to_owned(), row["created_at"].as_i64().unwrap(), id.as_str().unwrap().to_owned())
}

#[test]
fn each_line_of_a_statement_shows_the_recomputed_balance() {
    let (world, all) = lively();
    for account in &all {
        let whole = all_rows(&world, "account_statement", json!({ "account_id": account["id"], "limit": 200 }));
        assert!(whole.is_sorted_by(|a, b| place(a) > place(b)), "newest first, back-dated lines in their places");
        let mut balance = 0;
        for line in whole.iter().rev() {
            balance += line["amount_minor"].as_i64().unwrap();
            assert_eq!(line["balance_minor"], balance, "{line}");
        }
        assert_eq!(balance, world.balance(&account["id"]));
        for limit in 1..=whole.len() + 1 {
            let paged = all_rows(&world, "account_statement", json!({ "account_id": account["id"], "limit": limit }));
            assert_eq!(paged, whole, "in pages of {limit}");
        }
        let transfers = all_rows(&world, "transfer_list", json!({ "limit": 200 }));
        let with = |field: &str| -> BTreeSet<&str> {
            let found = transfers.iter().filter(|transfer| !transfer[field].is_null());
            found.map(|transfer| transfer["number"].as_str().unwrap()).collect()
        };
        let (reversals, reversed) = (with("reverses_id"), with("reversed_by_id"));
        assert!(!reversals.is_empty());
        for line in &whole {
            let is_of =
                |numbers: &BTreeSet<&str>| line["number"].as_str().is_some_and(|number| numbers.contains(number));
            assert_eq!(line["reversal"], is_of(&reversals), "{line}");
            assert_eq!(line["reversed"], is_of(&reversed), "{line}");
            let opening = line["number"].as_str().is_some_and(|number| number.contains("-A-"));
            assert_eq!(line["document_kind"], if opening { "opening" } else { "transfer" });
        }
    }
    assert_the_balances_cancel_out(&world);
}

#[test]
fn a_part_of_a_statement_shows_the_same_lines_and_balances() {
    let (world, all) = lively();
    let days: Vec<String> =
        (0..=9).map(|day| format!("2026-03-{:02}", day + 1)).chain(["2026-02-28".to_owned()]).collect();
    for account in &all {
        let asked = |more: Value| {
            all_rows(&world, "account_statement", with(json!({ "account_id": account["id"], "limit": 4 }), more))
        };
        let whole = asked(json!({}));
        let kept = |keep: &dyn Fn(&Value) -> bool| whole.iter().filter(|line| keep(line)).cloned().collect::<Vec<_>>();
        for day in &days {
            let day = day.as_str();
            assert_eq!(
                asked(json!({ "from_date": day })),
                kept(&|line| line["date"].as_str().unwrap() >= day),
                "from {day}"
            );
            assert_eq!(
                asked(json!({ "to_date": day })),
                kept(&|line| line["date"].as_str().unwrap() <= day),
                "to {day}"
            );
            assert_eq!(
                asked(json!({ "from_date": day, "to_date": day })),
                kept(&|line| line["date"] == day),
                "on {day}"
            );
        }
        let says = |line: &Value, text: &str| {
            ["memo", "number", "counter_account_name"]
                .iter()
                .any(|field| line[field].as_str().is_some_and(|said| said.contains(text)))
        };
        for (search, text) in [
            ("TAKINGS", "Takings"),
            ("unai float", "Float for Únai"),
            ("wallet", "Wallet"),
            ("d1-t-00001", "D1-T-00001"),
        ] {
            let found = asked(json!({ "search": search }));
            assert_eq!(found, kept(&|line| says(line, text)), "{search}");
            let part = asked(json!({ "search": search, "from_date": "2026-03-02", "to_date": "2026-03-04" }));
            let between = |line: &Value| ("2026-03-02"..="2026-03-04").contains(&line["date"].as_str().unwrap());
            assert_eq!(part, kept(&|line| says(line, text) && between(line)), "{search}");
        }
    }
    let page = world.ask("account_statement", json!({ "account_id": all[0]["id"], "limit": 2 }));
    for other in [json!({ "account_id": all[1]["id"] }), json!({ "account_id": all[0]["id"], "search": "till" })] {
        let refused = world.refused("account_statement", with(other, json!({ "cursor": page["next_cursor"] })));
        assert_eq!(code(&refused), ("bad_cursor", "cursor"));
    }
}

/// Whether a row belongs to what was asked for.
type Keeps<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[test]
fn a_list_of_transfers_in_pages_of_any_size_is_the_list() {
    let (world, all) = lively();
    let whole = all_rows(&world, "transfer_list", json!({ "limit": 200 }));
    assert_eq!(whole.len(), 42);
    let filters: [(Value, Keeps<'_>); 5] = [
        (json!({}), Box::new(|_| true)),
        (
            json!({ "account_id": all[2]["id"] }),
            Box::new(|row| [&row["from_account_id"], &row["to_account_id"]].contains(&&all[2]["id"])),
        ),
        (
            json!({ "from_date": "2026-03-02", "to_date": "2026-03-03" }),
            Box::new(|row| ["2026-03-02", "2026-03-03"].contains(&row["date"].as_str().unwrap())),
        ),
        (json!({ "search": "UNAI" }), Box::new(|row| row["memo"] == "Float for Únai")),
        (json!({ "search": "d1-t-000007" }), Box::new(|row| row["number"] == "D1-T-000007")),
    ];
    for (filter, keeps) in &filters {
        for sort in ["date", "amount"] {
            for descending in [true, false] {
                let mut expected: Vec<Value> = whole.iter().filter(|row| keeps(row)).cloned().collect();
                expected.sort_by_key(|row| {
                    let (date, at, id) = place(row);
                    if sort == "date" {
                        (date, 0, at, id)
                    } else {
                        (String::new(), row["amount_minor"].as_i64().unwrap(), at, id)
                    }
                });
                if descending {
                    expected.reverse();
                }
                for limit in [1, 2, 5, 41, 42, 200] {
                    let query = with(filter.clone(), json!({ "sort": sort, "descending": descending, "limit": limit }));
                    assert_eq!(all_rows(&world, "transfer_list", query.clone()), expected, "{query}");
                }
            }
        }
    }
}

#[test]
fn transfers_made_between_pages_hide_and_repeat_no_row() {
    for sort in ["date", "amount"] {
        for descending in [true, false] {
            let (world, all) = lively();
            let before: BTreeSet<String> =
                texts(&all_rows(&world, "transfer_list", json!({ "limit": 200 })), "id").into_iter().collect();
            let mut query = json!({ "sort": sort, "descending": descending, "limit": 4 });
            let mut seen: Vec<String> = Vec::new();
            let mut turn = 0;
            loop {
                let page = world.ask("transfer_list", query.clone());
                seen.extend(texts(rows(&page), "id"));
                turn += 1;
                let more = json!({ "date": format!("2026-03-{:02}", 1 + turn % 6) });
                world.ask("transfer_funds", with(order(&all[0], &all[1], 1 + 200 * i64::from(turn % 4)), more));
                match &page["next_cursor"] {
                    Value::Null => break,
                    cursor => query["cursor"] = cursor.clone(),
                }
            }
            let once: BTreeSet<String> = seen.iter().cloned().collect();
            assert_eq!(once.len(), seen.len(), "none twice by {sort}, descending: {descending}");
            assert!(before.is_subset(&once), "none lost by {sort}, descending: {descending}");
        }
    }
}

#[test]
fn an_opening_balance_is_reversed_and_entered_again() {
    let world = World::with_book();
    let till = world.account("Till", "cash", 500);
    let lines = |query: Value| rows(&world.ask("account_statement", query)).to_vec();
    let first = lines(json!({ "account_id": till["id"] }))[0].clone();
    assert_eq!((&first["document_kind"], &first["number"]), (&json!("opening"), &json!("D1-A-000001")));
    let again = json!({ "account_id": till["id"], "amount_minor": 700, "memo": "counted again" });
    assert_eq!(code(&world.refused("opening_add", again.clone())), ("already_opened", "account_id"));

    let reversal = world.ask("opening_reverse", json!({ "opening_id": first["document_id"] }));
    assert_eq!((&reversal["amount_minor"], world.balance(&till["id"])), (&json!(-500), 0));
    let twice = world.refused("opening_reverse", json!({ "opening_id": first["document_id"] }));
    assert_eq!(code(&twice), ("already_reversed", "opening_id"));
    let of_reversal = world.refused("opening_reverse", json!({ "opening_id": reversal["id"] }));
    assert_eq!(code(&of_reversal), ("already_reversed", "opening_id"));

    let shown = world.ask("opening_show", json!({ "opening_id": first["document_id"] }));
    assert_eq!((&shown["reversed_by_id"], &shown["amount_minor"]), (&reversal["id"], &json!(500)));

    let opening = world.ask("opening_add", again);
    assert_eq!((&opening["number"], world.balance(&till["id"])), (&json!("D1-A-000003"), 700));
    let shown: Vec<_> = lines(json!({ "account_id": till["id"] }))
        .iter()
        .map(|line| json!([line["number"], line["reversal"], line["reversed"], line["balance_minor"]]))
        .collect();
    let line = |number: u32, reversal: bool, reversed: bool, balance: i64| {
        json!([format!("D1-A-{number:06}"), reversal, reversed, balance])
    };
    assert_eq!(shown, [line(3, false, false, 700), line(2, true, false, 0), line(1, false, true, 500)]);
    world.assert_holds();
}

#[test]
fn an_opening_balance_that_was_spent_is_not_reversed() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 500), world.account("Bank", "bank", 0));
    world.transfer(&till, &bank, 1);
    let opening = rows(&world.ask("account_statement", json!({ "account_id": till["id"] })))[1]["document_id"].clone();
    let refused = world.refused("opening_reverse", json!({ "opening_id": opening }));
    assert_eq!(code(&refused), ("insufficient_funds", "opening_id"));
    assert_eq!(
        code(&world.refused("opening_add", json!({ "account_id": bank["id"], "amount_minor": 0 }))).1,
        "amount_minor"
    );
    world.ask("opening_add", json!({ "account_id": bank["id"], "amount_minor": -20 }));
    assert_eq!(world.balance(&bank["id"]), -19);
    world.assert_holds();
}

#[test]
fn the_documents_of_a_statements_page_are_found_by_their_keys() {
    let world = World::with_book();
    let connection = world.connection();
    // What the statement runs: taken from the source, so that the plan is the plan of what is run.
    let source = include_str!("../../src-tauri/src/domain/ledger.rs");
    let (_, rest) = source.split_once("const LINES: &str = \"\\\n").expect("the statement is there");
    let (sql, _) = rest.split_once("\";").expect("and ends");
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // A plan needs no values.
    let plan: Vec<String> = statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
    for step in &plan {
        let scans = step.starts_with("SCAN") && step != "SCAN l";
        assert!(!scans && !step.contains("MATERIALIZE") && !step.contains("TEMP B-TREE"), "{step} in {plan:#?}");
    }
    assert!(plan.iter().any(|step| step.contains("payment_transfer")), "{plan:#?}");
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let (world, all) = lively();
    let cursor = world.ask("transfer_list", json!({ "limit": 2 }))["next_cursor"].clone();
    for other in [
        json!({ "sort": "amount" }),
        json!({ "descending": false }),
        json!({ "search": "takings" }),
        json!({ "account_id": all[0]["id"] }),
        json!({ "from_date": "2026-03-02" }),
    ] {
        let refused = world.refused("transfer_list", with(other, json!({ "cursor": cursor })));
        assert_eq!(code(&refused), ("bad_cursor", "cursor"));
    }
    assert_eq!(code(&world.refused("account_list", json!({ "cursor": cursor }))), ("bad_cursor", "cursor"));
    let next = world.ask("transfer_list", json!({ "limit": 7, "cursor": cursor }));
    assert_eq!(rows(&next).len(), 7, "the number of rows may change from page to page");
}

#[test]
fn the_overview_tells_what_a_recomputation_gives() {
    let (world, all) = lively();
    let today = world.ask("overview", json!({}))["today_date"].as_str().unwrap().to_owned();
    let days = |overview: &Value| overview["days"].as_array().unwrap().clone();
    let week_ago = days(&world.ask("overview", json!({})))[22]["date"].clone();
    // Money from outside today, fees on several days, a transfer of next year, an account that is closed by now.
    world.account("Float", "cash", 700);
    world.account("Loan", "bank", -300);
    world.ask("transfer_funds", with(order(&all[0], &all[1], 900), json!({ "fee_minor": 40 })));
    world.ask("transfer_funds", with(order(&all[1], &all[2], 300), json!({ "fee_minor": 15, "date": week_ago })));
    world.ask("transfer_funds", with(order(&all[1], &all[2], 10), json!({ "fee_minor": 5, "date": "2098-01-01" })));
    let old =
        world.ask("account_open", json!({ "name": "Old", "kind": "cash", "opening_minor": 60, "date": week_ago }));
    world.transfer(&old, &all[0], 60);
    world.ask("account_close", json!({ "account_id": old["id"], "row_version": old["row_version"] }));
    let made = world.transfer(&all[0], &all[2], 77);
    world.ask("transfer_reverse", json!({ "transfer_id": made["id"] }));
    for name in ["Ana", "Bea", "Carla"] {
        world.ask("customer_add", json!({ "name": name }));
    }
    world.ask("product_add", json!({ "name": "Ice", "price_minor": 100 }));

    let overview = world.ask("overview", json!({}));
    let accounts = accounts(&world);
    let holds_money =
        |account: &&Value| ["cash", "bank", "mobile_money", "in_transit"].contains(&account["kind"].as_str().unwrap());
    let money: BTreeMap<&str, &Value> =
        accounts.iter().filter(holds_money).map(|account| (account["id"].as_str().unwrap(), account)).collect();
    let (mut total, mut came, mut went) = (0, 0, 0);
    let mut by_day: BTreeMap<String, i64> = BTreeMap::new();
    for id in money.keys() {
        for line in all_rows(&world, "account_statement", json!({ "account_id": id })) {
            let amount = line["amount_minor"].as_i64().unwrap();
            total += amount;
            *by_day.entry(line["date"].as_str().unwrap().to_owned()).or_default() += amount;
            let outside = !money.contains_key(line["counter_account_id"].as_str().unwrap());
            if outside && line["date"] == today.as_str() {
                if amount > 0 { came += amount } else { went -= amount }
            }
        }
    }
    assert_eq!(
        (&overview["money_minor"], &overview["in_today_minor"], &overview["out_today_minor"]),
        (&json!(total), &json!(came), &json!(went))
    );
    assert_eq!((came, went), (700, 340));
    assert_eq!((&overview["transfers_today"], &overview["moved_today_minor"]), (&json!(2), &json!(960)));
    assert_eq!((&overview["customers"], &overview["products"]), (&json!(3), &json!(1)));
    let shown = days(&overview);
    assert_eq!((shown.len(), &shown[29]["date"]), (30, &json!(today)));
    for day in &shown {
        let date = day["date"].as_str().unwrap();
        let held: i64 = by_day.iter().filter(|(changed, _)| changed.as_str() <= date).map(|(_, change)| change).sum();
        assert_eq!(day["money_minor"], held, "at the end of {date}");
    }
    let open: BTreeSet<&str> = money
        .values()
        .filter(|account| account["closed_at"].is_null())
        .map(|account| account["id"].as_str().unwrap())
        .collect();
    let listed: BTreeSet<&str> =
        overview["accounts"].as_array().unwrap().iter().map(|account| account["id"].as_str().unwrap()).collect();
    assert_eq!(listed, open);
    assert_the_balances_cancel_out(&world);
}

#[test]
fn nothing_is_booked_into_a_period_that_head_office_has_closed() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 1_000), world.account("Bank", "bank", 0));
    world.behind_its_back("UPDATE book SET closed_through_date = '2026-03-31'");
    let on = |date: &str| with(order(&bank, &till, 100), json!({ "date": date }));
    let refused = world.refused("transfer_funds", on("2026-03-31"));
    assert_eq!(code(&refused), ("period_closed", "date"));
    assert_eq!(refused.details.unwrap()["closed_through_date"], "2026-03-31");
    let made = world.ask("transfer_funds", on("2026-04-01"));
    let back = json!({ "transfer_id": made["id"], "date": "2026-03-31" });
    assert_eq!(world.refused("transfer_reverse", back).code.name(), "period_closed");
    let late = json!({ "name": "Late", "kind": "cash", "opening_minor": 5, "date": "2026-01-01" });
    assert_eq!(world.refused("account_open", late).code.name(), "period_closed");
    let shown = world.ask("status", json!({}))["book"].clone();
    assert_eq!(shown["closed_through_date"], "2026-03-31", "a screen can say so before");
}
