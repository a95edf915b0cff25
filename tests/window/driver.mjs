// The W3C WebDriver protocol, as much of it as these tests speak, and the processes that stand behind it: a display of its own
// (Xvfb), a message bus of its own, and WebKit's driver, which starts the program. Nothing here knows Daybook.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_MS_MAX = 30_000;
const END_MS_MAX = 5_000;
const ANSWER_MS_MAX = 60_000;
const SHOWN_MAX = 500;
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const running = new Set();

// Whatever happens to this process, none that it started outlives it.
process.on("exit", () => running.forEach((child) => signalGroup(child, "SIGTERM")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** Starts a program in a process group of its own, so that what it starts can be ended with it. */
export function start(program, args, options) {
  const child = spawn(program, args, { detached: true, ...options });
  if (child.pid === undefined) throw new Error(`${program} can't be started; scripts/setup --test installs it`);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (fault) {
    if (fault.code !== "ESRCH") throw fault;
  }
}

/** Asks the program and what it started to end; after a while it isn't asked any more. */
export async function end(child, signal = "SIGTERM") {
  if (running.has(child)) {
    const gone = once(child, "exit");
    signalGroup(child, signal);
    const late = setTimeout(() => signalGroup(child, "SIGKILL"), END_MS_MAX);
    await gone;
    clearTimeout(late);
  }
  signalGroup(child, "SIGKILL");
}

/** The first line that a program writes to that stream. */
async function firstLine(child, stream) {
  let text = "";
  for await (const chunk of child.stdio[stream]) {
    text += chunk;
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n")).trim();
  }
  throw new Error(`${child.spawnfile} ended before it said where it listens`);
}

/** A display and a message bus: what a desktop gives a program. `pixels` is a file of what the display shows; `end` takes all away. */
export async function openDesktop({ width, height }) {
  const folder = mkdtempSync(join(tmpdir(), "daybook-display-"));
  const display = start("Xvfb", ["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-nolisten", "tcp", "-fbdir", folder], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const number = await firstLine(display, 3);
  const bus = start("dbus-daemon", ["--session", "--nofork", "--print-address=3"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const address = await firstLine(bus, 3);
  const environment = { DISPLAY: `:${number}`, DBUS_SESSION_BUS_ADDRESS: address };
  const close = async () => {
    await end(bus);
    await end(display);
    rmSync(folder, { recursive: true, force: true });
  };
  return { environment, pixels: join(folder, "Xvfb_screen0"), end: close };
}

/** The program's window under WebKit's driver: `ask` speaks WebDriver below its session. `end` ends the program too. */
export async function openSession({ binary, args = [], environment }) {
  const port = await freePort();
  const driver = start("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  driver.stderr.on("data", (chunk) => (said += chunk));
  const base = `http://127.0.0.1:${port}`;

  try {
    await listening(`${base}/status`);
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } };
    const { sessionId } = await request("POST", `${base}/session`, { capabilities });
    const ask = (method, path, body) => request(method, `${base}/session/${sessionId}${path}`, body);
    await ask("POST", "/timeouts", { script: START_MS_MAX, pageLoad: START_MS_MAX });
    return {
      ask,
      said: () => said,
      pid: driver.pid,
      end: async () => {
        await ask("DELETE", "").catch(() => {});
        await end(driver);
      },
    };
  } catch (fault) {
    await end(driver);
    throw new Error(`${binary} didn't open its window: ${fault.message}\n${said}`);
  }
}

export const elementId = (value) => value?.[ELEMENT];

async function request(method, url, body) {
  const answer = await fetch(url, {
    method,
    body: method === "POST" ? JSON.stringify(body ?? {}) : undefined,
    headers: { "content-type": "application/json" },
    // The driver has limits of its own for all it does; where it forgets one, this says what was asked of it.
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  }).catch((fault) => {
    if (fault.name !== "TimeoutError") throw fault;
    throw new Error(`the driver never answered ${method} ${url} ${JSON.stringify(body ?? {}).slice(-SHOWN_MAX)}`);
  });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// The driver doesn't say when it listens, so it is asked until it answers.
async function listening(url) {
  for (const until = Date.now() + START_MS_MAX; ; await pause(20)) {
    try {
      return await request("GET", url);
    } catch (fault) {
      if (Date.now() > until) throw fault;
    }
  }
}
