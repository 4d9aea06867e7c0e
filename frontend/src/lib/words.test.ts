import { expect, test } from "vitest";
import { LEVELS, UNIFORM, ZOO } from "../fake";
import {
  ago,
  count,
  duration,
  levelInWords,
  levelName,
  modelName,
  percent,
  rate,
  signed,
} from "./words";

test.each([
  [0.4, "just now"],
  [2, "2 s ago"],
  [59.9, "59 s ago"],
  [60, "1 min ago"],
  [7199, "1 h ago"],
  [200000, "2 d ago"],
])("%d seconds are %s", (seconds, words) => {
  expect(ago(seconds)).toBe(words);
  if (seconds >= 2) expect(`${duration(seconds)} ago`).toBe(words);
});

test("a moment lasts less than a second", () => expect(duration(0.3)).toBe("0 s"));

test("numbers", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(percent(0.666)).toBe("67 %");
  expect([0.313, -0.07, 0.001, -0.001].map(signed)).toEqual(["+0.31", "−0.07", "0.00", "0.00"]);
  expect([1240.4, 12.345, 0.0002, 0].map(rate)).toEqual(["1,240", "12.3", "2.0e-4", "0"]);
});

test("a model says its name and step, and that there is none", () => {
  expect(modelName({ name: "first", step: 4200, published_at: 1 })).toBe("the model of step 4,200");
  const best = { name: "first", step: 4200, published_at: 1, kind: "best" as const };
  expect(modelName(best)).toBe("the best model, that of step 4,200");
  expect(modelName(UNIFORM)).toBe("uniform — no model yet, training starts it");
  expect(modelName(ZOO)).toBe("the zoo's ready model, of step 4,200");
});

test("a level says what it is worth and how it thinks", () => {
  const [beginner, expert] = LEVELS.levels;
  expect(levelName(beginner!)).toBe("Beginner · 154 Elo");
  expect(levelInWords(beginner!)).toBe(
    "No search, moves drawn by chance; 154 Elo (116 to 189); random play has 0.",
  );
  expect(levelName(expert!)).toBe("Expert");
  expect(levelInWords(expert!)).toBe("200 simulations a move; not rated yet.");
});
