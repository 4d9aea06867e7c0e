import { expect, test } from "vitest";
import { GAME, plyOf } from "../fake";
import { readReview, reviewHref } from "./address";
import { cost, faults, nextFault, spoken } from "./grades";

const GAME_OF = [0, 5, 1, 2, 3];
const plies = GAME_OF.map((_, at) => plyOf(GAME_OF, at));

test("faults are found as far as the game is graded; after the last comes the first", () => {
  expect(faults(plies).map(({ ply }) => ply)).toEqual([2]);
  expect(faults(plies, ["mistake"])).toEqual([]);
  expect(faults([plies[0]!, null])).toEqual([]);
  const found = [plies[1]!, { ...plies[3]!, grade: "mistake" as const }];
  expect([0, 2, 4].map((at) => nextFault(found, at)?.ply)).toEqual([2, 4, 2]);
  expect(nextFault([], 0)).toBeNull();
});

test("what a fault cost is said", () => {
  const blunder = plies[1]!;
  expect(cost(blunder)).toBe("It took the chances from 70 % to 30 %.");
  const sure = (win: number) => ({ ...blunder.before, value: win, win, draw: 1 - win });
  expect(cost({ ...blunder, exact: true, before: sure(1), after: sure(0) })).toBe(
    "It turned a win into a draw.",
  );
  expect(spoken(GAME.view, blunder)).toBe("Move 2, Ring: c5, blunder");
});

test("an address is read as it was written", () => {
  const read = (hash: string) => {
    const [path = "", query = ""] = hash.split("?");
    return readReview(path.split("/").slice(2), query);
  };
  for (const [moves, at] of [[[], null], [[3, 3], null], [[3, 3], 1]] as const) {
    const route = { page: "review", game: "sixpack", moves, at };
    expect(read(reviewHref("sixpack", moves, at))).toEqual(route);
  }
  expect(read("#/review/sixpack?moves=3,x")).toMatch(/cannot be read/);
  expect(read("#/review/sixpack?moves=3&at=2")).toMatch(/at=2, but it has 1 moves/);
  expect(read("#/review/")).toMatch(/no name|needs the name/);
});
