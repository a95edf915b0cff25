import { expect, it } from "vitest";
import type { Change, HistoryItem } from "$/bridge";
import { subjectOf, tellEntry } from "./words";

const change = (table: string, record_name: string | null, columns: Record<string, unknown> = {}): Change => ({
  table,
  operation: "insert",
  record_id: crypto.randomUUID(),
  record_name,
  columns: Object.entries(columns).map(([name, value]) => ({ name, old: null, new: value })),
});
const entry = (command: string, ...changes: Change[]) => ({ command, changes }) as unknown as HistoryItem;
const NAMES: Record<string, string> = { till: "Till", bank: "Bank" };
const tell = (item: HistoryItem) => tellEntry(item, (id) => NAMES[id]);

it("a transfer says from where to where, how much and why", () => {
  const moved = change("payment_transfer", "D1-T-000007", { from_account_id: "till", to_account_id: "bank", amount_minor: 27_600, memo: "Takings" });
  const posting = change("ledger_posting", null, { amount_minor: 27_600 });
  expect(tell(entry("transfer_funds", posting, moved))).toMatchObject({ sentence: "Till to Bank", detail: "Takings", amount_minor: 27_600 });
  expect(tell(entry("transfer_reverse", moved)).sentence).toBe("Transfer reversed: Till to Bank");
  // An account of that time may be closed by now: then the number has to do.
  const elsewhere = change("payment_transfer", "D1-T-000008", { from_account_id: "gone", to_account_id: "bank" });
  expect(tell(entry("transfer_funds", elsewhere)).sentence).toBe("Money transferred: D1-T-000008");
});

it("an entry is about the record of its command, named whatever was changed", () => {
  const edited = change("customer", "Mama Njeri Shop", { phone: "0711" });
  expect(tell(entry("customer_edit", edited))).toMatchObject({ sentence: "Customer changed: Mama Njeri Shop", amount_minor: null });
  const batch = change("import_batch", "customers.csv", { rows_done: 91 });
  expect(subjectOf(entry("import_step", change("customer", "Ana"), batch))?.record_name).toBe("customers.csv");
  const opened = [change("payment_opening", "D1-O-000001"), change("payment_account", "Float")];
  expect(tell(entry("account_open", ...opened)).sentence).toBe("Account opened: Float");
  expect(tell(entry("head_office", edited)).sentence).toMatch(/: Mama Njeri Shop$/);
  expect(tell(entry("book_setup")).sentence).toBe("Book set up");
});
