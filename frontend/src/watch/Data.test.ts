import { render, screen } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeServer, STATS } from "../fake";
import Data from "./Data.svelte";
import { alarming, bound, note, said, type Figure, type Quality } from "./quality";
import Watch from "./Watch.svelte";

const figure = (name: string, unit: Figure["unit"], value: number | null): Figure => ({
  name,
  title: `The ${name}`,
  unit,
  limit: "most",
  value,
  threshold: null,
  alarm: null,
});

const ALARM = "Duplicate positions: 95.0%, at most 90.0% is wanted (quality.duplicates)";
const QUALITY: Quality = {
  games: 1200,
  positions: 30000,
  figures: [
    { ...figure("duplicates", "share", 0.95), threshold: 0.9, alarm: ALARM },
    { ...figure("depth", "plies", 2.512), threshold: 1.1, limit: "least" },
    figure("game_length", "plies", 24.3),
    figure("first_move_entropy", "nats", 0.5623),
    figure("calibration_error", "value", 0.0512),
    figure("oldest_seconds", "seconds", 7300),
    figure("model_lag", "steps", 1),
    figure("actor_lag", "steps", null),
  ],
  calibration: [
    { low: -0.2, high: 0, positions: 3000, predicted: -0.1, result: -0.12 },
    { low: 0.2, high: 0.4, positions: 27000, predicted: 0.3, result: -0.25 },
  ],
  lengths: { mean: 24.3, p05: 12, median: 23, p95: 41 },
  first_moves: [
    { action: 3, label: "d", share: 0.7 },
    { action: 2, label: "c", share: 0.2 },
    { action: 4, label: "e", share: 0.06 },
    { action: 0, label: "a", share: 0.04 },
  ],
  history: [],
};

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class {
    observe() {}
    disconnect() {}
  });
});

test("every figure stands in the table with its unit, its bound and what is behind it", () => {
  const { container } = render(Data, { quality: QUALITY });
  const rows = [...container.querySelectorAll("tbody")][0]!.querySelectorAll("tr");
  const text = [...rows].map((row) =>
    [...row.children].map((cell) => cell.textContent?.replace(/\s+/g, " ").trim()),
  );
  expect(text).toEqual([
    ["The duplicates", "95 % alarm", "at most 90 %"],
    ["The depth", "2.51 plies", "at least 1.1 plies"],
    [
      "The game_length half have 23 or less, nine of ten 12 to 41",
      "24.3 plies",
      "no alarm",
    ],
    ["The first_move_entropy d 70 %, c 20 %, e 6 %", "0.562 nats", "no alarm"],
    ["The calibration_error worst: predicted +0.30, came −0.25", "0.05", "no alarm"],
    ["The oldest_seconds", "2 h", "no alarm"],
    ["The model_lag", "1 step", "no alarm"],
    ["The actor_lag", "–", "no alarm"],
  ]);
  expect(screen.getByText("Of the newest 1,200 games and 30,000 positions.")).toBeTruthy();
  const bins = container.querySelector("details")!.textContent?.replace(/\s+/g, " ");
  expect(bins).toContain("−0.10−0.1210 %");
  expect(bins).toContain("+0.30−0.2590 %");
});

test.each([null, undefined, { ...QUALITY, games: 0, positions: 0, calibration: [] }])(
  "before the first game there is no table",
  (quality) => {
    render(Data, { quality });
    expect(screen.getByText(/^Nothing yet/)).toBeTruthy();
    expect(screen.queryByRole("table")).toBeNull();
  },
);

test("words for what is missing", () => {
  const bare = { ...QUALITY, lengths: null, first_moves: [], calibration: [] };
  expect(QUALITY.figures.map((one) => note(one, bare))).toEqual(Array(8).fill(""));
  const lag = figure("model_lag", "steps", 1200);
  expect(said(lag, 1200)).toBe("1,200 steps");
  expect(bound({ ...lag, threshold: 5000, limit: "most" })).toBe("at most 5,000 steps");
});

test("an alarm stands at the head of the page and goes when it is over", async () => {
  vi.useFakeTimers();
  try {
    const server = new FakeServer();
    server.stats = { ...STATS, quality: QUALITY };
    expect(alarming(server.stats).map(({ name }) => name)).toEqual(["duplicates"]);
    expect(alarming(STATS)).toEqual([]);
    const { container } = render(Watch);
    await vi.advanceTimersByTimeAsync(100);
    expect(screen.getByText(ALARM)).toBeTruthy();
    const heard = screen.getByRole("alert");
    expect(heard.textContent).toContain("An alarm about the data: The duplicates");
    const head = screen.getByRole("heading", { name: /An alarm about the data/ });
    const next = screen.getByRole("heading", { name: "Data" });
    expect(head.compareDocumentPosition(next)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    server.stats = {
      ...STATS,
      quality: { ...QUALITY, figures: QUALITY.figures.map((one) => ({ ...one, alarm: null })) },
    };
    await vi.advanceTimersByTimeAsync(2500);
    expect(screen.queryByText(ALARM)).toBeNull();
    expect(heard.textContent?.trim()).toBe("");
    expect(container.querySelector(".mark")).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
