// How something is paid at once: into which accounts, and what was given. What is left empty pays the rest.

import type { Account, SalePayment } from "$/bridge";
import { sayUnread } from "$/words/faults";
import { type Currency, readMoney } from "$/words/money";

export interface Part {
  key: string;
  account_id: string;
  amount: string;
  reference: string;
}

/** Whether people pay into it with notes and coins. */
export function isCash({ kind, method }: Pick<Account, "kind" | "method">): boolean {
  return (method ?? kind) === "cash";
}

export class Paying {
  parts = $state<Part[]>([]);

  constructor(private readonly currency: () => Currency) {}

  /** One more payment, into this account. */
  add(account_id: string): string {
    const key = crypto.randomUUID();
    this.parts.push({ key, account_id, amount: "", reference: "" });
    return key;
  }

  remove(key: string): void {
    this.parts = this.parts.filter((part) => part.key !== key);
  }

  clear(): void {
    this.parts = [];
  }

  /** The payments as the command takes them, and what of them can't be read. In cash people give, and get change. */
  given(accounts: readonly Account[]): { payments: SalePayment[]; wrong: Record<string, string> } {
    const wrong: Record<string, string> = {};
    const payments: SalePayment[] = [];
    for (const { key, account_id, amount, reference } of this.parts) {
      const account = accounts.find(({ id }) => id === account_id);
      const read = amount.trim() === "" ? null : readMoney(amount, this.currency().exponent);
      if (read && !read.ok) {
        wrong[`${key}.amount`] = sayUnread(read.why, this.currency().exponent);
        continue;
      }
      const said = read === null ? {} : account && isCash(account) ? { tendered_minor: read.value } : { amount_minor: read.value };
      payments.push({ account_id, ...said, ...(reference.trim() === "" ? {} : { reference: reference.trim() }) });
    }
    return { payments, wrong };
  }

  /** The input of a payment that was refused. */
  fieldOf(field: string | null): string | null {
    const [, place, name = ""] = /^payments\.(\d+)(?:\.(\w+))?/.exec(field ?? "") ?? [];
    const part = place === undefined ? undefined : this.parts[Number(place)];
    return part ? `${part.key}.${name === "reference" ? "reference" : name === "account_id" ? "account" : "amount"}` : null;
  }
}
