import { fireEvent, render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SHOWN_MS, toasts } from "./toasts.svelte";
import ToastsHarness from "./ToastsHarness.test.svelte";

const notes = (): string[] => screen.getAllByRole("status", { name: "Notifications", hidden: true }).map(({ textContent }) => textContent?.trim() ?? "");

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  toasts.dismiss();
  vi.useRealTimers();
});

async function passes(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await tick();
}

it("shows the newest note alone, for its time", async () => {
  render(ToastsHarness, { open: false });
  toasts.say("One");
  await passes(SHOWN_MS / 2);
  toasts.say("Two");
  await passes(SHOWN_MS / 2 + 1);
  expect(notes()).toEqual(["Two"]);
  await passes(SHOWN_MS / 2);
  expect(notes()).toEqual([""]);
});

it("keeps a note while somebody is at it", async () => {
  render(ToastsHarness, { open: false });
  const act = vi.fn();
  toasts.say("Added", { action: { title: "Open", run: act } });
  await tick();
  const button = screen.getByRole("button", { name: "Open" });
  await fireEvent.focusIn(button);
  await passes(3 * SHOWN_MS);
  expect(notes()).toEqual(["Added Open"]);
  await fireEvent.focusOut(button);
  await passes(SHOWN_MS + 1);
  expect(notes()).toEqual([""]);
});

it("says in an open dialog what was done there, and draws nothing over it", async () => {
  render(ToastsHarness, { open: true });
  await passes(50);
  toasts.say("Saved");
  await passes(50);
  const dialog = screen.getByRole("dialog", { hidden: true });
  const [corner = "", inside = ""] = notes();
  expect([corner, inside]).toEqual(["", "Saved"]);
  expect(dialog.textContent).toContain("Saved");
});
