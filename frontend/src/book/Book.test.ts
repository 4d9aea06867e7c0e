import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GAME } from "../fake";
import { parse } from "../lib/route";
import { book, FakePast } from "../past/fake";
import type { BookRoute } from "../past/route";
import Book from "./Book.svelte";

let server: FakePast;
beforeEach(() => {
  server = new FakePast();
});
afterEach(() => vi.useRealTimers());

async function open(hash: string) {
  const { rerender, container } = render(Book, { route: parse(hash) as BookRoute, games: [GAME] });
  await screen.findByRole("heading", { name: "What was played here" });
  return { container, follow: () => rerender({ route: parse(location.hash) as BookRoute }) };
}
const rows = () =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => [...row.children].map((cell) => cell.textContent?.trim()).filter(Boolean));
const key = (name: string) => fireEvent.keyDown(window, { key: name });

test("what was played stands in a table and on the board, the most frequent first", async () => {
  const { container } = await open("#/book?run=first");
  expect(server.asked[0]).toBe("/v1/book?run=first");
  expect(rows()[0]).toEqual(["c0", "75 %", "10", "70 %", "from 75 % to 38 %"]);
  expect(rows()).toHaveLength(5);
  expect(screen.getByText("1 legal move was never played.")).toBeTruthy();
  expect(screen.getAllByRole("img", { name: "60 % won, 20 % drawn, 20 % lost" })).toHaveLength(6);
  const numbers = [...container.querySelectorAll(".board svg text")];
  expect(numbers.map((it) => it.textContent?.trim())).toEqual(["75", "5", "5", "5", "5", "0"]);
  const text = container.textContent?.replace(/\s+/g, " ");
  expect(text).toContain("100 games of 300 from the very start to step 500.");
  expect(text).toContain("Who is to move here scored 70 %:");
});

test("a continuation is played by its button, by a digit, and on the board", async () => {
  const { follow } = await open("#/book");
  await fireEvent.click(screen.getByRole("button", { name: "c1" }));
  expect(location.hash).toBe("#/book?moves=1");
  await follow();
  await screen.findByRole("button", { name: "Move 1: c1" });
  await key("2");
  expect(location.hash).toBe("#/book?moves=1,2");
  await follow();
  await screen.findByRole("button", { name: "Move 2: c2" });
  await fireEvent.click(screen.getByRole("button", { name: /^row 1, column 1: empty/ }));
  expect(location.hash).toBe("#/book?moves=1,2,0");
  await key("9"); // there is no ninth move
  expect(location.hash).toBe("#/book?moves=1,2,0");
});

test("the way back: crumbs, u, r and n", async () => {
  const { follow } = await open("#/book?moves=1,2&from=100");
  await fireEvent.click(screen.getByRole("button", { name: "Move 1: c1" }));
  expect(location.hash).toBe("#/book?moves=1&from=100");
  await follow();
  await key("u");
  expect(location.hash).toBe("#/book?from=100");
  await follow();
  await key("r");
  expect(location.hash).toBe("#/book?moves=1&from=100");
  await follow();
  await key("n");
  expect(location.hash).toBe("#/book?from=100");
});

test("a period is chosen by its name or by two thumbs that do not pass each other", async () => {
  const { follow } = await open("#/book?moves=1");
  await fireEvent.click(screen.getByRole("button", { name: "First third" }));
  expect(location.hash).toBe("#/book?moves=1&to=100");
  await follow();
  await waitFor(() => expect(server.asked.at(-1)).toBe("/v1/book?moves=1&to_step=100"));
  const first = screen.getByRole("button", { name: "First third" });
  await waitFor(() => expect(first.getAttribute("aria-pressed")).toBe("true"));
  const from = screen.getByRole<HTMLInputElement>("slider", { name: "From" });
  expect(from.getAttribute("aria-valuetext")).toBe("before the first model");
  await fireEvent.input(from, { target: { value: "4" } });
  expect(location.hash).toBe("#/book?moves=1&from=100&to=100");
  await follow();
  const to = screen.getByRole<HTMLInputElement>("slider", { name: "To" });
  await fireEvent.input(to, { target: { value: "5" } });
  expect(location.hash).toBe("#/book?moves=1&from=100");
});

test("a long journal is read on until it is complete", async () => {
  vi.useFakeTimers();
  server.book = (...asked) => ({ ...book(...asked), complete: false, indexed: 20, stored: 300 });
  const shown = render(Book, { route: parse("#/book") as BookRoute, games: [GAME] });
  await vi.advanceTimersByTimeAsync(50);
  expect(shown.container.textContent).toContain("reading on: 20 of 300 games so far");
  server.book = (...asked) => ({ ...book(...asked), pruned: 1000 });
  await vi.advanceTimersByTimeAsync(1500);
  expect(shown.container.textContent).not.toContain("reading on");
  expect(shown.container.textContent).toContain("1,000 older games are no longer stored");
  const asked = server.asked.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toHaveLength(asked);
});

test.each([
  [{ stored: 0, periods: [] }, /^No game is stored yet/],
  [{ continuations: [] }, "The book ends here: it knows the first 4 moves of each game."],
  [{ here: { ...book([], null, null).here, games: 0 } }, "No game of this period came here."],
])("why there is nothing: %o", async (change, words) => {
  server.book = (...asked) => ({ ...book(...asked), ...change });
  await open("#/book");
  expect(screen.getByText(words)).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("a refusal is told", async () => {
  server.refusal = "the book knows the first 12 moves of each game, not 13";
  render(Book, { route: parse("#/book") as BookRoute, games: [GAME] });
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe(server.refusal));
});
