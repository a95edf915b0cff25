// Business dates between people and YYYY-MM-DD. What is typed is read in the order in which dates are shown here.

import { type CalendarDate, parseDate, startOfMonth, startOfWeek } from "@internationalized/date";
import { plain } from "./decimal";
import { formatLocale } from "./locale";
import { m } from "./messages";
import { sayDate } from "./time";

/** Whether a text is a date as the commands take it. */
export function isDate(text: string): boolean {
  return of(text) !== null;
}

function of(text: string): CalendarDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  try {
    return parseDate(text);
  } catch {
    return null;
  }
}

/** The date so many days later. */
export function plusDays(date: string, days: number): string {
  return parseDate(date).add({ days }).toString();
}

/** A span of days, both ends in it. */
export interface Span {
  title: string;
  from: string;
  to: string;
}

/** The spans that lists are mostly narrowed to. */
export function spans(today: string, locale = formatLocale()): Span[] {
  const now = parseDate(today);
  const yesterday = plusDays(today, -1);
  return [
    { title: m.date_today(), from: today, to: today },
    { title: m.date_yesterday(), from: yesterday, to: yesterday },
    { title: m.date_this_week(), from: startOfWeek(now, locale).toString(), to: today },
    { title: m.date_this_month(), from: startOfMonth(now).toString(), to: today },
  ];
}

/**
 * Reads a date: "28", "28/11", "28 Nov", "28.11.2026", "-1" for yesterday, "today"; null where it can't be read.
 *
 * What is left out is filled in so that the date is the newest one that is not in the future, for books look back. Two numbers stand in
 * the locale's order, unless only the other one gives a date.
 */
export function readDate(typed: string, today: string, locale = formatLocale()): string | null {
  const text = plain(typed).replace(/[\u200e\u200f\u061c]/g, "").trim().toLocaleLowerCase(locale);
  if (of(text)) return text;
  if (/^[+-]\d{1,4}$/.test(text)) return plusDays(today, Number(text));
  if (text === m.date_today().toLocaleLowerCase(locale)) return today;
  if (text === m.date_yesterday().toLocaleLowerCase(locale)) return plusDays(today, -1);

  const { monthFirst, months, between } = writing(locale);
  const words = text.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== "" && !between.has(word));
  const named = words.findIndex((word) => !/^\d+$/.test(word));
  const numbers = words.filter((_, at) => at !== named);
  if (words.length > 3 || numbers.some((word) => !/^\d{1,4}$/.test(word))) return null;
  if (named >= 0) {
    const month = monthOf(words[named] ?? "", months);
    const yearFirst = numbers.length === 2 && (numbers[0]?.length ?? 0) > 2;
    const [day, year] = yearFirst ? [numbers[1], numbers[0]] : numbers;
    return month === null || day === undefined ? null : newest({ day, month, year }, today);
  }
  const [first, second, third] = numbers;
  if (first === undefined) return null;
  if (second === undefined) return newest({ day: first }, today);
  if (third !== undefined && first.length > 2) return newest({ year: first, month: second, day: third }, today);
  const usual = { day: monthFirst ? second : first, month: monthFirst ? first : second, year: third };
  return newest(usual, today) ?? newest({ ...usual, day: usual.month, month: usual.day }, today);
}

interface Told {
  day: string;
  month?: string | number;
  year?: string | undefined;
}

/** The newest date, not after today, that has these parts; a year that was given stands as it is. */
function newest({ day, month, year }: Told, today: string): string | null {
  const now = parseDate(today);
  const exact = (years: number, months: number): string | null => {
    const text = `${String(years).padStart(4, "0")}-${String(months).padStart(2, "0")}-${day.padStart(2, "0")}`;
    return of(text)?.toString() ?? null;
  };
  if (year !== undefined) {
    // Two digits are a year of the century that is nearest.
    const century = Math.round((now.year - Number(year)) / 100) * 100;
    return exact(year.length > 2 ? Number(year) : century + Number(year), Number(month));
  }
  // A 31st may lie two months back, a 29 February eight years.
  const back = Array.from({ length: 9 }, (_, step) => (month === undefined ? now.subtract({ months: step }) : now.subtract({ years: step })));
  const found = back.map((then) => exact(then.year, month === undefined ? then.month : Number(month)));
  return found.find((date) => date !== null && date <= today) ?? null;
}

interface Writing {
  monthFirst: boolean;
  /** The names of each month. */
  months: string[][];
  /** Words between day, month and year, as "de" in Portuguese. */
  between: Set<string>;
}

const writings = new Map<string, Writing>();

/** How a locale writes dates. */
function writing(locale: string): Writing {
  let known = writings.get(locale);
  if (!known) {
    const lower = (text: string): string => text.toLocaleLowerCase(locale);
    const letters = (text: string): string[] => lower(text).split(/[^\p{L}\p{M}]+/u).filter(Boolean);
    const styles = (["medium", "long"] as const).map((dateStyle) => new Intl.DateTimeFormat(locale, { dateStyle, timeZone: "UTC" }));
    const short = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
    const numeric = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", timeZone: "UTC" }).formatToParts(0).map(({ type }) => type);
    const parts = (month: number): Intl.DateTimeFormatPart[] => styles.flatMap((style) => style.formatToParts(Date.UTC(2026, month, 28)));
    known = {
      monthFirst: numeric.indexOf("month") < numeric.indexOf("day"),
      months: Array.from({ length: 12 }, (_, month) => [
        ...parts(month).flatMap(({ type, value }) => (type === "month" ? letters(value) : [])),
        ...letters(short.format(Date.UTC(2026, month, 28))),
      ]),
      between: new Set(parts(0).flatMap(({ type, value }) => (type === "literal" ? letters(value) : []))),
    };
    writings.set(locale, known);
  }
  return known;
}

/** Which month a word names or begins to name; null where that is none, or more than one. */
function monthOf(word: string, months: string[][]): number | null {
  const exact = months.findIndex((names) => names.includes(word));
  if (exact >= 0) return exact + 1;
  const begun = months.flatMap((names, at) => (names.some((name) => name.startsWith(word)) ? [at + 1] : []));
  return begun.length === 1 ? (begun[0] ?? null) : null;
}

/** A date as a field shows it, and anything else as it was typed. */
export function shownDate(value: string): string {
  return isDate(value) ? sayDate(value) : value;
}
