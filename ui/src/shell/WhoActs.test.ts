import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { session } from "$/data/session.svelte";
import WhoActs from "./WhoActs.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const persons = [
  { id: "p1", name: "Ana", role: "owner" },
  { id: "p2", name: "Bea", role: "clerk" },
];
let person: unknown = null;

beforeEach(async () => {
  person = null;
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string; input: { person_id?: string } } }) => {
    if (envelope.command !== "person_select") return { book: { name: "Books", currency: "EUR", currency_exponent: 2, time_zone: "UTC" }, person, persons };
    person = persons.find(({ id }) => id === envelope.input.person_id);
    return person;
  });
  await session.again();
});

it("asks who one is where nobody is chosen, by keys alone, and not again", async () => {
  render(WhoActs);
  await screen.findByRole("dialog", { name: "Who are you?" });
  await waitFor(() => expect(document.activeElement?.textContent).toContain("Ana"));
  const user = userEvent.setup();
  await user.tab();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(session.person?.name).toBe("Bea"));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("can be put off", async () => {
  render(WhoActs);
  await screen.findByRole("dialog", { name: "Who are you?" });
  await userEvent.setup().keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(session.person).toBeNull();
});

it("asks nothing where somebody acts already", async () => {
  person = persons[0];
  await session.again();
  render(WhoActs);
  expect(screen.queryByRole("dialog")).toBeNull();
});
