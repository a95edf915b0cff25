import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeAll, describe, expect, it, vi } from "vitest";
import TableHarness from "./TableHarness.test.svelte";

const people = (count: number): { id: string; name: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `id ${at}`, name: `Person ${at}` }));

beforeAll(() => {
  // jsdom lays nothing out: the list's window is 600 pixels high.
  for (const [name, size] of [["offsetHeight", 600], ["offsetWidth", 800], ["clientHeight", 600], ["clientWidth", 800]] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
  }
});

const grid = (): HTMLElement => screen.getByRole("grid", { name: "People" });
const current = (): string | undefined => document.getElementById(grid().getAttribute("aria-activedescendant") ?? "")?.textContent?.trim();

describe("a table", () => {
  it("holds few nodes of many rows, and says how many there are", () => {
    render(TableHarness, { rows: people(50_000) });
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    expect(grid().getAttribute("aria-rowcount")).toBe("50001");
    expect(screen.getByText("Person 0")).toBeTruthy();
    expect(screen.queryByText("Person 4000")).toBeNull();
  });

  it("moves with the arrows, and opens with Enter", async () => {
    const onopen = vi.fn();
    render(TableHarness, { rows: people(100), onopen });
    await fireEvent.keyDown(grid(), { key: "ArrowDown" });
    await fireEvent.keyDown(grid(), { key: "ArrowDown" });
    await fireEvent.keyDown(grid(), { key: "ArrowUp" });
    await fireEvent.keyDown(grid(), { key: "ArrowDown" });
    expect(current()).toBe("Person 1");
    await fireEvent.keyDown(grid(), { key: "Enter" });
    expect(onopen).toHaveBeenCalledExactlyOnceWith({ id: "id 1", name: "Person 1" });
    await fireEvent.keyDown(grid(), { key: "End" });
    expect(grid().scrollTop).toBe(100 * 40 - (600 - 36));
  });

  it("keeps its current row when rows come before it", async () => {
    const { rerender } = render(TableHarness, { rows: people(10) });
    await fireEvent.keyDown(grid(), { key: "ArrowDown" });
    await rerender({ rows: [{ id: "new", name: "New" }, ...people(10)] });
    expect(current()).toBe("Person 0");
  });

  it("keeps the row at its top where it is when rows come before it", async () => {
    const { rerender } = render(TableHarness, { rows: people(500) });
    grid().scrollTop = 4000;
    await rerender({ rows: [{ id: "a", name: "A" }, { id: "b", name: "B" }, ...people(500)] });
    expect(grid().scrollTop).toBe(4080);
  });

  it("asks for more as its end comes near, and only then", async () => {
    const onmore = vi.fn();
    const { rerender } = render(TableHarness, { rows: people(500), hasMore: true, onmore });
    expect(onmore).not.toHaveBeenCalled();
    await rerender({ rows: people(20), hasMore: true, onmore });
    expect(onmore).toHaveBeenCalled();
  });

  it("sorts by its headers, and turns round what is sorted already", async () => {
    const onsort = vi.fn();
    const { rerender } = render(TableHarness, { rows: people(3), onsort });
    await fireEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(onsort).toHaveBeenLastCalledWith("name", false);
    await rerender({ rows: people(3), onsort, sort: "name", descending: false });
    expect(screen.getByRole("columnheader").getAttribute("aria-sort")).toBe("ascending");
    await fireEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(onsort).toHaveBeenLastCalledWith("name", true);
  });

  it("says that it is empty only when that is known", async () => {
    const { rerender } = render(TableHarness, { rows: [], unknown: true });
    expect(screen.queryByText("Nobody is here.")).toBeNull();
    await rerender({ rows: [], unknown: false });
    expect(screen.getByText("Nobody is here.")).toBeTruthy();
  });

  it("keeps its rows beside what failed, and tries again", async () => {
    const onretry = vi.fn();
    render(TableHarness, { rows: people(3), fault: "Daybook is busy.", onretry });
    expect(screen.getByText("Person 2")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("Daybook is busy.");
    await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(onretry).toHaveBeenCalledOnce();
  });
});
