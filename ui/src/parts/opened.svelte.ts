// The record that a dialog is opened on: it follows the list while it is in it, and stays as it was when it leaves it, as a record
// does that is archived. It stays while the dialog closes, too, so that the title doesn't change under the eye.

import { untrack } from "svelte";

export class Opened<R extends { id: string }> {
  open = $state(false);
  record = $state.raw<R | null>(null);

  /** To be made while a component is set up. */
  constructor(rows: () => readonly R[]) {
    $effect(() => {
      const found = rows().find(({ id }) => id === this.record?.id);
      if (found) untrack(() => (this.record = found));
    });
  }

  show(record: R): void {
    this.record = record;
    this.open = true;
  }
}
