import { describe, expect, it } from "vitest";
import { busy, busyWith } from "./busy";

const said = (): string | undefined => document.documentElement.dataset["busy"];

describe("the document's root", () => {
  it("names what is under way once, until the last of it has ended", () => {
    const [first, second, other] = [busy("customer_list"), busy("customer_list"), busy("status")];
    expect(said()).toBe("customer_list status");
    first();
    expect(said()).toBe("customer_list status");
    second();
    expect(said()).toBe("status");
    other();
    expect(said()).toBeUndefined();
  });

  it("names what is awaited until it came, or failed", async () => {
    const came = busyWith("came", Promise.resolve(7));
    const failed = busyWith("failed", Promise.reject(new Error("no")));
    expect(said()).toBe("came failed");
    expect(await came).toBe(7);
    await expect(failed).rejects.toThrow("no");
    expect(said()).toBeUndefined();
  });
});
