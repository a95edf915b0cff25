// The first minutes with Daybook, and the first after a night.

import assert from "node:assert/strict";
import test from "node:test";
import { filledStore, freshStore, openDaybook } from "./app.mjs";

test("from nothing to the first transfer with the keyboard alone", async (t) => {
  const daybook = await openDaybook(t);
  await daybook.sees("Welcome to Daybook");
  await daybook.hasFocus("textbox", "Name of the business");
  await daybook.type("Kilimani Route");
  await daybook.tabTo("combobox", "Currency");
  await daybook.type("KES");
  await daybook.find("option", /KES/);
  await daybook.press("Enter");
  await daybook.tabTo("textbox", "Your name");
  await daybook.type("Amina");
  await daybook.press("Enter");

  await daybook.find("heading", "Today");
  await daybook.sees("Kilimani Route");
  await daybook.press("Control+2");
  await daybook.find("heading", "Cash & bank");

  await openAccount(daybook, { name: "Float", opening: "5000" });
  await openAccount(daybook, { name: "Equity Bank", kind: "Bank", opening: "120000" });

  await daybook.press("t");
  await daybook.find("dialog", "Transfer money");
  await daybook.hasFocus("combobox", "From");
  await pickByKeys(daybook, "Equity Bank");
  await daybook.tabTo("combobox", "To");
  await pickByKeys(daybook, "Float");
  await daybook.tabTo("textbox", "Amount");
  await daybook.type("2500.50");
  await daybook.tabTo("textbox", "Memo");
  await daybook.type("change for the week");
  await daybook.press("Enter");

  await daybook.sees(/2,500\.50.* transferred\./);
  await daybook.sees("117,499.50", { within: ["grid", "Cash & bank"] });
  await daybook.sees("7,500.50", { within: ["grid", "Cash & bank"] });
});

test("what was done yesterday is there in the morning", async (t) => {
  const store = freshStore(t);
  const evening = await openDaybook(t, store);
  await evening.fill("Name of the business", "Stall 14");
  await evening.choose("Currency", "UGX");
  await evening.fill("Your name", "Joseph");
  await evening.click("button", "Begin");
  await evening.find("heading", "Today");
  await evening.close();

  const morning = await openDaybook(t, store);
  await morning.find("heading", "Today");
  await morning.sees("Stall 14");
  await morning.sees("Joseph");
});

test("onboarding says what is missing, each under its field", async (t) => {
  const daybook = await openDaybook(t);
  await daybook.click("button", "Begin");
  assert.equal(await daybook.complaint("Name of the business"), "Enter the name of the business.");
  assert.equal(
    await daybook.complaint("Currency", { role: "combobox" }),
    "Choose the currency of the books.",
  );
  assert.equal(await daybook.complaint("Your name"), "Enter your name.");
});

test("beginning with demo data fills the books", async (t) => {
  const daybook = await openDaybook(t);
  await daybook.fill("Name of the business", "Demo Wholesale");
  await daybook.choose("Currency", "USD");
  await daybook.fill("Your name", "Amina");
  await daybook.pick("With demo data");
  await daybook.click("button", "Begin");
  await daybook.find("heading", "Today");
  await daybook.sees("91 customers");
  await daybook.sees("77 products");
});

test("a computer that names no language still shows its money", async (t) => {
  const daybook = await openDaybook(t, filledStore(t, { demo: true }), { language: "C.UTF-8" });
  await daybook.find("heading", "Today");
  await daybook.sees(/Money I hold .*\d/);
});

async function openAccount(daybook, { name, kind, opening }) {
  await daybook.press("n");
  await daybook.find("dialog", "Open an account");
  await daybook.hasFocus("textbox", "Name");
  await daybook.type(name);
  if (kind) {
    await daybook.tabTo("combobox", "Kind");
    await pickByKeys(daybook, kind);
  }
  await daybook.tabTo("textbox", "Opening balance");
  await daybook.type(opening);
  await daybook.press("Enter");
  await daybook.sees(`${name} is open.`);
  await daybook.loses("dialog", "Open an account");
}

async function pickByKeys(daybook, option) {
  await daybook.type(option);
  await daybook.find("option", option);
  await daybook.press("Enter");
}
