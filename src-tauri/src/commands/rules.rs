//! What is said of a command before it is run: who may give it, what it may refuse, what it writes and what it rests on.

use crate::domain::person::Role;
use crate::kernel::{Code, Right};

/// Who may give a command.
pub const ANYONE: &[Role] = &[Role::Owner, Role::Clerk];
/// Owners alone.
pub const OWNER: &[Role] = &[Role::Owner];

/// What every command can be refused with, and so none names as its own: what is wrong with the call itself, that what it
/// names isn't there or is archived, that nobody may do this here, and what can happen to any store.
pub const GENERAL: &[Code] = &[
    Code::Malformed,
    Code::UnknownCommand,
    Code::UnknownField,
    Code::MissingField,
    Code::WrongType,
    Code::UnknownChoice,
    Code::Empty,
    Code::TooLong,
    Code::BadText,
    Code::OutOfRange,
    Code::BadId,
    Code::NotFound,
    Code::Archived,
    Code::NoBook,
    Code::NoPerson,
    Code::NotAllowed,
    Code::RequestReused,
    Code::ClockDoubtful,
    Code::Busy,
    Code::InUse,
    Code::ReadOnly,
    Code::Damaged,
    Code::DiskFull,
    Code::Io,
    Code::OutcomeUnknown,
    Code::Internal,
];

/// What only the opening of a store is refused with, before there is anything to give a command to.
pub const OPENING: &[Code] = &[Code::NoStore, Code::NotAStore, Code::MigrationFailed];

/// What reversing a document is refused with.
pub(super) const REVERSING: &[Code] = &[
    Code::AlreadyReversed,
    Code::AccountClosed,
    Code::NotCustodian,
    Code::InsufficientFunds,
    Code::BelowMinimum,
    Code::BadDate,
    Code::PeriodClosed,
];

/// The rules of a command.
#[derive(Debug)]
pub struct Rules {
    /// Its name.
    pub name: &'static str,
    /// Who may give it.
    pub roles: &'static [Role],
    /// The codes that it can give beside those that every command can, which are [`GENERAL`].
    pub errors: &'static [Code],
    /// Whether it makes the store where there is none.
    pub makes_store: bool,
    /// Whether it can be done beside an owner, too, so that nobody waits for that one to end.
    pub beside_owner: bool,
    /// Whether it needs nobody who acts, nor a book: it changes only what this device keeps for itself.
    pub by_anybody: bool,
    /// Whether anybody may give it while the book has no owner left: else nobody could ever again.
    pub where_ownerless: bool,
    /// Tables that no entry holds, but which it changes: whoever listens is told of them, too.
    pub local_tables: &'static [&'static str],
    /// What its entry may do: head office lets it do that, and nothing else.
    pub writes: Vec<Right>,
    /// The tables that its answer rests on; nothing where that is any of them.
    pub rests_on: Option<&'static [&'static str]>,
    /// The field with the id of what it makes: where that id is taken, it is this field that is refused.
    pub made: Option<&'static str>,
}
