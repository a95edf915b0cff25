import type { CustomerAddInput } from "$/bridge";
import type { RecordField } from "$/parts/record";

/** What a customer is described by, in the order of its form. */
export const CUSTOMER: readonly RecordField<keyof CustomerAddInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  { name: "code", as: "line" },
  { name: "contact", as: "line" },
  { name: "phone", as: "tel" },
  { name: "email", as: "email" },
  { name: "address", as: "lines", wide: true },
  { name: "city", as: "line" },
  { name: "region", as: "line" },
  { name: "postal_code", as: "line" },
  { name: "country", as: "line" },
  { name: "note", as: "lines", wide: true },
];
