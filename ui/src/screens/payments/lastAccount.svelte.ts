// The account that money was put into last on this device: what the next sheet begins with.

import { ask } from "$/data/index.svelte";
import { Submission } from "$/data/submission.svelte";

const SETTING = "collect_account";

/** To be made while a component is set up. */
export class LastAccount {
  private readonly asked = ask("setting_get", () => ({ key: SETTING }));
  private readonly keeping = new Submission("setting_set");

  /** Whether it is known which it was, if any. */
  get settled(): boolean {
    return this.asked.answer !== undefined || this.asked.fault !== null;
  }

  get id(): string | null {
    const value = this.asked.answer?.value;
    return typeof value === "string" ? value : null;
  }

  async keep(id: string): Promise<void> {
    if (id === this.id) return;
    await this.keeping.send({ key: SETTING, value: id });
    this.asked.again();
  }
}
