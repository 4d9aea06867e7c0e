/** Light or dark: the system's choice until the person makes one, which is then remembered. */
const KEY = "theme";
type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const stored = localStorage.getItem(KEY);

class Shade {
  #dark = $state(system.matches);
  #chosen = $state<Theme | null>(stored === "light" || stored === "dark" ? stored : null);

  constructor() {
    system.addEventListener("change", (event) => (this.#dark = event.matches));
    this.#show();
  }

  get current(): Theme {
    return this.#chosen ?? (this.#dark ? "dark" : "light");
  }

  toggle(): void {
    this.#chosen = this.current === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, this.#chosen);
    this.#show();
  }

  #show(): void {
    if (this.#chosen) document.documentElement.dataset.theme = this.#chosen;
  }
}

export const theme = new Shade();
