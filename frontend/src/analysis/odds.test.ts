import { describe, expect, test } from "vitest";
import { GAME, plyOf, position, solvedOf, thoughtOf } from "../fake";
import type { Solved } from "../lib/api";
import { area, inWords, type Odds, ofPly, ofResult, ofSolved, ofThought } from "./odds";

const VIEW = GAME.view;
const even: Odds = { first: 0.4, draw: 0.2, second: 0.4, exact: false };

describe("odds are by player, whoever thinks", () => {
  test("of a search: its value, and no more draws than that leaves", () => {
    const thought = { ...thoughtOf([0]), value: 0.5, wdl: [0.2, 0.7, 0.1] }; // player 1 thinks
    const odds = ofThought(thought);
    expect(odds.draw).toBe(0.5);
    expect(odds.second - odds.first).toBeCloseTo(0.5);
    expect(odds.first + odds.draw + odds.second).toBeCloseTo(1);
  });

  test("of exact play", () => {
    const won = { ...solvedOf([0, 1, 2]), mover: 1, wdl: 1 } as Solved & { wdl: number };
    expect(ofSolved(won)).toEqual({ first: 0, draw: 0, second: 1, exact: true });
    expect(ofSolved({ ...won, wdl: 0 }).draw).toBe(1);
    expect(ofSolved({ ...won, wdl: -1 }).first).toBe(1);
  });

  test("of a game's end", () => {
    expect(ofResult(position([0, 1, 2, 3, 4, 5])).first).toBe(1);
    expect(ofResult({ ...position([]), winner: null }).draw).toBe(1);
    expect(ofResult({ ...position([]), winner: 1 }).second).toBe(1);
  });

  test("of a review, before and after a move of player 1", () => {
    const ply = plyOf([0, 5], 1);
    expect(ofPly(ply, "before").second).toBeCloseTo(0.7);
    expect(ofPly(ply, "after").second).toBeCloseTo(0.3);
  });
});

test("odds in words", () => {
  expect(inWords(VIEW, even)).toBe("Cross wins 40 %, draw 20 %, Ring wins 40 %");
  const sure = { first: 0, draw: 0, second: 1, exact: true };
  expect(inWords(VIEW, sure)).toBe("Ring wins, for certain");
  expect(inWords(VIEW, { ...sure, draw: 1, second: 0 })).toBe("Draw, for certain");
});

test("the area of a curve skips what is not known", () => {
  const height = ({ first }: Odds) => 100 - 100 * first;
  expect(area([null, null], 100, height)).toBe("");
  expect(area([even, null, even], 100, height)).toBe("0,100 0,60 100,60 100,100");
});
