/** The first and the last day that were chosen, empty where it is open; where nobody chose, this month so far. */
export function period({ from, to }: { from: string | null; to: string | null }, today: string): { from: string; to: string } {
  return { from: from ?? `${today.slice(0, 8)}01`, to: to ?? today };
}

/** The same as commands take it. */
export function asInput(chosen: { from: string; to: string }): { from_date: string | null; to_date: string | null } {
  return { from_date: chosen.from || null, to_date: chosen.to || null };
}
