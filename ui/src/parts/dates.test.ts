import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import DatesHarness from "./DatesHarness.test.svelte";

const TODAY = "2026-11-29";
const box = (name: string): HTMLInputElement => screen.getByRole("textbox", { name });
const held = (): string => screen.getByTestId("held").textContent ?? "";

describe("a date field", () => {
  it("is empty where nothing was typed, and says what that means", () => {
    render(DatesHarness, { today: TODAY });
    expect(box("Date").value).toBe("");
    expect(box("Date").placeholder).toBe("Today");
    expect(box("From this date").placeholder).toBe("Any day");
    expect(held()).toBe("date= from= to=");
  });

  it("takes a day as it is said, shows it as dates are shown, and tells a nonsense", async () => {
    const user = userEvent.setup();
    render(DatesHarness, { today: TODAY });
    await user.type(box("Date"), "28");
    expect(held()).toContain("date=2026-11-28");
    expect(screen.getByRole("status").textContent).toBe("Nov 28, 2026");
    await user.tab();
    expect(box("Date").value).toBe("Nov 28, 2026");

    await user.clear(box("Date"));
    await user.type(box("Date"), "31/11");
    await user.tab();
    expect(held()).toContain("date=31/11");
    expect(box("Date").value).toBe("31/11");
    expect(box("Date").getAttribute("aria-invalid")).toBe("true");
    await user.clear(box("Date"));
    expect(held()).toContain("date= ");
    expect(box("Date").getAttribute("aria-invalid")).toBeNull();
  });

  it("goes day by day with the arrows", async () => {
    const user = userEvent.setup();
    render(DatesHarness, { today: TODAY });
    await user.click(box("Date"));
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}{ArrowDown}");
    expect(held()).toContain("date=2026-11-28");
  });
});

describe("a span of days", () => {
  it("narrows once a date is whole, not at each of its keys", async () => {
    const user = userEvent.setup();
    render(DatesHarness, { today: TODAY });
    await user.type(box("From this date"), "-1");
    expect(held()).toContain("from= ");
    await user.tab();
    expect(held()).toContain("from=2026-11-28");
    await user.type(box("To this date"), "nonsense");
    await user.tab();
    expect(held()).toContain("to=");
    expect(box("To this date").getAttribute("aria-invalid")).toBe("true");
  });

  it("is taken from the usual ones, and given up again", async () => {
    const user = userEvent.setup();
    render(DatesHarness, { today: TODAY });
    await user.click(screen.getByRole("button", { name: "Choose days" }));
    await user.click(await screen.findByText("This month"));
    expect(held()).toContain("from=2026-11-01 to=2026-11-29");
    await waitFor(() => expect(box("From this date").value).toBe("Nov 1, 2026"));
    // A menu takes the page from the pointer, and gives it back a moment after it closed.
    await waitFor(() => expect(document.body.style.pointerEvents).not.toBe("none"));
    await user.click(screen.getByRole("button", { name: "Choose days" }));
    await user.click(await screen.findByText("Any day"));
    expect(held()).toBe("date= from= to=");
  });
});
