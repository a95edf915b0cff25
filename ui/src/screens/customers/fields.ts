import type { Customer } from "$/bridge";
import { m } from "$/words/messages";

/** What a customer is described by, in the order of the form. */
export const FIELDS = [
  "name",
  "code",
  "contact",
  "phone",
  "email",
  "address",
  "city",
  "region",
  "postal_code",
  "country",
  "note",
] as const satisfies (keyof Customer)[];

export type CustomerField = (typeof FIELDS)[number];

export function fieldTitle(field: CustomerField): string {
  return m[`column_${field}`]();
}

/** A customer as a form holds it: text, empty for nothing. */
export function held(customer: Customer | null): Record<CustomerField, string> {
  return Object.fromEntries(FIELDS.map((field) => [field, customer?.[field] ?? ""])) as Record<CustomerField, string>;
}
