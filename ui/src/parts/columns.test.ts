import { describe, expect, it } from "vitest";
import { fit } from "./columns";

const columns = [
  { id: "date", rank: 1 },
  { id: "memo", free: 2, rank: 2 },
  { id: "amount", rank: 0 },
];
const needs = { date: 6, memo: 30, amount: 8 };

describe("the columns of a table", () => {
  it("have the width of what they say, and free ones share what is left", () => {
    expect(fit(columns, needs, 50)).toEqual({ shown: ["date", "memo", "amount"], tracks: "6.000rem minmax(28.000rem, 2fr) 8.000rem" });
  });

  it("go as a whole, the least important first, where there is too little width for all", () => {
    expect(fit(columns, needs, 41.9).shown).toEqual(["date", "amount"]);
    expect(fit(columns, needs, 13.9)).toEqual({ shown: ["amount"], tracks: "minmax(0, 1fr)" });
    expect(fit(columns, needs, 1).shown).toEqual(["amount"]);
  });

  it("share the width while nothing is measured", () => {
    expect(fit(columns, {}, 0).tracks).toBe("minmax(0, 1fr) minmax(0, 2fr) minmax(0, 1fr)");
  });
});
