//! The values that everything is made of: ids, money, rates, text, time and faults.
//! A value that exists is valid: each is parsed once, at the edge.
//! Not here: any knowledge of a database, a file or a network.

mod edit;
mod fault;
mod fold;
mod id;
mod money;
mod noun;
mod text;
mod time;
pub mod total;

pub use edit::Edit;
pub use fault::{Code, Fault, Result};
pub use fold::{FOLD_NUMBER, PHONE_DIGITS_MIN, PHONE_MARK, fold, phones, same};
pub use id::{Id, kind};
pub use money::{AMOUNT_MAX, Currency, Money, Rate};
pub use noun::{Noun, NounKind, Operation, Right, Rule};
pub use text::{Line, Prose, hex, push_hex, shown, shown_path};
pub use time::{BusinessDate, Clock, Instant, Zone, uptime};
pub use total::Quantity;

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
    /// Which life of the store it is: 1, and one more after each restore or roll-back.
    pub life: i64,
    /// Nothing is booked on that day or an earlier one any more.
    pub closed_through: Option<BusinessDate>,
}

impl Acting {
    /// What documents of a kind are numbered in: its letter and, from the store's second life on, which life it is, so that no
    /// number is given twice though some may have been lost.
    pub fn series(&self, letter: char) -> String {
        if self.life > 1 { format!("{letter}{}", self.life) } else { letter.to_string() }
    }

    /// The date, where something can be booked on it here.
    ///
    /// # Errors
    /// `bad_date`; `period_closed`.
    pub fn bookable(&self, date: BusinessDate) -> Result<BusinessDate> {
        match self.closed_through {
            Some(last) if date <= last => {
                let message = format!("Head office has closed the books through {last}.");
                Err(Fault::new(Code::PeriodClosed, message)
                    .at("date")
                    .with(serde_json::json!({ "closed_through_date": last })))
            }
            Some(_) | None => date.bookable(),
        }
    }
}

/// Whether a deliberate fault is asked for: only in a build of the tests, and one at a time.
pub fn mutant(name: &str) -> bool {
    cfg!(feature = "mutants") && std::env::var("DAYBOOK_MUTANT").is_ok_and(|asked| asked == name)
}
