// What is copied from the window: a row, a phone number.

import { m } from "$/words/messages";
import { toasts } from "./toasts.svelte";

/** Copies a text, and says so. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.say(m.copied({ text }));
  } catch {
    toasts.say(m.copy_failed(), { tone: "bad" });
  }
}
