import { expect, test } from "vitest";
import { position } from "../fake";
import { type Sides, USUAL } from "../lib/sides";
import { ending, sideName, spoken, turn } from "./said";

const ME: Sides = ["person", USUAL];
const BOTS: Sides = [
  { ...USUAL, level: "expert" },
  { ...USUAL, run: "old", model: "step_000400", simulations: 25, milliseconds: 1500 },
];

test("an ending is told to those who played", () => {
  const end = { ...position([0, 1, 2, 3, 4, 5]), result: 7, winner: 0 };
  expect(ending(end, ME, null)).toBe("You won by 7!");
  expect(ending({ ...end, result: 1, winner: 1 }, ME, null)).toBe("The bot won.");
  expect(ending({ ...end, winner: null }, ME, null)).toBe("Draw.");
  expect(ending(end, ["person", "person"], null)).toBe("Player 1 won by 7.");
  expect(ending({ ...end, winner: 1, result: -2 }, BOTS, null)).toBe("Bot 2 won by 2.");
  expect(ending(position([]), ME, 0)).toBe("You resigned. The bot won.");
});

test("turns and moves are told to those who play", () => {
  const [move] = position([5]).history;
  expect(turn(ME, 0)).toBe("Your turn");
  expect(turn(ME, 1)).toBe("The bot to move");
  expect(turn(["person", "person"], 1)).toBe("Player 2 to move");
  expect(spoken(move!, ME)).toBe("You played c5.");
  expect(spoken(move!, BOTS)).toBe("Bot 1 played c5.");
});

test("a side has a name", () => {
  expect([sideName(ME, 0), sideName(ME, 1)]).toEqual(["You", "The bot"]);
  expect([sideName(BOTS, 0), sideName(BOTS, 1)]).toEqual([
    "Expert",
    "old step_000400, 25 simulations, 1.5 s",
  ]);
});
