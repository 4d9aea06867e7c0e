/** The keys of the review page; those that the board or a field has used are left to them. */
import { FAULTS, type Fault, faults, nextFault } from "./grades";
import type { Review } from "./review.svelte";

const OURS = "input, textarea, select, dialog";
const LETTERS: Record<string, readonly Fault[]> = {
  i: ["inaccuracy"],
  m: ["mistake"],
  b: ["blunder"],
  x: FAULTS,
};

/** Goes through the game: arrows, Home, End; i, m, b to the next fault of a kind, x of any. */
export function keyboard(review: Review, event: KeyboardEvent): void {
  const typing = event.target instanceof Element && event.target.closest(OURS);
  if (typing || event.defaultPrevented || review.moves.length === 0) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { at, moves } = review;
  const steps: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    Home: 0,
    End: moves.length,
  };
  const kinds = LETTERS[event.key];
  const to = kinds ? nextFault(faults(review.plies, kinds), at)?.ply : steps[event.key];
  if (to !== undefined) review.go(to);
}
