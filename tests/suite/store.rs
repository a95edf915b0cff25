//! The store by itself: its one writer, its readers, its copies, and whose file it is.

use crate::world::{World, rows};
use daybook::commands::{Desk, Envelope};
use daybook::daybook::Reason;
use daybook::kernel::{Code, Fault, Id, Result};
use daybook::store::{
    DATABASE_FILE, LATEST_DEVICE_MIGRATION, LOCK_FILE, Snapshot, Store, Unit, Work, is_sound, open_private,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    (folder, store)
}

fn opened(folder: &Path) -> Store {
    Store::open(folder, |_| Ok(())).unwrap_or_else(|fault| panic!("{}", fault.chain()))
}

/// Puts a row in, which no unit finds there twice.
fn put(unit: &mut Unit, key: &str) -> Result<()> {
    unit.execute("INSERT INTO device_setting (key, value) VALUES (?1, '1')", [key]).map(drop)
}

fn refusal() -> Fault {
    Fault::new(Code::Stale, "The test refuses this.")
}

const KEYS: &str = "SELECT key FROM device_setting ORDER BY key";

fn keys(store: &Store) -> Vec<String> {
    store.read(1, |snapshot| snapshot.all(KEYS, [], |row| row.get(0))).unwrap()
}

fn keys_on(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare(KEYS).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(|key| key.unwrap()).collect()
}

/// A piece of work that waits for nobody: what it was answered comes by a channel.
struct Piece<F, G> {
    verb: F,
    answered: G,
    runs: Arc<AtomicUsize>,
}

impl<F: FnMut(&mut Unit) -> Result<()> + Send, G: FnOnce(Result<()>) + Send> Work for Piece<F, G> {
    fn budget(&self) -> u32 {
        200
    }
    fn run(&mut self, unit: &mut Unit) -> Result<()> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        (self.verb)(unit)
    }
    fn look_up(&mut self, _: &Snapshot) -> Result<bool> {
        Ok(false)
    }
    fn answer(self: Box<Self>, outcome: Result<()>) {
        (self.answered)(outcome);
    }
}

/// What became of a piece of work, and how often it was run.
struct Handed {
    answer: Receiver<Result<()>>,
    runs: Arc<AtomicUsize>,
}

impl Handed {
    fn outcome(&self) -> Result<()> {
        self.answer.recv_timeout(LONG).expect("an answer")
    }
}

fn hand_in(store: &Store, patience: Duration, verb: impl FnMut(&mut Unit) -> Result<()> + Send + 'static) -> Handed {
    let (sender, answer) = channel();
    let runs = Arc::new(AtomicUsize::new(0));
    let answered = move |outcome| sender.send(outcome).unwrap();
    let piece = Piece { verb, answered, runs: Arc::clone(&runs) };
    store.submit(Box::new(piece), patience).unwrap();
    Handed { answer, runs }
}

/// Keeps the writer busy with work that has begun, until it is let go; whatever is handed in meanwhile is one group.
struct Held {
    handed: Handed,
    let_go: Sender<()>,
}

fn hold(store: &Store, patience: Duration, key: &'static str) -> Held {
    let (begun, begins) = channel();
    let (let_go, gone) = channel();
    let handed = hand_in(store, patience, move |unit| {
        put(unit, key)?;
        begun.send(()).unwrap();
        gone.recv_timeout(LONG).map_err(|_| refusal())
    });
    begins.recv_timeout(LONG).expect("the writer begins");
    Held { handed, let_go }
}

#[test]
fn of_many_callers_at_once_only_the_one_that_fails_and_the_one_that_panics_fail() {
    let (_folder, store) = store();
    let callers = 40;
    let barrier = Barrier::new(callers);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|caller| {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    store.write(4, move |unit| {
                        put(unit, &format!("caller-{caller:02}"))?;
                        match caller {
                            7 => Err(refusal()),
                            11 => panic!("the verb of caller 11 panics"),
                            _ => Ok(caller),
                        }
                    })
                })
            })
            .collect();
        for (caller, thread) in threads.into_iter().enumerate() {
            match (caller, thread.join().unwrap()) {
                (7, outcome) => assert_eq!(outcome.unwrap_err().code, Code::Stale),
                (11, outcome) => {
                    let fault = outcome.unwrap_err();
                    assert_eq!(fault.code, Code::Internal);
                    assert!(fault.chain().contains("the verb of caller 11 panics"), "{}", fault.chain());
                }
                (caller, outcome) => assert_eq!(outcome.unwrap(), caller),
            }
        }
    });
    let kept: Vec<String> =
        (0..callers).filter(|caller| ![7, 11].contains(caller)).map(|caller| format!("caller-{caller:02}")).collect();
    assert_eq!(keys(&store), kept);
    store.write(1, |unit| put(unit, "after")).unwrap();
}

#[test]
fn in_one_group_a_refusal_and_a_panic_undo_themselves_alone() {
    let (_folder, store) = store();
    let held = hold(&store, LONG, "a");
    let good = hand_in(&store, LONG, |unit| put(unit, "b"));
    let bad = hand_in(&store, LONG, |unit| put(unit, "c").and(Err(refusal())));
    let ugly = hand_in(&store, LONG, |unit| {
        put(unit, "d")?;
        panic!("in the middle of a group")
    });
    let last = hand_in(&store, LONG, |unit| {
        let seen: i64 = unit.one("SELECT count(*) FROM device_setting", [], |row| row.get(0))?;
        assert_eq!(seen, 2, "what was undone is not seen by those that come after it");
        put(unit, "e")
    });
    held.let_go.send(()).unwrap();
    held.handed.outcome().unwrap();
    good.outcome().unwrap();
    assert_eq!(bad.outcome().unwrap_err().code, Code::Stale);
    assert_eq!(ugly.outcome().unwrap_err().code, Code::Internal);
    last.outcome().unwrap();
    assert_eq!(keys(&store), ["a", "b", "e"]);
    for handed in [good, bad, ugly, last] {
        assert_eq!(handed.runs.load(Ordering::SeqCst), 1, "nobody was run a second time");
    }
}

#[test]
fn steps_nest_fifty_deep_and_one_that_failed_undoes_itself_alone() {
    fn descend(unit: &mut Unit, depth: u32) -> Result<()> {
        put(unit, &format!("depth-{depth:02}"))?;
        if depth < 50 {
            let inner = unit.nested(|step| descend(step, depth + 1));
            // The step at 26 fails with all that it holds; the one above it goes on as if nothing had been.
            assert_eq!(inner.is_err(), depth == 25);
        }
        if depth == 26 { Err(refusal()) } else { Ok(()) }
    }
    let (_folder, store) = store();
    store.write(4, |unit| descend(unit, 1)).unwrap();
    let kept: Vec<String> = (1..=25).map(|depth| format!("depth-{depth:02}")).collect();
    assert_eq!(keys(&store), kept);
}

#[test]
fn an_answer_never_comes_before_the_commit() {
    let (folder, store) = store();
    let held = hold(&store, LONG, "held");
    let (sender, seen) = channel();
    for number in 0..20 {
        let (sender, database) = (sender.clone(), folder.path().join(DATABASE_FILE));
        let key = format!("key-{number:02}");
        let answered = move |outcome: Result<()>| {
            // Here the answer is: a connection that shares nothing with the store must see what it says was done.
            let connection = open_private(&database, false).unwrap();
            sender.send((number, outcome.is_ok(), keys_on(&connection))).unwrap();
        };
        let verb = move |unit: &mut Unit| if number == 13 { Err(refusal()) } else { put(unit, &key) };
        let runs = Arc::default();
        store.submit(Box::new(Piece { verb, answered, runs }), LONG).unwrap();
    }
    let before = keys_on(&open_private(&store.database(), false).unwrap());
    assert_eq!(before, Vec::<String>::new(), "nothing is seen of work under way");
    held.let_go.send(()).unwrap();
    for _ in 0..20 {
        let (number, done, seen) = seen.recv_timeout(LONG).unwrap();
        assert_eq!(done, number != 13);
        // The refusal, too, is answered only when its neighbours stand.
        assert_eq!(seen.len(), 1 + 19, "answer {number} came when {seen:?} was saved");
    }
}

#[test]
fn work_whose_patience_passes_behind_a_long_write_is_busy_and_begun_work_is_finished() {
    let (_folder, store) = store();
    let patience = Duration::from_secs(2);
    let handed_in = Instant::now();
    let held = hold(&store, patience, "begun");
    let impatient = hand_in(&store, Duration::ZERO, |unit| put(unit, "impatient"));
    let patient = hand_in(&store, LONG, |unit| put(unit, "patient"));
    // The begun work is held beyond its own patience: nothing can come by this channel, so it waits just that long.
    let (_nobody, nothing) = channel::<()>();
    let left = (patience + Duration::from_millis(10)).saturating_sub(handed_in.elapsed());
    nothing.recv_timeout(left).unwrap_err();
    assert!(impatient.answer.try_recv().is_err(), "nobody is answered while the writer is busy");
    held.let_go.send(()).unwrap();
    held.handed.outcome().unwrap();
    assert_eq!(impatient.outcome().unwrap_err().code, Code::Busy);
    assert_eq!(impatient.runs.load(Ordering::SeqCst), 0, "what is busy was never begun");
    patient.outcome().unwrap();
    assert_eq!(keys(&store), ["begun", "patient"]);
}

/// Runs a group of three whose middle one makes SQLite end the whole transaction, and says what became of them.
fn group_around(poison: impl FnMut(&mut Unit) -> Result<()> + Send + 'static) -> (Result<()>, Vec<String>) {
    let (folder, store) = store();
    open_private(&folder.path().join(DATABASE_FILE), true)
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER poison_trigger BEFORE INSERT ON device_setting WHEN new.key = 'poison'
             BEGIN SELECT raise(ROLLBACK, 'poisoned'); END;",
        )
        .unwrap();
    let held = hold(&store, LONG, "a");
    let before = hand_in(&store, LONG, |unit| put(unit, "b"));
    let poisoned = hand_in(&store, LONG, poison);
    let after = hand_in(&store, LONG, |unit| put(unit, "d"));
    held.let_go.send(()).unwrap();
    held.handed.outcome().unwrap();
    before.outcome().unwrap();
    let outcome = poisoned.outcome();
    after.outcome().unwrap();
    assert_eq!(before.runs.load(Ordering::SeqCst), 2, "it was undone with its group and run again alone");
    assert!(poisoned.runs.load(Ordering::SeqCst) >= 1);
    store.write(1, |unit| put(unit, "e")).unwrap();
    let connection = open_private(&store.database(), false).unwrap();
    is_sound(&connection).unwrap();
    (outcome, keys_on(&connection))
}

#[test]
fn a_transaction_that_sqlite_ends_is_lost_for_the_culprit_alone() {
    let (outcome, kept) = group_around(|unit| {
        put(unit, "c")?;
        put(unit, "poison")
    });
    assert!(outcome.unwrap_err().chain().contains("poisoned"));
    assert_eq!(kept, ["a", "b", "d", "e"]);

    let (outcome, kept) = group_around(|unit| {
        put(unit, "c")?;
        unit.execute("INSERT OR ROLLBACK INTO device_setting (key, value) VALUES ('c', '2')", []).map(drop)
    });
    outcome.unwrap_err();
    assert_eq!(kept, ["a", "b", "d", "e"]);
}

#[test]
fn nothing_is_saved_outside_a_unit_though_the_verb_swallows_that_its_transaction_ended() {
    // Once as its own statement, once in a nested step: what it does afterwards would be saved by itself.
    let (outcome, kept) = group_around(|unit| {
        put(unit, "c")?;
        put(unit, "poison").unwrap_err();
        put(unit, "outside").unwrap_err();
        unit.nested(|step| put(step, "outside nested")).unwrap_err();
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().code, Code::Internal);
    assert_eq!(kept, ["a", "b", "d", "e"]);

    let (outcome, kept) = group_around(|unit| {
        put(unit, "c")?;
        let step = unit.nested(|step| {
            let deeper = step.nested(|deeper| {
                let _swallowed = put(deeper, "poison");
                Ok(())
            });
            deeper.unwrap_err();
            put(step, "outside").unwrap_err();
            Ok(())
        });
        step.unwrap_err();
        put(unit, "outside too").unwrap_err();
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().code, Code::Internal);
    assert_eq!(kept, ["a", "b", "d", "e"]);
}

#[test]
fn the_writer_syncs_each_commit_and_minds_its_keys_and_readers_only_read() {
    let (_folder, store) = store();
    let pragmas = store
        .write(9, |unit| {
            let journal: String = unit.one("PRAGMA journal_mode", [], |row| row.get(0))?;
            let synchronous: i64 = unit.one("PRAGMA synchronous", [], |row| row.get(0))?;
            let keys: i64 = unit.one("PRAGMA foreign_keys", [], |row| row.get(0))?;
            Ok((journal, synchronous, keys))
        })
        .unwrap();
    assert_eq!(pragmas, ("wal".to_owned(), 2, 1));
    let wrote = store.read(3, |snapshot| {
        let only: i64 = snapshot.one("PRAGMA query_only", [], |row| row.get(0))?;
        assert_eq!(only, 1);
        snapshot.one("INSERT INTO device_setting (key, value) VALUES ('a', '1') RETURNING key", [], |row| {
            row.get::<_, String>(0)
        })
    });
    wrote.unwrap_err();
    assert_eq!(keys(&store), Vec::<String>::new());
}

#[test]
fn a_reader_sees_one_snapshot_while_the_writer_goes_on() {
    let (_folder, store) = store();
    store.write(1, |unit| put(unit, "a")).unwrap();
    let count = "SELECT count(*) FROM device_setting";
    let (first, second) = store
        .read(4, |snapshot| {
            let first: i64 = snapshot.one(count, [], |row| row.get(0))?;
            store.write(1, |unit| put(unit, "b"))?;
            assert_eq!(keys(&store), ["a", "b"], "another reader sees it at once");
            let second: i64 = snapshot.one(count, [], |row| row.get(0))?;
            Ok((first, second))
        })
        .unwrap();
    assert_eq!((first, second), (1, 1));
}

#[test]
fn a_reader_never_waits_for_a_long_write() {
    let (_folder, store) = store();
    store.write(1, |unit| put(unit, "a")).unwrap();
    let held = hold(&store, LONG, "b");
    for _ in 0..20 {
        assert_eq!(keys(&store), ["a"], "and sees nothing of what isn't saved");
    }
    assert!(held.handed.answer.try_recv().is_err(), "the write is still under way");
    held.let_go.send(()).unwrap();
    held.handed.outcome().unwrap();
    assert_eq!(keys(&store), ["a", "b"]);
}

#[test]
#[cfg(debug_assertions)]
fn the_budget_names_an_n_plus_1_mistake_with_its_statement_and_count() {
    let (_folder, store) = store();
    let fault = store
        .read(5, |snapshot| {
            snapshot.one("SELECT 1", [], |_| Ok(()))?;
            (0..9).try_for_each(|key| {
                snapshot
                    .maybe("SELECT value\n  FROM device_setting WHERE key = ?1", [key.to_string()], |_| Ok(()))
                    .map(drop)
            })
        })
        .unwrap_err();
    assert_eq!(fault.code, Code::Internal);
    for said in ["More than 5 statements", "5 times", "SELECT value FROM device_setting WHERE key = ?1"] {
        assert!(fault.message.contains(said), "{}", fault.message);
    }
    let fault = store.write(5, |unit| (0..9).try_for_each(|key| put(unit, &format!("key-{key}")))).unwrap_err();
    assert!(fault.message.contains("6 times") && fault.message.contains("INSERT INTO device_setting"));
    assert_eq!(keys(&store), Vec::<String>::new());
    // Steps say that rows are taken one by one, so each has the budget for itself.
    store.write(5, |unit| (0..9).try_for_each(|key| unit.nested(|step| put(step, &format!("key-{key}"))))).unwrap();
}

fn files(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_store_of_a_newer_daybook_is_left_as_it_is_byte_for_byte() {
    let (folder, store) = store();
    let database = store.database();
    store.write(1, |unit| put(unit, "a")).unwrap();
    drop(store);
    let newer = open_private(&database, true).unwrap();
    newer
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (?1, 'of_tomorrow', '2030-01-01T00:00:00Z', '1')",
            [LATEST_DEVICE_MIGRATION + 1],
        )
        .unwrap();
    drop(newer);
    let bytes = std::fs::read(&database).unwrap();
    for fault in [
        Store::open(folder.path(), |_| Ok(())).err().unwrap(),
        Store::open_beside(folder.path()).err().unwrap(),
        Desk::open(folder.path()).err().unwrap(),
    ] {
        assert_eq!(fault.code, Code::TooNew, "{}", fault.chain());
    }
    assert_eq!(std::fs::read(&database).unwrap(), bytes);
}

#[test]
fn a_newer_daybooks_store_that_the_power_left_with_a_log_keeps_its_log() {
    let (folder, store) = store();
    let other = tempfile::tempdir().unwrap();
    store
        .write(1, |unit| {
            unit.execute(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 VALUES (?1, 'of_tomorrow', '2030-01-01T00:00:00Z', '1')",
                [LATEST_DEVICE_MIGRATION + 1],
            )
            .map(drop)
        })
        .unwrap();
    // As it is on the disk this moment: what was saved is in the log alone.
    let names = [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")];
    for name in &names {
        std::fs::copy(folder.path().join(name), other.path().join(name)).unwrap();
    }
    let bytes = || names.each_ref().map(|name| std::fs::read(other.path().join(name)).unwrap());
    let before = bytes();
    for fault in [Store::open(other.path(), |_| Ok(())).err().unwrap(), Store::open_beside(other.path()).err().unwrap()]
    {
        assert_eq!(fault.code, Code::TooNew, "{}", fault.chain());
        assert!(bytes() == before);
    }
}

#[test]
fn a_file_of_another_program_is_left_as_it_is_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join(DATABASE_FILE);
    let other = folder.path().join("other.sqlite");
    open_private(&other, true).unwrap().execute_batch("CREATE TABLE device_setting (key TEXT);").unwrap();
    let contents: [Vec<u8>; 4] =
        [b"Dear diary,".to_vec(), vec![0; 4096], std::fs::read(&other).unwrap(), b"SQLite format 3\0".to_vec()];
    std::fs::remove_file(other).unwrap();
    for bytes in contents {
        std::fs::write(&database, &bytes).unwrap();
        for fault in
            [Store::open(folder.path(), |_| Ok(())).err().unwrap(), Store::open_beside(folder.path()).err().unwrap()]
        {
            assert_eq!(fault.code, Code::NotAStore, "{}", fault.chain());
        }
        assert_eq!(std::fs::read(&database).unwrap(), bytes);
        assert_eq!(files(folder.path()), BTreeSet::from([DATABASE_FILE.to_owned()]), "nothing was put beside it");
    }
}

#[test]
fn a_store_in_use_names_its_owner_and_a_dead_owners_lock_is_no_hindrance() {
    let (folder, store) = store();
    let fault = Store::open(folder.path(), |_| Ok(())).err().unwrap();
    assert_eq!(fault.code, Code::InUse);
    assert!(fault.message.contains(&format!("process {}", std::process::id())), "{}", fault.message);
    assert_eq!(fault.details.unwrap()["process"], std::process::id());
    store.write(1, |unit| put(unit, "the owner goes on")).unwrap();
    drop(store);

    std::fs::write(folder.path().join(LOCK_FILE), "4194304999\nleft by one that died").unwrap();
    let store = opened(folder.path());
    let lock = std::fs::read_to_string(folder.path().join(LOCK_FILE)).unwrap();
    assert_eq!(lock.trim(), std::process::id().to_string());
    assert_eq!(keys(&store), ["the owner goes on"]);
}

#[test]
fn beside_its_owner_a_store_is_read_and_never_written() {
    let world = World::with_book();
    let till = world.account("Till", "cash", 500);
    let beside = Desk::open_beside(world.folder.path()).unwrap();
    let ask =
        |command: &str, input: Value| beside.call(&Envelope::of(command, input)).and_then(|answer| answer.value());
    let list = ask("account_list", json!({})).unwrap();
    assert!(rows(&list).iter().any(|account| account["id"] == till["id"]));
    assert_eq!(ask("status", json!({})).unwrap()["store"]["read_only"], true);
    assert_eq!(ask("verify", json!({})).unwrap()["holds"], true);

    let before = world.entries();
    assert_eq!(ask("customer_add", json!({ "name": "Ernst" })).unwrap_err().code, Code::ReadOnly);
    assert_eq!(ask("setting_set", json!({ "key": "theme", "value": 1 })).unwrap_err().code, Code::ReadOnly);
    let backup = world.folder.path().join("beside.sqlite");
    ask("backup", json!({ "path": backup })).unwrap();
    assert_eq!(ask("restore", json!({ "path": backup })).unwrap_err().code, Code::InUse);
    assert_eq!(world.entries(), before);

    // What the owner saves is there at the next reading.
    world.ask("customer_add", json!({ "name": "Ernst" }));
    assert_eq!(rows(&ask("customer_list", json!({})).unwrap()).len(), 1);
    world.assert_holds();
}

/// Adds customers from four threads for as long as `meanwhile` takes, and at least one from each.
fn while_four_write<T>(world: &World, meanwhile: impl FnOnce() -> T) -> T {
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(5));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (stop, barrier) = (&stop, &barrier);
            scope.spawn(move || {
                let mut number = 0;
                while !stop.load(Ordering::SeqCst) {
                    let outcome =
                        world.send(&Envelope::of("customer_add", json!({ "name": format!("C{thread}-{number}") })));
                    // Only a store that is being replaced refuses, and says so: asking again is all that is needed.
                    if let Err(fault) = outcome {
                        assert_eq!(fault.code, Code::Busy, "{}", fault.chain());
                        assert!(fault.message.contains("another is put in its place"), "{}", fault.chain());
                    }
                    if number == 0 {
                        barrier.wait();
                    }
                    number += 1;
                }
            });
        }
        barrier.wait();
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        stop.store(true, Ordering::SeqCst);
        made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn a_backup_taken_while_four_threads_write_is_a_sound_store() {
    let world = World::with_book();
    let backups: Vec<Value> = while_four_write(&world, || {
        (0..3)
            .map(|number| {
                let path = world.folder.path().join(format!("backup-{number}.sqlite"));
                world.ask("backup", json!({ "path": path }))
            })
            .collect()
    });
    world.assert_holds();
    for backup in backups {
        let path = Path::new(backup["path"].as_str().unwrap());
        is_sound(&open_private(path, false).unwrap()).unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::copy(path, other.path().join(DATABASE_FILE)).unwrap();
        let copy = World { desk: Desk::open(other.path()).unwrap(), folder: other };
        copy.assert_holds();
        assert_eq!(copy.entries(), backup["entries"].as_i64().unwrap());
        let customers: i64 =
            copy.connection().query_row("SELECT count(*) FROM customer", [], |row| row.get(0)).unwrap();
        assert_eq!(customers + 1, copy.entries(), "the entries and the rows are of one moment");
        copy.ask("customer_add", json!({ "name": "Ernst" }));
        copy.assert_holds();
    }
}

fn place_of(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("the part is there")
}

#[test]
fn a_backup_with_a_flipped_byte_is_refused_and_the_store_stays() {
    let world = World::with_book();
    world.ask("customer_add", json!({ "name": "Zuckerstern", "phone": "030-7654" }));
    let path = world.folder.path().join("backup.sqlite");
    world.ask("backup", json!({ "path": path }));
    let good = std::fs::read(&path).unwrap();
    let row = place_of(&good, b"Zuckerstern030-7654");
    let places = [
        0,                                                     // the header
        68,                                                    // whose file it is
        4096,                                                  // the kind of a page
        row + 3,                                               // a customer's name
        row - row % 4096 + 4,                                  // how many rows a page has
        place_of(&good, b"\"command\":\"customer_add\"") + 12, // an entry's bytes
    ];
    let (before, incarnation) = (world.entries(), world.desk.incarnation().id);
    for place in places {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        let bad = world.file("flipped.sqlite", &bytes);
        let fault = world.refused("restore", json!({ "path": bad }));
        assert_eq!(fault.code, Code::NotABackup, "byte {place}: {}", fault.chain());
        assert_eq!(fault.field.as_deref(), Some("path"));
        assert_eq!(std::fs::read(&bad).unwrap(), bytes, "the backup is only read");
        assert_eq!((world.entries(), world.desk.incarnation().id), (before, incarnation));
    }
    let left: Vec<String> = files(world.folder.path())
        .into_iter()
        .filter(|name| name.contains("staged") || name.contains("before-") || name.contains("unfinished"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left of what was refused");
    world.ask("customer_add", json!({ "name": "Ernst" }));
    world.assert_holds();
}

fn request(command: &str, input: Value) -> Envelope {
    Envelope { request_id: Some(Id::fresh()), ..Envelope::of(command, input) }
}

#[test]
fn a_restored_backup_begins_a_new_life_and_remembers_what_was_answered_before_it() {
    let world = World::with_book();
    let early = request("customer_add", json!({ "name": "Early" }));
    let early_answer = world.send(&early).unwrap();
    let path = world.folder.path().join("backup.sqlite");
    world.ask("backup", json!({ "path": path }));
    let late = request("customer_add", json!({ "name": "Late" }));
    let late_answer = world.send(&late).unwrap();
    let old = world.desk.incarnation().id;

    let restored = world.ask("restore", json!({ "path": path }));
    assert_eq!(restored["entries"], 2);
    let incarnation = world.desk.incarnation();
    assert_ne!(incarnation.id, old);
    assert_eq!(incarnation.reason, Reason::Restored);
    let status = world.ask("status", json!({}));
    assert_eq!(status["incarnation"]["id"], restored["incarnation_id"]);
    assert_eq!(status["mark"]["state"], "agrees");
    world.assert_holds();

    // What was there before is kept beside, whole.
    let kept = open_private(Path::new(restored["kept_path"].as_str().unwrap()), true).unwrap();
    is_sound(&kept).unwrap();
    let names: i64 =
        kept.query_row("SELECT count(*) FROM customer WHERE name IN ('Early', 'Late')", [], |row| row.get(0)).unwrap();
    assert_eq!(names, 2);

    assert_eq!(world.send(&early).unwrap(), early_answer, "remembered");
    assert_eq!(world.entries(), 2);
    let again = world.send(&late).unwrap();
    assert_ne!(again["id"], late_answer["id"], "forgotten with all that came after the backup, and so done anew");
    assert_eq!(world.entries(), 3);
    world.assert_holds();

    let world = world.reopened();
    assert_eq!(world.desk.incarnation().id, incarnation.id, "and the new life goes on");
    assert_eq!(world.send(&early).unwrap(), early_answer);
    world.assert_holds();
}

#[test]
fn what_a_restore_keeps_is_one_file_though_another_program_reads_the_store() {
    let world = World::with_book();
    let path = world.folder.path().join("backup.sqlite");
    world.ask("backup", json!({ "path": path }));
    world.ask("customer_add", json!({ "name": "Late" }));
    // Whoever has the store open beside its owner keeps the owner from folding the log away when it closes.
    let beside = world.connection();
    let count = |connection: &Connection| -> i64 {
        connection.query_row("SELECT count(*) FROM customer", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&beside), 1);

    let kept: Vec<Value> = (0..2).map(|_| world.ask("restore", json!({ "path": path }))["kept_path"].clone()).collect();
    assert_ne!(kept[0], kept[1], "the second restore keeps what the first one put there under a name of its own");
    assert_eq!(count(&beside), 1, "it reads what it had open");
    let left: Vec<String> = files(world.folder.path())
        .into_iter()
        .filter(|name| name.contains("before-restore") && !name.ends_with(".sqlite"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "a log or its index is left beside what was kept");
    for (kept, customers) in kept.iter().zip([1, 0]) {
        let other = tempfile::tempdir().unwrap();
        std::fs::copy(kept.as_str().unwrap(), other.path().join(DATABASE_FILE)).unwrap();
        let copy = World { desk: Desk::open(other.path()).unwrap(), folder: other };
        assert_eq!(rows(&copy.ask("customer_list", json!({}))).len(), customers);
        copy.assert_holds();
    }
    drop(beside);
    world.ask("customer_add", json!({ "name": "Ernst" }));
    let world = world.reopened();
    assert_eq!(rows(&world.ask("customer_list", json!({}))).len(), 1);
    world.assert_holds();
}

#[test]
fn a_restore_that_another_program_holds_up_changes_nothing() {
    let world = World::with_book();
    let path = world.folder.path().join("backup.sqlite");
    world.ask("backup", json!({ "path": path }));
    let beside = world.connection();
    let snapshot = beside.unchecked_transaction().unwrap();
    snapshot.query_row("SELECT count(*) FROM customer", [], |row| row.get::<_, i64>(0)).unwrap();
    world.ask("customer_add", json!({ "name": "Late" }));
    let incarnation = world.desk.incarnation().id;
    assert_eq!(world.refused("restore", json!({ "path": path })).code, Code::Busy);
    assert_eq!((world.entries(), world.desk.incarnation().id), (2, incarnation));
    assert!(!files(world.folder.path()).iter().any(|name| name.contains("before-restore") || name.contains("staged")));
    drop(snapshot);
    world.ask("restore", json!({ "path": path }));
    assert_eq!(world.entries(), 1);
    world.assert_holds();
}

#[test]
fn what_is_saved_while_a_backup_is_restored_belongs_to_the_new_life_alone() {
    let world = World::with_book();
    let path = world.folder.path().join("backup.sqlite");
    let backup = world.ask("backup", json!({ "path": path }));
    let old = world.desk.incarnation().id;
    while_four_write(&world, || world.ask("restore", json!({ "path": path })));
    world.assert_holds();
    let forked: i64 = world
        .connection()
        .query_row(
            "SELECT count(*) FROM daybook_entry WHERE position > ?1 AND incarnation_id = ?2",
            rusqlite::params![backup["entries"].as_i64(), old],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(forked, 0, "entries under numbers that the old life has given already");
    let world = world.reopened();
    assert_eq!(world.desk.incarnation().reason, Reason::Restored);
    world.assert_holds();
}
