/**
 * A server for the tests. Its game is made up: six cells, filled one by one, and the players do
 * not alternate: 0 moves, then 1 twice, then 0 twice, then 1. Who fills the last cell, loses.
 */
import { vi } from "vitest";
import type { Game, Health, Levels, Model, Ply, Position, Run } from "./lib/api";
import type { Reviewed, Solved, Stats, Thought } from "./lib/api";
import { WATCHED } from "./watch/fake";

const PLAYERS = [0, 1, 1, 0, 0, 1];
export const UNIFORM: Model = { name: "uniform", step: null, published_at: null };

export const ZOO: Model = { name: "zoo", step: 4200, published_at: 1 };

export const GAME: Game = {
  name: "sixpack",
  title: "Sixpack",
  actions: 6,
  max_plies: 6,
  view: {
    rows: 2,
    columns: 3,
    layout: "square",
    pieces: [
      { name: "cross", shape: "cross", tone: "first" },
      { name: "ring", shape: "ring", tone: "second" },
    ],
    edges: [],
  },
};

const free = (moves: number[]) => [0, 1, 2, 3, 4, 5].filter((cell) => !moves.includes(cell));
const described = (action: number) => ({ action, label: `c${action}`, clicks: [action] });

export function position(moves: number[]): Position {
  const over = moves.length === 6;
  return {
    game: GAME.name,
    moves,
    cells: [0, 1, 2, 3, 4, 5].map((cell) => {
      const ply = moves.indexOf(cell);
      return ply < 0 ? 0 : PLAYERS[ply]! + 1;
    }),
    mover: over ? 0 : PLAYERS[moves.length]!,
    legal: free(moves).map(described),
    history: moves.map((a, i) => ({ ply: i + 1, player: PLAYERS[i]!, ...described(a) })),
    over,
    result: over ? 1 : null,
    winner: over ? 0 : null,
    highlight: over ? [0, 1, 2] : [],
  };
}

/** The bot thinks of filling the first free cell, most of the time. */
export function thoughtOf(moves: number[], model = UNIFORM): Thought {
  const legal = free(moves);
  const [first, second] = legal.map(described);
  const mover = PLAYERS[moves.length]!;
  const next = PLAYERS[moves.length + 1] ?? mover;
  return {
    player: mover,
    action: legal[0]!,
    label: `c${legal[0]}`,
    value: 0.25,
    wdl: [0.5, 0.25, 0.25],
    simulations: 10,
    milliseconds: 3,
    moves: legal.map((action, i) => ({
      ...described(action),
      visits: i === 0 ? 8 : 0,
      share: i === 0 ? 0.8 : 0,
      q: i === 0 ? -0.5 : null,
      prior: 1 / legal.length,
    })),
    line: [
      { ply: moves.length + 1, player: mover, ...first! },
      ...(second ? [{ ply: moves.length + 2, player: next, ...second }] : []),
    ],
    model,
  };
}

export const STATS: Stats = {
  run: "first",
  game: GAME.name,
  training: "stopped",
  can_control: true,
  processes: [],
  model: UNIFORM,
  step: 0,
  horizon_steps: 1000,
  games: 0,
  positions: 0,
  window_positions: 0,
  samples_used: 0,
  seconds: 0,
  message: "waiting for data: 312/500",
  history: [],
  evaluations: [],
  accuracy: [],
  incidents: [],
  quality: null,
  promotions: [],
  updated_at: null,
};

export const LEVELS: Levels = {
  game: GAME.name,
  model: ZOO,
  levels: [
    {
      name: "beginner",
      title: "Beginner",
      simulations: 0,
      temperature: 4,
      rating: 154.3,
      interval: [116, 189.4],
    },
    {
      name: "expert",
      title: "Expert",
      simulations: 200,
      temperature: 0,
      rating: null,
      interval: null,
    },
  ],
};

export const SNAPSHOTS: Model[] = [800, 400].map((step) => ({
  name: `step_000${step}`,
  step,
  published_at: step,
}));

const RUNS: Run[] = [
  { run: "first", game: GAME.name, models: 2 },
  { run: "second", game: GAME.name, models: 0 },
  { run: "third", game: "other", models: 5 },
].map((run) => ({
  ...{ steps: 200, games: 1, positions: 9, updated_at: 1, training: "stopped", trouble: null },
  ...run,
}));

const HEALTH: Health = { status: "ok", version: "0", run: "first", model: UNIFORM };

/** Exact play reaches the last three moves, and every one of them draws. */
export function solvedOf(moves: number[]): Solved {
  const { mover, legal } = position(moves);
  if (legal.length > 3) {
    return { reach: false, mover, value: null, wdl: null, words: null, moves: [] };
  }
  const drawn = { value: 0, wdl: 0 as const, words: "draw", best: true };
  const all = legal.map((action) => ({ ...action, ...drawn }));
  return { reach: true, mover, value: 0, wdl: 0, words: "draw", moves: all };
}

/** Move `at` of a game, graded: a blunder where cell 5 is filled before cell 4. */
export function plyOf(moves: number[], at: number): Ply {
  const before = position(moves.slice(0, at));
  const move = position(moves).history[at]!;
  const bad = move.action === 5 && !moves.slice(0, at).includes(4);
  const odds = (value: number) => ({
    value,
    win: (1 + value) / 2,
    draw: 0,
    loss: (1 - value) / 2,
    exact: false,
  });
  const best = bad ? before.legal.find(({ action }) => action === 4)! : described(move.action);
  return {
    ...move,
    grade: bad ? "blunder" : before.legal.length === 1 ? "forced" : "best",
    loss: bad ? 0.8 : 0,
    accuracy: bad ? 15 : 100,
    exact: false,
    before: odds(0.4),
    after: odds(bad ? -0.4 : 0.4),
    best,
    line: [{ ply: at + 1, player: move.player, ...best }],
    accepted: [best.action],
  };
}

function reviewOf(plies: Ply[]): Reviewed {
  const sides = [0, 1].map((player) => {
    const own = plies.filter((ply) => ply.player === player);
    const blunders = own.filter(({ grade }) => grade === "blunder").length;
    return { player, accuracy: 90, moves: own.length, inaccuracies: 0, mistakes: 0, blunders };
  });
  return { sides, simulations: 200, model: ZOO };
}

interface Request {
  path: string;
  body: { game: string; moves: number[]; simulations?: number | null; level?: string | null };
}

const list = (text: string | null) => (text ? text.split(",").map(Number) : []);

/** Stands in for `fetch`; `asked` are the requests that reached it. */
export class FakeServer {
  asked: Request[] = [];
  down = false; // no request reaches it
  refusal: string | null = null; // why it refuses moves or thoughts
  refuses: "/game/state" | "/think" = "/think";
  breaks = false; // a search breaks off in the middle
  model = UNIFORM; // that it plays with
  stats = STATS;
  #held: (() => void) | null = null;
  #hold = Promise.resolve();
  watched = { ...WATCHED }; // what it tells of a run beside that

  constructor() {
    vi.stubGlobal("fetch", (path: string, init?: RequestInit) => this.#fetch(path, init));
  }

  /** The paths asked for, without the ones that are polled. */
  get moves(): string[] {
    return this.asked.map(({ path }) => path).filter((path) => /game\/|think/.test(path));
  }

  /** What the latest search was asked for. */
  get question(): Request["body"] | undefined {
    return this.asked.findLast(({ path }) => path === "/think")?.body;
  }

  /** Lets every search wait in its middle until `release`. */
  hold(): void {
    this.#hold = new Promise((go) => (this.#held = go));
  }

  release(): void {
    this.#held?.();
  }

  async #fetch(address: string, init?: RequestInit): Promise<Response> {
    const path = address.replace(/^\/v1/, "");
    init?.signal?.throwIfAborted();
    if (this.down) throw new TypeError("Failed to fetch");
    const body = init?.body ? JSON.parse(init.body as string) : {};
    this.asked.push({ path, body });
    if (this.refusal && path.startsWith(this.refuses)) {
      return Response.json({ detail: this.refusal }, { status: 422 });
    }
    if (path === "/think") return this.#think(body, init?.signal);
    if (path === "/review") return this.#review(body);
    return Response.json(this.#answer(path));
  }

  #think({ moves }: Request["body"], signal?: AbortSignal | null): Response {
    const text = new TextEncoder();
    const thought = thoughtOf(moves, this.model);
    const done = { thought, position: position([...moves, thought.action]) };
    const start = async (stream: ReadableStreamDefaultController<Uint8Array>) => {
      const say = (event: string, data: object) =>
        stream.enqueue(text.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      signal?.addEventListener("abort", () => stream.error(signal.reason), { once: true });
      say("thought", { ...thought, simulations: 4 });
      await this.#hold;
      if (signal?.aborted) return;
      if (this.breaks) return stream.error(new TypeError("network error"));
      say("done", done);
      stream.close();
    };
    return new Response(new ReadableStream({ start: (stream) => void start(stream) }));
  }

  /** The review of a game: the last move first. Filling cell 5 before cell 4 is a blunder. */
  #review({ moves }: Request["body"]): Response {
    const plies = moves.map((_, at) => plyOf(moves, at)).toReversed();
    const told = [...plies.map((ply) => ["ply", ply]), ["done", reviewOf(plies)]];
    return new Response(
      told.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(""),
    );
  }

  #answer(path: string): unknown {
    const [route, query] = path.split("?");
    const asked = new URLSearchParams(query);
    switch (route) {
      case "/games":
        return [GAME, { ...GAME, name: "other", title: "Other" }];
      case "/health":
        return { ...HEALTH, model: this.model };
      case `/games/${GAME.name}/levels`:
        return LEVELS;
      case "/games/other/levels":
        return { ...LEVELS, game: "other", model: UNIFORM };
      case "/stats":
        return this.stats;
      case "/runs":
        return RUNS;
      case "/models":
        return {
          run: asked.get("run") ?? "first",
          game: GAME.name,
          served: this.model,
          best: null,
          latest: SNAPSHOTS[0],
          zoo: null,
          snapshots: SNAPSHOTS,
        };
      case "/game/state":
        return { ...position(list(asked.get("moves"))), game: asked.get("game") };
      case "/solve":
        return solvedOf(list(asked.get("moves")));
      case "/selfplay":
        return { run: "first", training: "running", message: "two actors and the trainer start" };
      default: {
        const told = this.watched[route!];
        if (told) return told(new URLSearchParams(query));
        throw new Error(`the fake server has no ${route}`);
      }
    }
  }
}
