import { describe, expect, it } from "vitest";
import { typesOf } from "./types.mjs";

const shop = { type: "object", description: "A shop.", properties: { id: { type: "string" }, closed_at: { type: ["integer", "null"] } }, required: ["id"] };
const shown = { type: "object", properties: { rows: { type: "array", items: { $ref: "#/$defs/Shop" } }, next_cursor: { type: ["string", "null"] } }, required: ["rows"] };
const wanted = { type: "object", additionalProperties: false, properties: { name: { type: "string" }, note: { type: ["string", "null"], default: null } }, required: ["name"] };
const nothing = { type: "object", additionalProperties: false };

const commands = (): any[] => [
  { name: "shop_add", kind: "write", errors: ["name_taken"], input: { $ref: "#/$defs/NewShop" }, answer: { $ref: "#/$defs/Shop" }, $defs: { NewShop: wanted, Shop: shop } },
  { name: "shop_list", kind: "read", errors: ["bad_cursor", "name_taken"], input: { $ref: "#/$defs/Nothing" }, answer: { $ref: "#/$defs/Page" }, $defs: { Nothing: nothing, Page: shown, Shop: { ...shop, description: "The same, said otherwise." } } },
  { name: "tax_list", kind: "read", errors: [], input: { $ref: "#/$defs/Nothing" }, answer: { $ref: "#/$defs/Page" }, $defs: { Nothing: nothing, Page: { type: "object", properties: { rows: { type: "array", items: { type: "string" } } }, required: ["rows"] } } },
  { name: "any", kind: "task", input: { $ref: "#/$defs/Any" }, answer: { type: "string" }, $defs: { Any: { type: "object", properties: { value: { description: "Whatever." } }, required: ["value"] } } },
];

describe("the types of commands", () => {
  it("name what commands share once, and the rest after its command", async () => {
    const text = await typesOf({ commands: commands() });
    expect(text.match(/export interface Shop \{/g)).toHaveLength(1);
    expect(text).toContain("export type ShopAddAnswer = Shop;");
    expect(text).toMatch(/export interface ShopListAnswer \{[^}]*rows: Shop\[\];/);
    expect(text).toMatch(/export interface TaxListAnswer \{\s*rows: string\[\];/);
    expect(text).toContain("export interface ShopAddInput {");
    expect(text).not.toContain("NewShop");
    expect(text).toContain("export type ShopListInput = Nothing;");
    expect(text).toContain('any: { input: AnyInput; answer: AnyAnswer; kind: "task" };');
    expect(text).toContain("export type AnyAnswer = string;");
    expect(text).toContain("value: unknown;");
  });

  it("let an input leave out what may be left out, and an answer say null", async () => {
    const text = await typesOf({ commands: commands() });
    expect(text).toMatch(/interface ShopAddInput \{[^}]*note\?: string \| null;/);
    expect(text).toMatch(/interface Shop \{[^}]*closed_at: number \| null;/);
  });

  it("list each error code once", async () => {
    const text = await typesOf({ commands: commands(), general_errors: ["busy"], opening_errors: ["in_use", "busy"] });
    expect(text.slice(text.indexOf("ErrorCode"))).toBe('ErrorCode =\n  | "bad_cursor"\n  | "busy"\n  | "in_use"\n  | "name_taken";\n');
  });

  it("carry the tables that an answer rests on, and those that an entry writes", async () => {
    const [add, list, ...others] = commands();
    const writes = [{ table: "shop", operation: "insert", columns: [] }, { table: "shop", operation: "delete", columns: [] }, { table: "street", operation: "insert", columns: [] }];
    const text = await typesOf({ commands: [{ ...add, writes, rests_on: null }, { ...list, rests_on: ["shop", "street"] }, { ...others[0], rests_on: [] }] });
    expect(text).toContain('shop_add: null,\n  shop_list: ["shop", "street"],\n  tax_list: [],');
    expect(text).toContain('shop_add: ["shop", "street"],\n  shop_list: [],\n  tax_list: [],');
  });

  it("are the same every time", async () => {
    expect(await typesOf({ commands: commands() })).toBe(await typesOf({ commands: commands() }));
  });

  it("are refused when two shapes inside others have one name", async () => {
    const other = { name: "shop_show", kind: "read", input: { $ref: "#/$defs/Nothing" }, answer: { $ref: "#/$defs/Street" }, $defs: { Nothing: nothing, Shop: { type: "string" }, Street: { type: "object", properties: { shop: { $ref: "#/$defs/Shop" } }, required: ["shop"] } } };
    await expect(typesOf({ commands: [...commands(), other] })).rejects.toThrow("Two different shapes are both called Shop");
  });
});
