import { ListView } from "$/parts/view.svelte";

export type Which = "received" | "out" | "expenses";

/** How the payments are looked at: coming back from one finds the list as it was left. */
export const view = new ListView<Which>({ which: "received", sort: "date", descending: true });
