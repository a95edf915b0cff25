// The theme: chosen by the person, kept in the store, and mirrored where it can be read before the first paint.

import { call } from "$/bridge";

export type Theme = "light" | "dark" | "system";

const MIRROR = "daybook.theme";
const THEMES: readonly string[] = ["light", "dark", "system"];

function isTheme(value: unknown): value is Theme {
  return typeof value === "string" && THEMES.includes(value);
}

class ThemeChoice {
  chosen = $state<Theme>("system");
  private readonly dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;

  constructor() {
    try {
      const mirrored = localStorage.getItem(MIRROR);
      if (isTheme(mirrored)) this.chosen = mirrored;
    } catch {
      // Without storage the system's theme shows until the setting is known.
    }
    this.dark?.addEventListener("change", () => this.apply());
  }

  /** What is kept in the store wins over the mirror. */
  async load(): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: "theme" });
      if (isTheme(value)) this.set(value);
    } catch {
      // The mirror stands.
    }
  }

  async choose(theme: Theme): Promise<void> {
    this.set(theme);
    await call("setting_set", { key: "theme", value: theme });
  }

  private set(theme: Theme): void {
    this.chosen = theme;
    try {
      localStorage.setItem(MIRROR, theme);
    } catch {
      // It is in the store all the same.
    }
    this.apply();
  }

  private apply(): void {
    const dark = this.chosen === "dark" || (this.chosen === "system" && (this.dark?.matches ?? false));
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  }
}

export const theme = new ThemeChoice();
