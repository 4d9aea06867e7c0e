/** The figures about the data in words. Pure. */
import type { Stats } from "../lib/api";
import { count, duration, percent, rate, signed } from "../lib/words";

export type Quality = NonNullable<Stats["quality"]>;
export type Figure = Quality["figures"][number];

const SAID: Record<Figure["unit"], (value: number) => string> = {
  share: percent,
  nats: (value) => `${rate(value)} nats`,
  value: (value) => value.toFixed(2),
  plies: (value) => `${rate(value)} plies`,
  leaves: rate,
  steps: (value) => `${count(value)} ${value === 1 ? "step" : "steps"}`,
  seconds: duration,
};

/** The value of a figure with its unit; a dash where nothing is measured. */
export const said = ({ unit }: Figure, value: number | null): string =>
  value === null ? "–" : SAID[unit](value);

/** Where the alarm begins: "at most 90 %". */
export const bound = (figure: Figure): string =>
  figure.threshold === null
    ? "no alarm"
    : `at ${figure.limit} ${said(figure, figure.threshold)}`;

/** What stands behind a figure, in a few words. */
export function note({ name }: Figure, quality: Quality): string {
  if (name === "game_length" && quality.lengths) {
    const { p05, median, p95 } = quality.lengths;
    return `half have ${rate(median)} or less, nine of ten ${rate(p05)} to ${rate(p95)}`;
  }
  if (name === "first_move_entropy") {
    return quality.first_moves
      .slice(0, 3)
      .map(({ label, share }) => `${label} ${percent(share)}`)
      .join(", ");
  }
  if (name === "calibration_error" && quality.calibration.length > 0) {
    const gap = (bin: Quality["calibration"][number]) => Math.abs(bin.predicted - bin.result);
    const worst = quality.calibration.reduce((a, b) => (gap(b) > gap(a) ? b : a));
    return `worst: predicted ${signed(worst.predicted)}, came ${signed(worst.result)}`;
  }
  return "";
}

/** The figures of a run that are alarms. */
export const alarming = (stats: Stats): Figure[] =>
  (stats.quality?.figures ?? []).filter(({ alarm }) => alarm !== null);
