//! The commands of orders.

use super::command::{Command, read_in, write};
use super::rules::ANYONE;
use crate::domain::sale_order::{self, list, verbs};
use crate::kernel::{Code, Right};

/// The tables that an order is listed from.
const LISTED: &[&str] =
    &["sale_order", "sale_order_line", "payment_bill", "payment_bill_line", "customer", "device", "person"];

/// The tables that an order is shown from.
const SHOWN: &[&str] = &[
    "sale_order",
    "sale_order_line",
    "payment_bill",
    "payment_bill_line",
    "payment_item",
    "payment",
    "payment_account",
    "product",
    "tax",
    "customer",
    "device",
    "person",
];

/// What a change of a draft or of an order's state can be refused with.
const CHANGING: &[Code] = &[Code::Stale, Code::NotCustodian, Code::WrongState];

pub(super) fn commands() -> Vec<Command> {
    let making = [Right::insert("sale_order"), Right::insert("sale_order_line")];
    vec![
        write(
            "order_draft",
            "Drafts an order: what a customer wants, at today's prices, which it keeps.",
            ANYONE,
            &[Code::WalkIn, Code::BadDate, Code::IdTaken],
            verbs::draft,
        )
        .making("order_id")
        .writes(making),
        write(
            "order_edit",
            "Changes a draft of an order; a line that goes on keeps its price and tax unless they are given.",
            ANYONE,
            &[Code::Stale, Code::NotCustodian, Code::WrongState, Code::WalkIn, Code::BadDate],
            verbs::edit,
        )
        .writes([
            Right::update("sale_order", &["customer_id", "business_date", "note"]),
            Right::insert("sale_order_line"),
            Right::delete("sale_order_line"),
        ]),
        write(
            "order_confirm",
            "Confirms an order, which gets its number; tells what has another price or tax by now, and refuses none.",
            ANYONE,
            CHANGING,
            verbs::confirm,
        )
        .writes([Right::update("sale_order", &["device_id", "series", "serial", "number", "confirmed_at"])]),
        write(
            "order_cancel",
            "Cancels a confirmed order: what is not billed of it is not wanted any more.",
            ANYONE,
            CHANGING,
            verbs::cancel,
        )
        .writes([Right::update("sale_order", &["cancelled_at", "cancel_reason"])]),
        write("order_discard", "Discards a draft of an order, lines and all.", ANYONE, CHANGING, verbs::discard)
            .writes([Right::delete("sale_order"), Right::delete("sale_order_line")]),
        write(
            "order_release",
            "Gives an order that this device keeps into the custody of another one.",
            ANYONE,
            &[Code::Stale, Code::NotCustodian],
            verbs::release,
        )
        .writes([Right::update("sale_order", &["custodian_device_id"])]),
        write(
            "order_copy",
            "Copies anybody's order as a draft that this device keeps.",
            ANYONE,
            &[Code::WalkIn, Code::IdTaken],
            verbs::copy,
        )
        .making("order_id")
        .writes(making),
        write(
            "order_reprice",
            "Gives a draft of an order today's prices and rates of tax; prices that were agreed stay.",
            ANYONE,
            CHANGING,
            verbs::reprice,
        )
        .writes([Right::insert("sale_order_line"), Right::delete("sale_order_line")]),
        read_in(
            "order_show",
            "Shows one order with its lines, what of them is billed, its bills and its deposits.",
            &[],
            sale_order::show,
        )
        .rests_on(SHOWN),
        read_in(
            "order_list",
            "Lists orders with their lines and what has become of them.",
            &[Code::BadCursor, Code::BadDate],
            list::list,
        )
        .rests_on(LISTED),
    ]
}
