// The records that the palette finds: by name, code, phone digits or number, through the same search that their lists have.

import { ask } from "$/data/index.svelte";
import { type Visited } from "$/data/recent.svelte";
import { session } from "$/data/session.svelte";
import { sayMoney } from "$/words/money";

const FOUND_MAX = 6;

export interface Found {
  readonly records: Visited[];
  /** Whether the records are those of what was typed, or still of what was typed before. */
  readonly settled: boolean;
}

/** Finds records for as long as the component lives. To be called while a component is set up. */
export function find(typed: () => string): Found {
  const search = $derived(typed().trim());
  const some = (wanted: boolean) => (wanted ? { search, limit: FOUND_MAX } : null);
  const customers = ask("customer_list", () => some(search !== ""));
  const products = ask("product_list", () => some(search !== ""));
  const accounts = ask("account_list", () => some(search !== ""));
  // A document is asked for by its number: in their memos people look on the screen itself.
  const transfers = ask("transfer_list", () => some(/\d/.test(search)));
  const payments = ask("payment_list", () => some(/\d/.test(search)));
  const asked = [customers, products, accounts, transfers, payments];

  const records = $derived.by((): Visited[] => {
    if (search === "") return [];
    const said = (...parts: (string | null)[]): string => parts.filter(Boolean).join(" · ");
    const money = (minor: number): string => sayMoney(minor, session.currency);
    return [
      ...(customers.answer?.rows ?? []).map((row) => ({ screen: "customers", on: row.id, title: row.name, table: "customer", note: said(row.phone, row.city) })),
      ...(accounts.answer?.rows ?? []).map((row) => ({ screen: "accounts", on: row.id, title: row.name, table: "payment_account", note: money(row.balance_minor) })),
      ...(products.answer?.rows ?? []).map((row) => ({ screen: "products", on: row.id, title: row.name, table: "product", note: money(row.price_minor) })),
      ...(/\d/.test(search) ? (transfers.answer?.rows ?? []) : []).map((row) => ({
        screen: "accounts",
        on: `transfers/${row.id}`,
        title: row.number,
        table: "payment_transfer",
        note: said(money(row.amount_minor), row.memo),
      })),
      ...(/\d/.test(search) ? (payments.answer?.rows ?? []) : []).map((row) => ({
        screen: "payments",
        on: row.id,
        title: row.number,
        table: "payment",
        note: said(money(row.amount_minor), row.customer_name),
      })),
    ];
  });
  return {
    get records() {
      return records;
    },
    get settled() {
      return asked.every(({ asking }) => !asking);
    },
  };
}
