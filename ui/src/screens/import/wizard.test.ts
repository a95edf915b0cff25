import { render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Batch } from "$/bridge";
import Counts from "./Counts.svelte";
import { slug, wizard } from "./wizard.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const looked = {
  file_name: "prices-2026.csv",
  encoding: "windows-1252",
  encodings: ["windows-1252", "windows-1251"],
  delimiter: ";",
  skip_lines: 1,
  asks: ["encoding"],
  header: ["sku", "name", "price"],
  sample: [["A", "Éclair", "2,50"]],
  rows: 1,
  lines: 3,
  source: "prices",
  decimals: { price: "," },
  suggested: [
    { kind: "products", columns: { sku: "sku", name: "name", price_minor: "price" }, recognised: 3 },
    { kind: "customers", columns: { name: "name" }, recognised: 1 },
  ],
};
const field = (name: string, is_amount = false) => ({ name, required: name === "name", is_amount, about: "" });
const kinds = [
  { kind: "customers", fields: [field("name")] },
  { kind: "products", fields: [field("sku"), field("name"), field("unit"), field("price_minor", true)] },
];
const batch = { id: "b", kind: "products", state: "done", file_name: "prices-2026.csv", total: 15, done: 15, added: 1, known: 2, changed: 3, refused: 4, empty: 5, lines: 17, lines_done: 17 };

/** Answers each command with what is given, or refuses with it where it has a code. */
function answers(given: Record<string, unknown>): void {
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string; input: unknown } }) => {
    const told = { import_kinds: { rows: kinds }, setting_get: { value: null }, import_discard: { discarded: true }, ...given }[envelope.command];
    const answer = typeof told === "function" ? (told as (input: unknown) => unknown)(envelope.input) : told;
    if (typeof answer === "object" && answer !== null && "code" in answer) throw answer;
    return answer;
  });
}

const sent = (command: string): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter((envelope) => envelope.command === command).map(({ input }) => input);

beforeEach(() => {
  wizard.reset();
  invoke.mockReset();
});

describe("how a file is read", () => {
  it("is proposed, shown, and named when the import is begun", async () => {
    answers({ import_inspect: looked, import_start: { batch, dry_run: true }, import_step: { batch, rows: [], finished: true } });
    await wizard.inspect("/tmp/prices-2026.csv");
    expect([wizard.kind, wizard.decimal, wizard.source]).toEqual(["products", ",", "prices"]);
    wizard.reference = "sku";
    wizard.takeChanges = true;
    await wizard.try();
    expect(sent("import_start")).toEqual([
      expect.objectContaining({
        encoding: "windows-1252", delimiter: ";", skip_lines: 1, decimal: ",", source: "prices", reference: "sku", take_changes: true,
      }),
    ]);
  });

  it("is asked for where nothing can be shown without", async () => {
    const refusal = { code: "bad_csv", message: "In line 3 is a byte that is not.", field: "encoding", details: { candidates: ["windows-1252"] } };
    answers({ import_inspect: (input: { encoding?: string }) => (input.encoding ? looked : refusal) });
    await wizard.inspect("/tmp/prices-2026.csv");
    expect([wizard.step, wizard.fault?.field]).toEqual(["file", "encoding"]);
    await wizard.read({ encoding: "windows-1252" });
    expect([wizard.step, wizard.fault]).toEqual(["columns", null]);
  });

  it("can be changed, and columns that are still there stay chosen", async () => {
    answers({ import_inspect: looked });
    await wizard.inspect("/tmp/prices-2026.csv");
    wizard.columns["name"] = "sku";
    wizard.columns["unit"] = "price";
    answers({ import_inspect: { ...looked, header: ["sku", "name"], decimals: {} } });
    await wizard.read({ delimiter: "," });
    await wizard.read({ skip_lines: 2 });
    expect(sent("import_inspect").at(-1)).toEqual({ path: "/tmp/prices-2026.csv", delimiter: ",", skip_lines: 2 });
    expect([wizard.columns["name"], wizard.columns["unit"], wizard.decimal]).toEqual(["sku", undefined, ""]);
  });

  it("stays as it was where the file can't be read in another way", async () => {
    answers({ import_inspect: looked });
    await wizard.inspect("/tmp/prices-2026.csv");
    answers({ import_inspect: { code: "bad_csv", message: "Line 2 of the file is not utf-8.", field: "encoding" } });
    await wizard.read({ encoding: "utf-8" });
    expect([wizard.step, wizard.inspected?.encoding, wizard.fault?.field]).toEqual(["columns", "windows-1252", "encoding"]);
  });
});

describe("the tally", () => {
  it("shows what became of the rows, their sum, and the lines of the file", () => {
    const { container } = render(Counts, { batch: batch as unknown as Batch, label: "Done" });
    const said = container.textContent?.replace(/\s+/g, " ") ?? "";
    for (const part of ["1 added", "2 already imported", "3 different", "4 refused", "5 empty", "= 15 rows · 17 of 17 lines"]) {
      expect(said).toContain(part);
    }
    expect(screen.getByText("15 of 15 rows")).toBeTruthy();
  });
});

describe("a saved choice of columns", () => {
  it("has a name that a setting can have", () => {
    for (const title of ["Price list 2026", "Été à Paris", "  x  ", "価格表", "a".repeat(200), "---"]) {
      expect(slug(title)).toMatch(/^[a-z0-9_]{1,40}$/);
    }
    expect(slug("Price list 2026")).toBe("price_list_2026");
    expect(slug("価格表")).not.toBe(slug("顧客表"));
  });
});
