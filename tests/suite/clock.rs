//! Clocks that are wrong: the order of entries never goes back, the business date is the machine's, and nobody writes on a doubtful one
//! without saying that it is right.

use crate::process::skip;
use crate::world::{World, rows};
use daybook::commands::{CLOCK_AHEAD_MS_MAX, CLOCK_OFF_MS_MAX, Envelope};
use daybook::kernel::{Code, Fault, Id, uptime};
use serde_json::{Value, json};
use std::process::Command;

const DAY_MS: i64 = 86_400_000;
const YEAR_MS: i64 = 365 * DAY_MS;

fn call(world: &World, command: &str, input: Value) -> Result<Value, Fault> {
    world.runner.call(Envelope::of(command, input)).and_then(|answer| answer.value())
}

fn confirmed(world: &World, command: &str, input: Value) -> Result<Value, Fault> {
    let envelope = Envelope { clock_confirmed: true, ..Envelope::of(command, input) };
    world.runner.call(envelope).and_then(|answer| answer.value())
}

fn customer() -> Value {
    json!({ "name": "x" })
}

/// Two accounts, the first with 1,000, and how to move 1 from it.
fn two_accounts(world: &World) -> (Value, Value, Value) {
    let (till, shop) = (world.account("Till", "cash", 1_000), world.account("Box", "cash", 0));
    let order = json!({ "from_account_id": till["id"], "to_account_id": shop["id"], "amount_minor": 1 });
    (till, shop, order)
}

fn today(world: &World) -> String {
    call(world, "overview", json!({})).unwrap()["today_date"].as_str().unwrap().to_owned()
}

#[test]
fn one_entry_of_a_wrong_clock_moves_no_later_date() {
    let world = World::with_book();
    let (_, _, order) = two_accounts(&world);
    let right_day = today(&world);
    let made_today = call(&world, "status", json!({})).unwrap()["entries"]["today"].clone();
    world.runner.clock().shift(10 * YEAR_MS);
    let refused = call(&world, "customer_add", customer()).unwrap_err();
    assert_eq!(refused.code, Code::ClockDoubtful);
    confirmed(&world, "customer_add", customer()).unwrap();

    let world = world.reopened(); // with the clock right again
    assert_eq!(today(&world), right_day, "the day is the machine's");
    let refused = call(&world, "transfer_funds", order.clone()).unwrap_err();
    assert_eq!(refused.code, Code::ClockDoubtful, "it is behind the newest entry");
    let done = confirmed(&world, "transfer_funds", order.clone()).unwrap();
    assert_eq!(done["date"], json!(right_day));
    // That is remembered, in later processes too, though the newest entry is of another decade.
    call(&world, "transfer_funds", order.clone()).unwrap();
    let world = world.reopened();
    assert_eq!(call(&world, "transfer_funds", order).unwrap()["date"], json!(right_day));
    // Entries are counted by the times that they bear: those of the other decade, and all after them, are not of today.
    assert_eq!(call(&world, "status", json!({})).unwrap()["entries"]["today"], made_today);
    world.assert_holds();
}

#[test]
fn a_clock_is_doubtful_from_either_bound_on_and_not_before() {
    for (shift, doubtful) in [
        (-CLOCK_OFF_MS_MAX + 5_000, false),
        (-CLOCK_OFF_MS_MAX - 5_000, true),
        (CLOCK_AHEAD_MS_MAX - 5_000, false),
        (CLOCK_AHEAD_MS_MAX + 5_000, true),
    ] {
        let world = World::with_book();
        world.runner.clock().shift(shift);
        let outcome = call(&world, "customer_add", customer());
        assert_eq!(outcome.is_err(), doubtful, "{shift}");
        if let Err(fault) = outcome {
            assert_eq!(fault.code, Code::ClockDoubtful);
            let details = fault.details.unwrap();
            let (clock, newest) = (details["clock_at"].as_i64().unwrap(), details["newest_at"].as_i64().unwrap());
            assert!((clock - newest - shift).abs() < 5_000, "both times are told: {details}");
            // What belongs to this device alone bears no date, and reading changes nothing.
            call(&world, "setting_set", json!({ "key": "theme", "value": "dark" })).unwrap();
            call(&world, "customer_list", json!({})).unwrap();
        }
    }
}

#[test]
fn what_was_confirmed_is_the_measure_from_then_on() {
    let world = World::with_book();
    world.runner.clock().shift(YEAR_MS);
    confirmed(&world, "customer_add", customer()).unwrap();
    call(&world, "customer_add", customer()).unwrap();
    world.runner.clock().shift(0);
    confirmed(&world, "customer_add", customer()).unwrap();
    // Behind what was confirmed, and far ahead of it, it is doubtful as before; the entry of next year stands in nobody's way.
    world.runner.clock().shift(-DAY_MS);
    assert_eq!(call(&world, "customer_add", customer()).unwrap_err().code, Code::ClockDoubtful);
    for days in [1, 30, 59, 90, 140] {
        world.runner.clock().shift(days * DAY_MS);
        call(&world, "customer_add", customer()).unwrap_or_else(|fault| panic!("after {days} days: {fault}"));
    }
    world.runner.clock().shift(201 * DAY_MS);
    assert_eq!(call(&world, "customer_add", customer()).unwrap_err().code, Code::ClockDoubtful);
}

/// Found by reading: after a night's sleep head office's clock seemed to be behind by that night, and nobody could write without a
/// connection.
#[test]
fn the_time_since_head_office_was_heard_goes_on_while_the_machine_sleeps() {
    const SLEPT: &str = "SLEPT_SECONDS";
    if let Some(slept) = std::env::var_os(SLEPT) {
        return assert!(uptime().as_secs() > slept.to_str().unwrap().parse::<u64>().unwrap());
    }
    // In a time namespace the machine has slept for as long as one likes.
    let in_one = |slept: &str| {
        let mut command = Command::new("unshare");
        command.args(["--time", "--boottime", slept]).env(SLEPT, slept);
        command
    };
    if !in_one("0").arg("true").status().is_ok_and(|status| status.success()) {
        return skip("a time namespace can't be made here");
    }
    let name = "clock::the_time_since_head_office_was_heard_goes_on_while_the_machine_sleeps";
    let output = in_one("1000000000").arg(std::env::current_exe().unwrap()).args(["--exact", name]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

#[test]
fn a_request_that_was_answered_is_answered_again_whatever_the_clock_says() {
    let world = World::with_book();
    let request = Envelope { request_id: Some(Id::fresh()), ..Envelope::of("customer_add", customer()) };
    let first = world.runner.call(request.clone()).unwrap().value().unwrap();
    world.runner.clock().shift(YEAR_MS);
    assert_eq!(world.runner.call(request).unwrap().value().unwrap(), first);
}

#[test]
fn no_command_writes_a_day_that_cant_be_booked() {
    let world = World::with_book();
    let (till, _, order) = two_accounts(&world);
    let empty = world.account("Empty", "cash", 0);
    let transfer = call(&world, "transfer_funds", order.clone()).unwrap()["id"].clone();
    let opened_on = today(&world);
    world.runner.clock().shift(200 * YEAR_MS);
    let entries = world.entries();
    for (command, input) in [
        ("transfer_funds", order.clone()),
        ("transfer_reverse", json!({ "transfer_id": transfer })),
        ("account_open", json!({ "name": "Late", "kind": "cash", "opening_minor": 5 })),
        ("opening_add", json!({ "account_id": empty["id"], "amount_minor": 5 })),
    ] {
        let refused = confirmed(&world, command, input).unwrap_err();
        assert_eq!(refused.code, Code::BadDate, "{command}: {refused}");
    }
    assert_eq!(world.entries(), entries);
    // A date that is given by hand is another matter.
    let mut dated = order;
    dated["date"] = json!(opened_on);
    confirmed(&world, "transfer_funds", dated).unwrap();
    call(&world, "overview", json!({})).unwrap();
    call(&world, "account_statement", json!({ "account_id": till["id"] })).unwrap();
}

#[test]
fn what_an_older_daybook_posted_on_such_a_day_is_read_and_reversed() {
    let world = World::with_book();
    let (till, _, order) = two_accounts(&world);
    let transfer = call(&world, "transfer_funds", order).unwrap()["id"].clone();
    world.behind_its_back(
        "DROP TRIGGER ledger_posting_update_trigger; DROP TRIGGER payment_transfer_update_trigger;
         UPDATE payment_transfer SET business_date = '2201-01-01';
         UPDATE ledger_posting SET business_date = '2201-01-01' WHERE document_kind = 'transfer';",
    );
    for (command, input) in [
        ("overview", json!({})),
        ("account_statement", json!({ "account_id": till["id"] })),
        ("transfer_show", json!({ "transfer_id": transfer })),
        ("transfer_list", json!({})),
    ] {
        call(&world, command, input).unwrap_or_else(|fault| panic!("{command}: {}", fault.chain()));
    }
    let statement = call(&world, "account_statement", json!({ "account_id": till["id"] })).unwrap();
    assert_eq!(rows(&statement)[0]["date"], "2201-01-01");
    call(&world, "transfer_reverse", json!({ "transfer_id": transfer })).unwrap();
    assert_eq!(world.balance(&till["id"]), 1_000);
}
