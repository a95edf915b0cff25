// How large everything is: chosen by the person, kept in the store, and there from the first frame on, for the program sets it.

import { call, zoomTo } from "$/bridge";

export const ZOOMS = [80, 90, 100, 110, 125, 150, 175, 200] as const;
const USUAL = 100;
const KEY = "zoom";

class Zoom {
  /** In percent. */
  chosen = $state(USUAL);

  async load(): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: KEY });
      if (ZOOMS.some((zoom) => zoom === value)) this.chosen = value as number;
    } catch {
      // As large as usual.
    }
  }

  async choose(percent: number): Promise<void> {
    this.chosen = percent;
    await zoomTo(percent / 100);
    await call("setting_set", { key: KEY, value: percent });
  }

  /** A step larger or smaller, as far as it goes. */
  step(by: 1 | -1): void {
    const at = ZOOMS.findIndex((zoom) => zoom >= this.chosen);
    const next = ZOOMS[Math.max(0, at) + by];
    if (next !== undefined) void this.choose(next);
  }

  reset(): void {
    void this.choose(USUAL);
  }
}

export const zoom = new Zoom();
