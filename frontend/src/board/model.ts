/**
 * A board without DOM and without rules: what can be pressed, and what that press means.
 *
 * A spot is what a person presses: one cell, or a whole column where pieces drop. An action is
 * chosen by pressing the spots of its `clicks` in order. Allowed is what the server listed.
 */
import type { Action, Thought, View } from "../lib/api";
import { type Box, box, isStore } from "./shape";

export interface Spot {
  index: number;
  row: number; // of its first cell, from the top
  column: number;
  box: Box;
}

/** What a press leads to: an action to play, or the spots pressed so far. */
export type Press = { action: Action } | { chosen: number[] };

const tower = (view: View, column: number): Box => ({
  ...box(view, column),
  y: 50 * view.rows,
  height: 100 * view.rows,
});

/** The spots of a board, row by row. */
export function spots(view: View): Spot[] {
  const tall = view.layout === "drop";
  return Array.from({ length: tall ? view.columns : view.rows * view.columns }, (_, index) => ({
    index,
    row: Math.floor(index / view.columns),
    column: index % view.columns,
    box: tall ? tower(view, index) : box(view, index),
  }));
}

/** The spot that a cell belongs to. */
export const spotOf = (view: View, cell: number): number =>
  view.layout === "drop" ? cell % view.columns : cell;

/** The legal actions that begin with the spots already chosen. */
export const beginning = (view: View, legal: Action[], chosen: number[]): Action[] =>
  legal.filter(
    ({ clicks }) =>
      clicks.length > chosen.length &&
      chosen.every((spot, i) => spotOf(view, clicks[i]!) === spot),
  );

/** The spots that may be pressed next, each with the label of an action behind it. */
export function offered(view: View, legal: Action[], chosen: number[]): Map<number, string> {
  const next = beginning(view, legal, chosen);
  return new Map(next.map((it) => [spotOf(view, it.clicks[chosen.length]!), it.label]));
}

/** The legal actions that no click on the board can mean: buttons. */
export const buttons = (legal: Action[]): Action[] =>
  legal.filter((action) => action.clicks.length === 0);

/** Presses `spot` after the spots in `chosen`; a press that continues nothing starts anew. */
export function press(view: View, legal: Action[], chosen: number[], spot: number): Press {
  const next = [...chosen, spot];
  const started = beginning(view, legal, chosen);
  const fitting = started.filter((it) => spotOf(view, it.clicks[chosen.length]!) === spot);
  const complete = fitting.find((it) => it.clicks.length === next.length);
  if (complete) return { action: complete };
  if (fitting.length > 0) return { chosen: next };
  if (chosen.length === 0 || chosen.at(-1) === spot) return { chosen: [] };
  return press(view, legal, [], spot);
}

const STEPS: Record<string, [down: number, right: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The spot that a key leads to; null when the key is not ours. */
export function arrow(view: View, spot: number, key: string): number | null {
  if (key === "Home") return spot - (spot % view.columns);
  if (key === "End") return spot - (spot % view.columns) + view.columns - 1;
  const step = STEPS[key];
  if (!step) return null;
  const rows = view.layout === "drop" ? 1 : view.rows;
  const from = Math.floor(spot / view.columns);
  const row = Math.min(rows - 1, Math.max(0, from + step[0]));
  const facing = view.layout === "pits" ? from - row : 0; // the rows of pits are set off by one
  const column = (spot % view.columns) + step[1] + facing;
  return row * view.columns + Math.min(view.columns - 1, Math.max(0, column));
}

/** The spot that a digit key means: a column, a pit by its label, a cell of a small board. */
export function digit(view: View, legal: Action[], key: string): number | null {
  const number = /^[1-9]$/.test(key) ? Number(key) : Infinity;
  if (view.layout === "drop") return number <= view.columns ? number - 1 : null;
  if (view.layout === "pits") {
    const pit = legal.find(({ label }) => Number(/\d+$/.exec(label)?.[0]) === number);
    return pit?.clicks[0] ?? null;
  }
  const cells = view.layout === "square" ? view.rows * view.columns : Infinity;
  return cells <= 9 && number <= cells ? number - 1 : null;
}

const column = (view: View, cell: number): number[] =>
  Array.from({ length: view.rows }, (_, row) => row * view.columns + (cell % view.columns));

/** Where a move is seen: its clicks, or in a column the top of what lies there. */
export function landed(view: View, cells: number[], clicks: number[]): number[] {
  if (view.layout !== "drop") return clicks;
  return clicks.flatMap((cell) => column(view, cell).find((it) => cells[it] !== 0) ?? []);
}

/** Where a move would be seen, before it is played: in a column on top of what lies there. */
export function landing(view: View, cells: number[], clicks: number[]): number[] {
  if (view.layout !== "drop") return clicks;
  return clicks.flatMap((cell) => column(view, cell).findLast((it) => cells[it] === 0) ?? []);
}

/** For each cell that was thought about: the share of its visits; `live` before the move. */
export function overlay(
  view: View,
  cells: number[],
  thought: Thought,
  live = false,
): Map<number, number> {
  const shares = new Map<number, number>();
  for (const { action, clicks, share } of thought.moves) {
    const played = action === thought.action && !live;
    const where = played ? landed(view, cells, clicks) : landing(view, cells, clicks);
    const cell = where.at(-1);
    if (cell !== undefined) shares.set(cell, (shares.get(cell) ?? 0) + share);
  }
  return shares;
}

/** A spot in words, for those who do not see it; `label` names what a press plays. */
export function describe(view: View, cells: number[], spot: Spot, label?: string): string {
  const name = (cell: number) => view.pieces[(cells[cell] ?? 0) - 1]?.name ?? "empty";
  const play = label === undefined ? "" : `, play ${label}`;
  if (view.layout === "pits") {
    const end = spot.index === 0 ? "left" : "right";
    const place = `${spot.row === 0 ? "top" : "bottom"} row, pit ${spot.column + 1 - +!spot.row}`;
    const stones = cells[spot.index] ?? 0;
    const where = isStore(view, spot.index) ? `${end} store` : place;
    return `${where}: ${stones} ${stones === 1 ? "stone" : "stones"}${play}`;
  }
  if (view.layout !== "drop") {
    return `row ${spot.row + 1}, column ${spot.column + 1}: ${name(spot.index)}${play}`;
  }
  const pieces = column(view, spot.index).filter((it) => cells[it] !== 0);
  const content = pieces.map(name).reverse().join(", ") || "empty";
  return `column ${spot.column + 1}: ${content}${play}`;
}
