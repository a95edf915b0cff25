// Imports under way. They go on when another screen is opened, in steps that are each a unit of work; stopping one is
// stopping between two steps, and it can be taken up again from there.

import { call, Fault, type Batch, type RowOutcome } from "$/bridge";
import { SvelteMap } from "svelte/reactivity";

const STEP_ROWS = 500;
/** Rows whose outcome is kept for showing; the counts are the batch's own and lack nothing. */
export const OUTCOMES_SHOWN_MAX = 20_000;

export class ImportRun {
  batch: Batch = $state.raw() as Batch;
  outcomes = $state.raw<RowOutcome[]>([]);
  /** Rows that were refused, or that say something else than the books. */
  refused = $state.raw<RowOutcome[]>([]);
  state = $state<"going" | "stopping" | "stopped" | "finished" | "failed">("stopped");
  fault = $state.raw<Fault | null>(null);
  removed = $state(0);
  kept = $state(0);

  constructor(
    batch: Batch,
    readonly doing: "trial" | "import" | "undo",
    private readonly finished: (run: ImportRun) => void = () => {},
  ) {
    this.batch = batch;
  }

  get going(): boolean {
    return this.state === "going" || this.state === "stopping";
  }

  /** Goes on to the end, or until stopped. */
  async go(): Promise<void> {
    if (this.going) return;
    this.state = "going";
    this.fault = null;
    while (this.state === "going") {
      const requestId = crypto.randomUUID();
      try {
        if (this.doing === "undo") await this.undoStep(requestId);
        else await this.step(requestId);
      } catch (thrown) {
        this.fault = Fault.from(thrown);
        this.state = "failed";
      }
    }
    if (this.is("stopping")) this.state = "stopped";
    if (this.is("finished")) this.finished(this);
  }

  /** Stops after the step that is under way. */
  stop(): void {
    if (this.state === "going") this.state = "stopping";
  }

  /** Asks the state anew: a step, or a person, may have changed it meanwhile. */
  private is(state: ImportRun["state"]): boolean {
    return this.state === state;
  }

  private async step(requestId: string): Promise<void> {
    const { batch, rows, finished } = await again(() =>
      call("import_step", { batch_id: this.batch.id, rows: STEP_ROWS }, { requestId }),
    );
    this.batch = batch;
    if (this.outcomes.length < OUTCOMES_SHOWN_MAX) this.outcomes = [...this.outcomes, ...rows];
    const refused = rows.filter((row) => row.outcome === "refused" || row.outcome === "changed");
    if (refused.length > 0 && this.refused.length < OUTCOMES_SHOWN_MAX) this.refused = [...this.refused, ...refused];
    if (finished) this.state = "finished";
  }

  private async undoStep(requestId: string): Promise<void> {
    const { batch, removed, kept, finished } = await again(() =>
      call("import_undo", { batch_id: this.batch.id, rows: STEP_ROWS }, { requestId }),
    );
    this.batch = batch;
    this.removed += removed;
    this.kept += kept;
    if (finished) this.state = "finished";
  }
}

const TRIES_MAX = 3;

/** Sends the same step again, under the same request id, when it was busy or its answer was lost. */
async function again<T>(send: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await send();
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (!fault.mayBeSentAgain || tried >= TRIES_MAX) throw fault;
    }
  }
}

/** The runs of this window, by batch. */
export const runs = new SvelteMap<string, ImportRun>();

/** Starts or takes up a run; one that is under way is handed back as it is. */
export function start(batch: Batch, doing: ImportRun["doing"], finished: (run: ImportRun) => void): ImportRun {
  const found = runs.get(batch.id);
  if (found?.going) return found;
  const run = found && found.doing === doing ? found : new ImportRun(batch, doing, finished);
  runs.set(batch.id, run);
  void run.go();
  return run;
}
