// What is cut for want of width tells its whole text under the pointer.

/** Gives a text that is cut its whole as a title, and takes the title away where it fits again. To be heard over the whole window. */
export function titleWhatIsCut({ target }: Event): void {
  const text = target instanceof Element ? target.closest<HTMLElement>(".truncate") : null;
  if (!text) return;
  if (text.scrollWidth > text.clientWidth) {
    text.title = (text.innerText ?? "").trim();
    text.dataset["cut"] = "";
  } else if (text.dataset["cut"] !== undefined) {
    text.removeAttribute("title");
    delete text.dataset["cut"];
  }
}
