/** The opinions about one position, and which of them is looked at. */
import * as api from "../lib/api";
import type { Position, Solved } from "../lib/api";
import { opinions, type Opinions } from "../past/api";
import { Asking } from "../past/asking.svelte";
import { Back } from "../past/line";
import { hrefPast, type TimeRoute } from "../past/route";
import { placeOf } from "./course";

export class Machine {
  asking = new Asking<Opinions>();
  exact = new Asking<Solved>(); // what exact play says of the position
  playing = $state(false);
  #route: TimeRoute;
  #step = $state<number | null>(null); // null: the last one, also when there are more
  #back = new Back();

  answer = $derived(this.asking.answer);
  all = $derived(this.answer?.opinions ?? []);
  at = $derived(placeOf(this.all, this.#step));
  opinion = $derived(this.all[this.at]);

  constructor(route: TimeRoute) {
    this.#route = route;
    this.#step = route.step;
  }

  /** Follows the address. */
  open(route: TimeRoute): void {
    this.#route = route;
    this.#step = route.step;
  }

  /** Asks about the position of the address. */
  ask(): Promise<void> {
    const { run, game, moves } = this.#route;
    return this.asking.ask((signal) => opinions({ run, game, moves }, signal));
  }

  /** Asks what the position is exactly worth. */
  judge({ game, moves, over }: Position): Promise<void> {
    this.exact.answer = this.exact.problem = null;
    this.exact.stop();
    if (over) return Promise.resolve();
    return this.exact.ask((signal) => api.solve(game, moves, signal));
  }

  /** Waits for no answer any more. */
  close(): void {
    this.asking.stop();
    this.exact.stop();
  }

  /** Looks at another checkpoint; the address follows without a new entry in the history. */
  go(place: number): void {
    if (this.all.length === 0) return;
    const to = Math.min(Math.max(0, place), this.all.length - 1);
    this.#step = to === this.all.length - 1 ? null : this.all[to]!.step;
    this.#route = { ...this.#route, step: this.#step };
    history.replaceState(null, "", hrefPast(this.#route));
  }

  /** The next checkpoint of the film, which stops at the last one. */
  advance(): void {
    this.go(this.at + 1);
    this.playing = this.at + 1 < this.all.length;
  }

  /** Lets the film run, from the start if it is at its end, or stops it. */
  toggle(): void {
    if (!this.playing && this.at === this.all.length - 1) this.go(0);
    this.playing = !this.playing && this.all.length > 1;
  }

  /** Goes to the position after `moves`. */
  lead(moves: number[]): void {
    this.#back.forget();
    this.#goto(moves);
  }

  undo(): void {
    this.#goto(this.#back.undo(this.#route.moves));
  }

  redo(): void {
    this.#goto(this.#back.redo(this.#route.moves));
  }

  #goto(moves: number[] | null): void {
    if (moves === null) return;
    const game = this.answer?.position.game ?? this.#route.game;
    location.hash = hrefPast({ ...this.#route, game, moves, step: this.#step });
  }
}
