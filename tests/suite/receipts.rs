//! Papers of documents: what they show, which copy a print is, and the ways that they leave by, with a real socket for a printer.

use crate::world::World;
use daybook::kernel::{Code, Fault};
use serde_json::{Value, json};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const FORMATS: [&str; 3] = ["roll_58", "roll_80", "a4"];
const LANGUAGES: [&str; 3] = ["en", "fr", "ar"];

fn document(world: &World) -> Value {
    let (till, bank) = (
        world.account("Till </text><image href='file:///etc/passwd'/>", "cash", 900_000),
        world.account("بنك", "bank", 0),
    );
    world.transfer(&till, &bank, 123_450)
}

fn printer(world: &World, target: Value) {
    world.ask("printer_set", json!({ "name": "Counter", "target": target, "roll": "roll_58" }));
}

fn to_file(document: &Value, path: &std::path::Path) -> Value {
    json!({ "document_id": document["id"], "path": path })
}

fn code(fault: &Fault) -> (&str, &str) {
    (fault.code.name(), fault.field.as_deref().unwrap_or_default())
}

/// What a printer is told: pictures of the width of the roll, the knife, and the drawer; text fails. How many rows of dots it was.
fn rows_of_pictures(bytes: &[u8], width: usize, drawer: bool) -> usize {
    let mut rest = bytes.strip_prefix(b"\x1b@").expect("the printer is reset first");
    let mut rows = 0;
    while let Some(picture) = rest.strip_prefix(b"\x1dv0\0") {
        let length = |at: usize| usize::from(u16::from_le_bytes([picture[at], picture[at + 1]]));
        let (across, down) = (length(0), length(2));
        assert_eq!(across * 8, width, "a picture is as wide as the roll");
        rest = &picture[4 + across * down..];
        rows += down;
    }
    let end = if drawer { &b"\x1dV\x42\0\x1bp\0\x19\xfa"[..] } else { b"\x1dV\x42\0" };
    assert_eq!(rest, end, "nothing but pictures, the knife and the drawer");
    rows
}

/// A printer in the network, and what it was sent until the line was closed.
fn listening() -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    let taken = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().expect("a call");
        let mut bytes = Vec::new();
        line.read_to_end(&mut bytes).expect("all of it");
        bytes
    });
    (port, taken)
}

#[test]
fn a_document_looks_in_each_language_and_format_as_it_prints() {
    let world = World::with_book();
    let transfer = document(&world);
    for format in FORMATS {
        for language in LANGUAGES {
            let input = json!({ "document_id": transfer["id"], "format": format, "language": language });
            let shown = world.ask("receipt_render", input);
            assert_eq!((&shown["copy_number"], &shown["prints"]), (&json!(0), &json!([])));
            let svg = shown["pages"][0]["svg"].as_str().expect("a page");
            assert!(svg.contains(transfer["number"].as_str().unwrap()), "{svg}");
            // What somebody typed is text and nothing else; each text is isolated, whichever way its neighbours run.
            let without =
                |mark: &str| mark.split(['\u{2066}', '\u{2067}', '\u{2068}']).next().unwrap_or_default().to_owned();
            let marks: String = svg.split("</text>").map(without).collect();
            for forbidden in ["<image", "href", "url(", "<script", "<style", "<!"] {
                assert!(!marks.contains(forbidden), "{forbidden} in {marks}");
            }
            assert!(svg.contains("&lt;image"), "the name is shown as it stands: {svg}");
            let texts = svg.matches("<text ").count();
            assert_eq!(svg.matches(['\u{2066}', '\u{2067}', '\u{2068}']).count(), texts, "{svg}");
            assert_eq!(svg.matches('\u{2069}').count(), texts, "{svg}");
        }
    }
    let opening = world.ask("account_open", json!({ "name": "Box", "kind": "cash" }));
    let opening = world.ask("opening_add", json!({ "account_id": opening["id"], "amount_minor": 700 }));
    let shown = world.ask("receipt_render", json!({ "document_id": opening["id"], "format": "roll_58" }));
    assert!(shown["pages"][0]["svg"].as_str().unwrap().contains("7.00 EUR"), "{shown}");
    let nothing = json!({ "document_id": world.ask("status", json!({}))["book"]["id"], "format": "a4" });
    assert_eq!(code(&world.refused("receipt_render", nothing)), ("not_found", "document_id"));
}

#[test]
fn a_file_is_made_anew_and_nowhere_among_the_books() {
    let world = World::with_book();
    let transfer = document(&world);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for (name, begins) in [("a.pdf", &b"%PDF-"[..]), ("b.png", b"\x89PNG"), ("c.escpos", b"\x1b@")] {
        let print = world.ask("receipt_print", to_file(&transfer, &at(name)));
        assert_eq!((&print["medium"], &print["document_number"]), (&json!(name), &transfer["number"]));
        assert!(std::fs::read(at(name)).expect("the file").starts_with(begins), "{name}");
    }
    rows_of_pictures(&std::fs::read(at("c.escpos")).expect("the file"), 576, false);
    let entries = world.entries();
    std::fs::write(at("mine.pdf"), "precious").expect("a file");
    std::os::unix::fs::symlink("/nowhere", at("link.pdf")).expect("a link");
    let store = world.runner.store().directory().to_owned();
    for (path, refused) in [
        (at("mine.pdf"), "file_exists"),
        (at("link.pdf"), "file_exists"),
        (at("none/a.pdf"), "file_unwritable"),
        (store.join("a.pdf"), "file_unwritable"),
        (at("notes"), "unknown_choice"),
        (PathBuf::from("/"), "unknown_choice"),
    ] {
        let fault = world.refused("receipt_print", to_file(&transfer, &path));
        assert_eq!(code(&fault), (refused, "path"), "{}", path.display());
    }
    let neither = json!({ "document_id": transfer["id"] });
    assert_eq!(code(&world.refused("receipt_print", neither)), ("missing_field", "path"));
    assert_eq!(world.entries(), entries, "what was refused was no print");
    assert_eq!(std::fs::read(at("mine.pdf")).expect("the file"), b"precious");
}

#[test]
fn the_first_print_is_the_original_and_what_came_to_nothing_was_none() {
    let world = World::with_book();
    let transfer = document(&world);
    let folder = tempfile::tempdir().expect("a folder");
    let mut made = 0;
    let mut print = || {
        made += 1;
        world.ask("receipt_print", to_file(&transfer, &folder.path().join(format!("{made}.png"))))
    };
    let copy = |print: &Value| print["copy_number"].clone();
    let original = print();
    assert_eq!(copy(&original), 0);
    let second = print();
    assert_eq!(copy(&second), 1);
    let shown =
        world.ask("receipt_render", json!({ "document_id": transfer["id"], "format": "roll_80", "language": "fr" }));
    assert!(shown["pages"][0]["svg"].as_str().unwrap().contains("DUPLICATA 2"), "{shown}");
    for _ in 0..2 {
        let withdrawn = world.ask("receipt_not_printed", json!({ "print_id": original["id"] }));
        assert_eq!(withdrawn["not_printed"], true);
    }
    world.ask("receipt_not_printed", json!({ "print_id": second["id"] }));
    assert_eq!(copy(&print()), 0, "the original was never printed, so it is now");
    assert_eq!(copy(&print()), 1);
    let prints =
        world.ask("receipt_render", json!({ "document_id": transfer["id"], "format": "a4" }))["prints"].clone();
    let told: Vec<_> =
        prints.as_array().unwrap().iter().map(|print| (copy(print), print["not_printed"].clone())).collect();
    let not = |copy: i64, not: bool| (json!(copy), json!(not));
    assert_eq!(told, [not(1, false), not(0, false), not(1, true), not(0, true)]);
    world.assert_holds();
}

#[test]
fn a_printer_in_the_network_is_sent_pictures_and_the_pulse_for_the_drawer() {
    let world = World::with_book();
    let transfer = document(&world);
    let (port, taken) = listening();
    let target = json!({ "kind": "network", "host": "127.0.0.1", "port": port });
    world.ask("printer_set", json!({ "name": "Counter", "target": target, "roll": "roll_58", "opens_drawer": true }));
    let print = world.ask("receipt_print", json!({ "document_id": transfer["id"], "printer": "Counter" }));
    assert_eq!((&print["medium"], &print["copy_number"]), (&json!("Counter"), &json!(0)));
    assert!(rows_of_pictures(&taken.join().expect("the printer"), 384, true) > 100);
}

#[test]
fn a_printer_that_is_not_there_or_takes_nothing_is_told_in_time_and_was_no_print() {
    let world = World::with_book();
    let transfer = document(&world);
    let order = json!({ "document_id": transfer["id"], "printer": "Counter" });
    let entries = world.entries();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    for target in [
        json!({ "kind": "network", "host": "127.0.0.1", "port": free }),
        json!({ "kind": "network", "host": "no-such-host.invalid" }),
        json!({ "kind": "device", "path": "/dev/no-such-printer" }),
        // A file, and a pipe that nobody reads, would be written over, or waited for.
        json!({ "kind": "device", "path": "/etc/hostname" }),
    ] {
        printer(&world, target.clone());
        let begun = Instant::now();
        assert_eq!(
            code(&world.refused("receipt_print", order.clone())),
            ("printer_unreachable", "printer"),
            "{target}"
        );
        assert!(begun.elapsed() < Duration::from_secs(6), "{target}");
    }
    assert_eq!(world.entries(), entries, "it was not reached, so nothing was written down");
    // Reached, and out of paper from the first byte on: what was written down is withdrawn.
    printer(&world, json!({ "kind": "device", "path": "/dev/full" }));
    let refused = world.refused("receipt_print", order.clone());
    assert_eq!(code(&refused), ("printer_unreachable", "printer"));
    assert!(refused.message.contains("out of paper"), "{}", refused.message);
    let prints =
        world.ask("receipt_render", json!({ "document_id": transfer["id"], "format": "a4" }))["prints"].clone();
    assert_eq!((prints.as_array().unwrap().len(), &prints[0]["not_printed"]), (1, &json!(true)), "{prints}");
    assert_eq!(
        world.refused("receipt_print", json!({ "document_id": transfer["id"], "printer": "Other" })).code,
        Code::NotFound
    );
}

#[test]
fn the_same_request_again_prints_nothing_again() {
    let world = World::with_book();
    let transfer = document(&world);
    let (port, taken) = listening();
    printer(&world, json!({ "kind": "network", "host": "127.0.0.1", "port": port }));
    let mut envelope = daybook::commands::Envelope::of(
        "receipt_print",
        json!({ "document_id": transfer["id"], "printer": "Counter" }),
    );
    envelope.request_id = Some(daybook::kernel::Id::fresh());
    let first = world.send(&envelope).expect("it is printed");
    taken.join().expect("the printer");
    // Nobody listens any more; who printed again would be told so.
    let line = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    line.set_nonblocking(true).expect("a listener");
    assert_eq!(world.send(&envelope).expect("it is answered again"), first);
    let sent = line.accept().map(|(mut line, _): (TcpStream, _)| line.read(&mut [0; 1]).unwrap_or(0));
    assert_eq!(sent.unwrap_or(0), 0, "not a byte");
}

#[test]
fn printers_are_set_up_by_an_owner_and_named() {
    let world = World::with_book();
    let device = json!({ "kind": "device", "path": "/dev/usb/lp0" });
    let lane = world.ask("printer_set", json!({ "name": "Counter", "target": device, "roll": "roll_58" }));
    assert_eq!((&lane["opens_drawer"], &lane["target"]), (&json!(false), &device));
    let network = json!({ "kind": "network", "host": "printer.local" });
    let again = world.ask("printer_set", json!({ "name": "Counter", "target": network, "roll": "roll_80" }));
    assert_eq!(again["target"]["port"], 9100);
    assert_eq!(world.ask("printer_list", json!({}))["rows"], json!([again]));
    let path = json!({ "name": "N", "target": { "kind": "device", "path": "lp0" }, "roll": "roll_58" });
    assert_eq!(code(&world.refused("printer_set", path)), ("bad_text", "target.path"));
    let clerk = world.ask("person_add", json!({ "name": "Cleo", "role": "clerk" }));
    world.ask("person_select", json!({ "person_id": clerk["id"] }));
    let order = json!({ "name": "N", "target": network, "roll": "roll_58" });
    assert_eq!(world.refused("printer_set", order).code, Code::NotAllowed);
    assert_eq!(world.refused("printer_remove", json!({ "name": "Counter" })).code, Code::NotAllowed);
}

/// A customer, with a tax, as papers say it.
fn sold(world: &World) -> (Value, Value, Value) {
    let profile = json!({
        "legal_name": "Mama Njeri Traders", "address": "Kenyatta Avenue 12\nNakuru", "tax_number": "P051234567X",
        "phone": "+254 700 000 000", "footer": "Thank you.",
    });
    world.ask("profile_set", profile);
    let tax = world.ask("tax_add", json!({ "name": "VAT", "code": "A", "rate_ppm": 160_000 }));
    let customer =
        world.ask("customer_add", json!({ "name": "Duka la Amani", "tax_number": "P099", "city": "Naivasha" }));
    let lines = json!([
        { "description": "Sugar 1 kg", "quantity_milli": 7_000, "price_minor": 101, "discount_ppm": 50_000, "tax_id": tax["id"] },
        { "description": "دقيق القمح الفاخر", "quantity_milli": 1_275, "unit": "kg", "price_minor": 19_999, "tax_id": tax["id"] },
        { "description": "Newspaper", "quantity_milli": 1_000, "price_minor": 5_000 },
    ]);
    let till = world.account("Till", "cash", 0);
    let bill = world.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines, "reference": "LPO 77" }));
    (customer, till, bill)
}

/// The texts of a paper, as they are read.
fn texts(world: &World, id: &Value, format: &str) -> String {
    let shown = world.ask("receipt_render", json!({ "document_id": id, "format": format, "language": "en" }));
    let pages = shown["pages"].as_array().unwrap().iter().map(|page| page["svg"].as_str().unwrap().to_owned());
    let pages: String = pages.collect();
    let texts = pages.split("<text ").skip(1).map(|text| {
        let inner = text.split_once('>').unwrap().1.split_once("</text>").unwrap().0;
        inner.replace(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{200e}'], "").replace('\u{a0}', " ")
    });
    format!("{}\n", texts.collect::<Vec<_>>().join("\n"))
}

fn says(paper: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(paper.contains(&format!("{text}\n")), "{text} is not in {paper}");
    }
}

#[test]
fn a_bill_says_who_sells_who_buys_and_what_falls_to_each_tax() {
    let world = World::with_book();
    let (_, _, bill) = sold(&world);
    let number = bill["number"].as_str().unwrap();
    for format in FORMATS {
        let paper = texts(&world, &bill["id"], format);
        let who = [
            "Mama Njeri Traders",
            "Nakuru",
            "P051234567X",
            "Duka la Amani",
            "Naivasha",
            "P099",
            "LPO 77",
            "Thank you.",
        ];
        says(&paper, &who);
        says(&paper, &[number, "Sugar 1 kg", "6.72", "254.99", "50.00", "Discount 5 %: −0.35"]);
        // 16 % of 6.72 and of 254.99, each rounded on its line.
        says(&paper, &["A 16 % · 261.71", "41.88", "No tax · 50.00", "311.71 EUR", "41.88 EUR", "353.59 EUR"]);
    }
}

#[test]
fn a_credit_note_names_its_bill_and_why_and_the_bill_says_that_it_was_voided() {
    let world = World::with_book();
    let (_, _, bill) = sold(&world);
    let credit = json!({ "bill_id": bill["id"], "reason": "price", "amount_minor": 500 });
    let credit = world.ask("bill_credit", credit);
    let paper = texts(&world, &credit["id"], "roll_58");
    says(&paper, &["Credit note", credit["number"].as_str().unwrap(), "For invoice", bill["number"].as_str().unwrap()]);
    says(&paper, &["Price reduced"]);
    let (_, _, other) = sold_again(&world);
    world.ask("bill_void", json!({ "bill_id": other["id"] }));
    says(&texts(&world, &other["id"], "a4"), &["VOIDED"]);
}

fn sold_again(world: &World) -> (Value, Value, Value) {
    let customer = world.ask("customer_add", json!({ "name": "Another" }));
    let lines = json!([{ "description": "Goods", "quantity_milli": 1_000, "price_minor": 1_000 }]);
    let bill = world.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines }));
    (customer, Value::Null, bill)
}

#[test]
fn a_payment_says_what_it_paid_and_what_is_owed_now_and_a_statement_all_of_it() {
    let world = World::with_book();
    let (customer, till, bill) = sold(&world);
    let order =
        json!({ "customer_id": customer["id"], "account_id": till["id"], "amount_minor": 30_000, "reference": "QX12" });
    let payment = world.ask("payment_receive", order);
    let pays = format!("Pays {}", bill["number"].as_str().unwrap());
    for format in FORMATS {
        let paper = texts(&world, &payment["id"], format);
        says(
            &paper,
            &["Receipt", payment["number"].as_str().unwrap(), "QX12", "Till", &pays, "300.00 EUR", "53.59 EUR"],
        );
        assert!(paper.contains("Owed on "), "{paper}");
        let paper = texts(&world, &customer["id"], format);
        says(&paper, &["Statement", "Brought forward", "0.00", "353.59", "−300.00", "53.59", "53.59 EUR"]);
        assert!(paper.contains(&format!("Invoice {}", bill["number"].as_str().unwrap())), "{paper}");
    }
    // A statement is drawn up anew: none is a copy of another.
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["one.pdf", "two.pdf"] {
        let print = world.ask("receipt_print", to_file(&customer, &folder.path().join(name)));
        assert_eq!((&print["copy_number"], &print["document_kind"]), (&json!(0), &json!("statement")));
    }
}

#[test]
fn a_sale_says_what_was_given_and_given_back() {
    let world = World::with_book();
    let till = world.account("Till", "cash", 0);
    let lines = json!([{ "description": "Goods", "quantity_milli": 1_000, "price_minor": 7_500 }]);
    let payments = json!([{ "account_id": till["id"], "tendered_minor": 10_000 }]);
    let sold = world.ask("sale_now", json!({ "lines": lines, "payments": payments }));
    let paper = texts(&world, &sold["bill"]["id"], "roll_58");
    says(&paper, &["Paid: Till", "75.00 EUR", "Given", "100.00 EUR", "Change", "25.00 EUR"]);
    let book = world.ask("status", json!({}))["book"].clone();
    world.ask("book_edit", json!({ "row_version": book["row_version"], "is_training": true }));
    says(&texts(&world, &sold["bill"]["id"], "roll_58"), &["TRAINING"]);
}

#[test]
fn a_printer_that_hangs_is_given_up_and_the_print_stands() {
    let world = World::with_book();
    let customer = world.ask("customer_add", json!({ "name": "Amal" }));
    let line = json!({ "description": "Goods", "quantity_milli": 1_000, "price_minor": 100 });
    let lines: Vec<Value> = (0..60).map(|_| line.clone()).collect();
    let bill = world.ask("bill_issue", json!({ "customer_id": customer["id"], "lines": lines }));
    // It answers, and then reads nothing.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    printer(&world, json!({ "kind": "network", "host": "127.0.0.1", "port": port }));
    // What it takes to draw depends on the machine; into a file there is nothing to wait for.
    let folder = tempfile::tempdir().expect("a folder");
    let drawing = Instant::now();
    world.ask(
        "receipt_print",
        json!({ "document_id": bill["id"], "path": folder.path().join("a.escpos"), "format": "roll_58" }),
    );
    let drawn = drawing.elapsed();
    let begun = Instant::now();
    let refused = world.refused("receipt_print", json!({ "document_id": bill["id"], "printer": "Counter" }));
    assert_eq!(code(&refused), ("printer_stuck", "printer"));
    assert!(
        begun.elapsed() < Duration::from_secs(10) + drawn * 2,
        "five seconds without a byte, and what it took to draw"
    );
    // A part may be in somebody's hand, so the next one says copy; the bill is there.
    let shown = world.ask("receipt_render", json!({ "document_id": bill["id"], "format": "roll_58" }));
    assert_eq!((&shown["copy_number"], &shown["prints"][0]["not_printed"]), (&json!(2), &json!(false)));
    drop(listener);
    world.assert_holds();
}
