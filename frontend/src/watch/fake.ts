/** What the fake server tells of a run, beside its statistics; see ../fake.ts. */
import type { Live, Preset, Record as Recorded, Rung, RunSettings } from "./api";

const described = (action: number) => ({ action, label: `c${action}`, clicks: [action] });
const move = (action: number, ply: number, player: number) => ({
  ply,
  player,
  ...described(action),
});

export const LIVE: Live = {
  run: "first",
  game: "sixpack",
  actors: ["actor-0", "actor-1"].map((actor) => ({
    actor,
    model_step: 200,
    age_seconds: 0.5,
    games: [
      {
        plies: 1,
        cells: [1, 0, 0, 0, 0, 0],
        mover: 1,
        last: move(0, 1, 0),
        over: false,
        winner: null,
        highlight: [],
        simulations: 12,
        budget: 50,
        value: -0.25,
        options: [
          { ...described(4), share: 0.75 },
          { ...described(2), share: 0.25 },
        ],
      },
    ],
  })),
};

const HEADS = [12, 11].map((id) => ({
  id,
  at: 1,
  model_step: id === 12 ? 200 : null,
  plies: 2,
  positions: 1,
  result: id === 12 ? -1 : 0,
  winner: id === 12 ? 1 : null,
}));

/** A game of two plies: the first one was not recorded. */
export const recorded = (id: number): Recorded => ({
  run: "first",
  game: "sixpack",
  head: HEADS.find((head) => head.id === id)!,
  start: [0, 0, 0, 0, 0, 0],
  plies: [
    { move: move(0, 1, 0), cells: [1, 0, 0, 0, 0, 0], searched: null },
    {
      move: move(4, 2, 1),
      cells: [1, 0, 0, 0, 2, 0],
      searched: {
        value: 0.5,
        exact: true,
        surprise: 0.125,
        options: [
          { ...described(4), share: 0.9 },
          { ...described(2), share: 0.1 },
        ],
      },
    },
  ],
  highlight: [4],
});

const PRESETS: Preset[] = ["quick", "standard"].map((name) => ({
  name,
  title: `The ${name} one`,
  description: `So ${name}.`,
}));

const rung = (player: string, step: number | null, rating: number | null): Rung => ({
  player,
  kind: step === null ? "mcts" : "model",
  fixed: step === null,
  step,
  sha256: null,
  rating,
  interval: rating === null || step === null ? null : [rating - 50, rating + 50],
  games: 100,
});
export const LADDER: Rung[] = [
  rung("latest", 200, 400),
  rung("mcts:100", null, 250),
  rung("step_000100", 100, 200),
  rung("mcts:50", null, null),
];

const settings = (run: string, changes: { [key: string]: string }): RunSettings => ({
  run,
  game: "sixpack",
  at: 1,
  command: "./scripts/start_training.sh",
  machine: "2 cores",
  changes,
});

/** The answers by their route. */
export const WATCHED: { [route: string]: (query: URLSearchParams) => unknown } = {
  "/live": () => LIVE,
  "/selfplay/games": () => ({ games: HEADS }),
  "/selfplay/games/12": () => recorded(12),
  "/selfplay/games/11": () => recorded(11),
  "/presets": () => PRESETS,
  "/ladder": () => ({ players: LADDER }),
  "/settings": (query) =>
    query.get("run") === "second"
      ? settings("second", { "run.seed": "0", "search.simulations": "25" })
      : settings("first", { "run.seed": "0", "learner.minutes": "3.0" }),
};
