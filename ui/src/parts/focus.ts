import { tick } from "svelte";

/** After a refusal, the first field that is wrong has the focus. */
export async function focusWrong(form: HTMLElement | undefined): Promise<void> {
  await tick();
  form?.querySelector<HTMLElement>("input[aria-invalid=true], textarea[aria-invalid=true]")?.focus();
}
