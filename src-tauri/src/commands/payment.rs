//! The commands of payments.

use super::command::{Command, read_in, write};
use super::rules::{ANYONE, OWNER, REVERSING};
use crate::domain::{claim, due, payment};
use crate::kernel::{Code, Right};

pub(super) fn commands() -> Vec<Command> {
    vec![
        read_in(
            "payment_propose",
            "Tells what a payment would move and pay, and what would be left or given back; nothing is written.",
            &[Code::WrongAccountKind],
            due::propose,
        )
        .rests_on(&["book", "customer", "payment_account", "payment_bill", "payment_item", "ledger_balance"]),
        write(
            "payment_receive",
            "Takes a customer's payment, which pays what is given, or what is open, the oldest first; the rest is credit.",
            ANYONE,
            &[
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::OverClaimed,
                Code::DuplicateReference,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            payment::receive,
        )
        .making("payment_id")
        .writes([Right::insert("payment"), Right::insert("payment_allocation"), Right::insert("ledger_posting")]),
        write(
            "payment_refund",
            "Gives a customer's credit back: what was paid too much, and what is left of payments and credits.",
            ANYONE,
            &[
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::OverClaimed,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ],
            payment::refund,
        )
        .making("payment_id")
        .writes([Right::insert("payment"), Right::insert("payment_allocation"), Right::insert("ledger_posting")]),
        write("payment_payout", "Lends a customer money, which it owes from then on.", ANYONE, &[
                Code::WrongAccountKind,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::BadDate,
                Code::PeriodClosed,
                Code::IdTaken,
            ], payment::pay_out)
            .making("payment_id")
            .writes([Right::insert("payment"), Right::insert("ledger_posting")]),
        write(
            "credit_open",
            "Enters what a customer had left before the book began: credit, which pays bills.",
            OWNER,
            &[Code::WalkIn, Code::AccountClosed, Code::BadDate, Code::PeriodClosed, Code::IdTaken],
            payment::open_credit,
        )
        .making("payment_id")
        .writes([Right::insert("payment"), Right::insert("ledger_posting")]),
        write(
            "payment_reverse",
            "Reverses a payment that never was, or that came back: what it paid is open again.",
            ANYONE,
            REVERSING,
            payment::reverse,
        )
        .writes([Right::insert("payment"), Right::insert("payment_allocation"), Right::insert("ledger_posting")]),
        write(
            "payment_correct",
            "Corrects whose a payment is, where it went or what it is called: reversed and made again, in one.",
            ANYONE,
            &[
                Code::WrongAccountKind,
                Code::WrongDocument,
                Code::AlreadyReversed,
                Code::AccountClosed,
                Code::NotCustodian,
                Code::InsufficientFunds,
                Code::BelowMinimum,
                Code::BadDate,
                Code::PeriodClosed,
            ],
            payment::correct,
        )
        .writes([Right::insert("payment"), Right::insert("payment_allocation"), Right::insert("ledger_posting")]),
        write(
            "payment_claim",
            "Lets what is left of a payment or credit pay a bill.",
            ANYONE,
            &[Code::OverClaimed, Code::BadDate, Code::PeriodClosed, Code::IdTaken],
            claim::add,
        )
        .making("claim_id")
        .writes([Right::insert("payment_allocation")]),
        write(
            "payment_unclaim",
            "Undoes a claim: what it paid is open again, and its payment has it left.",
            ANYONE,
            &[Code::AlreadyReversed],
            claim::undo,
        )
        .writes([Right::insert("payment_allocation")]),
        read_in("payment_show", "Shows one payment with what it pays.", &[], payment::show).rests_on(&[
            "payment",
            "payment_item",
            "payment_claim",
            "payment_bill",
            "customer",
            "payment_account",
            "person",
        ]),
        read_in("payment_list", "Lists payments.", &[Code::BadCursor, Code::BadDate], payment::list).rests_on(&[
            "payment",
            "payment_item",
            "customer",
            "payment_account",
            "person",
        ]),
    ]
}
