// What a payment would pay, as `payment_receive` works it out: what is open, the oldest first; cash that settles all is rounded to the
// coins that there are, and what is beyond stays as credit.

import type { OpenItem } from "$/bridge";

export interface Part {
  item: OpenItem;
  amount_minor: number;
}

export interface Proposal {
  parts: Part[];
  /** What is left over for the customer. */
  credit_minor: number;
  /** What moves: in cash, what is due exactly is paid in coins. */
  amount_minor: number;
}

/** What is open of a customer, the oldest first. */
export function openOf(items: readonly OpenItem[]): OpenItem[] {
  return items.filter(({ open_minor }) => open_minor > 0);
}

/** An amount as coins can pay it; from the middle away from nothing. A step of nothing rounds nothing. */
export function inCash(amount_minor: number, step_minor: number): number {
  if (step_minor <= 0) return amount_minor;
  return Math.floor((2 * amount_minor + step_minor) / (2 * step_minor)) * step_minor;
}

/** What an amount pays of what is open. */
export function propose(items: readonly OpenItem[], given_minor: number, step_minor: number): Proposal {
  const open = openOf(items);
  const due = open.reduce((sum, { open_minor }) => sum + open_minor, 0);
  const coins = inCash(due, step_minor);
  const settles = due > 0 && (given_minor === due || given_minor >= coins);
  let left = settles ? due : given_minor;
  const parts: Part[] = [];
  for (const item of open) {
    const amount_minor = Math.min(left, item.open_minor);
    if (amount_minor <= 0) break;
    left -= amount_minor;
    parts.push({ item, amount_minor });
  }
  const amount = settles && given_minor === due ? coins : given_minor;
  return { parts, credit_minor: settles ? amount - coins : left, amount_minor: amount };
}
