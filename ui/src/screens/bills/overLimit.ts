// A customer who would owe more than its limit: by how much, and whether this person may accept it.

import type { Fault } from "$/bridge";
import { session } from "$/data/session.svelte";

/** Whether there is something to accept, and this person may. */
export function mayAccept(fault: Fault | null): boolean {
  return fault?.code === "credit_limit" && session.person?.role === "owner";
}
