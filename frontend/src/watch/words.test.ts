import { expect, test } from "vitest";
import { GAME, STATS } from "../fake";
import type { View } from "../lib/api";
import { marks, outcome, places, played, shares, side, told } from "./boards";
import { LADDER, LIVE } from "./fake";
import { health, life, others, type Process, rates } from "./processes";
import { awaited, left, remaining, share } from "./progress";
import { readWatching, watching } from "./route";
import { accuracies, accuracyPanel, ladderOf } from "./series";

test("how far a run is, and how long it still takes", () => {
  const running = { ...STATS, training: "running" as const, step: 250 };
  expect(share(running)).toBe(0.25);
  expect(left(running)).toBe(""); // nothing tells the pace yet
  const history = [0, 100].map((seconds) => ({ seconds, step: 100 + seconds }));
  const told = { ...running, history: history as typeof STATS.history };
  expect(remaining(told)).toBe(750);
  expect(left(told)).toBe("about 12 min left");
  expect(left({ ...told, training: "paused" })).toBe("");
  const budget = { ...told, seconds: 45, budget_seconds: 60 };
  expect([share(budget), left(budget)]).toEqual([0.75, "about 15 s left"]);
  expect(left({ ...budget, seconds: 61 })).toBe("");
});

test("what is waited for is counted", () => {
  expect(awaited("waiting for data: 312/500 positions")).toEqual({
    has: 312,
    needs: 500,
    what: "positions",
  });
  expect(awaited("training")).toBeNull();
});

const process = (more: Partial<Process>): Process => ({
  name: "actor-0",
  state: "playing",
  age_seconds: 1,
  alive: true,
  rates: {},
  evaluator: null,
  ...more,
});

test("a process is well, slow or silent, in words", () => {
  const cases = [
    process({}),
    process({ age_seconds: 6 }),
    process({ age_seconds: 75, alive: false }),
  ];
  expect(cases.map(health)).toEqual(["well", "slow", "silent"]);
  expect(cases.map(life)).toEqual([
    "alive, just now",
    "slow to answer, 6 s ago",
    "silent, 1 min ago",
  ]);
});

test("the main rates come first with their units, every other one is there too", () => {
  const busy = process({
    rates: { batch_fill: 0.5, games_per_second: 2, waves_per_second: 30, tree_share: 0.25 },
  });
  expect(rates(busy)).toEqual(["2 games/s", "50 % batch filled"]);
  expect(others(busy)).toEqual(["30 waves/s", "25 % tree share"]);
});

test("boards are taken from every actor in turn", () => {
  const keys = (most: number) => places(LIVE, most).map(({ key }) => key);
  expect(keys(9)).toEqual(["actor-0 0", "actor-1 0"]);
  expect(keys(1)).toEqual(["actor-0 0"]);
  expect(places(null, 9)).toEqual([]);
});

const DROP: View = { ...GAME.view, layout: "drop" };
const game = LIVE.actors[0]!.games[0]!;

test("visits lie where the move would be seen", () => {
  expect([...shares(GAME.view, game.cells, game.options)]).toEqual([[4, 0.75], [2, 0.25]]);
  const columns = [
    { action: 0, label: "a", clicks: [0], share: 0.5 },
    { action: 1, label: "b", clicks: [1], share: 0.5 },
  ];
  const cells = [0, 0, 0, 1, 0, 0]; // the first column has a piece at its bottom
  expect([...shares(DROP, cells, columns)]).toEqual([[0, 0.5], [4, 0.5]]);
  expect(marks(DROP, cells, [0])).toEqual([3]);
  expect(marks(GAME.view, cells, undefined)).toEqual([]);
});

test("players, endings and models in words", () => {
  expect([side(GAME.view, 0), side(GAME.view, 1)]).toEqual(["cross", "ring"]);
  expect(side({ ...GAME.view, pieces: [] }, 1)).toBe("second player");
  expect(outcome(GAME.view, { winner: 0, result: 7 })).toBe("Cross won by 7");
  expect(outcome(GAME.view, { winner: null, result: 0 })).toBe("Draw");
  expect(told(GAME.view, game)).toBe("Ring to move");
  expect(told(GAME.view, { ...game, over: true, winner: 1 })).toBe("Ring won");
  expect([played(null), played(1200)]).toEqual(["without a model", "by step 1,200"]);
});

test("the ladder is drawn over the steps, its anchors as lines", () => {
  const { panel, rows } = ladderOf(LADDER);
  expect(panel.curves.map(({ key }) => key)).toEqual(["rating", "high", "low", "mcts:100"]);
  expect(rows).toEqual([
    { step: 100, rating: 200, low: 150, high: 250, "mcts:100": 250 },
    { step: 200, rating: 400, low: 350, high: 450, "mcts:100": 250 },
  ]);
  expect(ladderOf([]).rows).toEqual([]);
});

test("exact play has a curve for each set and number of simulations", () => {
  const row = { step: 5, positions: 1, wdl_interval: [], exact_optimal: 0, wdl_optimal: 0.5 };
  const accuracy = [
    { ...row, set: "hard", simulations: 100, random_wdl_optimal: 0.1 },
    { ...row, set: "random", simulations: 0, random_wdl_optimal: 0.2 },
  ];
  const names = accuracyPanel({ ...STATS, accuracy }).curves.map(({ name }) => name);
  expect(names).toEqual([
    "random games, policy alone",
    "hard positions, 100 simulations",
    "random mover",
  ]);
  expect(accuracies({ ...STATS, accuracy })).toEqual([
    { step: 5, "hard@100": 0.5, "random@0": 0.5, "random mover": 0.2 },
  ]);
});

test("addresses name runs, or say that they do not", () => {
  const route = { run: "a.b-c", other: "d" };
  expect(readWatching(new URLSearchParams(watching(route).split("?")[1]))).toEqual(route);
  expect(watching({ run: null, other: null })).toBe("#/watch");
  expect(readWatching(new URLSearchParams("with=.."))).toBe("“..” is no name of a run.");
});
