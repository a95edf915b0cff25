// The language of the words: one of the catalogue's, kept in the store.

import { call } from "$/bridge";
import { getLocale, isLocale, setLocale } from "$/words/messages";

const RTL = new Set(["ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"]);

class LanguageChoice {
  chosen = $state<string>(getLocale());

  /** Before anything is shown: the language that is kept in the store. */
  async load(): Promise<void> {
    try {
      const { value } = await call("setting_get", { key: "language" });
      if (isLocale(value)) this.set(value);
    } catch {
      // The catalogue's own language stands.
    }
  }

  async choose(locale: string): Promise<void> {
    await call("setting_set", { key: "language", value: locale });
    if (isLocale(locale)) this.set(locale);
  }

  private set(locale: ReturnType<typeof getLocale>): void {
    void setLocale(locale, { reload: false });
    this.chosen = locale;
    document.documentElement.lang = locale;
    document.documentElement.dir = RTL.has(locale.split("-")[0] ?? "") ? "rtl" : "ltr";
  }
}

export const language = new LanguageChoice();
