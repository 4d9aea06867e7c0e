/** One game: asks the server for every position and every thought; knows no rule of any game. */
import { untrack } from "svelte";
import * as api from "../lib/api";
import type { Action, Model, Move, Player, Position, Thought } from "../lib/api";
import { pause, persist } from "../lib/connection.svelte";
import { href, type PlayRoute } from "../lib/route";
import { type Bot, bots, isBot, onlyPerson, seated, type Sides, USUAL } from "../lib/sides";
import { think } from "../lib/think";
import * as tree from "./line";
import type { Line } from "./line";
import { asked, changed, type Models, NOBODY, noted } from "./models";
import { latestThought, nextTurn, previousTurn, remembered, type Thoughts } from "./timeline";

type Phase = "loading" | "ready" | "sending" | "thinking";
type How = "pushState" | "replaceState";

export class Session {
  game = $state(""); // name of the game; empty before the first
  sides = $state.raw<Sides>(["person", USUAL]);
  line = $state.raw<Line>(tree.begin()); // the game, its branches, and where one stands
  position = $state.raw<Position | null>(null); // the one shown; null until the server sent it
  models = $state.raw<Models>(NOBODY); // the model of each bot, kept for the whole game
  offered = $state.raw<Models>(NOBODY); // the models that the bots would begin with now
  resigned = $state.raw<Player | null>(null); // who gave the game up
  phase = $state<Phase>("loading"); // what the person waits for
  pending = $state.raw<Action | null>(null); // a move on its way to the server
  growing = $state.raw<Thought | null>(null); // what the bot thinks while it thinks
  running = $state(false); // two bots play on by themselves
  pace = $state(700); // milliseconds between the moves of two bots
  problem = $state<string | null>(null); // why the server refused the last request
  #thoughts = $state.raw<Thoughts>(new Map());
  #known = new Map<string, Position>(); // every position seen, by its moves
  #aim: Line | null = null; // where the line goes once its position has come
  #task = new AbortController();

  /** The bot's latest thought on the way to this position. */
  thought: Thought | null = $derived(latestThought(this.#thoughts, this.moves));
  over = $derived(
    this.position?.over === true || (this.resigned !== null && tree.atEnd(this.line)),
  );
  /** All moves of the line followed, also those after the position shown. */
  history: Move[] = $derived(this.#history(this.line, this.position));
  /** The player to move here; null before the first position and after the last. */
  mover: Player | null = $derived(
    this.position === null || this.over ? null : this.position.mover === 0 ? 0 : 1,
  );
  yourTurn = $derived(
    this.phase === "ready" && this.mover !== null && !isBot(this.sides[this.mover]),
  );
  botWaits = $derived(
    this.phase === "ready" && this.mover !== null && isBot(this.sides[this.mover]),
  );
  watched = $derived(bots(this.sides).length === 2); // nobody plays but bots
  #back = $derived(previousTurn(this.history, this.line.at, this.sides));
  #forth = $derived(nextTurn(this.history, this.line.at, this.sides));

  get moves(): number[] {
    return tree.here(this.line);
  }
  get canUndo(): boolean {
    return this.pending !== null || this.#back !== null;
  }
  get canRedo(): boolean {
    return this.#forth !== null;
  }
  get route(): PlayRoute {
    const { game, sides, resigned, line } = this;
    const at = tree.atEnd(line) ? null : line.at;
    return { page: "play", game: game || null, moves: [...line.path], at, sides, resigned };
  }

  /** Goes to the game of a link, unless it is this one; `models` are those it was played with. */
  open(asked: PlayRoute & { game: string }, models: Models = NOBODY): Promise<void> {
    if (this.position !== null && href(asked) === href(this.route)) return Promise.resolve();
    this.#begin(asked.game, asked.sides, models);
    this.resigned = asked.resigned;
    return this.#goto(tree.begin(asked.moves, asked.at ?? undefined));
  }

  /** A new game; the old one stays behind the browser's back button. */
  fresh(game: string = this.game, sides: Sides = this.sides): Promise<void> {
    this.#begin(game, sides, NOBODY);
    this.running = bots(sides).length === 2;
    this.#write("pushState");
    return this.#goto(tree.begin());
  }

  /** Plays the person's move, then lets the bot answer. */
  play(action: Action): Promise<void> {
    if (!this.yourTurn) return Promise.resolve();
    return this.#run("sending", async (ask) => {
      this.pending = action;
      await this.#show(ask, tree.play(this.line, action.action));
      this.pending = this.resigned = null;
      await this.#answer(ask);
    });
  }

  /** Takes back a move on its way, or everything down to the person's previous turn. */
  undo(): Promise<void> {
    if (this.pending) return this.#run("loading", () => Promise.resolve());
    if (this.#back === null) return Promise.resolve();
    this.running = false;
    this.resigned = null;
    return this.#goto(tree.settle(this.line, this.#back));
  }

  redo(): Promise<void> {
    if (this.#forth === null) return Promise.resolve();
    this.running = false;
    return this.#goto(tree.settle(this.line, this.#forth));
  }

  /** Shows another position, of this line or of a branch; the game is left as it is. */
  look(line: Line): Promise<void> {
    this.running = false;
    return this.#goto(line);
  }

  /** Shows the position after `at` moves of the line followed. */
  step(at: number): Promise<void> {
    const from = this.#aim ?? this.line;
    const line = tree.go(from, at);
    return line.at === from.at ? Promise.resolve() : this.look(line);
  }

  /** Goes so many moves on, or back; steps that come faster than the server answers add up. */
  stepBy(moves: number): Promise<void> {
    return this.step((this.#aim ?? this.line).at + moves);
  }

  /** Lets the bot move here: after a refusal, in a position gone back to, or on from a pause. */
  proceed(): Promise<void> {
    this.running = this.watched;
    return this.#run("thinking", (ask) => this.#answer(ask));
  }

  /** Two bots stop before their next move. */
  pause(): Promise<void> {
    this.running = false;
    return this.#run("loading", () => Promise.resolve());
  }

  /** The person to move, or the only one, gives the game up. */
  resign(): Promise<void> {
    const person = onlyPerson(this.sides) ?? this.mover;
    if (person === null || this.over || this.watched) return Promise.resolve();
    return this.#run("loading", () => {
      this.resigned = person;
      this.#write("replaceState");
      return Promise.resolve();
    });
  }

  /** Lets a bot play otherwise from its next move on, with the newest model of what is asked. */
  setBot(player: Player, bot: Bot): Promise<void> {
    this.sides = seated(this.sides, player, bot);
    return this.exchange(player);
  }

  /** Lets a bot go on with the model that its source has now, instead of the one it began with. */
  exchange(player: Player): Promise<void> {
    this.models = changed(this.models, player, null);
    this.#write("replaceState");
    const its = this.mover === player && this.position !== null && tree.atEnd(this.line);
    if (!its || (this.watched && !this.running)) return Promise.resolve();
    return this.#run("thinking", (ask) => this.#answer(ask));
  }

  /** Says which model a bot's source offers; the game keeps the one that it began with. */
  announce(player: Player, model: Model | null): void {
    this.offered = changed(
      untrack(() => this.offered),
      player,
      model,
    );
  }

  #begin(game: string, sides: Sides, models: Models): void {
    this.game = game;
    this.sides = sides;
    this.models = models;
    this.offered = NOBODY;
    this.line = tree.begin();
    this.position = null;
    this.resigned = null;
    this.running = false;
    this.#thoughts = new Map();
    this.#known = new Map();
  }

  #goto(line: Line): Promise<void> {
    const going = this.#run("loading", async (ask) => {
      await this.#show(ask, line);
      if (tree.atEnd(line)) await this.#answer(ask);
    });
    this.#aim = line;
    return going;
  }

  /** Lets the bot move for as long as it is a bot's turn. */
  async #answer(ask: Ask): Promise<void> {
    for (;;) {
      const player = this.mover;
      if (player === null) this.running = false; // the game is over
      if (player === null || !isBot(this.sides[player])) return;
      if (this.watched && !this.running) return;
      this.phase = "thinking";
      const question = { ...asked(this.sides[player], this.models[player]), game: this.game };
      const { moves } = this;
      const { thought, position } = await ask((signal) =>
        think({ ...question, moves }, signal, (grown) => (this.growing = grown)),
      );
      this.models = noted(this.models, player, thought.model);
      this.#thoughts = remembered(this.#thoughts, position.moves, thought);
      this.#known.set(position.moves.join(), position);
      this.growing = null;
      await this.#show(ask, tree.play(this.line, thought.action));
      if (this.watched) await ask((signal) => pause(this.pace, signal));
    }
  }

  /** Shows the position of `line`, once it is known, and names it in the address. */
  async #show(ask: Ask, line: Line): Promise<void> {
    for (const moves of [line.path, tree.here(line)]) {
      if (this.#known.has(moves.join())) continue;
      const found = await ask((signal) => api.state(this.game, [...moves], signal));
      this.#known.set(moves.join(), found);
    }
    this.line = line;
    this.#aim = null;
    this.position = this.#known.get(tree.here(line).join())!;
    this.#write("replaceState");
  }

  #history(line: Line, position: Position | null): Move[] {
    return this.#known.get(line.path.join())?.history ?? position?.history ?? [];
  }

  #write(how: How): void {
    history[how]({ models: $state.snapshot(this.models) }, "", href(this.route));
  }

  /** Runs the latest wish alone: what was under way before it is given up. */
  async #run(phase: Phase, work: (ask: Ask) => Promise<void>): Promise<void> {
    this.#task.abort();
    this.#aim = null;
    const { signal } = (this.#task = new AbortController());
    this.phase = phase;
    this.pending = this.growing = null;
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
      this.running = false;
    }
    this.pending = this.growing = null;
    this.phase = "ready";
  }
}

type Ask = <T>(request: (signal: AbortSignal) => Promise<T>) => Promise<T>;
