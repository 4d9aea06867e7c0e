import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { GAME } from "../fake";
import type { View } from "../lib/api";
import Board from "./Board.svelte";

const PITS: View = {
  ...GAME.view,
  layout: "pits",
  edges: ["second", "first", "first", "second"],
};
const HEX: View = {
  ...GAME.view,
  layout: "hex",
  edges: ["first", "second", "first", "second"],
};
const DROP: View = { ...GAME.view, layout: "drop" };

function board(view: View, cells: number[], offers: [number, string][]) {
  const onpress = vi.fn();
  const props = { view, cells, offers: new Map(offers), onpress };
  const quiet = { chosen: [], marks: [], highlight: [], shares: new Map(), busy: false };
  return { onpress, ...render(Board, { ...quiet, ...props }) };
}

test("every cell is a button that says what it holds and what it plays", () => {
  board(GAME.view, [1, 0, 0, 0, 2, 0], [[1, "b2"]]);
  const names = screen.getAllByRole("button").map((it) => it.getAttribute("aria-label"));
  expect(names).toEqual([
    "row 1, column 1: cross",
    "row 1, column 2: empty, play b2",
    "row 1, column 3: empty",
    "row 2, column 1: empty",
    "row 2, column 2: ring",
    "row 2, column 3: empty",
  ]);
});

test("only what is offered can be pressed", async () => {
  const { onpress } = board(GAME.view, [0, 0, 0, 0, 0, 0], [[1, "b2"]]);
  const [first, second] = screen.getAllByRole("button");
  await fireEvent.click(first!);
  expect(onpress).not.toHaveBeenCalled();
  await fireEvent.click(second!);
  expect(onpress.mock.calls).toEqual([[1]]);
});

test("arrows carry the focus, and one tab stop stands for the whole board", async () => {
  board(GAME.view, [0, 0, 0, 0, 0, 0], []);
  const spots = screen.getAllByRole("button");
  spots[0]!.focus();
  await fireEvent.keyDown(spots[0]!, { key: "ArrowRight" });
  await fireEvent.keyDown(spots[1]!, { key: "ArrowDown" });
  expect(document.activeElement).toBe(spots[4]);
  expect(spots.map((it) => it.tabIndex)).toEqual([-1, -1, -1, -1, 0, -1]);
});

test("a column is one button", () => {
  board(DROP, [0, 0, 0, 0, 2, 0], [[1, "2"]]);
  const spots = screen.getAllByRole("button");
  expect(spots).toHaveLength(3);
  expect(spots[1]!.getAttribute("aria-label")).toBe("column 2: ring, play 2");
});

test("pieces are drawn by shape and tone; a new one arrives, an old one stays", async () => {
  const { container, rerender } = board(GAME.view, [1, 0, 0, 0, 0, 0], []);
  expect(container.querySelectorAll("g.cross.first")).toHaveLength(1);
  expect(container.querySelectorAll(".arrive")).toHaveLength(0);
  await rerender({ cells: [1, 0, 0, 0, 2, 0] });
  expect(container.querySelectorAll("g.ring.second")).toHaveLength(1);
  expect(container.querySelectorAll(".arrive")).toHaveLength(1);
  expect(container.querySelector(".arrive g.ring")).not.toBeNull();
});

test("the first piece of all arrives too, and an answer does not cut it short", async () => {
  const { container, rerender } = board(GAME.view, [0, 0, 0, 0, 0, 0], []);
  await rerender({ cells: [1, 0, 0, 0, 0, 0] });
  expect(container.querySelectorAll(".arrive")).toHaveLength(1);
  await rerender({ cells: [1, 2, 0, 0, 0, 0] });
  expect(container.querySelectorAll(".arrive")).toHaveLength(2);
});

test("pits show their number of stones", () => {
  const { container } = board(PITS, [4, 0, 12, 3, 3, 30], [[4, "pit 2"]]);
  const numbers = [...container.querySelectorAll("text")].map((it) => it.textContent);
  expect(numbers).toEqual(["4", "0", "12", "3", "3", "30"]);
  const pits = [...container.querySelectorAll("g.pit")];
  const piles = pits.slice(6); // drawn over all hollows, so that they can fly over them
  const stones = piles.map((it) => it.querySelectorAll(".stone").length);
  expect(stones).toEqual([4, 0, 12, 3, 3, 20]); // more are not drawn one by one
  const first = pits.slice(0, 6).map((it) => it.classList.contains("first"));
  expect(first).toEqual([false, false, false, true, true, true]);
});

test("a pit is pressed like a cell, and each store is one tall spot", async () => {
  const { onpress } = board(PITS, [4, 0, 12, 3, 3, 30], [[4, "pit 2"]]);
  const spots = screen.getAllByRole("button");
  expect(spots[4]!.getAttribute("aria-label")).toBe("bottom row, pit 2: 3 stones, play pit 2");
  await fireEvent.click(spots[4]!);
  expect(onpress.mock.calls).toEqual([[4]]);
  expect(spots.map((it) => it.style.height)).toEqual(["100%", "50%", "50%", "50%", "50%", "100%"]);
});

test("hexagons have four coloured edges and no rule", () => {
  const { container } = board(HEX, [1, 0, 0, 0, 2, 0], [[1, "b1"]]);
  expect(container.querySelectorAll("polygon.tile")).toHaveLength(6);
  expect(container.querySelectorAll("polyline.edge.first")).toHaveLength(2);
  expect(container.querySelectorAll("polyline.edge.second")).toHaveLength(2);
  expect(container.querySelectorAll("g.disc, g.ring, g.cross")).toHaveLength(2);
});
