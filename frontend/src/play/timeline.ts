/** Whose turn it was when, and which thought belongs to which move. Pure. */
import type { Move, Thought } from "../lib/api";
import { isBot, onlyPerson, type Sides } from "../lib/sides";

/** Thoughts by the list of moves that ends with the move thought of. */
export type Thoughts = ReadonlyMap<string, Thought>;

export const remembered = (known: Thoughts, moves: number[], thought: Thought): Thoughts =>
  new Map(known).set(moves.join(), thought);

/** The latest thought on the way to `moves`, if one is remembered. */
export function latestThought(known: Thoughts, moves: number[]): Thought | null {
  for (let end = moves.length; end > 0; end--) {
    const thought = known.get(moves.slice(0, end).join());
    if (thought) return thought;
  }
  return null;
}

/** Whether a ply is one that taking back stops at: a person's, or any where only bots play. */
const stops = (sides: Sides, move: Move | undefined): boolean =>
  move !== undefined && (!isBot(sides[move.player === 0 ? 0 : 1]) || sides.every(isBot));

/** The ply of the latest turn before `at` that can be taken back; null before the first. */
export function previousTurn(history: Move[], at: number, sides: Sides): number | null {
  const ply = history.slice(0, at).findLastIndex((move) => stops(sides, move));
  return ply < 0 ? null : ply;
}

/** The ply of the next turn after `at`, or the end; null at the end. */
export function nextTurn(history: Move[], at: number, sides: Sides): number | null {
  if (at >= history.length) return null;
  const ply = history.findIndex((move, i) => i > at && stops(sides, move));
  return ply < 0 ? history.length : ply;
}

/** How the log and the board call a player: "You", "The bot", "Player 2", "Bot 1". */
export function calledIn(sides: Sides, player: number): string {
  const bot = isBot(sides[player === 0 ? 0 : 1]);
  if (onlyPerson(sides) === null) return `${bot ? "Bot" : "Player"} ${player + 1}`;
  return bot ? "The bot" : "You";
}
