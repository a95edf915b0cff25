//! What a row is known by when it comes again: what would be stored of it, field by field.
//!
//! Raw text is no help: `1.50` and `1,5` are one price. And a column that one import has and another one hasn't makes no other
//! row. So a fingerprint begins with what every row of a kind must say, which an index finds, and goes on with a short hash of
//! each other field that was mapped; two rows are compared in the fields that both have.

use super::kinds::{Draft, ImportKind};
use crate::domain::record::value_of;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// How much of a fingerprint rows of the same required fields share.
pub const ANCHOR_BYTES: usize = 8;
const TAG_BYTES: usize = 2;
const HASH_BYTES: usize = 3;

/// A fingerprint: the anchor, whether the row has a reference, and for each other field its tag and a short hash, which
/// are zero where the row says nothing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// That of a row of which these fields are mapped.
    pub fn of(kind: &ImportKind, draft: &dyn Draft, mapped: impl Fn(&str) -> bool, has_reference: bool) -> Fingerprint {
        let values = draft.values();
        let mut anchor = Sha256::new();
        anchor.update(kind.of.name());
        let mut fields = vec![u8::from(has_reference)];
        for field in kind.fields() {
            let value = values.iter().find(|(name, _)| *name == field.name).and_then(|(_, value)| value.to_sql().ok());
            let value = value.as_ref().map_or(ValueRef::Null, value_of);
            if field.is_required {
                anchor.update([0]);
                update(&mut anchor, value);
            } else if mapped(field.name) {
                fields.extend(tag(field.name));
                fields.extend(short_hash(value));
            }
        }
        let mut bytes = anchor.finalize()[..ANCHOR_BYTES].to_vec();
        bytes.extend(fields);
        Fingerprint(bytes)
    }

    /// One that was kept.
    pub fn kept(bytes: Vec<u8>) -> Fingerprint {
        Fingerprint(bytes)
    }

    /// As it is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where those with the same anchor begin, and where they end.
    pub fn range(&self) -> (&[u8], Vec<u8>) {
        let anchor = &self.0[..ANCHOR_BYTES];
        // Every fingerprint goes on with the byte for the reference, which is 0 or 1.
        (anchor, [anchor, &[2]].concat())
    }

    /// Whether its row has a reference.
    pub fn has_reference(&self) -> bool {
        self.0.get(ANCHOR_BYTES) == Some(&1)
    }

    /// Whether two rows say the same in all fields that were mapped for both.
    pub fn agrees_with(&self, other: &Fingerprint) -> bool {
        self.0.get(..ANCHOR_BYTES) == other.0.get(..ANCHOR_BYTES)
            && self.fields().all(|(tag, hash)| other.fields().all(|(its, said)| its != tag || said == hash))
    }

    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fields = self.0.get(ANCHOR_BYTES + 1..).unwrap_or_default();
        fields.chunks_exact(TAG_BYTES + HASH_BYTES).map(|field| field.split_at(TAG_BYTES))
    }
}

/// What a field is called in a fingerprint; a test holds the tags of a kind apart.
fn tag(field: &str) -> [u8; TAG_BYTES] {
    let digest = Sha256::digest(field);
    [digest[0], digest[1]]
}

fn short_hash(value: ValueRef<'_>) -> [u8; HASH_BYTES] {
    if value == ValueRef::Null {
        return [0; HASH_BYTES];
    }
    let mut hash = Sha256::new();
    update(&mut hash, value);
    let digest = hash.finalize();
    [digest[0], digest[1], digest[2] | 1]
}

fn update(hash: &mut Sha256, value: ValueRef<'_>) {
    match value {
        ValueRef::Integer(number) => hash.update(number.to_be_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hash.update(bytes),
        ValueRef::Null | ValueRef::Real(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::{CellsOfRow, Decimal};
    use super::super::kinds::{Importable, KINDS};
    use super::*;
    use crate::kernel::{Currency, Id};
    use std::collections::BTreeSet;

    fn print(kind: Importable, cells: &[(&'static str, &str)], decimal: Decimal, has_reference: bool) -> Fingerprint {
        let row = CellsOfRow::of(cells.iter().copied(), decimal, Currency::parse("EUR").unwrap());
        let draft = (kind.kind().draft)(Id::from_bytes([1; 16]), &row).unwrap();
        let mapped = |field: &str| cells.iter().any(|(name, _)| *name == field);
        Fingerprint::of(kind.kind(), draft.as_ref(), mapped, has_reference)
    }

    #[test]
    fn a_field_has_a_tag_of_its_own() {
        for kind in KINDS {
            let tags: BTreeSet<[u8; TAG_BYTES]> = kind.fields().map(|field| tag(field.name)).collect();
            assert_eq!(tags.len(), kind.fields().count(), "{}", kind.of.name());
        }
    }

    #[test]
    fn a_row_is_known_by_what_would_be_stored() {
        let bread = |price: &str, decimal| {
            print(Importable::Products, &[("name", "Bread"), ("price_minor", price)], decimal, false)
        };
        assert_eq!(bread("1.50", Decimal::Point), bread("1,5", Decimal::Comma));
        assert_ne!(bread("1.50", Decimal::Point), bread("1.51", Decimal::Point));
        let anna = |cells: &[(&'static str, &str)]| print(Importable::Customers, cells, Decimal::Point, false);
        assert_eq!(anna(&[("name", "Zoe\u{301}")]), anna(&[("name", " Zoé ")]));
    }

    #[test]
    fn rows_agree_where_they_say_the_same_in_what_both_have() {
        let anna = |cells: &[(&'static str, &str)]| print(Importable::Customers, cells, Decimal::Point, false);
        let named = anna(&[("name", "Anna")]);
        let called = anna(&[("name", "Anna"), ("phone", "07")]);
        let living = anna(&[("name", "Anna"), ("city", "Rome")]);
        let quiet = anna(&[("name", "Anna"), ("phone", "")]);
        for (one, other, agree) in
            [(&named, &called, true), (&called, &living, true), (&called, &quiet, false), (&quiet, &living, true)]
        {
            assert_eq!((one.agrees_with(other), other.agrees_with(one)), (agree, agree));
        }
        assert!(!named.agrees_with(&anna(&[("name", "Ben")])));
        let referred = print(Importable::Customers, &[("name", "Anna")], Decimal::Point, true);
        assert!(referred.agrees_with(&named) && referred.has_reference() && !named.has_reference());
        let (from, to) = referred.range();
        assert!(from <= named.bytes() && named.bytes() < to.as_slice() && referred.bytes() < to.as_slice());
    }
}
