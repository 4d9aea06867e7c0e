/**
 * A server for the tests. Its game is made up: six cells, filled one by one, and the players do
 * not alternate: 0 moves, then 1 twice, then 0 twice, then 1. Who fills the last cell, loses.
 */
import { vi } from "vitest";
import type { Game, Health, Levels, Model, Played, Position, Stats, Thought } from "./lib/api";

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

function think(moves: number[]): Thought {
  const legal = free(moves);
  return {
    player: PLAYERS[moves.length]!,
    action: legal[0]!,
    label: `c${legal[0]}`,
    value: 0.25,
    wdl: [0.5, 0.25, 0.25],
    simulations: 10,
    milliseconds: 3,
    moves: legal.map((action, i) => ({
      action,
      label: `c${action}`,
      clicks: [action],
      visits: i === 0 ? 8 : 0,
      share: i === 0 ? 0.8 : 0,
      q: i === 0 ? -0.5 : null,
      prior: 1 / legal.length,
    })),
    line: position([...moves, legal[0]!]).history.slice(-1),
    model: UNIFORM,
  };
}

/** The bot fills the first free cell for as long as it is not the person's turn. */
export function answered(moves: number[], person: number): Played {
  const thoughts: Thought[] = [];
  let line = moves;
  while (line.length < 6 && PLAYERS[line.length] !== person) {
    thoughts.push(think(line));
    line = [...line, thoughts.at(-1)!.action];
  }
  return { position: position(line), thoughts, model: UNIFORM };
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

const HEALTH: Health = { status: "ok", version: "0", run: "first", model: UNIFORM };

interface Request {
  path: string;
  body: { game: string; moves: number[]; action: number; reply: boolean; human: number };
}

/** Stands in for `fetch`; `asked` are the requests that reached it. */
export class FakeServer {
  asked: Request[] = [];
  down = false; // no request reaches it
  refusal: string | null = null; // why it refuses moves
  refuses: "moves" | "replies" = "moves"; // every move, or only the bot's replies
  stats = STATS;

  constructor() {
    vi.stubGlobal("fetch", (path: string, init?: RequestInit) => this.#fetch(path, init));
  }

  /** The paths asked for, without the ones that are polled. */
  get moves(): string[] {
    return this.asked.map(({ path }) => path).filter((path) => /game\/|move/.test(path));
  }

  async #fetch(address: string, init?: RequestInit): Promise<Response> {
    const path = address.replace(/^\/v1/, "");
    init?.signal?.throwIfAborted();
    if (this.down) throw new TypeError("Failed to fetch");
    const body = init?.body ? JSON.parse(init.body as string) : {};
    this.asked.push({ path, body });
    if (path === "/move" && this.refusal && (this.refuses === "moves" || body.reply)) {
      return Response.json({ detail: this.refusal }, { status: 422 });
    }
    return Response.json(this.#answer(path, body));
  }

  #answer(path: string, body: Request["body"]): unknown {
    const [route, query] = path.split("?");
    switch (route) {
      case "/games":
        return [GAME, { ...GAME, name: "other", title: "Other" }];
      case "/health":
        return HEALTH;
      case `/games/${GAME.name}/levels`:
        return LEVELS;
      case "/games/other/levels":
        return { ...LEVELS, game: "other", model: UNIFORM };
      case "/stats":
        return this.stats;
      case "/game/new":
        return answered([], body.human);
      case "/game/state": {
        const moves = new URLSearchParams(query).get("moves")!;
        return position(moves === "" ? [] : moves.split(",").map(Number));
      }
      case "/move": {
        const moves = [...body.moves, body.action];
        const person = PLAYERS[body.moves.length]!;
        return body.reply
          ? answered(moves, person)
          : { position: position(moves), thoughts: [], model: UNIFORM };
      }
      case "/selfplay":
        return { run: "first", training: "running", message: "two actors and the trainer start" };
      default:
        throw new Error(`the fake server has no ${route}`);
    }
  }
}
