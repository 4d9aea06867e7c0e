/** Whether the server answers, and the patience to ask again until it does. */
import { Busy, Unreachable } from "./api";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

/** `lost` is true from the first unanswered request until the next answered one. */
export const connection = $state({ lost: false });

/** Resolves after `milliseconds`; rejects at once when `signal` aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Asks until an answer comes, waiting twice as long each time; a refusal is an answer. A busy
 * server says itself how long to wait.
 */
export async function persist<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const answer = await ask();
      connection.lost = false;
      return answer;
    } catch (error) {
      if (error instanceof Busy) {
        connection.lost = false;
        await pause(1000 * error.seconds, signal);
        continue;
      }
      if (!(error instanceof Unreachable)) {
        if (!signal.aborted) connection.lost = false;
        throw error;
      }
      connection.lost = true;
      await pause(wait, signal);
    }
  }
}

/** Runs `work` now and `every` milliseconds after it ended, while the tab is seen. */
export function poll(work: (signal: AbortSignal) => Promise<void>, every: number): () => void {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      if (!document.hidden) await work(stop.signal);
      await pause(every, stop.signal);
    }
  };
  loop().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return () => stop.abort();
}
