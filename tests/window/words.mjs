// The words of the window in any of its languages, as its own catalogue has them.

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "ui", "messages");

/** The languages that there are. */
export const languages = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"));

/** Says messages of a language by their keys; only those without plural forms. */
export function wordsOf(language) {
  const messages = JSON.parse(readFileSync(join(folder, `${language}.json`), "utf8"));
  return (key, values = {}) => {
    const message = messages[key];
    if (typeof message !== "string") throw new Error(`${language} has no plain message ${key}`);
    return message.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
  };
}
