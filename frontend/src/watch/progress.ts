/** How far a run is, how long it still takes, and what it waits for. Pure. */
import type { Stats } from "../lib/api";
import { duration } from "../lib/words";

const RECENT = 300; // seconds of training that tell the pace

/** The share of the schedule that is over, by time where a time is set, else by steps. */
export function share({ budget_seconds, seconds, step, horizon_steps }: Stats): number {
  if (budget_seconds) return Math.min(1, seconds / budget_seconds);
  return horizon_steps > 0 ? Math.min(1, step / horizon_steps) : 0;
}

/** Seconds until the schedule is over at the present pace; null where nobody can tell. */
export function remaining(stats: Stats): number | null {
  if (share(stats) >= 1 || stats.training !== "running") return null;
  if (stats.budget_seconds) return stats.budget_seconds - stats.seconds;
  const last = stats.history.at(-1);
  const first = stats.history.find((row) => row.seconds >= (last?.seconds ?? 0) - RECENT);
  if (!last || !first || last.step <= first.step) return null;
  const pace = (last.step - first.step) / (last.seconds - first.seconds);
  return (stats.horizon_steps - stats.step) / pace;
}

/** "about 12 min left". */
export function left(stats: Stats): string {
  const seconds = remaining(stats);
  return seconds === null ? "" : `about ${duration(Math.max(1, seconds))} left`;
}

/** What the learner waits for, where it counts it: "312/500 positions". */
export function awaited(message: string): { has: number; needs: number; what: string } | null {
  const found = /(\d+)\/(\d+) (\w+)/.exec(message);
  return found && { has: Number(found[1]), needs: Number(found[2]), what: found[3]! };
}
