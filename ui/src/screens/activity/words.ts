// The daybook's entries in words.

import type { Change, ColumnChange, HistoryItem } from "$/bridge";

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

/** What an entry was about: the name or the number of what it changed. A step of an import is about many, and names none. */
export function subjectOf(item: HistoryItem): string {
  const naming = item.command.startsWith("import_") ? ["file_name"] : ["number", "name", "file_name"];
  for (const wanted of naming) {
    for (const change of item.changes) {
      const column = change.columns.find(({ name }) => name === wanted);
      const value = column?.new ?? column?.old;
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return "";
}
