/** What the server knows of the past of a run. */
import { call } from "../lib/api";
import type { components } from "../lib/api.gen";

type Schemas = components["schemas"];
export type Run = Schemas["RunOut"];
export type Opinions = Schemas["OpinionsOut"];
export type Opinion = Schemas["OpinionOut"];
export type Book = Schemas["BookOut"];
export type Continuation = Schemas["ContinuationOut"];
export type Odds = Schemas["OddsOut"];
export type Period = Schemas["PeriodOut"];
export type Ladder = Schemas["LadderOut"];
export type Rung = Schemas["RungOut"];
export type Duel = Schemas["DuelOut"];
export type LadderGame = Schemas["LadderGameOut"];
export type LadderGames = Schemas["LadderGamesOut"];

type Asked = Record<string, string | number | null>;

/** A path with its query; what is null is left out. */
const path = (route: string, asked: Asked): string => {
  const given = Object.entries(asked).filter(([, value]) => value !== null && value !== "");
  return `${route}?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`;
};

export const runs = (signal?: AbortSignal) => call<Run[]>("/runs", signal);

export const opinions = (
  asked: { run: string | null; game: string | null; moves: number[] },
  signal?: AbortSignal,
) => call<Opinions>(path("/opinions", { ...asked, moves: asked.moves.join() }), signal);

export const book = (
  asked: { run: string | null; moves: number[]; from: number | null; to: number | null },
  signal?: AbortSignal,
) => {
  const { run, moves, from, to } = asked;
  const query = { run, moves: moves.join(), from_step: from, to_step: to };
  return call<Book>(path("/book", query), signal);
};

export const ladder = (run: string | null, signal?: AbortSignal) =>
  call<Ladder>(path("/ladder", { run }), signal);

export const ladderGames = (run: string | null, a: string, b: string, signal?: AbortSignal) =>
  call<LadderGames>(path("/ladder/games", { run, a, b }), signal);
