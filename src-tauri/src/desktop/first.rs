//! What the page asks first, asked while its window is still being made, and handed in with the page: its first frame shows answers.
//!
//! Not here: what an answer means. A question that is missing here is asked by the page itself, a little later.

use crate::app::{App, error_object};
use crate::commands::{Envelope, decode};
use crate::kernel::Result;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long the window waits for the answers before it opens without them: a store that is migrated or in use takes its time.
const PATIENCE: Duration = Duration::from_millis(400);

/// The setting that says what draws the window: `card` or `processor`.
const DRAWING: &str = "drawing";
/// The setting that says how large everything is, in percent.
const ZOOM: &str = "zoom";

/// Questions whose answers are being fetched.
pub(super) struct Asked(Receiver<Vec<Value>>);

/// Answers, as far as they came in time.
pub(super) struct First(Vec<Value>);

/// Each question, as the page asks it.
fn questions() -> Vec<(&'static str, Value)> {
    vec![
        ("setting_get", json!({ "key": DRAWING })),
        ("setting_get", json!({ "key": ZOOM })),
        ("setting_get", json!({ "key": "theme" })),
        ("setting_get", json!({ "key": "language" })),
        ("setting_get", json!({ "key": "single_keys" })),
        ("setting_get", json!({ "key": "setup_list_hidden" })),
        ("status", json!({})),
        ("overview", json!({})),
        ("sync_status", json!({})),
    ]
}

/// Asks, on a thread of its own.
pub(super) fn ask(opened: Arc<Result<App>>) -> Asked {
    let (send, answers) = channel();
    std::thread::spawn(move || {
        // Whoever doesn't wait any more has no use for them.
        let _ = send.send(answer_all(&opened));
    });
    Asked(answers)
}

fn answer_all(opened: &Result<App>) -> Vec<Value> {
    let Ok(app) = opened else { return Vec::new() };
    let answer = |(command, input): (&str, Value)| {
        let envelope = json!({ "command": command, "input": input });
        let answer =
            decode::<Envelope>(envelope).and_then(|envelope| app.call(envelope)).and_then(|answer| answer.value());
        match answer {
            Ok(answer) => json!({ "command": command, "input": input, "answer": answer }),
            Err(fault) => json!({ "command": command, "input": input, "fault": error_object(&fault) }),
        }
    };
    questions().into_iter().map(answer).collect()
}

impl Asked {
    /// Waits for the answers, but not for long.
    pub(super) fn wait(self) -> First {
        First(self.0.recv_timeout(PATIENCE).unwrap_or_default())
    }
}

impl First {
    /// The person's setting of what draws the window.
    pub(super) fn drawing(&self) -> Option<&str> {
        self.setting(DRAWING).as_str()
    }

    /// How large everything is drawn: 1 is as usual.
    pub(super) fn zoom(&self) -> f64 {
        self.setting(ZOOM).as_f64().map_or(1.0, |percent| (percent / 100.0).clamp(0.5, 3.0))
    }

    fn setting(&self, key: &str) -> &Value {
        self.0.iter().find(|told| told["input"]["key"] == key).map_or(&Value::Null, |told| &told["answer"]["value"])
    }

    /// The script that hands the answers to the page, before any of its own runs.
    pub(super) fn script(&self) -> String {
        format!("window.daybookFirst = {};", Value::from(self.0.as_slice()))
    }
}
