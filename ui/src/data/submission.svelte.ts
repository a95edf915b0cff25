// One submit of a form: its request id, whether it is under way, and where what failed is shown.

import { type Call, call as bridgeCall, type CommandName, type Commands, Fault } from "$/bridge";
import { sayFault } from "$/words/faults";
import { keyOf } from "./questions.svelte";
import { session } from "./session.svelte";

/** Where a fault is shown: under the input that caused it, or at the form's head. */
export interface Placed {
  field: string | null;
  sentence: string;
}

/**
 * Finds the input of a fault. `names` says which inputs the form has; a name of the command that the form calls otherwise
 * stands there as `{ amount_minor: "amount" }`; `columns.name` finds `columns.name` first and then `columns`.
 */
export function place(fault: Fault, names: readonly string[], aliases: Record<string, string>, say: (fault: Fault) => string): Placed {
  let field = fault.field;
  while (field) {
    const known = aliases[field] ?? field;
    if (names.includes(known)) return { field: known, sentence: say(fault) };
    const dot = field.lastIndexOf(".");
    field = dot < 0 ? null : field.slice(0, dot);
  }
  return { field: null, sentence: say(fault) };
}

interface Options {
  names?: readonly string[];
  aliases?: Record<string, string>;
  call?: Call;
  say?: (fault: Fault) => string;
}

export class Submission<C extends CommandName> {
  working = $state(false);
  fault = $state.raw<Fault | null>(null);
  /** What is wrong, input by input. */
  errors = $state<Record<string, string>>({});
  /** What is wrong with the whole. */
  head = $state<string | null>(null);
  /** The row as it is now, after `stale`. */
  current = $state.raw<unknown>(null);
  private sent: { key: string; id: string } | null = null;
  private readonly names: readonly string[];
  private readonly aliases: Record<string, string>;
  private readonly call: Call;
  private readonly say: (fault: Fault) => string;

  constructor(
    readonly command: C,
    { names = [], aliases = {}, call = bridgeCall, say }: Options = {},
  ) {
    this.names = names;
    this.aliases = aliases;
    this.call = call;
    this.say = say ?? ((fault) => sayFault(fault, session.currency));
  }

  /**
   * Sends the input; the answer, or null when it was refused. The same input sent again after a refusal or a lost answer goes
   * under the same request id, so that nothing is done twice.
   */
  async send(input: Commands[C]["input"]): Promise<Commands[C]["answer"] | null> {
    if (this.working) return null;
    const key = keyOf(this.command, input);
    if (this.sent?.key !== key) this.sent = { key, id: crypto.randomUUID() };
    this.working = true;
    this.clear();
    try {
      const answer = await this.call(this.command, input, { requestId: this.sent.id });
      this.sent = null;
      return answer;
    } catch (thrown) {
      this.show(Fault.from(thrown));
      return null;
    } finally {
      this.working = false;
    }
  }

  /** Says that inputs are wrong before anything is sent; true when there was anything to say. */
  refuse(errors: Record<string, string | null | undefined>): boolean {
    this.clear();
    const wrong = Object.entries(errors).filter((entry): entry is [string, string] => !!entry[1]);
    this.errors = Object.fromEntries(wrong);
    return wrong.length > 0;
  }

  /** The input was typed in: what was wrong with it may be right now. */
  touched(name: string): void {
    if (this.errors[name] !== undefined) delete this.errors[name];
  }

  clear(): void {
    this.fault = null;
    this.errors = {};
    this.head = null;
    this.current = null;
  }

  private show(fault: Fault): void {
    this.fault = fault;
    if (fault.code === "stale") {
      this.current = fault.details?.["current"] ?? null;
      if (this.current !== null) return;
    }
    const { field, sentence } = place(fault, this.names, this.aliases, this.say);
    if (field === null) this.head = sentence;
    else this.errors = { [field]: sentence };
  }
}
