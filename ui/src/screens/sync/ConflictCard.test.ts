import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Conflict } from "$/bridge";
import { session } from "$/data/session.svelte";
import ConflictCard from "./ConflictCard.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const book = { name: "Books", currency: "EUR", currency_exponent: 2, time_zone: "UTC" };
const lost: Conflict = {
  column: "phone",
  created_at: 0,
  detail: null,
  id: "c1",
  kind: "edit_lost",
  mine: "111",
  mine_at: 0,
  mine_person_name: "Ana",
  other_id: null,
  other_name: null,
  record_id: "r1",
  record_name: "Kiosk",
  table: "customer",
  theirs: "222",
  theirs_at: 0,
  theirs_device_name: "Till 2",
  theirs_person_name: "Bea",
};

let settling: unknown;
const settled = (): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter(({ command }) => command === "conflict_settle").map(({ input }) => input);
const press = (name: string): Promise<void> => userEvent.setup().click(screen.getByRole("button", { name }));

beforeEach(async () => {
  settling = {};
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string } }) => {
    if (envelope.command === "status") return { book, person: null, persons: [] };
    if (envelope.command !== "conflict_settle") return { rows: [] };
    if (typeof settling === "object" && settling !== null && "code" in settling) throw settling;
    return settling;
  });
  await session.again();
});

describe("an edit that lost", () => {
  it("shows both values with who and where, and the column in words", () => {
    const { container } = render(ConflictCard, { conflict: lost });
    for (const words of ["Kiosk", "Phone", "111", "222", "Ana", "Bea", "Till 2"]) expect(container.textContent).toContain(words);
  });

  it.each([
    ["Put mine back", "mine"],
    ["Keep theirs", "theirs"],
  ])("is settled by “%s”", async (button, choice) => {
    render(ConflictCard, { conflict: lost });
    await press(button);
    await waitFor(() => expect(settled()).toEqual([{ conflict_id: "c1", choice }]));
  });

  it("takes a third value, with what is wrong with it under its field", async () => {
    settling = { code: "bad_email", message: "This is not an e-mail address.", field: "value" };
    render(ConflictCard, { conflict: { ...lost, column: "email", mine: "a@b.c", theirs: "d@e.f" } });
    await press("Another value…");
    const field = screen.getByLabelText<HTMLInputElement>(/^Another value/);
    expect(field.value).toBe("d@e.f");
    await userEvent.setup().type(field, "@{Enter}");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toContain("This is not an e-mail address.");
    expect(settled()).toEqual([{ conflict_id: "c1", choice: "value", value: "d@e.f@" }]);
    await press("Cancel");
    await press("Another value…");
    expect(screen.getByLabelText(/^Another value/).getAttribute("aria-invalid"), "begun afresh").toBeNull();
  });

  it("takes an amount as an amount", async () => {
    render(ConflictCard, { conflict: { ...lost, table: "product", column: "price_minor", mine: 1_000, theirs: 1_250 } });
    await press("Another value…");
    const field = screen.getByLabelText<HTMLInputElement>(/^Another value/);
    expect(field.value).toBe("12.50");
    const user = userEvent.setup();
    await user.clear(field);
    await user.type(field, "many");
    await press("Save this value");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(settled()).toEqual([]);
    await user.clear(field);
    await user.type(field, "11.20");
    await press("Save this value");
    await waitFor(() => expect(settled()).toEqual([{ conflict_id: "c1", choice: "value", value: 1_120 }]));
  });

  it("can't be typed where the value is another record", () => {
    render(ConflictCard, { conflict: { ...lost, table: "product", column: "tax_id" } });
    expect(screen.queryByRole("button", { name: "Another value…" })).toBeNull();
  });
});

describe("what else waits for a person", () => {
  it("names both records of a code that was given twice, and leads to each", async () => {
    const conflict: Conflict = { ...lost, kind: "same_code", column: "code", mine: "K1", theirs: "K1", other_id: "r2", other_name: "Kiosk 2" };
    render(ConflictCard, { conflict });
    await press("Show Kiosk 2");
    expect(location.hash).toBe("#/customers/r2");
    await press("Show Kiosk");
    expect(location.hash).toBe("#/customers/r1");
  });

  it("says why an entry is on hold, and offers no record that isn't there", () => {
    const conflict: Conflict = { ...lost, kind: "quarantined", column: null, record_name: "customer_add", mine: 7, theirs: null, detail: "The row has no name." };
    const { container } = render(ConflictCard, { conflict });
    expect(container.textContent).toContain("The row has no name.");
    expect(container.textContent).toContain("Entry 7 of this device");
    expect(screen.queryAllByRole("button")).toEqual([]);
  });

  it("says what an overdrawn account holds and may hold", () => {
    const conflict: Conflict = { ...lost, kind: "overdrawn", table: "payment_account", column: null, mine: -500, theirs: 0 };
    const { container } = render(ConflictCard, { conflict });
    expect(container.textContent).toMatch(/The balance is [−-]5\.00\sEUR; the minimum is 0\.00\sEUR/);
  });
});

describe("an edit of what was deleted meanwhile", () => {
  const gone: Conflict = { ...lost, kind: "edited_gone", record_name: null, theirs: null, detail: "Somebody deleted it." };

  it("shows what was written, and can only be taken note of", async () => {
    const { container } = render(ConflictCard, { conflict: gone });
    for (const words of ["Customer", "Phone", "111", "Ana", "Somebody deleted it."]) expect(container.textContent).toContain(words);
    expect(screen.getAllByRole("button")).toHaveLength(1);
    await press("Understood");
    await waitFor(() => expect(settled()).toEqual([{ conflict_id: "c1", choice: "theirs" }]));
  });
});
