//! A pipe of calls, so that a program in any language can drive Daybook on an edge box.
//!
//! Writes take their place in the queue in the order in which they arrive; reads and tasks run beside them. Answers come
//! in any order, each with its envelope's id.

use crate::app::{App, error_object};
use crate::commands::{ENVELOPE_BYTES_MAX, Envelope, Kind, command};
use crate::kernel::{Code, Fault, Result};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{BufRead, BufWriter, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// How many calls may be under way; the next line is read when one of them is answered.
pub const IN_FLIGHT_MAX: usize = 256;
const WORKERS: usize = 4;

pub(super) const ABOUT: &str = "\
A line in:   {\"id\":1,\"command\":\"account_list\",\"input\":{}}   (also: book, person, request_id)
A line out:  {\"id\":1,\"answer\":{…}}  or  {\"id\":1,\"error\":{\"code\":…,\"message\":…}}
With --events, after each commit:  {\"event\":\"changed\",\"book\":…,\"tables\":[…],\"position\":…}

Writes are done in the order of their lines; answers come in any order. A line has 1,048,576 bytes at most; \
256 calls may be under way, and then the next line waits. End of input, Ctrl-C and SIGTERM end it, after all that was \
begun has been answered.";

enum Out {
    Line(String),
    /// The input has ended, or a signal came.
    Ending,
}

/// How many calls are under way.
#[derive(Default)]
struct InFlight {
    count: Mutex<usize>,
    less: Condvar,
}

impl InFlight {
    fn enter(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count >= IN_FLIGHT_MAX {
            count = self.less.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count += 1;
    }

    fn leave(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.less.notify_one();
    }

    fn is_empty(&self) -> bool {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) == 0
    }
}

/// What the threads of a pipe share.
#[derive(Clone)]
struct Pipe {
    app: App,
    out: Sender<Out>,
    in_flight: Arc<InFlight>,
    ending: Arc<AtomicBool>,
}

/// Serves standard input and output until the input ends, a signal comes, or nobody reads the output any more.
pub(super) fn serve(app: &App, events: bool) -> std::io::Result<()> {
    let (out, lines) = unbounded();
    let pipe = Pipe { app: app.clone(), out, in_flight: Arc::default(), ending: Arc::default() };
    if events {
        let out = pipe.out.clone();
        app.desk().listen(move |changed| {
            let line = json!({
                "event": "changed", "book": changed.book, "tables": changed.tables, "position": changed.position,
            });
            // After the pipe has ended there is nobody to tell.
            let _ = out.send(Out::Line(line.to_string()));
        });
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let on_signal = pipe.clone();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            on_signal.end();
        }
    });
    let (jobs, waiting) = bounded::<Envelope>(IN_FLIGHT_MAX);
    for _ in 0..WORKERS {
        let (pipe, waiting) = (pipe.clone(), waiting.clone());
        std::thread::spawn(move || pipe.work(&waiting));
    }
    let reading = pipe.clone();
    // Reading can't be interrupted, so it has a thread that may outlive the pipe and ends with the process.
    std::thread::spawn(move || {
        reading.read(std::io::stdin().lock(), &jobs);
        reading.end();
    });
    write(&pipe, &lines)
}

fn write(pipe: &Pipe, lines: &Receiver<Out>) -> std::io::Result<()> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut ending = false;
    loop {
        if lines.is_empty() {
            output.flush()?;
            if ending && pipe.in_flight.is_empty() && lines.is_empty() {
                return Ok(());
            }
        }
        match lines.recv() {
            Ok(Out::Line(line)) => {
                output.write_all(line.as_bytes())?;
                output.write_all(b"\n")?;
            }
            Ok(Out::Ending) => ending = true,
            Err(_) => return output.flush(),
        }
    }
}

impl Pipe {
    fn end(&self) {
        self.ending.store(true, Ordering::Release);
        let _ = self.out.send(Out::Ending); // the writer may have ended already
    }

    fn read(&self, mut input: impl BufRead, jobs: &Sender<Envelope>) {
        let mut line = Vec::new();
        while !self.ending.load(Ordering::Acquire) {
            match read_line(&mut input, &mut line) {
                Ok(Line::Whole) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Line::Whole) => {
                    self.in_flight.enter();
                    if self.ending.load(Ordering::Acquire) {
                        self.in_flight.leave();
                        return;
                    }
                    self.hand_in(&line, jobs);
                }
                Ok(Line::TooLong) => {
                    self.in_flight.enter();
                    let fault = Fault::new(Code::TooLong, format!("A line has {ENVELOPE_BYTES_MAX} bytes at most."));
                    self.answer(Value::Null, Err(fault));
                }
                Ok(Line::End) | Err(_) => return,
            }
        }
    }

    fn hand_in(&self, line: &[u8], jobs: &Sender<Envelope>) {
        // Its end does not belong to it, and does not count for its length.
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let parsed = std::str::from_utf8(line)
            .map_err(|cause| Fault::new(Code::Malformed, "The line is not UTF-8.").because(cause))
            .and_then(Envelope::parse);
        let mut envelope = match parsed {
            Ok(envelope) => envelope,
            // The id is given back even where the rest of the envelope is wrong.
            Err(fault) => {
                let id = serde_json::from_slice(line).map_or(Value::Null, |value: Value| value["id"].clone());
                return self.answer(id, Err(fault));
            }
        };
        let is_write = command(&envelope.command).is_ok_and(|command| command.kind == Kind::Write);
        if is_write {
            let (pipe, id) = (self.clone(), envelope.id.take().unwrap_or(Value::Null));
            self.app.submit(
                &envelope,
                Box::new(move |answer| {
                    pipe.answer(id, answer.map(|answer| answer.text().to_owned()));
                }),
            );
        } else if jobs.send(envelope).is_err() {
            self.in_flight.leave();
        }
    }

    fn work(&self, waiting: &Receiver<Envelope>) {
        while let Ok(mut envelope) = waiting.recv() {
            let id = envelope.id.take().unwrap_or(Value::Null);
            let answer = self.app.call(&envelope).map(|answer| answer.text().to_owned());
            self.answer(id, answer);
        }
    }

    fn answer(&self, id: Value, answer: Result<String>) {
        let line = match answer {
            Ok(text) => format!("{{\"id\":{id},\"answer\":{text}}}"),
            Err(fault) => json!({ "id": id, "error": error_object(&fault) }).to_string(),
        };
        // It has left only when its line is handed over, for the writer ends when all have left and no line waits. Where it
        // waits for that, it must be told to look again.
        let _ = self.out.send(Out::Line(line)); // nobody may be reading any more
        self.in_flight.leave();
        if self.ending.load(Ordering::Acquire) {
            let _ = self.out.send(Out::Ending);
        }
    }
}

enum Line {
    Whole,
    TooLong,
    End,
}

/// Reads a line, and no more of it into memory than is allowed.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Line> {
    line.clear();
    let most = u64::try_from(ENVELOPE_BYTES_MAX).unwrap_or(u64::MAX) + 1;
    let count = input.by_ref().take(most).read_until(b'\n', line)?;
    if count == 0 {
        return Ok(Line::End);
    }
    if line.last() == Some(&b'\n') || line.len() <= ENVELOPE_BYTES_MAX {
        return Ok(Line::Whole);
    }
    // The rest of the line is passed over.
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(Line::TooLong);
        }
        match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(Line::TooLong);
            }
            None => {
                let all = buffer.len();
                input.consume(all);
            }
        }
    }
}
