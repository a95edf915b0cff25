// Daybook's window as a person meets it: controls are found by role and name, and waited for; what is typed goes through the
// keyboard. `openDaybook(t)` gives a test a store, and a window on it, of its own.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { elementId, openDesktop, openSession } from "./driver.mjs";
import * as page from "./page.mjs";
import { isBlank, pictureOf } from "./picture.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const desktopBinary = process.env.DAYBOOK_DESKTOP ?? join(target, "debug", "daybook-desktop");
export const daybookBinary = process.env.DAYBOOK ?? join(target, "debug", "daybook");
export const shots = process.env.DAYBOOK_SHOTS ?? join(target, "window");
// A test meets nobody's key ring.
const keyring = { DAYBOOK_KEYRING: "off" };
export const northwind = join(root, "tests", "data", "northwind");

// The size that the window opens with, on a screen that has room for a larger one.
const WINDOW = { width: 1200, height: 800 };
const SCREEN = { width: 1920, height: 1080 };
const WAIT_MS_MAX = 10_000;
const REST_FRAMES = 2;
const PAINTED_MS_MAX = 5_000;

// One display for all tests of a file; each test opens a window of its own on it, one after the other.
let desktop;
after(() => desktop?.end());

// What a test set up is taken down when it ends, the newest first.
const endings = new WeakMap();
function atEnd(t, ending) {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(async () => {
      for (const one of endings.get(t).reverse()) await one();
    });
  }
  endings.get(t).push(ending);
}

/** A folder of the test's own, taken away when it ends. */
export function freshFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "daybook-window-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where a store may be made. */
export function freshStore(t) {
  return join(freshFolder(t), "store");
}

/** What the command line prints. */
export function daybook(args, options) {
  return execFileSync(daybookBinary, args, { encoding: "utf8", ...options, env: { ...process.env, ...options?.env, ...keyring } });
}

/** Asks a command on the command line, as a script would before the window opens: nobody else may own the store then. */
export function call(store, command, input = {}) {
  return JSON.parse(daybook(["--store", store, "call", command, "-"], { input: JSON.stringify(input) }));
}

/** Asks many commands in one go: pairs of name and input. */
export function callAll(store, commands) {
  const lines = commands.map(([command, input], id) => `${JSON.stringify({ id, command, input })}\n`).join("");
  const answers = daybook(["--store", store, "pipe"], { input: lines, maxBuffer: 2 ** 30 });
  const refused = answers.split("\n").find((line) => line.includes('"error"'));
  if (refused) throw new Error(refused);
}

/** A store with a book, and with the demo's customers, products, accounts and transfers if wanted. */
export function filledStore(t, { demo = false, ...book } = {}) {
  const store = freshStore(t);
  call(store, "book_setup", { name: "Kilimani Route", currency: "KES", time_zone: "Africa/Nairobi", person_name: "Amina", ...book });
  if (demo) call(store, "demo_fill");
  return store;
}

/** Opens the window on that store, by default an empty one; the test's end closes it. */
export async function openDaybook(t, store = freshStore(t), { language = "en_US.UTF-8", binary = desktopBinary } = {}) {
  desktop ??= await openDesktop(SCREEN);
  const home = freshFolder(t);
  // A caret that blinks makes two pictures of one screen.
  mkdirSync(join(home, ".config", "gtk-3.0"), { recursive: true });
  writeFileSync(join(home, ".config", "gtk-3.0", "settings.ini"), "[Settings]\ngtk-cursor-blink=0\n");
  const environment = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    LANG: language,
    TZ: "UTC",
    GDK_BACKEND: "x11",
    GSETTINGS_BACKEND: "memory",
    // There is no graphics card here, and nobody to read the screen aloud.
    LIBGL_ALWAYS_SOFTWARE: "1",
    NO_AT_BRIDGE: "1",
    // What makes wry let itself be driven.
    TAURI_WEBVIEW_AUTOMATION: "true",
    TAURI_AUTOMATION: "true",
    DAYBOOK_STORE: store,
    ...keyring,
    ...desktop.environment,
  };
  const session = await openSession({ binary, environment });
  const daybook = new Daybook(session, store);
  atEnd(t, async () => {
    if (!t.passed) await daybook.shot(`failed ${t.name}`).catch(() => {});
    await daybook.close();
  });
  await daybook.resize(WINDOW);
  return daybook;
}

class Daybook {
  #session;
  #hasAxe = false;
  #closed;

  constructor(session, store) {
    this.#session = session;
    this.store = store;
  }

  /** Runs a script in the page again and again until it gives something, and hands that back. */
  async #until(script, wanted, complaint, patience = WAIT_MS_MAX) {
    const waiting = `
      const [wanted, patience, done] = arguments;
      ${page.source}
      const late = performance.now() + patience;
      (function again() {
        const found = (() => { ${script} })();
        if (found !== undefined || performance.now() > late) done(found);
        else requestAnimationFrame(again);
      })();`;
    const look = () => this.#session.ask("POST", "/execute/async", { script: waiting, args: [wanted, patience] });
    // What was found may be drawn anew before the driver has it in its hand: then it is looked for again, once.
    const found = await look().catch((fault) => (/stale element/.test(fault.message) ? look() : Promise.reject(fault)));
    if (found === null || found === undefined) {
      throw new Error(`${complaint}\n\nThe window said:\n${await this.text()}`);
    }
    return found;
  }

  /**
   * Waits until the window would do nothing more by itself: what was asked is answered, and what the answer brought is drawn. A
   * key that comes sooner is heard by the screen before, or by one that doesn't know yet what it may offer.
   */
  async atRest() {
    const settling = `
      const [patience, done] = arguments;
      ${page.source}
      const late = performance.now() + patience;
      let still = 0;
      (function again() {
        const why = unrest();
        still = why === undefined ? still + 1 : 0;
        // An answer may lead to the next question; the frame after next shows whether it did.
        if (still > ${REST_FRAMES} || performance.now() > late) done(why ?? null);
        else requestAnimationFrame(again);
      })();`;
    const why = await this.#session.ask("POST", "/execute/async", { script: settling, args: [WAIT_MS_MAX] });
    if (why !== null) throw new Error(`the window doesn't come to rest: ${why}\n\nThe window said:\n${await this.text()}`);
  }

  /** The control with that role and accessible name; `within` names a landmark or dialog as [role, name]. */
  async find(role, name, { within, patience } = {}) {
    return elementId(await this.#until("return control(wanted)", asked(name, role, within), `there is no ${role} ${name}`, patience));
  }

  /** Clicks it, as soon as nothing that fades or moves lies over it. */
  async click(role, name, options) {
    await this.atRest();
    for (const until = Date.now() + WAIT_MS_MAX; ; ) {
      const element = await this.find(role, name, options);
      try {
        await this.#session.ask("POST", `/element/${element}/click`);
        return;
      } catch (fault) {
        if (!/intercepted|not interactable|stale element/.test(fault.message) || Date.now() > until) throw fault;
        // The driver scrolls the window alone, and not what scrolls within it, as the wheel does for a hand.
        await this.#until("control(wanted)?.scrollIntoView({ block: 'nearest' }); return true", asked(name, role, options?.within), "");
      }
    }
  }

  /** Puts the text into that field, in place of what it held. */
  async fill(name, text, { role = "textbox", within } = {}) {
    await this.click(role, name, { within });
    await this.press("Control+a", "Delete");
    await this.type(text);
  }

  /** Takes an option of a field that offers a list. */
  async choose(name, option, { within } = {}) {
    await this.fill(name, option, { role: "combobox", within });
    await this.click("option", option);
    await this.loses("listbox");
  }

  /** Takes one of a few choices that stand side by side. */
  async pick(choice) {
    await this.atRest();
    await this.#until("return pick(wanted)", asked(choice), `there is no choice ${choice}`);
  }

  /** Gives a control the focus without pressing it. */
  async focus(role, name, { within } = {}) {
    await this.atRest();
    await this.#until("return focus(wanted)", asked(name, role, within), `${role} ${name} can't have the focus`);
  }

  /** Waits until the window shows this text; `patience`, in milliseconds, is for what comes by itself and has its time. */
  async sees(text, { within, patience } = {}) {
    await this.#until("return shows(wanted)", asked(text, undefined, within), `the window doesn't show ${text}`, patience);
  }

  /** Waits until it doesn't. */
  async losesSight(text, { within } = {}) {
    await this.#until("return not(shows(wanted))", asked(text, undefined, within), `the window still shows ${text}`);
  }

  /** Waits until a control is gone. */
  async loses(role, name) {
    await this.#until("return not(control(wanted))", asked(name, role), `there still is a ${role} ${name ?? ""}`);
  }

  /** Waits until a script in the page gives true. */
  async waitFor(script) {
    await this.#until(`return (() => { ${script} })() || undefined`, {}, `this never came true: ${script}`);
  }

  /** What stands under that field, once something does. */
  async complaint(name, { role = "textbox", within } = {}) {
    return this.#until("return complaint(wanted)", asked(name, role, within), `nothing is said under ${name}`);
  }

  /** Presses a key again and again until the window shows this text: a list reads on as its end comes near. */
  async pressUntilSeen(key, text, { within } = {}) {
    for (const until = Date.now() + 3 * WAIT_MS_MAX; Date.now() < until; ) {
      await this.press(key);
      if (await this.run("return shows(arguments[0])", asked(text, undefined, within))) return;
    }
    throw new Error(`${key} never came to ${text}`);
  }

  /** Types through the keyboard, into whatever has the focus. */
  async type(text) {
    await this.#keys([...text].flatMap((key) => [down(key), up(key)]));
  }

  /** Presses keys, such as "Tab", "Enter", "Control+n". */
  async press(...chords) {
    for (const chord of chords) {
      const keys = chord.split(/\+(?=.)/).map((key) => KEYS[key] ?? key);
      await this.#keys([...keys.map(down), ...keys.toReversed().map(up)]);
    }
  }

  async #keys(actions) {
    await this.atRest();
    await this.#session.ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Moves on with Tab until this control has the focus. */
  async tabTo(role, name) {
    const passed = [];
    for (let tabs = 0; tabs < 80; tabs += 1) {
      const at = await this.focused();
      if (at.role === role && page.matcher(asked(name))(at.name)) return;
      passed.push(`${at.role} "${at.name}"`);
      await this.press("Tab");
    }
    throw new Error(`Tab never came to ${role} ${name}; it passed ${[...new Set(passed)].join(", ")}`);
  }

  /** Waits until this control has the focus: a dialog gives it to its first field. */
  async hasFocus(role, name) {
    await this.#until("return hasFocus(wanted)", asked(name, role), `the focus isn't on ${role} ${name}`);
  }

  /** Role, name and value of what has the focus. */
  focused() {
    return this.run("return focused()");
  }

  /** Runs a script in the page. */
  run(script, ...args) {
    return this.#session.ask("POST", "/execute/sync", { script: `${page.source}\n${script}`, args });
  }

  text() {
    return this.run("return document.body.innerText");
  }

  /** Gives the window another size, in pixels. */
  async resize({ width, height }) {
    const now = await this.#session.ask("GET", "/window/rect");
    // Of a change that is none the driver awaits an end that never comes.
    if (now.width === width && now.height === height) return;
    await this.#session.ask("POST", "/window/rect", { width, height });
    await this.waitFor(`return innerWidth <= ${width} && innerHeight <= ${height}`);
  }

  /** Opens a screen by its address. */
  async go(screen) {
    await this.run("location.hash = `#/${arguments[0]}`", screen);
  }

  /** Saves what the window looks like at rest; a text that it shows is waited for first. */
  async shot(name, { shows, within } = {}) {
    if (shows) await this.sees(shows, { within });
    await this.atRest();
    // Once in some hundred windows WebKit draws nothing any more, though the page lives on: a picture of that would be of no screen.
    if (!(await this.paints())) return console.error(`${name}: no picture, for the window is not painted`);
    let picture = await this.#picture();
    // The frame that shows the rest may be on its way, and a scrollbar fades: two pictures that are the same are of what stays.
    for (const until = Date.now() + WAIT_MS_MAX; ; ) {
      await this.atRest();
      const next = await this.#picture();
      if (next.equals(picture)) break;
      if (Date.now() > until) throw new Error(`no two pictures of ${name} are the same`);
      picture = next;
    }
    mkdirSync(shots, { recursive: true });
    const file = join(shots, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`);
    writeFileSync(file, picture);
    return file;
  }

  /** Whether the window comes to be painted. */
  async paints() {
    const rect = await this.#session.ask("GET", "/window/rect");
    for (const until = Date.now() + PAINTED_MS_MAX; Date.now() < until; await pause(20)) if (!isBlank(desktop.pixels, rect)) return true;
    return false;
  }

  /** What the display shows of the window; what turns for as long as one waits stands still for it. */
  async #picture() {
    await this.run("for (const turning of document.getAnimations()) { turning.pause(); turning.currentTime = 0; }");
    return pictureOf(desktop.pixels, await this.#session.ask("GET", "/window/rect"));
  }

  /** What axe-core finds serious or worse, a sentence each. */
  async barriers() {
    await this.atRest();
    if (!this.#hasAxe) {
      const axe = readFileSync(join(root, "ui", "node_modules", "axe-core", "axe.min.js"), "utf8");
      await this.#session.ask("POST", "/execute/sync", { script: `${axe}; window.axe = axe;`, args: [] });
      this.#hasAxe = true;
    }
    const violations = await this.#session.ask("POST", "/execute/async", {
      script: "const [done] = arguments; window.axe.run().then((found) => done(found.violations), (fault) => done(String(fault)));",
      args: [],
    });
    if (!Array.isArray(violations)) throw new Error(`axe-core failed: ${violations}`);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  }

  /** Asks a command from inside the window, as something other than its screens would. */
  async ask(command, input) {
    const { answer, fault } = await this.#session.ask("POST", "/execute/async", {
      script: `
        const [envelope, done] = arguments;
        window.__TAURI_INTERNALS__.invoke("call", { envelope }).then((answer) => done({ answer }), (fault) => done({ fault }));`,
      args: [{ command, input }],
    });
    if (fault) throw new Error(`${command}: ${JSON.stringify(fault)}`);
    return answer;
  }

  /** The process that everything of this window is below. */
  get pid() {
    return this.#session.pid;
  }

  /** Closes the window, and the program with it. */
  close() {
    this.#closed ??= this.#session.end();
    return this.#closed;
  }
}

const KEYS = {
  Backspace: "\uE003",
  Tab: "\uE004",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Escape: "\uE00C",
  Space: " ",
  PageUp: "\uE00E",
  PageDown: "\uE00F",
  End: "\uE010",
  Home: "\uE011",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Delete: "\uE017",
  F2: "\uE032",
  F3: "\uE033",
  F4: "\uE034",
  F5: "\uE035",
  F6: "\uE036",
  F10: "\uE03A",
};
const down = (value) => ({ type: "keyDown", value });
const up = (value) => ({ type: "keyUp", value });

// What is asked for, as it can cross into the page: a pattern goes as text.
function asked(name, role, within) {
  const text = name instanceof RegExp ? { source: name.source, flags: name.flags } : { name };
  return { role, ...text, within: within && asked(within[1], within[0]) };
}
