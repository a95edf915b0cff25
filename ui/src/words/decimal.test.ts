import { describe, expect, it } from "vitest";
import { readDecimal, writeDecimal } from "./decimal";
import { readMoney, readRate, sayMoney, writeMoney, writeRate } from "./money";

const minor = (typed: string, locale = "en", exponent = 2): number | string => {
  const read = readMoney(typed, exponent, locale);
  return read.ok ? read.value : read.why;
};

/** Numbers that look random and are the same in every run. */
function* numbers(count: number): Generator<number> {
  let state = 0x2545f491;
  for (let at = 0; at < count; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

describe("an amount as people type it", () => {
  it.each([
    ["1,234.50", 123450],
    ["1.234,50", 123450],
    ["1234.5", 123450],
    ["1234,5", 123450],
    ["1 234,50", 123450],
    ["1\u202f234,50", 123450],
    ["1'234.50", 123450],
    ["12,34,567.00", 123456700],
    [" 7 ", 700],
    [".5", 50],
    ["5.", 500],
    ["-3.20", -320],
    ["−3.20", -320],
    ["+3.20", 320],
    ["-0", 0],
    ["٣٫٥", 350],
    ["90071992547409.91", 9007199254740991],
    ["12+3", 1500],
    ["12 + 3,50 − 0.25", 1525],
    ["-5+5", 0],
    ["1,234.50+1", 123550],
    ["5k", 500000],
    ["1.5 K", 150000],
    ["2k+300-0.50", 229950],
    ["0.00001k", 1],
  ])("%s is %s", (typed, expected) => expect(minor(typed)).toBe(expected));

  it.each([
    ["", "empty"],
    ["  ", "empty"],
    ["ten", "not_a_number"],
    ["1.2.3", "not_a_number"],
    ["1,23,4", "not_a_number"],
    ["1,234.5.6", "not_a_number"],
    ["1.234,5,6", "not_a_number"],
    ["12 34", "not_a_number"],
    ["1e3", "not_a_number"],
    ["--1", "not_a_number"],
    ["12+", "not_a_number"],
    ["12++3", "not_a_number"],
    ["1e-3", "not_a_number"],
    ["12+ten", "not_a_number"],
    ["k", "not_a_number"],
    ["5kk", "not_a_number"],
    ["1+0.001", "too_many_decimals"],
    ["90071992547409.91+0.01", "too_large"],
    ["0x10", "not_a_number"],
    ["1.005", "too_many_decimals"],
    ["0.001", "too_many_decimals"],
    ["90071992547409.92", "too_large"],
    ["9".repeat(40), "too_large"],
  ])("%s is refused as %s", (typed, why) => expect(minor(typed)).toBe(why));

  it("takes a single mark before three digits as the locale has it, and never guesses", () => {
    expect(minor("1,234", "en")).toBe(123400);
    expect(minor("1.234", "de")).toBe(123400);
    expect(minor("1.000", "en")).toBe("too_many_decimals");
    expect(minor("1,000", "de")).toBe("too_many_decimals");
    expect(minor("1.234", "fr")).toBe("ambiguous");
    expect(minor("1.234", "en", 3)).toBe(1234);
    expect(minor("1,234", "en", 3)).toBe(1234000);
    expect(minor("1,234", "fr", 3)).toBe(1234);
    expect(minor("1.234", "fr", 3)).toBe("ambiguous");
  });

  it("has no decimals where the currency has none", () => {
    expect(minor("1,234", "en", 0)).toBe(1234);
    expect(minor("12.5", "en", 0)).toBe("too_many_decimals");
  });

  it("is read again as it was written, in every locale and currency", () => {
    for (const locale of ["en", "de", "fr", "de-CH", "en-IN", "hi", "ar-EG", "fa", "sw", "pt-BR", "ja"]) {
      for (const exponent of [0, 2, 3]) {
        for (const number of numbers(120)) {
          const value = (number % 3 === 0 ? -1 : 1) * (number % 2 === 0 ? number * 104729 : number % 5000);
          const written = writeMoney(value, exponent, locale);
          const read = readDecimal(written, exponent, locale);
          expect(read, `${written} in ${locale} with ${exponent} decimals`).toEqual({ ok: true, value: value === 0 ? 0 : value });
        }
      }
    }
  });

  it("never loses a cent to a float", () => {
    for (const number of numbers(2000)) {
      const value = Number((BigInt(number) * 2097151n) % 9007199254740991n);
      const digits = String(value).padStart(3, "0");
      expect(minor(`${digits.slice(0, -2)}.${digits.slice(-2)}`)).toBe(value);
    }
  });
});

describe("an amount as it is shown", () => {
  it("is exact up to the largest amount", () => {
    expect(writeMoney(9007199254740991, 2, "en")).toBe("90,071,992,547,409.91");
    expect(writeMoney(-5, 2, "en")).toBe("−0.05");
    expect(writeMoney(0, 3, "en")).toBe("0.000");
    expect(writeMoney(1234567, 0, "en")).toBe("1,234,567");
    expect(sayMoney(123450, { code: "KES", exponent: 2 }, "en")).toBe("1,234.50\u00a0KES");
  });

  it("uses the locale's digits, in the fraction too", () => {
    expect(writeDecimal(150, 2, "ar-EG")).toBe("١٫٥٠");
  });
});

describe("a rate", () => {
  it.each([
    ["16", 160000],
    ["7.5", 75000],
    ["7,5 %", 75000],
    ["0.0001%", 1],
    ["100", 1000000],
  ])("%s is %s parts per million", (typed, ppm) => expect(readRate(typed, "en")).toEqual({ ok: true, value: ppm }));

  it("is shown without noughts that say nothing", () => {
    expect(writeRate(160000, "en")).toBe("16");
    expect(writeRate(75000, "en")).toBe("7.5");
    expect(writeRate(1, "en")).toBe("0.0001");
  });
});
