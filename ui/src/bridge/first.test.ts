import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "./fault";
import { dropHandedIn, handedIn } from "./first";

describe("an answer that was handed in with the page", () => {
  beforeEach(() => {
    window.daybookFirst = [
      { command: "setting_get", input: { key: "theme" }, answer: { key: "theme", value: "dark" } },
      { command: "setting_get", input: { key: "language" }, answer: { key: "language", value: null } },
      { command: "status", input: {}, fault: { code: "no_store", message: "There is no store.", field: null } },
    ];
  });

  it("is that of its command and input, and is used once", () => {
    expect(handedIn("setting_get", { key: "language" })).toEqual({ answer: { key: "language", value: null } });
    expect(handedIn("setting_get", { key: "language" })).toBeNull();
    expect(handedIn("setting_get", { key: "theme" })).toEqual({ answer: { key: "theme", value: "dark" } });
    expect(handedIn("overview", {})).toBeNull();
  });

  it("may be a refusal", () => {
    expect(() => handedIn("status", {})).toThrow(Fault);
    expect(handedIn("status", {})).toBeNull();
  });

  it("isn't used once something changed", () => {
    dropHandedIn();
    expect(handedIn("setting_get", { key: "theme" })).toBeNull();
  });
});
