// Head office in the window: a book that is only here, a link that is none, and who one is.

import assert from "node:assert/strict";
import test from "node:test";
import { call, filledStore, openDaybook } from "./app.mjs";

/** A link as head office gives it, to a server that isn't there. */
const nowhere = () => {
  const link = { v: 1, host: "127.0.0.1", port: 1, database: "none", role: "nobody", password: "none", authority: null, book: null };
  return `daybook-link:${Buffer.from(JSON.stringify(link)).toString("base64url")}`;
};

test("every screen says that a book is only here, and a text that is no link is refused under it", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.sees("Only on this device");
  await daybook.press("Control+7");
  await daybook.find("heading", "Head office");
  await daybook.shot("sync alone");
  await daybook.fill("Link from head office", "https://books.example/join");
  await daybook.click("button", "Join");
  assert.match(await daybook.complaint("Link from head office"), /^This is not a link from a head office/);
  // A device that can't reach the server that a link names says so under it, and keeps the link to try again.
  await daybook.fill("Link from head office", nowhere());
  await daybook.click("button", "Join");
  await daybook.sees(/Head office can't be reached/);
  assert.match(await daybook.complaint("Link from head office"), /^Head office can't be reached/);
  assert.equal((await daybook.ask("sync_status", {})).joined, false);
});

for (const theme of ["light", "dark"]) {
  test(`a head office is found and joined by keys alone, in ${theme}`, async (t) => {
    const store = filledStore(t);
    call(store, "setting_set", { key: "theme", value: theme });
    const daybook = await openDaybook(t, store);
    await daybook.find("heading", "Today");
    // The chip is a link like any other, and the palette knows the screen by name.
    await daybook.tabTo("link", "Only on this device");
    await daybook.press("Enter");
    await daybook.find("heading", "Head office");
    await daybook.tabTo("textbox", "Link from head office");
    await daybook.press("Control+a");
    await daybook.type("nonsense");
    await daybook.tabTo("button", "Join");
    await daybook.press("Enter");
    assert.match(await daybook.complaint("Link from head office"), /^This is not a link from a head office/);
    await daybook.hasFocus("textbox", "Link from head office");
    await daybook.shot(`sync refused ${theme}`);
    assert.deepEqual(await daybook.barriers(), []);
    await daybook.press("End");
    await daybook.type("!");
    await daybook.losesSight("This is not a link from a head office");
    await daybook.press("Tab", "Control+k");
    await daybook.find("dialog", "Find anything");
    await daybook.type("settings");
    await daybook.press("Enter");
    await daybook.find("heading", "Settings");
    // Reached by keys, the section is in sight: the picture is of it and not of the page's beginning.
    await daybook.tabTo("button", "Join a head office");
    await daybook.shot(`sync settings ${theme}`);
    await daybook.press("Enter");
    await daybook.find("heading", "Head office");
  });
}

test("a device without books can join before it sets one up", async (t) => {
  const daybook = await openDaybook(t);
  await daybook.click("button", "Join a head office");
  await daybook.fill("Link from head office", "nonsense");
  await daybook.click("button", "Join");
  assert.match(await daybook.complaint("Link from head office"), /^This is not a link from a head office/);
  await daybook.shot("sync onboarding");
  await daybook.click("button", "Cancel");
  await daybook.find("button", "Begin");
});
