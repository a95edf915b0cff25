import { expect, it } from "vitest";
import { itemName, screenOf, stateTag } from "./words";

it("a document is called by its kind and number, and what takes one back says so", () => {
  expect(itemName("bill", "D1-B-000121")).toBe("Bill D1-B-000121");
  expect(itemName("settlement", "D1-P-000298", true)).toBe("Reversal of Payment D1-P-000298");
  expect(itemName("adjustment", null)).toBe("Adjustment by head office");
});

it("each document is looked at where its kind is, and what head office posted nowhere", () => {
  expect([screenOf("credit"), screenOf("payout"), screenOf("adjustment")]).toEqual(["bills", "payments", null]);
});

it("a bill is overdue the day after it was due, for as long as something of it is open", () => {
  const said = (state: Parameters<typeof stateTag>[0], due: string | null): string | undefined => stateTag(state, due, "2026-11-30")?.text;
  expect(said("open", "2026-11-30")).toBe("Open");
  expect(said("part_paid", "2026-11-29")).toBe("Overdue");
  expect(said("paid", "2026-11-01")).toBe("Paid");
  expect(said("open", null)).toBe("Open");
  expect(stateTag(null, null, "2026-11-30")).toBeNull();
});
