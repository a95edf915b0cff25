//! Killed at any moment, as by a power cut: what was answered is there, and nothing is there twice. And hurt from inside.

use crate::load;
use crate::process::{Dice, Shop, Switchboard, is_long};
use crossbeam_channel::{after, unbounded};
use daybook::commands::{Envelope, Runner};
use serde_json::json;
use std::time::Duration;

const REQUESTS_A_ROUND: usize = 120;

#[test]
fn after_kills_what_was_answered_stands_and_is_done_once() {
    let mut dice = Dice::of_this_run("kill");
    // A life of twenty kills each.
    (0..if is_long() { 10 } else { 1 }).for_each(|_| live_and_be_killed(&mut dice));
}

fn live_and_be_killed(dice: &mut Dice) {
    let folder = tempfile::tempdir().expect("a folder");
    let shop = Shop::set_up(folder.path(), dice);
    let mut everything = Vec::new();
    for round in 0..20 {
        let mut requests = load::requests(&shop, dice, REQUESTS_A_ROUND);
        kill_under_load(&shop, dice, &mut requests);
        let board = Switchboard::open(&shop.store);
        let standing = load::Standing::read(&board);
        standing.assert_keeps_promises(&requests);
        standing.assert_numbers();
        load::assert_done_once(&board, &mut requests);
        println!("round {round}: {} entries stood after the kill", standing.entries);
        everything.append(&mut requests);
        // The chain of a long life is verified now and then, and at the end.
        if round % 5 == 4 {
            load::assert_verifies(&board);
        }
    }
    let mut board = Switchboard::open(&shop.store);
    load::Standing::read(&board).assert_keeps_promises(&everything);
    load::assert_done_once(&board, &mut everything);
    load::assert_verifies(&board);
    assert!(board.finish().success());
}

/// The moment is so many answers after the start, and a little later: in the middle of whatever goes on then. One in
/// five dies while it is still opening the store.
fn kill_under_load(shop: &Shop, dice: &mut Dice, requests: &mut [load::Request]) {
    let board = Switchboard::open(&shop.store);
    let (answered, answers) = unbounded();
    let (answers_before, later) = if dice.percent(20) {
        (0, Duration::from_micros(dice.below(100_000)))
    } else {
        (1 + dice.below(REQUESTS_A_ROUND as u64 * 4 / 5), Duration::from_micros(dice.below(4_000)))
    };
    std::thread::scope(|scope| {
        let callers = scope.spawn(|| load::send(&board, requests, &answered));
        for _ in 0..answers_before {
            answers.recv_timeout(crate::process::PATIENCE).expect("answers come");
        }
        let _ = after(later).recv();
        board.strike();
        callers.join().expect("the callers ended");
    });
}

/// Found by reading: the writer's thread died of it, and whoever called after that waited for ever.
#[test]
fn a_listener_or_a_caller_that_panics_takes_nobody_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let runner = Runner::open(folder.path()).expect("a store opens");
    let (told, events) = unbounded();
    runner.listen(|_| panic!("on purpose"));
    runner.listen(move |changed| told.send(changed.tables.clone()).expect("the test listens"));
    let book = json!({ "name": "North", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC" });
    runner.call(Envelope::of("book_setup", book)).expect("it is answered");
    let add = |name: &str| Envelope::of("customer_add", json!({ "name": name }));
    runner.call(add("One")).expect("it is answered");
    runner.submit(add("Two"), Box::new(|_| panic!("on purpose")));
    runner.call(add("Three")).expect("it is answered");
    for _ in 0..4 {
        events.recv_timeout(crate::process::PATIENCE).expect("the others are told");
    }
}
