//! Disks that fill up and disks that fail: a command says truthfully what became of it, reads go on, and when the fault
//! ends, work goes on without a restart.

use crate::load::{self, Told};
use crate::process::{Dice, PATIENCE, Pipe, Shop, Switchboard, daybook, is_long, run, skip};
use crossbeam_channel::unbounded;
use serde_json::{Value, json};
use std::ffi::CString;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system of its own, in memory and small. Unmounted when dropped.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one; none where this user may not, and the test may be left out.
    pub fn mount(size: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let words = ["tmpfs", "tmpfs", &format!("size={size}")].map(|word| CString::new(word).expect("no NUL"));
        let target = CString::new(folder.path().as_os_str().as_bytes()).expect("no NUL");
        // SAFETY: four strings that end in NUL and live through the call.
        let mounted =
            unsafe { libc::mount(words[0].as_ptr(), target.as_ptr(), words[1].as_ptr(), 0, words[2].as_ptr().cast()) };
        if mounted != 0 {
            skip(&format!("a file system can't be mounted here: {}", std::io::Error::last_os_error()));
            return None;
        }
        Some(SmallDisk { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// From now on nobody may write there.
    pub fn make_read_only(&self) {
        let target = CString::new(self.folder.path().as_os_str().as_bytes()).expect("no NUL");
        let flags = libc::MS_REMOUNT | libc::MS_RDONLY;
        // SAFETY: a string that ends in NUL and lives through the call; the other strings are none.
        let mounted =
            unsafe { libc::mount(std::ptr::null(), target.as_ptr(), std::ptr::null(), flags, std::ptr::null()) };
        assert_eq!(mounted, 0, "it is mounted again: {}", std::io::Error::last_os_error());
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Writes until nothing more goes in.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.ballast()).expect("the ballast opens");
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    /// Makes room for so many bytes more, and for what the ballast does not hold any more.
    pub fn give_back(&self, bytes: u64) {
        let file = File::options().write(true).open(self.ballast()).expect("the ballast opens");
        let held = file.metadata().expect("it has a length").len();
        file.set_len(held.saturating_sub(bytes)).expect("a file can be made shorter");
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast goes");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Ok(target) = CString::new(self.folder.path().as_os_str().as_bytes()) {
            // SAFETY: a string that ends in NUL. Detached at once, whoever still has a file open there.
            unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
        }
    }
}

/// The log can't be written either, and nobody hears of it: standard error is closed at its other end.
fn open_unheard(store: &Path) -> Switchboard {
    Switchboard::over(Pipe::spawn(daybook().arg("--store").arg(store).arg("pipe").stderr(Stdio::piped())))
}

/// Found by this test: a full disk was told as `outcome_unknown`; and where neither the log nor standard error could be
/// written, the writer died of it and its callers waited for ever.
#[test]
fn a_full_disk_is_told_and_with_room_the_requests_are_done() {
    let mut dice = Dice::of_this_run("disk");
    for _ in 0..if is_long() { 8 } else { 1 } {
        // What is asked of it in three rounds fits, log and all, once the ballast is gone.
        let Some(disk) = SmallDisk::mount("24m") else { return };
        fill_under_load(&disk, &mut dice);
    }
}

fn fill_under_load(disk: &SmallDisk, dice: &mut Dice) {
    let shop = Shop::set_up(&disk.folder.path().join("store"), dice);
    let mut board = open_unheard(&shop.store);
    let mut everything = Vec::new();
    let mut refused = 0;
    for round in 0..3 {
        let mut requests = load::requests(&shop, dice, 200);
        let (answered, answers) = unbounded();
        std::thread::scope(|scope| {
            let callers = scope.spawn(|| load::send(&board, &mut requests, &answered));
            for _ in 0..50 {
                answers.recv_timeout(PATIENCE).expect("answers come");
            }
            // Checkpoints give room back, so it is filled again and again until all is answered.
            while !callers.is_finished() {
                disk.fill();
                std::thread::yield_now();
            }
        });
        let told = load::tally(&requests);
        println!("round {round}: {told:?}");
        refused += told.get("disk_full").copied().unwrap_or(0);
        let others = told.keys().filter(|code| !["done", "disk_full", "insufficient_funds"].contains(code)).count();
        assert_eq!(others, 0, "nothing else is said: {told:?}");
        load::Standing::read(&board).assert_keeps_promises(&requests);
        if round % 2 == 1 {
            board.kill();
            disk.make_room();
            board = open_unheard(&shop.store);
        } else {
            disk.make_room();
        }
        load::Standing::read(&board).assert_keeps_promises(&requests);
        load::assert_done_once(&board, &mut requests);
        load::assert_verifies(&board);
        everything.append(&mut requests);
    }
    // Not in every round: a log that has grown takes new pages in the place of old ones.
    assert!(refused > 100, "the disk was full: {refused} were refused");
    load::assert_done_once(&board, &mut everything);
    assert!(board.finish().success());

    // SQLite's index of the log is made anew when it isn't there, and then there must be room for it.
    assert!(!shop.store.join("daybook.sqlite-shm").exists(), "it went with the log when the pipe closed the store");
    disk.fill();
    let output = run(&shop.store, &["call", "status"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && said.contains("\"disk_full\""), "{}: {said}", output.status);
    disk.make_room();
    assert!(run(&shop.store, &["call", "status"]).status.success());
}

/// Found by trial: where there was no room for the lock, what was told is that it can't be written.
#[test]
fn a_store_on_a_disk_that_fills_up_is_made_or_the_disk_is_said_to_be_full() {
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let store = disk.path().join("store");
    let order = json!({ "name": "B", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC" }).to_string();
    let mut refused = 0;
    loop {
        disk.fill();
        disk.give_back(refused * 131_072);
        let output = run(&store, &["call", "book_setup", &order]);
        disk.make_room();
        if output.status.success() {
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("\"disk_full\""), "with {} KiB: {said}", refused * 128);
        refused += 1;
        assert!(refused < 100, "with room it is made");
    }
    assert!(refused > 2, "there was no room: {refused}");
    assert!(run(&store, &["call", "verify"]).status.success());
}

/// A disk that fails while a file says so: see failing_fsync.c.
struct FailingDisk {
    library: PathBuf,
    trigger: PathBuf,
}

impl FailingDisk {
    fn build(folder: &Path) -> FailingDisk {
        let library = folder.join("failing_fsync.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&library)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/failing_fsync.c"))
            .arg("-ldl")
            .status()
            .expect("a C compiler is here, for SQLite is built with it");
        assert!(built.success(), "failing_fsync.c compiles");
        FailingDisk { library, trigger: folder.join("fault") }
    }

    fn open(&self, store: &Path) -> Switchboard {
        Switchboard::over(Pipe::spawn(
            daybook()
                .env("LD_PRELOAD", &self.library)
                .env("DAYBOOK_FAULT", &self.trigger)
                .arg("--store")
                .arg(store)
                .arg("pipe"),
        ))
    }

    /// From now on calls of this kind fail: `count` of them, after `skip` that succeed.
    fn fail(&self, kind: &str, errno: i32, skip: u64, count: u64) {
        // Moved into place, so that it is never seen half written.
        let draft = self.trigger.with_extension("draft");
        std::fs::write(&draft, format!("{kind} {errno} {skip} {count}\n")).expect("the order is written");
        std::fs::rename(&draft, &self.trigger).expect("the order is given");
    }

    fn mend(&self) {
        if let Err(error) = std::fs::remove_file(&self.trigger) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "the order is taken back");
        }
    }
}

const FOREVER: u64 = 1 << 40;

fn count_of_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives").count()
}

#[test]
fn a_failing_disk_gets_the_truth_and_needs_no_restart() {
    let mut dice = Dice::of_this_run("failing disk");
    (0..if is_long() { 10 } else { 1 }).for_each(|_| fail_under_load(&mut dice));
}

fn fail_under_load(dice: &mut Dice) {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = FailingDisk::build(folder.path());
    let shop = Shop::set_up(&folder.path().join("store"), dice);
    let mut board = disk.open(&shop.store);
    load::Standing::read(&board);
    let mut files = count_of_files(board.pid());
    let mut everything = Vec::new();
    for round in 0..15 {
        let mut requests = load::requests(&shop, dice, 100);
        let kind = *dice.pick(&["sync", "sync", "write"]);
        let errno = *dice.pick(&[libc::EIO, libc::ENOSPC]);
        let (skip, count) = (dice.below(6), if dice.percent(50) { FOREVER } else { 1 + dice.below(6) });
        let (before, until) = (1 + dice.below(40), 1 + dice.below(30));
        let killed = dice.percent(40);
        let (answered, answers) = unbounded();
        std::thread::scope(|scope| {
            let callers = scope.spawn(|| load::send(&board, &mut requests, &answered));
            let wait = |count| (0..count).for_each(|_| answers.recv_timeout(PATIENCE).expect("answers come"));
            wait(before);
            disk.fail(kind, errno, skip, count);
            wait(until);
            if killed {
                board.strike();
            } else {
                disk.mend();
            }
            callers.join().expect("the callers ended");
        });
        println!(
            "round {round}: {kind} errno {errno} skip {skip} count {count} killed {killed}: {:?}",
            load::tally(&requests)
        );
        if killed {
            board.kill();
            disk.mend();
            board = disk.open(&shop.store);
            load::Standing::read(&board).assert_keeps_promises(&requests);
            files = count_of_files(board.pid());
        } else {
            load::Standing::read(&board).assert_keeps_promises(&requests);
        }
        load::assert_done_once(&board, &mut requests);
        load::assert_verifies(&board);
        let now = count_of_files(board.pid());
        assert!(now <= files + 6, "no files are left open: {files} before, {now} now");
        everything.append(&mut requests);
    }
    board.kill();
    let board = disk.open(&shop.store);
    load::assert_done_once(&board, &mut everything);
    load::assert_verifies(&board);
}

/// Found by this test: a reader kept the log from being emptied after a COMMIT had failed, and what the COMMIT had left
/// in the log came back to life after a power cut, although its caller had been told that nothing was saved.
#[test]
fn what_was_not_saved_stays_unsaved_though_a_reader_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice::of_this_run("held log");
    let disk = FailingDisk::build(folder.path());
    let shop = Shop::set_up(&folder.path().join("store"), &mut dice);
    let mut board = disk.open(&shop.store);
    let mut requests = load::requests(&shop, &mut dice, 20);
    requests.retain(|request| !request.bad);
    let last = requests.len() - 1;
    load::send(&board, &mut requests[..last], &unbounded().0);

    // One that may not write carries nothing over when it leaves, and so leaves the log as a power cut would.
    let reader = rusqlite::Connection::open_with_flags(
        shop.store.join("daybook.sqlite"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .expect("the store is read");
    let snapshot = reader.unchecked_transaction().expect("a snapshot begins");
    snapshot.query_row("SELECT count(*) FROM customer", [], |_| Ok(())).expect("it is read");
    disk.fail("sync", libc::EIO, 0, 1);
    load::send(&board, &mut requests[last..], &unbounded().0);
    assert_eq!(
        requests[last].told,
        Told::Error("io".into()),
        "the COMMIT failed, and it is known that nothing was saved"
    );
    board.kill();
    drop(snapshot);
    drop(reader);
    disk.mend();

    let board = disk.open(&shop.store);
    load::Standing::read(&board).assert_keeps_promises(&requests);
    load::assert_done_once(&board, &mut requests);
    load::assert_verifies(&board);
}

/// Found by this test: a request whose outcome was unknown was asked again, met a full disk, and was told that nothing was
/// saved; yet what its first COMMIT had left in the log came back to life after a power cut.
#[test]
fn while_an_outcome_is_unknown_asking_again_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice::of_this_run("unknown");
    let disk = FailingDisk::build(folder.path());
    let shop = Shop::set_up(&folder.path().join("store"), &mut dice);
    let mut board = disk.open(&shop.store);
    let mut requests = load::requests(&shop, &mut dice, 20);
    requests.retain(|request| !request.bad);
    let last = requests.len() - 1;
    load::send(&board, &mut requests[..last], &unbounded().0);
    for (kind, errno) in [("sync", libc::EIO), ("write", libc::ENOSPC)] {
        disk.fail(kind, errno, 0, FOREVER);
        load::send(&board, &mut requests[last..], &unbounded().0);
        assert_eq!(requests[last].told, Told::Error("outcome_unknown".into()), "{kind}: nobody knows yet");
    }
    board.kill();
    disk.mend();

    let board = disk.open(&shop.store);
    load::Standing::read(&board).assert_keeps_promises(&requests);
    load::assert_done_once(&board, &mut requests);
    load::assert_verifies(&board);
}

/// What a person may see of a store: how many entries, and which life.
fn seen(board: &Switchboard) -> (Value, Value) {
    let mut status = board.call("status", json!({}));
    (status["entries"]["total"].take(), status["incarnation"]["id"].take())
}

/// A shop with a backup of it, and work done after that.
fn backed_up(store: &Path, backup: &Path, dice: &mut Dice) -> Shop {
    let shop = Shop::set_up(store, dice);
    let board = Switchboard::open(store);
    board.call("backup", json!({ "path": backup }));
    (0..3).for_each(|number| drop(board.call("customer_add", json!({ "name": format!("Late {number}") }))));
    shop
}

/// A restore that may meet a fault: it is refused and nothing has changed, or done and the books are the backup's. Whether it was done.
fn restore_all_or_nothing(board: &Switchboard, backup: &Path, codes: &[&str], mend: impl FnOnce()) -> bool {
    let before = seen(board);
    let answer = board.ask(json!({ "command": "restore", "input": { "path": backup } })).expect("the process lives");
    mend();
    let (entries, life) = seen(board);
    match answer["error"]["code"].as_str() {
        None => {
            assert_eq!(entries, answer["answer"]["entries"]);
            assert_eq!(life, answer["answer"]["incarnation_id"]);
        }
        Some(code) => {
            assert!(codes.contains(&code), "{answer}");
            assert_eq!((entries, life), before, "{answer}");
        }
    }
    board.call("customer_add", json!({ "name": "Afterwards" }));
    load::assert_verifies(board);
    answer["error"].is_null()
}

/// Found by trial: with a few KiB beside what the copy needs, the backup was in place, yet told was that nothing was saved.
#[test]
fn a_restore_on_a_disk_that_fills_up_is_done_or_changes_nothing() {
    let mut dice = Dice::of_this_run("full restore");
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let backup = disk.path().join("backup.sqlite");
    let shop = backed_up(&disk.path().join("store"), &backup, &mut dice);
    let board = open_unheard(&shop.store);
    let mut refused = 0;
    loop {
        disk.fill();
        disk.give_back(refused * 8192);
        if restore_all_or_nothing(&board, &backup, &["disk_full"], || disk.make_room()) {
            break;
        }
        refused += 1;
        assert!(refused < 2_000, "with room it is done");
    }
    assert!(refused > 20, "there was no room: {refused}");
}

/// Found by trial: where the disk failed between the swap and the new life, the process was of no more use, or the old life went on.
#[test]
fn a_restore_with_a_disk_that_fails_anywhere_is_done_or_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice::of_this_run("failing restore");
    let disk = FailingDisk::build(folder.path());
    let backup = folder.path().join("backup.sqlite");
    let shop = backed_up(&folder.path().join("store"), &backup, &mut dice);
    let mut board = disk.open(&shop.store);
    let (mut done, mut refused) = (0, 0);
    let mut turn = |board: &Switchboard, kind: &str, skip: u64, count: u64| {
        disk.fail(kind, libc::EIO, skip, count);
        let codes = ["io", "file_unwritable"];
        let outcome = restore_all_or_nothing(board, &backup, &codes, || disk.mend());
        *(if outcome { &mut done } else { &mut refused }) += 1;
    };
    for skip in 0..12 {
        turn(&board, "restore-sync", skip, 1);
        turn(&board, "restore-sync", skip, FOREVER);
    }
    for _ in 0..if is_long() { 400 } else { 20 } {
        turn(&board, "restore-write", dice.below(200), if dice.percent(50) { 1 } else { FOREVER });
    }
    assert!(done > 0 && refused > 10, "both happen: {done} done, {refused} refused");
    assert!(board.finish().success());
    let left: Vec<String> = std::fs::read_dir(&shop.store)
        .expect("the store is listed")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("staged") || name.contains("unfinished"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left of what was refused");
}

/// Found by trial: the copy of the store for a dry run stayed where that could not be opened, so the disk stayed full; and a full disk
/// was told as a file that can't be written.
#[test]
fn an_import_on_a_disk_that_fills_up_is_begun_or_leaves_nothing() {
    let mut dice = Dice::of_this_run("full import");
    let Some(disk) = SmallDisk::mount("24m") else { return };
    let shop = Shop::set_up(&disk.path().join("store"), &mut dice);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let table = elsewhere.path().join("table.csv");
    let lines: String = (0..1_500).map(|number| format!(",{number}\n")).collect();
    std::fs::write(&table, format!("name,code\n{lines}")).expect("the table is written");
    let board = Switchboard::open(&shop.store);
    let order = json!({ "path": table, "kind": "customers", "columns": { "name": "name", "code": "code" } });
    let left =
        || ["imports", "dry-runs"].map(|folder| std::fs::read_dir(shop.store.join(folder)).map_or(0, Iterator::count));
    for (dry_run, kept) in [(true, [0, 1]), (false, [1, 0])] {
        let mut order = order.clone();
        order["dry_run"] = json!(dry_run);
        let mut refused = 0;
        let batch = loop {
            disk.fill();
            disk.give_back(refused * 16_384);
            let answer = board.ask(json!({ "command": "import_start", "input": order })).expect("the process lives");
            disk.make_room();
            if answer["error"].is_null() {
                break answer["answer"]["batch"]["id"].clone();
            }
            assert_eq!((&answer["error"]["code"], left()), (&json!("disk_full"), [0, 0]), "{answer}");
            refused += 1;
            assert!(refused < 1_000, "with room it is begun");
        };
        assert!(refused > 0, "there was no room");
        assert_eq!(left(), kept);
        if dry_run {
            board.call("import_discard", json!({ "batch_id": batch }));
            continue;
        }
        while board.call("import_step", json!({ "batch_id": batch }))["finished"] != true {}
        let written = disk.path().join("refused.csv");
        let order = json!({ "command": "import_refused", "input": { "batch_id": batch, "path": written } });
        disk.fill();
        disk.give_back(16_384);
        let answer = board.ask(order.clone()).expect("the process lives");
        assert_eq!((&answer["error"]["code"], written.exists()), (&json!("disk_full"), false), "{answer}");
        disk.make_room();
        let answer = board.ask(order).expect("the process lives");
        assert_eq!(answer["answer"]["rows"], 1_500, "{answer}");
    }
    load::assert_verifies(&board);
}

/// Found by trial: a list of a store in a folder that can't be written was refused.
#[test]
fn a_store_that_this_user_may_not_write_is_read() {
    let mut dice = Dice::of_this_run("read only");
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let shop = Shop::set_up(&disk.path().join("a store?mode=rw#1%20"), &mut dice);
    let backup = tempfile::tempdir().expect("a folder");
    disk.make_read_only();
    let ask = |command: &str, input: Value| run(&shop.store, &["call", command, &input.to_string()]);
    let reads = [
        ("customer_list", json!({})),
        ("account_list", json!({})),
        ("status", json!({})),
        ("verify", json!({})),
        ("backup", json!({ "path": backup.path().join("copy.sqlite") })),
    ];
    for (command, input) in reads {
        let output = ask(command, input);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for (command, input) in
        [("customer_add", json!({ "name": "Ana" })), ("restore", json!({ "path": backup.path().join("copy.sqlite") }))]
    {
        let output = ask(command, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{command}: {said}");
        assert!(said.contains("\"read_only\"") && said.contains("can't be written"), "{command}: {said}");
    }
    let elsewhere = disk.path().join("nothing here");
    assert_eq!(run(&elsewhere, &["call", "customer_list"]).status.code(), Some(4));
}
