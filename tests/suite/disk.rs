//! Disks that fill up and disks that fail: a command says truthfully what became of it, reads go on, and when the fault
//! ends, work goes on without a restart.

use crate::load::{self, Told};
use crate::process::{Dice, PATIENCE, Pipe, Shop, Switchboard, daybook, is_long, run};
use crossbeam_channel::unbounded;
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
    /// Mounts one, where this user may mount.
    pub fn mount(size: &str) -> Result<SmallDisk, std::io::Error> {
        let folder = tempfile::tempdir()?;
        let words = ["tmpfs", "tmpfs", &format!("size={size}")].map(|word| CString::new(word).expect("no NUL"));
        let target = CString::new(folder.path().as_os_str().as_bytes())?;
        // SAFETY: four strings that end in NUL and live through the call.
        let mounted =
            unsafe { libc::mount(words[0].as_ptr(), target.as_ptr(), words[1].as_ptr(), 0, words[2].as_ptr().cast()) };
        if mounted == 0 { Ok(SmallDisk { folder }) } else { Err(std::io::Error::last_os_error()) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
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
fn a_full_disk_is_said_reads_go_on_and_with_room_the_same_requests_are_done() {
    let mut dice = Dice::of_this_run("disk");
    for _ in 0..if is_long() { 8 } else { 1 } {
        // What is asked of it in three rounds fits, log and all, once the ballast is gone.
        match SmallDisk::mount("24m") {
            Ok(disk) => fill_under_load(&disk, &mut dice),
            Err(error) => return println!("skipped: a file system can't be mounted here: {error}"),
        }
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
    std::fs::remove_file(shop.store.join("daybook.sqlite-shm")).expect("nobody uses it");
    disk.fill();
    let output = run(&shop.store, &["call", "status"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && said.contains("\"disk_full\""), "{}: {said}", output.status);
    disk.make_room();
    assert!(run(&shop.store, &["call", "status"]).status.success());
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
fn a_failing_disk_gets_truthful_answers_and_no_restart_is_needed() {
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
fn what_was_not_saved_stays_unsaved_beside_a_reader_that_holds_the_log() {
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
fn while_an_outcome_is_unknown_asking_again_is_not_told_that_nothing_was_saved() {
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
