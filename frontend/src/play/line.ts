/**
 * A game as a tree of lists of moves, and where in it one stands. Pure; every change gives a new
 * line.
 *
 * Nothing that was played is lost: stepping back moves a cursor, and playing from there branches
 * off. `main` is the game that one comes back to; taking back (`settle`) shortens it, so that the
 * game itself goes on from there.
 */
export interface Line {
  readonly main: readonly number[]; // the moves of the game
  readonly path: readonly number[]; // the moves of the line that is followed, to its end
  readonly at: number; // the cursor: how many moves of `path` lead to the position shown
  readonly tried: ReadonlyMap<string, readonly number[]>; // by position: what was played from it
}

const key = (moves: readonly number[]): string => moves.join();

const leads = (part: readonly number[], whole: readonly number[]): boolean =>
  part.length <= whole.length && part.every((action, ply) => whole[ply] === action);

/** How many moves two lines have in common. */
export function shared(one: readonly number[], other: readonly number[]): number {
  const apart = one.findIndex((action, ply) => other[ply] !== action);
  return apart < 0 ? one.length : apart;
}

/** The line of a game, shown after `at` of its moves (default: all). */
export function begin(moves: readonly number[] = [], at = moves.length): Line {
  const line = { main: moves, path: moves, at: 0, tried: known(new Map(), moves) };
  return go(line, at);
}

function known(tried: Line["tried"], moves: readonly number[]): Line["tried"] {
  const all = new Map(tried);
  moves.forEach((action, ply) => {
    const position = key(moves.slice(0, ply));
    const before = all.get(position) ?? [];
    if (!before.includes(action)) all.set(position, [...before, action]);
  });
  return all;
}

/** The moves that lead to the position shown. */
export const here = (line: Line): number[] => line.path.slice(0, line.at);

export const atEnd = (line: Line): boolean => line.at === line.path.length;

/** Whether the position shown is one of the game, not of a branch. */
export const onMain = (line: Line): boolean => leads(here(line), line.main);

/** The moves that were played from a position, the first tried first. */
export const branches = (line: Line, moves: readonly number[]): readonly number[] =>
  line.tried.get(key(moves)) ?? [];

/** Moves the cursor to after `at` moves of the line followed, or to the end nearest to it. */
export const go = (line: Line, at: number): Line => ({
  ...line,
  at: Math.max(0, Math.min(at, line.path.length)),
});

/** Moves the cursor and makes that position the end of the game: it goes on from there. */
export function settle(line: Line, at: number): Line {
  const moved = go(line, at);
  return onMain(line) || onMain(moved) ? { ...moved, main: here(moved) } : moved;
}

/** Plays a move from the position shown: along the line if it is its next, else as a branch. */
export function play(line: Line, action: number): Line {
  const moves = [...here(line), action];
  const main = key(line.main) === key(here(line)) ? moves : line.main;
  const path = line.path[line.at] === action ? line.path : moves;
  return { main, path, at: moves.length, tried: known(line.tried, moves) };
}

/** Goes to any position, known or new; the line goes on as the game did, else as first tried. */
export function enter(line: Line, moves: readonly number[]): Line {
  const tried = known(line.tried, moves);
  if (leads(moves, line.path)) return { ...go(line, moves.length), tried };
  if (leads(moves, line.main)) return { ...line, path: line.main, at: moves.length, tried };
  const path = [...moves];
  for (let next = tried.get(key(path)); next; next = tried.get(key(path))) path.push(next[0]!);
  return { main: line.main, path, at: moves.length, tried };
}

/** Comes back from a branch to the game, where the branch left it. */
export const comeBack = (line: Line): Line => ({
  ...line,
  path: line.main,
  at: shared(here(line), line.main),
});

/** Makes the line followed the game. */
export const promote = (line: Line): Line => ({ ...line, main: line.path });
