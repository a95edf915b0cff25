// Which questions have to be asked again when tables change. Each command says itself which tables its answer rests on.

import { type CommandName, type Commands, RESTS_ON } from "$/bridge";

export type ReadName = { [C in CommandName]: Commands[C]["kind"] extends "read" ? C : never }[CommandName];

/** Whether a change to these tables can change the answer of a command. */
export function rests(command: ReadName, changed: readonly string[]): boolean {
  const tables = RESTS_ON[command];
  if (tables === null) return changed.length > 0;
  return tables.some((table) => changed.includes(table));
}
