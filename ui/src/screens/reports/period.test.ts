import { describe, expect, it } from "vitest";
import { asInput, period } from "./period";

describe("the period of a report", () => {
  it("is this month so far until somebody chooses", () => {
    expect(period({ from: null, to: null }, "2026-11-30")).toEqual({ from: "2026-11-01", to: "2026-11-30" });
  });

  it("is open where a day was taken away", () => {
    expect(asInput(period({ from: "", to: "2026-10-31" }, "2026-11-30"))).toEqual({ from_date: null, to_date: "2026-10-31" });
  });
});
