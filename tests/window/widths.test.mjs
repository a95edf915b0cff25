// What fits: at the size the window opens with everything is read whole; smaller, and with larger text, everything can be reached.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

/** A store with the demo, and where each list of it is: address, heading, a text of its rows. */
function lists(t) {
  const store = filledStore(t, { demo: true });
  const bank = call(store, "account_list", { kinds: ["bank"] }).rows[0];
  const customer = call(store, "customer_list", {}).rows[0];
  const product = call(store, "product_list", {}).rows[0];
  const screens = [
    ["overview", "Today", bank.name],
    ["accounts", "Cash & bank", bank.name],
    [`accounts/${bank.id}`, bank.name, "12,500.00"],
    ["accounts/transfers", "Transfers", bank.name],
    ["customers", "Customers", customer.name],
    ["products", "Products", product.name],
    ["activity", "Activity", "Float for the agent"],
    ["import", "Import", "Import"],
    ["sync", "Head office", "Join a head office"],
    ["settings", "Settings", "Amina"],
  ];
  return { store, customer, screens };
}

async function eachScreen(daybook, screens, look) {
  for (const [address, heading, text] of screens) {
    await daybook.go(address);
    await daybook.find("heading", heading);
    await daybook.sees(text, { within: ["main"] });
    await daybook.atRest();
    await look(address);
  }
}

test("in the window as it opens no text of the demo is cut, in no list and nowhere else", async (t) => {
  const { store, screens } = lists(t);
  const daybook = await openDaybook(t, store);
  const cut = {};
  await eachScreen(daybook, screens, async (address) => {
    const texts = await daybook.run("return cutTexts()");
    if (texts.length > 0) cut[address] = texts;
  });
  assert.deepEqual(cut, {});
});

for (const [width, height] of [
  [760, 520],
  [480, 400],
]) {
  test(`in ${width} by ${height} nothing is wider than the window, rows are seen, and what is cut tells its whole text`, async (t) => {
    const { store, screens } = lists(t);
    const daybook = await openDaybook(t, store);
    await daybook.resize({ width, height });
    const wrong = {};
    await eachScreen(daybook, screens, async (address) => {
      const found = [...(await daybook.run("return overWide()")), ...(await daybook.run("return untold()"))];
      if (found.length > 0) wrong[address] = found;
    });
    assert.deepEqual(wrong, {});
  });
}

test("with text twice as large nothing is wider than the window, and a statement's rows are reached by scrolling", async (t) => {
  const { store, screens } = lists(t);
  const daybook = await openDaybook(t, store);
  await daybook.run("document.documentElement.style.fontSize = '200%'");
  const wrong = {};
  await eachScreen(daybook, screens, async (address) => {
    const found = [...(await daybook.run("return overWide()")), ...(await daybook.run("return untold()"))];
    if (found.length > 0) wrong[address] = found;
    const short = await daybook.run(`
      const rows = document.querySelector("[data-rows]");
      const head = rows?.querySelector("[role=columnheader]");
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      return rows !== null && rows.clientHeight < 6 * 2.25 * rem + head.parentElement.clientHeight - 1 ? rows.clientHeight : null;`);
    assert.equal(short, null, `${address} has room for less than six rows`);
  });
  assert.deepEqual(wrong, {});
});

test("everything is drawn larger and smaller by keys, within bounds, and as it was the next time", async (t) => {
  const { store } = lists(t);
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  const width = () => daybook.run("return innerWidth");
  const usual = await width();
  for (let presses = 0; presses < 9; presses += 1) await daybook.press("Control+=");
  await daybook.waitFor(`return innerWidth === ${usual / 2}`);
  for (let presses = 0; presses < 9; presses += 1) await daybook.press("Control+-");
  await daybook.waitFor(`return innerWidth === ${usual / 0.8}`);
  await daybook.press("Control+0", "Control+=", "Control+=");
  await daybook.waitFor(`return innerWidth === ${usual / 1.25}`);
  await daybook.atRest();
  await daybook.close();

  const again = await openDaybook(t, store);
  await again.find("heading", "Today");
  assert.equal(await again.run("return innerWidth"), usual / 1.25);
});
