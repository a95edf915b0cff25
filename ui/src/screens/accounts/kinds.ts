import type { AccountKind } from "$/bridge";

/** Where money is: what can be transferred between. */
export const MONEY_KINDS = ["cash", "bank", "mobile_money", "in_transit"] as const satisfies AccountKind[];

/** What a person can open; the other accounts are made with the book. */
export const OPENED_KINDS = [...MONEY_KINDS, "income", "expense"] as const satisfies AccountKind[];

export function isMoney(kind: AccountKind): boolean {
  return (MONEY_KINDS as readonly AccountKind[]).includes(kind);
}
