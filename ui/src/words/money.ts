// Money between people and minor units. The currency is the book's; an amount is an integer, |x| < 2^53.

import { plain, type Read, readDecimal, writeDecimal } from "./decimal";
import { formatLocale } from "./locale";

export interface Currency {
  code: string;
  /** How many decimals the minor unit has: 2 for EUR, 0 for JPY, 3 for TND. */
  exponent: number;
}

/** Reads an amount as typed; strict, and tolerant of either decimal mark. Amounts may be added up, "12+3-0.50", and told in thousands, "5k". */
export function readMoney(typed: string, exponent: number, locale = formatLocale()): Read<number> {
  let sum = 0;
  for (const part of plain(typed).trim().match(/^[+-]?[^+-]*|[+-][^+-]*/g) ?? []) {
    const [, inThousands] = /^(.*\d[.,]?)\s*k\s*$/i.exec(part) ?? [];
    const read = inThousands === undefined ? readDecimal(part, exponent, locale) : readDecimal(inThousands, exponent + 3, locale);
    if (!read.ok) return read;
    sum += read.value;
    if (!Number.isSafeInteger(sum)) return { ok: false, why: "too_large" };
  }
  return { ok: true, value: sum === 0 ? 0 : sum };
}

/** An amount for the eye: "−1,234.50". */
export function writeMoney(minor: number, exponent: number, locale = formatLocale()): string {
  return writeDecimal(minor, exponent, locale);
}

/** An amount with its currency: "1,234.50 EUR". */
export function sayMoney(minor: number, currency: Currency, locale = formatLocale()): string {
  return `${writeDecimal(minor, currency.exponent, locale)}\u00a0${currency.code}`;
}

/** An amount for a scale, in few letters: "8.4K". Nothing is reckoned with it. */
export function writeShort(minor: number, exponent: number, locale = formatLocale()): string {
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(minor / 10 ** exponent);
}

/** How many decimals a rate in percent has: parts per million, no finer. */
export const RATE_DECIMALS = 4;

/** A rate in percent, as typed, into parts per million: "7.5" is 75,000. */
export function readRate(typed: string, locale = formatLocale()): Read<number> {
  return readDecimal(typed.replace(/[%٪]\s*$/, ""), RATE_DECIMALS, locale);
}

/** Parts per million as percent: "7.5". */
export function writeRate(ppm: number, locale = formatLocale()): string {
  return writeDecimal(ppm, RATE_DECIMALS, locale, { trim: true });
}
