/** Numbers on a board, one for each legal move. Pure. */
import type { Action, View } from "../lib/api";

/** Where each share is written: the last cell of the move, in a column where it lands. */
export function spread(
  view: View,
  cells: number[],
  legal: Action[],
  shares: number[],
): Map<number, number> {
  const found = new Map<number, number>();
  legal.forEach(({ clicks }, place) => {
    const click = clicks.at(-1);
    if (click === undefined) return;
    const column = Array.from({ length: view.rows }, (_, row) => {
      return row * view.columns + (click % view.columns);
    });
    const free = column.findLast((cell) => cells[cell] === 0);
    const cell = view.layout === "drop" ? free : click;
    if (cell !== undefined) found.set(cell, (found.get(cell) ?? 0) + (shares[place] ?? 0));
  });
  return found;
}
