import { expect, test } from "vitest";
import { GAME } from "../fake";
import type { View } from "../lib/api";
import { box, centre, extent, heap, isStore, outline } from "./shape";

const layout = (name: View["layout"]): View => ({ ...GAME.view, layout: name }); // 2 rows of 3
const middle = (view: View, cell: number) => [box(view, cell).x, box(view, cell).y];

test("squares fill the board", () => {
  expect(extent(layout("square"))).toEqual({ width: 300, height: 200 });
  expect(box(layout("square"), 5)).toEqual({ x: 250, y: 150, width: 100, height: 100 });
});

test("pits lie between two stores, the rows facing each other", () => {
  const pits = layout("pits");
  expect(extent(pits)).toEqual({ width: 400, height: 280 });
  expect([0, 1, 2, 3, 4, 5].map((cell) => middle(pits, cell))).toEqual([
    [50, 140],
    [150, 70],
    [250, 70],
    [150, 210],
    [250, 210],
    [350, 140],
  ]);
  expect([0, 1, 4, 5].map((cell) => isStore(pits, cell))).toEqual([true, false, false, true]);
  expect(isStore(layout("square"), 0)).toBe(false);
});

test("a row of hexagons lies half a cell to the right of the row above", () => {
  const hex = layout("hex");
  const [[x0, y0], [x1, y1]] = [middle(hex, 0), middle(hex, 3)] as [number[], number[]];
  expect(x1! - x0!).toBe(50);
  expect(y1! - y0!).toBeCloseTo(86.6, 1);
  const last = box(hex, 5);
  expect(last.x + 50).toBeLessThan(extent(hex).width);
  expect(last.y + last.height / 2).toBeLessThan(extent(hex).height);
});

test("the outline of hexagons goes once around", () => {
  const lines = outline(layout("hex")).map((points) => points.split(" "));
  const [top, right, bottom, left] = lines as [string[], string[], string[], string[]];
  expect(top[0]).toBe(left[0]);
  expect(top.at(-1)).toBe(right[0]);
  expect(bottom.at(-1)).toBe(right.at(-1));
  expect(bottom[0]).toBe(left.at(-1));
});

test("stones of a heap keep apart and near", () => {
  const stones = heap(20, 7);
  const near = stones.flatMap(([x, y], i) =>
    stones.slice(i + 1).map(([u, v]) => Math.hypot(x - u, y - v)),
  );
  expect(Math.min(...near)).toBeGreaterThan(9);
  expect(Math.max(...stones.map(([x, y]) => Math.hypot(x, y)))).toBeLessThan(34);
  expect(heap(1, 7)).toEqual([[0, 0]]);
});

test("the middle of a pit is that of its hollow, beside its number", () => {
  const pits = layout("pits");
  const at = (cell: number) => centre(pits, cell).y - box(pits, cell).y;
  expect([0, 1, 3, 5].map(at)).toEqual([0, 22, -22, 0]); // stores are all hollow
  expect(centre(layout("square"), 1)).toEqual({ x: 150, y: 50 });
});
