import { expect, test } from "vitest";
import { answered, position } from "../fake";
import { latestThought, latestTurn, remember } from "./timeline";

const { history } = position([0, 1, 2, 3, 4]); // players 0, 1, 1, 0, 0

test("the latest turn is the person's, wherever it stands", () => {
  expect(latestTurn(history, 0)).toBe(4);
  expect(latestTurn(history, 1)).toBe(2);
  expect(latestTurn(history.slice(0, 3), 0)).toBe(0);
  expect(latestTurn(history.slice(0, 1), 1)).toBeNull();
  expect(latestTurn([], 0)).toBeNull();
});

test("each thought is found at the move that it was of", () => {
  const played = answered([5], 0); // the bot moves twice: 0, then 1
  const known = remember(new Map(), played.position.history, played.thoughts);
  expect([...known.keys()]).toEqual(["5,0,1", "5,0"]);
  expect(latestThought(known, [5, 0])).toBe(played.thoughts[0]);
  expect(latestThought(known, [5, 0, 1, 3])).toBe(played.thoughts[1]);
  expect(latestThought(known, [5])).toBeNull();
  expect(latestThought(known, [4, 0])).toBeNull();
});

test("thoughts of another line are kept, those of no move are not", () => {
  const first = answered([5], 0);
  const known = remember(new Map(), first.position.history, first.thoughts);
  const second = answered([4], 0);
  const both = remember(known, second.position.history, second.thoughts);
  expect([...both.keys()].sort()).toEqual(["4,0", "4,0,1", "5,0", "5,0,1"]);
  expect(remember(new Map(), position([5]).history, first.thoughts).size).toBe(0);
});
