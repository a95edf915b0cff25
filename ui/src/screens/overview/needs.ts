// What waits for a person: each a sentence, and where it is seen to.

import type { StatusAnswer, SyncStatusAnswer } from "$/bridge";
import { m } from "$/words/messages";
import { sayCount } from "$/words/time";
import { type StartId, STARTS } from "../starts";

export interface Need {
  id: string;
  sentence: string;
  tone: "warn" | "bad" | "plain";
  screen: string;
  /** What is begun there. */
  start?: string;
}

const DAY_MS = 86_400_000;
const BACKUP_DAYS_MAX = 7;

/** Forms that can be left, by how their drafts are named, and where they are opened again. */
const FORMS: [string, string, StartId][] = [
  ["transfer", "accounts", "accounts.transfer"],
  ["customer", "customers", "customers.add"],
  ["product", "products", "products.add"],
  ["account", "accounts", "accounts.open"],
  ["person", "settings", "settings.person"],
];

/** What needs somebody, the gravest first. */
export function needs(
  { status, sync, drafts, now }: { status: StatusAnswer | undefined; sync: SyncStatusAnswer | undefined; drafts: readonly string[]; now: number },
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
