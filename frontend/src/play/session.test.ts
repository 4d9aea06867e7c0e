import { beforeEach, describe, expect, test } from "vitest";
import { FakeServer, position, UNIFORM } from "../fake";
import { parse, type PlayRoute } from "../lib/route";
import { type Sides, swapped, USUAL } from "../lib/sides";
import { comeBack } from "./line";
import { Session } from "./session.svelte";

const BOTS: Sides = [USUAL, { ...USUAL, level: "expert" }];
const STEP_4 = { ...UNIFORM, name: "step_000004", step: 4, published_at: 1 };

let server: FakeServer;
let session: Session;

beforeEach(() => {
  server = new FakeServer();
  session = new Session();
  session.pace = 0;
});

const follow = (hash: string) => session.open(parse(hash) as PlayRoute & { game: string });
const open = (moves: number[], human = "0") =>
  follow(`#/play/sixpack?${moves.length > 0 ? `moves=${moves}&` : ""}human=${human}`);
const play = (cell: number) =>
  session.play(session.position!.legal.find(({ action }) => action === cell)!);

describe("a person against a bot", () => {
  test("a new game is the server's, and the address names it", async () => {
    await open([]);
    expect(session.yourTurn).toBe(true);
    expect(location.hash).toBe("#/play/sixpack?human=0");
    expect(server.moves).toEqual(["/game/state?game=sixpack&moves="]);
  });

  test("the bot starts where the person is second", async () => {
    await open([], "1");
    expect(session.moves).toEqual([0]);
    expect(session.thought?.action).toBe(0);
  });

  test("a move is shown before the bot has answered, twice if it is its turn twice", async () => {
    await open([]);
    server.hold();
    const move = play(5);
    await expect.poll(() => session.moves).toEqual([5]);
    expect(session.phase).toBe("thinking");
    await expect.poll(() => session.growing?.simulations).toBe(4);
    server.release();
    await move;
    expect(session.growing).toBeNull();
    expect(session.moves).toEqual([5, 0, 1]);
    expect(session.thought?.action).toBe(1);
    expect(server.question).toMatchObject({ game: "sixpack", moves: [5, 0], level: null });
    expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0");
  });

  test("where the person moves again, the bot is not asked", async () => {
    await open([0, 1, 2]);
    await play(3);
    expect(session.yourTurn).toBe(true);
    expect(server.question).toBeUndefined();
  });

  test("a link in the middle of the bot's turn lets the bot go on", async () => {
    await open([3]);
    expect(session.moves).toEqual([3, 0, 1]);
    const asked = server.asked.length;
    await open([3, 0, 1]);
    expect(server.asked).toHaveLength(asked); // the game that is on is not opened again
  });

  test("a change of the bot, level or simulations, counts from its next move", async () => {
    await open([]);
    await session.setBot(1, { ...USUAL, level: "expert" });
    expect(location.hash).toBe("#/play/sixpack?human=0&level=expert");
    await play(5);
    expect(server.question).toMatchObject({ level: "expert", simulations: null });
    await session.setBot(1, { ...USUAL, simulations: 25 });
    expect(location.hash).toBe("#/play/sixpack?moves=5,0,1&human=0&simulations=25");
    await session.fresh("sixpack", swapped(session.sides));
    expect(server.question).toMatchObject({ level: null, simulations: 25 });
    expect(location.hash).toBe("#/play/sixpack?moves=0&human=1&simulations=25");
  });

  test("a bot that is changed while it thinks, thinks anew", async () => {
    await open([]);
    server.hold();
    const move = play(5);
    await expect.poll(() => session.growing).not.toBeNull();
    const change = session.setBot(1, { ...USUAL, simulations: 2 });
    await expect.poll(() => server.question?.simulations).toBe(2);
    server.release();
    await Promise.all([move, change]);
    expect(session.moves).toEqual([5, 0, 1]);
  });

  test("who resigns has lost; taking back goes on", async () => {
    await open([0, 1, 2]);
    await session.resign();
    expect(session.over).toBe(true);
    expect(session.yourTurn).toBe(false);
    expect(location.hash).toBe("#/play/sixpack?moves=0,1,2&human=0&resigned=0");
    await session.undo();
    expect(session.over).toBe(false);
    expect(location.hash).toBe("#/play/sixpack?moves=0,1,2&at=0&human=0");
  });

  test("out of turn nothing is sent", async () => {
    await open([0, 1, 2, 3, 4, 5]);
    const asked = server.asked.length;
    await session.play({ action: 0, label: "c0", clicks: [0] });
    await session.redo();
    await session.resign();
    expect(server.asked).toHaveLength(asked);
    expect(session.resigned).toBeNull();
  });

  test("the latest wish wins: a new game gives up the reply that is awaited", async () => {
    await open([]);
    server.hold();
    const move = play(5);
    await expect.poll(() => session.growing).not.toBeNull();
    const fresh = session.fresh("other", ["person", USUAL]);
    server.release();
    await Promise.all([move, fresh]);
    expect(session.game).toBe("other");
    expect(session.moves).toEqual([]);
    expect(location.hash).toBe("#/play/other?human=0");
  });
});

describe("going back and forth", () => {
  test("undo goes to the person's previous turn, redo returns; nothing is lost", async () => {
    await open([0, 1, 2]);
    await play(3);
    await session.undo();
    expect(session.moves).toEqual([0, 1, 2]);
    await session.undo();
    expect(session.moves).toEqual([]);
    expect(session.canUndo).toBe(false);
    expect(session.history).toHaveLength(4);
    expect(location.hash).toBe("#/play/sixpack?moves=0,1,2,3&at=0&human=0");
    await session.redo();
    await session.redo();
    expect(session.moves).toEqual([0, 1, 2, 3]);
    expect(session.canRedo).toBe(false);
  });

  test("steps that come faster than the server answers add up", async () => {
    await open([0, 1, 2, 3], "both");
    await Promise.all([session.step(0), session.stepBy(1), session.stepBy(1), session.stepBy(1)]);
    expect(session.moves).toEqual([0, 1, 2]);
    await session.stepBy(-1);
    expect(session.moves).toEqual([0, 1]);
  });

  test("a link in the middle of a game shows it there", async () => {
    await follow("#/play/sixpack?moves=0,1,2,3&at=1&human=0");
    expect(session.position).toEqual(position([0]));
    expect(session.history).toHaveLength(4);
    expect(session.botWaits).toBe(true);
  });

  test("another move branches off, and one comes back", async () => {
    await open([0, 1, 2, 3]);
    await session.step(0);
    await play(5);
    expect(session.moves).toEqual([5, 0, 1]);
    expect(session.line.main).toEqual([0, 1, 2, 3]);
    await session.look(comeBack(session.line));
    expect(session.moves).toEqual([]);
    expect(session.line.path).toEqual([0, 1, 2, 3]);
  });

  test("in a position gone back to, the bot moves when it is told to", async () => {
    await open([5, 4, 3, 2]);
    await session.step(1);
    expect(session.botWaits).toBe(true);
    await session.proceed();
    expect(session.moves).toEqual([5, 0, 1]);
  });

  test("the thought of a line comes back with it", async () => {
    await open([]);
    await play(5);
    const { thought } = session;
    await session.undo();
    expect(session.thought).toBeNull();
    await session.redo();
    expect(session.thought).toBe(thought);
  });
});

describe("other tables", () => {
  test("two people play each other; nobody is asked", async () => {
    await open([], "both");
    for (const cell of [0, 1, 2]) await play(cell);
    expect(session.moves).toEqual([0, 1, 2]);
    expect(server.question).toBeUndefined();
    await session.undo();
    expect(session.moves).toEqual([0, 1]);
    await session.resign();
    expect(session.resigned).toBe(1); // who is to move
  });

  test("two bots play to the end, each its own way", async () => {
    await session.fresh("sixpack", BOTS);
    expect(session.position!.over).toBe(true);
    const levels = server.asked
      .filter(({ path }) => path === "/think")
      .map(({ body }) => body.level);
    expect(levels).toEqual([null, "expert", "expert", null, null, "expert"]);
  });

  test("two bots stop and go on; a link to them waits", async () => {
    await follow("#/play/sixpack?moves=0&human=none");
    expect(session.moves).toEqual([0]);
    server.hold();
    const going = session.proceed();
    await expect.poll(() => session.growing).not.toBeNull();
    await session.pause();
    server.release();
    await going;
    expect(session.moves).toEqual([0]);
    await session.proceed();
    expect(session.position!.over).toBe(true);
  });
});

describe("the model", () => {
  test("is asked for by its name for as long as the game lasts", async () => {
    server.model = STEP_4;
    await open([], "1");
    expect(session.models).toEqual([STEP_4, null]);
    await play(1);
    await play(2);
    expect(server.question).toMatchObject({ model: "step_000004" });
    expect(history.state).toEqual({ models: session.models });
  });

  test("is kept over a reload, and exchanged when the person says so", async () => {
    server.model = STEP_4;
    await session.open(
      parse("#/play/sixpack?moves=0,1&human=1") as PlayRoute & { game: string },
      [STEP_4, null],
    );
    await play(2);
    expect(server.question).toMatchObject({ model: "step_000004" });
    expect(session.moves).toEqual([0, 1, 2, 3, 4]);
    server.model = { ...STEP_4, name: "step_000008", step: 8 };
    await session.exchange(0);
    await session.undo();
    await play(5);
    expect(server.question).toMatchObject({ model: "step_000008" });
    expect(session.models[0]?.step).toBe(8);
  });
});

describe("trouble", () => {
  test("a refused move leaves the game as it was", async () => {
    await open([0, 1, 2]);
    server.refusal = "action 3 is illegal";
    server.refuses = "/game/state";
    await play(3);
    expect(session.problem).toBe("action 3 is illegal");
    expect(session.position).toEqual(position([0, 1, 2]));
    expect(session.pending).toBeNull();
    expect(session.yourTurn).toBe(true);
  });

  test("a refused reply can be asked for again", async () => {
    await open([]);
    server.refusal = "the model is gone";
    await play(5);
    expect(session.moves).toEqual([5]);
    expect(session.problem).toBe("the model is gone");
    expect(session.botWaits).toBe(true);
    server.refusal = null;
    await session.proceed();
    expect(session.moves).toEqual([5, 0, 1]);
    expect(session.problem).toBeNull();
  });

  test("a search that breaks off is asked for again", async () => {
    await open([]);
    server.breaks = true;
    const move = play(5);
    await expect.poll(() => server.question).toBeDefined();
    server.breaks = false;
    await move;
    expect(session.moves).toEqual([5, 0, 1]);
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
});
