// What the documents of a customer are called, and where each is looked at.

import type { BillState, ItemKind } from "$/bridge";
import type { Tone } from "$/parts/Tag.svelte";
import { m } from "$/words/messages";

const KINDS: Record<ItemKind, () => string> = {
  bill: m.item_bill,
  debt: m.item_debt,
  credit: m.item_credit,
  write_off: m.item_write_off,
  settlement: m.purpose_settlement,
  refund: m.purpose_refund,
  payout: m.purpose_payout,
  adjustment: m.item_adjustment,
};

/** "Bill B-121"; what head office posted has no number. */
export function itemName(kind: ItemKind, number: string | null, reversal = false): string {
  const name = number === null ? KINDS[kind]() : m.item_numbered({ kind: KINDS[kind](), number });
  return reversal ? m.item_reversal({ item: name }) : name;
}

/** The screen that shows it, if one does. */
export function screenOf(kind: ItemKind): "bills" | "payments" | null {
  if (kind === "adjustment") return null;
  return kind === "settlement" || kind === "refund" || kind === "payout" ? "payments" : "bills";
}

const STATES: Record<BillState, { text: () => string; tone: Tone }> = {
  open: { text: m.owing_open, tone: "accent" },
  part_paid: { text: m.owing_part_paid, tone: "warn" },
  paid: { text: m.owing_paid, tone: "good" },
  written_off: { text: m.owing_written_off, tone: "plain" },
  voided: { text: m.owing_voided, tone: "plain" },
  reversed: { text: m.reversed_tag, tone: "plain" },
};

/** What has become of a bill; one that is open past its day is overdue. */
export function stateTag(state: BillState | null, due_date: string | null, today: string): { text: string; tone: Tone } | null {
  if (state === null) return null;
  if ((state === "open" || state === "part_paid") && due_date !== null && due_date < today) return { text: m.owing_overdue(), tone: "bad" };
  return { text: STATES[state].text(), tone: STATES[state].tone };
}
