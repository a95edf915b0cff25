// What payments are called, and what has become of them.

import type { Payment, PaymentPurpose } from "$/bridge";
import type { Tone } from "$/parts/Tag.svelte";
import { m } from "$/words/messages";

const PURPOSES: Record<PaymentPurpose, () => string> = {
  settlement: m.purpose_settlement,
  refund: m.purpose_refund,
  payout: m.purpose_payout,
};

/** "Payment", "Refund", "Loan". */
export function purposeName(purpose: PaymentPurpose): string {
  return PURPOSES[purpose]();
}

/** What is to be seen of a document at once: that it was taken back, or takes one back. */
export function reversalTag({ reverses_id, reversed_by_id }: { reverses_id: string | null; reversed_by_id: string | null }): { text: string; tone?: Tone } | null {
  if (reverses_id) return { text: m.reversal_tag(), tone: "warn" };
  return reversed_by_id ? { text: m.reversed_tag() } : null;
}

/** What of a payment pays nothing yet. */
export function leftOf({ purpose, worth_minor, counted_minor }: Pick<Payment, "purpose" | "worth_minor" | "counted_minor">): number {
  return purpose === "settlement" ? Math.max(0, worth_minor - counted_minor) : 0;
}
