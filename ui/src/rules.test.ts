// The rules of this folder, held by reading its sources.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import english from "../messages/en.json";
import { ALSO, KEYS } from "./parts/keymap";
import type { RecordField } from "./parts/record";
import { ACCOUNT } from "./screens/accounts/fields";
import { CUSTOMER } from "./screens/customers/fields";
import { PRODUCT, TAX } from "./screens/products/fields";
import { screens } from "./screens/registry";
import { PERSON } from "./screens/settings/fields";
import { STARTS, startsOf } from "./screens/starts";

const root = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(svelte|ts)$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
  .filter((file) => !file.startsWith("paraglide/") && !/\.test\.(ts|svelte)$/.test(file));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const messages = english as Record<string, unknown>;

/** What each folder may import of the others; everything may import the words. */
const MAY_IMPORT: Record<string, string[]> = {
  bridge: [],
  words: ["bridge"],
  parts: ["words"],
  data: ["bridge", "words"],
  screens: ["bridge", "data", "parts", "words"],
  shell: ["data", "parts", "screens", "words"],
};

describe("the sources", () => {
  it("know Tauri in bridge/ alone", () => {
    expect(files.filter((file) => !file.startsWith("bridge/") && /@tauri-apps|__TAURI/.test(read(file)))).toEqual([]);
  });

  it("import downwards only", () => {
    const wrong = files.flatMap((file) => {
      const room = file.split("/")[0] ?? "";
      const allowed = MAY_IMPORT[room];
      if (!allowed) return [];
      return [...read(file).matchAll(/from "\$\/(\w+)/g)]
        .map(([, to]) => to ?? "")
        .filter((to) => to !== room && !allowed.includes(to))
        .map((to) => `${file} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it("ask commands through data/, or for what is done once", () => {
    const asking = files.filter((file) => /\bimport \{[^}]*\bcall\b[^}]*\} from "\$\/bridge"/.test(read(file)));
    expect(asking.filter((file) => !file.startsWith("data/") && file !== "screens/import/wizard.svelte.ts")).toEqual([]);
  });

  it("use logical properties, so that right-to-left is free", () => {
    const physical = /(?<![\w-])(?:-?[mp][lr]-|(?:left|right)-(?:\d|\[|auto|full|px)|text-(?:left|right)\b|border-[lr]\b|rounded-[lr]-|float-(?:left|right))/;
    const wrong = files.flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, at) => (/class/.test(line) && physical.test(line) ? [`${file}:${at + 1}`] : [])),
    );
    expect(wrong).toEqual([]);
  });

  it("take sizes and weights from the tokens, and measure by the text", () => {
    const own = /(?<![\w-])(?:text-\[[\d.]|rounded-\[|font-bold|leading-\[|[\w-]+-\[[\d.]+px\]|size=\{\d|(?:min|max)-\[\d)/;
    const wrong = files
      .filter((file) => file.endsWith(".svelte"))
      .flatMap((file) => read(file).split("\n").flatMap((line, at) => (own.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 80)}`] : [])));
    expect(wrong).toEqual([]);
  });

  it("show no string that is not in the catalogue", () => {
    const wrong = files
      .filter((file) => file.endsWith(".svelte"))
      .flatMap((file) => {
        const markup = read(file)
          .replace(/<script[\s\S]*?<\/script>/g, "")
          .replace(/<!--[\s\S]*?-->/g, "");
        return textsOf(markup).map((text) => `${file}: ${text}`);
      });
    expect(wrong).toEqual([]);
  });
});

/** Words in a component's markup, and in attributes that are read out, which no expression gives. */
function textsOf(markup: string): string[] {
  let plain = "";
  let depth = 0;
  for (const char of markup) {
    if (char === "{") depth += 1;
    else if (char === "}") depth -= 1;
    else if (depth === 0) plain += char;
  }
  const attributes = [...plain.matchAll(/\s(?:aria-label|title|placeholder|alt|label|sentence|about|hint)="([^"]*)"/g)].map(([, text]) => text ?? "");
  const texts = plain.replace(/<[^>]*>/g, "\n").split("\n");
  return [...attributes, ...texts].map((text) => text.trim()).filter((text) => /\p{L}{2,}/u.test(text) && !text.startsWith("mod+"));
}

/** The command table as the generator writes it. */
const table = read("bridge/commands.ts");
const commands = [...table.matchAll(/^ {2}(\w+): \{ input: \w+; answer: \w+; kind: "(\w+)".*\};$/gm)].map(([, name = "", kind = ""]) => ({ name, kind }));
/** The words that a type of the table can be. */
const wordsOf = (type: string): string[] =>
  [...(new RegExp(`^export type ${type} =([^;]*);`, "m").exec(table)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(([, word = ""]) => word);
/** The fields of a shape of the table. */
const fieldsOf = (shape: string): string[] =>
  [...(new RegExp(`^export interface ${shape} \\{([^}]*)\\}`, "m").exec(table)?.[1] ?? "").matchAll(/^ {2}(\w+)\??:/gm)].map(([, name = ""]) => name);
/** The messages whose keys begin so, without that beginning. */
const messagesOf = (prefix: string): string[] =>
  Object.keys(messages).filter((key) => key.startsWith(`${prefix}_`)).map((key) => key.slice(prefix.length + 1));

describe("the catalogue", () => {
  const sources = files.map(read).join("\n");
  const made = /^(fault|kind|did|table|column|role|mark|life|state|import_kind|import_see)_/;

  it("has each message once", () => {
    // Of two of one name the later one would be taken, without a word.
    const names = [...read("../messages/en.json").matchAll(/^  "(\w+)":/gm)].map(([, name]) => name);
    expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
    expect(names.length).toBe(Object.keys(messages).length - 1);
  });

  it("has no message that nothing shows", () => {
    const idle = Object.keys(messages).filter((key) => key !== "$schema" && !made.test(key) && !new RegExp(`\\bm\\.${key}\\b`).test(sources));
    expect(idle).toEqual([]);
  });

  // Each has messages for the words of a type, and for no others but those that the sources name.
  it.each([
    ["fault", "ErrorCode"],
    ["kind", "AccountKind"],
    ["role", "Role"],
    ["mark", "MarkState"],
    ["life", "Reason"],
    ["state", "EntryState"],
  ])("has a message %s_… for each %s, and for nothing else", (prefix, type) => {
    const words = wordsOf(type);
    expect(words.length, `${type} is read`).toBeGreaterThan(1);
    const wanted = messagesOf(prefix).filter((word) => !new RegExp(`\\bm\\.${prefix}_${word}\\b`).test(sources) || words.includes(word));
    expect(wanted.sort()).toEqual([...words].sort());
  });

  it("has words for every command that can stand in the daybook, and for no other", () => {
    // Tasks that write entries of their own. The table does not say so of a task; once it does, this list goes.
    const WRITING_TASKS = ["import_start", "import_step", "import_undo", "receipt_print"];
    expect(commands.filter(({ name, kind }) => WRITING_TASKS.includes(name) && kind === "task")).toHaveLength(WRITING_TASKS.length);
    // Written at head office, by no command of a device.
    const CENTRAL = ["head_office", "device_join", "device_release", "device_revoke"];
    // Kept on the device alone: they change nothing that has a history.
    const LOCAL = ["setting_set", "person_select", "loss_seen", "printer_set", "printer_remove"];
    const writing = commands.filter(({ name, kind }) => kind === "write" || WRITING_TASKS.includes(name)).map(({ name }) => name);
    expect(writing.length, "the commands are read").toBeGreaterThan(WRITING_TASKS.length);
    expect(messagesOf("did").sort()).toEqual([...writing.filter((name) => !LOCAL.includes(name)), ...CENTRAL].sort());
  });
});

describe("the screens", () => {
  const folderOf = (file: string): string => file.split("/")[1] ?? "";
  const inScreens = files.filter((file) => /^screens\/\w+\//.test(file));
  const sourcesOf = (screen: string): string => inScreens.filter((file) => folderOf(file) === screen).map(read).join("\n");

  it("each have a key of their own", () => {
    const all = screens.map(({ key }) => key);
    expect(new Set(all).size).toBe(all.length);
    for (const { starts } of screens) expect(new Set(starts.map(({ key }) => key)).size).toBe(starts.length);
  });

  it("offer what can be begun on them, and each thing is begun on a screen", () => {
    expect(screens.flatMap(({ starts }) => starts.map(({ id }) => id)).sort()).toEqual(Object.keys(STARTS).sort());
    const missing = screens.flatMap(({ id: screen, starts }) => starts.filter(({ id }) => !sourcesOf(screen).includes(`starting("${id}"`)));
    expect(missing).toEqual([]);
  });

  const keysIn = (text: string, before: string): string[] =>
    [...text.matchAll(new RegExp(`\\b${before}[^,}\\n]*?KEYS\\.\\w+[^,}\\n]*`, "g"))].flatMap(([said]) => [...said.matchAll(/KEYS\.(\w+)/g)].map(([, name = ""]) => name));

  it("show beside their buttons no key that they don't offer", () => {
    const hints = inScreens.flatMap((file) => keysIn(read(file), "hint=\\{").map((name) => ({ file, name })));
    expect(hints.length, "the hints are read").toBeGreaterThan(20);
    const offered = (screen: string): string[] => [
      ...keysIn(sourcesOf(screen), "key: "),
      ...Object.entries(KEYS).flatMap(([name, key]) => (startsOf(screen).some((start) => start.key === key) ? [name] : [])),
    ];
    expect(hints.filter(({ file, name }) => !offered(folderOf(file)).includes(name))).toEqual([]);
  });

  it("have their keys from the keymap, where each has one meaning", () => {
    const all = [...Object.values(KEYS), ...Object.values(ALSO), ...screens.map(({ key }) => key)];
    expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([]);
    expect(all.filter((key) => /^\d$/.test(key ?? "")), "digits are a list's choices").toEqual([]);
    const own = files
      .filter((file) => /^(parts|screens|shell)\//.test(file) && file !== "screens/registry.ts")
      .flatMap((file) => [...read(file).matchAll(/\b(?:key: |hint=|hint: )"[^"]+"/g)].map(([said]) => `${file}: ${said}`));
    expect(own).toEqual([]);
    const idle = Object.keys(KEYS).filter((name) => !new RegExp(`\\bKEYS\\.${name}\\b`).test(files.map(read).join("\n")));
    expect(idle).toEqual([]);
  });

  it.each([
    ["customer", ["CustomerAddInput", "CustomerEditInput"], CUSTOMER],
    ["product", ["ProductAddInput", "ProductEditInput"], PRODUCT],
    ["tax", ["TaxAddInput", "TaxEditInput"], TAX],
    ["person", ["PersonAddInput", "PersonEditInput"], PERSON],
    ["account", ["AccountOpenInput", "AccountEditInput"], ACCOUNT],
  ] as const)("have a field for everything that describes a record: %s", (noun, [adding, editing], fields: readonly RecordField[]) => {
    const passedOver = [`${noun}_id`, "row_version"];
    const described = (shape: string): string[] => fieldsOf(shape).filter((name) => !passedOver.includes(name)).sort();
    expect(fields.map(({ name }) => name).sort()).toEqual(described(adding));
    expect(fields.filter(({ once }) => !once).map(({ name }) => name).sort()).toEqual(described(editing));
  });
});
