/** Moves as text that people copy and paste: the labels of a game, its ids, or a whole link. */
import type { Action, Move, Position } from "../lib/api";

/** "d3 c3 pass"; a label of two words is joined, "pit 3" becomes "pit-3". */
export const written = (history: Move[]): string =>
  history.map(({ label }) => label.replace(/\s+/g, "-")).join(" ");

/** Text that cannot be read as moves; the message says which word, at which move. */
export class Unreadable extends Error {}

type StateOf = (moves: number[]) => Promise<Position>;

/**
 * The moves that `text` means, read by `stateOf` the server: labels if its words are labels, else
 * ids. A link stands for the ids in it. Numbers of moves ("12.") are skipped.
 */
export async function readMoves(text: string, stateOf: StateOf): Promise<number[]> {
  const link = /[?&]moves=([\d,]*)/.exec(text);
  const ids = link ? link[1]! : text;
  if (!link) {
    const moves = await byLabels(text, stateOf);
    if (typeof moves !== "string") return moves;
    if (!/^\s*\d+([\s,]+\d+)*\s*$/.test(text)) throw new Unreadable(moves);
  }
  return byIds(ids.split(/[\s,]+/).filter((word) => word !== "").map(Number), stateOf);
}

const plain = (label: string) => label.toLowerCase().replace(/[\s_-]+/g, "");
const listed = (legal: Action[]) => legal.map(({ label }) => label).join(", ");

/** The words of a text; without spaces they are cut to the length that every label has. */
function words(text: string, legal: Action[]): string[] {
  const found = text
    .trim()
    .replace(/(^|\s)\d+\.+(?=\s|\D)/g, " ")
    .split(/[\s,;]+/)
    .filter((word) => word !== "");
  const lengths = new Set(legal.map(({ label }) => plain(label).length));
  const [length] = lengths;
  if (found.length !== 1 || lengths.size !== 1 || found[0]!.length % length! !== 0) return found;
  return found[0]!.match(new RegExp(`.{${length}}`, "g")) ?? [];
}

async function byLabels(text: string, stateOf: StateOf): Promise<number[] | string> {
  let position = await stateOf([]);
  const moves: number[] = [];
  for (const word of words(text, position.legal)) {
    const action = position.legal.find(({ label }) => plain(label) === plain(word));
    if (!action) return refusal(word, moves.length + 1, position);
    moves.push(action.action);
    position = await stateOf(moves);
  }
  return moves;
}

async function byIds(ids: number[], stateOf: StateOf): Promise<number[]> {
  let position = await stateOf([]);
  for (const [ply, id] of ids.entries()) {
    const found = position.legal.some(({ action }) => action === id);
    if (!found) throw new Unreadable(refusal(String(id), ply + 1, position));
    position = await stateOf(ids.slice(0, ply + 1));
  }
  return ids;
}

const refusal = (word: string, ply: number, { over, legal }: Position): string =>
  over
    ? `Move ${ply}, “${word}”, comes after the end of the game.`
    : `Move ${ply}, “${word}”, cannot be played there; possible are ${listed(legal)}.`;
