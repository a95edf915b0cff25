import { describe, expect, it } from "vitest";
import type { Call } from "$/bridge";
import { Pages } from "./pages.svelte";
import { Questions } from "./questions.svelte";

/** A list of so many rows behind cursors, and what was asked of it. */
function listOf(rows: { id: string }[]) {
  const asked: { cursor?: string; limit?: number; search?: string }[] = [];
  let fail = false;
  const call = (async (_command: string, input: { cursor?: string; limit?: number; search?: string }) => {
    asked.push(input);
    await Promise.resolve();
    if (fail) throw { code: "busy", message: "Busy." };
    const found = rows.filter(({ id }) => !input.search || id.includes(input.search));
    const start = input.cursor ? found.findIndex(({ id }) => id === input.cursor) + 1 : 0;
    const page = found.slice(start, start + (input.limit ?? 50));
    return { rows: page, next_cursor: start + page.length < found.length ? page.at(-1)?.id : null };
  }) as unknown as Call;
  return { asked, pages: new Pages("customer_list", new Questions(call, (run) => run())), fails: (now: boolean) => (fail = now) };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const numbered = (count: number): { id: string }[] => Array.from({ length: count }, (_, at) => ({ id: `row ${at}` }));

describe("a list behind cursors", () => {
  it("reads page after page until there are none", async () => {
    const { pages, asked } = listOf(numbered(150));
    pages.open({});
    await settled();
    expect(pages.rows).toHaveLength(60);
    expect(pages.hasMore).toBe(true);
    await pages.more();
    await pages.more();
    expect(pages.rows.map(({ id }) => id)).toEqual(numbered(150).map(({ id }) => id));
    expect(pages.hasMore).toBe(false);
    await pages.more();
    expect(asked).toHaveLength(3);
  });

  it("reads a page once, however often it is asked for", async () => {
    const { pages, asked } = listOf(numbered(150));
    pages.open({});
    await settled();
    await Promise.all([pages.more(), pages.more(), pages.more()]);
    expect(asked).toHaveLength(2);
    expect(pages.rows).toHaveLength(120);
  });

  it("reads again as much as was read, and shows the old rows till then", async () => {
    const rows = numbered(400);
    const { pages } = listOf(rows);
    pages.open({});
    await settled();
    for (let at = 0; at < 4; at += 1) await pages.more();
    expect(pages.rows).toHaveLength(300);
    rows.unshift({ id: "new" });
    pages.refresh();
    expect(pages.rows).toHaveLength(300);
    await settled();
    expect(pages.rows).toHaveLength(300);
    expect(pages.rows[0]?.id).toBe("new");
    expect(new Set(pages.rows.map(({ id }) => id)).size).toBe(300);
  });

  it("reads again when something changed while it was read", async () => {
    const rows = numbered(3);
    const { pages, asked } = listOf(rows);
    pages.open({});
    pages.refresh();
    pages.refresh();
    await settled();
    expect(asked).toHaveLength(2);
  });

  it("shows the rows of the newest settings, whichever answer comes last", async () => {
    const { pages } = listOf(numbered(30));
    pages.open({ search: "row 1" });
    pages.open({ search: "row 2" });
    await settled();
    expect(pages.rows.every(({ id }) => id.includes("row 2"))).toBe(true);
    expect(pages.settled).toBe(true);
  });

  it("keeps its rows when a page can't be read, and goes on when it can", async () => {
    const { pages, fails } = listOf(numbered(100));
    pages.open({});
    await settled();
    fails(true);
    await pages.more();
    expect(pages.fault?.code).toBe("busy");
    expect(pages.rows).toHaveLength(60);
    fails(false);
    pages.retry();
    await settled();
    expect(pages.fault).toBeNull();
    expect(pages.rows).toHaveLength(100);
  });
});
