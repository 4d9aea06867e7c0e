/** The latest answer to the latest question, and why there is none. */
import { Refused } from "../lib/api";
import { persist } from "../lib/connection.svelte";

export class Asking<T> {
  answer = $state.raw<T | null>(null); // kept until the next one comes
  problem = $state<string | null>(null); // why the server refused
  busy = $state(false);
  #task = new AbortController();

  /** Asks; what was asked before and not answered yet is given up. */
  async ask(question: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#task.abort();
    const { signal } = (this.#task = new AbortController());
    this.busy = true;
    try {
      const answer = await persist(() => question(signal), signal);
      signal.throwIfAborted();
      this.answer = answer;
      this.problem = null;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      this.problem = error.message;
    }
    this.busy = false;
  }

  /** Waits for no answer any more. */
  stop(): void {
    this.#task.abort();
    this.busy = false;
  }
}
