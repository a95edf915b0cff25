// Keys and the actions behind them. A component offers actions for as long as it lives; the newest offer of a key wins;
// what an open dialog lies over doesn't hear keys. The command palette and the list of keys show what is offered here.

import { getContext, setContext, untrack } from "svelte";
import { ALSO, isSingle } from "./keymap";

export interface Action {
  id: string;
  title: string;
  /** One of the keymap's. */
  key?: string;
  run: () => void;
  /** Heard while a text is being typed too. */
  typing?: boolean;
  /** Not shown in the palette. */
  quiet?: boolean;
}

interface Offer {
  depth: number;
  group: string;
  actions: () => Action[];
}

export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");

class Keys {
  offers = $state.raw<Offer[]>([]);
  /** How many dialogs lie over the window. */
  depth = $state(0);
  /** Whether single letters and signs are heard: who dictates, or hits keys by accident, switches them off. */
  singles = $state(true);
  private wanted: string | null = null;
  // What stands, beside what is shown of it: what an effect reads of a state as it ends is what the state was before.
  private standing: Offer[] = [];

  /** All actions on offer on the uppermost layer, with the group they came in. */
  get offered(): { group: string; action: Action }[] {
    return this.offers.flatMap((offer) => offer.actions().map((action) => ({ group: offer.group, action })));
  }

  /** The keys that do what this key does, as things are. */
  forms(key: string): string[] {
    const also = ALSO[key];
    return [key, ...(also === undefined ? [] : [also])].filter((one) => this.singles || !isSingle(one));
  }

  /** Runs an action by its id, now or as soon as it is offered: the screen it belongs to may have yet to open. */
  run(id: string): void {
    const found = this.offered.find(({ action }) => action.id === id);
    if (found) found.action.run();
    else this.wanted = id;
  }

  offer(offer: Offer): () => void {
    this.stand([...this.standing, offer]);
    if (this.wanted !== null) {
      const action = offer.actions().find(({ id }) => id === this.wanted);
      if (action) {
        this.wanted = null;
        queueMicrotask(action.run);
      }
    }
    return () => this.stand(this.standing.filter((one) => one !== offer));
  }

  private stand(offers: Offer[]): void {
    this.standing = offers;
    this.offers = offers;
  }

  /** Hears a key; runs the newest action that has it. */
  heard(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target);
    for (const offer of [...this.offers].reverse()) {
      if (offer.depth < this.depth) continue;
      for (const action of offer.actions()) {
        const key = action.key && this.forms(action.key).find((one) => matches(one, event));
        if (!key) continue;
        if (typing && !action.typing && !key.includes("mod+")) continue;
        event.preventDefault();
        action.run();
        return;
      }
    }
  }
}

export const keys = new Keys();

/** Offers actions while the component lives. To be called while a component is set up. */
export function offer(group: () => string, actions: () => Action[]): void {
  const depth = layer();
  $effect(() => {
    const name = group();
    return untrack(() => keys.offer({ depth, group: name, actions }));
  });
}

const LAYER = Symbol("layer");

/** How many dialogs this component lies in. */
export function layer(): number {
  return getContext<number | undefined>(LAYER) ?? 0;
}

/** Marks what this component holds as lying one dialog higher, for as long as it lives: what it covers hears no keys. */
export function liftLayer(): void {
  const depth = layer() + 1;
  setContext(LAYER, depth);
  $effect(() => {
    const before = untrack(() => keys.depth);
    keys.depth = Math.max(before, depth);
    return () => {
      keys.depth = depth - 1;
    };
  });
}

/** Whether the event is this key. */
export function matches(key: string, event: KeyboardEvent): boolean {
  const wanted = key.split("+");
  const name = wanted.pop() || "+";
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if (wanted.includes("mod") !== mod || wanted.includes("alt") !== event.altKey) return false;
  if (/^[0-9]$/.test(name)) return event.code === `Digit${name}` && !event.shiftKey;
  // With Alt a letter key may give another sign, as on a Mac.
  if (wanted.includes("alt") && /^[a-z]$/.test(name)) return event.code === `Key${name.toUpperCase()}`;
  // A sign such as "?" needs Shift on some keyboards and not on others; a letter or a named key says whether it wants it.
  const isSign = name.length === 1 && name.toLowerCase() === name.toUpperCase();
  if (!isSign && wanted.includes("shift") !== event.shiftKey) return false;
  return event.key.toLowerCase() === name.toLowerCase();
}

/** Whether a text is typed there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

/** A key as `aria-keyshortcuts` has it: "Control+K". */
export function shortcut(key: string | undefined): string | undefined {
  const forms = key === undefined ? [] : keys.forms(key);
  const said = forms.map((form) =>
    form
      .split("+")
      .map((part) => ({ mod: isMac ? "Meta" : "Control", alt: "Alt", shift: "Shift" })[part] ?? (part.length === 1 ? part.toUpperCase() : part))
      .join("+"),
  );
  return said.length > 0 ? said.join(" ") : undefined;
}

/** A key as it is shown: ["Ctrl", "K"]. */
export function spelled(key: string): string[] {
  // Of "mod++" the last one is the key.
  return key.split(/\+(?!$)/).map((part) => {
    if (part === "mod") return isMac ? "⌘" : "Ctrl";
    if (part === "alt") return isMac ? "⌥" : "Alt";
    if (part === "shift") return isMac ? "⇧" : "Shift";
    if (part === "Escape") return "Esc";
    if (part === "ArrowUp") return "↑";
    if (part === "ArrowDown") return "↓";
    if (part === "ArrowLeft") return "←";
    if (part === "ArrowRight") return "→";
    if (part === "Enter") return "↵";
    return part.length === 1 ? part.toUpperCase() : part;
  });
}
