/**
 * The addresses of what a run was: `#/time/<game>?run=…&moves=3,3&step=400`,
 * `#/book?run=…&moves=3,3&from=0&to=800`, `#/ladder?run=…&a=greedy&b=mcts:100&game=2&ply=7`.
 */

/** A position, and which checkpoint is looked at (null: the last one). */
export interface TimeRoute {
  page: "time";
  game: string | null; // null: the run's
  run: string | null; // null: the server's
  moves: number[];
  step: number | null;
}

/** A position of the opening book, in games of the models of these steps (null: no limit). */
export interface BookRoute {
  page: "book";
  run: string | null;
  moves: number[];
  from: number | null;
  to: number | null;
}

/** The ladder; with two players their games, and of these one at one of its plies. */
export interface LadderRoute {
  page: "ladder";
  run: string | null;
  a: string | null;
  b: string | null;
  game: number | null; // its place in the list, from 0
  ply: number | null; // null: the end
}

export type PastRoute = TimeRoute | BookRoute | LadderRoute;

const NAME = /^[\w-]+$/;
const RUN = /^[\w-][\w.-]*$/;
const LIST = /^\d{1,9}(,\d{1,9})*$/;
const STEP = /^(-1|\d{1,9})$/;
const PAGES = ["time", "book", "ladder"];

/** Reads the address of such a page: its route, why it cannot be read, or null for others. */
export function parsePast(path: string[], asked: URLSearchParams): PastRoute | string | null {
  const [page = "", game, ...rest] = path;
  if (!PAGES.includes(page)) return null;
  if (rest.length > 0 || (page !== "time" && game !== undefined)) {
    return `There is no page “${path.join("/")}”.`;
  }
  if (game !== undefined && !NAME.test(game)) return `“${game}” is no name of a game.`;
  const run = asked.get("run");
  if (run !== null && !RUN.test(run)) return `“${run}” is no name of a run.`;
  const moves = asked.get("moves") ?? "";
  if (moves !== "" && !LIST.test(moves)) {
    return `The link's list of moves cannot be read: “${moves}”.`;
  }
  const numbers: Record<string, number | null> = {};
  for (const key of ["step", "from", "to", "game", "ply"]) {
    const text = asked.get(key);
    if (text !== null && !STEP.test(text)) return `The link says ${key}=${text}, no number.`;
    numbers[key] = text === null ? null : Number(text);
  }
  const list = moves === "" ? [] : moves.split(",").map(Number);
  const { step = null, from = null, to = null, ply = null } = numbers;
  if (page === "time") return { page, game: game ?? null, run, moves: list, step };
  if (page === "book") return { page, run, moves: list, from, to };
  const [a, b] = [asked.get("a"), asked.get("b")];
  return { page: "ladder", run, a, b, game: numbers.game ?? null, ply };
}

/** The hash that leads there. */
export function hrefPast(route: PastRoute): string {
  const { page, run } = route;
  const place = page === "time" && route.game !== null ? `/${route.game}` : "";
  const pairs: [string, string | number | null][] = [["run", run]];
  if (page !== "ladder" && route.moves.length > 0) pairs.push(["moves", route.moves.join()]);
  if (page === "time") pairs.push(["step", route.step]);
  if (page === "book") pairs.push(["from", route.from], ["to", route.to]);
  if (page === "ladder") {
    pairs.push(["a", route.a], ["b", route.b], ["game", route.game], ["ply", route.ply]);
  }
  const query = pairs
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${encodeURIComponent(value!).replace(/%2C/g, ",")}`)
    .join("&");
  return `#/${page}${place}${query && "?"}${query}`;
}
