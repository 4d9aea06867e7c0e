/** The ladder as numbers to draw. Pure. */
import type { Duel, Ladder, LadderGame, Rung } from "../past/api";

/** From the lowest limit to the highest, with a little room; null where nobody is rated. */
export function range(players: Rung[]): { low: number; high: number } | null {
  const limits = players.flatMap(({ interval }) => interval ?? []);
  if (limits.length === 0) return null;
  const [low, high] = [Math.min(...limits), Math.max(...limits)];
  const room = Math.max(20, 0.04 * (high - low));
  return { low: low - room, high: high + room };
}

/** Round ratings inside a range, for a scale of at most six of them. */
export function ticks({ low, high }: { low: number; high: number }): number[] {
  const step = [50, 100, 200, 250, 500, 1000, 2000, 5000].find((it) => (high - low) / it <= 6);
  const size = step ?? 10000;
  const first = Math.ceil(low / size);
  const count = Math.floor(high / size) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * size);
}

/** The games of `one` against `other` as `one` sees them; null where they have not met. */
export function duel(ladder: Ladder, one: string, other: string): Duel | null {
  for (const found of ladder.duels) {
    if (found.first === one && found.second === other) return found;
    if (found.first === other && found.second === one) {
      const { wins, losses, score, interval } = found;
      const [low = 0, high = 1] = interval;
      return {
        ...found,
        first: one,
        second: other,
        wins: losses,
        losses: wins,
        score: 1 - score,
        interval: [1 - high, 1 - low],
      };
    }
  }
  return null;
}

/** Who beat whom in a game, in words. */
export function ended({ players, winner }: LadderGame): string {
  const [first = "", second = ""] = players;
  if (winner === null) return `${first} and ${second} drew`;
  return winner === 0 ? `${first} beat ${second}` : `${second} beat ${first}`;
}

/** A player's name in fewer letters: "step 2,200" stays a step, its digest goes to the title. */
export const shortName = ({ player }: Pick<Rung, "player">): string =>
  player.replace(/^step_0*(\d+)/, "step $1");
