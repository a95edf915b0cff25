//! How a noun is declared: once, beside its verbs, for every room that handles its rows without knowing what they mean.

/// A noun's table, and what other rooms need to know of it.
#[derive(Debug)]
pub struct Noun {
    /// Its table, in both databases.
    pub table: &'static str,
    /// Who may write its rows, and whether they change.
    pub kind: NounKind,
    /// The column that names a row to a person; none where a row is known by its owner alone.
    pub named_by: Option<&'static str>,
    /// The column that two devices may give the same value offline, which then is told as a conflict.
    pub unique: Option<&'static str>,
    /// The columns that a search looks through, in this order; their folded text is kept with the row.
    pub searched: &'static [&'static str],
    /// The column that holds phone numbers, which a search finds by their digits.
    pub phone: Option<&'static str>,
    /// What its columns may hold: a command parses them so, and head office's SQL is held to the same.
    pub rules: &'static [(&'static str, Rule)],
}

/// What a column may hold, whoever writes it.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// A [`Line`](super::Line) of so many characters at most.
    Line(usize),
    /// A [`Prose`](super::Prose) of so many characters at most.
    Prose(usize),
    /// An e-mail address of so many characters at most.
    Email(usize),
    /// Minor units: no less than this, no more than [`AMOUNT_MAX`](super::AMOUNT_MAX).
    Amount {
        /// The least.
        least: i64,
    },
    /// A whole number from 0 to this.
    Number {
        /// The most.
        most: i64,
    },
    /// 1 where it is so, else 0.
    Flag,
    /// A day that can be booked.
    Day,
    /// One of these words.
    Word {
        /// What they are called together, such as `a currency of ISO 4217`.
        about: &'static str,
        /// Gives them.
        of: fn() -> Vec<&'static str>,
    },
    /// The id of a record of the same book.
    Reference,
}

/// What kind of rows a noun has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NounKind {
    /// Records that people edit, on devices and at head office.
    Master,
    /// Documents with numbers of their own, `{device code}-{series}-{000001}`: made by a device, never changed.
    Document {
        /// The letters that their series begin with, one a kind of them.
        letters: &'static str,
    },
    /// Rows that are never changed or deleted.
    Posted,
    /// Rows that belong to a row of another table and go with it; they change as their owner does.
    Owned {
        /// The owner's table.
        by: &'static str,
    },
    /// What devices alone write, about their own work.
    Work,
}

impl NounKind {
    /// As head office's registry keeps it.
    pub const fn name(self) -> &'static str {
        match self {
            NounKind::Master => "master",
            NounKind::Document { .. } => "document",
            NounKind::Posted => "posted",
            NounKind::Owned { .. } => "owned",
            NounKind::Work => "work",
        }
    }
}

/// What the entry of a command may do to the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The table.
    pub table: &'static str,
    /// What is done to a row.
    pub operation: Operation,
    /// The columns that an update may set; empty for the other operations.
    pub columns: &'static [&'static str],
}

impl Right {
    /// Rows of a table may be made.
    pub const fn insert(table: &'static str) -> Right {
        Right { table, operation: Operation::Insert, columns: &[] }
    }

    /// These columns of a table's rows may change.
    pub const fn update(table: &'static str, columns: &'static [&'static str]) -> Right {
        Right { table, operation: Operation::Update, columns }
    }

    /// Rows of a table may go.
    pub const fn delete(table: &'static str) -> Right {
        Right { table, operation: Operation::Delete, columns: &[] }
    }
}

/// What a change does to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is made.
    Insert,
    /// Some of its columns change.
    Update,
    /// It goes.
    Delete,
}

impl Operation {
    /// As entries write it.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}
