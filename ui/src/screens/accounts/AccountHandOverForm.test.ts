import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Account, Device } from "$/bridge";
import AccountHandOverForm from "./AccountHandOverForm.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const account = { id: crypto.randomUUID(), name: "Till", row_version: 3 } as unknown as Account;
const van = (number: number): Device => ({ id: crypto.randomUUID(), code: `D${number}`, name: `Van ${number}`, revoked_at: null });

const sent = (): { command: string; input: Record<string, unknown> }[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter(({ command }) => command !== "status");
const open = (devices: Device[], ondone = vi.fn()) => {
  render(AccountHandOverForm, { account, devices, ondone, oncancel: () => {} });
  return ondone;
};
const device = (): HTMLInputElement => screen.getByLabelText(/^To/);

beforeEach(() => {
  invoke.mockReset();
});

describe("the form that hands an account over", () => {
  it("gives it to the only other device without asking which", async () => {
    const other = van(2);
    invoke.mockResolvedValue({ ...account, custodian_name: "Van 2" });
    const ondone = open([other]);
    expect(device().value).toBe("Van 2");
    await userEvent.setup().click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(ondone).toHaveBeenCalled());
    expect(sent()).toEqual([
      expect.objectContaining({ command: "account_hand_over", input: { account_id: account.id, row_version: 3, to_device_id: other.id } }),
    ]);
  });

  it("asks which of several, under the input", async () => {
    const [second, third] = [van(2), van(3)];
    invoke.mockResolvedValue(account);
    const ondone = open([second, third]);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(device().getAttribute("aria-invalid")).toBe("true"));
    expect(sent()).toEqual([]);
    await user.type(device(), "Van 3");
    await user.click(await screen.findByText("Van 3"));
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(ondone).toHaveBeenCalled());
    expect(sent()[0]?.input["to_device_id"]).toBe(third.id);
  });

  it("puts a refusal about the device under its input, and any other at the head", async () => {
    invoke
      .mockRejectedValueOnce({ code: "not_found", message: "This device is not in the book.", field: "to_device_id" })
      .mockRejectedValueOnce({ code: "not_custodian", message: "“Till” is kept by Van 2." });
    open([van(2)]);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(device().getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(device().getAttribute("aria-describedby") ?? "")?.textContent).toContain("This device is not in the book.");
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("kept by Van 2"));
  });

  it("hands over the account as it became, once that was said", async () => {
    invoke
      .mockRejectedValueOnce({ code: "stale", message: "Changed.", details: { current: { ...account, row_version: 4 } } })
      .mockResolvedValueOnce(account);
    const ondone = open([van(2)]);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await screen.findByRole("alert");
    await user.click(screen.getByRole("button", { name: "Hand over" }));
    await waitFor(() => expect(ondone).toHaveBeenCalled());
    expect(sent().map(({ input }) => input["row_version"])).toEqual([3, 4]);
  });
});
