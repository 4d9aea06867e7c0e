/** A server for the tests of the pages about a run's past; its game is that of ../fake. */
import { vi } from "vitest";
import { GAME, position } from "../fake";
import type { Solved } from "../lib/api";
import type { Book, Ladder, LadderGames, Odds, Opinion, Opinions, Run } from "./api";

const opinion = (step: number, win: number, favourite: number, legal: number): Opinion => ({
  model: `step_${step}`,
  step,
  published_at: step,
  wdl: [win, 0.1, 0.9 - win],
  value: 2 * win - 0.9,
  policy: Array.from({ length: legal }, (_, i) => {
    return legal === 1 ? 1 : i === favourite ? 0.6 : 0.4 / (legal - 1);
  }),
});

/** Three checkpoints, of which each likes another move. */
export function opinions(moves: number[]): Opinions {
  const shown = position(moves);
  const legal = shown.legal.length;
  const steps = [200, 400, 1000];
  return {
    run: "first",
    position: shown,
    snapshots: 4,
    opinions: shown.over ? [] : steps.map((step, i) => opinion(step, 0.2 + 0.2 * i, i, legal)),
    skipped: [{ model: "step_300", step: 300, reason: "not a complete ONNX model" }],
  };
}

const odds = (wins: number, draws: number, losses: number): Odds => {
  const games = wins + draws + losses;
  const score = games ? (wins + draws / 2) / games : null;
  return { games, wins, draws, losses, score, interval: [0.4, 0.8] };
};

/** A hundred games; the first free cell is chosen most often and the last one never. */
export function book(moves: number[], from: number | null, to: number | null): Book {
  const shown = position(moves);
  const periods = [-1, 100, 200, 300, 400, 500].map((step) => {
    return { from_step: step, to_step: step, games: 50 };
  });
  return {
    run: "first",
    position: shown,
    depth: 4,
    from_step: from ?? -1,
    to_step: to ?? 500,
    all_games: 300,
    here: odds(60, 20, 20),
    continuations: shown.legal.map(({ action, label, clicks }, i) => {
      const last = i === shown.legal.length - 1;
      const share = last ? 0 : i === 0 ? 0.75 : 0.05;
      const found = last ? odds(0, 0, 0) : odds(6, 2, 2);
      return { action, label, clicks, share, odds: found, trend: [null, share, share / 2] };
    }),
    periods,
    trend_periods: periods.slice(0, 3),
    complete: true,
    indexed: 300,
    stored: 300,
    pruned: 0,
  };
}

const rung = (player: string, rating: number | null, step: number | null = null) => ({
  player,
  kind: step === null ? ("greedy" as const) : ("model" as const),
  fixed: step === null,
  step,
  sha256: step === null ? null : "ab".repeat(32),
  rating,
  interval: rating === null ? null : [rating - 40, rating + 60],
  games: 40,
});

export const LADDER: Ladder = {
  run: "first",
  game: GAME.name,
  updated_at: 1000,
  opening_plies: 2,
  players: [rung("step_000400@20", 1250, 400), rung("greedy", 300), rung("random", 0)],
  duels: [
    {
      first: "random",
      second: "step_000400@20",
      games: 20,
      wins: 1,
      draws: 2,
      losses: 17,
      score: 0.1,
      interval: [0.05, 0.2],
    },
  ],
  pairs: [
    { occasion: "tournament", first: "random", second: "step_000400@20", games: 2, latest_at: 900 },
  ],
  command: "python -m actor tournament greedy --game sixpack --run-name first",
};

export const GAMES: LadderGames = {
  run: "first",
  game: GAME.name,
  games: 2,
  shown: [
    {
      occasion: "tournament",
      at: 900,
      number: 0,
      players: ["random", "step_000400@20"],
      opening: 2,
      moves: [0, 1, 2, 3, 4, 5],
      result: 1,
      winner: 0,
    },
    {
      occasion: "referee",
      at: 900,
      number: 0,
      players: ["step_000400@20", "random"],
      opening: 1,
      moves: [5, 4, 3, 2, 1, 0],
      result: 0,
      winner: null,
    },
  ],
};

const numbers = (text: string | null): number[] => (text ? text.split(",").map(Number) : []);

/** The first move of all wins, the others lose. */
export function solved(moves: number[]): Solved {
  const shown = position(moves);
  const move = (first: boolean) => ({
    value: first ? 1 : -1,
    wdl: first ? (1 as const) : (-1 as const),
    words: first ? "win in 2 moves" : "loss in 3 moves",
    best: first,
  });
  return {
    reach: moves.length > 0,
    mover: shown.mover,
    ...(moves.length > 0 && move(true)),
    moves: moves.length > 0 ? shown.legal.map((it, i) => ({ ...it, ...move(i === 0) })) : [],
  };
}

const told = (run: string): Run => ({
  run,
  game: GAME.name,
  steps: 1000,
  games: 300,
  positions: 3000,
  updated_at: 1000,
  training: "stopped",
  models: 4,
  trouble: null,
});

/** Stands in for `fetch`; `asked` are the addresses that were asked for. */
export class FakePast {
  asked: string[] = [];
  refusal: string | null = null;
  opinions: (moves: number[]) => Opinions = opinions;
  book = book;
  ladder = LADDER;
  games = GAMES;
  runs = ["first"];
  solved = solved;

  constructor() {
    vi.stubGlobal("fetch", async (address: string) => {
      if (address === "/v1/runs") return Response.json(this.runs.map(told));
      this.asked.push(address);
      if (this.refusal) return Response.json({ detail: this.refusal }, { status: 422 });
      return Response.json(this.#answer(new URL(address, "http://here")));
    });
  }

  #answer({ pathname, searchParams: query }: URL): unknown {
    const moves = numbers(query.get("moves"));
    const step = (key: string) => (query.has(key) ? Number(query.get(key)) : null);
    switch (pathname) {
      case "/v1/opinions":
        return this.opinions(moves);
      case "/v1/book":
        return this.book(moves, step("from_step"), step("to_step"));
      case "/v1/ladder":
        return this.ladder;
      case "/v1/ladder/games":
        return this.games;
      case "/v1/solve":
        return this.solved(moves);
      case "/v1/game/state":
        return position(moves);
      default:
        throw new Error(`the fake server has no ${pathname}`);
    }
  }
}

/** What stands in for uPlot, which needs a canvas: `drawn` are the data of every chart. */
export const drawn: number[][][] = [];
export class Plot {
  constructor(
    _: object,
    readonly data: number[][],
  ) {
    drawn.push(data);
  }
  setData(data: number[][]) {
    drawn.push(data);
  }
  setSize() {}
  redraw() {}
  destroy() {}
}
