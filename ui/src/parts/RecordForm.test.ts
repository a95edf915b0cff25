import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { type Call, Fault } from "$/bridge";
import { Submission } from "$/data/submission.svelte";
import type { RecordField } from "./record";
import RecordForm from "./RecordForm.svelte";

const KES = { code: "KES", exponent: 2 };

// Fields of every kind, one that is asked of a new record only, and one that is asked of some records only.
const FIELDS: readonly RecordField[] = [
  { name: "name", as: "line", wide: true, required: true },
  { name: "note", as: "lines" },
  { name: "price_minor", as: "money", required: true },
  { name: "credit_limit_minor", as: "money" },
  { name: "rate_ppm", as: "rate", start: 160_000 },
  { name: "role", as: "choice", few: true, choices: () => ["clerk", "owner"].map((value) => ({ value, title: value })), start: "clerk" },
  { name: "tax_id", as: "choice" },
  { name: "date", as: "date", once: true },
  { name: "code", as: "line", when: ({ role }) => role === "owner" },
];
const TAXES = [
  { value: "", title: "No tax" },
  { value: "t1", title: "VAT 16" },
  { value: "t2", title: "Old VAT", gone: true },
];

const record = {
  id: crypto.randomUUID(),
  name: "Sugar",
  note: "brown",
  price_minor: 31_550,
  credit_limit_minor: 100_000,
  rate_ppm: 75_000,
  role: "clerk",
  tax_id: "t2",
  code: "A1",
  row_version: 3,
  archived_at: null as number | null,
};

/** The form against answers that are given one after the other. */
function open(row: typeof record | null, ...answers: (object | Fault)[]) {
  const sent: { command: string; input: Record<string, unknown> }[] = [];
  const call = (async (command: string, input: Record<string, unknown>) => {
    sent.push({ command, input });
    const answer = answers.shift();
    if (answer instanceof Fault) throw answer;
    return answer;
  }) as unknown as Call;
  const options = { names: FIELDS.map(({ name }) => name), call, say: (fault: Fault) => fault.message };
  const [onsaved, onarchived] = [vi.fn(), vi.fn()];
  const props = {
    noun: "product",
    fields: FIELDS,
    record: row,
    adding: new Submission("product_add", options),
    editing: new Submission("product_edit", options),
    archiving: new Submission("product_archive", options),
    add: "Add it",
    currency: KES,
    choices: { tax_id: TAXES },
    onsaved,
    onarchived,
    oncancel: () => {},
  };
  const shown = render(RecordForm, props as never);
  return { ...shown, sent, onsaved, onarchived };
}

const fresh = (): typeof record => ({ ...record, id: crypto.randomUUID() });
const input = (label: string): HTMLInputElement => screen.getByLabelText(new RegExp(`^${label}`));
const complaint = (label: string): string => document.getElementById(input(label).getAttribute("aria-describedby") ?? "")?.textContent ?? "";
async function fill(label: string, text: string): Promise<void> {
  const user = userEvent.setup();
  await user.clear(input(label));
  if (text !== "") await user.type(input(label), text);
}
const press = (name: string | RegExp): Promise<void> => userEvent.setup().click(screen.getByRole("button", { name }));

describe("the form of a new record", () => {
  it("begins as its fields say, titled by their names", () => {
    open(null);
    expect(input("Rate").value).toBe("16");
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "clerk" }).checked).toBe(true);
    expect(input("Credit limit").value, "a name that has no words is shown as it is").toBe("");
  });

  it("sends every field that is asked, nothing as null, money and rate as whole numbers", async () => {
    const { sent, onsaved } = open(null, { ...record });
    await fill("Name", " Tea ");
    await fill("Price", "1,250.5");
    await fill("Rate", "7.5");
    await press("Add it");
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent).toEqual([
      {
        command: "product_add",
        input: { name: "Tea", note: null, price_minor: 125_050, credit_limit_minor: null, rate_ppm: 75_000, role: "clerk", tax_id: null, date: null },
      },
    ]);
  });

  it("asks for what depends on another field once that holds it", async () => {
    const { sent, onsaved } = open(null, { ...record });
    expect(screen.queryByLabelText(/^Code/)).toBeNull();
    await userEvent.setup().click(screen.getByRole("radio", { name: "owner" }));
    await fill("Code", "B2");
    await fill("Name", "Tea");
    await fill("Price", "1");
    await press("Add it");
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent[0]?.input).toMatchObject({ role: "owner", code: "B2" });
  });

  it("says what is missing or can't be read under each field, and sends nothing", async () => {
    const { sent } = open(null);
    await fill("Name", "");
    await fill("Rate", "many");
    await press("Add it");
    await waitFor(() => expect(complaint("Name")).toContain("Enter a name."));
    expect(document.activeElement, "the first that is wrong has the focus").toBe(input("Name"));
    expect(complaint("Price")).toContain("Enter a number.");
    expect(complaint("Rate")).toContain("This is not a number.");
    expect(sent).toEqual([]);
    await userEvent.setup().type(input("Name"), "x");
    expect(input("Name").getAttribute("aria-invalid")).toBeNull();
    await fill("Rate", "1");
    expect(input("Rate").getAttribute("aria-invalid")).toBeNull();
  });
});

describe("the form of a kept record", () => {
  it("sends what was changed and nothing else; what was emptied is null", async () => {
    const { sent, onsaved } = open(fresh(), { ...record });
    expect(screen.queryByLabelText(/^Date/), "asked of a new record only").toBeNull();
    expect(input("Price").value).toBe("315.50");
    await fill("Credit limit", "");
    await fill("Note", "");
    await fill("Rate", "8");
    await press("Save");
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent[0]).toEqual({
      command: "product_edit",
      input: { product_id: expect.any(String), row_version: 3, credit_limit_minor: null, note: null, rate_ppm: 80_000 },
    });
  });

  it("offers what is gone only where it is chosen", async () => {
    open(fresh());
    expect(input("Tax").value).toBe("Old VAT");
    const user = userEvent.setup();
    await user.clear(input("Tax"));
    await user.type(input("Tax"), "VAT 16");
    await user.click(await screen.findByText("VAT 16"));
    await user.clear(input("Tax"));
    await waitFor(() => expect(screen.queryByText("Old VAT")).toBeNull());
  });

  it("puts a refusal under its field, and at the head where the field isn't asked", async () => {
    open(fresh(), new Fault("out_of_range", "Too dear.", "price_minor"), new Fault("last_owner", "One must stay.", "role"), new Fault("code_taken", "Taken.", "code"));
    await press("Save");
    await waitFor(() => expect(complaint("Price")).toContain("Too dear."));
    await press("Save");
    const group = screen.getByRole("radiogroup", { name: "Role" });
    await waitFor(() => expect(group.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(group.getAttribute("aria-describedby") ?? "")?.textContent).toContain("One must stay.");
    await press("Save");
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Taken."));
  });

  it("shows another's choice by its title, and takes it when the person wants that", async () => {
    const row = fresh();
    const { sent, onsaved } = open(row, new Fault("stale", "Changed.", null, { current: { ...row, role: "owner", tax_id: "t1", row_version: 4 } }), row);
    await fill("Name", "Mine");
    await press("Save");
    await screen.findByText("Now: owner");
    expect(screen.getByText("Now: VAT 16")).toBeTruthy();
    await userEvent.setup().click(screen.getAllByRole("button", { name: "Use this" })[2]!);
    expect(input("Tax").value).toBe("VAT 16");
    await press("Keep what I typed");
    await press("Save");
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent[1]?.input).toEqual({ product_id: row.id, row_version: 4, name: "Mine" });
  });

  it("archives by its button, and unarchives what is archived", async () => {
    const row = fresh();
    const { sent, onarchived, unmount } = open(row, { ...row, archived_at: 7, row_version: 4 });
    await press(/^Archive/);
    await waitFor(() => expect(onarchived).toHaveBeenCalled());
    expect(sent).toEqual([{ command: "product_archive", input: { product_id: row.id, row_version: 3, archived: true } }]);
    unmount();
    const other = open({ ...row, archived_at: 7 }, row);
    await press(/^Unarchive/);
    await waitFor(() => expect(other.onarchived).toHaveBeenCalled());
    expect(other.sent[0]?.input).toMatchObject({ archived: false });
  });

  it("loses nothing that was typed when it is archived, and archives the newer version when asked again", async () => {
    const row = fresh();
    const { sent, onarchived, unmount } = open(
      row,
      new Fault("stale", "Changed.", null, { current: { ...row, row_version: 5 } }),
      { ...row, archived_at: 7, row_version: 6 },
    );
    await fill("Name", "Half a na");
    await press(/^Archive/);
    await screen.findByRole("alert");
    await press(/^Archive/);
    await waitFor(() => expect(onarchived).toHaveBeenCalled());
    expect(sent.map(({ input: { row_version } }) => row_version)).toEqual([3, 5]);
    unmount();
    open({ ...row, archived_at: 7, row_version: 6 });
    expect(input("Name").value).toBe("Half a na");
  });
});
