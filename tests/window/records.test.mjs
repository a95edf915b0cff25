// Customers and products; what others change while one looks on or types.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

test("a commit shows at once on whatever screen is open", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.go("customers");
  await daybook.sees("There are no customers yet.");
  await daybook.ask("customer_add", { name: "Mama Njeri Shop", code: "MN1", city: "Kikuyu" });
  await daybook.sees("Mama Njeri Shop", { within: ["grid", "Customers"] });

  await daybook.go("overview");
  await daybook.sees("1 customer");
  await daybook.ask("customer_add", { name: "Kamau Traders" });
  await daybook.sees("2 customers");
  await daybook.sees("Kamau Traders");
});

test("a customer is added, found, edited and archived, and the history says so", async (t) => {
  const daybook = await openDaybook(t, filledStore(t, { demo: true }));
  await daybook.go("customers");
  await daybook.click("button", "Add customer");
  await daybook.fill("Name", "Übersee Kontor");
  await daybook.fill("City", "Kisumu");
  await daybook.press("Enter");
  await daybook.sees("Übersee Kontor is added.");

  await daybook.go("customers");
  await daybook.fill("Search customers", "ubersee", { role: "searchbox" });
  await daybook.click("row", /Übersee Kontor/);
  await daybook.find("heading", "Übersee Kontor");
  await daybook.click("button", "Edit");
  await daybook.fill("City", "Mombasa");
  await daybook.press("Enter");
  await daybook.sees("Übersee Kontor is saved.");
  await daybook.pick("History");
  await daybook.sees(/Kisumu.*Mombasa/, { within: ["region", "History"] });

  await daybook.click("button", "Archive");
  await daybook.click("button", "Archive", { within: ["dialog", /^Archive Übersee/] });
  await daybook.sees("Übersee Kontor is archived.");
});

test("a code that is taken is refused under the code", async (t) => {
  const store = filledStore(t);
  call(store, "customer_add", { name: "First", code: "A1" });
  const daybook = await openDaybook(t, store);
  await daybook.go("customers");
  await daybook.click("button", "Add customer");
  await daybook.fill("Name", "Second");
  await daybook.fill("Code", "A1");
  await daybook.press("Enter");
  assert.equal(await daybook.complaint("Code"), "The code A1 belongs to “First”.");
});

test("an edit that another overtook loses nothing and asks what is to stand", async (t) => {
  const store = filledStore(t);
  const { id, row_version } = call(store, "customer_add", { name: "Njoroge & Sons", city: "Thika", phone: "0700 111" });
  const daybook = await openDaybook(t, store);
  await daybook.go(`customers/${id}`);
  await daybook.find("heading", "Njoroge & Sons");
  await daybook.click("button", "Edit");
  // Below the fold of the dialog: it is scrolled to where the buttons that stay in sight don't cover it.
  await daybook.fill("City", "Ruiru");

  await daybook.ask("customer_edit", { customer_id: id, row_version, city: "Juja", phone: "0700 222" });
  await daybook.focus("textbox", "City");
  assert.equal((await daybook.focused()).value, "Ruiru", "what was typed outlives what another saved");
  await daybook.press("Enter");

  await daybook.sees("Somebody else changed this while you were typing.");
  await daybook.sees("Now: Juja");
  await daybook.click("button", "Keep what I typed");
  await daybook.click("button", "Save");
  await daybook.sees("Njoroge & Sons is saved.");
  const now = await daybook.ask("customer_show", { customer_id: id });
  assert.equal(now.city, "Ruiru", "the person decided so");
  assert.equal(now.phone, "0700 222", "what only the other changed stands");
});

test("a product with a tax is added by hand", async (t) => {
  const store = filledStore(t);
  call(store, "tax_add", { name: "VAT 16", rate_ppm: 160_000 });
  const daybook = await openDaybook(t, store);
  await daybook.go("products");
  await daybook.click("button", "Add product");
  await daybook.fill("Name", "Sugar 2 kg");
  await daybook.fill("Price", "315.5");
  await daybook.choose("Tax", "VAT 16");
  await daybook.click("button", "Add product", { within: ["dialog", "Add a product"] });
  await daybook.sees("Sugar 2 kg is added.");
  const { rows } = await daybook.ask("product_list", {});
  assert.equal(rows[0].price_minor, 31_550);
  assert.equal(rows[0].tax_name, "VAT 16");
});

test("a product is archived on its page, and unarchived from among the archived", async (t) => {
  const store = filledStore(t);
  call(store, "product_add", { name: "Sugar 2 kg", price_minor: 31_550 });
  const daybook = await openDaybook(t, store);
  await daybook.go("products");
  await daybook.click("row", /Sugar 2 kg/);
  await daybook.find("heading", "Sugar 2 kg");
  await daybook.sees("315.50");
  await daybook.press("d");
  await daybook.find("dialog", "Archive Sugar 2 kg?");
  await daybook.press("Enter");
  await daybook.sees("Sugar 2 kg is archived.");
  await daybook.loses("dialog", "Archive");
  await daybook.press("Escape");
  await daybook.find("heading", "Products");
  await daybook.losesSight("Sugar 2 kg", { within: ["grid", "Products"] });
  await daybook.pick("Archived");
  await daybook.click("row", /Sugar 2 kg/);
  await daybook.find("heading", "Sugar 2 kg");
  await daybook.click("button", "Unarchive");
  await daybook.click("button", "Unarchive", { within: ["dialog", "Unarchive Sugar 2 kg?"] });
  await daybook.sees("Sugar 2 kg is unarchived.");
  await daybook.sees("Unarchived", { within: ["region", "History"] });
});

test("a tax is edited and archived by keys alone", async (t) => {
  const store = filledStore(t);
  call(store, "tax_add", { name: "VAT 16", rate_ppm: 160_000 });
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("Control+4");
  await daybook.find("heading", "Products");
  await daybook.press("%");
  await daybook.find("dialog", "Taxes");
  await daybook.hasFocus("grid", "Taxes");
  const open = async () => {
    await daybook.sees("VAT 16", { within: ["grid", "Taxes"] });
    await daybook.hasFocus("grid", "Taxes");
    await daybook.press("Home", "Enter");
    await daybook.find("dialog", "Edit VAT 16");
    await daybook.hasFocus("textbox", "Name");
  };

  await open();
  await daybook.tabTo("textbox", "Rate");
  await daybook.press("Control+a");
  await daybook.type("17.5");
  await daybook.press("Enter");
  await daybook.sees("VAT 16 is saved.");
  await daybook.loses("dialog", "Edit");
  await daybook.sees("17.5 %", { within: ["grid", "Taxes"] });

  await open();
  await daybook.press("Control+d");
  await daybook.sees("VAT 16 is archived.");
  await daybook.loses("dialog", "Edit");
  await daybook.sees("There are no taxes yet.");
  assert.deepEqual((await daybook.ask("tax_list", {})).rows, []);

  await daybook.press("2");
  await open();
  await daybook.press("Control+d");
  await daybook.sees("VAT 16 is unarchived.");
  const { rows } = await daybook.ask("tax_list", {});
  assert.deepEqual(rows.map(({ name, rate_ppm }) => [name, rate_ppm]), [["VAT 16", 175_000]]);
});

test("a tax that is archived stays with the product that has it, and is offered to no other", async (t) => {
  const store = filledStore(t);
  const tax = call(store, "tax_add", { name: "Old VAT", rate_ppm: 140_000 });
  call(store, "product_add", { name: "Salt", price_minor: 5_000, tax_id: tax.id });
  call(store, "tax_archive", { tax_id: tax.id, row_version: tax.row_version });
  const daybook = await openDaybook(t, store);
  await daybook.go("products");
  await daybook.click("row", /Salt/);
  await daybook.find("heading", "Salt");
  await daybook.press("e");
  await daybook.find("dialog", "Edit Salt");
  await daybook.tabTo("combobox", "Tax");
  assert.equal((await daybook.focused()).value, "Old VAT");
  await daybook.press("Escape");
  await daybook.loses("dialog", "Edit Salt");
  await daybook.press("Escape");
  await daybook.find("heading", "Products");
  await daybook.click("button", "Add product");
  await daybook.fill("Tax", "Old", { role: "combobox" });
  await daybook.sees("Nothing matches.");
});

test("the activity tells every entry, and what it changed", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.ask("customer_add", { name: "Mama Njeri Shop", city: "Kikuyu" });
  await daybook.go("activity");
  await daybook.sees("Book set up", { within: ["main", "Activity"] });
  await daybook.click("row", /Customer added/);
  await daybook.sees("Kikuyu", { within: ["dialog", /./] });
});

test("a second person comes to the desk, and entries carry their name", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.go("settings");
  await daybook.click("button", "Add person");
  await daybook.fill("Name", "Wanjiku");
  await daybook.press("Enter");
  await daybook.sees("Wanjiku is added.");
  await daybook.click("button", "Switch to Wanjiku");
  await daybook.sees("Wanjiku is working now.");
  await daybook.ask("customer_add", { name: "Her first customer" });
  const { rows } = await daybook.ask("history_list", {});
  assert.equal(rows[0].person_name, "Wanjiku");
});

test("a person is renamed, archived and found among the archived by keys alone; an owner stays", async (t) => {
  const store = filledStore(t);
  call(store, "person_add", { name: "Wanjiku", role: "clerk" });
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("Control+8");
  await daybook.find("heading", "Settings");
  const edit = async (name) => {
    await daybook.find("button", `Edit ${name}`);
    await daybook.tabTo("button", `Edit ${name}`);
    await daybook.press("Enter");
    await daybook.find("dialog", `Edit ${name}`);
    await daybook.hasFocus("textbox", "Name");
  };

  await edit("Wanjiku");
  await daybook.press("Control+a");
  await daybook.type("Njeri");
  await daybook.press("Enter");
  await daybook.sees("Njeri is saved.");
  await daybook.loses("dialog", "Edit");

  await edit("Njeri");
  await daybook.press("Control+d");
  await daybook.sees("Njeri is archived.");
  await daybook.loses("dialog", "Edit");
  await daybook.losesSight("Njeri", { within: ["list", "People"] });
  await daybook.press("2");
  await daybook.sees("Njeri", { within: ["list", "People"] });
  assert.deepEqual((await daybook.ask("status", {})).persons.map(({ name }) => name), ["Amina"]);

  await daybook.press("1");
  await edit("Amina");
  await daybook.press("Control+d");
  await daybook.find("alert", /owner/);
  assert.equal((await daybook.ask("person_list", {})).rows.length, 1, "the only owner is not archived");
});
