//! Clocks that are wrong by a year, and clocks that jump.

use super::{Day, assert_settled};
use crate::process::{Dice, is_long};
use serde_json::{Value, json};

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

#[test]
fn an_edit_of_a_clock_a_year_ahead_does_not_win_for_a_year() {
    let day = Day::begin();
    let customer = day.van.customer("Ana");
    day.van.sync();
    let other = day.office.colleague(&day.van);
    other.world.desk.clock().shift(YEAR_MS);
    other.edit(&customer, json!({ "phone": "of next year" }));
    other.sync();
    let office_now = day.office.value("SELECT daybook_sync.milliseconds(clock_timestamp())").parse::<i64>().unwrap();
    let at: i64 =
        day.office.value("SELECT at FROM daybook_sync.column_clock WHERE column_name = 'phone'").parse().unwrap();
    assert!(at <= office_now, "it counts from when it arrived");

    day.van.edit(&customer, json!({ "phone": "of today" }));
    day.van.sync();
    other.sync();
    for device in [&day.van, &other] {
        assert_eq!(device.customer_now(&customer)["phone"], "of today");
        assert_settled(&day.office, device);
    }
    day.office.sql("UPDATE daybook.customer SET phone = 'of head office'");
    day.van.sync();
    other.sync();
    for device in [&day.van, &other] {
        assert_eq!(device.customer_now(&customer)["phone"], "of head office");
    }
}

/// Found by this test: whoever had a slow clock could never write over a value, however often they saw it.
#[test]
fn an_edit_of_a_clock_a_year_behind_is_kept_and_told_and_can_be_put_back() {
    let day = Day::begin();
    let customer = day.van.customer("Ana");
    day.van.sync();
    let other = day.office.colleague(&day.van);
    // Set back by a year, its time stands still: it is never before what it gave last.
    other.world.desk.clock().shift(-YEAR_MS);
    day.van.edit(&customer, json!({ "phone": "today's" }));
    day.van.sync();
    other.edit(&customer, json!({ "phone": "last year's" }));
    other.sync();
    assert_eq!(other.customer_now(&customer)["phone"], "today's");
    let conflicts = other.conflicts();
    assert_eq!((conflicts.len(), &conflicts[0]["mine"]), (1, &json!("last year's")), "{conflicts:?}");
    // Whoever has seen a value and writes over it is later than it, whatever the clock says.
    other.ask("conflict_settle", json!({ "conflict_id": conflicts[0]["id"], "choice": "mine" }));
    other.sync();
    day.van.sync();
    for device in [&day.van, &other] {
        assert_eq!(device.customer_now(&customer)["phone"], "last year's");
        assert_settled(&day.office, device);
    }
}

#[test]
fn with_clocks_that_jump_nothing_is_lost_and_everything_agrees() {
    let mut dice = Dice::of_this_run("jumping clocks");
    let day = Day::begin();
    let customers: Vec<Value> = (0..4).map(|n| day.van.customer(&format!("Customer {n}"))).collect();
    day.van.sync();
    let other = day.office.colleague(&day.van);
    for n in 0..if is_long() { 400 } else { 30 } {
        let device = *dice.pick(&[&day.van, &other]);
        let jump = i64::try_from(dice.below(2 * YEAR_MS.unsigned_abs())).unwrap() - YEAR_MS;
        device.world.desk.clock().shift(jump);
        let column = *dice.pick(&["phone", "city", "note"]);
        device.edit(dice.pick(&customers), json!({ column: n.to_string() }));
        device.customer("Made");
        if dice.percent(50) {
            device.sync();
        }
    }
    for device in [&day.van, &other, &day.van] {
        device.sync();
    }
    for device in [&day.van, &other] {
        assert_settled(&day.office, device);
        device.world.assert_holds();
    }
}
