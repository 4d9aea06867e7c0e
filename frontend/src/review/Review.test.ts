import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeServer, GAME } from "../fake";
import Review from "./Review.svelte";

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer();
});

const MOVES = [0, 5, 1, 2, 3];
const show = (moves: number[] = MOVES, at: number | null = null) =>
  render(Review, { games: [GAME], route: { page: "review", game: "sixpack", moves, at } });
const button = (name: string | RegExp) => screen.findByRole("button", { name });
const cell = (index: number) =>
  screen.getByRole("group", { name: "Board" }).querySelectorAll("button")[index]!;

test("every move has its grade, in words as well, and each side its sum", async () => {
  show();
  expect(await button("Move 2: c5, blunder")).toBeTruthy();
  expect(await button("Move 1: c0, best move")).toBeTruthy();
  const rows = await screen.findAllByRole("row");
  expect(rows.map((row) => row.textContent?.replace(/\s+/gu, " ").trim())).toEqual([
    "SideAccuracy?! inaccuracies? mistakes?? blunders",
    "Cross90 %000",
    "Ring90 %001",
  ]);
  expect(document.querySelectorAll(".mark")).toHaveLength(1);
});

test("the next mistake is found by button and by key, and explained", async () => {
  show();
  await vi.waitFor(async () =>
    expect(((await button("Next mistake")) as HTMLButtonElement).disabled).toBe(false),
  );
  await fireEvent.click(await button("Next mistake"));
  expect(await screen.findByText(/It took the chances from 70 % to 30 %/)).toBeTruthy();
  expect(location.hash).toBe("#/review/sixpack?moves=0,5,1,2,3&at=2");
  await fireEvent.keyDown(window, { key: "Home" });
  expect(screen.getByText("0 of 5")).toBeTruthy();
  await fireEvent.keyDown(window, { key: "m" }); // there is no mistake
  expect(screen.getByText("0 of 5")).toBeTruthy();
  await fireEvent.keyDown(window, { key: "b" });
  expect(screen.getByText("2 of 5")).toBeTruthy();
  await fireEvent.keyDown(window, { key: "ArrowRight" });
  expect(screen.getByText("3 of 5")).toBeTruthy();
});

test("one learns from a mistake: a poor move is refused, a good one praised", async () => {
  show();
  await fireEvent.click(await button("Learn from Ring's mistakes (1)"));
  expect(await screen.findByText("1 of 1")).toBeTruthy();
  expect(await screen.findByText("Find a better move on the board.")).toBeTruthy();
  expect(screen.queryByText(/expected/i)).toBeNull(); // the best move is hidden
  await vi.waitFor(() => expect(cell(5).ariaDisabled).toBe("false"));
  await fireEvent.click(cell(5)); // the blunder again
  expect(await screen.findByText(/c5 is not it/)).toBeTruthy();
  await vi.waitFor(() => expect(cell(1).ariaDisabled).toBe("false"));
  await fireEvent.click(cell(1)); // unknown: the server is asked, and says it is no better
  expect(await screen.findByText(/c1 is not it/)).toBeTruthy();
  expect(server.question?.moves).toEqual([0, 1]);
  await vi.waitFor(() => expect(cell(4).ariaDisabled).toBe("false"));
  await fireEvent.click(cell(4));
  expect(await screen.findByText(/c4 is good/)).toBeTruthy();
  await fireEvent.click(await button("Finish"));
  expect(await screen.findByText("Done. You found 1 of 1 by yourself.")).toBeTruthy();
  await fireEvent.click(await button("Back to the review"));
  expect(await button("Next mistake")).toBeTruthy();
});

test("the solution can be shown, a mistake skipped", async () => {
  show([0, 5, 1, 2]);
  await fireEvent.click(await button("Learn from Ring's mistakes (1)"));
  await fireEvent.click(await button("Solution"));
  expect(await screen.findByText("Best was c4.")).toBeTruthy();
  await fireEvent.click(await button("Back to the review"));
  await fireEvent.click(await button("Learn from Ring's mistakes (1)"));
  await fireEvent.click(await button("Skip"));
  expect(await screen.findByText("Done. You found 0 of 1 by yourself.")).toBeTruthy();
});

test("without a game one is asked for, and a pasted one is reviewed", async () => {
  show([]);
  const field = screen.getByRole("textbox", { name: "Its moves" });
  await fireEvent.input(field, { target: { value: "c0 c9" } });
  await fireEvent.click(await button("Review"));
  expect((await screen.findByText(/Move 2, “c9”, cannot be played/)).role).toBe("alert");
  await fireEvent.input(field, { target: { value: "c0 c5 c1" } });
  await fireEvent.click(await button("Review"));
  await vi.waitFor(() => expect(location.hash).toBe("#/review/sixpack?moves=0,5,1"));
});

test("moves that cannot be played are refused in words", async () => {
  server.refusal = "ply 2: action 0 is illegal";
  server.refuses = "/game/state";
  show([0, 0]);
  expect((await screen.findByText("ply 2: action 0 is illegal")).role).toBe("alert");
  expect(screen.getByRole("textbox", { name: "Its moves" })).toBeTruthy();
});
