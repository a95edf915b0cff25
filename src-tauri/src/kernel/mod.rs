//! The values that everything is made of: ids, money, rates, text, time and faults.
//! A value that exists is valid: each is parsed once, at the edge.
//! Not here: any knowledge of a database, a file or a network.

mod edit;
mod fault;
mod id;
mod money;
mod text;
mod time;

pub use edit::Edit;
pub use fault::{Code, Fault, Result};
pub use id::{Id, kind};
pub use money::{AMOUNT_MAX, Currency, Money, Rate};
pub use text::{Line, Prose, fold, shown, shown_path};
pub use time::{BusinessDate, Clock, Instant, Zone};

/// The id of a book: what belongs together and syncs together.
pub type BookId = Id<kind::Book>;
/// The id of a device that keeps books.
pub type DeviceId = Id<kind::Device>;
/// The id of a person who acts.
pub type PersonId = Id<kind::Person>;
/// The id of a request: the same request is done once.
pub type RequestId = Id<kind::Request>;
/// The id of one unbroken life of a store.
pub type IncarnationId = Id<kind::Incarnation>;

/// Who acts, where and when: what a verb may know of its surroundings.
/// It is read before the unit of work begins, so that a unit can be run again and gives the same.
#[derive(Debug, Clone)]
pub struct Acting {
    /// The book acted in.
    pub book: BookId,
    /// The device acted on.
    pub device: DeviceId,
    /// The person who acts.
    pub person: PersonId,
    /// When the command was accepted.
    pub at: Instant,
    /// The business date at that moment, in the book's time zone.
    pub today: BusinessDate,
}

/// Whether a deliberate fault is asked for: only in a build of the tests, and one at a time.
pub fn mutant(name: &str) -> bool {
    cfg!(feature = "mutants") && std::env::var("DAYBOOK_MUTANT").is_ok_and(|asked| asked == name)
}
