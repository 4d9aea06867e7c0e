import { expect, test } from "vitest";
import { position, thoughtOf } from "../fake";
import { type Sides, USUAL } from "../lib/sides";
import { calledIn, latestThought, nextTurn, previousTurn, remembered } from "./timeline";

const { history } = position([0, 1, 2, 3, 4]); // players 0, 1, 1, 0, 0
const FIRST: Sides = ["person", USUAL];
const SECOND: Sides = [USUAL, "person"];

test("taking back goes to the person's turn before, wherever it stands", () => {
  expect([0, 1, 2, 3, 4, 5].map((at) => previousTurn(history, at, FIRST))).toEqual([
    null, 0, 0, 0, 3, 4,
  ]);
  expect([1, 2, 5].map((at) => previousTurn(history, at, SECOND))).toEqual([null, 1, 2]);
  expect(previousTurn([], 0, FIRST)).toBeNull();
});

test("between two people, and where only bots play, every ply is a turn", () => {
  for (const sides of [["person", "person"], [USUAL, USUAL]] as const) {
    expect(previousTurn(history, 2, sides)).toBe(1);
    expect(nextTurn(history, 2, sides)).toBe(3);
  }
});

test("the way forward goes to the person's next turn, or to the end", () => {
  expect([0, 1, 3, 4, 5].map((at) => nextTurn(history, at, FIRST))).toEqual([3, 3, 4, 5, null]);
  expect([0, 2].map((at) => nextTurn(history, at, SECOND))).toEqual([1, 5]);
});

test("each thought is found at the move that it was of", () => {
  const [first, second] = [thoughtOf([5]), thoughtOf([5, 0])];
  const known = remembered(remembered(new Map(), [5, 0], first), [5, 0, 1], second);
  expect(latestThought(known, [5, 0])).toBe(first);
  expect(latestThought(known, [5, 0, 1, 3])).toBe(second);
  expect(latestThought(known, [5])).toBeNull();
  expect(latestThought(known, [4, 0])).toBeNull();
});

test("who is who", () => {
  const names = (sides: Sides) => [0, 1].map((player) => calledIn(sides, player));
  expect(names(FIRST)).toEqual(["You", "The bot"]);
  expect(names(SECOND)).toEqual(["The bot", "You"]);
  expect(names(["person", "person"])).toEqual(["Player 1", "Player 2"]);
  expect(names([USUAL, USUAL])).toEqual(["Bot 1", "Bot 2"]);
});
