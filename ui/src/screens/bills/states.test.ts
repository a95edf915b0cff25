import { describe, expect, it } from "vitest";
import type { Bill } from "$/bridge";
import { stateOf } from "./states";

const TODAY = "2026-11-30";
const bill = (more: Partial<Bill>): Bill =>
  ({ kind: "bill", state: "open", date: "2026-11-01", due_date: "2026-12-01", open_minor: 100, reverses_id: null, ...more }) as Bill;
const said = (more: Partial<Bill>): [string, string] => {
  const { text, tone } = stateOf(bill(more), TODAY);
  return [text, tone];
};

describe("the state of a bill", () => {
  it("is what is open of it, and since when that should have been paid", () => {
    expect(said({})).toEqual(["Open", "accent"]);
    expect(said({ state: "part_paid" })).toEqual(["Part paid", "warn"]);
    expect(said({ state: "paid", open_minor: 0 })).toEqual(["Paid", "good"]);
    expect(said({ due_date: TODAY })).toEqual(["Open", "accent"]);
    expect(said({ state: "part_paid", due_date: "2026-11-29" })).toEqual(["Overdue", "bad"]);
    expect(said({ due_date: null }), "its own day, where none was agreed").toEqual(["Overdue", "bad"]);
  });

  it("is never overdue once nothing is to be paid any more", () => {
    for (const state of ["paid", "voided", "written_off", "reversed"] as const) {
      expect(said({ state, open_minor: 0, due_date: "2026-11-02" })[1]).not.toBe("bad");
    }
    expect(said({ kind: "credit", state: null, due_date: null })).toEqual(["Not used up", "plain"]);
    expect(said({ kind: "credit", state: null, due_date: null, open_minor: 0 })).toEqual(["Used", "plain"]);
  });
});
