//! The network is cut at any byte, and between head office's COMMIT and its answer.

use super::{Day, Session, assert_settled, try_sync};
use crate::central::Direction::{ToClient, ToServer};
use crate::central::Proxy;
use crate::process::{Dice, is_long};
use crate::sync::{Office, Van};
use crate::world::World;
use daybook::commands::Envelope;
use daybook::kernel::{BookId, Code};
use daybook::sync::{ForBook, Link};
use serde_json::json;
use std::time::{Duration, Instant};

/// Cuts the next connection at a random byte of what one usually carries.
fn cut_somewhere(proxy: &Proxy, dice: &mut Dice, usually: (u64, u64)) {
    let (direction, most) = if dice.percent(50) { (ToServer, usually.0) } else { (ToClient, usually.1) };
    let bytes = dice.below(most);
    println!("cut {direction:?} after {bytes} of {most}");
    proxy.cut_next_after(direction, bytes);
}

/// What is carried both ways while something is done.
fn carried(proxy: &Proxy, act: impl FnOnce()) -> (u64, u64) {
    let before = (proxy.bytes(ToServer), proxy.bytes(ToClient));
    act();
    (proxy.bytes(ToServer) - before.0, proxy.bytes(ToClient) - before.1)
}

/// Found by this test: a connection that was cut while TLS was being set up was told as an unsafe one.
#[test]
fn a_cut_at_any_byte_is_put_right_by_the_next_round() {
    let mut dice = Dice::of_this_run("cut rounds");
    let day = Day::begin();
    let session = Session::open(&day.office);
    let news = || {
        day.work(3);
        session.run(&format!(
            "INSERT INTO daybook.customer (book_id, name, note) SELECT '{}', 'Office ' || n, repeat('x', 500)
             FROM generate_series(1, 20) n",
            day.van.book
        ));
    };
    // A connection stays open between rounds; where it was cut, another one is made, of which any byte may be the last as well.
    let usually = [true, false].map(|is_new| {
        news();
        if is_new {
            day.proxy.cut();
        }
        carried(&day.proxy, || drop(day.van.sync()))
    });
    let mut cuts = 0;
    for _ in 0..if is_long() { 600 } else { 30 } {
        news();
        let is_new = dice.percent(50);
        if is_new {
            day.proxy.cut();
        }
        cut_somewhere(&day.proxy, &mut dice, usually[usize::from(!is_new)]);
        cuts += usize::from(!try_sync(&day.van));
        day.proxy.pass();
    }
    assert!(cuts > 15, "most were cut: {cuts}");
    day.assert_settled();
}

fn try_join(world: &World, link: &Link) -> Option<BookId> {
    match world.send(&Envelope::of("sync_join", json!({ "link": link.write() }))) {
        Ok(joined) => Some(BookId::parse(joined["book_id"].as_str().expect("an id")).unwrap()),
        Err(fault) => {
            assert_eq!(fault.code, Code::Unreachable, "{}", fault.chain());
            None
        }
    }
}

/// Joins by a link however often it is cut, with everything cut once: how often it was.
fn join_through_cuts(proxy: &Proxy, dice: &mut Dice, world: World, link: &Link, usually: (u64, u64)) -> (Van, usize) {
    let mut cuts = 0;
    let book = loop {
        if cuts < 2 {
            cut_somewhere(proxy, dice, usually);
        }
        let joined = try_join(&world, link);
        proxy.pass();
        match joined {
            Some(book) => break book,
            None => cuts += 1,
        }
    };
    (Van { world, book }, cuts)
}

/// Found by this test: a new device whose join was cut before its answer came was another device when it tried again, and was
/// refused.
#[test]
fn cut_at_any_byte_of_a_join_the_same_link_still_joins() {
    let mut dice = Dice::of_this_run("cut joins");
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let founder = office.founder();
    founder.sync();
    let link = |book: &ForBook| Link { port: proxy.port(), ..office.link("Van", book) };
    let first = World::empty();
    let first_link = link(&ForBook::Existing(founder.book));
    let usually = carried(&proxy, || assert!(try_join(&first, &first_link).is_some()));
    let (mut cuts, mut members) = (0, 2);
    for turn in 0..if is_long() { 200 } else { 8 } {
        if turn % 4 == 3 {
            let world = World::with_book();
            let (van, cut) = join_through_cuts(&proxy, &mut dice, world, &link(&ForBook::New("South".into())), usually);
            van.world.ask("customer_add", json!({ "name": "Ana" }));
            assert_settled(&office, &van);
            cuts += cut;
            continue;
        }
        let link = link(&ForBook::Existing(founder.book));
        let (van, cut) = join_through_cuts(&proxy, &mut dice, World::empty(), &link, usually);
        van.assert_agrees();
        members += 1;
        cuts += cut;
    }
    assert!(cuts > 4, "most were cut: {cuts}");
    let devices = office.value(&format!("SELECT count(*) FROM daybook.device WHERE book_id = '{}'", founder.book));
    assert_eq!(devices, members.to_string(), "each is a device once");
}

#[test]
fn cut_at_any_byte_of_a_snapshot_it_goes_on() {
    let mut dice = Dice::of_this_run("cut snapshots");
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let founder = office.founder();
    founder.ask("demo_fill", json!({}));
    founder.sync();
    let join = || {
        let link = office.link("Van", &ForBook::Existing(founder.book));
        Van::join(World::empty(), &Link { port: proxy.port(), ..link })
    };
    let first = join();
    let usually = carried(&proxy, || drop(first.sync()));
    for _ in 0..if is_long() { 60 } else { 3 } {
        let van = join();
        for _ in 0..3 {
            cut_somewhere(&proxy, &mut dice, usually);
            try_sync(&van);
            proxy.pass();
        }
        van.assert_agrees();
    }
}

#[test]
fn an_answer_lost_after_the_commit_leads_to_nothing_twice() {
    let day = Day::begin();
    let session = Session::open(&day.office);
    for _ in 0..if is_long() { 20 } else { 3 } {
        day.work(5);
        let waiting = day.van.status()["waiting"].as_i64().unwrap();
        let version = session.value("SELECT version FROM daybook_sync.book_head");
        session.run("BEGIN; SELECT FROM daybook_sync.book_head FOR UPDATE");
        std::thread::scope(|scope| {
            let round = scope.spawn(|| assert!(!try_sync(&day.van), "the answer was lost"));
            session.wait_until_waiting("push");
            day.proxy.hold_answers();
            session.run("COMMIT");
            session.wait_until(&format!("(SELECT version FROM daybook_sync.book_head) >= {version} + {waiting}"));
            day.proxy.wait_until_held(1);
            day.proxy.cut();
            round.join().unwrap();
        });
        day.proxy.pass();
        assert_eq!(day.van.status()["waiting"], waiting, "it does not know that they have arrived");
        let again = day.van.sync();
        assert_eq!((&again["pushed"], &again["pulled"]), (&json!(waiting), &json!(waiting)));
    }
    day.assert_settled();
}

/// Two changes meet. (That a join was refused whose new password took effect between the attempts with the new and the old one was
/// found by the long sweep above; it takes a moment that can't be chosen.)
#[test]
fn a_change_of_password_under_way_keeps_nobody_out() {
    let office = Office::open();
    let proxy = Proxy::to(office.cluster.port());
    let founder = office.founder();
    founder.sync();
    let link = Link { port: proxy.port(), ..office.link("Van 2", &ForBook::Existing(founder.book)) };
    let world = World::empty();
    let (session, watch) = (Session::open(&office), Session::open(&office));
    let waiting = |count: usize| {
        watch.wait_until(&format!(
            "(SELECT count(*) FROM pg_stat_activity
              WHERE usename = '{}' AND wait_event_type = 'Lock' AND query LIKE 'ALTER ROLE%') = {count}",
            link.role
        ));
    };
    session.run(&format!("BEGIN; ALTER ROLE {} VALID UNTIL 'infinity'", link.role));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| try_join(&world, &link).is_none());
        waiting(1);
        proxy.cut();
        assert!(first.join().unwrap(), "the answer was lost");
        let second = scope.spawn(|| try_join(&world, &link));
        waiting(2);
        session.run("ROLLBACK");
        // Both changes go on now; whichever stands, the device has its password.
        second.join().unwrap();
    });
    let tries = (0..5).find_map(|_| try_join(&world, &link));
    let van = Van { world, book: tries.expect("it joins") };
    van.sync();
    van.assert_agrees();
}

/// Found by a trial: something on the line took the bytes in the server's name and passed none on, and the push waited for ten minutes
/// without a word. (A minute is what it takes: that is the point.)
#[test]
fn a_line_that_takes_everything_and_brings_nothing_is_given_up_in_a_minute() {
    let day = Day::begin();
    day.work(20);
    let (holder, watch) = (Session::open(&day.office), Session::open(&day.office));
    holder.run("BEGIN; SELECT 1 FROM daybook_sync.book_head FOR UPDATE");
    let started = Instant::now();
    let (silent, code) = std::thread::scope(|scope| {
        let round = scope.spawn(|| day.van.sync_fails());
        // The batch is at head office, and from now on nothing comes back.
        watch.wait_until_waiting("push_at");
        day.proxy.hold_answers();
        holder.run("COMMIT");
        let mut silent = 0;
        while !round.is_finished() {
            silent = day.van.status()["progress"]["silent_seconds"].as_u64().unwrap_or(0).max(silent);
            std::thread::park_timeout(Duration::from_millis(200));
        }
        (silent, round.join().unwrap())
    });
    assert_eq!(code, Code::Unreachable);
    assert!(started.elapsed() < Duration::from_secs(150), "{:?}", started.elapsed());
    assert!(silent >= 1, "the silence is told while it lasts");
    assert_eq!(day.van.status()["trouble"]["code"], "unreachable");
    day.proxy.pass();
    day.assert_settled();
}
