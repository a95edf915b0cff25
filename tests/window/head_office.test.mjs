// The window joined to a head office that is there: what it says of it, what comes from others, and what a person settles.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";
import { openHeadOffice, sync } from "./head_office.mjs";

const BOOK = "Kilimani Route";
/** Head office is asked for news every 15 to 20 seconds when nothing happens here. */
const NEWS_MS_MAX = 25_000;
/** How the chip and the screen say that all is well. */
const ALL_IS_WELL = "All at head office";
/** The same with its figures, as the pointer is told. */
const allAre = (entries) => `return document.querySelector('a[title^="${entries} entries today, ${entries} at head office"]') !== null`;

/** Pictures in both themes, and no barrier in either. */
async function look(daybook, name) {
  for (const theme of ["light", "dark"]) {
    await daybook.run("document.documentElement.dataset.theme = arguments[0]", theme);
    await daybook.shot(`head office ${name} ${theme}`);
    assert.deepEqual(await daybook.barriers(), [], `${name} in ${theme}`);
  }
  await daybook.run("document.documentElement.dataset.theme = 'light'");
}

/** A book with a customer, at head office; the store that the window is to open, and another device of it on which Baraka acts. */
async function twoDevices(t) {
  const office = await openHeadOffice();
  const store = filledStore(t);
  call(store, "setting_set", { key: "theme", value: "light" });
  call(store, "person_add", { name: "Baraka", role: "clerk" });
  const customer = call(store, "customer_add", { name: "Mama Njeri Shop", phone: "0700 100" });
  office.join(store, "Van 1", BOOK);
  return { office, store, customer };
}

test("a book is joined by keys alone, and every screen then says that all of it is at head office", async (t) => {
  const office = await openHeadOffice();
  const store = filledStore(t, { demo: true });
  const daybook = await openDaybook(t, store);
  await daybook.tabTo("link", "Only on this device");
  await daybook.press("Enter");
  await daybook.find("heading", "Head office");
  await daybook.tabTo("textbox", "Link from head office");
  await daybook.type(office.link("Van 1", BOOK));
  await daybook.tabTo("button", "Join");
  await daybook.press("Enter");
  await daybook.sees("Joined: these books are now at head office, too.");
  await daybook.find("link", ALL_IS_WELL);
  await look(daybook, "joined");

  const { today, today_sent: sent, agrees } = await daybook.ask("sync_status", {});
  assert.deepEqual({ sent, agrees }, { sent: today, agrees: true });
  assert.equal(office.sql("SELECT name FROM daybook.book"), BOOK);

  // The next entry is sent without being asked for, and says so wherever it is shown.
  await daybook.go("activity");
  await daybook.ask("customer_add", { name: "Ukwaju Stores" });
  await daybook.sees(/Ukwaju Stores.*At head office/, { within: ["row", /Ukwaju Stores/] });
  await daybook.find("link", ALL_IS_WELL);
  assert.equal(office.sql("SELECT count(*) FROM daybook.customer WHERE name = 'Ukwaju Stores'"), "1");
});

test("what another device changed shows in the open window by itself", async (t) => {
  const { office, store, customer } = await twoDevices(t);
  const other = office.colleague(t, "Van 2", BOOK, "Baraka");
  const daybook = await openDaybook(t, store);
  await daybook.go(`customers/${customer.id}`);
  await daybook.sees("0700 100");
  call(other, "customer_edit", { customer_id: customer.id, row_version: customer.row_version, phone: "0700 200" });
  sync(other);
  await daybook.sees("0700 200", { patience: NEWS_MS_MAX });
  await daybook.pick("History");
  await daybook.sees(/0700 100.*0700 200/, { within: ["region", "History"] });
  await daybook.find("link", ALL_IS_WELL);
});

test("of two edits of one phone number both are shown, and the author settles it by keys", async (t) => {
  const { office, store, customer } = await twoDevices(t);
  const other = office.colleague(t, "Van 2", BOOK, "Baraka");
  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("Control+7");
  await daybook.find("heading", "Head office");
  await daybook.press("p");
  await daybook.find("link", "Sync is paused");

  await daybook.go(`customers/${customer.id}`);
  await daybook.click("button", "Edit");
  await daybook.fill("Phone", "0700 300");
  await daybook.press("Enter");
  await daybook.sees("Mama Njeri Shop is saved.");
  call(other, "customer_edit", { customer_id: customer.id, row_version: customer.row_version, phone: "0700 200" });
  sync(other);

  await daybook.press("Control+7");
  await daybook.find("heading", "Head office");
  await daybook.sees("1 entry waiting since");
  await daybook.press("g");
  await daybook.find("link", "1 thing to settle");
  const card = ["article", "Mama Njeri Shop"];
  await daybook.sees(/Written here 0700 300 Amina .*\d:\d\d/, { within: card });
  await daybook.sees(/Current value 0700 200 Baraka, Van 2 .*\d:\d\d/, { within: card });
  await look(daybook, "conflict");

  await daybook.tabTo("button", "Put mine back");
  await daybook.press("Enter");
  await daybook.sees("Nothing to settle");
  await daybook.hasFocus("main", "Head office");
  await daybook.find("link", ALL_IS_WELL);
  assert.equal(office.sql("SELECT phone FROM daybook.customer"), "0700 300");
  sync(other);
  assert.equal(call(other, "customer_show", { customer_id: customer.id }).phone, "0700 300");
});

test("while head office is gone the window says since when and that work goes on, and then goes on by itself", async (t) => {
  const { office, store } = await twoDevices(t);
  const daybook = await openDaybook(t, store);
  await daybook.find("link", ALL_IS_WELL);
  await office.server.stop();
  t.after(() => office.server.isUp || office.server.start());
  await daybook.go("activity");
  await daybook.ask("customer_add", { name: "Ukwaju Stores" });
  await daybook.find("link", /^No head office since \d.*; work goes on$/);
  await daybook.sees("Waiting here", { within: ["row", /Ukwaju Stores/] });
  await look(daybook, "activity");
  await daybook.press("Control+7");
  await daybook.find("heading", "Head office");
  await daybook.sees(/Waiting to be sent 1, /);
  await look(daybook, "gone");

  await office.server.start();
  await daybook.find("link", ALL_IS_WELL, { patience: NEWS_MS_MAX });
  assert.equal(office.sql("SELECT count(*) FROM daybook.customer WHERE name = 'Ukwaju Stores'"), "1");
});

test("an entry that head office puts on hold is shown with the reason, until it is applied", async (t) => {
  const { office, store } = await twoDevices(t);
  const daybook = await openDaybook(t, store);
  office.sql("ALTER TABLE daybook.customer ADD CONSTRAINT customer_in_city CHECK (city <> 'Thika')");
  await daybook.ask("customer_add", { name: "Ukwaju Stores", city: "Thika" });
  await daybook.find("link", "1 thing to settle");
  await daybook.press("Control+7");
  await daybook.sees(/On hold/, { within: ["article", "Customer added"] });
  await look(daybook, "on hold");
  await daybook.go("activity");
  await daybook.sees("On hold", { within: ["row", /Ukwaju Stores/] });

  office.sql("ALTER TABLE daybook.customer DROP CONSTRAINT customer_in_city");
  office.central("quarantine", "retry", "--book", BOOK);
  await daybook.ask("sync_now", {});
  await daybook.sees("At head office", { within: ["row", /Ukwaju Stores/] });
  await daybook.find("link", ALL_IS_WELL);
});

test("an account is handed to another device, and this one is named anew, by keys alone", async (t) => {
  const { office, store } = await twoDevices(t);
  const other = office.colleague(t, "Van 2", BOOK, "Baraka");
  const till = call(store, "account_open", { name: "Till", kind: "cash", minimum_minor: 0, opening_minor: 50_000 });
  sync(store);
  const daybook = await openDaybook(t, store);
  await daybook.go(`accounts/${till.id}`);
  await daybook.find("heading", "Till");
  await daybook.press("h");
  await daybook.find("dialog", "Hand Till over");
  await look(daybook, "hand over");
  await daybook.tabTo("button", "Hand over");
  await daybook.press("Enter");
  await daybook.sees("Till is kept by Van 2 now.");
  await daybook.waitFor(allAre(6));
  const keeper = "SELECT custodian_device_name FROM daybook.account_balance WHERE account_name = 'Till'";
  assert.equal(office.sql(keeper), "Van 2");

  await daybook.press("Control+8");
  await daybook.find("heading", "Settings");
  await daybook.press("e");
  await daybook.find("dialog", "Name this device");
  await daybook.fill("Name", "The old van");
  await daybook.press("Enter");
  await daybook.sees("This device is called The old van.");
  await daybook.sees("The old van", { within: ["main", "Settings"] });
  await daybook.waitFor(allAre(7));
  assert.equal(office.sql("SELECT name FROM daybook.device WHERE code = 'D1'"), "The old van");

  sync(other);
  const kept = call(other, "account_list", {}).rows.find(({ id }) => id === till.id);
  assert.deepEqual([kept.custodian_here, kept.balance_minor], [true, 50_000]);
});
