import { m } from "$/words/messages";
import type { Report } from "./view.svelte";

/** The reports, in their order; what is said where one has no rows. */
export function reports(): { value: Report; title: string; none: string }[] {
  return [
    { value: "ages", title: m.report_ages(), none: m.report_ages_none() },
    { value: "takings", title: m.report_takings(), none: m.report_takings_none() },
    { value: "sales", title: m.report_sales(), none: m.report_sales_none() },
    { value: "taxes", title: m.report_taxes(), none: m.report_taxes_none() },
  ];
}
