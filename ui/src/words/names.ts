// The words for what the store names: kinds, commands, tables, columns. A name without words here is shown as it is.

import { m } from "./messages";
import { type Currency, sayMoney, writeRate } from "./money";
import { sayDate, sayInstant } from "./time";

type Message = (inputs?: Record<string, unknown>) => string;

/** A message by its key, where the key comes from the store. */
export function found(key: string): Message | undefined {
  return (m as unknown as Record<string, Message | undefined>)[key];
}

function spaced(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Mobile money". */
export function kindName(kind: string): string {
  return found(`kind_${kind}`)?.() ?? spaced(kind);
}

/** "Card": how people pay. */
export function methodName(method: string): string {
  const own: Record<string, () => string> = { card: m.method_card, cheque: m.method_cheque, other: m.method_other };
  return own[method]?.() ?? kindName(method);
}

/** "Customer changed". */
export function didWhat(command: string): string {
  return found(`did_${command}`)?.() ?? spaced(command);
}

/** "Customer". */
export function tableName(table: string): string {
  return found(`table_${table}`)?.() ?? spaced(table);
}

/** "Postal code". */
export function columnName(column: string): string {
  return found(`column_${column}`)?.() ?? spaced(column.replace(/_(minor|ppm|milli|at|date)$/, ""));
}

/** "At head office": where an entry is. */
export function stateName(state: string): string {
  return found(`state_${state}`)?.() ?? spaced(state);
}

/** "Owner". */
export function roleName(role: string): string {
  return found(`role_${role}`)?.() ?? spaced(role);
}

export interface ValueContext {
  currency: Currency;
  timeZone: string | undefined;
  /** Names that are known for ids, such as accounts'. */
  named?: (id: string) => string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A column's value in words. */
export function valueWords(column: string, value: unknown, { currency, timeZone, named }: ValueContext): string {
  if (value === null || value === undefined || value === "") return m.value_none();
  if (typeof value === "boolean") return value ? m.value_yes() : m.value_no();
  if (typeof value === "number") {
    if (column.endsWith("_minor")) return sayMoney(value, currency);
    if (column.endsWith("_at")) return sayInstant(value, timeZone);
    if (column.endsWith("_ppm")) return `${writeRate(value)} %`;
    return String(value);
  }
  if (typeof value === "string") {
    if (column === "date" || column.endsWith("_date")) return sayDate(value);
    if (column === "kind") return kindName(value);
    if (column === "method") return methodName(value);
    if (column === "role") return roleName(value);
    if (UUID.test(value)) return named?.(value) ?? value.slice(-12);
    return value;
  }
  return JSON.stringify(value);
}
