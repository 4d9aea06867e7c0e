import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { GAME } from "../fake";
import Graph from "./Graph.svelte";

const odds = { first: 0.5, draw: 0.1, second: 0.4, exact: false };

function show(at: number) {
  const went: number[] = [];
  const curve = [odds, null, odds, odds];
  const marks = [{ at: 2, colour: "red" }, { at: 1, colour: "red" }];
  render(Graph, { view: GAME.view, curve, at, marks, ongo: (to: number) => went.push(to) });
  return { went, graph: screen.getByRole("slider") };
}

test("it says where it stands", () => {
  const { graph } = show(2);
  expect(graph.getAttribute("aria-valuetext")).toBe(
    "Move 2 of 3: Cross wins 50 %, draw 10 %, Ring wins 40 %",
  );
  expect(document.querySelectorAll(".mark")).toHaveLength(1); // the other move has no odds yet
});

test("arrows, Home and End go to other moves, and stop at the ends", async () => {
  const { graph, went } = show(3);
  for (const key of ["ArrowLeft", "ArrowRight", "Home", "End", "x"]) {
    await fireEvent.keyDown(graph, { key });
  }
  expect(went).toEqual([2, 0]);
});

test("a press goes to the nearest move", async () => {
  const { graph, went } = show(0);
  graph.getBoundingClientRect = () => ({ left: 100, width: 300 }) as DOMRect;
  await fireEvent.pointerDown(graph, { clientX: 310 });
  await fireEvent.pointerMove(graph, { clientX: 400, buttons: 0 });
  expect(went).toEqual([2]);
});
