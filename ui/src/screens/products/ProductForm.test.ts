import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Tax } from "$/bridge";
import { questions } from "$/data/index.svelte";
import ProductForm from "./ProductForm.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

let taxes: Tax[] = [];
const sent = (wanted: string): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter(({ command }) => command === wanted).map(({ input }) => input);

beforeEach(() => {
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope: { command, input } }: { envelope: { command: string; input: { name: string; rate_ppm: number } } }) => {
    if (command === "tax_list") return { rows: taxes };
    if (command !== "tax_add") return { id: "p1", ...input };
    const tax = { id: "t1", ...input, code: null, note: null, archived_at: null, row_version: 1 };
    taxes = [tax];
    questions.changed({ tables: ["tax"] });
    return tax;
  });
});

describe("a product's form", () => {
  it("takes a tax that is added on the way", async () => {
    const onsaved = vi.fn();
    render(ProductForm, { product: null, onsaved, oncancel: () => {} });
    const user = userEvent.setup();
    const field = (label: string): HTMLInputElement => screen.getByLabelText(new RegExp(`^${label}`));
    await user.type(field("Name"), "Sugar");
    await user.type(field("Price"), "315.5");
    await user.click(screen.getByRole("button", { name: "Add a tax" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Add a tax" }));
    await user.type(dialog.getByLabelText(/^Name/), "VAT 16");
    await user.type(dialog.getByLabelText(/^Rate/), "16{Enter}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sent("tax_add")).toEqual([{ name: "VAT 16", rate_ppm: 160_000, code: null }]);
    await waitFor(() => expect(field("Tax").value).toBe("VAT 16"));
    await user.click(screen.getByRole("button", { name: "Add product" }));
    await waitFor(() => expect(onsaved).toHaveBeenCalled());
    expect(sent("product_add")[0]).toMatchObject({ name: "Sugar", price_minor: 31_550, tax_id: "t1", is_stocked: true, barcode: null });
  });
});
