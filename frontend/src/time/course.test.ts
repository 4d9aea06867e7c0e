import { expect, test } from "vitest";
import type { Opinions } from "../past/api";
import { opinions } from "../past/fake";
import { curves, CURVES, favourites, odds, placeOf, ranked, rows, shares } from "./course";

const ANSWER = opinions([]);

/** A position with many moves, of which the last one was everything once. */
function crowded(): Opinions {
  const legal = Array.from({ length: 20 }, (_, action) => ({
    action,
    label: `m${action}`,
    clicks: [],
  }));
  const even = Array<number>(20).fill(0.05);
  const first = { ...ANSWER.opinions[0]!, policy: even.with(19, 0.9) };
  const last = { ...ANSWER.opinions[2]!, policy: even.map((_, i) => (20 - i) / 210) };
  return {
    ...ANSWER,
    position: { ...ANSWER.position, legal },
    opinions: [first, last],
  };
}

test("moves are ranked by the last opinion", () => {
  expect(ranked(ANSWER).map(({ label }) => label)).toEqual(["c2", "c0", "c1", "c3", "c4", "c5"]);
  expect(ranked({ ...ANSWER, opinions: [] }).map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("curves belong to the favourites, also to one that has fallen", () => {
  const leading = favourites(crowded());
  expect(leading).toHaveLength(CURVES);
  expect(leading.map(({ place }) => place)).toContain(19);
  expect(leading.slice(0, 3).map(({ place }) => place)).toEqual([0, 1, 2]);
  const drawn = curves(leading);
  expect(new Set(drawn.map(({ colour }) => colour)).size).toBe(CURVES);
  const table = shares(crowded().opinions, leading);
  expect(table[0]).toMatchObject({ step: 200, p19: 0.9 });
  expect(drawn.every(({ key }) => key in table[1]!)).toBe(true);
});

test("a table has so many rows and one for the rest", () => {
  expect(rows(ANSWER).rest).toEqual([]);
  const { shown, rest } = rows(crowded());
  expect(shown.length + rest.length).toBe(20);
  expect(shown).toHaveLength(10);
});

test("odds are of the mover", () => {
  const [first] = odds(ANSWER.opinions);
  expect(first).toMatchObject({ step: 200, win: 0.2, draw: 0.1 });
  expect(first?.loss).toBeCloseTo(0.7);
});

test("a step leads to its checkpoint, or to the one before it", () => {
  const at = (step: number | null) => placeOf(ANSWER.opinions, step);
  expect([at(null), at(1000), at(999), at(400), at(100)]).toEqual([2, 2, 1, 1, 0]);
});
