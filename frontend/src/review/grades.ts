/** What a grade is called and how it is shown: by a sign, a colour and a word. Pure. */
import type { Ply, View } from "../lib/api";
import { sideName } from "../analysis/odds";

export type Grade = Ply["grade"];
export type Fault = "inaccuracy" | "mistake" | "blunder";

interface Look {
  sign: string; // empty: nothing worth a mark
  name: string;
  plural: string;
  colour: string;
}

export const LOOKS: Record<Grade, Look> = {
  best: { sign: "", name: "best move", plural: "best moves", colour: "var(--muted)" },
  good: { sign: "", name: "good move", plural: "good moves", colour: "var(--muted)" },
  forced: { sign: "", name: "only move", plural: "only moves", colour: "var(--muted)" },
  inaccuracy: {
    sign: "?!",
    name: "inaccuracy",
    plural: "inaccuracies",
    colour: "light-dark(#7a6200, var(--yellow))",
  },
  mistake: {
    sign: "?",
    name: "mistake",
    plural: "mistakes",
    colour: "light-dark(#9c5200, var(--orange))",
  },
  blunder: {
    sign: "??",
    name: "blunder",
    plural: "blunders",
    colour: "light-dark(#b3361e, #ff8a5c)",
  },
};

export const FAULTS: readonly Fault[] = ["inaccuracy", "mistake", "blunder"];

export const isFault = (grade: Grade): grade is Fault =>
  (FAULTS as readonly Grade[]).includes(grade);

/** The faults of a game by the number of their move, as far as it is reviewed. */
export const faults = (plies: readonly (Ply | null)[], of: readonly Grade[] = FAULTS): Ply[] =>
  plies.filter((ply) => ply !== null).filter(({ grade }) => of.includes(grade));

/** The first of `faults` after move `at`, from the start again after the last one. */
export const nextFault = (found: readonly Ply[], at: number): Ply | null =>
  found.find(({ ply }) => ply > at) ?? found[0] ?? null;

/** What a fault cost, in words. */
export function cost(ply: Ply): string {
  const [before, after] = [ply.before, ply.after];
  const told = ({ win, draw }: Ply["before"]) => (win === 1 ? "win" : draw === 1 ? "draw" : "loss");
  if (ply.exact) return `It turned a ${told(before)} into a ${told(after)}.`;
  const chance = (value: number) => `${Math.round(50 + 50 * value)} %`;
  return `It took the chances from ${chance(before.value)} to ${chance(after.value)}.`;
}

/** A graded move as it is spoken: "Move 4, Ring: a2, blunder". */
export const spoken = (view: View, ply: Ply): string =>
  `Move ${ply.ply}, ${sideName(view, ply.player)}: ${ply.label}, ${LOOKS[ply.grade].name}`;
