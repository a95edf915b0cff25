// The keys of the product. Each has one meaning, on whatever screen it is met; a screen offers those that mean something on it.
// `mod` is Ctrl, and Command on a Mac. Single ones can be switched off, so everything they do has a button too.

export const KEYS = {
  find: "mod+k",
  keys: "?",
  search: "/",
  open: "Enter",
  copy: "mod+c",
  person: "mod+shift+p",
  up: "Escape",
  back: "alt+ArrowLeft",
  forward: "alt+ArrowRight",
  larger: "mod+=",
  smaller: "mod+-",
  usualSize: "mod+0",
  collect: "F2",
  expense: "F5",
  bill: "F3",
  areas: "F6",
  areasBack: "shift+F6",

  add: "n",
  edit: "e",
  archive: "d",
  /** While a text is typed. */
  archiveTyping: "mod+d",
  choose: "o",
  chooseTyping: "mod+o",
  goOn: "g",
  pause: "p",
  list: "l",
  /** Sends the form, and begins the next one; in a wizard, the next step. */
  next: "mod+Enter",

  /** Sends what is billed. */
  billIt: "mod+b",
  credit: "k",
  writeOff: "q",

  transfer: "t",
  reverse: "r",
  claim: "u",
  swap: "alt+s",
  closeAccount: "c",
  handOver: "h",
  addCustomer: "a",
  import: "i",
  undoImport: "z",
  saveRefused: "w",
  taxes: "%",
  verify: "v",
  syncNow: "s",
  compare: "m",
  backUp: "b",
  restore: "y",
} as const;

/** Other keys for the same, which are no single letter or sign. */
export const ALSO: Partial<Record<string, string>> = {
  [KEYS.keys]: "F1",
  [KEYS.search]: "mod+f",
  [KEYS.transfer]: "F4",
  // Where "+" is a key of its own, "=" is another.
  [KEYS.larger]: "mod++",
};

/** The key of the first of a list's choices, of the second, and so on. */
export function choiceKey(at: number): string {
  return String(at + 1);
}

/** The same, heard while a text is typed. */
export function choiceTypingKey(at: number): string {
  return `alt+${at + 1}`;
}

/** Whether a key is a letter, a digit or a sign that is pressed alone. */
export function isSingle(key: string): boolean {
  return key.length === 1;
}
