/** The server, one function per call. Shapes come from its OpenAPI document (`npm run types`). */
import type { components } from "./api.gen";

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
export type Played = Schemas["PlayOut"];
export type Stats = Schemas["StatsOut"];
export type Health = Schemas["HealthOut"];
export type Player = Schemas["NewGameIn"]["human"];

/** The server refused; the message is its reason. */
export class Refused extends Error {}
/** No answer came: the server or the network is away, so asking again makes sense. */
export class Unreachable extends Error {}

/** What precedes every path: the version of the API that this page was made for. */
export const ROOT = "/v1";

const AWAY = [502, 503, 504];

export async function call<T>(route: string, signal?: AbortSignal, body?: object): Promise<T> {
  const path = ROOT + route;
  const init: RequestInit = { cache: "no-cache", signal: signal ?? null };
  if (body) {
    init.method = "POST";
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(path, init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new Unreachable(`no answer from ${path}`, { cause });
  });
  const answer: unknown = await response.json().catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    return null;
  });
  if (response.ok && answer !== null) return answer as T;
  const detail = (answer as { detail?: unknown } | null)?.detail;
  if (detail !== undefined) {
    throw new Refused(typeof detail === "string" ? detail : JSON.stringify(detail));
  }
  if (response.ok || AWAY.includes(response.status)) {
    throw new Unreachable(`${path} answered ${response.status} without JSON`);
  }
  throw new Refused(`${path} answered ${response.status} and gave no reason`);
}

export const health = (signal?: AbortSignal) => call<Health>("/health", signal);
export const games = (signal?: AbortSignal) => call<Game[]>("/games", signal);
export const levels = (game: string, signal?: AbortSignal) =>
  call<Levels>(`/games/${encodeURIComponent(game)}/levels`, signal);
export const stats = (signal?: AbortSignal) => call<Stats>("/stats", signal);
export const newGame = (body: Schemas["NewGameIn"], signal?: AbortSignal) =>
  call<Played>("/game/new", signal, body);
export const move = (body: Schemas["MoveIn"], signal?: AbortSignal) =>
  call<Played>("/move", signal, body);
export const selfplay = (command: Schemas["SelfplayIn"]["command"], signal?: AbortSignal) =>
  call<Schemas["SelfplayOut"]>("/selfplay", signal, { command });
export const state = (game: string, moves: number[], signal?: AbortSignal) =>
  call<Position>(`/game/state?${new URLSearchParams({ game, moves: moves.join() })}`, signal);
