//! Clocks that are wrong by a year, and clocks that jump.

use super::{Day, assert_settled};
use crate::process::{Dice, is_long};
use crate::sync::Van;
use daybook::commands::Envelope;
use daybook::kernel::{Code, Fault};
use serde_json::{Value, json};

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

#[test]
fn an_edit_of_a_clock_a_year_ahead_does_not_win_for_a_year() {
    let day = Day::begin();
    let customer = day.van.customer("Ana");
    day.van.sync();
    let other = day.office.colleague(&day.van);
    other.world.runner.clock().shift(YEAR_MS);
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
fn an_edit_by_a_clock_a_year_behind_can_be_put_back() {
    let day = Day::begin();
    let customer = day.van.customer("Ana");
    day.van.sync();
    let other = day.office.colleague(&day.van);
    // Set back by a year, its time stands still: it is never before what it gave last.
    other.world.runner.clock().shift(-YEAR_MS);
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

/// A command as a face gives it, which says nothing of the clock.
fn add(device: &Van) -> Result<Value, Fault> {
    let envelope = Envelope { book: Some(device.book), ..Envelope::of("customer_add", json!({ "name": "x" })) };
    device.world.runner.call(envelope).and_then(|answer| answer.value())
}

#[test]
fn a_clock_that_is_off_head_office_s_is_doubtful_until_somebody_says_that_it_is_right() {
    const HOUR_MS: i64 = 3_600_000;
    let day = Day::begin();
    day.van.sync();
    for shift in [HOUR_MS, -HOUR_MS / 2] {
        let device = day.office.colleague(&day.van);
        device.world.runner.clock().shift(shift);
        device.sync();
        let refused = add(&device).unwrap_err();
        assert_eq!(refused.code, Code::ClockDoubtful, "{refused}");
        let details = refused.details.unwrap();
        let off = details["clock_at"].as_i64().unwrap() - details["office_at"].as_i64().unwrap();
        assert!((off - shift).abs() < 60_000, "both times are told: {details}");
        let confirmed = Envelope {
            book: Some(device.book),
            clock_confirmed: true,
            ..Envelope::of("customer_add", json!({ "name": "y" }))
        };
        device.world.runner.call(confirmed).unwrap();
        add(&device).unwrap();
        device.sync();
        add(&device).expect("a round asks no second time");
    }
}

#[test]
fn what_head_office_s_clock_says_is_remembered_by_the_next_process() {
    let day = Day::begin();
    day.van.sync();
    let device = day.office.colleague(&day.van);
    device.world.runner.clock().shift(2 * 3_600_000);
    device.sync();
    let device = Van { world: device.world.reopened(), ..device };
    device.world.runner.clock().shift(2 * 3_600_000);
    assert_eq!(add(&device).unwrap_err().code, Code::ClockDoubtful);
}

#[test]
fn a_clock_that_agrees_with_head_office_s_is_never_doubtful() {
    let day = Day::begin();
    day.van.sync();
    day.van.world.runner.clock().shift(YEAR_MS);
    day.van.customer("Of next year");
    let van = Van { world: day.van.world.reopened(), ..day.van }; // and the clock is right again
    assert_eq!(add(&van).unwrap_err().code, Code::ClockDoubtful, "it is behind the newest entry");
    van.sync();
    add(&van).unwrap();
    let van = Van { world: van.world.reopened(), ..van };
    add(&van).expect("a box without a person needs none");
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
        device.world.runner.clock().shift(jump);
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
