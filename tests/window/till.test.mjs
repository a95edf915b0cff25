// The till of a shop, by keys and scanner alone: what is sold, what was given, the change, and undoing it.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

const MAIZE_CODE = "6161100123456";

function shop(t, theme = "light") {
  const store = filledStore(t);
  call(store, "product_add", { name: "Maize flour 2 kg", sku: "MF2", barcode: MAIZE_CODE, price_minor: 18_000 });
  call(store, "product_add", { name: "Sugar 1 kg", sku: "SU1", price_minor: 16_000 });
  call(store, "setting_set", { key: "theme", value: theme });
  return store;
}

test("a sale is scanned, found, paid and undone by keys alone", async (t) => {
  const daybook = await openDaybook(t, shop(t));
  await daybook.find("heading", "Today");
  await daybook.press("Alt+t");
  await daybook.hasFocus("combobox", "Scan, or find by name or code");
  await daybook.type(`${MAIZE_CODE}\uE007`);
  await daybook.sees("180.00", { within: ["main"] });
  await daybook.type(`${MAIZE_CODE}\uE007`);
  await daybook.sees("360.00", { within: ["main"] });
  await daybook.hasFocus("combobox", "Scan, or find by name or code");
  await daybook.type("sugar");
  await daybook.press("Enter");
  await daybook.sees("520.00", { within: ["main"] });
  await daybook.shot("till", { shows: "520.00", within: ["main"] });
  assert.deepEqual(await daybook.barriers(), []);
  await daybook.press("Enter");
  await daybook.hasFocus("textbox", "Given");
  await daybook.type("1000");
  await daybook.press("Enter");
  await daybook.sees("480.00", { within: ["region", "Sold"] });
  await daybook.hasFocus("button", "Next");
  await daybook.shot("till change", { shows: "Change" });
  assert.deepEqual(await daybook.barriers(), []);
  await daybook.press("Tab", "Enter");
  await daybook.sees("D1-B-000001 is undone.");
  await daybook.sees("520.00", { within: ["main"] });
  const { rows } = await daybook.ask("bill_list", {});
  assert.deepEqual(rows.map(({ kind, state }) => [kind, state]).sort(), [["bill", "voided"], ["credit", null]]);
});

test("whoever walks in pays in full, and two payments may do that", async (t) => {
  const store = shop(t);
  call(store, "account_open", { name: "M-Pesa", kind: "mobile_money" });
  const daybook = await openDaybook(t, store);
  await daybook.go("till");
  await daybook.type(`${MAIZE_CODE}\uE007`);
  await daybook.sees("180.00", { within: ["main"] });
  await daybook.fill("Given", "100");
  await daybook.press("Enter");
  await daybook.sees(/pays at once and in full/);
  await daybook.shot("till short", { shows: "in full" });
  await daybook.click("button", "Another payment");
  await daybook.click("button", "Sell");
  await daybook.find("button", "Next");
  const { rows } = await daybook.ask("payment_list", {});
  assert.deepEqual(rows.map(({ amount_minor }) => amount_minor).sort((a, b) => a - b), [8_000, 10_000]);
});

for (const [theme, size] of [
  ["dark", { width: 1200, height: 800 }],
  ["light", { width: 760, height: 520 }],
]) {
  test(`the till is looked at: ${theme} ${size.width}x${size.height}`, async (t) => {
    const daybook = await openDaybook(t, shop(t, theme));
    await daybook.resize(size);
    await daybook.go("till");
    await daybook.type(`${MAIZE_CODE}\uE007`);
    await daybook.shot(`till ${theme} ${size.width}`, { shows: "180.00", within: ["main"] });
    assert.deepEqual([...(await daybook.run("return overWide()")), ...(await daybook.run("return roundClips()"))], []);
    assert.deepEqual(await daybook.barriers(), []);
    const small = await daybook.run(`
      return [...document.querySelectorAll("main ul button")].filter((one) => one.offsetHeight < 48 || one.offsetWidth < 48).length`);
    assert.equal(small, 0, "what is touched is at least 48 pixels wide and high");
  });
}
