import { expect, test } from "vitest";
import { parse } from "../lib/route";
import { hrefPast, type PastRoute } from "./route";

const ROUTES: [string, PastRoute][] = [
  ["#/time", { page: "time", game: null, run: null, moves: [], step: null }],
  [
    "#/time/sixpack?run=a.b-1&moves=3,0&step=400",
    { page: "time", game: "sixpack", run: "a.b-1", moves: [3, 0], step: 400 },
  ],
  ["#/book?moves=3", { page: "book", run: null, moves: [3], from: null, to: null }],
  ["#/book?run=x&from=-1&to=200", { page: "book", run: "x", moves: [], from: -1, to: 200 }],
  ["#/ladder", { page: "ladder", run: null, a: null, b: null, game: null, ply: null }],
  [
    "#/ladder?a=mcts%3A100&b=latest%4020%2Ft0.5&game=2&ply=7",
    { page: "ladder", run: null, a: "mcts:100", b: "latest@20/t0.5", game: 2, ply: 7 },
  ],
];

test.each(ROUTES)("%s is read and written", (hash, route) => {
  expect(parse(hash)).toEqual(route);
  expect(hrefPast(route)).toBe(hash);
});

test.each([
  ["#/book/sixpack", "There is no page “book/sixpack”."],
  ["#/time/a/b", "There is no page “time/a/b”."],
  ["#/time/six pack", "“six pack” is no name of a game."],
  ["#/ladder?run=../x", "“../x” is no name of a run."],
  ["#/book?moves=1,,2", "The link's list of moves cannot be read: “1,,2”."],
  ["#/book?from=soon", "The link says from=soon, no number."],
  ["#/ladder?ply=1.5", "The link says ply=1.5, no number."],
])("%s says why it cannot be read", (hash, reason) => {
  expect(parse(hash)).toEqual({ page: "unknown", reason });
});
