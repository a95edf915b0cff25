// Which ways of writing numbers and dates the person's system has. The language of the words is the catalogue's affair.

let known: string | null = null;

/** The locale for numbers and dates: the system's; English, where the system names none that can be read, such as "C". */
export function formatLocale(): string {
  if (known === null) {
    try {
      known = Intl.NumberFormat.supportedLocalesOf(navigator.language)[0] ?? "en";
    } catch {
      known = "en";
    }
  }
  return known;
}
