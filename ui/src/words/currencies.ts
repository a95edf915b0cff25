// The currencies to choose from: codes from the system's own list, names in the person's language.

import { formatLocale } from "./locale";

const COMMON = ["EUR", "USD", "GBP", "KES", "NGN", "INR", "TZS", "UGX", "GHS", "XOF", "XAF", "ZAR", "BRL", "PHP", "IDR", "BDT", "PKR", "MXN", "JPY"];

/** All currencies with their names, the common ones first. */
export function currencies(): { code: string; name: string }[] {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("currency") : COMMON;
  const names = new Intl.DisplayNames([formatLocale()], { type: "currency" });
  const named = (code: string): { code: string; name: string } => ({ code, name: names.of(code) ?? code });
  const rest = all.filter((code) => !COMMON.includes(code)).map(named);
  rest.sort((a, b) => a.name.localeCompare(b.name));
  return [...COMMON.map(named), ...rest];
}

/** The time zones to choose from, the system's own first. */
export function timeZones(): string[] {
  const own = ownTimeZone();
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set([own, ...all, "UTC"])];
}

/** The system's time zone. */
export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
