// Which tables each reading command rests on: what has to be asked again when they change.

import type { CommandName, Commands } from "$/bridge";

export type ReadName = { [C in CommandName]: Commands[C]["kind"] extends "read" ? C : never }[CommandName];

const MONEY = ["payment_account", "ledger_posting", "ledger_balance"];

export const TABLES: Record<ReadName, readonly string[] | "any"> = {
  status: "any",
  overview: "any",
  device_list: ["device"],
  account_list: [...MONEY, "device"],
  account_statement: [...MONEY, "payment_transfer", "device"],
  transfer_list: ["payment_transfer", "payment_account", "ledger_posting", "person"],
  transfer_show: ["payment_transfer", "payment_account", "ledger_posting", "person"],
  customer_list: ["customer"],
  customer_show: ["customer"],
  product_list: ["product", "tax"],
  tax_list: ["tax"],
  history_list: "any",
  import_list: ["import_batch", "import_row", "person"],
  import_rows: ["import_row"],
  import_kinds: [],
  setting_get: ["device_setting"],
  sync_status: "any",
  conflict_list: "any",
};

/** Whether a change to these tables can change the answer of a command. */
export function rests(command: ReadName, changed: readonly string[]): boolean {
  const tables = TABLES[command];
  if (tables === "any") return changed.length > 0;
  return tables.some((table) => changed.includes(table));
}
