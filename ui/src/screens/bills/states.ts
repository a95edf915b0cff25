// What has become of a bill, as a word, an icon and a tint.

import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import CircleDot from "@lucide/svelte/icons/circle-dot";
import CircleSlash from "@lucide/svelte/icons/circle-slash";
import ClockAlert from "@lucide/svelte/icons/clock-alert";
import type { Bill } from "$/bridge";
import type { Tone } from "$/parts/Tag.svelte";
import { m } from "$/words/messages";

export interface Told {
  text: string;
  tone: Tone;
  icon: typeof CircleCheck;
}

type Judged = Pick<Bill, "kind" | "state" | "due_date" | "date" | "open_minor" | "reverses_id">;

/** What a bill is to be looked at as, on this day. */
export function stateOf({ kind, state, due_date, date, open_minor, reverses_id }: Judged, today: string): Told {
  if (reverses_id !== null) return { text: m.reversal_tag(), tone: "plain", icon: CircleSlash };
  if (kind === "credit") return { text: open_minor > 0 ? m.bill_state_credit_left() : m.bill_state_credit_used(), tone: "plain", icon: CircleCheck };
  if (kind === "write_off") return { text: m.bill_kind_write_off(), tone: "plain", icon: CircleSlash };
  switch (state) {
    case "voided":
      return { text: m.bill_state_voided(), tone: "plain", icon: CircleSlash };
    case "reversed":
      return { text: m.reversed_tag(), tone: "plain", icon: CircleSlash };
    case "written_off":
      return { text: m.bill_state_written_off(), tone: "plain", icon: CircleSlash };
    case "paid":
      return { text: m.bill_state_paid(), tone: "good", icon: CircleCheck };
    case "part_paid":
    case "open":
    case null:
      break;
  }
  if (open_minor > 0 && (due_date ?? date) < today) return { text: m.bill_state_overdue(), tone: "bad", icon: ClockAlert };
  return state === "part_paid"
    ? { text: m.bill_state_part_paid(), tone: "warn", icon: CircleDot }
    : { text: m.bill_state_open(), tone: "accent", icon: CircleDashed };
}

/** What kind of document it is. */
export function kindOf({ kind }: Pick<Bill, "kind">): string {
  return { bill: m.table_payment_bill, debt: m.bill_kind_debt, credit: m.bill_kind_credit, write_off: m.bill_kind_write_off }[kind]();
}
