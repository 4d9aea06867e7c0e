import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { GAME } from "../fake";
import { parse } from "../lib/route";
import { FakePast, GAMES, LADDER } from "../past/fake";
import type { LadderRoute } from "../past/route";
import Ladder from "./Ladder.svelte";

let server: FakePast;
beforeEach(() => {
  server = new FakePast();
});

function open(hash: string) {
  const shown = render(Ladder, { route: parse(hash) as LadderRoute, games: [GAME] });
  return { ...shown, follow: () => shown.rerender({ route: parse(location.hash) as LadderRoute }) };
}
const DUEL = "#/ladder?a=random&b=step_000400%4020";
const key = (name: string) => fireEvent.keyDown(window, { key: name });
const said = () => screen.getByRole("status").textContent?.replace(/\s+/g, " ").trim();

test("players stand by their ratings, with intervals in words and drawn", async () => {
  const { container } = open("#/ladder?run=first");
  await screen.findByRole("heading", { name: "The ladder of first" });
  expect(server.asked).toEqual(["/v1/ladder?run=first"]);
  const rows = [...container.querySelectorAll("section tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()).filter(Boolean),
  );
  expect(rows).toEqual([
    ["step 400@20", "1,250", "1,210 to 1,310", "40"],
    ["greedy", "300", "260 to 360", "40"],
    ["random", "0", "-40 to 60", "40"],
  ]);
  expect(container.querySelectorAll(".whisker")).toHaveLength(3);
  expect(container.querySelectorAll(".track .fixed")).toHaveLength(2);
});

test("the cross table says who took what from whom and leads to the games", async () => {
  open("#/ladder");
  await screen.findByText("Who beat whom");
  const cell = screen.getByRole("button", {
    name: /^step_000400@20 against random: 90 % of 20 games, 17 won, 2 drawn, 1 lost/,
    hidden: true,
  });
  expect(cell.textContent?.trim()).toBe("90");
  await fireEvent.click(cell);
  expect(location.hash).toBe("#/ladder?a=step_000400%4020&b=random&game=0&ply=0");
});

test("a game is played through by keys and buttons, and the address keeps the place", async () => {
  const { follow, container } = open(`${DUEL}&game=0&ply=0`);
  await screen.findByRole("heading", { name: "random against step_000400@20" });
  await waitFor(() => expect(said()).toBe("Move 0 of 6"));
  expect(server.asked).toContain("/v1/ladder/games?run=first&a=random&b=step_000400%4020");
  await key("ArrowRight");
  expect(location.hash).toBe(`${DUEL}&game=0&ply=1`);
  await follow();
  await waitFor(() => expect(said()).toBe("Move 1 of 6: c0 (drawn by chance)"));
  await waitFor(() => expect(container.querySelectorAll("svg .cross")).not.toHaveLength(0));
  await fireEvent.click(screen.getByRole("button", { name: "Last position" }));
  await follow();
  await waitFor(() => expect(said()).toBe("random beat step_000400@20 in 6 moves"));
  await key("ArrowRight"); // there is no further move
  expect(location.hash).toBe(`${DUEL}&game=0&ply=6`);
  await key("Home");
  await follow();
  await waitFor(() => expect(said()).toBe("Move 0 of 6"));
  const back = screen.getByRole<HTMLButtonElement>("button", { name: "Back a move" });
  expect(back.disabled).toBe(true);
});

test("another game is one key away", async () => {
  const { follow } = open(`${DUEL}&game=0&ply=3`);
  await screen.findByText("step_000400@20 and random drew");
  await key("ArrowUp"); // it is the first one
  expect(location.hash).toBe("");
  await key("ArrowDown");
  expect(location.hash).toBe(`${DUEL}&game=1&ply=0`);
  await follow();
  await waitFor(() => expect(said()).toBe("Move 0 of 6"));
  const current = screen.getByRole("button", { current: true });
  expect(current.textContent).toContain("step_000400@20 and random drew");
  expect(current.textContent).toContain("referee");
  await key("ArrowRight");
  await follow();
  await waitFor(() => expect(server.asked.at(-1)).toBe("/v1/game/state?game=sixpack&moves=5"));
});

test("pairs whose games are kept are listed; the others say why not", async () => {
  const { unmount } = open("#/ladder");
  await fireEvent.click(await screen.findByRole("button", { name: /^random – step_000400@20/ }));
  expect(location.hash).toBe(`${DUEL}&game=0&ply=0`);
  unmount();
  server.ladder = { ...LADDER, pairs: [] };
  server.games = { ...GAMES, games: 0, shown: [] };
  open(DUEL);
  await screen.findByText(/^No games are kept yet/);
  await screen.findByText("No games of these two are kept.");
});

test("without a ladder the command is told", async () => {
  const none = { players: [], duels: [], pairs: [], updated_at: null, opening_plies: null };
  server.ladder = { ...LADDER, ...none };
  open("#/ladder");
  await screen.findByRole("heading", { name: "No ladder yet" });
  screen.getByText(LADDER.command);
  expect(screen.queryByRole("table")).toBeNull();
});

test("another run is chosen by name", async () => {
  server.runs = ["first", "second"];
  open(`${DUEL}&run=second`);
  const select = await screen.findByRole<HTMLSelectElement>("combobox", { name: "Run" });
  expect(select.value).toBe("second");
  await fireEvent.change(select, { target: { value: "first" } });
  expect(location.hash).toBe("#/ladder?run=first");
});
