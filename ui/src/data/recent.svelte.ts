// The records that were looked at, the newest first: what one comes back to. Kept for as long as the window is open.

export interface Visited {
  /** The screen that shows it, and what it is opened on there. */
  screen: string;
  on: string;
  title: string;
  /** The table that keeps it, for the word and the sign of its kind. */
  table: string;
  /** What tells it from others of its name. */
  note?: string;
}

const KEPT_MAX = 8;

class Recent {
  visited = $state.raw<Visited[]>([]);

  saw(record: Visited): void {
    const others = this.visited.filter(({ screen, on }) => screen !== record.screen || on !== record.on);
    this.visited = [record, ...others].slice(0, KEPT_MAX);
  }
}

export const recent = new Recent();
