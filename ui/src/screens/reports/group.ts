// The words for what sums are told by.

import { m } from "$/words/messages";
import { sayDate, sayMonth } from "$/words/time";

export type Group = "day" | "month" | "account" | "person" | "product" | "customer";

export function groupTitle(by: Group): string {
  const titles: Record<Group, () => string> = {
    day: m.column_date,
    month: m.report_month,
    account: m.column_account,
    person: m.column_person,
    product: m.table_product,
    customer: m.column_customer,
  };
  return titles[by]();
}

/** What a row is of: a day, a month, or a record's name; a line that names no product has none. */
export function groupName(by: Group, { date, name }: { date: string | null; name: string | null }): string {
  if (date !== null) return by === "month" ? sayMonth(date) : sayDate(date);
  return name ?? m.report_no_product();
}
