// The fields of what people edit, by the table that keeps it: a noun more is a line more.

import type { RecordField } from "$/parts/record";
import { ACCOUNT } from "./accounts/fields";
import { CUSTOMER } from "./customers/fields";
import { PRODUCT, TAX } from "./products/fields";
import { PERSON } from "./settings/fields";

const FIELDS: Record<string, readonly RecordField[]> = {
  customer: CUSTOMER,
  product: PRODUCT,
  tax: TAX,
  person: PERSON,
  payment_account: ACCOUNT,
};

/** The field that writes a column, where people can edit it. */
export function fieldOf(table: string, column: string): RecordField | null {
  return FIELDS[table]?.find(({ name, once }) => name === column && !once) ?? null;
}
