// How much of something: thousandths between people and the store.

import { type Read, readDecimal, writeDecimal } from "./decimal";
import { formatLocale } from "./locale";

/** How many decimals a quantity has. */
export const QUANTITY_DECIMALS = 3;

/** Reads a quantity as typed: "2.5" is 2,500 thousandths. */
export function readQuantity(typed: string, locale = formatLocale()): Read<number> {
  return readDecimal(typed, QUANTITY_DECIMALS, locale);
}

/** Thousandths for the eye: "2.5". */
export function writeQuantity(milli: number, locale = formatLocale()): string {
  return writeDecimal(milli, QUANTITY_DECIMALS, locale, { trim: true });
}
