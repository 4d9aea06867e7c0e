/**
 * What is seen to move between two pictures of a board. Pure, and without any rule: only what the
 * cells showed before and show after, and where they lie.
 */
import type { View } from "../lib/api";
import { box } from "./shape";

export interface Motion {
  was: number; // what the cell showed before; 0: the piece is new, else it turns over
  delay: number; // milliseconds
}

/** A stone on its way to a heap: from where, as seen from the heap. */
export interface Flight {
  x: number;
  y: number;
  delay: number;
}

const MOST_NEW = 3; // more new pieces are a jump in the game, not a move
const RIPPLE = 70; // milliseconds from a cell to the next one further off
const SOW = 110; // milliseconds from a stone to the next

/** The pieces that arrive or turn over, by cell; those further from the new piece turn later. */
export function motions(view: View, before: number[] | null, after: number[]): Map<number, Motion> {
  if (before?.length !== after.length || view.layout === "pits") return new Map();
  const changed = [...after.keys()].filter((cell) => after[cell] !== before[cell]);
  const moved = changed.filter((cell) => after[cell] !== 0);
  const fresh = moved.filter((cell) => before[cell] === 0);
  if (fresh.length > MOST_NEW) return new Map();
  const [origin] = fresh;
  return new Map(
    moved.map((cell) => {
      const was = before[cell]!;
      const delay = was === 0 || origin === undefined ? 0 : RIPPLE * steps(view, origin, cell);
      return [cell, { was, delay }];
    }),
  );
}

function steps({ columns }: View, from: number, to: number): number {
  const rows = Math.abs(Math.floor(from / columns) - Math.floor(to / columns));
  return Math.max(rows, Math.abs((from % columns) - (to % columns)));
}

/** The cells of pits once around the board: bottom row, right end, top row backwards, left end. */
const around = ({ columns }: View): number[] => [
  ...Array.from({ length: columns }, (_, i) => columns + i),
  ...Array.from({ length: columns }, (_, i) => columns - 1 - i),
];

/** From `origin` around the board, into the direction in which the next cell has gained. */
function route(view: View, origin: number, gained: number[]): number[] {
  const ring = around(view);
  const at = ring.indexOf(origin);
  const onward = [...ring.slice(at + 1), ...ring.slice(0, at)];
  const backward = onward.toReversed();
  const first = (way: number[]) => way.findIndex((cell) => gained[cell]! > 0);
  return first(backward) < first(onward) ? backward : onward;
}

/**
 * The stones that come to each heap, the first first. Those out of the pit `origin` are sown
 * around the board one by one; then the others leave the heaps that lost them.
 */
export function flights(
  view: View,
  before: number[] | null,
  after: number[],
  origin: number | undefined,
): Map<number, Flight[]> {
  const coming = new Map<number, Flight[]>();
  if (before?.length !== after.length || view.layout !== "pits" || origin === undefined) {
    return coming;
  }
  const gained = after.map((stones, cell) => Math.max(0, stones - before[cell]!));
  let delay = 0;
  const send = (from: number, to: number) => {
    const [a, b] = [box(view, from), box(view, to)];
    gained[to]!--;
    coming.set(to, [...(coming.get(to) ?? []), { x: a.x - b.x, y: a.y - b.y, delay }]);
  };
  const way = route(view, origin, gained);
  let hand = before[origin]! - after[origin]!;
  while (hand > 0 && way.some((cell) => gained[cell]! > 0)) {
    for (const cell of way.filter((it) => gained[it]! > 0).slice(0, hand)) {
      send(origin, cell);
      hand--;
      delay += SOW;
    }
  }
  for (const [cell, stones] of after.entries()) {
    for (let left = before[cell]! - stones; left > 0 && cell !== origin; left--) {
      const to = gained.findIndex((it) => it > 0);
      if (to >= 0) send(cell, to);
    }
  }
  return coming;
}
