// Bills: written by keys alone, kept through a reload, refused where it went wrong, looked at as papers, credited and voided.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

const MAIZE_CODE = "6161100123456";

/** A book that sells two things with tax in their prices, with a customer who may owe 10,000.00. */
function shop(t, { theme = "light", role } = {}) {
  const store = filledStore(t);
  const book = call(store, "status").book;
  call(store, "book_edit", { row_version: book.row_version, prices_include_tax: true });
  call(store, "profile_set", { legal_name: "Kilimani Route Ltd", address: "Ngong Road 12\nNairobi", tax_number: "P051234567X", phone: "0712 345 678", footer: "Thank you." });
  const tax = call(store, "tax_add", { name: "VAT", code: "A", rate_ppm: 160_000 });
  const maize = call(store, "product_add", { name: "Maize flour 2 kg", sku: "MF2", barcode: MAIZE_CODE, unit: "bag", price_minor: 18_000, tax_id: tax.id });
  const sugar = call(store, "product_add", { name: "Sugar 1 kg", sku: "SU1", unit: "kg", price_minor: 16_000, tax_id: tax.id });
  const customer = call(store, "customer_add", { name: "Mama Njeri Shop", phone: "0712 345 678", city: "Thika", credit_limit_minor: 1_000_000, terms_days: 13 });
  call(store, "setting_set", { key: "theme", value: theme });
  if (role) {
    const person = call(store, "person_add", { name: "Brian", role });
    call(store, "person_select", { person_id: person.id });
  }
  return { store, maize, sugar, customer };
}

/** Begins a bill for Mama Njeri: the focus is on the first empty line. */
async function newBill(daybook) {
  await daybook.press("F3");
  await daybook.find("heading", "New bill");
  await daybook.choose("Customer", "Mama Njeri Shop");
  await daybook.sees("owes 0.00");
  await daybook.waitFor("return document.activeElement?.getAttribute('role') === 'gridcell'");
}

const type = async (daybook, ...cells) => {
  for (const cell of cells) {
    if (cell !== "") await daybook.type(cell);
    await daybook.press("Enter");
    await daybook.atRest();
  }
};

test("a bill is written by keys alone, kept through a reload, and issued", async (t) => {
  const { store, customer } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await newBill(daybook);
  await type(daybook, "maize", "12", "", "");
  await type(daybook, "SU1", "6", "", "5");
  await daybook.sees("3,072.00", { within: ["main"] });
  await daybook.sees(/saved \d/);
  await daybook.shot("bill new", { shows: "423.72" });

  await daybook.run("location.reload()");
  await daybook.find("heading", "New bill");
  await daybook.sees("3,072.00", { within: ["main"] });
  await daybook.sees("owes 0.00");
  await daybook.press("Control+b");
  await daybook.sees(/D1-B-000001 is billed: 3,072\.00/);
  await daybook.find("heading", "D1-B-000001");
  await daybook.sees("P051234567X", { within: ["main"] });
  await daybook.shot("bill page", { shows: "Thank you." });
  assert.deepEqual(await daybook.barriers(), []);
  const { rows } = await daybook.ask("bill_list", { customer_id: customer.id, owing: "open" });
  assert.deepEqual(rows.map(({ total_minor, due_date, date }) => [total_minor, due_date > date]), [[307_200, true]]);
  assert.equal((await daybook.ask("setting_get", { key: "draft.bill" })).value, null, "what was sent is no draft any more");

  await daybook.press("Escape");
  await daybook.find("heading", "Bills");
  await daybook.shot("bills", { shows: "Mama Njeri Shop" });
  assert.deepEqual(await daybook.barriers(), []);
});

test("a scanned barcode lands as a line from anywhere, and a second scan is one more of it", async (t) => {
  const { store } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("bills/new");
  await daybook.click("textbox", "Note");
  await daybook.type(`${MAIZE_CODE}\uE007`);
  await daybook.sees("180.00", { within: ["grid", "Lines"] });
  await daybook.type(`${MAIZE_CODE}\uE007`);
  await daybook.sees("360.00", { within: ["grid", "Lines"] });
  assert.equal(await daybook.run("return document.querySelector('textarea').value"), "", "the field that had the focus is as it was");
  await daybook.type("9999999999999\uE007");
  await daybook.sees("No product has the code 9999999999999.");
});

test("lines are repeated and taken out, and what is wrong is said under its line or field", async (t) => {
  const { store } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("bills/new");
  await daybook.press("Control+b");
  assert.equal(await daybook.complaint("Customer", { role: "combobox" }), "Choose a customer.");
  await daybook.sees("add a line");
  await newBill(daybook);
  await type(daybook, "sugar", "x");
  await daybook.sees("This is not a number.");
  await daybook.shot("bill wrong", { shows: "This is not a number." });
  await daybook.press("ArrowLeft");
  await type(daybook, "2");
  await daybook.losesSight("This is not a number.");
  await daybook.press("Control+d");
  await daybook.sees("640.00", { within: ["main"] });
  await daybook.press("Delete");
  await daybook.sees("320.00", { within: ["main"] });
  await daybook.losesSight("640.00");
});

test("a customer over its limit is refused with by how much, and an owner accepts it", async (t) => {
  const { store } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("bills/new");
  await newBill(daybook);
  await type(daybook, "maize", "100");
  await daybook.press("Control+b");
  assert.match(await daybook.complaint("Customer", { role: "combobox" }), /8,000\.00.*more than its limit of 10,000\.00/);
  await daybook.shot("bill over limit", { shows: "Bill it all the same" });
  await daybook.click("checkbox", "Bill it all the same");
  await daybook.press("Control+b");
  await daybook.sees(/is billed: 18,000\.00/);
});

test("a clerk can't accept it", async (t) => {
  const { store } = shop(t, { role: "clerk" });
  const daybook = await openDaybook(t, store);
  await daybook.go("bills/new");
  await newBill(daybook);
  await type(daybook, "maize", "100");
  await daybook.press("Control+b");
  assert.match(await daybook.complaint("Customer", { role: "combobox" }), /more than its limit/);
  await daybook.loses("checkbox", "Bill it all the same");
});

test("a bill is collected with it: what was given above it is change", async (t) => {
  const { store } = shop(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("bills/new");
  await newBill(daybook);
  await type(daybook, "sugar", "2");
  await daybook.sees("320.00", { within: ["main"] });
  await daybook.press("F2");
  await daybook.find("dialog", "Bill and collect");
  await daybook.fill("Given", "500");
  await daybook.shot("bill collect", { shows: "320.00", within: ["dialog", "Bill and collect"] });
  await daybook.press("Enter");
  await daybook.sees(/is billed: 320\.00.*Change: 180\.00/);
  await daybook.sees("Paid", { within: ["main"] });
});

test("goods that came back are credited, what is left is written off, and a mistake is voided", async (t) => {
  const { store, maize, customer } = shop(t);
  const bill = call(store, "bill_issue", { customer_id: customer.id, lines: [{ product_id: maize.id, quantity_milli: 4_000 }] });
  const wrong = call(store, "bill_issue", { customer_id: customer.id, lines: [{ product_id: maize.id, quantity_milli: 1_000 }] });
  const daybook = await openDaybook(t, store);
  await daybook.go(`bills/${bill.id}`);
  await daybook.find("heading", bill.number);
  await daybook.press("k");
  await daybook.fill("Maize flour 2 kg", "9");
  await daybook.press("Enter");
  assert.match(await daybook.complaint("Maize flour 2 kg"), /./);
  await daybook.fill("Maize flour 2 kg", "1");
  await daybook.shot("bill credit", { shows: "Goods that came back" });
  await daybook.press("Enter");
  await daybook.sees(/180\.00.* credited/);
  await daybook.sees("Part paid", { within: ["main"] });
  await daybook.press("q");
  await daybook.find("dialog", /Write off/);
  await daybook.press("Enter");
  await daybook.sees(/540\.00.* written off/);
  await daybook.sees("Written off", { within: ["main"] });

  await daybook.go(`bills/${wrong.id}`);
  await daybook.find("heading", wrong.number);
  await daybook.press("r");
  await daybook.click("button", "Void", { within: ["dialog", `Void ${wrong.number}?`] });
  await daybook.sees(/is undone by/);
  await daybook.shot("bill voided", { shows: "Voided", within: ["main"] });
  await daybook.loses("button", "Void");
});

for (const [theme, size] of [
  ["dark", { width: 1200, height: 800 }],
  ["light", { width: 760, height: 520 }],
  ["dark", { width: 480, height: 400 }],
]) {
  test(`bills are looked at: ${theme} ${size.width}x${size.height}`, async (t) => {
    const { store, maize, sugar, customer } = shop(t, { theme });
    const bill = call(store, "bill_issue", {
      customer_id: customer.id,
      note: "Leave it at the back door.",
      lines: [
        { product_id: maize.id, quantity_milli: 12_000 },
        { product_id: sugar.id, quantity_milli: 6_000, discount_ppm: 50_000 },
      ],
    });
    const daybook = await openDaybook(t, store);
    await daybook.resize(size);
    const looks = `${theme} ${size.width}x${size.height}`;
    for (const [name, address, text] of [
      ["bills", "bills", bill.number],
      ["bill page", `bills/${bill.id}`, "Thank you."],
    ]) {
      await daybook.go(address);
      await daybook.shot(`${name} ${looks}`, { shows: text, within: ["main"] });
      assert.deepEqual([...(await daybook.run("return overWide()")), ...(await daybook.run("return roundClips()"))], [], name);
      assert.deepEqual(await daybook.barriers(), [], name);
    }
    await daybook.go("bills/new");
    await daybook.find("heading", "New bill");
    await daybook.type(`${MAIZE_CODE}\uE007`);
    await daybook.shot(`bill new ${looks}`, { shows: "180.00", within: ["main"] });
    assert.deepEqual([...(await daybook.run("return overWide()")), ...(await daybook.run("return roundClips()"))], []);
    assert.deepEqual(await daybook.barriers(), []);
  });
}
