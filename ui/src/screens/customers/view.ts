import type { CustomerSort, Shown } from "$/bridge";
import { ListView } from "$/parts/view.svelte";

/** How the customers are looked at: coming back from one finds the list as it was left. */
export const view = new ListView<Shown, CustomerSort>({ which: "no", sort: "name" });
