import { expect, test } from "vitest";
import { GAMES, LADDER } from "../past/fake";
import { duel, ended, range, shortName, ticks } from "./table";

test("the scale holds every interval and has few round marks", () => {
  const scale = range(LADDER.players)!;
  expect(scale.low).toBeLessThan(-40);
  expect(scale.high).toBeGreaterThan(1310);
  expect(ticks(scale)).toEqual([0, 250, 500, 750, 1000, 1250]);
  expect(ticks({ low: -30, high: 90 })).toEqual([0, 50]);
  expect(range(LADDER.players.map((it) => ({ ...it, interval: null })))).toBeNull();
});

test("a duel is seen from either side", () => {
  const [random, step] = ["random", "step_000400@20"];
  expect(duel(LADDER, random, step)).toMatchObject({ wins: 1, losses: 17, score: 0.1 });
  expect(duel(LADDER, step, random)).toMatchObject({
    first: step,
    wins: 17,
    draws: 2,
    losses: 1,
    score: 0.9,
    interval: [0.8, 0.95],
  });
  expect(duel(LADDER, random, "greedy")).toBeNull();
});

test("names and endings in words", () => {
  expect(shortName({ player: "step_000400@20" })).toBe("step 400@20");
  expect(shortName({ player: "mcts:100" })).toBe("mcts:100");
  expect(GAMES.shown.map(ended)).toEqual([
    "random beat step_000400@20",
    "step_000400@20 and random drew",
  ]);
  expect(ended({ ...GAMES.shown[0]!, winner: 1 })).toBe("step_000400@20 beat random");
});
