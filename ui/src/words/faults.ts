// What failed, as a sentence for the person in front of it.

import type { Fault, FaultCode } from "$/bridge/fault";
import type { Unread } from "./decimal";
import { getLocale, m } from "./messages";
import { type Currency, sayMoney } from "./money";
import { found } from "./names";

/** As much of a fault as its sentence needs; its code may be one that this window does not know. */
export interface Refusal extends Pick<Fault, "message"> {
  code: FaultCode | string;
  details?: Fault["details"];
}

/**
 * The sentence for a fault. Where a fault tells more than its text, such as amounts, the sentence is made here; else the
 * store's own sentence is the most exact one, if the window speaks its language; else the catalogue has one for the code.
 */
export function sayFault(fault: Refusal, currency: Currency | null = null): string {
  if (fault.code === "insufficient_funds" && currency) {
    const available = fault.details?.["available_minor"];
    const asked = fault.details?.["asked_minor"];
    if (typeof available === "number" && typeof asked === "number") {
      return m.fault_insufficient_funds_amounts({
        available: sayMoney(available, currency),
        asked: sayMoney(asked, currency),
      });
    }
  }
  if (fault.code === "over_claimed" && currency) {
    const left = fault.details?.["left_minor"];
    const asked = fault.details?.["asked_minor"];
    if (typeof left === "number" && typeof asked === "number") {
      return m.fault_over_claimed_amounts({ left: sayMoney(left, currency), asked: sayMoney(asked, currency) });
    }
  }
  if (fault.code === "credit_limit" && currency) {
    const over = fault.details?.["over_by_minor"];
    const limit = fault.details?.["limit_minor"];
    if (typeof over === "number" && typeof limit === "number") {
      return m.fault_credit_limit_over({ over: sayMoney(over, currency), limit: sayMoney(limit, currency) });
    }
  }
  if (fault.message !== "" && getLocale() === "en") return fault.message;
  return found(`fault_${fault.code}`)?.() ?? (fault.message || m.fault_internal());
}

/** Why a typed amount or rate couldn't be read. */
export function sayUnread(why: Unread, decimals: number): string {
  switch (why) {
    case "empty":
      return m.unread_empty();
    case "not_a_number":
      return m.unread_not_a_number();
    case "ambiguous":
      return m.unread_ambiguous();
    case "too_many_decimals":
      return decimals === 0 ? m.unread_no_decimals() : m.unread_too_many_decimals({ count: decimals });
    case "too_large":
      return m.unread_too_large();
  }
}
