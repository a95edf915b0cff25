//! The pipe, as a program on an edge box drives it: order, ids, limits, events, and its end.

use crate::process::{Dice, PATIENCE, Pipe, Shop, daybook, is_long, run};
use crossbeam_channel::bounded;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn shop(test: &str) -> (tempfile::TempDir, Dice, Shop) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice::of_this_run(test);
    let shop = Shop::set_up(folder.path(), &mut dice);
    (folder, dice, shop)
}

fn customer(id: impl Into<Value>, name: &str) -> Value {
    json!({ "id": id.into(), "command": "customer_add", "input": { "name": name } })
}

#[test]
fn writes_are_done_in_their_order_however_many_wait() {
    let (_folder, mut dice, shop) = shop("order");
    let pipe = Pipe::open(&shop.store);
    let count = 300;
    for line in 0..count {
        let input = shop.transfer(&dice.id(), 1);
        assert!(pipe.send(&json!({ "id": line, "command": "transfer_funds", "input": input })));
    }
    let mut numbers = vec![String::new(); count];
    for _ in 0..count {
        let answer = pipe.line();
        let line = usize::try_from(answer["id"].as_u64().expect("an id is given back")).expect("it is small");
        numbers[line] = answer["answer"]["number"].as_str().expect("it is done").to_owned();
    }
    for (line, number) in numbers.iter().enumerate() {
        assert_eq!(*number, format!("D1-T-{:06}", line + 1), "the line's place is the number's");
    }
}

#[test]
fn an_id_is_given_back_as_it_came_whatever_it_is() {
    let (_folder, _, shop) = shop("ids");
    let pipe = Pipe::open(&shop.store);
    let ids = [json!(7), json!("seven"), json!({"trip": [7, null]}), json!(-0.5), json!(true), Value::Null];
    for command in ["tax_list", "verify", "customer_add", "no_such_command"] {
        for id in &ids {
            pipe.send(&json!({ "id": id, "command": command, "input": { "surplus": 1 } }));
            assert_eq!(pipe.line()["id"], *id, "refused by {command}");
            let input = if command == "customer_add" { json!({ "name": "N" }) } else { json!({}) };
            pipe.send(&json!({ "id": id, "command": command, "input": input }));
            assert_eq!(pipe.line()["id"], *id, "done by {command}");
        }
    }
    pipe.send(&json!({ "command": "tax_list" }));
    assert_eq!(pipe.line()["id"], Value::Null, "none came, none goes");
    // These are no numbers that a program counts with, and so its JSON would lose digits of them.
    for id in
        ["12345678901234567890123", "-9007199254740993.0", "1.10", "1e400", r#"{ "b": 1, "a": 18446744073709551616 }"#]
    {
        for call in [r#""command":"tax_list""#, r#""command":"customer_add","input":{"name":"N"}"#, r#""command":7"#] {
            assert!(pipe.write(format!("{{{call},\"id\":{id}}}\n").as_bytes()));
            let line = pipe.text();
            assert!(line.starts_with(&format!("{{\"id\":{id},\"")), "{id}: {line}");
        }
    }
}

/// A call of exactly so many bytes, its line's end not counted.
fn call_of_length(bytes: usize) -> String {
    let empty = customer(1, "").to_string();
    customer(1, &"x".repeat(bytes - empty.len())).to_string()
}

#[test]
fn a_bad_line_is_answered_and_the_next_one_works() {
    const LINE_BYTES_MAX: usize = 1 << 20;
    let (_folder, _, shop) = shop("bad lines");
    let pipe = Pipe::open(&shop.store);
    let refused = |line: &[u8], id: Value, code: &str| {
        assert!(pipe.write(line) && pipe.write(b"\n"));
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        let answer = pipe.line();
        assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
        assert_eq!(answer["id"], id, "{shown}: {answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
        // The next one works.
        let answer = pipe.ask("tax_list", json!({}));
        assert_eq!(answer["answer"]["rows"], json!([]), "{answer}");
    };
    refused(b"hello", Value::Null, "malformed");
    refused(b"{\"id\":1,\"command\":\"tax_list\"", Value::Null, "malformed");
    refused(b"{\"id\":1,\"command\":\"tax_list\"} {}", Value::Null, "malformed");
    refused(b"\"id\"", Value::Null, "wrong_type");
    refused(b"[1]", Value::Null, "wrong_type");
    refused(b"{\"id\":1,\"command\":\"\xff\"}", Value::Null, "malformed");
    refused(&b"[".repeat(10_000), Value::Null, "malformed");
    refused(b"{\"id\":1}", json!(1), "missing_field");
    refused(b"{\"id\":2,\"command\":7}", json!(2), "wrong_type");
    refused(b"{\"id\":3,\"command\":\"no_such_command\"}", json!(3), "unknown_command");
    refused(b"{\"id\":4,\"command\":\"tax_list\",\"surplus\":1}", json!(4), "unknown_field");
    refused(b"{\"id\":5,\"command\":\"tax_list\",\"request_id\":\"x\"}", json!(5), "bad_id");
    refused(b"{\"id\":6,\"command\":\"tax_list\",\"input\":[]}", json!(6), "wrong_type");
    refused(call_of_length(LINE_BYTES_MAX + 1).as_bytes(), Value::Null, "too_long");
    refused(&b"x".repeat(5 * LINE_BYTES_MAX), Value::Null, "too_long");
    // At the limit the line is read, and it is its name that is too long. (Found by this test: its end was counted, too.)
    pipe.write(format!("{}\n", call_of_length(LINE_BYTES_MAX)).as_bytes());
    let answer = pipe.line();
    assert_eq!((&answer["id"], &answer["error"]["field"]), (&json!(1), &json!("name")), "{answer}");

    // Empty lines say nothing, and the last line needs no end.
    assert!(pipe.write(b"\n  \n\r\n{\"id\":9,\"command\":\"tax_list\"}\r\n{\"id\":10,\"command\":\"tax_list\"}"));
    let (status, rest) = pipe.finish();
    assert!(status.success(), "{status}");
    let ids: BTreeSet<Option<i64>> = rest
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"))
        .map(|answer| answer["id"].as_i64())
        .collect();
    assert_eq!((rest.len(), ids), (2, BTreeSet::from([Some(9), Some(10)])), "{rest:?}");
}

#[test]
fn five_thousand_calls_are_answered_though_none_is_read() {
    const CALLS: usize = 5_000;
    let (_folder, mut dice, shop) = shop("back-pressure");
    let mut child = daybook()
        .arg("--store")
        .arg(&shop.store)
        .arg("pipe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("daybook starts");
    let mut input = child.stdin.take().expect("its input is led here");
    let mut lines = String::new();
    for id in 0..CALLS {
        // Mostly reads, whose answers are longer than a pipe holds by far.
        let call = match id % 10 {
            0 => json!({ "id": id, "command": "transfer_funds", "input": shop.transfer(&dice.id(), 1) }),
            _ => json!({ "id": id, "command": "account_list" }),
        };
        lines.push_str(&call.to_string());
        lines.push('\n');
    }
    let (written, all) = bounded(1);
    std::thread::spawn(move || {
        input.write_all(lines.as_bytes()).expect("the pipe takes every line");
        let _ = written.send(());
    });
    if all.recv_timeout(PATIENCE).is_err() {
        let _ = child.kill();
        panic!("the pipe took no more lines before its answers were read");
    }
    let output = BufReader::new(child.stdout.take().expect("its output is led here"));
    let mut answered = BTreeSet::new();
    for line in output.lines() {
        let answer: Value = serde_json::from_str(&line.expect("text")).expect("a line is JSON");
        assert!(answer["error"].is_null(), "{answer}");
        answered.insert(answer["id"].as_u64().expect("an id is given back"));
    }
    assert_eq!(answered.len(), CALLS, "each is answered");
    assert!(child.wait().expect("the child is ours").success());
}

#[test]
fn an_event_comes_when_another_process_sees_the_rows() {
    let (_folder, mut dice, shop) = shop("events");
    let owner = Pipe::spawn(daybook().arg("--store").arg(&shop.store).args(["pipe", "--events"]));
    owner.ask("tax_list", json!({}));
    let beside = Pipe::open(&shop.store);
    let mut last_position = 0;
    for turn in 0..40 {
        let id = dice.id();
        owner.send(&json!({ "id": turn, "command": "customer_add", "input": { "customer_id": id, "name": "N" } }));
        let (mut told, mut answered) = (false, false);
        while !(told && answered) {
            let line = owner.line();
            if line["event"].is_null() {
                assert_eq!(line["id"], turn, "{line}");
                answered = true;
                continue;
            }
            assert_eq!(line["event"], "changed", "{line}");
            assert_eq!(line["book"], shop.book.as_str(), "{line}");
            assert_eq!(line["tables"], json!(["customer"]), "{line}");
            let position = line["position"].as_i64().expect("an entry has a place");
            assert!(position > last_position, "events come in the order of entries");
            last_position = position;
            told = true;
            let seen = beside.ask("customer_show", json!({ "customer_id": id }));
            assert_eq!(seen["answer"]["id"], id.as_str(), "the row is there when the event is: {seen}");
        }
    }
    // A refusal, a read and an answer given again are no events.
    let again = json!({ "id": 1, "command": "customer_add", "request_id": dice.id(), "input": { "name": "Once" } });
    owner.send(&again);
    let pair: Vec<Value> = vec![owner.line(), owner.line()];
    assert_eq!(pair.iter().filter(|line| line["event"] == "changed").count(), 1, "{pair:?}");
    owner.send(&again);
    assert_eq!(owner.line()["answer"]["name"], "Once", "answered again, without an event before");
    assert!(!owner.ask("customer_add", json!({ "name": "" }))["error"].is_null());
    assert!(owner.ask("status", json!({}))["error"].is_null());
    let (status, rest) = owner.finish();
    assert!(status.success() && rest.is_empty(), "{status}, {rest:?}");
}

#[test]
fn beside_an_owner_reads_work_and_writes_are_told_in_use() {
    let (folder, _, shop) = shop("beside");
    let owner = Pipe::open(&shop.store);
    assert!(owner.ask("customer_add", json!({ "name": "Owner's" }))["error"].is_null());
    let beside = Pipe::open(&shop.store);
    for pipe in [&owner, &beside] {
        assert_eq!(pipe.ask("customer_list", json!({}))["answer"]["rows"][0]["name"], "Owner's");
        assert_eq!(pipe.ask("verify", json!({}))["answer"]["holds"], true);
    }
    let refused = beside.ask("customer_add", json!({ "name": "Not here" }));
    assert_eq!(refused["error"]["code"], "in_use", "{refused}");
    let refused = beside.ask("restore", json!({ "path": "/nowhere" }));
    assert_eq!(refused["error"]["code"], "in_use", "{refused}");
    let copy = folder.path().join("copy.sqlite");
    assert_eq!(beside.ask("backup", json!({ "path": copy }))["error"], Value::Null, "a backup only reads");

    let output = run(&shop.store, &["call", "customer_list"]);
    assert!(output.status.success(), "a single call reads, too");
    let output = run(&shop.store, &["call", "customer_add", "{\"name\":\"Not here\"}"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"in_use\""));

    // What the owner does meanwhile is seen beside it, and when it has gone, the next one owns.
    assert!(owner.ask("customer_add", json!({ "name": "Second" }))["error"].is_null());
    assert_eq!(beside.ask("customer_list", json!({}))["answer"]["rows"].as_array().map(Vec::len), Some(2));
    assert!(owner.finish().0.success());
    assert!(beside.finish().0.success());
    let next = Pipe::open(&shop.store);
    assert!(next.ask("customer_add", json!({ "name": "Third" }))["error"].is_null());
}

/// Found by this test: the last answer was lost when it was handed over while the pipe looked whether it might end.
#[test]
fn at_the_end_of_its_input_everything_is_answered() {
    let (_folder, _, shop) = shop("end of input");
    for turn in 0..if is_long() { 400 } else { 40 } {
        let pipe = Pipe::open(&shop.store);
        let calls = 24;
        let mut lines = String::new();
        for id in 0..calls {
            let call = match (id + turn) % 3 {
                0 => customer(id, "N"),
                1 => json!({ "id": id, "command": "nothing" }),
                _ => json!({ "id": id, "command": "tax_list" }),
            };
            lines.push_str(&format!("{call}\n"));
        }
        assert!(pipe.write(lines.as_bytes()));
        let (status, answers) = pipe.finish();
        assert!(status.success(), "{status}");
        assert_eq!(answers.len(), calls, "turn {turn}: each call is answered");
    }
}

#[test]
fn a_signal_ends_it_cleanly_when_everything_begun_is_answered() {
    let (_folder, mut dice, shop) = shop("signals");
    let mut answered = 0;
    for turn in 0..if is_long() { 100 } else { 10 } {
        let mut pipe = Pipe::open(&shop.store);
        let calls = 400;
        for id in 0..calls {
            assert!(pipe.send(&customer(id, "N")));
        }
        for _ in 0..=dice.below(100) {
            assert!(pipe.line()["error"].is_null());
            answered += 1;
        }
        pipe.signal(if turn % 2 == 0 { libc::SIGTERM } else { libc::SIGINT });
        for line in pipe.rest() {
            assert!(line.contains("\"answer\""), "{line}");
            answered += 1;
        }
        let status = pipe.wait();
        assert_eq!(status.code(), Some(0), "a clean end: {status}");
        let pipe = Pipe::open(&shop.store);
        let status = pipe.ask("status", json!({}));
        // Three set the shop up.
        assert_eq!(status["answer"]["entries"]["total"], answered + 3, "what was done was answered");
        assert_eq!(status["answer"]["mark"]["state"], "agrees", "{status}");
    }
}

#[test]
fn a_pipe_that_waits_ends_at_a_signal_too() {
    let (_folder, _, shop) = shop("idle");
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut pipe = Pipe::open(&shop.store);
        pipe.ask("tax_list", json!({}));
        pipe.signal(signal);
        assert_eq!(pipe.wait().code(), Some(0));
    }
}

#[test]
fn it_ends_cleanly_when_nobody_reads_its_answers_any_more() {
    let (_folder, _, shop) = shop("closed output");
    let mut child = daybook()
        .arg("--store")
        .arg(&shop.store)
        .arg("pipe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("daybook starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("its input is led here");
    // Its end closes the input, too; until then it takes calls.
    while writeln!(input, "{}", customer(1, "N")).is_ok() {}
    let output = child.wait_with_output().expect("the child is ours");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing to complain about");
    let pipe = Pipe::open(&shop.store);
    assert_eq!(pipe.ask("verify", json!({}))["answer"]["holds"], true);
}
