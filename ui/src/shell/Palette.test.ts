import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { recent } from "$/data/recent.svelte";
import { screens } from "$/screens/registry";
import Palette from "./Palette.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const customers = [
  { id: "c1", name: "Hassan Kiosk", phone: "0712 345 678", city: "Thika" },
  { id: "c2", name: "Hassan Wholesale", phone: null, city: null },
];
const transfer = { id: "t7", number: "D1-T-000007", amount_minor: 5_000, memo: "Takings" };
let late: (() => void)[] = [];

beforeEach(() => {
  location.hash = "";
  recent.visited = [];
  late = [];
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string; input: { search: string } } }) => {
    const { command, input } = envelope;
    if (input.search === "slow") await new Promise<void>((done) => late.push(done));
    const found = command === "customer_list" ? (input.search === "000007" ? [] : customers) : command === "transfer_list" ? [transfer] : [];
    return { rows: found, next_cursor: null };
  });
});

const options = (): string[] => screen.getAllByRole("option").map(({ textContent }) => textContent?.replace(/\s+/g, " ").trim() ?? "");
const open = () => render(Palette, { open: true, here: screens[0]! });

it("finds records before actions, and opens the one that is taken", async () => {
  const user = userEvent.setup();
  open();
  await user.type(screen.getByRole("combobox"), "hass");
  await waitFor(() => expect(options().slice(0, 2)).toEqual(["Hassan Kiosk 0712 345 678 · Thika Customer", "Hassan Wholesale Customer"]));
  await user.keyboard("{ArrowDown}{Enter}");
  await waitFor(() => expect(location.hash).toBe("#/customers/c2"));
});

it("finds a document by its number", async () => {
  const user = userEvent.setup();
  open();
  await user.type(screen.getByRole("combobox"), "000007");
  await waitFor(() => expect(options()[0]).toMatch(/^D1-T-000007 .*Takings Transfer$/));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(location.hash).toBe("#/accounts/transfers%2Ft7"));
});

it("takes nothing that was found for less than what is typed", async () => {
  const user = userEvent.setup();
  open();
  await user.type(screen.getByRole("combobox"), "slow{Enter}");
  await waitFor(() => expect(late.length).toBeGreaterThan(0));
  expect(location.hash).toBe("");
  late.forEach((done) => done());
  await waitFor(() => expect(location.hash).toBe("#/customers/c1"));
});

it("shows what one was at before anything is typed, each once", async () => {
  recent.saw({ screen: "customers", on: "c2", title: "Hassan Wholesale", table: "customer" });
  recent.saw({ screen: "accounts", on: "a1", title: "Till", table: "payment_account" });
  recent.saw({ screen: "customers", on: "c2", title: "Hassan Wholesale", table: "customer" });
  open();
  expect(options().slice(0, 2)).toEqual(["Hassan Wholesale Customer", "Till Account"]);
  expect(options().join()).not.toContain("Everywhere");
});
