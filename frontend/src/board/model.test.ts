import { describe as suite, expect, test } from "vitest";
import { thoughtOf, GAME } from "../fake";
import type { Action, View } from "../lib/api";
import * as board from "./model";

const SQUARE = GAME.view; // 2 rows of 3
const DROP: View = { ...SQUARE, layout: "drop", rows: 3 };
const PITS: View = { ...SQUARE, layout: "pits", pieces: [] };
const HEX: View = { ...SQUARE, layout: "hex" };

const action = (id: number, ...clicks: number[]): Action => ({
  action: id,
  label: `a${id}`,
  clicks,
});

suite("spots", () => {
  test("are the cells, or the columns where pieces drop", () => {
    expect(board.spots(SQUARE)).toHaveLength(6);
    const place = { x: 150, y: 150, width: 100, height: 100 };
    expect(board.spots(SQUARE)[4]).toEqual({ index: 4, row: 1, column: 1, box: place });
    expect(board.spots(DROP)).toHaveLength(3);
    const tower = { x: 250, y: 150, width: 100, height: 300 };
    expect(board.spots(DROP)[2]).toEqual({ index: 2, row: 0, column: 2, box: tower });
    expect([2, 5, 8].map((cell) => board.spotOf(DROP, cell))).toEqual([2, 2, 2]);
  });
});

suite("a press", () => {
  const place = [action(7, 4)];
  const walk = [action(1, 0, 3), action(2, 0, 4), action(3, 5, 4)];

  test("plays what the server listed, and nothing else", () => {
    expect(board.press(SQUARE, place, [], 4)).toEqual({ action: place[0] });
    expect(board.press(SQUARE, place, [], 3)).toEqual({ chosen: [] });
    expect(board.press(SQUARE, [], [], 4)).toEqual({ chosen: [] });
  });

  test("anywhere in a column drops there", () => {
    expect(board.press(DROP, [action(2, 2)], [], 2)).toEqual({ action: action(2, 2) });
    expect(board.press(DROP, [action(2, 8)], [], 2)).toEqual({ action: action(2, 8) });
  });

  test("on two spots goes from the first to the second", () => {
    expect(board.press(SQUARE, walk, [], 0)).toEqual({ chosen: [0] });
    expect(board.press(SQUARE, walk, [0], 4)).toEqual({ action: walk[1] });
    expect(board.press(SQUARE, walk, [], 4)).toEqual({ chosen: [] });
  });

  test("on the chosen spot lets go, on another start starts there", () => {
    expect(board.press(SQUARE, walk, [0], 0)).toEqual({ chosen: [] });
    expect(board.press(SQUARE, walk, [0], 5)).toEqual({ chosen: [5] });
    expect(board.press(SQUARE, walk, [0], 1)).toEqual({ chosen: [] });
  });

  test("is offered where it leads somewhere", () => {
    expect([...board.offered(SQUARE, walk, []).keys()]).toEqual([0, 5]);
    expect([...board.offered(SQUARE, walk, [0])]).toEqual([
      [3, "a1"],
      [4, "a2"],
    ]);
    expect(board.offered(SQUARE, [action(9)], []).size).toBe(0);
    expect(board.buttons([action(9), ...walk])).toEqual([action(9)]);
  });
});

suite("arrow keys", () => {
  test.each([
    ["ArrowRight", 0, 1],
    ["ArrowRight", 2, 2],
    ["ArrowLeft", 3, 3],
    ["ArrowDown", 1, 4],
    ["ArrowDown", 4, 4],
    ["ArrowUp", 5, 2],
    ["Home", 5, 3],
    ["End", 0, 2],
  ])("%s goes from %d to %d", (key, from, to) => {
    expect(board.arrow(SQUARE, from, key)).toBe(to);
  });

  test("stay in the one row of columns", () => {
    expect(board.arrow(DROP, 1, "ArrowDown")).toBe(1);
    expect(board.arrow(DROP, 1, "ArrowRight")).toBe(2);
  });

  test.each([
    ["ArrowDown", 0, 3], // from the left store to the first pit of the bottom row
    ["ArrowDown", 1, 3],
    ["ArrowDown", 2, 4],
    ["ArrowUp", 4, 2],
    ["ArrowUp", 5, 2], // from the right store
    ["ArrowRight", 4, 5],
    ["ArrowLeft", 1, 0],
  ])("between pits, %s goes from %d to %d", (key, from, to) => {
    expect(board.arrow(PITS, from, key)).toBe(to);
  });

  test("leave other keys alone", () => {
    expect(board.arrow(SQUARE, 1, "Enter")).toBeNull();
  });
});

suite("what moved", () => {
  test("is marked where it lies, in a column on its top", () => {
    const cells = [0, 0, 0, 0, 2, 0, 1, 1, 0];
    expect(board.landed(DROP, cells, [1])).toEqual([4]);
    expect(board.landed(DROP, cells, [2])).toEqual([]);
    expect(board.landed(SQUARE, [0, 1, 0, 0, 0, 0], [1])).toEqual([1]);
  });
});

test("a move to come is seen where it would lie", () => {
  const cells = [0, 0, 0, 0, 2, 0, 1, 1, 0];
  expect(board.landing(DROP, cells, [1])).toEqual([1]);
  expect(board.landing(DROP, cells, [2])).toEqual([8]);
  expect(board.landing(SQUARE, [0, 1, 0, 0, 0, 0], [4])).toEqual([4]);
});

suite("a digit", () => {
  const move = (label: string, ...clicks: number[]) => ({ action: 0, label, clicks });

  test("is a column, or a pit by its label", () => {
    expect(board.digit(DROP, [], "2")).toBe(1);
    expect(board.digit(DROP, [], "4")).toBeNull();
    expect(board.digit(PITS, [move("pit 1", 4), move("pit 2", 3)], "2")).toBe(3);
    expect(board.digit(PITS, [move("pit 1", 4)], "2")).toBeNull();
  });

  test("counts the cells of a small board, and of no other", () => {
    expect(board.digit(SQUARE, [move("a1", 0), move("b2", 4)], "5")).toBe(4);
    expect(board.digit(SQUARE, [move("a1", 0)], "7")).toBeNull();
    expect(board.digit({ ...SQUARE, rows: 8, columns: 8 }, [move("a1", 0)], "1")).toBeNull();
    expect(board.digit(HEX, [move("a1", 0)], "1")).toBeNull();
    expect(board.digit(SQUARE, [move("a1", 0)], "x")).toBeNull();
  });
});

suite("the bot's visits", () => {
  const whole = thoughtOf([0]); // plays 1 with a share of 0.8
  const thought = { ...whole, moves: whole.moves.slice(0, 2) };

  test("lie on the cells that were thought of", () => {
    const shares = board.overlay(SQUARE, [1, 2, 0, 0, 0, 0], thought);
    expect(shares).toEqual(new Map([[1, 0.8], [2, 0]]));
  });

  test("lie on the piece played and on the next free cell of other columns", () => {
    const cells = [0, 0, 0, 0, 2, 0, 1, 1, 2];
    expect(board.overlay(DROP, cells, thought)).toEqual(new Map([[4, 0.8], [5, 0]]));
  });
});

test("a spot in words", () => {
  const [, , , , fifth] = board.spots(SQUARE);
  expect(board.describe(SQUARE, [0, 0, 0, 0, 2, 0], fifth!)).toBe("row 2, column 2: ring");
  expect(board.describe(SQUARE, [], fifth!, "b1")).toBe("row 2, column 2: empty, play b1");
  expect(board.describe(HEX, [], fifth!, "b1")).toBe("row 2, column 2: empty, play b1");
  const [store, pit, , below] = board.spots(PITS);
  const heaps = [4, 1, 4, 0, 3, 4];
  expect(board.describe(PITS, heaps, pit!, "pit 2")).toBe("top row, pit 1: 1 stone, play pit 2");
  expect(board.describe(PITS, heaps, below!)).toBe("bottom row, pit 1: 0 stones");
  expect(board.describe(PITS, heaps, store!)).toBe("left store: 4 stones");
  expect(board.describe(PITS, heaps, board.spots(PITS)[5]!)).toBe("right store: 4 stones");
  const [first, second] = board.spots(DROP);
  const cells = [0, 0, 0, 0, 2, 0, 0, 1, 0];
  expect(board.describe(DROP, cells, second!, "2")).toBe("column 2: cross, ring, play 2");
  expect(board.describe(DROP, cells, first!)).toBe("column 1: empty");
});
