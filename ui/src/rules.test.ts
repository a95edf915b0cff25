// The rules of this folder, held by reading its sources.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import english from "../messages/en.json";
import { screens } from "./screens/registry";

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

describe("the catalogue", () => {
  const sources = files.map(read).join("\n");
  const made = /^(fault|kind|did|table|column|role|mark|life|state)_/;

  it("has no message that nothing shows", () => {
    const idle = Object.keys(messages).filter((key) => key !== "$schema" && !made.test(key) && !new RegExp(`\\bm\\.${key}\\b`).test(sources));
    expect(idle).toEqual([]);
  });

  it("has a sentence for every code that a command can be refused with", () => {
    const codes = [...(read("bridge/commands.ts").split("ErrorCode =")[1] ?? "").matchAll(/"(\w+)"/g)].map(([, code]) => code);
    const common = [...(read("bridge/fault.ts").split("CommonCode =")[1] ?? "").split(";")[0]!.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    expect([...codes, ...common].filter((code) => !(`fault_${code}` in messages))).toEqual([]);
  });

  it("has words for every command that can stand in the daybook", () => {
    const writing = [...read("bridge/commands.ts").matchAll(/^ {2}(\w+): \{ input.*kind: "write" \};$/gm)].map(([, name]) => name);
    const central = ["head_office", "device_join", "device_release", "device_revoke"];
    expect([...writing, ...central].filter((name) => name !== "setting_set" && !(`did_${name}` in messages))).toEqual([]);
  });
});

describe("the screens", () => {
  it("each have a key of their own", () => {
    const all = screens.map(({ key }) => key);
    expect(new Set(all).size).toBe(all.length);
    for (const { starts } of screens) expect(new Set(starts.map(({ key }) => key)).size).toBe(starts.length);
  });
});
