// Whether single keys are heard: chosen by the person, kept in the store.

import { call } from "$/bridge";

const SETTING = "single_keys";

class SingleKeys {
  on = $state(true);

  async load(): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: SETTING });
      if (typeof value === "boolean") this.on = value;
    } catch {
      // Nothing was chosen: they are heard.
    }
  }

  async choose(on: boolean): Promise<void> {
    this.on = on;
    await call("setting_set", { key: SETTING, value: on });
  }
}

export const singleKeys = new SingleKeys();
