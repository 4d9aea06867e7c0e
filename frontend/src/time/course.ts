/** How opinions become curves, rows of a table and numbers on a board. Pure. */
import type { Action } from "../lib/api";
import type { Opinion, Opinions } from "../past/api";
import type { Curve, Row } from "./plot";

const TOKENS = ["--curve-blue", "--curve-orange", "--curve-green", "--curve-purple", "--text"];
/** Moves that have a curve of their own. */
export const CURVES = TOKENS.length;
/** Moves that have a row of their own. */
const ROWS = 10;

export const ODDS: Curve[] = [
  { key: "win", name: "wins", colour: "--curve-blue" },
  { key: "draw", name: "draws", colour: "--muted", dash: [6, 5] },
  { key: "loss", name: "loses", colour: "--curve-orange" },
];

/** What was expected at each step, for the mover. */
export const odds = (opinions: Opinion[]): Row[] =>
  opinions.map(({ step, wdl }) => ({
    step,
    win: wdl[0] ?? 0,
    draw: wdl[1] ?? 0,
    loss: wdl[2] ?? 0,
  }));

/** A legal move and its place in every list of probabilities. */
export interface Ranked extends Action {
  place: number;
}

/** The legal moves by what the last opinion gives them, and before that the best it ever had. */
export function ranked({ position, opinions }: Opinions): Ranked[] {
  const last = opinions.at(-1)?.policy ?? [];
  return position.legal
    .map((action, place) => ({ ...action, place }))
    .toSorted((a, b) => (last[b.place] ?? 0) - (last[a.place] ?? 0));
}

/** The moves with a curve: the favourites of the last opinion and who was one before. */
export function favourites(answer: Opinions): Ranked[] {
  const peak = (place: number) => Math.max(...answer.opinions.map((it) => it.policy[place] ?? 0));
  const all = ranked(answer);
  const kept = all.slice(0, CURVES - 2);
  const fallen = all.slice(CURVES - 2).toSorted((a, b) => peak(b.place) - peak(a.place));
  return [...kept, ...fallen.slice(0, 2)];
}

/** A curve for each of these moves. */
export const curves = (moves: Ranked[]): Curve[] =>
  moves.map(({ place, label }, i) => ({ key: `p${place}`, name: label, colour: TOKENS[i]! }));

/** The probabilities of these moves at each step. */
export const shares = (opinions: Opinion[], moves: Ranked[]): Row[] =>
  opinions.map(({ step, policy }) => ({
    step,
    ...Object.fromEntries(moves.map(({ place }) => [`p${place}`, policy[place] ?? 0])),
  }));

/** The moves with a row of their own, and how many share the rest. */
export function rows(answer: Opinions): { shown: Ranked[]; rest: Ranked[] } {
  const all = ranked(answer);
  const cut = all.length > ROWS + 1 ? ROWS : all.length;
  return { shown: all.slice(0, cut), rest: all.slice(cut) };
}

/** The place of the checkpoint of `step`, or of the one before it; null = the last one. */
export function placeOf(opinions: Opinion[], step: number | null): number {
  if (step === null) return opinions.length - 1;
  return Math.max(0, opinions.findLastIndex((it) => it.step <= step));
}
