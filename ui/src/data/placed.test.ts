import { describe, expect, it } from "vitest";
import type { Call } from "$/bridge";
import { PlacedRows } from "./placed.svelte";
import { Questions } from "./questions.svelte";

interface Input {
  offset?: number;
  limit?: number;
  count?: boolean;
  from?: string;
}

/** A list of so many names, and what was asked of it. */
function listOf(names: string[]) {
  const asked: Input[] = [];
  let fails = false;
  const call = (async (_command: string, input: Input) => {
    asked.push(input);
    await Promise.resolve();
    if (fails) throw { code: "busy", message: "Busy." };
    const offset = input.from === undefined ? (input.offset ?? 0) : names.findIndex((name) => name >= input.from!);
    const rows = names.slice(offset, offset + (input.limit ?? 50)).map((id) => ({ id }));
    return { rows, next_cursor: null, offset, total: input.count ? names.length : null };
  }) as unknown as Call;
  const rows = new PlacedRows("customer_list", new Questions(call, (run) => run()));
  return { asked, rows, names, fail: (now: boolean) => (fails = now) };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `row ${String(at).padStart(6, "0")}`);

describe("a list of known length", () => {
  it("is as long as it is from its first page on, and that page alone was read", async () => {
    const { rows, asked } = listOf(numbered(100_000));
    rows.open({});
    await settled();
    expect(rows.rows).toHaveLength(100_000);
    expect(rows.total).toBe(100_000);
    expect(rows.known).toHaveLength(60);
    expect(asked).toEqual([{ offset: 0, limit: 60, count: true }]);
  });

  it("reads what is looked at, at its end too, and once", async () => {
    const { rows, asked } = listOf(numbered(100_000));
    rows.open({});
    await settled();
    rows.need(10, 40);
    rows.need(99_970, 99_999);
    rows.need(99_972, 99_999);
    await settled();
    expect(rows.rows[99_999]).toEqual({ id: "row 099999" });
    expect(rows.rows[50_000]).toBeUndefined();
    expect(asked.slice(1)).toEqual([{ offset: 99_960, limit: 60, count: false }]);
  });

  it("reads the page in view again when something changed, and forgets the others", async () => {
    const { rows, names } = listOf(numbered(1_000));
    rows.open({});
    await settled();
    rows.need(900, 930);
    await settled();
    names.unshift("a new one");
    await rows["read"](true);
    expect(rows.total).toBe(1_001);
    expect(rows.rows[901]).toEqual({ id: "row 000900" });
    expect(rows.rows[0]).toBeUndefined();
    rows.need(0, 20);
    await settled();
    expect(rows.rows[0]).toEqual({ id: "a new one" });
  });

  it("says where a letter begins", async () => {
    const { rows } = listOf(["Amina", "Baraka", "Chiku"]);
    rows.open({});
    await settled();
    expect(await rows.placeOf("B")).toBe(1);
  });

  it("keeps its rows when reading on fails, and tries again", async () => {
    const { rows, fail } = listOf(numbered(500));
    rows.open({});
    await settled();
    fail(true);
    rows.need(400, 420);
    await settled();
    expect(rows.fault?.code).toBe("busy");
    expect(rows.known).toHaveLength(60);
    fail(false);
    rows.retry();
    await settled();
    expect(rows.fault).toBeNull();
    expect(rows.rows[400]).toEqual({ id: "row 000400" });
  });
});
