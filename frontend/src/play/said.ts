/** What happens in a game, said the way a person would. */
import type { Move, Player, Position } from "../lib/api";
import { type Bot, isBot, onlyPerson, type Side, type Sides } from "../lib/sides";
import { simulationsInWords } from "../lib/words";
import { calledIn } from "./timeline";

/** How a game ended, for those who played it. */
export function ending(position: Position, sides: Sides, resigned: Player | null): string {
  if (resigned !== null) {
    return `${calledIn(sides, resigned)} resigned. ${calledIn(sides, 1 - resigned)} won.`;
  }
  if (position.winner === null) return "Draw.";
  const margin = Math.abs(position.result ?? 0);
  const by = margin > 1 ? ` by ${margin}` : "";
  const cheer = position.winner === onlyPerson(sides) ? "!" : ".";
  return `${calledIn(sides, position.winner)} won${by}${cheer}`;
}

/** Whose turn it is. */
export const turn = (sides: Sides, player: Player): string =>
  onlyPerson(sides) === player ? "Your turn" : `${calledIn(sides, player)} to move`;

/** One move as the log speaks it. */
export const spoken = (move: Move, sides: Sides): string =>
  `${calledIn(sides, move.player)} played ${move.label}.`;

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** A side in two words: "You", "Expert", "step_000400", "25 simulations". */
export function sideName(sides: Sides, player: Player): string {
  const side: Side = sides[player];
  return isBot(side) ? botName(side) || calledIn(sides, player) : calledIn(sides, player);
}

/** How long a bot thinks about a move, if that is not left to the server. */
export function pensive({ simulations, milliseconds }: Bot): string {
  const limit = simulations === null ? "" : simulationsInWords(simulations);
  const time = milliseconds === null ? "" : `${milliseconds / 1000} s`;
  return [limit, time].filter((part) => part !== "").join(", ");
}

function botName(bot: Bot): string {
  if (bot.level !== null) return capital(bot.level);
  const model = [bot.run, bot.model].filter((part) => part !== null).join(" ");
  return [model, pensive(bot)].filter((part) => part !== "").join(", ");
}
