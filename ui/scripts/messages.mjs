// Keeps the list of languages equal to the files in messages/: adding a language is adding a file.
// `node scripts/messages.mjs` also compiles the catalogue into src/paraglide, for svelte-check; Vite compiles it by itself.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ui = dirname(dirname(fileURLToPath(import.meta.url)));
const settingsFile = join(ui, "project.inlang", "settings.json");

/** The options that both ways of compiling share. */
export const catalogue = {
  project: "./project.inlang",
  outdir: "./src/paraglide",
  outputStructure: /** @type {const} */ ("locale-modules"),
  strategy: /** @type {["globalVariable", "baseLocale"]} */ (["globalVariable", "baseLocale"]),
  emitTsDeclarations: false,
  isServer: "false",
};

/** Writes the languages found in messages/ into the settings, if they differ. */
export function listLanguages() {
  const settings = JSON.parse(readFileSync(settingsFile, "utf8"));
  const found = readdirSync(join(ui, "messages"))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
  if (JSON.stringify(found) !== JSON.stringify(settings.locales)) {
    const line = JSON.stringify(found).replaceAll(",", ", ");
    const text = readFileSync(settingsFile, "utf8").replace(/"locales": \[[^\]]*\]/, `"locales": ${line}`);
    writeFileSync(settingsFile, text);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  listLanguages();
  const { compile } = await import("@inlang/paraglide-js");
  await compile({ ...catalogue, project: join(ui, catalogue.project), outdir: join(ui, catalogue.outdir) });
}
