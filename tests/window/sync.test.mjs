// Head office in the window: a book that is only here, and a link that is none.

import assert from "node:assert/strict";
import test from "node:test";
import { filledStore, openDaybook } from "./app.mjs";

test("every screen says that a book is only here, and a text that is no link is refused under it", async (t) => {
  const daybook = await openDaybook(t, filledStore(t));
  await daybook.sees("Only on this device");
  await daybook.press("Control+7");
  await daybook.find("heading", "Head office");
  await daybook.shot("sync alone");
  await daybook.fill("Link from head office", "https://books.example/join");
  await daybook.click("button", "Join");
  assert.match(await daybook.complaint("Link from head office"), /^This is not a link from a head office/);
  // A device that can't reach the server that a link names says so, and keeps the link to try again.
  const link = { v: 1, host: "127.0.0.1", port: 1, database: "none", role: "nobody", password: "none", authority: null, book: null };
  await daybook.fill("Link from head office", `daybook-link:${Buffer.from(JSON.stringify(link)).toString("base64url")}`);
  await daybook.click("button", "Join");
  await daybook.sees(/Head office can't be reached/);
});

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
