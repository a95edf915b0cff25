import { afterEach, describe, expect, it } from "vitest";
import { hearScans } from "./scan";

let stop = (): void => {};
afterEach(() => stop());

/** Presses keys, each so many milliseconds after the one before; what is typed lands in the field that has the focus. */
function press(keys: string[], gap: number): void {
  let at = 100_000 * Math.random();
  for (const key of keys) {
    at += gap;
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    Object.defineProperty(event, "timeStamp", { value: at });
    const target = document.activeElement ?? document.body;
    target.dispatchEvent(event);
    if (!event.defaultPrevented && target instanceof HTMLInputElement && key.length === 1) target.value += key;
  }
}

function listening(): string[] {
  const read: string[] = [];
  stop = hearScans((code) => read.push(code));
  return read;
}

const CODE = [..."6161100123456", "Enter"];

describe("a scanner", () => {
  it("is heard wherever the focus is", () => {
    const read = listening();
    press(CODE, 5);
    press(CODE, 5);
    expect(read).toEqual(["6161100123456", "6161100123456"]);
  });

  it("is no person who types", () => {
    const read = listening();
    press(CODE, 80);
    press([..."maize", "Enter"], 5);
    press([..."123456", "Tab"], 5);
    expect(read).toEqual([]);
  });

  it("leaves nothing in the field that it typed into", () => {
    const field = document.createElement("input");
    document.body.append(field);
    field.value = "due ";
    field.focus();
    const read = listening();
    press(CODE, 5);
    expect(read).toHaveLength(1);
    expect(field.value).toBe("due ");
    field.remove();
  });
});
