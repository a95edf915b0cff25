//! Stores that were copied, restored or rolled back, and a head office that was.

use super::{Office, Van};
use crate::central::Cluster;
use crate::world::World;
use daybook::commands::Runner;
use daybook::daybook::MARK_FILE;
use daybook::sync::ForBook;
use serde_json::json;
use std::path::Path;

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Closes a van's store, and opens it and a copy of its whole folder.
pub fn cloned(van: Van) -> (Van, Van) {
    let Van { world, book } = van;
    let World { folder, runner } = world;
    drop(runner);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let opened = |folder: tempfile::TempDir| {
        let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        Van { world: World { folder, runner }, book }
    };
    (opened(folder), opened(copy))
}

#[test]
fn a_store_and_its_copy_are_both_used_and_lose_nothing() {
    let office = Office::open();
    let van = office.founder();
    let cash = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    let customer = van.customer("Ana");
    van.sync();
    van.customer("Before the copy, and not sent");
    let (van, copy) = cloned(van);
    for (device, name, amount) in [(&van, "Of the first", 700), (&copy, "Of the copy", 9_500)] {
        device.customer(name);
        device.edit(&customer, json!({ "note": name }));
        device.world.transfer(&cash, &bank, amount);
    }
    van.sync();
    copy.sync();
    van.sync();
    copy.sync();
    for device in [&van, &copy] {
        let list = device.ask("customer_list", json!({}));
        assert_eq!(crate::world::rows(&list).len(), 4, "{list:#}");
        assert_eq!(device.world.balance(&bank["id"]), 10_200, "both transfers stand");
        assert_eq!(device.world.balance(&cash["id"]), -200);
        let overdrawn: Vec<_> = device.conflicts().into_iter().filter(|it| it["kind"] == "overdrawn").collect();
        assert_eq!(overdrawn.len(), 1, "what both spent is accepted, and said");
        device.assert_agrees();
    }
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.overdraft"), "1");
    // And it goes on.
    copy.customer("Later");
    copy.sync();
    van.assert_agrees();
    copy.assert_agrees();
}

#[test]
fn a_restored_backup_takes_in_what_it_had_sent_and_goes_on() {
    let office = Office::open();
    let van = office.founder();
    let customer = van.customer("Ana");
    van.sync();
    let backup = van.ask("backup", json!({}));
    van.customer("Sent after the backup");
    van.edit(&customer, json!({ "phone": "after" }));
    van.sync();
    van.customer("Lost with the disk, for it was never sent");
    van.ask("restore", json!({ "path": backup["path"] }));
    van.customer("Made after the restore");
    van.sync();
    van.sync();
    assert_eq!(van.customer_now(&customer)["phone"], "after");
    let list = van.ask("customer_list", json!({}));
    assert_eq!(crate::world::rows(&list).len(), 3);
    van.assert_agrees();
    let other = office.colleague(&van);
    other.assert_agrees();
}

/// Found by a reader of the code: two receipts with one number were out, and nobody was told.
#[test]
fn a_number_that_a_store_restored_twice_gave_twice_is_told() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    let backup = van.ask("backup", json!({}));
    let lost = van.world.transfer(&till, &bank, 50);
    van.sync();
    van.ask("restore", json!({ "path": backup["path"] }));
    let first = van.world.transfer(&till, &bank, 100);
    assert_eq!(
        (&lost["number"], &first["number"]),
        (&json!("D1-T-000001"), &json!("D1-T2-000001")),
        "each life has its own"
    );
    van.sync();
    // As on another machine, where nothing says that the backup was restored before.
    std::fs::remove_file(van.world.folder.path().join(MARK_FILE)).unwrap();
    van.ask("restore", json!({ "path": backup["path"] }));
    let second = van.world.transfer(&till, &bank, 200);
    assert_eq!(first["number"], second["number"], "the backup knows of one life");
    van.sync();
    van.sync();
    assert_eq!(van.world.balance(&bank["id"]), 350, "all stand");
    let conflicts = van.conflicts();
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let told = &conflicts[0];
    assert_eq!(
        (&told["kind"], &told["record_name"], &told["record_id"]),
        (&json!("same_number"), &first["number"], &second["id"])
    );
    let order = json!({ "conflict_id": told["id"], "choice": "mine" });
    assert_eq!(van.world.refused("conflict_settle", order).code.name(), "not_allowed");
    van.ask("conflict_settle", json!({ "conflict_id": told["id"], "choice": "theirs" }));
    assert_ne!(van.world.transfer(&till, &bank, 300)["number"], second["number"]);
    van.assert_agrees();
}

/// Found by a reader of the code: what was done after a restore came to head office before what it rested on.
#[test]
fn what_rests_on_work_that_a_copy_made_doubtful_comes_after_it() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let (van, copy) = cloned(van);
    copy.customer("Of the copy");
    copy.sync();
    let customer = van.customer("Made before the restore");
    let backup = van.ask("backup", json!({}));
    van.ask("restore", json!({ "path": backup["path"] }));
    van.edit(&customer, json!({ "note": "Made after it" }));
    van.sync();
    assert_eq!(office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
    for device in [&van, &copy] {
        device.assert_agrees();
        assert_eq!(device.customer_now(&customer)["note"], "Made after it");
    }
}

#[test]
fn a_restored_store_goes_on_from_the_last_common_entry() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let (van, older) = cloned(van);
    van.customer("Sent, then lost");
    van.sync();
    let Van { world, book } = van;
    drop(world);
    // The older folder, mark and all, in its place: nothing here can know, but head office does.
    let van = Van { world: older.world, book };
    van.customer("Made on the older store");
    van.sync();
    let list = van.ask("customer_list", json!({}));
    assert_eq!(crate::world::rows(&list).len(), 3);
    van.assert_agrees();
}

/// Found by a reader of the code: what was sent, and not yet answered for, was never sent again.
#[test]
fn a_restored_head_office_is_sent_again_what_it_never_answered() {
    let mut cluster = Cluster::start();
    let kept = std::path::PathBuf::from("/tmp").join(format!("daybook-failover-{}", std::process::id()));
    let (van, database) = {
        let office = Office::on(&cluster);
        let van = office.founder();
        van.customer("Ana");
        van.sync();
        (van, office.database.clone())
    };
    cluster.stop();
    cluster.copy_data_to(&kept);
    cluster.restart();
    // Others have written, so what became of the entries comes by pull; which fails, as it does when the server dies in between.
    let theirs = format!("INSERT INTO daybook.customer (book_id, name) VALUES ('{}', 'Theirs')", van.book);
    cluster.sql(&database, &format!("{theirs}; ALTER FUNCTION daybook_sync.pull RENAME TO pull_not"));
    van.customer("Sent, and not heard of");
    van.customer("Another one");
    van.sync_fails();
    assert_eq!(cluster.sql(&database, "SELECT count(*) FROM daybook.customer")[0][0].as_deref(), Some("4"));
    cluster.stop();
    cluster.restore_data_from(&kept);
    std::fs::remove_dir_all(&kept).unwrap();
    cluster.restart();
    van.sync();
    assert_eq!(cluster.sql(&database, "SELECT count(*) FROM daybook.customer")[0][0].as_deref(), Some("3"));
    van.customer("And on");
    van.assert_agrees();
}

#[test]
fn a_restored_head_office_is_noticed_and_nothing_is_lost() {
    let mut cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let kept = std::path::PathBuf::from("/tmp").join(format!("daybook-rewound-{}", std::process::id()));
    let (van, database) = {
        let office = Office::on(&cluster);
        let van = office.founder();
        van.customer("Ana");
        van.sync();
        (van, office.database.clone())
    };
    cluster.stop();
    cluster.copy_data_to(&kept);
    cluster.restart();
    van.customer("Sent, then gone at head office");
    van.sync();
    cluster.stop();
    cluster.restore_data_from(&kept);
    std::fs::remove_dir_all(&kept).unwrap();
    cluster.restart();
    van.customer("Made since");
    assert_eq!(van.sync_fails().name(), "central_rewound");
    let status = van.status();
    assert_eq!(status["trouble"]["code"], "central_rewound");
    assert_eq!(status["waiting"], 1);
    // All work goes on, and nothing was sent into the older log.
    van.customer("And more");
    assert_eq!(van.sync_fails().name(), "central_rewound");
    van.world.assert_holds();
    let there = cluster.sql(&database, "SELECT count(*) FROM daybook.customer");
    assert_eq!(there[0][0].as_deref(), Some("1"));
    drop(folder);
}

/// Found by a trial: entries made since never left, and nobody was told.
#[test]
fn a_backup_from_before_the_join_keeps_the_membership() {
    let office = Office::open();
    let world = World::with_book();
    world.ask("customer_add", json!({ "name": "Before" }));
    let before = world.ask("backup", json!({}))["path"].clone();
    let van = Van::join(world, &office.link("Van 1", &ForBook::New("North route".into())));
    van.customer("Sent");
    van.sync();
    van.customer("Lost with the disk, for it was never sent");
    assert_eq!(van.ask("restore", json!({ "path": before }))["must_join_again"], false);
    assert_eq!((&van.status()["joined"], &van.status()["trouble"]), (&json!(true), &json!(null)));
    van.customer("After");
    van.sync();
    let names = |van: &Van| {
        let list = van.ask("customer_list", json!({ "sort": "name" }));
        crate::world::rows(&list).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&van), ["After", "Before", "Sent"]);
    van.assert_agrees();
    office.colleague(&van).assert_agrees();
    // From before the device was enrolled anew: the newer link is the one that is good.
    let first = van.ask("backup", json!({}))["path"].clone();
    office.admin().revoke("Van 1", None).unwrap();
    van.ask("sync_join", json!({ "link": office.link("Van 1", &ForBook::Existing(van.book)).write() }));
    van.sync();
    assert_eq!(van.ask("restore", json!({ "path": first }))["must_join_again"], false);
    van.customer("And on");
    van.assert_agrees();
}

#[test]
fn a_backup_that_can_not_keep_the_membership_says_so() {
    let office = Office::open();
    let world = World::with_book();
    let before = world.ask("backup", json!({}))["path"].clone();
    let van = Van::join(world, &office.link("Van 1", &ForBook::New("North route".into())));
    van.sync();
    let Van { world, .. } = van;
    let World { folder, runner } = world;
    drop(runner);
    // Nobody can read any more as whom it was in a head office; only the password still lies there.
    std::fs::remove_file(folder.path().join("daybook.sqlite")).unwrap();
    let order = json!({ "path": before });
    let output = crate::process::run(folder.path(), &["call", "restore", &order.to_string()]);
    let restored: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(restored["must_join_again"], true, "{}", String::from_utf8_lossy(&output.stderr));
    let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    let world = World { folder, runner };
    let status = world.ask("sync_status", json!({}));
    assert_eq!((&status["joined"], &status["trouble"]["code"]), (&json!(false), &json!("not_synced")));
    assert!(status["trouble"]["message"].as_str().unwrap().contains("join again with a new link"), "{status}");
    // A store that never joined says nothing of the kind.
    let alone = World::with_book();
    let backup = alone.ask("backup", json!({}))["path"].clone();
    assert_eq!(alone.ask("restore", json!({ "path": backup }))["must_join_again"], false);
    assert_eq!(alone.ask("sync_status", json!({}))["trouble"], json!(null));
}

/// Found by a trial: each round gave the same number twice, and nobody said why.
#[test]
fn a_copy_that_stays_in_use_is_told_and_a_restore_is_not() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let findings = || office.admin().devices().unwrap()[0]["findings"].clone();
    // A restore, and work after it: one store goes on.
    let backup = van.ask("backup", json!({}))["path"].clone();
    van.customer("Sent after the backup");
    van.sync();
    van.ask("restore", json!({ "path": backup }));
    for name in ["One", "Two"] {
        van.customer(name);
        van.sync();
    }
    assert_eq!((findings(), &van.status()["copied_at"]), (json!([]), &json!(null)));
    let (van, copy) = cloned(van);
    for round in 0..2 {
        van.customer(&format!("Of the first {round}"));
        van.sync();
        copy.customer(&format!("Of the copy {round}"));
        copy.sync();
    }
    van.sync();
    assert!(van.status()["copied_at"].is_number(), "{}", van.status());
    assert!(copy.status()["copied_at"].is_number(), "{}", copy.status());
    let told = findings();
    assert!(told[0].as_str().is_some_and(|it| it.contains("two stores go on as this device")), "{told}");
    assert_eq!(office.value("SELECT count(*) FROM daybook.device_state WHERE copied_at IS NOT NULL"), "1");
    van.assert_agrees();
    copy.assert_agrees();
}
