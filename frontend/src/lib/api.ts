/** The server, one function per call. Shapes come from its OpenAPI document (`npm run types`). */
import type { components } from "./api.gen";
import { events } from "./events";

type Schemas = components["schemas"];
export type Game = Schemas["GameOut"];
export type View = Schemas["ViewOut"];
export type Action = Schemas["ActionOut"];
export type Move = Schemas["MoveOut"];
export type Level = Schemas["LevelOut"];
export type Levels = Schemas["LevelsOut"];
export type Model = Schemas["ModelOut"];
export type Position = Schemas["PositionOut"];
export type Thought = Schemas["Thought"];
export type Models = Schemas["ModelsOut"];
export type Run = Schemas["RunOut"];
export type Stats = Schemas["StatsOut"];
export type Health = Schemas["HealthOut"];
export type Player = Schemas["NewGameIn"]["human"];

/** The server refused; the message is its reason. */
export class Refused extends Error {}
/** No answer came: the server or the network is away, so asking again makes sense. */
export class Unreachable extends Error {}
/** The server has too much to do; it asks to be asked again in so many seconds. */
export class Busy extends Error {
  constructor(
    message: string,
    readonly seconds: number,
  ) {
    super(message);
  }
}

/** What precedes every path: the version of the API that this page was made for. */
export const ROOT = "/v1";

const AWAY = [502, 503, 504];

async function ask(route: string, signal?: AbortSignal, body?: object): Promise<Response> {
  const path = ROOT + route;
  const init: RequestInit = { cache: "no-cache", signal: signal ?? null };
  if (body) {
    init.method = "POST";
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  return fetch(path, init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new Unreachable(`no answer from ${path}`, { cause });
  });
}

async function read<T>(route: string, response: Response, signal?: AbortSignal): Promise<T> {
  const path = ROOT + route;
  const answer: unknown = await response.json().catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    return null;
  });
  if (response.ok && answer !== null) return answer as T;
  const detail = (answer as { detail?: unknown } | null)?.detail;
  if (detail !== undefined) {
    const words = typeof detail === "string" ? detail : JSON.stringify(detail);
    const wait = Number(response.headers.get("retry-after"));
    throw wait > 0 ? new Busy(words, wait) : new Refused(words);
  }
  if (response.ok || AWAY.includes(response.status)) {
    throw new Unreachable(`${path} answered ${response.status} without JSON`);
  }
  throw new Refused(`${path} answered ${response.status} and gave no reason`);
}

export async function call<T>(route: string, signal?: AbortSignal, body?: object): Promise<T> {
  return read(route, await ask(route, signal, body), signal);
}

/** The events of an answer that comes bit by bit; a refusal before the first one is thrown. */
export async function* stream(route: string, body: object, signal?: AbortSignal) {
  const response = await ask(route, signal, body);
  if (!response.ok || response.body === null) {
    await read(route, response, signal);
    throw new Unreachable(`${ROOT + route} answered without a stream`);
  }
  try {
    yield* events(response.body);
  } catch (cause) {
    if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
    throw new Unreachable(`${ROOT + route} broke off`, { cause });
  }
}

export const health = (signal?: AbortSignal) => call<Health>("/health", signal);
export const games = (signal?: AbortSignal) => call<Game[]>("/games", signal);
export const levels = (game: string, signal?: AbortSignal) =>
  call<Levels>(`/games/${encodeURIComponent(game)}/levels`, signal);
export const stats = (signal?: AbortSignal) => call<Stats>("/stats", signal);
export const selfplay = (command: Schemas["SelfplayIn"]["command"], signal?: AbortSignal) =>
  call<Schemas["SelfplayOut"]>("/selfplay", signal, { command });
export const state = (game: string, moves: number[], signal?: AbortSignal) =>
  call<Position>(`/game/state?${new URLSearchParams({ game, moves: moves.join() })}`, signal);
export const models = (game: string, run: string | null, signal?: AbortSignal) =>
  call<Models>(`/models?${new URLSearchParams({ game, ...(run && { run }) })}`, signal);
export const runs = (signal?: AbortSignal) => call<Run[]>("/runs", signal);

export type Solved = Schemas["SolveOut"];
export type Ply = Schemas["GradedOut"];
export type Reviewed = Schemas["ReviewOut"];
export const solve = (game: string, moves: readonly number[], signal?: AbortSignal) =>
  call<Solved>(`/solve?${new URLSearchParams({ game, moves: moves.join() })}`, signal);
