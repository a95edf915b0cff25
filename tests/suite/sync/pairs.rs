//! Two devices that don't hear of each other each do something to the same bill: every pair of acts, whichever arrives first.
//! Facts add up, nothing is refused afterwards, and both devices and head office say the same.

use super::receivables::agreement;
use super::{Office, Van};
use serde_json::{Value, json};

/// What is done to a bill of 1,000, of which 400 are paid by a first payment and for which a second one of 300 is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Pay,
    Claim,
    Unclaim,
    Reverse,
    Return,
    Price,
    WriteOff,
    Refund,
    Void,
}

/// Each with what the customer owes more by it, and what it pays of the bill.
const ACTS: &[(Act, i64, i64)] = &[
    (Act::Pay, -600, 600),
    (Act::Claim, 0, 300),
    (Act::Unclaim, 0, -400),
    (Act::Reverse, 400, -400),
    (Act::Return, -500, 500),
    (Act::Price, -100, 100),
    (Act::WriteOff, -600, 600),
    (Act::Refund, 300, 0),
    // By the device that made the bill alone: a credit note of all of it.
    (Act::Void, -1_000, 1_000),
];

const BALANCE: i64 = 1_000 - 400 - 300;

/// A customer for each pair, as it stood when both devices heard of it last.
struct Pair {
    acts: [Act; 2],
    customer: Value,
    bill: Value,
    paid: Value,
    left: Value,
}

struct Route {
    office: Office<'static>,
    vans: [Van; 2],
    bank: Value,
}

impl Route {
    fn set() -> Route {
        let office = Office::open();
        let one = office.founder();
        // One that anybody may lower.
        let bank = one.world.account("Bank", "bank", 0);
        one.sync();
        let two = office.colleague(&one);
        Route { office, vans: [one, two], bank }
    }

    fn prepare(&self, acts: [Act; 2]) -> Pair {
        let van = &self.vans[0];
        let customer = van.customer(&format!("{acts:?}"));
        let lines = json!([{ "description": "Goods", "quantity_milli": 10_000, "price_minor": 100 }]);
        let bill = van.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines }));
        let pay = |amount: i64, claims: Value| {
            let order = json!({
                "customer_id": customer["id"], "account_id": self.bank["id"], "amount_minor": amount, "claims": claims,
            });
            van.ask("payment_receive", order)
        };
        let paid = pay(400, json!([{ "bill_id": bill["id"], "amount_minor": 400 }]));
        let left = pay(300, json!([]));
        Pair { acts, customer, bill, paid, left }
    }

    fn act(&self, van: usize, act: Act, pair: &Pair) {
        let van = &self.vans[van];
        let bill = &pair.bill["id"];
        let (customer, bank) = (&pair.customer["id"], &self.bank["id"]);
        let money = |amount: i64| json!({ "customer_id": customer, "account_id": bank, "amount_minor": amount });
        match act {
            Act::Pay => {
                let mut order = money(600);
                order["claims"] = json!([{ "bill_id": bill, "amount_minor": 600 }]);
                van.ask("payment_receive", order)
            }
            Act::Claim => van.ask("payment_claim", json!({ "source_id": pair.left["id"], "target_id": bill })),
            Act::Unclaim => van.ask("payment_unclaim", json!({ "claim_id": pair.paid["claims"][0]["id"] })),
            Act::Reverse => van.ask("payment_reverse", json!({ "payment_id": pair.paid["id"], "reason": "returned" })),
            Act::Return => {
                let line = json!({ "line_id": pair.bill["lines"][0]["id"], "quantity_milli": 5_000 });
                van.ask("bill_credit", json!({ "bill_id": bill, "lines": [line], "reason": "return" }))
            }
            Act::Price => van.ask("bill_credit", json!({ "bill_id": bill, "amount_minor": 100, "reason": "price" })),
            Act::WriteOff => van.ask("bill_write_off", json!({ "bill_id": bill })),
            Act::Refund => van.ask("payment_refund", money(300)),
            Act::Void => van.ask("bill_void", json!({ "bill_id": bill })),
        };
    }

    /// What a device says of a pair: what the customer owes, then of the bill what was paid, what is open and what is overpaid.
    fn says(&self, van: usize, pair: &Pair) -> (Value, [i64; 4]) {
        let account = self.vans[van].ask("customer_account", json!({ "customer_id": pair.customer["id"] }));
        let bill = self.vans[van].ask("bill_show", json!({ "bill_id": pair.bill["id"] }));
        let sums = [&account["balance_minor"], &bill["counted_minor"], &bill["open_minor"], &bill["overpaid_minor"]];
        let sums = sums.map(|sum| sum.as_i64().unwrap());
        (account, sums)
    }
}

/// What both must say in the end: what each act adds, once where both acts are the same fact.
fn expected([first, second]: [Act; 2]) -> [i64; 4] {
    let of = |act: Act| ACTS.iter().find(|(it, ..)| *it == act).map(|(_, owed, paid)| (*owed, *paid)).unwrap();
    let ((owed_first, paid_first), (owed_second, paid_second)) = (of(first), of(second));
    // The undoing of one claim, and the reversal of one payment, is one on however many devices.
    let is_one = first == second && matches!(first, Act::Unclaim | Act::Reverse);
    let owed = BALANCE + owed_first + if is_one { 0 } else { owed_second };
    let paid = match (first, second) {
        // The same 400 are gone once: of a claim that is undone, the payment is worth nothing besides.
        (Act::Unclaim | Act::Reverse, Act::Unclaim | Act::Reverse) => 0,
        // What is left is used twice, and counts once.
        (Act::Claim, Act::Claim) => 700,
        // It went to the bill, or it went back: whichever was first.
        (Act::Claim, Act::Refund) => 700,
        (Act::Refund, Act::Claim) => 400,
        _ => 400 + paid_first + paid_second,
    };
    [owed, paid, (1_000 - paid).max(0), (paid - 1_000).max(0)]
}

#[test]
fn each_pair_of_acts_on_one_bill_adds_up_in_whichever_order_it_arrives() {
    for first_to_arrive in [0, 1] {
        let route = Route::set();
        let acts = || ACTS.iter().map(|(act, ..)| *act);
        let pairs: Vec<Pair> = acts()
            .flat_map(|first| acts().filter(|second| *second != Act::Void).map(move |second| [first, second]))
            .map(|acts| route.prepare(acts))
            .collect();
        for van in [0, 1] {
            route.vans[van].sync();
        }
        // All of the first device before all of the second: so it is by their clocks, too.
        for van in [0, 1] {
            for pair in &pairs {
                route.act(van, pair.acts[van], pair);
            }
        }
        for van in [first_to_arrive, 1 - first_to_arrive, first_to_arrive, 1 - first_to_arrive] {
            route.vans[van].sync();
        }
        for pair in &pairs {
            let [(here, sums), (there, _)] = [0, 1].map(|van| route.says(van, pair));
            assert_eq!(here, there, "{:?}: both say the same", pair.acts);
            assert_eq!(sums, expected(pair.acts), "{:?}: owed, paid, open, overpaid", pair.acts);
            let rest = ["open_minor", "overpaid_minor", "left_minor"].map(|sum| here[sum].as_i64().unwrap());
            assert_eq!(sums[0], rest[0] - rest[1] - rest[2], "{:?}", pair.acts);
        }
        for van in &route.vans {
            van.assert_agrees();
            assert_eq!(van.conflicts(), Vec::<Value>::new(), "nobody has to settle anything");
        }
        assert_eq!(agreement(&route.office), "");
        assert_eq!(route.office.value("SELECT count(*) FROM daybook.quarantine"), "0", "nothing is refused afterwards");
    }
}
