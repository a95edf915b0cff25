// Whom something is sold to: found as it is typed, with what they owe and may owe.

import { ask } from "$/data/index.svelte";
import { session } from "$/data/session.svelte";
import type { Choice } from "$/parts/record";
import { m } from "$/words/messages";
import { sayMoney } from "$/words/money";

const FOUND_MAX = 20;

export interface Buyer {
  readonly options: Choice[];
  /** What they owe, and may owe; nothing before they are known. */
  readonly about: string | null;
  /** Looks for what was typed. */
  typed(text: string): void;
}

/** Finds customers for as long as the component lives. To be called while a component is set up. */
export function buyer(chosen: () => string): Buyer {
  let typed = $state("");
  const found = ask("customer_list", () => ({ search: typed.trim() || null, limit: FOUND_MAX }));
  const account = ask("customer_account", () => (chosen() === "" ? null : { customer_id: chosen() }));

  const options = $derived.by((): Choice[] => {
    const known = account.answer?.customer;
    const rows = found.answer?.rows ?? [];
    const all = known && !rows.some(({ id }) => id === known.id) ? [known, ...rows] : rows;
    // What the store found is found, whatever of it was typed.
    return all.map(({ id, name, code, phone, city }) => ({
      value: id,
      title: name,
      note: [code, phone ?? city].filter(Boolean).join(" · "),
      also: typed,
    }));
  });
  const about = $derived.by((): string | null => {
    const answer = account.answer;
    if (chosen() === "" || !answer || answer.customer.id !== chosen()) return null;
    const money = (minor: number): string => sayMoney(minor, session.currency);
    const { credit_limit_minor: limit } = answer.customer;
    return [m.customer_owes_amount({ amount: money(answer.balance_minor) }), limit === null ? "" : m.customer_limit({ amount: money(limit) })]
      .filter(Boolean)
      .join(" · ");
  });
  return {
    get options() {
      return options;
    },
    get about() {
      return about;
    },
    typed: (text) => (typed = text),
  };
}
