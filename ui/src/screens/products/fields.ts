import type { ProductAddInput, TaxAddInput } from "$/bridge";
import type { RecordField } from "$/parts/record";
import { m } from "$/words/messages";

/** What a product is described by, in the order of its form. */
export const PRODUCT: readonly RecordField<keyof ProductAddInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  { name: "sku", as: "line" },
  { name: "category", as: "line" },
  { name: "unit", as: "line", hint: m.product_unit_hint },
  { name: "price_minor", as: "money", required: true },
  { name: "tax_id", as: "choice" },
];

/** What a tax is described by. */
export const TAX: readonly RecordField<keyof TaxAddInput>[] = [
  { name: "name", as: "line", required: true, hint: m.tax_name_hint },
  { name: "rate_ppm", as: "rate", required: true },
];
