import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeServer, STATS } from "../fake";
import type { Stats } from "../lib/api";
import { columns, LOSSES } from "./series";
import Watch from "./Watch.svelte";

const drawn = vi.hoisted(() => ({ data: [] as number[][][] }));
vi.mock("uplot", () => ({
  default: class {
    scales = { x: { min: null, max: null } };
    constructor(
      _: object,
      public data: number[][],
    ) {
      drawn.data.push(data);
    }
    setData() {}
    setSize() {}
    redraw() {}
    destroy() {}
  },
}));

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
  drawn.data = [];
  vi.stubGlobal("ResizeObserver", class {
    observe() {}
    disconnect() {}
  });
});

const row = (step: number, loss: number): Stats["history"][number] => ({
  step,
  seconds: step,
  games: step,
  positions: step,
  policy_loss: loss - 0.5,
  value_loss: 0.5,
  loss,
  policy_entropy: 0.25,
  reply_loss: 0,
  ending_loss: 0,
  learning_rate: 0.002,
  grad_norm: 1,
  games_per_second: 12.5,
  positions_per_second: 1300,
  steps_per_second: 4,
  core_seconds: step,
  flops: step,
});

const MET = { opponent: "best", games: 64, score: 0.75, interval: [0.63, 0.84] };

const BUSY: Stats = {
  ...STATS,
  training: "running",
  message: "training",
  step: 200,
  games: 1234,
  positions: 10000,
  samples_used: 25000,
  model: { name: "first", step: 200, published_at: 1 },
  processes: [
    { name: "actor-0", state: "playing", age_seconds: 1, alive: true, rates: {} },
    {
      name: "trainer",
      state: "training",
      age_seconds: 190,
      alive: false,
      rates: { steps_per_second: 4.26 },
    },
  ],
  history: [row(100, 2), row(200, 1.5)],
  evaluations: [
    { step: 200, opponent: "random", games: 50, score: 0.91, interval: [0.8, 0.96] },
    { ...MET, step: 150, against: 100, finding: "stronger" },
    { ...MET, step: 180, against: 150, finding: "not stronger" },
  ],
  promotions: [
    { step: 100, sha256: "a", against: null, at: 1 },
    { step: 150, sha256: "b", against: 100, at: 2 },
  ],
};

test("before the first step the page says what is waited for", async () => {
  render(Watch);
  await screen.findByText("No step yet: waiting for data: 312/500");
  expect(screen.getAllByText("No curve yet")).toHaveLength(9);
  expect(screen.getByText("Training is stopped")).toBeTruthy();
  expect(screen.getByText(/^None has reported yet/)).toBeTruthy();
  expect(screen.getAllByText("none yet")).toHaveLength(2);
  expect(drawn.data).toHaveLength(0);
});

test("training is started by a button, where the server allows it", async () => {
  render(Watch);
  await fireEvent.click(await screen.findByRole("button", { name: "Start training" }));
  await screen.findByText("two actors and the trainer start");
  const asked = server.asked.find(({ path }) => path === "/selfplay");
  expect(asked?.body).toEqual({ command: "start", run: "first" });
  expect(screen.getByRole("button", { name: "Stop training" })).toBeTruthy();
});

test("no button where the server does not allow it", async () => {
  server.stats = { ...STATS, can_control: false };
  render(Watch);
  await screen.findByText("Training is stopped");
  expect(screen.queryByRole("button", { name: /training|run/i })).toBeNull();
  expect(await screen.findByText(/^.\/scripts\/start_training.sh/)).toBeTruthy();
});

test("a run is shown with its progress, numbers, processes and evaluations", async () => {
  server.stats = BUSY;
  const { container } = render(Watch);
  await screen.findByRole("heading", { name: "Training" });
  const text = container.textContent?.replace(/\s+/g, " ");
  const progress = { name: "Progress of the training" };
  expect(screen.getByRole<HTMLProgressElement>("progressbar", progress).value).toBe(0.2);
  expect(text).toContain("Step 200 of 1,000 20 %");
  expect(text).toContain("Games played 1,234");
  expect(text).toContain("Replay ratio 2.5");
  expect(text).toContain("actor-0 alive, just now playing");
  expect(text).toContain("trainer silent, 3 min ago training 4.26 steps/s");
  expect(text).toContain("200random5091 %80–96 %");
  expect(text).toContain("150best, step 1006475 %63–84 %new best");
  expect(text).toContain("180best, step 1506475 %63–84 %no stronger");
  expect(text).toMatch(/Best model step 150found \d+ d ago/);
  expect(text).toContain("policy floor 0.25");
});

test("the curves are those of the history", async () => {
  server.stats = BUSY;
  render(Watch);
  await waitFor(() => expect(drawn.data).toHaveLength(7)); // without those of the actors' time
  const losses = [[100, 200], [2, 1.5], [1.5, 1], [0.25, 0.25], [0.5, 0.5], [0, 0], [0, 0]];
  expect(drawn.data[0]).toEqual(losses);
  expect(drawn.data).toContainEqual([[100, 200], [750, 750]]); // games a minute
  expect(columns(BUSY.history, LOSSES, "step")).toEqual(losses);
});

test("accuracy against exact play is drawn once a model was measured", async () => {
  const measured = (step: number, share: number, set = "random", simulations = 0) => ({
    step,
    set,
    simulations,
    positions: 300,
    wdl_optimal: share,
    wdl_interval: [share - 0.05, share + 0.05],
    exact_optimal: share - 0.1,
    random_wdl_optimal: 0.5,
  });
  const others = [measured(100, 0.5, "hard"), measured(200, 1, "random", 100)];
  server.stats = { ...BUSY, accuracy: [measured(100, 0.75), ...others, measured(200, 0.875)] };
  const { container } = render(Watch);
  await screen.findByText("Against exact play");
  await waitFor(() => expect(drawn.data).toHaveLength(8));
  const curves = [[0.75, 0.875], [null, 1], [0.5, null], [0.5, 0.5]];
  expect(drawn.data).toContainEqual([[100, 200], ...curves]);
  const text = container.textContent?.replace(/\s+/g, " ");
  expect(text).toContain("Exact play at step 200");
  expect(text).toContain("random gamesnone88 %83–93 %50 %");
  expect(text).toContain("random games100100 %95–105 %50 %");
  expect(text).not.toContain("hard ones"); // measured at step 100 alone
});

test("trouble is told, the latest first", async () => {
  const incident = (step: number) => ({
    at: step,
    step,
    kind: "diverged" as const,
    message: `step ${step}: loss nan; the learner is back at step 10`,
    restored_step: 10,
  });
  server.stats = { ...BUSY, incidents: [21, 22, 23, 24].map(incident) };
  render(Watch);
  const list = (await screen.findByText("Trouble while learning")).parentElement!;
  const told = [...list.querySelectorAll("li")].map((item) => item.textContent);
  expect(told.map((text) => /step \d+: loss nan/.exec(text)?.[0])).toEqual(
    [24, 23, 22].map((step) => `step ${step}: loss nan`),
  );
  expect(list.textContent).toContain("The latest 3 of 4.");
});

test("nothing is told while all is well", async () => {
  server.stats = BUSY;
  render(Watch);
  await screen.findByRole("heading", { name: "Training" });
  expect(screen.queryByText("Trouble while learning")).toBeNull();
});
