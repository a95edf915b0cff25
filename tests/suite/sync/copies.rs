//! Stores that were copied, restored or rolled back, and a head office that was.

use super::{Office, Van};
use crate::central::Cluster;
use crate::world::World;
use daybook::commands::Desk;
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
    let World { folder, desk } = world;
    drop(desk);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let opened = |folder: tempfile::TempDir| {
        let desk = Desk::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
        Van { world: World { folder, desk }, book }
    };
    (opened(folder), opened(copy))
}

#[test]
fn of_a_store_and_its_copy_both_are_used_and_nothing_of_either_is_lost() {
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
fn a_restored_backup_takes_in_what_it_had_sent_itself_and_goes_on() {
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
fn a_number_that_a_restored_store_gave_twice_is_told() {
    let office = Office::open();
    let van = office.founder();
    let till = van.world.account("Till", "cash", 10_000);
    let bank = van.world.account("Bank", "bank", 0);
    let backup = van.ask("backup", json!({}));
    let first = van.world.transfer(&till, &bank, 100);
    van.sync();
    van.ask("restore", json!({ "path": backup["path"] }));
    let second = van.world.transfer(&till, &bank, 200);
    assert_eq!(first["number"], second["number"]);
    van.sync();
    van.sync();
    assert_eq!(van.world.balance(&bank["id"]), 300, "both stand");
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
fn a_store_that_was_put_back_to_an_older_day_goes_on_from_the_last_common_entry() {
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
fn what_a_head_office_that_was_put_back_had_taken_is_sent_again_if_its_outcome_was_not_heard() {
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
    // The pull after the push fails, as it does when the server dies in between.
    cluster.sql(&database, "ALTER FUNCTION daybook_sync.pull RENAME TO pull_not");
    van.customer("Sent, and not heard of");
    van.customer("Another one");
    van.sync_fails();
    assert_eq!(cluster.sql(&database, "SELECT count(*) FROM daybook.customer")[0][0].as_deref(), Some("3"));
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
fn a_head_office_that_was_put_back_is_noticed_and_everything_waits_without_loss() {
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
