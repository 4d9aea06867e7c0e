/** Who plays the two sides of a game, and how the address bar says it. */
import type { Player } from "./api";

/** How a bot plays; null is the server's choice. A level brings its own model and simulations. */
export interface Bot {
  level: string | null;
  run: string | null; // the folder of a run; null: the server's own, or the zoo
  model: string | null; // best, latest, step_000400, zoo
  simulations: number | null; // per move; 0: the network's policy alone
  milliseconds: number | null; // per move, if that is over before the simulations
}

export type Side = "person" | Bot;
/** The side of player 0, who moves first, and that of player 1. */
export type Sides = readonly [Side, Side];

export const USUAL: Bot = {
  level: null,
  run: null,
  model: null,
  simulations: null,
  milliseconds: null,
};

const PLAYERS: readonly Player[] = [0, 1];

export const isBot = (side: Side): side is Bot => side !== "person";

/** The players whom a bot plays for. */
export const bots = (sides: Sides): Player[] => PLAYERS.filter((player) => isBot(sides[player]));

/** The player whom the one person plays for; null where two or nobody plays. */
export function onlyPerson(sides: Sides): Player | null {
  const people = PLAYERS.filter((player) => !isBot(sides[player]));
  return people.length === 1 ? people[0]! : null;
}

export const swapped = ([first, second]: Sides): Sides => [second, first];

/** `sides` with another one for `player`. */
export const seated = (sides: Sides, player: Player, side: Side): Sides =>
  player === 0 ? [side, sides[1]] : [sides[0], side];

type Field = keyof Bot;
const HUMAN = { "0": "the first", "1": "the second", both: "both", none: "neither" };
const FIELDS: readonly Field[] = ["level", "run", "model", "simulations", "milliseconds"];
const WORD = /^[\w.-]+$/;

/** A bot's fields in an address: one value, or `first,second` where two bots play. */
export function sidesQuery(sides: Sides): string[] {
  const playing = sides.filter(isBot);
  const person = onlyPerson(sides);
  const human = person ?? (playing.length === 0 ? "both" : "none");
  const fields = FIELDS.map((field) => [field, playing.map((bot) => bot[field])] as const);
  const told = fields.filter(([, values]) => values.some((value) => value !== null));
  return [
    `human=${human}`,
    ...told.map(([field, values]) => `${field}=${values.map((it) => it ?? "").join()}`),
  ];
}

/** Reads what `sidesQuery` wrote; a string is the reason why it cannot be read. */
export function readSides(asked: URLSearchParams): Sides | string {
  const human = asked.get("human") ?? "0";
  if (!(human in HUMAN)) {
    return `The link says human=${human}; it can be 0 (moves first), 1, both or none.`;
  }
  const players = PLAYERS.filter((it) => human !== "both" && human !== String(it));
  const playing: Bot[] = [];
  for (const place of players.keys()) {
    const bot = readBot(asked, place, players.length);
    if (typeof bot === "string") return bot;
    playing.push(bot);
  }
  const side = (player: Player): Side => playing[players.indexOf(player)] ?? "person";
  return [side(0), side(1)];
}

function readBot(asked: URLSearchParams, place: number, of: number): Bot | string {
  const text: Record<string, string> = {};
  for (const field of FIELDS) {
    const values = (asked.get(field) ?? "").split(",");
    if (values.length > of) {
      return `The link names ${values.length} bots by ${field}; this game has ${of}.`;
    }
    text[field] = values[place] ?? "";
  }
  const { level, run, model, simulations, milliseconds } = text as Record<Field, string>;
  for (const [field, value] of Object.entries({ level, run, model })) {
    if (value !== "" && !WORD.test(value)) return `“${value}” is no name of a ${field}.`;
  }
  if (!/^\d{0,9}$/.test(simulations)) {
    return `The link says simulations=${simulations}; it must be a number, 0 for no search.`;
  }
  if (!/^([1-9]\d{0,8})?$/.test(milliseconds)) {
    return `The link says milliseconds=${milliseconds}; it must be a number above 0.`;
  }
  if (level !== "" && simulations !== "") {
    return "The link names a level and simulations; a level has its own.";
  }
  return {
    level: level || null,
    run: run || null,
    model: model || null,
    simulations: simulations === "" ? null : Number(simulations),
    milliseconds: Number(milliseconds) || null,
  };
}
