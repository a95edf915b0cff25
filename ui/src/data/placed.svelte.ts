// A list of known length, of which only the pages exist that were looked at: who goes to its end, or to a letter, reads that page and
// not those before. What it rests on having changed, the page in view is read again and the others are forgotten.

import { type Commands, Fault } from "$/bridge";
import type { Questions } from "./questions.svelte";
import type { ListName, RowOf } from "./pages.svelte";

type Placed = { rows: unknown[]; total: number | null; offset: number | null };

/** Lists that can be read from any place. */
export type PlacedName = {
  [C in ListName]: Commands[C]["answer"] extends Placed ? C : never;
}[ListName];

const PAGE_ROWS = 60;
const ROWS_MAX = 200;

export class PlacedRows<C extends PlacedName> {
  /** As long as the list; what isn't read is a hole. */
  rows = $state.raw<(RowOf<C> | undefined)[]>([]);
  /** How many rows the list has; null while that isn't known. */
  total = $state.raw<number | null>(null);
  fault = $state.raw<Fault | null>(null);
  readonly hasMore = false;
  private input: Commands[C]["input"] | null = null;
  private view = { from: 0, to: PAGE_ROWS - 1 };
  private turn = 0;
  private reading = false;

  constructor(
    readonly command: C,
    private readonly questions: Questions,
  ) {}

  /** Whether nothing is known yet. */
  get unknown(): boolean {
    return this.total === null && this.fault === null;
  }

  /** The rows that were read. */
  get known(): RowOf<C>[] {
    return this.rows.filter((row) => row !== undefined);
  }

  /** Reads another list, from its top: other settings of the same command. The old rows stay until the new ones are there. */
  open(input: Commands[C]["input"]): void {
    this.input = input;
    this.view = { from: 0, to: PAGE_ROWS - 1 };
    void this.read(true);
  }

  /** Joins the questions that are asked again on change, until released. */
  join(): () => void {
    return this.questions.join({ command: this.command, refresh: () => void this.read(true) });
  }

  /** These rows are looked at: those of them that aren't there are read. */
  need(from: number, to: number): void {
    this.view = { from, to };
    if (!this.reading && this.fault === null) void this.read(false);
  }

  more(): void {}

  /** Tries again what failed. */
  retry(): void {
    void this.read(true);
  }

  /** The place of the first row whose name begins with this or comes after it; null where that can't be told. */
  async placeOf(text: string): Promise<number | null> {
    if (!this.input) return null;
    try {
      return (await this.ask({ from: text, limit: 1 })).offset;
    } catch {
      return null;
    }
  }

  /** Reads what lacks of the view; afresh, all of it, and forgets the rest. */
  private async read(afresh: boolean): Promise<void> {
    const turn = ++this.turn;
    this.reading = true;
    let isFresh = !afresh;
    try {
      for (let at = this.lacks(isFresh); at !== null; at = this.lacks(isFresh)) {
        const page = await this.ask({ offset: at, limit: isFresh ? PAGE_ROWS : this.wanted(at), count: !isFresh });
        if (turn !== this.turn) return;
        if (!isFresh) this.total = page.total ?? 0;
        const rows = isFresh ? this.rows.slice() : new Array<RowOf<C> | undefined>(this.total ?? 0);
        page.rows.forEach((row, index) => (rows[at! + index] = row as RowOf<C>));
        this.rows = rows;
        this.fault = null;
        // Nothing there, though there should be: the list is shorter than it was.
        if (page.rows.length === 0 && isFresh) break;
        isFresh = true;
      }
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.fault = Fault.from(thrown);
    }
    this.reading = false;
  }

  /** Where the next page of the view begins that isn't there. */
  private lacks(isFresh: boolean): number | null {
    const { from, to } = this.view;
    if (!isFresh) return from - (from % PAGE_ROWS);
    for (let at = from; at <= Math.min(to, this.rows.length - 1); at += 1) {
      if (this.rows[at] === undefined) return at - (at % PAGE_ROWS);
    }
    return null;
  }

  /** So many rows that the view is covered from there. */
  private wanted(at: number): number {
    return Math.min(ROWS_MAX, Math.max(PAGE_ROWS, this.view.to - at + 1));
  }

  private async ask(place: object): Promise<Placed> {
    return (await this.questions.call(this.command, { ...this.input, ...place } as Commands[C]["input"])) as Placed;
  }
}
