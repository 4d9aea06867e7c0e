/** One move of a bot, or the best move for a person: a search that is watched while it grows. */
import * as api from "./api";
import type { Bot } from "./sides";

/** What is asked: the position as its list of moves, and who shall think about it. */
export interface Question extends Partial<Bot> {
  game: string;
  moves: number[];
}

/** What came of it: the whole search, and the position after its move. */
export interface Answer {
  thought: api.Thought;
  position: api.Position;
}

/** Asks and listens; `ongrow` hears what is thought so far, some times a second. */
export async function think(
  question: Question,
  signal: AbortSignal,
  ongrow: (thought: api.Thought) => void,
): Promise<Answer> {
  for await (const { event, data } of api.stream("/think", question, signal)) {
    signal.throwIfAborted();
    const said: unknown = JSON.parse(data);
    if (event === "thought") ongrow(said as api.Thought);
    if (event === "failed") throw new api.Refused((said as { detail: string }).detail);
    if (event === "done") return said as Answer;
  }
  throw new api.Unreachable("the search broke off before it had chosen a move");
}
