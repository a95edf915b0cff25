// The way through the window by keys alone: finding, going up, back and forth, from part to part, and what rows offer.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

/** A book with customers, two accounts and a transfer between them. */
function furnished(t) {
  const store = filledStore(t);
  call(store, "customer_add", { name: "Hassan Kiosk", phone: "0712 345 678", city: "Thika" });
  call(store, "customer_add", { name: "Mama Njeri Shop", code: "MN1" });
  const till = call(store, "account_open", { name: "Till", kind: "cash", minimum_minor: 0, opening_minor: 500_000 });
  const bank = call(store, "account_open", { name: "Bank", kind: "bank", minimum_minor: 0 });
  call(store, "transfer_funds", { from_account_id: till.id, to_account_id: bank.id, amount_minor: 181_275, fee_minor: 1_000, memo: "takings" });
  return { store, till, bank };
}

const at = (daybook) => daybook.run("return location.hash");

test("anybody is found from anywhere, by name, by phone digits and by a document's number", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.find("heading", "Today");
  for (const [typed, found, heading] of [
    ["hass", /Hassan Kiosk/, "Hassan Kiosk"],
    ["712345", /Hassan Kiosk/, "Hassan Kiosk"],
    ["mn1", /Mama Njeri/, "Mama Njeri Shop"],
    ["till", /^Till/, "Till"],
  ]) {
    await daybook.press("Control+k");
    await daybook.hasFocus("combobox", /^Find a customer/);
    await daybook.type(typed);
    await daybook.find("option", found);
    await daybook.press("Enter");
    await daybook.find("heading", heading);
    await daybook.loses("dialog", "Find anything");
  }
  await daybook.press("Control+k");
  await daybook.find("option", /^Till.*Account/);
  await daybook.find("option", /^Mama Njeri Shop.*Customer/);
  await daybook.type("000001");
  await daybook.find("option", /D1-T-000001/);
  await daybook.press("Enter");
  await daybook.sees("and a fee of 10.00 KES: 1,822.75 KES in all", { within: ["dialog", "D1-T-000001"] });
});

test("Esc leads up a level, Alt and the arrows back and forth", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.find("heading", "Today");
  await daybook.press("Control+3");
  await daybook.hasFocus("grid", "Customers");
  await daybook.press("Home", "Enter");
  await daybook.find("heading", "Hassan Kiosk");
  await daybook.press("Escape");
  await daybook.hasFocus("grid", "Customers");
  await daybook.press("Alt+ArrowLeft");
  await daybook.find("heading", "Hassan Kiosk");
  await daybook.press("Alt+ArrowLeft");
  await daybook.press("Alt+ArrowLeft");
  await daybook.find("heading", "Today");
  await daybook.press("Alt+ArrowRight");
  await daybook.hasFocus("grid", "Customers");
  // Out of the search to the rows, and not up.
  await daybook.press("/");
  await daybook.hasFocus("searchbox", "Search customers");
  await daybook.press("Escape");
  await daybook.hasFocus("grid", "Customers");
});

test("F6 goes from part to part of the window, and F4 moves money from anywhere", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.go("products");
  await daybook.hasFocus("grid", "Products");
  await daybook.press("F6");
  await daybook.hasFocus("link", "Products");
  await daybook.press("F6");
  await daybook.hasFocus("button", /^Find a customer/);
  await daybook.press("F6");
  await daybook.hasFocus("grid", "Products");
  await daybook.press("F4");
  await daybook.find("dialog", "Transfer money");
  assert.equal(await at(daybook), "#/accounts");
});

test("swapping the sides shows what the form holds, and is no stop on the way", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.find("heading", "Today");
  await daybook.press("F4");
  await daybook.find("dialog", "Transfer money");
  await daybook.hasFocus("combobox", "From");
  await daybook.press("ArrowDown", "Enter");
  const from = (await daybook.focused()).value;
  assert.notEqual(from, "");
  await daybook.press("Alt+s");
  await daybook.waitFor("return control({ role: 'combobox', name: 'From' }).value === ''");
  assert.equal(await daybook.run("return control({ role: 'combobox', name: 'To' }).value"), from);
  await daybook.focus("combobox", "From");
  await daybook.press("Escape", "Tab");
  await daybook.hasFocus("combobox", "To");
});

test("a row has a menu of its own, by key and by the right button", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.go("customers");
  await daybook.hasFocus("grid", "Customers");
  await daybook.press("Home", "Shift+F10");
  await daybook.find("menuitem", "Copy phone");
  await daybook.shot("row menu");
  await daybook.click("menuitem", "Edit");
  await daybook.find("dialog", "Edit Hassan Kiosk");
});

test("single keys can be switched off, and those with Ctrl stay", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.go("settings");
  await daybook.click("checkbox", "Single-letter keys");
  await daybook.press("Control+3");
  await daybook.hasFocus("grid", "Customers");
  await daybook.press("n");
  await daybook.press("Control+k");
  await daybook.find("dialog", "Find anything");
  await daybook.loses("dialog", "Add a customer");
  assert.equal((await daybook.ask("setting_get", { key: "single_keys" })).value, false);
});

test("one customer follows the other, and the last is current in the list", async (t) => {
  const daybook = await openDaybook(t, furnished(t).store);
  await daybook.go("customers");
  await daybook.hasFocus("grid", "Customers");
  await daybook.press("n");
  await daybook.hasFocus("textbox", "Name");
  await daybook.type("Zawadi Stores");
  await daybook.press("Control+Enter");
  await daybook.sees("Zawadi Stores is added.", { within: ["dialog", "Add a customer"] });
  await daybook.hasFocus("textbox", "Name");
  await daybook.type("Aisha Traders");
  await daybook.press("Enter");
  await daybook.loses("dialog", "Add a customer");
  await daybook.waitFor("return plain(document.querySelector('[role=row][aria-selected=true]')?.innerText).startsWith('Aisha Traders')");
});

test("a reversal names all that goes back", async (t) => {
  const { store, till } = furnished(t);
  const daybook = await openDaybook(t, store);
  await daybook.go(`accounts/${till.id}`);
  await daybook.hasFocus("grid", "Statement of Till");
  await daybook.click("row", /takings/);
  await daybook.press("r");
  await daybook.sees("1,822.75 KES goes back to Till: 1,812.75 KES from Bank and the fee of 10.00 KES.");
  await daybook.press("Enter");
  await daybook.sees("Reversed", { within: ["grid", "Statement of Till"] });
});
