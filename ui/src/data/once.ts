// Questions that are asked once, where an action needs the answer and nothing shows it.

import type { Commands } from "$/bridge";
import { questions } from "./index.svelte";
import type { ReadName } from "./rests";

/** Asks a command now; rejects with a `Fault`. */
export function askOnce<C extends ReadName>(command: C, input: Commands[C]["input"]): Promise<Commands[C]["answer"]> {
  return questions.call(command, input);
}
