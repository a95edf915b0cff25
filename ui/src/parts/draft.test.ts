import { describe, expect, it } from "vitest";
import { Draft } from "./draft.svelte";

const row = { name: "Ana", phone: "1", city: "Nairobi" };

describe("a draft", () => {
  it("knows what was typed", () => {
    const draft = new Draft(row);
    expect(draft.dirty).toBe(false);
    draft.values.name = "Bea";
    expect(draft.changed).toEqual(["name"]);
    draft.values.name = "Ana";
    expect(draft.dirty).toBe(false);
  });

  it("keeps what was typed when the record changed elsewhere, and takes over the rest", () => {
    const draft = new Draft(row);
    draft.values.name = "Bea";
    draft.rebase({ name: "Cleo", phone: "2", city: "Nairobi" });
    expect(draft.values).toEqual({ name: "Bea", phone: "2", city: "Nairobi" });
    expect(draft.changed).toEqual(["name"]);
  });

  it("names the values that two people changed", () => {
    const draft = new Draft(row);
    draft.values.name = "Bea";
    draft.values.city = "Mombasa";
    expect(draft.conflicts({ name: "Cleo", phone: "2", city: "Nairobi" })).toEqual(["name"]);
    expect(draft.conflicts({ name: "Bea", phone: "2", city: "Nairobi" })).toEqual([]);
  });

  it("takes the newer version when the person says so", () => {
    const draft = new Draft(row);
    draft.values.name = "Bea";
    draft.reset({ name: "Cleo", phone: "2", city: "Kisumu" });
    expect(draft.values).toEqual({ name: "Cleo", phone: "2", city: "Kisumu" });
    expect(draft.dirty).toBe(false);
  });

  it("is found again as it was left, until it is saved", () => {
    const left = new Draft(row, "customer 1");
    left.values.phone = "077";
    left.leave();
    const found = new Draft({ ...row, phone: "9" }, "customer 1");
    expect(found.restored).toBe(true);
    expect(found.values.phone).toBe("077");
    expect(found.start.phone, "what it was typed over").toBe("1");
    found.reset();
    found.leave();
    expect(new Draft(row, "customer 1").restored).toBe(false);
  });

  it("that holds nothing typed is not kept", () => {
    new Draft(row, "customer 2").leave();
    expect(new Draft(row, "customer 2").restored).toBe(false);
  });
});
