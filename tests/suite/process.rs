//! Daybook as others meet it: a process with a pipe, a folder and an exit code. And the dice that tests throw.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// How long a test waits for what must come: much longer than a busy machine needs, for then it fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the long variants are asked for.
pub fn is_long() -> bool {
    std::env::var_os("DAYBOOK_TEST_LONG").is_some_and(|it| it == "1")
}

/// A test can't be done here, and fails; where `DAYBOOK_TEST_MAY_SKIP` is set it is left out, and scripts/test counts it.
pub fn skip(why: &str) {
    assert!(std::env::var_os("DAYBOOK_TEST_MAY_SKIP").is_some(), "{why}; DAYBOOK_TEST_MAY_SKIP=1 leaves the test out");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Past the capture of what tests that pass print, and on a line of its own.
    writeln!(std::io::stderr(), "\nskipped: {test}: {why}").expect("standard error is open");
}

/// The program, with nothing of this process's surroundings that would change what it does, and away from anybody's key ring.
pub fn daybook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command.env_remove("DAYBOOK_STORE").env_remove("DAYBOOK_LOG").env("DAYBOOK_KEYRING", "off");
    command
}

/// Runs the program to its end.
pub fn run(store: &Path, arguments: &[&str]) -> Output {
    daybook().arg("--store").arg(store).args(arguments).stdin(Stdio::null()).output().expect("daybook starts")
}

/// Runs one command, which must succeed, in a process of its own.
pub fn call(store: &Path, command: &str, input: &Value) -> Value {
    let output = run(store, &["call", command, &input.to_string()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`call {command} {input}` ended with {}: {said}", output.status);
    serde_json::from_slice(&output.stdout).expect("an answer is JSON")
}

/// Dice whose throws follow from their seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// Dice of the seed in `DAYBOOK_TEST_SEED`, or of a fresh one. The seed is printed, and shown when the test fails.
    pub fn of_this_run(test: &str) -> Dice {
        let seed = match std::env::var("DAYBOOK_TEST_SEED") {
            Ok(seed) => seed.parse().expect("DAYBOOK_TEST_SEED is a number"),
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_nanos() as u64 >> 8,
        };
        println!("{test}: DAYBOOK_TEST_SEED={seed}");
        Dice(seed)
    }

    /// Dice of that seed.
    pub fn seeded(seed: u64) -> Dice {
        Dice(seed)
    }

    /// Dice that follow from these.
    pub fn fork(&mut self) -> Dice {
        Dice(self.throw())
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.throw() % end
    }

    /// Whether something of this chance in a hundred happens.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these; there must be one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// An id.
    pub fn id(&mut self) -> String {
        Uuid::from_u64_pair(self.throw(), self.throw()).to_string()
    }
}

/// `daybook pipe` as a child process. Dropping it kills it.
pub struct Pipe {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    /// What it writes, line by line; disconnected when it has closed its output.
    pub lines: Receiver<String>,
    reading: Option<JoinHandle<()>>,
}

impl Pipe {
    pub fn open(store: &Path) -> Pipe {
        Pipe::spawn(daybook().arg("--store").arg(store).arg("pipe"))
    }

    /// Starts a command that was put together, with its input and output led here. Should its standard error be led here,
    /// too, nobody reads it.
    pub fn spawn(command: &mut Command) -> Pipe {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("daybook starts");
        let output = BufReader::new(child.stdout.take().expect("its output is led here"));
        drop(child.stderr.take());
        let (sender, lines) = unbounded();
        let reading = std::thread::spawn(move || {
            for line in output.lines() {
                // What is not whole or not text was cut by a kill.
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Pipe { input: Mutex::new(child.stdin.take()), child, lines, reading: Some(reading) }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes bytes to its input; false when it takes no more.
    pub fn write(&self, bytes: &[u8]) -> bool {
        let mut input = self.input.lock().expect("no writer panicked");
        input.as_mut().is_some_and(|input| input.write_all(bytes).and_then(|()| input.flush()).is_ok())
    }

    /// Writes a line to its input; false when it takes no more.
    pub fn send(&self, line: &Value) -> bool {
        self.write(format!("{line}\n").as_bytes())
    }

    /// The next line that it writes, as it stands.
    pub fn text(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line comes in time")
    }

    /// The next line that it writes.
    pub fn line(&self) -> Value {
        let line = self.text();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("a line is JSON: {line}"))
    }

    /// Sends a call and waits for the next line, which must be its answer.
    pub fn ask(&self, command: &str, input: Value) -> Value {
        assert!(self.send(&json!({ "id": command, "command": command, "input": input })), "the pipe is open");
        let answer = self.line();
        assert_eq!(answer["id"], command, "nothing else is under way: {answer}");
        answer
    }

    /// Ends its input.
    pub fn end_input(&self) {
        self.input.lock().expect("no writer panicked").take();
    }

    pub fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).expect("a pid is small");
        // SAFETY: kill takes two numbers; the child was not waited for, so the pid is still its own.
        let sent = unsafe { libc::kill(pid, signal) };
        assert_eq!(sent, 0, "the signal is sent");
    }

    /// Waits for its end, reading nothing.
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        // A child's end can't be waited for with a limit; it is asked for in short turns.
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        panic!("daybook pipe did not end within {PATIENCE:?}");
    }

    /// Ends its input and waits for its end; what it still wrote.
    pub fn finish(mut self) -> (ExitStatus, Vec<String>) {
        self.end_input();
        let rest = self.rest();
        (self.wait(), rest)
    }

    /// Everything that it writes until it closes its output.
    pub fn rest(&self) -> Vec<String> {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => return rest,
                Err(RecvTimeoutError::Timeout) => panic!("daybook pipe did not end within {PATIENCE:?}"),
            }
        }
    }

    /// Kills it as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("the child is ours");
        self.end_input();
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.kill();
        if let Some(reading) = self.reading.take() {
            let _ = reading.join();
        }
    }
}

/// Who waits for which answer; nobody any more, once the process has ended.
type Waiting = Arc<Mutex<Option<HashMap<u64, Sender<Value>>>>>;

/// Many callers that share one pipe: each waits for its own answers, which come in any order.
pub struct Switchboard {
    pipe: Pipe,
    next: AtomicU64,
    waiting: Waiting,
    sorting: Option<JoinHandle<()>>,
}

impl Switchboard {
    pub fn over(pipe: Pipe) -> Switchboard {
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let (lines, callers) = (pipe.lines.clone(), Arc::clone(&waiting));
        let sorting = std::thread::spawn(move || {
            for line in lines {
                // A line that a kill cut short answers nobody.
                let Ok(answer) = serde_json::from_str::<Value>(&line) else { continue };
                let caller = answer["id"].as_u64().and_then(|id| callers.lock().ok()?.as_mut()?.remove(&id));
                if let Some(caller) = caller {
                    let _ = caller.send(answer);
                }
            }
            // Nothing more will come: whoever still waits is told so by the end of the channel.
            *callers.lock().expect("no caller panicked") = None;
        });
        Switchboard { pipe, next: AtomicU64::new(1), waiting, sorting: Some(sorting) }
    }

    pub fn open(store: &Path) -> Switchboard {
        Switchboard::over(Pipe::open(store))
    }

    pub fn pid(&self) -> u32 {
        self.pipe.pid()
    }

    /// Kills the process while callers wait; [`Switchboard::kill`] waits for its end.
    pub fn strike(&self) {
        self.pipe.signal(libc::SIGKILL);
    }

    /// Hands a call in, without waiting; the answer comes by the channel, which closes when none will come.
    pub fn hand_in(&self, mut envelope: Value) -> Receiver<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        envelope["id"] = json!(id);
        let (sender, receiver) = bounded(1);
        match self.waiting.lock().expect("no caller panicked").as_mut() {
            Some(waiting) => waiting.insert(id, sender),
            None => return receiver,
        };
        self.pipe.send(&envelope);
        receiver
    }

    /// Calls and waits for `{id, answer}` or `{id, error}`; nothing when the process ended without answering.
    pub fn ask(&self, envelope: Value) -> Option<Value> {
        match self.hand_in(envelope).recv_timeout(PATIENCE) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no answer within {PATIENCE:?}"),
        }
    }

    /// Calls, and gives the answer, which must be a success.
    pub fn call(&self, command: &str, input: Value) -> Value {
        let mut answer = self.ask(json!({ "command": command, "input": input })).expect("the process lives");
        assert!(answer["error"].is_null(), "`{command}` is not refused: {answer}");
        answer["answer"].take()
    }

    /// All rows of a list, page by page.
    pub fn all(&self, command: &str, input: &Value) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let mut input = input.clone();
            input["limit"] = json!(200);
            input["cursor"] = cursor;
            let mut page = self.call(command, input);
            rows.append(page["rows"].as_array_mut().expect("a page has rows"));
            cursor = page["next_cursor"].take();
            if cursor.is_null() {
                return rows;
            }
        }
    }

    /// Kills the process, and waits until every answer that it wrote has reached its caller.
    pub fn kill(&mut self) {
        self.pipe.kill();
        self.settle();
    }

    /// Ends the input and waits for the process's end.
    pub fn finish(&mut self) -> ExitStatus {
        self.pipe.end_input();
        self.settle();
        self.pipe.wait()
    }

    fn settle(&mut self) {
        if let Some(sorting) = self.sorting.take() {
            sorting.join().expect("the answers were sorted");
        }
    }
}

impl Drop for Switchboard {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A store with a book, a till and a bank that can pay for everything. Ids follow from the dice.
pub struct Shop {
    pub store: PathBuf,
    pub book: String,
    pub till: String,
    pub bank: String,
}

impl Shop {
    pub fn set_up(store: &Path, dice: &mut Dice) -> Shop {
        let shop = Shop { store: store.to_owned(), book: dice.id(), till: dice.id(), bank: dice.id() };
        let pipe = Pipe::open(store);
        let set_up = [
            (
                "book_setup",
                json!({
                    "book_id": shop.book, "name": "North route", "currency": "EUR", "person_name": "Ana",
                    "time_zone": "Europe/Madrid",
                }),
            ),
            (
                "account_open",
                json!({
                    "account_id": shop.till, "name": "Till", "kind": "cash", "minimum_minor": 0,
                    "opening_minor": 1_000_000_000,
                }),
            ),
            ("account_open", json!({ "account_id": shop.bank, "name": "Bank", "kind": "bank" })),
        ];
        for (command, input) in set_up {
            let answer = pipe.ask(command, input);
            assert!(answer["error"].is_null(), "{answer}");
        }
        let (status, _) = pipe.finish();
        assert!(status.success(), "the pipe ends cleanly: {status}");
        shop
    }

    /// A transfer from the till to the bank.
    pub fn transfer(&self, id: &str, amount_minor: u64) -> Value {
        json!({
            "transfer_id": id, "from_account_id": self.till, "to_account_id": self.bank,
            "amount_minor": amount_minor,
        })
    }
}
