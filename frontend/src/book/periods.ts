/** Parts of a run to look at: which periods are chosen, and in words. Pure. */
import { count } from "../lib/words";
import type { Period } from "../past/api";

/** The first and the last of the chosen periods, by their places. */
export interface Choice {
  first: number;
  last: number;
}

export interface Preset extends Choice {
  name: string;
}

/** The whole run, and its thirds where there are enough periods. */
export function presets(periods: Period[]): Preset[] {
  const end = periods.length - 1;
  const whole = { name: "Whole run", first: 0, last: end };
  if (periods.length < 3) return [whole];
  const [one, two] = [Math.round((end + 1) / 3), Math.round((2 * (end + 1)) / 3)];
  return [
    whole,
    { name: "First third", first: 0, last: one - 1 },
    { name: "Middle third", first: one, last: two - 1 },
    { name: "Last third", first: two, last: end },
  ];
}

/** The periods that an address asks for; null is no limit. */
export function chosen(periods: Period[], from: number | null, to: number | null): Choice {
  const end = periods.length - 1;
  const first = from === null ? 0 : periods.findIndex((it) => it.to_step >= from);
  const last = to === null ? end : periods.findLastIndex((it) => it.from_step <= to);
  return { first: Math.max(0, first < 0 ? end : first), last: Math.max(0, last) };
}

/** The steps of a choice, as an address says them. */
export const limits = (periods: Period[], { first, last }: Choice) => ({
  from: first === 0 ? null : periods[first]!.from_step,
  to: last === periods.length - 1 ? null : periods[last]!.to_step,
});

/** A step in words; -1 is the time before the first model. */
export const stepName = (step: number): string =>
  step < 0 ? "before the first model" : `step ${count(step)}`;

/** From one step to another, in words that follow "games". */
export function span(from: number, to: number): string {
  if (from === to) return from < 0 ? stepName(from) : `of ${stepName(from)}`;
  return `from ${from < 0 ? "the very start" : stepName(from)} to ${stepName(to)}`;
}
