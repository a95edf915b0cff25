// One import from the file to the first row brought in. It outlives the screen: what was chosen is found again.

import { call, Fault, type ImportInspectAnswer, type ImportInspectInput, type ImportKindsAnswer, type ImportStartInput, type RowOutcome } from "$/bridge";
import { ImportRun, start } from "$/data/import.svelte";
import { toasts } from "$/parts/toasts.svelte";
import { sayFault } from "$/words/faults";
import { m } from "$/words/messages";
import { sayCount } from "$/words/time";

type Kind = ImportStartInput["kind"];

export interface Mapping {
  kind: Kind;
  columns: Record<string, string>;
  reference: string | null;
  source?: string | null;
  take_changes?: boolean;
  decimal: "." | "," | null;
  encoding?: Encoding | null;
  delimiter?: Delimiter | null;
  skip_lines?: number | null;
}

export type Encoding = ImportInspectAnswer["encoding"];
export type Delimiter = ImportInspectAnswer["delimiter"];

/** How a person said that a file is to be read; what they didn't say, the file tells or proposes. */
export type Dialect = Pick<ImportInspectInput, "encoding" | "delimiter" | "skip_lines">;

/** A cell that is taken in otherwise than the file says it. */
export type Correction = NonNullable<ImportStartInput["corrections"]>[number];

/** A field that a column can be. */
export type ImportField = ImportKindsAnswer["rows"][number]["fields"][number];

/** What the list of saved mappings remembers of each. */
export interface SavedMapping {
  /** The end of its key in the settings. */
  name: string;
  title: string;
  kind: Kind;
}

const LIST_KEY = "import_mappings";
const RETRY_LOOKS_MS = 50;

class Wizard {
  /** Whether an import was begun here and is not through yet. */
  get isOpen(): boolean {
    return this.step === "columns" || this.step === "trial" || (this.step === "run" && this.run?.state !== "finished");
  }
  step = $state<"file" | "columns" | "trial" | "run">("file");
  path = $state("");
  inspected = $state.raw<ImportInspectAnswer | null>(null);
  inspecting = $state(false);
  starting = $state(false);
  fault = $state.raw<Fault | null>(null);
  kind = $state<Kind>("customers");
  columns = $state<Record<string, string>>({});
  dialect = $state.raw<Dialect>({});
  reference = $state("");
  source = $state("");
  takeChanges = $state(false);
  /** Nothing where the column of the price can be read with either mark, or in two ways. */
  decimal = $state<"." | "," | "">("");
  saveAs = $state("");
  /** What can be imported, with its fields. */
  kinds = $state.raw<ImportKindsAnswer["rows"]>([]);
  /** Cells that a person corrected in the trial; the file stays as it is. */
  corrections = $state.raw<Correction[]>([]);
  /** Whether the rows are tried again with what was corrected: until then those of the trial before are shown. */
  retrying = $state(false);
  trial = $state.raw<ImportRun | null>(null);
  run = $state.raw<ImportRun | null>(null);
  saved = $state.raw<SavedMapping[]>([]);

  /** Looks into a file: its columns, its first rows, and what they may be. */
  async inspect(path: string): Promise<void> {
    if (path.trim() !== this.path) this.dialect = {};
    if (!(await this.loadKinds()) || !(await this.look(path, this.dialect))) return;
    const best = [...(this.inspected?.suggested ?? [])].sort((a, b) => b.recognised - a.recognised)[0];
    this.kind = best?.kind ?? "customers";
    this.corrections = [];
    this.suggest(this.kind);
    this.source = this.inspected?.source ?? "";
    this.step = "columns";
    void this.loadSaved();
  }

  /** Looks into the same file read in another way; columns that it still has stay chosen. */
  async read(change: Dialect): Promise<void> {
    if (this.inspected === null) {
      this.dialect = { ...this.dialect, ...change };
      return this.inspect(this.path);
    }
    if (!(await this.look(this.path, { ...this.dialect, ...change }))) return;
    const { header } = this.inspected;
    const kept = Object.entries(this.columns).filter(([, column]) => header.includes(column));
    this.suggest(this.kind);
    this.columns = { ...this.columns, ...Object.fromEntries(kept) };
    this.decimal = this.decimalTold;
    this.corrections = [];
  }

  private async loadKinds(): Promise<boolean> {
    if (this.kinds.length > 0) return true;
    try {
      this.kinds = (await call("import_kinds", {})).rows;
      return true;
    } catch (thrown) {
      this.fault = Fault.from(thrown);
      return false;
    }
  }

  /** The fields that a column can be, of what the rows are. */
  get fields(): ImportField[] {
    return this.kinds.find(({ kind }) => kind === this.kind)?.fields ?? [];
  }

  /** The field that a column of the file is; nothing where it isn't taken in. */
  fieldOf(column: string): string {
    return this.fields.find(({ name }) => this.columns[name] === column)?.name ?? "";
  }

  /** Takes a column of the file as that field and no other. */
  takeAs(column: string, field: string): void {
    const others = Object.entries(this.columns).filter(([name, of]) => of !== column && name !== field);
    this.columns = Object.fromEntries(field === "" ? others : [...others, [field, column]]);
    this.decimal = this.decimalTold;
  }

  /** Whether a column of amounts is taken in. */
  get hasAmounts(): boolean {
    return this.fields.some(({ name, is_amount }) => is_amount && (this.columns[name] ?? "") !== "");
  }

  private async look(path: string, dialect: Dialect): Promise<boolean> {
    if (this.inspecting || path.trim() === "") return false;
    this.path = path.trim();
    this.inspecting = true;
    this.fault = null;
    try {
      this.inspected = await call("import_inspect", { path: this.path, ...dialect });
      this.dialect = dialect;
      return true;
    } catch (thrown) {
      this.fault = Fault.from(thrown);
      return false;
    } finally {
      this.inspecting = false;
    }
  }

  /** Takes what the file's column names suggest. */
  suggest(kind: Kind): void {
    this.kind = kind;
    this.columns = { ...(this.inspected?.suggested.find((one) => one.kind === kind)?.columns ?? {}) };
    if (!this.inspected?.header.includes(this.reference)) this.reference = "";
    this.decimal = this.decimalTold;
  }

  /** The mark that the columns of amounts tell, where they tell one. */
  get decimalTold(): "." | "," | "" {
    const marks: Record<string, "." | ","> = this.inspected?.decimals ?? {};
    const told = this.fields.filter(({ is_amount }) => is_amount).flatMap(({ name }) => marks[this.columns[name] ?? ""] ?? []);
    return told.every((mark) => mark === told[0]) ? (told[0] ?? "") : "";
  }

  /** Takes a mapping that was saved, as far as this file has its columns. */
  async takeSaved(name: string): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: `import_mapping.${name}` });
      const mapping = value as Mapping | null;
      if (!mapping) return;
      const { encoding, delimiter, skip_lines } = mapping;
      const said = Object.entries({ encoding, delimiter, skip_lines }).filter(([, one]) => one !== null && one !== undefined);
      if (said.length > 0) await this.read(Object.fromEntries(said) as Dialect);
      const header = this.inspected?.header ?? [];
      this.kind = mapping.kind;
      this.columns = Object.fromEntries(Object.entries(mapping.columns).filter(([, column]) => header.includes(column)));
      this.reference = mapping.reference && header.includes(mapping.reference) ? mapping.reference : "";
      this.decimal = mapping.decimal ?? this.decimalTold;
      this.source = mapping.source ?? this.source;
      this.takeChanges = mapping.take_changes ?? false;
    } catch (thrown) {
      this.fault = Fault.from(thrown);
    }
  }

  private async loadSaved(): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: LIST_KEY });
      this.saved = Array.isArray(value) ? (value as SavedMapping[]) : [];
    } catch {
      this.saved = [];
    }
  }

  /** What would happen to every row: nothing of it is kept. */
  async try(): Promise<void> {
    const started = await this.startBatch(true);
    if (!started) return;
    this.trial = new ImportRun(started, "trial");
    this.step = "trial";
    void this.trial.go();
  }

  /** Takes in these cells of a row otherwise than the file says them, and tries all rows again: one row may hang on another. */
  async correct({ row, cells }: RowOutcome, texts: Record<string, string>): Promise<void> {
    const header = this.inspected?.header ?? [];
    let corrections = this.corrections;
    for (const [column, text] of Object.entries(texts)) {
      const before = corrections.find((one) => one.row === row && one.column === column);
      const was = before?.was ?? cells?.[header.indexOf(column)] ?? "";
      const others = corrections.filter((one) => one !== before);
      corrections = text === was ? others : [...others, { row, column, was, text }];
    }
    this.corrections = corrections;
    await this.retry();
  }

  /** Takes the cells as the file says them again. */
  async dropCorrections(): Promise<void> {
    this.corrections = [];
    await this.retry();
  }

  private retries = 0;

  private async retry(): Promise<void> {
    const mine = (this.retries += 1);
    const isLast = (): boolean => mine === this.retries && this.step === "trial";
    this.retrying = true;
    const started = await this.startBatch(true, true);
    const run = started ? new ImportRun(started, "trial") : null;
    if (run && isLast()) {
      // Where more is corrected meanwhile this one is of no use any more.
      const stopping = setInterval(() => isLast() || run.stop(), RETRY_LOOKS_MS);
      await run.go();
      clearInterval(stopping);
    }
    if (!isLast()) return this.discard(run);
    this.retrying = false;
    if (!run) return;
    this.discard(this.trial);
    this.trial = run;
  }

  /** Brings the rows in. */
  async bringIn(): Promise<void> {
    const trial = this.trial;
    const started = await this.startBatch(false);
    if (!started) return;
    await this.remember();
    this.discard(trial);
    this.trial = null;
    this.run = start(started, "import", finished);
    this.step = "run";
  }

  private startId: { key: string; id: string } | null = null;

  private async startBatch(dry_run: boolean, again = false) {
    if (this.starting && !again) return null;
    this.starting = !again;
    this.fault = null;
    const input: ImportStartInput = {
      path: this.path,
      kind: this.kind,
      columns: Object.fromEntries(Object.entries(this.columns).filter(([, column]) => column !== "")),
      reference: this.reference || null,
      source: this.reference && this.source.trim() !== "" ? this.source : null,
      take_changes: this.takeChanges,
      decimal: this.hasAmounts ? this.decimal || null : null,
      corrections: this.corrections,
      // What was shown beside the first rows: the person has seen it.
      encoding: this.inspected?.encoding ?? null,
      delimiter: this.inspected?.delimiter ?? null,
      skip_lines: this.inspected?.skip_lines ?? null,
      dry_run,
      ...(this.saveAs.trim() !== "" && !dry_run ? { save_as: slug(this.saveAs) } : {}),
    };
    const key = JSON.stringify(input);
    if (this.startId?.key !== key) this.startId = { key, id: crypto.randomUUID() };
    try {
      const { batch } = await call("import_start", input, { requestId: this.startId.id });
      this.startId = null;
      return batch;
    } catch (thrown) {
      this.fault = Fault.from(thrown);
      return null;
    } finally {
      this.starting = false;
    }
  }

  private async remember(): Promise<void> {
    const title = this.saveAs.trim();
    if (title === "") return;
    const name = slug(title);
    const list = [...this.saved.filter((one) => one.name !== name), { name, title, kind: this.kind }];
    try {
      await call("setting_set", { key: LIST_KEY, value: list });
      this.saved = list;
      this.saveAs = "";
    } catch (thrown) {
      toasts.say(sayFault(Fault.from(thrown)), { tone: "bad" });
    }
  }

  private discard(trial: ImportRun | null): void {
    if (!trial) return;
    trial.stop();
    // A trial's copy that can't be dropped now is dropped at the next start; nobody has to act on it.
    call("import_discard", { batch_id: trial.batch.id }).catch(() => {});
  }

  /** Back to the columns, with everything as it was chosen. */
  backToColumns(): void {
    this.discard(this.trial);
    this.trial = null;
    this.retrying = false;
    this.step = "columns";
  }

  /** From the beginning, for another file. */
  reset(): void {
    this.discard(this.trial);
    this.trial = null;
    this.run = null;
    this.inspected = null;
    this.fault = null;
    this.path = "";
    this.dialect = {};
    this.corrections = [];
    this.retrying = false;
    this.takeChanges = false;
    this.saveAs = "";
    this.step = "file";
  }
}

/** A name for a setting's key out of what a person called it. */
export function slug(title: string): string {
  const plain = title
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  if (plain !== "") return plain.slice(0, 40);
  return [...title].map((char) => (char.codePointAt(0) ?? 0).toString(16)).join("_").slice(0, 40);
}

/** Says that an import came to its end, wherever the person is by then. */
export function finished(run: ImportRun): void {
  if (run.doing === "undo") {
    toasts.say(m.import_undone_toast({ file: run.batch.file_name, removed: sayCount(run.removed) }));
    // A batch of which nothing is left is gone from the list, and from the open import too.
    if (wizard.run?.batch.id === run.batch.id) wizard.reset();
  } else {
    toasts.say(m.import_done_toast({ file: run.batch.file_name, added: sayCount(run.batch.added) }));
  }
}

export const wizard = new Wizard();
