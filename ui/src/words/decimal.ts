// Decimals as people write them, read strictly and without a float: digits in, digits out.

export interface Marks {
  /** The locale's decimal mark, such as "." */
  decimal: string;
  /** The locale's grouping mark, such as "," or a narrow space. */
  group: string;
}

export type Read<T> = { ok: true; value: T } | { ok: false; why: Unread };

export type Unread = "empty" | "not_a_number" | "ambiguous" | "too_many_decimals" | "too_large";

const marksOf = new Map<string, Marks>();

/** How a locale writes decimals and groups. */
export function marks(locale: string): Marks {
  let known = marksOf.get(locale);
  if (!known) {
    const parts = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, useGrouping: true }).formatToParts(1234567.5);
    known = {
      decimal: parts.find((part) => part.type === "decimal")?.value ?? ".",
      group: parts.find((part) => part.type === "group")?.value ?? ",",
    };
    marksOf.set(locale, known);
  }
  return known;
}

const ZEROS = [0x0030, 0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10];

/** Other scripts' digits as ASCII; their decimal and grouping marks as "." and ",". */
export function plain(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const zero = ZEROS.find((start) => code >= start && code <= start + 9);
    if (zero !== undefined) out += String(code - zero);
    else if (char === "٫") out += ".";
    else if (char === "٬") out += ",";
    else if (char === "−" || char === "–") out += "-";
    else out += char;
  }
  return out;
}

const SPACE = /[\s'’\u00a0\u202f\u2009]/;

/** Groups as people write them: 1,234,567 and, in India, 12,34,567. */
function groupsHold(groups: string[]): boolean {
  const first = groups[0] ?? "";
  const last = groups[groups.length - 1] ?? "";
  const inner = groups.slice(1, -1);
  if (first.length < 1 || first.length > 3 || first.startsWith("0") || last.length !== 3) return false;
  return inner.every((group) => group.length === 3) || (first.length <= 2 && inner.every((group) => group.length === 2));
}

/**
 * Reads a decimal into an integer of its smallest units: "1,234.50" with two decimals is 123450.
 *
 * Either mark may be the decimal one. A single mark with three digits after it could be either: the locale decides, and
 * where it doesn't the text is refused, for a guess could be wrong a thousandfold.
 */
export function readDecimal(typed: string, decimals: number, locale: string): Read<number> {
  let text = plain(typed).trim();
  if (text === "") return { ok: false, why: "empty" };
  let negative = false;
  if (/^[+-]/.test(text)) {
    negative = text.startsWith("-");
    text = text.slice(1).trim();
  }
  if (!/^[\d.,\s'’\u00a0\u202f\u2009]+$/.test(text) || !/\d/.test(text)) return { ok: false, why: "not_a_number" };

  let whole = text;
  let fraction = "";
  const dots = text.split(".").length - 1;
  const commas = text.split(",").length - 1;
  const mark = text.lastIndexOf(".") > text.lastIndexOf(",") ? "." : ",";
  const cut = text.lastIndexOf(mark);
  if (dots > 0 && commas > 0) {
    if ((mark === "." ? dots : commas) > 1) return { ok: false, why: "not_a_number" };
    whole = text.slice(0, cut);
    fraction = text.slice(cut + 1);
  } else if (dots + commas === 1) {
    const before = text.slice(0, cut);
    const after = text.slice(cut + 1);
    const ways = marks(locale);
    const decimalMark = plain(ways.decimal);
    const groupMark = plain(ways.group);
    const couldGroup = after.length === 3 && /^\d{1,3}$/.test(before) && !before.startsWith("0");
    if (mark === groupMark && couldGroup) {
      whole = text;
    } else if (mark === decimalMark || !couldGroup || decimals >= 3) {
      if (mark !== decimalMark && couldGroup) return { ok: false, why: "ambiguous" };
      whole = before;
      fraction = after;
    } else {
      return { ok: false, why: "ambiguous" };
    }
  }

  if (!/^\d*$/.test(fraction)) return { ok: false, why: "not_a_number" };
  const separator = [",", "."].find((one) => whole.includes(one)) ?? null;
  const spaced = SPACE.test(whole);
  if (separator && spaced) return { ok: false, why: "not_a_number" };
  if (separator || spaced) {
    const groups = separator ? whole.split(separator) : whole.split(new RegExp(SPACE.source));
    if (!groups.every((group) => /^\d+$/.test(group)) || !groupsHold(groups)) return { ok: false, why: "not_a_number" };
    whole = groups.join("");
  }
  if (whole === "" && fraction === "") return { ok: false, why: "not_a_number" };
  // Even noughts: "1.000" with two decimals may have been meant as a thousand.
  if (fraction.length > decimals) return { ok: false, why: "too_many_decimals" };
  const digits = (whole + fraction.padEnd(decimals, "0")).replace(/^0+(?=\d)/, "") || "0";
  if (digits.length > 16 || BigInt(digits) > BigInt(Number.MAX_SAFE_INTEGER)) return { ok: false, why: "too_large" };
  const value = Number(digits);
  return { ok: true, value: negative && value !== 0 ? -value : value };
}

/** Writes an integer of smallest units as a decimal in the locale's marks and digits: exact, never through a float. */
export function writeDecimal(value: number, decimals: number, locale: string, options: { trim?: boolean } = {}): string {
  const digits = String(Math.abs(value)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  let fraction = decimals > 0 ? digits.slice(-decimals) : "";
  if (options.trim) fraction = fraction.replace(/0+$/, "");
  const text = new Intl.NumberFormat(locale).format(BigInt(whole));
  const sign = value < 0 ? "−" : "";
  if (fraction === "") return sign + text;
  const localFraction = [...fraction].map((digit) => digitOf(Number(digit), locale)).join("");
  return sign + text + marks(locale).decimal + localFraction;
}

const digitsOf = new Map<string, string[]>();

function digitOf(digit: number, locale: string): string {
  let known = digitsOf.get(locale);
  if (!known) {
    const format = new Intl.NumberFormat(locale, { useGrouping: false });
    known = Array.from({ length: 10 }, (_, value) => format.format(value));
    digitsOf.set(locale, known);
  }
  return known[digit] ?? String(digit);
}
