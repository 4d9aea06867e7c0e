import { beforeEach, expect, test } from "vitest";
import { FakeServer, position } from "../fake";
import { Session } from "./session.svelte";

let server: FakeServer;
let session: Session;

beforeEach(() => {
  server = new FakeServer();
  session = new Session();
});

const open = (moves: number[], human: 0 | 1 = 0) =>
  session.open({ page: "play", game: "sixpack", moves, human, level: null, simulations: null });
const play = (cell: number) =>
  session.play(session.position!.legal.find(({ action }) => action === cell)!);

test("a new game is the server's, and the address names it", async () => {
  await open([]);
  expect(session.yourTurn).toBe(true);
  expect(location.hash).toBe("#/play/sixpack?human=0");
  expect(server.moves).toEqual(["/game/new"]);
});

test("the bot starts where the person is second", async () => {
  await open([], 1);
  expect(session.moves).toEqual([0]);
  expect(session.thought?.action).toBe(0);
});

test("a move is shown before the bot has answered it, twice if it is its turn twice", async () => {
  await open([]);
  await play(5);
  const [, shown, replied] = server.asked;
  expect(shown!.body).toMatchObject({ moves: [], action: 5, reply: false });
  expect(replied!.body).toMatchObject({ moves: [], action: 5, reply: true });
  expect(session.moves).toEqual([5, 0, 1]);
  expect(session.thought?.action).toBe(1);
  expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0");
});

test("where the person moves again, the bot is not asked", async () => {
  await open([0, 1, 2]);
  await play(3);
  expect(session.moves).toEqual([0, 1, 2, 3]);
  expect(session.yourTurn).toBe(true);
  expect(server.moves).toEqual(["/game/state?game=sixpack&moves=0%2C1%2C2", "/move"]);
});

test("undo goes to the person's previous turn, redo returns; a move forgets redo", async () => {
  await open([0, 1, 2]);
  await play(3);
  await session.undo();
  expect(session.moves).toEqual([0, 1, 2]);
  await session.undo();
  expect(session.moves).toEqual([]);
  expect(session.canUndo).toBe(false);
  await session.redo();
  await session.redo();
  expect(session.moves).toEqual([0, 1, 2, 3]);
  expect(session.canRedo).toBe(false);
  await session.undo();
  await play(4);
  expect(session.canRedo).toBe(false);
});

test("the thought of a line comes back with it", async () => {
  await open([]);
  await play(5);
  const thought = session.thought;
  await session.undo();
  expect(session.thought).toBeNull();
  await session.redo();
  expect(session.thought).toBe(thought);
});

test("a link in the middle of the bot's turn lets the bot go on", async () => {
  await open([3]);
  expect(session.moves).toEqual([3, 0, 1]);
  await open([3, 0, 1]);
  expect(server.moves).toHaveLength(2); // the game that is on is not opened again
});

test("a refused move leaves the game as it was", async () => {
  await open([0, 1, 2]);
  server.refusal = "simulations = 9 is refused";
  await play(3);
  expect(session.problem).toBe("simulations = 9 is refused");
  expect(session.position).toEqual(position([0, 1, 2]));
  expect(session.pending).toBeNull();
  expect(session.yourTurn).toBe(true);
});

test("a refused reply can be asked for again", async () => {
  await open([]);
  server.refusal = "the model is gone";
  server.refuses = "replies";
  await play(5);
  expect(session.moves).toEqual([5]);
  expect(session.problem).toBe("the model is gone");
  expect(session.botWaits).toBe(true);
  server.refusal = null;
  await session.retry();
  expect(session.moves).toEqual([5, 0, 1]);
  expect(session.problem).toBeNull();
});

test("a move on its way is kept while the server is away, and undo calls it back", async () => {
  await open([]);
  server.down = true;
  const move = play(5);
  await expect.poll(() => session.pending?.action).toBe(5);
  expect(session.phase).toBe("sending");
  expect(session.canUndo).toBe(true);
  const undone = session.undo();
  await Promise.all([move, undone]);
  expect(session.pending).toBeNull();
  expect(session.moves).toEqual([]);
  expect(session.yourTurn).toBe(true);
});

test("a kept move is played as soon as the server is back", async () => {
  await open([]);
  server.down = true;
  const move = play(5);
  await expect.poll(() => session.pending?.action).toBe(5);
  server.down = false;
  await move;
  expect(session.moves).toEqual([5, 0, 1]);
});

test("the bot plays at a level or with simulations, never with both", async () => {
  await open([]);
  session.think({ level: "expert" });
  expect(location.hash).toBe("#/play/sixpack?human=0&level=expert");
  await play(5);
  expect(server.asked.at(-1)!.body).toMatchObject({ level: "expert", simulations: null });
  session.think({ simulations: 25 });
  expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0&simulations=25");
  await session.fresh("sixpack", 1);
  expect(server.asked.at(-1)!.body).toMatchObject({ level: null, simulations: 25 });
});

test("out of turn nothing is sent", async () => {
  await open([0, 1, 2, 3, 4, 5]);
  const asked = server.asked.length;
  await session.play({ action: 0, label: "c0", clicks: [0] });
  await session.redo();
  expect(server.asked).toHaveLength(asked);
});

test("the latest wish wins: a new game gives up the reply that is awaited", async () => {
  await open([]);
  const move = play(5);
  const fresh = session.fresh("other", 1);
  await Promise.all([move, fresh]);
  expect(session.game).toBe("other");
  expect(session.moves).toEqual([0]);
  expect(location.hash).toBe("#/play/other?moves=0&human=1");
});
