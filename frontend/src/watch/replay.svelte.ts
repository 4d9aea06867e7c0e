/** Finished games of self-play, one at a time: the newest by itself, or one ply by ply by hand. */
import { Refused, Unreachable } from "../lib/api";
import { persist, poll } from "../lib/connection.svelte";
import { games, type Head, type Record, record } from "./api";

const LISTED = 8;
const LOOK = 4000; // milliseconds between two looks for newer games
const PLY = 900;
const END = 2600; // how long a finished game is left to be seen

export class Replay {
  heads = $state.raw<Head[]>([]);
  shown = $state.raw<Record | null>(null);
  at = $state(0); // plies played on the board
  playing = $state(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  following = $state(true); // the newest game comes after this one
  problem = $state("");

  constructor(readonly run: string | null) {}

  get length(): number {
    return this.shown?.plies.length ?? 0;
  }

  /** Looks for new games, and moves on; returns what ends it. */
  start(): () => void {
    const stop = poll((signal) => this.#look(signal), LOOK);
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      if (this.playing && !document.hidden) this.#advance();
      timer = setTimeout(tick, this.at === this.length ? END : PLY);
    };
    timer = setTimeout(tick, PLY);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  /** Shows a ply, as the person wants it. */
  go(ply: number): void {
    this.playing = this.following = false;
    this.at = Math.max(0, Math.min(this.length, ply));
  }

  toggle(): void {
    this.playing = !this.playing;
    if (this.playing && this.at === this.length) this.at = 0;
  }

  /** Shows a game from its beginning; a newer one no longer takes its place. */
  async open(id: number): Promise<void> {
    this.following = false;
    await this.#show(id);
  }

  /** Goes back to the newest game. */
  async follow(): Promise<void> {
    this.following = this.playing = true;
    const newest = this.heads[0];
    if (newest) await this.#show(newest.id);
  }

  #advance(): void {
    if (this.at < this.length) this.at += 1;
    else if (!this.following) this.playing = false;
    else if (this.heads[0] && this.heads[0].id !== this.shown?.head.id) {
      void this.#show(this.heads[0].id);
    } else this.at = 0;
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      this.heads = (await persist(() => games(this.run, LISTED, signal), signal)).games;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem = error.message;
    }
    const newest = this.heads[0];
    if (this.shown === null && newest) await this.#show(newest.id);
  }

  async #show(id: number): Promise<void> {
    try {
      this.shown = await record(this.run, id);
      this.at = 0;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      this.problem = error.message; // pruned meanwhile; the list comes anew
    }
  }
}
