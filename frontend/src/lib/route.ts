/** The address bar: `#/play/<game>?moves=3,3,2&human=0&level=expert` and `#/watch?run=…`. */
import { parsePast, type PastRoute } from "../past/route";
import { readWatching, type Watching, watching } from "../watch/route";
import type { Player } from "./api";

/** All that a game needs to be found again: the server keeps nothing about it. */
export interface PlayRoute {
  page: "play";
  game: string | null; // null: the first choice of the server
  moves: number[];
  human: Player;
  level: string | null; // the bot's, by name; null: as many simulations as stand there
  simulations: number | null; // per bot move; null: the server's default
}

export interface WatchRoute extends Watching {
  page: "watch";
}

export type Route = PlayRoute | PastRoute | WatchRoute | { page: "unknown"; reason: string };

const NAME = /^[\w-]+$/;
const LIST = /^\d+(,\d+)*$/;

/** Reads a location hash; what cannot be read becomes a reason in words, never a guess. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const [page, game, ...rest] = path.split("/").filter((part) => part !== "");
  const unknown = (reason: string): Route => ({ page: "unknown", reason });
  const asked = new URLSearchParams(query);
  const past = parsePast(path.split("/").filter((part) => part !== ""), asked);
  if (past !== null) return typeof past === "string" ? unknown(past) : past;
  if (page === "watch" && game === undefined) {
    const found = readWatching(asked);
    return typeof found === "string" ? unknown(found) : { page: "watch", ...found };
  }
  if ((page !== undefined && page !== "play") || rest.length > 0) {
    return unknown(`There is no page “${path}”.`);
  }
  if (game !== undefined && !NAME.test(game)) return unknown(`“${game}” is no name of a game.`);
  const moves = asked.get("moves") ?? "";
  const human = asked.get("human") ?? "0";
  const level = asked.get("level");
  const simulations = asked.get("simulations");
  if (moves !== "" && !LIST.test(moves)) {
    return unknown(`The link's list of moves cannot be read: “${moves}”.`);
  }
  if (human !== "0" && human !== "1") {
    return unknown(`The link says human=${human}; only 0 (moves first) or 1 exist.`);
  }
  if (simulations !== null && !/^[1-9]\d*$/.test(simulations)) {
    return unknown(`The link says simulations=${simulations}; it must be a number above 0.`);
  }
  if (level !== null && !NAME.test(level)) return unknown(`“${level}” is no name of a level.`);
  if (level !== null && simulations !== null) {
    return unknown("The link names a level and simulations; a level has its own.");
  }
  return {
    page: "play",
    game: game ?? null,
    moves: moves === "" ? [] : moves.split(",").map(Number),
    human: human === "1" ? 1 : 0,
    level,
    simulations: simulations === null ? null : Number(simulations),
  };
}

/** The hash that `parse` reads back to the same route. */
export function href(route: PlayRoute | WatchRoute): string {
  if (route.page === "watch") return watching(route);
  if (route.game === null) return "#/play";
  const query = [
    ...(route.moves.length > 0 ? [`moves=${route.moves.join(",")}`] : []),
    `human=${route.human}`,
    ...(route.level === null ? [] : [`level=${route.level}`]),
    ...(route.simulations === null ? [] : [`simulations=${route.simulations}`]),
  ];
  return `#/play/${route.game}?${query.join("&")}`;
}
