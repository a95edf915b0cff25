//! A field of an edit: left as it is, cleared, or set.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// What an edit does with a field. In JSON: not given, `null`, or a value. Mark the field `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Leave it.
    #[default]
    Keep,
    /// Make it nothing.
    Clear,
    /// Make it this.
    Set(T),
}

impl<T> Edit<T> {
    /// The field's value after the edit, given the one before or the usual one.
    pub fn applied_to(self, before: Option<T>) -> Option<T> {
        match self {
            Edit::Keep => before,
            Edit::Clear => None,
            Edit::Set(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Edit::Clear, Edit::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Edit<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
    fn inline_schema() -> bool {
        true
    }
}
