// What runs inside the page: finding by role and accessible name, as a screen reader would. Each function is sent as its source,
// so it may use the others here and nothing else.

const ROLES = {
  A: (element) => (element.hasAttribute("href") ? "link" : ""),
  BUTTON: () => "button",
  SUMMARY: () => "button",
  TEXTAREA: () => "textbox",
  SELECT: () => "combobox",
  OPTION: () => "option",
  DIALOG: () => "dialog",
  ARTICLE: () => "article",
  NAV: () => "navigation",
  MAIN: () => "main",
  ASIDE: () => "complementary",
  FORM: () => "form",
  SECTION: (element) => (element.hasAttribute("aria-label") || element.hasAttribute("aria-labelledby") ? "region" : ""),
  TABLE: () => "table",
  TR: () => "row",
  TD: () => "cell",
  TH: () => "columnheader",
  UL: () => "list",
  OL: () => "list",
  LI: () => "listitem",
  PROGRESS: () => "progressbar",
  OUTPUT: () => "status",
  IMG: () => "img",
  H1: () => "heading",
  H2: () => "heading",
  H3: () => "heading",
  H4: () => "heading",
  INPUT: ({ type }) =>
    ({ checkbox: "checkbox", radio: "radio", button: "button", submit: "button", search: "searchbox", range: "slider", number: "spinbutton" })[
      type
    ] ?? "textbox",
};

export function roleOf(element) {
  return element.getAttribute("role") ?? ROLES[element.tagName]?.(element) ?? "";
}

export function plain(text) {
  return (text ?? "").replaceAll(/\s+/g, " ").trim();
}

export function nameOf(element) {
  const labelled = element.getAttribute("aria-labelledby");
  if (labelled) {
    return plain(
      labelled
        .split(/\s+/)
        .map((id) => document.getElementById(id)?.innerText ?? "")
        .join(" "),
    );
  }
  const said = element.getAttribute("aria-label");
  if (said) return plain(said);
  if (element.labels?.length) return plain([...element.labels].map((label) => label.innerText).join(" "));
  return plain(element.innerText) || plain(element.alt) || plain(element.title) || plain(element.placeholder);
}

/** A name is what was asked for, or begins with it: "Name" finds "Name required". */
export function named(name, wanted) {
  return name === wanted || name.startsWith(`${wanted} `);
}

export function matcher({ name, source, flags }) {
  return source === undefined ? (text) => name === undefined || named(text, name) : (text) => new RegExp(source, flags).test(text);
}

export function visible(element) {
  return element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true], [inert]");
}

/** What has that role and name; inside a landmark or dialog, if one is named. */
export function control({ role, within, ...wanted }) {
  const place = within ? control(within) : document.body;
  if (!place) return undefined;
  const fits = matcher(wanted);
  const found = [...place.querySelectorAll("*")].filter(
    (element) => roleOf(element) === role && !element.disabled && visible(element) && fits(nameOf(element)),
  );
  return found.find((element) => nameOf(element) === wanted.name) ?? found[0];
}

export function shows({ within, name, source, flags }) {
  const place = within ? control(within) : document.body;
  if (!place) return undefined;
  const text = plain(place.innerText);
  return (source === undefined ? text.includes(plain(name)) : new RegExp(source, flags).test(text)) || undefined;
}

export function not(found) {
  return found === undefined ? true : undefined;
}

/** Gives the control the focus. */
export function focus(wanted) {
  const found = control(wanted);
  found?.focus();
  return (found && document.activeElement === found) || undefined;
}

export function hasFocus(wanted) {
  const element = document.activeElement;
  return (element !== null && roleOf(element) === wanted.role && matcher(wanted)(nameOf(element))) || undefined;
}

/** Presses the label of a radio button, which is what one sees of it. */
export function pick(wanted) {
  const fits = matcher(wanted);
  const label = [...document.querySelectorAll("label:has(input[type=radio])")].find(
    (one) => visible(one) && fits(plain(one.innerText)),
  );
  label?.click();
  return label?.querySelector("input").checked || undefined;
}

/** The sentence that describes a field which is marked invalid. */
export function complaint(wanted) {
  const field = control(wanted);
  if (field?.getAttribute("aria-invalid") !== "true") return undefined;
  const ids = (field.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean);
  return plain(ids.map((id) => document.getElementById(id)?.innerText ?? "").join(" ")) || undefined;
}

export function focused() {
  const element = document.activeElement ?? document.body;
  return { role: roleOf(element), name: nameOf(element).slice(0, 200), value: element.value ?? "" };
}

/**
 * What scrolls behind round corners, by their classes: WebKit paints each frame of that anew through a mask, at several times the cost.
 * A field of text is small enough.
 */
export function roundClips() {
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowY + getComputedStyle(element).overflowX);
  return [...document.body.querySelectorAll("*:not(textarea)")]
    .filter((element) => {
      const { overflowX, overflowY, borderTopLeftRadius, borderTopRightRadius } = getComputedStyle(element);
      const clips = overflowX !== "visible" || overflowY !== "visible";
      const round = parseFloat(borderTopLeftRadius) > 0 || parseFloat(borderTopRightRadius) > 0;
      return clips && round && visible(element) && [element, ...element.querySelectorAll("*:not(textarea)")].some(scrolls);
    })
    .map((element) => `${element.tagName.toLowerCase()} .${element.className}`);
}

/** What is cut for want of width, be it by half a pixel, which `scrollWidth` rounds away. */
export function cut() {
  const whole = document.createElement("style");
  whole.textContent = ".truncate { text-overflow: clip !important }";
  document.head.append(whole);
  const isCut = (element) => {
    const text = document.createRange();
    text.selectNodeContents(element);
    const { paddingLeft, paddingRight } = getComputedStyle(element);
    const room = element.getBoundingClientRect().width - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return text.getBoundingClientRect().width > room + 0.05;
  };
  const found = [...document.body.querySelectorAll(".truncate")].filter((element) => visible(element) && isCut(element));
  whole.remove();
  return found;
}

export function cutTexts() {
  return cut().map((element) => plain(element.innerText));
}

/** Those of them that don't tell their whole text to the pointer. */
export function untold() {
  return cut()
    .filter((element) => {
      element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      return element.title !== element.innerText.trim();
    })
    .map((element) => plain(element.innerText));
}

/** What is wider than the place it scrolls sideways in, or than the window. */
export function overWide() {
  const wide = [document.documentElement, document.querySelector("main")].filter((element) => element && element.scrollWidth > element.clientWidth + 1);
  return wide.map((element) => `${element.tagName} is ${element.scrollWidth} px wide in ${element.clientWidth}`);
}

/** Why the window isn't at rest: the page says what it waits for; what moves and which fonts are missing is seen. */
export function unrest() {
  const { at, busy } = document.documentElement.dataset;
  if (document.readyState !== "complete") return "the page is still loading";
  if (at !== location.hash) return `the screen is still that of ${at}, not of ${location.hash}`;
  if (busy) return `it waits for ${busy}`;
  if (document.querySelector("[role=grid][aria-busy=true]")) return "a list waits for its rows";
  if (document.fonts.status !== "loaded") return "fonts are still loading";
  const moves = ({ playState, effect }) => playState === "running" && effect?.getTiming().iterations !== Infinity;
  if (document.getAnimations().some(moves)) return "something still moves";
  return undefined;
}

export const source = [
  `const ROLES = {${Object.entries(ROLES)
    .map(([tag, role]) => `${tag}: ${role}`)
    .join(",")}};`,
  ...[roleOf, plain, nameOf, named, matcher, visible, control, shows, not, focus, hasFocus, pick, complaint, focused, roundClips, cut, cutTexts, untold, overWide, unrest],
].join("\n");
