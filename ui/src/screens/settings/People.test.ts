import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Person } from "$/bridge";
import { questions } from "$/data/index.svelte";
import { session } from "$/data/session.svelte";
import { keys } from "$/parts/keys.svelte";
import People from "./People.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

let people: Person[];
// What an earlier test was answered is shown until it is asked anew: each test has people of its own names.
let made = 0;
let [OWNER, CLERK] = ["", ""];
let refusal: object | null;
type Sent = { command: string; input: Record<string, unknown> };
const sent = (command: string): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope as Sent).filter((one) => one.command === command).map(({ input }) => input);
const press = (key: string, more: KeyboardEventInit = {}): void =>
  keys.heard(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));

beforeEach(async () => {
  refusal = null;
  made += 1;
  [OWNER, CLERK] = [`Amina ${made}`, `Wanjiku ${made}`];
  people = [
    { id: crypto.randomUUID(), name: OWNER, role: "owner", archived_at: null, row_version: 1 },
    { id: crypto.randomUUID(), name: CLERK, role: "clerk", archived_at: null, row_version: 4 },
  ];
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope: { command, input } }: { envelope: Sent }) => {
    const archived = input["archived"];
    const [current, gone] = [true, false].map((here) => people.filter((one) => (one.archived_at === null) === here).map((one) => ({ ...one })));
    if (command === "status") return { book: null, person: current?.[0], persons: current };
    if (command === "person_list") return { rows: archived === "only" ? gone : current };
    if (refusal) throw refusal;
    const person = people.find(({ id }) => id === input["person_id"])!;
    if (command === "person_edit") Object.assign(person, input, { row_version: person.row_version + 1 });
    if (command === "person_archive") Object.assign(person, { archived_at: archived ? 9 : null, row_version: person.row_version + 1 });
    questions.changed({ tables: ["person"] });
    return { ...person };
  });
  questions.changedEverything();
  await session.again();
});

/** Opens a person's form by the keyboard. */
async function edit(name: string): Promise<HTMLElement> {
  (await screen.findByRole("button", { name: `Edit ${name}` })).focus();
  await userEvent.setup().keyboard("{Enter}");
  return screen.findByRole("dialog", { name: `Edit ${name}` });
}

describe("the people of a book", () => {
  it("are renamed and given another role: what was changed is sent", async () => {
    render(People, { adding: false });
    const dialog = await edit(CLERK);
    const user = userEvent.setup();
    await user.click(within(dialog).getByRole("radio", { name: "Owner" }));
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent("person_edit")).toEqual([{ person_id: people[1]!.id, row_version: 4, role: "owner" }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("hear under the role that an owner must stay, and keep what was chosen", async () => {
    render(People, { adding: false });
    const dialog = await edit(OWNER);
    refusal = { code: "last_owner", message: "A book needs at least one owner.", field: "role" };
    const user = userEvent.setup();
    await user.click(within(dialog).getByRole("radio", { name: "Clerk" }));
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    const role = within(dialog).getByRole("radiogroup", { name: "Role" });
    await waitFor(() => expect(role.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(role.getAttribute("aria-describedby") ?? "")?.textContent).toContain("A book needs at least one owner.");
    expect(within(dialog).getByRole<HTMLInputElement>("radio", { name: "Clerk" }).checked).toBe(true);
  });

  it("are archived by a key of their form, and then stand among the archived", async () => {
    render(People, { adding: false });
    await edit(CLERK);
    press("d", { ctrlKey: true });
    await waitFor(() => expect(sent("person_archive")).toEqual([{ person_id: people[1]!.id, row_version: 4, archived: true }]));
    await waitFor(() => expect(screen.queryByText(CLERK)).toBeNull());
    press("2", { code: "Digit2" });
    await screen.findByText(CLERK);
    expect(screen.queryByRole("button", { name: `Switch to ${CLERK}` })).toBeNull();
    await edit(CLERK);
    press("d", { ctrlKey: true });
    await waitFor(() => expect(sent("person_archive")[1]).toEqual({ person_id: people[1]!.id, row_version: 5, archived: false }));
  });

  it("say that the last owner can't be archived, and stay as they are", async () => {
    render(People, { adding: false });
    const dialog = await edit(OWNER);
    refusal = { code: "last_owner", message: "A book needs at least one owner." };
    press("d", { ctrlKey: true });
    await waitFor(() => expect(within(dialog).getByRole("alert").textContent).toContain("A book needs at least one owner."));
  });
});
