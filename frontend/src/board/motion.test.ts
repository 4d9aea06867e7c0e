import { expect, suite, test } from "vitest";
import { GAME } from "../fake";
import type { View } from "../lib/api";
import { flights, motions } from "./motion";

const SQUARE = GAME.view; // 2 rows of 3
const PITS: View = { ...SQUARE, layout: "pits" }; // a store, two pits above, two below, a store

suite("pieces", () => {
  test("arrive, and turn over the later the further away they are", () => {
    const moved = motions(SQUARE, [2, 2, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0]);
    expect([...moved]).toEqual([
      [0, { was: 2, delay: 140 }],
      [1, { was: 2, delay: 70 }],
      [2, { was: 0, delay: 0 }],
    ]);
  });

  test("that go away do not move, nor does anything on the first look or after a jump", () => {
    expect(motions(SQUARE, [1, 2, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]).size).toBe(0);
    expect(motions(SQUARE, null, [1, 0, 0, 0, 0, 0]).size).toBe(0);
    expect(motions(SQUARE, [], [1, 0, 0, 0, 0, 0]).size).toBe(0);
    expect(motions(SQUARE, [0, 0, 0, 0, 0, 0], [1, 2, 1, 2, 0, 0]).size).toBe(0);
  });
});

suite("stones", () => {
  const delays = (before: number[], after: number[], origin: number) =>
    [...flights(PITS, before, after, origin)].map(([cell, stones]) => [
      cell,
      ...stones.map(({ delay }) => delay),
    ]);

  test("are sown one by one around the board", () => {
    // From the left pit below: right pit below, right store, right pit above.
    expect(delays([0, 2, 2, 3, 2, 0], [0, 2, 3, 0, 3, 1], 3)).toEqual([[4, 0], [5, 110], [2, 220]]);
    // From the left pit above the other way: left store, then the row below.
    expect(delays([0, 2, 2, 2, 2, 0], [1, 0, 2, 3, 2, 0], 1)).toEqual([[0, 0], [3, 110]]);
  });

  test("go into the direction in which there is something new", () => {
    const after = [0, 3, 0, 2, 2, 1];
    expect(delays([0, 2, 2, 2, 2, 0], after, 2)).toEqual([[1, 0], [5, 110]]);
  });

  test("that were captured leave their heap after the last one was sown", () => {
    const after = [0, 2, 0, 0, 0, 6];
    expect(delays([0, 2, 3, 1, 0, 2], after, 3)).toEqual([[5, 0, 110, 110, 110]]);
    const [[, stones]] = [...flights(PITS, [0, 2, 3, 1, 0, 2], after, 3)] as [[number, unknown[]]];
    expect(stones[0]).toEqual({ x: -200, y: 70, delay: 0 });
    expect(stones[1]).toEqual({ x: -100, y: -70, delay: 110 });
  });

  test("do not fly when nobody knows from where", () => {
    expect(flights(PITS, [0, 2, 2, 2, 2, 0], [1, 0, 2, 3, 2, 0], undefined).size).toBe(0);
    expect(flights(PITS, null, [1, 0, 2, 3, 2, 0], 1).size).toBe(0);
    expect(flights(SQUARE, [1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], 0).size).toBe(0);
  });
});
