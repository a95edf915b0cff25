// Short notes that something was done. What needs an answer is a dialog, and what failed stands where it failed.

export interface Toast {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  action?: { title: string; run: () => void };
}

const SHOWN_MS = 6000;

class Toasts {
  shown = $state.raw<Toast[]>([]);
  private next = 1;

  say(text: string, options: { tone?: Toast["tone"]; action?: Toast["action"] } = {}): void {
    const toast: Toast = { id: this.next++, tone: options.tone ?? "good", text, action: options.action };
    this.shown = [...this.shown.slice(-3), toast];
    setTimeout(() => this.dismiss(toast.id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
