// Which screen is open, and on what: kept in the address, so that going back is a key of the window.

export interface Route {
  screen: string;
  /** What the screen is opened on, such as a customer's id. */
  on: string | null;
}

function read(): Route {
  const [screen = "", on = ""] = location.hash.replace(/^#\/?/, "").split("/");
  return { screen: decodeURIComponent(screen) || "overview", on: on === "" ? null : decodeURIComponent(on) };
}

class Router {
  at = $state.raw<Route>({ screen: "overview", on: null });

  /** Follows the address, until stopped. */
  follow(): () => void {
    const heard = (): void => {
      this.at = read();
      // Told from outside, too: until this is the address the window is still on the screen before.
      document.documentElement.dataset["at"] = location.hash;
    };
    heard();
    window.addEventListener("hashchange", heard);
    return () => window.removeEventListener("hashchange", heard);
  }
}

export const router = new Router();

/** Opens a screen, on something or on nothing. */
export function go(screen: string, on: string | null = null): void {
  location.hash = on === null ? `#/${screen}` : `#/${screen}/${encodeURIComponent(on)}`;
}
