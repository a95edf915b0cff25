//! What reports tell, beside what a plain reading of the documents comes to.

use crate::process::Dice;
use crate::world::{World, all_rows, rows};
use daybook::commands::Envelope;
use daybook::kernel::BusinessDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AGES: [&str; 6] =
    ["age_0_minor", "age_31_minor", "age_61_minor", "age_91_minor", "credit_minor", "balance_minor"];

fn figures(of: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| of[*name].as_i64().unwrap_or_else(|| panic!("{name} of {of}"))).collect()
}

/// A book in which everything happens on random days of half a year; its last day.
fn live(world: &World, dice: &mut Dice, steps: usize) -> BusinessDate {
    let today = BusinessDate::parse(world.ask("overview", json!({}))["today_date"].as_str().unwrap()).unwrap();
    let tax = |name: &str, code: Value, ppm: i64| {
        world.ask("tax_add", json!({ "name": name, "rate_ppm": ppm, "code": code }))["id"].clone()
    };
    let taxes = [tax("VAT", json!("A"), 160_000), tax("Low", json!("B"), 50_000), tax("Exempt", json!(null), 0)];
    let product = |name: &str, tax: &Value| {
        world.ask("product_add", json!({ "name": name, "price_minor": 700, "tax_id": tax }))["id"].clone()
    };
    let products = [product("Tea", &taxes[0]), product("Rice", &taxes[1]), product("Salt", &taxes[2])];
    let customers = ["Ana", "Bo", "Çağla"].map(|name| world.ask("customer_add", json!({ "name": name }))["id"].clone());
    let accounts = ["Bank", "Other bank"].map(|name| world.account(name, "bank", 900_000)["id"].clone());
    for _ in 0..steps {
        let date = today.plus_days(-i32::try_from(dice.below(180)).unwrap());
        let due = date.plus_days(i32::try_from(dice.below(60)).unwrap());
        let (customer, account) = (dice.pick(&customers).clone(), dice.pick(&accounts).clone());
        let amount = 1 + dice.below(2_000) as i64;
        let bills = rows(&world.ask("bill_list", json!({ "limit": 200 }))).to_vec();
        let payments = rows(&world.ask("payment_list", json!({ "limit": 200 }))).to_vec();
        let one = |dice: &mut Dice, of: &[Value]| if of.is_empty() { json!({}) } else { dice.pick(of).clone() };
        let (bill, payment) = (one(dice, &bills), one(dice, &payments));
        let line = if dice.percent(70) {
            json!({ "product_id": dice.pick(&products), "quantity_milli": 1_000 + amount, "price_minor": amount })
        } else {
            json!({ "description": "Goods", "quantity_milli": 1_000, "price_minor": amount })
        };
        // A correction comes on a day of its own, never before what it corrects: else it is refused, or dated today.
        let later = |of: &Value| {
            let made = of["date"].as_str().and_then(|date| BusinessDate::parse(date).ok()).unwrap_or(date);
            made.max(date)
        };
        let (command, input) = match dice.below(13) {
            0..=3 => {
                let more = json!({ "description": "Delivery", "quantity_milli": 1_000, "price_minor": 30 });
                ("bill_issue", json!({ "customer_id": customer, "lines": [line, more], "date": date, "due_date": due }))
            }
            4 => {
                ("debt_open", json!({ "customer_id": customer, "amount_minor": amount, "date": date, "due_date": due }))
            }
            5 | 6 => (
                "payment_receive",
                json!({ "customer_id": customer, "account_id": account, "amount_minor": amount, "date": date }),
            ),
            7 => {
                ("payment_claim", json!({ "source_id": payment["id"], "target_id": bill["id"], "date": later(&bill) }))
            }
            8 => (
                "payment_reverse",
                json!({ "payment_id": payment["id"], "reason": "mistake", "date": later(&payment) }),
            ),
            9 => (*dice.pick(&["bill_void", "bill_write_off", "bill_reverse"]), {
                json!({ "bill_id": bill["id"], "date": later(&bill) })
            }),
            10 => (
                "bill_credit",
                json!({ "bill_id": bill["id"], "amount_minor": amount, "reason": "price", "date": later(&bill) }),
            ),
            11 => {
                let out =
                    json!({ "customer_id": customer, "account_id": account, "amount_minor": amount, "date": date });
                (*dice.pick(&["payment_payout", "payment_refund"]), out)
            }
            _ => ("credit_open", json!({ "customer_id": customer, "amount_minor": amount, "date": date })),
        };
        if let Err(fault) = world.send(&Envelope::of(command, input.clone())) {
            assert_ne!(fault.code.name(), "internal", "{command} {input}: {}", fault.chain());
        }
    }
    world.assert_holds();
    today
}

/// What is written down, read row by row.
struct Facts {
    bills: Vec<Row>,
    payments: Vec<Row>,
    claims: Vec<Row>,
    lines: Vec<Row>,
}

type Row = BTreeMap<String, Value>;

impl Facts {
    fn of(world: &World) -> Facts {
        let read = |sql: &str| -> Vec<Row> {
            let connection = world.connection();
            let mut statement = connection.prepare(sql).unwrap();
            let names: Vec<String> = statement.column_names().iter().map(|name| (*name).to_owned()).collect();
            let read = statement.query_map([], |row| {
                let value = |place: usize| -> Value {
                    match row.get_ref(place).unwrap() {
                        rusqlite::types::ValueRef::Null => Value::Null,
                        rusqlite::types::ValueRef::Integer(number) => json!(number),
                        other => json!(other.as_str().unwrap()),
                    }
                };
                Ok(names.iter().enumerate().map(|(place, name)| (name.clone(), value(place))).collect())
            });
            read.unwrap().map(Result::unwrap).collect()
        };
        Facts {
            bills: read(
                "SELECT hex(id) AS id, kind, hex(customer_id) AS customer, hex(person_id) AS person, business_date AS date,
                        ifnull(due_date, business_date) AS due, net_minor AS net, tax_minor AS tax, total_minor AS total,
                        hex(reverses_bill_id) AS reverses FROM payment_bill",
            ),
            payments: read(
                "SELECT hex(id) AS id, purpose AS kind, hex(customer_id) AS customer, hex(account_id) AS account,
                        business_date AS date, business_date AS due, amount_minor AS amount,
                        amount_minor - rounding_minor AS total, hex(reverses_payment_id) AS reverses FROM payment",
            ),
            claims: read(
                "SELECT hex(id) AS id, hex(ifnull(payment_id, credit_id)) AS source, hex(ifnull(bill_id, payout_id)) AS target,
                        business_date AS date, amount_minor AS amount, hex(reverses_allocation_id) AS reverses
                 FROM payment_allocation ORDER BY created_at, id",
            ),
            lines: read(
                "SELECT hex(b.id) AS bill, b.kind, b.business_date AS date, hex(l.product_id) AS product, l.tax_code AS code,
                        l.tax_ppm AS ppm, l.tax_id IS NULL AS untaxed, l.net_minor AS net, l.tax_minor AS tax
                 FROM payment_bill_line l JOIN payment_bill b ON b.book_id = l.book_id AND b.id = l.bill_id",
            ),
        }
    }

    /// The ages of each customer at the end of a day, by the words of the model.
    fn ages(&self, day: &str) -> BTreeMap<String, [i64; 6]> {
        let is_then = |row: &&Row| text(row, "date") <= day;
        let documents: Vec<&Row> = self.bills.iter().chain(&self.payments).filter(is_then).collect();
        let claims: Vec<&Row> = self.claims.iter().filter(is_then).collect();
        let is_reversed = |of: &[&Row], id: &str| of.iter().any(|row| text(row, "reverses") == id);
        let worth = |row: &Row| if is_reversed(&documents, text(row, "id")) { 0 } else { number(row, "total") };
        let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
        let mut used: BTreeMap<&str, i64> = BTreeMap::new();
        for claim in
            claims.iter().filter(|claim| text(claim, "reverses").is_empty() && !is_reversed(&claims, text(claim, "id")))
        {
            let (source, target, amount) = (text(claim, "source"), text(claim, "target"), number(claim, "amount"));
            let of = documents.iter().find(|row| text(row, "id") == source).expect("a claim is not before its source");
            let before = used.entry(source).or_default();
            let counts = (worth(of) - *before).min(amount).max(0);
            *before += amount;
            *counted.entry(source).or_default() += counts;
            *counted.entry(target).or_default() += counts;
        }
        let border = |days: i32| BusinessDate::parse(day).unwrap().plus_days(-days).to_string();
        let borders = [border(30), border(60), border(90)];
        let mut ages: BTreeMap<String, [i64; 6]> = BTreeMap::new();
        for row in documents.iter().filter(|row| text(row, "reverses").is_empty()) {
            let rest = worth(row) - counted.get(text(row, "id")).copied().unwrap_or(0);
            let of = ages.entry(text(row, "customer").to_owned()).or_default();
            let is_debit = ["bill", "debt", "payout", "refund"].contains(&text(row, "kind"));
            if is_debit && rest > 0 {
                let place = borders.iter().filter(|border| text(row, "due") < border.as_str()).count();
                of[place] += rest;
                of[5] += rest;
            } else {
                of[4] += rest.abs();
                of[5] -= rest.abs();
            }
        }
        ages.retain(|_, ages| ages[..5] != [0; 5]);
        ages
    }
}

fn text<'r>(row: &'r Row, name: &str) -> &'r str {
    row[name].as_str().unwrap_or_default()
}

fn number(row: &Row, name: &str) -> i64 {
    row[name].as_i64().unwrap()
}

fn hex(id: &Value) -> String {
    id.as_str().unwrap_or_default().replace('-', "").to_uppercase()
}

#[test]
fn on_any_day_the_ages_are_those_of_the_documents_and_claims_of_that_day_or_earlier() {
    let mut dice = Dice::of_this_run("reports");
    for _ in 0..3 {
        let world = World::with_book();
        let today = live(&world, &mut dice, 90);
        let facts = Facts::of(&world);
        let now = world.ask("receivable_age", json!({}));
        for ago in (0..200).step_by(9) {
            let day = today.plus_days(-ago);
            let told = world.ask("receivable_age", json!({ "day": day }));
            let expected = facts.ages(&day.to_string());
            let found: BTreeMap<String, [i64; 6]> = rows(&told)
                .iter()
                .map(|row| (hex(&row["customer_id"]), figures(row, &AGES).try_into().unwrap()))
                .collect();
            assert_eq!(found, expected, "{day}");
            let sum: Vec<i64> = (0..6).map(|place| expected.values().map(|ages| ages[place]).sum()).collect();
            assert_eq!(figures(&told["total"], &AGES), sum, "{day}");
            let by_name = world.ask("receivable_age", json!({ "day": day, "sort": "name" }));
            let sorted = |page: &Value| {
                let mut all = rows(page).to_vec();
                all.sort_by_key(|row| row["customer_id"].to_string());
                all
            };
            assert_eq!(sorted(&by_name), sorted(&told));
            for sort in ["owed", "name"] {
                let paged = all_rows(&world, "receivable_age", json!({ "day": day, "sort": sort, "limit": 1 }));
                assert_eq!(paged, rows(if sort == "name" { &by_name } else { &told }), "{sort}");
            }
            // What somebody owed on the day is what its statement says.
            for row in rows(&told) {
                let asked = json!({ "customer_id": row["customer_id"], "to_date": day, "limit": 1 });
                let line = rows(&world.ask("customer_statement", asked))[0].clone();
                assert_eq!(line["balance_minor"], row["balance_minor"], "{day} {row}");
            }
        }
        let overview = world.ask("overview", json!({}));
        assert_eq!(now["total"], overview["owed"]);
        assert!(now["total"]["balance_minor"] != 0);
    }
}

#[test]
fn what_is_dated_later_is_in_the_book_today_but_not_on_a_day_that_is_named() {
    let world = World::with_book();
    let customer = world.ask("customer_add", json!({ "name": "Ana" }));
    let today = BusinessDate::parse(world.ask("overview", json!({}))["today_date"].as_str().unwrap()).unwrap();
    let debt = json!({ "customer_id": customer["id"], "amount_minor": 70, "date": today.plus_days(1) });
    world.ask("debt_open", debt);
    let open = |query: Value| world.ask("receivable_age", query)["total"]["open_minor"].clone();
    assert_eq!((open(json!({})), open(json!({ "day": today }))), (json!(70), json!(0)));
    assert_eq!(open(json!({ "day": today.plus_days(1) })), 70);
}

#[test]
fn takings_sales_and_taxes_are_the_sums_of_their_documents() {
    let mut dice = Dice::of_this_run("reports of periods");
    let world = World::with_book();
    let today = live(&world, &mut dice, 150);
    let facts = Facts::of(&world);
    let connection = world.connection();
    let opening: String = connection
        .query_row("SELECT hex(id) FROM payment_account WHERE kind = 'opening'", [], |row| row.get(0))
        .unwrap();
    for (from, to) in [(today.plus_days(-400), today), (today.plus_days(-90), today.plus_days(-20)), (today, today)] {
        let period = |more: Value| {
            let mut input = json!({ "from_date": from, "to_date": to, "limit": 200 });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        let is_in = |row: &&Row| (from.to_string().as_str()..=to.to_string().as_str()).contains(&text(row, "date"));
        let month = |row: &Row| format!("{}-01", &text(row, "date")[..7]);

        let taken: Vec<&Row> = facts
            .payments
            .iter()
            .filter(is_in)
            .filter(|row| text(row, "kind") == "settlement" && text(row, "account") != opening)
            .collect();
        let sign = |row: &Row| if text(row, "reverses").is_empty() { 1 } else { -1 };
        for by in ["day", "month", "account", "person"] {
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            for row in &taken {
                let key = match by {
                    "day" => text(row, "date").to_owned(),
                    "month" => month(row),
                    "account" => text(row, "account").to_owned(),
                    _ => "all".to_owned(),
                };
                *expected.entry(key).or_default() += sign(row) * number(row, "amount");
            }
            let told = world.ask("takings", period(json!({ "by": by })));
            let key = |row: &Value| match by {
                "day" | "month" => row["date"].as_str().unwrap().to_owned(),
                "account" => hex(&row["id"]),
                _ => "all".to_owned(),
            };
            let found: BTreeMap<String, i64> =
                rows(&told).iter().map(|row| (key(row), row["taken_minor"].as_i64().unwrap())).collect();
            assert_eq!(found, expected, "{by} {from} {to}");
            assert_eq!(told["total"]["taken_minor"], expected.values().sum::<i64>());
            let paged = all_rows(&world, "takings", period(json!({ "by": by, "limit": 1 })));
            assert_eq!(paged, rows(&told), "{by}");
        }

        let sold = |row: &Row| match text(row, "kind") {
            "bill" => 1,
            "credit" => -1,
            _ => 0,
        };
        let bills: Vec<&Row> = facts.bills.iter().filter(is_in).filter(|row| text(row, "kind") != "debt").collect();
        let total: i64 = bills.iter().map(|row| sold(row) * number(row, "total")).sum();
        let written_off: i64 = bills
            .iter()
            .filter(|row| text(row, "kind") == "write_off")
            .map(|row| sign(row) * number(row, "total"))
            .sum();
        for by in ["day", "month", "customer", "person", "product"] {
            let told = world.ask("sales", period(json!({ "by": by })));
            assert_eq!(told["total"]["total_minor"], total, "{by}");
            let off = if by == "product" { 0 } else { written_off };
            assert_eq!(told["total"]["written_off_minor"], off, "{by}");
            let mut expected: BTreeMap<String, [i64; 2]> = BTreeMap::new();
            let lines: Vec<&Row> = facts.lines.iter().filter(is_in).collect();
            for row in if by == "product" { &lines } else { &bills } {
                let key = match by {
                    "day" => text(row, "date").to_owned(),
                    "month" => month(row),
                    by => text(row, by).to_owned(),
                };
                let sums = expected.entry(key).or_default();
                sums[0] += sold(row) * number(row, "net");
                sums[1] += sold(row) * number(row, "tax");
            }
            let key = |row: &Value| row["date"].as_str().map_or_else(|| hex(&row["id"]), str::to_owned);
            let found: BTreeMap<String, [i64; 2]> = rows(&told)
                .iter()
                .map(|row| (key(row), figures(row, &["net_minor", "tax_minor"]).try_into().unwrap()))
                .collect();
            assert_eq!(found, expected, "{by} {from} {to}");
            let paged = all_rows(&world, "sales", period(json!({ "by": by, "limit": 1 })));
            assert_eq!(paged, rows(&told), "{by}");
        }

        let mut expected: BTreeMap<(String, i64, bool), [i64; 2]> = BTreeMap::new();
        for line in facts.lines.iter().filter(is_in) {
            let key = (text(line, "code").to_owned(), number(line, "ppm"), number(line, "untaxed") == 1);
            let sums = expected.entry(key).or_default();
            sums[0] += sold(line) * number(line, "net");
            sums[1] += sold(line) * number(line, "tax");
        }
        let told = world.ask("tax_report", json!({ "from_date": from, "to_date": to }));
        let key = |row: &Value| {
            let code = row["tax_code"].as_str().unwrap_or_default().to_owned();
            (code, row["tax_ppm"].as_i64().unwrap(), row["name"].is_null())
        };
        let found: BTreeMap<(String, i64, bool), [i64; 2]> = rows(&told)
            .iter()
            .map(|row| (key(row), figures(row, &["net_minor", "tax_minor"]).try_into().unwrap()))
            .collect();
        assert_eq!(found, expected, "{from} {to}");
        let sums = figures(&told["total"], &["net_minor", "tax_minor"]);
        assert_eq!(sums.iter().sum::<i64>(), total, "taxes are those of the sales");
    }
}
