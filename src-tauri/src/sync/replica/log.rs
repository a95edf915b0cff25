//! What head office decided otherwise than an entry of the log says.

use super::state::differs;
use crate::daybook::{Body, Image};
use crate::kernel::{Id, Result, kind::Record};
use serde::Deserialize;

/// What took effect instead.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::sync) struct Effect {
    #[serde(default)]
    pub(in crate::sync) changes: Vec<Deviation>,
    #[serde(default)]
    pub(in crate::sync) reason: Option<String>,
    #[serde(default)]
    pub(in crate::sync) detail: Option<String>,
}

/// `update`: these columns have other values; `stand`: the row is this one; `gone`: there is no such row.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::sync) struct Deviation {
    pub(in crate::sync) key: Id<Record>,
    pub(in crate::sync) op: String,
    pub(in crate::sync) table: String,
    #[serde(default)]
    pub(in crate::sync) new: Image,
    #[serde(default)]
    pub(in crate::sync) by: Image,
}

/// Reads an entry of the log.
///
/// # Errors
/// `central_differs`.
pub(in crate::sync) fn parse(body: &[u8]) -> Result<Body> {
    Body::parse(body).map_err(|cause| differs("An entry of the log can't be read.").because(cause))
}
