/** The keys of the page. Those that the board or a field has used are left to them. */
import type { Session } from "./session.svelte";

/** What a key opens or asks for beside the game itself. */
export type Deed = "hint" | "keys" | "share" | "sound" | "done";

/** Every key and what it does, for the sheet. */
export const KEYS: [key: string, deed: string][] = [
  ["← → ↑ ↓", "on the board: from cell to cell"],
  ["Enter", "play there"],
  ["1 – 9", "play in that column, pit or cell"],
  ["← →", "elsewhere: a move back, a move on"],
  [", .", "the same, wherever you are"],
  ["Home End", "to the start, to the end"],
  ["u r", "undo, redo your turn"],
  ["h", "hint"],
  ["a", "analysis on, off"],
  ["Space", "two bots: play, pause"],
  ["n", "new game"],
  ["s", "share the game"],
  ["m", "sound on, off"],
  ["?", "this sheet"],
];

const OURS = "input, textarea, select, dialog";

/** Does what the key says; null where it says nothing to us. */
export function keyboard(session: Session, event: KeyboardEvent): Deed | null {
  const typing = event.target instanceof Element && event.target.closest(OURS);
  if (typing || event.defaultPrevented) return null;
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const done = (_: unknown): Deed => "done";
  switch (event.key) {
    case "ArrowLeft":
    case ",":
      return done(session.stepBy(-1));
    case "ArrowRight":
    case ".":
      return done(session.stepBy(1));
    case "Home":
      return done(session.step(0));
    case "End":
      return done(session.step(session.line.path.length));
    case "u":
      return done(session.undo());
    case "r":
      return done(session.redo());
    case "n":
      return done(session.fresh());
    case " ":
      if (!session.watched || onButton(event)) return null;
      event.preventDefault();
      return done(session.running ? session.pause() : session.proceed());
    case "h":
      return "hint";
    case "s":
      return "share";
    case "m":
      return "sound";
    case "?":
      return "keys";
    default:
      return null;
  }
}

const onButton = ({ target }: KeyboardEvent) =>
  target instanceof Element && target.closest("button, a") !== null;
