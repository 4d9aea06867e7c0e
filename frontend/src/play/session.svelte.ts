/** One person's game: asks the server for every position and knows no rule of any game. */
import * as api from "../lib/api";
import type { Action, Model, Player, Played, Position, Thought } from "../lib/api";
import { persist } from "../lib/connection.svelte";
import { href, type PlayRoute } from "../lib/route";
import { latestThought, latestTurn, remember, type Thoughts } from "./timeline";

type Phase = "loading" | "ready" | "sending" | "thinking";

export class Session {
  game = $state(""); // name of the game; empty before the first
  human = $state<Player>(0); // the player that the person is
  level = $state<string | null>(null); // the bot's, by name; null: its simulations count
  simulations = $state<number | null>(null); // per bot move; null: the server's default
  position = $state.raw<Position | null>(null); // null until the server has sent one
  model = $state.raw<Model | null>(null); // the model that answered last
  phase = $state<Phase>("loading"); // what the person waits for
  pending = $state.raw<Action | null>(null); // a move on its way to the server
  problem = $state<string | null>(null); // why the server refused the last request
  #thoughts = $state.raw<Thoughts>(new Map());
  #undone = $state.raw<number[][]>([]); // lists of moves that redo goes back to, latest last
  #task = new AbortController();

  /** The bot's latest thought on the way to this position. */
  thought: Thought | null = $derived(latestThought(this.#thoughts, this.moves));
  yourTurn = $derived(
    this.phase === "ready" && !this.position?.over && this.position?.mover === this.human,
  );
  botWaits = $derived(
    this.phase === "ready" && this.position?.over === false && this.position.mover !== this.human,
  );
  #turn = $derived(latestTurn(this.position?.history ?? [], this.human));

  get moves(): number[] {
    return this.position?.moves ?? [];
  }
  get canUndo(): boolean {
    return this.pending !== null || this.#turn !== null;
  }
  get canRedo(): boolean {
    return this.#undone.length > 0;
  }
  get route(): PlayRoute {
    const { game, moves, human, level, simulations } = this;
    return { page: "play", game: game || null, moves, human, level, simulations };
  }

  /** Goes to the game of a link, unless it is this one. */
  open({ game, moves, human, ...route }: PlayRoute & { game: string }): Promise<void> {
    this.level = route.level;
    this.simulations = route.simulations;
    const same = game === this.game && human === this.human && this.position !== null;
    if (same && moves.join() === this.moves.join()) return Promise.resolve();
    return this.#start(game, human, moves, "replaceState");
  }

  /** A new game; the old one stays behind the browser's back button. */
  fresh(game: string = this.game, human: Player = this.human): Promise<void> {
    return this.#start(game, human, [], "pushState");
  }

  /** Plays the person's move, then lets the bot answer. */
  play(action: Action): Promise<void> {
    if (!this.yourTurn) return Promise.resolve();
    return this.#run("sending", async (ask) => {
      this.pending = action;
      const body = { ...this.#request(), moves: this.moves, action: action.action, reply: false };
      const { position, model } = await ask((signal) => api.move(body, signal));
      this.pending = null;
      this.#undone = [];
      this.model = model;
      this.#show(position);
      await this.#answer(ask);
    });
  }

  /** Takes back a move on its way, or everything down to the person's previous turn. */
  undo(): Promise<void> {
    if (this.pending) return this.#run("loading", () => Promise.resolve());
    if (this.#turn === null) return Promise.resolve();
    this.#undone = [...this.#undone, this.moves];
    return this.#goto(this.moves.slice(0, this.#turn));
  }

  redo(): Promise<void> {
    const moves = this.#undone.at(-1);
    if (!moves) return Promise.resolve();
    this.#undone = this.#undone.slice(0, -1);
    return this.#goto(moves);
  }

  /** Asks for the bot's move again after it was refused. */
  retry(): Promise<void> {
    return this.#run("thinking", (ask) => this.#answer(ask));
  }

  /** Lets the bot play at a level from its next move on, or with so many simulations. */
  think({ level = null, simulations = null }: Partial<Pick<PlayRoute, "level" | "simulations">>) {
    this.level = level;
    this.simulations = simulations;
    this.#write("replaceState");
  }

  #start(game: string, human: Player, moves: number[], how: "pushState" | "replaceState") {
    this.game = game;
    this.human = human;
    this.position = null;
    this.#thoughts = new Map();
    this.#undone = [];
    if (moves.length > 0) return this.#goto(moves);
    this.#write(how);
    return this.#run(human === 0 ? "loading" : "thinking", (ask) => this.#begin(ask));
  }

  #goto(moves: number[]): Promise<void> {
    return this.#run("loading", async (ask) => {
      this.#show(await ask((signal) => api.state(this.game, moves, signal)));
      await this.#answer(ask);
    });
  }

  async #begin(ask: Ask): Promise<void> {
    const body = { ...this.#request(), human: this.human };
    this.#take(await ask((signal) => api.newGame(body, signal)));
  }

  /** Lets the bot move if it is to move: the person's latest move is sent again, with a reply. */
  async #answer(ask: Ask): Promise<void> {
    if (this.position?.over || this.position?.mover === this.human) return;
    this.phase = "thinking";
    const turn = this.#turn;
    if (turn === null) return this.#begin(ask);
    const action = this.moves[turn]!;
    const body = { ...this.#request(), moves: this.moves.slice(0, turn), action, reply: true };
    this.#take(await ask((signal) => api.move(body, signal)));
  }

  #request() {
    const { game, level, simulations } = this;
    return { game, level, simulations };
  }

  #take({ position, thoughts, model }: Played): void {
    this.model = model;
    this.#thoughts = remember(this.#thoughts, position.history, thoughts);
    this.#show(position);
  }

  #show(position: Position): void {
    this.position = position;
    this.#write("replaceState");
  }

  #write(how: "pushState" | "replaceState"): void {
    history[how](null, "", href(this.route));
  }

  /** Runs the latest wish alone: what was under way before it is given up. */
  async #run(phase: Phase, work: (ask: Ask) => Promise<void>): Promise<void> {
    this.#task.abort();
    const { signal } = (this.#task = new AbortController());
    this.phase = phase;
    this.pending = null;
    this.problem = null;
    try {
      await work(async (request) => {
        const answer = await persist(() => request(signal), signal);
        signal.throwIfAborted();
        return answer;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof api.Refused)) throw error;
      this.problem = error.message;
    }
    this.pending = null;
    this.phase = "ready";
  }
}

type Ask = <T>(request: (signal: AbortSignal) => Promise<T>) => Promise<T>;
