import { fireEvent, render, screen } from "@testing-library/svelte";
import { layOut } from "$/test-layout";
import { beforeAll, describe, expect, it, vi } from "vitest";
import TableHarness from "./TableHarness.test.svelte";

const people = (count: number): { id: string; name: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `id ${at}`, name: `Person ${at}` }));

beforeAll(layOut);

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
    expect(grid().scrollTop).toBe(100 * 36 - (600 - 32));
  });

  it("keeps its current row when rows come before it", async () => {
    const { rerender } = render(TableHarness, { rows: people(10) });
    await fireEvent.keyDown(grid(), { key: "ArrowDown" });
    await rerender({ rows: [{ id: "new", name: "New" }, ...people(10)] });
    expect(current()).toBe("Person 0");
  });

  it("keeps the row at its top where it is when rows come before it", async () => {
    const { rerender } = render(TableHarness, { rows: people(500) });
    grid().scrollTop = 3600;
    await rerender({ rows: [{ id: "a", name: "A" }, { id: "b", name: "B" }, ...people(500)] });
    expect(grid().scrollTop).toBe(3672);
  });

  it("asks for more as its end comes near, and only then", async () => {
    const onmore = vi.fn();
    const { rerender } = render(TableHarness, { rows: people(500), hasMore: true, onmore });
    expect(onmore).not.toHaveBeenCalled();
    await rerender({ rows: people(20), hasMore: true, onmore });
    expect(onmore).toHaveBeenCalled();
  });

  it("asks for rows that aren't read as they come into view, and goes on to the one that keys went to", async () => {
    const onneed = vi.fn();
    const some: ({ id: string; name: string } | undefined)[] = people(60);
    some.length = 1_000;
    const { rerender } = render(TableHarness, { rows: some, onneed });
    expect(onneed).not.toHaveBeenCalled();
    await fireEvent.keyDown(grid(), { key: "End" });
    expect(current()).toBeUndefined();
    expect(grid().scrollTop).toBe(1_000 * 36 - (600 - 32));
    await rerender({ rows: people(1_000), onneed });
    expect(grid().getAttribute("aria-activedescendant")).toMatch(/-999$/);
  });

  it("goes to where a letter begins, unless the letter did something", async () => {
    const placeOf = vi.fn(async () => 4);
    render(TableHarness, { rows: people(100), placeOf });
    grid().focus();
    await fireEvent.keyDown(grid(), { key: "k" });
    await vi.waitFor(() => expect(current()).toBe("Person 4"));
    expect(placeOf).toHaveBeenCalledExactlyOnceWith("k");
    const taken = new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true });
    taken.preventDefault();
    grid().dispatchEvent(taken);
    await fireEvent.keyDown(grid(), { key: "k", ctrlKey: true });
    expect(placeOf).toHaveBeenCalledOnce();
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
