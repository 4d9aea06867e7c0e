/** Going back and forth in a game, and which thought belongs to which move. Pure. */
import type { Move, Player, Thought } from "../lib/api";

/** Thoughts by the list of moves that ends with the move thought of. */
export type Thoughts = ReadonlyMap<string, Thought>;

/** The ply of the person's latest move, or null before the first. Players need not alternate. */
export function latestTurn(history: Move[], human: Player): number | null {
  const ply = history.findLastIndex((move) => move.player === human);
  return ply < 0 ? null : ply;
}

/** `known` plus the `thoughts` of the moves at the end of `history`. */
export function remember(known: Thoughts, history: Move[], thoughts: Thought[]): Thoughts {
  const all = new Map(known);
  const moves = history.map((move) => move.action);
  let end = history.length;
  for (const thought of thoughts.toReversed()) {
    end = history
      .slice(0, end)
      .findLastIndex((it) => it.player === thought.player && it.action === thought.action);
    if (end < 0) break;
    all.set(moves.slice(0, end + 1).join(), thought);
  }
  return all;
}

/** The latest thought on the way to `moves`, if one is remembered. */
export function latestThought(known: Thoughts, moves: number[]): Thought | null {
  for (let end = moves.length; end > 0; end--) {
    const thought = known.get(moves.slice(0, end).join());
    if (thought) return thought;
  }
  return null;
}
