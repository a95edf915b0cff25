// Every screen in light and in dark: no serious barrier for anybody, and a picture of each to look at (target/window).

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { call, filledStore, northwind, openDaybook } from "./app.mjs";

/** Looks at screens one after the other, and tells each barrier once, with the screens that have it. */
function looking(daybook, prefix) {
  const screensOf = new Map();
  return {
    async at(name) {
      await daybook.shot(`${prefix} ${name}`);
      const alarm = await daybook.run("return plain(document.querySelector('[role=alert]')?.innerText)");
      assert.equal(alarm, "", `${name} should have nothing to complain about`);
      for (const barrier of await daybook.barriers()) screensOf.set(barrier, [...(screensOf.get(barrier) ?? []), name]);
    },
    end() {
      const told = [...screensOf].map(([barrier, screens]) => `${screens.join(", ")}:\n  ${barrier}`);
      assert.ok(told.length === 0, `axe-core found serious barriers\n\n${told.join("\n\n")}`);
    },
  };
}

for (const theme of ["light", "dark"]) {
  test(`every screen is without serious barriers in ${theme}`, async (t) => {
    const store = filledStore(t, { demo: true });
    call(store, "setting_set", { key: "theme", value: theme });
    const account = call(store, "account_list", { kinds: ["bank"] }).rows[0];
    const customer = call(store, "customer_list", {}).rows[0];
    const daybook = await openDaybook(t, store);
    await daybook.find("heading", "Overview");
    assert.equal(await daybook.run("return document.documentElement.dataset.theme"), theme);

    const look = looking(daybook, theme);
    const open = async (screen, heading) => {
      await daybook.go(screen);
      await daybook.find("heading", heading);
    };
    const lookAtDialog = async (name, key, title) => {
      await daybook.press(key);
      await daybook.find("dialog", title);
      await look.at(name);
      await daybook.press("Escape");
      await daybook.loses("dialog", title);
    };

    await look.at("overview");
    await lookAtDialog("palette", "Control+k", "All actions");
    await lookAtDialog("keys", "?", "Keys");
    await open("accounts", "Cash & bank");
    await daybook.sees(account.name);
    await look.at("accounts");
    await lookAtDialog("transfer", "t", "Transfer money");
    await lookAtDialog("account", "n", "Open an account");
    await open(`accounts/${account.id}`, account.name);
    await daybook.sees("Opening balance", { within: ["grid", `Statement of ${account.name}`] });
    await look.at("statement");
    await open("accounts/transfers", "Transfers");
    await look.at("transfers");
    await open("customers", "Customers");
    await daybook.sees(customer.name);
    await look.at("customers");
    await open(`customers/${customer.id}`, customer.name);
    await look.at("customer");
    await lookAtDialog("customer edit", "e", `Edit ${customer.name}`);
    await open("products", "Products");
    await look.at("products");
    await open("import", "Import");
    await look.at("import");
    await daybook.click("button", "Import a file");
    await daybook.fill("Or type where it is", join(northwind, "products.csv"));
    await look.at("import file");
    await daybook.press("Enter");
    await daybook.find("button", "Try it");
    await look.at("import columns");
    await daybook.click("button", "Try it");
    await daybook.sees("What would happen");
    await look.at("import trial");
    await open("activity", "Activity");
    await daybook.sees("Money transferred", { within: ["main", "Activity"] });
    await look.at("activity");
    await open("sync", "Head office");
    await look.at("sync");
    await open("settings", "Settings");
    await look.at("settings");

    look.end();
  });
}

test("an empty book shows what to do next on every screen", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  const look = looking(daybook, "empty");
  for (const [screen, heading] of [
    ["overview", "Overview"],
    ["accounts", "Cash & bank"],
    ["accounts/transfers", "Transfers"],
    ["customers", "Customers"],
    ["products", "Products"],
    ["import", "Import"],
    ["activity", "Activity"],
    ["sync", "Head office"],
  ]) {
    await daybook.go(screen);
    await daybook.find("heading", heading);
    await look.at(screen);
  }
  look.end();
});

test("onboarding is without serious barriers", async (t) => {
  const daybook = await openDaybook(t);
  await daybook.sees("Welcome to Daybook");
  const look = looking(daybook, "light");
  await look.at("onboarding");
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
