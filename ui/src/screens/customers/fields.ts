import type { CustomerAddInput } from "$/bridge";
import type { RecordField } from "$/parts/record";
import { m } from "$/words/messages";

/** What a customer is described by, in the order of its form. */
export const CUSTOMER: readonly RecordField<keyof CustomerAddInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  { name: "code", as: "line" },
  { name: "contact", as: "line" },
  { name: "phone", as: "tel" },
  { name: "email", as: "email" },
  { name: "route", as: "line", hint: m.customer_route_hint },
  { name: "tax_number", as: "line" },
  { name: "credit_limit_minor", as: "money", hint: m.customer_limit_hint },
  { name: "terms_days", as: "count", hint: m.customer_terms_hint },
  { name: "address", as: "lines", wide: true },
  { name: "city", as: "line" },
  { name: "region", as: "line" },
  { name: "postal_code", as: "line" },
  { name: "country", as: "line" },
  { name: "note", as: "lines", wide: true },
];
