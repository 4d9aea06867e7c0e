/** What is thought of the position shown, while it is wanted: a search, exact play, the odds. */
import { untrack } from "svelte";
import * as api from "../lib/api";
import type { Position, Solved, Thought } from "../lib/api";
import { persist } from "../lib/connection.svelte";
import { think } from "../lib/think";
import type { Session } from "../play/session.svelte";
import { type Odds, ofResult, ofSolved, ofThought } from "./odds";

const KEPT = "analysis";
/** Simulations for the positions of the game that are not shown: enough for a curve. */
const GLANCE = 60;

export class Analysis {
  on = $state(localStorage.getItem(KEPT) === "on");
  policy = $state(false); // the network's first guess on the board, instead of the search
  simulations = $state(1000); // for the position shown
  searching = $state(false);
  problem = $state<string | null>(null); // why the server refused
  #thought = $state.raw<Thought | null>(null);
  #solved = $state.raw<Solved | null>(null);
  #about = $state(""); // the position that both are about
  #odds = $state.raw<ReadonlyMap<string, Odds>>(new Map());

  constructor(readonly session: Session) {}

  /** The search of the position shown, as far as it is; null where there is none. */
  get thought(): Thought | null {
    return this.#about === this.#key(this.session.moves) ? this.#thought : null;
  }
  /** The exact values of the position shown; null while unknown and beyond the solver's reach. */
  get solved(): (Solved & { wdl: number }) | null {
    if (this.#about !== this.#key(this.session.moves)) return null;
    const { wdl } = this.#solved ?? { wdl: null };
    return wdl === null || wdl === undefined ? null : { ...this.#solved!, wdl };
  }
  /** The odds after each number of moves of the line followed; null while unknown. */
  get curve(): (Odds | null)[] {
    const { path } = this.session.line;
    return [null, ...path].map((_, at) => this.#odds.get(this.#key(path.slice(0, at))) ?? null);
  }
  get odds(): Odds | null {
    return this.#odds.get(this.#key(this.session.moves)) ?? null;
  }

  toggle(): void {
    this.on = !this.on;
    localStorage.setItem(KEPT, this.on ? "on" : "off");
  }

  /** Thinks about the position shown until it changes; for an effect, which calls it again then. */
  follow(): (() => void) | undefined {
    const { position, phase } = this.session;
    const { simulations } = this;
    if (!this.on || position === null || phase !== "ready") return;
    const gone = new AbortController();
    const looking = untrack(() => this.#look(position, simulations, gone.signal));
    looking.catch((error: unknown) => {
      if (gone.signal.aborted) return;
      this.searching = false;
      if (!(error instanceof api.Refused)) throw error;
      this.problem = error.message;
    });
    return () => gone.abort();
  }

  async #look(position: Position, simulations: number, signal: AbortSignal): Promise<void> {
    const { game, moves } = position;
    this.#about = this.#key(moves);
    this.#thought = this.#solved = null;
    this.problem = null;
    if (position.over) this.#note(moves, ofResult(position));
    else {
      this.searching = true;
      await Promise.all([
        this.#solve(game, moves, signal),
        this.#search(game, moves, simulations, signal),
      ]);
      this.searching = false;
    }
    await this.#glance(game, signal);
  }

  async #solve(game: string, moves: number[], signal: AbortSignal): Promise<void> {
    const found = await persist(() => api.solve(game, moves, signal), signal);
    signal.throwIfAborted();
    this.#solved = found;
    const { solved } = this;
    if (solved) this.#note(moves, ofSolved(solved));
  }

  async #search(game: string, moves: number[], simulations: number, signal: AbortSignal) {
    const hear = (thought: Thought) => {
      this.#thought = thought;
      this.#note(moves, ofThought(thought));
    };
    const question = { game, moves, simulations };
    const { thought } = await persist(() => think(question, signal, hear), signal);
    signal.throwIfAborted();
    hear(thought);
  }

  /** The odds of the other positions of the line, one after the other, by a short search. */
  async #glance(game: string, signal: AbortSignal): Promise<void> {
    const { path } = this.session.line;
    for (let at = path.length; at >= 0; at--) {
      const moves = path.slice(0, at);
      if (this.#odds.has(this.#key(moves))) continue;
      if (at === path.length) {
        const end = await persist(() => api.state(game, moves, signal), signal);
        if (end.over) this.#note(moves, ofResult(end));
        if (end.over) continue;
      }
      const question = { game, moves, simulations: GLANCE };
      const { thought } = await persist(() => think(question, signal, () => {}), signal);
      signal.throwIfAborted();
      this.#note(moves, ofThought(thought));
    }
  }

  #note(moves: readonly number[], odds: Odds): void {
    const known = this.#odds.get(this.#key(moves));
    if (known?.exact) return;
    this.#odds = new Map(this.#odds).set(this.#key(moves), odds);
  }

  #key(moves: readonly number[]): string {
    return `${this.session.game}:${moves.join()}`;
  }
}
