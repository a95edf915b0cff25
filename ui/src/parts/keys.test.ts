import { render } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import KeysHarness from "./KeysHarness.test.svelte";
import { keys, matches, spelled } from "./keys.svelte";

const pressed = (key: string, more: KeyboardEventInit = {}): KeyboardEvent =>
  new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...more });

describe("keys", () => {
  it("match with their modifiers and no others", () => {
    expect(matches("n", pressed("n"))).toBe(true);
    expect(matches("n", pressed("N", { shiftKey: true }))).toBe(false);
    expect(matches("n", pressed("n", { ctrlKey: true }))).toBe(false);
    expect(matches("mod+k", pressed("k", { ctrlKey: true }))).toBe(true);
    expect(matches("?", pressed("?", { shiftKey: true }))).toBe(true);
    expect(matches("/", pressed("/"))).toBe(true);
    expect(matches("mod+Enter", pressed("Enter", { ctrlKey: true }))).toBe(true);
  });

  it("that are digits are those of the keyboard, whatever the layout writes there", () => {
    expect(matches("mod+1", pressed("&", { code: "Digit1", ctrlKey: true }))).toBe(true);
  });

  it("are spelled as they stand on the keyboard", () => {
    expect(spelled("mod+k")).toEqual(["Ctrl", "K"]);
    expect(spelled("Escape")).toEqual(["Esc"]);
  });

  it("run the newest action that has them, and none below a dialog", () => {
    const [below, above] = [vi.fn(), vi.fn()];
    const stop = keys.offer({ depth: 0, group: "a", actions: () => [{ id: "a", title: "A", key: "n", run: below }] });
    keys.heard(pressed("n"));
    expect(below).toHaveBeenCalledOnce();
    const stopAbove = keys.offer({ depth: 0, group: "b", actions: () => [{ id: "b", title: "B", key: "n", run: above }] });
    keys.heard(pressed("n"));
    expect(above).toHaveBeenCalledOnce();
    keys.depth = 1;
    keys.heard(pressed("n"));
    expect(above).toHaveBeenCalledOnce();
    keys.depth = 0;
    stopAbove();
    stop();
  });

  it("that are letters leave typing alone", () => {
    const run = vi.fn();
    const stop = keys.offer({ depth: 0, group: "a", actions: () => [{ id: "a", title: "A", key: "n", run }] });
    const input = document.createElement("input");
    document.body.append(input);
    let event = pressed("n");
    input.addEventListener("keydown", (heard) => keys.heard(heard));
    input.dispatchEvent(event);
    expect(run).not.toHaveBeenCalled();
    expect(event.defaultPrevented).toBe(false);
    input.remove();
    stop();
  });

  it("wait for an action whose screen has yet to open", async () => {
    const run = vi.fn();
    keys.run("later");
    const stop = keys.offer({ depth: 0, group: "a", actions: () => [{ id: "later", title: "Later", run }] });
    await Promise.resolve();
    expect(run).toHaveBeenCalledOnce();
    stop();
  });

  // A customer's page lost Edit and Archive as soon as the customer was known.
  it("stand on, where two that offer them change what they are about at once", async () => {
    const page = render(KeysHarness, { name: "a" });
    await page.rerender({ name: "b" });
    expect(keys.offered.map(({ group, action }) => `${group}: ${action.title}`).sort()).toEqual(["b: page of b", "b: part of b"]);
    page.unmount();
    expect(keys.offered).toEqual([]);
  });
});
