/** The address bar: `#/play/<game>?moves=3,3,2&at=1&human=0&level=expert` and `#/watch?run=…`. */
import { parsePast, type PastRoute } from "../past/route";
import { readReview, type ReviewRoute } from "../review/address";
import { readWatching, type Watching, watching } from "../watch/route";
import type { Player } from "./api";
import { readSides, type Sides, sidesQuery } from "./sides";

/** All that a game needs to be found again: the server keeps nothing about it. */
export interface PlayRoute {
  page: "play";
  game: string | null; // null: the first choice of the server
  moves: number[];
  at: number | null; // how many of them are shown; null: all
  sides: Sides;
  resigned: Player | null; // who gave the game up
}

export interface WatchRoute extends Watching {
  page: "watch";
}

type Elsewhere = PastRoute | ReviewRoute | WatchRoute | { page: "unknown"; reason: string };
export type Route = PlayRoute | Elsewhere;

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
  if (page === "review") {
    const found = readReview(game === undefined ? [] : [game, ...rest], query);
    return typeof found === "string" ? unknown(found) : found;
  }
  if ((page !== undefined && page !== "play") || rest.length > 0) {
    return unknown(`There is no page “${path}”.`);
  }
  if (game !== undefined && !NAME.test(game)) return unknown(`“${game}” is no name of a game.`);
  const moves = asked.get("moves") ?? "";
  if (moves !== "" && !LIST.test(moves)) {
    return unknown(`The link's list of moves cannot be read: “${moves}”.`);
  }
  const list = moves === "" ? [] : moves.split(",").map(Number);
  const at = asked.get("at");
  if (at !== null && !(/^\d{1,4}$/.test(at) && Number(at) <= list.length)) {
    return unknown(`The link says at=${at}, but it has ${list.length} moves.`);
  }
  const resigned = asked.get("resigned");
  if (resigned !== null && resigned !== "0" && resigned !== "1") {
    return unknown(`The link says resigned=${resigned}; only 0 (moves first) or 1 exist.`);
  }
  const sides = readSides(asked);
  if (typeof sides === "string") return unknown(sides);
  return {
    page: "play",
    game: game ?? null,
    moves: list,
    at: at === null || Number(at) === list.length ? null : Number(at),
    sides,
    resigned: resigned === null ? null : resigned === "1" ? 1 : 0,
  };
}

/** The hash that `parse` reads back to the same route. */
export function href(route: PlayRoute | WatchRoute): string {
  if (route.page === "watch") return watching(route);
  if (route.game === null) return "#/play";
  const query = [
    ...(route.moves.length > 0 ? [`moves=${route.moves.join(",")}`] : []),
    ...(route.at === null ? [] : [`at=${route.at}`]),
    ...sidesQuery(route.sides),
    ...(route.resigned === null ? [] : [`resigned=${route.resigned}`]),
  ];
  return `#/play/${route.game}?${query.join("&")}`;
}
