import type { Batch } from "$/bridge";
import type { ImportRun } from "$/data/import.svelte";
import { m } from "$/words/messages";

/** What the list of rows is called that an import tells of. */
export function toldTitle(batch: Batch): string {
  return batch.changed > 0 ? m.import_told_title() : m.import_refused_title();
}

/** Where a batch stands, in words; one that is going on in this window says so. */
export function stateWords(batch: Batch, run: ImportRun | undefined): { text: string; tone: "plain" | "good" | "warn" | "accent" } {
  if (run?.going) return { text: run.doing === "undo" ? m.import_state_undoing() : m.import_state_going(), tone: "accent" };
  switch (batch.state as string) {
    case "done":
      return { text: m.import_state_done(), tone: "good" };
    case "undone":
      return { text: m.import_state_undone(), tone: "plain" };
    case "undoing":
      return { text: m.import_state_undo_stopped(), tone: "warn" };
    default:
      return { text: m.import_state_stopped(), tone: "warn" };
  }
}
