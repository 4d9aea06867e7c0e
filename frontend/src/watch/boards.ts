/** Boards of self-play: what is drawn on them and how they are told. Pure. */
import { landed } from "../board/model";
import type { View } from "../lib/api";
import { count } from "../lib/words";
import type { Head, Live, LiveGame, Option } from "./api";

/** A board of the grid; the same place belongs to the same actor's same game. */
export interface Place {
  key: string;
  actor: string;
  game: LiveGame;
}

/** At most so many boards, of every actor about as many. */
export function places(live: Live | null, most: number): Place[] {
  const rows = (live?.actors ?? []).map(({ actor, games }) =>
    games.map((game, slot) => ({ key: `${actor} ${slot}`, actor, game })),
  );
  const each = Math.max(0, ...rows.map((row) => row.length));
  const turns = Array.from({ length: each }, (_, slot) => rows.flatMap((row) => row[slot] ?? []));
  return turns.flat().slice(0, most);
}

/** Where a move would be seen: in a column, on top of what lies there. */
function landing(view: View, cells: number[], clicks: number[]): number | undefined {
  const last = clicks.at(-1);
  if (view.layout !== "drop" || last === undefined) return last;
  const rows = Array.from({ length: view.rows }, (_, row) => row);
  const column = rows.map((row) => row * view.columns + (last % view.columns));
  return column.findLast((cell) => cells[cell] === 0);
}

/** For each cell the share of a search, before the move is played. */
export function shares(view: View, cells: number[], options: Option[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const { clicks, share } of options) {
    const cell = landing(view, cells, clicks);
    if (cell !== undefined) found.set(cell, (found.get(cell) ?? 0) + share);
  }
  return found;
}

/** The cells of the last move. */
export const marks = (view: View, cells: number[], clicks: number[] | undefined): number[] =>
  landed(view, cells, clicks ?? []);

/** A player by the name of the piece, or of the place in the order. */
export function side(view: View, player: number): string {
  const tone = player === 0 ? "first" : "second";
  return view.pieces.find((piece) => piece.tone === tone)?.name ?? `${tone} player`;
}

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** "Cross won", "Draw"; who leads by more than one tells it. */
export function outcome(view: View, { winner, result }: Pick<Head, "winner" | "result">): string {
  if (winner === null) return "Draw";
  const margin = Math.abs(result) > 1 ? ` by ${Math.abs(result)}` : "";
  return `${capital(side(view, winner))} won${margin}`;
}

export const plies = (number: number): string =>
  `${count(number)} ${number === 1 ? "ply" : "plies"}`;

export const played = (step: number | null): string =>
  step === null ? "without a model" : `by step ${count(step)}`;

/** A live board in words. */
export function told(view: View, game: LiveGame): string {
  if (game.over) return game.winner === null ? "Draw" : outcome(view, { ...game, result: 1 });
  return `${capital(side(view, game.mover))} to move`;
}
