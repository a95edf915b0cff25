// Reports: chosen by keys, each with its rows and what they come to, and a way from a row to what it is of.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

/** A book in which two bought with tax and without, one paid in part, one gave something back, and one is long overdue. */
function traded(t, { theme = "light" } = {}) {
  const store = filledStore(t);
  const tax = call(store, "tax_add", { name: "VAT", code: "A", rate_ppm: 160_000 });
  const maize = call(store, "product_add", { name: "Maize flour 2 kg", sku: "MF2", unit: "bag", price_minor: 18_000, tax_id: tax.id });
  const njeri = call(store, "customer_add", { name: "Mama Njeri Shop", phone: "0712 345 678" });
  const kamau = call(store, "customer_add", { name: "Kamau Traders" });
  const till = call(store, "account_list", { kinds: ["cash"] }).rows[0];
  const bill = call(store, "bill_issue", {
    customer_id: njeri.id,
    lines: [
      { product_id: maize.id, quantity_milli: 10_000 },
      { description: "Carrying", quantity_milli: 1_000, price_minor: 5_000 },
    ],
  });
  call(store, "bill_credit", { bill_id: bill.id, reason: "return", lines: [{ line_id: bill.lines[0].id, quantity_milli: 2_000 }] });
  call(store, "payment_receive", { customer_id: njeri.id, account_id: till.id, amount_minor: 100_000 });
  call(store, "debt_open", { customer_id: kamau.id, amount_minor: 77_700, due_date: "2026-01-15", date: "2026-01-01" });
  call(store, "setting_set", { key: "theme", value: theme });
  return { store, njeri, kamau };
}

test("the four reports are reached by keys, and a row leads to its customer", async (t) => {
  const { store } = traded(t);
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("Alt+r");
  await daybook.find("heading", "Reports");
  // 10 bags at 180.00 and 16 %, 50.00 without tax, less 2 bags and 1,000.00 paid; and what Kamau owes since January.
  for (const text of ["Kamau Traders", "777.00", "Mama Njeri Shop", "720.40", "1,497.40"]) await daybook.sees(text, { within: ["main"] });
  await daybook.shot("report of ages", { shows: "1,497.40" });

  await daybook.press("2");
  await daybook.sees("1,000.00", { within: ["main"] });
  await daybook.choose("Told by", "Person");
  await daybook.sees("Amina", { within: ["main"] });
  await daybook.shot("report of takings", { shows: "Amina" });

  await daybook.run("document.querySelector('[role=grid]').focus()");
  await daybook.press("3");
  for (const text of ["Maize flour 2 kg", "1,670.40", "1,720.40"]) await daybook.sees(text, { within: ["main"] });
  await daybook.shot("report of sales", { shows: "1,720.40" });

  await daybook.press("4");
  for (const text of ["16 %", "230.40", "Without tax"]) await daybook.sees(text, { within: ["main"] });
  await daybook.shot("report of taxes", { shows: "230.40" });

  await daybook.press("1");
  await daybook.sees("Kamau Traders", { within: ["main"] });
  await daybook.run("document.querySelector('[role=grid]').focus()");
  await daybook.press("Home");
  await daybook.press("Enter");
  await daybook.find("heading", "Kamau Traders");
});

for (const [theme, size] of [
  ["light", { width: 1200, height: 800 }],
  ["dark", { width: 760, height: 520 }],
  ["light", { width: 480, height: 400 }],
]) {
  test(`reports are looked at: ${theme} ${size.width}x${size.height}`, async (t) => {
    const { store } = traded(t, { theme });
    const daybook = await openDaybook(t, store);
    await daybook.resize(size);
    await daybook.go("reports");
    for (const [key, name, text] of [
      ["1", "ages", "Kamau Traders"],
      ["2", "takings", "1,000.00"],
      ["3", "sales", "Maize flour 2 kg"],
      ["4", "taxes", "VAT"],
    ]) {
      await daybook.press(key);
      if (theme === "dark") await daybook.shot(`report of ${name} ${theme} ${size.width}x${size.height}`, { shows: text, within: ["main"] });
      else await daybook.sees(text, { within: ["main"] });
      await daybook.atRest();
      assert.deepEqual([...(await daybook.run("return overWide()")), ...(await daybook.run("return roundClips()"))], [], name);
      if (size.width === 1200) assert.deepEqual(await daybook.run("return cutTexts()"), [], name);
      assert.deepEqual(await daybook.barriers(), [], name);
    }
  });
}
