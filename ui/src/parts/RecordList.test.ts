import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { layOut } from "$/test-layout";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { keys } from "./keys.svelte";
import RecordListHarness from "./RecordListHarness.test.svelte";
import { ListView } from "./view.svelte";

beforeAll(layOut);

const people = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `id ${at}`, name: `Person ${at}`, city: at % 2 === 0 ? "Thika" : null }));
const counted = () => document.querySelector("[data-count]")?.textContent;
const begun = () => new ListView<"no" | "only", "name">({ which: "no", sort: "name" });

describe("a list of records", () => {
  it("titles its columns by their names, and shows a text that is nothing as nothing", () => {
    render(RecordListHarness, { rows: people(2), view: begun() });
    expect(screen.getAllByRole("columnheader").map(({ textContent }) => textContent?.trim())).toEqual(["Name", "City"]);
    expect(screen.getAllByRole("gridcell").map(({ textContent }) => textContent?.trim())).toEqual(["Person 0", "Thika", "Person 1", ""]);
  });

  it("says how many rows it has, as far as it knows", async () => {
    const { rerender } = render(RecordListHarness, { rows: people(1), view: begun() });
    expect(counted()).toBe("1 row");
    await rerender({ rows: people(1_234) });
    expect(counted()).toBe("1,234 rows");
    await rerender({ rows: people(60), hasMore: true });
    expect(counted()).toBe("More than 60 rows");
    await rerender({ rows: [], hasMore: false });
    expect(counted()).toBe("");
  });

  it("tells those who can't see it how many a search found and what it is sorted by, once it is so", async () => {
    const view = begun();
    const { rerender } = render(RecordListHarness, { rows: people(3), view });
    const told = () => screen.getByRole("status").textContent;
    expect(told(), "arriving, the list itself has the focus").toBe("");
    view.search = "person 1";
    await tick();
    expect(told(), "nothing was found yet").toBe("");
    await rerender({ rows: people(1) });
    expect(told()).toBe("1 found · sorted by Name");
    view.descending = true;
    await rerender({ rows: people(1) });
    expect(told()).toBe("1 found · sorted by Name, the other way round");
    view.search = "nobody";
    await rerender({ rows: [] });
    expect(told()).toBe("Nothing matches “nobody”. · sorted by Name, the other way round");
  });

  it("offers a row's menu by its key and copies what the row says", async () => {
    const user = userEvent.setup();
    const edit = vi.fn();
    render(RecordListHarness, { rows: people(3), view: begun(), menu: ({ name }: { name: string }) => [{ title: `Edit ${name}`, run: edit }] });
    const grid = screen.getByRole("grid");
    grid.focus();
    await user.keyboard("{Home}{ArrowDown}{ContextMenu}");
    await user.click(await screen.findByText("Edit Person 1"));
    expect(edit).toHaveBeenCalledOnce();
    await waitFor(() => expect(document.activeElement).toBe(grid));

    const row = screen.getAllByRole("row")[3]!;
    const asked = new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
    row.querySelector("[role=gridcell]")!.dispatchEvent(asked);
    expect(asked.defaultPrevented, "the engine's own menu stays away").toBe(true);
    await screen.findByText("Edit Person 2");
    await user.keyboard("{Escape}");

    await waitFor(() => expect(document.activeElement).toBe(grid));
    await user.keyboard("{Control>}c{/Control}");
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe("Person 2\tThika"));
  });

  it("shows which rows by pointer and by number key, and sorts", async () => {
    const view = begun();
    render(RecordListHarness, { rows: people(2), view });
    await userEvent.setup().click(screen.getByRole("radio", { name: "Archived" }));
    expect(view.which).toBe("only");
    keys.heard(new KeyboardEvent("keydown", { key: "1", code: "Digit1", cancelable: true }));
    expect(view.which).toBe("no");
    expect(keys.offered.map(({ group, action }) => `${group}: ${action.title}`)).toEqual(["People: Current", "People: Archived"]);
    await userEvent.setup().click(screen.getByRole("button", { name: "Name" }));
    expect(view.asked).toEqual({ search: null, sort: "name", descending: true });
  });

  it("searches, and goes from the search to the rows", async () => {
    const view = begun();
    const onopen = vi.fn();
    render(RecordListHarness, { rows: people(3), view, onopen });
    await userEvent.setup().type(screen.getByRole("searchbox", { name: "Search people" }), "per{Enter}{ArrowDown}");
    expect(view.asked.search).toBe("per");
    const grid = screen.getByRole("grid", { name: "People" });
    expect(document.activeElement).toBe(grid);
    await fireEvent.keyDown(grid, { key: "ArrowDown" });
    await fireEvent.keyDown(grid, { key: "Enter" });
    expect(onopen).toHaveBeenCalledOnce();
    expect(view.current).toBe(onopen.mock.calls[0]?.[0].id);
  });

  it("says why there are no rows, and what to do only where there is nothing at all", async () => {
    const view = begun();
    const { rerender } = render(RecordListHarness, { rows: [], view });
    expect(screen.getByText("Nobody is here.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Add a person" })).toBeTruthy();
    view.which = "only";
    await screen.findByText("Nobody is archived.");
    view.search = "zzz";
    await screen.findByText("Nothing matches “zzz”.");
    await rerender({ filtered: true });
    await screen.findByText("Nothing matches the search and the dates.");
    expect(screen.queryByRole("button", { name: "Add a person" })).toBeNull();
    await rerender({ unknown: true });
    await waitFor(() => expect(screen.queryByText(/Nothing matches/), "not before it is known").toBeNull());
  });

  it("keeps its rows beside what failed, and tries again", async () => {
    const onretry = vi.fn();
    render(RecordListHarness, { rows: people(2), view: begun(), fault: { code: "busy", message: "Daybook is busy." }, onretry });
    expect(screen.getByText("Person 1")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("Daybook is busy.");
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    expect(onretry).toHaveBeenCalledOnce();
  });
});
