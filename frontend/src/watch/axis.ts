/** Over what a curve is drawn, how it is smoothed, and how two runs share one chart. Pure. */
import { count, duration } from "../lib/words";
import type { Row } from "./series";

export type Axis = "step" | "seconds" | "games" | "positions" | "core_seconds" | "flops";

/** A column of numbers for uPlot; null where there is none. */
export type Column = (number | null)[];

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** What can be chosen, and how its numbers are said. */
export const AXES: { key: Axis; title: string; said: (value: number) => string }[] = [
  { key: "step", title: "Step", said: compact.format },
  { key: "seconds", title: "Wall time", said: duration },
  { key: "games", title: "Games", said: compact.format },
  { key: "positions", title: "Positions", said: compact.format },
  { key: "core_seconds", title: "Core time", said: duration },
  { key: "flops", title: "Operations", said: (value) => value.toExponential(1) },
];

/** A value of an axis with its name: "step 1,200", "12 min". */
export const place = (axis: Axis, value: number): string =>
  axis === "step" ? `step ${count(value)}` : AXES.find(({ key }) => key === axis)!.said(value);

const number = (row: Row, key: string): number | null => row[key] ?? null;

/** Where on an axis a step lies, by the history; null where the history does not reach. */
export function where(history: Row[], axis: Axis, step: number): number | null {
  if (axis === "step") return step;
  const after = history.findIndex((row) => row.step >= step);
  if (after < 0) return null;
  const [a, b] = [history[after - 1], history[after]!];
  const high = number(b, axis);
  const low = a === undefined ? null : number(a, axis);
  if (a === undefined || high === null || low === null) return high;
  return low + ((high - low) * (step - a.step)) / (b.step - a.step);
}

/** Rows that know their step alone, placed on an axis; those without a place are left out. */
export const placed = (rows: Row[], history: Row[], axis: Axis): Row[] =>
  axis === "step"
    ? rows
    : rows.flatMap((row) => {
        const at = where(history, axis, row.step);
        return at === null ? [] : [{ ...row, [axis]: at }];
      });

/** Exponential moving mean; `weight` in [0, 1) is what the past counts, corrected at the start. */
export function smoothed(column: Column, weight: number): Column {
  let [sum, past] = [0, 0];
  return column.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    past = weight * past + (1 - weight);
    return sum / past;
  });
}

/** Tables of one x column and curves each, joined on their x; null where a table has no row. */
export function joined(tables: [x: number[], ...curves: Column[]][]): [number[], ...Column[]] {
  const all = [...new Set(tables.flatMap(([x]) => x))].sort((a, b) => a - b);
  const curves = tables.flatMap(([x, ...columns]) => {
    const row = new Map(x.map((value, i) => [value, i]));
    return columns.map((column) =>
      all.map((value) => {
        const i = row.get(value);
        return i === undefined ? null : (column[i] ?? null);
      }),
    );
  });
  return [all, ...curves];
}

/** The top of a y axis: the highest value, but not for the sake of a few that stand out. */
export function ceiling(columns: Column[]): number {
  const values = columns.flat().filter((it) => it !== null).sort((a, b) => a - b);
  const highest = values.at(-1) ?? 0;
  const usual = values[Math.floor(0.98 * (values.length - 1))] ?? 0;
  return usual > 0 && values.length > 20 && highest > 3 * usual ? 1.5 * usual : highest;
}
