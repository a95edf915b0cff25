// What a person typed into a form, beside what the record held when they began. A refresh never touches what was typed, and a
// form that was left without saving is found again as it was.

import { SvelteMap } from "svelte/reactivity";

export type Values = Record<string, string | boolean>;

const left = new SvelteMap<string, { start: Values; values: Values }>();

/** The names of the forms that were begun and neither sent nor given up. */
export function begun(): string[] {
  return [...left.keys()];
}

export class Draft<V extends Values> {
  values: V = $state() as V;
  /** What the record held when the person began, or when they last chose between theirs and another's. */
  start: V = $state.raw() as V;
  /** Whether this is what the person left here before. */
  restored = $state(false);

  constructor(
    start: V,
    private readonly name: string | null = null,
  ) {
    const found = name === null ? undefined : left.get(name);
    this.start = (found?.start as V | undefined) ?? { ...start };
    this.values = { ...((found?.values as V | undefined) ?? start) };
    this.restored = found !== undefined;
  }

  /** The names of what was changed. */
  get changed(): (keyof V & string)[] {
    return Object.keys(this.values).filter((name) => this.values[name] !== this.start[name]);
  }

  get dirty(): boolean {
    return this.changed.length > 0;
  }

  /** Whether one value was changed. */
  has(name: keyof V): boolean {
    return this.values[name] !== this.start[name];
  }

  /** The record was changed elsewhere: what wasn't typed over follows it, what was typed stays. */
  rebase(now: V): void {
    for (const name of Object.keys(now) as (keyof V & string)[]) {
      if (!this.has(name)) this.values[name] = now[name];
    }
    this.start = { ...now };
  }

  /** The values that were typed and that differ from what another holds now. */
  conflicts(now: V): (keyof V & string)[] {
    return this.changed.filter((name) => now[name] !== this.start[name] && now[name] !== this.values[name]);
  }

  /** Throws away what was typed. */
  reset(start: V = this.start): void {
    this.start = { ...start };
    this.values = { ...start };
    this.restored = false;
    this.forget();
  }

  /** The form is closed without saving: what was typed is kept for the next time. */
  leave(): void {
    if (this.name === null) return;
    if (this.dirty) left.set(this.name, { start: { ...this.start }, values: { ...this.values } });
    else left.delete(this.name);
  }

  /** It was saved: there is nothing to keep. */
  forget(): void {
    if (this.name !== null) left.delete(this.name);
  }
}
