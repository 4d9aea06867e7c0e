/** The processes of a run in words. Pure. */
import type { Stats } from "../lib/api";
import { ago, percent, rate } from "../lib/words";

export type Process = Stats["processes"][number];
export type Health = "well" | "slow" | "silent";

const SLOW = 4; // seconds; a process beats once a second

/** How it does by the age of its last sign of life. */
export function health({ alive, age_seconds }: Process): Health {
  if (!alive) return "silent";
  return age_seconds > SLOW ? "slow" : "well";
}

const SAID: { [of in Health]: string } = {
  well: "alive",
  slow: "slow to answer",
  silent: "silent",
};

/** "alive, 3 s ago". */
export const life = (process: Process): string =>
  `${SAID[health(process)]}, ${ago(process.age_seconds)}`;

const MAIN: [key: string, unit: string][] = [
  ["games_per_second", "games/s"],
  ["positions_per_second", "positions/s"],
  ["simulations_per_second", "simulations/s"],
  ["evaluations_per_second", "evaluations/s"],
  ["steps_per_second", "steps/s"],
];
const SHARES: [key: string, unit: string][] = [
  ["batch_fill", "batch filled"],
  ["cache_hits", "cache hits"],
];

const spoken = (key: string) => key.replaceAll("_", " ").replace(/ per second$/, "/s");

/** The rates that matter most, each with its unit. */
export function rates({ rates }: Process): string[] {
  const known = (list: [string, string][], say: (value: number) => string) =>
    list.flatMap(([key, unit]) => (rates[key] === undefined ? [] : `${say(rates[key])} ${unit}`));
  return [...known(MAIN, rate), ...known(SHARES, percent)];
}

/** Every other rate, for who wants to know. */
export function others({ rates }: Process): string[] {
  const known = [...MAIN, ...SHARES].map(([key]) => key);
  return Object.entries(rates)
    .filter(([key]) => !known.includes(key))
    .map(([key, value]) => {
      const share = key.endsWith("_share");
      return `${share ? percent(value) : rate(value)} ${spoken(key)}`;
    });
}
