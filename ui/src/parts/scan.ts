// A scanner types faster than anybody: digits, one after the other, and Enter. What it read is told, wherever the focus was; what
// it typed into a field on the way is taken out of it again.

// A busy machine hears one key late; of a person who types fast, each comes so.
const GAP_MS_MAX = 120;
const MEAN_MS_MAX = 50;
const LETTERS_LEAST = 6;

interface Before {
  field: HTMLInputElement | HTMLTextAreaElement;
  value: string;
}

/** Hears a scanner until stopped. `onscan` is told the code that was read. */
export function hearScans(onscan: (code: string) => void): () => void {
  let code = "";
  let last = 0;
  let began = 0;
  let before: Before | null = null;

  function heard(event: KeyboardEvent): void {
    const isSlow = event.timeStamp - last > GAP_MS_MAX;
    last = event.timeStamp;
    if (event.key === "Shift") return;
    if (event.key === "Enter" && !isSlow && code.length >= LETTERS_LEAST && event.timeStamp - began <= code.length * MEAN_MS_MAX && /\d/.test(code)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const read = code;
      code = "";
      putBack();
      onscan(read);
      return;
    }
    if (isSlow) {
      code = "";
      before = null;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9A-Za-z.\-]$/.test(event.key)) {
      code = "";
      return;
    }
    if (code === "") {
      began = event.timeStamp;
      const at = document.activeElement;
      before = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? { field: at, value: at.value } : null;
    }
    code += event.key;
  }

  function putBack(): void {
    if (!before?.field.isConnected) return;
    before.field.value = before.value;
    before.field.dispatchEvent(new Event("input", { bubbles: true }));
    before = null;
  }

  window.addEventListener("keydown", heard, { capture: true });
  return () => window.removeEventListener("keydown", heard, { capture: true });
}
