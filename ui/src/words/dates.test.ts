import { describe, expect, it } from "vitest";
import { readDate, spans } from "./dates";
import { sayDate } from "./time";

const TODAY = "2026-11-29";

describe("a typed date", () => {
  it.each([
    ["28", "2026-11-28"],
    ["29", "2026-11-29"],
    ["30", "2026-10-30"],
    ["31", "2026-10-31"],
    ["-1", "2026-11-28"],
    ["−2", "2026-11-27"],
    ["+1", "2026-11-30"],
    ["28/11", "2026-11-28"],
    ["28.11.", "2026-11-28"],
    ["30/11", "2025-11-30"],
    ["29/2", "2024-02-29"],
    ["1/2/26", "2026-02-01"],
    ["1/2/99", "1999-02-01"],
    ["28-11-2027", "2027-11-28"],
    ["2026-11-28", "2026-11-28"],
    ["2026/11/28", "2026-11-28"],
    ["28 Nov", "2026-11-28"],
    ["Nov 28", "2026-11-28"],
    ["28 november 2025", "2025-11-28"],
    ["28 n", "2026-11-28"],
    [" Today ", "2026-11-29"],
    ["yesterday", "2026-11-28"],
    ["٢٨/١١", "2026-11-28"],
  ])("reads %s as %s where the day stands first", (typed, date) => expect(readDate(typed, TODAY, "en-GB")).toBe(date));

  it.each(["", "0", "32", "13/13", "29/2/2026", "28 m", "28 xyz", "28 Nov Dec", "1/2/3/4", "1.5e3", "31/11"])("does not guess at %j", (typed) =>
    expect(readDate(typed, TODAY, "en-GB")).toBeNull(),
  );

  it("stands in the locale's order, unless only the other one gives a date", () => {
    expect(readDate("3/4", TODAY, "en-US")).toBe("2026-03-04");
    expect(readDate("3/4", TODAY, "en-GB")).toBe("2026-04-03");
    expect(readDate("28/11", TODAY, "en-US")).toBe("2026-11-28");
  });

  it.each(["en-US", "en-GB", "fr", "de", "pt-BR", "es", "sw", "hi", "bn", "ar-EG", "ar", "ja", "pl", "tr"])("is read as it is written: %s", (locale) => {
    for (let day = 0; day < 800; day += 7) {
      const date = new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10);
      expect(readDate(sayDate(date, locale), TODAY, locale), `${date} as ${sayDate(date, locale)}`).toBe(date);
    }
  });
});

it("a week begins on the locale's day", () => {
  const week = (locale: string): string | undefined => spans(TODAY, locale)[2]?.from;
  expect(week("en-US")).toBe("2026-11-29");
  expect(week("en-GB")).toBe("2026-11-23");
});
