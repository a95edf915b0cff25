// Answers that the program handed in with the page, to what the page asks first. Each is used once, and none after a commit was heard
// of or after a while: the question then goes to the program, as every other.

import { Fault } from "./fault";

interface Told {
  command: string;
  input: unknown;
  answer?: unknown;
  fault?: unknown;
}

declare global {
  interface Window {
    daybookFirst?: Told[];
  }
}

const FRESH_MS = 10_000;

/** A page that is loaded again is handed the same answers, and they are old. */
function isFresh(): boolean {
  const [loading] = performance.getEntriesByType("navigation");
  return performance.now() < FRESH_MS && (loading as PerformanceNavigationTiming | undefined)?.type !== "reload";
}

/** Lets go of what isn't used yet: it may have changed. */
export function dropHandedIn(): void {
  window.daybookFirst = [];
}

/** The answer to that question, if it was handed in; throws a refusal as the command would. */
export function handedIn(command: string, input: unknown): { answer: unknown } | null {
  const told = window.daybookFirst ?? [];
  const at = told.findIndex((one) => one.command === command && JSON.stringify(one.input) === JSON.stringify(input));
  if (at < 0) return null;
  const [found] = told.splice(at, 1);
  if (!found || !isFresh()) return null;
  if (found.fault !== undefined) throw Fault.from(found.fault);
  return { answer: found.answer };
}
