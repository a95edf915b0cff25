import { expect, it } from "vitest";
import type { OverviewAnswer, StatusAnswer, SyncStatusAnswer } from "$/bridge";
import { needs } from "./needs";

const NOW = Date.UTC(2026, 10, 29, 12);
const DAY_MS = 86_400_000;
const status = (last_backup_at: number | null) => ({ last_backup_at }) as StatusAnswer;
const sync = (conflicts: number, quarantined: number) => ({ conflicts, quarantined }) as SyncStatusAnswer;
const KES = { code: "KES", exponent: 2 };
const told = (given: Partial<Parameters<typeof needs>[0]>): string[] =>
  needs({ status: status(NOW), sync: sync(0, 0), overview: undefined, currency: KES, drafts: [], now: NOW, ...given }).map(({ sentence }) => sentence);

it("nothing needs anybody where all is well, or nothing is known yet", () => {
  expect(told({})).toEqual([]);
  expect(told({ status: undefined, sync: undefined })).toEqual([]);
});

it("a quarantined entry is told once, though it is among what waits to be settled", () => {
  expect(told({ sync: sync(3, 1) })).toEqual(["1 entry that head office holds back", "2 changes to settle"]);
  expect(told({ sync: sync(2, 2) })).toEqual(["2 entries that head office holds back"]);
});

it("a week without a backup is too long, and never is longer", () => {
  expect(told({ status: status(NOW - 7 * DAY_MS + 1) })).toEqual([]);
  expect(told({ status: status(NOW - 7 * DAY_MS) })).toEqual(["No backup for 7 days"]);
  expect(told({ status: status(null) })).toEqual(["No backup yet"]);
});

it("a form of something new that was begun leads back to it; one of a record is found on its page", () => {
  const drafts = ["transfer ", "customer 0192", "customer"];
  expect(told({ drafts })).toEqual(["Begun and not sent: Transfer money", "Begun and not sent: Add a customer"]);
  expect(needs({ status: undefined, sync: undefined, overview: undefined, currency: KES, drafts, now: NOW })[0]).toMatchObject({ screen: "accounts", start: "accounts.transfer" });
});

it("what two devices did without knowing of each other is told, each with the way to it", () => {
  const account = (name: string, balance_minor: number, minimum_minor: number | null) => ({ id: name, name, balance_minor, minimum_minor });
  const overview = {
    accounts: [account("Till", -5_000, 0), account("Loan", -9_000, null), account("Bank", -100, -50_000)],
    overpaid: [{ customer_id: "c", customer_name: "Mama Njeri", overpaid_minor: 60_000 }],
    twice: [{ payment_id: "p", number: "D1-P-000007", reference: "QX7" }],
  } as unknown as OverviewAnswer;
  expect(told({ overview })).toEqual([
    "Till is below zero: −50.00\u00a0KES",
    "Mama Njeri paid 600.00\u00a0KES too much",
    "D1-P-000007 has the reference QX7 of another payment",
  ]);
  const found = needs({ status: undefined, sync: undefined, overview, currency: KES, drafts: [], now: NOW });
  expect(found.map(({ screen, on }) => [screen, on])).toEqual([["accounts", "Till"], ["customers", "c"], ["payments", "p"]]);
});
