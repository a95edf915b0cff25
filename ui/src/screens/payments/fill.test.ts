import { describe, expect, it } from "vitest";
import type { OpenItem } from "$/bridge";
import { inCash, propose } from "./fill";

const item = (number: string, open_minor: number, left_minor = 0): OpenItem => ({ number, open_minor, left_minor }) as OpenItem;
const paid = (items: OpenItem[], given: number, step = 0) => {
  const { parts, credit_minor, amount_minor } = propose(items, given, step);
  return { parts: parts.map(({ item: { number }, amount_minor: amount }) => [number, amount]), credit_minor, amount_minor };
};
const open = [item("B-118", 112_800), item("B-121", 307_200)];

describe("what a payment would pay", () => {
  it("is the oldest first, as far as it reaches", () => {
    expect(paid(open, 420_000)).toEqual({ parts: [["B-118", 112_800], ["B-121", 307_200]], credit_minor: 0, amount_minor: 420_000 });
    expect(paid(open, 200_000)).toEqual({ parts: [["B-118", 112_800], ["B-121", 87_200]], credit_minor: 0, amount_minor: 200_000 });
    expect(paid(open, 50_000).parts).toEqual([["B-118", 50_000]]);
  });

  it("leaves as credit what is beyond, and all of it where nothing is open", () => {
    expect(paid(open, 520_000).credit_minor).toBe(100_000);
    expect(paid([], 5_000)).toEqual({ parts: [], credit_minor: 5_000, amount_minor: 5_000 });
    expect(paid([item("R-1", 0, 500)], 700)).toEqual({ parts: [], credit_minor: 700, amount_minor: 700 });
  });

  it("in cash is the coins that there are, where it settles all", () => {
    const bill = [item("B-1", 23_092)];
    expect(paid(bill, 23_092, 5)).toEqual({ parts: [["B-1", 23_092]], credit_minor: 0, amount_minor: 23_090 });
    expect(paid(bill, 23_090, 5)).toEqual({ parts: [["B-1", 23_092]], credit_minor: 0, amount_minor: 23_090 });
    expect(paid(bill, 30_000, 5).credit_minor).toBe(6_910);
    expect(paid(bill, 20_000, 5), "a part is not rounded").toEqual({ parts: [["B-1", 20_000]], credit_minor: 0, amount_minor: 20_000 });
    expect([inCash(63_330, 100), inCash(31_001, 100), inCash(50, 100), inCash(7, 0)]).toEqual([63_300, 31_000, 100, 7]);
  });
});
