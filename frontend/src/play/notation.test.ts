import { expect, test } from "vitest";
import { position } from "../fake";
import { readMoves, written } from "./notation";

const read = (text: string) => readMoves(text, (moves) => Promise.resolve(position(moves)));
const named = (moves: number[], name: (action: number) => string) => {
  const found = position(moves);
  return { ...found, legal: found.legal.map((it) => ({ ...it, label: name(it.action) })) };
};

test("what is written is read back, in labels, in ids and as a link", async () => {
  expect(written(position([5, 0, 1]).history)).toBe("c5 c0 c1");
  expect(written([{ ...position([1]).history[0]!, label: "pit 3" }])).toBe("pit-3");
  expect(await read("c5 c0 c1")).toEqual([5, 0, 1]);
  expect(await read(" C5, c0;c1\n")).toEqual([5, 0, 1]);
  expect(await read("c5c0c1")).toEqual([5, 0, 1]);
  expect(await read("1. c5 c0 2. c1")).toEqual([5, 0, 1]);
  expect(await read("5,0,1")).toEqual([5, 0, 1]);
  expect(await read("5 0 1")).toEqual([5, 0, 1]);
  expect(await read("http://h/#/play/sixpack?moves=5,0,1&at=2&human=0")).toEqual([5, 0, 1]);
  expect(await read("")).toEqual([]);
});

test("labels win over ids where both could be meant", async () => {
  const counted = (text: string) =>
    readMoves(text, (moves) => Promise.resolve(named(moves, (action) => String(action + 1))));
  expect(await counted("612")).toEqual([5, 0, 1]);
  expect(await counted("6 1 2")).toEqual([5, 0, 1]);
  expect(await counted("0 5 1")).toEqual([0, 5, 1]); // 0 is no label
});

test.each([
  ["c5 c5", "Move 2, “c5”, cannot be played there; possible are c0, c1, c2, c3, c4."],
  ["c5 hello", "Move 2, “hello”, cannot be played there; possible are c0, c1, c2, c3, c4."],
  ["5,0,5", "Move 3, “5”, cannot be played there; possible are c1, c2, c3, c4."],
  ["0 1 2 3 4 5 0", "Move 7, “0”, comes after the end of the game."],
])("%s is refused in words", async (text, reason) => {
  await expect(read(text)).rejects.toThrow(reason);
});
