// What a record is described by, as a list of fields: its form, its facts and what is sent all follow from that.
// Not here: which records there are. Each screen declares its own in a file called fields.ts.

import { isDate } from "$/words/dates";
import { readDecimal } from "$/words/decimal";
import { sayUnread } from "$/words/faults";
import { formatLocale } from "$/words/locale";
import { m } from "$/words/messages";
import { type Currency, RATE_DECIMALS, readMoney, readRate, writeMoney, writeRate } from "$/words/money";
import { columnName, type ValueContext, valueWords } from "$/words/names";

/** One of the values that a choice can have. */
export interface Choice {
  value: string;
  title: string;
  /** A second line or a figure, beside the title. */
  note?: string;
  /** Further words to be found by. */
  also?: string;
  /** Offered only where it is chosen already, as what was archived. */
  gone?: boolean;
}

/** One field of a record. */
export interface RecordField<Name extends string = string> {
  /** As the commands call it. Its title goes by this name. */
  name: Name;
  /** How it is typed; `lines` and `line` are text, `count` is a whole number, `yes` is ticked or not. */
  as: "line" | "lines" | "tel" | "email" | "money" | "rate" | "count" | "date" | "choice" | "yes";
  /** Takes the whole width of the form. */
  wide?: boolean;
  required?: boolean;
  hint?: () => string;
  /** The choices, where they are always the same; a form is handed the others. */
  choices?: () => Choice[];
  /** The choices are so few that they stand side by side. */
  few?: boolean;
  /** What a new record begins with, as it would be sent. */
  start?: string | number | boolean;
  /** Asked of a new record only. */
  once?: boolean;
  /** Whether it is asked at all, seeing what the others hold. */
  when?: (values: Readonly<Record<string, string>>) => boolean;
}

/** A record as its commands answer it. */
export interface Kept {
  id: string;
  name: string;
  row_version: number;
  archived_at?: number | null;
}

/** A field's value as a form holds it: text, empty for nothing. */
export function typed({ as }: Pick<RecordField, "as">, value: unknown, currency: Currency): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  return as === "money" ? writeMoney(value, currency.exponent) : as === "rate" ? writeRate(value) : String(value);
}

/** What a record holds in a field. */
function valueOf(record: Kept, name: string): unknown {
  return (record as unknown as Record<string, unknown>)[name] ?? null;
}

/** A record as a form holds it; a new one as it begins. */
export function held(fields: readonly RecordField[], record: Kept | null, currency: Currency): Record<string, string> {
  const value = (field: RecordField): unknown => (record ? valueOf(record, field.name) : field.start);
  return Object.fromEntries(fields.map((field) => [field.name, typed(field, value(field), currency)]));
}

type Given = { value: string | number | boolean | null } | { wrong: string };

/** What a field's text sends, or what is wrong with it. */
export function given(field: RecordField, text: string, currency: Currency): Given {
  const wanted = text.trim();
  if (field.as === "yes") return { value: wanted === "true" };
  if (wanted === "" && !field.required) return { value: null };
  if (field.as === "count") {
    const read = readDecimal(wanted, 0, formatLocale());
    return read.ok ? { value: read.value } : { wrong: read.why === "too_many_decimals" ? m.unread_whole() : sayUnread(read.why, 0) };
  }
  if (field.as === "money" || field.as === "rate") {
    const decimals = field.as === "money" ? currency.exponent : RATE_DECIMALS;
    const read = field.as === "money" ? readMoney(wanted, decimals) : readRate(wanted);
    return read.ok ? { value: read.value } : { wrong: sayUnread(read.why, decimals) };
  }
  if (wanted === "") return { wrong: field.name === "name" ? m.name_missing() : m.fault_empty() };
  if (field.as === "date" && !isDate(wanted)) return { wrong: m.unread_date() };
  return { value: wanted };
}

/** What a record holds, in words, with the titles of its fields; nothing where it holds nothing. */
export function factsOf(
  fields: readonly RecordField[],
  record: Kept,
  context: ValueContext,
): { title: string; text: string | null }[] {
  const words = ({ name, as }: RecordField): string | null => {
    const value = valueOf(record, name);
    if (value === null) return null;
    return typeof value === "string" && as !== "choice" && as !== "date" ? value : valueWords(name, value, context);
  };
  return fields.filter(({ once }) => !once).map((field) => ({ title: columnName(field.name), text: words(field) }));
}
