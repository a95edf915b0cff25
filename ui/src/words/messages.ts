// Every string on screen, from the catalogue in messages/.

export { m } from "../paraglide/messages.js";
export { getLocale, isLocale, locales, setLocale } from "../paraglide/runtime.js";
