// Collecting: money from a customer in three actions from anywhere, what it paid, and what is undone again; and what is spent.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

const THEMES = ["light", "dark"];

/** A book with a till and a wallet, and two customers, of whom one owes two bills. */
function shop(t) {
  const store = filledStore(t);
  const till = call(store, "account_list", { kinds: ["cash"] }).rows[0];
  const wallet = call(store, "account_open", { name: "M-Pesa", kind: "mobile_money" });
  const njeri = call(store, "customer_add", { name: "Mama Njeri Shop", code: "MN1", phone: "0712 345 678", city: "Thika", credit_limit_minor: 1_000_000 });
  const kamau = call(store, "customer_add", { name: "Kamau Traders", phone: "0733 111 222" });
  const bill = (customer, total) =>
    call(store, "bill_issue", { customer_id: customer.id, lines: [{ description: "Goods", quantity_milli: 1_000, price_minor: total }] });
  const bills = [bill(njeri, 112_800), bill(njeri, 307_200)];
  return { store, till, wallet, njeri, kamau, bills };
}

test("a debt is collected in three actions from anywhere, by keys alone, and the next one follows", async (t) => {
  const { store, njeri, bills } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("products");
  await daybook.find("heading", "Products");
  await daybook.press("F2");
  await daybook.hasFocus("combobox", "Who paid?");
  await daybook.shot("collect who", { shows: "4,200.00", within: ["dialog", "Who paid?"] });
  await daybook.type("njeri");
  await daybook.press("Enter");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.sees(`Oldest first: ${bills[0].number} 1,128.00 · ${bills[1].number} 3,072.00`);
  await daybook.shot("collect amount", { shows: "4,200.00", within: ["dialog", "Collect"] });
  await daybook.press("Enter");
  await daybook.sees(/Now owes 0\.00/);
  await daybook.shot("collect done", { shows: "Next" });
  await daybook.press("F2");
  await daybook.hasFocus("combobox", "Who paid?");
  await daybook.sees(/1 payment so far: 4,200\.00/);
  const account = await daybook.ask("customer_account", { customer_id: njeri.id });
  assert.equal(account.balance_minor, 0);
});

test("what is too much stays as credit, change is told, and the account that was used last is proposed", async (t) => {
  const { store, kamau } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.press("F2");
  await daybook.type("0733111222");
  await daybook.press("Enter");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.press("Control+a");
  await daybook.type("1k");
  await daybook.sees(/1,000\.00.KES stays as credit/);
  await daybook.press("Alt+2");
  await daybook.fill("Reference", "QX7");
  await daybook.press("Enter");
  await daybook.sees(/Now has 1,000\.00.KES of credit/);
  await daybook.press("F2");
  await daybook.type("njeri");
  await daybook.press("Enter");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.waitFor("return [...document.querySelectorAll('[role=radiogroup] label')].some((label) => label.querySelector('input').checked && /M-Pesa/.test(label.innerText))");
  await daybook.press("Alt+1");
  await daybook.fill("Amount", "1500");
  await daybook.fill("Given", "2000");
  await daybook.sees(/Change: 500\.00/);
  await daybook.press("Enter");
  await daybook.sees(/Give back.*500\.00/);
  await daybook.shot("collect change", { shows: "Give back" });
  assert.equal((await daybook.ask("customer_account", { customer_id: kamau.id })).balance_minor, -100_000);
});

test("a reference that the account had is refused under it, and taken once that is confirmed", async (t) => {
  const { store, wallet, njeri } = shop(t);
  call(store, "payment_receive", { customer_id: njeri.id, account_id: wallet.id, amount_minor: 100, reference: "QX7" });
  call(store, "setting_set", { key: "collect_account", value: wallet.id });
  const daybook = await openDaybook(t, store);
  await daybook.go(`customers/${njeri.id}`);
  await daybook.find("heading", "Mama Njeri Shop");
  await daybook.press("F2");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.fill("Reference", "QX7");
  await daybook.press("Enter");
  assert.match(await daybook.complaint("Reference"), /has this reference/);
  await daybook.click("checkbox", "It is another payment: take it");
  await daybook.shot("collect duplicate", { shows: "take it" });
  await daybook.press("Enter");
  await daybook.sees(/Now owes 0\.00/);
});

test("a payment that never was is undone from the answer", async (t) => {
  const { store, njeri } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go(`customers/${njeri.id}`);
  await daybook.find("heading", "Mama Njeri Shop");
  await daybook.press("F2");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.press("Enter");
  await daybook.sees(/Now owes 0\.00/);
  await daybook.press("r");
  await daybook.find("dialog", /^Reverse /);
  await daybook.press("Enter");
  await daybook.sees("is reversed by");
  assert.equal((await daybook.ask("customer_account", { customer_id: njeri.id })).balance_minor, 420_000);
});

for (const theme of THEMES) {
  test(`the screens of collecting, ${theme}`, async (t) => {
    const { store, till, wallet, njeri, kamau, bills } = shop(t);
    call(store, "setting_set", { key: "theme", value: theme });
    call(store, "payment_receive", { customer_id: njeri.id, account_id: till.id, amount_minor: 150_000 });
    const credit = call(store, "payment_receive", { customer_id: kamau.id, account_id: wallet.id, amount_minor: 50_000, reference: "QX7" });
    const spent = call(store, "expense_record", { account_id: till.id, amount_minor: 35_000, payee: "Total Thika Road", memo: "Fuel" });
    const daybook = await openDaybook(t, store);
    await daybook.waitFor(`return document.documentElement.dataset.theme === "${theme}"`);
    const look = async (name, address, heading, shows) => {
      await daybook.go(address);
      await daybook.find("heading", heading);
      await daybook.shot(`${theme} ${name}`, { shows, within: ["main"] });
      assert.deepEqual(await daybook.barriers(), [], name);
    };
    const all = async (size) => {
      await look(`${size} today`, "overview", "Today", "Due today");
      await look(`${size} customer`, `customers/${njeri.id}`, "Mama Njeri Shop", bills[1].number);
      await daybook.press("2");
      await daybook.shot(`${theme} ${size} customer bills`, { shows: "Part paid" });
      await look(`${size} payments`, "payments", "Payments", "Kamau Traders");
      await look(`${size} payment`, `payments/${credit.id}`, credit.number, "pay nothing yet");
      await look(`${size} expense`, `payments/${encodeURIComponent(`expenses/${spent.id}`)}`, spent.number, "Total Thika Road");
      await daybook.press("F2");
      await daybook.find("dialog", "Who paid?");
      await daybook.shot(`${theme} ${size} who paid`, { shows: "Kamau Traders", within: ["dialog", "Who paid?"] });
      await daybook.type("njeri");
      await daybook.press("Enter");
      await daybook.hasFocus("textbox", "Amount");
      await daybook.shot(`${theme} ${size} collect`, { shows: "Oldest first" });
      assert.deepEqual(await daybook.barriers(), [], "collect");
      await daybook.press("Escape");
      await daybook.loses("dialog");
    };
    await all("large");
    await daybook.resize({ width: 760, height: 520 });
    await all("small");
  });
}

test("a customer's passbook tells what was bought and paid, and credit is given back", async (t) => {
  const { store, till, njeri } = shop(t);
  call(store, "payment_receive", { customer_id: njeri.id, account_id: till.id, amount_minor: 500_000 });
  const daybook = await openDaybook(t, store);
  await daybook.go(`customers/${njeri.id}`);
  await daybook.find("heading", "Mama Njeri Shop");
  await daybook.sees("−800.00", { within: ["grid", "Timeline"] });
  await daybook.sees("Has credit");
  await daybook.click("button", "What can be done with this");
  await daybook.click("menuitem", "Give back…");
  await daybook.find("dialog", "Give Mama Njeri Shop credit back");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.press("Enter");
  await daybook.sees(/800\.00.* given back to Mama Njeri Shop/);
  await daybook.sees("0.00", { within: ["grid", "Timeline"] });
  assert.equal((await daybook.ask("customer_account", { customer_id: njeri.id })).balance_minor, 0);
});

test("what a payment pays is taken off and used for another bill, and its account is corrected", async (t) => {
  const { store, till, njeri, bills } = shop(t);
  const paid = call(store, "payment_receive", { customer_id: njeri.id, account_id: till.id, amount_minor: 100_000 });
  const daybook = await openDaybook(t, store);
  await daybook.go(`payments/${paid.id}`);
  await daybook.find("heading", paid.number);
  await daybook.click("button", `Take this payment off ${bills[0].number}?`);
  await daybook.click("button", "Take off", { within: ["dialog", /Take this payment off/] });
  await daybook.sees(`${bills[0].number} is open again.`);
  await daybook.press("u");
  await daybook.find("dialog", "Use what is left");
  await daybook.choose("To pay", bills[1].number);
  await daybook.press("Enter");
  await daybook.sees(/1,000\.00.* pay .* now/);
  assert.equal((await daybook.ask("bill_show", { bill_id: bills[1].id })).open_minor, 207_200);
  await daybook.press("e");
  await daybook.find("dialog", `Correct ${paid.number}`);
  await daybook.press("Alt+2");
  await daybook.click("button", "Correct", { within: ["dialog", /Correct/] });
  await daybook.sees(/is corrected by/);
  const { rows } = await daybook.ask("payment_list", { customer_id: njeri.id });
  assert.equal(rows.filter(({ account_name }) => account_name === "M-Pesa").length, 1);
});

test("an expense is recorded with F5 from anywhere, found in its list and reversed", async (t) => {
  const { store, till, njeri } = shop(t);
  call(store, "payment_receive", { customer_id: njeri.id, account_id: till.id, amount_minor: 100_000 });
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("F5");
  await daybook.find("dialog", "Record an expense");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.type("350");
  await daybook.fill("Paid to", "Total Thika Road");
  await daybook.press("Enter");
  await daybook.sees(/350\.00.* recorded/);
  await daybook.press("3");
  await daybook.click("row", /Total Thika Road/);
  await daybook.press("r");
  await daybook.find("dialog", /^Reverse /);
  await daybook.press("Enter");
  await daybook.sees("is reversed by");
  assert.equal((await daybook.ask("account_list", { kinds: ["cash"] })).rows[0].balance_minor, 100_000);
});

test("today tells what was taken and who should pay, and collects from there", async (t) => {
  const { store } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.sees("4,200.00", { within: ["region", "Owed to us"] });
  await daybook.click("button", "Collect from Mama Njeri Shop");
  await daybook.hasFocus("textbox", "Amount");
  await daybook.press("Enter");
  await daybook.sees(/Now owes 0\.00/);
  await daybook.press("Escape");
  await daybook.sees("4,200.00", { within: ["region", "Taken today"] });
  await daybook.sees("1 payment", { within: ["region", "Taken today"] });
  await daybook.losesSight("Due today");
});
