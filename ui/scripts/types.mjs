// The command table as TypeScript: `daybook commands --json | node scripts/types.mjs > src/bridge/commands.ts`.
//
// Every command becomes an XxxInput and an XxxAnswer. A shape that several commands share, or that lies inside another one,
// becomes one type under its own name; a shape that is nothing but one command's input or answer takes that command's name.

import { compile } from "json-schema-to-typescript";
import { pathToFileURL } from "node:url";

/**
 * @typedef {Record<string, any>} Schema
 * @typedef {{ name: string, about?: string, kind: string, errors?: string[], rests_on?: string[] | null, writes?: { table: string }[], input: Schema, answer: Schema, $defs?: Record<string, Schema> }} Command
 */

const HEAD = `// The command table as TypeScript. Made by ui/scripts/types.mjs from \`daybook commands --json\`; not to be edited.\n`;
const REF = "#/$defs/";

/** The text of the TypeScript file for the table. @param {{ commands: Command[], general_errors?: string[], opening_errors?: string[] }} table */
export async function typesOf({ commands, general_errors = [], opening_errors = [] }) {
  const shapes = collect(commands);
  const definitions = /** @type {Record<string, Schema>} */ ({});
  const aliases = [];
  const rows = [];

  for (const command of commands) {
    const pascal = pascalCase(command.name);
    for (const side of /** @type {const} */ (["input", "answer"])) {
      const own = pascal + (side === "input" ? "Input" : "Answer");
      const root = command[side];
      const name = refName(root);
      const shape = name === null ? null : shapes.of(command, name);
      if (shape?.shared) aliases.push(`export type ${own} = ${shape.name};`);
      else define(own, shape ? shape.schema : root, command, side === "answer");
    }
    rows.push(`  ${command.name}: { input: ${pascal}Input; answer: ${pascal}Answer; kind: "${command.kind}" };`);
  }

  /** @param {string} name @param {Schema} schema @param {Command} command @param {boolean} answer */
  function define(name, schema, command, answer) {
    if (definitions[name]) return;
    definitions[name] = {}; // A shape may hold itself.
    definitions[name] = { ...rewrite(schema, command, answer), title: name };
  }

  /** Names for TypeScript in place of each command's own. @param {any} value @param {Command} command @param {boolean} answer @returns {any} */
  function rewrite(value, command, answer) {
    if (Array.isArray(value)) return value.map((one) => rewrite(one, command, answer));
    if (typeof value !== "object" || value === null) return value;
    if (typeof value.$ref === "string") {
      const shape = shapes.of(command, value.$ref.slice(REF.length));
      define(shape.name, shape.schema, command, shapes.isAnswer(command, shape.name));
      return { $ref: REF + shape.name };
    }
    const out = /** @type {Schema} */ ({});
    for (const [key, held] of Object.entries(value)) {
      if (key === "properties") {
        out[key] = Object.fromEntries(Object.entries(held).map(([name, one]) => [name, saysNothing(one) ? { ...noted(one), tsType: "unknown" } : rewrite(one, command, answer)]));
      } else if (key !== "default" && key !== "title" && key !== "format") out[key] = rewrite(held, command, answer);
    }
    // What an answer can leave empty it says as null: it is never left out.
    if (answer && value.properties) {
      const nullable = Object.keys(value.properties).filter((name) => maybeNull(value.properties[name]));
      out.required = [...new Set([...(value.required ?? []), ...nullable])];
    }
    return out;
  }

  // Shared shapes that only stand at the root of commands aren't reached by any reference.
  for (const { name, schema, command } of shapes.sharedRoots()) define(name, schema, command, shapes.isAnswer(command, name));

  const root = {
    title: "Everything",
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(Object.keys(definitions).map((name) => [name, { $ref: REF + name }])),
    $defs: definitions,
  };
  const compiled = await compile(root, "Everything", {
    additionalProperties: false,
    bannerComment: "",
    declareExternallyReferenced: true,
    enableConstEnums: false,
    format: true,
    style: { printWidth: 120 },
    ignoreMinAndMaxItems: true,
    strictIndexSignatures: false,
    unreachableDefinitions: false,
  });
  const parts = compiled.split(/^(?=\/\*\*|export )/m).map((part) => part.trim());
  /** @type {string[]} */
  const types = [];
  for (let at = 0; at < parts.length; at += 1) {
    let part = parts[at] ?? "";
    if (part.startsWith("/**") && !part.includes("export ")) part += `\n${parts[(at += 1)] ?? ""}`;
    if (part && !/export (interface|type) Everything\b/.test(part)) types.push(part);
  }
  const nameOf = (/** @type {string} */ text) => /export (?:interface|type) (\w+)/.exec(text)?.[1] ?? "";
  types.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

  const codes = [...new Set([...general_errors, ...opening_errors, ...commands.flatMap((command) => command.errors ?? [])])].sort();
  return [
    HEAD,
    ...types.map((type) => `${tidy(type)}\n`),
    `${aliases.sort().join("\n")}\n`,
    `export interface Commands {\n${rows.join("\n")}\n}\n`,
    "export type CommandName = keyof Commands;\n",
    tablesOf("RESTS_ON", "The tables that a command's answer rests on; null where that is any of them.", "readonly string[] | null", commands, ({ rests_on }) => rests_on ?? null),
    tablesOf("WRITES", "The tables whose rows a command's entry may make, change or delete.", "readonly string[]", commands, ({ writes = [] }) => [...new Set(writes.map(({ table }) => table))]),
    "/** The codes of all refusals: those that single commands name, those that any can meet with, and those of opening a store. */",
    `export type ErrorCode =\n${codes.map((code) => `  | ${JSON.stringify(code)}`).join("\n") || "  never"};\n`,
  ].join("\n");
}

/** A constant that holds tables for each command. @param {string} name @param {string} about @param {string} type @param {Command[]} commands @param {(command: Command) => string[] | null} of */
function tablesOf(name, about, type, commands, of) {
  const rows = commands.map((command) => {
    const tables = of(command);
    return `  ${command.name}: ${tables === null ? "null" : `[${tables.map((table) => JSON.stringify(table)).join(", ")}]`},`;
  });
  return `/** ${about} */\nexport const ${name}: Readonly<Record<CommandName, ${type}>> = {\n${rows.join("\n")}\n};\n`;
}

/** Sorts out which shapes are the same in all commands, and how each is called. @param {Command[]} commands */
function collect(commands) {
  /** @type {Map<string, Map<string, { command: Command, schema: Schema, roots: Set<string>, inside: boolean }>>} */
  const byName = new Map();
  const answers = new Set();
  for (const command of commands) {
    const definitions = command.$defs ?? {};
    for (const [name, schema] of Object.entries(definitions)) {
      const byShape = byName.get(name) ?? new Map();
      byName.set(name, byShape);
      const key = canonical(schema, definitions);
      const found = byShape.get(key) ?? { command, schema, roots: new Set(), inside: false };
      byShape.set(key, found);
      for (const side of /** @type {const} */ (["input", "answer"])) {
        if (refName(command[side]) === name) found.roots.add(`${command.name} ${side}`);
      }
      if (Object.values(definitions).some((other) => refersTo(other, name)) || nested(command.input, name) || nested(command.answer, name)) {
        found.inside = true;
      }
    }
    for (const name of reached(command.answer, definitions)) answers.add(`${command.name} ${name}`);
  }
  for (const [name, byShape] of byName) {
    const inside = [...byShape.values()].filter((shape) => shape.inside);
    if (inside.length > 1) {
      const where = inside.map((shape) => shape.command.name).join(" and ");
      throw new Error(`Two different shapes are both called ${name}: in ${where}. Give one of them another name.`);
    }
  }

  /** @param {Command} command @param {string} name */
  function of(command, name) {
    const schema = command.$defs?.[name];
    if (!schema) throw new Error(`${command.name} speaks of ${name}, which is not among its shapes.`);
    const byShape = byName.get(name);
    const found = byShape?.get(canonical(schema, command.$defs ?? {}));
    if (!byShape || !found) throw new Error(`${name} of ${command.name} was not collected.`);
    // A name that has several shapes goes to the one that others hold, or to none.
    const alone = byShape.size === 1 || found.inside;
    return { name, schema: found.schema, shared: alone && (found.inside || found.roots.size > 1) };
  }

  return {
    of,
    /** Whether a shape is one that is answered. @param {Command} command @param {string} name */
    isAnswer(command, name) {
      return answers.has(`${command.name} ${name}`);
    },
    *sharedRoots() {
      for (const [name, byShape] of byName) {
        for (const { command } of byShape.values()) {
          const shape = of(command, name);
          if (shape.shared) yield { name, schema: shape.schema, command };
        }
      }
    },
  };
}

/** A shape without its comments, for comparing; with the shapes that it speaks of. @param {Schema} schema @param {Record<string, Schema>} definitions */
function canonical(schema, definitions) {
  const seen = new Set();
  /** @param {any} value @returns {any} */
  const walk = (value) => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    if (typeof value.$ref === "string") {
      const name = value.$ref.slice(REF.length);
      if (seen.has(name) || !definitions[name]) return name;
      seen.add(name);
      return [name, walk(definitions[name])];
    }
    return Object.keys(value)
      .filter((key) => key !== "description")
      .sort()
      .map((key) => [key, key === "properties" ? Object.entries(value[key]).map(([name, one]) => [name, walk(one)]) : walk(value[key])]);
  };
  return JSON.stringify(walk(schema));
}

/** @param {Schema} schema @returns {string | null} */
function refName(schema) {
  return typeof schema.$ref === "string" ? schema.$ref.slice(REF.length) : null;
}

/** @param {any} schema @param {string} name @returns {boolean} */
function refersTo(schema, name) {
  if (Array.isArray(schema)) return schema.some((one) => refersTo(one, name));
  if (typeof schema !== "object" || schema === null) return false;
  return schema.$ref === REF + name || Object.values(schema).some((one) => refersTo(one, name));
}

/** @param {Schema} root @param {string} name */
function nested(root, name) {
  return refName(root) === null && refersTo(root, name);
}

/** The names that a root leads to. @param {Schema} root @param {Record<string, Schema>} definitions */
function reached(root, definitions) {
  const found = new Set();
  /** @param {any} value */
  const walk = (value) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.$ref === "string") {
      const name = value.$ref.slice(REF.length);
      if (found.has(name)) return;
      found.add(name);
      walk(definitions[name]);
    }
    for (const held of Object.values(value)) walk(held);
  };
  walk(root);
  return found;
}

const SAYING = ["type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"];

/** Whether a schema takes anything. @param {Schema | true} schema */
function saysNothing(schema) {
  return typeof schema !== "object" || !SAYING.some((key) => key in schema);
}

/** What a schema that takes anything notes of it. @param {Schema | true} schema */
function noted(schema) {
  return typeof schema === "object" && schema.description ? { description: schema.description } : {};
}

/** @param {Schema | true} schema @returns {boolean} */
function maybeNull(schema) {
  if (saysNothing(schema) || schema === true) return true;
  if ("default" in schema) return false;
  if (schema.type === "null" || (Array.isArray(schema.type) && schema.type.includes("null"))) return true;
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((one) => maybeNull(one));
}

/** @param {string} name */
function pascalCase(name) {
  return name.replace(/(^|_)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());
}

/** Comments of one line on one line. @param {string} text */
function tidy(text) {
  return text.replace(/\/\*\*\n\s*\* ([^\n]*)\n\s*\*\//g, "/** $1 */");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  process.stdout.write(await typesOf(JSON.parse(text)));
}
