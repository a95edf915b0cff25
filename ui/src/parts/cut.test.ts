import { describe, expect, it } from "vitest";
import { titleWhatIsCut } from "./cut";

/** A text that needs 200 pixels, in so many. */
function text(pixels: number): { outer: HTMLElement; inner: HTMLElement; over: () => void } {
  const outer = document.createElement("p");
  outer.className = "truncate";
  const inner = document.createElement("b");
  inner.textContent = "شركة النور للتجارة";
  outer.append(inner);
  Object.defineProperties(outer, {
    scrollWidth: { get: () => 200 },
    clientWidth: { get: () => pixels, configurable: true },
    innerText: { get: () => outer.textContent },
  });
  return { outer, inner, over: () => titleWhatIsCut({ target: inner } as unknown as Event) };
}

describe("a text under the pointer", () => {
  it("has its whole as a title while it is cut", () => {
    const { outer, over } = text(100);
    over();
    expect(outer.title).toBe("شركة النور للتجارة");
    Object.defineProperty(outer, "clientWidth", { get: () => 200 });
    over();
    expect(outer.hasAttribute("title")).toBe(false);
  });

  it("keeps a title of its own where it fits", () => {
    const { outer, over } = text(200);
    outer.title = "of its own";
    over();
    expect(outer.title).toBe("of its own");
  });
});
