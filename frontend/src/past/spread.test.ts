import { expect, test } from "vitest";
import { GAME } from "../fake";
import type { View } from "../lib/api";
import { spread } from "./spread";

const legal = (clicks: number[][]) =>
  clicks.map((cells, action) => ({ action, label: `${action}`, clicks: cells }));

test("a share is written on the last cell of its move, and those of one cell are added", () => {
  const moves = legal([[0], [1, 5], [2, 5], []]);
  const found = spread(GAME.view, [0, 0, 0, 0, 0, 0], moves, [0.4, 0.3, 0.2, 0.1]);
  expect([...found.keys()]).toEqual([0, 5]);
  expect(found.get(0)).toBe(0.4);
  expect(found.get(5)).toBeCloseTo(0.5);
});

test("where pieces drop it is written where the piece would land", () => {
  const drop: View = { ...GAME.view, layout: "drop" };
  const found = spread(drop, [0, 0, 1, 0, 2, 2], legal([[0], [1], [2]]), [0.5, 0.3, 0.2]);
  expect([...found]).toEqual([
    [3, 0.5],
    [1, 0.3],
  ]);
});
