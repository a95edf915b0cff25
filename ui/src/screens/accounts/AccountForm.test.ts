import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Account } from "$/bridge";
import { session } from "$/data/session.svelte";
import AccountForm from "./AccountForm.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const account = { id: crypto.randomUUID(), name: "Till", kind: "cash", minimum_minor: 0, row_version: 3 } as unknown as Account;
const sent = (): { command: string; input: Record<string, unknown> }[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter(({ command }) => command.startsWith("account_")).map(({ command, input }) => ({ command, input }));
const input = (label: string): HTMLInputElement => screen.getByLabelText(new RegExp(`^${label}`));

beforeEach(async () => {
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string } }) => {
    if (envelope.command === "status") return { book: { currency: "KES", currency_exponent: 2, time_zone: "UTC" }, person: null, persons: [] };
    return account;
  });
  await session.again();
});

describe("an account's form", () => {
  it("opens a purse that can't be overdrawn, with what is in it", async () => {
    render(AccountForm, { open: true, account: null });
    const user = userEvent.setup();
    await user.type(input("Name"), "Float");
    expect(input("Minimum balance").value).toBe("0.00");
    await user.type(input("Opening balance"), "5000{Enter}");
    await waitFor(() => expect(sent()).toHaveLength(1));
    expect(sent()[0]).toEqual({
      command: "account_open",
      input: { name: "Float", kind: "cash", method: null, person_id: null, minimum_minor: 0, opening_minor: 500_000, date: null },
    });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("asks for no money where an account holds none, and sends none", async () => {
    render(AccountForm, { open: true, account: null });
    const user = userEvent.setup();
    await user.type(input("Name"), "Rent");
    await user.clear(input("Kind"));
    await user.type(input("Kind"), "Expense");
    await user.click(await screen.findByText("Expense"));
    await waitFor(() => expect(screen.queryByLabelText(/^Minimum balance/)).toBeNull());
    await user.click(screen.getByRole("button", { name: "Open account" }));
    await waitFor(() => expect(sent()[0]?.input).toEqual({ name: "Rent", kind: "expense" }));
  });

  it("changes name and minimum, and nothing else", async () => {
    render(AccountForm, { open: true, account });
    expect(screen.queryByLabelText(/^Kind/)).toBeNull();
    expect(screen.queryByLabelText(/^Opening balance/)).toBeNull();
    const user = userEvent.setup();
    await user.clear(input("Minimum balance"));
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent()[0]).toEqual({ command: "account_edit", input: { account_id: account.id, row_version: 3, minimum_minor: null } }));
  });
});
