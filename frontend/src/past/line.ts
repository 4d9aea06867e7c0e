/** Going back and forth in a line of moves: what was taken back can be played again. */
export class Back {
  #undone: number[] = []; // the latest last

  /** The line without its last move; null where there is none. */
  undo(moves: number[]): number[] | null {
    const last = moves.at(-1);
    if (last === undefined) return null;
    this.#undone = [...this.#undone, last];
    return moves.slice(0, -1);
  }

  /** The line with the move that was taken back last; null where there is none. */
  redo(moves: number[]): number[] | null {
    const next = this.#undone.at(-1);
    if (next === undefined) return null;
    this.#undone = this.#undone.slice(0, -1);
    return [...moves, next];
  }

  /** Another way was taken: nothing can be played again. */
  forget(): void {
    this.#undone = [];
  }
}
