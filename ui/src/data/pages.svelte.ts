// A list that is read page by page behind a cursor, and read again from its start, as far as it had been read, when what it
// rests on changed. The rows that were there are shown until the new ones are.

import { type Commands, Fault } from "$/bridge";
import type { Questions } from "./questions.svelte";
import type { ReadName } from "./rests";

type Paged = { rows: unknown[]; next_cursor: string | null };

export type ListName = {
  [C in ReadName]: Commands[C]["answer"] extends Paged
    ? "cursor" extends keyof Commands[C]["input"]
      ? C
      : never
    : never;
}[ReadName];

export type RowOf<C extends ListName> = Commands[C]["answer"] extends { rows: (infer R)[] } ? R : never;

const PAGE_ROWS = 60;
const REFRESH_ROWS_MAX = 200;

export class Pages<C extends ListName> {
  rows = $state.raw<RowOf<C>[]>([]);
  /** The newest first page, with whatever it tells beside its rows. */
  first = $state.raw<Commands[C]["answer"] | undefined>(undefined);
  fault = $state.raw<Fault | null>(null);
  asking = $state(false);
  /** Whether the rows belong to the settings asked for, or still to the ones before. */
  settled = $state(false);
  private next = $state.raw<string | null>(null);
  private input: Commands[C]["input"] | null = null;
  private turn = 0;
  private dirty = false;

  constructor(
    readonly command: C,
    private readonly questions: Questions,
  ) {}

  /** Whether there are rows after the ones read. */
  get hasMore(): boolean {
    return this.next !== null;
  }

  /** Whether nothing is known yet. */
  get unknown(): boolean {
    return this.first === undefined && this.fault === null;
  }

  /** Reads another list: other settings of the same command. The old rows stay until the new ones are there. */
  open(input: Commands[C]["input"]): void {
    this.input = input;
    this.settled = false;
    void this.read(PAGE_ROWS);
  }

  /** Joins the questions that are asked again on change, until released. */
  join(): () => void {
    return this.questions.join({ command: this.command, refresh: () => this.refresh() });
  }

  /** Reads again as many rows as are shown. */
  refresh(): void {
    if (!this.input) return;
    if (this.asking) {
      this.dirty = true;
      return;
    }
    void this.read(Math.max(PAGE_ROWS, this.rows.length));
  }

  /** Reads the next page, if there is one and none is being read. */
  async more(): Promise<void> {
    if (!this.input || this.asking || this.next === null || !this.settled) return;
    const turn = ++this.turn;
    this.asking = true;
    try {
      const page = await this.page(this.next, PAGE_ROWS);
      if (turn !== this.turn) return;
      this.rows = [...this.rows, ...(page.rows as RowOf<C>[])];
      this.next = page.next_cursor;
      this.fault = null;
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.fault = Fault.from(thrown);
    }
    this.done();
  }

  /** Tries again what failed: the next page, or the whole list. */
  retry(): void {
    if (this.first !== undefined && this.settled && this.next !== null) void this.more();
    else void this.read(Math.max(PAGE_ROWS, this.rows.length));
  }

  private async read(wanted: number): Promise<void> {
    const turn = ++this.turn;
    this.asking = true;
    this.dirty = false;
    try {
      let rows: RowOf<C>[] = [];
      let first: Commands[C]["answer"] | undefined;
      let cursor: string | null = null;
      do {
        const page: Paged = await this.page(cursor, Math.min(REFRESH_ROWS_MAX, wanted - rows.length));
        if (turn !== this.turn) return;
        first ??= page as Commands[C]["answer"];
        rows = rows.length === 0 ? (page.rows as RowOf<C>[]) : [...rows, ...(page.rows as RowOf<C>[])];
        cursor = page.next_cursor;
      } while (cursor !== null && rows.length < wanted);
      this.rows = rows;
      this.first = first;
      this.next = cursor;
      this.fault = null;
      this.settled = true;
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.fault = Fault.from(thrown);
    }
    this.done();
  }

  private done(): void {
    this.asking = false;
    if (this.dirty) this.refresh();
  }

  private async page(cursor: string | null, limit: number): Promise<Paged> {
    const input = { ...this.input, limit, ...(cursor === null ? {} : { cursor }) } as Commands[C]["input"];
    return (await this.questions.call(this.command, input)) as Paged;
  }
}
