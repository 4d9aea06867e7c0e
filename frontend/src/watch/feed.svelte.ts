/** The statistics of a run as they come: events while the server sends them, polls otherwise. */
import { Refused, ROOT, type Stats } from "../lib/api";
import { connection, persist, poll } from "../lib/connection.svelte";
import { about, stats } from "./api";

const POLL = 2000;
const SILENCE = 10_000; // an event is due every few seconds; a line without any is dead

export class Feed {
  stats = $state.raw<Stats | null>(null);
  problem = $state<string | null>(null);
  now = $state(Date.now());
  #heard = -Infinity; // when the last event came

  /** `run` null is the server's own. */
  constructor(readonly run: string | null) {}

  /** Listens and asks; returns what ends it. */
  follow(): () => void {
    const { run } = this;
    const path = ROOT + about(run, "/stats/stream");
    let source: EventSource | null = null;
    const close = () => {
      source?.close();
      source = null;
      this.#heard = -Infinity;
    };
    // A tab that nobody sees holds no line: browsers have six for a server.
    const attend = () => {
      if (document.hidden) close();
      else if (source === null && "EventSource" in window) source = this.#listen(path);
    };
    attend();
    document.addEventListener("visibilitychange", attend);
    const stop = poll(async (signal) => {
      this.now = Date.now();
      if (performance.now() - this.#heard < SILENCE) return;
      try {
        this.#take(await persist(() => stats(run, signal), signal));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.problem = error.message;
      }
    }, POLL);
    return () => {
      document.removeEventListener("visibilitychange", attend);
      close();
      stop();
    };
  }

  /** The person has changed what the run does; the next report says it anyway. */
  suppose(training: Stats["training"]): void {
    if (this.stats) this.stats = { ...this.stats, training };
  }

  #listen(path: string): EventSource {
    const source = new EventSource(path);
    source.addEventListener("stats", ({ data }) => {
      this.#heard = performance.now();
      connection.lost = false;
      this.#take(JSON.parse(data) as Stats);
    });
    source.addEventListener("error", () => (this.#heard = -Infinity)); // it tries again by itself
    return source;
  }

  #take(found: Stats): void {
    this.now = Date.now();
    this.problem = null;
    const before = this.stats;
    // Charts need not redraw as long as their rows are the same.
    const same = before?.run === found.run && ends(before.history) === ends(found.history);
    this.stats = same ? { ...found, history: before.history } : found;
  }
}

const ends = (rows: Stats["history"]): string =>
  `${rows.length} ${rows[0]?.step} ${rows.at(-1)?.step} ${rows.at(-1)?.seconds}`;
