//! What a command leaves: its answer, and what is told to whoever listens.

use crate::kernel::{BookId, Code, Fault, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// Writes an answer.
    pub(super) fn of(answer: &impl Serialize) -> Result<Answer> {
        serde_json::to_vec(answer)
            .map(Answer)
            .map_err(|cause| Fault::new(Code::Internal, "The answer can't be written as JSON.").because(cause))
    }

    /// The answer as a value.
    ///
    /// # Errors
    /// `damaged` when what was remembered is no JSON.
    pub fn value(&self) -> Result<Value> {
        self.read()
    }

    /// The answer as what it was written from.
    ///
    /// # Errors
    /// As [`Answer::value`].
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.0)
            .map_err(|cause| Fault::new(Code::Damaged, "A remembered answer can't be read.").because(cause))
    }

    /// The answer as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }
}

/// Takes an answer, once.
pub type Reply = Box<dyn FnOnce(Result<Answer>) + Send>;

/// What is told to whoever listens, after a COMMIT and only then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The book.
    pub book: BookId,
    /// The tables that changed.
    pub tables: Vec<String>,
    /// The entry; nothing when only local tables changed.
    pub position: Option<i64>,
}
