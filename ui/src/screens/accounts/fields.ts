import type { AccountKind, AccountOpenInput, PaymentMethod } from "$/bridge";
import type { RecordField } from "$/parts/record";
import { m } from "$/words/messages";
import { kindName, methodName } from "$/words/names";
import { isMoney, OPENED_KINDS } from "./kinds";

const METHODS = ["cash", "mobile_money", "bank", "card", "cheque", "other"] as const satisfies PaymentMethod[];

const holdsMoney = ({ kind }: Readonly<Record<string, string>>): boolean => isMoney(kind as AccountKind);

/** What an account is described by; what it is and what is in it is asked when it is opened. */
export const ACCOUNT: readonly RecordField<keyof AccountOpenInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  {
    name: "kind",
    as: "choice",
    wide: true,
    required: true,
    once: true,
    choices: () => OPENED_KINDS.map((kind) => ({ value: kind, title: kindName(kind) })),
    start: "cash",
  },
  {
    name: "method",
    as: "choice",
    when: holdsMoney,
    choices: () => [{ value: "", title: m.account_method_kind() }, ...METHODS.map((method) => ({ value: method, title: methodName(method) }))],
  },
  { name: "person_id", as: "choice", when: holdsMoney, hint: m.account_person_hint },
  { name: "minimum_minor", as: "money", wide: true, hint: m.account_minimum_hint, when: holdsMoney, start: 0 },
  { name: "opening_minor", as: "money", hint: m.account_opening_hint, when: holdsMoney, once: true },
  { name: "date", as: "date", when: holdsMoney, once: true },
];
