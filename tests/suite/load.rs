//! A load of requests from eight callers, and what must be true of a store that took it, whatever happened meanwhile.

use crate::process::{Dice, Shop, Switchboard};
use crossbeam_channel::Sender;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

pub const CALLERS: usize = 8;

/// What a caller was told of its request.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Nothing: it was not sent, or the process died before it answered.
    Nothing,
    Answer(Value),
    /// Refused, with this code.
    Error(String),
}

/// A request: what was asked under which id, which record it makes, and what its caller was told last.
#[derive(Debug, Clone)]
pub struct Request {
    command: &'static str,
    request_id: String,
    input: Value,
    record: String,
    /// Whether it is of a kind that is always refused.
    pub bad: bool,
    pub told: Told,
}

impl Request {
    fn envelope(&self) -> Value {
        json!({ "command": self.command, "request_id": self.request_id, "input": self.input })
    }
}

/// Transfers, customers, and here and there one that must be refused, so that groups hold refusals, too.
pub fn requests(shop: &Shop, dice: &mut Dice, count: usize) -> Vec<Request> {
    let request = |dice: &mut Dice| {
        let (request_id, record) = (dice.id(), dice.id());
        let (command, input, bad) = match dice.below(10) {
            0..=5 => ("transfer_funds", shop.transfer(&record, 1 + dice.below(999)), false),
            6..=8 => ("customer_add", json!({ "customer_id": record, "name": format!("Shop {record}") }), false),
            _ => ("transfer_funds", shop.transfer(&record, 1 << 52), true),
        };
        Request { command, request_id, input, record, bad, told: Told::Nothing }
    };
    (0..count).map(|_| request(dice)).collect()
}

/// Eight callers send the requests, each waiting for its answer before it sends its next. They stop when the process is
/// gone. Each answer is also noted in `answered`.
pub fn send(board: &Switchboard, requests: &mut [Request], answered: &Sender<()>) {
    let queue = Mutex::new(requests.iter_mut());
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let Some(request) = queue.lock().expect("no caller panicked").next() else { return };
                    let Some(mut answer) = board.ask(request.envelope()) else { return };
                    request.told = match answer["error"]["code"].as_str() {
                        Some(code) => Told::Error(code.to_owned()),
                        None => Told::Answer(answer["answer"].take()),
                    };
                    // Nobody may be counting.
                    let _ = answered.send(());
                }
            });
        }
    });
}

/// How many requests were told what.
pub fn tally(requests: &[Request]) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for request in requests {
        let told = match &request.told {
            Told::Nothing => "nothing",
            Told::Answer(_) => "done",
            Told::Error(code) => code,
        };
        *tally.entry(told).or_default() += 1;
    }
    tally
}

/// What stands in a store.
pub struct Standing {
    transfers: BTreeMap<String, Value>,
    customers: BTreeSet<String>,
    pub entries: i64,
}

impl Standing {
    pub fn read(board: &Switchboard) -> Standing {
        let rows = board.all("transfer_list", &json!({}));
        let count = rows.len();
        let transfers: BTreeMap<String, Value> =
            rows.into_iter().map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row)).collect();
        assert_eq!(transfers.len(), count, "no transfer is listed twice");
        let rows = board.all("customer_list", &json!({}));
        let customers: BTreeSet<String> =
            rows.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(customers.len(), rows.len(), "no customer is listed twice");
        let status = board.call("status", json!({}));
        assert_eq!(status["mark"]["state"], "agrees", "an owner settles its mark: {status}");
        assert_eq!(status["incarnation"]["reason"], "new", "nothing here is a copy: {status}");
        Standing { transfers, customers, entries: status["entries"]["total"].as_i64().expect("a number") }
    }

    pub fn holds(&self, request: &Request) -> bool {
        self.transfers.contains_key(&request.record) || self.customers.contains(&request.record)
    }

    /// The numbers of one device run from 1 without a gap.
    pub fn assert_numbers(&self) {
        let mut numbers: Vec<&str> = self.transfers.values().filter_map(|row| row["number"].as_str()).collect();
        numbers.sort_unstable();
        for (index, number) in numbers.iter().enumerate() {
            assert_eq!(*number, format!("D1-T-{:06}", index + 1), "numbers have no gap and no double");
        }
    }

    /// What was answered is there, and what is refused for certain is not.
    pub fn assert_keeps_promises(&self, requests: &[Request]) {
        for request in requests {
            match &request.told {
                Told::Answer(_) => assert!(self.holds(request), "was answered, but is not there: {request:?}"),
                Told::Error(code) if code == "outcome_unknown" => {}
                Told::Error(_) => assert!(!self.holds(request), "was refused, but is there: {request:?}"),
                Told::Nothing => {}
            }
        }
    }
}

/// Asks every request again under its id, all at once: what was answered gets the same answer, everything else that can
/// be done is done, and nothing twice.
pub fn assert_done_once(board: &Switchboard, requests: &mut [Request]) {
    let before = Standing::read(board);
    let missing = requests.iter().filter(|request| !request.bad && !before.holds(request)).count();
    let answers: Vec<_> = requests.iter().map(|request| board.hand_in(request.envelope())).collect();
    for (request, answer) in requests.iter_mut().zip(answers) {
        let mut answer = answer.recv_timeout(crate::process::PATIENCE).expect("an answer comes");
        if request.bad {
            assert_eq!(answer["error"]["code"], "insufficient_funds", "{request:?}");
            continue;
        }
        assert!(answer["error"].is_null(), "asked again, it is done: {answer} for {request:?}");
        let answer = answer["answer"].take();
        if let Told::Answer(first) = &request.told {
            assert_eq!(&answer, first, "the same request gets the same answer");
        }
        request.told = Told::Answer(answer);
    }
    let after = Standing::read(board);
    after.assert_keeps_promises(requests);
    after.assert_numbers();
    let done = after.entries - before.entries;
    assert_eq!(done, i64::try_from(missing).expect("few"), "one entry for each that was missing, none for the others");
    for request in requests.iter().filter(|request| request.command == "transfer_funds") {
        if let (Told::Answer(answer), Some(row)) = (&request.told, after.transfers.get(&request.record)) {
            let mut made = answer.clone();
            made.as_object_mut().expect("a transfer").remove("fee_refused");
            assert_eq!(&made, row, "the row is what was answered");
        }
    }
}

pub fn assert_verifies(board: &Switchboard) {
    let verified = board.call("verify", json!({}));
    assert_eq!(verified["holds"], true, "{verified}");
}
