// What every noun that is archived says alike.

import type { Shown } from "$/bridge";
import { toasts } from "$/parts/toasts.svelte";
import { m } from "$/words/messages";

/** Which records a list can show; `none` is said where none is archived. */
export function shownChoices(none: string): { value: Shown; title: string; none?: string }[] {
  return [
    { value: "no", title: m.show_current() },
    { value: "only", title: m.show_archived(), none },
    { value: "all", title: m.show_all() },
  ];
}

/** The label of a row that is archived. */
export function archivedTag({ archived_at }: { archived_at: number | null }): { text: string } | null {
  return archived_at === null ? null : { text: m.archived_tag() };
}

/** Says that a record was archived, or unarchived. */
export function sayArchived({ name, archived_at }: { name: string; archived_at: number | null }): void {
  toasts.say(archived_at === null ? m.unarchived({ name }) : m.archived({ name }));
}
