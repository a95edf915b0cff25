import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { layOut } from "$/test-layout";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Tax } from "$/bridge";
import { questions } from "$/data/index.svelte";
import { keys } from "$/parts/keys.svelte";
import Taxes from "./Taxes.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

let taxes: Tax[];
// What an earlier test was answered is shown until it is asked anew: each test has taxes of its own names.
let made = 0;
let VAT = "";
type Sent = { command: string; input: Record<string, unknown> };
const sent = (command: string): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope as Sent).filter((one) => one.command === command).map(({ input }) => input);
const press = (key: string, more: KeyboardEventInit = {}): void =>
  keys.heard(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));

beforeAll(layOut);

beforeEach(() => {
  VAT = `VAT ${++made}`;
  taxes = [
    { id: crypto.randomUUID(), name: VAT, rate_ppm: 160_000, code: null, note: null, archived_at: null, row_version: 1 },
    { id: crypto.randomUUID(), name: "Old VAT", rate_ppm: 140_000, code: null, note: null, archived_at: 7, row_version: 2 },
  ];
  questions.changedEverything();
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope: { command, input } }: { envelope: Sent }) => {
    const archived = input["archived"];
    if (command === "tax_list") return { rows: taxes.filter((tax) => (tax.archived_at !== null) === (archived === "only")).map((tax) => ({ ...tax })) };
    const tax = taxes.find(({ id }) => id === input["tax_id"]);
    if (command === "tax_edit") Object.assign(tax!, input, { row_version: tax!.row_version + 1 });
    if (command === "tax_archive") Object.assign(tax!, { archived_at: archived ? 9 : null, row_version: tax!.row_version + 1 });
    questions.changed({ tables: ["tax"] });
    return tax ? { ...tax } : { book: null };
  });
});

/** Opens the row by the keys of the list. */
async function openFirst(name: string): Promise<HTMLElement> {
  const grid = await screen.findByRole("grid", { name: "Taxes" });
  await within(grid).findByText(name);
  await fireEvent.keyDown(grid, { key: "Home" });
  await fireEvent.keyDown(grid, { key: "Enter" });
  return screen.findByRole("dialog", { name: `Edit ${name}` });
}

describe("the taxes", () => {
  it("are edited from their list: what was changed is sent, the rate as parts per million", async () => {
    render(Taxes, { open: true });
    const dialog = await openFirst(VAT);
    const rate = within(dialog).getByLabelText<HTMLInputElement>(/^Rate/);
    expect(rate.value).toBe("16");
    const user = userEvent.setup();
    await user.clear(rate);
    await user.type(rate, "17.5{Enter}");
    await waitFor(() => expect(sent("tax_edit")).toEqual([{ tax_id: taxes[0]!.id, row_version: 1, rate_ppm: 175_000 }]));
    await within(await screen.findByRole("grid", { name: "Taxes" })).findByText("17.5 %");
    expect(screen.queryByRole("dialog", { name: /^Edit/ })).toBeNull();
  });

  it("are archived by a key of their form, and unarchived again from among the archived", async () => {
    render(Taxes, { open: true });
    await openFirst(VAT);
    press("d", { ctrlKey: true });
    await waitFor(() => expect(sent("tax_archive")).toEqual([{ tax_id: taxes[0]!.id, row_version: 1, archived: true }]));
    await screen.findByText("There are no taxes yet.");
    press("2", { code: "Digit2" });
    await openFirst(VAT);
    press("d", { ctrlKey: true });
    await waitFor(() => expect(sent("tax_archive")[1]).toEqual({ tax_id: taxes[0]!.id, row_version: 2, archived: false }));
  });

  it("say under the name that it is taken", async () => {
    render(Taxes, { open: true });
    const dialog = await openFirst(VAT);
    invoke.mockRejectedValueOnce({ code: "name_taken", message: "Another tax has this name.", field: "name" });
    const name = within(dialog).getByLabelText<HTMLInputElement>(/^Name/);
    await userEvent.setup().type(name, "!{Enter}");
    await waitFor(() => expect(name.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(name.getAttribute("aria-describedby") ?? "")?.textContent).toContain("Another tax has this name.");
  });
});
