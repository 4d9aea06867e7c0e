/** What is expected of a position, by player: never by whose turn it is. Pure. */
import type { Ply, Position, Solved, Thought, View } from "../lib/api";
import { percent } from "../lib/words";

/** Shares that add up to 1: player 0 wins, nobody wins, player 1 wins. */
export interface Odds {
  first: number;
  draw: number;
  second: number;
  exact: boolean; // known by the rules or by exact play, not estimated
}

function odds(player: number, win: number, draw: number, loss: number, exact: boolean): Odds {
  const [first, second] = player === 0 ? [win, loss] : [loss, win];
  return { first, draw, second, exact };
}

/** A search's value with the network's share of draws, fewer where the search is surer. */
export function ofThought({ player, value, wdl }: Thought): Odds {
  const draw = Math.min(wdl[1] ?? 0, 1 - Math.abs(value));
  return odds(player, (1 - draw + value) / 2, draw, (1 - draw - value) / 2, false);
}

/** What the solver says, where it reaches. */
export const ofSolved = ({ mover, wdl }: Solved & { wdl: number }): Odds =>
  odds(mover, +(wdl > 0), +(wdl === 0), +(wdl < 0), true);

/** How a game ended. */
export const ofResult = ({ winner }: Position): Odds =>
  odds(winner ?? 0, +(winner !== null), +(winner === null), 0, true);

/** What a review says of the position before or after a move. */
export function ofPly(ply: Ply, when: "before" | "after"): Odds {
  const { win, draw, loss, exact } = ply[when];
  return odds(ply.player, win, draw, loss, exact);
}

/** A player by the piece that it plays with. */
export function sideName(view: View, player: number): string {
  const tone = player === 0 ? "first" : "second";
  const piece = view.pieces.find((it) => it.tone === tone)?.name;
  const name = piece ?? `${tone} player`;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** "Cross wins 62 %, draw 10 %, ring wins 28 %", or what is certain. */
export function inWords(view: View, { first, draw, second, exact }: Odds): string {
  const [one, other] = [sideName(view, 0), sideName(view, 1)];
  if (exact) return draw === 1 ? "Draw, for certain" : `${first ? one : other} wins, for certain`;
  return `${one} wins ${percent(first)}, draw ${percent(draw)}, ${other} wins ${percent(second)}`;
}

/** The corners of a filled curve in a square of 100: from an edge to a height, where known. */
export function area(
  curve: readonly (Odds | null)[],
  edge: 0 | 100,
  height: (odds: Odds) => number,
): string {
  const last = Math.max(1, curve.length - 1);
  const known = curve.flatMap((odds, at) => (odds ? [{ x: (100 * at) / last, odds }] : []));
  if (known.length === 0) return "";
  const line = known.map(({ x, odds }) => `${x},${height(odds)}`);
  return [`${known[0]!.x},${edge}`, ...line, `${known.at(-1)!.x},${edge}`].join(" ");
}
