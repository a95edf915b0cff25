//! All nouns whose changes become entries, parents before their children. A noun is declared beside its verbs, and listed here.

use crate::domain::{
    account, bill, book, claim, customer, expense, ledger, opening, payment, person, print, product, profile,
    sale_order, tax, transfer,
};
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
    &sale_order::NOUN,
    &sale_order::LINE,
    &bill::NOUN,
    &bill::LINE,
    &payment::NOUN,
    &claim::NOUN,
    &expense::NOUN,
    &print::NOUN,
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
