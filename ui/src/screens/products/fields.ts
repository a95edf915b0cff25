import type { ProductAddInput, TaxAddInput } from "$/bridge";
import type { RecordField } from "$/parts/record";
import { m } from "$/words/messages";
import { readRate } from "$/words/money";

/** What a product is described by, in the order of its form. */
export const PRODUCT: readonly RecordField<keyof ProductAddInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  { name: "sku", as: "line" },
  { name: "category", as: "line" },
  { name: "unit", as: "line", hint: m.product_unit_hint },
  { name: "price_minor", as: "money", required: true },
  { name: "tax_id", as: "choice" },
  { name: "barcode", as: "line", hint: m.product_barcode_hint },
  { name: "class_code", as: "line", hint: m.product_class_hint },
  { name: "is_stocked", as: "yes", start: true, hint: m.product_stocked_hint },
];

/** Whether nothing is taxed: that has a reason, which papers say. */
const isNothing = (rate: string): boolean => {
  const read = readRate(rate);
  return read.ok && read.value === 0;
};

/** What a tax is described by. */
export const TAX: readonly RecordField<keyof TaxAddInput>[] = [
  { name: "name", as: "line", required: true, hint: m.tax_name_hint },
  { name: "rate_ppm", as: "rate", required: true },
  { name: "code", as: "line", hint: m.tax_code_hint },
  { name: "note", as: "line", hint: m.tax_note_hint, when: ({ rate_ppm = "" }) => isNothing(rate_ppm) },
];
