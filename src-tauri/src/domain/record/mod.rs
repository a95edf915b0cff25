//! Master records: how a noun that people edit states each of its fields once.
//!
//! Customers, products, taxes, people and accounts are added, edited and archived in the same way. What differs is their
//! fields, and a field has many places: the row that is answered, what adds one, what edits one, the statements, what a
//! search looks through, what head office lets an edit change, and what a column of an imported table may be called. All of
//! them follow from one line of a [`record!`]:
//!
//! ```text
//! record! {
//!     "customer", customer_id: CustomerId;                  // the table, and what commands call its id
//!     row Customer "A customer." from "customer t" {        // with what a row shows besides its fields, as SQL
//!         /// When it was archived.
//!         archived_at: Option<Instant> = "t.archived_at",
//!     }
//!     new NewCustomer "A customer to be added.";            // left out where adding one is more than its fields
//!     edit CustomerEdit "A change of a customer.";
//!     archive CustomerArchive "Which customer is archived.";// left out where it is closed instead
//!     fields {
//!         /// Its code, which no other customer of the book may have.
//!         code: optional Line<40>, searched, unique("code"), imported("code", "customerno");
//!     }
//! }
//! ```
//!
//! A field is `required`, `optional` or `presumed`, and that decides its type in each of the three: see [`required`], [`optional`]
//! and [`presumed`].
//! After its type come marks, which are the methods of [`Field`]. Columns that are no fields, such as what kind an account is, can be
//! ruled behind the fields: `others (column, rule)`. The structs, `NOUN`, `FIELDS` and `EDITED` come into being
//! where the macro stands, so there is one in a file; that file has `use super::record::{self, record};`.
//!
//! Not here: what a noun forbids, which its verbs say, and documents and the ledger, whose SQL is spelled out.

mod field;
mod verbs;

pub use field::{
    Cells, Change, Field, FieldType, Record, Statements, Values, count_searched, optional, parsed, parsed_line, phone,
    presumed, required, rules, searched, unique,
};
pub use verbs::{Removed, differing, remove_untouched, value_of, version};
pub(super) use verbs::{archive, archived, find, find_seen, insert, is_name_taken, list, seen, update};

/// What `archived` is where it is not given.
pub fn yes() -> bool {
    true
}

/// Declares a master record: see the head of this file.
macro_rules! record {
    (
        $table:literal, $key:ident: $Id:ty;
        row $Row:ident $row_about:literal from $from:literal $joined:tt
        $( new $New:ident $new_about:literal; )?
        edit $Edit:ident $edit_about:literal;
        $( archive $Archive:ident $archive_about:literal; )?
        fields $fields:tt
        $( others $others:expr )?
    ) => {
        record!(@fields $table $fields $( $others )?);
        record!(@row $Row $row_about $key $Id, $from, $joined $fields);
        $( record!(@new $New $new_about $key $Id, $fields); )?
        record!(@edit $Edit $edit_about $key $Id, $fields);
        $( record!(@archive $Archive $archive_about $key $Id); )?
    };

    (@fields $table:literal { $(
        $(#[doc = $about:literal])+ $field:ident: $need:ident $type:ty $(, $mark:ident $(( $($word:literal),+ $(,)? ))? )*;
    )+ } $( $others:expr )?) => {
        /// What columns may hold that are no fields.
        const OTHERS: &[(&str, $crate::kernel::Rule)] = &[ $( $others )? ];

        /// The fields.
        pub const FIELDS: &[record::Field] = &[ $(
            record::Field::new(
                stringify!($field),
                record::$need::IS_REQUIRED,
                <$type as record::FieldType>::RULE,
                concat!($($about),+),
            ).presumed(record::$need::IS_PRESUMED)$( .$mark($( &[$($word),+] )?) )*,
        )+ ];

        /// The columns that an edit may change.
        pub const EDITED: &[&str] = &[ $( stringify!($field) ),+ ];

        /// The noun, as other rooms know it.
        pub const NOUN: $crate::kernel::Noun = $crate::kernel::Noun {
            table: $table,
            kind: $crate::kernel::NounKind::Master,
            named_by: Some("name"),
            unique: record::unique(FIELDS),
            searched: &record::searched::<{ record::count_searched(FIELDS) }>(FIELDS),
            phone: record::phone(FIELDS),
            rules: &record::rules::<{ FIELDS.len() + OTHERS.len() }>(FIELDS, OTHERS),
        };
    };

    (@row $Row:ident $row_about:literal $key:ident $Id:ty, $from:literal, { $(
        $(#[doc = $joined_about:literal])+ $joined:ident: $joined_type:ty = $sql:literal,
    )* } { $(
        $(#[doc = $about:literal])+ $field:ident: $need:ident $type:ty $(, $mark:ident $(( $($words:tt)* ))? )*;
    )+ }) => {
        #[doc = $row_about]
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
        pub struct $Row {
            /// The id, the same on every device.
            pub id: $Id,
            $( $(#[doc = $about])+ pub $field: record::$need::InRow<$type>, )+
            $( $(#[doc = $joined_about])+ pub $joined: $joined_type, )*
            /// What an edit must name as seen.
            pub row_version: i64,
        }

        impl $crate::store::ReadRow for $Row {
            fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<$Row> {
                Ok($Row {
                    id: row.get("id")?,
                    $( $field: row.get(stringify!($field))?, )+
                    $( $joined: row.get(stringify!($joined))?, )*
                    row_version: row.get("row_version")?,
                })
            }
        }

        impl record::Record for $Row {
            const NOUN: &'static $crate::kernel::Noun = &NOUN;
            const FIELDS: &'static [record::Field] = FIELDS;
            const KEY: &'static str = stringify!($key);
            const COLUMNS: &'static str = concat!(
                "t.id" $(, ", t.", stringify!($field) )+ $(, ", ", $sql, " AS ", stringify!($joined) )*, ", t.row_version"
            );
            const FROM: &'static str = $from;

            fn id(&self) -> &dyn rusqlite::ToSql {
                &self.id
            }
            fn row_version(&self) -> i64 {
                self.row_version
            }
            fn values(&self) -> record::Values<'_> {
                vec![ $( (stringify!($field), &self.$field) ),+ ]
            }
            fn statements() -> &'static record::Statements {
                static STATEMENTS: record::Statements = record::Statements::new();
                &STATEMENTS
            }
        }
    };

    (@new $New:ident $new_about:literal $key:ident $Id:ty, { $(
        $(#[doc = $about:literal])+ $field:ident: $need:ident $type:ty $(, $mark:ident $(( $($words:tt)* ))? )*;
    )+ }) => {
        fn fresh_id() -> $Id {
            <$Id>::unless_given()
        }

        #[doc = $new_about]
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $New {
            /// The id; made here when it isn't given.
            #[serde(default = "fresh_id")]
            pub $key: $Id,
            $( $(#[doc = $about])+ pub $field: record::$need::InNew<$type>, )+
        }

        impl $New {
            /// One under that id, from a row of an imported table.
            ///
            /// # Errors
            /// Those of its fields; `missing_field`.
            pub fn from_cells($key: $Id, cells: &dyn record::Cells) -> $crate::kernel::Result<$New> {
                use record::FieldType;
                Ok($New {
                    $key,
                    $( $field: record::$need::from_cell(
                        stringify!($field),
                        <$type>::from_cells(cells, stringify!($field))?,
                    )?, )+
                })
            }

            /// The values of its fields.
            pub fn values(&self) -> record::Values<'_> {
                vec![ $( (stringify!($field), &self.$field) ),+ ]
            }
        }
    };

    (@edit $Edit:ident $edit_about:literal $key:ident $Id:ty, { $(
        $(#[doc = $about:literal])+ $field:ident: $need:ident $type:ty $(, $mark:ident $(( $($words:tt)* ))? )*;
    )+ }) => {
        #[doc = $edit_about]
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $Edit {
            /// The record that is meant, by its id.
            pub $key: $Id,
            /// The version that the person saw.
            pub row_version: i64,
            $( $(#[doc = $about])+ #[serde(default)] pub $field: record::$need::InEdit<$type>, )+
        }

        impl $Edit {
            /// A change of only these fields to what a row of an imported table says; what it says nothing of stays.
            ///
            /// # Errors
            /// Those of its fields.
            pub fn from_cells(
                $key: $Id,
                row_version: i64,
                cells: &dyn record::Cells,
                only: &[&str],
            ) -> $crate::kernel::Result<$Edit> {
                use record::FieldType;
                Ok($Edit {
                    $key,
                    row_version,
                    $( $field: if only.contains(&stringify!($field)) {
                        record::$need::edited(<$type>::from_cells(cells, stringify!($field))?)
                    } else {
                        Default::default()
                    }, )+
                })
            }

            fn changes(&self) -> record::Values<'_> {
                use record::Change;
                let all = [ $( (stringify!($field), self.$field.given()) ),+ ];
                all.into_iter().filter_map(|(column, given)| Some((column, given?))).collect()
            }
        }
    };

    (@archive $Archive:ident $archive_about:literal $key:ident $Id:ty) => {
        #[doc = $archive_about]
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $Archive {
            /// The record that is meant, by its id.
            pub $key: $Id,
            /// The version that the person saw.
            pub row_version: i64,
            /// False unarchives it.
            #[serde(default = "crate::domain::record::yes")]
            pub archived: bool,
        }
    };
}
pub(super) use record;

#[cfg(test)]
mod tests {
    use crate::domain::record::{self, Cells, Record};
    use crate::kernel::{Code, Edit, Id, Line, Money, Result, kind};
    use serde_json::json;

    record! {
        "thing", thing_id: Id<kind::Record>;
        row Thing "A thing." from "thing t JOIN place p ON p.id = t.place_id" {
            /// Where it is.
            place_name: String = "p.name",
        }
        new NewThing "A thing to be added.";
        edit ThingEdit "A change of a thing.";
        archive ThingArchive "A thing to be archived.";
        fields {
            /// Its name.
            name: required Line<5>, searched, imported("name", "thing");
            /// Its mark.
            mark: optional Line<5>, searched, unique("mark"), imported("mark");
            /// What it costs.
            price_minor: required Money;
        }
    }

    #[test]
    fn what_a_noun_declares_follows_from_its_fields() {
        assert_eq!((NOUN.table, NOUN.unique, NOUN.searched), ("thing", Some("mark"), ["name", "mark"].as_slice()));
        assert_eq!(EDITED, ["name", "mark", "price_minor"]);
        assert_eq!((Thing::KEY, Thing::FROM), ("thing_id", "thing t JOIN place p ON p.id = t.place_id"));
        assert_eq!(Thing::COLUMNS, "t.id, t.name, t.mark, t.price_minor, p.name AS place_name, t.row_version");
        let told: Vec<_> = FIELDS.iter().map(|it| (it.about(), it.is_required, it.aliases.len())).collect();
        assert_eq!(told, [("Its name", true, 2), ("Its mark", false, 1), ("What it costs", true, 0)]);
    }

    #[test]
    fn adding_needs_what_is_required_and_editing_changes_what_is_given() {
        let new = |input| serde_json::from_value::<NewThing>(input).map_err(|error| error.to_string());
        let added = new(json!({ "name": "a", "price_minor": 5 })).unwrap();
        assert_eq!(added.values().iter().map(|(column, _)| *column).collect::<Vec<_>>(), EDITED);
        assert!(new(json!({ "price_minor": 5 })).unwrap_err().starts_with("missing field `name`"));
        assert!(new(json!({ "name": "a", "price_minor": 5, "x": 1 })).unwrap_err().starts_with("unknown field `x`"));
        let edit = |more: serde_json::Value| {
            let mut input = json!({ "thing_id": added.thing_id, "row_version": 1 });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<ThingEdit>(input).unwrap()
        };
        let seen = edit(json!({}));
        assert_eq!((seen.thing_id, seen.row_version), (added.thing_id, 1));
        let columns = |edit: ThingEdit| edit.changes().iter().map(|(column, _)| *column).collect::<Vec<_>>();
        assert!(columns(edit(json!({}))).is_empty(), "what is not given stays");
        assert_eq!(edit(json!({ "mark": null })).mark, Edit::Clear);
        assert_eq!(columns(edit(json!({ "mark": null, "name": null }))), ["mark"], "null clears what may be missing");
        assert_eq!(columns(edit(json!({ "price_minor": 1, "name": "b" }))), ["name", "price_minor"]);
        let archive = json!({ "thing_id": added.thing_id, "row_version": 1 });
        let archive = serde_json::from_value::<ThingArchive>(archive).unwrap();
        assert_eq!((archive.thing_id, archive.row_version, archive.archived), (added.thing_id, 1, true));
    }

    /// A row of a table that has no marks.
    struct Row(&'static str);

    impl Cells for Row {
        fn text(&self, field: &str) -> Option<&str> {
            (field == "name").then_some(self.0)
        }
        fn money(&self, _: &str) -> Result<Option<Money>> {
            Ok(None)
        }
    }

    #[test]
    fn a_row_of_a_table_lacks_no_required_field() {
        let edit = |only: &[&str]| ThingEdit::from_cells(Id::from_bytes([7; 16]), 3, &Row("b"), only).unwrap();
        let columns = |edit: ThingEdit| edit.changes().iter().map(|(column, _)| *column).collect::<Vec<_>>();
        assert_eq!((columns(edit(&["name", "mark"])), edit(&[]).row_version), (vec!["name"], 3), "what it lacks stays");
        assert!(columns(edit(&["mark"])).is_empty());
        let read = |name| NewThing::from_cells(Id::from_bytes([7; 16]), &Row(name)).unwrap_err();
        assert_eq!((read("a").code, read("a").field.as_deref()), (Code::MissingField, Some("price_minor")));
        assert_eq!((read("abcdef").code, read("abcdef").field.as_deref()), (Code::TooLong, Some("name")));
    }
}
