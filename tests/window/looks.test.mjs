// Every screen, looked at: no serious barrier for anybody, nothing that scrolls behind round corners, and a picture of each
// (target/window). Always: in light, in dark, in Arabic in a small window, in a made-up long language in the smallest; with
// DAYBOOK_TEST_LONG, each language in each theme and size. A language that isn't there yet is English in its place.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { call, filledStore, northwind, openDaybook } from "./app.mjs";
import { languages, wordsOf } from "./words.mjs";

const SIZES = [
  { width: 1200, height: 800 },
  { width: 760, height: 520 },
  { width: 480, height: 400 },
];
const THEMES = ["light", "dark"];
const [LARGE, SMALL, SMALLEST] = SIZES;

const named = [
  { language: "en", theme: "light", size: LARGE },
  { language: "en", theme: "dark", size: LARGE },
  { language: "ar", theme: "light", size: SMALL },
  { language: "pseudo", theme: "light", size: SMALLEST },
].map((look) => ({ ...look, language: languages.includes(look.language) ? look.language : "en" }));
const all = languages.flatMap((language) => THEMES.flatMap((theme) => SIZES.map((size) => ({ language, theme, size }))));

/** Looks at screens one after the other, and tells each barrier once, with the screens that have it. */
function looking(daybook, prefix) {
  const screensOf = new Map();
  return {
    /** A screen that shows this text, in its main part or in that dialog. */
    async at(name, text, within) {
      await daybook.shot(`${prefix} ${name}`, { shows: text, within });
      const alarm = await daybook.run("return plain(document.querySelector('[role=alert]')?.innerText)");
      assert.equal(alarm, "", `${name} should have nothing to complain about`);
      assert.deepEqual(await daybook.run("return roundClips()"), [], `${name} scrolls behind round corners`);
      for (const barrier of await daybook.barriers()) screensOf.set(barrier, [...(screensOf.get(barrier) ?? []), name]);
    },
    end() {
      const told = [...screensOf].map(([barrier, screens]) => `${screens.join(", ")}:\n  ${barrier}`);
      assert.ok(told.length === 0, `axe-core found serious barriers\n\n${told.join("\n\n")}`);
    },
  };
}

for (const { language, theme, size } of process.env.DAYBOOK_TEST_LONG === "1" ? all : named) {
  const looks = `${language} ${theme} ${size.width}x${size.height}`;
  test(`every screen is without serious barriers: ${looks}`, async (t) => {
    const say = wordsOf(language);
    const store = filledStore(t, { demo: true });
    call(store, "setting_set", { key: "theme", value: theme });
    call(store, "setting_set", { key: "language", value: language });
    const bank = call(store, "account_list", { kinds: ["bank"] }).rows[0];
    const customer = call(store, "customer_list", {}).rows[0];
    const product = call(store, "product_list", {}).rows[0];
    const daybook = await openDaybook(t, store);
    await daybook.resize(size);
    await daybook.waitFor(`return document.documentElement.dataset.theme === "${theme}"`);

    const look = looking(daybook, looks);
    const open = async (name, address, heading, text) => {
      await daybook.go(address);
      await daybook.find("heading", heading);
      await look.at(name, text, ["main"]);
    };
    const lookAtDialog = async (name, key, title, text) => {
      await daybook.press(key);
      await daybook.find("dialog", title);
      await look.at(name, text, ["dialog", title]);
      await daybook.press("Escape");
      await daybook.loses("dialog", title);
    };

    await open("overview", "overview", say("overview_title"), bank.name);
    await lookAtDialog("palette", "Control+k", say("palette_title"), say("transfer_title"));
    await lookAtDialog("keys", "?", say("keys_title"), say("palette_title"));
    await open("accounts", "accounts", say("accounts_title"), bank.name);
    await lookAtDialog("transfer", "t", say("transfer_title"), say("transfer_from"));
    await lookAtDialog("account", "n", say("account_open_title"), say("column_name"));
    await open("statement", `accounts/${bank.id}`, bank.name, "12,500.00");
    await open("transfers", "accounts/transfers", say("transfers_title"), bank.name);
    await open("customers", "customers", say("customers_title"), customer.name);
    await open("customer", `customers/${customer.id}`, customer.name, customer.city);
    await lookAtDialog("customer edit", "e", say("edit_title", { name: customer.name }), say("column_city"));
    await open("products", "products", say("products_title"), product.name);
    await lookAtDialog("taxes", "%", say("taxes_title"), say("tax_add_verb"));
    await open("import", "import", say("import_title"), "northwind-customers.csv");
    await daybook.click("button", say("import_new_verb"));
    await daybook.fill(say("import_path"), join(northwind, "products.csv"));
    await look.at("import file", say("import_path"), ["main"]);
    await daybook.press("Enter");
    await daybook.find("button", say("import_try"));
    await look.at("import columns", say("import_try"), ["main"]);
    await daybook.click("button", say("import_try"));
    await look.at("import trial", say("import_trial_done"), ["main"]);
    await open("activity", "activity", say("activity_title"), "Float for the agent");
    await open("sync", "sync", say("sync_title"), say("join_title"));
    await open("settings", "settings", say("settings_title"), "Amina");
    await daybook.click("button", say("edit_title", { name: "Amina" }));
    await daybook.find("dialog", say("edit_title", { name: "Amina" }));
    await look.at("person edit", say("column_name"), ["dialog"]);
    look.end();
  });
}

test("an empty book shows what to do next on every screen", async (t) => {
  const say = wordsOf("en");
  const daybook = await openDaybook(t, filledStore(t));
  const look = looking(daybook, "empty");
  for (const [screen, heading, text] of [
    ["overview", "overview_title", "Cash in hand"],
    ["accounts", "accounts_title", "Cash in hand"],
    ["accounts/transfers", "transfers_title", "transfers_none"],
    ["customers", "customers_title", "customers_none"],
    ["products", "products_title", "products_none"],
    ["import", "import_title", "import_none"],
    ["activity", "activity_title", "Kilimani Route"],
  ]) {
    await daybook.go(screen);
    await daybook.find("heading", say(heading));
    await look.at(screen, /[A-Z]/.test(text) ? text : say(text));
  }
  look.end();
});

test("onboarding is without serious barriers", async (t) => {
  const daybook = await openDaybook(t);
  const look = looking(daybook, "onboarding");
  await look.at("form", "Welcome to Daybook");
  look.end();
});

test("the theme that was chosen is there from the first paint on", async (t) => {
  const store = filledStore(t);
  const daybook = await openDaybook(t, store);
  await daybook.go("settings");
  await daybook.pick("Dark");
  await daybook.waitFor("return document.documentElement.dataset.theme === 'dark'");
  await daybook.close();
  assert.equal(call(store, "setting_get", { key: "theme" }).value, "dark");
});
