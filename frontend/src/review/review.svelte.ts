/** One game looked back at: its moves with their grades as they come, and the position shown. */
import { untrack } from "svelte";
import * as api from "../lib/api";
import type { Model, Move, Ply, Position, Reviewed } from "../lib/api";
import { type Odds, ofPly } from "../analysis/odds";
import { persist } from "../lib/connection.svelte";
import { reviewHref } from "./address";

/** Asks for a review and listens: `onply` hears of every move, the last one of the game first. */
export async function ask(
  question: { game: string; moves: readonly number[] },
  signal: AbortSignal,
  onply: (ply: Ply) => void,
): Promise<Reviewed> {
  for await (const { event, data } of api.stream("/review", question, signal)) {
    signal.throwIfAborted();
    const said: unknown = JSON.parse(data);
    if (event === "ply") onply(said as Ply);
    if (event === "failed") throw new api.Refused((said as { detail: string }).detail);
    if (event === "done") return said as Reviewed;
  }
  throw new api.Unreachable("the review broke off before its end");
}

export class Review {
  plies = $state.raw<(Ply | null)[]>([]); // by number of the move; null: not graded yet
  sum = $state.raw<Reviewed | null>(null); // null until every move is graded
  position = $state.raw<Position | null>(null); // the one shown
  history = $state.raw<Move[]>([]); // every move of the game
  at = $state(0); // how many moves lead to the position shown
  problem = $state<string | null>(null); // why the server refused
  #known = new Map<string, Position>();
  #shown = new AbortController();

  constructor(
    readonly game: string,
    readonly moves: readonly number[],
    at: number | null = null,
  ) {
    this.plies = moves.map(() => null);
    this.at = at ?? moves.length;
  }

  get model(): Model | null {
    return this.sum?.model ?? null;
  }
  /** The move that leads to the position shown; null at the start and while it is not graded. */
  get ply(): Ply | null {
    return this.plies[this.at - 1] ?? null;
  }
  get graded(): number {
    return this.plies.filter((ply) => ply !== null).length;
  }
  /** The odds after each number of moves. */
  get curve(): (Odds | null)[] {
    const [first] = this.plies;
    const after = this.plies.map((ply) => ply && ofPly(ply, "after"));
    return [first ? ofPly(first, "before") : null, ...after];
  }

  /** Fetches the game and its review; for an effect, which gives it up when the page goes. */
  follow(): () => void {
    const gone = new AbortController();
    const following = untrack(() => this.#follow(gone.signal));
    following.catch((error: unknown) => this.#report(error, gone.signal));
    return () => {
      gone.abort();
      this.#shown.abort();
    };
  }

  /** Shows the position after `at` moves. */
  go(at: number): void {
    this.at = Math.max(0, Math.min(this.moves.length, at));
    history.replaceState(null, "", reviewHref(this.game, this.moves, this.at));
    this.#shown.abort();
    const { signal } = (this.#shown = new AbortController());
    this.#show(signal).catch((error: unknown) => this.#report(error, signal));
  }

  /** A position that a list of moves leads to, from memory if it was seen. */
  async find(moves: readonly number[], signal: AbortSignal): Promise<Position> {
    const known = this.#known.get(moves.join());
    if (known) return known;
    const found = await persist(() => api.state(this.game, [...moves], signal), signal);
    this.#known.set(moves.join(), found);
    return found;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    this.history = (await this.find(this.moves, signal)).history;
    await this.#show(signal);
    const question = { game: this.game, moves: this.moves };
    this.sum = await persist(() => ask(question, signal, (ply) => this.#note(ply)), signal);
  }

  async #show(signal: AbortSignal): Promise<void> {
    const found = await this.find(this.moves.slice(0, this.at), signal);
    if (!signal.aborted) this.position = found;
  }

  #note(ply: Ply): void {
    this.plies = this.plies.with(ply.ply - 1, ply);
  }

  #report(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (!(error instanceof api.Refused)) throw error;
    this.problem = error.message;
  }
}
