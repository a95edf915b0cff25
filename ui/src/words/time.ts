// Instants and business dates as people read them, in the book's time zone.

import { formatLocale } from "./locale";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, locale = formatLocale()): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, options);
    formats.set(key, known);
  }
  return known;
}

/** "23 Nov 2026", of a business date; business dates have no time zone. */
export function sayDate(date: string, locale = formatLocale()): string {
  const [year, month, day] = date.split("-").map(Number);
  if (!year || !month || !day) return date;
  return format({ dateStyle: "medium", timeZone: "UTC" }, locale).format(Date.UTC(year, month - 1, day));
}

/** "November 2026", of the first day of a month. */
export function sayMonth(date: string): string {
  const [year, month] = date.split("-").map(Number);
  if (!year || !month) return date;
  return format({ month: "long", year: "numeric", timeZone: "UTC" }).format(Date.UTC(year, month - 1, 1));
}

/** "23 Nov", of a business date. */
export function sayDay(date: string): string {
  const [year, month, day] = date.split("-").map(Number);
  if (!year || !month || !day) return date;
  return format({ day: "numeric", month: "short", timeZone: "UTC" }).format(Date.UTC(year, month - 1, day));
}

/** "23 Nov 2026, 14:05". */
export function sayInstant(at: number, timeZone?: string): string {
  return format({ dateStyle: "medium", timeStyle: "short", timeZone }).format(at);
}

/** "14:05". */
export function sayTime(at: number, timeZone?: string): string {
  return format({ timeStyle: "short", timeZone }).format(at);
}

/** "14:05" of today, "23 Nov 2026, 14:05" of another day. */
export function saySince(at: number, timeZone?: string): string {
  return dateOf(at, timeZone) === dateOf(Date.now(), timeZone) ? sayTime(at, timeZone) : sayInstant(at, timeZone);
}

/** The business date of an instant in a time zone, as YYYY-MM-DD. */
export function dateOf(at: number, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** "1.2 MB". */
export function saySize(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(formatLocale(), {
    style: "unit",
    unit: units[unit],
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  }).format(size);
}

/** "1,234". */
export function sayCount(count: number): string {
  return new Intl.NumberFormat(formatLocale()).format(count);
}

/** "4.2 s"; nothing where it was too short for anybody to wait for. */
export function sayDuration(milliseconds: number): string | null {
  if (milliseconds < 1000) return null;
  return new Intl.NumberFormat(formatLocale(), {
    style: "unit",
    unit: "second",
    unitDisplay: "short",
    maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
  }).format(milliseconds / 1000);
}
