// The daybook's entries in words.

import type { Change, ColumnChange, HistoryItem } from "$/bridge";
import { m } from "$/words/messages";
import { columnName, didWhat, type ValueContext, valueWords } from "$/words/names";

/** Columns that the store keeps for itself: they say nothing to a person. */
const HIDDEN = new Set(["id", "book_id", "row_version", "created_at", "name_fold", "search_text", "fingerprint", "byte_offset", "ordinal", "serial", "device_id", "document_id"]);

/** The columns of a change that a person wants to read. */
export function told(change: Change): ColumnChange[] {
  return change.columns.filter(
    ({ name, old, new: now }) =>
      !HIDDEN.has(name) &&
      !((old ?? null) === null && (now ?? null) === null) &&
      // Who opened an account keeps it; only that it went to another is news.
      (name !== "custodian_device_id" || change.operation === "update"),
  );
}

/** The changes of an entry as a person reads them: the document before its postings. */
export function inOrder(changes: readonly Change[]): Change[] {
  const rank = ({ table }: Change): number => Number(table === "ledger_posting");
  return [...changes].sort((a, b) => rank(a) - rank(b));
}

/** The table of what a command is about, by how its name begins. */
const ABOUT: Record<string, string> = {
  account: "payment_account",
  book: "book",
  customer: "customer",
  device: "device",
  expense: "payment_expense",
  import: "import_batch",
  opening: "payment_opening",
  payment: "payment",
  person: "person",
  product: "product",
  tax: "tax",
  transfer: "payment_transfer",
};

/** The change of the record that an entry was about; a step of an import is about its file. */
export function subjectOf(item: HistoryItem): Change | null {
  const table = ABOUT[item.command.split("_")[0] ?? ""];
  return item.changes.find((change) => change.table === table) ?? item.changes.find(({ record_name }) => record_name !== null) ?? null;
}

/** An entry as a line that a person reads. */
export interface Told {
  table: string | null;
  /** "Till to Bank", "Customer changed: Ana". */
  sentence: string;
  detail: string;
  amount_minor: number | null;
}

/** Tells an entry in a sentence; accounts are called by the names that are known for their ids. */
export function tellEntry(item: HistoryItem, named: (id: string) => string | undefined): Told {
  const change = subjectOf(item);
  const did = didWhat(item.command);
  const valueOf = (wanted: string): unknown => change?.columns.find(({ name }) => name === wanted)?.new;
  const nameOf = (column: string): string | undefined => named(String(valueOf(column)));
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const told: Told = { table: change?.table ?? null, sentence: did, detail: "", amount_minor: null };
  const amount = valueOf("amount_minor");
  if (typeof amount === "number") told.amount_minor = amount;
  const [from, to] = [nameOf("from_account_id"), nameOf("to_account_id")];
  if (change?.table === "payment_transfer" && from !== undefined && to !== undefined) {
    const sentence = m.told_transfer({ from, to });
    const memo = text(valueOf("memo"));
    return item.command === "transfer_funds"
      ? { ...told, sentence, detail: memo }
      : { ...told, sentence: m.told_record({ did, subject: sentence }), detail: memo };
  }
  const subject = (change?.table === "payment_opening" ? nameOf("account_id") : undefined) ?? change?.record_name ?? "";
  return { ...told, sentence: subject === "" ? did : m.told_record({ did, subject }) };
}

/** What an entry did to one record, in a line: which fields, from what to what. One that made the record is told by its command alone. */
export function lineOf(item: HistoryItem, record_id: string, context: ValueContext): string {
  const edits = item.changes
    .filter((change) => change.record_id === record_id && change.operation === "update")
    .flatMap((change) => told(change))
    .map(({ name, old, new: now }) =>
      name === "archived_at" ? ((now ?? null) === null ? m.unarchived_tag() : m.archived_tag()) : m.told_change({ field: columnName(name), old: valueWords(name, old, context), now: valueWords(name, now, context) }),
    );
  return edits.length === 0 ? didWhat(item.command) : edits.join(" · ");
}
