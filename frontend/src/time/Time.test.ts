import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GAME } from "../fake";
import { parse } from "../lib/route";
import { drawn, FakePast, opinions } from "../past/fake";
import type { TimeRoute } from "../past/route";
import Time from "./Time.svelte";

vi.mock("uplot", async () => ({ default: (await import("../past/fake")).Plot }));

let server: FakePast;
beforeEach(() => {
  server = new FakePast();
  drawn.length = 0;
  vi.stubGlobal("ResizeObserver", class {
    observe() {}
    disconnect() {}
  });
});
afterEach(() => vi.useRealTimers());

const open = (hash: string) =>
  render(Time, { route: parse(hash) as TimeRoute, games: [GAME] });
const heading = (step: string) =>
  screen.findByRole("heading", { name: `What the network of step ${step} thinks` });
const key = (name: string) => fireEvent.keyDown(window, { key: name });
const table = () =>
  screen.getAllByRole("row").map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()).filter(Boolean).join(" | "),
  );

test("the last checkpoint is seen first: odds, moves, numbers on the board", async () => {
  const { container } = open("#/time/sixpack?run=first&moves=5");
  await heading("1,000");
  expect(server.asked[0]).toBe("/v1/opinions?run=first&game=sixpack&moves=5");
  await screen.findByText("Exact play");
  expect(table()).toEqual([
    "Move | Probability | Since first | Exact play",
    "c2 | 60 % | +50 | loss in 3 moves",
    "c0 | 10 % | −50 | win in 2 moves",
    "c1 | 10 % | loss in 3 moves",
    "c3 | 10 % | loss in 3 moves",
    "c4 | 10 % | loss in 3 moves",
  ]);
  expect(container.querySelector(".right")?.textContent).toBe("win in 2 moves");
  expect(screen.getAllByText("+0.30")).toHaveLength(1);
  expect(screen.getByRole("img", { name: "60 % won, 10 % drawn, 30 % lost" })).toBeTruthy();
  const numbers = [...container.querySelectorAll(".board svg text")];
  expect(numbers.map((it) => it.textContent?.trim())).toEqual(["10", "10", "60", "10", "10"]);
});

test("keys and the slider go through the checkpoints, and the address keeps the step", async () => {
  open("#/time/sixpack");
  await heading("1,000");
  await key("ArrowLeft");
  await heading("400");
  expect(location.hash).toBe("#/time/sixpack?step=400");
  await key("Home");
  await heading("200");
  await key("ArrowLeft"); // there is none before
  await heading("200");
  const slider = screen.getByRole<HTMLInputElement>("slider");
  expect(slider.getAttribute("aria-valuetext")).toBe("step 200");
  await fireEvent.input(slider, { target: { value: "1" } });
  await heading("400");
  await key("End");
  await heading("1,000");
  expect(location.hash).toBe("#/time/sixpack"); // the last one, whichever that will be
});

test("the film runs from the start to the end and stops there", async () => {
  vi.useFakeTimers();
  open("#/time/sixpack");
  await vi.advanceTimersByTimeAsync(10);
  await fireEvent.click(screen.getByRole("button", { name: "Play through the checkpoints" }));
  screen.getByRole("heading", { name: /step 200 / });
  await vi.advanceTimersByTimeAsync(750);
  screen.getByRole("heading", { name: /step 400 / });
  screen.getByRole("button", { name: "Pause" });
  await vi.advanceTimersByTimeAsync(750);
  screen.getByRole("heading", { name: /step 1,000 / });
  screen.getByRole("button", { name: "Play through the checkpoints" });
});

test("a move on the board asks about what comes then; u and r go back and forth", async () => {
  const { rerender } = open("#/time/sixpack");
  await heading("1,000");
  const follow = () => rerender({ route: parse(location.hash) as TimeRoute });
  await fireEvent.click(screen.getByRole("button", { name: /^row 2, column 3: empty/ }));
  expect(location.hash).toBe("#/time/sixpack?moves=5");
  await follow();
  await waitFor(() => expect(server.asked).toContain("/v1/opinions?game=sixpack&moves=5"));
  await screen.findByRole("button", { name: "Move 1: c5" });
  await key("u");
  expect(location.hash).toBe("#/time/sixpack");
  await follow();
  await key("r");
  expect(location.hash).toBe("#/time/sixpack?moves=5");
});

test("curves are drawn of who wins and of the favourites", async () => {
  open("#/time/sixpack");
  await heading("1,000");
  await waitFor(() => expect(drawn.length).toBeGreaterThanOrEqual(2));
  const [wins] = drawn;
  expect(wins?.[0]).toEqual([200, 400, 1000]);
  expect(wins?.[1]?.map((it) => Math.round(10 * it))).toEqual([2, 4, 6]);
});

test("where exact play does not reach it says so, and it is asked once a position", async () => {
  vi.useFakeTimers();
  open("#/time/sixpack");
  await vi.advanceTimersByTimeAsync(40_000); // the opinions are asked for again and again
  expect(screen.getByText(/Exact play would take longer than a second here/)).toBeTruthy();
  const asked = (route: string) => server.asked.filter((it) => it.startsWith(route)).length;
  expect(asked("/v1/opinions")).toBeGreaterThan(2);
  expect(asked("/v1/solve")).toBe(1);
});

test("what could not be asked is told with the reason", async () => {
  open("#/time/sixpack");
  await screen.findByText("1 checkpoint could not be asked");
  expect(screen.getByText(/not a complete ONNX model/)).toBeTruthy();
});

test("a run without a checkpoint names the command that makes one", async () => {
  server.opinions = (moves) => ({ ...opinions(moves), opinions: [], skipped: [], snapshots: 0 });
  open("#/time/sixpack");
  await screen.findByText("./scripts/start_training.sh --game sixpack --run-name first");
  expect(screen.queryByRole("slider")).toBeNull();
  await key("ArrowLeft"); // nothing to go to, and nothing breaks
  await key(" ");
});

test("a finished game and a refusal are told", async () => {
  const { unmount } = open("#/time/sixpack?moves=0,1,2,3,4,5");
  await screen.findByRole("heading", { name: "The game is over here" });
  unmount();
  server.refusal = "there is no run 'x'";
  open("#/time/sixpack?run=x");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("there is no run 'x'"));
});
