import type { SyncStatusAnswer } from "$/bridge";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { needsLink, tell } from "./words";

const calm: SyncStatusAnswer = {
  agrees: true,
  central_version: 42,
  checked_at: 0,
  conflicts: 0,
  copied_at: null,
  finding: null,
  host: "books.example",
  joined: true,
  joining: false,
  paused: false,
  progress: null,
  quarantined: 0,
  received_rows: null,
  synced_at: 0,
  today: 42,
  today_sent: 42,
  trouble: null,
  version: 42,
  waiting: 0,
  waiting_since_at: null,
};

const short = (changes: Partial<SyncStatusAnswer>): string => tell({ ...calm, ...changes }, "UTC").short;

describe("the words of sync", () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  it("count what is here and what is at head office", () => {
    expect(tell(calm, "UTC")).toMatchObject({ short: "All at head office", more: "42 entries today, 42 at head office, chain and tables agree" });
    expect(tell({ ...calm, agrees: null }, "UTC").more).toBe("42 entries today, 42 at head office");
    expect(short({ today: 1, today_sent: 0, waiting: 1, waiting_since_at: 3_600_000 })).toMatch(/^1 entry waiting since 0?1:00/);
  });

  it("name the day of what is older than today", () => {
    vi.setSystemTime(Date.UTC(2026, 10, 23, 13));
    const before = (hours: number) => short({ waiting: 2, waiting_since_at: Date.UTC(2026, 10, 23, 12 - hours) });
    expect(before(11)).toMatch(/^2 entries waiting since 0?1:00/);
    expect(before(13)).toMatch(/^2 entries waiting since .*2026.* 11:00/);
  });

  it("say that a book is only here, paused, or without a network", () => {
    expect(short({ joined: false })).toBe("Only on this device");
    expect(short({ paused: true })).toBe("Sync is paused");
    const told = tell({ ...calm, trouble: { code: "unreachable", message: "Head office can't be reached.", since_at: 3_600_000 } }, "UTC");
    expect(told.short).toMatch(/^No head office since 0?1:00.*; work goes on$/);
    expect([told.tone, told.more]).toEqual(["warn", "Entries made here are sent as soon as head office can be reached again."]);
  });

  it("never say that all is well when something is not", () => {
    expect(tell({ ...calm, agrees: false, finding: "customer has 3 rows there and 2 here." }, "UTC")).toMatchObject({ tone: "bad" });
    expect(short({ conflicts: 2 })).toBe("2 things to settle");
    expect(tell({ ...calm, trouble: { code: "central_rewound", message: "x", since_at: 0 } }, "UTC").tone).toBe("bad");
  });

  it("say when a new link would help", () => {
    const trouble = (code: "refused" | "tls" | "unreachable") => ({ ...calm, trouble: { code, message: "x", since_at: 0 } });
    expect([calm, trouble("refused"), trouble("tls"), trouble("unreachable")].map(needsLink)).toEqual([false, true, true, false]);
  });

  it("tell how far a round has come", () => {
    const progress = { pushed: 10, pushed_bytes: 2_048, to_push: 30, pulled: 0, to_pull: 0, rows: 0, silent_seconds: null };
    expect(short({ progress })).toBe("Sending 10 of 40 entries");
    expect(short({ progress: { ...progress, to_push: 0, pulled: 5, to_pull: 5 } })).toBe("Receiving 5 of 10");
    expect(short({ joining: true, received_rows: 5_000, progress: { ...progress, to_push: 0 } })).toBe("Receiving the books: 5,000 rows");
    const more = (silent_seconds: number) => tell({ ...calm, progress: { ...progress, silent_seconds } }, "UTC").more;
    expect([more(4), more(12)]).toEqual(["2 kB sent", "No answer for 12 seconds"]);
  });

  it("say that a copy is in use, and that a restored backup is of before the join", () => {
    expect(tell({ ...calm, copied_at: 1 }, "UTC")).toMatchObject({ tone: "warn", short: "A copy of these books is in use" });
    const trouble = { code: "not_synced", message: "", since_at: 0 } as const;
    expect(tell({ ...calm, joined: false, trouble }, "UTC")).toMatchObject({ tone: "bad", short: "This device must join again" });
    expect(tell({ ...calm, joined: false }, "UTC").tone).toBe("plain");
  });
});
