/** The address of a review: `#/review/<game>?moves=3,3,2&at=2`. */
export interface ReviewRoute {
  page: "review";
  game: string;
  moves: number[]; // none: the page asks for a game
  at: number | null; // how many of them are shown; null: all
}

const NAME = /^[\w-]+$/;
const LIST = /^\d+(,\d+)*$/;

/** Reads what follows `#/review/`; a string is the reason why it cannot be read. */
export function readReview(parts: string[], query: string): ReviewRoute | string {
  const [game, ...rest] = parts;
  if (game === undefined) return "A review needs the name of a game in its address.";
  if (!NAME.test(game) || rest.length > 0) return `“${parts.join("/")}” is no name of a game.`;
  const asked = new URLSearchParams(query);
  const moves = asked.get("moves") ?? "";
  if (moves !== "" && !LIST.test(moves)) {
    return `The link's list of moves cannot be read: “${moves}”.`;
  }
  const list = moves === "" ? [] : moves.split(",").map(Number);
  const at = asked.get("at");
  if (at !== null && !(/^\d{1,4}$/.test(at) && Number(at) <= list.length)) {
    return `The link says at=${at}, but it has ${list.length} moves.`;
  }
  return { page: "review", game, moves: list, at: at === null ? null : Number(at) };
}

/** The hash that `readReview` reads back. */
export function reviewHref(game: string, moves: readonly number[], at: number | null = null) {
  const query = [
    ...(moves.length > 0 ? [`moves=${moves.join()}`] : []),
    ...(at === null || at === moves.length ? [] : [`at=${at}`]),
  ];
  return `#/review/${game}${query.length > 0 ? "?" : ""}${query.join("&")}`;
}
