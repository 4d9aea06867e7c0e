/** Which curves the watch page shows, and their numbers. Pure. */
import type { Stats } from "../lib/api";
import { percent, rate } from "../lib/words";
import type { Rung } from "./api";
import { type Axis, type Column, smoothed } from "./axis";

/** What a model or the learner had reached at a step, by the name of the curve. */
export type Row = { step: number; [curve: string]: number | null | undefined };

export interface Curve {
  key: string; // the field of the row
  name: string;
  colour: string; // a token of Chart.svelte
  dash?: number[];
  factor?: number; // the unit on the page / the unit of the field
  plain?: boolean; // a line of reference: never smoothed, without dots
  edge?: boolean; // of a band: thin
}

export interface Panel {
  title: string;
  note?: string;
  curves: Curve[];
  shares?: boolean; // from 0 to 1, said in %
  stacked?: boolean; // shares of a whole, one upon the other
  sparse?: boolean; // few rows: each has a dot
  free?: boolean; // the y axis need not begin at 0
  bands?: [high: number, low: number][]; // filled between two curves
}

const single = (
  title: string,
  key: string,
  colour: string,
  more: Partial<Curve> = {},
): Panel => ({ title, curves: [{ key, name: "now", colour, ...more }] });

export const LOSSES: Panel = {
  title: "Losses",
  note: "The policy loss cannot fall below the entropy of its targets, the dashed line.",
  curves: [
    { key: "loss", name: "total", colour: "--text" },
    { key: "policy_loss", name: "policy", colour: "--curve-blue" },
    { key: "policy_entropy", name: "policy floor", colour: "--curve-blue", dash: [6, 5] },
    { key: "value_loss", name: "value", colour: "--curve-orange" },
    { key: "reply_loss", name: "reply", colour: "--curve-purple" },
    { key: "ending_loss", name: "ending", colour: "--curve-green" },
  ],
};

export const LEARNING: Panel[] = [
  single("Learning rate", "learning_rate", "--curve-purple"),
  single("Gradient norm", "grad_norm", "--curve-orange"),
];

export const SPEED: Panel[] = [
  single("Games a minute", "games_per_second", "--curve-green", { factor: 60 }),
  single("Positions a second", "positions_per_second", "--curve-blue"),
  single("Simulations a second", "simulations_per_second", "--curve-orange"),
  single("Evaluations a second", "evaluations_per_second", "--curve-purple"),
  single("Steps a second", "steps_per_second", "--text"),
  {
    title: "Use of the network",
    shares: true,
    curves: [
      { key: "batch_fill", name: "batch filled", colour: "--curve-blue" },
      { key: "cache_hits", name: "cache hits", colour: "--curve-green" },
    ],
  },
];

export const TIME: Panel = {
  title: "Where the actors’ time goes",
  shares: true,
  stacked: true,
  curves: [
    { key: "network_share", name: "network", colour: "--curve-blue" },
    { key: "tree_share", name: "search tree", colour: "--curve-green" },
    { key: "storing_share", name: "storing games", colour: "--curve-purple" },
    { key: "loading_share", name: "loading models", colour: "--curve-orange" },
    { key: "waiting_share", name: "waiting", colour: "--edge" },
  ],
};

const SETS: [set: string, name: string, colour: string][] = [
  ["random", "random games", "--curve-blue"],
  ["selfplay", "its own games", "--curve-green"],
  ["hard", "hard positions", "--curve-orange"],
];
const BASE = "random mover";

type Accuracy = NonNullable<Stats["accuracy"]>[number];
const measured = ({ set, simulations }: Accuracy): string => `${set}@${simulations}`;

/** The panel of exact play: a curve for each set of positions and number of simulations. */
export function accuracyPanel(stats: Stats): Panel {
  const found = new Map((stats.accuracy ?? []).map((row) => [measured(row), row]));
  const order = (set: string) => SETS.findIndex(([known]) => known === set);
  const kinds = [...found.values()].sort(
    (a, b) => order(a.set) - order(b.set) || a.simulations - b.simulations,
  );
  const curves = kinds.map((row): Curve => {
    const [, name, colour] = SETS[order(row.set)] ?? [row.set, row.set, "--text"];
    const how = row.simulations === 0 ? "policy alone" : `${row.simulations} simulations`;
    const dash = row.simulations === 0 ? {} : { dash: [7, 4] };
    return { key: measured(row), name: `${name}, ${how}`, colour, ...dash };
  });
  return {
    title: "Against exact play",
    note: "Share of solved positions whose result is kept. Diamonds: a model became the best.",
    shares: true,
    sparse: true,
    free: true,
    curves: [
      ...curves,
      { key: BASE, name: BASE, colour: "--muted", dash: [2, 5], plain: true },
    ],
  };
}

/** The rows of that panel, one for each step at which a model was measured. */
export function accuracies(stats: Stats): Row[] {
  const rows = new Map<number, Row>();
  for (const row of stats.accuracy ?? []) {
    const known = rows.get(row.step) ?? { step: row.step };
    const base = row.set === "random" ? { [BASE]: row.random_wdl_optimal } : {};
    rows.set(row.step, { ...known, [measured(row)]: row.wdl_optimal, ...base });
  }
  return [...rows.values()].sort((a, b) => a.step - b.step);
}

/** The panel of the ladder, and its rows: the run's models by step, its anchors as lines. */
export function ladderOf(rungs: Rung[]): { panel: Panel; rows: Row[] } {
  const models = rungs.filter(({ step, rating }) => step !== null && rating !== null);
  const anchors = rungs.filter(({ step, rating }) => step === null && rating !== null);
  const lines = Object.fromEntries(anchors.map(({ player, rating }) => [player, rating]));
  const rows = models
    .map(({ step, rating, interval }): Row => {
      const [low, high] = interval ?? [rating!, rating!];
      return { step: step!, rating, low: low!, high: high!, ...lines };
    })
    .sort((a, b) => a.step - b.step);
  const colour = "--curve-blue";
  const curves: Curve[] = [
    { key: "rating", name: "models", colour },
    { key: "high", name: "95 % above", colour, edge: true },
    { key: "low", name: "95 % below", colour, edge: true },
    ...anchors.map(({ player }, i): Curve => {
      const [tone, dash] = [ANCHORS[i % ANCHORS.length]!, [2, 5]];
      return { key: player, name: player, colour: tone, dash, plain: true };
    }),
  ];
  const note = "Elo of the run’s models with 95 % intervals; the lines are other players.";
  const title = "Ladder";
  return { panel: { title, note, sparse: true, free: true, bands: [[1, 2]], curves }, rows };
}
const ANCHORS = ["--muted", "--curve-green", "--curve-orange", "--curve-purple", "--text"];

/** The x column and one column for each curve: as measured, or as a smooth line above it. */
export function columns(rows: Row[], panel: Panel, axis: Axis, smoothing = 0): Table {
  const found = rows.filter((row) => typeof row[axis] === "number");
  const raw = panel.curves.map(({ key, factor = 1 }): Column =>
    found.map((row) => {
      const value = row[key];
      return typeof value === "number" ? factor * value : null;
    }),
  );
  const x = found.map((row) => row[axis] as number);
  if (panel.stacked) return [x, ...stacked(raw)];
  if (smoothing === 0) return [x, ...raw];
  const smooth = raw.map((column, i) =>
    panel.curves[i]!.plain ? column : smoothed(column, smoothing),
  );
  return [x, ...raw, ...smooth];
}
export type Table = [x: number[], ...curves: Column[]];

function stacked(shares: Column[]): Column[] {
  return shares.map((_, i) =>
    shares[0]!.map((_, row) => {
      const below = shares.slice(0, i + 1).map((column) => column[row]);
      return below.every((it) => it != null) ? below.reduce((sum, it) => sum! + it!, 0)! : null;
    }),
  );
}

/** How a value of a panel is said. */
export const said = (panel: Panel, value: number | null | undefined): string =>
  value == null ? "–" : panel.shares ? percent(value) : rate(value);
