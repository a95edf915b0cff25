//! What an entry's bytes say, whoever made it: this device, another one, or head office.

use crate::kernel::{BookId, Id, IncarnationId, Instant, PersonId, RequestId, kind};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A row's columns, as JSON.
pub type Image = Map<String, Value>;

/// What an entry's bytes say (format 1). What head office made has no incarnation, sequence, person, request and schema.
#[derive(Debug, Clone, Deserialize)]
pub struct Body {
    /// When, in UTC milliseconds.
    pub at: Instant,
    /// The book.
    pub book: BookId,
    /// What changed, in order.
    pub changes: Vec<Change>,
    /// The command.
    pub command: String,
    /// The life of the store it was made in.
    #[serde(default)]
    pub incarnation: Option<IncarnationId>,
    /// Who acted.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The request.
    #[serde(default)]
    pub request: Option<RequestId>,
    /// The schema: the newest migration then.
    #[serde(default)]
    pub schema: Option<i64>,
    /// Its number in book and incarnation.
    #[serde(default)]
    pub sequence: Option<i64>,
}

/// A change of one row.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// The row's id.
    pub key: Id<kind::Record>,
    /// The columns afterwards; none where the row went.
    #[serde(default)]
    pub new: Image,
    /// The columns before; none where the row was made.
    #[serde(default)]
    pub old: Image,
    /// `insert`, `update` or `delete`.
    pub op: String,
    /// The table.
    pub table: String,
}

impl Body {
    /// Reads an entry's bytes.
    ///
    /// # Errors
    /// When they are no entry. What that means, the caller knows: an own entry is damaged, one of the log differs.
    pub fn parse(bytes: &[u8]) -> Result<Body, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
