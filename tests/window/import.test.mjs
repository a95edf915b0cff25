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
  await daybook.focus("combobox", "Column customerKey is");
  assert.equal((await daybook.focused()).value, "Code", "the columns are recognised by their names");
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
  await daybook.choose("Column customerKey is", "Code");
  await daybook.focus("combobox", "Column customerKey is");
  assert.equal((await daybook.focused()).value, "Code");
});

test("a bad cell is mended where it stands, by keyboard alone, and its row comes in", async (t) => {
  const file = join(freshFolder(t), "prices.csv");
  writeFileSync(file, "sku;Product name;price;shelf\nA;Soap;1.234,50;3\nB;Candles;twelve;4\nC;Matches;2,5;5\n");
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.go("import");
  await daybook.press("n");
  await daybook.hasFocus("button", "Choose a file");
  await daybook.tabTo("textbox", "Or type its path");
  await daybook.type(file);
  await daybook.press("Enter");
  await daybook.sees("Left out: shelf.");
  await daybook.hasFocus("combobox", "Column sku is");
  await daybook.press("Control+Enter");

  await daybook.sees("3 of 3 rows");
  await daybook.hasFocus("grid", "The rows of the file");
  await daybook.sees("1,234.50", { within: ["grid", "The rows of the file"] });
  await daybook.press("Home", "ArrowDown");
  await daybook.sees("Row 3: “twelve” is not an amount.");
  await daybook.press("Enter");
  await daybook.hasFocus("textbox", "Price");
  await daybook.shot("import a cell is mended");
  await daybook.type("12,00");
  await daybook.press("Enter");
  await daybook.sees("1 cell was corrected here; the file stays as it is.");
  await daybook.sees("12.00", { within: ["grid", "The rows of the file"] });
  await daybook.losesSight("is not an amount");
  await daybook.hasFocus("grid", "The rows of the file");
  await daybook.press("Control+Enter");
  await daybook.sees("All rows are done");
  const products = (await daybook.ask("product_list", {})).rows;
  assert.deepEqual(products.map(({ name, price_minor }) => [name, price_minor]).sort(), [["Candles", 1_200], ["Matches", 250], ["Soap", 123_450]]);
});

test("what a trial lacks is said beside its button, and a column is chosen above its cells", async (t) => {
  const file = join(freshFolder(t), "shops.csv");
  writeFileSync(file, "Kiosk,Tel\nMama Njeri,0712345678\n");
  const daybook = await openDaybook(t, filledStore(t));
  await lookInto(daybook, file);
  await daybook.pick("Customers");
  await daybook.sees("Choose a column for: Name.");
  await daybook.choose("Column Kiosk is", "Name");
  await daybook.sees("A trial changes nothing.");
  await daybook.click("button", "Try it");
  await daybook.sees("Mama Njeri", { within: ["grid", "The rows of the file"] });
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
