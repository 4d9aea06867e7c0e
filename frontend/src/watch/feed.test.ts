/** Statistics and games as they come: by events, by polls, and by hand. */
import { render, screen, fireEvent, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer, GAME, STATS } from "../fake";
import type { Stats } from "../lib/api";
import Begin from "./Begin.svelte";
import { recorded } from "./fake";
import { Feed } from "./feed.svelte";
import Processes from "./Processes.svelte";
import { Replay } from "./replay.svelte";
import Replays from "./Replays.svelte";
import Watch from "./Watch.svelte";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
  vi.stubGlobal("ResizeObserver", class {
    observe() {}
    disconnect() {}
  });
});
afterEach(() => vi.useRealTimers());

class Source extends EventTarget {
  static made: Source[] = [];
  closed = false;
  constructor(readonly url: string) {
    super();
    Source.made.push(this);
  }
  close() {
    this.closed = true;
  }
  send(stats: Stats) {
    this.dispatchEvent(new MessageEvent("stats", { data: JSON.stringify(stats) }));
  }
}

const asked = () => server.asked.filter(({ path }) => path.startsWith("/stats")).length;

test("events are listened to; without them, or when they stop, it is asked", async () => {
  vi.useFakeTimers();
  Source.made = [];
  vi.stubGlobal("EventSource", Source);
  const feed = new Feed("mine");
  const stop = feed.follow();
  await vi.advanceTimersByTimeAsync(100);
  expect(Source.made.map(({ url }) => url)).toEqual(["/v1/stats/stream?run=mine"]);
  expect(feed.stats?.step).toBe(0); // the first answer need not wait for an event
  const polled = asked();
  for (const step of [1, 2, 3]) {
    Source.made[0]!.send({ ...STATS, step });
    await vi.advanceTimersByTimeAsync(2000);
  }
  expect([feed.stats?.step, asked()]).toEqual([3, polled]);
  Source.made[0]!.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked()).toBe(polled + 1);
  stop();
  expect(Source.made[0]!.closed).toBe(true);
});

test("an unchanged history stays the same object, so that no chart is drawn anew", async () => {
  vi.useFakeTimers();
  const row = { step: 5, seconds: 1 } as Stats["history"][number];
  server.stats = { ...STATS, history: [row] };
  const feed = new Feed(null);
  const stop = feed.follow();
  await vi.advanceTimersByTimeAsync(100);
  const before = feed.stats!.history;
  server.stats = { ...STATS, step: 6, history: [{ ...row }] };
  await vi.advanceTimersByTimeAsync(2000);
  expect(feed.stats!.step).toBe(6);
  expect(feed.stats!.history).toBe(before);
  server.stats = { ...STATS, history: [row, { ...row, step: 9 }] };
  await vi.advanceTimersByTimeAsync(2000);
  expect(feed.stats!.history).toHaveLength(2);
  stop();
});

test("the newest game replays by itself, then the next newer one", async () => {
  vi.useFakeTimers();
  const replay = new Replay(null);
  const stop = replay.start();
  await vi.advanceTimersByTimeAsync(100);
  expect([replay.shown?.head.id, replay.at]).toEqual([12, 0]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(replay.at).toBe(2);
  const newer = { ...recorded(12), head: { ...recorded(12).head, id: 13 } };
  server.watched["/selfplay/games"] = () => ({ games: [newer.head] });
  server.watched["/selfplay/games/13"] = () => newer;
  await vi.advanceTimersByTimeAsync(8000);
  expect(replay.shown?.head.id).toBe(13);
  replay.go(1);
  await vi.advanceTimersByTimeAsync(8000);
  expect([replay.at, replay.playing]).toEqual([1, false]);
  stop();
});

test("a game is stepped through, with what was learnt from each position", async () => {
  render(Replays, { run: null, view: GAME.view, now: 61_000 });
  await screen.findByText("Game 12");
  await fireEvent.click(screen.getByRole("button", { name: "One ply on" }));
  const text = () => document.body.textContent?.replace(/\s+/g, " ");
  expect(text()).toContain("Ring plays c4");
  expect(text()).toContain("expects +0.50, proven · surprised the network by 0.13 nats");
  expect(text()).toContain("c490 %");
  await fireEvent.click(screen.getByRole("button", { name: "To the end" }));
  expect(text()).toContain("1 of its positions were recorded");
  await fireEvent.click(screen.getByRole("button", { name: /Draw/ }));
  await screen.findByText("Game 11");
  expect(text()).toContain("This position was not recorded");
  await fireEvent.click(screen.getByRole("button", { name: "Follow the newest" }));
  await screen.findByText("Game 12");
});

test("a new run is begun with game, preset and name, and watched", async () => {
  const onclose = vi.fn();
  render(Begin, { games: [GAME], game: GAME.name, allowed: true, onclose });
  await fireEvent.click(await screen.findByRole("radio", { name: /The standard one/ }));
  await fireEvent.input(screen.getByLabelText("Name of the run"), { target: { value: "mine" } });
  expect(document.body.textContent).toContain(
    "./scripts/start_training.sh --game sixpack --run-name mine --preset standard",
  );
  await fireEvent.click(screen.getByRole("button", { name: "Begin the run" }));
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  const { body } = server.asked.find(({ path }) => path === "/selfplay")!;
  expect(body).toEqual({ command: "start", game: "sixpack", preset: "standard", run: "mine" });
  expect(location.hash).toBe("#/watch?run=first"); // what the server called it
});

test("why a run cannot begin is told", async () => {
  render(Begin, { games: [GAME], game: GAME.name, allowed: true, onclose: () => {} });
  server.down = true;
  await fireEvent.click(screen.getByRole("button", { name: "Begin the run" }));
  expect((await screen.findByRole("alert")).textContent).toContain("no answer from");
});

test("two runs share the curves, and what differs between them is told", async () => {
  server.stats = { ...STATS, step: 5 };
  render(Watch, { run: "first", other: "older" });
  await screen.findByText("What differs");
  const text = document.body.textContent?.replace(/\s+/g, " ");
  expect(text).toContain("learner.minutes3.0as the game comes");
  expect(text).toContain("search.simulationsas the game comes25");
  expect(text).not.toContain("run.seed");
  await fireEvent.change(screen.getByLabelText("Run"), { target: { value: "older" } });
  expect(location.hash).toBe("#/watch?run=older");
});

test("a process tells which backends could compute its network", () => {
  const agreement = { positions: 512, policy_kl: 0.001, value_error: 0.005, top1: 0.99 };
  const candidate = { positions_per_second: 9e4, agreement };
  const evaluator = {
    backend: "openvino-bf16",
    step: 1400,
    candidates: [
      { backend: "openvino-bf16", outcome: "in use" as const, reason: "", ...candidate },
      { backend: "cuda", outcome: "unavailable" as const, reason: "no such card" },
    ].map((it) => ({ positions_per_second: null, agreement: null, ...it })),
  };
  const process = { name: "actor-0", state: "playing", age_seconds: 1, alive: true, rates: {} };
  render(Processes, { processes: [{ ...process, evaluator }] });
  const text = document.body.textContent?.replace(/\s+/g, " ");
  expect(text).toContain("openvino-bf16, model of step 1,400");
  expect(text).toContain("cuda unavailable: no such card");
  expect(text).toContain("best move agrees in 99 % of 512 positions");
});
