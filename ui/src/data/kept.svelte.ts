// What is being typed, kept on this device as it is typed: a page that is loaded again, or a program that was killed, finds it again.

import { call } from "$/bridge";

const REST_MS = 400;

export class Kept<V> {
  /** When it was last written down; null where nothing is. */
  savedAt = $state<number | null>(null);
  /** Whether what was kept has been looked for. */
  known = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<unknown> = Promise.resolve();
  private waiting: V | null = null;

  constructor(private readonly key: string) {}

  /** What was kept; null where nothing was. */
  async found(): Promise<V | null> {
    try {
      const { value } = await call("setting_get", { key: this.key });
      const kept = value as { at: number; value: V } | null;
      this.savedAt = kept?.at ?? null;
      return kept?.value ?? null;
    } catch {
      return null;
    } finally {
      this.known = true;
    }
  }

  /** Keeps this, once nothing was typed for a moment. */
  keep(value: V): void {
    this.waiting = value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.write(), REST_MS);
  }

  /** Keeps at once what waits to be kept. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    const value = this.waiting;
    if (value === null) return;
    this.waiting = null;
    const at = Date.now();
    this.writing = this.writing.then(() => call("setting_set", { key: this.key, value: { at, value } })).then(
      () => {
        this.savedAt = at;
      },
      // What can't be kept is in the page all the same; it says no time.
      () => {
        this.savedAt = null;
      },
    );
    await this.writing;
  }

  /** It was sent or thrown away. */
  async forget(): Promise<void> {
    clearTimeout(this.timer);
    this.waiting = null;
    this.savedAt = null;
    this.writing = this.writing.then(() => call("setting_set", { key: this.key, value: null })).catch(() => {});
    await this.writing;
  }
}
