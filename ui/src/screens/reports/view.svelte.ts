import type { AgeSort, SalesBy, TakingsBy } from "$/bridge";
import { ListView } from "$/parts/view.svelte";

export type Report = "ages" | "takings" | "sales" | "taxes";

/** How the reports are looked at: coming back from a customer finds them as they were left. */
export const view = new ListView<Report, AgeSort>({ which: "ages", sort: "owed", descending: true });

/** What the sums are of; a period that nobody chose is this month's. */
class Asked {
  takingsBy = $state<TakingsBy>("day");
  salesBy = $state<SalesBy>("product");
  /** The day that ages are counted to; empty for the book as it stands. */
  day = $state("");
  from = $state<string | null>(null);
  to = $state<string | null>(null);
}

export const asked = new Asked();
