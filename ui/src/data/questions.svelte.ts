// What was asked, and when it is asked again: an answer is kept under its command and input, shown while it is asked anew,
// and asked anew when a commit changed a table that it rests on. Nothing here knows a screen.

import { busy, type Call, type Changed, type Commands, Fault } from "$/bridge";
import { type ReadName, rests } from "./rests";

/** Calls a function once the next frame begins; a hidden window has no frames, so a timer stands in. */
export type Schedule = (run: () => void) => void;

export const nextFrame: Schedule = (run) => {
  const done = busy("changed");
  let ran = false;
  const once = (): void => {
    if (ran) return;
    ran = true;
    run();
    done();
  };
  requestAnimationFrame(once);
  setTimeout(once, 100);
};

/** One question and the newest answer to it. */
export class Question<C extends ReadName> {
  answer = $state.raw<Commands[C]["answer"] | undefined>(undefined);
  fault = $state.raw<Fault | null>(null);
  asking = $state(false);
  /** How many places show the answer. */
  holders = 0;
  /** Whether a commit may have changed the answer since it was asked. */
  old = true;
  lastUsed = 0;

  constructor(
    readonly command: C,
    readonly input: Commands[C]["input"],
    private readonly call: Call,
  ) {}

  /** Asks unless the question is being asked; if it is, it is asked once more afterwards. */
  async again(): Promise<void> {
    this.old = true;
    if (this.asking) return;
    this.asking = true;
    while (this.old) {
      this.old = false;
      try {
        this.answer = await this.call(this.command, this.input);
        this.fault = null;
      } catch (thrown) {
        this.fault = Fault.from(thrown);
      }
    }
    this.asking = false;
  }
}

const KEPT_MAX = 200;

/** All questions of the window. */
export class Questions {
  private readonly kept = new Map<string, Question<ReadName>>();
  private readonly lists = new Set<{ refresh: () => void; command: ReadName }>();
  private waiting = new Set<string>();
  private everything = false;
  private scheduled = false;
  private clock = 0;

  constructor(
    readonly call: Call,
    private readonly schedule: Schedule = nextFrame,
  ) {}

  /** The question of this command and input, asked or not. */
  question<C extends ReadName>(command: C, input: Commands[C]["input"]): Question<C> {
    const key = keyOf(command, input);
    let found = this.kept.get(key) as Question<C> | undefined;
    if (!found) {
      found = new Question(command, input, this.call);
      this.kept.set(key, found as unknown as Question<ReadName>);
      this.tidy();
    }
    found.lastUsed = ++this.clock;
    return found;
  }

  /** Shows a question's answer somewhere: asks it if it is old, and keeps it fresh until released. */
  hold<C extends ReadName>(question: Question<C>): () => void {
    question.holders += 1;
    if (question.old && !question.asking) void question.again();
    return () => {
      question.holders -= 1;
    };
  }

  /** A list that pages by itself joins here to hear when to refresh. */
  join(list: { refresh: () => void; command: ReadName }): () => void {
    this.lists.add(list);
    return () => this.lists.delete(list);
  }

  /** Hears of a commit. What it may have changed is asked again in the next frame, however many commits came till then. */
  changed(changed: Pick<Changed, "tables">): void {
    for (const table of changed.tables) this.waiting.add(table);
    this.soon();
  }

  /** Everything is asked again: another store or book lies beneath. */
  changedEverything(): void {
    this.everything = true;
    this.soon();
  }

  private soon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      const tables = [...this.waiting];
      const everything = this.everything;
      this.waiting = new Set();
      this.everything = false;
      for (const question of this.kept.values()) {
        if (!everything && !rests(question.command, tables)) continue;
        if (question.holders > 0) void question.again();
        else question.old = true;
      }
      for (const list of this.lists) {
        if (everything || rests(list.command, tables)) list.refresh();
      }
    });
  }

  private tidy(): void {
    if (this.kept.size <= KEPT_MAX) return;
    const idle = [...this.kept].filter(([, question]) => question.holders === 0 && !question.asking);
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key] of idle.slice(0, this.kept.size - KEPT_MAX)) this.kept.delete(key);
  }
}

/** The same input gives the same key, whatever the order of its fields; what isn't given is left out. */
export function keyOf(command: string, input: unknown): string {
  return command + JSON.stringify(sorted(input));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, held]) => [name, sorted(held)]),
  );
}
