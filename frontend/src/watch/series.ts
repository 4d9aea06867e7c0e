/** Which curves the watch page shows, and their numbers. Pure. */
import type { Stats } from "../lib/api";

export type Row = Stats["history"][number];

export interface Curve {
  key: keyof Row; // the field of the learner's history
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

const single = (title: string, name: string, key: keyof Row, colour: string): Panel => ({
  title,
  curves: [{ key, name, colour }],
});

export const RATES: Panel[] = [
  single("Games", "per second", "games_per_second", "--curve-green"),
  single("Positions", "per second", "positions_per_second", "--curve-blue"),
  single("Steps", "per second", "steps_per_second", "--curve-orange"),
  single("Learning rate", "now", "learning_rate", "--curve-purple"),
];

/** The columns that uPlot wants: the steps, then one list per curve. */
export const columns = (history: Row[], curves: Curve[]): [number[], ...number[][]] => [
  history.map((row) => row.step),
  ...curves.map(({ key }) => history.map((row) => row[key])),
];
