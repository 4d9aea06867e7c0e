import { expect, test } from "vitest";

const sources = import.meta.glob<string>(["./**/*.{ts,svelte,css}", "!./**/*.gen.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const shipped = Object.entries(sources).filter(([path]) => !/\.test\.ts$|fake\.ts$/.test(path));

test("the sources are found", () => {
  expect(shipped.length).toBeGreaterThan(25);
});

test("no game is known by name", () => {
  const names = /connect.?4|connect.?four|tic.?tac.?toe|othel+o|kalah|mancala|hex.?7/i;
  expect(shipped.filter(([, text]) => names.test(text)).map(([path]) => path)).toEqual([]);
});

test("no component is longer than 150 lines, no line than 100 characters", () => {
  const long = Object.entries(sources).filter(
    ([path, text]) =>
      (path.endsWith(".svelte") && text.split("\n").length > 151) ||
      text.split("\n").some((line) => line.length > 100),
  );
  expect(long.map(([path]) => path)).toEqual([]);
});
