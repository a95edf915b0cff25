// A head office for tests: a PostgreSQL server of their own on a port of 127.0.0.1, which everybody but them leaves alone, and
// other devices that join it by the command line.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { after } from "node:test";
import { call, daybook, freshStore } from "./app.mjs";
import { end, freePort, start } from "./driver.mjs";

const START_MS_MAX = 30_000;
const SAID_MAX = 10_000;
const PASSWORD = "of this test's own server";

// One server for all tests of a file, each with a database of its own.
let server;
let databases = 0;
after(() => server?.end());

/** Starts the server, if it isn't there yet, and makes a head office in it. */
export async function openHeadOffice() {
  server ??= await Server.open();
  databases += 1;
  const office = new HeadOffice(server, `office_${databases}`);
  server.sql("postgres", `CREATE DATABASE ${office.database}`);
  office.central("migrate");
  return office;
}

class HeadOffice {
  constructor(server, database) {
    this.server = server;
    this.database = database;
  }

  /** What `daybook central` prints. */
  central(...args) {
    const url = `postgresql://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.server.port}/${this.database}?sslmode=disable`;
    return daybook(["central", ...args], { env: { ...process.env, DAYBOOK_CENTRAL_URL: url } }).trim();
  }

  /** A link for a device, good once; a book of that name that isn't there is the one that the device brings. */
  link(device, book) {
    return this.central("enrol", "--device", device, "--book", book);
  }

  /** The values that a statement gives, as psql shows them. */
  sql(statement) {
    return this.server.sql(this.database, statement);
  }

  /** Makes a store a device of that book. */
  join(store, device, book) {
    daybook(["--store", store, "join"], { input: this.link(device, book) });
  }

  /** Another device of that book, on which that person acts. */
  colleague(t, device, book, person) {
    const store = freshStore(t);
    this.join(store, device, book);
    const { id } = call(store, "status").persons.find(({ name }) => name === person);
    call(store, "person_select", { person_id: id });
    return store;
  }
}

/** Makes a round with head office, as `daybook sync` does. */
export function sync(store) {
  daybook(["--store", store, "sync"]);
}

class Server {
  #child;

  static async open() {
    const made = new Server();
    // The server's user has to get there, and may not enter what another one's folder for temporary files is in.
    made.folder = mkdtempSync(join(isRoot ? "/tmp" : tmpdir(), "daybook-window-central-"));
    chmodSync(made.folder, 0o755);
    made.data = join(made.folder, "data");
    mkdirSync(made.data, { mode: 0o700 });
    const secret = join(made.folder, "password");
    writeFileSync(secret, PASSWORD, { mode: 0o600 });
    if (isRoot) execFileSync("chown", ["postgres:postgres", made.data, secret]);
    const how = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--pwfile", secret];
    const [program, args] = asServer("initdb", [...how, "-D", made.data]);
    execFileSync(program, args, { cwd: made.folder, stdio: ["ignore", "ignore", "pipe"] });
    made.port = await freePort();
    await made.start();
    return made;
  }

  /** Starts the server on its port, and waits until it lets devices in. */
  async start() {
    // It lies in memory and on this disk for a minute: nothing has to outlive the power.
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "dynamic_shared_memory_type=mmap"];
    const [program, args] = asServer("postgres", ["-D", this.data, "-p", String(this.port), ...settings.flatMap((one) => ["-c", one])]);
    const child = start(program, args, { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let said = "";
    await new Promise((ready, failed) => {
      const fail = (why) => failed(new Error(`PostgreSQL ${why}\n${said}`));
      const late = setTimeout(() => fail("isn't ready"), START_MS_MAX);
      child.once("exit", () => (clearTimeout(late), fail("didn't start")));
      // Read on to its end, so that the server is never held up by what it says.
      child.stderr.on("data", (chunk) => {
        said = `${said}${chunk}`.slice(-SAID_MAX);
        if (!said.includes("ready to accept connections")) return;
        clearTimeout(late);
        ready();
      });
    });
  }

  get isUp() {
    return this.#child !== undefined;
  }

  /** Stops it in order; whoever is connected is sent away. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child) await end(child, "SIGINT");
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  sql(database, statement) {
    const place = `host=127.0.0.1 port=${this.port} dbname=${database} user=postgres`;
    const args = ["-X", "-q", "-w", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", place, "-c", statement];
    return execFileSync(binary("psql"), args, { env: { ...process.env, PGPASSWORD: PASSWORD }, encoding: "utf8" }).trim();
  }
}

const isRoot = process.geteuid() === 0;

// PostgreSQL refuses to run as root. The mark that a parent's death ends it is lost by a change of user, so setpriv does both in
// the right order.
function asServer(name, args) {
  const user = isRoot ? ["--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
  return ["setpriv", [...user, "--pdeathsig=QUIT", binary(name), ...args]];
}

/** A program of PostgreSQL: of its newest version that Debian installed, or else of the path. */
function binary(name) {
  const home = "/usr/lib/postgresql";
  let versions = [];
  try {
    versions = readdirSync(home).map(Number).filter(Number.isInteger);
  } catch (fault) {
    if (fault.code !== "ENOENT") throw fault;
  }
  return versions.length > 0 ? join(home, String(Math.max(...versions)), "bin", name) : name;
}
