import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import Join from "./Join.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

const LINK = "daybook-link:abc";
const status = { book: null, person: null, persons: [] };

/** Answers each command with what is given, or refuses with it where it has a code. */
function answers(given: Record<string, unknown>): void {
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string } }) => {
    const answer = { status, ...given }[envelope.command];
    if (typeof answer === "object" && answer !== null && "code" in answer) throw answer;
    return answer;
  });
}

const sent = (command: string): { input: Record<string, unknown> }[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope).filter((envelope) => envelope.command === command);
const field = (): HTMLTextAreaElement => screen.getByLabelText(/^Link from head office/);
const complaint = (): string => document.getElementById(field().getAttribute("aria-describedby") ?? "")?.textContent ?? "";

async function join(link: string): Promise<ReturnType<typeof vi.fn>> {
  const onjoined = vi.fn();
  render(Join, { onjoined });
  const user = userEvent.setup();
  if (link) await user.type(field(), link);
  await user.click(screen.getByRole("button", { name: "Join" }));
  return onjoined;
}

beforeEach(() => {
  invoke.mockReset();
});

describe("joining a head office", () => {
  it("asks for a link before it sends anything", async () => {
    answers({});
    await join("");
    await waitFor(() => expect(complaint()).toContain("Paste the link."));
    expect(sent("sync_join")).toEqual([]);
  });

  it.each(["bad_link", "refused", "tls", "unreachable", "central_too_old", "central_too_new"])(
    "says %s under the link, keeps the link, and takes the sentence away when it is typed in",
    async (code) => {
      answers({ sync_join: { code, message: "No, because.", field: code === "bad_link" ? "link" : null } });
      await join(LINK);
      await waitFor(() => expect(field().getAttribute("aria-invalid")).toBe("true"));
      expect(complaint()).toContain("No, because.");
      expect(screen.queryAllByText("No, because.")).toHaveLength(1);
      expect(field().value).toBe(LINK);
      await userEvent.setup().type(field(), "x");
      expect(field().getAttribute("aria-invalid")).toBeNull();
    },
  );

  it("says at the head what has nothing to do with the link", async () => {
    answers({ sync_join: { code: "not_allowed", message: "Only an owner may." } });
    await join(LINK);
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Only an owner may."));
    expect(field().getAttribute("aria-invalid")).toBeNull();
  });

  it("forgets the link once it was good, and takes in what is there", async () => {
    answers({ sync_join: { book_id: "b", adopted: true }, sync_now: {} });
    const onjoined = await join(` ${LINK} `);
    await waitFor(() => expect(onjoined).toHaveBeenCalled());
    expect(sent("sync_join")[0]?.input).toEqual({ link: LINK });
    expect(sent("sync_now")).toHaveLength(1);
    expect(field().value).toBe("");
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain(LINK);
  });

  it("has joined even when the line breaks before everything is taken in", async () => {
    answers({ sync_join: { book_id: "b", adopted: false }, sync_now: { code: "unreachable", message: "Gone." } });
    const onjoined = await join(LINK);
    await waitFor(() => expect(onjoined).toHaveBeenCalled());
    expect(field().value).toBe("");
  });
});
