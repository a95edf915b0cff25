// Money between people and minor units. The currency is the book's; an amount is an integer, |x| < 2^53.

import { type Read, readDecimal, writeDecimal } from "./decimal";
import { formatLocale } from "./locale";

export interface Currency {
  code: string;
  /** How many decimals the minor unit has: 2 for EUR, 0 for JPY, 3 for TND. */
  exponent: number;
}

/** Reads an amount as typed; strict, and tolerant of either decimal mark. */
export function readMoney(typed: string, exponent: number, locale = formatLocale()): Read<number> {
  return readDecimal(typed, exponent, locale);
}

/** An amount for the eye: "−1,234.50". */
export function writeMoney(minor: number, exponent: number, locale = formatLocale()): string {
  return writeDecimal(minor, exponent, locale);
}

/** An amount with its currency: "1,234.50 EUR". */
export function sayMoney(minor: number, currency: Currency, locale = formatLocale()): string {
  return `${writeDecimal(minor, currency.exponent, locale)}\u00a0${currency.code}`;
}

/** A rate in percent, as typed, into parts per million: "7.5" is 75,000. */
export function readRate(typed: string, locale = formatLocale()): Read<number> {
  return readDecimal(typed.replace(/[%٪]\s*$/, ""), 4, locale);
}

/** Parts per million as percent: "7.5". */
export function writeRate(ppm: number, locale = formatLocale()): string {
  return writeDecimal(ppm, 4, locale, { trim: true });
}
