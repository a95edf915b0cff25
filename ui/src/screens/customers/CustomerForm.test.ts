import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Customer } from "$/bridge";
import CustomerForm from "./CustomerForm.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const customer = {
  id: crypto.randomUUID(),
  code: "A1",
  name: "Ana",
  phone: "1",
  city: "Nairobi",
  email: null,
  row_version: 3,
} as unknown as Customer;

const sent = (): { command: string; input: Record<string, unknown>; request_id: string }[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter(({ command }) => command !== "status");
const open = (row: Customer | null, onsaved = vi.fn()) => {
  const shown = render(CustomerForm, { customer: row, onsaved, oncancel: () => {} });
  return { ...shown, onsaved };
};
const input = (name: string): HTMLInputElement => screen.getByLabelText(new RegExp(`^${name}`));

beforeEach(() => {
  invoke.mockReset();
});

describe("a customer's form", () => {
  it("sends what was changed and nothing else", async () => {
    invoke.mockResolvedValue({ ...customer, name: "Bea" });
    const { onsaved } = open(customer);
    const user = userEvent.setup();
    await user.clear(input("Name"));
    await user.type(input("Name"), "Bea");
    await user.clear(input("City"));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent()[0]).toMatchObject({
      command: "customer_edit",
      input: { customer_id: customer.id, row_version: 3, name: "Bea", city: null },
    });
    expect(Object.keys(sent()[0]?.input ?? {})).not.toContain("phone");
  });

  it("puts a refusal under its input, keeps what was typed, and takes it away when it is typed in", async () => {
    invoke.mockRejectedValue({ code: "bad_email", message: "This is not an e-mail address.", field: "email" });
    open({ ...customer, id: crypto.randomUUID() });
    const user = userEvent.setup();
    await user.type(input("E-mail"), "nope@");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const email = input("E-mail");
    await waitFor(() => expect(email.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(email.getAttribute("aria-describedby") ?? "")?.textContent).toContain("This is not an e-mail address.");
    expect(email.value).toBe("nope@");
    expect(document.activeElement).toBe(email);
    await user.type(email, "x");
    expect(email.getAttribute("aria-invalid")).toBeNull();
  });

  it("sends the same submit again under the same request id", async () => {
    invoke.mockRejectedValueOnce({ code: "busy", message: "Daybook is busy." }).mockResolvedValueOnce(customer);
    const { onsaved } = open(null);
    const user = userEvent.setup();
    await user.type(input("Name"), "Cleo");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Daybook is busy."));
    await user.click(screen.getByRole("button", { name: "Add customer" }));
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent()[1]?.request_id).toBe(sent()[0]?.request_id);
  });

  it("shows what another changed beside what was typed, and saves over it when the person keeps theirs", async () => {
    const row = { ...customer, id: crypto.randomUUID() };
    invoke
      .mockRejectedValueOnce({ code: "stale", message: "Changed.", details: { current: { ...row, name: "Theirs", phone: "2", row_version: 4 } } })
      .mockResolvedValueOnce({ ...row, name: "Mine" });
    const { onsaved } = open(row);
    const user = userEvent.setup();
    await user.clear(input("Name"));
    await user.type(input("Name"), "Mine");
    await user.keyboard("{Enter}");
    await screen.findByText("Now: Theirs");
    expect(screen.getByText("Now: 2")).toBeTruthy();
    expect(input("Name").value).toBe("Mine");
    await user.click(screen.getByRole("button", { name: "Keep what I typed" }));
    expect(input("Name").value).toBe("Mine");
    expect(input("Phone").value, "what wasn't typed follows").toBe("2");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent()[1]?.input).toEqual({ customer_id: row.id, row_version: 4, name: "Mine" });
  });

  it("takes the newer version when the person wants that, or one value of it", async () => {
    const row = { ...customer, id: crypto.randomUUID() };
    invoke.mockRejectedValue({ code: "stale", message: "Changed.", details: { current: { ...row, name: "Theirs", city: "Kisumu", row_version: 4 } } });
    open(row);
    const user = userEvent.setup();
    await user.type(input("Name"), "!");
    await user.keyboard("{Enter}");
    await screen.findByText("Now: Kisumu");
    await user.click(screen.getAllByRole("button", { name: "Use this" })[0]!);
    expect(input("Name").value).toBe("Theirs");
    await user.click(screen.getByRole("button", { name: "Take the newer version" }));
    expect(input("City").value).toBe("Kisumu");
    expect(screen.queryByText(/Somebody else changed/)).toBeNull();
  });

  it("follows a refresh where nothing was typed, and is left alone where something was", async () => {
    const row = { ...customer, id: crypto.randomUUID() };
    const { rerender } = open(row);
    await rerender({ customer: { ...row, phone: "2", row_version: 4 } });
    await waitFor(() => expect(input("Phone").value).toBe("2"));
    await fireEvent.input(input("Name"), { target: { value: "Mine" } });
    await rerender({ customer: { ...row, name: "Theirs", phone: "3", row_version: 5 } });
    expect(input("Name").value).toBe("Mine");
    expect(input("Phone").value).toBe("2");
  });

  it("finds again what was typed and not saved", async () => {
    const { unmount } = open(null);
    await fireEvent.input(input("Name"), { target: { value: "Half a na" } });
    unmount();
    open(null);
    expect(input("Name").value).toBe("Half a na");
    await fireEvent.click(screen.getByRole("button", { name: "Start over" }));
    expect(input("Name").value).toBe("");
  });
});
