import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeServer, GAME } from "../fake";
import type { PlayRoute } from "../lib/route";
import { parse } from "../lib/route";
import { Session } from "../play/session.svelte";
import { Analysis } from "./analysis.svelte";
import Panel from "./Panel.svelte";

let server: FakeServer;
let session: Session;
let analysis: Analysis;

beforeEach(() => {
  server = new FakeServer();
  session = new Session();
  analysis = new Analysis(session);
});

async function show(moves: string) {
  const asked = `#/play/sixpack?${moves && `moves=${moves}&`}human=both`;
  await session.open(parse(asked) as PlayRoute & { game: string });
  render(Panel, { analysis, view: GAME.view });
}

const paths = () => server.asked.map(({ path }) => path.split("?")[0]);

test("nothing is asked until it is switched on", async () => {
  await show("0");
  expect(paths()).toEqual(["/game/state"]);
  expect(screen.getByRole("switch", { name: "Analysis" }).ariaChecked).toBe("false");
});

test("the key a shows what is thought, the odds of every move, and is remembered", async () => {
  await show("0,1");
  await fireEvent.keyDown(window, { key: "a" });
  await vi.waitFor(() => expect(analysis.curve.every((odds) => odds !== null)).toBe(true));
  expect(screen.getByRole("status").textContent).toMatch(/Cross wins .* draw .* Ring wins/);
  expect(analysis.thought?.player).toBe(1);
  expect(screen.getByRole("button", { name: "1. c2, show where it leads" })).toBeTruthy();
  const searched = server.asked.filter(({ path }) => path === "/think").map(({ body }) => body);
  expect(searched.map(({ moves }) => moves.length)).toEqual([2, 1, 0]);
  expect(searched.map(({ simulations }) => simulations)).toEqual([1000, 60, 60]);
  expect(new Analysis(session).on).toBe(true);
  await fireEvent.keyDown(window, { key: "a" });
  expect(analysis.on).toBe(false);
});

test("another position ends the search of the one before and asks anew", async () => {
  server.hold();
  await show("0,1");
  analysis.toggle();
  await vi.waitFor(() => expect(analysis.thought?.simulations).toBe(4));
  await session.step(1);
  expect(analysis.thought).toBeNull();
  server.release();
  await vi.waitFor(() => expect(analysis.searching).toBe(false));
  expect(analysis.thought?.moves).toHaveLength(5);
});

test("the solver's verdict is shown where it reaches", async () => {
  await show("0,1,2");
  analysis.toggle();
  expect(await screen.findByText("Solver")).toBeTruthy();
  expect(screen.getByText("every move is best")).toBeTruthy();
  expect(analysis.odds).toEqual({ first: 0, draw: 1, second: 0, exact: true });
  await session.step(1);
  await vi.waitFor(() => expect(analysis.searching).toBe(false));
  expect(screen.queryByText("Solver")).toBeNull();
});

test("a game that is over is not searched, its result is on the curve", async () => {
  await show("0,1,2,3,4,5");
  analysis.toggle();
  await vi.waitFor(() => expect(analysis.curve.every((odds) => odds !== null)).toBe(true));
  expect(analysis.odds).toEqual({ first: 1, draw: 0, second: 0, exact: true });
  expect(server.asked.some(({ body }) => body.moves?.length === 6)).toBe(false);
});

test("a refusal is said", async () => {
  server.refusal = "web.max_simulations allows 500";
  await show("0");
  analysis.toggle();
  expect((await screen.findByRole("alert")).textContent).toBe("web.max_simulations allows 500");
});

test("the line is walked on a small board", async () => {
  await show("0");
  analysis.toggle();
  await fireEvent.click(await screen.findByRole("button", { name: "2. c2, show where it leads" }));
  await vi.waitFor(() =>
    expect(server.moves.at(-1)).toBe("/game/state?game=sixpack&moves=0%2C1%2C2"),
  );
  await vi.waitFor(() => expect(document.querySelector(".small svg")).not.toBeNull());
});
