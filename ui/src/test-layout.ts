// jsdom lays nothing out. For tests of lists: their window is 600 pixels high and 800 wide, a rem has 16 pixels and a letter 8.

/** Gives every element those sizes, but for what a table measures with: its ruler of ten rem, and the texts of its columns. */
export function layOut(): void {
  const sizes: Record<string, (element: HTMLElement) => number> = {
    offsetHeight: () => 600,
    offsetWidth: (element: HTMLElement) =>
      element.className.includes("whitespace-pre") ? 8 * Math.max(...(element.textContent ?? "").split("\n").map(({ length }) => length)) : 800,
    clientHeight: () => 600,
    clientWidth: (element: HTMLElement) => (element.className.includes("w-[10rem]") ? 160 : 800),
  };
  for (const [name, size] of Object.entries(sizes)) {
    Object.defineProperty(HTMLElement.prototype, name, {
      configurable: true,
      get(this: HTMLElement) {
        return size(this);
      },
    });
  }
}
