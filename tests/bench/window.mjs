// What the window costs: processor time of the whole program, its web processes included, for a key in a list of 100,000 customers,
// for a key in a dialog over it, and from the start until the first screen can be used; with compositing and without. The yardstick of the
// start is the same program with an empty page. Sides alternate and the median counts, as in the other benchmarks.
//
//     node tests/bench/window.mjs RELEASE_FOLDER EMPTY_PROGRAM RESULT_FILE

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

const [release, emptyProgram, result] = process.argv.slice(2);
process.env.DAYBOOK = join(release, "daybook");
process.env.DAYBOOK_DESKTOP = join(release, "daybook-desktop");
const { call, filledStore, openDaybook } = await import("../window/app.mjs");

const CUSTOMERS = 100_000;
const ROUNDS = 5;
const KEYS = 40;
const TICKS_PER_S = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const rows = [];

/** Processor time, in milliseconds, that a process and all below it have used. */
function processorMs(pid) {
  const parents = new Map();
  const used = new Map();
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${id}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
      parents.set(Number(id), Number(fields[1]));
      // Of itself, and of those below it that have ended.
      used.set(Number(id), fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (id) => id === pid || (parents.has(id) && parents.get(id) > 1 && isBelow(parents.get(id)));
  const ticks = [...used].filter(([id]) => isBelow(id)).reduce((sum, [, ticks]) => sum + ticks, 0);
  return (ticks / TICKS_PER_S) * 1000;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function row(name, ours, target, yardstick) {
  const ratio = yardstick === undefined ? ours : ours / yardstick;
  rows.push({ name, ms: ours, yardstick_ms: yardstick ?? null, ratio: yardstick === undefined ? null : ratio, target, met: ratio <= target });
}

/** A store with many customers, made once. */
function manyCustomers() {
  const store = join(release, "..", "bench", `customers-${CUSTOMERS}`);
  if (existsSync(join(store, "made"))) return store;
  rmSync(store, { recursive: true, force: true });
  mkdirSync(store, { recursive: true });
  call(store, "book_setup", { name: "Kilimani Route", currency: "KES", time_zone: "Africa/Nairobi", person_name: "Amina" });
  const file = join(store, "..", "customers.csv");
  const names = ["Amina Kamau", "Baraka Otieno", "Chiku Wanjiru", "Daudi Mwangi", "Esther Achieng", "Farid Hassan"];
  const lines = Array.from({ length: CUSTOMERS }, (_, at) => `C${String(at).padStart(6, "0")},${names[at % names.length]} ${at},+2547${String(10_000_000 + at * 7)}`);
  writeFileSync(file, `code,name,phone\n${lines.join("\n")}\n`);
  call(store, "import_run", { path: file, kind: "customers", columns: { code: "code", name: "name", phone: "phone" } });
  writeFileSync(join(store, "made"), "");
  return store;
}

/** Processor time of one more press, of many. */
async function aKey(daybook, press) {
  await press();
  await daybook.atRest();
  const before = processorMs(daybook.pid);
  for (let keys = 0; keys < KEYS; keys += 1) await press();
  await daybook.atRest();
  return (processorMs(daybook.pid) - before) / KEYS;
}

for (const drawing of ["processor", "card"]) {
  test(`keys, drawn by the ${drawing}`, async (t) => {
    const store = manyCustomers();
    call(store, "setting_set", { key: "drawing", value: drawing });
    const daybook = await openDaybook(t, store);
    await daybook.go("customers");
    await daybook.sees("Amina Kamau");
    const [list, dialog, idle] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      await daybook.focus("grid", "Customers");
      idle.push(await aKey(daybook, () => daybook.press("Shift")));
      list.push(await aKey(daybook, () => daybook.press("ArrowDown")));
      await daybook.click("button", "Add customer");
      await daybook.hasFocus("textbox", "Name");
      dialog.push(await aKey(daybook, () => daybook.type("a")));
      await daybook.press("Escape");
      await daybook.loses("dialog", "Add a customer");
    }
    // What the driver and the waiting cost is not the window's.
    const target = drawing === "processor" ? 15 : Infinity;
    row(`window: key in a list of ${CUSTOMERS}, drawn by the ${drawing}`, median(list) - median(idle), target);
    row(`window: key in a dialog, drawn by the ${drawing}`, median(dialog) - median(idle), target);
  });
}

test("starts", async (t) => {
  const many = manyCustomers();
  call(many, "setting_set", { key: "drawing", value: null });
  const stores = { "demo data": filledStore(t, { demo: true }), [`${CUSTOMERS} customers`]: many };
  const empty = [];
  const ours = Object.fromEntries(Object.keys(stores).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, store] of Object.entries(stores)) {
      const daybook = await openDaybook(t, store);
      await daybook.find("heading", "Overview");
      ours[name].push(processorMs(daybook.pid));
      await daybook.close();
    }
    const blank = await openDaybook(t, stores["demo data"], { binary: emptyProgram });
    empty.push(processorMs(blank.pid));
    await blank.close();
  }
  for (const [name, used] of Object.entries(ours)) row(`window: start until usable, ${name}`, median(used), 1.5, median(empty));
});

after(() => {
  for (const { name, ms, ratio, target, met } of rows) {
    const against = ratio === null ? "" : ` = ${ratio.toFixed(2)} × empty`;
    console.log(`${met ? " ok " : "MISS"}  ${name}: ${ms.toFixed(1)} ms${against} (target ${target})`);
  }
  writeFileSync(result, `${JSON.stringify(rows, null, 2)}\n`);
});
