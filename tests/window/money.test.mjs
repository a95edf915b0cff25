// Cash and bank: what is refused and where that is said, reversals, and statements longer than any screen.

import assert from "node:assert/strict";
import test from "node:test";
import { call, callAll, filledStore, openDaybook } from "./app.mjs";

/** A book with two accounts that can't be overdrawn. */
function twoAccounts(t, { float = 100_000 } = {}) {
  const store = filledStore(t);
  const from = call(store, "account_open", { name: "Float", kind: "cash", minimum_minor: 0, opening_minor: float });
  const to = call(store, "account_open", { name: "Equity Bank", kind: "bank", minimum_minor: 0 });
  return { store, from, to };
}

async function fillTransfer(daybook, { from, to, amount, fee }) {
  await daybook.find("dialog", "Transfer money");
  await daybook.choose("From", from);
  await daybook.choose("To", to);
  await daybook.fill("Amount", amount);
  if (fee) await daybook.fill("Fee", fee);
}

test("an overdraft is refused under the amount, with what there is", async (t) => {
  const { store, from } = twoAccounts(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("accounts");
  await daybook.click("button", "Transfer");
  await fillTransfer(daybook, { from: "Float", to: "Equity Bank", amount: "1000.01" });
  await daybook.press("Enter");

  assert.match(await daybook.complaint("Amount"), /1,000\.00.*1,000\.01/);
  assert.equal((await daybook.focused()).name, "Amount required", "the field that is wrong has the focus");
  await daybook.fill("Amount", "1000");
  await daybook.press("Enter");
  await daybook.sees("transferred.");
  assert.equal((await daybook.ask("account_statement", { account_id: from.id })).account.balance_minor, 0);
});

test("a key is heard by the screen that was gone to just before", async (t) => {
  const { store, from } = twoAccounts(t);
  const daybook = await openDaybook(t, store);
  await daybook.go(`accounts/${from.id}`);
  await daybook.press("e");
  await daybook.hasFocus("textbox", "Name");
  assert.equal((await daybook.focused()).value, "Float");
});

test("a day below the minimum is refused under the date, and an owner accepts it", async (t) => {
  const { store } = twoAccounts(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("accounts");
  await daybook.click("button", "Transfer");
  await fillTransfer(daybook, { from: "Float", to: "Equity Bank", amount: "250" });
  await daybook.fill("Date", "2026-01-05");
  await daybook.press("Enter");
  assert.match(await daybook.complaint("Date"), /below its minimum at the end of 2026-01-05/);

  await daybook.click("checkbox", "Transfer all the same");
  await daybook.shot("below the minimum on a day");
  await daybook.click("button", "Transfer", { within: ["dialog", "Transfer money"] });
  await daybook.sees(/250\.00.* transferred\./);
});

test("a fee that can't be paid is refused under the fee, or left out if that was asked for", async (t) => {
  const { store } = twoAccounts(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("accounts");
  await daybook.click("button", "Transfer");
  await fillTransfer(daybook, { from: "Float", to: "Equity Bank", amount: "990", fee: "20" });
  await daybook.press("Enter");
  assert.match(await daybook.complaint("Fee"), /10\.00.*20\.00/);

  await daybook.click("checkbox", "Transfer even if the fee can't be paid");
  await daybook.click("button", "Transfer", { within: ["dialog", "Transfer money"] });
  await daybook.sees("The fee was not taken");
  await daybook.sees(/990\.00.* transferred\./);
});

test("what can't be read as money is said under its field, and nothing typed is lost", async (t) => {
  const { store } = twoAccounts(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("accounts");
  await daybook.click("button", "Transfer");
  await fillTransfer(daybook, { from: "Float", to: "Equity Bank", amount: "ten" });
  await daybook.press("Enter");
  assert.equal(await daybook.complaint("Amount"), "This is not a number.");
  assert.equal((await daybook.focused()).value, "ten");
});

test("a transfer is reversed from its statement, once", async (t) => {
  const { store, from, to } = twoAccounts(t);
  call(store, "transfer_funds", { from_account_id: from.id, to_account_id: to.id, amount_minor: 40_000, memo: "by mistake" });
  const daybook = await openDaybook(t, store);
  await daybook.go(`accounts/${from.id}`);
  await daybook.sees("by mistake");
  await daybook.click("row", /by mistake/);
  await daybook.click("button", "Reverse");
  await daybook.fill("Reason", "wrong account");
  await daybook.press("Enter");
  await daybook.sees("is reversed by");
  await daybook.sees("wrong account", { within: ["grid", "Statement of Float"] });
  assert.equal((await daybook.ask("account_statement", { account_id: from.id })).account.balance_minor, 100_000);
});

test("a statement of a thousand lines scrolls to its first, with few rows in the page", async (t) => {
  const { store, from, to } = twoAccounts(t, { float: 100_000_000 });
  callAll(
    store,
    Array.from({ length: 1_000 }, (_, index) => [
      "transfer_funds",
      { from_account_id: from.id, to_account_id: to.id, amount_minor: 100 + index, memo: `round ${index + 1}` },
    ]),
  );
  const daybook = await openDaybook(t, store);
  await daybook.go(`accounts/${from.id}`);
  await daybook.sees("round 1000", { within: ["grid", "Statement of Float"] });

  await daybook.focus("grid", "Statement of Float");
  await daybook.pressUntilSeen("End", "Opening balance", { within: ["grid", "Statement of Float"] });
  await daybook.sees("round 1", { within: ["grid", "Statement of Float"] });
  const rows = await daybook.run("return document.querySelectorAll('[role=row]').length");
  assert.ok(rows < 80, `only the rows in view exist, not ${rows}`);

  await daybook.press("Home");
  await daybook.sees("round 1000", { within: ["grid", "Statement of Float"] });
});

test("an account is opened, renamed and closed", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.go("accounts");
  await daybook.click("button", "Open account");
  await daybook.fill("Name", "Petty cash");
  await daybook.press("Enter");
  await daybook.sees("Petty cash is open.");
  await daybook.click("row", /Petty cash/);
  await daybook.find("heading", "Petty cash");
  await daybook.click("button", "Edit");
  await daybook.fill("Name", "Small cash");
  await daybook.press("Enter");
  await daybook.find("heading", "Small cash");
  await daybook.click("button", "Close account");
  await daybook.click("button", "Close account", { within: ["dialog", "Close Small cash?"] });
  await daybook.sees("Small cash is closed.");
});
