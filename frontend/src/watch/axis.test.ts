import { expect, test } from "vitest";
import { AXES, ceiling, joined, place, placed, smoothed, where } from "./axis";
import { columns, type Panel } from "./series";

const HISTORY = [
  { step: 100, seconds: 10, games: 50, core_seconds: null },
  { step: 200, seconds: 30, games: 150, core_seconds: 60 },
];

test("a step has its place on every axis, between the rows of the history", () => {
  expect(where(HISTORY, "step", 777)).toBe(777);
  expect(where(HISTORY, "seconds", 150)).toBe(20);
  expect(where(HISTORY, "games", 200)).toBe(150);
  expect(where(HISTORY, "games", 50)).toBe(50); // before the first row
  expect(where(HISTORY, "seconds", 201)).toBeNull();
  expect(where(HISTORY, "core_seconds", 150)).toBe(60);
  expect(where([], "seconds", 1)).toBeNull();
});

test("rows that know their step alone are placed, or left out", () => {
  const rows = [{ step: 150, rating: 7 }, { step: 900, rating: 8 }];
  expect(placed(rows, HISTORY, "step")).toBe(rows);
  expect(placed(rows, HISTORY, "seconds")).toEqual([{ step: 150, rating: 7, seconds: 20 }]);
});

test("smoothing is a mean that begins unbiased and leaves gaps alone", () => {
  expect(smoothed([4, 4, null, 4], 0.9)).toEqual([4, 4, null, 4]);
  const [first, second] = smoothed([0, 3], 0.5);
  expect(first).toBe(0);
  expect(second).toBeCloseTo(2);
  expect(smoothed([1, 5], 0)).toEqual([1, 5]);
});

test("two runs are joined on their x", () => {
  const one = [[1, 3], [10, 30]] as [number[], number[]];
  const other = [[2, 3], [7, null]] as [number[], (number | null)[]];
  expect(joined([one, other])).toEqual([[1, 2, 3], [10, null, 30], [null, 7, null]]);
});

test("the top of an axis is not for the sake of one value that stands out", () => {
  const calm = Array.from({ length: 100 }, (_, i) => 1 + i / 100);
  expect(ceiling([calm])).toBeCloseTo(1.99);
  expect(ceiling([[...calm, 500]])).toBeLessThan(4);
  expect(ceiling([[1, 500]])).toBe(500); // two values are no crowd
  expect(ceiling([[null]])).toBe(0);
});

const panel: Panel = {
  title: "P",
  curves: [
    { key: "a", name: "a", colour: "--text", factor: 60 },
    { key: "b", name: "b", colour: "--text", plain: true },
  ],
};

test("columns: units, gaps, rows without a place, and a smooth line above the raw one", () => {
  const rows = [
    { step: 1, a: 1, b: 2, games: 10 },
    { step: 2, a: null, b: 3, games: 20 },
    { step: 3, a: 2, b: 4 },
  ];
  expect(columns(rows, panel, "step")).toEqual([[1, 2, 3], [60, null, 120], [2, 3, 4]]);
  expect(columns(rows, panel, "games")).toEqual([[10, 20], [60, null], [2, 3]]);
  const [x, rawA, rawB, smoothA, smoothB] = columns(rows, panel, "step", 0.5);
  expect([x, rawA, rawB]).toEqual([[1, 2, 3], [60, null, 120], [2, 3, 4]]);
  expect(smoothA![2]).toBeCloseTo(100);
  expect(smoothB).toEqual(rawB);
});

test("stacked shares are added up; a row that misses one has none", () => {
  const rows = [{ step: 1, a: 0.25, b: 0.5 }, { step: 2, a: 0.5 }];
  const shares = { ...panel, curves: panel.curves.map(({ factor: _, ...it }) => it) };
  expect(columns(rows, { ...shares, stacked: true }, "step", 0.9)).toEqual([
    [1, 2],
    [0.25, 0.5],
    [0.75, null],
  ]);
});

test("every axis says its numbers", () => {
  const said = AXES.map(({ key, said }) => [key, said(4200)]);
  expect(Object.fromEntries(said)).toEqual({
    step: "4.2K",
    seconds: "1 h",
    games: "4.2K",
    positions: "4.2K",
    core_seconds: "1 h",
    flops: "4.2e+3",
  });
  expect([place("step", 4200), place("games", 4200)]).toEqual(["step 4,200", "4.2K"]);
});
