//! Full disks, on the device and at head office.

use super::{Day, Session, assert_settled, try_sync};
use crate::central::{Cluster, shared};
use crate::disk::SmallDisk;
use crate::process::is_long;
use crate::sync::{Office, Van};
use crate::world::World;
use daybook::commands::{Envelope, Runner};
use daybook::kernel::Code;
use daybook::sync::ForBook;
use serde_json::json;

fn world_on(disk: &SmallDisk) -> World {
    let folder = tempfile::Builder::new().tempdir_in(disk.path()).unwrap();
    let runner = Runner::open(folder.path()).unwrap_or_else(|fault| panic!("{}", fault.chain()));
    World { folder, runner }
}

/// A round, which may meet the full disk and nothing else.
fn sync_or_full(van: &Van) -> bool {
    match van.world.send(&Envelope { book: Some(van.book), ..Envelope::of("sync_now", json!({})) }) {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault.code, Code::DiskFull, "{}", fault.chain());
            false
        }
    }
}

/// Found by this test: a join on a full disk was told as a disk that fails.
#[test]
fn a_full_device_says_so_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount("48m") else { return };
    let office = Office::open();
    let founder = office.founder();
    founder.sync();
    let more = |count: usize| {
        office.sql(&format!(
            "INSERT INTO daybook.customer (book_id, name, note)
             SELECT '{}', 'Customer ' || n, repeat('x', 200) FROM generate_series(1, {count}) n",
            founder.book
        ));
    };
    more(3_000);
    let link = office.link("Van 2", &ForBook::Existing(founder.book));
    let world = world_on(&disk);
    disk.fill();
    let order = || Envelope::of("sync_join", json!({ "link": link.write() }));
    let fault = world.send(&order()).unwrap_err();
    assert_eq!(fault.code, Code::DiskFull, "{}", fault.chain());
    disk.make_room();
    let van = Van::join(world, &link);

    // In the snapshot, again and again: each time a little more fits.
    let mut refused = 0;
    disk.fill();
    while !sync_or_full(&van) {
        refused += 1;
        disk.give_back(1024 * 1024);
    }
    assert!(refused > 1, "it did not fit: {refused}");
    assert_eq!(
        van.world.send(&Envelope { book: Some(van.book), ..Envelope::of("sync_status", json!({})) }).unwrap()["joined"],
        true
    );
    disk.make_room();
    van.choose_person();
    van.assert_agrees();

    // And in the pull, with own work that waits.
    for _ in 0..if is_long() { 10 } else { 1 } {
        van.customer("Made");
        more(2_000);
        let before = van.status();
        disk.fill();
        let mut refused = 0;
        while !sync_or_full(&van) {
            refused += 1;
            disk.give_back(1024 * 1024);
        }
        assert!(refused > 0, "it did not fit");
        let after = van.status();
        assert!(after["version"].as_i64() > before["version"].as_i64());
        disk.make_room();
        van.assert_agrees();
        van.world.assert_holds();
    }
}

#[test]
fn a_full_disk_at_head_office_costs_nothing_once_there_is_room() {
    let Some(disk) = SmallDisk::mount("96m") else { return };
    let office = Office::open();
    let place = disk.path().join("books");
    Cluster::folder_of_its_own(&place);
    let name = format!("small_{}", office.database);
    shared().sql("postgres", &format!("CREATE TABLESPACE {name} LOCATION '{}'", place.display()));
    shared().sql("postgres", &format!("ALTER DATABASE {0} SET TABLESPACE {name}", office.database));
    let database = office.database.clone();
    {
        let day = Day::at(office, World::with_book());
        for _ in 0..if is_long() { 10 } else { 1 } {
            day.work(150);
            disk.fill();
            let waiting = day.van.status()["waiting"].as_i64().unwrap();
            // What fits between what is there already goes through.
            let mut rounds = 0;
            while try_sync(&day.van) {
                day.work(150);
                rounds += 1;
                assert!(rounds < 20, "the disk of head office is full");
            }
            let status = day.van.status();
            assert_eq!(status["trouble"]["code"], "unreachable");
            assert!(waiting > 0 && status["waiting"].as_i64().unwrap() > 0, "{status}");
            disk.make_room();
            let session = Session::open(&day.office);
            assert_eq!(session.value("SELECT count(*) FROM daybook_sync.quarantined_entry"), "0");
            drop(session);
            assert_settled(&day.office, &day.van);
        }
    }
    shared().sql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
    shared().sql("postgres", &format!("DROP TABLESPACE {name}"));
}
