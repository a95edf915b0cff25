//! All nouns whose changes become entries, parents before their children. A noun is declared beside its verbs, and listed here.

use crate::domain::{account, book, customer, ledger, opening, person, product, profile, tax, transfer};
use crate::interchange;
use crate::kernel::Noun;

/// The nouns, parents first.
pub const NOUNS: &[&Noun] = &[
    &book::NOUN,
    &book::DEVICE,
    &person::NOUN,
    &profile::NOUN,
    &tax::NOUN,
    &product::NOUN,
    &customer::NOUN,
    &account::NOUN,
    &ledger::NOUN,
    &transfer::NOUN,
    &opening::NOUN,
    &interchange::NOUN,
    &interchange::ROW,
];

/// Their tables.
pub const SYNCED: &[&str] = &{
    let mut tables = [""; NOUNS.len()];
    let mut place = 0;
    while place < NOUNS.len() {
        tables[place] = NOUNS[place].table;
        place += 1;
    }
    tables
};
