/** Test setup: a warning on the console is a failure, and each test starts from nothing. */
import { afterEach, beforeEach, vi } from "vitest";

window.matchMedia = (media) =>
  Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList;

beforeEach(() => {
  for (const method of ["warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      throw new Error(`console.${method}: ${words.map(String).join(" ")}`);
    });
  }
});

afterEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/");
});
