import { expect, test } from "vitest";
import type { Period } from "../past/api";
import { chosen, limits, presets, span, stepName } from "./periods";

const periods = (...steps: number[]): Period[] =>
  steps.map((step) => ({ from_step: step, to_step: step + 50, games: 9 }));
const SIX = periods(-1, 100, 200, 300, 400, 500);

test("thirds cover the run without a gap", () => {
  const [whole, ...thirds] = presets(SIX);
  expect(whole).toEqual({ name: "Whole run", first: 0, last: 5 });
  expect(thirds.map(({ first, last }) => [first, last])).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect(presets(periods(1, 2))).toHaveLength(1);
  for (const count of [3, 4, 5, 7, 48]) {
    const parts = presets(periods(...Array(count).keys())).slice(1);
    expect(parts.flatMap(({ first, last }) => [first, last + 1]).slice(1, -1)).toEqual([
      parts[1]!.first,
      parts[1]!.first,
      parts[2]!.first,
      parts[2]!.first,
    ]);
    expect(parts.at(-1)!.last).toBe(count - 1);
  }
});

test("an address is read back as the periods that it was made of", () => {
  for (const choice of presets(SIX)) {
    const { from, to } = limits(SIX, choice);
    expect(chosen(SIX, from, to)).toEqual({ first: choice.first, last: choice.last });
  }
  expect(limits(SIX, { first: 0, last: 5 })).toEqual({ from: null, to: null });
  expect(chosen(SIX, 9000, null)).toEqual({ first: 5, last: 5 });
  expect(chosen(SIX, 170, 190)).toEqual({ first: 2, last: 1 });
});

test("steps are said in words", () => {
  expect(stepName(-1)).toBe("before the first model");
  expect(span(-1, -1)).toBe("before the first model");
  expect(span(1200, 1200)).toBe("of step 1,200");
  expect(span(-1, 1200)).toBe("from the very start to step 1,200");
  expect(span(100, 1200)).toBe("from step 100 to step 1,200");
});
