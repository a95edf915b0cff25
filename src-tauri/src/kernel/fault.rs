//! What went wrong, for the person in front of it and for the program that acts on it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// The result of everything that can be refused.
pub type Result<T> = std::result::Result<T, Fault>;

/// A refusal or a failure: a code for programs, a sentence for people, the input field that caused it.
///
/// What SQLite or the operating system said stays in the source chain and goes to the log, not to the person.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What a program acts on.
    pub code: Code,
    /// A sentence for the person.
    pub message: String,
    /// The input field that caused it, as `name`, `columns.name` or `rows.3.name`.
    pub field: Option<String>,
    /// Facts that a screen shows, such as `available_minor`.
    pub details: Option<Box<serde_json::Value>>,
    /// What lay beneath.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault with its code and a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), field: None, details: None, source: None }
    }

    /// Says which input field caused it, unless a more exact place is known already.
    #[must_use]
    pub fn at(mut self, field: &str) -> Fault {
        if self.field.is_none() {
            self.field = Some(field.to_owned());
        }
        self
    }

    /// Adds facts for a screen.
    #[must_use]
    pub fn with(mut self, details: serde_json::Value) -> Fault {
        self.details = Some(Box::new(details));
        self
    }

    /// Keeps what lay beneath, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Fault {
        self.source = Some(source.into());
        self
    }

    /// The whole chain of sources in one line, for the log.
    pub fn chain(&self) -> String {
        let mut line = format!("{}: {}", self.code, self.message);
        let mut next: Option<&dyn Error> = self.source();
        while let Some(cause) = next {
            line.push_str(" <- ");
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }
}

macro_rules! codes {
    ($( $variant:ident $name:literal $about:literal; )*) => {
        /// Every code that can cross to a face. A code exists when a screen or a program acts on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $( #[doc = $about] $variant, )*
        }

        impl Code {
            /// All codes, in the order of this list.
            pub const ALL: &[Code] = &[ $( Code::$variant, )* ];

            /// The code as it crosses to a face.
            pub const fn name(self) -> &'static str {
                match self { $( Code::$variant => $name, )* }
            }

            /// When it is given.
            pub const fn about(self) -> &'static str {
                match self { $( Code::$variant => $about, )* }
            }

            /// The code of that name.
            pub fn named(name: &str) -> Option<Code> {
                match name { $( $name => Some(Code::$variant), )* _ => None }
            }
        }
    };
}

codes! {
    Malformed "malformed" "The text is not JSON, or not an envelope.";
    UnknownCommand "unknown_command" "No command has this name.";
    UnknownField "unknown_field" "The input has a field that the command does not know.";
    MissingField "missing_field" "A field that the command needs is not given.";
    WrongType "wrong_type" "A field holds another type than the command needs.";
    UnknownChoice "unknown_choice" "A field holds none of the words that it can hold.";
    Empty "empty" "A text that must say something says nothing.";
    TooLong "too_long" "A text or a list is longer than its limit.";
    BadText "bad_text" "A text holds control characters or marks that hide what it says.";
    OutOfRange "out_of_range" "A number is outside its bounds, or a sum would be.";
    BadDate "bad_date" "Not a date of the calendar as YYYY-MM-DD.";
    BadId "bad_id" "Not a hyphenated UUID.";
    BadCurrency "bad_currency" "Not an ISO 4217 currency code.";
    BadTimeZone "bad_time_zone" "Not a time zone of the IANA database.";
    BadEmail "bad_email" "Not an e-mail address.";
    BadCursor "bad_cursor" "The cursor is not one that this list gave for these settings.";

    NotFound "not_found" "What the input names is not in this book.";
    Stale "stale" "The record was changed after the person saw it; details hold the current one.";
    IdTaken "id_taken" "The id given for a new record belongs to another one.";
    CodeTaken "code_taken" "Another record of this book has this code.";
    NameTaken "name_taken" "Another record of this book has this name.";
    InsufficientFunds "insufficient_funds" "The account would go below its minimum; details say what is available and what was asked.";
    BelowMinimum "below_minimum" "The account would be below its minimum at the end of an earlier day; details say which, and what it would hold.";
    NotCustodian "not_custodian" "Only the device that keeps this account or order may lower, change or hand it over.";
    PeriodClosed "period_closed" "Head office has closed the books through that day; details say which one is the last.";
    AccountClosed "account_closed" "The account is closed.";
    AccountNotEmpty "account_not_empty" "The account still holds a balance.";
    SameAccount "same_account" "Both sides are the same account.";
    WrongAccountKind "wrong_account_kind" "An account of this kind can't be used for this.";
    AlreadyOpened "already_opened" "The account has an opening balance that was not reversed.";
    AlreadyReversed "already_reversed" "The document has been reversed already, or is itself a reversal.";
    OverClaimed "over_claimed" "More is claimed than is open, or than the payment is worth; details say what is left.";
    DuplicateReference "duplicate_reference" "The account has a payment of this reference; details say which. It may be accepted.";
    WalkIn "walk_in" "The walk-in customer stays as it is, owes nothing, and pays at once.";
    Credited "credited" "The bill was credited in part; credit the rest.";
    MoreThanSold "more_than_sold" "More is credited than is left of what was sold, as far as this device knows; details say how much is.";
    WrongState "wrong_state" "The order is not in a state in which this can be done; details say which it is in.";
    WrongDocument "wrong_document" "This can't be done to a document of this kind.";
    CreditLimit "credit_limit" "The customer would owe more than its limit; details say by how much. An owner may accept it.";
    Archived "archived" "The record is archived; or the person is, who would act.";
    LastOwner "last_owner" "The book would be left without an owner.";
    NoBook "no_book" "There is no book yet, or none was chosen.";
    NoPerson "no_person" "Nobody was chosen as the person who acts.";
    NotAllowed "not_allowed" "The person's role does not allow this command.";
    BookNotEmpty "book_not_empty" "The book holds entries already.";
    ClockDoubtful "clock_doubtful" "The machine's clock is behind the newest entry, far ahead of it, or off head office's; details say both times.";
    RequestReused "request_reused" "The request id was used before, with another input.";
    BatchFinished "batch_finished" "The import is finished; nothing is left to do.";
    BatchUndone "batch_undone" "The import was taken back.";

    FileUnreadable "file_unreadable" "The file can't be read.";
    FileExists "file_exists" "A file of this name is there already; nothing was overwritten.";
    FileUnwritable "file_unwritable" "The file can't be written.";
    BadCsv "bad_csv" "The file is not a table that the importer can read.";
    BadMapping "bad_mapping" "The mapping names a column or a field that isn't there, or lacks one that is needed.";
    PrinterUnreachable "printer_unreachable" "The printer can't be reached, or took nothing; nothing was printed.";
    PrinterStuck "printer_stuck" "The printer took a part and no more; something may have been printed.";
    NotABackup "not_a_backup" "The file is not a sound backup of a Daybook store.";

    NotSynced "not_synced" "This book is not synced with a head office.";
    BadLink "bad_link" "The text is not a link that a head office gave.";
    Unreachable "unreachable" "Head office can't be reached at the moment; work goes on and is sent later.";
    Refused "refused" "Head office does not let this device in, or not for this book.";
    KeyRingShut "key_ring_shut" "The password for head office is in a key ring that is locked or can't be reached; it waits.";
    Tls "tls" "The connection to head office is not safe, so nothing was sent.";
    CentralTooOld "central_too_old" "Head office has an older Daybook that does not know what this device writes; it waits.";
    CentralTooNew "central_too_new" "Head office has a newer Daybook than this device can read; it waits for an update of this one.";
    CentralDiffers "central_differs" "What head office sent does not add up with its own hashes; nothing of it was taken in.";
    CentralRewound "central_rewound" "Head office was put back to an older day; this book waits, and nothing is lost.";
    Copied "copied" "A copy of this store has sent other entries under the same numbers.";
    AlreadySettled "already_settled" "The conflict was settled already.";

    Busy "busy" "The command waited its patience and was not begun; nothing was done.";
    InUse "in_use" "Another process owns the store.";
    ReadOnly "read_only" "The store was opened beside its owner, for reading only.";
    NoStore "no_store" "There is no store in the folder yet; the message says what makes one.";
    NotAStore "not_a_store" "The file belongs to another program; it was left untouched.";
    TooNew "too_new" "The store was written by a newer Daybook; it was left untouched.";
    MigrationFailed "migration_failed" "A migration failed; the store was put back as it was.";
    Damaged "damaged" "The store or its history can't be read as Daybook wrote it.";
    DiskFull "disk_full" "The disk is full; nothing was saved.";
    Io "io" "Reading or writing the disk failed; nothing was saved.";
    OutcomeUnknown "outcome_unknown" "The disk failed while saving; ask again with the same request id.";
    Internal "internal" "A fault of Daybook itself; the log says more.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(from)?;
        Code::named(&name).ok_or_else(|| de::Error::custom("no code has this name"))
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        json_schema!({ "type": "string", "description": "Why something was refused.", "enum": names })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Parts a code from its sentence while a fault travels through serde, whose errors are bare text.
const SPOKEN_MARK: char = '\u{1}';

impl Fault {
    /// The fault as text that [`Fault::heard`] reads back.
    pub fn to_serde(&self) -> String {
        format!("{SPOKEN_MARK}{}{SPOKEN_MARK}{}", self.code, self.message)
    }

    /// The fault that was to_serde, if the text holds one.
    pub fn from_serde(text: &str) -> Option<Fault> {
        let (_, rest) = text.split_once(SPOKEN_MARK)?;
        let (code, message) = rest.split_once(SPOKEN_MARK)?;
        Some(Fault::new(Code::named(code)?, message))
    }
}
