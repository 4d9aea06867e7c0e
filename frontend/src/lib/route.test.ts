import { expect, test } from "vitest";
import { href, parse, type PlayRoute } from "./route";
import { USUAL } from "./sides";

const route: PlayRoute = {
  page: "play",
  game: "some_game-2",
  moves: [3, 0, 12],
  at: 1,
  sides: [{ ...USUAL, simulations: 400 }, "person"],
  resigned: 1,
};

test("an address names the whole game", () => {
  expect(href(route)).toBe(
    "#/play/some_game-2?moves=3,0,12&at=1&human=1&simulations=400&resigned=1",
  );
});

test.each<PlayRoute>([
  route,
  { ...route, sides: ["person", { ...USUAL, level: "expert" }], at: null, resigned: null },
  { ...route, moves: [], at: null, sides: ["person", "person"] },
  { ...route, game: null, moves: [], at: null, sides: ["person", USUAL], resigned: null },
])("what is written is read back: %o", (written) => {
  expect(parse(href(written))).toEqual(written);
});

test("the pages", () => {
  expect(parse("")).toMatchObject({ page: "play", game: null });
  expect(parse("#/")).toMatchObject({ page: "play", game: null });
  const plain = { page: "watch", run: null, other: null } as const;
  expect(parse("#/watch")).toEqual(plain);
  expect(href(plain)).toBe("#/watch");
  const compared = { page: "watch", run: "my.run-2", other: "older" } as const;
  expect(href(compared)).toBe("#/watch?run=my.run-2&with=older");
  expect(parse(href(compared))).toEqual(compared);
  expect(parse("#/watch?run=../x")).toEqual({
    page: "unknown",
    reason: "“../x” is no name of a run.",
  });
});

test.each([
  ["#/nowhere", "There is no page “/nowhere”."],
  ["#/play/g/more", "There is no page “/play/g/more”."],
  ["#/play/%E0", "“%E0” is no name of a game."],
  ["#/play/g?moves=1,x", "The link's list of moves cannot be read: “1,x”."],
  ["#/play/g?moves=1,,2", "The link's list of moves cannot be read: “1,,2”."],
  ["#/play/g?moves=1,2&at=3", "The link says at=3, but it has 2 moves."],
  ["#/play/g?resigned=2", "The link says resigned=2; only 0 (moves first) or 1 exist."],
  ["#/play/g?level=a b", "“a b” is no name of a level."],
])("%s is refused with a reason", (hash, reason) => {
  expect(parse(hash)).toEqual({ page: "unknown", reason });
});
