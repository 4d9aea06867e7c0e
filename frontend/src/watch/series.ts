/** Which curves the watch page shows, and their numbers. Pure. */
import type { Stats } from "../lib/api";

/** What a model or the learner had reached at a step, by the name of the curve. */
export type Row = { step: number; [curve: string]: number | null | undefined };

export interface Curve {
  key: string; // the field of the row
  name: string;
  colour: string; // a token of app.css
  dash?: number[];
}

export interface Panel {
  title: string;
  note?: string;
  curves: Curve[];
}

export const LOSSES: Panel = {
  title: "Losses",
  note: "The policy loss cannot fall below the entropy of its targets, the dashed line.",
  curves: [
    { key: "loss", name: "total", colour: "--text" },
    { key: "policy_loss", name: "policy", colour: "--curve-blue" },
    { key: "policy_entropy", name: "policy floor", colour: "--curve-blue", dash: [6, 5] },
    { key: "value_loss", name: "value", colour: "--curve-orange" },
  ],
};

const single = (title: string, name: string, key: string, colour: string): Panel => ({
  title,
  curves: [{ key, name, colour }],
});

export const RATES: Panel[] = [
  single("Games", "per second", "games_per_second", "--curve-green"),
  single("Positions", "per second", "positions_per_second", "--curve-blue"),
  single("Steps", "per second", "steps_per_second", "--curve-orange"),
  single("Learning rate", "now", "learning_rate", "--curve-purple"),
];

export const ACCURACY: Panel = {
  title: "Against exact play",
  note: "Share of solved random positions where the network alone, without search, is right.",
  curves: [
    { key: "wdl_optimal", name: "keeps the result", colour: "--curve-green" },
    { key: "exact_optimal", name: "the very best move", colour: "--curve-blue" },
    { key: "random_wdl_optimal", name: "random mover", colour: "--muted", dash: [6, 5] },
  ],
};

/** The rows of the accuracy panel: random positions, the network alone. */
export const accuracies = (stats: Stats): Row[] =>
  (stats.accuracy ?? [])
    .filter(({ set, simulations }) => set === "random" && simulations === 0)
    .map(({ step, wdl_optimal, exact_optimal, random_wdl_optimal }) => ({
      step,
      wdl_optimal,
      exact_optimal,
      random_wdl_optimal,
    }));

/** The columns that uPlot wants: the steps, then one list per curve. */
export const columns = (history: Row[], curves: Curve[]): [number[], ...number[][]] => [
  history.map((row) => row.step),
  ...curves.map(({ key }) => history.map((row) => row[key] ?? 0)),
];
