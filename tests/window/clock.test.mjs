// A clock that is wrong, or was.

import { execFileSync } from "node:child_process";
import test from "node:test";
import { daybookBinary, filledStore, openDaybook } from "./app.mjs";

test("a clock behind the newest entry is asked about, by keys alone, before anything is saved", async (t) => {
  const store = filledStore(t);
  const input = JSON.stringify({ name: "Of next year" });
  execFileSync("faketime", ["+1 year", daybookBinary, "--store", store, "call", "--clock-confirmed", "customer_add", input]);

  const daybook = await openDaybook(t, store);
  await daybook.find("heading", "Today");
  await daybook.press("Control+3");
  await daybook.find("heading", "Customers");
  await addCustomer(daybook, "Baraka");
  await daybook.find("dialog", "Is this computer’s clock right?");
  await daybook.sees("Newest entry");
  await daybook.shot("clock doubtful");
  await daybook.press("Escape");
  await daybook.sees("Set the clock, or confirm", { within: ["dialog", "Add a customer"] });

  await daybook.press("Enter");
  await daybook.find("dialog", "Is this computer’s clock right?");
  // A click lands on what lies on top.
  await daybook.click("button", "It is right: save");
  await daybook.sees("Baraka", { within: ["grid", "Customers"] });

  await addCustomer(daybook, "Chiku");
  await daybook.sees("Chiku", { within: ["grid", "Customers"] });
});

async function addCustomer(daybook, name) {
  await daybook.press("n");
  await daybook.hasFocus("textbox", "Name");
  await daybook.type(name);
  await daybook.press("Enter");
}
