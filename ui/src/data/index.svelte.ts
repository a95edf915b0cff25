// The window's one set of questions, and how a component asks.

import { call, type Commands, onChanged, type Fault } from "$/bridge";
import { untrack } from "svelte";
import { type ListName, Pages } from "./pages.svelte";
import { type PlacedName, PlacedRows } from "./placed.svelte";
import { keyOf, type Question, Questions } from "./questions.svelte";
import type { ReadName } from "./rests";

export const questions = new Questions(call);

/** Starts to hear what changed; once, when the window opens. */
export function listen(): () => void {
  return onChanged((changed) => questions.changed(changed));
}

export interface Asked<C extends ReadName> {
  /** The newest answer; while other settings are asked, the answer to the ones before. */
  readonly answer: Commands[C]["answer"] | undefined;
  readonly fault: Fault | null;
  readonly asking: boolean;
  again: () => void;
}

/** Asks for as long as the component lives; null asks nothing. To be called while a component is set up. */
export function ask<C extends ReadName>(command: C, input: () => Commands[C]["input"] | null): Asked<C> {
  let last = $state.raw<Commands[C]["answer"] | undefined>(undefined);
  const key = $derived.by(() => {
    const given = input();
    return given === null ? null : keyOf(command, given);
  });
  const question = $derived.by((): Question<C> | null => {
    if (key === null) return null;
    return untrack(() => questions.question(command, input() as Commands[C]["input"]));
  });
  $effect(() => {
    const held = question;
    if (held) return untrack(() => questions.hold(held));
    return undefined;
  });
  $effect(() => {
    if (question?.answer !== undefined) last = question.answer;
  });
  return {
    get answer() {
      return question?.answer ?? (question ? last : undefined);
    },
    get fault() {
      return question?.fault ?? null;
    },
    get asking() {
      return question?.asking ?? false;
    },
    again: () => void question?.again(),
  };
}

/** A list that is answered whole, to be shown as one that is read page by page. */
export function whole<R>(asked: { readonly answer: { rows: R[] } | undefined; readonly fault: Fault | null; again: () => void }) {
  return {
    get rows(): readonly R[] {
      return asked.answer?.rows ?? [];
    },
    get unknown(): boolean {
      return asked.answer === undefined && asked.fault === null;
    },
    hasMore: false,
    get fault(): Fault | null {
      return asked.fault;
    },
    more: () => {},
    retry: () => asked.again(),
  };
}

/** Reads a list page by page for as long as the component lives. */
export function list<C extends ListName>(command: C, input: () => Commands[C]["input"]): Pages<C> {
  return living(new Pages(command, questions), command, input);
}

/** Reads what is looked at of a list of known length, for as long as the component lives. */
export function placed<C extends PlacedName>(command: C, input: () => Commands[C]["input"]): PlacedRows<C> {
  return living(new PlacedRows(command, questions), command, input);
}

function living<C extends ListName, L extends { open(input: Commands[C]["input"]): void; join(): () => void }>(
  rows: L,
  command: C,
  input: () => Commands[C]["input"],
): L {
  const key = $derived(keyOf(command, input()));
  $effect(() => {
    void key;
    untrack(() => rows.open(input()));
  });
  $effect(() => rows.join());
  return rows;
}
