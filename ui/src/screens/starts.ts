// What can be begun on the screens from anywhere, with its title and key: the palette offers it on other screens, and the screen
// itself under the same id. An id begins with its screen's.

import { KEYS } from "$/parts/keymap";
import type { Action } from "$/parts/keys.svelte";
import { m } from "$/words/messages";

interface Start {
  title: () => string;
  key: string;
}

export const STARTS = {
  "accounts.transfer": { title: m.transfer_title, key: KEYS.transfer },
  "accounts.open": { title: m.account_open_title, key: KEYS.add },
  "accounts.transfers": { title: m.transfers_title, key: KEYS.list },
  "payments.expense": { title: m.expense_title, key: KEYS.expense },
  "bills.new": { title: m.bill_new_title, key: KEYS.add },
  "customers.add": { title: m.customer_add_title, key: KEYS.add },
  "products.add": { title: m.product_add_title, key: KEYS.add },
  "products.taxes": { title: m.taxes_title, key: KEYS.taxes },
  "import.file": { title: m.import_new_title, key: KEYS.add },
  "activity.verify": { title: m.verify_title, key: KEYS.verify },
  "sync.now": { title: m.sync_now, key: KEYS.syncNow },
  "settings.backup": { title: m.backup_title, key: KEYS.backUp },
  "settings.restore": { title: m.restore_title, key: KEYS.restore },
  "settings.person": { title: m.person_add_title, key: KEYS.add },
  "settings.device": { title: m.device_rename_title, key: KEYS.edit },
} as const satisfies Record<string, Start>;

export type StartId = keyof typeof STARTS;

/** What can be begun on one screen. */
export function startsOf(screen: string): (Start & { id: StartId })[] {
  return (Object.keys(STARTS) as StartId[]).filter((id) => id.startsWith(`${screen}.`)).map((id) => ({ id, ...STARTS[id] }));
}

/** The action with which a screen offers what can be begun on it. */
export function starting(id: StartId, run: () => void): Action {
  return { id, title: STARTS[id].title(), key: STARTS[id].key, run };
}
