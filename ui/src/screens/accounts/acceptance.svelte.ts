// An owner may accept that an account is below its minimum at the end of an earlier day, once it was told which.

import type { CommandName } from "$/bridge";
import { session } from "$/data/session.svelte";
import type { Submission } from "$/data/submission.svelte";

export class Acceptance {
  accepted = $state(false);

  constructor(private readonly refused: Submission<CommandName>) {}

  /** Whether there is something to accept, and this person may. */
  get asked(): boolean {
    return this.refused.fault?.code === "below_minimum" && session.person?.role === "owner";
  }

  /** What is sent along; each acceptance is for one refusal. */
  given(): { accept_below_minimum?: true } {
    if (!this.accepted) return {};
    this.accepted = false;
    return { accept_below_minimum: true };
  }
}
