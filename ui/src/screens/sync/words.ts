// How a book's sync is, in words: for the chip that every screen shows, and for its own screen.

import type { SyncStatusAnswer } from "$/bridge";
import { sayFault } from "$/words/faults";
import { m } from "$/words/messages";
import { sayCount, sayInstant, saySince, saySize } from "$/words/time";

export type Tone = "plain" | "good" | "warn" | "bad" | "accent";

export interface Told {
  tone: Tone;
  /** A few words. */
  short: string;
  /** A sentence more. */
  more: string | null;
}

/** Words first; the tone only repeats what they say. */
export function tell(status: SyncStatusAnswer, timeZone: string | undefined): Told {
  if (!status.joined) {
    if (status.trouble) return { tone: "bad", short: m.sync_left(), more: m.sync_left_about() };
    return { tone: "plain", short: m.sync_alone(), more: m.sync_alone_about() };
  }
  if (status.progress && (status.progress.to_push > 0 || status.progress.to_pull > 0 || status.joining)) {
    const { pushed, to_push, pulled, to_pull, pushed_bytes } = status.progress;
    const silence = silent(status);
    if (status.joining) return { tone: "accent", short: m.sync_joining({ rows: sayCount(status.received_rows ?? 0) }), more: silence };
    if (to_push > 0) {
      return {
        tone: "accent",
        short: m.sync_sending({ done: sayCount(pushed), all: sayCount(pushed + to_push) }),
        more: silence ?? m.sync_sending_bytes({ bytes: saySize(pushed_bytes) }),
      };
    }
    return { tone: "accent", short: m.sync_taking({ done: sayCount(pulled), all: sayCount(pulled + to_pull) }), more: silence };
  }
  if (status.paused) return { tone: "warn", short: m.sync_paused(), more: waits(status, timeZone) };
  if (status.trouble) {
    if (status.trouble.code === "unreachable") {
      return { tone: "warn", short: m.sync_offline({ since: saySince(status.trouble.since_at, timeZone) }), more: m.sync_offline_about() };
    }
    const sentence = sayFault(status.trouble);
    const since = m.sync_since({ since: sayInstant(status.trouble.since_at, timeZone) });
    return { tone: "bad", short: m.sync_stuck(), more: `${sentence} ${since}` };
  }
  if (status.joining) return { tone: "accent", short: m.join_taking(), more: null };
  if (status.agrees === false) return { tone: "bad", short: m.sync_differs(), more: `${status.finding ?? ""} ${m.sync_differs_about()}`.trim() };
  if (status.copied_at !== null) return { tone: "warn", short: m.sync_copied(), more: m.sync_copied_about() };
  if (status.conflicts > 0) {
    return { tone: "warn", short: m.sync_conflicts({ count: status.conflicts, said: sayCount(status.conflicts) }), more: null };
  }
  if (status.waiting > 0) return { tone: "plain", short: waits(status, timeZone) ?? "", more: null };
  return { tone: "good", short: m.sync_all_there(), more: status.agrees ? m.sync_today_agrees({ today: today(status) }) : today(status) };
}

/** So many seconds of silence are no slow answer any more. */
const SILENT_SECONDS_MIN = 5;

/** "No answer for 12 seconds", where that is worth a word. */
function silent(status: SyncStatusAnswer): string | null {
  const seconds = status.progress?.silent_seconds ?? 0;
  return seconds < SILENT_SECONDS_MIN ? null : m.sync_silent({ seconds: sayCount(seconds) });
}

/** "42 entries today, 42 at head office". */
export function today(status: SyncStatusAnswer): string {
  return m.sync_today({ count: status.today, said: sayCount(status.today), sent: sayCount(status.today_sent) });
}

/** "2 entries waiting since 14:05". */
export function waits(status: SyncStatusAnswer, timeZone: string | undefined): string | null {
  if (status.waiting === 0) return null;
  const since = status.waiting_since_at === null ? "" : saySince(status.waiting_since_at, timeZone);
  return m.sync_waiting({ count: status.waiting, said: sayCount(status.waiting), since });
}

/** Whether a new link would help: head office does not let this device in, or is another server than the one that the link vouches for. */
export function needsLink(status: SyncStatusAnswer): boolean {
  return status.trouble !== null && ["refused", "tls"].includes(status.trouble.code);
}
