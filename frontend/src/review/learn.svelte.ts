/** Learning from mistakes: the position before each again, until something better is found. */
import { type Action, type Player, type Ply, type Position, Refused } from "../lib/api";
import { persist } from "../lib/connection.svelte";
import { think } from "../lib/think";
import { faults } from "./grades";
import type { Review } from "./review.svelte";

/** Values that differ by so little are as good as each other; the server holds it likewise. */
export const NEARLY = 0.035;

type Phase = "asking" | "checking" | "right" | "wrong" | "shown";

export class Learn {
  phase = $state<Phase>("asking");
  tried = $state.raw<Action | null>(null); // what the person played last
  position = $state.raw<Position | null>(null); // before the mistake, or after what was tried
  number = $state(0); // of the mistake, from 0
  solved = $state(0); // found by oneself
  readonly lessons: Ply[];
  #task = new AbortController();

  /** The mistakes of one player, or of both for null, as far as the game is reviewed. */
  constructor(
    readonly review: Review,
    player: Player | null,
  ) {
    this.lessons = faults(review.plies).filter((it) => player === null || it.player === player);
  }

  get lesson(): Ply | null {
    return this.lessons[this.number] ?? null;
  }
  get done(): boolean {
    return this.lesson === null;
  }

  /** Begins with the present mistake, or begins it again. */
  begin(): Promise<void> {
    const lesson = this.lesson;
    this.phase = "asking";
    this.tried = null;
    if (lesson === null) return Promise.resolve();
    return this.#run(async (signal) => this.#show(this.#before(lesson), signal));
  }

  next(): Promise<void> {
    this.number += 1;
    return this.begin();
  }

  /** Plays another move instead; says whether it is as good as the best. */
  attempt(action: Action): Promise<void> {
    const lesson = this.lesson;
    if (lesson === null || this.phase === "checking") return Promise.resolve();
    return this.#run(async (signal) => {
      this.tried = action;
      this.phase = "checking";
      const moves = [...this.#before(lesson), action.action];
      await this.#show(moves, signal);
      const right = await this.#isGood(lesson, action.action, moves, signal);
      signal.throwIfAborted();
      this.phase = right ? "right" : "wrong";
      this.solved += +right;
      if (!right) await this.#show(this.#before(lesson), signal);
    });
  }

  /** Shows the best move. */
  solution(): Promise<void> {
    const lesson = this.lesson;
    if (lesson === null) return Promise.resolve();
    return this.#run(async (signal) => {
      await this.#show([...this.#before(lesson), lesson.best.action], signal);
      this.tried = lesson.best;
      this.phase = "shown";
    });
  }

  /** Gives up what is under way: the lesson is left. */
  stop(): void {
    this.#task.abort();
  }

  #before(lesson: Ply): number[] {
    return this.review.moves.slice(0, lesson.ply - 1);
  }

  async #isGood(lesson: Ply, action: number, moves: number[], signal: AbortSignal) {
    if (lesson.accepted.includes(action)) return true;
    if (lesson.before.exact || action === lesson.action) return false;
    const { over, winner, game } = await this.review.find(moves, signal);
    if (over) return result(winner, lesson.player) >= lesson.before.value - NEARLY;
    const question = { game, moves, simulations: this.review.sum?.simulations ?? null };
    const { thought } = await persist(() => think(question, signal, () => {}), signal);
    const value = thought.player === lesson.player ? thought.value : -thought.value;
    return value >= lesson.before.value - NEARLY;
  }

  async #show(moves: readonly number[], signal: AbortSignal): Promise<void> {
    const found = await this.review.find(moves, signal);
    signal.throwIfAborted();
    this.position = found;
  }

  async #run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#task.abort();
    const { signal } = (this.#task = new AbortController());
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      this.review.problem = error.message;
      this.phase = "asking";
    }
  }
}

const result = (winner: number | null, player: number): number =>
  winner === null ? 0 : winner === player ? 1 : -1;
