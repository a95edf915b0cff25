import { describe, expect, it, vi } from "vitest";
import { type Call, Fault } from "$/bridge";
import { keyOf, Questions, type Schedule } from "./questions.svelte";

/** A call whose answers are let go by hand. */
function byHand() {
  const asked: { command: string; input: unknown; answer: (value: unknown) => void; refuse: (fault: unknown) => void }[] = [];
  const call = ((command: string, input: unknown) =>
    new Promise((answer, refuse) => asked.push({ command, input, answer, refuse }))) as unknown as Call;
  return { asked, call };
}

function frames() {
  const waiting: (() => void)[] = [];
  const schedule: Schedule = (run) => waiting.push(run);
  return { schedule, next: () => waiting.splice(0).forEach((run) => run()) };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

describe("questions", () => {
  it("are asked when they are held, and once for many holders", () => {
    const { asked, call } = byHand();
    const questions = new Questions(call, frames().schedule);
    const question = questions.question("customer_list", { search: "a" });
    expect(asked).toHaveLength(0);
    questions.hold(question);
    questions.hold(questions.question("customer_list", { search: "a" }));
    expect(asked).toHaveLength(1);
  });

  it("are asked again when a table that they rest on changed, and not for others", async () => {
    const { asked, call } = byHand();
    const frame = frames();
    const questions = new Questions(call, frame.schedule);
    questions.hold(questions.question("customer_list", {}));
    questions.hold(questions.question("product_list", {}));
    asked.splice(0).forEach(({ answer }) => answer({ rows: [], next_cursor: null }));
    await settled();
    questions.changed({ tables: ["customer"] });
    frame.next();
    expect(asked.map(({ command }) => command)).toEqual(["customer_list"]);
  });

  it("are asked once in a frame, however many commits came", async () => {
    const { asked, call } = byHand();
    const frame = frames();
    const questions = new Questions(call, frame.schedule);
    questions.hold(questions.question("tax_list", {}));
    asked.splice(0).forEach(({ answer }) => answer({ rows: [], next_cursor: null }));
    await settled();
    for (let at = 0; at < 50; at += 1) questions.changed({ tables: ["tax"] });
    expect(asked).toHaveLength(0);
    frame.next();
    expect(asked).toHaveLength(1);
  });

  it("show the old answer while they are asked, and are asked once more when a commit came meanwhile", async () => {
    const { asked, call } = byHand();
    const frame = frames();
    const questions = new Questions(call, frame.schedule);
    const question = questions.question("tax_list", {});
    questions.hold(question);
    const old = { rows: [], next_cursor: null };
    asked.shift()?.answer(old);
    await settled();
    questions.changed({ tables: ["tax"] });
    frame.next();
    expect(question.answer).toEqual(old);
    expect(question.asking).toBe(true);
    questions.changed({ tables: ["tax"] });
    frame.next();
    expect(asked).toHaveLength(1);
    asked.shift()?.answer({ rows: [], next_cursor: "between" });
    await settled();
    expect(asked, "the answer may have been made before the second commit").toHaveLength(1);
    asked.shift()?.answer({ rows: [], next_cursor: "last" });
    await settled();
    expect(question.answer).toEqual({ rows: [], next_cursor: "last" });
    expect(question.asking).toBe(false);
  });

  it("that nobody holds are asked when they are held again", async () => {
    const { asked, call } = byHand();
    const frame = frames();
    const questions = new Questions(call, frame.schedule);
    const release = questions.hold(questions.question("tax_list", {}));
    asked.shift()?.answer({ rows: [], next_cursor: null });
    await settled();
    release();
    questions.changed({ tables: ["tax"] });
    frame.next();
    expect(asked).toHaveLength(0);
    questions.hold(questions.question("tax_list", {}));
    expect(asked).toHaveLength(1);
  });

  it("keep their answer when asking again fails", async () => {
    const { asked, call } = byHand();
    const questions = new Questions(call, frames().schedule);
    const question = questions.question("tax_list", {});
    questions.hold(question);
    asked.shift()?.answer({ rows: [], next_cursor: "kept" });
    await settled();
    const again = question.again();
    asked.shift()?.refuse({ code: "busy", message: "Busy." });
    await again;
    expect(question.answer).toEqual({ rows: [], next_cursor: "kept" });
    expect(question.fault).toBeInstanceOf(Fault);
    expect(question.fault?.code).toBe("busy");
  });

  it("are all asked again when another store lies beneath", async () => {
    const { asked, call } = byHand();
    const frame = frames();
    const questions = new Questions(call, frame.schedule);
    questions.hold(questions.question("import_kinds", {}));
    asked.shift()?.answer({ rows: [] });
    await settled();
    const refresh = vi.fn();
    questions.join({ command: "customer_list", refresh });
    questions.changedEverything();
    frame.next();
    expect(asked).toHaveLength(1);
    expect(refresh).toHaveBeenCalledOnce();
  });

  it("are the same whatever the order of their fields", () => {
    expect(keyOf("a", { x: 1, y: { q: 1, p: [1, { b: 1, a: undefined }] } })).toBe(keyOf("a", { y: { p: [1, { b: 1 }], q: 1 }, x: 1 }));
    expect(keyOf("a", { x: null })).not.toBe(keyOf("a", {}));
  });
});
