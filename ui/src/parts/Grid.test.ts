import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import GridHarness from "./GridHarness.test.svelte";

const GOODS = [
  { value: "p1", title: "Maize flour", also: "MF2" },
  { value: "p2", title: "Sugar", also: "SU1" },
];

/** What the lines say, a text a line. */
const said = (): string[] =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent?.trim() ?? "").join("|"));

async function open() {
  render(GridHarness, { goods: GOODS });
  const user = userEvent.setup();
  await user.tab();
  return user;
}

describe("a grid of lines", () => {
  it("is one stop of the tab key, on the cell that is to be filled first", async () => {
    await open();
    expect(document.activeElement?.getAttribute("role")).toBe("gridcell");
    expect(document.querySelectorAll("[role=gridcell][tabindex='0']")).toHaveLength(1);
    expect(document.activeElement?.getAttribute("aria-colindex")).toBe("2");
  });

  it("begins to type with a letter, finds, and goes on with Enter from cell to cell and to the next line", async () => {
    const user = await open();
    await user.keyboard("su1{Enter}");
    await waitFor(() => expect(said()).toEqual(["1|Sugar|1|", expect.anything()]));
    await user.keyboard("6{Enter}160{Enter}");
    await waitFor(() => expect(said()[0]).toBe("1|Sugar|6|160"));
    expect(document.activeElement?.closest("[role=row]")?.getAttribute("aria-rowindex")).toBe("3");
    await user.keyboard("maize{Enter}");
    await waitFor(() => expect(said()[1]).toBe("2|Maize flour|1|"));
  });

  it("puts back with Esc what stood there, and stays on the cell", async () => {
    const user = await open();
    await user.keyboard("sugar{Enter}");
    await user.keyboard("99{Escape}");
    await waitFor(() => expect(said()[0]).toBe("1|Sugar|1|"));
    expect(document.activeElement?.getAttribute("aria-colindex")).toBe("3");
  });

  it("moves by arrows, repeats a line with Ctrl+D and takes one out with Del", async () => {
    const user = await open();
    await user.keyboard("sugar{Enter}5{Enter}");
    await user.keyboard("{ArrowLeft}{Control>}d{/Control}");
    await waitFor(() => expect(said().slice(0, 2)).toEqual(["1|Sugar|5|", "2|Sugar|5|"]));
    await user.keyboard("{ArrowUp}{Delete}");
    await waitFor(() => expect(said()).toHaveLength(2));
    await user.keyboard("{ArrowDown}{Delete}");
    expect(said(), "the empty line can't be taken out").toHaveLength(2);
  });

  it("says what is wrong under its line, and describes the cell by it", async () => {
    const user = await open();
    await user.keyboard("sugar{Enter}0{Enter}");
    await waitFor(() => expect(screen.getAllByText("More than nothing.").length).toBeGreaterThan(0));
    const cell = document.querySelector("[aria-invalid=true]");
    expect(document.getElementById(cell?.getAttribute("aria-describedby") ?? "")?.textContent).toBe("More than nothing.");
  });

  it("takes nothing that wasn't found", async () => {
    const user = await open();
    await user.keyboard("coffee{Enter}");
    expect(said()).toHaveLength(1);
    await user.keyboard("{Escape}");
    expect(document.activeElement?.getAttribute("role")).toBe("gridcell");
  });
});
