import type { Batch, RowOutcome } from "$/bridge";
import type { ImportRun } from "$/data/import.svelte";
import type { Tone } from "$/parts/Tag.svelte";
import { m } from "$/words/messages";
import { found, tableName } from "$/words/names";

/** "Customers": what the rows of an import are. */
export function kindTitle(kind: string): string {
  return found(`import_kind_${kind}`)?.() ?? tableName(kind);
}

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

/** What became of a row, or would. */
export function outcomeWords(outcome: RowOutcome["outcome"]): string {
  const words = { added: m.outcome_added, known: m.outcome_known, changed: m.outcome_changed, empty: m.outcome_empty, refused: m.outcome_refused };
  return words[outcome]();
}

export function outcomeTone(outcome: RowOutcome["outcome"]): Tone {
  const tones: Partial<Record<RowOutcome["outcome"], Tone>> = { added: "good", refused: "bad", changed: "warn" };
  return tones[outcome] ?? "plain";
}
