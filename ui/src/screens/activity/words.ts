// The daybook's entries in words.

import type { Change, ColumnChange, HistoryItem } from "$/bridge";

/** Columns that the store keeps for itself: they say nothing to a person. */
const HIDDEN = new Set(["id", "book_id", "row_version", "created_at", "name_fold", "search_text", "fingerprint", "byte_offset", "ordinal"]);

/** The columns of a change that a person wants to read. */
export function told(change: Change): ColumnChange[] {
  return change.columns.filter(({ name, old, new: now }) => !HIDDEN.has(name) && !((old ?? null) === null && (now ?? null) === null));
}

/** What an entry was about: the name or the number of what it changed. */
export function subjectOf(item: HistoryItem): string {
  for (const wanted of ["number", "name", "file_name"]) {
    for (const change of item.changes) {
      const column = change.columns.find(({ name }) => name === wanted);
      const value = column?.new ?? column?.old;
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return "";
}
