/** The best move for the person to move, and why: one search of the opponent's model. */
import { Refused, type Thought } from "../lib/api";
import { persist } from "../lib/connection.svelte";
import { isBot, USUAL } from "../lib/sides";
import { think } from "../lib/think";
import type { Session } from "./session.svelte";

export class Hint {
  thought = $state.raw<Thought | null>(null); // as far as it has got
  searching = $state(false);
  #task = new AbortController();

  /** Asks about the position shown; the model is the bot's, its level's weakness is left out. */
  async ask(session: Session): Promise<void> {
    if (!session.yourTurn) return;
    this.clear();
    const { signal } = (this.#task = new AbortController());
    const { run, model } = session.sides.find(isBot) ?? USUAL;
    const question = { game: session.game, moves: session.moves, run, model };
    this.searching = true;
    try {
      const show = (thought: Thought) => (this.thought = thought);
      const { thought } = await persist(() => think(question, signal, show), signal);
      this.thought = thought;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      session.problem = error.message;
    }
    this.searching = false;
  }

  /** Takes the hint away, once the position is another one. */
  clear(): void {
    this.#task.abort();
    this.thought = null;
    this.searching = false;
  }
}
