/** What changes seldom about the runs: which there are, their ladders, their settings. */
import { Refused, runs } from "../lib/api";
import { persist, poll } from "../lib/connection.svelte";
import { ladder, type Run, type Rung, type RunSettings, settings } from "./api";

const EVERY = 10_000;

export class Rest {
  runs = $state.raw<Run[]>([]);
  ladder = $state.raw<Rung[]>([]);
  otherLadder = $state.raw<Rung[]>([]);
  settings = $state.raw<RunSettings | null>(null);
  otherSettings = $state.raw<RunSettings | null>(null);
  problem = $state<string | null>(null);

  constructor(
    readonly run: string | null,
    readonly other: string | null,
  ) {}

  /** Asks now and then; returns what ends it. */
  follow(): () => void {
    return poll(async (signal) => {
      try {
        this.runs = await persist(() => runs(signal), signal);
        this.ladder = (await persist(() => ladder(this.run, signal), signal)).players;
        if (this.other === null) return;
        const { other } = this;
        this.otherLadder = (await persist(() => ladder(other, signal), signal)).players;
        this.settings = await persist(() => settings(this.run, signal), signal);
        this.otherSettings = await persist(() => settings(other, signal), signal);
        this.problem = null;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.problem = error.message;
      }
    }, EVERY);
  }
}
