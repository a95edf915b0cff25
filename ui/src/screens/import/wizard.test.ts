import { describe, expect, it } from "vitest";
import { decimalOf, slug } from "./wizard.svelte";

describe("a file's amounts", () => {
  it.each([
    [["1,50", "20"], ","],
    [["1.234,5 KES"], ","],
    [["1,234.50"], "."],
    [["1,234"], "."],
    [["12.5"], "."],
    [[], "."],
  ] as [string[], string][])("%j have the mark %s", (samples, mark) => expect(decimalOf(samples)).toBe(mark));
});

describe("a saved choice of columns", () => {
  it("has a name that a setting can have", () => {
    for (const title of ["Price list 2026", "Été à Paris", "  x  ", "価格表", "a".repeat(200), "---"]) {
      expect(slug(title)).toMatch(/^[a-z0-9_]{1,40}$/);
    }
    expect(slug("Price list 2026")).toBe("price_list_2026");
    expect(slug("価格表")).not.toBe(slug("顧客表"));
  });
});
