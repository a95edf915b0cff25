import { describe, expect, it } from "vitest";
import { type Call, type CallOptions, Fault } from "$/bridge";
import { place, Submission } from "./submission.svelte";

type Sent = { input: unknown; options: CallOptions | undefined };

/** A form's submission against answers that are given one after the other. */
function answering(...answers: (object | Fault)[]) {
  const sent: Sent[] = [];
  const call = (async (_command: string, input: unknown, options?: CallOptions) => {
    sent.push({ input, options });
    const answer = answers.shift();
    if (answer instanceof Fault) throw answer;
    return answer;
  }) as unknown as Call;
  const submission = new Submission("customer_edit", {
    names: ["name", "email", "amount"],
    aliases: { amount_minor: "amount" },
    call,
    say: (fault) => fault.message,
  });
  return { sent, submission };
}

const input = { customer_id: "c", row_version: 1, name: "Ana" };

describe("a fault finds its input", () => {
  const at = (field: string | null) =>
    place(new Fault("empty", "Say something.", field), ["name", "columns", "amount"], { amount_minor: "amount" }, (fault) => fault.message)
      .field;

  it("by its name, by what the form calls it, by what holds it, or at the head", () => {
    expect(at("name")).toBe("name");
    expect(at("amount_minor")).toBe("amount");
    expect(at("columns.price")).toBe("columns");
    expect(at("rows.3.name")).toBeNull();
    expect(at("unheard_of")).toBeNull();
    expect(at(null)).toBeNull();
  });
});

describe("a submission", () => {
  it("shows a fault with a field under its input, and any other at the head", async () => {
    const { submission } = answering(new Fault("bad_email", "Not an address.", "email"), new Fault("busy", "Busy."));
    expect(await submission.send(input)).toBeNull();
    expect(submission.errors).toEqual({ email: "Not an address." });
    expect(submission.head).toBeNull();
    submission.touched("email");
    expect(submission.errors).toEqual({});
    await submission.send(input);
    expect(submission.head).toBe("Busy.");
  });

  it("keeps its request id for the same input until it succeeded, and takes another for another", async () => {
    const { submission, sent } = answering(new Fault("busy", ""), new Fault("outcome_unknown", ""), { id: "c" }, { id: "c" }, { id: "c" });
    await submission.send(input);
    await submission.send(input);
    await submission.send(input);
    await submission.send(input);
    await submission.send({ ...input, name: "Bea" });
    const ids = sent.map(({ options }) => options?.requestId);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it("is sent once, however often it is pressed", async () => {
    const { submission, sent } = answering({ id: "c" }, { id: "c" });
    const [first, second] = await Promise.all([submission.send(input), submission.send(input)]);
    expect(first).toEqual({ id: "c" });
    expect(second).toBeNull();
    expect(sent).toHaveLength(1);
    expect(submission.working).toBe(false);
  });

  it("holds the row as it is now after stale, and says nothing at the head", async () => {
    const current = { id: "c", name: "Theirs", row_version: 2 };
    const { submission } = answering(new Fault("stale", "Changed.", null, { current }));
    await submission.send(input);
    expect(submission.current).toEqual(current);
    expect(submission.head).toBeNull();
    submission.clear();
    expect(submission.current).toBeNull();
  });

  it("sends nothing that the form knows to be wrong", () => {
    const { submission } = answering();
    expect(submission.refuse({ name: "Enter a name.", email: null })).toBe(true);
    expect(submission.errors).toEqual({ name: "Enter a name." });
    expect(submission.refuse({ name: null })).toBe(false);
    expect(submission.errors).toEqual({});
  });
});

describe("what was thrown", () => {
  it("becomes a fault: of its code, or of an outcome that nobody knows", () => {
    expect(Fault.from({ code: "not_found", message: "No.", field: "id", details: { a: 1 } })).toMatchObject({
      code: "not_found",
      message: "No.",
      field: "id",
      details: { a: 1 },
    });
    expect(Fault.from(new TypeError("gone")).code).toBe("outcome_unknown");
    expect(Fault.from("text").code).toBe("outcome_unknown");
  });
});
