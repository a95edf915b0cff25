// How the list of customers was last looked at: coming back from a customer finds it so.

class Seen {
  search = $state("");
  archived = $state<"no" | "only" | "all">("no");
  sort = $state<"name" | "code" | "newest">("name");
  descending = $state(false);
  current = $state<string | null>(null);
}

export const seen = new Seen();
