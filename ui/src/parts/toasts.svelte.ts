// A short note that something was done. What needs an answer is a dialog, and what failed stands where it failed.
// The newest one is shown alone: a stack of them would lie over what is worked on.

export interface Toast {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  action?: { title: string; run: () => void };
}

export const SHOWN_MS = 4000;

class Toasts {
  shown = $state.raw<Toast | null>(null);
  private next = 1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private held = false;

  say(text: string, options: { tone?: Toast["tone"]; action?: Toast["action"] } = {}): void {
    this.shown = { id: this.next++, tone: options.tone ?? "good", text, action: options.action };
    this.count();
  }

  /** It stays for as long as somebody is at it: under the pointer, or with the focus in it. */
  hold(held: boolean): void {
    this.held = held;
    this.count();
  }

  dismiss(): void {
    clearTimeout(this.timer);
    this.shown = null;
    this.held = false;
  }

  private count(): void {
    clearTimeout(this.timer);
    if (this.shown && !this.held) this.timer = setTimeout(() => this.dismiss(), SHOWN_MS);
  }
}

export const toasts = new Toasts();
