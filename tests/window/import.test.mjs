// Bringing real files in, and keeping the books safe.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { filledStore, freshFolder, northwind, openDaybook } from "./app.mjs";

test("Northwind's customers are tried, brought in, known the second time, and undone", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await lookInto(daybook, join(northwind, "customers.csv"));
  await daybook.sees("91 rows, 11 columns");
  await daybook.focus("combobox", "Column for Code");
  assert.equal((await daybook.focused()).value, "customerKey", "the columns are recognised by their names");
  await daybook.click("button", "Try it");

  await daybook.sees("Trial result");
  await daybook.sees("91 of 91 rows");
  assert.equal((await daybook.ask("customer_list", {})).rows.length, 0, "a trial changes nothing");
  await daybook.click("button", "Import 91 rows");

  await daybook.sees("All rows are done");
  await daybook.sees("91 added");
  await daybook.click("button", "See the customers");
  await daybook.fill("Search customers", "berglund", { role: "searchbox" });
  await daybook.click("row", /BERGLUNDS SNABBKÖP/);
  await daybook.find("heading", "BERGLUNDS SNABBKÖP");
  await daybook.sees("Luleå");
  await daybook.pick("Details");
  await daybook.sees("Berguvsvägen");
  await daybook.losesSight("NULL");

  await lookInto(daybook, join(northwind, "customers.csv"));
  await daybook.click("button", "Try it");
  await daybook.sees("91 already imported");

  await daybook.go("import");
  await daybook.click("row", /customers\.csv/);
  await daybook.click("button", "Undo import");
  await daybook.click("button", "Undo import", { within: ["dialog", /^Undo the import of customers\.csv/] });
  await daybook.sees("customers.csv: import undone, 91 removed.");
  assert.equal((await daybook.ask("customer_list", {})).rows.length, 0);
});

test("a row that is refused says why, and the good rows stand", async (t) => {
  const file = join(freshFolder(t), "prices.csv");
  writeFileSync(file, "sku,name,price\nA,Soap,120\nB,Candles,twelve\nC,,80\nD,Matches,15.50\n");
  const daybook = await openDaybook(t, filledStore(t));
  await lookInto(daybook, file);
  await daybook.pick("Products");
  await daybook.click("button", "Try it");
  await daybook.sees("4 of 4 rows");
  await daybook.sees("2 refused");
  await daybook.click("button", "Import 2 rows");
  await daybook.sees("All rows are done");
  await daybook.sees("twelve", { within: ["grid", "Refused rows"] });
  assert.deepEqual((await daybook.ask("product_list", {})).rows.map(({ name }) => name).sort(), ["Matches", "Soap"]);
});

test("choosing the column that is chosen already keeps it", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await lookInto(daybook, join(northwind, "customers.csv"));
  await daybook.choose("Column for Code", "customerKey");
  await daybook.focus("combobox", "Column for Code");
  assert.equal((await daybook.focused()).value, "customerKey");
});

test("a file that isn't there is said so, and the path stays", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await lookInto(daybook, "/nowhere/customers.csv");
  await daybook.sees("/nowhere/customers.csv can't be read.");
  await daybook.focus("textbox", "Or type its path");
  assert.equal((await daybook.focused()).value, "/nowhere/customers.csv");
});

test("a backup is written and put back, and what came after it is gone", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.ask("customer_add", { name: "Before the backup" });
  await daybook.go("settings");
  await daybook.click("button", "Back up");
  await daybook.click("button", "Back up now");
  await daybook.sees("The backup is written.");
  const path = await daybook.run("return /\\S+\\.sqlite/.exec(document.body.innerText)[0]");
  assert.ok(existsSync(path));
  await daybook.press("Escape");
  await daybook.ask("customer_add", { name: "After the backup" });

  await daybook.click("button", "Restore");
  await daybook.fill("Backup file", path);
  await daybook.click("checkbox", "Replace the books on this device");
  await daybook.click("button", "Restore", { within: ["dialog", "Restore a backup"] });
  await daybook.sees("The backup is restored.");
  assert.deepEqual((await daybook.ask("customer_list", {})).rows.map(({ name }) => name), ["Before the backup"]);
});

test("the books verify from the window", async (t) => {
  const daybook = await openDaybook(t, filledStore(t, { demo: true }));
  await daybook.go("activity");
  await daybook.click("button", "Verify");
  await daybook.sees("The books agree with the daybook.");
});

async function lookInto(daybook, path) {
  await daybook.go("import");
  await daybook.click("button", "Import a file");
  await daybook.fill("Or type its path", path);
  await daybook.press("Enter");
}
