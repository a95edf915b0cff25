// The lines of what is being sold, as they are typed, and what they come to. The command reckons; here nothing is.

import type { BillPriceAnswer, NewLine, PricedLine, Product } from "$/bridge";
import type { GridLine } from "$/parts/grid";
import type { Choice } from "$/parts/record";
import { type Refusal, sayFault, sayUnread } from "$/words/faults";
import { m } from "$/words/messages";
import { type Currency, RATE_DECIMALS, readMoney, readRate, sayMoney, writeMoney, writeRate } from "$/words/money";
import { QUANTITY_DECIMALS, readQuantity, writeQuantity } from "$/words/quantity";

export interface SaleLine extends GridLine {
  /** The product; null where what is sold is written out. */
  product_id: string | null;
}

/** What a choice is worth that takes the text as it was typed. */
const WRITTEN = "=";

/** Which cell the field of a line is typed in. */
const CELLS: Record<string, string> = { quantity_milli: "quantity", price_minor: "price", discount_ppm: "discount" };

/** The lines as commands take them, which each of them is, and what can't be read. */
interface Given {
  lines: NewLine[];
  keys: string[];
  wrong: Record<string, string>;
}

export class SaleLines {
  lines = $state<SaleLine[]>([]);

  constructor(private readonly currency: () => Currency) {}

  readonly given: Given = $derived.by(() => {
    const given: Given = { lines: [], keys: [], wrong: {} };
    const { exponent } = this.currency();
    for (const { key, product_id, values } of this.lines) {
      const quantity = readQuantity(values["quantity"] ?? "");
      const priceText = values["price"] ?? "";
      const price = readMoney(priceText, exponent);
      const discountText = values["discount"] ?? "";
      const discount = readRate(discountText);
      if (!quantity.ok) given.wrong[`${key}.quantity`] = sayUnread(quantity.why, QUANTITY_DECIMALS);
      if (!price.ok) given.wrong[`${key}.price`] = sayUnread(price.why, exponent);
      if (discountText !== "" && !discount.ok) given.wrong[`${key}.discount`] = sayUnread(discount.why, RATE_DECIMALS);
      if (!quantity.ok || !price.ok || (discountText !== "" && !discount.ok)) continue;
      given.keys.push(key);
      given.lines.push({
        ...(product_id === null ? { description: values["product"] ?? "" } : { product_id }),
        quantity_milli: quantity.value,
        price_minor: price.value,
        ...(discountText !== "" && discount.ok && discount.value !== 0 ? { discount_ppm: discount.value } : {}),
      });
    }
    return given;
  });

  /** Whether every line can be sent. */
  get isWhole(): boolean {
    return this.lines.length > 0 && Object.keys(this.given.wrong).length === 0;
  }

  /** Adds a product; the key of its line. */
  add(product: Product): string {
    return this.push(product.id, { product: product.name, quantity: "1", price: this.priceOf(product), discount: "" });
  }

  /** Adds a product that was scanned: the second time there is one more of it. */
  scan(product: Product): string {
    const there = this.lines.findLast(({ product_id }) => product_id === product.id);
    const quantity = there && readQuantity(there.values["quantity"] ?? "");
    if (!there || !quantity?.ok) return this.add(product);
    this.edit(there.key, "quantity", writeQuantity(quantity.value + 10 ** QUANTITY_DECIMALS));
    return there.key;
  }

  /** One more of a line, or one less; with none left it is taken out. */
  step(key: string, by: 1 | -1): void {
    const line = this.lines.find((one) => one.key === key);
    const quantity = line && readQuantity(line.values["quantity"] ?? "");
    if (!line || !quantity?.ok) return;
    const now = quantity.value + by * 10 ** QUANTITY_DECIMALS;
    if (now <= 0) this.remove(key);
    else this.edit(key, "quantity", writeQuantity(now));
  }

  /** Takes what was chosen in a line, or in a new one. */
  take(key: string | null, choice: Choice, products: readonly Product[]): string | null {
    const product = products.find(({ id }) => id === choice.value) ?? null;
    if (!product && !choice.value.startsWith(WRITTEN)) return null;
    const line = this.lines.find((one) => one.key === key);
    const written = choice.value.slice(WRITTEN.length);
    if (!line) return product ? this.add(product) : this.push(null, { product: written, quantity: "1", price: "", discount: "" });
    line.product_id = product?.id ?? null;
    line.values = { ...line.values, product: product?.name ?? written, ...(product ? { price: this.priceOf(product) } : {}) };
    return line.key;
  }

  edit(key: string, column: string, text: string): void {
    const line = this.lines.find((one) => one.key === key);
    if (line) line.values = { ...line.values, [column]: this.tidy(column, text) };
  }

  repeat(key: string): void {
    const at = this.lines.findIndex((line) => line.key === key);
    const line = this.lines[at];
    if (line) this.lines.splice(at + 1, 0, { key: crypto.randomUUID(), product_id: line.product_id, values: { ...line.values } });
  }

  remove(key: string): void {
    this.lines = this.lines.filter((line) => line.key !== key);
  }

  clear(): void {
    this.lines = [];
  }

  /** What was refused, by the cell that it was typed in; `left` is what no cell is to blame for. */
  refused(fault: Refusal & { field?: string | null }): { cells: Record<string, string>; left: string | null } {
    const sentence = sayFault(fault, this.currency());
    const [, place, field = ""] = /^lines\.(\d+)(?:\.(\w+))?/.exec(fault.field ?? "") ?? [];
    const key = place === undefined ? undefined : this.given.keys[Number(place)];
    return key === undefined ? { cells: {}, left: sentence } : { cells: { [`${key}.${CELLS[field] ?? "product"}`]: sentence }, left: null };
  }

  /** What a line comes to, of what the command reckoned. */
  pricedOf(key: string, priced: BillPriceAnswer | undefined): PricedLine | null {
    const at = this.given.keys.indexOf(key);
    return priced?.lines[at] ?? null;
  }

  private push(product_id: string | null, values: Record<string, string>): string {
    const line = { key: crypto.randomUUID(), product_id, values };
    this.lines.push(line);
    return line.key;
  }

  private priceOf({ price_minor }: Product): string {
    return writeMoney(price_minor, this.currency().exponent);
  }

  /** A figure in its usual form, where it can be read. */
  private tidy(column: string, text: string): string {
    const { exponent } = this.currency();
    const quantity = column === "quantity" ? readQuantity(text) : null;
    const price = column === "price" ? readMoney(text, exponent) : null;
    const discount = column === "discount" && text !== "" ? readRate(text) : null;
    if (quantity?.ok) return writeQuantity(quantity.value);
    if (price?.ok) return writeMoney(price.value, exponent);
    if (discount?.ok) return discount.value === 0 ? "" : writeRate(discount.value);
    return text;
  }
}

/** What can be taken for what was typed: the products that were found, and the text itself. */
export function choicesOf(products: readonly Product[], typed: string, currency: Currency): Choice[] {
  const found = products.map((product) => ({
    value: product.id,
    title: product.name,
    note: [product.sku, sayMoney(product.price_minor, currency)].filter(Boolean).join(" · "),
  }));
  const text = typed.trim();
  return text === "" ? found : [...found, { value: `${WRITTEN}${text}`, title: m.line_written({ text }) }];
}

/** What a line comes to as it stands on the paper: with its tax where prices have it. */
export function lineTotal({ net_minor, tax_minor }: Pick<PricedLine, "net_minor" | "tax_minor">, tax_included: boolean): number {
  return tax_included ? net_minor + tax_minor : net_minor;
}

/** The product that has this code, of those that a search for it found. */
export function scanned(products: readonly Product[], code: string): Product | null {
  const wanted = code.toLowerCase();
  return products.find(({ barcode, sku }) => [barcode, sku].some((own) => own?.toLowerCase() === wanted)) ?? null;
}
