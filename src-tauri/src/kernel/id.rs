//! Typed ids: UUIDs that can't be taken for one another.

use super::{Code, Fault, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use uuid::Uuid;

/// The kinds of ids that the machinery itself needs; a noun adds its own beside its rules.
pub mod kind {
    macro_rules! kinds { ($($name:ident)*) => { $(
        #[doc = concat!("Marks the id of a ", stringify!($name), ".")]
        #[derive(Debug)]
        pub enum $name {}
    )* } }
    kinds!(Book Device Person Request Incarnation Record);
}

/// An id of one kind: 16 bytes in SQLite, hyphenated lower case in JSON.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// A fresh version 7 id (RFC 9562): its order is the order of making, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    pub fn fresh() -> Id<K> {
        Id(Uuid::now_v7(), PhantomData)
    }

    /// The id of an input in which its caller gave none: a fresh one, made as the input is read, so before its unit of work.
    #[expect(clippy::disallowed_methods, reason = "the edge: inputs are read before the unit of work")]
    pub fn unless_given() -> Id<K> {
        Id::fresh()
    }

    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Id<K> {
        Id(Uuid::from_bytes(bytes), PhantomData)
    }

    /// The bytes, as stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The same id as one of another kind.
    pub fn cast<Other>(self) -> Id<Other> {
        Id(self.0, PhantomData)
    }

    /// An id that follows from this one and a purpose, the same on every device: version 8 (RFC 9562), this id's
    /// first six bytes, so that the rows lie together, and 74 bits of SHA-256 over this id and the purpose.
    pub fn derive<Other>(&self, purpose: &str) -> Id<Other> {
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        hash.update(purpose.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes[..6].copy_from_slice(&self.0.as_bytes()[..6]);
        bytes[6..].copy_from_slice(&digest[..10]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id::from_bytes(bytes)
    }

    /// The n-th of many ids that follow from this one and a purpose: like [`Id::derive`], with the number in four of its
    /// bytes, so that rows made in order lie in order.
    pub fn derive_nth<Other>(&self, purpose: &str, n: u32) -> Id<Other> {
        let mut bytes = *self.derive::<Other>(purpose).as_bytes();
        bytes[9..13].copy_from_slice(&n.to_be_bytes());
        Id::from_bytes(bytes)
    }

    /// Like [`Id::derive`], but what follows from the same neighbourhood lies together.
    pub fn derive_near<Other>(&self, neighbourhood: &str, purpose: &str) -> Id<Other> {
        let near = *self.derive::<Other>(neighbourhood).as_bytes();
        let mut bytes = *self.derive::<Other>(purpose).as_bytes();
        bytes[6..9].copy_from_slice(&near[6..9]);
        Id::from_bytes(bytes)
    }

    /// Parses the hyphenated form and no other.
    pub fn parse(text: &str) -> Result<Id<K>> {
        if text.len() != 36 {
            return Err(Fault::new(Code::BadId, "An id is a hyphenated UUID."));
        }
        Uuid::try_parse(text)
            .map(|uuid| Id(uuid, PhantomData))
            .map_err(|cause| Fault::new(Code::BadId, "An id is a hyphenated UUID.").because(cause))
    }
}

// Derived implementations would ask the same of `K`, which is only a mark.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), out)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        Id::parse(&text).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}
impl<K> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
    fn inline_schema() -> bool {
        true
    }
}
