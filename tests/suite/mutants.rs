//! Deliberate faults, one at a time, that the other tests must catch: else they have no teeth.
//!
//! Built with the feature `mutants`. Each is named in `DAYBOOK_MUTANT`, for a process of its own that runs the tests meant to
//! catch it.

use crate::sync::Office;
use std::process::{Command, Stdio};

/// A fault of the functions at head office: where, what is taken out, and what stands instead.
struct Central {
    name: &'static str,
    function: &'static str,
    without: &'static str,
    with: &'static str,
}

const CENTRAL: &[Central] = &[
    Central {
        name: "idempotency",
        function: "take_batch",
        without: "v_known := least(v_lane.sequence - p_first + 1, v_count);",
        with: "v_known := 0;",
    },
    Central {
        name: "book_lock",
        function: "give_versions",
        without: "SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book FOR UPDATE;",
        with: "SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book; PERFORM count(*) FROM generate_series(1, 100000);",
    },
    Central {
        name: "chain_check",
        function: "open_lane",
        without: "IF p_first = v_lane.sequence + 1 AND p_previous <> v_lane.hash THEN",
        with: "IF false THEN",
    },
    Central {
        name: "custody_check",
        function: "check_ledger_posting",
        without: "WHERE a.custodian_device_id IS DISTINCT FROM p_device",
        with: "WHERE false",
    },
    Central {
        name: "party_check",
        function: "check_ledger_posting",
        without: "WHERE (r.new ->> 'customer_id' IS NOT NULL) IS DISTINCT FROM is_of_customer(",
        with: "WHERE false AND (r.new ->> 'customer_id' IS NOT NULL) IS DISTINCT FROM is_of_customer(",
    },
    Central {
        name: "bill_lines_check",
        function: "check_payment_bill",
        without: "(l.net, l.tax) <> (t.net_minor, t.tax_minor)",
        with: "false",
    },
    Central {
        name: "bill_posting_check",
        function: "check_payment_bill",
        without: "OR s.owed <> t.total_minor",
        with: "OR t.total_minor <> t.total_minor",
    },
    Central {
        name: "void_check",
        function: "check_payment_bill",
        without: "b.device_id <> p_device OR",
        with: "false OR",
    },
    Central {
        name: "claim_check",
        function: "check_payment_allocation",
        without: "OR t.amount_minor > s.worth OR t.amount_minor > g.total",
        with: "",
    },
    Central {
        name: "share_check",
        function: "check_payment_bill_line",
        without: "OR l.net_minor > part_of(",
        with: "OR false AND l.net_minor > part_of(",
    },
];

/// The mutants, and the tests that catch each.
const CAUGHT_BY: &[(&str, &str)] = &[
    ("idempotency", "sync::simulator"),
    ("book_lock", "sync::simulator"),
    ("chain_check", "sync::chain"),
    ("custody_check", "sync::simulator"),
    ("custody_check", "sync::receivables"),
    ("party_check", "sync::receivables"),
    ("bill_lines_check", "sync::receivables"),
    ("bill_posting_check", "sync::receivables"),
    ("void_check", "sync::receivables"),
    ("claim_check", "sync::receivables"),
    ("share_check", "sync::receivables"),
    ("base", "sync::simulator"),
    ("autocommit", "store::"),
    // Each leaves one fsync out.
    ("sync_commit", "power_cut::"),
    ("sync_folder", "power_cut::"),
    ("sync_mark", "power_cut::"),
    ("sync_rename", "power_cut::"),
];

/// Breaks a head office as the mutant says that this process is asked for.
pub fn break_central(office: &Office) {
    let asked = std::env::var("DAYBOOK_MUTANT").unwrap_or_default();
    for mutant in CENTRAL.iter().filter(|mutant| mutant.name == asked) {
        let said = office.value(&format!(
            "DO $do$ DECLARE v_old text := pg_get_functiondef('daybook_sync.{}'::regproc); BEGIN
                 IF position($q${}$q$ IN v_old) = 0 THEN RAISE EXCEPTION 'the mutant finds nothing to break'; END IF;
                 EXECUTE replace(v_old, $q${}$q$, $q${}$q$);
             END $do$; SELECT 'broken'",
            mutant.function, mutant.without, mutant.without, mutant.with
        ));
        assert_eq!(said, "broken");
    }
}

#[test]
fn each_mutant_is_caught() {
    let this = std::env::current_exe().unwrap();
    if std::env::var_os("DAYBOOK_MUTANT").is_some() {
        return;
    }
    let mut escaped = Vec::new();
    for (mutant, filter) in CAUGHT_BY {
        let status = Command::new(&this)
            .args([*filter, "--test-threads", "2"])
            .env("DAYBOOK_MUTANT", mutant)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        println!("{mutant}: {}", if status.success() { "escaped" } else { "caught" });
        if status.success() {
            escaped.push(*mutant);
        }
    }
    assert!(escaped.is_empty(), "these faults were noticed by no test: {escaped:?}");
}
