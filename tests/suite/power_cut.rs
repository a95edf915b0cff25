//! Power cuts: every state of the disk that one may leave is opened, and nothing that was answered is lost, done twice or told untruly.
//!
//! A run of the program is written down, operation by operation, by `power_cut.c`: what it does to files, what it syncs, what it
//! answers. A cut at any moment leaves what was synced, and of the rest whatever the disk got to: all, nothing, the beginning of it, any
//! part, single sectors. Names reach the disk in their order, as with a journal, or in any, as POSIX allows. Each such state is built in
//! a folder, opened by the program's own code, asked for every request that was answered, and verified.

use crate::process::{Dice, Pipe, call, daybook, is_long, run};
use daybook::commands::{Envelope, Runner};
use daybook::kernel::{Code, Id};
use daybook::store::{is_sound, open_private};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const STATES: usize = 2_000;
const STATES_LONG: usize = 100_000;
/// One state in so many is looked at by the program as a process, too.
const BY_PROCESS_EVERY: usize = 100;
const SECTOR_BYTES: usize = 512;

// What a run did.

/// One operation on files below the root; paths are relative to it.
#[derive(Debug)]
enum Operation {
    Open { inode: u64, created: bool, truncated: bool, path: PathBuf },
    Write { inode: u64, offset: usize, bytes: Vec<u8> },
    Size { inode: u64, length: usize },
    Sync { inode: u64 },
    SyncFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Unlink(PathBuf),
    MakeFolder(PathBuf),
    RemoveFolder(PathBuf),
    Answer(Vec<u8>),
}

/// A run of the program, with what lay on the disk before it.
struct Run {
    name: &'static str,
    before: BTreeMap<PathBuf, Vec<u8>>,
    operations: Vec<Operation>,
    /// What was asked, in order, each with a request id where it writes.
    asked: Vec<Value>,
    /// Which of these is a restore, and how many entries its backup holds.
    restore: Option<(usize, i64)>,
}

impl Run {
    /// Whether there was no store when it began.
    fn begins_with_none(&self) -> bool {
        !self.before.contains_key(Path::new("store/daybook.sqlite"))
    }
}

fn parse(trace: &[u8], root: &Path) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut rest = trace;
    let relative = |path: &str| Path::new(path).strip_prefix(root).unwrap_or(Path::new("")).to_owned();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').expect("a line ends");
        let line = std::str::from_utf8(&rest[..end]).expect("a line is text");
        rest = &rest[end + 1..];
        let mut parts = line.split('\t');
        let words: Vec<&str> = parts.next().expect("a line has a word").split(' ').collect();
        let paths: Vec<PathBuf> = parts.map(relative).collect();
        let number = |index: usize| words[index].parse::<u64>().expect("a number");
        let mut bytes = |index: usize| {
            let (bytes, after) = rest.split_at(number(index) as usize);
            rest = after;
            bytes.to_vec()
        };
        operations.push(match words[0] {
            "open" => Operation::Open {
                inode: number(1),
                created: number(2) == 1,
                truncated: number(3) == 1,
                path: paths[0].clone(),
            },
            "write" => Operation::Write { inode: number(1), offset: number(2) as usize, bytes: bytes(3) },
            "size" => Operation::Size { inode: number(1), length: number(2) as usize },
            "sync" => Operation::Sync { inode: number(1) },
            "syncdir" => Operation::SyncFolder(paths[0].clone()),
            "rename" => Operation::Rename(paths[0].clone(), paths[1].clone()),
            "link" => Operation::Link(paths[0].clone(), paths[1].clone()),
            "unlink" => Operation::Unlink(paths[0].clone()),
            "mkdir" => Operation::MakeFolder(paths[0].clone()),
            "rmdir" => Operation::RemoveFolder(paths[0].clone()),
            "answer" => Operation::Answer(bytes(1)),
            other => panic!("an operation that nobody knows: {other}"),
        });
    }
    operations
}

fn files_below(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder is listed").map(|entry| entry.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("-shm") && !path.to_string_lossy().contains("/logs/") {
                let bytes = std::fs::read(&path).expect("a file is read");
                files.insert(path.strip_prefix(root).expect("it is below").to_owned(), bytes);
            }
        }
    }
    files
}

/// Runs `daybook pipe` on `root/store`, and writes down what it does. The calls of a group are sent at once, the next group when all of
/// it are answered.
struct Recorder {
    library: PathBuf,
    folder: PathBuf,
}

impl Recorder {
    fn build(folder: &Path) -> Recorder {
        let library = folder.join("power_cut.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&library)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/power_cut.c"))
            .arg("-ldl")
            .status()
            .expect("a C compiler is here, for SQLite is built with it");
        assert!(built.success(), "power_cut.c compiles");
        Recorder { library, folder: folder.to_owned() }
    }

    fn record(&self, name: &'static str, root: &Path, groups: Vec<Vec<Value>>, restore: Option<(usize, i64)>) -> Run {
        let before = files_below(root);
        let trace = self.folder.join(format!("{name}.trace"));
        let mut pipe = Pipe::spawn(
            daybook()
                .env("LD_PRELOAD", &self.library)
                .env("DAYBOOK_TRACE", &trace)
                .env("DAYBOOK_TRACE_ROOT", root)
                .arg("--store")
                .arg(root.join("store"))
                .arg("pipe"),
        );
        for group in &groups {
            group.iter().for_each(|call| assert!(pipe.send(call), "the pipe is open"));
            for _ in group {
                let answer = pipe.line();
                assert!(answer["error"].is_null(), "{name}: {answer}");
            }
        }
        pipe.end_input();
        assert!(pipe.wait().success(), "the pipe ends cleanly");
        let operations = parse(&std::fs::read(trace).expect("the trace is read"), root);
        Run { name, before, operations, asked: groups.into_iter().flatten().collect(), restore }
    }
}

/// A call with an id, and a request id where it writes.
struct Caller {
    dice: Dice,
    next: u64,
}

impl Caller {
    fn call(&mut self, command: &str, input: Value) -> Value {
        self.next += 1;
        let mut call = json!({ "id": self.next, "command": command, "input": input });
        if !["restore", "backup", "status"].contains(&command) {
            call["request_id"] = json!(self.dice.id());
        }
        call
    }

    fn work(&mut self, count: usize) -> Vec<Value> {
        (0..count)
            .map(|_| {
                let (id, note) = (self.dice.id(), "n".repeat(1 + self.dice.below(900) as usize));
                self.call("customer_add", json!({ "customer_id": id, "name": format!("Shop {id}"), "note": note }))
            })
            .collect()
    }

    fn book(&mut self) -> Value {
        let book = json!({ "name": "North route", "currency": "EUR", "person_name": "Ana", "time_zone": "UTC" });
        self.call("book_setup", book)
    }
}

/// The runs whose cuts are tried.
fn runs(folder: &Path, dice: &mut Dice) -> Vec<Run> {
    let recorder = Recorder::build(folder);
    let mut caller = Caller { dice: dice.fork(), next: 0 };
    let root_of = |name: &str| {
        let root = folder.join(name);
        std::fs::create_dir(&root).expect("a folder is made");
        root
    };
    let mut runs = Vec::new();

    // From nothing: the folder, the schema, the first life, the first mark.
    let root = root_of("first");
    let groups = vec![vec![caller.book()], caller.work(3)];
    runs.push(recorder.record("first", &root, groups, None));

    // Work alone and in groups, until the log is carried over at the end.
    let groups = vec![caller.work(1), caller.work(20), caller.work(1), caller.work(40)];
    runs.push(recorder.record("work", &root, groups, None));

    // A start after a death: what was written last is in the log alone.
    let dying = Pipe::open(&root.join("store"));
    (0..5).for_each(|number| drop(dying.ask("customer_add", json!({ "name": format!("Late {number}") }))));
    drop(dying);
    let groups = vec![caller.work(2)];
    runs.push(recorder.record("after a death", &root, groups, None));

    // A backup, and after it more work.
    let groups = vec![
        caller.work(1),
        vec![caller.call("backup", json!({ "path": root.join("copy.sqlite") }))],
        vec![caller.call("backup", json!({}))],
        caller.work(1),
    ];
    runs.push(recorder.record("backup", &root, groups, None));

    // A restore over a log that holds more than the backup.
    let backup = root.join("backup.sqlite");
    let entries =
        call(&root.join("store"), "backup", &json!({ "path": backup }))["entries"].as_i64().expect("a number");
    let groups =
        vec![caller.work(4), vec![caller.call("restore", json!({ "path": backup }))], caller.work(1), caller.work(3)];
    runs.push(recorder.record("restore", &root, groups, Some((4, entries))));

    // A restore where no store is.
    let root = root_of("new");
    std::fs::copy(&backup, root.join("backup.sqlite")).expect("the backup is copied");
    let restore = caller.call("restore", json!({ "path": root.join("backup.sqlite") }));
    let groups = vec![vec![restore], caller.work(2)];
    runs.push(recorder.record("restore anew", &root, groups, Some((0, entries))));
    runs
}

// What a cut leaves.

/// How the disk keeps what was not synced.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Data {
    /// Everything got there.
    Whole,
    /// Nothing.
    Nothing,
    /// In each file, what came first.
    Beginning,
    /// Any of it.
    Part,
    /// Any sectors of any of it.
    Sectors,
}

#[derive(Debug, Clone, Copy)]
struct Model {
    data: Data,
    /// Whether names reach the disk in their order, and with whatever is synced next, as with a journal.
    ordered: bool,
    /// Whether a file may have grown, by zeros, where what made it grow did not get there.
    lengthens: bool,
}

/// A file's bytes on the disk, and what was done to it since.
#[derive(Default)]
struct File<'r> {
    durable: Vec<u8>,
    pending: Vec<Change<'r>>,
}

#[derive(Clone, Copy)]
enum Change<'r> {
    Write(usize, &'r [u8]),
    Size(usize),
}

/// What is done to names, each with the file that it is about.
#[derive(Clone)]
enum Naming {
    Set(PathBuf, usize),
    Move(PathBuf, PathBuf, usize),
    Remove(PathBuf),
    Make(PathBuf),
}

impl Naming {
    fn folder(&self) -> &Path {
        let (Naming::Set(path, _) | Naming::Move(_, path, _) | Naming::Remove(path) | Naming::Make(path)) = self;
        path.parent().unwrap_or(Path::new(""))
    }

    fn apply(&self, disk: &mut Names) {
        match self {
            Naming::Set(path, file) => drop(disk.files.insert(path.clone(), *file)),
            Naming::Move(from, to, file) => {
                if disk.files.get(from) == Some(file) {
                    disk.files.remove(from);
                }
                disk.files.insert(to.clone(), *file);
            }
            Naming::Remove(path) => {
                disk.files.remove(path);
                disk.folders.remove(path);
            }
            Naming::Make(path) => drop(disk.folders.insert(path.clone())),
        }
    }
}

#[derive(Clone, Default)]
struct Names {
    files: BTreeMap<PathBuf, usize>,
    folders: HashSet<PathBuf>,
}

struct Disk<'r> {
    files: Vec<File<'r>>,
    inodes: HashMap<u64, usize>,
    /// As the program sees them.
    seen: Names,
    durable: Names,
    pending: Vec<Naming>,
    ordered: bool,
}

impl<'r> Disk<'r> {
    /// The disk as it is at a cut before the operation of that number.
    fn at(run: &'r Run, cut: usize, ordered: bool) -> Disk<'r> {
        let mut disk = Disk {
            files: Vec::new(),
            inodes: HashMap::new(),
            seen: Names::default(),
            durable: Names::default(),
            pending: Vec::new(),
            ordered,
        };
        for (path, bytes) in &run.before {
            disk.durable.files.insert(path.clone(), disk.files.len());
            disk.durable.folders.extend(path.ancestors().skip(1).map(Path::to_owned));
            disk.files.push(File { durable: bytes.clone(), pending: Vec::new() });
        }
        disk.seen = disk.durable.clone();
        run.operations[..cut].iter().for_each(|operation| disk.apply(operation));
        disk
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.seen);
        self.pending.push(naming);
    }

    fn apply(&mut self, operation: &'r Operation) {
        match operation {
            Operation::Open { inode, created, truncated, path } => {
                if *created {
                    self.files.push(File::default());
                    self.inodes.insert(*inode, self.files.len() - 1);
                    self.name(Naming::Set(path.clone(), self.files.len() - 1));
                    return;
                }
                // One that was opened and is gone by now is written down no more.
                let Some(file) = self.seen.files.get(path).copied() else { return };
                self.inodes.insert(*inode, file);
                if *truncated {
                    self.files[file].pending.push(Change::Size(0));
                }
            }
            Operation::Write { inode, offset, bytes } => {
                if let Some(file) = self.inodes.get(inode) {
                    self.files[*file].pending.push(Change::Write(*offset, bytes));
                }
            }
            Operation::Size { inode, length } => {
                if let Some(file) = self.inodes.get(inode) {
                    self.files[*file].pending.push(Change::Size(*length));
                }
            }
            Operation::Sync { inode } => {
                let Some(file) = self.inodes.get(inode).copied() else { return };
                let file = &mut self.files[file];
                for change in std::mem::take(&mut file.pending) {
                    write_whole(&mut file.durable, change);
                }
                if self.ordered {
                    self.names_are_durable(|_| true);
                }
            }
            Operation::SyncFolder(path) => {
                let ordered = self.ordered;
                self.names_are_durable(|naming| ordered || naming.folder() == path);
            }
            Operation::Rename(from, to) => {
                let Some(file) = self.seen.files.get(from).copied() else { return };
                self.name(Naming::Move(from.clone(), to.clone(), file));
            }
            Operation::Link(from, to) => {
                let Some(file) = self.seen.files.get(from).copied() else { return };
                self.name(Naming::Set(to.clone(), file));
            }
            Operation::Unlink(path) | Operation::RemoveFolder(path) => self.name(Naming::Remove(path.clone())),
            Operation::MakeFolder(path) => self.name(Naming::Make(path.clone())),
            Operation::Answer(_) => {}
        }
    }

    fn names_are_durable(&mut self, which: impl Fn(&Naming) -> bool) {
        let (durable, pending): (Vec<Naming>, Vec<Naming>) = self.pending.drain(..).partition(which);
        durable.iter().for_each(|naming| naming.apply(&mut self.durable));
        self.pending = pending;
    }

    /// One of the states that the cut may leave.
    fn left(&self, model: Model, dice: &mut Dice) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut names = self.durable.clone();
        let kept = match model.data {
            Data::Whole => self.pending.len(),
            Data::Nothing => 0,
            Data::Beginning | Data::Part | Data::Sectors => dice.below(self.pending.len() as u64 + 1) as usize,
        };
        for (number, naming) in self.pending.iter().enumerate() {
            let any = !model.ordered && matches!(model.data, Data::Part | Data::Sectors);
            if if any { dice.percent(50) } else { number < kept } {
                naming.apply(&mut names);
            }
        }
        let reachable = |path: &Path| {
            path.ancestors().skip(1).all(|folder| names.folders.contains(folder) || folder == Path::new(""))
        };
        names
            .files
            .iter()
            .filter(|(path, _)| reachable(path))
            .map(|(path, file)| (path.clone(), self.files[*file].left(model, dice)))
            .collect()
    }
}

fn write_whole(bytes: &mut Vec<u8>, change: Change) {
    match change {
        Change::Write(offset, written) => {
            bytes.resize(bytes.len().max(offset + written.len()), 0);
            bytes[offset..offset + written.len()].copy_from_slice(written);
        }
        Change::Size(length) => bytes.resize(length, 0),
    }
}

impl File<'_> {
    fn left(&self, model: Model, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let kept = dice.below(self.pending.len() as u64 + 1) as usize;
        for (number, change) in self.pending.iter().enumerate() {
            let is_left = match model.data {
                Data::Whole => true,
                Data::Nothing => false,
                Data::Beginning => number < kept,
                Data::Part | Data::Sectors => dice.percent(50),
            };
            match (change, model.data) {
                (Change::Write(offset, written), Data::Sectors) if is_left => {
                    // A sector is written whole or not at all.
                    let mut at = 0;
                    while at < written.len() {
                        let end = written.len().min(at + SECTOR_BYTES - (offset + at) % SECTOR_BYTES);
                        if dice.percent(50) {
                            write_whole(&mut bytes, Change::Write(offset + at, &written[at..end]));
                        }
                        at = end;
                    }
                }
                (change, _) if is_left => write_whole(&mut bytes, *change),
                (Change::Write(offset, written), _) if model.lengthens && dice.percent(50) => {
                    bytes.resize(bytes.len().max(offset + written.len()), 0);
                }
                _ => {}
            }
        }
        bytes
    }
}

// What must hold after it.

/// The answers that somebody may have read before the cut, by the id of the call.
fn answered(run: &Run, cut: usize) -> HashMap<u64, Value> {
    let told: Vec<u8> = run.operations[..cut]
        .iter()
        .filter_map(|operation| if let Operation::Answer(bytes) = operation { Some(bytes) } else { None })
        .flatten()
        .copied()
        .collect();
    let lines = told.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    lines
        .map(|line| serde_json::from_slice::<Value>(line).expect("a line is JSON"))
        .map(|mut line| (line["id"].as_u64().expect("its id"), line["answer"].take()))
        .collect()
}

fn lay(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, bytes).expect("a file is written");
    }
}

fn envelope(call: &Value) -> Envelope {
    Envelope {
        request_id: call["request_id"].as_str().map(|id| Id::parse(id).expect("an id")),
        ..Envelope::of(call["command"].as_str().expect("a name"), call["input"].clone())
    }
}

/// Opens a state as the next start would, and says what does not hold.
fn trouble(run: &Run, cut: usize, folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Option<String> {
    let answers = answered(run, cut);
    let store = folder.join("store");
    let runner = match Runner::open_existing(&store) {
        Ok(runner) => runner,
        // The first start was cut short before anything was answered: it begins anew.
        Err(fault) if fault.code == Code::NoStore && answers.is_empty() && run.begins_with_none() => {
            match Runner::open(&store) {
                Ok(runner) => runner,
                Err(fault) => return Some(format!("it can't be made anew: {}", fault.chain())),
            }
        }
        Err(fault) => return Some(format!("it does not open: {}", fault.chain())),
    };
    let unfinished =
        |path: &PathBuf| ["restore.staged", "unfinished"].iter().any(|it| path.to_string_lossy().contains(it));
    if let Some(left) = files_below(&store).keys().find(|path| unfinished(path) && !path.starts_with("backups")) {
        return Some(format!("{} is left for ever", left.display()));
    }
    let ask = |command: &str| runner.call(Envelope::of(command, json!({}))).and_then(|answer| answer.value());
    let status = match ask("status") {
        Ok(status) => status,
        Err(fault) => return Some(format!("no status: {}", fault.chain())),
    };
    let reason = status["incarnation"]["reason"].as_str().unwrap_or_default().to_owned();
    let is_restored = run.restore.is_some() && reason == "restored";
    if reason != "new" && !is_restored {
        return Some(format!("a life began: {reason}"));
    }
    if status["losses"] != json!([]) || status["mark"]["state"] != "agrees" {
        return Some(format!("the mark: {}, {}", status["mark"], status["losses"]));
    }
    // What is to be there: without a restore, all; with one, what came before it or what came after it.
    let expected: Vec<&Value> = match run.restore {
        None => run.asked.iter().collect(),
        Some((at, backed_up)) => {
            let is_answered = answers.contains_key(&run.asked[at]["id"].as_u64().expect("an id"));
            if is_answered && !is_restored {
                return Some("the restore was answered, and the old books are there".into());
            }
            if is_restored
                && !run.begins_with_none()
                && let Some(said) = kept_trouble(files, folder, backed_up + at as i64)
            {
                return Some(said);
            }
            if is_restored { run.asked[at + 1..].iter().collect() } else { run.asked[..at].iter().collect() }
        }
    };
    for call in expected {
        let known = answers.get(&call["id"].as_u64().expect("an id"));
        if call["request_id"].is_null() {
            continue;
        }
        match (runner.call(envelope(call)).and_then(|answer| answer.value()), known) {
            (Ok(answer), Some(known)) if answer != *known => {
                return Some(format!("was answered {known}, and is now {answer}"));
            }
            (Ok(_), _) => {}
            (Err(fault), _) => return Some(format!("{}: {}", call["command"], fault.chain())),
        }
    }
    match ask("verify") {
        Ok(report) if report["holds"] == true => {}
        Ok(report) => return Some(format!("verify finds {}", report["findings"])),
        Err(fault) => return Some(format!("verify: {}", fault.chain())),
    }
    // A backup that was answered is there, whole; one that was not, whole or not there.
    for call in run.asked.iter().filter(|call| call["command"] == "backup") {
        let answer = answers.get(&call["id"].as_u64().expect("an id"));
        let given = answer.map_or(&call["input"]["path"], |answer| &answer["path"]);
        let Some(name) = given.as_str().and_then(|path| Path::new(path).file_name()) else { continue };
        let found = files.keys().find(|path| path.file_name() == Some(name));
        match (found, answer) {
            (Some(path), _) => {
                let copy = folder.join(path);
                if let Err(fault) = open_private(&copy, false).and_then(|copy| is_sound(&copy)) {
                    return Some(format!("the backup {}: {}", copy.display(), fault.chain()));
                }
            }
            (None, Some(answer)) => return Some(format!("the backup is not there: {answer}")),
            (None, None) => {}
        }
    }
    None
}

/// The books that gave way to a backup are beside it, whole.
fn kept_trouble(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path, entries: i64) -> Option<String> {
    let kept = files.keys().find(|path| path.to_string_lossy().contains("before-restore"));
    let Some(kept) = kept else { return Some("the books that gave way to the backup are not there".into()) };
    let counted = open_private(&folder.join(kept), false)
        .and_then(|kept| is_sound(&kept).map(|()| kept))
        .map(|kept| kept.query_row("SELECT count(*) FROM daybook_entry", [], |row| row.get::<_, i64>(0)));
    match counted {
        Ok(Ok(count)) if count == entries => None,
        other => Some(format!("the books that gave way to the backup hold {other:?} entries instead of {entries}")),
    }
}

/// The cuts that are tried in any case: right behind what makes something durable, or changes a name, or answers. They are where a
/// sync that is missing shows.
fn planned(runs: &[Run]) -> Vec<(&Run, usize, Model)> {
    let models = [(Data::Nothing, false), (Data::Nothing, true), (Data::Whole, true), (Data::Part, false)];
    let mut planned = Vec::new();
    for (data, ordered) in models {
        for run in runs {
            let edges = run.operations.iter().enumerate().filter(|(_, it)| {
                !matches!(it, Operation::Open { .. } | Operation::Write { .. } | Operation::Size { .. })
            });
            planned.extend(edges.map(|(number, _)| (run, number + 1, Model { data, ordered, lengthens: false })));
        }
    }
    planned
}

fn thrown<'r>(runs: &'r [Run], dice: &mut Dice) -> (&'r Run, usize, Model) {
    let run = dice.pick(runs);
    let cut = dice.below(run.operations.len() as u64 + 1) as usize;
    let data = *dice.pick(&[Data::Whole, Data::Nothing, Data::Beginning, Data::Part, Data::Sectors]);
    (run, cut, Model { data, ordered: dice.percent(50), lengthens: dice.percent(30) })
}

/// One state in a folder of its own; false when it was tried before.
fn try_one(
    (run, cut, model): (&Run, usize, Model),
    dice: &mut Dice,
    seen: &Mutex<HashSet<u64>>,
    number: usize,
) -> Result<bool, String> {
    let files = Disk::at(run, cut, model.ordered).left(model, dice);
    let mut hasher = DefaultHasher::new();
    (run.name, &files, answered(run, cut).len()).hash(&mut hasher);
    if !seen.lock().unwrap_or_else(PoisonError::into_inner).insert(hasher.finish()) {
        return Ok(false);
    }
    let folder = folder_in_memory();
    lay(folder.path(), &files);
    let told = |said: String| {
        let last = run.operations[..cut].iter().rev().take(6).map(short).collect::<Vec<_>>().join(" < ");
        let left: Vec<String> =
            files.iter().map(|(path, bytes)| format!("{} {}", path.display(), bytes.len())).collect();
        format!(
            "{}, cut before operation {cut} of {}, {model:?}: {said}\nlast: {last}\nleft: {left:?}",
            run.name,
            run.operations.len()
        )
    };
    if let Some(said) = trouble(run, cut, folder.path(), &files) {
        return Err(told(said));
    }
    if number.is_multiple_of(BY_PROCESS_EVERY) {
        let again = folder_in_memory();
        lay(again.path(), &files);
        let output = run_verify(&again.path().join("store"));
        let is_first = run.begins_with_none() && answered(run, cut).is_empty();
        if !(output.contains("\"holds\":true") || (is_first && output.contains("no_store"))) {
            return Err(told(format!("the program says {output}")));
        }
    }
    Ok(true)
}

fn run_verify(store: &Path) -> String {
    let output = run(store, &["call", "verify"]);
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn short(operation: &Operation) -> String {
    match operation {
        Operation::Write { inode, offset, bytes } => format!("write {inode} at {offset}, {} bytes", bytes.len()),
        Operation::Answer(bytes) => format!("answer of {} bytes", bytes.len()),
        other => format!("{other:?}"),
    }
}

/// What is synced in memory costs nothing, and states are many.
fn folder_in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

#[test]
fn whatever_a_power_cut_leaves_nothing_that_was_answered_is_lost_or_done_twice() {
    let mut dice = Dice::of_this_run("power cut");
    let folder = folder_in_memory();
    let runs = runs(folder.path(), &mut dice);
    let wanted = if is_long() { STATES_LONG } else { STATES };
    let (seen, failed) = (Mutex::new(HashSet::new()), Mutex::new(Vec::new()));
    let planned = planned(&runs);
    let (turn, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (mut dice, runs, planned, seen, failed) = (dice.fork(), &runs, &planned, &seen, &failed);
            let (turn, tried) = (&turn, &tried);
            scope.spawn(move || {
                while tried.load(Ordering::Relaxed) < wanted {
                    let turn = turn.fetch_add(1, Ordering::Relaxed);
                    // Some states come up more than once; there are enough others.
                    if turn > 4 * wanted || !failed.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                        return;
                    }
                    let chosen = planned.get(turn).copied().unwrap_or_else(|| thrown(runs, &mut dice));
                    match try_one(chosen, &mut dice, seen, tried.load(Ordering::Relaxed)) {
                        Ok(true) => drop(tried.fetch_add(1, Ordering::Relaxed)),
                        Ok(false) => {}
                        Err(said) => failed.lock().unwrap_or_else(PoisonError::into_inner).push(said),
                    }
                }
            });
        }
    });
    let states = seen.lock().unwrap_or_else(PoisonError::into_inner).len();
    let operations: Vec<_> = runs.iter().map(|run| (run.name, run.operations.len())).collect();
    println!("{states} states of {operations:?}, {} planned, in {:?}", planned.len(), started.elapsed());
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(states >= wanted * 9 / 10, "there are states enough: {states}");
}
