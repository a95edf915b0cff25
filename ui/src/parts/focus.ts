import { tick } from "svelte";

/** After a refusal, the first field that is wrong has the focus. */
export async function focusWrong(form: HTMLElement | undefined): Promise<void> {
  await tick();
  const wrong = ["input", "textarea", "[role=radiogroup]"].map((control) => `${control}[aria-invalid=true]`);
  const first = form?.querySelector<HTMLElement>(wrong.join());
  (first?.querySelector<HTMLElement>("input:checked") ?? first)?.focus();
}
