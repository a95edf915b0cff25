import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { questions } from "$/data/index.svelte";
import { session } from "$/data/session.svelte";
import Collect from "./Collect.svelte";
import { collecting } from "./collecting.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

interface Envelope {
  command: string;
  input: Record<string, unknown>;
  request_id?: string;
}

const njeri = { id: "c1", name: "Mama Njeri Shop", code: "MN1", phone: "0712 345 678", city: "Thika", balance_minor: 420_000 };
const kamau = { id: "c2", name: "Kamau Traders", code: null, phone: null, city: null, balance_minor: 0 };
const till = { id: "a1", name: "Till", kind: "cash", balance_minor: 0 };
const wallet = { id: "a2", name: "M-Pesa", kind: "mobile_money", balance_minor: 0 };
const item = (id: string, open_minor: number) => ({ id, number: id, kind: "bill", open_minor, left_minor: 0, overpaid_minor: 0 });

let kept: string | null;
let answers: ((envelope: Envelope) => unknown)[];

function received({ input }: Envelope): unknown {
  const amount = (input["amount_minor"] ?? 420_000) as number;
  const tendered = input["tendered_minor"] as number | undefined;
  return {
    id: "p1",
    number: "D1-P-000312",
    purpose: "settlement",
    customer_name: "Mama Njeri Shop",
    account_name: "Till",
    amount_minor: amount,
    worth_minor: amount,
    counted_minor: Math.min(amount, 420_000),
    change_minor: tendered === undefined ? 0 : tendered - amount,
    balance_minor: 420_000 - amount,
    claims: [{ id: "k1", target_number: "B-118", counted_minor: 112_800 }],
  };
}

/** What the store would say that a payment of the one who owes comes to. */
function proposed(input: Record<string, unknown>): unknown {
  const amount_minor = input["amount_minor"] as number;
  const tendered = input["tendered_minor"] as number | null;
  const first = Math.min(amount_minor, 112_800);
  const second = Math.min(amount_minor - first, 307_200);
  return {
    amount_minor,
    rounding_minor: 0,
    claims: [{ bill_id: "B-118", amount_minor: first }, { bill_id: "B-121", amount_minor: second }].filter(({ amount_minor: part }) => part > 0),
    credit_minor: Math.max(0, amount_minor - 420_000),
    change_minor: tendered === null ? null : tendered - amount_minor,
  };
}

/** What an earlier test remembered is asked anew. */
const remembered = (): Promise<void> => questions.question("setting_get", { key: "collect_account" }).again();

beforeEach(async () => {
  location.hash = "";
  kept = null;
  answers = [];
  collecting.open = false;
  invoke.mockReset();
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: Envelope }) => {
    const { command, input } = envelope;
    switch (command) {
      case "status":
        return { book: { currency: "KES", currency_exponent: 2, time_zone: "UTC", cash_step_minor: 0 }, persons: [], person: { role: "owner" } };
      case "customer_find":
        return { rows: [njeri, kamau].filter(({ name }) => !input["search"] || name.toLowerCase().includes(String(input["search"]))), next_cursor: null };
      case "customer_account":
        return input["customer_id"] === "c1"
          ? { customer: njeri, balance_minor: 420_000, open_minor: 420_000, overdue_minor: 0, oldest_due_date: null, items: [item("B-118", 112_800), item("B-121", 307_200)] }
          : { customer: kamau, balance_minor: 0, open_minor: 0, overdue_minor: 0, oldest_due_date: null, items: [] };
      case "payment_propose":
        return proposed(input);
      case "account_list":
        return { rows: [till, wallet], next_cursor: null };
      case "setting_get":
        return { key: input["key"], value: kept };
      case "setting_set":
        kept = String(input["value"]);
        return { key: input["key"], value: kept };
      case "customer_add":
        return { ...kamau, id: "c2", name: input["name"] };
      default:
        return (answers.shift() ?? received)(envelope);
    }
  });
  await session.again();
  await remembered();
});

const sent = (command: string): Record<string, unknown>[] =>
  invoke.mock.calls.map(([, { envelope }]) => envelope as Envelope).filter((envelope) => envelope.command === command).map(({ input }) => input);
const amount = (): Promise<HTMLInputElement> => screen.findByLabelText(/^Amount/);

it("collects the whole debt in three actions by keys, and goes on to the next with a count", async () => {
  const user = userEvent.setup();
  render(Collect);
  collecting.show();
  const who = await screen.findByRole("combobox", { name: "Who paid?" });
  await waitFor(() => expect(screen.getAllByRole("option")).toHaveLength(2));
  expect(screen.getAllByRole("option")[0]?.textContent, "who owes most comes first").toMatch(/Mama Njeri Shop.*4,200\.00/s);
  await user.type(who, "njeri{Enter}");
  const field = await amount();
  await waitFor(() => expect(field.value).toBe("4,200.00"));
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(screen.getByText(/Oldest first: B-118 1,128\.00 · B-121 3,072\.00/)).toBeTruthy();
  await user.keyboard("{Enter}");
  await screen.findByText("Now owes 0.00 KES");
  expect(sent("payment_receive")).toEqual([{ customer_id: "c1", account_id: "a1", amount_minor: 420_000, reference: null, memo: null }]);
  expect(screen.getByText("1 payment so far: 4,200.00 KES")).toBeTruthy();
  await waitFor(() => expect(kept, "the account is remembered").toBe("a1"));
  await waitFor(() => expect(document.activeElement?.textContent).toContain("Next"));
  await user.keyboard("{Enter}");
  await screen.findByRole("combobox", { name: "Who paid?" });
});

it("says what stays as credit, and begins with the account that was used last", async () => {
  kept = "a2";
  await remembered();
  const user = userEvent.setup();
  render(Collect);
  collecting.show("c1");
  const field = await amount();
  await waitFor(() => expect(field.value).toBe("4,200.00"));
  await user.clear(field);
  await user.type(field, "5200");
  expect(await screen.findByText("1,000.00 KES stays as credit")).toBeTruthy();
  await waitFor(() => expect((screen.getByRole("radio", { name: /M-Pesa/ }) as HTMLInputElement).checked).toBe(true));
  expect(screen.queryByLabelText("Given"), "nobody gives change in a wallet").toBeNull();
});

it("sends what was given where there is change, with what it pays", async () => {
  const user = userEvent.setup();
  render(Collect);
  collecting.show("c1");
  const field = await amount();
  await waitFor(() => expect(field.value).toBe("4,200.00"));
  await user.clear(field);
  await user.type(field, "1500");
  await user.type(screen.getByLabelText("Given"), "2000");
  expect(await screen.findByText("Change: 500.00 KES")).toBeTruthy();
  await user.keyboard("{Enter}");
  await screen.findByText("Collected");
  expect(sent("payment_receive")[0]).toMatchObject({
    tendered_minor: 200_000,
    claims: [
      { bill_id: "B-118", amount_minor: 112_800 },
      { bill_id: "B-121", amount_minor: 37_200 },
    ],
  });
});

it("says under the reference that the account had it, and takes it once that was confirmed", async () => {
  answers = [
    () => {
      throw { code: "duplicate_reference", message: "The payment D1-P-000007 has this reference.", field: "reference" };
    },
  ];
  const user = userEvent.setup();
  render(Collect);
  collecting.show("c1");
  const field = await amount();
  await waitFor(() => expect(field.value).toBe("4,200.00"));
  await user.type(screen.getByLabelText("Reference"), "QX7{Enter}");
  await screen.findByText("The payment D1-P-000007 has this reference.");
  expect(document.activeElement, "the field that is wrong has the focus").toBe(screen.getByLabelText("Reference"));
  await user.click(screen.getByLabelText("It is another payment: take it"));
  await user.keyboard("{Enter}");
  await screen.findByText("Collected");
  expect(sent("payment_receive")[1]).toMatchObject({ reference: "QX7", accept_duplicate: true });
});

it("adds whoever isn't there yet", async () => {
  const user = userEvent.setup();
  render(Collect);
  collecting.show();
  await user.type(await screen.findByRole("combobox", { name: "Who paid?" }), "Odhiambo");
  await screen.findByText("Add “Odhiambo” as a customer");
  await user.keyboard("{Enter}");
  await amount();
  expect(sent("customer_add")).toEqual([{ name: "Odhiambo" }]);
});

it("asks for an amount before anything is sent", async () => {
  const user = userEvent.setup();
  render(Collect);
  collecting.show("c1");
  const field = await amount();
  await waitFor(() => expect(field.value).toBe("4,200.00"));
  await user.clear(field);
  await user.type(field, "0{Enter}");
  await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
  expect(sent("payment_receive")).toEqual([]);
});
