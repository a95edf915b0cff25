// How the list of bills is looked at: it is found again as it was left.

import { ListView } from "$/parts/view.svelte";

export type Which = "open" | "overdue" | "paid" | "all" | "debts" | "credits";

export const view = new ListView<Which, "date">({ which: "open", sort: "date", descending: true });

class Filter {
  customer = $state("");
  from = $state("");
  to = $state("");
}

export const filter = new Filter();
