// What waits for a person: each a sentence, and where it is seen to.

import type { OverviewAnswer, StatusAnswer, SyncStatusAnswer } from "$/bridge";
import { m } from "$/words/messages";
import { type Currency, sayMoney } from "$/words/money";
import { sayCount } from "$/words/time";
import { type StartId, STARTS } from "../starts";

export interface Need {
  id: string;
  sentence: string;
  tone: "warn" | "bad" | "plain";
  screen: string;
  /** What that is opened on. */
  on?: string;
  /** What is begun there. */
  start?: string;
}

const DAY_MS = 86_400_000;
const BACKUP_DAYS_MAX = 7;

/** Forms that can be left, by how their drafts are named, and where they are opened again. */
const FORMS: [string, string, StartId][] = [
  ["transfer", "accounts", "accounts.transfer"],
  ["expense", "payments", "payments.expense"],
  ["customer", "customers", "customers.add"],
  ["product", "products", "products.add"],
  ["account", "accounts", "accounts.open"],
  ["person", "settings", "settings.person"],
];

/** What needs somebody, the gravest first. */
export function needs(
  {
    status,
    sync,
    overview,
    currency,
    drafts,
    now,
  }: {
    status: StatusAnswer | undefined;
    sync: SyncStatusAnswer | undefined;
    overview: Pick<OverviewAnswer, "accounts" | "overpaid" | "twice"> | undefined;
    currency: Currency;
    drafts: readonly string[];
    now: number;
  },
): Need[] {
  const found: Need[] = [];
  if (sync && sync.quarantined > 0) {
    found.push({ id: "quarantine", sentence: m.need_quarantine({ count: sync.quarantined, said: sayCount(sync.quarantined) }), tone: "bad", screen: "sync" });
  }
  // Quarantined entries are among the conflicts, and told already.
  const unsettled = sync ? sync.conflicts - sync.quarantined : 0;
  if (unsettled > 0) {
    found.push({ id: "conflicts", sentence: m.need_conflicts({ count: unsettled, said: sayCount(unsettled) }), tone: "warn", screen: "sync" });
  }
  for (const { id, name, balance_minor, minimum_minor } of overview?.accounts ?? []) {
    // What may not be overdrawn, and is: two devices took the same money out.
    if (minimum_minor !== null && balance_minor < Math.min(0, minimum_minor)) {
      found.push({ id: `below ${id}`, sentence: m.need_below({ name, amount: sayMoney(balance_minor, currency) }), tone: "bad", screen: "accounts", on: id });
    }
  }
  for (const { customer_id, customer_name, overpaid_minor } of overview?.overpaid ?? []) {
    const sentence = m.need_overpaid({ name: customer_name, amount: sayMoney(overpaid_minor, currency) });
    found.push({ id: `overpaid ${customer_id}`, sentence, tone: "warn", screen: "customers", on: customer_id });
  }
  for (const { payment_id, number, reference } of overview?.twice ?? []) {
    found.push({ id: `twice ${payment_id}`, sentence: m.need_twice({ number, reference }), tone: "warn", screen: "payments", on: payment_id });
  }
  const backup = status?.last_backup_at ?? null;
  const days = backup === null ? null : Math.floor((now - backup) / DAY_MS);
  if (status && (days === null || days >= BACKUP_DAYS_MAX)) {
    const sentence = days === null ? m.need_backup_none() : m.need_backup({ count: days, said: sayCount(days) });
    found.push({ id: "backup", sentence, tone: "warn", screen: "settings", start: "settings.backup" });
  }
  for (const [name, screen, start] of FORMS) {
    // The form of a record that is there is found on its page; here are those that would be new.
    if (drafts.some((draft) => draft.trim() === name)) {
      found.push({ id: `draft ${start}`, sentence: m.need_draft({ form: STARTS[start].title() }), tone: "plain", screen, start });
    }
  }
  return found;
}
