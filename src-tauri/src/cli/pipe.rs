//! A pipe of calls, so that a program in any language can drive Daybook on an edge box.
//!
//! Writes take their place in the queue in the order in which they arrive; reads and tasks run beside them. Answers come
//! in any order, each with its envelope's id.

use super::stop::{Stop, unwritten};
use crate::app::{App, error_object};
use crate::commands::{ENVELOPE_BYTES_MAX, Envelope, Kind, command, without_mark};
use crate::kernel::{Code, Fault, Result};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use serde_json::json;
use serde_json::value::RawValue;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeMap;
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

/// What a caller knows its line by, as it was written: a number may have more digits than a program can count with. It is given
/// back even where the rest of the line is wrong.
struct GivenId(Option<Box<RawValue>>);

impl GivenId {
    const NONE: GivenId = GivenId(None);

    fn of(line: &str) -> GivenId {
        // A line that is no object of JSON has no id.
        let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(without_mark(line)).unwrap_or_default();
        GivenId(fields.into_iter().find_map(|(name, value)| (name == "id").then_some(value)))
    }

    fn text(&self) -> &str {
        self.0.as_ref().map_or("null", |id| id.get())
    }
}

/// A call that waits for a thread.
type Job = (GivenId, Envelope);

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
pub(super) fn serve(app: &App, events: bool) -> std::result::Result<(), Stop> {
    let (out, lines) = unbounded();
    let pipe = Pipe { app: app.clone(), out, in_flight: Arc::default(), ending: Arc::default() };
    if events {
        let out = pipe.out.clone();
        app.listen(move |changed| {
            let line = json!({
                "event": "changed", "book": changed.book, "tables": changed.tables, "position": changed.position,
            });
            // After the pipe has ended there is nobody to tell.
            let _ = out.send(Out::Line(line.to_string()));
        });
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|cause| Fault::new(Code::Internal, "Signals can't be listened to.").because(cause))?;
    let on_signal = pipe.clone();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            on_signal.end();
        }
    });
    let (jobs, waiting) = bounded::<Job>(IN_FLIGHT_MAX);
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
    write(&pipe, &lines).map_err(unwritten)
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

    fn read(&self, mut input: impl BufRead, jobs: &Sender<Job>) {
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
                    self.answer(&GivenId::NONE, Err(fault));
                }
                Ok(Line::End) | Err(_) => return,
            }
        }
    }

    fn hand_in(&self, line: &[u8], jobs: &Sender<Job>) {
        // Its end does not belong to it, and does not count for its length.
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let Ok(line) = std::str::from_utf8(line) else {
            return self.answer(&GivenId::NONE, Err(Fault::new(Code::Malformed, "The line is not UTF-8.")));
        };
        let id = GivenId::of(line);
        let envelope = match Envelope::parse(line) {
            Ok(envelope) => envelope,
            Err(fault) => return self.answer(&id, Err(fault)),
        };
        let is_write = command(&envelope.command).is_ok_and(|command| command.kind == Kind::Write);
        if is_write {
            let pipe = self.clone();
            self.app.submit(
                envelope,
                Box::new(move |answer| {
                    pipe.answer(&id, answer.map(|answer| answer.text().to_owned()));
                }),
            );
        } else if jobs.send((id, envelope)).is_err() {
            self.in_flight.leave();
        }
    }

    fn work(&self, waiting: &Receiver<Job>) {
        while let Ok((id, envelope)) = waiting.recv() {
            let answer = self.app.call(envelope).map(|answer| answer.text().to_owned());
            self.answer(&id, answer);
        }
    }

    fn answer(&self, id: &GivenId, answer: Result<String>) {
        let (name, text) = match answer {
            Ok(text) => ("answer", text),
            Err(fault) => ("error", error_object(&fault).to_string()),
        };
        let line = format!("{{\"id\":{},\"{name}\":{text}}}", id.text());
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
